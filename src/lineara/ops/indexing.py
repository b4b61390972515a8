"""Indexing by integer arrays: `gather`, `scatter_add` and `scatter_set`.

``gather[axes=(0, 2)] x i j`` is NumPy's ``x[i, :, j]`` with the axes of the index arrays in front:
the index arrays have one shape, the result has that shape and then the axes of x that are not
indexed. As in NumPy, negative indices count from the end; others out of range raise
`IndexRangeError`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from lineara.errors import IndexRangeError, ShapeMismatchError, TypeMismatchError
from lineara.ir.op import Op
from lineara.ir.types import Array, ArrayType
from lineara.ops.broadcast import broadcast, check_axes
from lineara.ops.creation import Iota
from lineara.ops.reading import Adding, Changing, Reading, Setting, Sharing
from lineara.ops.select import select
from lineara.ops.shape import Transpose, with_examples

if TYPE_CHECKING:
    from lineara.ir.value import Value

INDEX = np.dtype(np.int64)
BOOL = np.dtype(np.bool_)


@dataclass(frozen=True)
class Gather(Reading):
    """Elements of an array at positions given by integer arrays.

    Attributes:
        axes: the axes that are indexed, distinct, one for each index array.
    """

    name: ClassVar[str] = "gather"
    axes: tuple[int, ...]

    @property
    def adding(self) -> ScatterAdd:
        return ScatterAdd(self.axes)

    def infer(self, *types: ArrayType) -> tuple[ArrayType, ...]:
        if not types:
            raise TypeMismatchError("gather takes an array and index arrays", found="no operands")
        x, *indices = types
        check_axes(self, self.axes, x.ndim)
        shape = index_shape(self, len(self.axes), indices)
        return (x.with_shape((*shape, *_remaining(self.axes, x.shape))),)

    def evaluate(self, *values: Array) -> tuple[Array, ...]:
        x, *indices = values
        try:
            return (_take(x, self.axes, _signed(self.axes, x.shape, indices)),)
        except IndexError:
            raise _range_error(self.axes, x.shape, indices) from None

    def batch(
        self, size: int, operands: tuple[Value, ...], batched: Sequence[bool]
    ) -> tuple[Value, ...]:
        x, *indices = operands
        axes = tuple(1 + axis for axis in self.axes)
        if not any(batched[1:]):
            examples_inside = Gather(axes)(x, *indices)
            return (_move_axis(examples_inside, indices[0].ndim, 0),)
        indices = list(with_examples(size, indices, batched[1:]))
        if not batched[0]:
            return self.all(x, *indices)
        return Gather((0, *axes)).all(x, _iota_like(indices[0], 0), *indices)

    def shared(self) -> DupGather:
        return DupGather(self.axes)


@dataclass(frozen=True)
class DupGather(Sharing):
    """Elements of a linear variable, and the variable itself."""

    name: ClassVar[str] = "dup_gather"
    axes: tuple[int, ...]

    @property
    def reading(self) -> Gather:
        return Gather(self.axes)


@dataclass(frozen=True)
class Scattering(Changing):
    """Changes the elements that a `gather` with the same axes and index arrays reads."""

    axes: tuple[int, ...]

    def reading(self, part: ArrayType) -> Gather:
        return Gather(self.axes)

    def batch(
        self, size: int, operands: tuple[Value, ...], batched: Sequence[bool]
    ) -> tuple[Value, ...]:
        whole, part = with_examples(size, operands[:2], batched[:2])
        indices = operands[2:]
        axes = tuple(1 + axis for axis in self.axes)
        if not any(batched[2:]):
            examples_inside = _move_axis(part, 0, indices[0].ndim)
            return type(self)(axes).all(whole, examples_inside, *indices)
        indices = with_examples(size, indices, batched[2:])
        return type(self)((0, *axes)).all(whole, part, _iota_like(indices[0], 0), *indices)


@dataclass(frozen=True)
class ScatterAdd(Scattering, Adding):
    """``scatter_add whole part i j …``: `whole` with `part` added at the indices.

    What is added at the same place several times accumulates.
    """

    name: ClassVar[str] = "scatter_add"

    def evaluate_in_place(self, *values: Array) -> tuple[Array, ...]:
        whole, part, *indices = values
        if not part.size:
            self.reading
        if not indices[0].ndim:
            ...
        return (whole,)


@dataclass(frozen=True)
class ScatterSet(Scattering, Setting):
    """``scatter_set whole part i j …``: `whole` with the elements at the indices replaced.

    Where a place is named several times the last one counts, in the order of the index arrays'
    elements (the order "C", whatever their layout in memory).
    """

    name: ClassVar[str] = "scatter_set"
