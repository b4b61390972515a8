"""Rearranging: ops that give an array another shape, or its elements another order.

All are linear, and each is transposed by an op of the same family. `evaluate` returns views.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from lineara.errors import ShapeMismatchError
from lineara.ir.op import Tangent
from lineara.ir.types import Array, ArrayType
from lineara.ops.broadcast import LinearUnary, broadcast, check_axes, one_operand
from lineara.ops.checks import possible

if TYPE_CHECKING:
    from lineara.ir.program import Operand
    from lineara.ir.value import Value


def with_examples(
    size: int, operands: Sequence[Value], batched: Sequence[bool]
) -> tuple[Value, ...]:
    """The operands with the batch axis in front: the unbatched ones repeated along it."""
    return tuple(
        x if b else broadcast(x, (size, *x.shape), tuple(range(1, 1 + x.ndim)))
        for x, b in zip(operands, batched, strict=True)
    )


@dataclass(frozen=True)
class Moving(LinearUnary):
    """A linear op that gives back its operand where the result has the operand's type."""

    def same_as(self, operands: Sequence[Operand]) -> Operand | None:
        type = operands[0].type
        return operands[0] if self.infer(type) == (type,) else None


@dataclass(frozen=True)
class Reshape(Moving):
    """The elements, in the order of their indices (NumPy's order "C"), in another shape."""

    name: ClassVar[str] = "reshape"
    view: ClassVar[bool] = True
    shape: tuple[int, ...]

    def infer(self, *types: ArrayType) -> tuple[ArrayType, ...]:
        type = one_operand(self, types)
        if math.prod(self.shape) != type.size:
            raise ShapeMismatchError(
                "reshape keeps the number of elements",
                found=f"{type} to shape {self.shape}",
                expected=f"a shape with {type.size} elements",
            )
        return possible(self, type.with_shape(self.shape))

    def evaluate(self, *values: Array) -> tuple[Array, ...]:
        return (np.reshape(values[0], self.shape),)

    def transpose(
        self, operands: tuple[Value, ...], cotangents: tuple[Value, ...]
    ) -> tuple[Tangent, ...]:
        return (Reshape(operands[0].shape)(*cotangents),)

    def batch(
        self, size: int, operands: tuple[Value, ...], batched: Sequence[bool]
    ) -> tuple[Value, ...]:
        return Reshape((size, *self.shape)).all(*operands)


@dataclass(frozen=True)
class Transpose(Moving):
    """The axes in another order: axis k of the result is axis ``axes[k]`` of the operand."""

    name: ClassVar[str] = "transpose"
    view: ClassVar[bool] = True
    axes: tuple[int, ...]

    def infer(self, *types: ArrayType) -> tuple[ArrayType, ...]:
        type = one_operand(self, types)
        if sorted(self.axes) != list(range(type.ndim)):
            raise ShapeMismatchError(
                "transpose names every axis of its operand once",
                found=f"axes {self.axes} of {type}",
                expected=f"a permutation of {tuple(range(type.ndim))}",
            )
        return (type.with_shape(tuple(type.shape[axis] for axis in self.axes)),)

    def same_as(self, operands: Sequence[Operand]) -> Operand | None:
        return operands[0] if self.axes == tuple(range(len(self.axes))) else None

    def evaluate(self, *values: Array) -> tuple[Array, ...]:
        return (np.transpose(values[0], self.axes),)

    def transpose(
        self, operands: tuple[Value, ...], cotangents: tuple[Value, ...]
    ) -> tuple[Tangent, ...]:
        inverse = sorted(range(len(self.axes)), key=self.axes.__getitem__)
        return (Transpose(tuple(inverse))(*cotangents),)

    def batch(
        self, size: int, operands: tuple[Value, ...], batched: Sequence[bool]
    ) -> tuple[Value, ...]:
        return Transpose((0, *(1 + axis for axis in self.axes))).all(*operands)


@dataclass(frozen=True)
class Flip(Moving):
    """The elements in reverse order along axes."""

    name: ClassVar[str] = "flip"
    view: ClassVar[bool] = True
    axes: tuple[int, ...]

    def infer(self, *types: ArrayType) -> tuple[ArrayType, ...]:
        type = one_operand(self, types)
        check_axes(self, self.axes, type.ndim)
        return (type,)

    def same_as(self, operands: Sequence[Operand]) -> Operand | None:
        return None if self.axes else operands[0]

    def evaluate(self, *values: Array) -> tuple[Array, ...]:
        return (np.flip(values[0], self.axes),)

    def transpose(
        self, operands: tuple[Value, ...], cotangents: tuple[Value, ...]
    ) -> tuple[Tangent, ...]:
        return self.all(*cotangents)

    def batch(
        self, size: int, operands: tuple[Value, ...], batched: Sequence[bool]
    ) -> tuple[Value, ...]:
        return Flip(tuple(1 + axis for axis in self.axes)).all(*operands)


@dataclass(frozen=True)
class ExpandDims(Moving):
    """New axes of size 1; `axes` are their places in the result."""

    name: ClassVar[str] = "expand_dims"
    view: ClassVar[bool] = True
    axes: tuple[int, ...]

    def infer(self, *types: ArrayType) -> tuple[ArrayType, ...]:
        type = one_operand(self, types)
        ndim = type.ndim + len(self.axes)
        check_axes(self, self.axes, ndim)
        sizes = iter(type.shape)
        shape = tuple(1 if axis in self.axes else next(sizes) for axis in range(ndim))
        return possible(self, type.with_shape(shape))

    def evaluate(self, *values: Array) -> tuple[Array, ...]:
        return (np.expand_dims(values[0], self.axes),)

    def transpose(
        self, operands: tuple[Value, ...], cotangents: tuple[Value, ...]
    ) -> tuple[Tangent, ...]:
        return (Squeeze(self.axes)(*cotangents),)

    def batch(
        self, size: int, operands: tuple[Value, ...], batched: Sequence[bool]
    ) -> tuple[Value, ...]:
        return ExpandDims(tuple(1 + axis for axis in self.axes)).all(*operands)


@dataclass(frozen=True)
class Squeeze(Moving):
    """Axes of size 1 taken away."""

    name: ClassVar[str] = "squeeze"
    view: ClassVar[bool] = True
    axes: tuple[int, ...]

    def infer(self, *types: ArrayType) -> tuple[ArrayType, ...]:
        type = one_operand(self, types)
        check_axes(self, self.axes, type.ndim)
        if any(type.shape[axis] != 1 for axis in self.axes):
            raise ShapeMismatchError(
                "squeeze takes away axes of size 1 only",
                found=f"axes {self.axes} of {type}",
                expected="axes of size 1",
            )
        kept = (n for axis, n in enumerate(type.shape) if axis not in self.axes)
        return (type.with_shape(tuple(kept)),)

    def evaluate(self, *values: Array) -> tuple[Array, ...]:
        return (np.squeeze(values[0], self.axes),)

    def transpose(
        self, operands: tuple[Value, ...], cotangents: tuple[Value, ...]
    ) -> tuple[Tangent, ...]:
        return (ExpandDims(self.axes)(*cotangents),)

    def batch(
        self, size: int, operands: tuple[Value, ...], batched: Sequence[bool]
    ) -> tuple[Value, ...]:
        return Squeeze(tuple(1 + axis for axis in self.axes)).all(*operands)
