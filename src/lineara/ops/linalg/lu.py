"""The LU factorisation, as LAPACK packs it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from lineara.errors import TypeMismatchError
from lineara.ir.op import Op, Tangent
from lineara.ir.types import Array, ArrayType, DType
from lineara.ops.broadcast import broadcast, one_operand
from lineara.ops.compare import eq
from lineara.ops.creation import Convert, Iota
from lineara.ops.linalg.matrix import Factorization, matmul, swap, tril, triu
from lineara.ops.linalg.solve import TriangularSolve

if TYPE_CHECKING:
    from lineara.ir.value import Value


@dataclass(frozen=True)
class Lu(Factorization):
    """P A = L U with partial pivoting: L (its diagonal is ones) and U in one matrix, and pivots.

    Row i was swapped with row ``pivots[i]``, in that order. The pivots do not change under small
    changes of A; the derivative is infinite or not a number if A is singular.
    """

    name: ClassVar[str] = "lu"
    cost: ClassVar[int] = 1

    def results(self, m: int, n: int, dtype: DType) -> tuple[ArrayType, ...]:
        return ArrayType(dtype, (n, n)), ArrayType(np.dtype(np.int32), (n,))

    def evaluate(self, *values: Array) -> tuple[Array, ...]:
        from scipy.linalg import lapack  # here, as importing it takes long

        (matrices,) = values
        factors = np.empty(matrices.shape, matrices.dtype)
        pivots = np.empty(matrices.shape[:-1], np.int32)
        (getrf,) = lapack.get_lapack_funcs(("getrf",), (factors,))
        for k in np.ndindex(matrices.shape[:-2] if matrices.size else (0,)):
            factors[k], pivots[k], _ = getrf(matrices[k])
        return factors, pivots

    def jvp_rest(
        self, operands: tuple[Value, ...], results: tuple[Value, ...], tangents: Sequence[Tangent]
    ) -> tuple[Tangent, ...]:
        (packed, pivots), (a_dot,) = results, tangents
        assert a_dot is not None
        swapped = matmul(permutation_matrix(pivots, a_dot.dtype), a_dot)
        left = TriangularSolve(lower=True, unit_diagonal=True)(packed, swapped)
        inner = swap(TriangularSolve(lower=False, transpose_a=True)(packed, swap(left)))
        strict = tril(inner, -1)
        lower = strict + matmul(tril(packed, -1), strict)  # L has ones on its diagonal
        return lower + matmul(triu(inner), triu(packed)), None


@dataclass(frozen=True)
class Permutation(Op):
    """The rows of A in the order of P A, from LAPACK's pivots."""

    name: ClassVar[str] = "permutation"
    differentiable: ClassVar[bool] = False

    def infer(self, *types: ArrayType) -> tuple[ArrayType, ...]:
        type = one_operand(self, types)
        if type.dtype.kind != "i" or type.ndim < 1:
            raise TypeMismatchError(
                "permutation takes pivots",
                found=str(type),
                expected="integers, with at least 1 axis",
            )
        return (type,)

    def evaluate(self, *values: Array) -> tuple[Array, ...]:
        pivots = np.asarray(values[0])
        n = pivots.shape[-1]
        order = np.broadcast_to(np.arange(n, dtype=pivots.dtype), pivots.shape).copy()
        for i in range(n):
            there = pivots[..., i : i + 1]
            moved = np.take_along_axis(order, there, -1)
            np.put_along_axis(order, there, order[..., i : i + 1].copy(), -1)
            order[..., i : i + 1] = moved
        return (order,)

    def batch(
        self, size: int, operands: tuple[Value, ...], batched: Sequence[bool]
    ) -> tuple[Value, ...]:
        return self.all(*operands)


def permutation_matrix(pivots: Value, dtype: DType) -> Value:
    """P as a matrix of that dtype."""
    (order,) = Permutation().all(pivots)
    n = order.shape[-1]
    shape = (*order.shape, n)
    rows = broadcast(order, shape, tuple(range(order.ndim)))
    (columns,) = pivots.builder.emit(Iota(ArrayType(order.dtype, shape), order.ndim))
    return Convert(dtype)(eq(rows, columns))
