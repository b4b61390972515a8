"""Samples of blocks at computed places: `dynamic_slice` and the ops that change a block."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from samples import Rows, floats, ints, sample

from lineara.ir.types import Array
from lineara.ops.dynamic import DynamicSlice, DynamicSliceAdd, DynamicUpdateSlice

CASES: tuple[tuple[tuple[int, ...], tuple[int, ...], tuple[Any, ...]], ...] = (
    ((), (), ()),
    ((5,), (2,), (3,)),
    ((5,), (5,), (0,)),
    ((5,), (0,), (5,)),
    ((0,), (0,), (0,)),
    ((3, 4), (1, 4), (np.int8(2), np.uint64(0))),
    ((3, 4), (2, 2), (1, np.uint8(2))),
    ((2, 3, 4), (1, 2, 3), (1, np.int32(1), 0)),
    ((3, 0), (2, 0), (1, 0)),
)
"""Shape of the array, shape of the block, and where the block starts."""


MAKERS: tuple[Callable[..., Array], ...] = (
    *(partial(floats, dtype=dtype) for dtype in (np.float64, np.complex128, np.float32)),
    ints,
)


def rows() -> Rows:
    for shape, sizes, starts in CASES:
        for make in MAKERS:
            x, block = make(*shape), make(*sizes, seed=1)
            yield sample(DynamicSlice(sizes), [x, *starts], partial(_slice, sizes))
            yield sample(DynamicSliceAdd(), [x, block, *starts], _add)
            yield sample(DynamicUpdateSlice(), [x, block, *starts], _update)


def _region(sizes: tuple[int, ...], starts: tuple[Array, ...]) -> tuple[Any, ...]:
    return (..., *(slice(i, i + n) for i, n in zip(map(int, starts), sizes, strict=True)))


def _slice(sizes: tuple[int, ...], x: Array, *starts: Array) -> Array:
    return np.asarray(x[_region(sizes, starts)])


def _add(x: Array, block: Array, *starts: Array) -> Array:
    result = x.copy()
    result[_region(block.shape, starts)] += block
    return result


def _update(x: Array, block: Array, *starts: Array) -> Array:
    result = x.copy()
    result[_region(block.shape, starts)] = block
    return result
