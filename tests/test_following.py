"""A function that is traced again records what it did, from what is there if it does the same."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from typing import Any

import numpy as np
import pytest

import lineara as la
from lineara.errors import LinearaError
from lineara.frontend import following
from lineara.frontend.numpy import UFUNCS
from lineara.frontend.tracing import record

VECTOR, SCALAR, COUNTS = np.array([0.3, 0.6]), np.float64(0.7), np.array([1, 2])
PLAIN: list[Any] = [2, 2.0, 0.0, -0.0, 3.0, True, np.float32(0.5), np.int8(1), VECTOR, COUNTS]


@pytest.fixture(autouse=True)
def nothing_traced_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "_scripts", {})
    monkeypatch.setenv("LINEARA_COMPILE", "0")  # the last digits are those of machine code, or not


def _operands(arity: int) -> list[tuple[Any, ...]]:
    """Lists of operands: "x" and "y" are traced vectors, "s" a traced scalar, "n" traced ints."""
    traced = ["x", "s", "n"]
    if arity == 1:
        return [(name,) for name in traced]
    pairs = [("x", "x"), ("x", "y"), ("y", "x"), ("s", "x"), ("x", "n"), ("n", "n")]
    return pairs + [p for x, y in product(traced, PLAIN) for p in ((x, y), (y, x))]


def _text(ufunc: np.ufunc, operands: tuple[Any, ...]) -> str:
    def call(x: Any, y: Any, s: Any, n: Any) -> Any:
        names = {"x": x, "y": y, "s": s, "n": n}
        return ufunc(*(names[v] if isinstance(v, str) else v for v in operands))

    try:
        return la.trace(call)(VECTOR, VECTOR, SCALAR, COUNTS).text
    except (LinearaError, TypeError, ValueError) as error:
        return str(error)


@pytest.mark.parametrize("ufunc", [u for u, m in UFUNCS if m == "__call__"], ids=str)
def test_each_trace_records_what_the_first_did(ufunc: np.ufunc) -> None:
    cases = _operands(ufunc.nin)
    first = []
    for operands in cases:
        following._scripts.clear()
        first.append(_text(ufunc, operands))
        assert _text(ufunc, operands) == first[-1]
    assert [_text(ufunc, operands) for operands in cases] == first  # what another case has left


def _views(x: Any) -> Any:
    y = np.zeros_like(x)
    part, turned = y[1:], y.reshape(2, 2).T
    part += x[:-1]
    y[0] = 2 * x[3]
    turned[1, 0] *= x[1]
    return (part * turned.ravel()[:3]).sum() + y @ x


def _unpacked(x: Any) -> Any:
    a, b, *rest = x
    return a * b + sum(np.sin(r) for r in rest)


def _functions(x: Any) -> Any:
    y = np.concatenate([x, x[::-1]])
    z = np.where(y > 0.5, y, np.maximum(y, axis_sums(y.reshape(4, 2))))
    return np.sum(np.linalg.norm(np.stack([z, y]), axis=1, keepdims=True), axis=(0, 1))


def axis_sums(x: Any) -> Any:
    return x.sum(axis=0).mean() + x.T.max(axis=-1)[0]


def _constants(x: Any) -> Any:
    return (np.arange(4.0) * x + np.array([1, 2, 3, 4]) @ x).sum()


def _nested(x: Any) -> Any:
    return np.sum(la.grad(_views)(x) * la.grad(_unpacked)(np.cos(x)))


def _loop(x: Any) -> Any:
    return la.fori_loop(0, 3, lambda i, c: np.sin(c) * x + i, x).sum()


def _values(x: Any) -> Any:
    y = x * 2
    while y.sum() < 20:
        y = y * 1.5
    return y @ x


WHOLE = np.arange(4)


def _grid(x: Any) -> Any:
    """Whole numbers become floats, which makes arrays that nobody else knows of."""
    return np.sum((WHOLE[:, None] - x) * (WHOLE - x) ** 2 + WHOLE * x)


PROGRAMS = [_views, _unpacked, _functions, _constants, _nested, _loop, _values, _grid]
POINT = np.array([0.3, -0.6, 1.2, 2.0])


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_same_function_is_found_again(program: Callable[[Any], Any]) -> None:
    def trace() -> Any:
        recorded = record(lambda xs: program(*xs), [POINT], key="program")
        return recorded.function, [np.array(c) for c in recorded.captures]

    function, captures = trace()
    (script,) = [s for k, s in following._scripts.items() if k == "program"]
    for _ in range(2):
        again, its = trace()
        assert again is function
        assert following._scripts["program"] is script  # all of it was followed
        np.testing.assert_equal(its, captures)


@pytest.mark.parametrize("first", PROGRAMS)
@pytest.mark.parametrize("second", PROGRAMS)
def test_what_was_traced_before_makes_no_difference(
    first: Callable[[Any], Any], second: Callable[[Any], Any]
) -> None:
    def either(x: Any, which: Callable[[Any], Any]) -> Any:
        return np.exp(x).sum() * which(x)

    expected = [la.grad(lambda x, f=f: either(x, f))(POINT) for f in (first, second)]  # type: ignore[misc]
    chosen = la.grad(either)
    for _ in range(3):
        found = [chosen(POINT, first), chosen(POINT, second)]
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("dtype", [float, int])
def test_what_a_function_reads_may_change(dtype: type) -> None:
    data, factor = np.array([1, 2], dtype), [3.0]

    def f(x: Any) -> Any:
        return (x * data * factor[0]).sum() + 0.0 * (data[:] * x).sum()

    gradient = la.grad(f)
    for _ in range(3):
        np.testing.assert_array_equal(gradient(np.ones(2)), data * factor[0])
        data += 1
        np.testing.assert_array_equal(gradient(np.ones(2)), data * factor[0])
        factor[0] *= -1.0


def test_the_sign_of_zero_is_seen() -> None:
    factor = [0.0]
    gradient = la.grad(lambda x: x * factor[0])
    for _ in range(3):
        assert not np.signbit(gradient(1.0))
        factor[0] = -0.0
        assert np.signbit(gradient(1.0))
        factor[0] = 0.0


def test_an_exception_in_the_middle() -> None:
    fail = [False]

    def f(x: Any) -> Any:
        y = np.sin(x)
        if fail[0]:
            raise KeyError("in the middle")
        try:
            y = y @ np.ones(7)
        except LinearaError:
            y = y * 2
        return y.sum()

    for fail[0] in [False, True, False, True, False]:  # type: ignore[misc]
        if fail[0]:
            with pytest.raises(KeyError):
                la.grad(f)(POINT)
        else:
            np.testing.assert_array_equal(la.grad(f)(POINT), 2 * np.cos(POINT))


def test_a_function_that_differentiates_itself() -> None:
    def f(x: Any, depth: int) -> Any:
        y = x * np.sin(x)
        return y if depth == 0 else y + la.grad(f)(y, depth - 1)

    for _ in range(3):
        for depth in range(3):
            direct = la.value_and_grad(la.jit(f, static_argnums=1))(0.7, depth)
            np.testing.assert_allclose(la.value_and_grad(f)(0.7, depth), direct, rtol=1e-14)


def test_threads() -> None:
    def f(x: Any, n: int) -> Any:
        for _ in range(n % 3):
            x = np.sin(x)
        return x @ (x * n)

    expected = [la.grad(f)(POINT, n) for n in range(6)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda n: la.grad(f)(POINT, n), list(range(6)) * 20))
    np.testing.assert_allclose(found, expected * 20, rtol=1e-14)  # compiled in the meantime


def test_traces_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "LIMIT", 5)
    for n in range(1, 20):
        assert la.grad(lambda x: np.sum(x**2))(np.ones(n)).tolist() == [2.0] * n
    assert len(following._scripts) <= 5


BY_NUMBERS: dict[str, Callable[[Any, Any], Any]] = {
    "index": lambda x, c: x[c] @ x[2:],
    "two indices": lambda x, c: np.outer(x, x)[np.arange(2), c].sum(),
    "read in part": lambda x, c: x[c[1:]] @ x[:1],
    "mask": lambda x, c: x[:2][c > 0].sum(),
    "roll": lambda x, c: np.roll(np.outer(x, x * x), c, (0, 1))[0, 1],
    "repeat": lambda x, c: (np.repeat(x[:2], c) ** 2).sum(),
    "split": lambda x, c: np.split(x, c)[1].sum(),
    "pad": lambda x, c: np.pad(x, c)[1],
    "tile": lambda x, c: np.tile(x, c + 1)[0, :2].sum() if c[0] else np.tile(x, c).sum(),
    "axes": lambda x, c: np.transpose(np.outer(x, x * x), c)[0, 1],
    "moved": lambda x, c: np.moveaxis(np.outer(x, x * x), c, (0, 1))[0, 1],
    "summed": lambda x, c: np.sum(np.outer(x, x * x), axis=c[0])[0],
    "where": lambda x, c: np.where(c > 0, x[2:], x[:2]).sum(),
    "joined": lambda x, c: np.concatenate([x, c]) @ np.concatenate([c, x]),
    "interpolated": lambda x, c: np.interp(x, np.arange(2.0), c * 1.0).sum(),
    "chosen": lambda x, c: np.choose(c, [x[:2], x[2:]]).sum(),
    "along an axis": lambda x, c: np.take_along_axis(x, c, 0) @ x[:2],
    "clipped": lambda x, c: np.clip(x[2:], -c, c).sum(),
    "contracted": lambda x, c: np.einsum("i,i,i->", x[:2], c, x[2:]),
}


@pytest.mark.parametrize("name", BY_NUMBERS)
def test_numbers_that_a_program_depends_on_may_change(name: str) -> None:
    function, counts = BY_NUMBERS[name], np.array([0, 1])

    def f(x: Any, c: Any) -> Any:
        return x[c].sum() + function(x, c)  # it is captured first

    def gradient(x: Any, c: Any) -> Any:
        return la.grad(f)(x, c)

    def outcome(c: Any) -> Any:
        try:
            return gradient(POINT, c).tolist()
        except (LinearaError, ValueError) as error:
            return type(error)

    cases = [[0, 1], [1, 0], [1, 1], [0, 1]]
    expected = []
    for case in cases:
        following._scripts.clear()
        expected.append(outcome(np.array(case)))
    for _ in range(3):
        for case, result in zip(cases, expected, strict=True):
            counts[:] = case
            assert outcome(counts) == result


def test_all_calls_of_a_network_are_recalled() -> None:
    data, labels = np.linspace(-1, 1, 15).reshape(5, 3), np.array([0, 2, 1, 1, 0])

    def loss(weights: Any) -> Any:
        w1, b1, w2 = weights
        logits = np.maximum(data @ w1 + b1, 0) @ w2
        logits = logits - np.max(logits, axis=1, keepdims=True)
        norms = np.log(np.sum(np.exp(logits), axis=1))
        return np.mean(norms - logits[np.arange(len(labels)), labels])

    weights = (np.ones((3, 4)), np.zeros(4), np.arange(12.0).reshape(4, 3))
    first = la.grad(loss)(weights)
    (script,) = following._scripts.values()
    assert len(script.steps) == 12 and None not in script.steps
    for again, before in zip(la.grad(loss)(weights), first, strict=True):
        np.testing.assert_array_equal(again, before)
    labels[0] = 3
    with pytest.raises(IndexError, match="index 3 is out of"):
        la.grad(loss)(weights)


def test_what_differs_from_the_trace_before_is_recalled_the_next_time() -> None:
    """Functions made of the same code follow one trace, as far as they do the same."""

    def made(length: int) -> Callable[[Any], Any]:
        def f(x: Any) -> Any:
            for _ in range(length):
                x = np.sin(x) * 2.0
            return np.sum(x)

        return f

    for length in (1, 3, 2, 3):
        la.grad(made(length))(VECTOR)
        (script,) = following._scripts.values()
        assert len(script.steps) == 2 * length + 1 and None not in script.steps
