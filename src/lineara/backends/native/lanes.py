"""Groups as code: one loop over their axis, and in it the loops of each unit, with vectors.

An iteration does `LANES` indices of the axis, one in each lane. If the length of the axis is no
multiple of that, the last iteration does some indices again, and adds them to no sum.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from math import prod
from typing import TYPE_CHECKING, Any

from lineara.backends.native import llir
from lineara.backends.native.changes import write_change, write_pieces
from lineara.backends.native.contractions import REDUCTIONS
from lineara.backends.native.elementwise import TABLE, choose
from lineara.backends.native.flat import Step
from lineara.backends.native.groups import ROUND, Group
from lineara.backends.native.homes import Sums
from lineara.backends.native.loops import At, Index, Loops, loops_loaded, store
from lineara.backends.native.machine import LANES
from lineara.backends.native.numbers import BYTES, INT, Emit, Num
from lineara.backends.native.plan import Nest, members, steps_of
from lineara.backends.native.reductions import Reduction, Register, compensated, corrected
from lineara.backends.native.threads import write_in_parts
from lineara.ir.program import Variable
from lineara.ops.contract import Dot
from lineara.ops.slicing import Concatenate

if TYPE_CHECKING:
    from lineara.backends.native.functions import FunctionEmitter

LONG = 128
"""Numbers from which on a sum within an iteration is compensated."""


@dataclass
class Lanes:
    """What is known inside of a group's loop; outside of it nothing is in lanes.

    Attributes:
        place: for each array that is there a few indices at a time, the axis that is in lanes.
        at: the index of the axis.
        new: for each lane whether its index has not been done yet.
    """

    place: dict[Variable, int] = field(default_factory=dict)
    at: Any = None
    new: Num | None = None


def write_group(fn: FunctionEmitter, group: Group) -> None:
    """Writes the loop of a group."""
    inside = fn.homes.inside[group]
    place = {v: q for v, q in group.place.items() if v in inside.at and q is not None}
    place |= {s.lanes: s.total.type.ndim for s in inside.sums.values()}
    sums = {Reduction(step, _shape(group, step)): s for step, s in inside.sums.items()}
    count = -(-group.length // LANES)

    def part(fn: FunctionEmitter, first: Any, last: Any) -> None:
        for r, s in sums.items():
            _begin(fn, r, s)
        _iterate(fn, group, place, sums, (first, last))

    fn.start = fn.base()
    if group.parts == 1:
        part(fn, INT(0), INT(count))
    else:
        write_in_parts(fn, group, count, part)
        for r, s in sums.items():
            _merge(fn, r, s, group.parts, inside.size)
    for r, s in sums.items():
        _finish(fn, r, s)
    fn.ready.update(v for step in steps_of(group) for v in step.results if v in fn.plan.stored)


def _iterate(
    fn: FunctionEmitter,
    group: Group,
    place: dict[Variable, int],
    sums: dict[Reduction, Sums],
    span: tuple[Any, Any],
) -> None:
    """Writes the loop over some of its iterations; there is one at least."""
    b = fn.b
    entry, header, done = b.block, b.append_basic_block("several"), b.append_basic_block("done")
    b.branch(header)
    b.position_at_end(header)
    k = b.phi(INT)
    k.add_incoming(span[0], entry)
    fn.group = _started(b, place, k, group.length)
    for member in members(group):
        _write(fn, group, member)
    fn.group = Lanes()
    following = b.add(k, INT(1))
    again = b.icmp_signed("<", following, span[1])
    _add_up(fn, sums, k, again)
    k.add_incoming(following, b.block)
    b.cbranch(again, header, done)
    b.position_at_end(done)


def _shape(group: Group, step: Step) -> tuple[int, ...]:
    return next(u.shape for u in group.units if isinstance(u, Nest) and step in u.roots)


def _started(b: Any, place: dict[Variable, int], k: Any, length: int) -> Lanes:
    """At the beginning of an iteration."""
    first = b.mul(k, INT(LANES))
    start = first
    if length % LANES:
        last = b.icmp_signed(">", first, INT(length - LANES))
        start = b.select(last, INT(length - LANES), first)
    e = Emit(b)
    lanes = llir.vector(INT, LANES)(range(LANES))
    number = b.add(e.splat(start, LANES), lanes)
    new = e.flag(b.icmp_signed(">=", number, e.splat(first, LANES)), LANES)
    return Lanes(place, At(start, 1, -1), new if length % LANES else None)


def _write(fn: FunctionEmitter, group: Group, unit: Nest | Step) -> None:
    axis = group.axis[unit]
    if isinstance(unit, Nest):
        _write_nest(fn, unit, axis, fn.homes.inside[group].sums)
    elif isinstance(unit.op, Concatenate):
        write_pieces(fn, unit, axis)
    else:
        write_change(fn, unit, axis)
    fn.ready.update(v for s in steps_of(unit) for v in s.results if v in fn.plan.stored)


# -- nests ----------------------------------------------------------------------------------------


class _Sum:
    """A reduction in the loops of a nest: over the axis of the group, other axes, or both."""

    def __init__(self, fn: FunctionEmitter, r: Reduction, loops: Loops, sums: Sums | None):
        self.fn, self.r, self.loops, self.sums = fn, r, loops, sums
        self.levels = tuple(loops.order.index(a) for a in r.kept if a != loops.axis)
        """Those of the loops that are not summed over."""
        self.start = max(self.levels, default=-1) + 1
        """The level from which on all loops are summed over."""
        self.partial = len(self.levels) < self.start
        long = prod(loops.shape[self.start :]) > LONG
        dtype = r.v.type.dtype
        self.one = Register(fn, dtype, LANES) if self.start < len(loops.order) else None
        self.lost = Register(fn, dtype, LANES) if long and r.is_compensated else None

    def fill(self) -> None:
        """Before all loops."""
        if self.sums is None and (self.partial or self.one is None):
            v = self.r.v
            loops = Loops(self.fn, v.type.shape, axis=self.r.kept.index(self.loops.axis or 0))
            loops.run(lambda index: store(loops, v, index, self.r.zero()))

    def begin(self) -> None:
        e = Emit(self.fn.b)
        for register in (self.one, self.lost):
            if register is not None:
                register.write(e, self.r.zero())

    def put(self, index: Index) -> None:
        r, loops, e = self.r, self.loops, Emit(self.fn.b)
        if self.one is None:
            place = tuple(index[a] for a in loops.order)
            self._update(place, lambda old: r.added(e, loops, index, old))
        elif self.lost is None:
            self.one.write(e, r.added(e, loops, index, self.one.read(e)))
        else:
            value = e.spread(r.element(loops, index), LANES)
            total, lost = compensated(e, self.one.read(e), self.lost.read(e), value)
            self.one.write(e, total)
            self.lost.write(e, lost)

    def end(self, index: Index) -> None:
        if self.one is None:
            return
        e = Emit(self.fn.b)
        total = self.one.read(e)
        if self.lost is not None:
            total = corrected(e, total, self.lost.read(e))
        first = self.sums is None and not self.partial
        self._update(index, lambda old: total if first else self.r.combine(e, old, total))

    def _update(self, index: Index, new: Callable[[Num], Num]) -> None:
        """Changes an element of the result, or of the sums in lanes, where loops have come to."""
        e, at = Emit(self.fn.b), self.fn.group.at
        places = [index[level] for level in self.levels]
        if self.sums is None:
            target = self.r.v
            places.insert(self.r.kept.index(self.loops.axis or 0), at)
        else:
            target = self.sums.lanes
            places.append(at)
        old = e.spread(loops_loaded(self.loops, target, tuple(places)), LANES)
        value, fresh = new(old), self.fn.group.new
        if self.sums is not None and fresh is not None:
            value = choose(e, fresh, value, old)
        store(self.loops, target, tuple(places), value)


def _write_nest(fn: FunctionEmitter, nest: Nest, axis: int, sums: dict[Step, Sums]) -> None:
    reductions = [
        Reduction(s, nest.shape) for s in nest.roots if isinstance(s.op, (*REDUCTIONS, Dot))
    ]
    axes = [a for a in range(len(nest.shape)) if a != axis]
    order = sorted(axes, key=lambda a: any(a not in r.kept for r in reductions))
    weight = sum(1 + sum(map(fn.plan.cost, s.operands)) // 2 for s in nest.roots)
    loops = Loops(fn, nest.shape, weight=weight, axis=axis, order=order)
    found = {r.step: _Sum(fn, r, loops, sums.get(r.step)) for r in reductions}
    for r in found.values():
        r.fill()

    def before(level: int, index: Index) -> None:
        for r in found.values():
            if r.start == level:
                r.begin()

    def after(level: int, index: Index) -> None:
        for r in found.values():
            if r.start == level:
                r.end(index)

    def body(index: Index) -> None:
        for step in nest.roots:
            if step in found:
                found[step].put(index)
                continue
            (v,) = step.results
            value = loops.value(v, index)
            if v in fn.plan.stored:
                store(loops, v, index, value)

    loops.run(body, before, after)


# -- sums over the axis ---------------------------------------------------------------------------


def _begin(fn: FunctionEmitter, r: Reduction, sums: Sums) -> None:
    for v in sums if r.is_compensated else (sums.lanes,):
        _fill(fn, r, v)


def _fill(fn: FunctionEmitter, r: Reduction, v: Variable) -> None:
    loops = Loops(fn, v.type.shape)
    loops.run(lambda index: store(loops, v, index, r.zero()))


def _add_up(fn: FunctionEmitter, sums: dict[Reduction, Sums], k: Any, again: Any) -> None:
    """Adds what is in the lanes to the totals, now and then, and in the last iteration."""
    found = {r: s for r, s in sums.items() if r.is_compensated}
    if not found:
        return
    b = fn.b
    full = b.icmp_signed("==", b.and_(k, INT(ROUND - 1)), INT(ROUND - 1))
    with b.if_then(b.or_(full, b.not_(again)), rarely=True):
        for r, s in found.items():
            _add_lanes(fn, r, s)
            _fill(fn, r, s.lanes)


def _add_lanes(fn: FunctionEmitter, r: Reduction, sums: Sums) -> None:
    loops = Loops(fn, sums.total.type.shape)

    def body(index: Index) -> None:
        e = Emit(loops.b)
        total, lost = (loops_loaded(loops, v, index) for v in (sums.total, sums.lost))
        total, lost = compensated(e, total, lost, r.across(e, _in_lanes(loops, sums, index)))
        store(loops, sums.total, index, total)
        store(loops, sums.lost, index, lost)

    loops.run(body, lanes=False)


def _in_lanes(loops: Loops, sums: Sums, index: Index) -> Num:
    return loops_loaded(loops, sums.lanes, (*index, At(INT(0), 1, -1)))


def _merge(fn: FunctionEmitter, r: Reduction, sums: Sums, parts: int, size: int) -> None:
    """Adds what each part has added up to what the first one has, in order."""
    b, own = fn.b, fn.pointers
    entry, header, done = b.block, b.append_basic_block("part"), b.append_basic_block("done")
    arrays = (sums.total, sums.lost) if r.is_compensated else (sums.lanes,)
    places = {v: fn.pointer(v) for v in arrays}
    b.branch(header)
    b.position_at_end(header)
    k = b.phi(INT)
    k.add_incoming(INT(1), entry)
    there = {}
    for v, place in places.items():
        at = b.gep(b.bitcast(place, BYTES), [b.mul(k, INT(size))])
        there[fn.homes.of[v]] = b.bitcast(at, place.type)
    loops = Loops(fn, arrays[0].type.shape)

    def body(index: Index) -> None:
        e = Emit(loops.b)
        fn.pointers = own | there
        others = [loops.loaded(v, index, len(loops.shape)) for v in arrays]
        fn.pointers = own
        values = [loops_loaded(loops, v, index) for v in arrays]
        if r.is_compensated:
            total, lost = compensated(e, values[0], values[1], others[0])
            values = [total, TABLE["add", "f"](e, lost, others[1])]
        else:
            values = [r.combine(e, values[0], others[0])]
        for v, x in zip(arrays, values, strict=True):
            store(loops, v, index, x)

    loops.run(body)
    following = b.add(k, INT(1))
    k.add_incoming(following, b.block)
    b.cbranch(b.icmp_signed("<", following, INT(parts)), header, done)
    b.position_at_end(done)


def _finish(fn: FunctionEmitter, r: Reduction, sums: Sums) -> None:
    """The result, once all is added up."""
    loops = Loops(fn, r.v.type.shape)

    def value(index: Index) -> Num:
        e = Emit(loops.b)
        if not r.is_compensated:
            return r.across(e, _in_lanes(loops, sums, index))
        total, lost = (loops_loaded(loops, v, index) for v in (sums.total, sums.lost))
        return corrected(e, total, lost)

    if not r.v.type.shape:
        fn.scalars[r.v] = value(())
        return
    loops.run(lambda index: store(loops, r.v, index, value(index)), lanes=False)
    fn.ready.add(r.v)
