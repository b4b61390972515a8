"""``np.linalg``: solutions, factorisations and norms."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from lineara.errors import ShapeMismatchError, TracingError, UnsupportedError
from lineara.frontend.array import TracedArray
from lineara.frontend.core import (
    apply,
    apply_all,
    axes_of,
    broadcast_shapes,
    broadcast_to,
    convert,
    traced,
    type_of_array,
)
from lineara.ir.op import Op
from lineara.ops.linalg import determinant, factorize
from lineara.ops.linalg import solve as solving
from lineara.where import user_source

INEXACT = np.dtype(np.float64)
"""What integers are converted to, whatever they meet."""


def inexact(*arrays: Any) -> list[Any]:
    """The operands in one dtype that linear algebra is done in."""
    dtypes = [type_of_array(x).dtype for x in arrays]
    dtype = np.result_type(*(d if d.kind in "fc" else INEXACT for d in dtypes))
    return [traced(convert(x, dtype)) for x in arrays]


def _of_matrix(op: Op) -> Callable[..., Any]:
    """A function of square matrices with one result."""

    def function(a: Any) -> TracedArray:
        (x,) = inexact(a)
        return apply(op, x)

    return function


def solve(a: Any, b: Any) -> Any:
    matrix, right = inexact(a, b)
    lengths = right.shape if right.ndim == 1 else right.shape[-2:-1]
    if matrix.shape[-2:] != lengths * 2:
        raise ShapeMismatchError(
            "np.linalg.solve takes square matrices and right-hand sides of their length",
            where=user_source(),
            found=f"shapes {np.shape(a)} and {np.shape(b)}",
            expected="shapes (..., n, n) and (n,) or (..., n, k)",
        )
    if right.ndim == 1:
        return solve(matrix, right[:, None])[..., 0]
    batch = broadcast_shapes(np.empty(matrix.shape[:-2]), np.empty(right.shape[:-2]))
    matrix = broadcast_to(matrix, batch + matrix.shape[-2:])
    right = broadcast_to(right, batch + right.shape[-2:])
    return apply(solving.Solve(), matrix, right)


def slogdet(a: Any) -> Any:
    (x,) = inexact(a)
    return _named("SlogdetResult", *apply_all(determinant.SlogDet(), x))


def cholesky(a: Any, /, *, upper: bool = False) -> Any:
    (x,) = inexact(a)
    if upper:
        return np.conj(np.matrix_transpose(cholesky(np.conj(np.matrix_transpose(x)))))
    return apply(factorize.Cholesky(), x)


def qr(a: Any, mode: str = "reduced") -> Any:
    (x,) = inexact(a)
    if mode not in ("reduced", "r"):
        raise UnsupportedError(
            f"np.linalg.qr with mode={mode!r} is not supported on traced arrays",
            where=user_source(),
            found=f"mode={mode!r}",
            expected="'reduced' or 'r'",
        )
    q, r = apply_all(factorize.Qr(), x)
    return r if mode == "r" else _named("QRResult", q, r)


def eigh(a: Any, UPLO: str = "L") -> Any:
    (x,) = inexact(a)
    if UPLO.upper() not in ("L", "U"):
        raise UnsupportedError(
            "UPLO argument must be 'L' or 'U'", where=user_source(), found=f"UPLO={UPLO!r}"
        )
    return _named("EighResult", *apply_all(factorize.Eigh(UPLO.upper() == "L"), x))


def eigvalsh(a: Any, UPLO: str = "L") -> Any:
    return eigh(a, UPLO)[0]


def svd(
    a: Any, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False
) -> Any:
    (x,) = inexact(a)
    require_matrices(x)
    if hermitian:
        return _svd_of_hermitian(x) if compute_uv else np.sort(np.abs(eigvalsh(x)))[..., ::-1]
    if full_matrices and compute_uv and x.shape[-1] != x.shape[-2]:
        raise UnsupportedError(
            "np.linalg.svd is supported in its reduced form on traced arrays",
            where=user_source(),
            found=f"full_matrices={full_matrices}, shape {x.shape}",
            remedy="pass full_matrices=False",
        )
    u, s, vh = apply_all(factorize.Svd(), x)
    return _named("SVDResult", u, s, vh) if compute_uv else s


def _svd_of_hermitian(x: Any) -> Any:
    """The singular values are the absolute values of the eigenvalues, the largest first."""
    w, v = eigh(x)
    order = np.flip(np.argsort(np.abs(w)), -1)
    w = np.take_along_axis(w, order, axis=-1)
    u = np.take_along_axis(v, order[..., None, :], axis=-1)
    signs = np.where(np.signbit(w), -1.0, 1.0).astype(w.dtype)
    vh = np.conj(np.matrix_transpose(u * signs[..., None, :]))
    return _named("SVDResult", u, np.abs(w), vh)


def eig(a: Any) -> Any:
    w, v = _eigenpairs(a)
    return _named("EigResult", w, v)


def eigvals(a: Any) -> Any:
    return _eigenpairs(a)[0]


def _eigenpairs(a: Any) -> tuple[Any, Any]:
    """Eigenvalues and eigenvectors: real ones if the matrix is real and so are all eigenvalues."""
    (x,) = inexact(a)
    w, v = apply_all(factorize.Eig(), x)
    if x.dtype.kind == "c":
        return w, v
    try:
        all_real = not np.any(w.owner.concrete(w.value, "the dtype of eigenvalues").imag)
    except TracingError as error:
        raise TracingError(
            "whether eigenvalues are real or complex depends on numbers that are not there yet",
            where=user_source(),
            found=error.found,
            expected="a complex matrix, or one that does not depend on the arguments",
            remedy="pass x.astype(complex); of a symmetric matrix take np.linalg.eigh",
        ) from None
    return (w.real, v.real) if all_real else (w, v)


def require_matrices(x: Any) -> None:
    if x.ndim < 2:
        raise ShapeMismatchError(
            "a matrix has two axes, or more for a stack of matrices",
            where=user_source(),
            found=f"shape {x.shape}",
        )


def svdvals(x: Any, /) -> Any:
    return svd(x, compute_uv=False)


def _named(name: str, *parts: Any) -> Any:
    """NumPy's named tuple of results."""
    return getattr(np.linalg._linalg, name)(*parts)


def matrix_power(a: Any, n: int) -> Any:
    n = operator.index(n)
    (x,) = inexact(a) if n < 0 else [traced(a)]
    if x.ndim < 2 or x.shape[-1] != x.shape[-2]:
        raise ShapeMismatchError(
            "only square matrices have powers", where=user_source(), found=f"shape {x.shape}"
        )
    if n == 0:
        return broadcast_to(np.eye(x.shape[-1], dtype=x.dtype), x.shape)
    base = np.linalg.inv(x) if n < 0 else x
    result, power = None, abs(n)
    while power:
        if power % 2:
            result = base if result is None else result @ base
        power //= 2
        base = base @ base if power else base
    return result


def multi_dot(arrays: Any) -> Any:
    """A chain of products, in the order that takes the least work."""
    shapes = [np.shape(x) for x in arrays]
    last = len(shapes) - 1
    fits = last > 0 and all(
        len(shape) == 2 or (len(shape) == 1 and i in (0, last)) for i, shape in enumerate(shapes)
    )
    if not fits or any(shapes[i][-1] != shapes[i + 1][0] for i in range(last)):
        raise ShapeMismatchError(
            "these arrays are no chain of matrices",
            where=user_source(),
            found="shapes " + " and ".join(map(str, shapes)),
            expected="two matrices or more, the first and last may be vectors, of fitting lengths",
        )
    labels = [[i, i + 1] for i in range(last + 1)]
    if len(shapes[0]) == 1:
        labels[0] = [1]
    if len(shapes[last]) == 1:
        labels[last] = [last]
    ends = [*labels[0][:-1], *labels[last][1:]]
    return np.einsum(*(part for pair in zip(arrays, labels, strict=True) for part in pair), ends)


# -- norms -----------------------------------------------------------------------------------------


def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    (a,) = inexact(x)
    ord = _plain(ord)
    axes = axes_of(axis, a.ndim)
    if ord is None and (axis is None or len(axes) in (1, 2)):
        return _root_of_squares(a, axes, keepdims)
    if len(axes) == 1:
        return vector_norm(a, axis=axes, keepdims=keepdims, ord=ord)
    if len(axes) == 2:
        in_order = axes if axis is None else tuple(int(i) % a.ndim for i in axis)
        return _matrix_norm(a, ord, in_order, keepdims)
    raise ShapeMismatchError(
        "norms other than the default are of vectors and matrices",
        where=user_source(),
        found=f"ord={ord!r} over axes {axes}",
        remedy="say which one or two axes with axis=",
    )


def _plain(ord: Any) -> Any:
    """The order of a norm, as a number that is known."""
    return ord.item() if isinstance(ord, TracedArray) else ord


def _root_of_squares(x: Any, axis: Any, keepdims: bool) -> Any:
    """The 2-norm. Where it is zero its derivative is taken to be zero, the shortest subgradient."""
    squares = np.real(x) ** 2 + np.imag(x) ** 2 if x.dtype.kind == "c" else x * x
    total = np.sum(squares, axis=axis, keepdims=keepdims)
    zero = total == 0
    return np.where(zero, 0.0, np.sqrt(np.where(zero, 1.0, total)))


def vector_norm(x: Any, /, *, axis: Any = None, keepdims: bool = False, ord: Any = 2) -> Any:
    (a,) = inexact(x)
    ord = _plain(ord)
    if ord is None or ord == 2:
        return _root_of_squares(a, axis, keepdims)
    size = np.abs(a)
    if ord == np.inf:
        return np.max(size, axis=axis, keepdims=keepdims)
    if ord == -np.inf:
        return np.min(size, axis=axis, keepdims=keepdims)
    if ord == 0:
        return np.sum((a != 0).astype(size.dtype), axis=axis, keepdims=keepdims)
    if ord == 1:
        return np.sum(size, axis=axis, keepdims=keepdims)
    if not isinstance(ord, int | float | np.number):
        raise UnsupportedError(
            f"vectors have no norm of order {ord!r}", where=user_source(), found=f"ord={ord!r}"
        )
    ord = float(ord)
    total = np.sum(size**ord, axis=axis, keepdims=keepdims)
    if ord < 0:
        return total ** (1 / ord)
    zero = total == 0
    return np.where(zero, 0.0, np.where(zero, 1.0, total) ** (1 / ord))


def matrix_norm(x: Any, /, *, keepdims: bool = False, ord: Any = "fro") -> Any:
    (a,) = inexact(x)
    return _matrix_norm(a, _plain(ord), (a.ndim - 2, a.ndim - 1), keepdims)


def _matrix_norm(a: Any, ord: Any, axes: Any, keepdims: bool) -> Any:
    if ord in ("fro", "f"):
        return _root_of_squares(a, axes, keepdims)
    matrices = np.moveaxis(a, axes, (-2, -1))
    if ord in (1, -1, np.inf, -np.inf):
        sums = np.sum(np.abs(matrices), axis=-2 if abs(ord) == 1 else -1)
        result = np.max(sums, axis=-1) if ord > 0 else np.min(sums, axis=-1)
    elif ord in (2, -2, "nuc"):
        s = svdvals(matrices)
        extremes: dict[Any, Any] = {2: np.max, -2: np.min, "nuc": np.sum}
        result = extremes[ord](s, axis=-1)
    else:
        raise UnsupportedError(
            f"matrices have no norm of order {ord!r}", where=user_source(), found=f"ord={ord!r}"
        )
    return np.expand_dims(result, tuple(sorted(axes))) if keepdims else result


def cond(x: Any, p: Any = None) -> Any:
    if 0 in np.shape(x):
        raise ShapeMismatchError(
            "np.linalg.cond is not defined on empty arrays",
            where=user_source(),
            found=f"shape {np.shape(x)}",
        )
    p = _plain(p)
    if p is None or p in (2, -2):
        s = svdvals(x)
        result = s[..., 0] / s[..., -1] if p != -2 else s[..., -1] / s[..., 0]
    else:
        result = norm(x, p, axis=(-2, -1)) * norm(np.linalg.inv(x), p, axis=(-2, -1))
    unknown = np.any(np.isnan(x), axis=(-2, -1))
    return np.where(np.isnan(result) & ~unknown, np.inf, result)


FUNCTIONS: dict[Callable[..., Any], Callable[..., Any]] = {
    np.linalg.solve: solve,
    np.linalg.inv: _of_matrix(solving.Inv()),
    np.linalg.det: _of_matrix(determinant.Det()),
    np.linalg.slogdet: slogdet,
    np.linalg.cholesky: cholesky,
    np.linalg.qr: qr,
    np.linalg.eig: eig,
    np.linalg.eigvals: eigvals,
    np.linalg.eigh: eigh,
    np.linalg.eigvalsh: eigvalsh,
    np.linalg.svd: svd,
    np.linalg.svdvals: svdvals,
    np.linalg.matrix_power: matrix_power,
    np.linalg.multi_dot: multi_dot,
    np.linalg.norm: norm,
    np.linalg.vector_norm: vector_norm,
    np.linalg.matrix_norm: matrix_norm,
    np.linalg.cond: cond,
}
