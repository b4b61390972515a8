"""Loops over an index space, and the elements that are computed in them.

An element is computed where it is asked for, from elements of operands at indices that its op says;
what has been computed at an index before is remembered. What depends on outer loops only is
computed in these. The innermost loop runs over several elements at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from lineara.backends.native import llir
from lineara.backends.native.elementwise import choose, convert, lowering
from lineara.backends.native.flat import Step
from lineara.backends.native.machine import LANES
from lineara.backends.native.numbers import INT, Emit, Num, constant
from lineara.ir.program import Literal, Operand, Variable
from lineara.ir.types import DType
from lineara.ops.packages import Blank

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
            base.text,
            self.stride,
        )


Index = tuple[At, ...]

CHUNK = 512
"""Numbers that are added up before their sum is added, with compensation, to that of the others."""
SHORT = 64
"""How much code short loops may become that are written out."""
LONG = 64
"""Length of the innermost loop from which on that is done after each run of it."""


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
        weight: int | None = None,
        axis: int | None = None,
        order: Sequence[int] = (),
    ) -> None:
        self.fn = fn
        self.axis = axis
        """The axis that the group of units runs along: its loop is around all of them."""
        self.order = tuple(order) if order else tuple(a for a in range(len(shape)) if a != axis)
        """The axis of each loop."""
        self.shape = (prod(shape),) if flat else tuple(shape[a] for a in self.order)
        self.flat = flat
        self.copies = copies
        self.copy = 0
        self.flush = flush
        self.weight = weight
        """About how much code an iteration is; None if loops are to be loops in any case."""
        self.anchors: list[Any] = []
        """For each level what writes where all deeper levels share what is written."""
        self.memo: list[dict[Any, Num]] = [{}]
        self.lanes = 1 if axis is None else LANES
        self.used = LANES
        """How many of the lanes stand for an element: at the end of an array not all may."""

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
        self.lanes_allowed = lanes and self.axis is None
        self.written_out = self._innermost_short()
        start = self.b.append_basic_block("nest")
        self.b.branch(start)
        self.b.position_at_end(start)
        self._level(0, (), body, before, after)

    def _innermost_short(self) -> int:
        """The level from which on loops are so short that their iterations are written one by one:
        all that they read at the same place is read once.
        """
        level, code = len(self.shape), self.weight
        if code is None or code > SHORT // 4:
            return level
        while level:
            n = self.shape[level - 1]
            last = level == len(self.shape) and self.lanes_allowed
            code *= -(-n // LANES) if last and n > LANES else n
            if code > SHORT:
                break
            level -= 1
        return level

    def _level(self, d: int, index: Index, body: Any, before: Any, after: Any) -> None:
        if d == len(self.shape):
            body(self.whole(index))
            return
        before(d, index)
        n, last = self.shape[d], d == len(self.shape) - 1
        vectors = last and self.lanes_allowed
        whole = n - n % LANES if vectors else 0
        first = self.b.append_basic_block("loop")
        self.anchors.append(llir.Builder(self.b.block))
        self.b.branch(first)
        self.b.position_at_end(first)

        def inside(lanes: int) -> Callable[[Any], None]:
            def iteration(counter: Any) -> None:
                self.memo.append({})
                usual, self.lanes = self.lanes, max(lanes, self.lanes)
                at = At(counter, int(lanes > 1), d if d < self.written_out else -1)
                self._level(d + 1, (*index, at), body, before, after)
                self.lanes = usual
                self.memo.pop()

            return iteration

        def several(counter: Any) -> None:
            for k in range(self.copies):
                self.copy = k
                inside(LANES)(add(self.b, counter, INT(k * LANES)))
            self.copy = 0

        low = 0
        if whole and self.copies > 1:
            low = self._chunks(whole, several)
        if whole > low:
            self._loop(INT(low), whole - low, LANES, inside(LANES))
        if whole and n - whole > 1:
            self.used = n - whole
            inside(LANES)(INT(whole))
            self.used = LANES
        elif n > whole:
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
        if count == step or len(self.anchors) > self.written_out:
            for k in range(0, count, step):
                body(add(b, low, INT(k)))
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

    def whole(self, index: Index) -> Index:
        """The index of a nest, given that of its loops."""
        if self.axis is None:
            return index
        places = dict(zip(self.order, index, strict=True))
        return tuple(places.get(a, self.fn.group.at) for a in range(len(index) + 1))

    # -- where instructions go ------------------------------------------------------------------

    def emitter(self, level: int) -> Emit:
        """Writes at that level: before the loops inside of it, or here if it is the innermost."""
        if level + 1 >= len(self.anchors):
            return Emit(self.b, alone=not self.shape and self.axis is None)
        return Emit(self.anchors[level + 1])

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
        if v in self.fn.group.place:
            return self._loaded_lanes(e, v, pointer, index)
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
        if step == 1 and e.can_load(dtype, self.used):
            return e.load_lanes(pointer, dtype, offset, self.used)
        found = [e.load(pointer, dtype, add(e.b, offset, INT(k * step))) for k in range(self.used)]
        return e.gathered(dtype, found)

    def _loaded_lanes(self, e: Emit, v: Variable, pointer: Any, index: Index) -> Num:
        """The elements of an array of a group: a lane for each index of its axis."""
        dtype, found = v.type.dtype, self.apart(e, v, index)
        places = [add(e.b, times(e.b, place, LANES), INT(k)) for k, place in enumerate(found)]
        if places[1:] or dtype.kind == "c":
            return e.gathered(dtype, [e.load(pointer, dtype, place) for place in places])
        return e.load_lanes(pointer, dtype, places[0], LANES)

    def apart(self, e: Emit, v: Variable, index: Index) -> list[Any]:
        """The places of elements of an array of a group, without the axis of the group: one for
        all lanes if they are at the same, or one for each.
        """
        q = self.fn.group.place[v]
        inner = (*index[:q], *index[q + 1 :])
        shape = v.type.shape
        strides = strides_of((*shape[:q], *shape[q + 1 :]))
        if all(at.stride == 0 for at in inner) and v.type.dtype.kind != "c":
            terms = (times(e.b, at.base, s) for at, s in zip(inner, strides, strict=True))
            return [reduce(lambda x, y: add(e.b, x, y), terms, INT(0))]
        lanes = [INT(0)] * LANES
        for at, stride in zip(inner, strides, strict=True):
            for k in range(LANES):
                here = e.b.extract_element(at.base, INT(k)) if at.stride is None else at.base
                here = add(e.b, here, INT(k * (at.stride or 0)))
                lanes[k] = add(e.b, lanes[k], times(e.b, here, stride))
        return lanes

    def _gathered(
        self, e: Emit, pointer: Any, dtype: DType, offset: Any, step: int, several: list[Any]
    ) -> Num:
        found = []
        for k in range(self.used):
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
        lanes = llir.Constant(llir.vector(INT, LANES), [k * at.stride for k in range(LANES)])
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
            type = llir.int_type(wrong.lanes)
            bits = e.b.and_(e.b.bitcast(wrong.value, type), type((1 << self.used) - 1))
            any_wrong = e.b.icmp_unsigned("!=", bits, type(0))
        self.fn.note(e.b, any_wrong)
        x = self.number(at, INT64)
        zero = Num(INT64, (INT(0),))
        return self.index_of(choose(e, wrong, zero, x), at.level)


def strides_of(shape: Sequence[int]) -> list[int]:
    """How many elements apart neighbours along each axis are."""
    return [prod(shape[k + 1 :]) for k in range(len(shape))]


def add(b: Any, x: Any, y: Any) -> Any:
    """The sum of two indices, worked out now if both are known."""
    if isinstance(x, llir.Constant) and isinstance(y, llir.Constant):
        return INT(x.constant + y.constant)
    if isinstance(x, llir.Constant) and x.constant == 0:
        return y
    if isinstance(y, llir.Constant) and y.constant == 0:
        return x
    return b.add(x, y, flags="nsw")


def times(b: Any, x: Any, by: int) -> Any:
    """An index times a number, likewise."""
    if isinstance(x, llir.Constant):
        return INT(x.constant * by)
    return INT(0) if by == 0 else x if by == 1 else b.mul(x, INT(by), flags="nsw")


def store(loops: Loops, v: Variable, index: Index, value: Num) -> None:
    """Stores an element, or those of all lanes, at an index of an array."""
    e = Emit(loops.b)
    pointer = loops.fn.pointer(v)
    if v in loops.fn.group.place:
        _store_lanes(e, loops, v, pointer, index, e.spread(value, LANES))
        return
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
    if step == 1 and e.can_load(value.dtype, loops.used):
        e.store_lanes(value, pointer, offset, loops.used)
        return
    for k in range(loops.used):
        e.store(e.lane(value, k), pointer, add(e.b, offset, INT(k * step)))


def _store_lanes(e: Emit, loops: Loops, v: Variable, pointer: Any, index: Index, x: Num) -> None:
    """Stores elements of an array of a group."""
    places = loops.apart(e, v, index)
    if places[1:]:
        for k, place in enumerate(places):
            e.store(e.lane(x, k), pointer, add(e.b, times(e.b, place, LANES), INT(k)))
    else:
        e.store_lanes(x, pointer, times(e.b, places[0], LANES))


def loops_loaded(loops: Loops, v: Variable, index: Index) -> Num:
    """An element in memory as it is now, not as it was when it was read before."""
    return loops.loaded(v, index, len(loops.shape))


# -- ops that move elements -----------------------------------------------------------------------

Reader = Callable[[Loops, Step, Index, int], Num]
READ: dict[type, Reader] = {}
"""How to read an element of the result of an op that moves elements; see `moving`."""
