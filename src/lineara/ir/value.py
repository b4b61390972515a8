"""Values: operands under construction, with operators, so that rules read like formulas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, TypeAlias

import numpy as np

from lineara.ir.containers import Container
from lineara.ir.op import SCALARS, Op
from lineara.ir.program import Literal, Operand, Variable
from lineara.ir.types import ArrayType, DType

if TYPE_CHECKING:
    from lineara.ir.builder import Builder

Scalar: TypeAlias = bool | int | float | complex


class Operators(NamedTuple):
    """The ops behind the operators of `Value`; `lineara.ops.arithmetic` supplies them."""

    add: Op
    sub: Op
    mul: Op
    div: Op
    neg: Op


class Value:
    """An operand of the function that `builder` is building.

    Operators and ops take values of equal shape and dtype, or of rank 0; a Python number takes
    the dtype of the value that it meets. There is no other promotion: that is the front end's.
    """

    __slots__ = ("builder", "operand")

    operators: ClassVar[Operators]
    join: ClassVar[Op]
    """What adds values that are not arrays; `lineara.ops.packages` supplies it."""

    def __init__(self, builder: Builder, operand: Operand) -> None:
        self.builder = builder
        self.operand = operand

    @property
    def type(self) -> ArrayType:
        return self.operand.type

    @property
    def shape(self) -> tuple[int, ...]:
        return self.operand.type.shape

    @property
    def dtype(self) -> DType:
        return self.operand.type.dtype

    @property
    def ndim(self) -> int:
        return len(self.operand.type.shape)

    @property
    def linear(self) -> bool:
        return self.operand.linear

    def like(self, other: Value | Scalar) -> Value:
        """`other` as a value; a Python number becomes a literal of this value's dtype."""
        if isinstance(other, SCALARS):
            return Value(self.builder, Literal(np.asarray(other, self.dtype)))
        return other

    def literal(self, value: Any) -> Value:
        """A scalar constant of its own dtype."""
        return Value(self.builder, Literal(value))

    def hinted(self, hint: str | None) -> Value:
        """This value; a variable that has no name for printing gets one."""
        if isinstance(self.operand, Variable):
            self.operand.hint = self.operand.hint or hint
        return self

    def zero_tangent(self) -> Value:
        """A linear zero of this value's type."""
        return self.builder.zero(self.type.tangent)

    def __add__(self, other: Value | Scalar) -> Value:
        if isinstance(self.type, Container):
            return self.join(self, other)
        return self.operators.add(self, other)

    def __radd__(self, other: Scalar) -> Value:
        return self.operators.add(other, self)

    def __sub__(self, other: Value | Scalar) -> Value:
        return self.operators.sub(self, other)

    def __rsub__(self, other: Scalar) -> Value:
        return self.operators.sub(other, self)

    def __mul__(self, other: Value | Scalar) -> Value:
        return self.operators.mul(self, other)

    def __rmul__(self, other: Scalar) -> Value:
        return self.operators.mul(other, self)

    def __truediv__(self, other: Value | Scalar) -> Value:
        return self.operators.div(self, other)

    def __rtruediv__(self, other: Scalar) -> Value:
        return self.operators.div(other, self)

    def __neg__(self) -> Value:
        return self.operators.neg(self)

    def __repr__(self) -> str:
        return f"Value({self.operand!r})"
