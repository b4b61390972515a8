"""`minimize`, `least_squares` and `root`: solutions, exact derivatives given to SciPy, pytrees."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.optimize

import lineara as la
from lineara.errors import LinearaError

METHODS = [
    *(None, "Nelder-Mead", "Powell", "CG", "BFGS", "Newton-CG", "L-BFGS-B", "TNC", "COBYLA"),
    *("SLSQP", "trust-constr", "dogleg", "trust-ncg", "trust-exact", "trust-krylov"),
]
START = np.array([-1.2, 1.0])
RATES = np.linspace(0, 2, 9)


def valley(x: Any, height: float = 100.0) -> Any:
    return height * (x[1] - x[0] ** 2) ** 2 + (1 - x[0]) ** 2


def valley_of_tree(p: Any) -> Any:
    return valley([p["a"], p["b"][0, 0]]) + np.sum(p["b"][1] ** 2)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::RuntimeWarning")
def test_minimize(method: str | None) -> None:
    start = np.array([0.9, 0.7]) if method == "dogleg" else START  # where the Hessian is positive
    options = {"maxiter": 3000}
    found = la.minimize(valley, start, (50.0,), method, tol=1e-10, options=options)
    loose = method in ("COBYLA", "Powell", "Nelder-Mead", "TNC")
    np.testing.assert_allclose(found.x, [1, 1], atol=1e-2 if loose else 1e-5)


@pytest.mark.parametrize("method", ["BFGS", "Newton-CG", "trust-exact"])
def test_derivatives_that_scipy_gets_are_exact(
    method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: dict[str, Any] = {}

    def spy(fun: Any, x0: Any, **kwargs: Any) -> Any:
        seen.update(kwargs, fun=fun)
        return scipy.optimize.OptimizeResult(x=x0)

    monkeypatch.setattr(scipy.optimize, "minimize", spy)
    la.minimize(valley, START, method=method)
    value, slope = seen["fun"](START)
    assert value == valley(START)
    np.testing.assert_allclose(slope, scipy.optimize.rosen_der(START), rtol=1e-14)
    v = np.array([0.5, 2.0])
    if method == "Newton-CG":
        product = scipy.optimize.rosen_hess_prod(START, v)
        np.testing.assert_allclose(seen["hessp"](START, v), product, rtol=1e-14)
    if method == "trust-exact":
        np.testing.assert_allclose(seen["hess"](START), scipy.optimize.rosen_hess(START))


def test_minimize_pytrees() -> None:
    start = {"a": 0, "b": np.ones((2, 1))}
    points: list[Any] = []
    found = la.minimize(valley_of_tree, start, callback=points.append)
    assert found.x["b"].shape == (2, 1)
    np.testing.assert_allclose(found.x["a"], 1, atol=1e-5)
    assert found.jac.keys() == start.keys() == points[-1].keys()

    def note(intermediate_result: Any) -> None:
        points.append(intermediate_result.x)

    la.minimize(valley_of_tree, start, callback=note)
    assert points[-1].keys() == start.keys()


@pytest.mark.parametrize("method", ["SLSQP", "trust-constr"])
def test_constraints(method: str) -> None:
    def circle(x: Any) -> Any:
        return x["v"][0] ** 2 + x["v"][1] ** 2

    constraints: list[Any] = [
        {"type": "eq", "fun": lambda x, r: circle(x) - r, "args": (2.0,)},
        scipy.optimize.NonlinearConstraint(circle, 2.0, 2.0),
    ]
    for constraint in (*constraints, constraints[:1]):
        found = la.minimize(
            lambda x: x["v"][0] + x["v"][1],
            {"v": np.array([-1.0, 0.0])},
            method=method,
            constraints=constraint,
            bounds=[(-2, 2), (-2, 2)],
        )
        np.testing.assert_allclose(found.x["v"], [-1, -1], atol=1e-4)
        assert (found.grad if method == "trust-constr" else found.jac).keys() == {"v"}


def residuals(p: Any, t: Any = RATES) -> Any:
    return {"r": p["a"] * np.exp(-p["k"] * t) - 3 * np.exp(-0.7 * t)}


@pytest.mark.parametrize("options", [{}, {"method": "lm"}, {"loss": "soft_l1"}])
def test_least_squares(options: dict[str, Any]) -> None:
    found = la.least_squares(residuals, {"a": 1, "k": 1.0}, args=(RATES,), **options)
    np.testing.assert_allclose([found.x["a"], found.x["k"]], [3, 0.7], rtol=1e-5)
    assert found.grad.keys() == {"a", "k"}
    few = la.least_squares(lambda x: x[:1] + x[1:2] - 3, np.zeros(3), bounds=([-9] * 3, [9] * 3))
    np.testing.assert_allclose(few.x[0] + few.x[1], 3, rtol=1e-6)


@pytest.mark.parametrize("method", ["hybr", "lm", "broyden1"])
def test_root(method: str) -> None:
    found = la.scipy.optimize.root(
        lambda p: (p[0] ** 2 + p[1] - 3, p[0] - p[1]), (1.0, 2.0), method=method
    )
    np.testing.assert_allclose(found.x, [(np.sqrt(13) - 1) / 2] * 2, rtol=1e-5)


def test_curve_fit() -> None:
    y = 3 * np.exp(-0.7 * RATES)
    for options in ({}, {"sigma": np.ones(9)}, {"bounds": ([0, 0], [9, 9])}):
        best, cov = la.scipy.optimize.curve_fit(
            lambda t, a, k: a * np.exp(-k * t), RATES, y, **options
        )
        np.testing.assert_allclose(best, [3, 0.7], rtol=1e-6)
        assert cov.shape == (2, 2)


SOLUTIONS = {
    "minimize": lambda c: la.minimize(lambda x: np.cosh(x - c[0]) + c[1] * x**2, 0.0, tol=1e-12).x,
    "minimum": lambda c: la.minimize(lambda x: np.cosh(x - c[0]) + c[1] * x**2, 0, tol=1e-12).fun,
    "least squares": lambda c: (
        la.least_squares(
            lambda x: {"r": np.exp(-x * RATES) * c[0] - np.cos(c[1] * RATES)},
            1.0,
            xtol=1e-15,
            ftol=1e-15,
            gtol=1e-15,
        ).x
    ),
    "root": lambda c: la.scipy.optimize.root(lambda x: x**3 + c[0] * x - c[1], 1.0).x,
}


@pytest.mark.parametrize("name", SOLUTIONS)
def test_solutions_have_derivatives(name: str) -> None:
    """Never zero because a solver is no NumPy function."""
    solution: Any = SOLUTIONS[name]
    c, h = np.array([1.2, 0.8]), 1e-4
    expected = [
        np.subtract(solution(c + h * e), solution(c - h * e)).item() / (2 * h) for e in np.eye(2)
    ]
    for f in (solution, la.jit(solution)):
        np.testing.assert_allclose(la.grad(f)(c), expected, rtol=1e-5)


REFUSED: dict[str, Any] = {
    "bounds": lambda c: la.minimize(lambda x: (x - c) ** 2, 0.0, bounds=[(0, 1)]).x,
    "constraints": lambda c: la.minimize(lambda x: x * c, 0.0, constraints=[{}]).x,
    "loss": lambda c: la.least_squares(lambda x: x - c, 0.0, loss="huber").x,
    "jac": lambda c: la.least_squares(lambda x: x - c, 0.0, jac="2-point").x,
    "p0": lambda c: la.scipy.optimize.curve_fit(lambda x, a: a * x, RATES, c * RATES),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    with pytest.raises(LinearaError, match=name):
        la.grad(REFUSED[name])(1.0)


def test_complex_start() -> None:
    with pytest.raises(LinearaError, match="real numbers"):
        la.minimize(lambda x: abs(x) ** 2, 1j)
