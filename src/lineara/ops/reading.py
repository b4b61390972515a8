"""Reading and changing a part of an array whose place is known at run time only.

Four kinds of op belong together, whatever says where the part is (index arrays for `gather`,
starts for `dynamic_slice`)::

    part        = reading whole positions…
    part', same' = sharing whole' positions…          the reading fused with dup
    changed     = adding whole part positions…        adds to the part
    changed     = setting whole part positions…       replaces the part

Reading is transposed by adding, and the other way round. All cost what they read or write, not
the size of the whole: with one owner, a linear value is changed in place.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from lineara.errors import ShapeMismatchError, TypeMismatchError
from lineara.ir.op import LinearSets, Op, Tangent
from lineara.ir.structural import Structural, linear_type
from lineara.ir.types import Array, ArrayType
from lineara.ops.shape import with_examples

if TYPE_CHECKING:
    from lineara.ir.value import Value


@dataclass(frozen=True)
class Reading(Op):
    """Reads a part of its first operand, at positions that the other operands say."""

    total: ClassVar[bool] = False

    @property
    @abstractmethod
    def adding(self) -> Op:
        """The op that adds to the part."""

    def linear_sets(self, *types: ArrayType) -> LinearSets:
        return (frozenset({0}),) if types[0].has_tangent else ()

    def transpose(
        self, operands: tuple[Value, ...], cotangents: tuple[Value, ...]
    ) -> tuple[Tangent, ...]:
        whole, *positions = operands
        zero = cotangents[0].builder.zero(whole.type)
        return self.adding(zero, *cotangents, *positions), *(None for _ in positions)


@dataclass(frozen=True)
class Sharing(Structural):
    """Reads a part of a linear variable, and returns the part and the variable itself.

    The part is fresh memory: who owns the whole still does, and may overwrite it.
    """

    view: ClassVar[bool] = True

    @property
    @abstractmethod
    def reading(self) -> Reading:
        """The op that only reads."""

    def infer(self, *types: ArrayType) -> tuple[ArrayType, ...]:
        return (*self.reading.infer(*types), linear_type(self, types[:1]))

    def gives_back(self) -> dict[int, int]:
        return {0: 1}

    def evaluate(self, *values: Array) -> tuple[Array, ...]:
        (part,) = self.reading.evaluate(*values)
        return part.copy() if self.reading.view else part, values[0]

    def work(self, operands: Sequence[ArrayType], results: Sequence[ArrayType]) -> int:
        return results[0].size

    def transpose(
        self, operands: tuple[Value, ...], cotangents: tuple[Value, ...]
    ) -> tuple[Tangent, ...]:
        part, rest = cotangents
        positions = operands[1:]
        return self.reading.adding(rest, part, *positions), *(None for _ in positions)

    def forgotten(self, operands: tuple[Value, ...]) -> tuple[Value, ...]:
        return self.reading(*operands), operands[0]

    def batch(
        self, size: int, operands: tuple[Value, ...], batched: Sequence[bool]
    ) -> tuple[Value, ...]:
        part = self.reading.batch(size, operands, batched)  # the builder makes it share again
        return *part, *with_examples(size, operands[:1], batched[:1])


@dataclass(frozen=True)
class Changing(Op):
    """Changes a part of its first operand by the second; linear in these two together."""

    total: ClassVar[bool] = False

    @abstractmethod
    def reading(self, part: ArrayType) -> Op:
        """The op that reads what this one changes with a `part` of such a type."""

    def infer(self, *types: ArrayType) -> tuple[ArrayType, ...]:
        if len(types) < 2 or types[0].dtype != types[1].dtype:
            raise TypeMismatchError(
                f"{self.name} takes an array, a part of the same dtype, and its position",
                found=", ".join(map(str, types)) or "no operands",
                expected="equal dtypes",
                remedy="insert a convert",
            )
        whole, part, *positions = types
        (expected,) = self.reading(part).infer(whole, *positions)
        if part != expected:
            raise ShapeMismatchError(
                f"the second operand of {self.name} is not what would be read at that position",
                found=str(part),
                expected=str(expected),
            )
        return (whole,)

    def linear_sets(self, *types: ArrayType) -> LinearSets:
        return (frozenset({0, 1}),) if types[0].has_tangent else ()

    def evaluate(self, *values: Array) -> tuple[Array, ...]:
        return self.evaluate_in_place(np.array(values[0], order="C"), *values[1:])

    @abstractmethod
    def evaluate_in_place(self, *values: Array) -> tuple[Array, ...]: ...

    def work(self, operands: Sequence[ArrayType], results: Sequence[ArrayType]) -> int:
        return operands[1].size


@dataclass(frozen=True)
class Adding(Changing):
    """Adds to a part."""

    def infer(self, *types: ArrayType) -> tuple[ArrayType, ...]:
        if types and types[0].dtype.kind == "b":
            raise TypeMismatchError(
                f"{self.name} is not defined for bool",
                found=", ".join(map(str, types)),
                expected="arrays of numbers",
                remedy="convert the operands first",
            )
        return super().infer(*types)

    def linear_tangents(
        self, operands: tuple[Value, ...], linear_set: frozenset[int], active: dict[int, Value]
    ) -> tuple[Tangent, ...]:
        if 1 not in active:
            return (active[0],)
        return super().linear_tangents(operands, linear_set, active)

    def transpose(
        self, operands: tuple[Value, ...], cotangents: tuple[Value, ...]
    ) -> tuple[Tangent, ...]:
        (changed,) = cotangents
        _, part, *positions = operands
        read = self.reading(part.type)(changed, *positions)
        return changed, read, *(None for _ in positions)


@dataclass(frozen=True)
class Setting(Changing):
    """Replaces a part."""

    def transpose(
        self, operands: tuple[Value, ...], cotangents: tuple[Value, ...]
    ) -> tuple[Tangent, ...]:
        (changed,) = cotangents
        _, part, *positions = operands
        read = self.reading(part.type)(changed, *positions)
        whole = self(changed, changed.builder.zero(part.type), *positions)
        return whole, self.written(whole, read, positions), *(None for _ in positions)

    def written(self, whole: Value, part: Value, positions: Sequence[Value]) -> Value:
        """`part`, zero where its elements are overwritten by later ones."""
        return part
