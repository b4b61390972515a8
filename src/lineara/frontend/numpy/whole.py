"""Whole numbers: bits in bytes, and places in arrays as one number or as several."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from lineara.errors import IndexRangeError, TypeMismatchError, UnsupportedError
from lineara.frontend.core import axis_of, convert, shape_of, traced
from lineara.frontend.trace import Traced, known_or_none
from lineara.where import user_source

BYTE = np.dtype(np.uint8)
WEIGHTS = 1 << np.arange(8, dtype=np.uint8)


def _bits(bitorder: str) -> Any:
    """What each bit of a byte is worth, in the order in which they are listed."""
    if bitorder not in ("big", "little"):
        raise ValueError("'order' must be either 'little' or 'big'")
    return WEIGHTS if bitorder == "little" else WEIGHTS[::-1]


def _flat(a: Any, axis: Any) -> tuple[Any, int]:
    x = traced(a)
    return (np.ravel(x), 0) if axis is None else (x, axis_of(axis, x.ndim))


def packbits(a: Any, /, axis: Any = None, bitorder: str = "big") -> Any:
    """Eight elements in a byte, each as a bit that says whether it is not 0."""
    weights = _bits(bitorder)
    x, axis = _flat(a, axis)
    if x.dtype.kind not in "biu":
        raise TypeMismatchError(
            "Expected an input array of integer or boolean data type",
            where=user_source(),
            found=str(x.value.type),
        )
    flags: Any = convert(np.not_equal(x, 0), BYTE)
    bits = np.moveaxis(flags, axis, -1)
    bits = np.pad(bits, [(0, 0)] * (bits.ndim - 1) + [(0, -bits.shape[-1] % 8)])
    groups = np.reshape(bits, (*bits.shape[:-1], bits.shape[-1] // 8, 8))
    packed: Any = np.sum(groups * weights, axis=-1, dtype=BYTE)
    return np.moveaxis(packed, -1, axis)


def unpackbits(a: Any, /, axis: Any = None, count: Any = None, bitorder: str = "big") -> Any:
    """The bits of bytes as elements, the first `count` of them."""
    weights = _bits(bitorder)
    x, axis = _flat(a, axis)
    if x.dtype != BYTE:
        raise TypeMismatchError(
            "Expected an input array of unsigned byte data type",
            where=user_source(),
            found=str(x.value.type),
        )
    rows: Any = np.moveaxis(x, axis, -1)
    bits: Any = convert((rows[..., None] & weights) != 0, BYTE)
    bits = np.reshape(bits, (*rows.shape[:-1], rows.shape[-1] * 8))
    if count is not None:
        missing = count - bits.shape[-1]
        if missing > 0:
            bits = np.pad(bits, [(0, 0)] * (bits.ndim - 1) + [(0, missing)])
        bits = bits[..., :count]
    return np.moveaxis(bits, -1, axis)


def ravel_multi_index(multi_index: Any, dims: Any, mode: Any = "raise", order: str = "C") -> Any:
    """Places given by several numbers as one number each, in an array of shape `dims`."""
    shape = tuple(int(n) for n in np.atleast_1d(dims))
    modes = (mode,) * len(shape) if isinstance(mode, str) else tuple(mode)
    if len(multi_index) != len(shape) or len(modes) != len(shape):
        raise ValueError(f"parameter multi_index must be a sequence of length {len(shape)}")
    result: Any = 0
    parts = list(zip(multi_index, shape, modes, strict=True))
    for index, n, how in parts if _order(order) == "C" else reversed(parts):
        result = result * n + _in_range(_whole(index), n, how)
    return result


def _in_range(x: Any, n: int, mode: str) -> Any:
    if mode == "wrap":
        return np.remainder(x, n)
    if mode == "clip":
        return np.clip(x, 0, n - 1)
    _check(x, n)
    return x


def _check(x: Any, n: int) -> None:
    """Refuses numbers that are out of range, if they are known."""
    numbers = known_or_none(x)
    if numbers is not None and np.any((numbers < 0) | (numbers >= n)):
        raise IndexRangeError(
            "a place is out of range",
            where=user_source(),
            found=f"numbers from {np.min(numbers)} to {np.max(numbers)}",
            expected=f"numbers from 0 to {n - 1}",
        )


def _whole(x: Any) -> Any:
    array = traced(x)
    if array.dtype.kind not in "iu":
        raise TypeMismatchError(
            "only int indices permitted", where=user_source(), found=str(array.value.type)
        )
    return convert(array, np.dtype(np.intp))


def _order(order: str) -> str:
    if order not in ("C", "F"):
        raise UnsupportedError(
            "places are counted in C or in F order", where=user_source(), found=f"order={order!r}"
        )
    return order


def unravel_index(indices: Any, shape: Any, order: str = "C") -> tuple[Any, ...]:
    """Places given by one number as several, in an array of that shape."""
    lengths = tuple(int(n) for n in np.atleast_1d(shape))
    rest = _whole(indices)
    _check(rest, math.prod(lengths))
    parts = []
    for n in reversed(lengths) if _order(order) == "C" else lengths:
        parts.append(rest % n)
        rest = rest // n
    return tuple(parts[::-1] if order == "C" else parts)


def ix_(*args: Any) -> tuple[Any, ...]:
    """Index arrays, or masks, that lie along axes of their own."""
    result = []
    for k, arg in enumerate(args):
        x: Any = arg if isinstance(arg, Traced | np.ndarray) else np.asarray(arg)
        if x.ndim != 1:
            raise ValueError("Cross index must be 1 dimensional")
        if not (x.size or isinstance(arg, Traced | np.ndarray)):
            x = x.astype(np.intp)  # an empty list is one of places
        x = np.nonzero(x)[0] if x.dtype.kind == "b" else x
        result.append(np.reshape(x, tuple(-1 if i == k else 1 for i in range(len(args)))))
    return tuple(result)


def of_shape(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function that asks of its first argument nothing but its shape."""

    def call(arr: Any, *args: Any, **kwargs: Any) -> Any:
        return function(np.broadcast_to(np.float64(0), shape_of(arr)), *args, **kwargs)

    return call


FUNCTIONS: dict[Callable[..., Any], Callable[..., Any]] = {
    np.packbits: packbits,
    np.unpackbits: unpackbits,
    np.ravel_multi_index: ravel_multi_index,
    np.unravel_index: unravel_index,
    np.ix_: ix_,
    **{f: of_shape(f) for f in (np.diag_indices_from, np.tril_indices_from, np.triu_indices_from)},
}
