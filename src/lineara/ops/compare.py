"""Comparisons, tests and bitwise logic: ops without derivatives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from lineara.ir.types import DTYPES, DType
from lineara.ops.elementwise import Binary, Unary


@dataclass(frozen=True)
class Comparison(Binary):
    """A comparison of two numbers; the result is a bool."""

    differentiable: ClassVar[bool] = False
    kinds: ClassVar[str] = "biuf"

    def result_dtype(self, *dtypes: DType) -> DType:
        super().result_dtype(*dtypes)
        return DTYPES["bool"]


@dataclass(frozen=True)
class Test(Unary):
    """A property of one number; the result is a bool."""

    differentiable: ClassVar[bool] = False
    kinds: ClassVar[str] = "fc"

    def result_dtype(self, *dtypes: DType) -> DType:
        return DTYPES["bool"]


@dataclass(frozen=True)
class Eq(Comparison):
    """Whether x = y."""

    name: ClassVar[str] = "eq"
    kinds: ClassVar[str] = "biufc"
    ufunc: ClassVar[Any] = np.equal


@dataclass(frozen=True)
class Ne(Comparison):
    """Whether x ≠ y."""

    name: ClassVar[str] = "ne"
    kinds: ClassVar[str] = "biufc"
    ufunc: ClassVar[Any] = np.not_equal


@dataclass(frozen=True)
class Lt(Comparison):
    """Whether x < y."""

    name: ClassVar[str] = "lt"
    ufunc: ClassVar[Any] = np.less


@dataclass(frozen=True)
class Le(Comparison):
    """Whether x ≤ y."""

    name: ClassVar[str] = "le"
    ufunc: ClassVar[Any] = np.less_equal


@dataclass(frozen=True)
class Gt(Comparison):
    """Whether x > y."""

    name: ClassVar[str] = "gt"
    ufunc: ClassVar[Any] = np.greater


@dataclass(frozen=True)
class Ge(Comparison):
    """Whether x ≥ y."""

    name: ClassVar[str] = "ge"
    ufunc: ClassVar[Any] = np.greater_equal


@dataclass(frozen=True)
class IsNan(Test):
    """Whether x is not a number."""

    name: ClassVar[str] = "isnan"
    ufunc: ClassVar[Any] = np.isnan


@dataclass(frozen=True)
class IsInf(Test):
    """Whether x is infinite."""

    name: ClassVar[str] = "isinf"
    ufunc: ClassVar[Any] = np.isinf


@dataclass(frozen=True)
class IsFinite(Test):
    """Whether x is neither infinite nor NaN."""

    name: ClassVar[str] = "isfinite"
    ufunc: ClassVar[Any] = np.isfinite


@dataclass(frozen=True)
class And(Binary):
    """Bitwise and; logical and of bools."""

    name: ClassVar[str] = "and"
    differentiable: ClassVar[bool] = False
    kinds: ClassVar[str] = "biu"
    ufunc: ClassVar[Any] = np.bitwise_and


@dataclass(frozen=True)
class Or(Binary):
    """Bitwise or; logical or of bools."""

    name: ClassVar[str] = "or"
    differentiable: ClassVar[bool] = False
    kinds: ClassVar[str] = "biu"
    ufunc: ClassVar[Any] = np.bitwise_or


@dataclass(frozen=True)
class Xor(Binary):
    """Bitwise exclusive or; inequality of bools."""

    name: ClassVar[str] = "xor"
    differentiable: ClassVar[bool] = False
    kinds: ClassVar[str] = "biu"
    ufunc: ClassVar[Any] = np.bitwise_xor


@dataclass(frozen=True)
class Not(Unary):
    """Bitwise complement; logical not of bools."""

    name: ClassVar[str] = "not"
    differentiable: ClassVar[bool] = False
    kinds: ClassVar[str] = "biu"
    ufunc: ClassVar[Any] = np.invert


@dataclass(frozen=True)
class LeftShift(Binary):
    """x shifted to the left by y bits."""

    name: ClassVar[str] = "left_shift"
    differentiable: ClassVar[bool] = False
    kinds: ClassVar[str] = "iu"
    ufunc: ClassVar[Any] = np.left_shift


@dataclass(frozen=True)
class RightShift(Binary):
    """x shifted to the right by y bits."""

    name: ClassVar[str] = "right_shift"
    differentiable: ClassVar[bool] = False
    kinds: ClassVar[str] = "iu"
    ufunc: ClassVar[Any] = np.right_shift


eq, ne, lt, le, gt, ge = Eq(), Ne(), Lt(), Le(), Gt(), Ge()
isnan, isinf, isfinite = IsNan(), IsInf(), IsFinite()
and_, or_, xor, not_ = And(), Or(), Xor(), Not()
left_shift, right_shift = LeftShift(), RightShift()
