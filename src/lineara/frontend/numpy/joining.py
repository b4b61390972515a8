"""Joining, splitting, repeating and padding arrays, and taking elements from them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from lineara.errors import ShapeMismatchError, UnsupportedError
from lineara.frontend.array import TracedArray
from lineara.frontend.core import apply, axis_of, broadcast_to, convert, promoted, traced
from lineara.frontend.trace import Traced
from lineara.frontend.where import user_source
from lineara.ir.types import supported_dtype
from lineara.ops.slicing import Concatenate, Pad


def concatenate(arrays: Any, /, axis: Any = 0, *, dtype: Any = None) -> TracedArray:
    items: list[Any] = [x if isinstance(x, Traced) else np.asarray(x) for x in arrays]
    target = promoted(*items) if dtype is None else supported_dtype(dtype)
    parts = [traced(convert(x, target)) for x in items]
    if axis is None:
        parts, axis = [x.reshape(-1) for x in parts], 0
    if any(x.ndim == 0 for x in parts):
        raise ShapeMismatchError(
            "zero-dimensional arrays cannot be concatenated",
            where=user_source(),
            found=", ".join(str(x.shape) for x in parts),
            remedy="use np.stack",
        )
    return apply(Concatenate(axis_of(axis, parts[0].ndim)), *parts)


def stack(arrays: Any, axis: int = 0) -> TracedArray:
    items: list[Any] = [x if isinstance(x, Traced) else np.asarray(x) for x in arrays]
    shapes = {np.shape(x) for x in items}
    if len(shapes) != 1:
        raise ShapeMismatchError(
            "all input arrays must have the same shape",
            where=user_source(),
            found=", ".join(map(str, shapes)) or "no arrays",
        )
    return concatenate([np.expand_dims(x, axis) for x in items], axis)


def vstack(tup: Any) -> TracedArray:
    return concatenate([np.atleast_2d(x) for x in tup], 0)


def hstack(tup: Any) -> TracedArray:
    items = [np.atleast_1d(x) for x in tup]
    return concatenate(items, 0 if items and np.ndim(items[0]) == 1 else 1)


def dstack(tup: Any) -> TracedArray:
    return concatenate([np.atleast_3d(x) for x in tup], 2)


def column_stack(tup: Any) -> TracedArray:
    columns = [np.reshape(x, (-1, 1)) if np.ndim(x) < 2 else x for x in tup]
    return concatenate(columns, 1)


def append(arr: Any, values: Any, axis: int | None = None) -> TracedArray:
    return concatenate([arr, values], axis)


def array_split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[TracedArray]:
    x = traced(ary)
    axis = axis_of(axis, x.ndim)
    n = x.shape[axis]
    if np.ndim(indices_or_sections) == 0:
        short, longer = divmod(n, int(indices_or_sections))
        lengths = [short + 1] * longer + [short] * (int(indices_or_sections) - longer)
        cuts = np.cumsum(lengths)[:-1].tolist()
    else:
        cuts = list(indices_or_sections)
    before = (slice(None),) * axis
    edges = zip([0, *cuts], [*cuts, n], strict=True)
    return [x[(*before, slice(start, stop))] for start, stop in edges]


def split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[TracedArray]:
    n = np.shape(ary)[axis]
    if np.ndim(indices_or_sections) == 0 and n % int(indices_or_sections):
        raise ShapeMismatchError(
            "array split does not result in an equal division",
            where=user_source(),
            found=f"{indices_or_sections} parts of an axis of length {n}",
            remedy="use np.array_split",
        )
    return array_split(ary, indices_or_sections, axis)


def split_along(axis: int) -> Callable[..., Any]:
    """``np.vsplit``, ``np.hsplit`` and ``np.dsplit``."""

    def function(ary: Any, indices_or_sections: Any) -> list[TracedArray]:
        along = 0 if axis == 1 and np.ndim(ary) == 1 else axis
        return split(ary, indices_or_sections, along)

    return function


def unstack(x: Any, /, *, axis: int = 0) -> tuple[TracedArray, ...]:
    return tuple(np.moveaxis(x, axis, 0))


def tile(A: Any, reps: Any) -> TracedArray:
    counts = tuple(reps) if isinstance(reps, Sequence | np.ndarray) else (reps,)
    shape = np.shape(A)
    ndim = max(len(shape), len(counts))
    shape = (1,) * (ndim - len(shape)) + shape
    counts = (1,) * (ndim - len(counts)) + counts
    repeated = tuple(n for pair in zip(counts, shape, strict=True) for n in pair)
    single = tuple(n for length in shape for n in (1, length))
    result = broadcast_to(np.reshape(A, single), repeated)
    return traced(result).reshape(tuple(c * n for c, n in zip(counts, shape, strict=True)))  # type: ignore[no-any-return]


def repeat(a: Any, repeats: Any, axis: int | None = None) -> TracedArray:
    x = traced(a)
    if axis is None:
        x, axis = x.reshape(-1), 0
    axis = axis_of(axis, x.ndim)
    return take(x, np.repeat(np.arange(x.shape[axis]), repeats), axis)


def pad(array: Any, pad_width: Any, mode: str = "constant", **kwargs: Any) -> TracedArray:
    x = traced(array)
    widths = np.broadcast_to(pad_width, (x.ndim, 2)).tolist()
    if mode == "constant":
        return _pad_constant(x, widths, **kwargs)
    if mode not in PAD_BY_POSITION or kwargs:
        raise UnsupportedError(
            f"np.pad with mode={mode!r} is not supported on traced arrays",
            where=user_source(),
            found=f"mode={mode!r} {kwargs or ''}",
            expected=f"constant, or {', '.join(PAD_BY_POSITION)} without further arguments",
        )
    for axis, (low, high) in enumerate(widths):  # positions in the array, padded by NumPy itself
        positions = np.pad(np.arange(x.shape[axis]), (low, high), mode=mode)  # type: ignore[call-overload]
        x = take(x, positions, axis)
    return x


PAD_BY_POSITION = ("edge", "reflect", "symmetric", "wrap")


def _pad_constant(x: TracedArray, widths: list[list[int]], constant_values: Any = 0) -> TracedArray:
    low, high = (tuple(side) for side in zip(*widths, strict=True)) if widths else ((), ())
    padded = apply(Pad(low, high), x)
    if isinstance(constant_values, int | float) and constant_values == 0:
        return padded
    if np.ndim(constant_values) != 0:
        raise UnsupportedError(
            "np.pad with several constants is not supported on traced arrays",
            where=user_source(),
            found=f"constant_values={constant_values!r}",
            expected="one number",
        )
    inside = np.pad(np.ones(x.shape, bool), widths)
    return np.where(inside, padded, convert(constant_values, x.dtype))  # type: ignore[return-value]


def take(a: Any, indices: Any, axis: int | None = None) -> TracedArray:
    x = traced(a)
    if axis is None:
        x, axis = x.reshape(-1), 0
    at = indices if isinstance(indices, Traced) else np.asarray(indices)
    return x[(*(slice(None),) * axis_of(axis, x.ndim), at)]


def take_along_axis(arr: Any, indices: Any, axis: int | None = -1) -> TracedArray:
    x = traced(arr)
    if axis is None:
        x, axis = x.reshape(-1), 0
    axis = axis_of(axis, x.ndim)
    grid = [
        np.arange(n).reshape((1,) * i + (-1,) + (1,) * (x.ndim - i - 1))
        for i, n in enumerate(x.shape)
    ]
    index: list[Any] = [indices if i == axis else at for i, at in enumerate(grid)]
    return x[tuple(index)]


def compress(condition: Any, a: Any, axis: int | None = None) -> TracedArray:
    return take(a, np.flatnonzero(condition), axis)


def meshgrid(*xi: Any, indexing: str = "xy", sparse: bool = False, copy: bool = True) -> Any:
    n = len(xi)
    order = [1, 0, *range(2, n)] if indexing == "xy" and n > 1 else list(range(n))
    lines = [
        np.reshape(x, tuple(-1 if axis == order[i] else 1 for axis in range(n)))
        for i, x in enumerate(xi)
    ]
    return tuple(lines) if sparse else np.broadcast_arrays(*lines)


def concrete_mask(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function whose result has a shape that depends on values, which must be known now."""

    def call(a: Any) -> Any:
        name = f"np.{function.__name__}"
        return function(a.owner.concrete(a.value, name) if isinstance(a, Traced) else a)

    return call


FUNCTIONS: dict[Callable[..., Any], Callable[..., Any]] = {
    np.concatenate: concatenate,
    np.stack: stack,
    np.vstack: vstack,
    np.hstack: hstack,
    np.dstack: dstack,
    np.column_stack: column_stack,
    np.append: append,
    np.split: split,
    np.array_split: array_split,
    np.vsplit: split_along(0),
    np.hsplit: split_along(1),
    np.dsplit: split_along(2),
    **({np.unstack: unstack} if hasattr(np, "unstack") else {}),
    np.tile: tile,
    np.repeat: repeat,
    np.pad: pad,
    np.take: take,
    np.take_along_axis: take_along_axis,
    np.compress: compress,
    np.meshgrid: meshgrid,
    np.nonzero: concrete_mask(np.nonzero),
    np.flatnonzero: concrete_mask(np.flatnonzero),
    np.argwhere: concrete_mask(np.argwhere),
}
