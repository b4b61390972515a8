"""Native code computes what the interpreter does, on whatever Python hands it."""

from __future__ import annotations

import math
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from control_cases import cases
from laws import active_mask, cotangents, pullback
from samples import Sample
from test_ops import BY_OP, function_of
from values import Value, leaves

import lineara as la
from lineara.backends.native.compiled import Compiled
from lineara.backends.numpy_interpreter import run
from lineara.errors import IndexRangeError, LinearaError, TypeMismatchError
from lineara.ir.builder import Builder
from lineara.ir.program import Function
from lineara.ir.types import Array, ArrayType, type_of
from lineara.ops import OPS
from lineara.ops.control.call import Call

TOGETHER = 40
"""Rows that are compiled as one function."""


def agree(found: Any, expected: Any) -> None:
    """Equal, or (floats) equal up to rounding relative to the largest number."""
    found, expected = np.asarray(found), np.asarray(expected)
    assert (found.dtype, found.shape) == (expected.dtype, expected.shape)
    if found.dtype.kind not in "fc":
        np.testing.assert_array_equal(found, expected)
        return
    finite = np.abs(expected[np.isfinite(expected)])
    scale = float(np.max(finite, initial=0.0))
    rounding = 200 * float(np.finfo(found.dtype).eps)
    np.testing.assert_allclose(found, expected, rtol=rounding, atol=rounding * scale)


def both(code: Compiled, inputs: Sequence[Value]) -> tuple[Array, ...] | None:
    """The results of the code that is there first; those of the code that replaces it are equal,
    to the bit.
    """
    found = code(*inputs)
    again = code.settle()(*inputs)
    assert not code.code.rough
    assert (found is None) == (again is None)
    for x, y in zip(leaves(list(found or ())), leaves(list(again or ())), strict=True):
        assert np.asarray(x).tobytes() == np.asarray(y).tobytes()
    return found


def test_a_sum_over_no_axes_does_not_overwrite_what_it_sums() -> None:
    def f(x: Any) -> Any:
        return la.vmap(lambda s: np.sum(2.0 * s))(np.sum(x * x, axis=1))

    x = np.arange(12.0).reshape(4, 3)
    agree(la.jit(f)(x), 2.0 * np.sum(x * x, axis=1))


def check(f: Function, inputs: Sequence[Value]) -> None:
    """Native code agrees with the interpreter, errors included, and good code with rough code."""
    found = both(Compiled(f), inputs)
    try:
        expected = run(f, *(scalar(x) for x in inputs))
    except LinearaError:
        assert found is None
        return
    assert found is not None
    for x, y in zip(leaves(list(found)), leaves(list(expected)), strict=True):
        agree(x, y)


def scalar(x: Value) -> Value:
    return np.asarray(x)[()] if not isinstance(x, tuple | list) and x is not None else x


# -- ops ------------------------------------------------------------------------------------------


def together(rows: Sequence[Sample]) -> tuple[Function, list[Array]]:
    """One function that applies the ops of many rows."""
    b = Builder("rows")
    inputs: list[Array] = []
    results: list[Any] = []
    for row in rows:
        params = [b.parameter(type_of(x)) for x in row.operands]
        inputs += [scalar(x) for x in row.operands]
        results += b.emit(row.op, *params)
    return b.build(results), inputs


def without_errors(row: Sample) -> bool:
    try:
        run(function_of(row), *map(scalar, row.operands))
    except LinearaError:
        return False
    return True


def in_parts(name: str) -> Iterator[list[Sample]]:
    rows = [row for row in BY_OP[name] if without_errors(row)]
    for i in range(0, len(rows), TOGETHER):
        yield rows[i : i + TOGETHER]


@pytest.mark.parametrize("name", sorted(BY_OP))
def test_ops(name: str) -> None:
    for rows in in_parts(name):
        check(*together(rows))


ACCURATE = {
    *("exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sin", "cos", "tan", "arcsin"),
    *("arccos", "arctan", "sinh", "cosh", "tanh", "arcsinh", "arccosh", "arctanh", "cbrt"),
}
SPECIAL = [
    0.0,
    -0.0,
    np.inf,
    -np.inf,
    np.nan,
    5e-324,
    -5e-324,
    1e-310,
    1.7e308,
    -1.7e308,
    1.0,
    -1.0,
]


@pytest.mark.parametrize("name", sorted(ACCURATE))
def test_elementary_functions_are_accurate(name: str) -> None:
    """Within 4 units in the last place, over the whole range; special values as NumPy has them."""
    rng = np.random.default_rng(0)
    anywhere = np.concatenate(
        [
            rng.uniform(-2, 2, 5000),
            rng.uniform(-700, 700, 5000),
            np.exp(rng.uniform(-700, 700, 5000)) * rng.choice([-1, 1], 5000),
        ]
    )
    ufunc = getattr(np, name)
    f = la.jit(lambda x: ufunc(x), backend="native")
    with np.errstate(all="ignore"):
        exact = ufunc(anywhere.astype(np.longdouble))
        expected, special = exact.astype(float), ufunc(np.array(SPECIAL))
        unit = np.spacing(np.abs(expected))
        usual = np.isfinite(expected) & (np.abs(expected) > 1e-300)
        found = f(anywhere)
        error = np.abs(found.astype(np.longdouble) - exact)[usual] / unit[usual]
    assert np.max(error) <= 4
    np.testing.assert_array_equal(np.isnan(found), np.isnan(expected))
    found = f(np.array(SPECIAL))
    np.testing.assert_allclose(found, special, rtol=1e-15, atol=0)
    number = ~np.isnan(special)
    np.testing.assert_array_equal(np.signbit(found[number]), np.signbit(special[number]))


@pytest.mark.parametrize("n", [10, 1000, 100_003])
def test_sums_are_as_accurate_as_numpys(n: int) -> None:
    rng = np.random.default_rng(n)
    x = rng.normal(size=n) * np.exp(rng.normal(size=n) * 5)
    size = math.fsum(np.abs(x))
    wrong = [abs(s - math.fsum(x)) / size for s in (la.jit(np.sum)(x), np.sum(x))]
    assert wrong[0] <= max(wrong[1], 1e-16)


def test_sums_with_infinite_terms() -> None:
    total = la.jit(np.sum)
    for x in ([1.0, np.inf], [np.inf, -np.inf], [np.nan, 1.0], [1.7e308, 1.7e308]):
        for n in (1, 50, 2000):
            with np.errstate(all="ignore"):
                np.testing.assert_array_equal(total(np.array(x * n)), np.sum(np.array(x * n)))


# -- functions ------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", list(cases()), ids=str)
def test_control_flow(case: Any) -> None:
    for k in range(2):
        f, inputs = case.function, case.example(k)
        check(f, inputs)
        if active_mask(f):
            check(pullback(f), [*inputs, *cotangents(f, inputs)])


def test_functions_that_have_variables_in_common() -> None:
    """Versions of one function, with results left out, each called once and so made part of f."""
    b = Builder("g")
    x = b.parameter(ArrayType(np.dtype(float), (3,)))
    (y,) = b.emit(OPS["dynamic_update_slice"](), x, OPS["sin"]()(x), b.constant(np.int64(0)))
    g = b.build([y, x])
    versions = [g, replace(g, name="h", results=g.results[:1], memo={})]
    c = Builder("f")
    z = c.parameter(x.type)
    for g in versions:
        z = c.emit(Call(g), z)[0] + z
    check(c.build([z]), [np.array([0.1, 0.7, -0.4])])


# -- calls ----------------------------------------------------------------------------------------


def f(x: Any, y: Any, s: Any) -> Any:
    return np.sin(x) * y + s, np.sum(x * y, axis=-1)


def reference(x: Any, y: Any, s: Any) -> Any:
    return la.jit(f, backend="numpy")(x, y, s)


def odd(x: Array) -> dict[str, Any]:
    """The same numbers as Python can hand them over."""
    wide = np.full((x.shape[0], 2 * x.shape[1]), np.nan)
    wide[:, ::2] = x
    shifted = np.empty(x.nbytes + 1, np.uint8)[1:].view(np.float64).reshape(x.shape)
    shifted[...] = x
    fixed = x.copy()
    fixed.flags.writeable = False
    return {
        "plain": x.copy(),
        "of Fortran's order": np.asfortranarray(x),
        "with strides": wide[:, ::2],
        "backwards": x[::-1, ::-1].copy()[::-1, ::-1],
        "misaligned": shifted,
        "read-only": fixed,
        "byte-swapped": x.astype(">f8"),
        "a view": np.concatenate([x, x])[: len(x)],
        "a broadcast row": np.broadcast_to(x[0], x.shape),
        "of a subclass": x.view(type("Own", (np.ndarray,), {})),
        "traced from a list": x.tolist() and np.array(x.tolist()),
    }


def test_whatever_python_hands_over() -> None:
    g = la.jit(f)
    x, y = np.linspace(0, 1, 12).reshape(3, 4), np.linspace(1, 2, 12).reshape(3, 4)
    for _ in range(3):  # compiled, the long way, the short way
        for kind, a in odd(x).items():
            for scale in (2.0, np.float64(2.0), np.array(2.0), 2, np.float32(2.0)):
                found, expected = g(a, y, scale), reference(np.asarray(a), y, scale)
                for p, q in zip(found, expected, strict=True):
                    agree(p, q)
                assert kind != "read-only" or not a.flags.writeable


def test_other_types_take_another_program() -> None:
    g = la.jit(lambda x: x * 2 + 1)
    values: list[Any] = [
        *(np.ones(n) for n in (0, 1, 3, 4, 5, 17)),
        *(np.ones(4, dtype) for dtype in ("f4", "i8", "i2", "u1", "?", "c16", "c8")),
        *(np.ones(shape) for shape in ((), (4, 1), (1, 4), (2, 2), (0, 4))),
        *(1, 1.0, True, 1j, np.float32(1), np.int8(1)),
    ]
    for _ in range(3):
        for x in values:
            agree(g(x), la.jit(lambda x: x * 2 + 1, backend="numpy")(x))


def test_arguments_that_are_one_array() -> None:
    g = la.jit(lambda x, y: (x + y[::-1], x * y))
    x = np.arange(6.0)
    for _ in range(3):
        for a, b in ((x, x), (x[1:], x[:-1]), (x[::2], x[1::2])):
            for p, q in zip(g(a, b), (a + b[::-1], a * b), strict=True):
                np.testing.assert_array_equal(p, q)


def test_nothing_is_written_to_arguments_and_results_are_fresh() -> None:
    def loop(x: Any) -> Any:
        def body(i: Any, y: Any) -> Any:
            y[i] = y[i - 1] + x[i]
            return y

        return la.fori_loop(1, len(x), body, x * 1.0), x

    g, x = la.jit(loop), np.ones(50)
    results = [g(x) for _ in range(4)]
    np.testing.assert_array_equal(x, np.ones(50))
    arrays = [a for pair in results for a in pair] + [x]
    for i, a in enumerate(arrays):
        assert not any(np.may_share_memory(a, b) for b in arrays[:i])
        if a is not x:
            a[...] = 7.0
    np.testing.assert_array_equal(g(x)[0], np.cumsum(np.ones(50)))


@pytest.mark.parametrize(
    ("fun", "good", "bad"),
    [
        (lambda x, i: x[i], 2, 5),
        (lambda x, i: x[i], -5, -6),
        (lambda x, i: x[np.array([0, 1]) + i], 3, 4),
        (lambda x, i: la.fori_loop(0, i, lambda k, s: s + x[k], 0.0), 5, 6),
        (
            lambda x, i: la.while_loop(lambda k: k < i, lambda k: k + 1 + 0 * x[k].astype(int), 0),
            5,
            9,
        ),
        (lambda x, i: la.grad(lambda y: y[i] ** 2)(x), 4, 5),
    ],
)
def test_indices_out_of_range(fun: Callable[..., Any], good: int, bad: int) -> None:
    g, x = la.jit(fun), np.arange(5.0)
    for _ in range(3):
        agree(g(x, good), la.jit(fun, backend="numpy")(x, good))
        with pytest.raises(IndexRangeError, match=r"at: .*test_native.py"):
            g(x, bad)


def test_errors_of_what_numpy_computes() -> None:
    g = la.jit(lambda x: np.linalg.inv(x))
    for _ in range(3):
        with pytest.raises(np.linalg.LinAlgError):
            g(np.zeros((2, 2)))
        np.testing.assert_allclose(g(2 * np.eye(2)), np.eye(2) / 2)


def test_threads_call_one_function_at_once() -> None:
    g = la.jit(la.grad(lambda x: np.sum(la.fori_loop(0, 20, lambda i, y: np.sin(y) * x, x))))
    inputs = [np.linspace(0, k, 3000) for k in range(1, 9)]
    expected = [g(x) for x in inputs]
    wrong: list[int] = []

    def work(k: int) -> None:
        for _ in range(20):
            if not np.array_equal(g(inputs[k]), expected[k]):
                wrong.append(k)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(len(inputs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


ENDLESS = {
    "while": lambda x: la.while_loop(lambda y: y[0] > -1, np.sin, x),
    "scan": lambda x: la.fori_loop(0, 10**12, lambda i, y: np.sin(y), x),
    "in a call": lambda x: la.checkpoint(lambda x: la.while_loop(lambda y: y > -1, np.sin, x))(
        x[0]
    ),
    "before a step of NumPy's": lambda x: np.sort(
        la.while_loop(lambda y: y[0] > -1, np.sin, x), axis=0
    ),
}


@pytest.mark.parametrize("name", ENDLESS)
def test_interrupted_by_ctrl_c(name: str) -> None:
    # A shell that starts programs in the background has them ignore the signal.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    g = la.jit(ENDLESS[name])
    timer = threading.Timer(1.0, lambda: signal.raise_signal(signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        g(np.ones(10))
    timer.join()
    signal.signal(signal.SIGINT, before)


def test_callbacks_may_call_the_function_itself() -> None:
    def host(x: Any) -> Any:
        return np.asarray(g(x / 2)) if x > 1 else np.asarray(x)

    g = la.jit(lambda x: la.pure_callback(host, la.ShapeDtypeStruct((), float), x) + 1.0)
    for _ in range(3):
        assert g(7.0) == 7 / 8 + 4


def shrunk(a: Any) -> Any:
    return la.while_loop(lambda s: s[0] > 1e-3, lambda s: np.sin(s) * a, np.ones(2000))


def slope(a: Any) -> Any:
    return la.grad(lambda a: np.sum(shrunk(a)))(a)


def carried(a: Any) -> Any:
    """Its gradient adds up stacks from one iteration to the next."""
    tangent = la.linearize(shrunk, a)[1]
    return la.fori_loop(0, 3, lambda i, c: c * 0.5 + 1e-3 * np.sum(tangent(c)), 1.0)


def chosen(a: Any) -> Any:
    return la.switch((a > 0.7) * 1, [slope, lambda a: slope(a) * a], a)


TANGENT = la.linearize(shrunk, 0.9)[1], la.linearize(lambda a: np.sin(a) * np.exp(a), 0.9)[1]
STACKS: dict[str, tuple[Callable[..., Any], Any]] = {
    "left by a loop": (slope, 0.9),
    "carried by a loop": (la.grad(carried), 0.9),
    "of examples": (la.vmap(slope), np.array([0.9, 0.7, 0.5])),
    "chosen among": (la.vmap(la.grad(chosen)), np.array([0.9, 0.75, 0.5])),
    "captured": (lambda t: TANGENT[0](t) + TANGENT[1](t), 1.0),
}


@pytest.mark.parametrize("name", STACKS)
def test_stacks(name: str) -> None:
    """They are part of native code, and their memory is given back."""
    import resource

    f, x = STACKS[name]
    g = la.jit(f)
    assert g.inspect(x).seconds > 0  # there is native code
    for _ in range(10):
        agree(g(x), la.jit(f, backend="numpy")(x))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(60):
        g(x)
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert after - before < 20_000  # kB; a run makes stacks of 2 MB


def test_names_of_back_ends() -> None:
    with pytest.raises(TypeMismatchError, match='expected: "native" or "numpy"'):
        la.jit(lambda x: x, backend="gpu")
