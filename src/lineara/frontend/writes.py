"""Writing to traced arrays, with NumPy's semantics of views.

Programs have no memory to write to: ``x[i] = v`` becomes a new value for the array object `x`, made
from the old one with the elements replaced. A view remembers its *root*, the array whose memory it
looks at, and the functions that lead from there to it. Writing to a view replaces elements of the
root; reading a view whose root has been written to since applies those functions again.

Which elements of the root an assignment means, NumPy itself says: the functions and the index are
applied to an array of the positions 0, 1, 2, … in place of the root.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from lineara.errors import IndexRangeError, ShapeMismatchError, TracingError, TypeMismatchError
from lineara.frontend.array import TracedArray
from lineara.frontend.core import (
    apply,
    broadcast_to,
    convert,
    here,
    reshape,
    traced,
    type_of_array,
    wrap,
)
from lineara.frontend.core import value as lifted
from lineara.frontend.trace import Traced, View
from lineara.ir.types import Array
from lineara.ops.dynamic import DynamicUpdateSlice
from lineara.ops.indexing import ScatterAdd, ScatterSet
from lineara.where import user_source


def as_view(result: TracedArray, base: TracedArray, make: Callable[[Any], Any]) -> TracedArray:
    """`result`, which is ``make(base)``, as a view of the memory of `base` where NumPy has one."""
    root, makers = origin(base)
    if (makers or result.ndim == 0) and not _shares_memory(root, (*makers, make)):
        return TracedArray(result.owner, result.value)
    return view_of(result, base, make)


def view_of(result: TracedArray, base: TracedArray, make: Callable[[Any], Any]) -> TracedArray:
    """`result`, which is ``make(base)``, as a view of the memory of `base`."""
    root, makers = origin(base)
    view = TracedArray(result.owner, result.value)
    if base.ndim or makers:  # a scalar has no memory to look at
        view.alias = View(root, (*makers, make), root.version)
    return view


def part_at(result: TracedArray, base: TracedArray, index: Any) -> TracedArray:
    """`result`, which is ``base[index]`` with traced numbers in the index, as a view of `base`.

    Where it is, is not known, so it counts as an array by itself, which follows what is written to
    `base`; what is written to it is written there, too.
    """
    root, makers = origin(base)
    part = TracedArray(result.owner, result.value)
    part.alias = View(root, (*makers, lambda x: x[index]), root.version, (base, index))
    return part


def as_flattened(result: TracedArray, base: TracedArray, make: Callable[[Any], Any]) -> TracedArray:
    """`result`, a reshaping of `base`: a view if the order of elements in memory allows.

    Where that order is not known, neither array may be written to from now on.
    """
    root, _ = origin(base)
    if not root.scrambled:
        return as_view(result, base, make)
    root.fixed = True
    root.made = None
    return TracedArray(result.owner, result.value, fixed=True)


def mark_order(result: Any, operands: Sequence[Any], options: Mapping[str, Any]) -> Any:
    """`result` of a function that keeps the order in memory of its operands, as NumPy's do.

    What is written into ``out=`` has the order of that array. A view of memory that nobody else
    knows of is an array by itself.
    """
    if options.get("out") is not None or not isinstance(result, TracedArray):
        return result
    arrays = [x for x in operands if isinstance(x, Traced)]
    root, makers = origin(result)
    if makers and not any(root is origin(x)[0] for x in arrays):
        own = TracedArray(result.owner, result.value, result.weak)
        own.scrambled = _is_scrambled(result)
        return own
    if result.ndim > 1 and result.alias is None:
        result.scrambled = any(map(_is_scrambled, arrays))
    return result


def _is_scrambled(array: Traced) -> bool:
    root, makers = origin(array)
    if root.scrambled or not makers or array.value.ndim < 2:
        return root.scrambled
    memory: Any = np.empty(root.value.shape, np.int8)  # never touched: only its strides matter
    for make in makers:
        memory = make(memory)
    strides = [s for s, n in zip(memory.strides, memory.shape, strict=True) if n > 1]
    return strides != sorted(strides, reverse=True)


def setitem(array: TracedArray, index: Any, value: Any) -> None:
    """``array[index] = value``.

    Raises:
        IndexRangeError: if there are no such elements.
        TracingError: if the memory written to is an argument of the traced function, or belongs
            to a function further out.
    """
    root, makers = origin(array)
    for memory in (array, root):
        _check_writable(memory)
    mask = _traced_mask(index)
    if mask is not None:
        index, value = ..., _masked(array, mask, value)
    if _is_part_of(value, array, index):
        return  # the second half of x[i] += v, whose first half has written to the part
    places = None if makers else _places(index, root.value.ndim)
    if places is not None:
        fitting = _fitting(value, root.value.shape[len(places) :], root)
        axes = tuple(range(len(places)))
        _write(root, apply(ScatterSet(axes), root, fitting, *places))
        return
    own = _positions(root, makers)
    positions = traced(own)[index] if _has_traced(index) else _selected(own, index)
    if isinstance(positions, np.ndarray | np.generic) and _is_there(value, root, positions):
        return  # likewise, where the elements are known
    fitting = _fitting(value, np.shape(positions), root)
    _write(root, _replaced(root, positions, fitting))


def _places(index: Any, ndim: int) -> tuple[Any, ...] | None:
    """The numbers of an index that is made of numbers, some of them traced."""
    items = index if isinstance(index, tuple) else (index,)
    if not any(isinstance(i, Traced) for i in items) or len(items) > ndim:
        return None
    numbers = (
        np.ndim(i) == 0 and getattr(i, "dtype", np.dtype(type(i))).kind in "iu" for i in items
    )
    return items if all(numbers) else None


def _write(root: Traced, new: TracedArray) -> None:
    """Gives an array new elements."""
    view = root.alias
    if view is not None and view.place is not None:
        base, index = view.place
        setitem(base, index, new)  # type: ignore[arg-type]
        root.alias = view._replace(version=view.root.version)
    root.value = new.value
    root.writes += 1


def _is_part_of(value: Any, array: TracedArray, index: Any) -> bool:
    """Whether a value is a view of just that part of an array, as it is now."""
    view = value.alias if isinstance(value, Traced) else None
    if view is None or view.place is None or view.place[0] is not array:
        return False
    pairs = zip(_items(view.place[1]), _items(index), strict=False)
    same = len(_items(view.place[1])) == len(_items(index)) and all(
        a is b or (type(a) is type(b) in (int, slice) and a == b) for a, b in pairs
    )
    return same and view.version == view.root.version


def _items(index: Any) -> tuple[Any, ...]:
    return index if isinstance(index, tuple) else (index,)


def in_place(ufunc: np.ufunc, array: TracedArray, other: Any) -> TracedArray:
    """``array += other`` and its like. A scalar is immutable, so that the name gets a new one."""
    result = ufunc(array, other)
    if array.ndim == 0 and array.alias is None and not array.boxed:
        return result  # type: ignore[no-any-return]
    setitem(array, ..., writable_result(result, array, f"np.{ufunc.__name__}"))
    return array


def writable_result(result: Any, array: TracedArray, name: str, casting: Any = "same_kind") -> Any:
    """`result`, which is to be written into `array`, if NumPy would cast it."""
    if not np.can_cast(result.dtype, array.dtype, casting):
        raise TypeMismatchError(
            f"{name} in place would change the dtype of the array",
            where=user_source(),
            found=f"a result of dtype {result.dtype}",
            expected=f"one that fits into {array.dtype}",
            remedy="write x = x + y instead of x += y",
        )
    return result


def write_out(result: Any, out: Any, name: str, casting: Any = "same_kind") -> Any:
    """What a call with ``out=out`` returns: the array that the result is written into."""
    target = out[0] if isinstance(out, tuple) and len(out) == 1 else out
    if not isinstance(target, TracedArray):
        raise TracingError(
            "a traced value is written into a plain NumPy array",
            where=user_source(),
            found=f"out={type(target).__name__} in a call of {name}",
            expected="an array that can hold traced values",
            remedy="make the array with np.zeros_like(x), with np.zeros(shape, like=x), or with "
            "`from lineara import numpy as np`",
        )
    if result.shape != target.shape:
        raise ShapeMismatchError(
            f"the result of {name} does not fit the array that it is written into",
            where=user_source(),
            found=f"a result of shape {result.shape}",
            expected=f"shape {target.shape}",
        )
    setitem(target, ..., writable_result(result, target, name, casting))
    return target


def add_at(array: TracedArray, index: Any, value: Any) -> None:
    """``np.add.at(array, index, value)``: elements that are meant twice are added to twice."""
    root, makers = origin(array)
    for memory in (array, root):
        _check_writable(memory)
    shape = root.value.shape
    places = None if makers else _places(index, len(shape))
    if places is not None:
        fitting = _fitting(value, shape[len(places) :], root)
        _write(root, apply(ScatterAdd(tuple(range(len(places)))), root, fitting, *places))
        return
    own = _positions(root, makers)
    positions = traced(own)[index] if _has_traced(index) else _selected(own, index)
    fitting = _fitting(value, np.shape(positions), root)
    coordinates: Any = (
        _unravelled(positions, shape)
        if isinstance(positions, TracedArray)
        else np.unravel_index(np.asarray(positions), shape)
    )
    axes = tuple(range(len(shape)))
    _write(root, apply(ScatterAdd(axes), root, fitting, *coordinates))


def origin(array: Traced) -> tuple[Traced, tuple[Callable[[Any], Any], ...]]:
    """The array whose memory `array` looks at, and the functions from there to it."""
    view = array.alias
    whole = view is None or view.place is not None
    return (array, ()) if whole else (view.root, view.makers)  # type: ignore[union-attr]


def _positions(root: Traced, makers: tuple[Callable[[Any], Any], ...]) -> Array:
    """Where in the root each element of a view is, as flat positions."""
    positions = np.arange(root.value.type.size).reshape(root.value.shape)
    for make in makers:
        positions = make(positions)
    return positions


def _selected(positions: Array, index: Any) -> Any:
    try:
        return positions[index]
    except IndexError as error:
        raise IndexRangeError(
            str(error),
            where=user_source(),
            found=f"an array of shape {positions.shape}",
            expected="an index of elements that are there",
        ) from None


def _shares_memory(root: Traced, makers: tuple[Callable[[Any], Any], ...]) -> bool:
    """Whether NumPy makes the last step without copying."""
    before = _positions(root, makers[:-1])
    return np.may_share_memory(before, makers[-1](before))


def _check_writable(root: Traced) -> None:
    """Refuses what belongs to others, or might."""
    if root.owner is not here():
        raise TracingError(
            "an array of an outer function is written to in an inner one that is traced by itself",
            where=user_source(),
            found=f"an assignment to a traced array of type {root.value.type}",
            expected="arrays made by the innermost function",
            remedy="return the new values from the inner function",
        )
    if root.fixed:
        raise TracingError(
            "an argument of a traced function is written to, or memory that others may share",
            where=user_source(),
            found=f"an assignment to (a view of) an array of type {root.value.type}",
            expected="arrays made inside the function",
            remedy="copy it first: x = x.copy()",
        )


def _replaced(root: Traced, positions: Any, value: Any) -> TracedArray:
    """The root with the elements at those flat positions replaced."""
    shape = root.value.shape
    if isinstance(positions, np.ndarray | np.generic):
        box = _box(np.asarray(positions), shape)
        if box is not None:
            starts, sizes = box
            if sizes == shape:
                return traced(reshape(value, shape))
            return apply(DynamicUpdateSlice(), root, reshape(value, sizes), *starts)
        coordinates: Any = np.unravel_index(np.asarray(positions), shape)
    else:
        coordinates = _unravelled(positions, shape)
    return apply(ScatterSet(tuple(range(len(shape)))), root, value, *coordinates)


def _unravelled(positions: TracedArray, shape: tuple[int, ...]) -> list[Any]:
    coordinates = []
    for n in reversed(shape):
        coordinates.append(positions % n)
        positions = positions // n
    return coordinates[::-1]


def _box(
    positions: Array, shape: tuple[int, ...]
) -> tuple[tuple[np.int64, ...], tuple[int, ...]] | None:
    """Start and sizes of the block of a root that the positions list in order, if they do."""
    if not positions.size:
        return None
    flat = positions.ravel()
    first = np.unravel_index(flat[0], shape)
    last = np.unravel_index(flat[-1], shape)
    sizes = tuple(int(b - a) + 1 for a, b in zip(first, last, strict=True))
    if min(sizes, default=1) < 1 or np.prod(sizes) != flat.size:
        return None
    block = np.ravel_multi_index(
        np.ix_(*(np.arange(a, b + 1) for a, b in zip(first, last, strict=True))), shape
    )
    if not np.array_equal(block.ravel(), flat):
        return None
    return tuple(np.int64(a) for a in first), sizes


def _fitting(value: Any, shape: tuple[int, ...], root: Traced) -> Any:
    """`value` with the dtype of the root, broadcast to the shape of what is assigned to."""
    dtype = type_of_array(value).dtype
    if dtype.kind == "c" and root.value.dtype.kind != "c":
        raise TypeMismatchError(
            "a complex value is assigned to elements of a real array",
            where=user_source(),
            found=f"a value of dtype {dtype}",
            expected=f"one that fits into {root.value.dtype}",
            remedy="assign value.real, or make the array complex",
        )
    x = wrap(lifted(value)) if isinstance(value, Traced) else np.asarray(value)
    while x.ndim > len(shape) and x.shape[0] == 1:  # NumPy ignores leading axes of length 1
        x = reshape(x, x.shape[1:])
    return broadcast_to(convert(x, root.value.dtype), shape)


def _is_there(value: Any, root: Traced, positions: Any) -> bool:
    """Whether the value is a view of just the elements that it is assigned to."""
    if not isinstance(value, Traced) or value.alias is None or value.alias.root is not root:
        return False
    if value.alias.place is not None:
        return False
    return np.array_equal(_positions(root, value.alias.makers), positions)


def _traced_mask(index: Any) -> TracedArray | None:
    if isinstance(index, TracedArray) and index.dtype.kind == "b":
        return index
    return None


def _masked(array: TracedArray, mask: TracedArray, value: Any) -> Any:
    """The whole of `array` with `value` where the mask is true."""
    if mask.shape != array.shape[: mask.ndim]:
        raise IndexRangeError(
            "a mask has another shape than the axes that it is for",
            where=user_source(),
            found=f"a mask of shape {mask.shape}",
            expected=f"shape {array.shape[: mask.ndim]}",
        )
    if np.ndim(value) != 0:
        positions = np.flatnonzero(mask.owner.concrete(mask.value, "a boolean mask"))
        result = array.copy()
        flat = np.unravel_index(positions, mask.shape)
        result[flat] = value
        return result
    extra = array.ndim - mask.ndim
    return np.where(reshape(mask, mask.shape + (1,) * extra), convert(value, array.dtype), array)


def _has_traced(index: Any) -> bool:
    items = index if isinstance(index, tuple) else (index,)
    return any(isinstance(item, Traced) for item in items)


def _sort(array: TracedArray, axis: int = -1, kind: Any = None, *, stable: Any = None) -> None:
    setitem(array, ..., np.sort(array, axis=axis, kind=kind, stable=stable))


def _partition(array: TracedArray, kth: Any, axis: int = -1, kind: Any = "introselect") -> None:
    setitem(array, ..., np.partition(array, kth, axis=axis, kind=kind))


METHODS: dict[str, Callable[..., None]] = {
    "partition": _partition,
    "put": lambda array, indices, values, mode="raise": np.put(array, indices, values, mode),
    "fill": lambda array, value: setitem(array, ..., value),
    "sort": _sort,
}
