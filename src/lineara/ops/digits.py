"""Numbers by their digits: whole numbers, and floats as a mantissa times a power of two."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from lineara.errors import TypeMismatchError
from lineara.ir.op import LinearSets, Tangent
from lineara.ir.types import DTYPES, Array, DType, dtype_name
from lineara.ir.value import Value
from lineara.ops.arithmetic import FIRST
from lineara.ops.elementwise import Binary, Unary


@dataclass(frozen=True)
class Gcd(Binary):
    """The greatest common divisor of the absolute values."""

    name: ClassVar[str] = "gcd"
    differentiable: ClassVar[bool] = False
    kinds: ClassVar[str] = "iu"
    ufunc: ClassVar[Any] = np.gcd


@dataclass(frozen=True)
class Lcm(Binary):
    """The least common multiple of the absolute values."""

    name: ClassVar[str] = "lcm"
    differentiable: ClassVar[bool] = False
    kinds: ClassVar[str] = "iu"
    ufunc: ClassVar[Any] = np.lcm


@dataclass(frozen=True)
class BitCount(Unary):
    """How many bits of the absolute value are 1, as u8."""

    name: ClassVar[str] = "bit_count"
    differentiable: ClassVar[bool] = False
    kinds: ClassVar[str] = "iu"
    ufunc: ClassVar[Any] = np.bitwise_count

    def result_dtype(self, *dtypes: DType) -> DType:
        return DTYPES["u8"]


@dataclass(frozen=True)
class Exponent(Unary):
    """The whole number e (i32) for which x = m·2ᵉ with ½ ≤ |m| < 1; 0 for 0, ±∞ and NaN."""

    name: ClassVar[str] = "exponent"
    differentiable: ClassVar[bool] = False
    kinds: ClassVar[str] = "f"

    def result_dtype(self, *dtypes: DType) -> DType:
        return DTYPES["i32"]

    def evaluate(self, *values: Array) -> tuple[Array, ...]:
        x = values[0]
        return (np.where(np.isfinite(x), np.frexp(x)[1], np.int32(0))[()],)


@dataclass(frozen=True)
class Spacing(Unary):
    """The distance to the next number away from 0, with the sign of x."""

    name: ClassVar[str] = "spacing"
    differentiable: ClassVar[bool] = False
    kinds: ClassVar[str] = "f"
    ufunc: ClassVar[Any] = np.spacing


@dataclass(frozen=True)
class NextAfter(Binary):
    """The number next to x on the side of y: as good as x, so that its derivative in x is 1."""

    name: ClassVar[str] = "next_after"
    kinds: ClassVar[str] = "f"
    ufunc: ClassVar[Any] = np.nextafter

    def partial(self, index: int, operands: tuple[Value, ...], result: Value) -> Value:
        return result.like(1.0 - index)


@dataclass(frozen=True)
class Scale(Binary):
    """x·2ⁿ for a whole number n; linear in x."""

    name: ClassVar[str] = "scale"
    kinds: ClassVar[str] = "iuf"
    signature: ClassVar[LinearSets] = FIRST
    ufunc: ClassVar[Any] = np.ldexp

    def result_dtype(self, *dtypes: DType) -> DType:
        x, n = dtypes
        if x.kind != "f" or n not in (DTYPES["i32"], DTYPES["i64"]):
            raise TypeMismatchError(
                "scale takes a float and a whole number of 32 or 64 bits",
                found=", ".join(map(dtype_name, dtypes)),
                expected="f32 or f64, and i32 or i64",
                remedy="insert a convert",
            )
        return x

    def transpose(
        self, operands: tuple[Value, ...], cotangents: tuple[Value, ...]
    ) -> tuple[Tangent, ...]:
        return self(cotangents[0], operands[1]), None


gcd, lcm, bit_count = Gcd(), Lcm(), BitCount()
exponent, spacing, next_after, scale = Exponent(), Spacing(), NextAfter(), Scale()
