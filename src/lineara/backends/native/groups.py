"""Groups: units that run together along an axis that they share, a few of its indices at a time.

What code for whole arrays computes array by array, a group computes index by index: of the arrays
that only the group reads there is no more in memory at a time than `LANES` indices, and each of
these has a lane of all vectors. It is `vmap` backwards. What is summed over the axis is added up in
lanes of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from lineara.backends.native.axes import Extent, extent
from lineara.backends.native.flat import CHANGES, Loop, Repeat, Step
from lineara.backends.native.machine import LANES
from lineara.ir.program import Operand, Variable
from lineara.ops.contract import Dot

if TYPE_CHECKING:
    from lineara.backends.native.plan import Nest, Plan, Unit

LEAST = 64
"""Length of an axis from which on units are grouped along it,"""
SAVED = 1 << 14
"""if so many bytes need not be stored,"""
WIDE = 128
"""and if no array has an innermost axis that long: vectors run along that one better."""
THICK = 32
"""Length of two axes from which on a large contraction is left to BLAS."""
PART, PARTS = 1 << 19, 16
"""Scalar operations that a part of a group does at least, and the most parts."""
ROUND = 32
"""Iterations whose sum is added, with compensation, to that of the others; parts have as many."""
TRIED = 8
"""Groups that a unit is tried to be added to, the latest first."""
MANY = 1000
"""Units from which on there are no groups: finding them takes time."""


@dataclass(eq=False)
class Group:
    """Units that run together along an axis.

    Attributes:
        units: in order.
        length: of the axis.
        axis: for each unit the axis, among its own.
        place: for each array that is made the axis, among its own; None if it is summed over it.
        parts: how many parts of it may be done at a time.
    """

    units: list[Nest | Step]
    length: int
    axis: dict[Nest | Step, int]
    place: dict[Variable, int | None]
    parts: int


class Option(NamedTuple):
    """One way for units to run together."""

    length: int
    axis: dict[int, int]
    place: dict[Variable, int | None]

    def extended(self, number: int, extent: Extent) -> Iterator[Option]:
        """The ways that are left with one more unit."""
        for p, n in enumerate(extent.shape):
            if n != self.length:
                continue
            place = {v: along.index(p) if p in along else None for v, along in extent.made}
            place = self.place | place
            if all(_reads_there(place[v], along, p) for v, along in extent.reads if v in place):
                yield Option(n, self.axis | {number: p}, place)


def _reads_there(place: int | None, along: Sequence[int], p: int) -> bool:
    """Whether an array is read at the index of the axis that has been reached."""
    return place is not None and along[place] == p


@dataclass(eq=False)
class Slot:
    """A place in the order of units: those in it, and the ways for them to run together."""

    members: list[int]
    options: list[Option] = field(default_factory=list)


def grouped(plan: Plan) -> list[Unit]:
    """The units of a plan, where those that should run together are one."""
    units: list[Nest | Step] = plan.units  # type: ignore[assignment]
    long = any(n >= LEAST for u in units if not isinstance(u, Step) for n in u.shape)
    if not long or len(units) > MANY:
        return plan.units
    return _Search(plan, units).run()


class _Search:
    """The order of units while groups are found."""

    def __init__(self, plan: Plan, units: list[Nest | Step]) -> None:
        self.plan, self.units = plan, units
        self.extents = [self._extent(u) for u in units]
        self.before = list(self._order())
        """For each unit those that must come before it."""
        self.slots: list[Slot] = []
        self.slot_of: dict[int, Slot] = {}

    def run(self) -> list[Unit]:
        for i in range(len(self.units)):
            self._add(i)
        return [u for slot in self.slots for u in self._unit(slot)]

    def _extent(self, unit: Nest | Step) -> Extent | None:
        found = extent(self.plan, unit)
        if found is not None and isinstance(unit, Step) and isinstance(unit.op, Dot):
            small = sorted(found.shape)[:-1]
            return found if all(n < THICK for n in small) else None
        return found

    def _order(self) -> Iterator[set[int]]:
        readers: dict[Operand, set[int]] = {}
        for i, unit in enumerate(self.units):
            steps = [unit] if isinstance(unit, Step) else unit.roots
            reads = {r.value for step in steps for r in self.plan.reads_of(step)}
            earlier = {self.plan.place[v] for v in reads} - {i, -1}
            for v in reads:
                readers.setdefault(v, set()).add(i)
            if isinstance(unit, Step) and isinstance(unit.op, (*CHANGES, Loop, Repeat)):
                for w in unit.operands:  # it may be overwritten
                    earlier |= readers.get(w, set()) - {i}
            yield earlier

    def _add(self, i: int) -> None:
        extent = self.extents[i]
        if extent is None:
            self._append(i, [])
            return
        tried = 0
        for slot in reversed(self.slots):
            if not slot.options:
                continue
            options = [o for option in slot.options for o in option.extended(i, extent)]
            if options and self._can_come_to(slot, i):
                slot.options = options
                slot.members.append(i)
                self.slot_of[i] = slot
                return
            tried += 1
            if tried == TRIED:
                break
        nothing = (Option(n, {}, {}) for n in dict.fromkeys(extent.shape) if n >= LEAST)
        self._append(i, [o for option in nothing for o in option.extended(i, extent)])

    def _append(self, i: int, options: list[Option]) -> None:
        slot = self.slot_of[i] = Slot([i], options)
        self.slots.append(slot)

    def _can_come_to(self, target: Slot, i: int) -> bool:
        """Whether a unit can join a slot; moves what it needs before that."""
        position = {id(slot): k for k, slot in enumerate(self.slots)}
        goal = position[id(target)]
        needed: set[int] = set()
        stack = [position[id(self.slot_of[j])] for j in self.before[i]]
        stack = [k for k in stack if k > goal]
        while stack:
            k = stack.pop()
            if k in needed:
                continue
            needed.add(k)
            for j in (j for m in self.slots[k].members for j in self.before[m]):
                place = position[id(self.slot_of[j])]
                if place == goal:
                    return False
                if place > goal and place != k:
                    stack.append(place)
        if needed:
            moved = [self.slots[k] for k in sorted(needed)]
            rest = [slot for k, slot in enumerate(self.slots) if k not in needed]
            self.slots = [*rest[:goal], *moved, *rest[goal:]]
        return True

    # -- what becomes of a slot -----------------------------------------------------------------

    def _unit(self, slot: Slot) -> Iterable[Unit]:
        units = [self.units[i] for i in slot.members]
        good = [o for o in slot.options if self._pays(slot, o)]
        if not good:
            return units
        best = max(good, key=lambda o: o.length)
        members = [self.plan.as_nest(u) for u in units]
        axis = {u: best.axis[i] for u, i in zip(members, slot.members, strict=True)}
        return [Group(members, best.length, axis, best.place, self._parts(members, best))]

    def _parts(self, units: Sequence[Nest | Step], option: Option) -> int:
        work = sum(map(self.plan.work_of, units))
        return max(1, min(PARTS, work // PART, option.length // LANES // ROUND))

    def _pays(self, slot: Slot, option: Option) -> bool:
        if len(slot.members) < 2 or any(self._is_wide(i, option) for i in slot.members):
            return False
        inside = set(slot.members)
        outside = {
            v
            for i, extent in enumerate(self.extents)
            if i not in inside
            for v in self._read_by(i, extent)
        }
        own = {v for v, q in option.place.items() if q is not None} - outside
        own -= set(self.plan.f.results)
        handed_on = {
            v
            for i in inside
            for v in self._read_by(i, self.extents[i])
            if v in own and self.plan.place[v] != i
        }
        return sum(v.type.nbytes for v in handed_on) >= SAVED

    def _read_by(self, i: int, extent: Extent | None) -> Iterable[Variable]:
        if extent is not None:
            return (v for v, _ in extent.reads)
        unit = self.units[i]
        steps = [unit] if isinstance(unit, Step) else unit.roots
        return (r.value for step in steps for r in self.plan.reads_of(step))

    def _is_wide(self, i: int, option: Option) -> bool:
        extent = self.extents[i]
        assert extent is not None, "it has options"
        shape = extent.shape
        return option.axis[i] != len(shape) - 1 and shape[-1] >= WIDE
