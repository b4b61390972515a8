"""Means, variances, quantiles and correlations."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from lineara.errors import ShapeMismatchError, TypeMismatchError, UnsupportedError
from lineara.frontend.array import TracedArray
from lineara.frontend.core import axes_of, axis_of, broadcast_to, convert, reshape, shape_of, traced
from lineara.frontend.numpy.reductions import ABSENT, in_dtype, missing
from lineara.frontend.trace import Traced
from lineara.ir.types import Array, supported_dtype
from lineara.where import user_source


def safe_sqrt(x: Any) -> Any:
    """The square root, with derivative 0 (and not ∞ or NaN) where it is 0."""
    is_zero = x == 0
    return np.where(is_zero, 0, np.sqrt(np.where(is_zero, 1, x)))


def _floating(x: TracedArray, dtype: Any) -> TracedArray:
    """`x` in the dtype in which its mean is computed."""
    if dtype is None:
        dtype = x.dtype if x.dtype.kind in "fc" else np.float64
    if supported_dtype(dtype).kind not in "fc":
        raise TypeMismatchError(
            "means and variances are not computed in whole numbers on traced arrays",
            where=user_source(),
            found=f"dtype={supported_dtype(dtype)}",
            expected="a float or complex dtype",
            remedy="convert the result: np.mean(x).astype(int)",
        )
    return in_dtype(x, dtype)


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
    return _over(np.sum(x, axis, keepdims=keepdims, where=where), _count(x, axis, keepdims, where))


def _spread(finish: Callable[[Any], Any], *, ignoring_nan: bool = False) -> Callable[..., Any]:
    """``np.var`` and its like: `finish` of the variance over axes.

    The variance is the sum of |x − mean|² over the number of elements less `ddof`; without NaN it
    is NaN where there are at most `ddof` elements.
    """

    def function(
        a: Any,
        axis: Any = None,
        dtype: Any = None,
        *,
        ddof: Any = 0,
        keepdims: bool = False,
        where: Any = True,
        mean: Any = ABSENT,
        correction: Any = ABSENT,
    ) -> Any:
        given, where = _without_nan(a, where) if ignoring_nan else (traced(a), where)
        x = _floating(given, dtype)
        free = _degrees(ddof, correction)
        if mean is ABSENT:
            centre = np.mean(x, axis, keepdims=True, where=where)
        else:
            centre = convert(mean, x.dtype) if ignoring_nan else mean
        total = np.sum(_abs_squared(x - centre), axis, keepdims=keepdims, where=where)
        count = _count(x, axis, keepdims, where) - free
        positive = max(count, 0) if isinstance(count, int | float) else np.maximum(count, 0)
        result = _over(total, positive)
        if ignoring_nan and given.dtype.kind in "fc":
            result = np.where(count > 0, result, np.nan)
        if dtype is not None:  # maybe a complex one
            result = convert(result, x.dtype)
        return finish(result)

    return function


def _degrees(ddof: Any, correction: Any) -> Any:
    """The number by which the number of elements is reduced, under one of its two names."""
    if correction is not ABSENT:
        if not (isinstance(ddof, int) and ddof == 0):
            raise ValueError("ddof and correction can't be provided simultaneously.")
        ddof = correction
    if shape_of(ddof) != ():
        raise ShapeMismatchError(
            "the degrees of freedom are one number",
            where=user_source(),
            found=f"ddof of shape {shape_of(ddof)}",
            expected="a number",
        )
    return ddof


def _abs_squared(x: Any) -> Any:
    return x.real**2 + x.imag**2 if x.dtype.kind == "c" else x * x


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


# -- ignoring NaN ----------------------------------------------------------------------------------


def _without_nan(a: Any, where: Any) -> tuple[Any, Any]:
    """An array with 0 in place of each NaN, and a mask of the elements that count."""
    x = traced(a)
    mask = missing(x)
    return (x, where) if mask is None else (np.where(mask, 0, x), ~mask & where)


def nanmean(
    a: Any, axis: Any = None, dtype: Any = None, *, keepdims: bool = False, where: Any = True
) -> Any:
    """The mean of the elements that are not NaN."""
    x, where = _without_nan(a, where)
    return mean(x, axis, dtype, keepdims=keepdims, where=where)


# -- quantiles -------------------------------------------------------------------------------------


def _sorted(a: Any, axis: Any) -> tuple[TracedArray, tuple[int, ...]]:
    """`a` sorted along a first axis, made of the axes `axis`, and those axes."""
    x = traced(a)
    axes = axes_of(axis, x.ndim)
    kept = [k for k in range(x.ndim) if k not in axes]
    n = math.prod(x.shape[k] for k in axes)
    moved = reshape(np.transpose(x, (*axes, *kept)), (n, *(x.shape[k] for k in kept)))
    return traced(np.sort(moved, axis=0)), axes


def _nan_if_any_is(ordered: TracedArray, result: Any) -> Any:
    """`result`, but NaN where there is one among the numbers: they are sorted to the end."""
    mask = missing(ordered)
    return result if mask is None else np.where(mask[-1], np.nan, result)


def median(
    a: Any, axis: Any = None, *, overwrite_input: bool = False, keepdims: bool = False
) -> Any:
    """The middle of the sorted elements, or the mean of the two in the middle."""
    ordered, axes = _sorted(a, axis)
    n = len(ordered)
    if n == 0:
        return mean(a, axis, keepdims=keepdims)
    middle = mean(ordered[(n - 1) // 2 : n // 2 + 1], axis=0)
    result = _nan_if_any_is(ordered, middle)
    return np.expand_dims(result, axes) if keepdims else result


def quantile(
    a: Any,
    q: Any,
    axis: Any = None,
    *,
    overwrite_input: bool = False,
    method: str = "linear",
    keepdims: bool = False,
    weights: Any = None,
) -> Any:
    """The elements at fractions `q` of the way through the sorted ones, interpolated by a method.

    Raises:
        ValueError: if `q` is not between 0 and 1.
    """
    _refuse_weights(weights)
    fractions = _fractions(q)
    ordered, axes = _sorted(a, axis)
    weak = type(q) in (int, float)
    if method == "linear":
        places = np.asarray((len(ordered) - 1) * fractions)
    else:  # where NumPy finds them among the numbers 0, 1, 2, …
        numbers = np.arange(len(ordered), dtype=np.float64)
        places = np.asarray(np.quantile(numbers, fractions, method=method))  # type: ignore[call-overload]
        if method in ON_ELEMENTS:
            places = places.astype(np.int64)
    result = _nan_if_any_is(ordered, _interpolated(ordered, places, weak))
    return np.expand_dims(result, tuple(k + fractions.ndim for k in axes)) if keepdims else result


def _refuse_weights(weights: Any) -> None:
    if weights is not None:
        raise UnsupportedError(
            "quantiles with weights are not supported on traced arrays",
            where=user_source(),
            found="weights=…",
            remedy="leave weights out",
        )


ON_ELEMENTS = ("inverted_cdf", "closest_observation", "lower", "higher", "nearest")
"""Methods that choose one of the elements."""


def _fractions(q: Any) -> Array:
    """`q`, which has to be known now and between 0 and 1."""
    if isinstance(q, Traced):
        q = q.owner.concrete(q.value, "the fraction of a quantile")
    fractions = np.asarray(q)
    if not np.all((fractions >= 0) & (fractions <= 1)):
        raise ValueError("Quantiles must be in the range [0, 1]")
    return fractions


def _interpolated(ordered: TracedArray, places: Array, weak: bool) -> Any:
    """What is at places of the first axis; `weak` ones have no influence on the dtype."""
    last = len(ordered) - 1
    if places.dtype.kind in "iu":
        return ordered[places]
    floor = np.floor(places)
    low = floor.astype(np.int64)
    t: Any = np.reshape(places - floor, places.shape + (1,) * (ordered.ndim - 1))
    t = float(t.item()) if weak else t
    return _between(ordered[low], ordered[np.minimum(low + 1, last)], t)


def _between(below: Any, above: Any, t: Any) -> Any:
    """The number a fraction t of the way, from the nearer end, so that it reaches both ends."""
    step = above - below
    return np.where(np.less(t, 0.5), below + step * t, above - step * (1 - t))


def percentile(a: Any, q: Any, axis: Any = None, **options: Any) -> Any:
    """`quantile`, with fractions in percent."""
    return quantile(a, _percent(q), axis, **options)


def _percent(q: Any) -> Any:
    return q / 100 if type(q) in (int, float) else np.true_divide(q, 100)


def nanquantile(
    a: Any,
    q: Any,
    axis: Any = None,
    *,
    overwrite_input: bool = False,
    method: str = "linear",
    keepdims: bool = False,
    weights: Any = None,
) -> Any:
    """`quantile` of the elements that are not NaN."""
    _refuse_weights(weights)
    if method != "linear":
        raise UnsupportedError(
            f"quantiles by method {method!r} of what is not NaN are not supported on traced arrays",
            where=user_source(),
            found=f"method={method!r}",
            expected="method='linear'",
        )
    ordered, axes = _sorted(a, axis)
    mask = missing(ordered)
    if mask is None or not len(ordered):
        return quantile(a, q, axis, keepdims=keepdims)
    fractions = _fractions(q)
    count = np.sum(~mask, axis=0)  # the elements that are not NaN come first
    spread = np.reshape(fractions, fractions.shape + (1,) * (ordered.ndim - 1))
    places = np.maximum(count - 1, 0) * spread
    floor = np.floor(places)
    low: Any = convert(floor, np.dtype(np.int64))
    high = np.minimum(low + 1, np.maximum(count - 1, 0))
    below, above = (_at_places(ordered, x) for x in (low, high))
    t = places - floor
    weak = type(q) in (int, float)
    t = convert(t, ordered.dtype if weak else np.result_type(fractions.dtype, np.float32))
    exact = fractions.dtype.kind in "biu"  # the first one or the last one
    result = np.where(count > 0, below if exact else _between(below, above, t), np.nan)
    return np.expand_dims(result, tuple(k + fractions.ndim for k in axes)) if keepdims else result


def _at_places(ordered: TracedArray, places: Any) -> Any:
    """The elements at places of the first axis, which each of the others has its own of."""
    inner = ordered.shape[1:]
    rows = math.prod(places.shape[: places.ndim - len(inner)])
    flat = reshape(places, (rows, *inner))
    return reshape(np.take_along_axis(ordered, flat, axis=0), places.shape)


def nanpercentile(a: Any, q: Any, axis: Any = None, **options: Any) -> Any:
    """`nanquantile`, with fractions in percent."""
    return nanquantile(a, _percent(q), axis, **options)


def nanmedian(
    a: Any, axis: Any = None, *, overwrite_input: bool = False, keepdims: bool = False
) -> Any:
    """The median of the elements that are not NaN."""
    return nanquantile(traced(a), 0.5, axis, keepdims=keepdims)


# -- correlation -----------------------------------------------------------------------------------


def cov(
    m: Any,
    y: Any = None,
    rowvar: bool = True,
    bias: bool = False,
    ddof: int | None = None,
    fweights: Any = None,
    aweights: Any = None,
    *,
    dtype: Any = None,
) -> Any:
    """The covariance matrix of variables, which are the rows (or columns) of `m` and `y`."""
    parts = [traced(x) for x in (m, y) if x is not None]
    dtype = np.result_type(*(x.dtype for x in parts), np.float64) if dtype is None else dtype
    rows = [_as_rows(_floating(x, dtype), rowvar) for x in parts]
    x: Any = rows[0] if len(rows) == 1 else np.concatenate(rows, axis=0)
    if ddof is not None and ddof != int(ddof):
        raise ValueError("ddof must be integer")
    free = int(not bias) if ddof is None else int(ddof)
    if fweights is None and aweights is None:
        factor = np.true_divide(1, max(x.shape[1] - free, 0))
        centred: Any = np.subtract(x, np.mean(x, axis=1, keepdims=True))
        return convert(np.squeeze(centred @ np.conj(centred.T) * factor), x.dtype)
    weights = [_of_samples(w, x.shape[1]) for w in (fweights, aweights) if w is not None]
    w = weights[0] if len(weights) == 1 else weights[0] * weights[1]
    total = np.sum(w)
    centred = x - (np.sum(x * w, axis=1, keepdims=True) / total)
    kept = total
    if free:
        kept = total - (free if aweights is None else free * np.sum(w * weights[-1]) / total)
    factor = np.true_divide(1, np.maximum(kept, 0.0))
    return convert(np.squeeze(centred @ np.conj((centred * w).T) * factor), x.dtype)


def _of_samples(weights: Any, n: int) -> Any:
    """Weights of `n` samples."""
    w = traced(convert(weights, np.dtype(np.float64)))
    if w.shape != (n,):
        raise ShapeMismatchError(
            "the weights of a covariance do not fit",
            where=user_source(),
            found=f"shape {w.shape}",
            expected=f"({n},), one for each sample",
        )
    return w


def _as_rows(x: TracedArray, rowvar: bool) -> TracedArray:
    if x.ndim > 2:
        raise ShapeMismatchError(
            "variables for a covariance are the rows of a matrix",
            where=user_source(),
            found=str(x.value.type),
            expected="at most 2 axes",
        )
    if x.ndim < 2:
        return traced(reshape(x, (1, x.size)))
    return x if rowvar else x.T


def corrcoef(x: Any, y: Any = None, rowvar: bool = True, *, dtype: Any = None) -> Any:
    """The matrix of correlation coefficients: covariances over both standard deviations."""
    c = cov(x, y, rowvar, dtype=dtype)
    if c.ndim == 0:
        return c / c
    deviation = np.sqrt(np.real(np.diagonal(c)))
    c = c / deviation[:, None] / deviation[None, :]
    if c.dtype.kind != "c":
        return np.clip(c, -1, 1)
    return convert(np.clip(c.real, -1, 1) + 1j * np.clip(c.imag, -1, 1), c.dtype)


FUNCTIONS: dict[Callable[..., Any], Callable[..., Any]] = {
    np.mean: mean,
    np.var: _spread(np.positive),
    np.std: _spread(safe_sqrt),
    np.average: average,
    np.nanmean: nanmean,
    np.nanvar: _spread(np.positive, ignoring_nan=True),
    np.nanstd: _spread(safe_sqrt, ignoring_nan=True),
    np.median: median,
    np.quantile: quantile,
    np.percentile: percentile,
    np.nanmedian: nanmedian,
    np.nanquantile: nanquantile,
    np.nanpercentile: nanpercentile,
    np.cov: cov,
    np.corrcoef: corrcoef,
}
