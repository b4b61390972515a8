"""Integrals with a moving end, from SciPy: incomplete gamma and beta functions, their inverses,
and the zeta function of Hurwitz.

The derivative of an integral in its end is what is integrated; that of the inverse is one over it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import scipy.special

from lineara.ir.value import Value
from lineara.ops.compare import eq
from lineara.ops.exponential import exp, log, log1p
from lineara.ops.minmax import where
from lineara.ops.parametric import Parametric
from lineara.ops.special import betaln, gammaln


def _log_power(x: Value, exponent: Value) -> Value:
    """log(x**exponent): 0 where the exponent is, even for x = 0."""
    return exponent * log(where(eq(exponent, 0.0), 1.0, x))


def gamma_density(a: Value, x: Value) -> Value:
    """x**(a−1) exp(−x) / Γ(a)."""
    return exp(_log_power(x, a - 1.0) - x - gammaln(a))


def beta_density(a: Value, b: Value, x: Value) -> Value:
    """x**(a−1) (1−x)**(b−1) / B(a, b)."""
    exponent = b - 1.0
    right = exponent * log1p(where(eq(exponent, 0.0), 0.0, -x))
    return exp(_log_power(x, a - 1.0) + right - betaln(a, b))


def student_density(df: Value, t: Value) -> Value:
    """The density of Student's t distribution with `df` degrees of freedom."""
    half = df * 0.5
    constant = betaln(half, half.like(0.5)) + log(df) * 0.5
    return exp(-constant - (half + 0.5) * log1p(t * t / df))


@dataclass(frozen=True)
class Gammainc(Parametric):
    """1/Γ(a) ∫₀ˣ tᵃ⁻¹ exp(−t) dt: operands are a and x."""

    name: ClassVar[str] = "gammainc"
    ufunc: ClassVar[Any] = scipy.special.gammainc
    parameters: ClassVar[tuple[str, ...]] = ("a",)

    def slope(self, operands: tuple[Value, ...], result: Value) -> Value:
        return gamma_density(*operands)


@dataclass(frozen=True)
class Gammaincc(Parametric):
    """1 − gammainc(a, x), exact for large x."""

    name: ClassVar[str] = "gammaincc"
    ufunc: ClassVar[Any] = scipy.special.gammaincc
    parameters: ClassVar[tuple[str, ...]] = ("a",)

    def slope(self, operands: tuple[Value, ...], result: Value) -> Value:
        return -gamma_density(*operands)


@dataclass(frozen=True)
class Gammaincinv(Parametric):
    """The x where gammainc(a, x) = y: operands are a and y."""

    name: ClassVar[str] = "gammaincinv"
    ufunc: ClassVar[Any] = scipy.special.gammaincinv
    parameters: ClassVar[tuple[str, ...]] = ("a",)

    def slope(self, operands: tuple[Value, ...], result: Value) -> Value:
        return 1.0 / gamma_density(operands[0], result)


@dataclass(frozen=True)
class Gammainccinv(Parametric):
    """The x where gammaincc(a, x) = y: operands are a and y."""

    name: ClassVar[str] = "gammainccinv"
    ufunc: ClassVar[Any] = scipy.special.gammainccinv
    parameters: ClassVar[tuple[str, ...]] = ("a",)

    def slope(self, operands: tuple[Value, ...], result: Value) -> Value:
        return -1.0 / gamma_density(operands[0], result)


@dataclass(frozen=True)
class Betainc(Parametric):
    """1/B(a, b) ∫₀ˣ tᵃ⁻¹ (1−t)ᵇ⁻¹ dt: operands are a, b and x."""

    name: ClassVar[str] = "betainc"
    ufunc: ClassVar[Any] = scipy.special.betainc
    parameters: ClassVar[tuple[str, ...]] = ("a", "b")

    def slope(self, operands: tuple[Value, ...], result: Value) -> Value:
        return beta_density(*operands)


@dataclass(frozen=True)
class Betaincc(Parametric):
    """1 − betainc(a, b, x), exact for x close to 1."""

    name: ClassVar[str] = "betaincc"
    ufunc: ClassVar[Any] = scipy.special.betaincc
    parameters: ClassVar[tuple[str, ...]] = ("a", "b")

    def slope(self, operands: tuple[Value, ...], result: Value) -> Value:
        return -beta_density(*operands)


@dataclass(frozen=True)
class Betaincinv(Parametric):
    """The x where betainc(a, b, x) = y: operands are a, b and y."""

    name: ClassVar[str] = "betaincinv"
    ufunc: ClassVar[Any] = scipy.special.betaincinv
    parameters: ClassVar[tuple[str, ...]] = ("a", "b")

    def slope(self, operands: tuple[Value, ...], result: Value) -> Value:
        return 1.0 / beta_density(operands[0], operands[1], result)


@dataclass(frozen=True)
class Stdtr(Parametric):
    """The distribution function of Student's t: operands are the degrees of freedom, and t."""

    name: ClassVar[str] = "stdtr"
    ufunc: ClassVar[Any] = scipy.special.stdtr
    parameters: ClassVar[tuple[str, ...]] = ("df",)

    def slope(self, operands: tuple[Value, ...], result: Value) -> Value:
        return student_density(*operands)


@dataclass(frozen=True)
class Stdtrit(Parametric):
    """The t where stdtr(df, t) = p: operands are df and p."""

    name: ClassVar[str] = "stdtrit"
    ufunc: ClassVar[Any] = scipy.special.stdtrit
    parameters: ClassVar[tuple[str, ...]] = ("df",)

    def slope(self, operands: tuple[Value, ...], result: Value) -> Value:
        return 1.0 / student_density(operands[0], result)


@dataclass(frozen=True)
class Zeta(Parametric):
    """Σ (q + k)⁻ˣ over k ≥ 0: operands are x and q."""

    name: ClassVar[str] = "zeta"
    ufunc: ClassVar[Any] = staticmethod(scipy.special.zeta)
    parameters: ClassVar[tuple[str, ...]] = ("x",)

    def slope(self, operands: tuple[Value, ...], result: Value) -> Value:
        x, q = operands
        return -x * zeta(x + 1.0, q)


gammainc, gammaincc, gammaincinv = Gammainc(), Gammaincc(), Gammaincinv()
gammainccinv, betainc, betaincc, betaincinv = Gammainccinv(), Betainc(), Betaincc(), Betaincinv()
stdtr, stdtrit, zeta = Stdtr(), Stdtrit(), Zeta()
INCOMPLETE = (
    *(Gammainc, Gammaincc, Gammaincinv, Gammainccinv, Betainc, Betaincc, Betaincinv),
    *(Stdtr, Stdtrit, Zeta),
)
