"""Reductions: what is added up (or multiplied, compared, …) in the loops of a nest."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from lineara.backends.native import llir
from lineara.backends.native.contractions import contraction
from lineara.backends.native.elementwise import TABLE, choose
from lineara.backends.native.flat import Step
from lineara.backends.native.loops import Index, Loops, loops_loaded, store
from lineara.backends.native.machine import LANES, has_fma
from lineara.backends.native.numbers import FLAG, Emit, Num, constant, memory_type, parts_of
from lineara.ir.types import DType
from lineara.ops.contract import Dot

if TYPE_CHECKING:
    from lineara.backends.native.functions import FunctionEmitter

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

    @property
    def is_compensated(self) -> bool:
        """Whether long sums are: NumPy adds up those of contractions as they come, too."""
        return self.is_float_sum and not isinstance(self.step.op, Dot)

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
        x, y = self._factors(loops, index)
        level = max((a.level for a in index), default=-1)
        return TABLE["mul", x.dtype.kind](loops.emitter(level), x, y)

    def _factors(self, loops: Loops, index: Index) -> tuple[Num, Num]:
        labels = self.labels
        at = dict(zip(labels.labels, index, strict=True))
        x, y = (
            loops.value(v, tuple(at[label] for label in part))
            for part, v in zip((labels.x, labels.y), self.step.operands, strict=True)
        )
        return x, y

    def added(self, e: Emit, loops: Loops, index: Index, total: Num) -> Num:
        """A total with the next element added."""
        if isinstance(self.step.op, Dot) and self.v.type.dtype.kind == "f" and has_fma():
            x, y, total = e.together([*self._factors(loops, index), total])
            return e.intrinsic("fma", x, y, total)
        return self.combine(e, total, e.spread(self.element(loops, index), total.lanes))

    def combine(self, e: Emit, x: Num, y: Num) -> Num:
        return TABLE[COMBINE[self.name], x.dtype.kind](e, x, y)

    def zero(self) -> Num:
        return identity(self.name, self.v.type.dtype)

    def across(self, e: Emit, x: Num) -> Num:
        """What is in the lanes of a number, in one."""
        lanes = [e.lane(x, k) for k in range(x.lanes)]
        while len(lanes) > 1:
            lanes = [self.combine(e, x, y) for x, y in pairwise_halves(lanes)]
        return lanes[0]

    def place(self, index: Index) -> Index:
        return tuple(index[i] for i in self.kept)


class Register:
    """A number, or one in each lane, that changes; LLVM keeps it in a register."""

    def __init__(self, fn: FunctionEmitter, dtype: DType, lanes: int = 1) -> None:
        self.dtype, self.lanes = dtype, lanes
        type = memory_type(dtype)
        if lanes > 1:
            type = llir.vector(type, lanes)
        self.slots = [fn.slot(type) for _ in range(parts_of(dtype))]

    def read(self, e: Emit) -> Num:
        values = [e.b.load(slot) for slot in self.slots]
        if self.dtype == FLAG:
            values = [e.b.icmp_unsigned("!=", x, llir.Constant(x.type, None)) for x in values]
        return Num(self.dtype, tuple(values), self.lanes)

    def write(self, e: Emit, x: Num) -> None:
        for slot, part in zip(self.slots, e.spread(x, self.lanes).parts, strict=True):
            e.b.store(e.b.zext(part, slot.type.element) if self.dtype == FLAG else part, slot)


def compensated(e: Emit, total: Num, lost: Num, x: Num) -> tuple[Num, Num]:
    """A total with `x` added, and what rounding has lost so far (Neumaier, ZAMM 54, 1974)."""
    b, old = e.b, total.value
    new = b.fadd(old, x.value)
    sizes = (e.intrinsic("fabs", n).value for n in (total, x))
    larger = b.fcmp_ordered(">=", *sizes)
    first, second = b.select(larger, old, x.value), b.select(larger, x.value, old)
    rest = b.fadd(b.fsub(first, new), second)
    return total._replace(parts=(new,)), lost._replace(parts=(b.fadd(lost.value, rest),))


def corrected(e: Emit, total: Num, lost: Num) -> Num:
    """A total with what had been lost, unless it is infinite or not a number."""
    exact = total._replace(parts=(e.b.fadd(total.value, lost.value),))
    return choose(e, TABLE["isfinite", "f"](e, total), exact, total)


class Sum:
    """The accumulators of a reduction: numbers for the loops it sums over, and vectors.

    The sum of floats is compensated for what has been flushed: `one` and `lost` together are the
    total so far, and what is in the vectors is still to be added.
    """

    def __init__(self, fn: FunctionEmitter, r: Reduction, copies: int) -> None:
        self.fn, self.r = fn, r
        dtype = r.v.type.dtype
        self.single = r.start < len(r.shape)
        self.compensated = r.is_float_sum
        if not self.single:
            return
        self.one, self.lost = Register(fn, dtype), Register(fn, dtype)
        self.used_lanes = r.shape[-1] >= LANES
        self.many = [Register(fn, dtype, LANES) for _ in range(copies if self.used_lanes else 0)]

    def begin(self) -> None:
        e = Emit(self.fn.b)
        self.one.write(e, self.r.zero())
        self.lost.write(e, self.r.zero())
        self._clear(e)

    def _clear(self, e: Emit) -> None:
        for register in self.many:
            register.write(e, self.r.zero())

    def put(self, loops: Loops, index: Index) -> None:
        e = Emit(loops.b)
        if not self.single:
            place = self.r.place(index)
            old = e.spread(loops_loaded(loops, self.r.v, place), loops.lanes)
            store(loops, self.r.v, place, self.r.added(e, loops, index, old))
            return
        register = self.many[loops.copy] if loops.lanes > 1 else self.one
        old = register.read(e)
        new = self.r.added(e, loops, index, old)
        if loops.lanes > 1 and loops.used < LANES:
            new = choose(e, e.first(loops.used), new, old)
        register.write(e, new)

    def _across(self, e: Emit) -> Num:
        """What is in the vectors, in one number."""
        found = [register.read(e) for register in self.many]
        while len(found) > 1:
            found = [self.r.combine(e, x, y) for x, y in pairwise_halves(found)]
        return self.r.across(e, found[0])

    def flush(self) -> None:
        """Adds what is in the vectors to the total."""
        if not (self.single and self.used_lanes and self.compensated):
            return
        e = Emit(self.fn.b)
        x = self._across(e)
        total, lost = compensated(e, self.one.read(e), self.lost.read(e), x)
        self.one.write(e, total)
        self.lost.write(e, lost)
        self._clear(e)

    def end(self, loops: Loops, place: Index) -> None:
        """All that was summed over, in one number."""
        e = Emit(self.fn.b)
        if self.used_lanes and self.compensated:
            self.flush()
        elif self.used_lanes:
            self.one.write(e, self.r.combine(e, self._across(e), self.one.read(e)))
        total = self.one.read(e)
        if self.compensated:
            total = corrected(e, total, self.lost.read(e))
        if not self.r.v.type.shape:
            self.one.write(e, total)
            return
        if self.r.in_memory:
            total = self.r.combine(e, loops_loaded(loops, self.r.v, place), total)
        store(loops, self.r.v, place, total)

    def total(self) -> Num:
        return self.one.read(Emit(self.fn.b))


def pairwise_halves(items: Sequence[Any]) -> list[tuple[Any, Any]]:
    """Pairs of an item of the first half and one of the second."""
    half = len(items) // 2
    return list(zip(items[:half], items[half:], strict=True))
