"""Nests: the arrays that are stored, and the reductions, in loops over one shape."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lineara.backends.native import moving as _moving  # noqa: F401  (it fills the table READ)
from lineara.backends.native.contractions import REDUCTIONS
from lineara.backends.native.loops import READ, Index, Loops, store
from lineara.backends.native.plan import Nest
from lineara.backends.native.reductions import Reduction, Sum
from lineara.ir.program import Literal, Operand
from lineara.ops.broadcast import Broadcast
from lineara.ops.contract import Dot
from lineara.ops.packages import Blank

if TYPE_CHECKING:
    from lineara.backends.native.functions import FunctionEmitter

COPIES = 4
"""Sums that are added up side by side, so that no addition waits for the last one."""
FEW = 8
"""Roots of a nest up to which its innermost loop is written several times over."""


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
    sums = {r: Sum(fn, r, copies) for r in reductions}

    def flush() -> None:
        for sum_ in sums.values():
            sum_.flush()

    weight = sum(1 + sum(map(fn.plan.cost, s.operands)) // 2 for s in nest.roots)
    loops = Loops(fn, nest.shape, flat=flat, copies=copies, flush=flush, weight=weight)

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
                sums[r].put(loops, index)
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


def _fill(fn: FunctionEmitter, r: Reduction) -> None:
    loops = Loops(fn, r.v.type.shape)
    loops.run(lambda index: store(loops, r.v, index, r.zero()))
