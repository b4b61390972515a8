"""What is computed where: the steps of a function, and what each of them stores.

Elementwise ops, and ops that only move elements, are *lazy*: an element of their result is computed
where somebody reads it. Everything else is a step. A *nest* of loops stores several arrays of one
shape, and reduces others, at a time: an array that must be in memory, or that is costly and read in
more than one place, is stored by the first nest that has all that it needs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import NamedTuple

from lineara.backends.native.blas import is_large, laid_out
from lineara.backends.native.contractions import REDUCTIONS, contraction_shape
from lineara.backends.native.elementwise import COSTS, lowering
from lineara.backends.native.flat import (
    CHANGES,
    Branch,
    Flat,
    Invoke,
    Loop,
    Repeat,
    StackVariable,
    Step,
)
from lineara.backends.native.groups import Group, grouped
from lineara.ir.program import Literal, Operand, Variable
from lineara.ops.broadcast import Broadcast
from lineara.ops.contract import Dot
from lineara.ops.creation import Iota
from lineara.ops.dynamic import DynamicSlice
from lineara.ops.indexing import Gather
from lineara.ops.linalg.matrix import Triangle
from lineara.ops.packages import Blank
from lineara.ops.shape import ExpandDims, Flip, Reshape, Squeeze, Transpose
from lineara.ops.slicing import Concatenate, Pad, Slice

MOVING = (
    *(Broadcast, Reshape, Transpose, Flip, ExpandDims, Squeeze, Slice, Pad),
    *(Gather, DynamicSlice, Iota, Blank, Triangle),
)
"""Ops whose elements are elements of their first operand, or known."""
CONTROL = (Invoke, Branch, Loop, Repeat)

CHEAP = 6
"""What may be computed more than once."""
LONG = 60
"""What is not computed in one go, so that nothing recurses deeply."""


@dataclass(eq=False)
class Nest:
    """Loops over one shape, with what is computed in them, in order."""

    shape: tuple[int, ...]
    roots: list[Step] = field(default_factory=list)


Unit = Nest | Step | Group
"""A nest, one step for itself, or several of these that run together."""


def members(unit: Unit) -> Sequence[Nest | Step]:
    """What a unit consists of, in order."""
    return unit.units if isinstance(unit, Group) else [unit]


def steps_of(unit: Unit) -> list[Step]:
    """The steps that a unit does."""
    return [
        step
        for member in members(unit)
        for step in (member.roots if isinstance(member, Nest) else [member])
    ]


class Read(NamedTuple):
    """A value that something reads: at the index that it is at itself, or anywhere."""

    value: Variable
    here: bool


class Plan:
    """The units of a function, in order, and where its values are read.

    Attributes:
        units: what is done, in order.
        place: in which unit a value comes into being; −1 for parameters.
        stored: the arrays that are in memory.
        last: the last unit that reads a value; results are read after all of them.
    """

    def __init__(self, f: Flat) -> None:
        self.f = f = laid_out(f)
        self.definition = {v: step for step in f.steps for v in step.results}
        self.units: list[Unit] = []
        self.place: dict[Variable, int] = dict.fromkeys(f.params, -1)
        self.stored: set[Variable] = {p for p in f.params if p.type.shape}
        self.last: dict[Variable, int] = {}
        self._cost: dict[Variable, int] = {}
        self._lazy: dict[Step, bool] = {}
        self._count_uses()
        for step in f.steps:
            self._add(step)
        self.units = grouped(self)
        self._find_reads()

    # -- what is lazy ---------------------------------------------------------------------------

    def is_lazy(self, step: Step) -> bool:
        lazy = self._lazy.get(step)
        if lazy is None:
            lazy = self._lazy[step] = is_lazy(step)
        return lazy

    def _count_uses(self) -> None:
        self.uses: dict[Operand, int] = {}
        self.needed: set[Operand] = {v for v in self.f.results if v.type.shape}
        for step in self.f.steps:
            for v in set(step.operands):
                self.uses[v] = self.uses.get(v, 0) + 1
            self.needed.update(v for v in self._in_memory(step) if v.type.shape)
        for v in self.f.results:
            self.uses[v] = self.uses.get(v, 0) + 1

    def _in_memory(self, step: Step) -> Sequence[Operand]:
        """The operands that a step takes from memory only."""
        op = step.op
        if isinstance(op, CHANGES):
            whole, part, *positions = step.operands
            return [whole, *positions, *([part] if self._may_read(part, whole) else [])]
        if isinstance(op, Dot) and not is_loops(step):
            return step.operands
        if isinstance(op, (*REDUCTIONS, Dot, Concatenate)) or self.is_lazy(step):
            return ()
        return step.operands

    def _may_read(self, v: Operand, whole: Operand) -> bool:
        """Whether elements of `v` may be computed from those of `whole`, which are overwritten."""
        stack, seen = [v], set[Operand]()
        while stack and len(seen) < LONG:
            v = stack.pop()
            step = self.definition.get(v)  # type: ignore[arg-type]
            if v in seen or step is None or not self.is_lazy(step):
                continue
            seen.add(v)
            stack.extend(step.operands)
            if whole in step.operands:
                return True
        return bool(stack)

    def cost(self, v: Operand) -> int:
        """What it takes to compute an element of a value where it is read."""
        if not isinstance(v, Variable) or v in self.place or v not in self.definition:
            return 1
        return self._cost.get(v, 1)

    def work_of(self, unit: Nest | Step) -> int:
        """About how many scalar operations a unit takes."""
        if isinstance(unit, Step):
            return sum(v.type.size for v in unit.results)
        each = sum(1 + sum(map(self.cost, s.operands)) for s in unit.roots)
        return prod(unit.shape) * each

    # -- units ----------------------------------------------------------------------------------

    def _add(self, step: Step) -> None:
        if not self.is_lazy(step):
            self._add_eager(step)
            return
        (v,) = step.results
        own = COSTS.get(getattr(step.op, "name", ""), 1)
        self._cost[v] = own + sum(map(self.cost, step.operands))
        if not v.type.shape:
            self._alone(step)
            return
        costly = self.uses.get(v, 0) > 1 and self._cost[v] > CHEAP
        if v in self.needed or costly or self._cost[v] > LONG:
            self._join(step, v.type.shape)
            if v in self.needed:
                self.stored.add(v)

    def _add_eager(self, step: Step) -> None:
        op = step.op
        if isinstance(op, REDUCTIONS):
            self._join(step, step.operands[0].type.shape)
            self.stored.update(v for v in step.results if v.type.shape)
        elif isinstance(op, Dot) and is_loops(step):
            self._join(step, contraction_shape(step))
            self.stored.update(v for v in step.results if v.type.shape)
        else:
            self._alone(step)
            self.stored.update(v for v in step.results if v.type.shape)

    def _alone(self, step: Step) -> None:
        for v in step.results:
            self.place[v] = len(self.units)
        self.units.append(step)

    def _join(self, step: Step, shape: tuple[int, ...]) -> None:
        """Puts a root into the first nest of its shape that comes late enough."""
        first = 0
        for read in self.reads_of(step):
            place = self.place[read.value]
            unit = self.units[place] if place >= 0 else None
            same = read.here and isinstance(unit, Nest) and unit.shape == shape
            first = max(
                first,
                place if same and not is_reduced(self.definition.get(read.value)) else place + 1,
            )
        for i in range(first, len(self.units)):
            unit = self.units[i]
            if isinstance(unit, Nest) and unit.shape == shape:
                break
        else:
            i, unit = len(self.units), Nest(shape)
            self.units.append(unit)
        unit.roots.append(step)
        for v in step.results:
            self.place[v] = i

    # -- reads ----------------------------------------------------------------------------------

    def reads_of(self, step: Step) -> Iterable[Read]:
        """What a step reads, through all that is lazy, each once and always in the same order."""
        found: dict[Read, None] = {}
        moved = not isinstance(step.op, REDUCTIONS) and (
            isinstance(step.op, MOVING) or not self.is_lazy(step)
        )
        for v in step.operands:
            self._walk(v, not moved, found, set())
        return found

    def _walk(
        self, v: Operand, here: bool, found: dict[Read, None], seen: set[tuple[Operand, bool]]
    ) -> None:
        if isinstance(v, Literal) or (v, here) in seen:
            return
        seen.add((v, here))
        if v in self.place:
            found[Read(v, here and bool(v.type.shape))] = None
            return
        step = self.definition[v]
        still = here and not isinstance(step.op, MOVING)
        for w in step.operands:
            self._walk(w, still, found, seen)

    def as_nest(self, unit: Nest | Step) -> Nest | Step:
        """The unit, as loops if it is a contraction."""
        if isinstance(unit, Step) and isinstance(unit.op, Dot):
            return Nest(contraction_shape(unit), [unit])
        return unit

    def _find_reads(self) -> None:
        maker: dict[Variable, Nest | Step] = {}
        for i, unit in enumerate(self.units):
            for member in members(unit):
                for v in (v for step in steps_of(member) for v in step.results):
                    self.place[v], maker[v] = i, member
        for i, unit in enumerate(self.units):
            for member in members(unit):
                for read, here in (r for step in steps_of(member) for r in self.reads_of(step)):
                    self.last[read] = max(self.last.get(read, -1), i)
                    if read.type.shape and (maker.get(read) is not member or not here):
                        self.stored.add(read)
        for result in self.f.results:
            if isinstance(result, Variable):
                self.last[result] = len(self.units)


def is_lazy(step: Step) -> bool:
    """Whether the elements of the result can be computed one by one."""
    if isinstance(step.op, MOVING):
        return True
    if isinstance(step.op, CONTROL) or any(map(is_stack, (*step.operands, *step.results))):
        return False
    return lowering(step.op, [v.type.dtype for v in step.operands]) is not None


def is_stack(v: Operand) -> bool:
    """Whether a value is a stack."""
    return isinstance(v, StackVariable)


def is_reduced(step: Step | None) -> bool:
    """Whether the result of a step is there after all iterations of its nest only."""
    return step is not None and isinstance(step.op, (*REDUCTIONS, Dot))


def is_loops(step: Step) -> bool:
    """Whether a contraction is computed by loops rather than by BLAS."""
    return not is_large(step)
