"""Groups as code: one loop over their axis, and in it the loops of each unit, with vectors.

An iteration does `LANES` indices of the axis, one in each lane. If the length of the axis is no
multiple of that, the last iteration does some indices again, and adds them to no sum.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import prod
from typing import TYPE_CHECKING, Any

from lineara.backends.native import llir
from lineara.backends.native.changes import write_change, write_pieces
from lineara.backends.native.contractions import REDUCTIONS
from lineara.backends.native.elementwise import choose
from lineara.backends.native.flat import Step
from lineara.backends.native.groups import Group
from lineara.backends.native.homes import Sums
from lineara.backends.native.loops import At, Index, Loops, loops_loaded, store
from lineara.backends.native.machine import LANES
from lineara.backends.native.numbers import INT, Emit, Num
from lineara.backends.native.plan import Nest, members, steps_of
from lineara.backends.native.reductions import Reduction, Register, compensated, corrected
from lineara.ir.program import Variable
from lineara.ops.contract import Dot
from lineara.ops.slicing import Concatenate

if TYPE_CHECKING:
    from lineara.backends.native.functions import FunctionEmitter

ROUND = 32
"""Iterations whose sum is added, with compensation, to that of the others."""


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
    for r, s in sums.items():
        _begin(fn, r, s)
    b = fn.b
    entry, header, done = b.block, b.append_basic_block("several"), b.append_basic_block("done")
    b.branch(header)
    b.position_at_end(header)
    k = b.phi(INT)
    k.add_incoming(INT(0), entry)
    fn.group = _started(b, place, k, group.length)
    for member in members(group):
        _write(fn, group, member)
    fn.group = Lanes()
    following = b.add(k, INT(1))
    again = b.icmp_signed("<", following, INT(-(-group.length // LANES)))
    _add_up(fn, sums, k, again)
    k.add_incoming(following, b.block)
    b.cbranch(again, header, done)
    b.position_at_end(done)
    for r, s in sums.items():
        _finish(fn, r, s)


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

    def __init__(self, fn: FunctionEmitter, step: Step, nest: Nest, axis: int, sums: Sums | None):
        self.fn, self.sums = fn, sums
        self.r = Reduction(step, nest.shape)
        inner = [i for i in range(len(nest.shape)) if i != axis]
        self.axis = axis
        self.kept = tuple(inner.index(i) for i in self.r.kept if i != axis)
        self.start = max(self.kept, default=-1) + 1
        """The level from which on all loops are summed over."""
        self.depth = len(inner)
        self.target = self.r.v if sums is None else sums.lanes
        self.partial = any(i not in self.kept for i in range(self.start))
        self.long = prod(nest.shape[i] for i in inner[self.start :]) > 4 * ROUND
        dtype = self.r.v.type.dtype
        self.one = Register(fn, dtype, LANES) if self.start < self.depth else None
        self.lost = Register(fn, dtype, LANES) if self.long and self.r.is_compensated else None

    def fill(self) -> None:
        """Before all loops."""
        if self.sums is None and (self.partial or self.one is None):
            v = self.r.v
            q = self.fn.group.place.get(v)
            axis = self.r.kept.index(self.axis) if q is None else q
            loops = Loops(self.fn, v.type.shape, axis=axis)
            loops.run(lambda index: store(loops, v, index, self.r.zero()))

    def begin(self) -> None:
        e = Emit(self.fn.b)
        for register in (self.one, self.lost):
            if register is not None:
                register.write(e, self.r.zero())

    def put(self, loops: Loops, index: Index) -> None:
        value, e = self.r.element(loops, index), Emit(loops.b)
        if self.one is None:
            self._into(loops, self._without(index), value)
        elif self.lost is None:
            self.one.write(e, self.r.combine(e, self.one.read(e), e.spread(value, LANES)))
        else:
            total, lost = self.one.read(e), self.lost.read(e)
            total, lost = compensated(e, total, lost, e.spread(value, LANES))
            self.one.write(e, total)
            self.lost.write(e, lost)

    def end(self, loops: Loops, index: Index) -> None:
        if self.one is None:
            return
        e = Emit(loops.b)
        total = self.one.read(e)
        if self.lost is not None:
            total = corrected(e, total, self.lost.read(e))
        self._into(loops, index, total, whole=not self.partial)

    def _without(self, index: Index) -> Index:
        return tuple(at for i, at in enumerate(index) if i != self.axis)

    def _into(self, loops: Loops, inner: Index, value: Num, *, whole: bool = False) -> None:
        """Adds to an element of the result, or of the sums in lanes."""
        e = Emit(loops.b)
        at = self.fn.group.at
        kept = [inner[i] for i in self.kept]
        if self.sums is None:
            kept.insert(self.r.kept.index(self.axis), at)
            place = tuple(kept)
            value = e.spread(value, LANES)
            if not whole:
                value = self.r.combine(e, loops_loaded(loops, self.target, place), value)
            store(loops, self.target, place, value)
            return
        place = (*kept, at)
        new = self.fn.group.new
        value = e.spread(value, LANES)
        if new is not None:
            value = choose(e, new, value, e.spread(self.r.zero(), LANES))
        old = loops_loaded(loops, self.target, place)
        store(loops, self.target, place, self.r.combine(e, old, value))


def _write_nest(fn: FunctionEmitter, nest: Nest, axis: int, sums: dict[Step, Sums]) -> None:
    found = {
        step: _Sum(fn, step, nest, axis, sums.get(step))
        for step in nest.roots
        if isinstance(step.op, (*REDUCTIONS, Dot))
    }
    for r in found.values():
        r.fill()
    weight = sum(1 + sum(map(fn.plan.cost, s.operands)) // 2 for s in nest.roots)
    loops = Loops(fn, nest.shape, weight=weight, axis=axis)

    def before(level: int, index: Index) -> None:
        for r in found.values():
            if r.start == level:
                r.begin()

    def after(level: int, index: Index) -> None:
        for r in found.values():
            if r.start == level:
                r.end(loops, index)

    def body(index: Index) -> None:
        for step in nest.roots:
            if step in found:
                found[step].put(loops, index)
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
