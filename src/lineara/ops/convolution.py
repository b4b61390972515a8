"""Convolution, which is linear in each of two sequences, and closed under transposition."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from lineara.errors import ShapeMismatchError
from lineara.ir.op import LinearSets, Op, Tangent
from lineara.ir.types import Array, ArrayType
from lineara.ops.checks import check_kind
from lineara.ops.shape import Flip, with_examples

if TYPE_CHECKING:
    from lineara.ir.value import Value


@dataclass(frozen=True)
class Convolve(Op):
    """Σ_j x_(k−j) y_j along the last axis, for sequences x of n and y of m ≤ n numbers.

    Attributes:
        full: whether the sum is over the pairs that there are, for n + m − 1 displacements; else
            the result has the n − m + 1 displacements at which all of y meets x.
    """

    name: ClassVar[str] = "convolve"
    full: bool

    def infer(self, *types: ArrayType) -> tuple[ArrayType, ...]:
        for type in types:
            check_kind(self, type, "fc")
        if (
            len(types) != 2
            or types[0].dtype != types[1].dtype
            or not types[0].ndim
            or types[0].shape[:-1] != types[1].shape[:-1]
            or not 0 < types[1].shape[-1] <= types[0].shape[-1]
        ):
            raise ShapeMismatchError(
                "convolve takes two sequences, the longer one first, or stacks of them",
                found=", ".join(map(str, types)) or "no operands",
                expected="shapes (..., n) and (..., m) with 0 < m ≤ n, and one dtype",
            )
        *stack, n = types[0].shape
        m = types[1].shape[-1]
        return (types[0].with_shape((*stack, n + m - 1 if self.full else n - m + 1)),)

    def linear_sets(self, *types: ArrayType) -> LinearSets:
        return (frozenset({0}), frozenset({1}))

    def evaluate(self, *values: Array) -> tuple[Array, ...]:
        x, y = values
        (type,) = self.infer(ArrayType(x.dtype, x.shape), ArrayType(y.dtype, y.shape))
        result = np.empty(type.shape, x.dtype)
        for i in np.ndindex(x.shape[:-1]):
            result[i] = np.convolve(x[i], y[i], "full" if self.full else "valid")
        return (result,)

    def work(self, operands: Sequence[ArrayType], results: Sequence[ArrayType]) -> int:
        return 2 * operands[1].shape[-1] * (operands[0] if self.full else results[0]).size

    def transpose(
        self, operands: tuple[Value, ...], cotangents: tuple[Value, ...]
    ) -> tuple[Tangent, ...]:
        x, y = operands
        (c,) = cotangents
        if self.full:
            valid = Convolve(False)
            return (valid(c, flip(y)), None) if x.linear else (None, valid(c, flip(x)))
        if x.linear:
            reverse = flip(y)
            long, short = (c, reverse) if c.shape[-1] >= y.shape[-1] else (reverse, c)
            return Convolve(True)(long, short), None
        return None, flip(Convolve(False)(x, flip(c)))

    def batch(
        self, size: int, operands: tuple[Value, ...], batched: Sequence[bool]
    ) -> tuple[Value, ...]:
        return self.all(*with_examples(size, operands, batched))


def flip(x: Value) -> Value:
    """The sequences backwards."""
    return Flip((x.ndim - 1,))(x)
