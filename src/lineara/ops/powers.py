"""Powers and roots."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from lineara.errors import LinearaError
from lineara.ir.program import Literal
from lineara.ir.types import Array
from lineara.ir.value import Value
from lineara.ops.compare import and_, eq
from lineara.ops.elementwise import Binary, Unary
from lineara.ops.minmax import where


class NegativePowerError(LinearaError, ValueError):
    """An integer is raised to a negative power."""


def _power(x: Array, y: Array) -> Array:
    try:
        result: Array = np.power(x, y)
    except ValueError:
        raise NegativePowerError(
            "integers have no negative integer powers",
            found=f"the exponent {np.min(y)}",
            expected="exponents that are not negative",
            remedy="convert both to float",
        ) from None
    return result


@dataclass(frozen=True)
class Sqrt(Unary):
    """The square root. Its derivative at 0 is infinite."""

    name: ClassVar[str] = "sqrt"
    kinds: ClassVar[str] = "fc"
    ufunc: ClassVar[Any] = np.sqrt

    def partial(self, index: int, operands: tuple[Value, ...], result: Value) -> Value:
        return 0.5 / result


@dataclass(frozen=True)
class Cbrt(Unary):
    """The real cube root, of negative numbers too."""

    name: ClassVar[str] = "cbrt"
    kinds: ClassVar[str] = "f"
    ufunc: ClassVar[Any] = np.cbrt

    def partial(self, index: int, operands: tuple[Value, ...], result: Value) -> Value:
        return (1.0 / 3.0) / square(result)


@dataclass(frozen=True)
class Square(Unary):
    """x times x."""

    name: ClassVar[str] = "square"
    kinds: ClassVar[str] = "iufc"
    ufunc: ClassVar[Any] = np.square

    def partial(self, index: int, operands: tuple[Value, ...], result: Value) -> Value:
        return operands[0] * 2.0


@dataclass(frozen=True)
class Reciprocal(Unary):
    """1 / x."""

    name: ClassVar[str] = "reciprocal"
    kinds: ClassVar[str] = "fc"
    ufunc: ClassVar[Any] = np.reciprocal

    def partial(self, index: int, operands: tuple[Value, ...], result: Value) -> Value:
        return -square(result)


@dataclass(frozen=True)
class Pow(Binary):
    """x to the y.

    The derivative in x where both are 0 is 0, and that in y where x is 0 is 0, so that polynomials
    are right at 0. Integers have no negative powers, as in NumPy.
    """

    name: ClassVar[str] = "pow"
    kinds: ClassVar[str] = "iufc"
    ufunc: ClassVar[Any] = staticmethod(_power)

    def partial(self, index: int, operands: tuple[Value, ...], result: Value) -> Value:
        x, y = operands
        if index == 1:
            from lineara.ops.exponential import log  # here, since that module needs this one

            return result * log(where(eq(x, 0.0), 1.0, x))
        if isinstance(y.operand, Literal):
            return _power_rule(x, y.operand.value)
        # Only at the origin: elsewhere the exponent must depend on y, for derivatives in y too.
        origin = and_(eq(x, 0.0), eq(y, 0.0))
        return y * pow_(x, where(origin, 0.0, y - 1.0))


@dataclass(frozen=True)
class Hypot(Binary):
    """sqrt(x² + y²) without overflow. At the origin all derivatives are taken to be 0."""

    name: ClassVar[str] = "hypot"
    kinds: ClassVar[str] = "f"
    ufunc: ClassVar[Any] = np.hypot

    def partial(self, index: int, operands: tuple[Value, ...], result: Value) -> Value:
        return operands[index] / where(eq(result, 0.0), np.inf, result)


def _power_rule(x: Value, n: Any) -> Value:
    """n·x**(n − 1) for a constant n."""
    if n == 0:
        return x.like(0.0)
    if n == 1:
        return x.like(1.0)
    if n == 2:
        return x * 2.0
    return pow_(x, x.literal(n - 1)) * x.literal(n)


sqrt, cbrt, square, reciprocal = Sqrt(), Cbrt(), Square(), Reciprocal()
pow_, hypot = Pow(), Hypot()
