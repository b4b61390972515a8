"""Ops that change a part of an array, and arrays joined to one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lineara.backends.native.elementwise import TABLE
from lineara.backends.native.flat import Step
from lineara.backends.native.loops import Index, Loops, loops_loaded, store
from lineara.backends.native.moving import gathered, started
from lineara.backends.native.numbers import Emit
from lineara.ops.dynamic import DynamicSliceAdd, DynamicUpdateSlice
from lineara.ops.indexing import ScatterAdd, ScatterSet
from lineara.ops.slicing import SliceAdd

if TYPE_CHECKING:
    from lineara.backends.native.functions import FunctionEmitter


def write_change(fn: FunctionEmitter, step: Step, axis: int | None = None) -> None:
    """Writes the loops that change a part of an array, after copying it unless it is in place.

    Args:
        fn: the function.
        step: what is to be done.
        axis: the axis along which the group runs that it belongs to.
    """
    op, (whole, part, *positions), (v,) = step.op, step.operands, step.results
    if v.type.shape and fn.homes.of[v] != fn.homes.of[whole]:  # type: ignore[index]
        if axis is None:
            fn.copy(fn.pointer(v), fn.pointer(whole), v.type.nbytes)  # type: ignore[arg-type]
        else:
            _copy(fn, whole, v, axis)
    if not v.type.shape:
        _scalar(fn, step)
        return
    if 0 in part.type.shape or 0 in v.type.shape:
        return
    fn.ready.add(v)
    adds = isinstance(op, SliceAdd | DynamicSliceAdd | ScatterAdd)
    scattered = isinstance(op, ScatterAdd | ScatterSet)
    if axis is not None and scattered:  # the axes of the index arrays come first
        rest = [a for a in range(v.type.ndim) if a not in op.axes]
        axis = positions[0].type.ndim + rest.index(axis)
    loops = Loops(fn, part.type.shape, axis=axis)

    def place(index: Index) -> Index:
        if isinstance(op, SliceAdd):
            return tuple(
                loops.shifted(loops.scaled(at, stride), start)
                for at, start, stride in zip(index, op.start, op.stride, strict=True)
            )
        if scattered:
            return gathered(loops, op.axes, v.type.shape, positions, index)
        return started(loops, positions, v.type.shape, part.type.shape, index)

    def body(index: Index) -> None:
        inside = place(index)
        value = loops.value(part, index)
        if adds:
            old = loops_loaded(loops, v, inside)
            value = TABLE["add", v.type.dtype.kind](Emit(loops.b), old, value)
        store(loops, v, inside, value)

    loops.run(body, lanes=not scattered)


def _copy(fn: FunctionEmitter, whole: Any, v: Any, axis: int) -> None:
    loops = Loops(fn, v.type.shape, axis=axis)
    loops.run(lambda index: store(loops, v, index, loops.value(whole, index)))


def _scalar(fn: FunctionEmitter, step: Step) -> None:
    """An array of rank 0 has one part: all of it, or nothing."""
    whole, part, *_ = step.operands
    (v,) = step.results
    new = fn.number_of(part)
    if isinstance(step.op, DynamicUpdateSlice | ScatterSet):
        fn.scalars[v] = new
    else:
        fn.scalars[v] = TABLE["add", v.type.dtype.kind](Emit(fn.b), fn.number_of(whole), new)


def write_pieces(fn: FunctionEmitter, step: Step, along: int | None = None) -> None:
    """Writes arrays one after the other into one; `along` is the axis of the group."""
    axis, start = step.op.axis, 0
    for w in step.operands:
        if 0 not in w.type.shape:
            _piece(fn, step, w, start, along)
        start += w.type.shape[axis]


def _piece(fn: FunctionEmitter, step: Step, w: Any, start: int, along: int | None) -> None:
    axis, (v,) = step.op.axis, step.results
    loops = Loops(fn, w.type.shape, axis=along)

    def body(index: Index) -> None:
        value = loops.value(w, index)
        place = list(index)
        place[axis] = loops.shifted(index[axis], start)
        store(loops, v, tuple(place), value)

    loops.run(body)
