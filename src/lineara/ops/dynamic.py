"""Blocks of arrays that start where numbers computed at run time say.

A block must lie inside of its array: a start that is negative, or that puts the end of the block
outside, raises `IndexRangeError`. Nothing is clamped and negative starts do not count from the
end, so the same program means the same for one example and for a batch.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from lineara.errors import IndexRangeError, ShapeMismatchError, TypeMismatchError
from lineara.ir.op import Op
from lineara.ir.types import Array, ArrayType
from lineara.ops.broadcast import broadcast
from lineara.ops.creation import Convert, Iota
from lineara.ops.indexing import Gather, ScatterAdd, ScatterSet
from lineara.ops.reading import Adding, Changing, Reading, Setting, Sharing
from lineara.ops.shape import with_examples

if TYPE_CHECKING:
    from lineara.ir.value import Value


@dataclass(frozen=True)
class DynamicSlice(Reading):
    """The block of shape `sizes` that starts at the operands after the first, one for each axis."""

    name: ClassVar[str] = "dynamic_slice"
    sizes: tuple[int, ...]

    @property
    def adding(self) -> DynamicSliceAdd:
        return DynamicSliceAdd()

    def infer(self, *types: ArrayType) -> tuple[ArrayType, ...]:
        if not types or any(type.shape or type.dtype.kind not in "iu" for type in types[1:]):
            raise TypeMismatchError(
                f"{self.name} takes an array and scalar integers, the start on each axis",
                found=", ".join(map(str, types)) or "no operands",
                expected="i64[] for each start",
            )
        whole, *starts = types
        if not len(self.sizes) == len(starts) == whole.ndim or any(
            not 0 <= size <= n for size, n in zip(self.sizes, whole.shape, strict=True)
        ):
            raise ShapeMismatchError(
                "the block does not fit its array",
                found=f"{len(starts)} starts of a block of shape {self.sizes} in {whole}",
                expected=f"{whole.ndim} starts and sizes of at most {whole.shape}",
            )
        return (whole.with_shape(self.sizes),)

    def evaluate(self, *values: Array) -> tuple[Array, ...]:
        x, *starts = values
        return (x[_region(x.shape, self.sizes, starts)].copy(),)

    def batch(
        self, size: int, operands: tuple[Value, ...], batched: Sequence[bool]
    ) -> tuple[Value, ...]:
        x, *starts = operands
        if not any(batched[1:]):
            first = x.literal(np.int64(0))
            return DynamicSlice((size, *self.sizes)).all(x, first, *starts)
        indices = _indices(size, self.sizes, starts, with_batch=batched[0])
        return Gather(tuple(range(len(indices)))).all(x, *indices)

    def sharing(self, position: int) -> Op | None:
        return DupDynamicSlice(self.sizes) if position == 0 else None


@dataclass(frozen=True)
class DupDynamicSlice(Sharing):
    """A block of a linear variable, and the variable itself."""

    name: ClassVar[str] = "dup_dynamic_slice"
    sizes: tuple[int, ...]

    @property
    def reading(self) -> DynamicSlice:
        return DynamicSlice(self.sizes)


@dataclass(frozen=True)
class DynamicSliceAdd(Adding):
    """``dynamic_slice_add whole block i j …``: `whole` with `block` added at i, j, …."""

    name: ClassVar[str] = "dynamic_slice_add"

    def reading(self, part: ArrayType) -> DynamicSlice:
        return DynamicSlice(part.shape)

    def evaluate_in_place(self, *values: Array) -> tuple[Array, ...]:
        whole, block, *starts = values
        whole[_region(whole.shape, block.shape, starts)] += block
        return (whole,)

    def batch(
        self, size: int, operands: tuple[Value, ...], batched: Sequence[bool]
    ) -> tuple[Value, ...]:
        return _batched_change(self, ScatterAdd, size, operands, batched)


@dataclass(frozen=True)
class DynamicUpdateSlice(Setting):
    """``dynamic_update_slice whole block i j …``: `whole` with `block` written at i, j, …."""

    name: ClassVar[str] = "dynamic_update_slice"

    def reading(self, part: ArrayType) -> DynamicSlice:
        return DynamicSlice(part.shape)

    def evaluate_in_place(self, *values: Array) -> tuple[Array, ...]:
        whole, block, *starts = values
        whole[_region(whole.shape, block.shape, starts)] = block
        return (whole,)

    def batch(
        self, size: int, operands: tuple[Value, ...], batched: Sequence[bool]
    ) -> tuple[Value, ...]:
        return _batched_change(self, ScatterSet, size, operands, batched)


def _region(
    shape: Sequence[int], sizes: Sequence[int], starts: Iterable[Array]
) -> tuple[slice, ...]:
    """NumPy's index for the block."""
    region = []
    for axis, (n, size, start) in enumerate(zip(shape, sizes, map(int, starts), strict=True)):
        if not 0 <= start <= n - size:
            raise IndexRangeError(
                f"a block of size {size} starts at {start} on axis {axis} with size {n}",
                found=f"start {start}",
                expected=f"a start from 0 to {n - size}",
                remedy="np.clip the start, if the nearest block is meant",
            )
        region.append(slice(start, start + size))
    return tuple(region)


def _indices(
    size: int, sizes: tuple[int, ...], starts: Sequence[Value], *, with_batch: bool
) -> list[Value]:
    """Index arrays of all elements of the blocks, one block for each of `size` examples.

    They are unsigned, so that an index array refuses a negative start too.
    """
    shape = (size, *sizes)
    unsigned = ArrayType(np.dtype(np.uint64), shape)
    emit = starts[0].builder.emit
    indices = [*emit(Iota(unsigned, 0))] if with_batch else []
    for axis, start in enumerate(starts):
        first = broadcast(Convert(unsigned.dtype)(start), shape, tuple(range(start.ndim)))
        indices.append(first + emit(Iota(unsigned, 1 + axis))[0])
    return indices


def _batched_change(
    op: Changing,
    scatter: type[ScatterAdd] | type[ScatterSet],
    size: int,
    operands: tuple[Value, ...],
    batched: Sequence[bool],
) -> tuple[Value, ...]:
    """An op that changes a block, for many examples: it always changes each example's own array."""
    whole, block = with_examples(size, operands[:2], batched[:2])
    starts = operands[2:]
    if not any(batched[2:]):
        return op.all(whole, block, whole.literal(np.int64(0)), *starts)
    indices = _indices(size, block.shape[1:], starts, with_batch=True)
    return scatter(tuple(range(len(indices)))).all(whole, block, *indices)
