"""Joining, splitting and repeating arrays, and taking elements from them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from lineara.errors import (
    IndexRangeError,
    ShapeMismatchError,
    TypeMismatchError,
    UnsupportedError,
)
from lineara.frontend.array import TracedArray
from lineara.frontend.core import apply, axis_of, broadcast_to, convert, promoted, traced
from lineara.frontend.core import broadcast_shapes as common_shape
from lineara.frontend.core import type_of_array as type_of
from lineara.frontend.trace import Traced
from lineara.ir.types import supported_dtype
from lineara.ops.slicing import Concatenate
from lineara.where import user_source


def concatenate(
    arrays: Any, /, axis: Any = 0, *, dtype: Any = None, casting: Any = "same_kind"
) -> TracedArray:
    items: list[Any] = [x if isinstance(x, Traced) else np.asarray(x) for x in arrays]
    if dtype is None:
        target = promoted(*(x if _is_number(x) else y for x, y in zip(arrays, items, strict=True)))
    else:
        target = supported_dtype(dtype)
        for x in items:
            if not np.can_cast(type_of(x).dtype, target, casting):
                raise TypeMismatchError(
                    "the arrays do not fit into the dtype that is wanted",
                    where=user_source(),
                    found=f"dtype={target} for an array of dtype {type_of(x).dtype}",
                    remedy="convert the result with .astype(...)",
                )
    parts = [traced(convert(x, target)) for x in items]
    if axis is None:
        parts, axis = [x.reshape(-1) for x in parts], 0
    if any(x.ndim == 0 for x in parts):
        raise ShapeMismatchError(
            "zero-dimensional arrays cannot be concatenated",
            where=user_source(),
            found=f"shapes {', '.join(str(x.shape) for x in parts)}",
            expected="arrays with one axis or more",
            remedy="use np.stack",
        )
    return apply(Concatenate(axis_of(axis, parts[0].ndim)), *parts)


def _is_number(x: Any) -> bool:
    """Whether it is a number of Python's, whose dtype adapts; a traced one is an array here."""
    return type(x) in (int, float, complex)


def stack(arrays: Any, axis: int = 0, **options: Any) -> TracedArray:
    items: list[Any] = [x if isinstance(x, Traced) else np.asarray(x) for x in arrays]
    shapes = [np.shape(x) for x in items]
    if len(set(shapes)) != 1:
        raise ShapeMismatchError(
            "all input arrays must have the same shape",
            where=user_source(),
            found=f"shapes {', '.join(map(str, shapes))}" if shapes else "no arrays",
            expected="equal shapes",
            remedy="broadcast them to one shape, or join them with np.concatenate",
        )
    return concatenate([np.expand_dims(x, axis) for x in items], axis, **options)


def vstack(tup: Any, **options: Any) -> TracedArray:
    return concatenate([np.atleast_2d(x) for x in tup], 0, **options)


def hstack(tup: Any, **options: Any) -> TracedArray:
    items = [np.atleast_1d(x) for x in tup]
    return concatenate(items, 0 if items and np.ndim(items[0]) == 1 else 1, **options)


def dstack(tup: Any) -> TracedArray:
    return concatenate([np.atleast_3d(x) for x in tup], 2)


def column_stack(tup: Any) -> TracedArray:
    columns = [np.reshape(x, (-1, 1)) if np.ndim(x) < 2 else x for x in tup]
    return concatenate(columns, 1)


def block(arrays: Any) -> Any:
    depths = set(_depths(arrays, 0))
    if len(depths) != 1:
        raise ShapeMismatchError(
            "np.block takes lists nested equally deep, none of them empty",
            where=user_source(),
            found=f"arrays at depths {sorted(depths)}",
            expected="all arrays at one depth",
        )
    (depth,) = depths
    return _joined(arrays, depth, max(depth, _rank(arrays)))


def _depths(item: Any, depth: int) -> list[int]:
    if not isinstance(item, list):
        return [depth]
    return [d for part in item for d in _depths(part, depth + 1)] or [depth, depth + 1]


def _rank(item: Any) -> int:
    return max(map(_rank, item)) if isinstance(item, list) else np.ndim(item)


def _joined(item: Any, depth: int, ndim: int) -> Any:
    """A nested list of this depth as one array: the innermost lists along the last axis."""
    if depth:
        return concatenate([_joined(part, depth - 1, ndim) for part in item], -depth)
    return np.reshape(item, (1,) * (ndim - np.ndim(item)) + np.shape(item))


def append(arr: Any, values: Any, axis: int | None = None) -> TracedArray:
    if axis is None:
        arr, values = np.ravel(traced(arr)), np.ravel(traced(values))
    return concatenate([arr, values], axis)


def array_split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[TracedArray]:
    x = traced(ary)
    axis = axis_of(axis, x.ndim)
    n = x.shape[axis]
    if np.ndim(indices_or_sections) == 0:
        if int(indices_or_sections) <= 0:
            raise ShapeMismatchError(
                "number sections must be larger than 0.",
                where=user_source(),
                found=str(indices_or_sections),
            )
        short, longer = divmod(n, int(indices_or_sections))
        lengths = [short + 1] * longer + [short] * (int(indices_or_sections) - longer)
        cuts = np.cumsum(lengths)[:-1].tolist()
    else:
        cuts = list(indices_or_sections)
    before = (slice(None),) * axis
    edges = zip([0, *cuts], [*cuts, n], strict=True)
    return [x[(*before, slice(start, stop))] for start, stop in edges]


def split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[TracedArray]:
    n = np.shape(ary)[axis_of(axis, np.ndim(ary))]
    sections = indices_or_sections
    if np.ndim(sections) == 0 and sections > 0 and n % sections:
        raise ShapeMismatchError(
            "array split does not result in an equal division",
            where=user_source(),
            found=f"{indices_or_sections} parts of an axis of length {n}",
            expected=f"a number that divides {n}",
            remedy="use np.array_split",
        )
    return array_split(ary, indices_or_sections, axis)


def split_along(axis: int) -> Callable[..., Any]:
    """``np.vsplit``, ``np.hsplit`` and ``np.dsplit``."""

    def function(ary: Any, indices_or_sections: Any) -> list[TracedArray]:
        along = 0 if axis == 1 and np.ndim(ary) == 1 else axis
        if np.ndim(ary) < max(2, axis + 1) and along == axis:
            raise ShapeMismatchError(
                "the array has too few axes to be split this way",
                where=user_source(),
                found=f"shape {np.shape(ary)}",
                expected=f"{max(2, axis + 1)} axes or more",
                remedy="use np.split",
            )
        return split(ary, indices_or_sections, along)

    return function


def unstack(x: Any, /, *, axis: int = 0) -> tuple[TracedArray, ...]:
    return tuple(np.moveaxis(x, axis, 0))


def tile(A: Any, reps: Any) -> TracedArray:
    several = isinstance(reps, Sequence | np.ndarray)
    counts = tuple(int(n) for n in reps) if several else (int(reps),)
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
    counts = np.asarray(known(repeats, "np.repeat"))
    if counts.dtype.kind not in "biu":
        raise TypeMismatchError(
            "elements are repeated a whole number of times",
            where=user_source(),
            found=f"repeats of dtype {counts.dtype}",
            expected="integers",
        )
    return take(x, np.repeat(np.arange(x.shape[axis]), counts), axis)


def known(x: Any, name: str) -> Any:
    """The elements of an array that shapes depend on, which must be known now."""
    return x.owner.concrete(x.value, name) if isinstance(x, Traced) else x


def take(a: Any, indices: Any, axis: int | None = None, *, mode: str = "raise") -> TracedArray:
    x = traced(a)
    if axis is None:
        x, axis = x.reshape(-1), 0
    axis = axis_of(axis, x.ndim)
    at = indices if isinstance(indices, Traced) else np.asarray(indices)
    return x[(*(slice(None),) * axis, positions(at, x.shape[axis], mode))]


def positions(at: Any, size: int, mode: str) -> Any:
    """Indices brought into range as `mode` says; bools are numbers here, not masks."""
    at = convert(at, np.dtype(np.int64)) if type_of(at).dtype.kind == "b" else at
    if mode == "wrap":
        return np.remainder(at, size)
    if mode == "clip":
        return np.clip(at, 0, size - 1)
    if mode != "raise":
        raise UnsupportedError(
            f"there is no mode={mode!r}",
            where=user_source(),
            found=f"mode={mode!r}",
            expected="'raise', 'wrap' or 'clip'",
        )
    return at


def choose(a: Any, choices: Any, *, mode: str = "raise") -> TracedArray:
    size = len(choices)
    at: Any = a if isinstance(a, Traced) else np.asarray(a)
    if mode == "raise":
        numbers = np.asarray(known(at, "np.choose with mode='raise'"))
        if numbers.size and not 0 <= numbers.min() <= numbers.max() < size:
            raise IndexRangeError(
                "invalid entry in choice array",
                where=user_source(),
                found=f"numbers from {numbers.min()} to {numbers.max()}",
                expected=f"numbers from 0 to {size - 1}, one for each choice",
            )
    shape = common_shape(at, *choices)
    options = stack([broadcast_to(c, shape) for c in choices])
    places = broadcast_to(positions(at, size, mode), shape)
    return take_along_axis(options, np.expand_dims(places, 0), 0)[0]


def take_along_axis(arr: Any, indices: Any, axis: int | None = -1) -> TracedArray:
    x = traced(arr)
    if axis is None:
        x, axis = x.reshape(-1), 0
    axis = axis_of(axis, x.ndim)
    found = type_of(indices)
    if found.ndim != x.ndim or found.dtype.kind not in "iu":
        raise ShapeMismatchError(
            "take_along_axis needs an array of integers with as many axes as the array",
            where=user_source(),
            found=str(found),
            expected=f"{x.ndim} axes",
        )
    grid = [
        np.arange(n).reshape((1,) * i + (-1,) + (1,) * (x.ndim - i - 1))
        for i, n in enumerate(x.shape)
    ]
    index: list[Any] = [indices if i == axis else at for i, at in enumerate(grid)]
    return x[tuple(index)]


def compress(condition: Any, a: Any, axis: int | None = None) -> TracedArray:
    if np.ndim(condition) != 1:
        raise ShapeMismatchError(
            "the condition of np.compress has one axis",
            where=user_source(),
            found=f"shape {np.shape(condition)}",
            remedy="use np.extract",
        )
    return take(a, np.flatnonzero(condition), axis)


def extract(condition: Any, arr: Any) -> TracedArray:
    return take(arr, np.flatnonzero(condition))


def delete(arr: Any, obj: Any, axis: int | None = None) -> TracedArray:
    x = traced(arr)
    if axis is None:
        x, axis = x.reshape(-1), 0
    axis = axis_of(axis, x.ndim)
    return take(x, np.delete(np.arange(x.shape[axis]), known(obj, "np.delete")), axis)


def insert(arr: Any, obj: Any, values: Any, axis: int | None = None) -> TracedArray:
    x = traced(arr)
    if axis is None:
        x, axis = x.reshape(-1), 0
    axis = axis_of(axis, x.ndim)
    size = x.shape[axis]
    obj = known(obj, "np.insert")
    at = np.arange(size)[obj] if isinstance(obj, slice) else np.asarray(obj)
    new: Any = traced(convert(values, x.dtype))
    count = int(np.count_nonzero(at)) if at.dtype == bool else at.size
    if count == 1:  # any number of elements at one place
        new = np.reshape(new, (1,) * (x.ndim - new.ndim) + new.shape)
        new = np.moveaxis(new, 0, axis) if at.ndim == 0 else new
        count = new.shape[axis]
    new = broadcast_to(new, (*x.shape[:axis], count, *x.shape[axis + 1 :]))
    order = np.insert(np.arange(size), obj, np.arange(size, size + count))
    return take(concatenate([x, new], axis), order, axis)


def meshgrid(*xi: Any, indexing: str = "xy", sparse: bool = False, copy: bool = True) -> Any:
    if indexing not in ("xy", "ij"):
        raise UnsupportedError(
            "Valid values for `indexing` are 'xy' and 'ij'.",
            where=user_source(),
            found=f"indexing={indexing!r}",
        )
    n = len(xi)
    order = [1, 0, *range(2, n)] if indexing == "xy" and n > 1 else list(range(n))
    lines = [
        np.reshape(x, tuple(-1 if axis == order[i] else 1 for axis in range(n)))
        for i, x in enumerate(xi)
    ]
    if not sparse:
        return np.broadcast_arrays(*lines)
    return tuple(lines) if copy else lines


def concrete_mask(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function whose result has a shape that depends on values, which must be known now."""

    def call(a: Any) -> Any:
        return function(known(a, f"np.{function.__name__}"))

    return call


METHODS: dict[str, Callable[..., Any]] = {
    "compress": lambda x, condition, axis=None: np.compress(condition, x, axis),
}

FUNCTIONS: dict[Callable[..., Any], Callable[..., Any]] = {
    np.concatenate: concatenate,
    np.stack: stack,
    np.vstack: vstack,
    np.hstack: hstack,
    np.dstack: dstack,
    np.column_stack: column_stack,
    np.block: block,
    np.append: append,
    np.insert: insert,
    np.delete: delete,
    np.split: split,
    np.array_split: array_split,
    np.vsplit: split_along(0),
    np.hsplit: split_along(1),
    np.dsplit: split_along(2),
    **({np.unstack: unstack} if hasattr(np, "unstack") else {}),
    np.tile: tile,
    np.repeat: repeat,
    np.take: take,
    np.take_along_axis: take_along_axis,
    np.compress: compress,
    np.extract: extract,
    np.choose: choose,
    np.meshgrid: meshgrid,
    np.nonzero: concrete_mask(np.nonzero),
    np.flatnonzero: concrete_mask(np.flatnonzero),
    np.argwhere: concrete_mask(np.argwhere),
}
