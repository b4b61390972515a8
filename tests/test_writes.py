"""Writing to arrays, and through views of views of them, means what it means in NumPy."""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy_rows import numbers
from test_numpy_functions import test_gradient as check_gradient
from test_numpy_functions import test_value as check_value

import lineara as la
from lineara.errors import LinearaError, TracingError

X = numbers(3, 4)
V = numbers(6)
CUBE = numbers(2, 3, 4)
PLACES = np.array([[2, 0, 1], [1, 1, 0]])


def program(body: str) -> Callable[..., Any]:
    """A function of x and v that runs `body` on copies y and w of them, and returns all four."""
    code = compile(body, "<program>", "exec")

    def function(x: Any, v: Any) -> Any:
        names = {"np": np, "x": x, "v": v, "y": x.copy(), "w": v.copy(), "P": PLACES}
        exec(code, names)
        return [
            names["x"],
            names["v"],
            names["y"],
            names["w"],
            *([names["r"]] if "r" in names else []),
        ]

    return function


PROGRAMS = [
    "y[1] = 2.0",
    "y[1] = v[:4]",
    "y[:] = w[:4]",
    "y[...] = 3",
    "y[:, 1] = v[:3]",
    "y[::2, ::-1] = x[1:]",
    "y[1, 2] = v[0]",
    "y[-1, -2] += v[0]",
    "y[0] += x[1]; y[1] *= 2; y[2] -= 1; y[:, 0] /= 3; y[:, 1] **= 2; y //= 0.5; y %= 0.7",
    "y[[0, 2]] = v[:4]",
    "y[[0, 2], [1, 3]] = v[:2]",
    "y[[0, 0], [1, 1]] = v[:2]",
    "y[[0, 0], [1, 1]] += v[:2]",
    "y[P, 1] = x[:2, :3]",
    "y[P[0]][:] = 1",
    "y[y > 0] = 0",
    "y[y > 0] = v[0]",
    "y[y > 0] *= 2",
    "y[x > 0] = x[x > 0] ** 2",
    "y[np.array([True, False, True])] = v[:4]",
    "y[y[:, 0] > 0] = 1.5",
    "y[y[:, 0] > 0] += v[:4]",
    "y[y[:, 0] > 0, 1] = v[0]",
    "y[:, x[0] > 0] = 7",
    "y[np.argmax(x[:, 0])] = v[:4]",
    "y[np.argsort(x[:, 0])] = x",
    "y[np.argmax(x[:, 0]), 1:3] *= 2",
    "y[np.nonzero(x > 1)] = -1",
    "y[None, 1] = 3; y[1:1] = 5; y[[]] = 2",
    "y[1:, None, 0] = v[:2, None]",
    "y[0] = v[None, None, :4]",
    "y[1] = [1, 2, 3, 4]",
    "y[1] = 1j.real; y[0] = np.float32(0.1)",
    "w[1:] = w[:-1]",
    "w[:-1] = w[1:]",
    "w[::-1] = w",
    "w[1:] += w[:-1]",
    "w += w[::-1]",
    "w[::2] += w[1::2]; w[1::2] = w[::2]",
    "y[:] = y[::-1, ::-1]",
    "y[:, :3] = y[:, :3].T",
    "y[0], y[1] = y[1], y[0]",
    "y[0], y[1] = y[1].copy(), y[0].copy()",
    "y[[0, 1]] = y[[1, 0]]",
    "w[0], w[1] = w[1], w[0]",
    "a = y[1]; a[2] = 5; a += 1",
    "a = y[1]; a = a + 1; a[0] = 9",
    "a = y.T; a[1] = v[:3]; r = a[0] * 2",
    "a = y.T[1:]; b = a[:, ::-1]; b[0] = v[:3]; r = a",
    "a = y.reshape(4, 3); a[1] = v[:3]; r = a * y.T",
    "a = y.T.reshape(-1); a[0] = 9; r = a",
    "a = y.ravel(); a[3:6] = v[:3]; r = a",
    "a = y.flatten(); a[3:6] = v[:3]; r = a",
    "a = y[:, 1:].ravel(); a[0] = 9; r = a",
    "a = y[1:].reshape(2, 2, 2); a[:, 0] += 1; a[1, 1, 1] = v[0]",
    "a = np.transpose(y)[2]; a *= 2",
    "a = np.swapaxes(y, 0, 1); a[0, 0] = 2",
    "a = np.moveaxis(y[None], 0, 2); a[1, 2, 0] = 4",
    "a = np.expand_dims(y, 1); a[0, 0] = 4",
    "a = y[:, None]; a[1, 0] = v[:4]",
    "a = np.squeeze(y[None]); a[0] = 4",
    "a = np.flip(y, 0); a[0] = v[:4]; r = a",
    "a = np.fliplr(y); a[:, 0] = 1; b = np.flipud(a); b[0] = 2",
    "a = np.rot90(y); a[0] = v[:3]; r = a",
    "a, b, c = np.split(y, 3); a[0, 1] = v[0]; b *= 2; c[:] = a",
    "a, b = np.hsplit(y, 2); a[:] = b; b += a",
    "a = np.array_split(w, 4); a[1][0] = 9; a[0] += 1; r = a[2] * 2",
    "a = np.atleast_2d(w); a[0, 1] = 3",
    "a = np.atleast_3d(y); a[0, 1, 0] = 3",
    "a = np.roll(w, 1); a[0] = 3; r = a",
    "a = np.concatenate([w]); a[0] = 3; r = a",
    "a = y[0, ...]; a[1] = 8",
    "a = w[0, ...]; a[...] = 8; r = a",
    "a = w[0, ...]; a += 1; r = a",
    "a = w[0]; a += 1; r = a",
    "a = w[:1].reshape(()); a += 2; r = a",
    "a = np.squeeze(w[2:3]); a[()] = 5",
    "a = w[0]; b = a.reshape(1); b[0] = 7; r = a",
    "a = w[0]; b = a[None]; b += 7; r = a",
    "for row in y: row += v[:4]",
    "for row in y: row = row + 1",
    "for i in range(3): y[i] = y[i - 1] * v[i]",
    "for i in range(1, 6): w[i] += 0.5 * w[i - 1]",
    "a = y; a += 1; a[0] = 3",
    "a = y; a = a + 1; a[0] = 3; r = a",
    "r = y[1]; y[1] = 0",
    "r = y[1] * 1; y[1] = 0",
    "r = y[1].sum(); y[1] = 0",
    "a = y[::2]; y += 1; r = a * 2; a[0] = 5; y *= 2; r = r + a",
    "a = y.T; b = y[1:]; a[0] = v[:3]; b[0] = 3; a += 1; r = a.T[1:] - b",
    "r = np.zeros_like(x); r[0] = v[:4]; r[1] = r[0] + 1",
    "r = np.zeros(3, like=x); r[1] = v[0]; r += 1",
    "r = np.empty_like(v); r[:3] = v[3:]; r[3:] = v[:3]",
    "r = 2 * x; r[:, 0] = 0",
    "r = np.zeros_like(x, dtype=int); r[0] = x[0] * 10; r[1] = v[0] + 3",
    "r = np.zeros_like(x, dtype=np.float32); r[0] = x[0]; r += 1",
    "r = np.zeros_like(x, dtype=complex); r[0] = x[0]; r[1] = 1j * x[1]; r *= 1j",
    "r = np.zeros_like(x, dtype=bool); r[0] = x[0] > 0; r |= x > 1; r &= True; r ^= x < 0",
    "r = np.ones_like(x, dtype=int); r <<= 2; r[0] >>= 1; r //= 3",
    "r = x[::2].copy(); r[0] = 0",
    "r = np.where(x > 0, x, 0); r[0, 0] = 1",
    "r = x @ x.T; r[np.arange(3), np.arange(3)] += 1",
    "y[P, :] = x[0]",
    "y[P, [[0], [3]]] = x[:2, :3]",
    "y[1:, [0, 2]] = v[:2]",
    "y[[0, 2]][:, 1] = 5",
    "y[[0, 2], 1:3] -= v[:2]",
    "y.T[[0, 1]] = v[:3]",
    "y[1:][::-1][0][2] = 6",
    "y.fill(2)",
    "y[0].fill(v[0])",
    "w.sort()",
    "y.sort(axis=0); w[:3].sort()",
    "np.put(y.T, [0, -1, 5], v[:2]); np.put(y[::-1, 1:], 1, v[0])",
    "np.put(y[:0], np.argsort([]), 1); np.putmask(y[:0], y[:0] > 0, 1)",
    "np.fill_diagonal(y[:, 1:], v[0]); np.fill_diagonal(y[::-1], v[1])",
    "np.negative(x[::-1], out=y); a = y.reshape(-1); a[0] = v[0]",
    "import copy; a = copy.copy(y); b = copy.deepcopy(y); y[0] = v[0]; r = a + b",
]


@pytest.mark.parametrize("body", PROGRAMS)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_program(body: str) -> None:
    row = (body, program(body), [X, V], True)
    check_value(row)
    if not any(word in body for word in ("dtype", "//=", "np.empty")):
        check_gradient(row)


@pytest.mark.parametrize("body", PROGRAMS)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_program_under_jit(body: str) -> None:
    """The same under jit, where only a shape that depends on values is an error."""
    function = program(body)
    try:
        found = la.jit(function)(X, V)
    except TracingError:
        assert any(word in body for word in ("> 0", "> 1"))
        return
    for x, y in zip(found, function(X, V), strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-14)


REFUSED = {
    "argument": lambda x: x.__setitem__(0, 1.0),
    "view of an argument": lambda x: x.T[1:].__setitem__(0, 1.0),
    "argument in place": lambda x: operator.iadd(x, 1),
    "row of an argument in place": lambda x: [operator.iadd(row, 1) for row in x],
    "read-only view": lambda x: np.broadcast_to(x.copy(), (2, 3, 4)).__setitem__(0, 1),
    "diagonal": lambda x: np.diagonal(x.copy()).__setitem__(0, 1),
    "complex into real": lambda x: x.copy().__setitem__(0, 1j),
    "complex onto real": lambda x: operator.iadd(x.copy(), 1j),
    "float onto int": lambda x: operator.iadd(np.zeros_like(x, dtype=int), 0.5),
    "shape": lambda x: x.copy().__setitem__(0, np.ones(3)),
    "grown in place": lambda x: operator.iadd(x[0].copy(), x),
    "range": lambda x: x.copy().__setitem__(3, 1.0),
    "capture of an outer function": lambda x: _inner(x.copy()),
}


def _inner(y: Any) -> Any:
    def inner(z: Any) -> Any:
        y[0] = z[0]
        return np.sum(z)

    return la.grad(inner)(y)


@pytest.mark.parametrize("what", REFUSED)
def test_refused(what: str) -> None:
    def function(x: Any) -> Any:
        REFUSED[what](x)
        return np.sum(x)

    with pytest.raises(LinearaError):
        la.grad(function)(X.copy())


def test_arguments_stay() -> None:
    x = X.copy()

    def function(x: Any) -> Any:
        y = x.copy()
        y[:, 0] = 0
        y *= 2
        return np.sum(y * x)

    la.grad(function)(x)
    np.testing.assert_array_equal(x, X)


# -- random programs -------------------------------------------------------------------------------

VIEWS: list[Callable[[Any], Any]] = [
    lambda a: a[::-1],
    lambda a: a[1:],
    lambda a: a[::2],
    lambda a: a[..., :2],
    lambda a: a[..., ::-2],
    lambda a: a[-1:],
    lambda a: a[0] if a.ndim > 1 and len(a) else a[None],
    lambda a: a[..., -1] if a.ndim > 1 and a.shape[-1] else a[..., None],
    lambda a: a.T,
    lambda a: a.reshape(-1),
    lambda a: a.reshape(2, -1) if a.size % 2 == 0 and a.size else a,
    lambda a: a.reshape(-1, 3) if a.size % 3 == 0 and a.size else a,
    np.ravel,
    np.flip,
    np.atleast_2d,
    lambda a: a[:, None],
    lambda a: np.moveaxis(a, 0, -1),
    lambda a: np.rot90(a) if a.ndim > 1 else a,
    lambda a: np.array_split(a, 2)[0],
    lambda a: np.array_split(a, 2, axis=-1)[1],
    lambda a: np.swapaxes(a, 0, -1),
    lambda a: np.expand_dims(a, 1),
]
COPIES: list[Callable[[Any], Any]] = [
    lambda a: a,
    lambda a: a * 0.5 + 1,
    lambda a: np.zeros_like(a),
    lambda a: np.zeros(4, like=a),
    lambda a: a[[0, -1]] if len(a) else a,
    lambda a: np.roll(a, 1),
    lambda a: a[a > 0],
    lambda a: np.concatenate([a, a]),
    lambda a: a.flatten(),
]
WRITES: list[Callable[[Any, Any], Any]] = [
    lambda a, b: a.__setitem__(..., b.sum()),
    lambda a, b: a.__setitem__(slice(None, None, 2), 0.25),
    lambda a, b: a.__setitem__(slice(-1, None), b.mean() if b.size else 1),
    lambda a, b: a.__setitem__(slice(None), a[::-1]),
    lambda a, b: a.__setitem__(slice(1, None), a[:-1]),
    lambda a, b: a.__setitem__(a > 0.5, -0.5),
    lambda a, b: a.__setitem__([0, -1], [0.5]) if len(a) else None,
    lambda a, b: a.__setitem__(..., b) if _fits(b, a) else None,
    lambda a, b: a.__setitem__(0, a[-1]) if len(a) else None,
    lambda a, b: a.__setitem__((..., [0, 0]), 2) if a.shape[-1] else None,
    lambda a, b: a.__setitem__(np.argmax(a.ravel()) % len(a), 0.1) if a.size else None,
]
UPDATES: list[Callable[[Any, Any], Any]] = [
    lambda a, b: operator.iadd(a, 1),
    lambda a, b: operator.imul(a, 0.5),
    lambda a, b: operator.isub(a, a[::-1]),
    lambda a, b: operator.iadd(a, b) if _fits(b, a) else a,
    lambda a, b: operator.imul(a, b.sum() * 0.1),
]


def _fits(b: Any, a: Any) -> bool:
    return b.ndim <= a.ndim and all(
        m in (1, n) for n, m in zip(a.shape[a.ndim - b.ndim :], b.shape, strict=True)
    )


steps = st.lists(st.integers(0, 4 * 22 * 9 * 11 * 5 - 1), min_size=1, max_size=9)
"""Programs: each number says which step to take with which arrays of the pool."""


def played(x: Any, program: list[int]) -> list[Any]:
    """The pool of arrays that a program leaves."""
    pool: list[Any] = [x.copy(), 2 * x]
    for number in program:
        number, kind = divmod(number, 4)
        table = (VIEWS, COPIES, WRITES, UPDATES)[kind]
        number, which = divmod(number, len(table))
        step: Any = table[which]
        i, j = number % 7, number % 11
        a, b = pool[-1 - i % len(pool)], pool[-1 - j % len(pool)]
        if a.ndim > 4 or a.size > 40:
            continue
        if kind == 0:
            pool.append(step(a))
        elif kind == 1:  # of arrays in C order, which all traced arrays are
            pool.append(step(a.copy()))
        else:
            step(a, b)
    return pool


@settings(max_examples=500, deadline=None)
@given(
    st.lists(steps, min_size=10, max_size=10), st.sampled_from([(5,), (2, 3), (2, 1, 3), (4, 1)])
)
def test_random_programs(programs: list[list[int]], shape: tuple[int, ...]) -> None:
    for program in programs:
        check_value(("", partial(played, program=program), [numbers(*shape)], False))


@settings(max_examples=60, deadline=None)
@given(steps, st.sampled_from([(4,), (2, 3)]))
def test_gradients_of_random_programs(program: list[int], shape: tuple[int, ...]) -> None:
    check_gradient(("", partial(played, program=program), [numbers(*shape)], True))


# -- parts whose place is a traced number ---------------------------------------------------------


def write_through_parts(z: Any, i: Any, j: Any) -> Any:
    row = z[i]
    row[0] = 7.0
    total = z.sum()
    z[j] = 2.0 * row
    before = row * 1.0
    column = z[:, i]
    column += 10.0
    rest = row[1:]
    rest *= 3.0
    z[i] += row
    z[i, 1:] -= 1.0
    np.add.at(row, [0, 0], 0.5)
    z.sort()
    return z, total, before, row * 1.0, column * 1.0, rest * 1.0, row[0]


@pytest.mark.parametrize("i", range(3))
@pytest.mark.parametrize("j", range(3))
def test_parts_at_traced_places_are_views(i: int, j: int) -> None:
    x = np.arange(9.0).reshape(3, 3)
    expected = write_through_parts(x.copy(), i, j)
    found = la.jit(lambda x, i, j: write_through_parts(x.copy(), i, j))(x, i, j)
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_array_equal(a, b)

    def loss(x: Any) -> Any:
        parts = write_through_parts(
            x * 1.0, *la.stop_gradient(np.array([i, j]) + (x[0, :2] * 0).astype(int))
        )
        return sum(np.sum(part**2) for part in parts)

    np.testing.assert_allclose(la.grad(loss)(x), la.jacfwd(loss)(x), rtol=1e-12)


def test_a_part_that_is_added_to_is_written_once() -> None:
    def add(x: Any, i: Any) -> Any:
        z = x.copy()
        z[i] += 1.0
        return z

    program = la.trace(la.jit(add))(np.ones((3, 3)), 1)
    assert program.text.count("scatter_set") == 1


def test_parts_of_arguments_are_not_written_to() -> None:
    def add(x: Any, i: Any) -> Any:
        row = x[i]
        row += 1.0
        return row

    with pytest.raises(TracingError, match=r"test_writes.py:\d+: row \+= 1"):
        la.jit(add)(np.ones((3, 3)), 1)
