"""NumPy programs such as people write them, differentiated without a change.

Each gradient is compared with one by hand, from another formula and another program, and with
central differences.
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any, NamedTuple

import eigenvalue
import kalman
import logistic
import numpy as np
import orbit
import pytest
import scipy.linalg
import spline
from scipy.interpolate import BSpline

import lineara as la
from lineara.errors import TracingError

RNG = np.random.default_rng(0)
WEIGHTS = np.array([-1, 9, -45, 0, 45, -9, 1]) / 60
"""Central differences of order six: those of the values at -3, …, 3 steps."""


class Case(NamedTuple):
    """A function of a vector, with one argument of each other kind bound."""

    module: ModuleType
    function: Callable[[Any], Any]
    x: Any
    by_hand: Callable[[Any], Any]
    step: float
    branches: bool = False
    """Whether its control flow depends on values of x."""


def differences(function: Callable[[Any], Any], x: Any, step: float) -> Any:
    """The derivative of a function of a vector, with respect to it along the last axis."""

    def along(unit: Any) -> Any:
        values = [function(x + k * step * unit) for k in range(-3, 4)]
        return sum(w * value for w, value in zip(WEIGHTS, values, strict=True)) / step

    return np.stack([along(unit) for unit in np.eye(len(x))], axis=-1)


# -- the Kalman filter: all observations at once are one vector with a normal distribution ---------

NILE = kalman.flows()[:30]
NILE[10:14] = np.nan


def kalman_loss(theta: Any) -> Any:
    return kalman.loss(kalman.named(theta), NILE)


def random_walk(theta: Any) -> tuple[Any, Any, list[Any]]:
    """The observations that are there, their covariance and its derivatives."""
    seen = np.flatnonzero(~np.isnan(NILE[:, 0]))
    noise, drift = np.exp(theta)
    parts = [noise * np.eye(len(seen)), drift * np.minimum.outer(seen, seen)]
    return NILE[seen, 0], 1e7 + parts[0] + parts[1], parts


def score(theta: Any) -> Any:
    y, covariance, parts = random_walk(theta)
    precision = np.linalg.inv(covariance)
    z = precision @ y
    return np.array([0.5 * np.sum(precision * part) - 0.5 * z @ part @ z for part in parts])


def test_the_likelihood_is_that_of_one_normal_vector() -> None:
    theta = np.log([15000.0, 1500.0])
    y, covariance, _ = random_walk(theta)
    _, log_det = np.linalg.slogdet(2 * np.pi * covariance)
    expected = 0.5 * (log_det + y @ np.linalg.solve(covariance, y))
    np.testing.assert_allclose(kalman_loss(theta), expected, rtol=1e-10)


def trend() -> tuple[dict[str, Any], Any]:
    """A model with two states, three observations at a time, and no special structure."""
    matrices = {name: RNG.normal(size=(n, n)) for name, n in {"H": 3, "Q": 2, "P": 2}.items()}
    model = {name: a @ a.T + np.eye(len(a)) for name, a in matrices.items()}
    model |= {"T": np.array([[1.0, 1.0], [-0.1, 0.9]]), "Z": RNG.normal(size=(3, 2))}
    return model | {"a": RNG.normal(size=2)}, RNG.normal(size=(5, 3))


def test_the_filter_is_differentiable_in_all_that_it_is_given() -> None:
    model, y = trend()
    flat, restore = la.ravel_pytree((model, y))

    def function(flat: Any) -> Any:
        return kalman.log_likelihood(*restore(flat))

    np.testing.assert_allclose(
        la.grad(function)(flat), differences(function, flat, 1e-3), rtol=1e-8, atol=1e-9
    )


def test_the_gradient_in_the_observations() -> None:
    """It is minus the precision times the distance from the mean."""
    model, y = trend()
    T, Z, H, Q = (model[name] for name in "TZHQ")
    powers = [np.linalg.matrix_power(T, t) for t in range(len(y))]
    states = [model["P"]]
    for _ in y[1:]:
        states.append(T @ states[-1] @ T.T + Q)

    def block(s: int, t: int) -> Any:
        after = powers[abs(t - s)] @ states[min(s, t)]
        return Z @ (after if s >= t else after.T) @ Z.T + (s == t) * H

    times = range(len(y))
    covariance = np.block([[block(s, t) for t in times] for s in times])
    means = np.concatenate([Z @ power @ model["a"] for power in powers])
    found = la.grad(kalman.log_likelihood, argnums=1)(model, y)
    expected = -np.linalg.solve(covariance, y.ravel() - means)
    np.testing.assert_allclose(found.ravel(), expected, rtol=1e-9, atol=1e-11)


def test_the_estimates_are_those_of_the_literature() -> None:
    y = kalman.flows()
    theta = kalman.fit(y)
    np.testing.assert_allclose(np.exp(theta), list(kalman.PUBLISHED.values()), rtol=2e-3)
    gradient = la.grad(lambda theta: kalman.loss(kalman.named(theta), y))(theta)
    np.testing.assert_allclose(gradient, 0, atol=1e-4)


# -- the orbit: the variational equations of leapfrog, and Kepler's laws ---------------------------

MASSES = np.array([1.0, 0.2])
START, VELOCITY = orbit.kepler(0.5)
TARGET = np.array([-1.0, 0.9])


def orbit_miss(velocity: Any) -> Any:
    miss = orbit.arrival(velocity, START, MASSES, 1.5, steps=20) - TARGET
    return 0.5 * miss @ miss


def tidal(x: Any, masses: Any) -> Any:
    """The derivative of the accelerations of two bodies by their positions, both ravelled."""
    d = x[1] - x[0]
    r = np.linalg.norm(d)
    pull = np.eye(2) / r**3 - 3 * np.outer(d, d) / r**5
    m, M = masses
    return np.block([[-M * pull, M * pull], [m * pull, -m * pull]])


def variations(x: Any, v: Any, masses: Any, time: float, steps: int) -> tuple[Any, Any]:
    """The final positions, and the derivative of the final state by the first, by hand."""
    dt = time / steps
    size = x.size
    D = np.eye(2 * size)
    dx, dv = D[:size], D[size:]
    for _ in range(steps):
        v = v + dt / 2 * orbit.accelerations(x, masses)
        dv = dv + dt / 2 * tidal(x, masses) @ dx
        x, dx = x + dt * v, dx + dt * dv
        v = v + dt / 2 * orbit.accelerations(x, masses)
        dv = dv + dt / 2 * tidal(x, masses) @ dx
    return x, np.concatenate([dx, dv])


def orbit_by_hand(velocity: Any) -> Any:
    x, v = np.zeros((2, 2)), np.zeros((2, 2))
    x[1], v[1] = START, velocity
    x, D = variations(x, v, MASSES, 1.5, steps=20)
    return (D[2:4, 6:8] - D[0:2, 6:8]).T @ (x[1] - x[0] - TARGET)


def flow(masses: Any, time: float, steps: int) -> Callable[[Any], Any]:
    """The final state as a function of the first one, both as vectors: positions, velocities."""

    def function(state: Any) -> Any:
        x, v = state.reshape(2, -1, 2)
        return np.concatenate([part.ravel() for part in orbit.leapfrog(x, v, masses, time, steps)])

    return function


def first_state() -> Any:
    x, v = np.zeros((2, 2)), np.zeros((2, 2))
    x[1], v[1] = START, VELOCITY
    return np.concatenate([x.ravel(), v.ravel()])


@pytest.mark.parametrize("jacobian", [la.jacrev, la.jacfwd])
def test_the_transition_matrix(jacobian: Any) -> None:
    """It is that of the variational equations, and symplectic."""
    state = first_state()
    found = jacobian(flow(MASSES, 1.5, 20))(state)
    x, v = state.reshape(2, 2, 2)
    _, expected = variations(x, v, MASSES, 1.5, 20)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-11)
    m, zero = np.diag(np.repeat(MASSES, 2)), np.zeros((4, 4))
    form = np.block([[zero, m], [-m, zero]])
    np.testing.assert_allclose(found.T @ form @ found, form, atol=1e-10)


def test_a_period_later() -> None:
    """The orbit is back, and a neighbour is not, because by Kepler's third law its period differs.

    The derivative of the flow over one period T is 1 - f ∇Tᵀ, where f is the rate of the state and
    T = 2π (-2E)^(-3/2) with the energy E. Leapfrog's error is of order two; extrapolation, four.
    """
    x, v = (np.stack([np.zeros(2), part]) for part in orbit.kepler(0.5, eccentricity=0.1))
    state, masses = np.concatenate([x.ravel(), v.ravel()]), np.array([1.0, 0.0])
    coarse, fine = (la.jacrev(flow(masses, 2 * np.pi, n))(state) for n in (60, 120))
    light = [2, 3, 6, 7]
    found = ((4 * fine - coarse) / 3)[np.ix_(light, light)]
    r = np.linalg.norm(x[1])
    energy = v[1] @ v[1] / 2 - 1 / r
    slope = 6 * np.pi * (-2 * energy) ** -2.5 * np.concatenate([x[1] / r**3, v[1]])
    rate = np.concatenate([v[1], -x[1] / r**3])
    np.testing.assert_allclose(found, np.eye(4) - np.outer(rate, slope), atol=5e-3)


def test_energy_is_conserved_and_so_is_its_gradient() -> None:
    """The error is of order two in the step; so is that of the gradient of the final energy."""
    state = first_state()

    def energy(state: Any) -> Any:
        x, v = state.reshape(2, 2, 2)
        return orbit.energy(x, v, MASSES)

    before, slope = la.value_and_grad(energy)(state)
    errors = []
    for steps in (50, 100):
        end = flow(MASSES, 1.5, steps)
        after, gradient = la.value_and_grad(lambda s, end=end: energy(end(s)))(state)
        errors.append([abs(after - before), np.max(np.abs(gradient - slope))])
    assert np.max(errors) < 2e-2
    np.testing.assert_allclose(np.divide(*errors), 4, rtol=0.1)


# -- the logistic regression: the theorem of implicit functions ------------------------------------


def labelled(size: int) -> tuple[Any, Any]:
    X = RNG.normal(size=(size, 5))
    X[:, -1] = 1.0
    return X, (X @ np.arange(5.0) + 2 * RNG.normal(size=size) > 0).astype(float)


TRAIN, HELD_OUT = labelled(30), labelled(20)


def logistic_loss(logs: Any) -> Any:
    return logistic.held_out_loss(logs, TRAIN, HELD_OUT)


def curvature(w: Any, penalties: Any, X: Any) -> Any:
    p = 1 / (1 + np.exp(-X @ w))
    return X.T @ np.diag(p * (1 - p)) @ X / len(X) + np.diag(penalties)


def implicit(logs: Any) -> Any:
    penalties = np.append(np.exp(logs), 0.0)
    w = logistic.fit(penalties, *TRAIN)
    X, y = HELD_OUT
    outer = X.T @ (1 / (1 + np.exp(-X @ w)) - y) / len(y)
    adjoint = np.linalg.solve(curvature(w, penalties, TRAIN[0]), outer)
    return -(penalties * w * adjoint)[:-1]


def test_the_loss_has_the_derivatives_of_textbooks() -> None:
    w, penalties, (X, y) = RNG.normal(size=5), np.full(5, 0.1), TRAIN
    p = 1 / (1 + np.exp(-X @ w))
    gradient = X.T @ (p - y) / len(y) + penalties * w
    np.testing.assert_allclose(la.grad(logistic.loss)(w, penalties, X, y), gradient, rtol=1e-12)
    np.testing.assert_allclose(
        la.hessian(logistic.loss)(w, penalties, X, y), curvature(w, penalties, X), rtol=1e-11
    )


def test_the_fit_is_a_minimum_for_real_data() -> None:
    names, train, held_out = logistic.data()
    penalties = np.full(len(names) + 1, 0.01)
    w = logistic.fit(penalties, *train)
    np.testing.assert_allclose(la.grad(logistic.loss)(w, penalties, *train), 0, atol=1e-12)
    assert logistic.log_loss(w, *held_out) < 0.1


# -- the spline: the formula of Golub and Pereyra, with SciPy's basis ------------------------------

X, Y = spline.data()
KNOTS = np.array([800.0, 850.0, 900.0, 950.0, 1000.0])


def spline_error(inner: Any) -> Any:
    return spline.error(inner, X, Y)


def design(inner: Any) -> Any:
    knots = np.concatenate([np.full(4, X[0]), inner, np.full(4, X[-1])])
    return BSpline.design_matrix(X, knots, 3).toarray()


def projected(inner: Any) -> Any:
    """At the best coefficients only the basis has to be differentiated: -2 rᵀ B' c."""
    coefficients, *_ = np.linalg.lstsq(design(inner), Y, rcond=None)
    residual = Y - design(inner) @ coefficients
    return -2 * np.einsum("i,ijk,j->k", residual, differences(design, inner, 0.5), coefficients)


def test_the_basis_is_that_of_scipy() -> None:
    np.testing.assert_allclose(spline.basis(X, spline.padded(KNOTS, X)), design(KNOTS), atol=1e-14)


def test_repeated_knots() -> None:
    """Where a knot is double, the branch for an empty interval is taken, and has a derivative."""
    inner = np.array([800.0, 850.0, 850.0, 950.0])
    np.testing.assert_allclose(spline.basis(X, spline.padded(inner, X)), design(inner), atol=1e-14)

    def moved(shift: Any) -> Any:  # both together, so that they stay one double knot
        return spline_error(inner + shift)

    found = la.grad(lambda shift: moved(shift[0]))(np.zeros(1))
    np.testing.assert_allclose(
        found, differences(lambda s: moved(s[0]), np.zeros(1), 0.1), rtol=1e-7
    )


def test_the_best_knots() -> None:
    inner = spline.best(KNOTS, X, Y)
    value, gradient = la.value_and_grad(spline_error)(inner)
    assert value < 0.01 < spline_error(KNOTS)
    np.testing.assert_allclose(gradient, 0, atol=1e-6)
    assert np.all(np.diff(inner) > 0)


# -- the beam: the formula of Fox and Kapoor -------------------------------------------------------

THICKNESS = np.array([0.012, 0.01, 0.011, 0.008])


def rates(thickness: Any, mode: int = 0) -> Any:
    """By M-orthonormal vectors: λ' = vᵀ (K' - λ M') v, and the frequency is √λ / 2π."""
    values, vectors = scipy.linalg.eigh(*eigenvalue.matrices(thickness, eigenvalue.BEAM))
    value, v = values[mode], vectors[:, mode]
    slopes = []
    for t, unit in zip(thickness, np.eye(len(thickness)), strict=True):
        K, M = eigenvalue.matrices(unit, eigenvalue.BEAM)
        slopes.append(v @ (3 * t**2 * K - value * M) @ v)
    return np.array(slopes) / (4 * np.pi * np.sqrt(value))


@pytest.mark.parametrize("mode", range(4))
def test_frequencies(mode: int) -> None:
    """All are homogeneous of degree one in the thickness, so that Euler's theorem holds."""
    value, gradient = la.value_and_grad(eigenvalue.frequency)(THICKNESS, mode=mode)
    np.testing.assert_allclose(gradient, rates(THICKNESS, mode), rtol=1e-8, atol=1e-8 * value)
    np.testing.assert_allclose(THICKNESS @ gradient, value, rtol=1e-10)


def test_a_uniform_beam_has_the_frequency_of_theory() -> None:
    beam, t = eigenvalue.BEAM, 0.01
    speed = np.sqrt(beam["young"] / beam["density"])
    expected = 1.8751040687**2 / (2 * np.pi) * t / np.sqrt(12) * speed / beam["length"] ** 2
    np.testing.assert_allclose(eigenvalue.frequency(np.full(8, t)), expected, rtol=1e-5)


def test_the_other_parameters_of_the_beam() -> None:
    """A frequency grows like the root of Young's modulus, falls like that of the density."""
    gradient = la.grad(eigenvalue.frequency, argnums=1)(THICKNESS, eigenvalue.BEAM)
    frequency = eigenvalue.frequency(THICKNESS)
    powers = {"length": -2.0, "width": 0.0, "young": 0.5, "density": -0.5}
    for name, power in powers.items():
        found = gradient[name] * eigenvalue.BEAM[name] / frequency
        np.testing.assert_allclose(found, power, rtol=1e-8, atol=1e-9)


# -- all of them -----------------------------------------------------------------------------------

CASES = {
    "kalman": Case(kalman, kalman_loss, np.log([15000.0, 1500.0]), score, 1e-2),
    "orbit": Case(orbit, orbit_miss, VELOCITY, orbit_by_hand, 1e-3),
    "logistic": Case(
        logistic, logistic_loss, np.log([0.1, 0.02, 0.03, 0.01]), implicit, 1e-2, branches=True
    ),
    "spline": Case(spline, spline_error, KNOTS, projected, 0.5, branches=True),
    "eigenvalue": Case(eigenvalue, eigenvalue.frequency, THICKNESS, rates, 1e-5),
}

each_case = pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """The programs know nothing of lineara: they are differentiated with the name taken away."""
    if "case" in request.fixturenames:
        monkeypatch.delattr(request.getfixturevalue("case").module, "la")


@each_case
def test_gradients_by_hand(case: Case) -> None:
    found, expected = la.grad(case.function)(case.x), case.by_hand(case.x)
    np.testing.assert_allclose(found, expected, rtol=1e-7, atol=1e-9 * np.max(np.abs(expected)))


@each_case
def test_gradients_by_differences(case: Case) -> None:
    found = la.grad(case.function)(case.x)
    expected = differences(case.function, case.x, case.step)
    np.testing.assert_allclose(found, expected, rtol=1e-7, atol=1e-8 * np.max(np.abs(expected)))


@each_case
def test_forward_and_reverse_agree(case: Case) -> None:
    np.testing.assert_allclose(
        la.jacfwd(case.function)(case.x), la.grad(case.function)(case.x), rtol=1e-8
    )


@each_case
def test_jit(case: Case) -> None:
    compiled = la.jit(la.grad(case.function))
    if case.branches:
        with pytest.raises(TracingError, match="under jit"):
            compiled(case.x)
    else:
        np.testing.assert_allclose(compiled(case.x), la.grad(case.function)(case.x), rtol=1e-10)


@each_case
def test_second_order(case: Case) -> None:
    hessian = la.hessian(case.function)(case.x)
    scale = np.max(np.abs(hessian))
    np.testing.assert_allclose(hessian, hessian.T, atol=1e-9 * scale)
    expected = differences(la.grad(case.function), case.x, case.step)
    np.testing.assert_allclose(hessian, expected, rtol=1e-6, atol=1e-6 * scale)
    direction = np.arange(1.0, len(case.x) + 1)
    (product,) = la.hvp(case.function, (case.x,), (direction,))
    np.testing.assert_allclose(product, hessian @ direction, rtol=1e-7, atol=1e-9 * scale)


@pytest.mark.parametrize("name", CASES)
def test_mains(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    CASES[name].module.main()
    assert capsys.readouterr().out
