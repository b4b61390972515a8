"""Determinants, and their derivatives for singular matrices too.

The derivative of det is tr(adj(A) Ȧ), where the adjugate adj(A) = det(A) A⁻¹ is a polynomial in the
elements of A, as is its own derivative. Both are computed from the singular value decomposition
where the formula with the inverse fails.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from lineara.errors import ShapeMismatchError
from lineara.ir.op import LinearSets, Op, Tangent
from lineara.ir.types import Array, ArrayType, DType
from lineara.ops.broadcast import broadcast
from lineara.ops.complex import real
from lineara.ops.linalg.matrix import (
    Factorization,
    check_matrices,
    conjugate,
    matmul,
    product,
    swap,
)
from lineara.ops.linalg.solve import Inv
from lineara.ops.shape import with_examples

if TYPE_CHECKING:
    from lineara.ir.value import Value


@dataclass(frozen=True)
class Det(Factorization):
    """The determinant."""

    name: ClassVar[str] = "det"
    cost: ClassVar[int] = 1

    def results(self, m: int, n: int, dtype: DType) -> tuple[ArrayType, ...]:
        return (ArrayType(dtype),)

    def evaluate(self, *values: Array) -> tuple[Array, ...]:
        return (np.linalg.det(values[0]),)

    def jvp_rest(
        self, operands: tuple[Value, ...], results: tuple[Value, ...], tangents: Sequence[Tangent]
    ) -> tuple[Tangent, ...]:
        ((a,), (a_dot,)) = operands, tangents
        assert a_dot is not None
        return (_trace(Adjugate()(a), a_dot),)


@dataclass(frozen=True)
class SlogDet(Factorization):
    """The sign of the determinant (of absolute value 1) and the logarithm of its absolute value.

    The derivative raises `numpy.linalg.LinAlgError` if a matrix is singular.
    """

    name: ClassVar[str] = "slogdet"
    cost: ClassVar[int] = 1

    def results(self, m: int, n: int, dtype: DType) -> tuple[ArrayType, ...]:
        return ArrayType(dtype), ArrayType(np.finfo(dtype).dtype)

    def evaluate(self, *values: Array) -> tuple[Array, ...]:
        return tuple(np.linalg.slogdet(values[0]))

    def jvp_rest(
        self, operands: tuple[Value, ...], results: tuple[Value, ...], tangents: Sequence[Tangent]
    ) -> tuple[Tangent, ...]:
        ((a,), (sign, _), (a_dot,)) = operands, results, tangents
        assert a_dot is not None
        log_dot = _trace(Inv()(a), a_dot)  # of the complex logarithm
        if a.dtype.kind == "f":
            return None, log_dot
        return sign * ((log_dot - conjugate(log_dot)) * 0.5), real(log_dot)


@dataclass(frozen=True)
class Adjugate(Factorization):
    """adj(A), the transposed matrix of cofactors: det(A) A⁻¹, but for singular matrices too."""

    name: ClassVar[str] = "adjugate"
    cost: ClassVar[int] = 3

    def results(self, m: int, n: int, dtype: DType) -> tuple[ArrayType, ...]:
        return (ArrayType(dtype, (n, n)),)

    def evaluate(self, *values: Array) -> tuple[Array, ...]:
        (a,) = values
        det = np.asarray(np.linalg.det(a))
        result = np.empty(a.shape, a.dtype)
        regular = det != 0
        result[regular] = det[regular][:, None, None] * np.linalg.inv(a[regular])
        if not regular.all():
            u, s, vh = np.linalg.svd(a[~regular])
            middle = _product_of_others(s)[..., None] * np.eye(s.shape[-1])
            result[~regular] = _turned_back(u, middle, vh)
        return (result,)

    def jvp_rest(
        self, operands: tuple[Value, ...], results: tuple[Value, ...], tangents: Sequence[Tangent]
    ) -> tuple[Tangent, ...]:
        ((a,), (a_dot,)) = operands, tangents
        assert a_dot is not None
        return (AdjugateDot()(a, a_dot),)


@dataclass(frozen=True)
class AdjugateDot(Op):
    """The derivative of the adjugate of A in the direction E; linear in E.

    Its derivative with respect to A divides by det(A), so it is not finite for singular matrices.
    """

    name: ClassVar[str] = "adjugate_dot"

    def infer(self, *types: ArrayType) -> tuple[ArrayType, ...]:
        if len(types) != 2 or types[0] != types[1]:
            raise ShapeMismatchError(
                "adjugate_dot takes a matrix and a direction of the same type",
                found=", ".join(map(str, types)) or "no operands",
                expected="2 operands of one type",
            )
        check_matrices(self, types[0], square=True)
        return (types[0],)

    def linear_sets(self, *types: ArrayType) -> LinearSets:
        return (frozenset({1}),)

    def evaluate(self, *values: Array) -> tuple[Array, ...]:
        a, e = values
        u, s, vh = np.linalg.svd(a)
        inner = u.conj().mT @ e @ vh.conj().mT
        pairs = np.zeros(a.shape, s.dtype)  # for i ≠ j the product of all s but s_i and s_j
        k = np.arange(s.shape[-1])
        for i in k:
            pairs[..., i, :] = _product_of_others(np.where(k == i, 1, s))
            pairs[..., i, i] = 0
        middle = -pairs * inner
        middle[..., k, k] = (pairs @ inner[..., k, k, None])[..., 0]
        return (_turned_back(u, middle, vh),)

    def work(self, operands: Sequence[ArrayType], results: Sequence[ArrayType]) -> int:
        return operands[0].size * operands[0].shape[-1] * 20

    def jvp_rest(
        self, operands: tuple[Value, ...], results: tuple[Value, ...], tangents: Sequence[Tangent]
    ) -> tuple[Tangent, ...]:
        """Of (tr(adj(A) E) adj(A) − adj(A) E adj(A)) / det(A), which the result equals."""
        (a, e), (result,), a_dot = operands, results, tangents[0]
        assert a_dot is not None
        adj, adj_dot = Adjugate()(a), self(a, a_dot)
        change = (
            product("ij,->ij", adj, _trace(adj_dot, e))
            + product("ij,->ij", adj_dot, _trace(adj, e))
            - matmul(adj_dot, matmul(e, adj))
            - matmul(matmul(adj, e), adj_dot)
            - product("ij,->ij", result, _trace(adj, a_dot))
        )
        return (change / broadcast(Det()(a), a.shape, tuple(range(a.ndim - 2))),)

    def transpose(
        self, operands: tuple[Value, ...], cotangents: tuple[Value, ...]
    ) -> tuple[Tangent, ...]:
        # tr(adjugate_dot(A, E) F) is a second derivative of det(A), so symmetric in E and F.
        return None, swap(self(operands[0], swap(*cotangents)))

    def batch(
        self, size: int, operands: tuple[Value, ...], batched: Sequence[bool]
    ) -> tuple[Value, ...]:
        return self.all(*with_examples(size, operands, batched))


def _trace(x: Value, y: Value) -> Value:
    """tr(X Y)."""
    return product("ij,ji->", x, y)


def _product_of_others(s: Array) -> Array:
    """For each number the product of all others, along the last axis."""
    others = np.where(np.eye(s.shape[-1], dtype=bool), 1, s[..., None, :])
    return np.asarray(others.prod(axis=-1))


def _turned_back(u: Array, x: Array, vh: Array) -> Array:
    """adj(Vᴴ) X adj(U), for unitary U and V: if X is adj(S) then this is adj(U S Vᴴ)."""
    signs = np.linalg.det(u) * np.linalg.det(vh)
    return np.asarray(signs[..., None, None] * (vh.conj().mT @ x @ u.conj().mT))
