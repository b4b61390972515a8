"""Sums, products, extremes and truth over axes, and their running versions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from lineara.errors import ShapeMismatchError, TypeMismatchError
from lineara.frontend.array import TracedArray
from lineara.frontend.core import (
    apply,
    axes_of,
    axis_of,
    broadcast_to,
    convert,
    reshape,
    shape_of,
    traced,
    type_of_array,
)
from lineara.frontend.trace import known_or_none
from lineara.ir.op import Op
from lineara.ir.types import supported_dtype
from lineara.ops.broadcast import ReduceSum
from lineara.ops.cumulative import CumProd, CumSum
from lineara.ops.reduce import (
    ArgExtreme,
    ArgMax,
    ArgMin,
    Extreme,
    Quantifier,
    ReduceAnd,
    ReduceMax,
    ReduceMin,
    ReduceOr,
    ReduceProd,
)
from lineara.where import user_source

ABSENT: Any = np._NoValue
"""NumPy's own sign that an argument is not given."""
BOOL = np.dtype(np.bool_)


def reduced(op: Op, x: TracedArray, axes: tuple[int, ...], keepdims: bool) -> TracedArray:
    """The result of a reduction over `axes`, with axes of length 1 in their place on demand."""
    shape = tuple(1 if axis in axes else n for axis, n in enumerate(x.shape))
    result = apply(op, x)
    return traced(reshape(result, shape)) if keepdims else result


def in_dtype(x: TracedArray, dtype: Any) -> TracedArray:
    """`x` in the dtype in which NumPy adds and multiplies: `dtype`, if it is given.

    If it is None, integers have 64 bits at least.
    """
    if dtype is None:
        narrow = x.dtype.kind in "biu" and x.dtype.itemsize < 8
        wide = np.dtype(np.uint64 if x.dtype.kind == "u" else np.int64)
        return traced(convert(x, wide if narrow else x.dtype))
    target = supported_dtype(dtype)
    if x.dtype.kind == "c" and target.kind in "iuf":
        raise TypeMismatchError(
            "computing with real numbers would discard the imaginary part",
            where=user_source(),
            found=f"dtype={target} for an array of dtype {x.dtype}",
            remedy="take x.real first",
        )
    return traced(convert(x, target))


def mask_for(x: TracedArray, where: Any) -> Any:
    """The mask `where`, broadcast to the shape of `x`.

    Raises:
        TypeMismatchError: if its elements are not bools.
        ShapeMismatchError: if it is larger than `x`, which is not broadcast to it.
    """
    found = type_of_array(where)
    if found.dtype != BOOL:
        raise TypeMismatchError(
            "a mask consists of bools",
            where=user_source(),
            found=f"where= an array of type {found}",
            expected="an array of bools",
            remedy="compare with 0: where=mask != 0",
        )
    return broadcast_to(where, x.shape)


def number_for(x: TracedArray, initial: Any) -> Any:
    """The argument `initial`, one number, in the dtype of `x`."""
    if initial is None or shape_of(initial) != ():
        raise TypeMismatchError(
            "a reduction starts from a number",
            where=user_source(),
            found=f"initial={initial!r}",
            expected="a number",
            remedy="leave initial out" if initial is None else "combine the results with np.add …",
        )
    return convert(initial, x.dtype)


def _accumulation(
    op: Callable[[tuple[int, ...]], Op],
    ufunc: np.ufunc,
    unit: int,
    prepared: Callable[[Any], TracedArray] = traced,
) -> Callable[..., Any]:
    """``np.sum`` or ``np.prod``; `prepared` is what it does to the array first."""

    def function(
        a: Any,
        axis: Any = None,
        dtype: Any = None,
        *,
        keepdims: bool = False,
        initial: Any = ABSENT,
        where: Any = True,
    ) -> TracedArray:
        x = in_dtype(prepared(a), dtype)
        if where is not True:
            x = np.where(mask_for(x, where), x, x.dtype.type(unit))  # type: ignore[assignment]
        axes = axes_of(axis, x.ndim)
        result = reduced(op(axes), x, axes, keepdims)
        return result if initial is ABSENT else ufunc(result, number_for(result, initial))

    return function


def _extreme(op: type[Extreme], ufunc: np.ufunc) -> Callable[..., Any]:
    """``np.max`` or ``np.min``; ``initial`` is one more element, so that empty axes are allowed."""

    def function(
        a: Any,
        axis: Any = None,
        *,
        keepdims: bool = False,
        initial: Any = ABSENT,
        where: Any = True,
    ) -> Any:
        x: Any = traced(a)
        axes = axes_of(axis, x.ndim)
        if initial is ABSENT or initial is None:
            if where is not True:
                raise ShapeMismatchError(
                    f"reduction operation {ufunc.__name__} does not have an identity",
                    where=user_source(),
                    found="a mask (where=...) and no initial value",
                    expected="an initial value, in case that no element is selected",
                    remedy="give initial=... too",
                )
            return reduced(op(axes), x, axes, keepdims)
        first = number_for(x, initial)
        if where is not True:
            x = np.where(mask_for(x, where), x, first)
        if 0 in (x.shape[axis] for axis in axes):
            empty = sum_(x, axis, keepdims=keepdims)
            return np.full_like(empty, first, dtype=x.dtype)
        return ufunc(reduced(op(axes), x, axes, keepdims), first)

    return function


def _quantifier(op: type[Quantifier]) -> Callable[..., Any]:
    """``np.any`` or ``np.all``."""

    def function(
        a: Any, axis: Any = None, *, keepdims: bool = False, where: Any = True
    ) -> TracedArray:
        x: Any = traced(convert(traced(a), BOOL))
        if where is not True:
            x = np.where(mask_for(x, where), x, op.ufunc.identity)
        axes = axes_of(axis, x.ndim)
        return reduced(op(axes), x, axes, keepdims)

    return function


def _place(op: type[ArgExtreme]) -> Callable[..., Any]:
    """``np.argmax`` or ``np.argmin``."""

    def function(a: Any, axis: Any = None, *, keepdims: bool = False) -> TracedArray:
        x = traced(a)
        shape = (1,) * x.ndim
        if axis is not None:
            axis = axis_of(axis, x.ndim)
            shape = tuple(1 if k == axis else n for k, n in enumerate(x.shape))
        result = apply(op(0), reshape(x, (x.size,))) if axis is None else apply(op(axis), x)
        return traced(reshape(result, shape)) if keepdims else result

    return function


def _running(
    op: Callable[[int], Op], prepared: Callable[[Any], TracedArray] = traced
) -> Callable[..., Any]:
    """``np.cumsum`` or ``np.cumprod``, which flatten unless there is an axis."""

    def function(a: Any, axis: Any = None, dtype: Any = None) -> TracedArray:
        x = in_dtype(prepared(a), dtype)
        if axis is None or not x.ndim:
            x, axis = traced(reshape(x, (x.size,))), 0 if axis is None else axis
        return apply(op(axis_of(axis, x.ndim)), x)

    return function


def _running_with_initial(running: Callable[..., Any], unit: int) -> Callable[..., Any]:
    """``np.cumulative_sum`` or ``np.cumulative_prod``."""

    def function(
        x: Any, /, *, axis: Any = None, dtype: Any = None, include_initial: bool = False
    ) -> TracedArray:
        x = traced(x)
        if axis is None and x.ndim != 1:
            raise ShapeMismatchError(
                "for an array that has not one axis, the axis to run along must be given",
                where=user_source(),
                found=str(x.value.type),
                remedy="give axis=...",
            )
        axis = axis_of(0 if axis is None else axis, x.ndim)
        result = running(x, axis, dtype)
        if not include_initial:
            return result  # type: ignore[no-any-return]
        shape = tuple(1 if k == axis else n for k, n in enumerate(x.shape))
        first = np.full(shape, unit, result.dtype)
        return np.concatenate((first, result), axis)  # type: ignore[return-value]

    return function


sum_ = _accumulation(ReduceSum, np.add, 0)
prod = _accumulation(ReduceProd, np.multiply, 1)
max_ = _extreme(ReduceMax, np.maximum)
min_ = _extreme(ReduceMin, np.minimum)
any_ = _quantifier(ReduceOr)
all_ = _quantifier(ReduceAnd)
cumsum = _running(CumSum)
cumprod = _running(CumProd)


def ptp(a: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
    """The largest element minus the smallest."""
    return max_(a, axis, keepdims=keepdims) - min_(a, axis, keepdims=keepdims)


def count_nonzero(a: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
    """The number of elements that are not zero."""
    return sum_(convert(traced(a), BOOL), axis, keepdims=keepdims)


# -- ignoring NaN ----------------------------------------------------------------------------------


def missing(x: Any) -> Any:
    """Where an array is NaN, or None for a dtype that has none."""
    return np.isnan(x) if x.dtype.kind in "fc" else None


def _nan_as(unit: int) -> Callable[[Any], TracedArray]:
    """A function that puts `unit` in place of each NaN."""

    def filled(a: Any) -> TracedArray:
        x = traced(a)
        mask = missing(x)
        return x if mask is None else np.where(mask, unit, x)  # type: ignore[return-value]

    return filled


def _extreme_ignoring_nan(function: Callable[..., Any], last: float) -> Callable[..., Any]:
    """``np.nanmax`` or ``np.nanmin``: NaN only where all elements are."""

    def ignoring(a: Any, axis: Any = None, *, keepdims: bool = False, **options: Any) -> Any:
        x = traced(a)
        mask = missing(x)
        if mask is None:
            return function(x, axis, keepdims=keepdims, **options)
        if options:
            ufunc = np.fmax if last < 0 else np.fmin
            return ufunc.reduce(x, axis=axis, keepdims=keepdims, **options)
        extreme = function(np.where(mask, last, x), axis, keepdims=keepdims)
        return np.where(all_(mask, axis, keepdims=keepdims), np.nan, extreme)

    return ignoring


def _place_ignoring_nan(function: Callable[..., Any], last: float) -> Callable[..., Any]:
    """``np.nanargmax`` or ``np.nanargmin``; −1 where all are NaN and this is not known now."""

    def ignoring(a: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
        x = traced(a)
        mask = missing(x)
        if mask is None:
            return function(x, axis, keepdims=keepdims)
        none = all_(mask, axis, keepdims=keepdims)
        found = known_or_none(none)
        if found is not None and np.any(found):
            raise ValueError("All-NaN slice encountered")
        place = function(np.where(mask, last, x), axis, keepdims=keepdims)
        return np.where(none, -1, place)

    return ignoring


argmax, argmin = _place(ArgMax), _place(ArgMin)

FUNCTIONS: dict[Callable[..., Any], Callable[..., Any]] = {
    np.sum: sum_,
    np.prod: prod,
    np.max: max_,
    np.amax: max_,
    np.min: min_,
    np.amin: min_,
    np.any: any_,
    np.all: all_,
    np.argmax: argmax,
    np.argmin: argmin,
    np.cumsum: cumsum,
    np.cumprod: cumprod,
    **(
        {
            np.cumulative_sum: _running_with_initial(cumsum, 0),
            np.cumulative_prod: _running_with_initial(cumprod, 1),
        }
        if hasattr(np, "cumulative_sum")  # since NumPy 2.1
        else {}
    ),
    np.ptp: ptp,
    np.count_nonzero: count_nonzero,
    np.nansum: _accumulation(ReduceSum, np.add, 0, _nan_as(0)),
    np.nanprod: _accumulation(ReduceProd, np.multiply, 1, _nan_as(1)),
    np.nancumsum: _running(CumSum, _nan_as(0)),
    np.nancumprod: _running(CumProd, _nan_as(1)),
    np.nanmax: _extreme_ignoring_nan(max_, -np.inf),
    np.nanmin: _extreme_ignoring_nan(min_, np.inf),
    np.nanargmax: _place_ignoring_nan(argmax, -np.inf),
    np.nanargmin: _place_ignoring_nan(argmin, np.inf),
}
