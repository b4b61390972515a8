"""Rows for `broadcast` and `reduce_sum`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from samples import Rows, floats, ints, sample

from lineara.ir.types import Array
from lineara.ops.broadcast import Broadcast, ReduceSum

INF, NAN = np.inf, np.nan

BROADCASTS: list[tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]] = [
    # shape of the operand, of the result, axes
    ((), (), ()),
    ((), (3,), ()),
    ((), (2, 0), ()),
    ((3,), (2, 3), (1,)),
    ((3,), (3, 2), (0,)),
    ((2, 3), (2, 4, 3), (0, 2)),
    ((2, 3), (2, 3), (0, 1)),
    ((0,), (2, 0), (1,)),
    ((1,), (1, 1), (0,)),
]

SUMS: list[tuple[tuple[int, ...], tuple[int, ...]]] = [
    # shape, axes
    ((), ()),
    ((4,), (0,)),
    ((2, 3), ()),
    ((2, 3), (0,)),
    ((2, 3), (1, 0)),
    ((2, 3, 2), (0, 2)),
    ((0,), (0,)),
    ((0, 3), (0,)),
    ((0, 3), (1,)),
]


def rows() -> Rows:
    for shape, full, axes in BROADCASTS:
        yield sample(Broadcast(full, axes), [floats(*shape)], repeated(full, axes))
    for x in (floats(3, dtype=np.float32), floats(3, dtype=np.complex128), ints(3), ints(3) > 0):
        yield sample(Broadcast((2, 3), (1,)), [x], repeated((2, 3), (1,)))
    yield sample(
        Broadcast((2, 4), (1,)), [[INF, -INF, NAN, -0.0]], repeated((2, 4), (1,)), smooth=False
    )

    for shape, axes in SUMS:
        yield sample(ReduceSum(axes), [floats(*shape)], lambda x, axes=axes: np.sum(x, axis=axes))
    for dtype in (np.float32, np.complex64, np.complex128):
        yield sample(ReduceSum((0,)), [floats(3, 2, dtype=dtype)], lambda x: np.sum(x, axis=0))
    for dtype in (np.int8, np.uint32, np.int64):
        x = np.arange(6, dtype=dtype).reshape(3, 2) * 40
        yield sample(ReduceSum((0, 1)), [x], lambda x: np.sum(x, dtype=x.dtype))
    for x in ([INF, 1.0], [INF, -INF], [NAN, 1.0], [-0.0, -0.0], [1e308, 1e308]):
        yield sample(ReduceSum((0,)), [x], np.sum, smooth=False)


def repeated(full: tuple[int, ...], axes: tuple[int, ...]) -> Callable[[Array], Any]:
    """What NumPy makes of an operand whose axes go to `axes` of a result of shape `full`."""
    aligned = tuple(n if i in axes else 1 for i, n in enumerate(full))
    return lambda x: np.broadcast_to(x.reshape(aligned), full)
