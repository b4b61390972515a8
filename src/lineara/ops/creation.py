"""Arrays of consecutive numbers, and arrays of another dtype."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from lineara.errors import TypeMismatchError
from lineara.ir.op import Op, Tangent
from lineara.ir.types import Array, ArrayType, DType, dtype_name, supported_dtype
from lineara.ops.broadcast import check_axes, one_operand
from lineara.ops.checks import possible
from lineara.ops.shape import Moving

if TYPE_CHECKING:
    from lineara.ir.value import Value


@dataclass(frozen=True)
class Iota(Op):
    """The numbers 0, 1, 2, … along an axis, repeated along all others.

    Attributes:
        type: the type of the result: any dtype but bool that has room for the numbers.
        axis: the axis along which they run.
    """

    name: ClassVar[str] = "iota"
    view: ClassVar[bool] = True
    type: ArrayType
    axis: int

    def infer(self, *types: ArrayType) -> tuple[ArrayType, ...]:
        dtype = self.type.dtype
        if types:
            raise TypeMismatchError("iota takes no operands", found=f"{len(types)} operands")
        check_axes(self, (self.axis,), self.type.ndim)
        length = self.type.shape[self.axis]
        if dtype.kind == "b" or (dtype.kind in "iu" and length > np.iinfo(dtype).max + 1):
            raise TypeMismatchError(
                f"iota does not fit into {dtype_name(dtype)}",
                found=f"{length} numbers of type {dtype_name(dtype)}",
                expected="a dtype with room for the numbers",
            )
        return possible(self, self.type)

    def evaluate(self, *values: Array) -> tuple[Array, ...]:
        numbers = np.arange(self.type.shape[self.axis]).astype(self.type.dtype)
        others = tuple(axis for axis in range(self.type.ndim) if axis != self.axis)
        return (np.broadcast_to(np.expand_dims(numbers, others), self.type.shape),)

    def batch(
        self, size: int, operands: tuple[Value, ...], batched: Sequence[bool]
    ) -> tuple[Value, ...]:
        raise AssertionError("iota has no operands, so nothing of it is ever batched")


@dataclass(frozen=True)
class Convert(Moving):
    """An array in another dtype, as NumPy's `astype`.

    It is linear from floats and complex numbers to those. Complex numbers do not become real ones
    by themselves, since that would lose the imaginary part in silence.
    """

    name: ClassVar[str] = "convert"
    dtype: DType

    def infer(self, *types: ArrayType) -> tuple[ArrayType, ...]:
        type = one_operand(self, types)
        if type.dtype.kind == "c" and self.dtype.kind in "iuf":
            raise TypeMismatchError(
                "convert does not make real numbers of complex ones",
                found=f"{type} to {self.dtype}",
                expected="a complex dtype",
                remedy="take the part that you mean: real (or imag, or abs)",
            )
        return (type.with_dtype(supported_dtype(self.dtype)),)

    def evaluate(self, *values: Array) -> tuple[Array, ...]:
        return (values[0].astype(self.dtype),)

    def transpose(
        self, operands: tuple[Value, ...], cotangents: tuple[Value, ...]
    ) -> tuple[Tangent, ...]:
        ((x,), (cotangent,)) = operands, cotangents
        if x.dtype.kind == "f" and self.dtype.kind == "c":
            from lineara.ops.complex import real  # here, since that module converts too

            cotangent = real(cotangent)
        return (cotangent if cotangent.dtype == x.dtype else Convert(x.dtype)(cotangent),)

    def batch(
        self, size: int, operands: tuple[Value, ...], batched: Sequence[bool]
    ) -> tuple[Value, ...]:
        return self.all(*operands)
