"""What the ops of linear algebra have in common, and the little language of their rules."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from string import ascii_uppercase
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from lineara.errors import ShapeMismatchError, TypeMismatchError
from lineara.ir.op import Op, Tangent
from lineara.ir.types import Array, ArrayType, DType
from lineara.ops.broadcast import LinearUnary, one_operand
from lineara.ops.complex import conj
from lineara.ops.contract import dot
from lineara.ops.shape import Transpose

if TYPE_CHECKING:
    from lineara.ir.value import Value


@dataclass(frozen=True)
class Factorization(Op):
    """An op of one matrix, or of each matrix in a stack.

    A subclass gives the result types of one matrix, and the work in multiples of ``m·n·min(m, n)``
    for an m×n matrix.
    """

    total: ClassVar[bool] = False

    square: ClassVar[bool] = True
    cost: ClassVar[int]

    @abstractmethod
    def results(self, m: int, n: int, dtype: DType) -> tuple[ArrayType, ...]:
        """Types of the results for one m×n matrix."""

    def infer(self, *types: ArrayType) -> tuple[ArrayType, ...]:
        type = one_operand(self, types)
        check_matrices(self, type, square=self.square)
        *stack, m, n = type.shape
        return tuple(r.with_shape((*stack, *r.shape)) for r in self.results(m, n, type.dtype))

    def work(self, operands: Sequence[ArrayType], results: Sequence[ArrayType]) -> int:
        *stack, m, n = operands[0].shape
        return prod(stack) * m * n * min(m, n) * self.cost

    def batch(
        self, size: int, operands: tuple[Value, ...], batched: Sequence[bool]
    ) -> tuple[Value, ...]:
        return self.all(*operands)


@dataclass(frozen=True)
class Triangle(LinearUnary):
    """A matrix with zeros outside of a triangle.

    Attributes:
        lower: whether the elements below or those above a diagonal are kept.
        diagonal: the last diagonal that is kept; 0 is the main one, 1 the one above it.
    """

    name: ClassVar[str] = "triangle"
    lower: bool
    diagonal: int = 0

    def infer(self, *types: ArrayType) -> tuple[ArrayType, ...]:
        type = one_operand(self, types)
        if type.ndim < 2:
            raise ShapeMismatchError(
                "triangle takes a matrix or a stack of matrices",
                found=str(type),
                expected="at least 2 axes",
            )
        return (type,)

    def evaluate(self, *values: Array) -> tuple[Array, ...]:
        return ((np.tril if self.lower else np.triu)(values[0], self.diagonal),)

    def transpose(
        self, operands: tuple[Value, ...], cotangents: tuple[Value, ...]
    ) -> tuple[Tangent, ...]:
        return self.all(*cotangents)

    def batch(
        self, size: int, operands: tuple[Value, ...], batched: Sequence[bool]
    ) -> tuple[Value, ...]:
        return self.all(*operands)


def check_matrices(op: Op, type: ArrayType, *, square: bool) -> None:
    """The type must be that of a matrix of floats or complex numbers, or of a stack of them."""
    if not type.has_tangent:
        raise TypeMismatchError(
            f"{op.name} is defined for floats and complex numbers",
            found=str(type),
            expected="a float or complex dtype",
            remedy="convert the operands first",
        )
    if type.ndim < 2 or (square and type.shape[-1] != type.shape[-2]):
        raise ShapeMismatchError(
            f"{op.name} takes a {'square ' if square else ''}matrix, or a stack of matrices",
            found=str(type),
            expected="equal last two sizes" if square else "at least 2 axes",
        )


# -- rules are written with these ------------------------------------------------------------------


def product(spec: str, x: Value, y: Value) -> Value:
    """The contraction `spec` of each matrix (or vector, or scalar) of `x` with that of `y`."""
    left, _, _ = spec.partition(",")
    stack = ascii_uppercase[: x.ndim - len(left)]
    left, right, result = spec.replace("->", ",").split(",")
    return dot(f"{stack}{left},{stack}{right}->{stack}{result}", x, y)


def matmul(x: Value, y: Value) -> Value:
    """X Y."""
    return product("ij,jk->ik", x, y)


def swap(x: Value) -> Value:
    """Xᵀ."""
    n = x.ndim
    return Transpose((*range(n - 2), n - 1, n - 2))(x)


def adjoint(x: Value) -> Value:
    """Xᴴ, the conjugate transpose."""
    return conjugate(swap(x))


def conjugate(x: Value) -> Value:
    """The complex conjugate of each element; for real numbers nothing."""
    return conj(x) if x.dtype.kind == "c" else x


def tril(x: Value, diagonal: int = 0) -> Value:
    """The lower triangle up to a diagonal."""
    return Triangle(lower=True, diagonal=diagonal)(x)


def triu(x: Value, diagonal: int = 0) -> Value:
    """The upper triangle from a diagonal on."""
    return Triangle(lower=False, diagonal=diagonal)(x)


def half(x: Value) -> Value:
    """Φ(X): the lower triangle, with half of the main diagonal. Φ(X) + Φ(X)ᴴ = X if X = Xᴴ."""
    return (tril(x) + tril(x, -1)) * 0.5


def hermitian(x: Value) -> Value:
    """The Hermitian matrix of which an op reads the lower triangle and the diagonal's real part."""
    lower = half(x)
    return lower + adjoint(lower)
