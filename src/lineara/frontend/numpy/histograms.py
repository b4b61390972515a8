"""Histograms: counts have no derivative, sums of weights and the edges of bins do."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from lineara.errors import ShapeMismatchError, TypeMismatchError
from lineara.frontend.core import convert, shape_of, traced
from lineara.frontend.numpy.joining import known
from lineara.frontend.numpy.sets import added_up
from lineara.frontend.numpy.sorting import searchsorted
from lineara.frontend.trace import Traced
from lineara.where import user_source


def _limits(x: Any, range: Any) -> tuple[Any, Any]:
    """Where the first bin begins and the last one ends."""
    if range is not None:
        first, last = range
        if first > last:
            raise ValueError("max must be larger than min in range parameter.")
    elif x.size == 0:
        first, last = 0, 1
    else:
        first, last = np.min(x), np.max(x)
    if not np.isfinite(first) or not np.isfinite(last):
        raise ValueError(f"range of [{first}, {last}] is not finite")
    return (first - 0.5, last + 0.5) if first == last else (first, last)


def _edges(x: Any, bins: Any, range: Any, weights: Any, *, typed: bool = True) -> Any:
    if isinstance(bins, str):
        if weights is not None:
            raise TypeMismatchError(
                "how many bins weighted data should have is not known",
                where=user_source(),
                found=f"bins={bins!r} and weights",
                remedy="give the number of bins",
            )
        values = known(x, f"bins={bins!r}")
        bins = len(np.histogram_bin_edges(values, bins, known_range(range))) - 1
    if not shape_of(bins):
        count = operator.index(bins)
        if count < 1:
            raise ValueError("`bins` must be positive, when an integer")
        first, last = _limits(x, range)
        kind = np.result_type(*(traced(z).dtype for z in (first, last, x)))
        kind = kind if kind.kind == "f" else np.dtype(np.float64)
        return np.linspace(first, last, count + 1, dtype=kind if typed else None)
    edges: Any = bins if isinstance(bins, Traced) else np.asarray(bins)
    if edges.ndim != 1 or np.any(edges[:-1] > edges[1:]):
        raise ShapeMismatchError(
            "the edges of bins are on one axis, and increase",
            where=user_source(),
            found=f"bins of shape {edges.shape}",
            expected="a number of bins, or increasing edges",
        )
    return edges


def known_range(range: Any) -> Any:
    return None if range is None else tuple(known(x, "range") for x in range)


def histogram_bin_edges(a: Any, bins: Any = 10, range: Any = None, weights: Any = None) -> Any:
    return _edges(np.ravel(traced(a)), bins, range, weights)


def _places(x: Any, edges: Any) -> Any:
    """The number of each element's bin, from 1; 0 and the last number are outside.

    The last bin has its upper edge, too.
    """
    inside = searchsorted(edges, x, "right")
    return np.where(x == edges[-1], len(edges) - 1, inside)


def histogram(
    a: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None
) -> Any:
    x: Any = np.ravel(traced(a))
    w = None
    if weights is not None:
        if shape_of(weights) != shape_of(a):
            raise ValueError("weights should have the same shape as a.")
        w = np.ravel(traced(weights))
    x = convert(x, np.dtype(np.uint8)) if x.dtype.kind == "b" else x
    edges = _edges(x, bins, range, w)
    if not len(edges):
        empty = np.zeros(0, np.intp if w is None else w.dtype)
        return (empty / 1 if density else empty), edges
    size = len(edges) + 1
    dtype = np.dtype(np.float64) if w is None or w.dtype.kind == "b" else w.dtype
    counts = added_up(_places(x, edges), w, size, dtype)[1:-1]
    if density:
        counts = counts / np.diff(edges) / np.sum(counts)
    return counts, edges


def histogramdd(
    sample: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None
) -> Any:
    is_matrix = isinstance(sample, Traced | np.ndarray) and len(shape_of(sample)) == 2
    is_array = isinstance(sample, Traced | np.ndarray)
    columns = list(sample.T) if is_matrix else [sample] if is_array else list(sample)
    if not shape_of(columns[0]):
        columns = [np.stack(columns)]
    common = np.result_type(*(traced(x).dtype for x in columns))
    columns = [convert(traced(x), common) for x in columns]
    axes = len(columns)
    each = list(bins) if isinstance(bins, list | tuple) or shape_of(bins) else [bins] * axes
    limits = [None] * axes if range is None else list(range)
    if len(each) != axes or len(limits) != axes:
        raise ValueError("bins and range must have an entry for each dimension of the sample")
    edges = [
        _edges(traced(x), b, r, weights, typed=False)
        for x, b, r in zip(columns, each, limits, strict=True)
    ]
    shape = tuple(len(e) + 1 for e in edges)
    places = functools.reduce(
        lambda total, item: total * item[0] + _places(traced(item[1]), item[2]),
        zip(shape, columns, edges, strict=True),
        0,
    )
    counts = added_up(places, weights, int(np.prod(shape)), np.dtype(np.float64))
    result = convert(np.reshape(counts, shape), np.dtype(np.float64))
    result = result[(slice(1, -1),) * axes]
    if density:
        total = np.sum(result)
        for i, e in enumerate(edges):
            widths = np.diff(e)
            result = result / np.reshape(widths, (-1,) + (1,) * (axes - i - 1))
        result = result / total
    return result, edges


def histogram2d(
    x: Any, y: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None
) -> Any:
    if len(x) != len(y):
        raise ValueError("x and y must have the same length.")
    if (isinstance(bins, list | tuple) or shape_of(bins)) and len(bins) not in (1, 2):
        bins = [bins, bins]
    result, edges = histogramdd([x, y], bins, range, density, weights)
    return result, edges[0], edges[1]


FUNCTIONS: dict[Callable[..., Any], Callable[..., Any]] = {
    np.histogram: histogram,
    np.histogram_bin_edges: histogram_bin_edges,
    np.histogramdd: histogramdd,
    np.histogram2d: histogram2d,
}
