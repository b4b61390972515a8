"""Systems of linear equations, inverses and pseudo-inverses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from lineara.errors import ShapeMismatchError
from lineara.ir.op import LinearSets, Op, Tangent
from lineara.ir.types import Array, ArrayType, DType
from lineara.ops.linalg.matrix import (
    Factorization,
    adjoint,
    check_matrices,
    matmul,
    product,
    swap,
    tril,
    triu,
)
from lineara.ops.shape import Reshape, Transpose, with_examples

if TYPE_CHECKING:
    from lineara.ir.value import Value


@dataclass(frozen=True)
class System(Op):
    """The solution X of A X = B for square matrices A and as many right-hand sides B; linear in B.

    A has shape (..., n, n), B and X have shape (..., n, k).
    """

    total: ClassVar[bool] = False

    def infer(self, *types: ArrayType) -> tuple[ArrayType, ...]:
        if types:
            check_matrices(self, types[0], square=True)
        if (
            len(types) != 2
            or types[0].dtype != types[1].dtype
            or types[0].shape[:-1] != types[1].shape[:-1]
        ):
            raise ShapeMismatchError(
                f"{self.name} takes square matrices and right-hand sides that fit",
                found=", ".join(map(str, types)) or "no operands",
                expected="shapes (..., n, n) and (..., n, k) and one dtype",
            )
        return (types[1],)

    def linear_sets(self, *types: ArrayType) -> LinearSets:
        return (frozenset({1}),)

    def batch(
        self, size: int, operands: tuple[Value, ...], batched: Sequence[bool]
    ) -> tuple[Value, ...]:
        if batched[0]:
            return self.all(*with_examples(size, operands, batched))
        matrix, sides = operands  # one matrix: the examples are so many more right-hand sides
        _, *stack, n, k = sides.shape
        last = sides.ndim - 1
        behind = (*range(1, last), 0, last)
        back = (last - 1, *range(last - 1), last)
        together = Reshape((*stack, n, size * k))(Transpose(behind)(sides))
        solution = Reshape((*stack, n, size, k))(self(matrix, together))
        return (Transpose(back)(solution),)


@dataclass(frozen=True)
class Solve(System):
    """A⁻¹ B by LU factorisation.

    Raises `numpy.linalg.LinAlgError` if a matrix is singular, as NumPy does.
    """

    name: ClassVar[str] = "solve"

    def evaluate(self, *values: Array) -> tuple[Array, ...]:
        return (np.linalg.solve(*values),)

    def work(self, operands: Sequence[ArrayType], results: Sequence[ArrayType]) -> int:
        matrix, sides = operands
        return matrix.size * (matrix.shape[-1] + 2 * sides.shape[-1])

    def jvp_rest(
        self, operands: tuple[Value, ...], results: tuple[Value, ...], tangents: Sequence[Tangent]
    ) -> tuple[Tangent, ...]:
        matrix_dot = tangents[0]
        assert matrix_dot is not None
        return (-self(operands[0], matmul(matrix_dot, results[0])),)

    def transpose(
        self, operands: tuple[Value, ...], cotangents: tuple[Value, ...]
    ) -> tuple[Tangent, ...]:
        return None, self(swap(operands[0]), *cotangents)


@dataclass(frozen=True)
class TriangularSolve(System):
    """T⁻¹ B, or T⁻ᵀ B, for a triangular matrix T: one triangle of A, the other one is not read.

    Raises `numpy.linalg.LinAlgError` if there is a zero on the diagonal.

    Attributes:
        lower: which triangle of A is T.
        unit_diagonal: whether the diagonal of T is taken for ones and not read either.
        transpose_a: whether to solve with Tᵀ (not conjugated).
    """

    name: ClassVar[str] = "triangular_solve"
    lower: bool = True
    unit_diagonal: bool = False
    transpose_a: bool = False

    def evaluate(self, *values: Array) -> tuple[Array, ...]:
        from scipy.linalg import solve_triangular  # here, as importing it takes long

        matrices, sides = values
        solution = np.empty(sides.shape, sides.dtype)
        for k in np.ndindex(sides.shape[:-2] if sides.size else (0,)):
            solution[k] = solve_triangular(
                matrices[k],
                sides[k],
                trans="T" if self.transpose_a else "N",
                lower=self.lower,
                unit_diagonal=self.unit_diagonal,
                check_finite=False,
            )
        return (solution,)

    def work(self, operands: Sequence[ArrayType], results: Sequence[ArrayType]) -> int:
        matrix, sides = operands
        return matrix.size * sides.shape[-1]

    def jvp_rest(
        self, operands: tuple[Value, ...], results: tuple[Value, ...], tangents: Sequence[Tangent]
    ) -> tuple[Tangent, ...]:
        matrix_dot = tangents[0]
        assert matrix_dot is not None
        strict = int(self.unit_diagonal)
        triangle = tril(matrix_dot, -strict) if self.lower else triu(matrix_dot, strict)
        spec = "ji,jk->ik" if self.transpose_a else "ij,jk->ik"
        return (-self(operands[0], product(spec, triangle, results[0])),)

    def transpose(
        self, operands: tuple[Value, ...], cotangents: tuple[Value, ...]
    ) -> tuple[Tangent, ...]:
        turned = TriangularSolve(self.lower, self.unit_diagonal, not self.transpose_a)
        return None, turned(operands[0], *cotangents)


@dataclass(frozen=True)
class Inv(Factorization):
    """A⁻¹. Raises `numpy.linalg.LinAlgError` if a matrix is singular."""

    name: ClassVar[str] = "inv"
    cost: ClassVar[int] = 2

    def results(self, m: int, n: int, dtype: DType) -> tuple[ArrayType, ...]:
        return (ArrayType(dtype, (n, n)),)

    def evaluate(self, *values: Array) -> tuple[Array, ...]:
        return (np.linalg.inv(values[0]),)

    def jvp_rest(
        self, operands: tuple[Value, ...], results: tuple[Value, ...], tangents: Sequence[Tangent]
    ) -> tuple[Tangent, ...]:
        ((inverse,), (a_dot,)) = results, tangents
        assert a_dot is not None
        return (-matmul(inverse, matmul(a_dot, inverse)),)


@dataclass(frozen=True)
class Pinv(Op):
    """The pseudo-inverse P of A, with singular values that are too small taken for 0.

    The operands are A (..., m, n) and for each matrix the fraction of its largest singular value up
    to which others are too small. The derivative is that of a matrix whose rank does not change
    (G. Golub and V. Pereyra, "The differentiation of pseudo-inverses and nonlinear least squares
    problems whose variables separate", 1973), and exists where singular values are equal, too.
    """

    name: ClassVar[str] = "pinv"

    def infer(self, *types: ArrayType) -> tuple[ArrayType, ...]:
        if types:
            check_matrices(self, types[0], square=False)
        real = types[0].dtype.type(0).real.dtype if types else None
        if len(types) != 2 or types[1] != ArrayType(real, types[0].shape[:-2]):  # type: ignore[arg-type]
            raise ShapeMismatchError(
                "pinv takes matrices and a limit for each",
                found=", ".join(map(str, types)) or "no operands",
                expected="shapes (..., m, n) and (...), the limits real numbers",
            )
        *stack, m, n = types[0].shape
        return (types[0].with_shape((*stack, n, m)),)

    def evaluate(self, *values: Array) -> tuple[Array, ...]:
        matrices, limits = values
        return (np.linalg.pinv(matrices, rcond=limits),)

    def work(self, operands: Sequence[ArrayType], results: Sequence[ArrayType]) -> int:
        return operands[0].size * min(operands[0].shape[-2:]) * 16

    def jvp_rest(
        self, operands: tuple[Value, ...], results: tuple[Value, ...], tangents: Sequence[Tangent]
    ) -> tuple[Tangent, ...]:
        (a, _), (p,), a_dot = operands, results, tangents[0]
        if a_dot is None:
            return (None,)
        turned, p_turned = adjoint(a_dot), adjoint(p)
        outside = _chain(p, p_turned, turned - _chain(turned, a, p))
        inside = _chain(turned, p_turned, p)
        return (outside + inside - _chain(p, a, inside) - _chain(p, a_dot, p),)

    def batch(
        self, size: int, operands: tuple[Value, ...], batched: Sequence[bool]
    ) -> tuple[Value, ...]:
        return self.all(*with_examples(size, operands, batched))


def _chain(x: Value, y: Value, z: Value) -> Value:
    """X Y Z, in the order that takes less work."""
    i, j, k, n = *x.shape[-2:], *z.shape[-2:]
    if i * k * (j + n) <= j * n * (k + i):
        return matmul(matmul(x, y), z)
    return matmul(x, matmul(y, z))
