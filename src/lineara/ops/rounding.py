"""Absolute value and sign, rounding, remainders, and `stop_gradient`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from lineara.ir.op import Tangent
from lineara.ir.types import Array, DType
from lineara.ir.value import Value
from lineara.ops.compare import eq
from lineara.ops.complex import REAL_OF, conj, imag, real, to_complex
from lineara.ops.elementwise import Binary, Unary
from lineara.ops.minmax import where


@dataclass(frozen=True)
class Abs(Unary):
    """The absolute value; of a complex number a real one. The derivative at 0 is 0."""

    name: ClassVar[str] = "abs"
    kinds: ClassVar[str] = "iufc"
    ufunc: ClassVar[Any] = np.absolute

    def result_dtype(self, *dtypes: DType) -> DType:
        return REAL_OF.get(dtypes[0], dtypes[0])

    def jvp(
        self, operands: tuple[Value, ...], results: tuple[Value, ...], tangents: Sequence[Tangent]
    ) -> tuple[Tangent, ...]:
        (x,), (x_dot,) = operands, tangents
        assert x_dot is not None
        if x.dtype.kind == "f":
            return (sign(x) * x_dot,)
        return (real(conj(sign(x)) * x_dot),)


@dataclass(frozen=True)
class Sign(Unary):
    """−1, 0 or 1, with derivative 0; of a complex number z/|z|, and 0, with derivative 0, at 0."""

    name: ClassVar[str] = "sign"
    kinds: ClassVar[str] = "iufc"
    ufunc: ClassVar[Any] = np.sign

    def jvp(
        self, operands: tuple[Value, ...], results: tuple[Value, ...], tangents: Sequence[Tangent]
    ) -> tuple[Tangent, ...]:
        (z,), (s,), (z_dot,) = operands, results, tangents
        assert z_dot is not None
        if z.dtype.kind == "f":
            return (None,)
        radius = abs_(z)
        turn = imag(conj(s) * z_dot) / where(eq(radius, 0.0), np.inf, radius)
        return (s * to_complex(turn.zero_tangent(), turn),)  # i s times the angle's tangent


@dataclass(frozen=True)
class Floor(Unary):
    """The largest integer that is not above x, as a float."""

    name: ClassVar[str] = "floor"
    differentiable: ClassVar[bool] = False
    kinds: ClassVar[str] = "f"
    ufunc: ClassVar[Any] = np.floor


@dataclass(frozen=True)
class Ceil(Unary):
    """The smallest integer that is not below x, as a float."""

    name: ClassVar[str] = "ceil"
    differentiable: ClassVar[bool] = False
    kinds: ClassVar[str] = "f"
    ufunc: ClassVar[Any] = np.ceil


@dataclass(frozen=True)
class Trunc(Unary):
    """The integer next to x on the side of 0, as a float."""

    name: ClassVar[str] = "trunc"
    differentiable: ClassVar[bool] = False
    kinds: ClassVar[str] = "f"
    ufunc: ClassVar[Any] = np.trunc


@dataclass(frozen=True)
class Round(Unary):
    """The nearest integer, the even one of two, as a float."""

    name: ClassVar[str] = "round"
    differentiable: ClassVar[bool] = False
    kinds: ClassVar[str] = "fc"
    ufunc: ClassVar[Any] = np.rint


@dataclass(frozen=True)
class FloorDivide(Binary):
    """floor(x / y)."""

    name: ClassVar[str] = "floor_divide"
    differentiable: ClassVar[bool] = False
    kinds: ClassVar[str] = "iuf"
    ufunc: ClassVar[Any] = np.floor_divide


@dataclass(frozen=True)
class Remainder(Binary):
    """x − y·floor(x / y), which has the sign of y."""

    name: ClassVar[str] = "remainder"
    kinds: ClassVar[str] = "iuf"
    ufunc: ClassVar[Any] = np.remainder

    def partial(self, index: int, operands: tuple[Value, ...], result: Value) -> Value:
        x, y = operands
        return x.like(1.0) if index == 0 else -floor_divide(x, y)


@dataclass(frozen=True)
class Fmod(Binary):
    """x − y·trunc(x / y), which has the sign of x."""

    name: ClassVar[str] = "fmod"
    kinds: ClassVar[str] = "iuf"
    ufunc: ClassVar[Any] = np.fmod

    def partial(self, index: int, operands: tuple[Value, ...], result: Value) -> Value:
        x, y = operands
        # The quotient from the result: x / y itself may have been rounded up to the next integer.
        return x.like(1.0) if index == 0 else round_((result - x) / y)


@dataclass(frozen=True)
class StopGradient(Unary):
    """x, as a constant: derivatives of all orders are 0."""

    name: ClassVar[str] = "stop_gradient"
    differentiable: ClassVar[bool] = False
    view: ClassVar[bool] = True

    def evaluate(self, *values: Array) -> tuple[Array, ...]:
        return values


abs_, sign = Abs(), Sign()
floor, ceil, trunc, round_ = Floor(), Ceil(), Trunc(), Round()
floor_divide, remainder, fmod = FloorDivide(), Remainder(), Fmod()
stop_gradient = StopGradient()
