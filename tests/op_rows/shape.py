"""Rows for the ops that rearrange: another shape, or the elements in another order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import permutations
from typing import Any

import numpy as np
from samples import Rows, floats, ints, sample

from lineara.ir.op import Op
from lineara.ir.types import Array
from lineara.ops.shape import ExpandDims, Flip, Reshape, Squeeze, Transpose

Shape = tuple[int, ...]


def rows() -> Rows:
    for op, shape, expected in cases():
        yield sample(op, [floats(*shape)], expected)
    for dtype in (np.float32, np.complex128):
        for op, shape, expected in cases():
            if len(shape) == 2:
                yield sample(op, [floats(*shape, dtype=dtype)], expected)
    special = np.array([[np.inf, np.nan, -0.0], [-np.inf, 0.0, 5e-324]])
    for x in (special, ints(2, 3), ints(2, 3) > 0):
        smooth = x.dtype.kind != "f"
        yield sample(Reshape((3, 2)), [x], lambda x: x.reshape(3, 2), smooth=smooth)
        yield sample(Transpose((1, 0)), [x], np.transpose, smooth=smooth)
        yield sample(Flip((1,)), [x], lambda x: np.flip(x, 1), smooth=smooth)


def cases() -> Iterator[tuple[Op, Shape, Callable[[Array], Any]]]:
    """Each op with shapes that it takes, and NumPy's function."""
    reshapes: list[tuple[Shape, Shape]] = [
        ((), ()),
        ((), (1, 1)),
        ((1,), ()),
        ((6,), (2, 3)),
        ((2, 3), (3, 2)),
        ((2, 3, 2), (6, 2)),
        ((0, 3), (2, 0)),
    ]
    for old, new in reshapes:
        yield Reshape(new), old, lambda x, new=new: np.reshape(x, new)
    for shape in ((), (3,), (2, 3), (2, 3, 4), (0, 2)):
        for axes in permutations(range(len(shape))):
            yield Transpose(axes), shape, lambda x, axes=axes: np.transpose(x, axes)
    flips: list[tuple[Shape, Shape]] = [
        ((), ()),
        ((3,), (0,)),
        ((2, 3), ()),
        ((2, 3), (0, 1)),
        ((2, 3, 2), (2, 0)),
        ((0, 2), (0,)),
    ]
    for shape, axes in flips:
        yield Flip(axes), shape, lambda x, axes=axes: np.flip(x, axes)
    expansions: list[tuple[Shape, Shape]] = [
        ((), ()),
        ((), (0, 1)),
        ((3,), (1,)),
        ((2, 3), (2, 0)),
        ((0,), (0,)),
    ]
    for shape, axes in expansions:
        yield ExpandDims(axes), shape, lambda x, axes=axes: np.expand_dims(x, axes)
        expanded = np.expand_dims(np.empty(shape), axes).shape
        yield Squeeze(axes), expanded, lambda x, axes=axes: np.squeeze(x, axes)
    yield Squeeze((1,)), (1, 1, 2), lambda x: np.squeeze(x, 1)
