"""Where arrays live: in memory of the caller's, or in the frame of the function.

What is changed in place, by an op that changes a part or by a loop that carries it, lives where it
lived before, if nobody reads what was there afterwards. The frame is one block of memory; arrays
that are not alive at the same time share parts of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from lineara.backends.native.flat import CHANGES, Loop, Repeat, StackVariable, Step
from lineara.backends.native.plan import Nest, Plan
from lineara.ir.program import Operand, Variable

ALIGNMENT = 64
SMALL = 256
"""Bytes up to which an array of a function is for LLVM to place, in registers if it can."""


@dataclass(frozen=True)
class Home:
    """Where an array is: `kind` "param" or "result" with its number, "frame" with an offset in
    bytes, or "local" with a number.
    """

    kind: str
    number: int


@dataclass(eq=False)
class Homes:
    """The homes of a function's arrays.

    Attributes:
        of: where each stored array is.
        frame: the bytes of the frame, those of callees included.
        scratch: for each unit that needs memory while it runs, where that is in the frame.
        local: the types of the arrays that LLVM places.
        given: for each result that is in the memory of a parameter, which one.
    """

    of: dict[Variable, Home] = field(default_factory=dict)
    frame: int = 0
    scratch: dict[int, int] = field(default_factory=dict)
    local: list[Variable] = field(default_factory=list)
    given: dict[int, int] = field(default_factory=dict)


def assign(plan: Plan, scratch_of: Any, own: dict[int, int]) -> Homes:
    """The homes of all stored arrays.

    Args:
        plan: the plan of a function.
        scratch_of: the bytes that a step needs while it runs.
        own: parameters that may be overwritten, each with the result that may be in its memory.
    """
    f = plan.f
    base = _bases(plan, own)
    homes = Homes()
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


def _bases(plan: Plan, own: dict[int, int]) -> dict[Variable, Variable]:
    """For each stored array the first one that lived in its memory."""
    owned = {plan.f.params[i] for i in own}
    base = {p: p for p in plan.f.params if p.type.shape}
    for i, unit in enumerate(plan.units):
        steps = unit.roots if isinstance(unit, Nest) else [unit]
        for step in steps:
            pairs = {r: v for v, r in in_place(step)}
            for r in step.results:
                if r not in plan.stored:
                    continue
                v = pairs.get(r)
                base[r] = r
                if (
                    isinstance(v, Variable)
                    and plan.last[v] == i
                    and step.operands.count(v) == 1
                    and (base[v] in owned or base[v] not in plan.f.params)
                ):
                    base[r] = base[v]
    return base


def _place_the_rest(
    plan: Plan, base: dict[Variable, Variable], scratch_of: Any, homes: Homes
) -> None:
    """Gives a part of the frame to each array, and to each unit that needs some to work in."""
    spans: dict[Variable, list[int]] = {}
    for v, root in base.items():
        if root in homes.of:
            continue
        start, end = plan.place[v], plan.last.get(v, plan.place[v])
        span = spans.setdefault(root, [start, end])
        span[0], span[1] = min(span[0], start), max(span[1], end)
    blocks: list[tuple[int, int, int, Variable | None]] = []
    for v, (start, end) in spans.items():
        if v.type.nbytes <= SMALL:
            homes.of[v] = Home("local", len(homes.local))
            homes.local.append(v)
        else:
            blocks.append((start, end, v.type.nbytes, v))
    for i, unit in enumerate(plan.units):
        if isinstance(unit, Step) and (size := scratch_of(unit)):
            blocks.append((i, i, size, None))
    placed: list[tuple[int, int, int, int]] = []
    for start, end, size, owner in sorted(blocks, key=lambda block: -block[2]):
        at = 0
        for low, high in sorted(
            (low, high) for low, high, s, e in placed if s <= end and start <= e
        ):
            if at + size <= low:
                break
            at = max(at, high)
        placed.append((at, _aligned(at + size), start, end))
        homes.frame = max(homes.frame, _aligned(at + size))
        if owner is None:
            homes.scratch[start] = at
        else:
            homes.of[owner] = Home("frame", at)


def _aligned(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT
