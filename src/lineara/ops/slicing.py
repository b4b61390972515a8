"""Parts of arrays at a place that is known: reading, adding to them, padding and joining.

A slice of a linear array that is read again elsewhere is a `dup_slice`, transposed by a `slice_add`
into the one cotangent of the array, in place: k readings cost what they read, and not k copies
of the array.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import EllipsisType
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from lineara.errors import ShapeMismatchError, TypeMismatchError
from lineara.ir.op import LinearSets, Op, Tangent
from lineara.ir.types import Array, ArrayType
from lineara.ops.broadcast import check_axes, one_operand
from lineara.ops.checks import possible
from lineara.ops.reading import Adding, Reading, Sharing
from lineara.ops.shape import Moving, with_examples

if TYPE_CHECKING:
    from lineara.ir.value import Value


def check_lengths(op: Op, ndim: int, *attributes: tuple[int, ...]) -> None:
    """Each attribute must have one entry for each of `ndim` axes."""
    if any(len(entries) != ndim for entries in attributes):
        raise ShapeMismatchError(
            f"the attributes of {op.name} have one entry for each axis",
            found=f"{', '.join(map(str, attributes))} for {ndim} axes",
            expected=f"{ndim} entries each",
        )


@dataclass(frozen=True)
class Slice(Moving, Reading):
    """The elements start, start + stride, … before limit, along each axis.

    Attributes:
        start: the first index, for each axis.
        limit: the index to stop before, for each axis, between start and the axis' size.
        stride: the distance between indices, for each axis, at least 1.
    """

    name: ClassVar[str] = "slice"
    view: ClassVar[bool] = True
    start: tuple[int, ...]
    limit: tuple[int, ...]
    stride: tuple[int, ...]

    @property
    def region(self) -> tuple[slice | EllipsisType, ...]:
        """NumPy's index for the part; the dots make it a view even for rank 0."""
        return *map(slice, self.start, self.limit, self.stride), ...

    def infer(self, *types: ArrayType) -> tuple[ArrayType, ...]:
        type = one_operand(self, types)
        check_lengths(self, type.ndim, self.start, self.limit, self.stride)
        for n, start, limit, stride in zip(
            type.shape, self.start, self.limit, self.stride, strict=True
        ):
            if not (0 <= start <= limit <= n and stride >= 1):
                raise ShapeMismatchError(
                    "the slice is not a part of its operand",
                    found=f"from {start} to {limit} by steps of {stride} on an axis of size {n}",
                    expected=f"0 <= start <= limit <= {n} and a step of at least 1",
                )
        spans = zip(self.start, self.limit, self.stride, strict=True)
        return (type.with_shape(tuple(len(range(*span)) for span in spans)),)

    def evaluate(self, *values: Array) -> tuple[Array, ...]:
        return (values[0][self.region],)

    @property
    def adding(self) -> Op:
        return SliceAdd(self.start, self.stride)

    def batch(
        self, size: int, operands: tuple[Value, ...], batched: Sequence[bool]
    ) -> tuple[Value, ...]:
        return Slice((0, *self.start), (size, *self.limit), (1, *self.stride)).all(*operands)

    def sharing(self, position: int) -> Op | None:
        return DupSlice(self.start, self.limit, self.stride) if position == 0 else None


@dataclass(frozen=True)
class DupSlice(Sharing):
    """A slice of a linear variable, and the variable itself."""

    name: ClassVar[str] = "dup_slice"
    start: tuple[int, ...]
    limit: tuple[int, ...]
    stride: tuple[int, ...]

    @property
    def reading(self) -> Slice:
        return Slice(self.start, self.limit, self.stride)


@dataclass(frozen=True)
class SliceAdd(Adding):
    """An array with another one added to a regular part of it, linear in both together.

    Attributes:
        start: where the part begins, for each axis.
        stride: the distance between its indices, for each axis, at least 1.
    """

    name: ClassVar[str] = "slice_add"
    start: tuple[int, ...]
    stride: tuple[int, ...]

    def reading(self, part: ArrayType) -> Slice:
        check_lengths(self, part.ndim, self.start, self.stride)
        return Slice(self.start, self.limit(part.shape), self.stride)

    def limit(self, shape: Sequence[int]) -> tuple[int, ...]:
        """For each axis the end of the part that an array of `shape` is added to."""
        return tuple(
            start + (n - 1) * stride + 1 if n else start
            for start, n, stride in zip(self.start, shape, self.stride, strict=True)
        )

    def evaluate_in_place(self, *values: Array) -> tuple[Array, ...]:
        whole, added = values
        part = whole[Slice(self.start, self.limit(added.shape), self.stride).region]
        np.add(part, added, out=part)
        return (whole,)

    def batch(
        self, size: int, operands: tuple[Value, ...], batched: Sequence[bool]
    ) -> tuple[Value, ...]:
        op = SliceAdd((0, *self.start), (1, *self.stride))
        return op.all(*with_examples(size, operands, batched))


@dataclass(frozen=True)
class Pad(Moving):
    """An array with zeros around it.

    Attributes:
        low: the number of zeros before the first element, for each axis.
        high: the number of zeros after the last element, for each axis.
    """

    name: ClassVar[str] = "pad"
    low: tuple[int, ...]
    high: tuple[int, ...]

    def padded(self, shape: Sequence[int]) -> tuple[int, ...]:
        """The shape of the result for an operand of `shape`."""
        return tuple(map(sum, zip(self.low, shape, self.high, strict=True)))

    def inner(self, shape: Sequence[int]) -> Slice:
        """The slice that reads the array back."""
        limit = tuple(low + n for low, n in zip(self.low, shape, strict=True))
        return Slice(self.low, limit, (1,) * len(limit))

    def infer(self, *types: ArrayType) -> tuple[ArrayType, ...]:
        type = one_operand(self, types)
        check_lengths(self, type.ndim, self.low, self.high)
        if min(self.low + self.high, default=0) < 0:
            raise ShapeMismatchError(
                "pad adds zeros and takes nothing away",
                found=f"low={self.low}, high={self.high}",
                expected="no negative numbers",
                remedy="slice",
            )
        return possible(self, type.with_shape(self.padded(type.shape)))

    def evaluate(self, *values: Array) -> tuple[Array, ...]:
        (x,) = values
        result = np.zeros(self.padded(x.shape), x.dtype)
        result[self.inner(x.shape).region] = x
        return (result,)

    def transpose(
        self, operands: tuple[Value, ...], cotangents: tuple[Value, ...]
    ) -> tuple[Tangent, ...]:
        return (self.inner(operands[0].shape)(*cotangents),)

    def batch(
        self, size: int, operands: tuple[Value, ...], batched: Sequence[bool]
    ) -> tuple[Value, ...]:
        return Pad((0, *self.low), (0, *self.high)).all(*operands)


@dataclass(frozen=True)
class Concatenate(Op):
    """Arrays of one dtype joined along an existing axis, linear in all of them together."""

    name: ClassVar[str] = "concatenate"
    axis: int

    def infer(self, *types: ArrayType) -> tuple[ArrayType, ...]:
        if not types or any(type.dtype != types[0].dtype for type in types):
            raise TypeMismatchError(
                "concatenate takes one or more operands of one dtype",
                found=", ".join(map(str, types)) or "no operands",
                expected="equal dtypes",
                remedy="insert a convert",
            )
        axis, ndim = self.axis, types[0].ndim
        check_axes(self, (axis,), ndim)
        frames = {(type.ndim, *type.shape[:axis], *type.shape[axis + 1 :]) for type in types}
        if len(frames) != 1:
            raise ShapeMismatchError(
                f"concatenate joins arrays that differ on axis {axis} only",
                found=", ".join(map(str, types)),
                expected=f"equal shapes but for axis {axis}",
            )
        length = sum(type.shape[axis] for type in types)
        shape = (*types[0].shape[:axis], length, *types[0].shape[axis + 1 :])
        return possible(self, types[0].with_shape(shape))

    def linear_sets(self, *types: ArrayType) -> LinearSets:
        return (frozenset(range(len(types))),) if types[0].has_tangent else ()

    def evaluate(self, *values: Array) -> tuple[Array, ...]:
        return (np.concatenate(values, axis=self.axis),)

    def transpose(
        self, operands: tuple[Value, ...], cotangents: tuple[Value, ...]
    ) -> tuple[Tangent, ...]:
        (whole,) = cotangents
        parts: list[Value] = []
        end = 0
        for operand in operands:
            begin, end = end, end + operand.shape[self.axis]
            parts.append(slice_axis(whole, self.axis, begin, end))
        return tuple(parts)

    def batch(
        self, size: int, operands: tuple[Value, ...], batched: Sequence[bool]
    ) -> tuple[Value, ...]:
        return Concatenate(1 + self.axis).all(*with_examples(size, operands, batched))


def slice_axis(x: Value, axis: int, begin: int, end: int) -> Value:
    """``x[..., begin:end, ...]`` along one axis."""
    start, limit = [0] * x.ndim, list(x.shape)
    start[axis], limit[axis] = begin, end
    return Slice(tuple(start), tuple(limit), (1,) * x.ndim)(x)
