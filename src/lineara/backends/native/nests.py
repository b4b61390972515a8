"""Loops over an index space, with the elements that are computed in them.

An element is computed where it is asked for, from elements of operands at indices that its op says;
what has been computed at an index before is remembered. What depends on outer loops only is
computed in these. The innermost loop runs over several elements at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from llvmlite import ir

from lineara.backends.native.elementwise import TABLE, choose, convert, lowering
from lineara.backends.native.flat import Step
from lineara.backends.native.machine import LANES
from lineara.backends.native.numbers import FLAG, INT, Emit, Num, constant, memory_type
from lineara.backends.native.plan import (
    REDUCTIONS,
    Nest,
    contraction,
)
from lineara.ir.program import Literal, Operand, Variable
from lineara.ir.types import DType
from lineara.ops.broadcast import Broadcast
from lineara.ops.contract import Dot
from lineara.ops.creation import Iota
from lineara.ops.dynamic import DynamicSlice
from lineara.ops.indexing import Gather
from lineara.ops.packages import Blank
from lineara.ops.shape import ExpandDims, Flip, Reshape, Squeeze, Transpose
from lineara.ops.slicing import Pad, Slice

if TYPE_CHECKING:
    from lineara.backends.native.functions import FunctionEmitter

INT64 = np.dtype(np.int64)


class At(NamedTuple):
    """An index along one axis: `base` plus `stride` for each lane, or a number for each lane.

    Attributes:
        base: an LLVM number, or a vector if there is one for each lane.
        stride: the distance from lane to lane; None if `base` is a vector.
        level: the innermost loop that it depends on; −1 for none.
    """

    base: Any
    stride: int | None
    level: int

    @property
    def key(self) -> Any:
        base = self.base
        return (
            base.constant if isinstance(base, ir.Constant) else id(base),
            self.stride,
        )


Index = tuple[At, ...]

CHUNK = 512
"""Numbers that are added up before their sum is added, with compensation, to that of the others."""
LONG = 64
"""Length of the innermost loop from which on that is done after each run of it."""
COPIES = 4
"""Sums that are added up side by side, so that no addition waits for the last one."""


class Loops:
    """The loops of one nest, while their code is written."""

    def __init__(
        self,
        fn: FunctionEmitter,
        shape: Sequence[int],
        *,
        flat: bool = False,
        copies: int = 1,
        flush: Callable[[], None] | None = None,
    ) -> None:
        self.fn = fn
        self.shape = (prod(shape),) if flat else tuple(shape)
        self.flat = flat
        self.copies = copies
        self.copy = 0
        self.flush = flush
        self.anchors: list[Any] = []
        """For each level the instruction before which is written what all deeper levels share."""
        self.memo: list[dict[Any, Num]] = [{}]
        self.lanes = 1

    @property
    def b(self) -> Any:
        return self.fn.b

    # -- loops ----------------------------------------------------------------------------------

    def run(
        self,
        body: Callable[[Index], None],
        before: Callable[[int, Index], None] = lambda level, index: None,
        after: Callable[[int, Index], None] = lambda level, index: None,
        *,
        lanes: bool = True,
    ) -> None:
        """Writes the loops; `before` and `after` are called at each level around its loop."""
        self.lanes_allowed = lanes
        start = self.b.append_basic_block("nest")
        self.b.branch(start)
        self.b.position_at_end(start)
        self._level(0, (), body, before, after)

    def _level(self, d: int, index: Index, body: Any, before: Any, after: Any) -> None:
        if d == len(self.shape):
            body(index)
            return
        before(d, index)
        n, last = self.shape[d], d == len(self.shape) - 1
        whole = n - n % LANES if last and self.lanes_allowed else 0
        first = self.b.append_basic_block("loop")
        self.anchors.append(self.b.branch(first))
        self.b.position_at_end(first)

        def inside(lanes: int) -> Callable[[Any], None]:
            def iteration(counter: Any) -> None:
                self.memo.append({})
                self.lanes = lanes
                at = At(counter, int(lanes > 1), d)
                self._level(d + 1, (*index, at), body, before, after)
                self.lanes = 1
                self.memo.pop()

            return iteration

        def several(counter: Any) -> None:
            for self.copy in range(self.copies):
                inside(LANES)(add(self.b, counter, INT(self.copy * LANES)))
            self.copy = 0

        low = 0
        if whole and self.copies > 1:
            low = self._chunks(whole, several)
        if whole > low:
            self._loop(INT(low), whole - low, LANES, inside(LANES))
        if n > whole:
            self._loop(INT(whole), n - whole, 1, inside(1))
        if last and self.flush and n >= LONG:
            self.flush()
        self.anchors.pop()
        after(d, index)

    def _chunks(self, n: int, body: Callable[[Any], None]) -> int:
        """Writes loops that do several vectors at a time, and flush what has been added up after
        each chunk; how far they go.
        """
        step = self.copies * LANES
        if self.flush is not None and n >= 2 * CHUNK:

            def chunk(counter: Any) -> None:
                self._loop(counter, CHUNK, step, body)
                assert self.flush is not None
                self.flush()

            self._loop(INT(0), n - n % CHUNK, CHUNK, chunk)
            return n - n % CHUNK
        self._loop(INT(0), n - n % step, step, body)
        return n - n % step

    def _loop(self, low: Any, count: int, step: int, body: Callable[[Any], None]) -> None:
        """Writes a loop over `count` numbers from `low` on."""
        b = self.b
        if count < step:
            return
        if count == step:
            body(low)
            return
        entry, header = b.block, b.append_basic_block("body")
        b.branch(header)
        b.position_at_end(header)
        counter = b.phi(INT)
        counter.add_incoming(INT(0), entry)
        body(add(b, low, counter))
        following = b.add(counter, INT(step))
        counter.add_incoming(following, b.block)
        again = b.icmp_signed("<", following, INT(count))
        done = b.append_basic_block("done")
        b.cbranch(again, header, done)
        b.position_at_end(done)

    # -- where instructions go ------------------------------------------------------------------

    def emitter(self, level: int) -> Emit:
        """Writes at that level: before the loops inside of it, or here if it is the innermost."""
        if level + 1 >= len(self.anchors):
            return Emit(self.b)
        anchor = self.anchors[level + 1]
        builder = ir.IRBuilder(anchor.parent)
        builder.position_before(anchor)
        return Emit(builder)

    # -- elements -------------------------------------------------------------------------------

    def value(self, v: Operand, index: Index) -> Num:
        """The element of a value at an index."""
        if isinstance(v, Literal):
            return constant(v.value)
        if not v.type.shape and v in self.fn.scalars:
            return self.fn.scalars[v]
        level = max((at.level for at in index), default=-1)
        key = (v, *(at.key for at in index))
        memo = self.memo[level + 1]
        if key not in memo:
            memo[key] = self._computed(v, index, level)
        return memo[key]

    def _computed(self, v: Variable, index: Index, level: int) -> Num:
        if v in self.fn.ready:
            return self.loaded(v, index, level)
        step = self.fn.plan.definition[v]
        op = step.op
        if isinstance(op, Blank):
            return constant(v.type.dtype.type(0))
        moving = READ.get(type(op))
        if moving is not None:
            return moving(self, step, index, level)
        operands = [self.value(w, index if w.type.shape else ()) for w in step.operands]
        lower = lowering(op, [w.type.dtype for w in step.operands])
        assert lower is not None
        return lower(self.emitter(self._level_of(operands, level)), *operands)

    def _level_of(self, operands: Sequence[Num], level: int) -> int:
        return level

    def loaded(self, v: Variable, index: Index, level: int) -> Num:
        """The element of an array in memory."""
        e = self.emitter(level)
        pointer, dtype = self.fn.pointer(v), v.type.dtype
        strides = [1] if self.flat else strides_of(v.type.shape)
        step = 0
        offset: Any = INT(0)
        several = []
        for at, stride in zip(index, strides, strict=True):
            if at.stride is None:
                several.append((at.base, stride))
            else:
                step += at.stride * stride
                offset = add(e.b, offset, times(e.b, at.base, stride))
        if several:
            return self._gathered(e, pointer, dtype, offset, step, several)
        if step == 0:
            return e.load(pointer, dtype, offset)
        if step == 1 and dtype.kind != "c":
            return e.load_lanes(pointer, dtype, offset, LANES)
        found = [e.load(pointer, dtype, add(e.b, offset, INT(k * step))) for k in range(LANES)]
        return e.gathered(dtype, found)

    def _gathered(
        self, e: Emit, pointer: Any, dtype: DType, offset: Any, step: int, several: list[Any]
    ) -> Num:
        found = []
        for k in range(LANES):
            place = add(e.b, offset, INT(k * step))
            for vector, stride in several:
                here = e.b.extract_element(vector, INT(k))
                place = add(e.b, place, times(e.b, here, stride))
            found.append(e.load(pointer, dtype, place))
        return e.gathered(dtype, found)

    # -- indices --------------------------------------------------------------------------------

    def at(self, base: int | Any, level: int = -1) -> At:
        return At(INT(base) if isinstance(base, int) else base, 0, level)

    def shifted(self, at: At, by: int) -> At:
        if by == 0:
            return at
        e = self.emitter(at.level)
        if at.stride is None:
            return At(e.b.add(at.base, e.splat(INT(by), LANES)), None, at.level)
        return At(add(e.b, at.base, INT(by)), at.stride, at.level)

    def scaled(self, at: At, by: int) -> At:
        if by == 1:
            return at
        e = self.emitter(at.level)
        if at.stride is None:
            return At(e.b.mul(at.base, e.splat(INT(by), LANES)), None, at.level)
        return At(times(e.b, at.base, by), at.stride * by, at.level)

    def sum(self, x: At, y: At) -> At:
        level = max(x.level, y.level)
        e = self.emitter(level)
        if x.stride is None or y.stride is None:
            base = e.b.add(self.vector(x, e), self.vector(y, e))
            return At(base, None, level)
        return At(add(e.b, x.base, y.base), x.stride + y.stride, level)

    def vector(self, at: At, e: Emit) -> Any:
        """An index for each lane."""
        if at.stride is None:
            return at.base
        lanes = ir.Constant(ir.VectorType(INT, LANES), [k * at.stride for k in range(LANES)])
        return e.b.add(e.splat(at.base, LANES), lanes)

    def number(self, at: At, dtype: DType) -> Num:
        """An index as a number of a dtype."""
        e = self.emitter(at.level)
        if at.stride == 0:
            return convert(e, Num(INT64, (at.base,)), dtype)
        return convert(e, Num(INT64, (self.vector(at, e),), LANES), dtype)

    def index_of(self, x: Num, level: int) -> At:
        """A number of dtype i64 as an index."""
        return At(x.value, 0 if x.lanes == 1 else None, level)

    def compared(self, symbol: str, at: At, number: int) -> Num:
        e = self.emitter(at.level)
        x = self.number(at, INT64)
        return e.flag(e.b.icmp_signed(symbol, x.value, e.like(x, number)), x.lanes)

    def checked(self, at: At, wrong: Num) -> At:
        """The index, or 0 where it is wrong; notes that something was."""
        e = self.emitter(at.level)
        any_wrong = wrong.value
        if wrong.lanes > 1:
            bits = e.b.bitcast(wrong.value, ir.IntType(wrong.lanes))
            any_wrong = e.b.icmp_unsigned("!=", bits, ir.IntType(wrong.lanes)(0))
        self.fn.note(e.b, any_wrong)
        x = self.number(at, INT64)
        zero = Num(INT64, (INT(0),))
        return self.index_of(choose(e, wrong, zero, x), at.level)


def strides_of(shape: Sequence[int]) -> list[int]:
    """How many elements apart neighbours along each axis are."""
    return [prod(shape[k + 1 :]) for k in range(len(shape))]


def add(b: Any, x: Any, y: Any) -> Any:
    """The sum of two indices, worked out now if both are known."""
    if isinstance(x, ir.Constant) and isinstance(y, ir.Constant):
        return INT(x.constant + y.constant)
    if isinstance(x, ir.Constant) and x.constant == 0:
        return y
    if isinstance(y, ir.Constant) and y.constant == 0:
        return x
    return b.add(x, y, flags=("nsw",))


def times(b: Any, x: Any, by: int) -> Any:
    if isinstance(x, ir.Constant):
        return INT(x.constant * by)
    return INT(0) if by == 0 else x if by == 1 else b.mul(x, INT(by), flags=("nsw",))


# -- ops that move elements -----------------------------------------------------------------------

Reader = Callable[[Loops, Step, Index, int], Num]
READ: dict[type, Reader] = {}


def reads(op: type) -> Callable[[Reader], Reader]:
    def register(f: Reader) -> Reader:
        READ[op] = f
        return f

    return register


@reads(Broadcast)
def _broadcast(loops: Loops, step: Step, index: Index, level: int) -> Num:
    return loops.value(step.operands[0], tuple(index[axis] for axis in step.op.axes))


@reads(Transpose)
def _transpose(loops: Loops, step: Step, index: Index, level: int) -> Num:
    places = {axis: at for axis, at in zip(step.op.axes, index, strict=True)}
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
        if inside is None:
            inside = here
        else:
            inside = TABLE["and", "b"](loops.emitter(level), inside, here)
    value = loops.value(v, tuple(places))
    return value if inside is None else choose(loops.emitter(level), inside, value, zero)


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
        first = At(unsigned_or_signed(e, x), 0, -1)
        if not isinstance(first.base, ir.Constant) or not 0 <= first.base.constant <= n - size:
            wrong = e.flag(e.b.icmp_unsigned(">", first.base, INT(n - size)), 1)
            first = loops.checked(first, wrong)
        places.append(loops.sum(first, at))
    return tuple(places)


def unsigned_or_signed(e: Emit, x: Num) -> Any:
    return convert(e, x, INT64).value


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


# -- nests ----------------------------------------------------------------------------------------

COMBINE = {
    "reduce_sum": "add",
    "reduce_prod": "mul",
    "reduce_max": "maximum",
    "reduce_min": "minimum",
    "reduce_or": "or",
    "reduce_and": "and",
    "dot": "add",
}


def identity(name: str, dtype: DType) -> Num:
    """What a reduction starts with."""
    if name in ("reduce_sum", "dot", "reduce_or"):
        return constant(dtype.type(0))
    if name in ("reduce_prod", "reduce_and"):
        return constant(dtype.type(1))
    lowest = name == "reduce_max"
    if dtype.kind == "f":
        return constant(dtype.type(-np.inf if lowest else np.inf))
    if dtype.kind == "b":
        return constant(dtype.type(not lowest))
    info = np.iinfo(dtype)
    return constant(dtype.type(info.min if lowest else info.max))


class Reduction:
    """A root that is reduced, in the loops of its nest."""

    def __init__(self, step: Step, shape: Sequence[int]) -> None:
        self.step, self.shape = step, shape
        self.v = step.results[0]
        self.name = step.op.name
        if isinstance(step.op, Dot):
            self.labels = contraction(step)
            self.kept = tuple(self.labels.labels.index(label) for label in self.labels.out)
        else:
            self.kept = tuple(i for i in range(len(shape)) if i not in step.op.axes)
        self._find_start()

    @property
    def is_float_sum(self) -> bool:
        return COMBINE[self.name] == "add" and self.v.type.dtype.kind == "f"

    def flatten(self) -> None:
        """Takes all loops, which are all summed over, as one."""
        self.shape = (prod(self.shape),)
        self._find_start()

    def _find_start(self) -> None:
        self.start = max(self.kept, default=-1) + 1
        """The level from which on all loops are summed over."""
        self.in_memory = any(i not in self.kept for i in range(self.start))
        """Whether loops outside of kept ones are summed over too: partial results are stored."""

    def element(self, loops: Loops, index: Index) -> Num:
        """What is to be added."""
        if not isinstance(self.step.op, Dot):
            return loops.value(self.step.operands[0], index)
        labels = self.labels
        at = dict(zip(labels.labels, index, strict=True))
        x, y = (
            loops.value(v, tuple(at[label] for label in part))
            for part, v in zip((labels.x, labels.y), self.step.operands, strict=True)
        )
        level = max((a.level for a in index), default=-1)
        return TABLE["mul", x.dtype.kind](loops.emitter(level), x, y)

    def combine(self, e: Emit, x: Num, y: Num) -> Num:
        return TABLE[COMBINE[self.name], x.dtype.kind](e, x, y)

    def zero(self) -> Num:
        return identity(self.name, self.v.type.dtype)

    def place(self, index: Index) -> Index:
        return tuple(index[i] for i in self.kept)


def write_nest(fn: FunctionEmitter, nest: Nest) -> None:
    """Writes the loops of a nest."""
    stores = [s for s in nest.roots if not isinstance(s.op, (*REDUCTIONS, Dot))]
    reductions = [
        Reduction(s, nest.shape) for s in nest.roots if isinstance(s.op, (*REDUCTIONS, Dot))
    ]
    for r in reductions:
        if r.v.type.shape and (r.in_memory or r.start == len(nest.shape)):
            _fill(fn, r)
    if 0 in nest.shape:
        for r in reductions:
            if not r.v.type.shape:
                fn.scalars[r.v] = r.zero()
            elif not (r.in_memory or r.start == len(nest.shape)):
                _fill(fn, r)
        for s in nest.roots:
            fn.ready.update(v for v in s.results if v in fn.plan.stored)
        return
    if not nest.shape:  # a reduction of one number over no axes
        for r in reductions:
            fn.scalars[r.v] = r.element(Loops(fn, ()), ())
        return
    flat = len(nest.shape) > 1 and _can_be_flat(fn, nest, reductions)
    if flat:
        for r in reductions:
            r.flatten()
    copies = COPIES if any(r.is_float_sum for r in reductions) and len(nest.roots) <= FEW else 1
    sums = {r: _Sum(fn, r, copies) for r in reductions}

    def flush() -> None:
        for sum_ in sums.values():
            sum_.flush()

    loops = Loops(fn, nest.shape, flat=flat, copies=copies, flush=flush)

    def before(level: int, index: Index) -> None:
        for r, sum_ in sums.items():
            if r.start == level:
                sum_.begin()

    def after(level: int, index: Index) -> None:
        for r, sum_ in sums.items():
            if r.start == level:
                sum_.end(loops, r.place(index))

    def body(index: Index) -> None:
        order = {id(s): s for s in nest.roots}
        by_step = {id(r.step): r for r in reductions}
        for key, step in order.items():
            if key in by_step:
                r = by_step[key]
                sums[r].put(loops, r.element(loops, index), index)
            else:
                (v,) = step.results
                value = loops.value(v, index)
                if v in fn.plan.stored:
                    store(loops, v, index, value)

    loops.run(body, before, after)
    for s in stores:
        fn.ready.update(v for v in s.results if v in fn.plan.stored)
    for r, sum_ in sums.items():
        if r.v.type.shape:
            fn.ready.add(r.v)
        else:
            fn.scalars[r.v] = sum_.total()


def store(loops: Loops, v: Variable, index: Index, value: Num) -> None:
    """Stores an element, or those of all lanes, at an index of an array."""
    e = Emit(loops.b)
    pointer = loops.fn.pointer(v)
    offset: Any = INT(0)
    step = 0
    strides = [1] if loops.flat else strides_of(v.type.shape)
    for at, stride in zip(index, strides, strict=True):
        assert at.stride is not None
        offset = add(e.b, offset, times(e.b, at.base, stride))
        step += at.stride * stride
    if loops.lanes == 1:
        e.store(value, pointer, offset)
        return
    value = e.spread(value, LANES)
    if step == 1 and value.dtype.kind != "c":
        e.store_lanes(value, pointer, offset)
        return
    for k in range(LANES):
        e.store(e.lane(value, k), pointer, add(e.b, offset, INT(k * step)))


def _fill(fn: FunctionEmitter, r: Reduction) -> None:
    loops = Loops(fn, r.v.type.shape)
    loops.run(lambda index: store(loops, r.v, index, r.zero()))


def _can_be_flat(fn: FunctionEmitter, nest: Nest, reductions: Sequence[Reduction]) -> bool:
    """Whether all arrays of a nest are read, and stored, in the order that they have in memory."""
    if any(r.kept or isinstance(r.step.op, Dot) for r in reductions):
        return False
    seen: set[Operand] = set()

    def in_order(v: Operand) -> bool:
        if isinstance(v, Literal) or not v.type.shape or v in seen:
            return True
        if v.type.shape != nest.shape:
            return False
        seen.add(v)
        if v in fn.ready:
            return True
        step = fn.plan.definition[v]
        if isinstance(step.op, Blank):
            return True
        if type(step.op) in READ:
            scalar = isinstance(step.op, Broadcast) and not step.op.axes
            return scalar and not step.operands[0].type.shape
        return all(map(in_order, step.operands))

    return all(
        in_order(v)
        for step in nest.roots
        for v in (step.operands if isinstance(step.op, REDUCTIONS) else step.results)
    )


FEW = 8
"""Roots of a nest up to which its innermost loop is written several times over."""


class _Sum:
    """The accumulators of a reduction: numbers for the loops it sums over, and vectors.

    The sum of floats is compensated (Neumaier, ZAMM 54, 1974) for what has been flushed: `one` and
    `lost` together are the total so far, and what is in the vectors is still to be added.
    """

    def __init__(self, fn: FunctionEmitter, r: Reduction, copies: int) -> None:
        self.fn, self.r = fn, r
        self.dtype = r.v.type.dtype
        self.single = r.start < len(r.shape)
        self.compensated = r.is_float_sum
        if not self.single:
            return
        type = memory_type(self.dtype)
        parts = range(len(r.zero().parts))
        self.one = [fn.slot(type) for _ in parts]
        self.lost = [fn.slot(type) for _ in parts]
        self.used_lanes = r.shape[-1] >= LANES
        vector = ir.VectorType(type, LANES)
        self.many = [[fn.slot(vector) for _ in parts] for _ in range(copies)]

    def begin(self) -> None:
        e = Emit(self.fn.b)
        self._write(e, self.one, self.r.zero())
        self._write(e, self.lost, self.r.zero())
        self._clear(e)

    def _clear(self, e: Emit) -> None:
        if self.used_lanes:
            for slots in self.many:
                self._write(e, slots, e.spread(self.r.zero(), LANES))

    def put(self, loops: Loops, value: Num, index: Index) -> None:
        e = Emit(loops.b)
        if not self.single:
            place = self.r.place(index)
            if loops.lanes > 1:
                value = e.spread(value, LANES)
            old = loops_loaded(loops, self.r.v, place)
            store(loops, self.r.v, place, self.r.combine(e, old, value))
        elif loops.lanes > 1:
            slots = self.many[loops.copy]
            old = self._read(e, slots, LANES)
            self._write(e, slots, self.r.combine(e, old, e.spread(value, LANES)))
        else:
            self._write(e, self.one, self.r.combine(e, self._read(e, self.one, 1), value))

    def _across(self, e: Emit) -> Num:
        """What is in the vectors, in one number."""
        found = [self._read(e, slots, LANES) for slots in self.many]
        while len(found) > 1:
            found = [self.r.combine(e, x, y) for x, y in pairwise_halves(found)]
        lanes = [e.lane(found[0], k) for k in range(LANES)]
        while len(lanes) > 1:
            lanes = [self.r.combine(e, x, y) for x, y in pairwise_halves(lanes)]
        return lanes[0]

    def flush(self) -> None:
        """Adds what is in the vectors to the total."""
        if not (self.single and self.used_lanes and self.compensated):
            return
        e = Emit(self.fn.b)
        self._add(e, self._across(e))
        self._clear(e)

    def _add(self, e: Emit, x: Num) -> None:
        b, old, lost = e.b, self._read(e, self.one, 1).value, self._read(e, self.lost, 1).value
        total = b.fadd(old, x.value)
        larger = b.fcmp_ordered(
            ">=",
            e.intrinsic("fabs", Num(self.dtype, (old,))).value,
            e.intrinsic("fabs", x).value,
        )
        first, second = b.select(larger, old, x.value), b.select(larger, x.value, old)
        rest = b.fadd(b.fsub(first, total), second)
        self._write(e, self.one, Num(self.dtype, (total,)))
        self._write(e, self.lost, Num(self.dtype, (b.fadd(lost, rest),)))

    def end(self, loops: Loops, place: Index) -> None:
        """All that was summed over, in one number."""
        e = Emit(self.fn.b)
        if self.used_lanes and self.compensated:
            self.flush()
        elif self.used_lanes:
            total = self.r.combine(e, self._across(e), self._read(e, self.one, 1))
            self._write(e, self.one, total)
        total = self._read(e, self.one, 1)
        if self.compensated:
            exact = e.b.fadd(total.value, self._read(e, self.lost, 1).value)
            finite = TABLE["isfinite", "f"](e, total)
            total = choose(e, finite, Num(self.dtype, (exact,)), total)
        if not self.r.v.type.shape:
            self._write(e, self.one, total)
            return
        if self.r.in_memory:
            total = self.r.combine(e, loops_loaded(loops, self.r.v, place), total)
        store(loops, self.r.v, place, total)

    def total(self) -> Num:
        return self._read(Emit(self.fn.b), self.one, 1)

    def _read(self, e: Emit, slots: Sequence[Any], lanes: int) -> Num:
        values = [e.b.load(slot) for slot in slots]
        if self.dtype == FLAG:
            values = [e.b.icmp_unsigned("!=", x, ir.Constant(x.type, None)) for x in values]
        return Num(self.dtype, tuple(values), lanes)

    def _write(self, e: Emit, slots: Sequence[Any], x: Num) -> None:
        for slot, part in zip(slots, x.parts, strict=True):
            value = e.b.zext(part, slot.type.pointee) if self.dtype == FLAG else part
            e.b.store(value, slot)


def pairwise_halves(items: Sequence[Any]) -> list[tuple[Any, Any]]:
    half = len(items) // 2
    return list(zip(items[:half], items[half:], strict=True))


def loops_loaded(loops: Loops, v: Variable, index: Index) -> Num:
    """An element in memory as it is now, not as it was when it was read before."""
    return loops.loaded(v, index, len(loops.shape))
