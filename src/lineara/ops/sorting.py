"""Sorting in NumPy's order: NaN last, complex numbers by real, then by imaginary part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from lineara.ir.op import Op, Tangent
from lineara.ir.types import DTYPES, Array, ArrayType
from lineara.ops.broadcast import check_axes, one_operand
from lineara.ops.creation import Iota
from lineara.ops.indexing import Gather

if TYPE_CHECKING:
    from lineara.ir.value import Value


@dataclass(frozen=True)
class Ordering(Op):
    """A stable sort along an axis."""

    axis: int

    def infer(self, *types: ArrayType) -> tuple[ArrayType, ...]:
        type = one_operand(self, types)
        check_axes(self, (self.axis,), type.ndim)
        return (type,)

    def work(self, operands: Sequence[ArrayType], results: Sequence[ArrayType]) -> int:
        (x,) = operands
        return x.size * max(1, (x.shape[self.axis] - 1).bit_length())

    def batch(
        self, size: int, operands: tuple[Value, ...], batched: Sequence[bool]
    ) -> tuple[Value, ...]:
        return replace(self, axis=1 + self.axis).all(*operands)


@dataclass(frozen=True)
class Sort(Ordering):
    """The elements in increasing order; the tangents of equal elements keep their order."""

    name: ClassVar[str] = "sort"

    def evaluate(self, *values: Array) -> tuple[Array, ...]:
        return (np.sort(values[0], axis=self.axis, kind="stable"),)

    def jvp_rest(
        self, operands: tuple[Value, ...], results: tuple[Value, ...], tangents: Sequence[Tangent]
    ) -> tuple[Tangent, ...]:
        (x,), (x_dot,) = operands, tangents
        assert x_dot is not None
        order = ArgSort(self.axis)(x)
        indices = [
            order if axis == self.axis else x.builder.emit(Iota(order.type, axis))[0]
            for axis in range(x.ndim)
        ]
        return (Gather(tuple(range(x.ndim)))(x_dot, *indices),)


@dataclass(frozen=True)
class ArgSort(Ordering):
    """The places (i64) of the elements in increasing order; equal elements keep their order."""

    name: ClassVar[str] = "argsort"
    differentiable: ClassVar[bool] = False

    def infer(self, *types: ArrayType) -> tuple[ArrayType, ...]:
        (type,) = super().infer(*types)
        return (type.with_dtype(DTYPES["i64"]),)

    def evaluate(self, *values: Array) -> tuple[Array, ...]:
        return (np.argsort(values[0], axis=self.axis, kind="stable"),)
