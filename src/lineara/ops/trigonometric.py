"""Trigonometric and hyperbolic functions, and their inverses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from lineara.ir.value import Value
from lineara.ops.compare import eq, lt
from lineara.ops.complex import real
from lineara.ops.elementwise import Binary, Unary
from lineara.ops.exponential import exp
from lineara.ops.minmax import where
from lineara.ops.powers import hypot, reciprocal, sqrt, square


@dataclass(frozen=True)
class Sin(Unary):
    """The sine of x in radians."""

    name: ClassVar[str] = "sin"
    kinds: ClassVar[str] = "fc"
    ufunc: ClassVar[Any] = np.sin

    def partial(self, index: int, operands: tuple[Value, ...], result: Value) -> Value:
        return cos(operands[0])


@dataclass(frozen=True)
class Cos(Unary):
    """The cosine of x in radians."""

    name: ClassVar[str] = "cos"
    kinds: ClassVar[str] = "fc"
    ufunc: ClassVar[Any] = np.cos

    def partial(self, index: int, operands: tuple[Value, ...], result: Value) -> Value:
        return -sin(operands[0])


@dataclass(frozen=True)
class Tan(Unary):
    """The tangent of x in radians."""

    name: ClassVar[str] = "tan"
    kinds: ClassVar[str] = "fc"
    ufunc: ClassVar[Any] = np.tan

    def partial(self, index: int, operands: tuple[Value, ...], result: Value) -> Value:
        return square(result) + 1.0


@dataclass(frozen=True)
class Arcsin(Unary):
    """The inverse sine, in radians."""

    name: ClassVar[str] = "arcsin"
    kinds: ClassVar[str] = "fc"
    ufunc: ClassVar[Any] = np.arcsin

    def partial(self, index: int, operands: tuple[Value, ...], result: Value) -> Value:
        if result.dtype.kind == "c":
            return reciprocal(cos(result))  # the right branch, on both sides of the cuts too
        return reciprocal(_sqrt_one_minus_square(operands[0]))


@dataclass(frozen=True)
class Arccos(Unary):
    """The inverse cosine, in radians."""

    name: ClassVar[str] = "arccos"
    kinds: ClassVar[str] = "fc"
    ufunc: ClassVar[Any] = np.arccos

    def partial(self, index: int, operands: tuple[Value, ...], result: Value) -> Value:
        if result.dtype.kind == "c":
            return -reciprocal(sin(result))  # as for arcsin
        return -reciprocal(_sqrt_one_minus_square(operands[0]))


@dataclass(frozen=True)
class Arctan(Unary):
    """The inverse tangent, in radians."""

    name: ClassVar[str] = "arctan"
    kinds: ClassVar[str] = "fc"
    ufunc: ClassVar[Any] = np.arctan

    def partial(self, index: int, operands: tuple[Value, ...], result: Value) -> Value:
        return reciprocal(square(operands[0]) + 1.0)


@dataclass(frozen=True)
class Sinh(Unary):
    """The hyperbolic sine."""

    name: ClassVar[str] = "sinh"
    kinds: ClassVar[str] = "fc"
    ufunc: ClassVar[Any] = np.sinh

    def partial(self, index: int, operands: tuple[Value, ...], result: Value) -> Value:
        return cosh(operands[0])


@dataclass(frozen=True)
class Cosh(Unary):
    """The hyperbolic cosine."""

    name: ClassVar[str] = "cosh"
    kinds: ClassVar[str] = "fc"
    ufunc: ClassVar[Any] = np.cosh

    def partial(self, index: int, operands: tuple[Value, ...], result: Value) -> Value:
        return sinh(operands[0])


@dataclass(frozen=True)
class Tanh(Unary):
    """The hyperbolic tangent."""

    name: ClassVar[str] = "tanh"
    kinds: ClassVar[str] = "fc"
    ufunc: ClassVar[Any] = np.tanh

    def partial(self, index: int, operands: tuple[Value, ...], result: Value) -> Value:
        # 1 / cosh(x)² = 4e / (1 + e)² with e = exp(−2|x|): 1 − tanh(x)² would cancel.
        (x,) = operands
        below = lt(real(x) if x.dtype.kind == "c" else x, 0.0)
        e = exp(where(below, x.like(2.0), x.like(-2.0)) * x)
        return e / square((e + 1.0) * 0.5)


@dataclass(frozen=True)
class Arcsinh(Unary):
    """The inverse hyperbolic sine."""

    name: ClassVar[str] = "arcsinh"
    kinds: ClassVar[str] = "fc"
    ufunc: ClassVar[Any] = np.arcsinh

    def partial(self, index: int, operands: tuple[Value, ...], result: Value) -> Value:
        x = operands[0]
        if x.dtype.kind == "f":
            return reciprocal(hypot(x, 1.0))  # whose square does not overflow
        return reciprocal(cosh(result))  # the right branch, on both sides of the cuts too


@dataclass(frozen=True)
class Arccosh(Unary):
    """The inverse hyperbolic cosine."""

    name: ClassVar[str] = "arccosh"
    kinds: ClassVar[str] = "fc"
    ufunc: ClassVar[Any] = np.arccosh

    def partial(self, index: int, operands: tuple[Value, ...], result: Value) -> Value:
        return reciprocal(sinh(result))


@dataclass(frozen=True)
class Arctanh(Unary):
    """The inverse hyperbolic tangent."""

    name: ClassVar[str] = "arctanh"
    kinds: ClassVar[str] = "fc"
    ufunc: ClassVar[Any] = np.arctanh

    def partial(self, index: int, operands: tuple[Value, ...], result: Value) -> Value:
        x = operands[0]
        return reciprocal((1.0 - x) * (1.0 + x))


@dataclass(frozen=True)
class Arctan2(Binary):
    """The angle of the point (x, y) = (second operand, first operand), in radians.

    At the origin, where there are no derivatives, all are taken to be 0.
    """

    name: ClassVar[str] = "arctan2"
    kinds: ClassVar[str] = "f"
    ufunc: ClassVar[Any] = np.arctan2

    def partial(self, index: int, operands: tuple[Value, ...], result: Value) -> Value:
        y, x = operands
        radius = hypot(x, y)
        safe = where(eq(radius, 0.0), np.inf, radius)
        return (x if index == 0 else -y) / safe / safe


def _sqrt_one_minus_square(x: Value) -> Value:
    """sqrt(1 − x²) without cancellation near ±1."""
    return sqrt((1.0 - x) * (1.0 + x))


sin, cos, tan = Sin(), Cos(), Tan()
arcsin, arccos, arctan, arctan2 = Arcsin(), Arccos(), Arctan(), Arctan2()
sinh, cosh, tanh = Sinh(), Cosh(), Tanh()
arcsinh, arccosh, arctanh = Arcsinh(), Arccosh(), Arctanh()
