"""NumPy's functions that write into arrays: `put_along_axis`, `copyto`, `put`, …."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from lineara.errors import IndexRangeError, ShapeMismatchError, TracingError
from lineara.frontend.core import axis_of, convert, shape_of, traced, type_of_array
from lineara.frontend.numpy.joining import positions as in_mode
from lineara.frontend.trace import Traced, known_or_none
from lineara.frontend.writes import setitem, writable_result
from lineara.where import user_source


def put_along_axis(arr: Any, indices: Any, values: Any, axis: int | None) -> None:
    array = target(arr)
    if axis is None:
        _set_flat(array, indices, values)
        return
    axis = axis_of(axis, array.ndim)
    ndim = len(shape_of(indices))
    grid: list[Any] = [
        np.arange(n).reshape([-1 if i == k else 1 for i in range(ndim)])
        for k, n in enumerate(shape_of(array))
    ]
    grid[axis] = indices
    setitem(array, tuple(grid), values)


def put(a: Any, ind: Any, v: Any, mode: str = "raise") -> None:
    ind = in_mode(ind, int(np.prod(shape_of(a))), mode)
    count = int(np.prod(shape_of(ind)))
    if not count:
        return
    values = np.ravel(v)
    repeated = np.concatenate([values] * max(-(-count // max(shape_of(values)[0], 1)), 1))[:count]
    _set_flat(target(a), np.ravel(ind), repeated)


def _set_flat(array: Any, positions: Any, values: Any) -> None:
    """``array.flat[positions] = values``, also where the array is no block of memory."""
    if array.ndim == 0:  # all positions are that of its element
        known = known_or_none(positions)
        if known is not None and np.any((known != 0) & (known != -1)):
            raise IndexRangeError(
                "an array without axes has one element",
                where=user_source(),
                found=f"positions {known.tolist()}",
                expected="position 0",
            )
        setitem(array, ..., traced(values)[..., -1])
        return
    coordinates = []
    for n in reversed(array.shape[1:]):
        coordinates.append(positions % n)
        positions = positions // n  # below the range, or above it, if the position is
    setitem(array, (positions, *coordinates[::-1]), values)


def copyto(dst: Any, src: Any, casting: Any = "same_kind", where: Any = True) -> None:
    array = target(dst)
    source = writable_result(traced(src), array, "np.copyto", casting)
    setitem(array, ..., source if where is True else np.where(where, source, array))


def putmask(a: Any, mask: Any, values: Any) -> None:
    array = target(a)
    count = array.size
    flat = np.ravel(values)
    repeated = np.concatenate([flat] * max(-(-count // max(shape_of(flat)[0], 1)), 1))[:count]
    setitem(array, ..., np.where(mask, convert(repeated.reshape(array.shape), array.dtype), array))


def place(arr: Any, mask: Any, vals: Any) -> None:
    """The elements where the mask is true become the values, in order and again from the first."""
    array, values = target(arr), np.ravel(vals)
    flags = np.ravel(convert(traced(mask), np.dtype(np.bool_)))
    if flags.size != array.size:
        raise ShapeMismatchError(
            "a mask has another size than the array that it is for",
            where=user_source(),
            found=f"{flags.size} flags for {array.size} elements",
        )
    if not values.size:
        if np.any(flags):
            raise ValueError("Cannot insert from an empty array!")
        return
    chosen = np.take(traced(values), (np.cumsum(flags) - 1) % values.size)
    new = np.where(flags, convert(chosen, array.dtype), np.ravel(array))
    setitem(array, ..., np.reshape(new, array.shape))


def fill_diagonal(a: Any, val: Any, wrap: bool = False) -> None:
    array = target(a)
    step = array.shape[1] + 1 if array.ndim == 2 else 1 + sum(np.cumprod(array.shape[:-1]))
    end = None if wrap or array.ndim > 2 else array.shape[1] ** 2
    positions = np.arange(array.size)[:end:step]
    put(array, positions, val)


def target(x: Any) -> Any:
    """The array that is written to, which has to be able to hold traced values."""
    if isinstance(x, Traced):
        return x
    raise TracingError(
        "a traced value is written into a plain NumPy array",
        where=user_source(),
        found=f"an array of type {type_of_array(x)}",
        expected="an array that can hold traced values",
        remedy="make the array with np.zeros_like(x), with np.zeros(shape, like=x), or with "
        "`from lineara import numpy as np`",
    )


FUNCTIONS: dict[Callable[..., Any], Callable[..., Any]] = {
    np.put_along_axis: put_along_axis,
    np.put: put,
    np.copyto: copyto,
    np.putmask: putmask,
    np.place: place,
    np.fill_diagonal: fill_diagonal,
}
