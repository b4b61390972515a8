"""``np.linalg`` where a matrix need not have an inverse, and systems of tensors."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from lineara.errors import ShapeMismatchError, UnsupportedError
from lineara.frontend.core import apply, broadcast_to, convert, shape_of, traced
from lineara.frontend.numpy.linalg import inexact, require_matrices, solve, svd, svdvals
from lineara.frontend.numpy.reductions import ABSENT
from lineara.frontend.stop import stop_gradient
from lineara.frontend.trace import known_or_none
from lineara.ops.linalg.solve import Pinv
from lineara.where import user_source


def pinv(a: Any, rcond: Any = None, hermitian: bool = False, *, rtol: Any = ABSENT) -> Any:
    (x,) = inexact(a)
    if rcond is not None and rtol is not ABSENT:
        raise UnsupportedError(
            "`rtol` and `rcond` can't be both set.", where=user_source(), found="both"
        )
    require_matrices(x)
    if not x.shape[-1] * x.shape[-2]:
        return np.matrix_transpose(x)
    limit = rtol if rcond is None else rcond
    if limit is ABSENT:
        limit = 1e-15
    elif limit is None:
        limit = max(x.shape[-2:]) * np.finfo(x.dtype).eps
    if hermitian:  # of which one triangle is read
        lower = np.tril(x, -1)
        diagonal = np.real(x) * np.eye(x.shape[-1], dtype=x.real.dtype)
        x = lower + np.conj(np.matrix_transpose(lower)) + diagonal
    return _pinv(x, limit)


def _pinv(x: Any, limit: Any) -> Any:
    limits = broadcast_to(stop_gradient(convert(limit, x.real.dtype)), x.shape[:-2])
    return apply(Pinv(), x, limits)


def lstsq(a: Any, b: Any, rcond: Any = None) -> Any:
    """The shortest of the vectors that minimise |b − a x|, as NumPy has it.

    Whether there are residuals depends on the rank. Where that is not known yet (under jit or
    vmap), they are NaN in place of missing.
    """
    matrix, right = inexact(a, b)
    if matrix.ndim != 2 or right.ndim not in (1, 2) or len(matrix) != len(right):
        raise ShapeMismatchError(
            "np.linalg.lstsq takes a matrix and right-hand sides of its length",
            where=user_source(),
            found=f"shapes {shape_of(a)} and {shape_of(b)}",
            expected="shapes (m, n) and (m,) or (m, k)",
        )
    kind, real = matrix.dtype, matrix.real.dtype
    m, n = matrix.shape
    matrix, right = (convert(x, np.result_type(kind, np.float64)) for x in (matrix, right))
    limit = max(m, n) * np.finfo(np.float64).eps if rcond is None else rcond
    s = svdvals(matrix) if m and n else np.zeros(0)
    rank = np.sum(s > np.max(s, initial=0.0) * limit)
    x = (_pinv(matrix, limit) if m and n else np.zeros((n, m), matrix.dtype)) @ right
    residuals = _residuals(matrix, x, right, rank)
    rank = convert(rank, np.dtype(np.int32))
    return convert(x, kind), convert(residuals, real), rank, convert(s, real)


def _residuals(matrix: Any, x: Any, right: Any, rank: Any) -> Any:
    """The squared lengths of what is left of the right-hand sides, if there are any."""
    m, n = matrix.shape
    found = known_or_none(rank)
    if m <= n or found not in (None, n):
        return np.zeros(0)
    rest = np.reshape(right - matrix @ x, (m, -1))
    squares = np.sum(np.real(rest) ** 2 + np.imag(rest) ** 2, axis=0)
    return squares if found is not None else np.where(rank == n, squares, np.nan)


def matrix_rank(A: Any, tol: Any = None, hermitian: bool = False, *, rtol: Any = None) -> Any:
    if rtol is not None and tol is not None:
        raise ValueError("`tol` and `rtol` can't be both set.")
    x: Any = traced(A)
    if x.ndim < 2:
        return convert(np.any(x != 0), np.dtype(np.int64))
    s = svd(x, compute_uv=False, hermitian=hermitian)
    if tol is None:
        share = max(x.shape[-2:]) * np.finfo(s.dtype).eps if rtol is None else _column(rtol)
        limit = np.max(s, axis=-1, keepdims=True, initial=0) * share
    else:
        limit = _column(tol)
    return np.count_nonzero(s > limit, axis=-1)


def _column(x: Any) -> Any:
    return np.expand_dims(x, -1)


def tensorsolve(a: Any, b: Any, axes: Any = None) -> Any:
    x: Any = traced(a)
    if axes is not None:
        order = list(range(x.ndim))
        for k in axes:
            order.remove(k)
            order.insert(x.ndim, k)
        x = np.transpose(x, order)
    shape = x.shape[-(x.ndim - np.ndim(b)) :]
    size = math.prod(shape)
    if x.size != size**2:
        raise ShapeMismatchError(
            "the axes of np.linalg.tensorsolve make no square matrix",
            where=user_source(),
            found=f"shapes {x.shape} and {shape_of(b)}",
            expected="prod(a.shape[b.ndim:]) == prod(a.shape[:b.ndim])",
        )
    return np.reshape(solve(np.reshape(x, (size, size)), np.ravel(b)), shape)


def tensorinv(a: Any, ind: int = 2) -> Any:
    x = traced(a)
    if ind <= 0:
        raise ValueError("Invalid ind argument.")
    rest = x.shape[ind:]
    inverse = np.linalg.inv(np.reshape(x, (math.prod(rest), -1)))
    return np.reshape(inverse, rest + x.shape[:ind])


FUNCTIONS: dict[Callable[..., Any], Callable[..., Any]] = {
    np.linalg.pinv: pinv,
    np.linalg.lstsq: lstsq,
    np.linalg.matrix_rank: matrix_rank,
    np.linalg.tensorsolve: tensorsolve,
    np.linalg.tensorinv: tensorinv,
}
