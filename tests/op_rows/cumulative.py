"""Rows for running sums, products and extremes, and linear recurrences."""

from __future__ import annotations

from typing import Any

import numpy as np
from samples import Rows, floats, ints, sample

from lineara.ir.types import Array
from lineara.ops.cumulative import CumMax, CumMin, CumProd, CumSum, Cumulative, LinearRecurrence

INF, NAN = np.inf, np.nan

SHAPES: list[tuple[tuple[int, ...], int]] = [
    # shape, axis
    ((1,), 0),
    ((4,), 0),
    ((2, 3), 0),
    ((2, 3), 1),
    ((2, 3, 2), 1),
    ((0,), 0),
    ((0, 2), 1),
    ((2, 0), 1),
]

UFUNCS: dict[type[Cumulative], np.ufunc] = {
    CumSum: np.add,
    CumProd: np.multiply,
    CumMax: np.maximum,
    CumMin: np.minimum,
}


def rows() -> Rows:
    for op, ufunc in UFUNCS.items():
        yield from running(op, ufunc)
    for zeros in ([0], [3], [1, 2], [0, 1, 2, 3]):
        x = floats(4)
        x[zeros] = 0
        yield sample(CumProd(0), [x], np.cumprod)
    yield from recurrences()


def running(op: type[Cumulative], ufunc: np.ufunc) -> Rows:
    def accumulated(axis: int, reverse: bool) -> Any:
        turn = np.s_[::-1] if reverse else np.s_[:]
        index = (*[np.s_[:]] * axis, turn)
        return lambda x: ufunc.accumulate(x[index], axis=axis, dtype=x.dtype)[index]

    for reverse in (False, True):
        for shape, axis in SHAPES:
            yield sample(op(axis, reverse), [floats(*shape)], accumulated(axis, reverse))
        others: list[Array] = [
            floats(2, 3, dtype=np.float32),
            ints(2, 3),
            ints(2, 3, low=0, dtype=np.uint8) * 50,
        ]
        if ufunc in (np.add, np.multiply):
            others += [floats(2, 3, dtype=np.complex64), floats(2, 3, dtype=np.complex128)]
        else:
            others += [ints(2, 3) > 0]
        for x in others:
            yield sample(op(1, reverse), [x], accumulated(1, reverse))
        for special in ([1.0, INF, 2.0, -INF], [1.0, NAN, 2.0, 3.0], [-0.0, 0.0, -0.0]):
            yield sample(op(0, reverse), [special], accumulated(0, reverse), smooth=False)
    if ufunc in (np.maximum, np.minimum):
        for special in ([1.0, 1.0, 1.0], [1.0, NAN, 2.0], [-INF, INF, INF]):
            yield sample(op(0), [special], ufunc.accumulate, smooth=False, derivative={0: 1.0})


def recurrences() -> Rows:
    for reverse in (False, True):
        for shape, axis in SHAPES:
            operands = [floats(*shape), floats(*shape, seed=1)]
            yield sample(LinearRecurrence(axis, reverse), operands, recurrence(axis, reverse))
        for dtype in (np.float32, np.complex64, np.complex128):
            operands = [floats(3, 2, dtype=dtype), floats(3, 2, seed=1, dtype=dtype)]
            yield sample(LinearRecurrence(0, reverse), operands, recurrence(0, reverse))
        operands = [ints(4), ints(4, seed=1)]
        yield sample(LinearRecurrence(0, reverse), operands, recurrence(0, reverse))
        zeros = [np.array([0.0, 1.0, 0.0, 2.0]), floats(4)]
        yield sample(LinearRecurrence(0, reverse), zeros, recurrence(0, reverse))
    # The first factor has no influence, whatever it is.
    for first in (INF, NAN):
        operands = [np.array([first, 2.0, 3.0]), floats(3)]
        yield sample(LinearRecurrence(0), operands, recurrence(0, False), smooth=False)


def recurrence(axis: int, reverse: bool) -> Any:
    """r[i] = a[i] r[i-1] + b[i], element by element."""

    def line(a: Array, b: Array) -> Array:
        result, r = np.array(b), b.dtype.type(0)
        places = range(len(b))
        for count, i in enumerate(reversed(places) if reverse else places):
            r = a[i] * r + b[i] if count else b[i]
            result[i] = r
        return result

    def all_lines(a: Array, b: Array) -> Array:
        result = np.array(b)
        for index in np.ndindex(*b.shape[:axis], 1, *b.shape[axis + 1 :]):
            place = (*index[:axis], slice(None), *index[axis + 1 :])
            result[place] = line(a[place], b[place])
        return result

    return all_lines
