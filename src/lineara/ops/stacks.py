"""Stacks of examples: the same value for each of them, sums over them, and a choice for each.

A stack ends in as many zeros as anybody reads: stacks that are added, or chosen among, may differ
in length.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, ClassVar

import numpy as np

from lineara.errors import ShapeMismatchError, TypeMismatchError
from lineara.ir.containers import Package, Stack, package, stack
from lineara.ir.op import LinearSets, Op, Tangent
from lineara.ir.types import Array, ArrayType
from lineara.ir.value import Value


@dataclass(frozen=True)
class OnStack(Op):
    """An op on the arrays in a stack, one by one, that are for many examples along one axis.

    Attributes:
        size: how many examples there are.
        axis: their axis.
    """

    size: int
    axis: int = 0

    def infer(self, *types: ArrayType) -> tuple[ArrayType, ...]:
        if len(types) != 1 or not isinstance(types[0], Stack):
            raise TypeMismatchError(
                f"{self.name} takes a stack",
                found=", ".join(map(str, types)) or "no operands",
                expected="a stack; for arrays there are broadcast and reduce_sum",
            )
        return (changed(types[0], self.of_type),)

    def of_type(self, type: ArrayType) -> ArrayType:
        """What becomes of an array's type."""
        raise NotImplementedError

    def linear_sets(self, *types: ArrayType) -> LinearSets:
        return (frozenset({0}),) if types[0].tangent is types[0] else ()

    def misfit(self, type: ArrayType) -> ShapeMismatchError:
        return ShapeMismatchError(
            f"{self.name} with axis {self.axis} and size {self.size} does not fit", found=str(type)
        )

    def jvp_rest(
        self, operands: tuple[Value, ...], results: tuple[Value, ...], tangents: Sequence[Tangent]
    ) -> tuple[Tangent, ...]:
        """For stacks with parts that have no tangents."""
        (tangent,) = tangents
        assert tangent is not None
        return self.all(tangent)

    def batch(
        self, size: int, operands: tuple[Value, ...], batched: Sequence[bool]
    ) -> tuple[Value, ...]:
        return type(self)(self.size, self.axis + 1).all(*operands)


@dataclass(frozen=True)
class Repeat(OnStack):
    """The arrays in a stack, repeated along a new axis."""

    name: ClassVar[str] = "repeat"
    view: ClassVar[bool] = True

    def of_type(self, type: ArrayType) -> ArrayType:
        if not 0 <= self.axis <= type.ndim or self.size < 0:
            raise self.misfit(type)
        shape = type.shape
        return type.with_shape((*shape[: self.axis], self.size, *shape[self.axis :]))

    def evaluate(self, *values: Array) -> tuple[Any, ...]:
        def repeat(x: Array) -> Array:
            shape = np.shape(x)
            whole = (*shape[: self.axis], self.size, *shape[self.axis :])
            return np.broadcast_to(np.expand_dims(x, self.axis), whole)

        return (each(repeat, values[0]),)

    def transpose(
        self, operands: tuple[Value, ...], cotangents: tuple[Value, ...]
    ) -> tuple[Tangent, ...]:
        return Total(self.size, self.axis).all(*cotangents)


@dataclass(frozen=True)
class Total(OnStack):
    """The arrays in a stack, summed along one axis."""

    name: ClassVar[str] = "total"

    def of_type(self, type: ArrayType) -> ArrayType:
        if type.shape[self.axis : self.axis + 1] != (self.size,) or not type.has_tangent:
            raise self.misfit(type)
        return type.with_shape((*type.shape[: self.axis], *type.shape[self.axis + 1 :]))

    def evaluate(self, *values: Array) -> tuple[Any, ...]:
        return (each(lambda x: np.add.reduce(x, axis=self.axis), values[0]),)

    def transpose(
        self, operands: tuple[Value, ...], cotangents: tuple[Value, ...]
    ) -> tuple[Tangent, ...]:
        return Repeat(self.size, self.axis).all(*cotangents)


@dataclass(frozen=True)
class Choose(Op):
    """For each example what is in one stack, where a mask is true, or in another one.

    All arrays in the stacks have the axes of the mask first.
    """

    name: ClassVar[str] = "choose"

    def infer(self, *types: ArrayType) -> tuple[ArrayType, ...]:
        if len(types) != 3 or types[0].dtype != np.bool_ or not isinstance(types[1], Stack):
            raise self.misfit(types)
        mask, new, old = types
        if new != old:
            raise self.misfit(types)
        for leaf in leaves(new):
            if leaf.shape[: mask.ndim] != mask.shape:
                raise self.misfit(types)
        return (new,)

    def misfit(self, types: Sequence[ArrayType]) -> TypeMismatchError:
        return TypeMismatchError(
            "choose takes a mask and two stacks, of arrays with the axes of the mask in front",
            found=", ".join(map(str, types)) or "no operands",
            expected="bool[n], stack(f64[n]), stack(f64[n]), for example",
        )

    def linear_sets(self, *types: ArrayType) -> LinearSets:
        return (frozenset({1, 2}),) if types[1].tangent is types[1] else ()

    def evaluate(self, *values: Array) -> tuple[Any, ...]:
        return (chosen(*values),)

    def jvp_rest(
        self, operands: tuple[Value, ...], results: tuple[Value, ...], tangents: Sequence[Tangent]
    ) -> tuple[Tangent, ...]:
        """For stacks with parts that have no tangents."""
        new, old = (
            x.zero_tangent() if t is None else t
            for x, t in zip(operands[1:], tangents[1:], strict=True)
        )
        return self.all(operands[0], new, old)

    def transpose(
        self, operands: tuple[Value, ...], cotangents: tuple[Value, ...]
    ) -> tuple[Tangent, ...]:
        mask, (ct,) = operands[0], cotangents
        return (None, choose(mask, ct, ct.zero_tangent()), choose(mask, ct.zero_tangent(), ct))

    def batch(
        self, size: int, operands: tuple[Value, ...], batched: Sequence[bool]
    ) -> tuple[Value, ...]:
        from lineara.ops.packages import repeated

        return self.all(
            *(x if b else repeated(x, size) for x, b in zip(operands, batched, strict=True))
        )


choose = Choose()


# -- along containers -----------------------------------------------------------------------------


def changed(type: ArrayType, change: Callable[[ArrayType], ArrayType]) -> ArrayType:
    """A type with each type of an array in it changed."""
    if isinstance(type, Package):
        return package(changed(item, change) for item in type.items)
    if isinstance(type, Stack):
        return stack(changed(type.items[0], change))
    return change(type)


def leaves(type: ArrayType) -> list[ArrayType]:
    """The types of the arrays in a type."""
    if isinstance(type, Package | Stack):
        return [leaf for item in type.items for leaf in leaves(item)]
    return [type]


def each(change: Callable[[Array], Array], value: Any) -> Any:
    """A value with each array in it changed."""
    if isinstance(value, tuple | list):
        return type(value)(each(change, item) for item in value)
    return None if value is None else change(value)


def chosen(mask: Array, new: Any, old: Any) -> Any:
    """The new value where the mask is true, otherwise the old one; None is zero."""
    model = old if new is None else new
    if model is None:
        return None
    if isinstance(model, tuple | list):
        pairs = zip_longest(new or (), old or ())
        return type(model)(chosen(mask, x, y) for x, y in pairs)
    flags = np.reshape(mask, np.shape(mask) + (1,) * (np.ndim(model) - np.ndim(mask)))
    zero = np.zeros((), model.dtype)
    return np.where(flags, zero if new is None else new, zero if old is None else old)
