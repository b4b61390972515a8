"""Special functions, from SciPy."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import scipy.special

from lineara.ir.types import Array
from lineara.ir.value import Value
from lineara.ops.elementwise import Binary, Unary
from lineara.ops.exponential import exp
from lineara.ops.powers import square


@dataclass(frozen=True)
class Erf(Unary):
    """The error function, 2/√π ∫₀ˣ exp(−t²) dt."""

    name: ClassVar[str] = "erf"
    kinds: ClassVar[str] = "f"
    ufunc: ClassVar[Any] = scipy.special.erf

    def partial(self, index: int, operands: tuple[Value, ...], result: Value) -> Value:
        return exp(-square(operands[0])) * TWO_OVER_SQRT_PI


@dataclass(frozen=True)
class Erfc(Unary):
    """1 − erf(x), exact for large x."""

    name: ClassVar[str] = "erfc"
    kinds: ClassVar[str] = "f"
    ufunc: ClassVar[Any] = scipy.special.erfc

    def partial(self, index: int, operands: tuple[Value, ...], result: Value) -> Value:
        return exp(-square(operands[0])) * -TWO_OVER_SQRT_PI


@dataclass(frozen=True)
class Gammaln(Unary):
    """The logarithm of the absolute value of the gamma function."""

    name: ClassVar[str] = "gammaln"
    kinds: ClassVar[str] = "f"
    ufunc: ClassVar[Any] = scipy.special.gammaln

    def partial(self, index: int, operands: tuple[Value, ...], result: Value) -> Value:
        return digamma(operands[0])


@dataclass(frozen=True)
class Digamma(Unary):
    """The derivative of gammaln."""

    name: ClassVar[str] = "digamma"
    kinds: ClassVar[str] = "f"
    ufunc: ClassVar[Any] = scipy.special.digamma

    def partial(self, index: int, operands: tuple[Value, ...], result: Value) -> Value:
        return Polygamma(1)(operands[0])


@dataclass(frozen=True)
class Polygamma(Unary):
    """The derivative of order `order` ≥ 1 of digamma."""

    name: ClassVar[str] = "polygamma"
    kinds: ClassVar[str] = "f"
    order: int

    def evaluate(self, *values: Array) -> tuple[Array, ...]:
        x = np.asarray(values[0])
        return (scipy.special.polygamma(self.order, x).astype(x.dtype)[()],)

    def partial(self, index: int, operands: tuple[Value, ...], result: Value) -> Value:
        return Polygamma(self.order + 1)(operands[0])


@dataclass(frozen=True)
class Gamma(Unary):
    """The gamma function."""

    name: ClassVar[str] = "gamma"
    kinds: ClassVar[str] = "f"
    ufunc: ClassVar[Any] = scipy.special.gamma

    def partial(self, index: int, operands: tuple[Value, ...], result: Value) -> Value:
        return result * digamma(operands[0])


@dataclass(frozen=True)
class Beta(Binary):
    """The beta function, Γ(a) Γ(b) / Γ(a + b)."""

    name: ClassVar[str] = "beta"
    kinds: ClassVar[str] = "f"
    ufunc: ClassVar[Any] = scipy.special.beta

    def partial(self, index: int, operands: tuple[Value, ...], result: Value) -> Value:
        return result * (digamma(operands[index]) - digamma(operands[0] + operands[1]))


@dataclass(frozen=True)
class Betaln(Binary):
    """The logarithm of the absolute value of the beta function."""

    name: ClassVar[str] = "betaln"
    kinds: ClassVar[str] = "f"
    ufunc: ClassVar[Any] = scipy.special.betaln

    def partial(self, index: int, operands: tuple[Value, ...], result: Value) -> Value:
        return digamma(operands[index]) - digamma(operands[0] + operands[1])


TWO_OVER_SQRT_PI = 2 / math.sqrt(math.pi)

erf, erfc, gammaln, digamma = Erf(), Erfc(), Gammaln(), Digamma()
gamma, beta, betaln = Gamma(), Beta(), Betaln()
