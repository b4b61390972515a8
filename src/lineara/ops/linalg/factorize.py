"""Matrix factorisations: Cholesky, QR, eigenvalues, singular values.

The derivatives are the classical ones (e.g. M. Giles, "Collected matrix derivative results for
forward and reverse mode algorithmic differentiation", 2008; J. Townsend, "Differentiating the
singular value decomposition", 2016). They exist where the factors are smooth functions of the
matrix; elsewhere (equal eigenvalues or singular values, a singular value of zero) they are
infinite or not a number. The phases of complex eigenvectors and singular vectors are arbitrary;
derivatives are those of vectors whose phase does not turn by itself, so that only functions that
do not depend on the phases have meaningful ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from lineara.ir.op import Tangent
from lineara.ir.types import Array, ArrayType, DType
from lineara.ops.broadcast import broadcast
from lineara.ops.complex import COMPLEX_OF, real
from lineara.ops.creation import Convert
from lineara.ops.linalg.matrix import (
    Factorization,
    adjoint,
    conjugate,
    half,
    hermitian,
    matmul,
    product,
    swap,
    tril,
    triu,
)
from lineara.ops.linalg.solve import Inv, TriangularSolve
from lineara.ops.slicing import slice_axis

if TYPE_CHECKING:
    from lineara.ir.value import Value


@dataclass(frozen=True)
class Cholesky(Factorization):
    """The lower triangular L with positive diagonal and A = L Lᴴ, for positive definite A.

    Only the lower triangle of A is read. Raises `numpy.linalg.LinAlgError` if a matrix is not
    positive definite.
    """

    name: ClassVar[str] = "cholesky"
    cost: ClassVar[int] = 1

    def results(self, m: int, n: int, dtype: DType) -> tuple[ArrayType, ...]:
        return (ArrayType(dtype, (n, n)),)

    def evaluate(self, *values: Array) -> tuple[Array, ...]:
        return (np.linalg.cholesky(values[0]),)

    def jvp_rest(
        self, operands: tuple[Value, ...], results: tuple[Value, ...], tangents: Sequence[Tangent]
    ) -> tuple[Tangent, ...]:
        ((factor,), (a_dot,)) = results, tangents
        assert a_dot is not None
        solve = TriangularSolve(lower=True)
        inner = solve(factor, adjoint(solve(factor, hermitian(a_dot))))  # L⁻¹ Ȧ L⁻ᴴ
        return (matmul(factor, half(inner)),)


@dataclass(frozen=True)
class Qr(Factorization):
    """The reduced QR factorisation: Q with orthonormal columns, R upper triangular, A = Q R.

    A has shape (..., m, n), Q (..., m, k), R (..., k, n) with k = min(m, n). The derivative
    raises `numpy.linalg.LinAlgError` if the first k columns of A are linearly dependent.
    """

    name: ClassVar[str] = "qr"
    square: ClassVar[bool] = False
    cost: ClassVar[int] = 4

    def results(self, m: int, n: int, dtype: DType) -> tuple[ArrayType, ...]:
        k = min(m, n)
        return ArrayType(dtype, (m, k)), ArrayType(dtype, (k, n))

    def evaluate(self, *values: Array) -> tuple[Array, ...]:
        return tuple(np.linalg.qr(values[0]))

    def jvp_rest(
        self, operands: tuple[Value, ...], results: tuple[Value, ...], tangents: Sequence[Tangent]
    ) -> tuple[Tangent, ...]:
        ((q, r), (a_dot,)) = results, tangents
        assert a_dot is not None
        columns = a_dot.ndim - 1
        k = r.shape[-2]
        r_first = slice_axis(r, columns, 0, k)
        turned = TriangularSolve(lower=False, transpose_a=True)
        x = swap(turned(r_first, swap(slice_axis(a_dot, columns, 0, k))))  # Ȧ R⁻¹
        inner = matmul(adjoint(q), x)
        lower = half(inner)
        rotation = lower - adjoint(lower)  # Qᴴ Q̇, skew-Hermitian such that R's diagonal stays real
        q_dot = x + matmul(q, rotation - inner)
        r_dot = matmul(adjoint(q), a_dot) - matmul(rotation, r)
        return q_dot, triu(r_dot)


@dataclass(frozen=True)
class Eigh(Factorization):
    """Eigenvalues in increasing order and eigenvectors (columns) of a Hermitian matrix.

    Attributes:
        lower: whether the lower triangle is read, or the upper one.
    """

    name: ClassVar[str] = "eigh"
    cost: ClassVar[int] = 9
    lower: bool = True

    def results(self, m: int, n: int, dtype: DType) -> tuple[ArrayType, ...]:
        return ArrayType(np.finfo(dtype).dtype, (n,)), ArrayType(dtype, (n, n))

    def evaluate(self, *values: Array) -> tuple[Array, ...]:
        return tuple(np.linalg.eigh(values[0], "L" if self.lower else "U"))

    def jvp_rest(
        self, operands: tuple[Value, ...], results: tuple[Value, ...], tangents: Sequence[Tangent]
    ) -> tuple[Tangent, ...]:
        ((w, v), (a_dot,)) = results, tangents
        assert a_dot is not None
        moved = matmul(hermitian(a_dot if self.lower else adjoint(a_dot)), v)
        w_dot = _real(product("ji,ji->i", conjugate(v), moved))
        inner = matmul(adjoint(v), moved) * _like(v, _inverse_gaps(_along(w, 1) - _along(w, 0)))
        return w_dot, matmul(v, inner)


@dataclass(frozen=True)
class Eig(Factorization):
    """Eigenvalues, in no order, and eigenvectors of length 1 (columns), both complex."""

    name: ClassVar[str] = "eig"
    cost: ClassVar[int] = 25

    def results(self, m: int, n: int, dtype: DType) -> tuple[ArrayType, ...]:
        kind = COMPLEX_OF.get(dtype, dtype)
        return ArrayType(kind, (n,)), ArrayType(kind, (n, n))

    def evaluate(self, *values: Array) -> tuple[Array, ...]:
        kind = np.result_type(values[0].dtype, np.complex64)
        return tuple(x.astype(kind) for x in np.linalg.eig(values[0]))

    def jvp_rest(
        self, operands: tuple[Value, ...], results: tuple[Value, ...], tangents: Sequence[Tangent]
    ) -> tuple[Tangent, ...]:
        ((w, v), (a_dot,)) = results, tangents
        assert a_dot is not None
        inverse, moved = Inv()(v), matmul(_like(v, a_dot), v)
        w_dot = product("ij,ji->i", inverse, moved)  # the diagonal of V⁻¹ Ȧ V
        turn = matmul(v, matmul(inverse, moved) * _inverse_gaps(_along(w, 1) - _along(w, 0)))
        along = product("ij,ij->j", conjugate(v), turn)
        return w_dot, turn - _columns(v, along)


@dataclass(frozen=True)
class Svd(Factorization):
    """The reduced singular value decomposition A = U diag(s) Vᴴ.

    A has shape (..., m, n), the results U (..., m, k), s (..., k) in decreasing order, and Vᴴ
    (..., k, n), with k = min(m, n).
    """

    name: ClassVar[str] = "svd"
    square: ClassVar[bool] = False
    cost: ClassVar[int] = 14

    def results(self, m: int, n: int, dtype: DType) -> tuple[ArrayType, ...]:
        k = min(m, n)
        singular_values = ArrayType(np.finfo(dtype).dtype, (k,))
        return ArrayType(dtype, (m, k)), singular_values, ArrayType(dtype, (k, n))

    def evaluate(self, *values: Array) -> tuple[Array, ...]:
        return tuple(np.linalg.svd(values[0], full_matrices=False))

    def jvp_rest(
        self, operands: tuple[Value, ...], results: tuple[Value, ...], tangents: Sequence[Tangent]
    ) -> tuple[Tangent, ...]:
        ((u, s, vh), (a_dot,)) = results, tangents
        assert a_dot is not None
        v, scale = adjoint(vh), _like(u, s)
        a_dot_v = matmul(a_dot, v)
        s_dot = _real(product("ji,ji->i", conjugate(u), a_dot_v))
        inner = matmul(adjoint(u), a_dot_v)
        turned = adjoint(inner)
        rows, columns = _along(s, 0), _along(s, 1)
        inverse_gaps = _like(u, _inverse_gaps((columns - rows) * (columns + rows)))
        u_turn = _columns(inner, scale) + _rows(turned, scale)
        v_turn = _rows(inner, scale) + _columns(turned, scale)
        u_dot = matmul(u, u_turn * inverse_gaps)
        v_dot = matmul(v, v_turn * inverse_gaps)
        if u.dtype.kind == "c":
            phases = triu(tril(inner - turned)) * 0.5  # the diagonal
            u_dot = u_dot + matmul(u, _columns(phases, 1.0 / scale))
        if u.shape[-2] > u.shape[-1]:
            u_dot = u_dot + _columns(a_dot_v - matmul(u, inner), 1.0 / scale)
        if v.shape[-2] > v.shape[-1]:
            outside = matmul(adjoint(a_dot), u) - matmul(v, turned)
            v_dot = v_dot + _columns(outside, 1.0 / scale)
        return u_dot, s_dot, adjoint(v_dot)


def _real(x: Value) -> Value:
    return real(x) if x.dtype.kind == "c" else x


def _like(model: Value, x: Value) -> Value:
    """`x` in the dtype of `model`, which is real or complex."""
    return x if x.dtype == model.dtype else Convert(model.dtype)(x)


def _along(w: Value, axis: int) -> Value:
    """The square matrices whose element (i, j) is w_i for axis 0, w_j for axis 1."""
    stack = range(w.ndim - 1)
    return broadcast(w, (*w.shape, w.shape[-1]), (*stack, len(stack) + axis))


def _inverse_gaps(gaps: Value) -> Value:
    """One over each element, but zero on the diagonal."""
    inverse = 1.0 / gaps
    return tril(inverse, -1) + triu(inverse, 1)


def _columns(x: Value, factors: Value) -> Value:
    """X diag(factors)."""
    return product("ij,j->ij", x, factors)


def _rows(x: Value, factors: Value) -> Value:
    """diag(factors) X."""
    return product("ij,i->ij", x, factors)
