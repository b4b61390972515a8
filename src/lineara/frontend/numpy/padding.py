"""``np.pad`` in all its modes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from lineara.errors import ShapeMismatchError, TypeMismatchError, UnsupportedError
from lineara.frontend.array import TracedArray
from lineara.frontend.core import apply, axis_of, broadcast_to, convert, traced
from lineara.frontend.core import type_of_array as type_of
from lineara.frontend.numpy.joining import concatenate, take
from lineara.ops.slicing import Pad
from lineara.where import user_source

OPTIONS: dict[str, str | None] = {
    "constant": "constant_values",
    "linear_ramp": "end_values",
    **dict.fromkeys(("maximum", "mean", "median", "minimum"), "stat_length"),
    **dict.fromkeys(("reflect", "symmetric"), "reflect_type"),
    **dict.fromkeys(("edge", "wrap")),
}
"""By mode, the option that it has."""
STATISTICS: dict[str, Callable[..., Any]] = {
    "maximum": np.max,
    "minimum": np.min,
    "mean": np.mean,
    "median": np.median,
}


def pad(array: Any, pad_width: Any, mode: Any = "constant", **options: Any) -> Any:
    x = traced(array)
    widths = _pad_widths(pad_width, x.ndim)
    if not isinstance(mode, str) or mode not in OPTIONS:
        raise UnsupportedError(
            f"np.pad with mode={mode!r} is not supported on traced arrays",
            where=user_source(),
            found=f"mode={mode!r}",
            expected=", ".join(OPTIONS),
        )
    strange = options.keys() - {OPTIONS[mode]}
    if strange:
        raise UnsupportedError(
            f"np.pad with mode={mode!r} has no {min(strange)}",
            where=user_source(),
            found=f"{min(strange)}={options[min(strange)]!r}",
            remedy="leave it out, or write another mode",
        )
    given = next(iter(options.values()), None)
    if mode == "constant":
        return _pad_constant(x, widths, 0 if given is None else given)
    if mode in STATISTICS:
        return _pad_statistic(x, widths, STATISTICS[mode], given)
    if mode == "linear_ramp":
        return _pad_ramp(x, widths, 0 if given is None else given)
    return _pad_by_position(x, widths, mode, odd=given == "odd")


def _pad_by_position(x: Any, widths: list[list[int]], mode: str, *, odd: bool) -> Any:
    """Elements again, from places that NumPy itself says; `odd` ones are turned round the edge."""
    for axis, (low, high) in enumerate(widths):
        n = x.shape[axis]
        places = np.pad(np.arange(n), (low, high), mode=mode)  # type: ignore[call-overload]
        even = take(x, places, axis)
        if not odd or not low + high:
            x = even
            continue
        # Odd values are linear in the elements: which ones, the padding of unit vectors says.
        unit = np.eye(n, dtype=int)
        weights: Any = np.pad(unit, ((low, high), (0, 0)), mode=mode, reflect_type="odd")  # type: ignore[call-overload]
        rows = np.tensordot(convert(weights, x.dtype), x, axes=(1, axis))
        x = traced(np.moveaxis(rows, 0, axis))
    return x


def _pad_statistic(x: Any, widths: Any, statistic: Callable[..., Any], length: Any) -> Any:
    """A statistic of the elements at the edge in their neighbourhood."""
    lengths = None if length is None else np.broadcast_to(length, (x.ndim, 2)).tolist()
    for axis, (low, high) in enumerate(widths):
        n = x.shape[axis]
        first, last = (n, n) if lengths is None else (min(k, n) for k in lengths[axis])
        index = (slice(None),) * axis
        parts = [x]
        for place, width, edge in (
            (0, low, x[(*index, slice(first))]),
            (2, high, x[(*index, slice(n - last, n))]),
        ):
            value = statistic(edge, axis=axis, keepdims=True)
            value = np.rint(value) if x.dtype.kind in "iu" else value
            shape = (*x.shape[:axis], width, *x.shape[axis + 1 :])
            parts.insert(place, broadcast_to(convert(value, x.dtype), shape))
        x = concatenate(parts, axis)
    return x


def _pad_ramp(x: Any, widths: Any, end_values: Any) -> Any:
    """Numbers at equal distances, from the end values to the elements at the edge."""
    ends = np.broadcast_to(end_values, (x.ndim, 2))
    for axis, (low, high) in enumerate(widths):
        index = (slice(None),) * axis
        before, behind = (
            np.linspace(end, x[(*index, edge)], width, endpoint=False, dtype=x.dtype, axis=axis)
            for end, edge, width in ((ends[axis, 0], 0, low), (ends[axis, 1], -1, high))
        )
        x = concatenate([before, x, np.flip(behind, axis)], axis)
    return x


def _pad_widths(pad_width: Any, ndim: int) -> list[list[int]]:
    """How much is added to each axis before and behind."""
    if isinstance(pad_width, dict):
        of_axis: list[Any] = [(0, 0)] * ndim
        for axis, pair in pad_width.items():
            of_axis[axis_of(axis, ndim)] = np.broadcast_to(pair, 2)
        pad_width = np.reshape(of_axis, (ndim, 2))
    widths = np.broadcast_to(pad_width, (ndim, 2))
    if ndim and (widths.dtype.kind not in "iu" or widths.min() < 0):
        raise ShapeMismatchError(
            "np.pad adds whole numbers of elements",
            where=user_source(),
            found=f"pad_width={pad_width!r}",
            expected="integers that are not negative",
        )
    return widths.tolist()  # type: ignore[no-any-return]


def _pad_constant(x: TracedArray, widths: list[list[int]], constant_values: Any) -> TracedArray:
    if isinstance(constant_values, int | float) and constant_values == 0:
        low, high = (tuple(side) for side in zip(*widths, strict=True)) if widths else ((), ())
        return apply(Pad(low, high), x)
    if type_of(constant_values).dtype.kind == "c" and x.dtype.kind != "c":
        raise TypeMismatchError(
            "a real array is not padded with complex numbers",
            where=user_source(),
            found=f"constant_values={constant_values!r} for an array of dtype {x.dtype}",
            remedy="make the array complex first",
        )
    constants = broadcast_to(convert(constant_values, x.dtype), (x.ndim, 2))
    for axis, pair in enumerate(widths):  # what comes later has the corners
        parts: list[Any] = [x]
        for side, width in enumerate(pair):
            shape = (*x.shape[:axis], width, *x.shape[axis + 1 :])
            parts.insert(2 * side, broadcast_to(constants[axis, side], shape))
        x = concatenate(parts, axis)
    return x


FUNCTIONS: dict[Callable[..., Any], Callable[..., Any]] = {np.pad: pad}
