"""Ops that move elements: where in its operand an element of the result is.

Indices are computed in the loop that they depend on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lineara.backends.native import llir
from lineara.backends.native.elementwise import TABLE, choose, convert
from lineara.backends.native.flat import Step
from lineara.backends.native.loops import INT64, READ, At, Index, Loops, Reader, strides_of
from lineara.backends.native.numbers import INT, Num, constant
from lineara.ir.program import Operand
from lineara.ops.broadcast import Broadcast
from lineara.ops.creation import Iota
from lineara.ops.dynamic import DynamicSlice
from lineara.ops.indexing import Gather
from lineara.ops.linalg.matrix import Triangle
from lineara.ops.shape import ExpandDims, Flip, Reshape, Squeeze, Transpose
from lineara.ops.slicing import Pad, Slice


def reads(op: type) -> Callable[[Reader], Reader]:
    """Puts a function into the table."""

    def register(f: Reader) -> Reader:
        READ[op] = f
        return f

    return register


@reads(Broadcast)
def _broadcast(loops: Loops, step: Step, index: Index, level: int) -> Num:
    return loops.value(step.operands[0], tuple(index[axis] for axis in step.op.axes))


@reads(Transpose)
def _transpose(loops: Loops, step: Step, index: Index, level: int) -> Num:
    places = dict(zip(step.op.axes, index, strict=True))
    return loops.value(step.operands[0], tuple(places[axis] for axis in range(len(index))))


@reads(ExpandDims)
def _expand_dims(loops: Loops, step: Step, index: Index, level: int) -> Num:
    kept = tuple(at for axis, at in enumerate(index) if axis not in step.op.axes)
    return loops.value(step.operands[0], kept)


@reads(Squeeze)
def _squeeze(loops: Loops, step: Step, index: Index, level: int) -> Num:
    remaining = iter(index)
    (v,) = step.operands
    full = [loops.at(0) if axis in step.op.axes else next(remaining) for axis in range(v.type.ndim)]
    return loops.value(v, tuple(full))


@reads(Flip)
def _flip(loops: Loops, step: Step, index: Index, level: int) -> Num:
    (v,) = step.operands
    flipped = [
        loops.shifted(loops.scaled(at, -1), n - 1) if axis in step.op.axes else at
        for axis, (at, n) in enumerate(zip(index, v.type.shape, strict=True))
    ]
    return loops.value(v, tuple(flipped))


@reads(Slice)
def _slice(loops: Loops, step: Step, index: Index, level: int) -> Num:
    op = step.op
    inside = [
        loops.shifted(loops.scaled(at, stride), start)
        for at, start, stride in zip(index, op.start, op.stride, strict=True)
    ]
    return loops.value(step.operands[0], tuple(inside))


@reads(Pad)
def _pad(loops: Loops, step: Step, index: Index, level: int) -> Num:
    (v,) = step.operands
    zero = constant(v.type.dtype.type(0))
    if 0 in v.type.shape:
        return zero
    inside: Num | None = None
    places = []
    for at, low, n, whole in zip(
        index, step.op.low, v.type.shape, step.results[0].type.shape, strict=True
    ):
        shifted = loops.shifted(at, -low)
        if n == whole:
            places.append(shifted)
            continue
        e = loops.emitter(at.level)
        x = loops.number(shifted, INT64)  # as unsigned numbers, negative ones are large
        here = e.flag(e.b.icmp_unsigned("<", x.value, e.like(x, n)), x.lanes)
        here_or_zero = choose(e, here, x, Num(INT64, (INT(0),)))
        places.append(loops.index_of(here_or_zero, at.level))
        both = TABLE["and", "b"]
        inside = here if inside is None else both(loops.emitter(level), inside, here)
    value = loops.value(v, tuple(places))
    return value if inside is None else choose(loops.emitter(level), inside, value, zero)


@reads(Triangle)
def _triangle(loops: Loops, step: Step, index: Index, level: int) -> Num:
    op, (v,) = step.op, step.operands
    row, column = index[-2:]
    above = loops.sum(column, loops.scaled(row, -1))
    kept = loops.compared("<=" if op.lower else ">=", above, op.diagonal)
    zero = constant(v.type.dtype.type(0))
    return choose(loops.emitter(level), kept, loops.value(v, index), zero)


@reads(Reshape)
def _reshape(loops: Loops, step: Step, index: Index, level: int) -> Num:
    (v,) = step.operands
    return loops.value(v, reshaped(loops, index, step.results[0].type.shape, v.type.shape))


def reshaped(loops: Loops, index: Index, shape: Sequence[int], inner: Sequence[int]) -> Index:
    """The index, of an array of one shape, of the element that is at an index of another one."""
    places: list[At] = []
    i, j = 0, 0
    while j < len(inner):
        if i < len(shape) and shape[i] == inner[j]:
            places.append(index[i])
            i, j = i + 1, j + 1
            continue
        end_i, end_j, left, right = i, j, 1, 1  # the fewest axes with as many elements on each side
        while end_j == j or left != right:
            if left <= right and end_i < len(shape) and not (end_j > j and left == right):
                left *= shape[end_i]
                end_i += 1
            else:
                right *= inner[end_j]
                end_j += 1
        group = index[i:end_i]
        flat = loops.at(0)
        for at, stride in zip(group, strides_of(shape[i:end_i]), strict=True):
            flat = loops.sum(flat, loops.scaled(at, stride))
        places += divided(loops, flat, inner[j:end_j])
        i, j = end_i, end_j
    return tuple(places)


def divided(loops: Loops, flat: At, shape: Sequence[int]) -> list[At]:
    """The index of the element with that number in an array."""
    if len(shape) == 1:
        return [flat]
    e = loops.emitter(flat.level)
    places = []
    rest = loops.number(flat, INT64)
    for n, stride in zip(shape, strides_of(shape), strict=True):
        if n == 1:
            places.append(loops.at(0))
            continue
        if stride == 1:
            places.append(loops.index_of(rest, flat.level))
            break
        quotient = e.b.udiv(rest.value, e.like(rest, stride))
        places.append(loops.index_of(Num(INT64, (quotient,), rest.lanes), flat.level))
        rest = Num(INT64, (e.b.urem(rest.value, e.like(rest, stride)),), rest.lanes)
    return places + [loops.at(0)] * (len(shape) - len(places))


@reads(Iota)
def _iota(loops: Loops, step: Step, index: Index, level: int) -> Num:
    return loops.number(index[step.op.axis], step.op.type.dtype)


@reads(DynamicSlice)
def _dynamic_slice(loops: Loops, step: Step, index: Index, level: int) -> Num:
    whole, *starts = step.operands
    inside = started(loops, starts, whole.type.shape, step.op.sizes, index)
    return loops.value(whole, inside)


def started(
    loops: Loops,
    starts: Sequence[Operand],
    shape: Sequence[int],
    sizes: Sequence[int],
    index: Index,
) -> Index:
    """An index in a block as an index in the whole."""
    places = []
    for at, start, n, size in zip(index, starts, shape, sizes, strict=True):
        x = loops.value(start, ())
        e = loops.emitter(-1)
        first = At(convert(e, x, INT64).value, 0, -1)
        if not isinstance(first.base, llir.Constant) or not 0 <= first.base.constant <= n - size:
            wrong = e.flag(e.b.icmp_unsigned(">", first.base, INT(n - size)), 1)
            first = loops.checked(first, wrong)
        places.append(loops.sum(first, at))
    return tuple(places)


@reads(Gather)
def _gather(loops: Loops, step: Step, index: Index, level: int) -> Num:
    x, *indices = step.operands
    return loops.value(x, gathered(loops, step.op.axes, x.type.shape, indices, index))


def gathered(
    loops: Loops,
    axes: Sequence[int],
    shape: Sequence[int],
    indices: Sequence[Operand],
    index: Index,
) -> Index:
    """The index in the whole of an element that index arrays pick out."""
    if 0 in shape:
        return tuple(loops.at(0) for _ in shape)
    depth = indices[0].type.ndim if indices else 0
    rest = iter(index[depth:])
    chosen = dict(zip(axes, indices, strict=True))
    places = []
    for axis, n in enumerate(shape):
        if axis not in chosen:
            places.append(next(rest))
            continue
        v = chosen[axis]
        x = loops.value(v, index[:depth] if v.type.shape else ())
        level = max((at.level for at in index[:depth]), default=-1) if v.type.shape else -1
        e = loops.emitter(level)
        signed = v.type.dtype.kind == "i"
        x = convert(e, x, INT64)
        if signed:
            negative = e.flag(e.b.icmp_signed("<", x.value, e.like(x, 0)), x.lanes)
            wrapped = Num(INT64, (e.b.add(x.value, e.like(x, n)),), x.lanes)
            x = choose(e, negative, wrapped, x)
        wrong = e.flag(e.b.icmp_unsigned(">=", x.value, e.like(x, n)), x.lanes)
        places.append(loops.checked(loops.index_of(x, level), wrong))
    return tuple(places)
