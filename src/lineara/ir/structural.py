"""The structural ops of linear variables: copying, discarding and making zero are visible.

=============================  ===========================  ==================
op                             transpose                    work
=============================  ===========================  ==================
``a', b' = dup x'``            ``add``                      (copies − 1) sizes
``drop x'``                    ``zero``                     nothing
``z' = zero[type=f64[3]]``     ``drop``                     nothing
=============================  ===========================  ==================

(`add`, the only way to join two tangents, is an ordinary elementwise op.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, ClassVar

from lineara.errors import LinearityError, TypeMismatchError
from lineara.ir.containers import zeros
from lineara.ir.op import LinearSets, Op, Tangent
from lineara.ir.types import Array, ArrayType

if TYPE_CHECKING:
    from lineara.ir.value import Value


@dataclass(frozen=True)
class Structural(Op):
    """An op that exists for linear variables only; its first operand, if any, is linear."""

    def linear_sets(self, *types: ArrayType) -> LinearSets:
        return (frozenset({0}),)

    def linearity(self, types: Sequence[ArrayType], linear: Sequence[bool]) -> tuple[bool, ...]:
        if any(is_linear != (i == 0) for i, is_linear in enumerate(linear)):
            raise LinearityError(
                f"{self.name} is for linear variables",
                found="operands " + ", ".join(map(str, types)),
                expected="a linear variable, written with a prime, as the first operand only",
                remedy=f"leave out the {self.name}: ordinary values are used any number of times",
            )
        return (True,) * len(self.infer(*types))

    def forgotten(self, operands: tuple[Value, ...]) -> tuple[Value, ...]:
        """The results if the linear operand were an ordinary value, made with ordinary ops."""
        raise AssertionError(f"{self.name} has nothing to forget")


def linear_type(op: Op, types: Sequence[ArrayType]) -> ArrayType:
    """The type of the only operand, which must be one that has tangents."""
    if len(types) != 1:
        raise TypeMismatchError(
            f"{op.name} takes one operand", found=f"{len(types)} operands", expected="1 operand"
        )
    if not types[0].has_tangent:
        raise TypeMismatchError(
            f"no linear value has type {types[0]}",
            found=str(types[0]),
            expected="a float or complex type",
        )
    return types[0]


@dataclass(frozen=True)
class Dup(Structural):
    """Copies a linear variable."""

    name: ClassVar[str] = "dup"
    view: ClassVar[bool] = True
    copies: int = 2

    def infer(self, *types: ArrayType) -> tuple[ArrayType, ...]:
        if self.copies < 1:
            raise TypeMismatchError("dup makes at least one copy", found=f"copies={self.copies}")
        return (linear_type(self, types),) * self.copies

    def gives_back(self) -> dict[int, int]:
        return {0: self.copies - 1}

    def evaluate(self, *values: Array) -> tuple[Array, ...]:
        return values * self.copies

    def work(self, operands: Sequence[ArrayType], results: Sequence[ArrayType]) -> int:
        return (self.copies - 1) * operands[0].size

    def transpose(
        self, operands: tuple[Value, ...], cotangents: tuple[Value, ...]
    ) -> tuple[Tangent, ...]:
        return (reduce(lambda a, b: a + b, cotangents),)

    def forgotten(self, operands: tuple[Value, ...]) -> tuple[Value, ...]:
        return operands * self.copies

    def batch(
        self, size: int, operands: tuple[Value, ...], batched: Sequence[bool]
    ) -> tuple[Value, ...]:
        return self.all(*operands)


@dataclass(frozen=True)
class Drop(Structural):
    """Discards a linear variable."""

    name: ClassVar[str] = "drop"

    def infer(self, *types: ArrayType) -> tuple[ArrayType, ...]:
        linear_type(self, types)
        return ()

    def evaluate(self, *values: Array) -> tuple[Array, ...]:
        return ()

    def transpose(
        self, operands: tuple[Value, ...], cotangents: tuple[Value, ...]
    ) -> tuple[Tangent, ...]:
        raise AssertionError("drop has no cotangent to start from: transposition makes a zero")

    def forgotten(self, operands: tuple[Value, ...]) -> tuple[Value, ...]:
        return ()

    def batch(
        self, size: int, operands: tuple[Value, ...], batched: Sequence[bool]
    ) -> tuple[Value, ...]:
        return self.all(*operands)


@dataclass(frozen=True)
class Zero(Structural):
    """A tangent that is zero."""

    name: ClassVar[str] = "zero"
    view: ClassVar[bool] = True
    type: ArrayType

    def infer(self, *types: ArrayType) -> tuple[ArrayType, ...]:
        if types:
            raise TypeMismatchError("zero takes no operands", found=f"{len(types)} operands")
        return (linear_type(self, [self.type]),)

    def evaluate(self, *values: Array) -> tuple[Array, ...]:
        return (zeros(self.type),)

    def work(self, operands: Sequence[ArrayType], results: Sequence[ArrayType]) -> int:
        return 0

    def transpose(
        self, operands: tuple[Value, ...], cotangents: tuple[Value, ...]
    ) -> tuple[Tangent, ...]:
        return ()  # the builder drops the cotangent, as it does with every value left unused

    def batch(
        self, size: int, operands: tuple[Value, ...], batched: Sequence[bool]
    ) -> tuple[Value, ...]:
        raise AssertionError("zero has no operands, so nothing of it is ever batched")
