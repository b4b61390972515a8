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
from lineara.ops.minmax import select
from lineara.ops.reading import Adding, Changing, Reading, Setting, Sharing
from lineara.ops.shape import Transpose, with_examples

if TYPE_CHECKING:
    from lineara.ir.value import Value

INDEX = np.dtype(np.int64)
UNSIGNED = np.dtype(np.uint64)
BOOL = np.dtype(np.bool_)

MANY = 4096
"""From so many elements on, `np.add.at` is faster on places in a flat array, computed first."""


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

    def sharing(self, position: int) -> Op | None:
        return DupGather(self.axes) if position == 0 else None


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
        if part.size >= MANY and whole.ndim > 1:
            whole = np.ascontiguousarray(whole)
            np.add.at(whole.reshape(-1), _places(self.axes, whole.shape, indices), part.reshape(-1))
            return (whole,)
        index = _signed(self.axes, whole.shape, indices)
        front = _front(whole, self.axes)
        try:
            if index[0].ndim:
                np.add.at(front, index[0] if len(index) == 1 else index, part)
            else:
                front[index] += part
        except IndexError:
            raise _range_error(self.axes, whole.shape, indices) from None
        return (whole,)


@dataclass(frozen=True)
class ScatterSet(Scattering, Setting):
    """``scatter_set whole part i j …``: `whole` with the elements at the indices replaced.

    Where a place is named several times the last one counts, in the order of the index arrays'
    elements (the order "C", whatever their layout in memory).
    """

    name: ClassVar[str] = "scatter_set"

    def evaluate_in_place(self, *values: Array) -> tuple[Array, ...]:
        whole, part, *indices = values
        index = _signed(self.axes, whole.shape, indices)
        if index[0].ndim:  # NumPy writes in the order of memory, so the order is made the same
            index = tuple(np.ascontiguousarray(i).reshape(-1) for i in index)
            part = part.reshape(index[0].size, *_remaining(self.axes, whole.shape))
        try:
            _front(whole, self.axes)[index] = part
        except IndexError:
            raise _range_error(self.axes, whole.shape, indices) from None
        return (whole,)

    def written(self, whole: Value, part: Value, positions: Sequence[Value]) -> Value:
        if not positions[0].ndim:
            return part
        last = LastWrite(tuple(whole.shape[axis] for axis in self.axes))(*positions)
        mask = broadcast(last, part.shape, tuple(range(last.ndim)))
        return select(mask, part, part.zero_tangent())


@dataclass(frozen=True)
class LastWrite(Op):
    """Of index arrays for axes of sizes `shape`: which elements name a place for the last time."""

    name: ClassVar[str] = "last_write"
    differentiable: ClassVar[bool] = False
    shape: tuple[int, ...]

    def infer(self, *types: ArrayType) -> tuple[ArrayType, ...]:
        return (ArrayType(BOOL, index_shape(self, len(self.shape), types)),)

    def evaluate(self, *values: Array) -> tuple[Array, ...]:
        places = _places(range(len(self.shape)), self.shape, values)
        writer = np.empty(prod(self.shape), np.intp)  # only what is written below is read
        writer[places] = order = np.arange(places.size)
        return ((writer[places] == order).reshape(values[0].shape),)

    def batch(
        self, size: int, operands: tuple[Value, ...], batched: Sequence[bool]
    ) -> tuple[Value, ...]:
        indices = with_examples(size, operands, batched)
        return LastWrite((size, *self.shape)).all(_iota_like(indices[0], 0), *indices)


def take_along(x: Value, indices: Value, axis: int) -> Value:
    """``np.take_along_axis(x, indices, axis)``, for shapes that are equal but for that axis."""
    index = [indices if k == axis else _iota_like(indices, k) for k in range(x.ndim)]
    return Gather(tuple(range(x.ndim)))(x, *index)


def index_shape(op: Op, count: int, types: Sequence[ArrayType]) -> tuple[int, ...]:
    """The common shape of `count` index arrays of these types."""
    if len(types) != count or not count or any(type.dtype.kind not in "iu" for type in types):
        raise TypeMismatchError(
            f"{op.name} takes one integer array for each indexed axis",
            found=", ".join(map(str, types)) or "no index arrays",
            expected=f"{max(count, 1)} index arrays",
        )
    if len({type.shape for type in types}) > 1:
        raise ShapeMismatchError(
            f"the index arrays of {op.name} have different shapes",
            found=", ".join(map(str, types)),
            expected="equal shapes",
            remedy="insert a broadcast",
        )
    return types[0].shape


def _remaining(axes: Sequence[int], shape: tuple[int, ...]) -> tuple[int, ...]:
    """The sizes of the axes that are not indexed."""
    return tuple(n for axis, n in enumerate(shape) if axis not in axes)


def _iota_like(indices: Value, axis: int) -> Value:
    """The index along `axis` of each element of an array of this shape."""
    (iota,) = indices.builder.emit(Iota(ArrayType(INDEX, indices.shape), axis))
    return iota


def _move_axis(x: Value, source: int, destination: int) -> Value:
    order = [axis for axis in range(x.ndim) if axis != source]
    order.insert(destination, source)
    return Transpose(tuple(order))(x) if source != destination else x


# -- in NumPy --------------------------------------------------------------------------------------


def _front(x: Array, axes: Sequence[int]) -> Array:
    """A view of `x` with `axes` in front."""
    if tuple(axes) == tuple(range(len(axes))):
        return x
    return x.transpose(*axes, *(axis for axis in range(x.ndim) if axis not in axes))


def _take(x: Array, axes: Sequence[int], index: tuple[Array, ...]) -> Array:
    """A copy of the elements, by the fastest of NumPy's ways."""
    if x.ndim == 1:
        return x[index[0]]
    if len(axes) > 1:
        taken = _front(x, axes)[index]
        return taken if index[0].ndim else taken.copy()
    (axis,) = axes
    taken = x.take(index[0], axis)
    return _front(taken, range(axis, axis + index[0].ndim)) if axis else taken


def _signed(
    axes: Sequence[int], shape: Sequence[int], indices: Sequence[Array]
) -> tuple[Array, ...]:
    """The index arrays without u64, which NumPy would wrap round to negative numbers."""
    unsigned = [i for i in indices if i.dtype == UNSIGNED]
    if not unsigned:
        return tuple(indices)
    if any(np.any(i > np.iinfo(INDEX).max) for i in unsigned):
        raise _range_error(axes, shape, indices)
    return tuple(i.astype(INDEX) for i in indices)


def _places(axes: Sequence[int], shape: Sequence[int], indices: Sequence[Array]) -> Array:
    """Places in memory of the elements that a gather reads from a C-contiguous array, in order.

    Raises:
        IndexRangeError: if an index is out of range.
    """
    place: Array = np.zeros((), INDEX)
    for axis, i in zip(axes, _signed(axes, shape, indices), strict=True):
        n = shape[axis]
        if i.size and (i.min() < -n or i.max() >= n):
            raise _range_error(axes, shape, indices)
        i = np.asarray(i, INDEX)
        place = place + np.where(i < 0, i + n, i) * prod(shape[axis + 1 :])
    for axis, n in enumerate(shape):
        if axis not in axes:
            place = np.add.outer(place, np.arange(n) * prod(shape[axis + 1 :]))
    return place.reshape(-1)


def _range_error(
    axes: Sequence[int], shape: Sequence[int], indices: Sequence[Array]
) -> IndexRangeError:
    """The error for the first index that is out of range."""
    axis, index = next(
        (axis, out_of_range[0])
        for axis, i in zip(axes, map(np.asarray, indices), strict=True)
        if (out_of_range := i[(i < -shape[axis]) | (i >= shape[axis])]).size
    )
    n = shape[axis]
    return IndexRangeError(
        f"index {index} is out of range for axis {axis} with size {n}",
        found=f"index {index}",
        expected=f"an index from {-n} to {n - 1}" if n else "no index, as the axis is empty",
    )
