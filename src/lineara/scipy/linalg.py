"""`scipy.linalg`: systems of equations, factorisations, the matrix exponential, special matrices.

Matrices may come in stacks, with axes in front, wherever NumPy's functions take them so.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from lineara.errors import ShapeMismatchError
from lineara.frontend.control import fori_loop
from lineara.frontend.core import apply, apply_all
from lineara.frontend.stop import stop_gradient
from lineara.ops.linalg.lu import Lu, Permutation
from lineara.ops.linalg.solve import TriangularSolve
from lineara.scipy.calls import floats, like, refused
from lineara.where import user_source

# Arguments for speed and checks (`overwrite_a`, `check_finite`) are taken and have no effect.


def _square(function: str, *arrays: Any) -> list[Any]:
    """Arrays of one dtype, of which the first is a square matrix, or a stack of them."""
    found: list[Any] = [*floats(*arrays)]
    shape = found[0].shape
    if len(shape) < 2 or shape[-1] != shape[-2]:
        raise ShapeMismatchError(
            f"{function} takes a square matrix",
            where=user_source(),
            found=f"shape {shape}",
        )
    return found


@like("scipy.linalg.solve")
def solve(
    a: Any,
    b: Any,
    lower: bool = False,
    overwrite_a: bool = False,
    overwrite_b: bool = False,
    check_finite: bool = True,
    assume_a: str | None = None,
    transposed: bool = False,
) -> Any:
    a, b = _square("scipy.linalg.solve", a, b)
    if assume_a in ("pos", "positive definite"):
        return cho_solve((cholesky(a, lower), lower), b)
    if assume_a not in (None, "gen", "general"):
        raise refused(
            "scipy.linalg.solve", "assume_a", repr(assume_a), "leave it out, or use 'pos'"
        )
    return np.linalg.solve(np.matrix_transpose(a) if transposed else a, b)


@like("scipy.linalg.inv")
def inv(a: Any, overwrite_a: bool = False, check_finite: bool = True) -> Any:
    return np.linalg.inv(*_square("scipy.linalg.inv", a))


@like("scipy.linalg.det")
def det(a: Any, overwrite_a: bool = False, check_finite: bool = True) -> Any:
    (a,) = _square("scipy.linalg.det", a)
    return np.linalg.det(a.astype(np.result_type(a.dtype, float)))  # SciPy's are double


@like("scipy.linalg.norm")
def norm(
    a: Any, ord: Any = None, axis: Any = None, keepdims: bool = False, check_finite: bool = True
) -> Any:
    return np.linalg.norm(a, ord, axis, keepdims)


@like("scipy.linalg.cholesky")
def cholesky(
    a: Any, lower: bool = False, overwrite_a: bool = False, check_finite: bool = True
) -> Any:
    (a,) = _square("scipy.linalg.cholesky", a)
    return np.linalg.cholesky(a) if lower else _adjoint(np.linalg.cholesky(_adjoint(a)))


def _adjoint(a: Any) -> Any:
    return np.conj(np.matrix_transpose(a))


@like("scipy.linalg.cho_factor")
def cho_factor(
    a: Any, lower: bool = False, overwrite_a: bool = False, check_finite: bool = True
) -> Any:
    return cholesky(a, lower), lower


@like("scipy.linalg.cho_solve")
def cho_solve(
    c_and_lower: Any, b: Any, overwrite_b: bool = False, check_finite: bool = True
) -> Any:
    factor, lower = c_and_lower
    first, second = ("N", "C") if lower else ("C", "N")
    half = solve_triangular(factor, b, first, lower)
    return solve_triangular(factor, half, second, lower)


TRANSPOSED: dict[Any, str] = {0: "N", 1: "T", 2: "C", "N": "N", "T": "T", "C": "C"}


def _turned(function: str, trans: Any) -> str:
    try:
        return TRANSPOSED[trans]
    except (KeyError, TypeError):
        raise refused(function, "trans", repr(trans), "use 0, 1, 2, 'N', 'T' or 'C'") from None


@like("scipy.linalg.solve_triangular")
def solve_triangular(
    a: Any,
    b: Any,
    trans: Any = 0,
    lower: bool = False,
    unit_diagonal: bool = False,
    overwrite_b: bool = False,
    check_finite: bool = True,
) -> Any:
    turned = _turned("scipy.linalg.solve_triangular", trans)
    a, b = _square("scipy.linalg.solve_triangular", a, b)
    op = TriangularSolve(bool(lower), bool(unit_diagonal), turned != "N")
    sides = b[..., None] if b.ndim == 1 else b
    stack = np.broadcast_shapes(a.shape[:-2], sides.shape[:-2])
    matrices = np.broadcast_to(np.conj(a) if turned == "C" else a, stack + a.shape[-2:])
    solution = apply(op, matrices, np.broadcast_to(sides, stack + sides.shape[-2:]))
    return solution[..., 0] if b.ndim == 1 else solution


@like("scipy.linalg.lu_factor")
def lu_factor(a: Any, overwrite_a: bool = False, check_finite: bool = True) -> Any:
    return apply_all(Lu(), *_square("scipy.linalg.lu_factor", a))


@like("scipy.linalg.lu_solve")
def lu_solve(
    lu_and_piv: Any, b: Any, trans: Any = 0, overwrite_b: bool = False, check_finite: bool = True
) -> Any:
    packed, pivots = lu_and_piv
    turned = _turned("scipy.linalg.lu_solve", trans)
    order = apply(Permutation(), np.asarray(pivots) if isinstance(pivots, list) else pivots)
    if order.ndim > 1:
        raise refused("scipy.linalg.lu_solve", "lu_and_piv", "a stack", "use lineara.vmap")
    if turned == "N":
        half = solve_triangular(packed, np.take(b, order, axis=0), 0, True, True)
        return solve_triangular(packed, half)
    half = solve_triangular(packed, b, turned)
    swapped = solve_triangular(packed, half, turned, True, True)
    return np.take(swapped, np.argsort(order), axis=0)


@like("scipy.linalg.lu")
def lu(
    a: Any,
    permute_l: bool = False,
    overwrite_a: bool = False,
    check_finite: bool = True,
    p_indices: bool = False,
) -> Any:
    (a,) = _square("scipy.linalg.lu", a)
    packed, pivots = apply_all(Lu(), a)
    back = np.argsort(apply(Permutation(), pivots), axis=-1).astype(np.int32)
    eye = np.eye(a.shape[-1], dtype=a.dtype)
    lower, upper = np.tril(packed, -1) + eye, np.triu(packed)
    rows = (back[..., None] == np.arange(a.shape[-1])).astype(lower.real.dtype)
    if permute_l:
        return rows.astype(lower.dtype) @ lower, upper
    return (back if p_indices else rows), lower, upper


@like("scipy.linalg.svdvals")
def svdvals(a: Any, overwrite_a: bool = False, check_finite: bool = True) -> Any:
    return np.linalg.svdvals(a)


@like("scipy.linalg.eigvalsh")
def eigvalsh(a: Any, b: Any = None, *, lower: bool = True, check_finite: bool = True) -> Any:
    if b is not None:
        raise refused(
            "scipy.linalg.eigvalsh", "b", "a matrix", "reduce the problem with cholesky(b)"
        )
    return np.linalg.eigvalsh(a, "L" if lower else "U")


# -- the exponential -------------------------------------------------------------------------------

PADE = (
    *(64764752532480000.0, 32382376266240000.0, 7771770303897600.0, 1187353796428800.0),
    *(129060195264000.0, 10559470521600.0, 670442572800.0, 33522128640.0, 1323241920.0),
    *(40840800.0, 960960.0, 16380.0, 182.0, 1.0),
)
"""Of the diagonal Padé approximant of degree 13 of exp."""
THETA = 4.25
"""The norm below which it is exact to the last bit of a double (N. Higham, "The scaling and
squaring method for the matrix exponential revisited", 2005)."""


@like("scipy.linalg.expm")
def expm(A: Any) -> Any:
    """Scaling and squaring. The number of squarings depends on the matrix, when it is known."""
    (a,) = _square("scipy.linalg.expm", A)
    if not a.size:
        return np.zeros_like(a)
    size = stop_gradient(np.max(np.sum(np.abs(a), axis=-2)))
    steps = np.ceil(np.log2(np.maximum(size / THETA, 1.0)))
    a = a * np.exp2(-steps).astype(a.real.dtype)
    eye = np.eye(a.shape[-1], dtype=a.dtype)
    a2 = a @ a
    a4 = a2 @ a2
    a6 = a2 @ a4

    def part(k: int) -> Any:
        c = PADE[k::2]
        high = a6 @ (c[6] * a6 + c[5] * a4 + c[4] * a2)
        return high + c[3] * a6 + c[2] * a4 + c[1] * a2 + c[0] * eye

    odd, even = a @ part(1), part(0)
    start = np.linalg.solve(even - odd, even + odd)
    return fori_loop(0, steps.astype(int), lambda _, x: x @ x, start)


# -- special matrices ------------------------------------------------------------------------------


@like("scipy.linalg.block_diag")
def block_diag(*arrs: Any) -> Any:
    blocks = [np.atleast_2d(x) for x in arrs]
    width = sum(x.shape[1] for x in blocks)
    rows, start = [], 0
    for x in blocks:
        rows.append(np.pad(x, ((0, 0), (start, width - start - x.shape[1]))))
        start += x.shape[1]
    return np.concatenate(rows)


@like("scipy.linalg.toeplitz")
def toeplitz(c: Any, r: Any = None) -> Any:
    c = np.ravel(c)
    r = np.conj(c) if r is None else np.ravel(r)
    values = np.concatenate([c[::-1], r[1:]])
    rows, columns = np.ogrid[: len(c), : len(r)]
    return values[len(c) - 1 - rows + columns]


@like("scipy.linalg.circulant")
def circulant(c: Any) -> Any:
    rows, columns = np.ogrid[: np.shape(c)[-1], : np.shape(c)[-1]]
    return c[..., (rows - columns) % np.shape(c)[-1]]


@like("scipy.linalg.hankel")
def hankel(c: Any, r: Any = None) -> Any:
    c = np.ravel(c)
    values = np.concatenate([c, np.zeros_like(c)[1:] if r is None else np.ravel(r)[1:]])
    rows, columns = np.ogrid[: len(c), : len(c) if r is None else np.size(r)]
    return values[rows + columns]
