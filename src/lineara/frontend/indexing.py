"""``x[index]`` with all of NumPy's indices.

Ints, slices, None and Ellipsis become `slice`, `flip` and `reshape`: nothing is gathered. Arrays of
integers (and masks, as the positions of their true elements) become one `gather`, whose new axes
stand where NumPy puts them.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np

from lineara.errors import IndexRangeError, LinearaError, TypeMismatchError
from lineara.frontend.array import TracedArray
from lineara.frontend.core import apply, broadcast_shapes, broadcast_to, convert, here
from lineara.frontend.trace import Traced
from lineara.frontend.writes import as_view, part_at, view_of
from lineara.ir.op import Op
from lineara.ir.types import DTYPES, ArrayType
from lineara.ops.indexing import Gather
from lineara.ops.shape import Flip, Reshape, Transpose
from lineara.ops.slicing import Slice
from lineara.where import user_source


def getitem(array: TracedArray, index: Any) -> TracedArray:
    """``array[index]``.

    Raises:
        IndexRangeError: for an index out of range, or too many of them.
        TypeMismatchError: for what is not an index.
    """
    items = index if isinstance(index, tuple) else (index,)
    key = _key(items)
    if key is not None:
        trace = here()
        value = trace.lift(array)
        for op, type in _remembered(value.type, key):
            value = trace.append(op, (value.operand,), type)
        result = TracedArray(trace, value)
        if not result.shape and Ellipsis not in key:
            return result  # a scalar, of which NumPy makes no view
        return view_of(result, array, lambda x: x[index])
    basic = _basic(array.shape, _expanded(array.shape, items))
    result = _applied(basic.steps(array.shape), array)
    if basic.arrays:
        result = _advanced(result, basic)
        numbers = all(np.ndim(i) == 0 for i in basic.arrays.values())
        return part_at(result, array, index) if numbers and result.ndim else result
    if any(isinstance(item, np.ndarray) for item in items):  # without axes: NumPy makes a copy
        return TracedArray(result.owner, result.value)
    return as_view(result, array, lambda x: x[index])


def _key(items: tuple[Any, ...]) -> tuple[Any, ...] | None:
    """An index of ints, slices of ints, None and Ellipsis, hashable; None for any other."""
    key: list[Any] = []
    for item in items:
        kind = type(item)
        if kind is slice:
            bounds = (item.start, item.stop, item.step)
            if any(x is not None and type(x) is not int for x in bounds):
                return None
            key.append(bounds)
        elif kind is int or item is None or item is Ellipsis:
            key.append(item)
        else:
            return None
    return tuple(key)


@lru_cache(maxsize=4096)
def _remembered(type: ArrayType, key: tuple[Any, ...]) -> tuple[tuple[Op, ArrayType], ...]:
    """What an index without arrays does: ops in a row, and the types of their results."""
    items = tuple(slice(*item) if isinstance(item, tuple) else item for item in key)
    steps = []
    for op in _basic(type.shape, _expanded(type.shape, items)).steps(type.shape):
        (type,) = op.infer(type)
        steps.append((op, type))
    return tuple(steps)


def _applied(steps: tuple[Op, ...], array: TracedArray) -> TracedArray:
    for op in steps:
        array = apply(op, array)
    return array


@dataclass
class Basic:
    """What ints, slices and None do, axis by axis, and the index arrays that remain.

    Attributes:
        start, limit, stride: the slice of each axis of the array, with positive stride.
        flipped: axes that run backwards.
        shape: the shape after slicing, without the axes of ints and with those of None.
        arrays: index arrays by axis of that shape.
        contiguous: whether the index arrays (and ints beside them) stand next to each other.
    """

    start: list[int] = field(default_factory=list)
    limit: list[int] = field(default_factory=list)
    stride: list[int] = field(default_factory=list)
    flipped: list[int] = field(default_factory=list)
    shape: list[int] = field(default_factory=list)
    arrays: dict[int, Any] = field(default_factory=dict)
    contiguous: bool = True

    def take(self, start: int, limit: int, stride: int = 1) -> None:
        self.start.append(start)
        self.limit.append(limit)
        self.stride.append(stride)

    def steps(self, shape: tuple[int, ...]) -> tuple[Op, ...]:
        """The ops that do this to an array of that shape."""
        steps: list[Op] = []
        whole = [0] * len(shape), list(shape), [1] * len(shape)
        if (self.start, self.limit, self.stride) != whole:
            steps.append(Slice(tuple(self.start), tuple(self.limit), tuple(self.stride)))
            shape = tuple(
                -(-(limit - start) // stride)
                for start, limit, stride in zip(self.start, self.limit, self.stride, strict=True)
            )
        if self.flipped:
            steps.append(Flip(tuple(self.flipped)))
        if tuple(self.shape) != shape:
            steps.append(Reshape(tuple(self.shape)))
        return tuple(steps)


def _expanded(shape: tuple[int, ...], items: tuple[Any, ...]) -> list[Any]:
    """The items of an index, masks replaced by positions and the ellipsis by whole slices."""
    widths = [_width(item) for item in items]
    used = sum(widths)
    if used > len(shape):
        raise IndexRangeError(
            "too many indices for the array",
            where=user_source(),
            found=f"{used} indices",
            expected=f"at most {len(shape)}, for an array of shape {shape}",
        )
    ellipses = sum(item is Ellipsis for item in items)
    if ellipses > 1:
        raise IndexRangeError(
            "an index can have one ellipsis ('...') only",
            where=user_source(),
            found=f"{ellipses} of them",
            expected="one, for all axes that have no index",
        )
    if not ellipses:
        items, widths = (*items, ...), [*widths, 0]
    flat: list[Any] = []
    axis = 0
    for item, width in zip(items, widths, strict=True):
        if item is Ellipsis:
            width = len(shape) - used
            flat += [slice(None)] * width or [...]
        elif _is_mask(item):
            flat += _positions(item, shape[axis : axis + width], axis)
        else:
            is_list = isinstance(item, Sequence) and not isinstance(item, str | bytes)
            flat.append(np.asarray(item) if is_list else item)
        axis += width
    return flat


def _width(item: Any) -> int:
    """How many axes an item of an index is for."""
    if item is None or item is Ellipsis:
        return 0
    return np.ndim(item) if _is_mask(item) else 1


def _is_mask(item: Any) -> bool:
    if isinstance(item, Traced):
        return item.value.dtype.kind == "b"
    return (
        isinstance(item, bool | np.bool_ | np.ndarray | Sequence) and np.asarray(item).dtype == bool
    )


def _positions(mask: Any, shape: tuple[int, ...], axis: int) -> tuple[Any, ...]:
    """The positions of the true elements of a mask, whose number must be known now.

    Args:
        mask: the mask.
        shape: the lengths of the axes that it is for.
        axis: the first of these.
    """
    if np.shape(mask) != shape:
        raise IndexRangeError(
            "a mask has another shape than the axes that it is for",
            where=user_source(),
            found=f"a mask of shape {np.shape(mask)} at axis {axis}",
            expected=f"shape {shape}",
        )
    if isinstance(mask, Traced):
        mask = mask.owner.concrete(mask.value, "indexing with a mask")
    mask = np.asarray(mask)
    if mask.ndim == 0:
        raise TypeMismatchError(
            "a mask without axes is not supported as an index of traced arrays",
            where=user_source(),
            found=f"x[{bool(mask)}]",
            remedy="use np.where, or x[None] and x[:0]",
        )
    return np.nonzero(mask)


def _basic(shape: tuple[int, ...], items: list[Any]) -> Basic:
    basic = Basic()
    axis = 0
    last_array = -1
    has_array = any(_is_array(item) for item in items)
    for place, item in enumerate(items):
        if item is Ellipsis:  # for no axes; it still keeps index arrays apart
            continue
        if item is None:
            basic.shape.append(1)
            continue
        size = shape[axis]
        if isinstance(item, slice):
            _slice(basic, axis, item, size)
        elif _is_array(item) or has_array:  # beside an index array, an int is one too
            basic.contiguous &= last_array in (-1, place - 1)
            last_array = place
            basic.take(0, size)
            basic.arrays[len(basic.shape)] = _checked(item, size, axis)
            basic.shape.append(size)
        else:
            number = _in_range(item, size, axis)
            basic.take(number, number + 1)
        axis += 1
    return basic


def _is_array(item: Any) -> bool:
    return isinstance(item, Traced) or (isinstance(item, np.ndarray) and item.ndim > 0)


def _slice(basic: Basic, axis: int, item: slice, size: int) -> None:
    try:
        start, stop, step = item.indices(size)
    except LinearaError:  # a traced bound, whose own words are better
        raise
    except TypeError:
        raise TypeMismatchError(
            "slices are bounded by ints",
            where=user_source(),
            found=str(item),
            expected="ints, or nothing",
            remedy="round with int(…) or //",
        ) from None
    except ValueError:
        raise IndexRangeError(
            "slice step cannot be zero",
            where=user_source(),
            found=str(item),
            expected="a step forwards or backwards",
        ) from None
    count = len(range(start, stop, step))
    if count == 0:
        basic.take(0, 0)
    elif step > 0:
        basic.take(start, start + (count - 1) * step + 1, step)
    else:
        basic.take(start + (count - 1) * step, start + 1, -step)
        basic.flipped.append(axis)
    basic.shape.append(count)


def _in_range(item: Any, size: int, axis: int) -> int:
    try:
        number = operator.index(item)
    except TypeError:
        raise TypeMismatchError(
            "arrays are indexed by ints, slices, None, Ellipsis, and arrays of ints or bools",
            where=user_source(),
            found=f"{item!r} of type {type(item).__name__}",
            expected="one of these",
            remedy="convert a whole number with int(…)",
        ) from None
    if not -size <= number < size:
        raise IndexRangeError(
            f"index {number} is out of bounds for axis {axis} with size {size}",
            where=user_source(),
            found=str(number),
            expected=f"an index from {-size} to {size - 1}"
            if size
            else "no index: the axis is empty",
        )
    return number % size


def _checked(item: Any, size: int, axis: int) -> Any:
    """An index array of dtype int64; one whose elements are known now is in range."""
    if isinstance(item, Traced):
        if item.value.dtype.kind not in "iu":
            raise TypeMismatchError(
                "arrays used as indices must be of integer or boolean type",
                where=user_source(),
                found=str(item.value.type),
                remedy="convert the index with .astype(int)",
            )
        return convert(item, DTYPES["i64"])
    positions = np.asarray(item)
    if positions.size == 0 and positions.dtype.kind == "f":  # x[[]] is an empty selection
        positions = positions.astype(np.int64)
    if positions.dtype.kind not in "iu":
        raise TypeMismatchError(
            "arrays used as indices must be of integer or boolean type",
            where=user_source(),
            found=f"an array of dtype {positions.dtype}",
            remedy="convert the index with .astype(int)",
        )
    for number in (positions.min(initial=0), positions.max(initial=0)) if size else ():
        _in_range(number, size, axis)
    if positions.size and not size:
        _in_range(positions.flat[0], size, axis)
    return positions.astype(np.int64, copy=False)


def _advanced(array: Any, basic: Basic) -> TracedArray:
    """The array gathered by its index arrays; their common axes go where NumPy has them."""
    axes = tuple(basic.arrays)
    common = broadcast_shapes(*basic.arrays.values())
    indices = [broadcast_to(i, common) for i in basic.arrays.values()]
    result = apply(Gather(axes), array, *indices)
    if not basic.contiguous or axes[0] == 0:
        return result
    # The gathered axes come first; move them behind the axes that precede the index arrays.
    before = axes[0]
    order = list(range(len(common), len(common) + before))
    order += range(len(common))
    order += range(len(common) + before, result.ndim)
    return apply(Transpose(tuple(order)), result)
