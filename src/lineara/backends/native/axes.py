"""Which axes run together: what a unit of a plan reads, and along which of its own axes.

The axes of a unit are those of its loops, or of the array that it makes. An array that it reads has
an index for each of its axes: one of the unit's axes, if the two run together from one end to the
other, or `OTHER`. It is the batching rule of each op, read backwards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import prod
from typing import TYPE_CHECKING, NamedTuple

from lineara.backends.native.contractions import REDUCTIONS, contraction, contraction_shape
from lineara.backends.native.flat import CHANGES, Step
from lineara.ir.program import Literal, Operand, Variable
from lineara.ops.broadcast import Broadcast
from lineara.ops.contract import Dot
from lineara.ops.creation import Iota
from lineara.ops.dynamic import DynamicSlice
from lineara.ops.indexing import Gather, ScatterAdd, ScatterSet
from lineara.ops.packages import Blank
from lineara.ops.shape import ExpandDims, Flip, Reshape, Squeeze, Transpose
from lineara.ops.slicing import Concatenate, Pad, Slice, SliceAdd

if TYPE_CHECKING:
    from lineara.backends.native.plan import Nest, Plan

OTHER = -1
"""The index of an axis that runs along no axis of the unit."""

Along = tuple[int, ...]


class Access(NamedTuple):
    """An array that is read, and along which axis of the reader each of its axes runs."""

    value: Variable
    along: Along


class Extent(NamedTuple):
    """The axes of a unit.

    Attributes:
        shape: their lengths; 0 for an axis along which an array is made part by part.
        made: the arrays that come into being, and the axis along which each of theirs runs.
        reads: the arrays that it reads.
    """

    shape: tuple[int, ...]
    made: tuple[Access, ...]
    reads: tuple[Access, ...]


def extent(plan: Plan, unit: Nest | Step) -> Extent | None:
    """The axes of a unit; None if it is not made of loops."""
    if not isinstance(unit, Step):
        shape = unit.shape
        parts = [_of_root(step, shape) for step in unit.roots]
    elif isinstance(unit.op, Dot):
        parts = [_of_root(unit, shape := contraction_shape(unit))]
    elif isinstance(unit.op, (Concatenate, *CHANGES)) and unit.results[0].type.shape:
        parts = [_of_whole(unit)]
        whole = {a for _, along in parts[0][1][-1:] for a in along}
        shape = tuple(n if a in whole else 0 for a, n in enumerate(unit.results[0].type.shape))
    else:
        return None
    made = tuple(access for m, _ in parts for access in m)
    reads = (r for _, starts in parts for v, along in starts for r in _followed(plan, v, along))
    return Extent(shape, made, tuple(dict.fromkeys(reads)))


Part = tuple[list[Access], list[tuple[Operand, Along]]]


def _of_root(step: Step, shape: Sequence[int]) -> Part:
    (v,) = step.results
    every = tuple(range(len(shape)))
    if isinstance(step.op, Dot):
        labels = contraction(step)
        x, y, out = (
            tuple(labels.labels.index(a) for a in part) for part in (labels.x, labels.y, labels.out)
        )
        return [Access(v, out)], list(zip(step.operands, (x, y), strict=True))
    if isinstance(step.op, REDUCTIONS):
        kept = tuple(i for i in every if i not in step.op.axes)
        return [Access(v, kept)], [(step.operands[0], every)]
    return [Access(v, every)], list(_operands(step, every))


def _of_whole(step: Step) -> Part:
    """Of an op that makes an array part by part."""
    op, (v,) = step.op, step.results
    every = tuple(range(v.type.ndim))
    if isinstance(op, Concatenate):
        apart = tuple(OTHER if a == op.axis else a for a in every)
        return [Access(v, every)], [(w, apart) for w in step.operands]
    whole, part, *positions = step.operands
    if isinstance(op, ScatterAdd | ScatterSet):
        depth = positions[0].type.ndim if positions else 0
        along = (OTHER,) * depth + tuple(a for a in every if a not in op.axes)
    else:
        along = tuple(
            a if part.type.shape[a] == v.type.shape[a] and _in_order(op, a) else OTHER
            for a in every
        )
    others = [(w, (OTHER,) * w.type.ndim) for w in positions]
    return [Access(v, every)], [*others, (whole, every), (part, along)]


def _in_order(op: object, axis: int) -> bool:
    """Whether a part that is as long as the whole is the whole along an axis."""
    return not isinstance(op, SliceAdd) or op.stride[axis] == 1


def _followed(plan: Plan, v: Operand, along: Along) -> Iterator[Access]:
    """What is read for the elements of a value that lie along those axes."""
    stack, seen = [(v, along)], set[tuple[Operand, Along]]()
    while stack:
        v, along = stack.pop()
        if isinstance(v, Literal) or (v, along) in seen:
            continue
        seen.add((v, along))
        if v in plan.place:
            yield Access(v, along)
        else:
            stack.extend(_operands(plan.definition[v], along))


def _operands(step: Step, along: Along) -> Sequence[tuple[Operand, Along]]:
    """The operands of a lazy step, with the axes along which theirs run."""
    follow = FOLLOW.get(type(step.op))
    if follow is not None:
        return follow(step, along)
    return [(w, along if w.type.shape else ()) for w in step.operands]


# -- ops that move elements -----------------------------------------------------------------------


def _kept(step: Step, along: Along, is_kept: Callable[[int], bool]) -> list[tuple[Operand, Along]]:
    """The one array that is read, where some axes are the same as those of the result."""
    found = tuple(a if is_kept(axis) else OTHER for axis, a in enumerate(along))
    return [(step.operands[0], found)]


def _broadcast(step: Step, along: Along) -> list[tuple[Operand, Along]]:
    return [(step.operands[0], tuple(along[axis] for axis in step.op.axes))]


def _transpose(step: Step, along: Along) -> list[tuple[Operand, Along]]:
    places = dict(zip(step.op.axes, along, strict=True))
    return [(step.operands[0], tuple(places[axis] for axis in range(len(along))))]


def _expand_dims(step: Step, along: Along) -> list[tuple[Operand, Along]]:
    kept = tuple(a for axis, a in enumerate(along) if axis not in step.op.axes)
    return [(step.operands[0], kept)]


def _squeeze(step: Step, along: Along) -> list[tuple[Operand, Along]]:
    (v,) = step.operands
    remaining = iter(along)
    full = (OTHER if axis in step.op.axes else next(remaining) for axis in range(v.type.ndim))
    return [(v, tuple(full))]


def _flip(step: Step, along: Along) -> list[tuple[Operand, Along]]:
    return _kept(step, along, lambda axis: axis not in step.op.axes)


def _slice(step: Step, along: Along) -> list[tuple[Operand, Along]]:
    shape, whole, op = step.results[0].type.shape, step.operands[0].type.shape, step.op
    return _kept(step, along, lambda a: shape[a] == whole[a] and op.stride[a] == 1)


def _pad(step: Step, along: Along) -> list[tuple[Operand, Along]]:
    shape, inside = step.results[0].type.shape, step.operands[0].type.shape
    return _kept(step, along, lambda a: shape[a] == inside[a] and step.op.low[a] == 0)


def _dynamic_slice(step: Step, along: Along) -> list[tuple[Operand, Along]]:
    whole, *starts = step.operands
    found = _kept(step, along, lambda a: step.op.sizes[a] == whole.type.shape[a])
    return [*found, *((start, ()) for start in starts)]


def _gather(step: Step, along: Along) -> list[tuple[Operand, Along]]:
    x, *indices = step.operands
    depth = indices[0].type.ndim if indices else 0
    rest = iter(along[depth:])
    found = (OTHER if axis in step.op.axes else next(rest) for axis in range(x.type.ndim))
    return [(x, tuple(found)), *((w, along[:depth]) for w in indices)]


def _reshape(step: Step, along: Along) -> list[tuple[Operand, Along]]:
    """Axes are kept where as many elements lie before them in both arrays."""
    (v,) = step.operands
    shape, inner = step.results[0].type.shape, v.type.shape
    before = {(prod(shape[:i]), n): along[i] for i, n in enumerate(shape) if n > 1}
    found = (before.get((prod(inner[:j]), n), OTHER) for j, n in enumerate(inner))
    return [(v, tuple(found))]


def _iota(step: Step, along: Along) -> list[tuple[Operand, Along]]:
    return []


FOLLOW: dict[type, Callable[[Step, Along], list[tuple[Operand, Along]]]] = {
    Broadcast: _broadcast,
    Transpose: _transpose,
    ExpandDims: _expand_dims,
    Squeeze: _squeeze,
    Flip: _flip,
    Slice: _slice,
    Pad: _pad,
    DynamicSlice: _dynamic_slice,
    Gather: _gather,
    Reshape: _reshape,
    Iota: _iota,
    Blank: _iota,
}
"""For ops that move elements, what is read for the elements that lie along some axes."""
