"""Shapes and orders of axes, and the methods of arrays that are no NumPy functions."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from lineara.errors import (
    AxisRangeError,
    LinearaError,
    ShapeMismatchError,
    TypeMismatchError,
    UnsupportedError,
)
from lineara.frontend.array import TracedArray
from lineara.frontend.core import apply, axes_of, axis_of, broadcast_shapes, convert, traced
from lineara.frontend.core import broadcast_to as broadcast
from lineara.frontend.core import reshape as reshape_to
from lineara.frontend.trace import Traced
from lineara.ir.types import supported_dtype
from lineara.ops.shape import Flip, Transpose
from lineara.where import user_source


def reshape(a: Any, /, shape: Any, order: str = "C", *, copy: bool | None = None) -> TracedArray:
    x = traced(a)
    _require_c(order)
    return traced(reshape_to(x, _completed(x, shape)))


def _require_c(order: str) -> None:
    if order != "C":
        raise UnsupportedError(
            "traced arrays have their elements in C order",
            where=user_source(),
            found=f"order={order!r}",
            remedy="transpose before and after",
        )


def _completed(x: TracedArray, shape: Any) -> tuple[int, ...]:
    """The shape asked for, with −1 replaced."""
    lengths = list(shape) if isinstance(shape, Sequence | np.ndarray) else [shape]
    try:
        sizes = [operator.index(n) for n in lengths]
    except LinearaError:  # a traced number, whose own words are better
        raise
    except TypeError:
        raise TypeMismatchError(
            "a shape consists of whole numbers",
            where=user_source(),
            found=f"shape {tuple(lengths)}",
            expected="ints",
        ) from None
    if sizes.count(-1) == 1:
        known = math.prod(n for n in sizes if n != -1)
        sizes[sizes.index(-1)] = x.size // known if known else -1
    if math.prod(sizes) != x.size or min(sizes, default=0) < 0:
        raise ShapeMismatchError(
            f"cannot reshape an array of size {x.size} into shape {tuple(lengths)}",
            where=user_source(),
            found=f"shape {x.shape}",
            expected="as many elements as there are; −1 for one length that follows",
        )
    return tuple(sizes)


def ravel(a: Any, order: str = "C") -> TracedArray:
    return reshape(a, -1, order)


def transpose(a: Any, axes: Any = None) -> TracedArray:
    x = traced(a)
    if axes is None:
        order = tuple(range(x.ndim))[::-1]
    else:
        axes = axes if isinstance(axes, Iterable) else (axes,)
        order = tuple(axis_of(axis, x.ndim) for axis in axes)
        if sorted(order) != list(range(x.ndim)):
            raise ShapeMismatchError(
                "the axes of a transposition are a permutation",
                where=user_source(),
                found=str(tuple(axes)),
                expected=f"each of the {x.ndim} axes once",
            )
    return traced(x if order == tuple(range(x.ndim)) else apply(Transpose(order), x))


def matrix_transpose(x: Any, /) -> TracedArray:
    return swapaxes(x, -1, -2)


def swapaxes(a: Any, axis1: int, axis2: int) -> TracedArray:
    x = traced(a)
    order = list(range(x.ndim))
    i, j = axis_of(axis1, x.ndim), axis_of(axis2, x.ndim)
    order[i], order[j] = order[j], order[i]
    return transpose(x, order)


def moveaxis(a: Any, source: Any, destination: Any) -> TracedArray:
    x = traced(a)
    sources = [axis_of(s, x.ndim) for s in np.atleast_1d(source)]
    targets = [axis_of(d, x.ndim) for d in np.atleast_1d(destination)]
    if not len(sources) == len(set(sources)) == len(targets) == len(set(targets)):
        raise ShapeMismatchError(
            "axes are moved to as many places, all of them different",
            where=user_source(),
            found=f"source={source}, destination={destination}",
        )
    order = [axis for axis in range(x.ndim) if axis not in sources]
    for target, origin in sorted(zip(targets, sources, strict=True)):
        order.insert(target, origin)
    return transpose(x, order)


def rollaxis(a: Any, axis: int, start: int = 0) -> TracedArray:
    x = traced(a)
    axis = axis_of(axis, x.ndim)
    start = start + x.ndim if start < 0 else start
    if not 0 <= start <= x.ndim:
        raise AxisRangeError(
            f"start {start} is out of bounds for an array of dimension {x.ndim}",
            where=user_source(),
            found=f"start={start}",
            expected=f"a number from {-x.ndim} to {x.ndim}",
        )
    return moveaxis(x, axis, start - 1 if axis < start else start)


def expand_dims(a: Any, axis: Any) -> TracedArray:
    x = traced(a)
    axes = axis if isinstance(axis, tuple | list) else (axis,)
    ndim = x.ndim + len(axes)
    new = {axis_of(i, ndim) for i in axes}
    if len(new) != len(axes):
        raise ShapeMismatchError(
            "an axis is named twice",
            where=user_source(),
            found=f"axis={axis}",
            expected="different axes",
        )
    lengths = iter(x.shape)
    return traced(reshape_to(x, tuple(1 if i in new else next(lengths) for i in range(ndim))))


def squeeze(a: Any, axis: Any = None) -> TracedArray:
    x = traced(a)
    ones = tuple(i for i, n in enumerate(x.shape) if n == 1)
    axes = ones if axis is None else axes_of(axis, x.ndim)
    if not set(axes) <= set(ones):
        raise ShapeMismatchError(
            "cannot select an axis to squeeze out which has size not equal to one",
            where=user_source(),
            found=f"axis {axis} of shape {x.shape}",
            expected="axes of length 1",
            remedy="take an element of a longer axis with x[0] or x[:, 0]",
        )
    return traced(reshape_to(x, tuple(n for i, n in enumerate(x.shape) if i not in axes)))


def broadcast_to(array: Any, shape: Any, subok: bool = False) -> TracedArray:
    lengths = tuple(map(operator.index, shape if isinstance(shape, Iterable) else (shape,)))
    return traced(broadcast(array, lengths))


def broadcast_arrays(*args: Any, subok: bool = False) -> tuple[Any, ...]:
    shape = broadcast_shapes(*args)
    return tuple(broadcast(x if isinstance(x, Traced) else np.asarray(x), shape) for x in args)


def at_least(ndim: int) -> Callable[..., Any]:
    """``np.atleast_1d`` and its like."""

    def one(a: Any) -> TracedArray:
        x = traced(a)
        if x.ndim >= ndim:
            return x
        if ndim == 3 and x.ndim:  # NumPy puts the axis of a vector in the middle
            return traced(reshape_to(x, (1, *x.shape, 1) if x.ndim == 1 else (*x.shape, 1)))
        return traced(reshape_to(x, (1,) * (ndim - x.ndim) + x.shape))

    def function(*arys: Any) -> Any:
        return one(arys[0]) if len(arys) == 1 else tuple(one(a) for a in arys)

    return function


def flip(m: Any, axis: Any = None) -> TracedArray:
    x = traced(m)
    axes = axes_of(axis, x.ndim)
    return apply(Flip(axes), x) if axes else x


def rot90(m: Any, k: int = 1, axes: tuple[int, int] = (0, 1)) -> TracedArray:
    x, turns = traced(m), k % 4
    if len(axes) != 2 or axis_of(axes[0], x.ndim) == axis_of(axes[1], x.ndim):
        raise ShapeMismatchError(
            "an array is rotated in a plane of two of its axes",
            where=user_source(),
            found=f"axes={axes}",
            expected="two different axes",
        )
    if turns == 0:
        return x[...]
    if turns == 2:
        return flip(flip(x, axes[0]), axes[1])
    if turns == 1:
        return swapaxes(flip(x, axes[1]), *axes)
    return flip(swapaxes(x, *axes), axes[1])


def roll(a: Any, shift: Any, axis: Any = None) -> TracedArray:
    x = traced(a)
    if axis is None:
        return reshape(roll(ravel(x), shift, 0), x.shape)
    shifts, axes = np.broadcast_arrays(np.atleast_1d(shift), np.atleast_1d(axis))
    for by, along in zip(shifts.tolist(), axes.tolist(), strict=True):
        n = x.shape[axis_of(along, x.ndim)]
        cut = -by % n if n else 0
        if cut:
            x = np.concatenate(np.split(x, [cut], axis=along)[::-1], axis=along)  # type: ignore[assignment]
    return x


def triangle(*, lower: bool) -> Callable[..., Any]:
    """``np.tril`` and ``np.triu``."""

    def function(m: Any, k: int = 0) -> TracedArray:
        x = traced(m)
        if not x.ndim:
            raise ShapeMismatchError(
                "a number has no triangles", where=user_source(), found=str(x.value.type)
            )
        rows, columns = x.shape[-2:][0], x.shape[-1]  # a vector counts for each row of a square
        keep = np.tri(rows, columns, k=k if lower else k - 1, dtype=bool)
        return np.where(keep if lower else ~keep, x, np.zeros((), x.dtype))  # type: ignore[return-value]

    return function


def diagonal(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> TracedArray:
    x = moveaxis(a, (axis1, axis2), (-2, -1))
    rows, columns = x.shape[-2:]
    count = max(0, min(rows + min(offset, 0), columns - max(offset, 0)))
    i = np.arange(count)
    return x[..., i + max(-offset, 0), i + max(offset, 0)]


def diag(v: Any, k: int = 0) -> TracedArray:
    x = traced(v)
    if x.ndim not in (1, 2):
        raise ShapeMismatchError(
            "np.diag is of vectors and matrices",
            where=user_source(),
            found=f"shape {x.shape}",
            remedy="use np.diagonal or np.diagflat",
        )
    return diagonal(x, k) if x.ndim == 2 else diagflat(x, k)


def diagflat(v: Any, k: int = 0) -> TracedArray:
    x = ravel(v)
    n = x.size + abs(k)
    result = np.zeros((n, n), x.dtype, like=x)
    i = np.arange(x.size)
    result[i + max(-k, 0), i + max(k, 0)] = x
    return result  # type: ignore[return-value]


def resize(a: Any, new_shape: Any) -> TracedArray:
    """The elements in order, again from the first one when there are no more."""
    x = ravel(a)
    shape = tuple(
        map(operator.index, new_shape if isinstance(new_shape, Iterable) else (new_shape,))
    )
    if min(shape, default=0) < 0:
        raise ValueError("all elements of `new_shape` must be non-negative")
    size = math.prod(shape)
    if not x.size or not size:
        return np.zeros(shape, x.dtype, like=x)  # type: ignore[return-value]
    return reshape(np.tile(x, -(-size // x.size))[:size], shape)


# -- methods ---------------------------------------------------------------------------------------


def _reshape_method(
    x: TracedArray, *shape: Any, order: str = "C", copy: bool | None = None
) -> TracedArray:
    return reshape(x, shape[0] if len(shape) == 1 else shape, order)


def _transpose_method(x: TracedArray, *axes: Any) -> TracedArray:
    if not axes:
        return transpose(x)
    one = len(axes) == 1 and (axes[0] is None or isinstance(axes[0], Iterable))
    return transpose(x, axes[0] if one else axes)


def _astype(x: TracedArray, dtype: Any, copy: bool = True) -> TracedArray:
    target = supported_dtype(dtype)
    if x.dtype.kind == "c" and target.kind not in "cb":
        raise TypeMismatchError(
            "converting complex to real numbers would discard the imaginary part",
            where=user_source(),
            found=f"astype({target}) of {x.dtype}",
            remedy="take x.real first",
        )
    if target.kind == "b":
        return np.not_equal(x, 0)  # type: ignore[return-value]
    return traced(convert(x, target))


def as_type(x: Any, dtype: Any, /, *, copy: bool = True, device: Any = None) -> TracedArray:
    return _astype(traced(x), dtype)


def _conjugate(x: TracedArray) -> TracedArray:
    return np.conjugate(x) if x.dtype.kind == "c" else x  # type: ignore[return-value]


METHODS: dict[str, Callable[..., Any]] = {
    "reshape": _reshape_method,
    "transpose": _transpose_method,
    "astype": _astype,
    "copy": lambda x, order="C": x,  # every result is an array object of its own
    "flatten": lambda x, order="C": ravel(x, order),
    "conj": _conjugate,
    "conjugate": _conjugate,
}

FUNCTIONS: dict[Callable[..., Any], Callable[..., Any]] = {
    np.reshape: reshape,
    np.resize: resize,
    **({np.astype: as_type} if hasattr(np, "astype") else {}),  # since NumPy 2.1
    np.ravel: ravel,
    np.transpose: transpose,
    np.matrix_transpose: matrix_transpose,
    np.linalg.matrix_transpose: matrix_transpose,
    np.swapaxes: swapaxes,
    np.moveaxis: moveaxis,
    np.rollaxis: rollaxis,
    np.expand_dims: expand_dims,
    np.squeeze: squeeze,
    np.broadcast_to: broadcast_to,
    np.broadcast_arrays: broadcast_arrays,
    np.atleast_1d: at_least(1),
    np.atleast_2d: at_least(2),
    np.atleast_3d: at_least(3),
    np.flip: flip,
    np.fliplr: lambda m: flip(m, 1),
    np.flipud: lambda m: flip(m, 0),
    np.rot90: rot90,
    np.roll: roll,
    np.tril: triangle(lower=True),
    np.triu: triangle(lower=False),
    np.diagonal: diagonal,
    np.linalg.diagonal: lambda x, /, *, offset=0: diagonal(x, offset, -2, -1),
    np.diag: diag,
    np.diagflat: diagflat,
}
