"""Several values as one, and stacks: what tapes are made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from lineara.errors import TypeMismatchError
from lineara.ir.containers import Container, Package, Stack, added, package, stack, zeros
from lineara.ir.op import LinearSets, Op, Tangent
from lineara.ir.types import Array, ArrayType
from lineara.ir.value import Value
from lineara.ops.broadcast import broadcast
from lineara.ops.reduce import ReduceMax
from lineara.ops.stacks import Repeat


@dataclass(frozen=True)
class Moving(Op):
    """An op that puts values together or takes them apart; it does not touch them."""

    view: ClassVar[bool] = True

    def linear_sets(self, *types: ArrayType) -> LinearSets:
        everything = frozenset(range(len(types)))
        return (everything,) if types and all(t.tangent is t for t in types) else ()

    def work(self, operands: Sequence[ArrayType], results: Sequence[ArrayType]) -> int:
        return 0


@dataclass(frozen=True)
class Pack(Moving):
    """Several values as one."""

    name: ClassVar[str] = "pack"

    def infer(self, *types: ArrayType) -> tuple[ArrayType, ...]:
        return (package(types),)

    def evaluate(self, *values: Array) -> tuple[Any, ...]:
        return (values,)

    def jvp(
        self, operands: tuple[Value, ...], results: tuple[Value, ...], tangents: Sequence[Tangent]
    ) -> tuple[Tangent, ...]:
        inputs = [
            x.zero_tangent() if t is None else t
            for x, t in zip(operands, tangents, strict=True)
            if x.type.has_tangent
        ]
        return self.all(*inputs)

    def transpose(
        self, operands: tuple[Value, ...], cotangents: tuple[Value, ...]
    ) -> tuple[Tangent, ...]:
        return unpack.all(*cotangents)

    def batch(
        self, size: int, operands: tuple[Value, ...], batched: Sequence[bool]
    ) -> tuple[Value, ...]:
        return self.all(
            *(x if b else repeated(x, size) for x, b in zip(operands, batched, strict=True))
        )


@dataclass(frozen=True)
class Unpack(Moving):
    """The values in a package."""

    name: ClassVar[str] = "unpack"

    def infer(self, *types: ArrayType) -> tuple[ArrayType, ...]:
        if len(types) != 1 or not isinstance(types[0], Package):
            raise TypeMismatchError(
                "unpack takes a package",
                found=", ".join(map(str, types)) or "no operands",
                expected="a value that pack has made",
            )
        return types[0].items

    def evaluate(self, *values: Array) -> tuple[Array, ...]:
        return tuple(values[0])

    def jvp(
        self, operands: tuple[Value, ...], results: tuple[Value, ...], tangents: Sequence[Tangent]
    ) -> tuple[Tangent, ...]:
        (tangent,) = tangents
        assert tangent is not None
        parts = iter(self.all(tangent))
        return tuple(next(parts) if result.type.has_tangent else None for result in results)

    def transpose(
        self, operands: tuple[Value, ...], cotangents: tuple[Value, ...]
    ) -> tuple[Tangent, ...]:
        return pack.all(*cotangents)

    def batch(
        self, size: int, operands: tuple[Value, ...], batched: Sequence[bool]
    ) -> tuple[Value, ...]:
        return self.all(*operands)


@dataclass(frozen=True)
class Join(Op):
    """The sum of two packages, or of two stacks: `add` for what is not an array."""

    name: ClassVar[str] = "join"

    def infer(self, *types: ArrayType) -> tuple[ArrayType, ...]:
        if len(types) != 2 or types[0] != types[1] or not isinstance(types[0], Container):
            raise TypeMismatchError(
                "join adds two packages or stacks of one type",
                found=", ".join(map(str, types)) or "no operands",
                expected="two values of one type",
                remedy="add arrays with add",
            )
        return types[:1]

    def linear_sets(self, *types: ArrayType) -> LinearSets:
        return (frozenset({0, 1}),)

    def evaluate(self, *values: Array) -> tuple[Any, ...]:
        return (added(*values),)

    def linear_tangents(
        self, operands: tuple[Value, ...], linear_set: frozenset[int], active: dict[int, Value]
    ) -> tuple[Tangent, ...]:
        return (active[0] + active[1] if len(active) == 2 else next(iter(active.values())),)

    def transpose(
        self, operands: tuple[Value, ...], cotangents: tuple[Value, ...]
    ) -> tuple[Tangent, ...]:
        return cotangents * 2

    def batch(
        self, size: int, operands: tuple[Value, ...], batched: Sequence[bool]
    ) -> tuple[Value, ...]:
        return self.all(
            *(x if b else repeated(x, size) for x, b in zip(operands, batched, strict=True))
        )


@dataclass(frozen=True)
class Blank(Op):
    """A value of any type that is zero."""

    name: ClassVar[str] = "blank"
    view: ClassVar[bool] = True
    type: ArrayType

    def infer(self, *types: ArrayType) -> tuple[ArrayType, ...]:
        if types:
            raise TypeMismatchError("blank takes no operands", found=f"{len(types)} operands")
        return (self.type,)

    def evaluate(self, *values: Array) -> tuple[Array, ...]:
        return (zeros(self.type),)

    def work(self, operands: Sequence[ArrayType], results: Sequence[ArrayType]) -> int:
        return 0


@dataclass(frozen=True)
class Count(Op):
    """The stack of the numbers from 0 up to a number.

    Attributes:
        examples: for how many examples (as axes in front) each number stands.
    """

    name: ClassVar[str] = "count"
    differentiable: ClassVar[bool] = False
    examples: tuple[int, ...] = ()

    def infer(self, *types: ArrayType) -> tuple[ArrayType, ...]:
        if types != (INDEX,):
            raise TypeMismatchError(
                "count takes how many numbers there are",
                found=", ".join(map(str, types)) or "no operands",
                expected="i64[]",
            )
        return (stack(INDEX.with_shape(self.examples)),)

    def evaluate(self, *values: Array) -> tuple[Any, ...]:
        numbers = np.arange(int(values[0]))
        return (
            [np.full(self.examples, k)[()] for k in numbers] if self.examples else list(numbers),
        )

    def batch(
        self, size: int, operands: tuple[Value, ...], batched: Sequence[bool]
    ) -> tuple[Value, ...]:
        """As far as any example goes: the loop along the stack knows how far each one does."""
        (most,) = operands[0].builder.emit(ReduceMax((0,)), operands[0])
        return Count((size, *self.examples)).all(most)


INDEX = ArrayType(np.dtype(np.int64))
"""The type of numbers that count."""

pack, unpack = Pack(), Unpack()
Value.join = Join()


def repeated(x: Value, size: int) -> Value:
    """`x` for each of `size` examples, where they do not differ in it."""
    if isinstance(x.type, Package):
        return pack(*(repeated(part, size) for part in unpack.all(x)))
    if isinstance(x.type, Stack):
        return Repeat(size)(x)
    return broadcast(x, (size, *x.shape), tuple(range(1, 1 + x.ndim)))
