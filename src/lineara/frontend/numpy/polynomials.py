"""Polynomials as arrays of coefficients, that of the highest power first."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from lineara.errors import ShapeMismatchError, TypeMismatchError, UnsupportedError
from lineara.frontend.array import TracedArray
from lineara.frontend.core import broadcast_to, convert, traced, type_of_array
from lineara.frontend.numpy.choosing import trim_zeros
from lineara.frontend.trace import Traced
from lineara.where import user_source


def _coefficients(p: Any) -> Any:
    """The coefficients of a polynomial, on one axis."""
    if isinstance(p, np.poly1d):
        raise UnsupportedError(
            "np.poly1d holds plain numbers, and cannot meet traced ones",
            where=user_source(),
            found="an np.poly1d",
            remedy="pass its coefficients, p.coeffs",
        )
    x = traced(np.atleast_1d(p))
    if x.ndim != 1:
        raise ShapeMismatchError(
            "the coefficients of a polynomial have one axis",
            where=user_source(),
            found=str(x.value.type),
        )
    return x


def polyval(p: Any, x: Any) -> Any:
    """The value at `x` of the polynomial with coefficients `p`, that of the highest power first."""
    if isinstance(x, np.poly1d):
        _coefficients(x)
    at = traced(x)
    result: Any = np.zeros_like(at)
    coefficients: Any = p if isinstance(p, Traced) else np.asarray(p)
    for coefficient in coefficients:
        result = result * at + coefficient
    return result


def _sum_of(ufunc: np.ufunc) -> Callable[..., Any]:
    """``np.polyadd`` or ``np.polysub``."""

    def function(a1: Any, a2: Any) -> Any:
        p, q = _coefficients(a1), _coefficients(a2)
        n = max(len(p), len(q))
        return ufunc(*(np.concatenate((np.zeros(n - len(x), x.dtype), x)) for x in (p, q)))

    return function


def polymul(a1: Any, a2: Any) -> Any:
    p, q = (_without_leading_zeros(_coefficients(a)) for a in (a1, a2))
    return np.convolve(p, q)


def _without_leading_zeros(p: TracedArray) -> Any:
    shorter = trim_zeros(p, "f")
    return shorter if len(shorter) else np.zeros(1, p.dtype)


def polydiv(u: Any, v: Any) -> Any:
    """The quotient, and the remainder without the leading coefficients that are 0."""
    p, q = (np.add(_coefficients(a), 0.0) for a in (u, v))
    dtype = np.result_type(p.dtype, q.dtype)
    rest, divisor = (convert(x, dtype) for x in (p, q))
    n, quotient = len(divisor), []
    scale = convert(1.0 / q[0], dtype)
    for k in range(len(rest) - n + 1):
        quotient.append(scale * rest[k])
        changed = rest[k : k + n] - quotient[-1] * divisor
        rest = traced(np.concatenate((rest[:k], changed, rest[k + n :])))
    first = 0
    while first < len(rest) - 1 and np.allclose(rest[first], 0, rtol=1e-14):
        first += 1
    return np.stack(quotient) if quotient else np.zeros(1, dtype), rest[first:]


def polyder(p: Any, m: int = 1) -> Any:
    x, m = _coefficients(p), int(m)
    if m < 0:
        raise ValueError("Order of derivative must be positive (see polyint)")
    for _ in range(m):
        x = traced(np.multiply(x[:-1], np.arange(len(x) - 1, 0, -1)))
    return x


def polyint(p: Any, m: int = 1, k: Any = None) -> Any:
    if int(m) == 0 and not isinstance(p, np.poly1d):
        return traced(p)
    x, m = _coefficients(p), int(m)
    if m < 0:
        raise ValueError("Order of integral must be positive (see polyder)")
    constants: Any = np.zeros(m) if k is None else traced(np.atleast_1d(k))
    if len(constants) == 1 and m > 1:
        constants = constants[0] * np.ones(m)
    if len(constants) < m:
        raise ValueError("k must be a scalar or a rank-1 array of length 1 or >m.")
    for i in range(m):
        divided = np.true_divide(x, np.arange(len(x), 0, -1))
        x = traced(np.concatenate((divided, constants[i : i + 1])))
    return x


def poly(seq_of_zeros: Any) -> Any:
    """The coefficients of the polynomial with these zeros, or of a matrix's characteristic one."""
    x: Any = traced(np.atleast_1d(seq_of_zeros))
    if x.ndim == 2 and x.shape[0] == x.shape[1] != 0:
        x = np.linalg.eigvals(x)
    elif x.ndim == 1:
        x = traced(convert(x, np.dtype(np.mintypecode(x.dtype.char))))
    else:
        raise ValueError("input must be 1d or non-empty square 2d array.")
    if not len(x):
        return 1.0
    result: Any = np.ones(1, x.dtype, like=x)
    for i in range(len(x)):  # times (z − x_i)
        inner = result[1:] - x[i] * result[:-1]
        result = np.concatenate((result[:1], inner, -x[i] * result[-1:]))
    if x.dtype.kind == "c" and np.all(np.sort(x) == np.sort(x.conj())):
        return result.real  # zeros in conjugate pairs
    return result


def roots(p: Any) -> Any:
    x: Any = _coefficients(p)
    (places,) = np.nonzero(x)
    if not len(places):
        return np.zeros(0)
    zeros = len(x) - int(places[-1]) - 1
    x = x[int(places[0]) : int(places[-1]) + 1]
    x = x if x.dtype.kind in "fc" else traced(convert(x, np.dtype(np.float64)))
    if len(x) == 1:
        return np.zeros(zeros, like=x)
    below = np.eye(len(x) - 2, len(x) - 1, dtype=x.dtype)
    found = np.linalg.eigvals(np.concatenate(((-x[1:] / x[0])[None], below)))
    return np.concatenate((found, np.zeros(zeros, found.dtype)))


def vander(x: Any, N: int | None = None, increasing: bool = False) -> Any:
    """The matrix of powers of the elements of `x`, from 0 to N − 1 or back."""
    at = traced(x)
    if at.ndim != 1:
        raise ValueError("x must be a one-dimensional array or sequence.")
    count = len(at) if N is None else operator.index(N)
    at = traced(convert(at, np.promote_types(at.dtype, int)))
    ones = np.ones((len(at), min(count, 1)), at.dtype)
    repeated = broadcast_to(at[:, None], (len(at), max(count - 1, 0)))
    powers: Any = np.concatenate((ones, np.cumprod(repeated, axis=1)), axis=1)
    return powers if increasing else powers[:, ::-1]


def polyfit(
    x: Any,
    y: Any,
    deg: int,
    rcond: Any = None,
    full: bool = False,
    w: Any = None,
    cov: bool | str = False,
) -> Any:
    """The polynomial of degree `deg` that is closest to points, by least squares."""
    at, values = np.add(traced(x), 0.0), np.add(traced(y), 0.0)
    order = int(deg) + 1
    weights = None if w is None else np.add(traced(w), 0.0)
    _check_points(at, values, weights, order)
    if rcond is None:
        rcond = len(at) * np.finfo(at.dtype).eps
    powers = vander(at, order)
    if weights is not None:
        powers = powers * weights[:, None]
        values = values * (weights[:, None] if values.ndim == 2 else weights)
    scale = np.sqrt(np.sum(powers * powers, axis=0))
    powers = powers / scale
    c, residuals, rank, s = np.linalg.lstsq(powers, values, rcond)
    c = (c.T / scale).T
    if full:
        return c, residuals, rank, s, rcond
    if not cov:
        return c
    base = np.linalg.inv(np.dot(powers.T, powers)) / np.outer(scale, scale)
    factor: Any = 1
    if cov != "unscaled":
        if len(at) <= order:
            raise ValueError(
                "the number of data points must exceed order to scale the covariance matrix"
            )
        factor = residuals / (len(at) - order)
    return c, (base if values.ndim == 1 else base[:, :, None]) * factor


def _check_points(x: Any, y: Any, w: Any, order: int) -> None:
    if order < 1:
        raise ValueError("expected deg >= 0")
    fits = x.ndim == 1 and x.size and y.ndim in (1, 2) and len(x) == len(y)
    if not fits or (w is not None and w.shape != x.shape):
        shapes = [type_of_array(z).shape for z in (x, y, w) if z is not None]
        raise TypeMismatchError(
            "the points that a polynomial is fitted to do not fit each other",
            where=user_source(),
            found="shapes " + " and ".join(map(str, shapes)),
            expected="x of shape (m,), y of shape (m,) or (m, k), weights of shape (m,), m ≥ 1",
        )


FUNCTIONS: dict[Callable[..., Any], Callable[..., Any]] = {
    np.polyval: polyval,
    np.polyadd: _sum_of(np.add),
    np.polysub: _sum_of(np.subtract),
    np.polymul: polymul,
    np.polydiv: polydiv,
    np.polyder: polyder,
    np.polyint: polyint,
    np.poly: poly,
    np.roots: roots,
    np.vander: vander,
    np.polyfit: polyfit,
}
