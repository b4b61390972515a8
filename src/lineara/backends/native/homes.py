"""Where arrays live: in memory of the caller's, or in the frame of the function.

What is changed in place, by an op that changes a part or by a loop that carries it, lives where it
lived before, if nobody reads what was there afterwards. The frame is one block of memory; arrays
that are not alive at the same time share parts of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from lineara.backends.native.contractions import REDUCTIONS
from lineara.backends.native.flat import CHANGES, Loop, Repeat, StackVariable, Step
from lineara.backends.native.groups import Group
from lineara.backends.native.machine import LANES
from lineara.backends.native.plan import Nest, Plan, Unit, members, steps_of
from lineara.ir.program import Operand, Variable
from lineara.ir.types import ArrayType
from lineara.ops.contract import Dot

Placed = tuple[int, int, int, int]
"""A part of some memory, from a byte to another, and from a time to another."""

RESULT, INSIDE = "result", "inside"
ALIGNMENT = 64
SMALL = 256
"""Bytes up to which an array of a function is for LLVM to place, in registers if it can."""


@dataclass(frozen=True)
class Home:
    """Where an array is: `kind` "param" or "result" with its number, "frame" with an offset in
    bytes, "local" with a number, or "inside" of the group of that number. The offset is from the
    start of the memory of the group, or of the result, which others may use before it is there.
    """

    kind: str
    number: int
    offset: int = 0


class Sums(NamedTuple):
    """What is added up over the axis of a group: in each lane for itself, and the total.

    Sums of floats are compensated: what was `lost` is to be added to the total.
    """

    lanes: Variable
    total: Variable
    lost: Variable


@dataclass(eq=False)
class Inside:
    """The memory of a group.

    Attributes:
        at: for each array that there is a few indices at a time its place, in bytes.
        size: of all.
        sums: for each reduction over the axis of the group.
    """

    at: dict[Variable, int] = field(default_factory=dict)
    size: int = 0
    sums: dict[Step, Sums] = field(default_factory=dict)


@dataclass(eq=False)
class Homes:
    """The homes of a function's arrays.

    Attributes:
        of: where each stored array is.
        frame: the bytes of the frame, those of callees included.
        scratch: for each unit that needs memory while it runs, where that is in the frame.
        local: the types of the arrays that LLVM places.
        given: for each result that is in the memory of a parameter, which one.
        inside: the memory of each group.
    """

    of: dict[Variable, Home] = field(default_factory=dict)
    frame: int = 0
    scratch: dict[int, int] = field(default_factory=dict)
    local: list[Variable] = field(default_factory=list)
    given: dict[int, int] = field(default_factory=dict)
    inside: dict[Group, Inside] = field(default_factory=dict)


def assign(plan: Plan, scratch_of: Any, own: dict[int, int]) -> Homes:
    """The homes of all stored arrays.

    Args:
        plan: the plan of a function.
        scratch_of: the bytes that a step needs while it runs.
        own: parameters that may be overwritten, each with the result that may be in its memory.
    """
    f = plan.f
    homes = Homes()
    for i, unit in enumerate(plan.units):
        if isinstance(unit, Group):
            homes.inside[unit] = _inside(plan, i, unit)
    base = _bases(plan, own, {v for inside in homes.inside.values() for v in inside.at})
    for i, p in enumerate(f.params):
        if p.type.shape:
            homes.of[p] = Home("param", i)
    for k, v in enumerate(f.results):
        root = base.get(v)  # type: ignore[arg-type]
        if root is None or not v.type.shape:
            continue
        known = homes.of.get(root)
        if known is None:
            homes.of[root] = Home("result", k)
        elif known.kind == "param" and own.get(known.number) == k:
            homes.given[k] = known.number
    _place_the_rest(plan, base, scratch_of, homes)
    for v, root in base.items():
        homes.of[v] = homes.of[root]
    return homes


def in_place(step: Step) -> list[tuple[Operand, Variable]]:
    """Operands that a step overwrites with results, if it may."""
    op = step.op
    if isinstance(op, CHANGES):
        return [(step.operands[0], step.results[0])]
    if not isinstance(op, Loop | Repeat):
        return []
    first = op.consts + (op.first if isinstance(op, Loop) else op.cond_consts)
    pairs = zip(step.operands[first : first + op.carries], step.results, strict=False)
    return [(v, r) for v, r in pairs if r.type.shape and not isinstance(r, StackVariable)]


def _bases(plan: Plan, own: dict[int, int], apart: set[Variable]) -> dict[Variable, Variable]:
    """For each stored array, but those that live apart, the first one that lived in its memory."""
    owned = {plan.f.params[i] for i in own}
    base = {p: p for p in plan.f.params if p.type.shape}
    for i, unit in enumerate(plan.units):
        pairs = _overwritten(plan, i, unit)
        for r in (r for step in steps_of(unit) for r in step.results):
            if r not in plan.stored or r in apart:
                continue
            v = pairs.get(r)
            free = v is not None and (base[v] in owned or base[v] not in plan.f.params)
            base[r] = base[v] if v is not None and free else r
    return base


def _overwritten(plan: Plan, number: int, unit: Unit) -> dict[Variable, Variable]:
    """The results of a unit that can take the place of an array which nobody reads afterwards."""
    if isinstance(unit, Group):
        return {}
    if isinstance(unit, Step):
        return {
            r: v
            for v, r in in_place(unit)
            if isinstance(v, Variable) and plan.last[v] == number and unit.operands.count(v) == 1
        }
    return _overwritten_by(plan, number, unit)


def _overwritten_by(plan: Plan, number: int, nest: Nest) -> dict[Variable, Variable]:
    """Those of a nest: of each array the last one that reads it, at the index that it is at.

    Not those of sums, which start with zeros before anything is read.
    """
    found: dict[Variable, Variable] = {}
    elsewhere: set[Variable] = set()
    for step in nest.roots:
        (r,) = step.results
        for v, here in plan.reads_of(step):
            for x in [x for x, w in found.items() if w is v]:
                del found[x]
            if not here:
                elsewhere.add(v)
            alike = (v.type.shape, v.type.dtype) == (r.type.shape, r.type.dtype)
            ends = plan.last[v] == number and v in plan.stored and plan.place[v] != number
            kept = r in plan.stored and not isinstance(step.op, (*REDUCTIONS, Dot))
            if alike and ends and kept and v not in elsewhere and r not in found:
                found[r] = v
    return {r: v for r, v in found.items() if v not in elsewhere}


def _place_the_rest(
    plan: Plan, base: dict[Variable, Variable], scratch_of: Any, homes: Homes
) -> None:
    """Gives a part of the frame to each array, and to each unit that needs some to work in."""
    spans: dict[Variable, tuple[int, int]] = {}
    for v, root in base.items():
        place, last = plan.place[v], plan.last.get(v, plan.place[v])
        start, end = spans.get(root, (place, last))
        spans[root] = min(start, place), max(end, last)
    blocks: list[tuple[int, int, int, Variable | None]] = []
    rooms = [
        _Room(home, v.type.nbytes, spans[v][0])
        for v, home in homes.of.items()
        if home.kind == RESULT
    ]
    rest = [v for v in spans if v not in homes.of]
    for v in sorted(rest, key=lambda v: (-v.type.nbytes, plan.place[v])):
        start, end = spans[v]
        room = next((r for r in rooms if r.take(start, end, v.type.nbytes)), None)
        if v.type.nbytes <= SMALL:
            homes.of[v] = Home("local", len(homes.local))
            homes.local.append(v)
        elif room is not None:
            homes.of[v] = Home(RESULT, room.home.number, room.placed[-1][0])
        else:
            blocks.append((start, end, v.type.nbytes, v))
    for i, unit in enumerate(plan.units):
        if isinstance(unit, Step) and (size := scratch_of(unit)):
            blocks.append((i, i, size, None))
        elif isinstance(unit, Group):
            blocks.append((i, i, homes.inside[unit].size * unit.parts, None))
    places, homes.frame = _packed([block[:3] for block in blocks])
    for (start, _, _, owner), at in zip(blocks, places, strict=True):
        if owner is not None:
            homes.of[owner] = Home("frame", at)
            continue
        homes.scratch[start] = at
        unit = plan.units[start]
        if isinstance(unit, Group):
            inside = homes.inside[unit]
            homes.of.update({v: Home(INSIDE, start, place) for v, place in inside.at.items()})


@dataclass
class _Room:
    """The memory of a result, which others may use before it is there."""

    home: Home
    size: int
    first: int
    placed: list[Placed] = field(default_factory=list)

    def take(self, start: int, end: int, size: int) -> bool:
        """Takes a part of it, if one is free; it is the last one of those that are placed."""
        at = _lowest(self.placed, start, end, size)
        if end >= self.first or size <= SMALL or at + size > self.size:
            return False
        self.placed.append((at, _aligned(at + size), start, end))
        return True


def _packed(blocks: Sequence[tuple[int, int, int]]) -> tuple[list[int], int]:
    """Places for blocks of memory, each in use from one time to another, with its size; and the
    size of all together.
    """
    placed: list[Placed] = []
    places = [0] * len(blocks)
    for k in sorted(range(len(blocks)), key=lambda k: -blocks[k][2]):
        start, end, size = blocks[k]
        places[k] = at = _lowest(placed, start, end, size)
        placed.append((at, _aligned(at + size), start, end))
    return places, max((high for _, high, _, _ in placed), default=0)


def _lowest(placed: Sequence[Placed], start: int, end: int, size: int) -> int:
    """The lowest place of so many bytes that nobody uses from one time to another."""
    at = 0
    for low, high in sorted((low, high) for low, high, s, e in placed if s <= end and start <= e):
        if at + size <= low:
            break
        at = max(at, high)
    return at


# -- groups ---------------------------------------------------------------------------------------


def _inside(plan: Plan, number: int, group: Group) -> Inside:
    """The memory of the group that is the unit of that number."""
    made: dict[Variable, int] = {}
    last: dict[Variable, int] = {}
    for k, member in enumerate(members(group)):
        for step in steps_of(member):
            made.update(dict.fromkeys(step.results, k))
            last.update({read.value: k for read in plan.reads_of(step)})
    changed = {r: w for step in steps_of(group) for w, r in in_place(step)}
    found = Inside()
    base: dict[Variable, Variable] = {}
    spans: dict[Variable, tuple[int, int]] = {}
    for v, q in group.place.items():
        if q is None or v not in plan.stored or plan.last.get(v, number) > number:
            continue
        base[v] = v
        whole = changed.get(v)
        if isinstance(whole, Variable) and whole in base and last[whole] == made[v]:
            base[v] = base[whole]
        start, end = spans.get(base[v], (made[v], 0))
        spans[base[v]] = start, max(end, last.get(v, made[v]))
    sizes = [v.type.nbytes // group.length * LANES for v in spans]
    blocks = [(*span, size) for span, size in zip(spans.values(), sizes, strict=True)]
    owners = list(spans)
    final = len(group.units)
    for step in steps_of(group):
        if isinstance(step.op, (*REDUCTIONS, Dot)) and group.place[step.results[0]] is None:
            found.sums[step] = sums = _sums(step)
            owners += sums
            blocks += [(0, final, v.type.nbytes) for v in sums]
    places, found.size = _packed(blocks)
    at = dict(zip(owners, places, strict=True))
    found.at = at | {v: at[root] for v, root in base.items()}
    return found


def _sums(step: Step) -> Sums:
    type = step.results[0].type
    lanes = ArrayType(type.dtype, (*type.shape, LANES))
    return Sums(Variable(lanes), Variable(type), Variable(type))


def _aligned(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT
