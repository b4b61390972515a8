"""Functions with rules of their own: the rules are used, in every mode and at every order, and
wrong ones are refused at the line of the rule that is wrong.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.optimize
import scipy.sparse.linalg
from scipy.special import jv

import lineara as la
from lineara.errors import (
    LinearityError,
    ParseError,
    ShapeMismatchError,
    TracingError,
    TypeMismatchError,
)
from lineara.ir.check import check
from lineara.numerical import GradientCheckError

Fun = Callable[..., Any]
X = np.array([0.1, 0.2, 0.3])

# -- rules that agree with the function -----------------------------------------------------------


def product(x: Any, y: Any) -> Any:
    return np.sin(x) * y


def tangent(p: Any, t: Any) -> Any:
    (x, y), (dx, dy) = p, t
    return np.sin(x) * y, np.cos(x) * dx * y + np.sin(x) * dy


def backward(residuals: Any, ct: Any) -> Any:
    x, y = residuals
    return np.cos(x) * ct * y, np.sin(x) * ct


def by_jvp() -> Fun:
    f = la.custom_jvp(product)
    f.defjvp(tangent)
    return f


def by_jvp_that_calls_itself() -> Fun:
    f = la.custom_jvp(product)
    f.defjvp(lambda p, t: (f(*p), tangent(p, t)[1]))
    return f


def by_jvps() -> Fun:
    f = la.custom_jvp(product)
    f.defjvps(lambda dx, _, x, y: np.cos(x) * dx * y, lambda dy, _, x, y: np.sin(x) * dy)
    return f


def by_vjp() -> Fun:
    f = la.custom_vjp(product)
    f.defvjp(lambda x, y: (np.sin(x) * y, (x, y)), backward)
    return f


def by_vjp_that_calls_itself() -> Fun:
    f = la.custom_vjp(product)
    f.defvjp(lambda x, y: (f(x, y), (x, y)), backward)
    return f


def by_both() -> Fun:
    f = la.custom_vjp(la.custom_jvp(product))
    f.defjvp(tangent)
    f.defvjp(lambda x, y: (f(x, y), (x, y)), backward)
    return f


def by_linear_call() -> Fun:
    def f(x: Any, y: Any) -> Any:
        def scale(r: Any, v: Any) -> Any:
            return np.sin(r) * v

        return la.linear_call(scale, scale, x, y)

    return f


def by_callback() -> Fun:
    f = la.custom_jvp(lambda x, y: la.pure_callback(product, x * y, x, y))
    f.defjvp(lambda p, t: (f(*p), tangent(p, t)[1]))
    return f


def by_vectorised_callback() -> Fun:
    def call(x: Any, y: Any) -> Any:
        return la.pure_callback(product, x * y, x, y, vectorized=True)

    f = la.custom_vjp(call)
    f.defvjp(lambda x, y: (f(x, y), (x, y)), backward)
    return f


def by_closure() -> Fun:
    """The rule says nothing about y, which the function takes from its surroundings."""

    def outer(x: Any, y: Any) -> Any:
        f = la.custom_vjp(lambda x: np.sin(x) * y)
        f.defvjp(lambda x: (f(x), x), lambda x, ct: (np.cos(x) * y * ct,))
        return f(x)

    return outer


def by_nondiff() -> Fun:
    @functools.partial(la.custom_jvp, nondiff_argnums=(0, 2))
    def f(function: Fun, x: Any, n: int, y: Any) -> Any:
        return function(x) * y * n

    @f.defjvp
    def rule(function: Fun, n: int, p: Any, t: Any) -> Any:
        (x, y), (dx, dy) = p, t
        slope = la.grad(lambda x: np.sum(function(x)))(x)
        return f(function, x, n, y), n * (slope * dx * y + function(x) * dy)

    return lambda x, y: f(np.sin, x, 1, y)


def by_pytrees() -> Fun:
    @la.custom_vjp
    def f(d: Any, n: Any) -> Any:
        return {"value": np.sin(d["x"]) * d["y"][0], "n": n}

    def fwd(d: Any, n: Any) -> Any:
        return f(d, n), {"x": d["x"], "y": d["y"], "none": None}

    def bwd(r: Any, ct: Any) -> Any:
        dx, dy = backward((r["x"], r["y"][0]), ct["value"])
        return {"x": dx, "y": (dy, None)}, None

    f.defvjp(fwd, bwd)
    return lambda x, y: f({"x": x, "y": (y, 2.0)}, 3)["value"]


def by_batching_rule() -> Fun:
    f = la.custom_batch(product)
    f.def_vmap(lambda size, batched, x, y: (product(x, y), True))
    return f


RULES = [
    by_jvp,
    by_jvp_that_calls_itself,
    by_jvps,
    by_vjp,
    by_vjp_that_calls_itself,
    by_both,
    by_linear_call,
    by_callback,
    by_vectorised_callback,
    by_closure,
    by_nondiff,
    by_pytrees,
    by_batching_rule,
]


def in_scan(f: Fun) -> Fun:
    return lambda x: np.sum(la.scan(lambda c, _: (f(c, x), None), x, None, length=3)[0])


def in_branch(f: Fun) -> Fun:
    return lambda x: np.sum(la.cond(np.sum(x) > 0, lambda: f(x, x * x), lambda: x))


CONTEXTS: dict[str, Callable[[Fun], Fun]] = {
    "plain": lambda f: lambda x: np.sum(f(x, x * x)),
    "twice": lambda f: lambda x: np.sum(f(f(x, x), x)),
    "jit": lambda f: la.jit(lambda x: np.sum(f(x, x * x))),
    "checkpoint": lambda f: lambda x: np.sum(la.checkpoint(f)(x, x)),
    "scan": in_scan,
    "branch": in_branch,
}


def forward_twice(f: Fun) -> Fun:
    return la.jacfwd(la.jacfwd(f))  # type: ignore[no-any-return]


DERIVATIVES: dict[str, Callable[[Fun], Fun]] = {
    "value": lambda f: f,
    "grad": la.grad,
    "jacfwd": la.jacfwd,
    "hessian": la.hessian,
    "jacfwd jacfwd": forward_twice,
    "jacrev jacrev": lambda f: la.jacrev(la.jacrev(f)),
    "jacrev jacfwd": lambda f: la.jacrev(la.jacfwd(f)),
    "third": lambda f: la.jacfwd(la.hessian(f)),
}


ZEROS: dict[str, Fun] = {
    "in a loop": lambda a: np.sum(
        la.fori_loop(0, 3, lambda i, c: np.stack([c[0], 0.3 * c[0], 0.8]), a * np.ones(3))
    ),
    "in a loop of unknown length": lambda a: np.sum(
        la.while_loop(
            lambda c: c[1] < 3,
            lambda c: (np.stack([c[0][0], 0.3 * c[0][0], 0.8]), c[1] + 1),
            (a * np.ones(3), 0),
        )[0]
    ),
    "everywhere": lambda a: np.zeros_like(a) + 1,
}


@pytest.mark.parametrize("name", ZEROS)
def test_tangents_that_are_zero_in_part(name: str) -> None:
    f = ZEROS[name]
    g = la.custom_jvp(f)
    g.defjvp(lambda primals, tangents: la.jvp(f, primals, tangents))
    for derivative in (la.grad, la.jacfwd, lambda f: la.grad(la.grad(f))):
        assert derivative(g)(0.3) == derivative(f)(0.3)


@pytest.mark.parametrize("context", CONTEXTS)
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_derivatives(rule: Callable[[], Fun], context: str) -> None:
    if context in ("scan", "checkpoint") and rule is by_callback:
        pytest.skip("the same as with the vectorised one")
    custom, plain = (CONTEXTS[context](f) for f in (rule(), product))
    for name, d in DERIVATIVES.items():
        np.testing.assert_allclose(d(custom)(X), d(plain)(X), atol=1e-12, err_msg=name)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_many_examples(rule: Callable[[], Fun]) -> None:
    f, xs = rule(), np.stack([X, 2 * X])
    for name, d in DERIVATIVES.items():
        for axes in ((0, None), (None, 0), (0, 0)):
            args = [xs if axis == 0 else X for axis in axes]

            def of(g: Fun, d: Any = d) -> Fun:
                return lambda x, y: d(lambda z: np.sum(g(z, y) * z))(x)

            found, expected = (la.vmap(of(g), axes)(*args) for g in (f, product))
            np.testing.assert_allclose(found, expected, atol=1e-12, err_msg=f"{name} {axes}")
    summed = la.grad(lambda x: np.sum(la.vmap(f, (0, None))(xs, x)))(X)
    np.testing.assert_allclose(summed, np.sum(np.sin(xs), axis=0))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_program(rule: Callable[[], Fun]) -> None:
    """It is well typed at every stage, and text reads back unless it holds Python code."""
    f = rule()
    program = la.trace(lambda x: np.sum(f(x, x * x)))(X)
    stages = [program]
    stages.append(la.transforms.jvp(program))
    nonlin, lin = la.transforms.unzip(stages[-1])
    stages += [nonlin, lin, la.transforms.transpose(lin), la.transforms.batch(program, 2)]
    for stage in stages:
        check(stage)
        check(la.transforms.simplify(stage))
        text = str(stage)
        if "callback" in text or "custom_batch" in text:
            with pytest.raises(ParseError, match="Python code, which cannot be read back"):
                la.parse(text)
        else:
            assert str(la.parse(text)) == text
            check(la.parse(text))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_check_custom(rule: Callable[[], Fun]) -> None:
    la.check_custom(rule(), X, 2 * X)


# -- which rule is used ---------------------------------------------------------------------------


def marked() -> Fun:
    """A function whose rules lie: forward mode says 10, reverse mode 100."""
    f = la.custom_jvp(lambda x: x)
    f.defjvp(lambda p, t: (p[0], 10 * t[0]))
    f.defvjp(lambda x: (x, None), lambda _, ct: (100 * ct,))
    return f


def test_each_mode_has_its_rule() -> None:
    f = marked()
    assert la.jvp(f, (1.0,), (1.0,))[1] == 10
    assert la.grad(f)(1.0) == 100
    assert la.jvp(lambda x: f(f(x)), (1.0,), (1.0,))[1] == 100
    assert la.grad(lambda x: f(f(x)))(1.0) == 10_000
    df = la.linearize(f, 1.0)[1]
    assert (df(1.0), df.T(1.0)[0], df.T.T(1.0)) == (10, 100, 10)


def test_reverse_rule_alone_gives_forward_mode() -> None:
    f = la.custom_vjp(lambda x, y: x + y)
    f.defvjp(lambda x, y: (x + y, x), lambda x, ct: (3 * x * ct, None))
    assert la.jvp(f, (2.0, 1.0), (1.0, 5.0))[1] == 6
    assert la.vjp(lambda x: la.jvp(f, (2.0, 1.0), (x, 5.0))[1], 1.0)[1](1.0) == (6,)


def test_derivatives_of_a_derivative_keep_the_rule() -> None:
    """A lie about the transpose is still there when the transposed map is transposed again."""
    f = marked()

    def reverse(w: Any) -> Any:
        return la.vjp(f, 1.0)[1](w)[0]

    assert la.jvp(reverse, (1.0,), (1.0,))[1] == 100
    assert la.grad(reverse)(1.0) == 10


def test_rules_are_used_without_a_trace_of_them_outside() -> None:
    calls = []

    @la.custom_jvp
    def f(x: Any) -> Any:
        calls.append("function")
        return x

    f.defjvp(lambda p, t: (calls.append("rule"), (p[0], t[0]))[1])
    assert f(1.0) == 1.0
    assert calls == ["function"]
    la.grad(f)(1.0)
    assert "rule" in calls


def test_integers_have_no_tangents() -> None:
    @la.custom_jvp
    def power(x: Any, n: Any) -> Any:
        return x**n

    @power.defjvp
    def rule(p: Any, t: Any) -> Any:
        (x, n), (dx, dn) = p, t
        assert dn.dtype == la.float0
        return power(x, n), n * x ** (n - 1) * dx

    assert la.grad(power)(2.0, 3) == 12
    assert la.grad(la.grad(power))(2.0, 3) == 12


def test_keywords_and_defaults() -> None:
    @la.custom_jvp
    def f(x: Any, y: Any = 2.0) -> Any:
        return x * y

    f.defjvp(lambda p, t: (f(*p), p[0] * t[1] + p[1] * t[0]))
    assert la.grad(lambda x: f(x))(3.0) == 2
    assert la.grad(lambda y: f(1.0, y=y))(3.0) == 1
    assert f(x=4.0) == 8


def test_a_method() -> None:
    class Model:
        @functools.partial(la.custom_jvp, nondiff_argnums=(0,))
        def f(self, x: Any) -> Any:
            return x * x

        f.defjvp(lambda self, p, t: (p[0] * p[0], 7 * t[0]))

    assert la.grad(Model().f)(1.0) == 7


def test_constants_in_rules_count_as_zero() -> None:
    relu = la.custom_jvp(lambda x: np.maximum(x, 0.0))
    relu.defjvps(lambda dx, y, x: np.where(x > 0, dx, 0.0))
    x = np.array([-1.0, 2.0])
    np.testing.assert_array_equal(la.jacfwd(relu)(x), np.diag([0.0, 1.0]))
    np.testing.assert_array_equal(la.jacrev(relu)(x), np.diag([0.0, 1.0]))

    @la.custom_vjp
    def first(x: Any) -> Any:
        return x[0]

    def bwd(_: Any, ct: Any) -> Any:
        out = np.zeros_like(ct, shape=2)
        out[0] = ct
        return (out,)

    first.defvjp(lambda x: (x[0], None), bwd)
    np.testing.assert_array_equal(la.grad(first)(x), [1.0, 0.0])


# -- rules that need themselves -------------------------------------------------------------------


def bessel_of_fixed_order() -> Fun:
    @functools.partial(la.custom_jvp, nondiff_argnums=(0,))
    def bessel(v: int, x: Any) -> Any:
        return la.pure_callback(lambda x: np.asarray(jv(v, x)), x, x, vectorized=True)

    @bessel.defjvp
    def rule(v: int, p: Any, t: Any) -> Any:
        (x,), (dx,) = p, t
        return bessel(v, x), 0.5 * (bessel(v - 1, x) - bessel(v + 1, x)) * dx

    return lambda x: bessel(0, x)


def bessel_of_any_order() -> Fun:
    @la.custom_jvp
    def bessel(v: Any, x: Any) -> Any:
        return la.pure_callback(jv, x, v, x, vectorized=True)

    bessel.defjvps(None, lambda dx, _, v, x: 0.5 * (bessel(v - 1, x) - bessel(v + 1, x)) * dx)
    return lambda x: bessel(0.0, x)


@pytest.mark.parametrize("make", [bessel_of_fixed_order, bessel_of_any_order])
def test_a_family_of_functions(make: Callable[[], Fun]) -> None:
    f, expected = make(), [jv(0, 1.3), -jv(1, 1.3), 0.5 * (jv(2, 1.3) - jv(0, 1.3))]
    second = la.grad(la.grad(f))
    assert np.allclose([f(1.3), la.grad(f)(1.3), second(1.3)], expected)
    assert np.allclose(la.vmap(second)(np.full(2, 1.3)), expected[2])
    la.check_grads(f, (1.3,), order=3)
    with pytest.raises(ParseError, match="Python code"):
        la.parse('def f(x: f64[]) -> (f64[]) {\n  y = custom_call[function=g, rule="g"] x\n'
                 "  return y\n}\ndef g(x: f64[]) -> (f64[]) {\n  return x\n}")  # fmt: skip


# -- callbacks ------------------------------------------------------------------------------------


def test_callback_on_pytrees() -> None:
    def host(d: Any, *, k: Any) -> Any:
        assert isinstance(d["x"], np.ndarray)
        assert not d["x"].flags.writeable
        return {"sum": d["x"] + k, "n": 2}

    shapes = {"sum": X, "n": la.ShapeDtypeStruct((), np.int64)}
    f = la.jit(lambda x, k: la.pure_callback(host, shapes, {"x": x}, k=k))
    for g in (f, lambda x, k: la.pure_callback(host, shapes, {"x": x}, k=k)):
        result = g(X, 2.0)
        np.testing.assert_array_equal(result["sum"], X + 2)
        assert result["n"] == 2


@pytest.mark.parametrize("vectorized", [False, True])
def test_callback_on_many_examples(vectorized: bool) -> None:
    calls = []

    def host(x: Any, y: Any) -> Any:
        calls.append(x.shape)
        return x * y

    def f(x: Any, y: Any) -> Any:
        return la.pure_callback(host, x, x, y, vectorized=vectorized)

    np.testing.assert_allclose(la.vmap(f, (0, None))(X, 2.0), 2 * X)
    np.testing.assert_allclose(la.vmap(f, (None, 0))(2.0, X), 2 * X)
    assert calls == [(3,)] * 2 if vectorized else [()] * 6
    square = la.vmap(la.vmap(f, (0, None)), (None, 0))(X, X)
    np.testing.assert_allclose(square, np.outer(X, X))


def test_callback_in_the_text() -> None:
    program = la.trace(lambda x: la.pure_callback(np.sin, x, x))(X)
    assert 'callback[name="sin"] x' in str(program)


def test_a_callback_result_is_a_copy() -> None:
    kept = np.zeros(3)
    f = la.jit(lambda x: la.pure_callback(lambda x: kept, x, x))
    result = f(X)
    result[0] = 5
    assert kept[0] == 0


# -- batching rules -------------------------------------------------------------------------------


def test_batching_rule() -> None:
    seen = []

    @la.custom_batch
    def f(x: Any, d: Any) -> Any:
        return x + d["y"], d["y"]

    @f.def_vmap
    def rule(size: int, batched: Any, x: Any, d: Any) -> Any:
        seen.append((size, batched))
        return (x + d["y"] + 100, d["y"]), (True, False)

    out = la.vmap(f, (0, None))(X, {"y": 1.0})
    np.testing.assert_array_equal(out[0], X + 101)
    np.testing.assert_array_equal(out[1], np.ones(3))
    assert seen == [(3, [True, {"y": False}])]
    grads = la.grad(lambda x: np.sum(la.vmap(f, (0, None))(x, {"y": 1.0})[0]))(X)
    np.testing.assert_array_equal(grads, np.ones(3))


# -- equations ------------------------------------------------------------------------------------


def dense(matvec: Fun, b: Any) -> Any:
    return np.linalg.solve(la.jacfwd(matvec)(b), b)


def gmres(matvec: Fun, b: Any) -> Any:
    n = b.size
    operator = scipy.sparse.linalg.LinearOperator((n, n), matvec=matvec, dtype=b.dtype)
    return scipy.sparse.linalg.gmres(operator, b, rtol=1e-14)[0]


def conjugate_gradients(matvec: Fun, b: Any) -> Any:
    """As a loop: each of its parts is non-linear in b."""

    def step(state: Any) -> Any:
        x, r, p, k = state
        ap = matvec(p)
        alpha = np.sum(r * r) / np.sum(p * ap)
        after = r - alpha * ap
        beta = np.sum(after * after) / np.sum(r * r)
        return x + alpha * p, after, after + beta * p, k + 1

    def going(state: Any) -> Any:
        return np.logical_and(np.sum(state[1] ** 2) > 1e-28, state[3] < 50)

    return la.while_loop(going, step, (0 * b, b, b, 0))[0]


SPD = np.array([[3.0, 1.0], [1.0, 2.0]])
B = np.array([1.0, -2.0])


@pytest.mark.parametrize(
    ("solve", "symmetric"),
    [
        (dense, False),
        (la.host_solver(gmres), False),
        (conjugate_gradients, True),
        (la.host_solver(gmres), True),
    ],
)
def test_linear_solve(solve: Fun, symmetric: bool) -> None:
    def f(a: Any, b: Any) -> Any:
        a = a + np.transpose(a)
        back = None if symmetric else solve
        return la.custom_linear_solve(lambda x: a @ x, b, solve, back, symmetric)

    def plain(a: Any, b: Any) -> Any:
        return np.linalg.solve(a + np.transpose(a), b)

    for d in (la.jacfwd, la.jacrev, lambda g, i: la.jacfwd(la.jacrev(g, i), i)):
        for i in (0, 1):
            found, expected = (d(la.jit(g), i)(SPD, B) for g in (f, plain))
            np.testing.assert_allclose(found, expected, atol=1e-9)
    many = la.vmap(f, (None, 0))(SPD, np.stack([B, 2 * B]))
    np.testing.assert_allclose(many[1], plain(SPD, 2 * B))
    many = la.vmap(la.grad(lambda a, b: np.sum(f(a, b))), (0, None))(np.stack([SPD, 2 * SPD]), B)
    np.testing.assert_allclose(many[1], la.grad(lambda a: np.sum(plain(a, B)))(2 * SPD))


def cube_root(solve: Fun | None) -> Fun:
    return lambda a: la.root(lambda x: x**3 - a, 1.0, solve)


def bisect(f: Fun, x0: Any) -> Any:
    return scipy.optimize.brentq(f, 0.0, 10.0, xtol=1e-15)


def python_newton(f: Fun, x: Any) -> Any:
    """Needs numbers, which are there unless under jit."""
    for _ in range(100):
        if abs(f(x)) < 1e-14:
            break
        x = x - f(x) / (3 * x**2)
    return x


@pytest.mark.parametrize("solve", [None, la.host_solver(bisect), python_newton])
def test_root(solve: Fun | None) -> None:
    f = cube_root(solve)
    expected = [2.0, 1 / 12, -1 / 144, 5 / 3456]
    for k, d in enumerate([f, la.grad(f), la.grad(la.grad(f)), la.hessian(la.grad(f))]):
        assert np.isclose(d(8.0), expected[k])
    assert np.isclose(la.jacfwd(la.jacfwd(f))(8.0), expected[2])
    if solve is not python_newton:
        assert np.isclose(la.jit(la.grad(f))(8.0), expected[1])
        assert np.allclose(la.vmap(la.grad(f))(np.array([1.0, 8.0])), [1 / 3, 1 / 12])
    else:
        with pytest.raises(TracingError):
            la.jit(f)(8.0)


def test_root_of_pytrees() -> None:
    def f(a: Any, b: Any) -> Any:
        def equations(z: Any) -> Any:
            return {"x": z["x"] ** 2 + z["y"] - a, "y": 3 * z["y"] - z["x"] - b}

        z = la.root(equations, {"x": np.array([1.0, 2.0]), "y": np.ones(2)})
        return np.sum(z["x"] * z["y"])

    la.check_grads(f, (np.array([3.0, 4.0]), np.array([0.5, 1.0])), order=2)


def test_root_with_a_linear_solver_of_your_own() -> None:
    def f(a: Any) -> Any:
        solver = la.host_solver(gmres)
        return np.sum(la.root(lambda x: x**3 + x - a, np.ones(3), tangent_solve=solver))

    la.check_grads(f, (X,), order=2)


def test_root_does_not_depend_on_where_it_starts() -> None:
    f = la.grad(lambda x0: la.root(lambda x: x**2 - 2.0, x0))
    assert f(1.0) == 0


@pytest.mark.parametrize("d", ["grad", "jacfwd", "hessian"])
def test_fixed_point(d: str) -> None:
    def f(a: Any, solve: Any = None) -> Any:
        return la.fixed_point(lambda x: np.cos(a * x), 1.0, solve)

    def unrolled(a: Any) -> Any:
        return la.fori_loop(0, 200, lambda _, x: np.cos(a * x), 1.0)

    def host(f: Fun, x: Any) -> Any:
        return scipy.optimize.fixed_point(f, x, xtol=1e-14)

    derivative = getattr(la, d)
    expected = derivative(unrolled)(0.9)
    assert np.isclose(derivative(f)(0.9), expected)
    assert np.isclose(derivative(lambda a: f(a, la.host_solver(host)))(0.9), expected)


def test_solvers_that_fail_return_nan() -> None:
    assert np.isnan(la.fixed_point(lambda x: 2 * x + 1, 1.0))
    assert np.isnan(la.root(lambda x: x**2 + 1, 0.5))
    assert np.isnan(la.fixed_point(lambda x: -x, np.ones(2), max_steps=5)).all()


# -- what is refused, and where -------------------------------------------------------------------

MARK = "# <-"


def jvp_rule(rule: Fun, f: Fun = lambda x: x * x) -> None:
    g = la.custom_jvp(f)
    g.defjvp(rule)
    la.grad(g)(3.0)


def vjp_rule(fwd: Fun, bwd: Fun) -> None:
    g = la.custom_vjp(lambda x: x * x)
    g.defvjp(fwd, bwd)
    la.grad(g)(3.0)


def forward(x: Any) -> Any:
    return x * x, x


def square_of_a_tangent() -> None:
    def rule(p: Any, t: Any) -> Any:
        y = p[0] * p[0]
        return y, t[0] * t[0]  # <-

    jvp_rule(rule)


def tangent_forgotten() -> None:
    def rule(p: Any, t: Any) -> Any:
        return p[0] * p[0], 2 * p[0]  # <-

    jvp_rule(rule)


def tangent_in_the_output() -> None:
    def rule(p: Any, t: Any) -> Any:
        return p[0] + t[0], 2 * t[0]  # <-

    jvp_rule(rule)


def no_pair() -> None:
    def rule(p: Any, t: Any) -> Any:  # <-
        return 2 * p[0] * t[0]

    jvp_rule(rule)


def tangent_of_another_shape() -> None:
    def rule(p: Any, t: Any) -> Any:
        return p[0] * p[0], np.ones(3) * t[0]  # <-

    jvp_rule(rule)


def tangent_of_another_dtype() -> None:
    def rule(p: Any, t: Any) -> Any:
        return p[0] * p[0], t[0].astype(np.float32)  # <-

    jvp_rule(rule)


def output_of_another_structure() -> None:
    def rule(p: Any, t: Any) -> Any:  # <-
        return (p[0], p[0]), t[0]

    jvp_rule(rule)


def no_tangent() -> None:
    def rule(p: Any, t: Any) -> Any:  # <-
        return p[0] * p[0], None

    jvp_rule(rule)


def arguments_of_another_rule() -> None:
    def rule(x: Any) -> Any:  # <-
        return x

    jvp_rule(rule)


def branch_in_a_rule() -> None:
    def rule(p: Any, t: Any) -> Any:
        slope = 1 if p[0] > 0 else -1  # <-
        return p[0] * p[0], slope * t[0]

    jvp_rule(rule)


def clipped_cotangent() -> None:
    def bwd(x: Any, ct: Any) -> Any:
        return (np.clip(ct, -1, 1),)  # <-

    vjp_rule(forward, bwd)


def cotangent_forgotten() -> None:
    def bwd(x: Any, ct: Any) -> Any:
        return (2 * x,)  # <-

    vjp_rule(forward, bwd)


def no_tuple() -> None:
    def bwd(x: Any, ct: Any) -> Any:  # <-
        return 2 * x * ct

    vjp_rule(forward, bwd)


def too_many_cotangents() -> None:
    def bwd(x: Any, ct: Any) -> Any:  # <-
        return ct, ct

    vjp_rule(forward, bwd)


def forward_rule_without_residuals() -> None:
    def fwd(x: Any) -> Any:  # <-
        return x * x

    vjp_rule(fwd, lambda x, ct: (ct,))


def residuals_that_are_no_arrays() -> None:
    def fwd(x: Any) -> Any:  # <-
        return x * x, "mode"

    vjp_rule(fwd, lambda x, ct: (ct,))


def no_rule() -> None:
    la.custom_jvp(np.sin)(1.0)  # <-


def both_rules_but_one_not_linear() -> None:
    def rule(p: Any, t: Any) -> Any:
        return p[0] * p[0], np.abs(t[0])  # <-

    f = la.custom_jvp(lambda x: x * x)
    f.defjvp(rule)
    f.defvjp(forward, lambda x, ct: (2 * x * ct,))
    la.grad(f)(1.0)


def derivative_of_a_callback() -> None:
    def f(x: Any) -> Any:
        return la.pure_callback(np.sin, x, x)  # <-

    la.grad(f)(1.0)


def shape_of_a_callback() -> None:
    def f(x: Any) -> Any:
        return la.pure_callback(np.sum, x, x)  # <-

    la.jit(f)(X)


def dtype_of_a_callback() -> None:
    def f(x: Any) -> Any:
        return la.pure_callback(lambda x: x.astype(np.float32), x, x)  # <-

    la.jit(f)(X)


def structure_of_a_callback() -> None:
    def f(x: Any) -> Any:
        return la.pure_callback(lambda x: (x, x), x, x)  # <-

    la.jit(f)(X)


def shape_of_a_callback_called_at_once() -> None:
    la.pure_callback(np.sum, X, X)  # <-


def matvec_that_is_not_linear() -> None:
    def f(b: Any) -> Any:
        return la.custom_linear_solve(
            lambda x: x * x,  # <-
            b,
            dense,
        )

    la.jit(f)(X)


def reverse_without_transpose_solve() -> None:
    def f(b: Any) -> Any:
        return np.sum(la.custom_linear_solve(lambda x: 2 * x, b, dense))  # <-

    la.grad(f)(X)


def root_of_an_integer() -> None:
    la.root(lambda x: x - 1, 1)  # <-


def equations_of_another_shape() -> None:
    def f(x: Any) -> Any:
        return np.stack([x, x])  # <-

    la.root(f, 1.0)


def batching_rule_without_a_mask() -> None:
    f = la.custom_batch(lambda x: x)

    @f.def_vmap
    def rule(size: int, batched: Any, x: Any) -> Any:  # <-
        return x

    la.vmap(f)(X)


def batching_rule_of_another_shape() -> None:
    f = la.custom_batch(lambda x: x)

    @f.def_vmap
    def rule(size: int, batched: Any, x: Any) -> Any:
        return np.sum(x), True  # <-

    la.vmap(f)(X)


L, T, S = LinearityError, TypeMismatchError, ShapeMismatchError
WRONG: list[tuple[Callable[[], None], type[Exception], str]] = [
    (square_of_a_tangent, L, "mul is not linear in operands 1 and 2 together"),
    (tangent_forgotten, L, "a result does not depend on it"),
    (tangent_in_the_output, L, "add is not linear in operand 2"),
    (no_pair, T, "returns a pair"),
    (tangent_of_another_shape, T, "another type"),
    (tangent_of_another_dtype, T, "another type"),
    (output_of_another_structure, T, "another output than the function"),
    (no_tangent, T, "another structure"),
    (arguments_of_another_rule, T, "does not take the arguments"),
    (branch_in_a_rule, TracingError, "needs a number"),
    (clipped_cotangent, L, "clip is not linear"),
    (cotangent_forgotten, L, "a result does not depend on it"),
    (no_tuple, T, "a tuple of cotangents"),
    (too_many_cotangents, T, "a tuple of cotangents"),
    (forward_rule_without_residuals, T, "returns a pair"),
    (residuals_that_are_no_arrays, T, "residuals that are no arrays"),
    (no_rule, L, "no rule for sin yet"),
    (both_rules_but_one_not_linear, L, "abs is not linear"),
    (derivative_of_a_callback, L, "Python code has no derivative: the callback sin"),
    (shape_of_a_callback, S, "another shape than declared"),
    (dtype_of_a_callback, T, "another dtype than declared"),
    (structure_of_a_callback, T, "another structure"),
    (shape_of_a_callback_called_at_once, S, "another shape than declared"),
    (matvec_that_is_not_linear, L, "matvec is not linear"),
    (reverse_without_transpose_solve, L, "cannot be transposed"),
    (root_of_an_integer, T, "floats or complex numbers as x0"),
    (equations_of_another_shape, T, "another type"),
    (batching_rule_without_a_mask, T, "returns a pair"),
    (batching_rule_of_another_shape, T, "another type"),
]


@pytest.mark.parametrize(("use", "kind", "words"), WRONG, ids=lambda x: getattr(x, "__name__", ""))
def test_wrong_use(use: Callable[[], None], kind: type[Exception], words: str) -> None:
    with pytest.raises(kind) as caught:
        use()
    error: Any = caught.value
    assert words in str(error)
    assert error.found
    assert error.expected or error.remedy
    source, start = inspect.getsourcelines(use)
    line = start + next(i for i, text in enumerate(source) if MARK in text)
    assert error.where is not None
    assert (error.where.file, error.where.line) == (__file__, line)


def wrong_forward() -> Fun:
    f = la.custom_jvp(np.sin)
    f.defjvps(lambda dx, y, x: -np.cos(x) * dx)
    return f


def wrong_reverse() -> Fun:
    f = la.custom_vjp(np.sin)
    f.defjvps(lambda dx, y, x: np.cos(x) * dx)
    f.defvjp(lambda x: (np.sin(x), x), lambda x, ct: (2 * np.cos(x) * ct,))
    return f


def wrong_output() -> Fun:
    f = la.custom_vjp(np.sin)
    f.defvjp(lambda x: (np.cos(x), x), lambda x, ct: (np.cos(x) * ct,))
    return f


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (wrong_forward, "the jvp rule of sin disagrees with finite differences"),
        (wrong_reverse, "the vjp rule of sin disagrees with finite differences"),
        (wrong_output, "the output of the vjp rule of sin disagrees with the function"),
    ],
)
def test_check_custom_finds_lies(make: Callable[[], Fun], words: str) -> None:
    with pytest.raises(GradientCheckError, match=words) as caught:
        la.check_custom(make(), X)
    assert caught.value.where is not None
    assert caught.value.where.file == __file__
