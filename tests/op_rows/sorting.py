"""Rows for sorting."""

from __future__ import annotations

import numpy as np
from samples import Rows, floats, ints, sample

from lineara.ir.types import Array
from lineara.ops.sorting import ArgSort, Sort

INF, NAN = np.inf, np.nan

SHAPES: list[tuple[tuple[int, ...], int]] = [
    # shape, axis
    ((1,), 0),
    ((5,), 0),
    ((2, 3), 0),
    ((2, 3), 1),
    ((2, 4, 3), 1),
    ((0,), 0),
    ((0, 2), 1),
]


def rows() -> Rows:
    for op, function in ((Sort, np.sort), (ArgSort, np.argsort)):
        for shape, axis in SHAPES:
            yield sample(
                op(axis),
                [floats(*shape)],
                lambda x, f=function, axis=axis: f(x, axis=axis, kind="stable"),
            )
        for x, smooth in others():
            yield sample(
                op(0), [x], lambda x, f=function: f(x, axis=0, kind="stable"), smooth=smooth
            )


def others() -> list[tuple[Array, bool]]:
    """Arrays to sort that are out of the ordinary, and whether they have derivatives."""
    return [
        (floats(5, dtype=np.float32), True),
        (floats(5, dtype=np.complex64), True),
        (floats(5, 2, dtype=np.complex128), True),
        (ints(9), True),
        (ints(9, low=0, dtype=np.uint8), True),
        (ints(9) > 0, True),
        (np.array([2.0, 1.0, 2.0, 1.0]), False),
        (np.array([NAN, INF, 0.0, -INF, NAN, -0.0]), False),
        (np.array([1 + 2j, 1 - 1j, 0 + 5j, 1 + 2j]), False),
    ]
