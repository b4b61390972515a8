"""Choosing elements by conditions, and comparing arrays as wholes."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from lineara.errors import ShapeMismatchError, TypeMismatchError, UnsupportedError
from lineara.frontend.core import (
    axes_of,
    broadcast_shapes,
    convert,
    elementwise,
    promoted,
    reshape,
    shape_of,
    traced,
    type_of_array,
)
from lineara.frontend.numpy.reductions import ABSENT, BOOL
from lineara.frontend.trace import Traced
from lineara.ops import minmax
from lineara.ops.complex import to_complex
from lineara.where import user_source


def where(condition: Any, x: Any = ABSENT, y: Any = ABSENT, /) -> Any:
    """`x` where the condition is true and `y` elsewhere; by itself, the places where it is true."""
    if x is ABSENT or y is ABSENT:
        if x is not y:
            raise ValueError("either both or neither of x and y should be given")
        return np.nonzero(condition)
    dtype = promoted(x, y)
    return elementwise(
        minmax.select, convert(condition, BOOL), convert(x, dtype), convert(y, dtype)
    )


def clip(
    a: Any,
    a_min: Any = None,
    a_max: Any = None,
    *,
    min: Any = None,
    max: Any = None,
    dtype: Any = None,
) -> Any:
    """`a`, but nothing below the lower or above the upper bound."""
    if dtype is not None:
        a = convert(traced(a), np.dtype(dtype))
    if not (a_min is None or min is None) or not (a_max is None or max is None):
        raise ValueError("a_min and a_max are other names of min and max: give one of each two")
    low = min if a_min is None else a_min
    high = max if a_max is None else a_max
    low, high = _bound(low, a, -1), _bound(high, a, 1)
    if low is None or high is None:
        if low is None and high is None:
            return traced(a)
        return np.minimum(a, high) if low is None else np.maximum(a, low)
    dtype = promoted(a, low, high)
    return elementwise(minmax.clip, *(convert(x, dtype) for x in (a, low, high)))


def _bound(bound: Any, x: Any, side: int) -> Any:
    """A bound; None for an int beyond all numbers of the dtype, which bounds none of them."""
    dtype = type_of_array(x).dtype
    if type(bound) is not int or dtype.kind not in "iu":
        return bound
    limits = np.iinfo(dtype)
    none = bound < limits.min if side < 0 else bound > limits.max
    return None if none and isinstance(x, Traced) else bound


def select(condlist: Sequence[Any], choicelist: Sequence[Any], default: Any = 0) -> Any:
    """At each place the choice of the first condition that is true there, or the default."""
    if len(condlist) != len(choicelist):
        raise ValueError("list of cases must be same length as list of conditions")
    for condition in condlist:
        if type_of_array(condition).dtype != BOOL:
            raise TypeMismatchError(
                "the conditions of np.select are arrays of bools",
                where=user_source(),
                found=str(type_of_array(condition)),
                remedy="compare with 0: condition != 0",
            )
    dtype = promoted(*choicelist, default)
    result = convert(default, dtype)
    for condition, choice in zip(reversed(condlist), reversed(choicelist), strict=True):
        result = np.where(condition, convert(choice, dtype), result)
    return result


def piecewise(x: Any, condlist: Any, funclist: Sequence[Any], *args: Any, **kwargs: Any) -> Any:
    """Each function (or value) on the elements of `x` where its condition, an array, is true.

    Which elements these are must be known now. A function more than there are conditions is for
    the elements where none is true.
    """
    conditions = list(condlist) if isinstance(condlist, list | tuple) else [condlist]
    if len(conditions) == len(funclist) - 1:
        conditions.append(~functools.reduce(np.logical_or, conditions))
    if len(conditions) != len(funclist):
        raise ValueError(
            f"with {len(conditions)} condition(s), as many functions or one more are expected"
        )
    elements = traced(reshape(traced(x), (x.size,)))
    result = np.zeros_like(elements)
    for condition, function in zip(conditions, funclist, strict=True):
        (places,) = np.nonzero(reshape(condition, (x.size,)))
        if callable(function) and places.size:
            result[places] = function(elements[places], *args, **kwargs)
        elif not callable(function):
            result[places] = function
    return reshape(result, shape_of(x))


def nan_to_num(
    x: Any, copy: bool = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None
) -> Any:
    """`x` with numbers in place of NaN and the infinities: the largest ones, unless given."""
    if not copy:
        raise UnsupportedError(
            "np.nan_to_num does not change traced arrays in place",
            where=user_source(),
            found="copy=False",
            remedy="write x = np.nan_to_num(x)",
        )
    array: Any = traced(x)
    kind = array.dtype.kind
    if kind == "c":
        parts = (array.real, array.imag)
        return elementwise(
            to_complex, *(nan_to_num(p, nan=nan, posinf=posinf, neginf=neginf) for p in parts)
        )
    if kind != "f":
        return array
    limits = np.finfo(array.dtype)
    high = limits.max if posinf is None else posinf
    low = limits.min if neginf is None else neginf
    infinite = np.where(array > 0, convert(high, array.dtype), convert(low, array.dtype))
    finite = np.where(np.isinf(array), infinite, array)
    return np.where(np.isnan(array), convert(nan, array.dtype), finite)


# -- comparisons -----------------------------------------------------------------------------------


def isclose(a: Any, b: Any, rtol: Any = 1e-05, atol: Any = 1e-08, equal_nan: bool = False) -> Any:
    """Whether |a − b| ≤ atol + rtol·|b|, or the two are equal."""
    y = (
        b
        if type(b) in (float, complex)
        else convert(b, np.result_type(type_of_array(b).dtype, 1.0))
    )
    within = np.less_equal(np.abs(np.subtract(a, y)), atol + rtol * np.abs(y))
    close = within & np.isfinite(y) | np.equal(a, y)
    return close | np.isnan(a) & np.isnan(y) if equal_nan else close


def allclose(a: Any, b: Any, rtol: Any = 1e-05, atol: Any = 1e-08, equal_nan: bool = False) -> Any:
    """Whether all elements are close."""
    return np.all(isclose(a, b, rtol, atol, equal_nan))


def array_equal(a1: Any, a2: Any, equal_nan: bool = False) -> Any:
    """Whether two arrays have the same shape and elements."""
    if shape_of(a1) != shape_of(a2):
        return False
    same = np.equal(a1, a2)
    if equal_nan:
        same = same | np.not_equal(a1, a1) & np.not_equal(a2, a2)
    return np.all(same)


def array_equiv(a1: Any, a2: Any) -> Any:
    """Whether two arrays can be broadcast together and are equal then."""
    try:
        broadcast_shapes(a1, a2)
    except ShapeMismatchError:
        return False
    return np.all(np.equal(a1, a2))


def trim_zeros(filt: Any, trim: str = "fb", axis: Any = None) -> Any:
    """An array without the zeros at its ends, which must be known now."""
    x = traced(filt)
    if trim.lower() not in ("fb", "bf", "f", "b"):
        raise ValueError(f"unexpected character(s) in `trim`: {trim!r}")
    axes = axes_of(axis, x.ndim)
    places = np.argwhere(x)
    index = [slice(None)] * x.ndim
    for k in axes:
        first, last = (places[:, k].min(), places[:, k].max() + 1) if len(places) else (0, 0)
        start = int(first) if "f" in trim.lower() or not len(places) else None
        stop = int(last) if "b" in trim.lower() or not len(places) else None
        index[k] = slice(start, stop)
    return x[tuple(index)]


def real_if_close(a: Any, tol: Any = 100) -> Any:
    """The real part, if all imaginary parts are near 0, which must be known now."""
    x = traced(a)
    if x.dtype.kind != "c":
        return x
    limit = tol * np.finfo(x.dtype).eps if tol > 1 else tol
    return x.real if np.all(np.abs(x.imag) < limit) else x


FUNCTIONS: dict[Callable[..., Any], Callable[..., Any]] = {
    np.where: where,
    np.clip: clip,
    np.select: select,
    np.piecewise: piecewise,
    np.trim_zeros: trim_zeros,
    np.real_if_close: real_if_close,
    np.nan_to_num: nan_to_num,
    np.isclose: isclose,
    np.allclose: allclose,
    np.array_equal: array_equal,
    np.array_equiv: array_equiv,
}
