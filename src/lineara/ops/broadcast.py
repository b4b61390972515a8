"""Repeating and summing along axes: `broadcast` and `reduce_sum`, each the other's transpose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from lineara.errors import ShapeMismatchError, TypeMismatchError
from lineara.ir.op import LinearSets, Op, Tangent
from lineara.ir.types import Array, ArrayType, dtype_name

if TYPE_CHECKING:
    from lineara.ir.value import Value


def one_operand(op: Op, types: Sequence[ArrayType]) -> ArrayType:
    """The type of the only operand of `op`."""
    if len(types) != 1:
        raise TypeMismatchError(f"{op.name} takes 1 operand", found=f"{len(types)} operands")
    return types[0]


def check_axes(op: Op, axes: Sequence[int], ndim: int) -> None:
    """Axes must be distinct and between 0 and ndim − 1."""
    if len(set(axes)) != len(axes) or any(not 0 <= axis < ndim for axis in axes):
        raise ShapeMismatchError(
            f"{op.name} names axes that are not there, or one twice",
            found=f"axes {tuple(axes)} of an array with {ndim} axes",
            expected=f"distinct axes between 0 and {ndim - 1}" if ndim else "no axes",
        )


@dataclass(frozen=True)
class LinearUnary(Op):
    """An op of one operand, linear in it wherever its type and the result's have tangents."""

    def linear_sets(self, *types: ArrayType) -> LinearSets:
        both = (*types, *self.infer(*types))
        return (frozenset({0}),) if all(type.has_tangent for type in both) else ()


@dataclass(frozen=True)
class Broadcast(LinearUnary):
    """Repeats an array along new axes.

    Attributes:
        shape: the shape of the result.
        axes: for each axis of the operand its place in the result, in increasing order; the
            other axes of the result are new.
    """

    name: ClassVar[str] = "broadcast"
    view: ClassVar[bool] = True
    shape: tuple[int, ...]
    axes: tuple[int, ...] = ()

    @property
    def new_axes(self) -> tuple[int, ...]:
        return tuple(i for i in range(len(self.shape)) if i not in self.axes)

    def infer(self, *types: ArrayType) -> tuple[ArrayType, ...]:
        type = one_operand(self, types)
        check_axes(self, self.axes, len(self.shape))
        kept = tuple(self.shape[axis] for axis in self.axes)
        if (
            kept != type.shape
            or list(self.axes) != sorted(self.axes)
            or min(self.shape, default=0) < 0
        ):
            raise ShapeMismatchError(
                "broadcast maps the axes of its operand, in order, to axes of the same size",
                found=f"{type} to shape {self.shape} by axes {self.axes}",
                expected=f"an operand of shape {kept}",
            )
        return (type.with_shape(self.shape),)

    def evaluate(self, *values: Array) -> tuple[Array, ...]:
        x = np.asarray(values[0])
        if not self.axes:  # many times faster than NumPy's own way, which is general
            return (np.ndarray(self.shape, x.dtype, x, strides=(0,) * len(self.shape)),)
        return (np.broadcast_to(np.expand_dims(x, self.new_axes), self.shape),)

    def transpose(
        self, operands: tuple[Value, ...], cotangents: tuple[Value, ...]
    ) -> tuple[Tangent, ...]:
        return (ReduceSum(self.new_axes)(cotangents[0]),)

    def batch(
        self, size: int, operands: tuple[Value, ...], batched: Sequence[bool]
    ) -> tuple[Value, ...]:
        return Broadcast((size, *self.shape), (0, *(1 + axis for axis in self.axes))).all(*operands)


@dataclass(frozen=True)
class ReduceSum(LinearUnary):
    """Sums over axes, which disappear.

    The sum has the dtype of its operand (the front end converts small integers first, as NumPy
    does). Empty sums are zero.
    """

    name: ClassVar[str] = "reduce_sum"
    axes: tuple[int, ...]

    def infer(self, *types: ArrayType) -> tuple[ArrayType, ...]:
        type = one_operand(self, types)
        check_axes(self, self.axes, type.ndim)
        if type.dtype.kind == "b":
            raise TypeMismatchError(
                "reduce_sum is not defined for bool",
                found=dtype_name(type.dtype),
                expected="a number type",
                remedy="convert to i64 to count",
            )
        shape = tuple(n for axis, n in enumerate(type.shape) if axis not in self.axes)
        return (type.with_shape(shape),)

    def evaluate(self, *values: Array) -> tuple[Array, ...]:
        return (np.add.reduce(values[0], axis=self.axes, dtype=values[0].dtype),)

    def work(self, operands: Sequence[ArrayType], results: Sequence[ArrayType]) -> int:
        return operands[0].size

    def transpose(
        self, operands: tuple[Value, ...], cotangents: tuple[Value, ...]
    ) -> tuple[Tangent, ...]:
        shape = operands[0].shape
        kept = tuple(i for i in range(len(shape)) if i not in self.axes)
        return (broadcast(cotangents[0], shape, kept),)

    def batch(
        self, size: int, operands: tuple[Value, ...], batched: Sequence[bool]
    ) -> tuple[Value, ...]:
        return ReduceSum(tuple(1 + axis for axis in self.axes)).all(*operands)


def broadcast(x: Value, shape: tuple[int, ...], axes: tuple[int, ...]) -> Value:
    """`x` repeated to `shape`; axis k of `x` becomes axis ``axes[k]`` of the result."""
    return Broadcast(shape, axes)(x)
