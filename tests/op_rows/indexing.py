"""Samples of `gather`, `scatter_add`, `scatter_set` and `last_write`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from samples import Rows, floats, ints, sample

from lineara.ir.types import Array
from lineara.ops.indexing import Gather, LastWrite, ScatterAdd, ScatterSet


class Case(NamedTuple):
    """An array shape, indexed axes and index arrays."""

    shape: tuple[int, ...]
    axes: tuple[int, ...]
    indices: tuple[Any, ...]


CASES = (
    Case((5,), (0,), ([3, 0, -1],)),
    Case((5,), (0,), ([3, 0, 3, -2, 3],)),
    Case((5,), (0,), (2,)),
    Case((5,), (0,), (-5,)),
    Case((5,), (0,), ([],)),
    Case((0,), (0,), ([],)),
    Case((5,), (0,), ([[4, 1, 1], [1, 0, -1]],)),
    Case((3, 4), (0,), ([2, 0, 2, -1],)),
    Case((3, 4), (0,), (1,)),
    Case((3, 4), (1,), (np.int8(-1),)),
    Case((3, 4), (1,), (np.array([[3, 0], [3, -1], [1, 1]], np.int32),)),
    Case((3, 0), (0,), ([2, 0],)),
    Case((3, 4), (0, 1), ([2, 0, -1, 2], [3, 1, -1, 3])),
    Case((3, 4), (1, 0), ([3, 1, 0, 3], [2, 0, 1, -1])),
    Case((3, 4), (0, 1), (2, -4)),
    Case((2, 3, 4), (0, 2), (np.array([1, 0, 1], np.uint8), np.array([3, 0, 3], np.uint64))),
    Case((2, 3, 4), (2, 1), ([[1, 3], [-1, 1]], [[0, 2], [2, 0]])),
    Case((2, 3, 4), (2, 0), (1, 1)),
    Case((2, 3, 4), (1,), ([[2, 2], [0, -3]],)),
    Case((2, 9, 3), (1,), (np.random.default_rng(0).integers(-9, 9, 700),)),
    Case((3, 3), (0, 1), (np.array([[0, 1], [1, 0]]).T, np.array([[1, 2], [2, 1]], order="F"))),
)


MAKERS: tuple[Callable[..., Array], ...] = (
    *(partial(floats, dtype=dtype) for dtype in (np.float64, np.complex128, np.float32)),
    ints,
)


def rows() -> Rows:
    for case in CASES:
        indices = [np.asarray(i, None if np.size(i) else np.int64) for i in case.indices]
        part_shape = _front(np.empty(case.shape), case.axes)[tuple(indices)].shape
        for make in MAKERS:
            x, part = make(*case.shape), make(*part_shape, seed=1)
            yield sample(Gather(case.axes), [x, *indices], partial(_gather, case.axes))
            changed = [x, part, *indices]
            yield sample(ScatterAdd(case.axes), changed, partial(_scatter_add, case.axes))
            yield sample(ScatterSet(case.axes), changed, partial(_scatter_set, case.axes))
        mask = make(*case.shape) > 0
        yield sample(Gather(case.axes), [mask, *indices], partial(_gather, case.axes))
        sizes = tuple(case.shape[axis] for axis in case.axes)
        yield sample(LastWrite(sizes), indices, partial(_last_write, sizes))


def _front(x: Array, axes: tuple[int, ...]) -> Array:
    return np.moveaxis(x, axes, range(len(axes)))


def _gather(axes: tuple[int, ...], x: Array, *indices: Array) -> Array:
    return _front(x, axes)[indices]


def _scatter_add(axes: tuple[int, ...], x: Array, part: Array, *indices: Array) -> Array:
    result = x.copy()
    np.add.at(_front(result, axes), indices, part)
    return result


def _scatter_set(axes: tuple[int, ...], x: Array, part: Array, *indices: Array) -> Array:
    result = x.copy()
    for k in np.ndindex(indices[0].shape):
        _front(result, axes)[tuple(i[k] for i in indices)] = part[k]
    return result


def _last_write(sizes: tuple[int, ...], *indices: Array) -> Array:
    last = {}
    result = np.zeros(indices[0].shape, bool)
    for k in np.ndindex(result.shape):
        last[tuple(i[k] % n for i, n in zip(indices, sizes, strict=True))] = k
    for k in last.values():
        result[k] = True
    return result
