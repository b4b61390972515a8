"""Ops that run other functions: `call`.

Their operands and results are the non-linear ones first, then the linear ones, as in the
functions that they name. The transformations treat them by deriving the callee once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from lineara.errors import LinearityError, TypeMismatchError
from lineara.ir.cost import work
from lineara.ir.op import Op
from lineara.ir.program import Function
from lineara.ir.types import Array, ArrayType

if TYPE_CHECKING:
    from lineara.ir.value import Value


@dataclass(frozen=True)
class Call(Op):
    """Calls a function."""

    name: ClassVar[str] = "call"
    function: Function

    def infer(self, *types: ArrayType) -> tuple[ArrayType, ...]:
        params = tuple(p.type for p in self.function.all_params)
        if types != params:
            raise TypeMismatchError(
                f"the operands do not fit {self.function.name}",
                found=_list(types),
                expected=_list(params),
            )
        return tuple(result.type for result in self.function.all_results)

    def linearity(self, types: Sequence[ArrayType], linear: Sequence[bool]) -> tuple[bool, ...]:
        self.infer(*types)
        params = [p.linear for p in self.function.all_params]
        if list(linear) != params:
            raise LinearityError(
                f"{self.function.name} takes linear values for its linear parameters only",
                found=_pattern(linear),
                expected=_pattern(params),
                remedy="zero makes a linear value; drop discards one",
            )
        return tuple(result.linear for result in self.function.all_results)

    def evaluate(self, *values: Array) -> tuple[Array, ...]:
        raise AssertionError("the interpreter handles calls")

    def work(self, operands: Sequence[ArrayType], results: Sequence[ArrayType]) -> int:
        return work(self.function)

    def batch(
        self, size: int, operands: tuple[Value, ...], batched: Sequence[bool]
    ) -> tuple[Value, ...]:
        raise AssertionError("the transformation handles calls")


def _list(types: Sequence[ArrayType]) -> str:
    return f"({', '.join(map(str, types))})"


def _pattern(linear: Sequence[bool]) -> str:
    return ", ".join("linear" if is_linear else "non-linear" for is_linear in linear) or "nothing"
