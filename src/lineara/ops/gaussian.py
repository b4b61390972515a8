"""Relatives of the error function, from SciPy, and the exponential integrals."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import Any, ClassVar

import scipy.special

from lineara.ir.value import Value
from lineara.ops.compare import gt, lt
from lineara.ops.elementwise import Unary
from lineara.ops.exponential import exp
from lineara.ops.minmax import where
from lineara.ops.powers import square
from lineara.ops.rounding import abs_
from lineara.ops.special import TWO_OVER_SQRT_PI


@dataclass(frozen=True)
class Erfi(Unary):
    """2/√π ∫₀ˣ exp(t²) dt."""

    name: ClassVar[str] = "erfi"
    kinds: ClassVar[str] = "f"
    ufunc: ClassVar[Any] = scipy.special.erfi

    def partial(self, index: int, operands: tuple[Value, ...], result: Value) -> Value:
        return exp(square(operands[0])) * TWO_OVER_SQRT_PI


@dataclass(frozen=True)
class Erfcx(Unary):
    """erfc(x) exp(x²)."""

    name: ClassVar[str] = "erfcx"
    kinds: ClassVar[str] = "f"
    ufunc: ClassVar[Any] = scipy.special.erfcx

    def partial(self, index: int, operands: tuple[Value, ...], result: Value) -> Value:
        (x,) = operands
        near = x * 2.0 * result - TWO_OVER_SQRT_PI
        far = _slope_far_out(x, -1) * TWO_OVER_SQRT_PI
        return where(gt(x, x.like(FAR)), far, near)


@dataclass(frozen=True)
class Dawsn(Unary):
    """exp(−x²) ∫₀ˣ exp(t²) dt."""

    name: ClassVar[str] = "dawsn"
    kinds: ClassVar[str] = "f"
    ufunc: ClassVar[Any] = scipy.special.dawsn

    def partial(self, index: int, operands: tuple[Value, ...], result: Value) -> Value:
        (x,) = operands
        near = 1.0 - x * 2.0 * result
        return where(gt(abs_(x), x.like(FAR)), _slope_far_out(x, 1), near)


def _slope_far_out(x: Value, sign: int) -> Value:
    """−1/(2x²) Σ signⁿ (2n+1)!!/(2x²)ⁿ, the asymptotic series for |x| ≥ FAR.

    It is what remains of differences such as 1 − 2x dawsn(x) of almost equal numbers.
    """
    outside = where(lt(abs_(x), x.like(FAR)), x.like(FAR), x)
    u = 0.5 / square(outside)
    total = functools.reduce(
        lambda s, n: s * u * (sign * (2 * n + 3)) + 1.0, reversed(range(14)), u.like(1.0)
    )
    return -u * total


@dataclass(frozen=True)
class Erfinv(Unary):
    """The inverse of erf."""

    name: ClassVar[str] = "erfinv"
    kinds: ClassVar[str] = "f"
    ufunc: ClassVar[Any] = scipy.special.erfinv

    def partial(self, index: int, operands: tuple[Value, ...], result: Value) -> Value:
        return exp(square(result)) * (1 / TWO_OVER_SQRT_PI)


@dataclass(frozen=True)
class Erfcinv(Unary):
    """The inverse of erfc."""

    name: ClassVar[str] = "erfcinv"
    kinds: ClassVar[str] = "f"
    ufunc: ClassVar[Any] = scipy.special.erfcinv

    def partial(self, index: int, operands: tuple[Value, ...], result: Value) -> Value:
        return exp(square(result)) * (-1 / TWO_OVER_SQRT_PI)


@dataclass(frozen=True)
class LogNdtr(Unary):
    """The logarithm of the distribution function of the standard normal distribution."""

    name: ClassVar[str] = "log_ndtr"
    kinds: ClassVar[str] = "f"
    ufunc: ClassVar[Any] = scipy.special.log_ndtr

    def partial(self, index: int, operands: tuple[Value, ...], result: Value) -> Value:
        # The density over the distribution function, without underflow on the left. On the far
        # right, where erfcx overflows, it is as good as zero.
        (x,) = operands
        far = gt(x, x.like(NORMAL_END[x.dtype.itemsize]))
        ratio = math.sqrt(2 / math.pi) / erfcx(where(far, 0.0, x) * -math.sqrt(0.5))
        return where(far, 0.0, ratio)


@dataclass(frozen=True)
class Ndtri(Unary):
    """The inverse of the distribution function of the standard normal distribution."""

    name: ClassVar[str] = "ndtri"
    kinds: ClassVar[str] = "f"
    ufunc: ClassVar[Any] = scipy.special.ndtri

    def partial(self, index: int, operands: tuple[Value, ...], result: Value) -> Value:
        return exp(square(result) * 0.5) * math.sqrt(2 * math.pi)


@dataclass(frozen=True)
class Expi(Unary):
    """The exponential integral Ei, ∫ exp(t)/t dt from −∞ to x."""

    name: ClassVar[str] = "expi"
    kinds: ClassVar[str] = "f"
    ufunc: ClassVar[Any] = scipy.special.expi

    def partial(self, index: int, operands: tuple[Value, ...], result: Value) -> Value:
        return exp(operands[0]) / operands[0]


@dataclass(frozen=True)
class Exp1(Unary):
    """The exponential integral E₁, ∫ exp(−t)/t dt from x to ∞."""

    name: ClassVar[str] = "exp1"
    kinds: ClassVar[str] = "f"
    ufunc: ClassVar[Any] = scipy.special.exp1

    def partial(self, index: int, operands: tuple[Value, ...], result: Value) -> Value:
        return -exp(-operands[0]) / operands[0]


FAR = 10.0
"""Where 14 terms of the asymptotic series are exact to the last bit of a double."""
NORMAL_END = {4: 12.0, 8: 37.0}
"""By size of the dtype, where the normal density is close to the smallest number."""

erfi, erfcx, dawsn, erfinv, erfcinv = Erfi(), Erfcx(), Dawsn(), Erfinv(), Erfcinv()
log_ndtr, ndtri, expi, exp1 = LogNdtr(), Ndtri(), Expi(), Exp1()
GAUSSIAN = (Erfi, Erfcx, Dawsn, Erfinv, Erfcinv, LogNdtr, Ndtri, Expi, Exp1)
