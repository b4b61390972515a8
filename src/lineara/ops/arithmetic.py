"""The four operations and negation: the linear and bilinear heart of the language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from lineara.ir.op import LinearSets, Tangent
from lineara.ir.program import Literal
from lineara.ir.value import Operators, Value
from lineara.ops.elementwise import Binary, Unary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lineara.ir.program import Operand
    from lineara.ir.types import Array

BOTH: LinearSets = (frozenset({0, 1}),)
EITHER: LinearSets = (frozenset({0}), frozenset({1}))
FIRST: LinearSets = (frozenset({0}),)
NUMBERS = "iufc"


@dataclass(frozen=True)
class Add(Binary):
    """x + y. Also the only way to join two tangents."""

    name: ClassVar[str] = "add"
    kinds: ClassVar[str] = NUMBERS
    ufunc: ClassVar[Any] = np.add
    signature: ClassVar[LinearSets] = BOTH

    def evaluate_in_place(self, *values: Array) -> tuple[Array, ...]:
        return (np.add(values[0], values[1], out=values[0]),)

    def linear_tangents(
        self, operands: tuple[Value, ...], linear_set: frozenset[int], active: dict[int, Value]
    ) -> tuple[Tangent, ...]:
        return (active[0] + active[1] if len(active) == 2 else next(iter(active.values())),)

    def transpose(
        self, operands: tuple[Value, ...], cotangents: tuple[Value, ...]
    ) -> tuple[Tangent, ...]:
        return cotangents * 2


@dataclass(frozen=True)
class Sub(Binary):
    """x − y."""

    name: ClassVar[str] = "sub"
    kinds: ClassVar[str] = NUMBERS
    ufunc: ClassVar[Any] = np.subtract
    signature: ClassVar[LinearSets] = BOTH

    def linear_tangents(
        self, operands: tuple[Value, ...], linear_set: frozenset[int], active: dict[int, Value]
    ) -> tuple[Tangent, ...]:
        if len(active) == 2:
            return (active[0] - active[1],)
        return (active[0] if 0 in active else -active[1],)

    def transpose(
        self, operands: tuple[Value, ...], cotangents: tuple[Value, ...]
    ) -> tuple[Tangent, ...]:
        return cotangents[0], -cotangents[0]


@dataclass(frozen=True)
class Neg(Unary):
    """−x."""

    name: ClassVar[str] = "neg"
    kinds: ClassVar[str] = NUMBERS
    ufunc: ClassVar[Any] = np.negative
    signature: ClassVar[LinearSets] = FIRST

    def transpose(
        self, operands: tuple[Value, ...], cotangents: tuple[Value, ...]
    ) -> tuple[Tangent, ...]:
        return (-cotangents[0],)


@dataclass(frozen=True)
class Mul(Binary):
    """x · y, linear in either operand: its tangent is the product rule."""

    name: ClassVar[str] = "mul"
    kinds: ClassVar[str] = NUMBERS
    ufunc: ClassVar[Any] = np.multiply
    signature: ClassVar[LinearSets] = EITHER

    def same_as(self, operands: Sequence[Operand]) -> Operand | None:
        x, y = operands
        return x if _is(y, 1) else y if _is(x, 1) else None

    def transpose(
        self, operands: tuple[Value, ...], cotangents: tuple[Value, ...]
    ) -> tuple[Tangent, ...]:
        x, y = operands
        return (None, x * cotangents[0]) if y.linear else (y * cotangents[0], None)


@dataclass(frozen=True)
class Div(Binary):
    """x / y for floats and complex numbers, linear in the numerator."""

    name: ClassVar[str] = "div"
    kinds: ClassVar[str] = "fc"
    ufunc: ClassVar[Any] = np.divide
    signature: ClassVar[LinearSets] = FIRST

    def same_as(self, operands: Sequence[Operand]) -> Operand | None:
        return operands[0] if _is(operands[1], 1) else None

    def partial(self, index: int, operands: tuple[Value, ...], result: Value) -> Value:
        return -result / operands[1]

    def transpose(
        self, operands: tuple[Value, ...], cotangents: tuple[Value, ...]
    ) -> tuple[Tangent, ...]:
        return (cotangents[0] / operands[1], None)


def _is(operand: Operand, number: int) -> bool:
    return isinstance(operand, Literal) and bool(operand.value == number)


add, sub, mul, div, neg = Add(), Sub(), Mul(), Div(), Neg()
Value.operators = Operators(add=add, sub=sub, mul=mul, div=div, neg=neg)
