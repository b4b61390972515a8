"""New arrays, and what can be asked about arrays without their elements."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from lineara.frontend.array import TracedArray
from lineara.frontend.core import (
    axes_of,
    broadcast_to,
    convert,
    promoted,
    reshape,
    shape_of,
    traced,
    type_of_array,
)
from lineara.frontend.trace import Traced

# -- filled arrays ---------------------------------------------------------------------------------


def full(
    shape: Any, fill_value: Any, dtype: Any = None, order: str = "C", *, device: None = None
) -> TracedArray:
    """An array with the same value everywhere."""
    kind = type_of_array(fill_value).dtype if dtype is None else np.dtype(dtype)
    sizes = map(operator.index, (shape,) if np.ndim(shape) == 0 else shape)
    return traced(broadcast_to(traced(convert(fill_value, kind)), tuple(sizes)))


def full_like(
    a: Any,
    fill_value: Any,
    dtype: Any = None,
    order: str = "K",
    subok: bool = True,
    shape: Any = None,
    *,
    device: Any = None,
) -> TracedArray:
    """An array of the type of `a` with the same value everywhere."""
    kind = type_of_array(a).dtype if dtype is None else dtype
    return full(shape_of(a) if shape is None else shape, fill_value, kind)


def _filled(value: int) -> Callable[..., Any]:
    """``np.zeros`` or ``np.ones``."""

    def function(
        shape: Any, dtype: Any = np.float64, order: str = "C", *, device: None = None
    ) -> TracedArray:
        return full(shape, value, np.float64 if dtype is None else dtype)

    return function


def _filled_like(value: int) -> Callable[..., Any]:
    """``np.zeros_like`` or ``np.ones_like``."""

    def function(
        a: Any,
        dtype: Any = None,
        order: str = "K",
        subok: bool = True,
        shape: Any = None,
        *,
        device: Any = None,
    ) -> TracedArray:
        return full_like(a, value, dtype, order, subok, shape)

    return function


def _known(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function whose result is known now."""

    def known(*args: Any, **kwargs: Any) -> TracedArray:
        return traced(function(*args, **kwargs))

    return known


# -- arrays from others ----------------------------------------------------------------------------


def array(
    object: Any,
    dtype: Any = None,
    *,
    copy: bool | None = True,
    order: str = "K",
    ndmin: int = 0,
) -> TracedArray:
    """An array, or (nested) sequences of arrays and numbers stacked."""
    x = traced(_stacked(object))
    x = traced(x if dtype is None else convert(x, np.dtype(dtype)))
    return traced(reshape(x, (1,) * (ndmin - x.ndim) + x.shape))


def copy(a: Any, order: str = "K", subok: bool = False) -> TracedArray:
    """The array; every result is an array object of its own."""
    return traced(a)


def asarray(
    a: Any, dtype: Any = None, order: str = "K", *, copy: bool | None = None
) -> TracedArray:
    """``array``, which does not copy."""
    return array(a, dtype)


def _stacked(x: Any) -> Any:
    if isinstance(x, list | tuple) and _has_traced(x):
        return np.stack([_stacked(part) for part in x])
    return x if isinstance(x, Traced) else np.asarray(x)


def _has_traced(x: Any) -> bool:
    if isinstance(x, list | tuple):
        return any(map(_has_traced, x))
    return isinstance(x, Traced)


def linspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: Any = None,
    axis: int = 0,
    *,
    device: Any = None,
) -> Any:
    """`num` numbers from `start` to `stop` at equal distances."""
    num = operator.index(num)
    kind = promoted(start, stop)
    kind = kind if kind.kind in "fc" else np.dtype(np.float64)
    first, last = convert(traced(start), kind), convert(traced(stop), kind)
    distance = last - first
    steps = num - 1 if endpoint else num
    step = distance / steps if steps > 0 else np.full_like(distance, np.nan)
    places = np.arange(num, dtype=kind).reshape((-1,) + (1,) * distance.ndim)
    result = places * (step if steps > 0 else distance) + first
    if endpoint and num > 1:
        end = broadcast_to(last, distance.shape)
        result = np.concatenate((result[:-1], end[None]))
    if axis != 0:
        result = np.moveaxis(result, 0, axis)
    wanted = kind if dtype is None else np.dtype(dtype)
    result = convert(np.floor(result) if wanted.kind in "iu" else result, wanted)
    return (result, step) if retstep else result


def logspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    base: Any = 10.0,
    dtype: Any = None,
    axis: int = 0,
) -> Any:
    """`num` powers of `base`, whose exponents go from `start` to `stop` at equal distances."""
    if np.ndim(base):
        rank = max(map(np.ndim, (start, stop, base)))
        start, stop, base = (
            reshape(x, (1,) * (rank - np.ndim(x)) + shape_of(x)) for x in (start, stop, base)
        )
        base = np.expand_dims(base, axis)
    powers = np.power(base, linspace(start, stop, num, endpoint, axis=axis))
    return powers if dtype is None else convert(powers, np.dtype(dtype))


def geomspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    dtype: Any = None,
    axis: int = 0,
) -> Any:
    """`num` numbers from `start` to `stop` at equal ratios."""
    num = operator.index(num)
    first, last = traced(start), traced(stop)
    kind = np.result_type(first.dtype, last.dtype, np.float64 if dtype is None else dtype, 1.0)
    begin, end = (convert(x, kind) for x in (first, last))
    sign = np.sign(begin)
    one, other = begin / sign, end / sign
    result = logspace(np.log10(one), np.log10(other), num, endpoint, dtype=kind)
    shape = result.shape[1:]
    parts = [result]
    if num > 0:
        parts = [broadcast_to(one, shape)[None], result[1:]]
    if num > 1 and endpoint:
        parts = [parts[0], result[1:-1], broadcast_to(other, shape)[None]]
    result = (np.concatenate(parts) if num > 0 else result) * sign
    result = np.moveaxis(result, 0, axis) if axis != 0 else result
    return result if dtype is None else convert(result, np.dtype(dtype))


# -- questions -------------------------------------------------------------------------------------


def size(a: Any, axis: Any = None) -> int:
    """The number of elements, or of those along axes."""
    shape = shape_of(a)
    return math.prod(shape[k] for k in axes_of(axis, len(shape)))


def result_type(*arrays_and_dtypes: Any) -> np.dtype[Any]:
    """The dtype of what meets."""
    return np.result_type(*map(_sample, arrays_and_dtypes))


def _sample(x: Any) -> Any:
    """What NumPy takes in place of a traced array: its dtype, or a number of its Python type."""
    if not isinstance(x, Traced):
        return x
    return x.value.dtype if x.weak is None else x.weak(0)


def can_cast(from_: Any, to: Any, casting: Any = "safe") -> bool:
    """Whether one dtype can be cast to another."""
    return np.can_cast(from_.value.dtype if isinstance(from_, Traced) else from_, to, casting)


def common_type(*arrays: Any) -> Any:
    """The inexact scalar type that is common to arrays."""
    return np.common_type(*(np.empty(0, type_of_array(x).dtype) for x in arrays))


def min_scalar_type(a: Any) -> Any:
    """The smallest dtype that holds a number; of an array with axes its own."""
    x = traced(a)
    if x.ndim:
        return x.dtype
    return np.min_scalar_type(x.owner.concrete(x.value, "np.min_scalar_type"))


def _as_text(function: Callable[..., Any]) -> Callable[..., Any]:
    """``np.array_str`` and its like, of elements that must be known now."""

    def text(a: Any, *args: Any, **kwargs: Any) -> Any:
        x = traced(a)
        return function(x.owner.concrete(x.value, f"np.{function.__name__}"), *args, **kwargs)

    return text


FUNCTIONS: dict[Callable[..., Any], Callable[..., Any]] = {
    np.full: full,
    np.full_like: full_like,
    np.zeros: _filled(0),
    np.ones: _filled(1),
    np.empty: _filled(0),
    np.zeros_like: _filled_like(0),
    np.ones_like: _filled_like(1),
    np.empty_like: _filled_like(0),
    np.arange: _known(np.arange),
    np.eye: _known(np.eye),
    np.identity: _known(np.identity),
    np.array: array,
    np.asarray: asarray,
    np.asanyarray: asarray,
    np.ascontiguousarray: asarray,
    np.copy: copy,
    np.linspace: linspace,
    np.logspace: logspace,
    np.geomspace: geomspace,
    np.min_scalar_type: min_scalar_type,
    **{f: _as_text(f) for f in (np.array2string, np.array_repr, np.array_str)},
    np.shape: lambda a: shape_of(a),
    np.ndim: lambda a: type_of_array(a).ndim,
    np.size: size,
    np.iscomplexobj: lambda x: type_of_array(x).dtype.kind == "c",
    np.isrealobj: lambda x: type_of_array(x).dtype.kind != "c",
    np.result_type: result_type,
    np.can_cast: can_cast,
    np.common_type: common_type,
}
