"""Sorting and searching."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from lineara.errors import ShapeMismatchError, UnsupportedError
from lineara.frontend.array import TracedArray
from lineara.frontend.core import apply, axis_of, convert, reshape, traced
from lineara.frontend.numpy.reductions import missing
from lineara.ops.sorting import ArgSort, Sort
from lineara.where import user_source


def _refuse_fields(order: Any) -> None:
    if order is not None:
        raise UnsupportedError(
            "only arrays with fields are sorted by fields",
            where=user_source(),
            found=f"order={order!r}",
            remedy="leave order out",
        )


def _ordering(op: type[Sort | ArgSort]) -> Callable[..., Any]:
    """``np.sort`` or ``np.argsort``; every kind of sort is a stable one."""

    def function(
        a: Any,
        axis: int | None = -1,
        kind: str | None = None,
        order: None = None,
        *,
        stable: bool | None = None,
    ) -> TracedArray:
        _refuse_fields(order)
        # NumPy itself refuses kinds that it does not have.
        np.sort(np.empty(0), kind=kind, stable=stable)  # type: ignore[arg-type]
        x = traced(a)
        if axis is None:
            return apply(op(0), reshape(x, (x.size,)))
        return apply(op(axis_of(axis, x.ndim)), x)

    return function


def _partition(function: Callable[..., Any]) -> Callable[..., Any]:
    """``np.partition`` or ``np.argpartition``: what is sorted is partitioned at every place."""

    def partition(
        a: Any,
        kth: Any,
        axis: int | None = -1,
        kind: str = "introselect",
        order: None = None,
    ) -> Any:
        _refuse_fields(order)
        np.partition(np.empty(1), 0, kind=kind)  # type: ignore[call-overload]
        x = traced(a)
        n = x.size if axis is None else x.shape[axis_of(axis, x.ndim)]
        places = np.asarray(kth)
        if places.dtype.kind not in "iu" or np.any((places >= n) | (places < -n)):
            raise ShapeMismatchError(
                "there is no such place to partition at",
                where=user_source(),
                found=f"kth={kth}",
                expected=f"a whole number between {-n} and {n - 1}",
            )
        return function(a, axis)

    return partition


def _precedes(x: Any, y: Any) -> Any:
    """``x < y`` in the order of `sort`, in which NaN comes last."""
    nan_x, nan_y = missing(x), missing(y)
    less = np.less(x, y)
    if nan_y is not None:
        less = less | (nan_y if nan_x is None else nan_y & ~nan_x)
    return less


def searchsorted(a: Any, v: Any, side: str = "left", sorter: Any = None) -> Any:
    """Where `v` is to be inserted into the sorted `a`: the number of elements that precede it."""
    ordered = traced(a) if sorter is None else traced(np.take(traced(a), sorter))
    if ordered.ndim != 1:
        raise ShapeMismatchError(
            "np.searchsorted searches in an array with one axis",
            where=user_source(),
            found=str(ordered.value.type),
        )
    if side not in ("left", "right"):
        raise ValueError(f"side must be 'left' or 'right' (got {side!r})")
    x = traced(v)[..., None]
    before = _precedes(ordered, x) if side == "left" else ~_precedes(x, ordered)
    return np.sum(before, axis=-1)


def lexsort(keys: Any, axis: int = -1) -> Any:
    """The order by the last key; where that is equal, by the one before it, and so on."""
    first, *rest = [traced(key) for key in keys]
    axis = axis_of(axis, first.ndim) if first.ndim else axis
    if not first.ndim:
        return np.zeros((), np.int64)
    order = np.argsort(first, axis=axis)
    for key in rest:
        again = np.argsort(np.take_along_axis(key, order, axis), axis=axis)
        order = np.take_along_axis(order, again, axis)
    return order


def sort_complex(a: Any) -> Any:
    x = traced(np.sort(traced(a)))
    if x.dtype.kind == "c":
        return x
    return convert(x, np.dtype(np.complex64 if x.dtype.char in "bhBH" else np.complex128))


FUNCTIONS: dict[Callable[..., Any], Callable[..., Any]] = {
    np.sort: _ordering(Sort),
    np.argsort: _ordering(ArgSort),
    np.partition: _partition(_ordering(Sort)),
    np.argpartition: _partition(_ordering(ArgSort)),
    np.searchsorted: searchsorted,
    np.lexsort: lexsort,
    np.sort_complex: sort_complex,
}
