"""Values with a name, by which policies of checkpointing know them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from lineara.ir.op import Tangent
from lineara.ir.types import Array, ArrayType
from lineara.ops.broadcast import LinearUnary, one_operand

if TYPE_CHECKING:
    from lineara.ir.value import Value


@dataclass(frozen=True)
class Name(LinearUnary):
    """Its operand, under a name.

    Attributes:
        label: the name.
    """

    name: ClassVar[str] = "name"
    view: ClassVar[bool] = True
    label: str

    def infer(self, *types: ArrayType) -> tuple[ArrayType, ...]:
        return (one_operand(self, types),)

    def evaluate(self, *values: Array) -> tuple[Array, ...]:
        return values

    def work(self, operands: Sequence[ArrayType], results: Sequence[ArrayType]) -> int:
        return 0

    def linear_tangents(
        self, operands: tuple[Value, ...], linear_set: frozenset[int], active: dict[int, Value]
    ) -> tuple[Tangent, ...]:
        return (active[0],)

    def transpose(
        self, operands: tuple[Value, ...], cotangents: tuple[Value, ...]
    ) -> tuple[Tangent, ...]:
        return cotangents

    def batch(
        self, size: int, operands: tuple[Value, ...], batched: Sequence[bool]
    ) -> tuple[Value, ...]:
        return self.all(*operands)
