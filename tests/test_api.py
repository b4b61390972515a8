"""The public functions: JAX's conventions, composition, and state that stays clean."""

from __future__ import annotations

import dataclasses
import itertools
import threading
from collections import namedtuple
from typing import Any

import numpy as np
import pytest

import lineara as la
from lineara.frontend.trace import current

X = np.array([0.3, -0.7, 1.1])
Pair = namedtuple("Pair", ["left", "right"])


def twenty(x: Any) -> Any:
    """A function of twenty operations."""
    a = np.sin(x) * np.exp(-x / 3) + np.sqrt(x**2 + 1.0)
    b = np.tanh(a * x) - np.log1p(x**2) / (2.0 + np.cos(x))
    return a * b + np.arctan(b) * x


# -- gradients ------------------------------------------------------------------------------------


def test_value_and_grad() -> None:
    value, gradient = la.value_and_grad(lambda x: np.sum(x**3))(X)
    assert value == np.sum(X**3)
    np.testing.assert_allclose(gradient, 3 * X**2, rtol=1e-15)


@pytest.mark.parametrize("argnums", [0, 1, -1, (0, 1), [1, 0], (0,)])
def test_argnums(argnums: Any) -> None:
    gradient = la.grad(lambda x, y: np.sum(x**2 * y), argnums)(X, 2 * X)
    parts = [2 * X * (2 * X), X**2]
    if isinstance(argnums, int):
        np.testing.assert_allclose(gradient, parts[argnums])
    else:
        assert isinstance(gradient, tuple)
        for part, i in zip(gradient, argnums, strict=True):
            np.testing.assert_allclose(part, parts[i])


def test_pytrees() -> None:
    def loss(params: Any) -> Any:
        return np.sum(params["w"] * params["p"].left) + params["p"].right[0] ** 2

    params = {"w": X, "p": Pair(X + 1, [np.float64(3.0), None])}
    gradient = la.grad(loss)(params)
    assert la.tree.structure(gradient) == la.tree.structure(params)
    np.testing.assert_allclose(gradient["w"], X + 1)
    assert gradient["p"].right == [6.0, None]


def test_registered_dataclass() -> None:
    @la.tree.register_dataclass
    @dataclasses.dataclass
    class State:
        position: Any
        velocity: Any

    gradient = la.grad(lambda s: np.sum(s.position * s.velocity))(State(X, 2 * X))
    assert isinstance(gradient, State)
    np.testing.assert_allclose(gradient.position, 2 * X)


def test_has_aux() -> None:
    def f(x: Any) -> Any:
        y = np.sin(x)
        return np.sum(y), {"y": y, "note": "text", "plain": 3}

    gradient, aux = la.grad(f, has_aux=True)(X)
    np.testing.assert_allclose(gradient, np.cos(X))
    np.testing.assert_allclose(aux["y"], np.sin(X))
    assert (aux["note"], aux["plain"]) == ("text", 3)
    (value, aux), _ = la.value_and_grad(f, has_aux=True)(X)
    assert value == np.sum(np.sin(X))
    value, _tangent, aux = la.jvp(f, (X,), (X,), has_aux=True)
    np.testing.assert_allclose(aux["y"], np.sin(X))


def test_keyword_arguments_and_untraced_arguments_pass_through() -> None:
    def f(x: Any, labels: Any, *, power: int, mode: str) -> Any:
        assert mode == "fast"
        return np.sum(np.eye(3)[labels] @ x**power)

    labels = np.array([0, 2, 2])
    gradient = la.grad(f)(X, labels, power=2, mode="fast")
    np.testing.assert_allclose(gradient, 2 * X * np.array([1, 0, 2]))


def test_float32_stays_float32() -> None:
    x = X.astype(np.float32)
    gradient = la.grad(lambda x: np.sum(2.5 * x**2))(x)
    assert gradient.dtype == np.float32
    assert la.jit(lambda x, s: x * s)(x, 2.0).dtype == np.float32


def test_complex_gradients_follow_jax() -> None:
    z = np.complex128(1.0 + 2.0j)
    gradient = la.grad(lambda z: np.real(z) ** 2 + 3 * np.imag(z))(z)
    assert gradient == 2.0 - 3.0j  # ∂f/∂x − i ∂f/∂y
    assert la.grad(lambda z: z**2, holomorphic=True)(z) == 2 * z
    np.testing.assert_allclose(la.grad(lambda z: np.abs(z))(z), np.conj(z) / abs(z))


# -- forward, reverse, linear ---------------------------------------------------------------------


def test_jvp_and_vjp_agree() -> None:
    out, tangent = la.jvp(twenty, (X,), (np.ones(3),))
    value, pullback = la.vjp(twenty, X)
    np.testing.assert_allclose(out, value)
    np.testing.assert_allclose(pullback(np.ones(3))[0], tangent, rtol=1e-13)


def test_linearize_gives_a_map_with_a_transpose_and_a_scipy_view() -> None:
    _, df = la.linearize(lambda x: np.array([[1.0, 2.0, 3.0], [0.0, 1.0, 0.0]]) @ np.sin(x), X)
    matrix = np.array([[1.0, 2.0, 3.0], [0.0, 1.0, 0.0]]) * np.cos(X)
    np.testing.assert_allclose(df(X), matrix @ X)
    np.testing.assert_allclose(df.T(np.ones(2))[0], matrix.T @ np.ones(2))
    np.testing.assert_allclose(df.T.T(X), matrix @ X)
    operator = df.as_linear_operator()
    assert operator.shape == (2, 3)
    np.testing.assert_allclose(operator @ np.eye(3), matrix)
    np.testing.assert_allclose(operator.H @ np.eye(2), matrix.T)


def test_a_linear_map_keeps_the_values_it_was_made_at() -> None:
    x = X.copy()
    _, pullback = la.vjp(lambda x: np.sum(x**2), x)
    x[:] = 100.0
    np.testing.assert_allclose(pullback(1.0)[0], 2 * X)


def test_linear_transpose() -> None:
    a = np.arange(6.0).reshape(2, 3)
    (result,) = la.linear_transpose(lambda x: a @ x - 2 * x[:2], X)(np.ones(2))
    np.testing.assert_allclose(result, a.T @ np.ones(2) - np.array([2.0, 2.0, 0.0]))


@pytest.mark.parametrize("f", [lambda x: x * x, lambda x: 2 * x + 1, lambda x: np.sin(x)])
def test_linear_transpose_refuses_what_is_not_linear(f: Any) -> None:
    with pytest.raises(la.LinearaError, match="linear") as caught:
        la.linear_transpose(f, 1.0)
    assert caught.value.where is not None
    assert caught.value.where.file == __file__


# -- Jacobians ------------------------------------------------------------------------------------


def test_jacobians_have_blocks_of_output_by_input() -> None:
    def f(x: Any, y: Any) -> Any:
        return {"a": np.outer(x, y), "b": np.sum(x * x)}

    x, y = X, np.array([1.0, 2.0])
    for jacobian in (la.jacfwd, la.jacrev):
        result = jacobian(f, (0, 1))(x, y)
        assert result["a"][0].shape == (3, 2, 3)
        assert result["a"][1].shape == (3, 2, 2)
        np.testing.assert_allclose(result["a"][0], np.einsum("ik,j->ijk", np.eye(3), y))
        np.testing.assert_allclose(result["b"][0], 2 * x)
        np.testing.assert_allclose(result["b"][1], np.zeros(2))


def test_hessian() -> None:
    def f(x: Any) -> Any:
        return np.sum(np.sin(x) * x[::-1] ** 2)

    expected = la.jacfwd(la.jacfwd(f))(X)
    np.testing.assert_allclose(la.hessian(f)(X), expected, rtol=1e-13)
    np.testing.assert_allclose(la.jacrev(la.jacrev(f))(X), expected, rtol=1e-13)


# -- nesting --------------------------------------------------------------------------------------


def test_perturbations_are_not_confused() -> None:
    assert la.grad(lambda x: x * la.grad(lambda y: x + y)(1.0))(1.0) == 1.0
    assert la.grad(lambda x: la.grad(lambda y: x * y**2)(x))(3.0) == 2 * 3.0 * 2


def test_closures_over_outer_traced_arrays() -> None:
    def outer(x: Any) -> Any:
        inner = la.grad(lambda y: np.sum(np.sin(x * y)))
        return np.sum(inner(2 * x) ** 2)

    la.check_grads(outer, (X,), order=2)


def test_third_derivatives() -> None:
    second = la.grad(la.grad(twenty))
    third = la.grad(second)
    for x in X:
        h = 1e-5
        numerical = (second(x + h) - second(x - h)) / (2 * h)
        np.testing.assert_allclose(third(x), numerical, rtol=1e-7)


def test_check_grads_to_third_order() -> None:
    la.check_grads(lambda x: np.sum(twenty(x)), (X,), order=3)


def test_check_grads_finds_a_wrong_derivative() -> None:
    with pytest.raises(AssertionError, match="finite differences"):
        la.check_grads(lambda x: x * la.stop_gradient(x), (2.0,), order=1)


def test_awkward_points() -> None:
    assert la.grad(lambda x: x**0.0)(0.0) == 0.0
    assert la.grad(la.grad(lambda x: np.hypot(x, 3.0)))(0.0) == pytest.approx(1 / 3)
    np.testing.assert_array_equal(la.grad(np.std)(np.ones(3)), np.zeros(3))


# -- jit ------------------------------------------------------------------------------------------


def test_jit_traces_once_for_each_signature() -> None:
    traces = []

    @la.jit
    def f(x: Any) -> Any:
        traces.append(x.shape)
        return np.sum(x**2)

    for x in (X, 2 * X, np.ones((2, 2)), X):
        assert f(x) == pytest.approx(np.sum(x**2))
    assert traces == [(3,), (2, 2)]


def test_jit_static_arguments() -> None:
    f = la.jit(lambda x, n: sum(x**i for i in range(n)), static_argnums=1)
    assert f(2.0, 3) == 7.0
    assert f(2.0, 4) == 15.0
    g = la.jit(lambda x, *, mode: np.sin(x) if mode == "sin" else x, static_argnames="mode")
    assert g(1.0, mode="sin") == np.sin(1.0)


def test_gradient_of_jit_and_jit_of_gradient() -> None:
    f = la.jit(lambda x: np.sum(twenty(x)))
    expected = la.grad(lambda x: np.sum(twenty(x)))(X)
    np.testing.assert_allclose(la.grad(f)(X), expected, rtol=1e-13)
    np.testing.assert_allclose(la.jit(la.grad(f))(X), expected, rtol=1e-13)


def test_a_jitted_function_is_one_definition() -> None:
    @la.jit
    def g(x: Any) -> Any:
        return np.sin(x) * x

    program = la.trace(lambda x: g(g(x)) + g(x))(1.0)
    assert [f.name for f in program.functions] == ["g", "f"]
    jvp = la.transforms.jvp(program)
    assert [f.name for f in jvp.functions] == ["g.jvp", "f.jvp"]


def nest(depth: int) -> Any:
    """fᵢ₊₁(x) = fᵢ(fᵢ(x)), each fᵢ jitted."""
    f = la.jit(lambda x: np.sin(x) * 1.1)
    for _ in range(depth):
        f = la.jit(lambda x, g=f: g(g(x)), static_argnames="g")
    return f


def test_nested_calls_give_programs_of_linear_size() -> None:
    sizes = [la.size(la.trace(la.grad(nest(depth)))(0.5)) for depth in (3, 5, 7, 9)]
    steps = {b - a for a, b in itertools.pairwise(sizes)}
    assert len(steps) == 1


# -- size and state -------------------------------------------------------------------------------


def test_a_long_chain_and_a_value_used_often() -> None:
    def chain(x: Any) -> Any:
        for _ in range(5000):
            x = np.sin(x) * 1.0001
        return x

    def fan(x: Any) -> Any:
        return sum((x for _ in range(10_000)), 0.0)

    assert la.grad(fan)(2.0) == 10_000
    expected, x = 1.0, 0.5
    for _ in range(5000):
        expected *= np.cos(x) * 1.0001
        x = np.sin(x) * 1.0001
    assert la.grad(chain)(0.5) == pytest.approx(expected, rel=1e-9)


def test_state_is_clean_after_an_exception() -> None:
    def fails(x: Any) -> Any:
        raise RuntimeError("mine")

    with pytest.raises(RuntimeError, match="mine"):
        la.grad(lambda x: la.grad(fails)(x))(1.0)
    assert current() is None
    assert la.grad(np.sin)(0.0) == 1.0


def test_globals_that_change_between_calls() -> None:
    scale = 1.0
    gradient = la.grad(lambda x: scale * x)
    assert gradient(1.0) == 1.0
    scale = 5.0
    assert gradient(1.0) == 5.0


def test_an_array_changed_while_tracing_counts_as_it_was_when_used() -> None:
    def f(x: Any) -> Any:
        weights = np.ones(3)
        first = np.sum(weights * x)
        weights[:] = 10.0
        return first + np.sum(weights * x)

    np.testing.assert_allclose(la.grad(f)(X), np.full(3, 11.0))


def test_threads() -> None:
    results: dict[int, Any] = {}

    def work(k: int) -> None:
        for _ in range(20):
            results[k] = la.grad(lambda x: np.sum(np.sin(k * x)))(X)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    for k in range(8):
        np.testing.assert_allclose(results[k], k * np.cos(k * X))


def test_a_flattening_is_not_written_through_where_the_order_in_memory_is_not_known() -> None:
    def f(x: Any, copy: bool) -> Any:
        a = x.T * 2  # in NumPy, in the order of x.T, so that a.reshape(-1) is a copy
        a = a.copy() if copy else a
        b = a.reshape(-1)
        b[0] = 5.0
        return np.sum(a * a)

    x = np.arange(6.0).reshape(2, 3)
    assert la.value_and_grad(f)(x, True)[0] == f(x, True)
    with pytest.raises(la.LinearaError, match="share"):
        la.grad(f)(x, False)


def test_a_read_only_view_follows_its_array() -> None:
    def f(x: Any) -> Any:
        a = x.copy()
        d = np.diagonal(a)
        a[0, 0] = 7 * x[1, 1]
        return np.sum(d)

    x = np.arange(4.0).reshape(2, 2)
    value, gradient = la.value_and_grad(f)(x)
    assert value == f(x)
    np.testing.assert_array_equal(gradient, [[0.0, 0.0], [0.0, 8.0]])


def test_results_are_the_callers_own() -> None:
    x = X.copy()
    gradient = la.grad(lambda x: np.sum(x * x) / 2)(x)
    gradient[0] = 99.0
    assert x[0] == X[0]
    y, _ = la.vjp(lambda x: x, x)
    y[0] = 99.0
    assert x[0] == X[0]


# -- control flow on values, and errors ------------------------------------------------------------


def test_python_control_flow_on_values() -> None:
    def f(x: Any) -> Any:
        total = 0.0
        while np.sum(x) > 0.5:
            x = x / 2
            total = total + np.sum(x**2)
        return total if total > 0 else x[0]

    la.check_grads(f, (X + 1,), order=1)


def into_a_plain_array(x: Any) -> Any:
    result = np.zeros(3)
    result[0] = x[0]
    return np.sum(result)


ERRORS: list[tuple[str, Any, str]] = [
    ("vector output", lambda: la.grad(lambda x: x)(X), "scalar"),
    ("integer argument", lambda: la.grad(lambda x: x * 1.0)(2), "float"),
    ("argnums twice", lambda: la.grad(lambda x, y: x * y, (0, 0))(1.0, 2.0), "twice"),
    ("wrong argnums", lambda: la.grad(lambda x: x, 3)(1.0), "argnums"),
    ("complex output", lambda: la.grad(lambda x: x * 1j)(1.0), "holomorphic"),
    ("np.asarray", lambda: la.grad(lambda x: np.sum(np.asarray(x)))(X), "derivative would be lost"),
    ("plain array", lambda: la.grad(into_a_plain_array)(X), "written into a plain NumPy array"),
    ("math", lambda: la.grad(lambda x: __import__("math").sin(x))(1.0), "float"),
    ("unsupported", lambda: la.grad(lambda x: np.sum(np.lcm(x, x)))(X), "lcm"),
    ("if under jit", lambda: la.jit(lambda x: x if x > 0 else -x)(1.0), "jit"),
    ("shapes", lambda: la.grad(lambda x: np.sum(x + np.ones(4)))(X), "broadcast"),
    ("out of range", lambda: la.grad(lambda x: x[7])(X), "out of"),
    ("aux without pair", lambda: la.grad(lambda x: x, has_aux=True)(1.0), "pair"),
    ("output", lambda: la.grad(lambda x: "text")(1.0), "str"),
]


@pytest.mark.parametrize(("call", "message"), [e[1:] for e in ERRORS], ids=[e[0] for e in ERRORS])
def test_errors_name_the_users_line(call: Any, message: str) -> None:
    with pytest.raises(la.LinearaError, match=message) as caught:
        call()
    assert caught.value.where is not None
    assert caught.value.where.file == __file__


def test_a_leaked_traced_array_is_refused() -> None:
    leaked: list[Any] = []
    la.grad(lambda x: leaked.append(x) or x * 1.0)(1.0)  # type: ignore[func-returns-value]
    with pytest.raises(la.LinearaError, match="outlived"):
        la.grad(lambda x: x * leaked[0])(1.0)
    with pytest.raises(la.LinearaError, match="no function is being traced"):
        leaked[0] + 1.0
