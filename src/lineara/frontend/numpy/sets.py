"""Arrays as sets. Which elements are chosen must be known now, what they are need not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from lineara.errors import TypeMismatchError
from lineara.frontend.array import TracedArray
from lineara.frontend.core import axis_of, convert, promoted, reshape, traced
from lineara.frontend.numpy.joining import concatenate, known, take
from lineara.frontend.numpy.sorting import searchsorted
from lineara.frontend.trace import Traced
from lineara.where import user_source


def unique(
    ar: Any,
    return_index: bool = False,
    return_inverse: bool = False,
    return_counts: bool = False,
    axis: int | None = None,
    **options: Any,
) -> Any:
    """The elements (or parts along an axis) that differ, in order, with what else is asked for."""
    x = traced(ar)
    if axis is not None:
        axis = axis_of(axis, x.ndim)
    values = known(x, "np.unique")
    _, index, inverse, counts = np.unique(values, True, True, True, axis, **options)
    found = take(x, index, axis)
    extra = ((return_index, index), (return_inverse, inverse), (return_counts, counts))
    asked = [part for wanted, part in extra if wanted]
    return (found, *asked) if asked else found


def _by_name(function: Callable[..., Any]) -> Callable[..., Any]:
    """``np.unique_all`` and its like, whose results have names."""

    def named(x: Any, /, **options: Any) -> Any:
        array = traced(x)
        parts = function(known(array, f"np.{function.__name__}"), **options)
        values = take(array, np.unique(known(array, "np.unique"), True, equal_nan=False)[1])
        return parts._replace(values=values)

    return named


def unique_values(x: Any, /) -> Any:
    """The elements that differ, in the order in which NumPy finds them."""
    array = traced(x)
    values = known(array, "np.unique_values")
    ordered, places = np.unique(values, True, equal_nan=False)
    if not np.any(np.isnan(ordered)):
        places = places[np.searchsorted(ordered, np.unique_values(values))]
    return take(array, places)


def isin(
    element: Any,
    test_elements: Any,
    assume_unique: bool = False,
    invert: bool = False,
    *,
    kind: str | None = None,
) -> Any:
    """Whether each element is among others."""
    x = traced(element)
    among: Any = np.ravel(traced(test_elements))
    if not among.size:
        return np.full(x.shape, bool(invert), like=x)
    ordered = np.sort(among)
    place = np.minimum(searchsorted(ordered, convert(x, promoted(x, among))), among.size - 1)
    found = np.equal(ordered[place], x)
    return ~found if invert else found


def _distinct(x: Any, assume_unique: bool) -> TracedArray:
    return traced(np.ravel(traced(x)) if assume_unique else unique(x))


def intersect1d(
    ar1: Any, ar2: Any, assume_unique: bool = False, return_indices: bool = False
) -> Any:
    """The elements that are in both, each once."""
    a, b = known(ar1, "np.intersect1d"), known(ar2, "np.intersect1d")
    _, i, j = np.intersect1d(a, b, assume_unique, True)
    found = convert(take(ar1, i), promoted(traced(ar1), traced(ar2)))
    return (found, i, j) if return_indices else found


def union1d(ar1: Any, ar2: Any) -> Any:
    return unique(concatenate((ar1, ar2), axis=None))


def setdiff1d(ar1: Any, ar2: Any, assume_unique: bool = False) -> Any:
    x = _distinct(ar1, assume_unique)
    keep = ~np.isin(known(x, "np.setdiff1d"), known(ar2, "np.setdiff1d"))
    return take(x, np.flatnonzero(keep))


def setxor1d(ar1: Any, ar2: Any, assume_unique: bool = False) -> Any:
    """The elements that are in one of the two only."""
    both = concatenate([_distinct(x, assume_unique) for x in (ar1, ar2)])
    values = known(both, "np.setxor1d")
    order = np.argsort(values, kind="stable")
    differs = values[order][1:] != values[order][:-1]
    keep = np.concatenate(([True], differs)) & np.concatenate((differs, [True]))
    return take(both, order[keep[: len(order)]])


# -- counting --------------------------------------------------------------------------------------


def bincount(x: Any, /, weights: Any = None, minlength: int = 0) -> Any:
    """How often each whole number occurs, or the sum of the weights of its occurrences."""
    numbers = traced(x)
    values = known(numbers, "np.bincount")
    if np.ndim(values) != 1 or not np.can_cast(values.dtype, np.intp, "safe"):
        raise TypeMismatchError(
            "np.bincount counts whole numbers on one axis",
            where=user_source(),
            found=str(numbers.value.type),
            expected="integers, none of them negative",
        )
    if values.size and values.min() < 0:
        raise ValueError("'list' argument must have no negative elements")
    size = max(int(values.max(initial=0)) + 1 if values.size else 0, minlength)
    return added_up(numbers, weights, size, np.dtype(np.float64))


def added_up(places: Any, weights: Any, size: int, dtype: Any) -> Any:
    """The weights (by default, ones) of equal places added up, for places from 0 to size − 1."""
    if weights is None:
        weights, dtype = 1, np.dtype(np.intp)
    result = np.zeros(size, dtype, like=places)
    np.add.at(result, reshape(places, (places.size,)), convert(traced(weights), dtype))
    return result


def digitize(x: Any, bins: Any, right: bool = False) -> Any:
    """The number of the bin that each element is in; 0 for those that are below all."""
    edges: Any = bins if isinstance(bins, Traced) else np.asarray(bins)
    values: Any = traced(x)
    side = "left" if right else "right"
    if np.all(edges[1:] >= edges[:-1]):
        return searchsorted(edges, values, side)
    if not np.all(edges[1:] <= edges[:-1]):
        raise ValueError("bins must be monotonically increasing or decreasing")
    return len(edges) - searchsorted(edges[::-1], values, side)


FUNCTIONS: dict[Callable[..., Any], Callable[..., Any]] = {
    np.unique: unique,
    **{f: _by_name(f) for f in (np.unique_all, np.unique_counts, np.unique_inverse)},
    np.unique_values: unique_values,
    np.isin: isin,
    np.intersect1d: intersect1d,
    np.union1d: union1d,
    np.setdiff1d: setdiff1d,
    np.setxor1d: setxor1d,
    np.bincount: bincount,
    np.digitize: digitize,
}
