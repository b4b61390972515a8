"""Means, variances, quantiles and correlations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from lineara.errors import ShapeMismatchError
from lineara.frontend.array import TracedArray
from lineara.frontend.core import axes_of, axis_of, broadcast_to, convert, reshape, shape_of, traced
from lineara.frontend.numpy.reductions import ABSENT, missing
from lineara.frontend.where import user_source
from lineara.ir.types import Array, DType


def safe_sqrt(x: Any) -> Any:
    """The square root, with derivative 0 (and not ∞ or NaN) where it is 0."""
    is_zero = x == 0
    return np.where(is_zero, 0, np.sqrt(np.where(is_zero, 1, x)))


def _floating(x: TracedArray, dtype: Any) -> TracedArray:
    """`x` in the dtype in which NumPy computes its mean."""
    if dtype is None:
        dtype = x.dtype if x.dtype.kind in "fc" else np.float64
    return traced(convert(x, np.dtype(dtype)))


def _count(x: TracedArray, axis: Any, keepdims: bool, where: Any) -> Any:
    """How many elements a sum over `axis` has: a number, or, with a mask, an array."""
    if where is True:
        return int(np.prod([x.shape[k] for k in axes_of(axis, x.ndim)], dtype=np.int64))
    return np.sum(broadcast_to(where, x.shape), axis, keepdims=keepdims)


def _over(total: Any, count: Any) -> Any:
    """``total / count`` in the dtype of `total`."""
    real = total.real.dtype
    return total / (real.type(count) if isinstance(count, int) else convert(count, real))


def mean(
    a: Any, axis: Any = None, dtype: Any = None, *, keepdims: bool = False, where: Any = True
) -> Any:
    """The mean over axes."""
    x = _floating(traced(a), dtype)
    return _over(
        np.sum(x, axis, keepdims=keepdims, where=where), _count(x, axis, keepdims, where)
    )


def var(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    *,
    ddof: float = 0,
    keepdims: bool = False,
    where: Any = True,
    mean: Any = ABSENT,
) -> Any:
    """The variance over axes: the mean of |x − mean|², with `ddof` fewer elements than there are."""
    x = _floating(traced(a), dtype)
    centre = np.mean(x, axis, keepdims=True, where=where) if mean is ABSENT else mean
    total = np.sum(_abs_squared(x - centre), axis, keepdims=keepdims, where=where)
    count = _count(x, axis, keepdims, where) - ddof
    return _over(total, max(count, 0) if isinstance(count, int | float) else np.maximum(count, 0))


def _abs_squared(x: Any) -> Any:
    return x.real**2 + x.imag**2 if x.dtype.kind == "c" else x * x


def std(a: Any, axis: Any = None, dtype: Any = None, **options: Any) -> Any:
    """The square root of the variance, with derivative 0 where all elements are equal."""
    return safe_sqrt(np.var(a, axis, dtype, **options))


def average(
    a: Any, axis: Any = None, weights: Any = None, returned: bool = False, *, keepdims: bool = False
) -> Any:
    """The mean with weights, of the shape of `a` or of its axes `axis`."""
    x = traced(a)
    if weights is None:
        result = np.mean(x, axis, keepdims=keepdims)
        scale = np.full(shape_of(result), x.size / max(traced(result).size, 1), result.dtype)
        return (result, scale) if returned else result
    w = _weights(traced(weights), x, axis)
    dtype = np.result_type(x.dtype, w.dtype, *([] if x.dtype.kind in "fc" else [np.float64]))
    total = np.sum(w, axis, dtype=dtype, keepdims=keepdims)
    result = np.sum(convert(x, dtype) * convert(w, dtype), axis, keepdims=keepdims) / total
    return (result, broadcast_to(total, shape_of(result))) if returned else result


def _weights(weights: TracedArray, x: TracedArray, axis: Any) -> TracedArray:
    """The weights with as many axes as `x`."""
    if weights.shape == x.shape:
        return weights
    axes = axis if isinstance(axis, tuple) else (axis,)
    places = [] if axis is None else [axis_of(k, x.ndim) for k in axes]
    if weights.shape != tuple(x.shape[k] for k in places):
        raise ShapeMismatchError(
            "the weights of an average do not fit",
            where=user_source(),
            found=f"weights of shape {weights.shape} for an array of shape {x.shape}, axis={axis}",
            expected="the shape of the array, or of the axes that are given",
        )
    order = sorted(range(len(places)), key=places.__getitem__)
    shape = tuple(n if k in places else 1 for k, n in enumerate(x.shape))
    return traced(reshape(np.transpose(weights, order), shape))


# -- quantiles -------------------------------------------------------------------------------------


def _sorted_last(a: Any, axis: Any) -> tuple[TracedArray, tuple[int, ...]]:
    """`a` sorted along a last axis made of the axes `axis`, and those axes."""
    x = traced(a)
    axes = axes_of(axis, x.ndim)
    kept = [k for k in range(x.ndim) if k not in axes]
    moved = np.transpose(x, (*kept, *axes))
    return np.sort(np.reshape(moved, (*(x.shape[k] for k in kept), -1)), axis=-1), axes


def _with_axes(result: Any, axes: tuple[int, ...], keepdims: bool, leading: int = 0) -> Any:
    """`result` with axes of length 1 in the places `axes`, behind the first `leading` axes."""
    return np.expand_dims(result, tuple(leading + k for k in axes)) if keepdims else result


def _nan_where_last_is(ordered: TracedArray, result: Any) -> Any:
    """NaN where there is one among the numbers: NaN is sorted to the end."""
    mask = missing(ordered)
    return result if mask is None else np.where(mask[..., -1], np.nan, result)


def median(a: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
    """The middle of the sorted elements, or the mean of the two in the middle."""
    ordered, axes = _sorted_last(a, axis)
    n = ordered.shape[-1]
    if n == 0:
        return np.mean(traced(a), axis, keepdims=keepdims)
    middle = np.mean(ordered[..., (n - 1) // 2 : n // 2 + 1], axis=-1)
    return _with_axes(_nan_where_last_is(ordered, middle), axes, keepdims)


def quantile(
    a: Any, q: Any, axis: Any = None, *, method: str = "linear", keepdims: bool = False
) -> Any:
    """The elements at the fractions `q` of the sorted ones, linearly interpolated.

    Raises:
        UnsupportedError: for another method of interpolation.
        ValueError: if `q` is not between 0 and 1.
    """
    if method != "linear":
        raise UnsupportedError(
            f"np.quantile with method {method!r} is not supported on traced arrays",
            where=user_source(),
            expected="method='linear'",
        )
    ordered, axes = _sorted_last(a, axis)
    places = _places(q, ordered)
    low = np.clip(np.floor(places), 0, ordered.shape[-1] - 1).astype(np.int64)
    high = np.minimum(low + 1, ordered.shape[-1] - 1)
    weak = type(q) in (int, float)
    fraction = float(places - low) if weak else places - low
    below, above = ordered[..., low], ordered[..., high]
    step = above - below
    nearer = step * fraction if weak else step * (1 - fraction)
    result = np.where(fraction < 0.5, below + step * fraction, above - step * (1 - fraction))
    del nearer
    return result, axes


FUNCTIONS: dict[Callable[..., Any], Callable[..., Any]] = {}
