"""The memory that the interpreter takes for a program, known before it runs.

Functions are gone through as the interpreter runs them, with *storage*, a number of bytes that
somebody holds, in place of arrays. It asks the interpreter itself what is overwritten in place;
storage is let go when nobody holds it any more. Of a function, and of each iteration of a loop,
only a summary is needed: the peak, and what the results hold, some of it from the arguments.

What an op takes for a moment besides its results is counted where it grows with the operands
(`SCRATCH`). Not counted are buffers of constant size, the copies that `dot` makes of operands whose
axes it must sort first, the work space of LAPACK, and the objects of Python's around the numbers.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import prod
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.lib.stride_tricks import as_strided

from lineara.backends.numpy_interpreter import caller, disposable, last_uses, prepare
from lineara.errors import LinearityError
from lineara.ir.cost import tape_bytes
from lineara.ir.op import Op
from lineara.ir.program import Equation, Function, Literal, Operand, reachable
from lineara.ir.types import Array, ArrayType
from lineara.ops.broadcast import Broadcast
from lineara.ops.control.base import Control, Mask
from lineara.ops.control.call import Call
from lineara.ops.control.custom import Special
from lineara.ops.control.iteration import Iteration
from lineara.ops.control.scan import Scan
from lineara.ops.control.switch import Switch
from lineara.ops.control.while_loop import While
from lineara.ops.creation import Iota
from lineara.ops.cumulative import LinearRecurrence
from lineara.ops.indexing import MANY, LastWrite, ScatterAdd
from lineara.ops.linalg.determinant import Adjugate
from lineara.ops.linalg.factorize import Qr
from lineara.ops.reading import Sharing
from lineara.ops.reduce import ArgMax, ArgMin
from lineara.ops.shape import ExpandDims, Flip, Reshape, Squeeze, Transpose
from lineara.ops.slicing import Slice
from lineara.ops.special import Polygamma
from lineara.transforms.forget import forget
from lineara.transforms.gradient import linearize


@dataclass(frozen=True)
class Memory:
    """Bytes that a program takes.

    Attributes:
        arguments: of the arrays that it is given, those that it was traced with included.
        results: of the arrays that it returns.
        peak: the most that it holds at one time besides the arguments, results included.
        tape: what the derivative keeps from the way there for the way back, if the program has a
            gradient; None if not.
    """

    arguments: int
    results: int
    peak: int
    tape: int | None

    def __str__(self) -> str:
        rows = [(name, vars(self)[name]) for name in ("arguments", "results", "peak", "tape")]
        return "\n".join(f"{name:<9} {in_units(count):>9}" for name, count in rows)


def in_units(count: int | None) -> str:
    """A number of bytes with three digits and a unit, ``1.23 MB``."""
    if count is None:
        return "—"
    if count >= 10**21:
        return f"{Decimal(count):.2e} B"
    size, unit = float(count), 0
    while size >= 999.5 and unit < len(UNITS) - 1:
        size, unit = size / 1000, unit + 1
    return f"{size:#.3g}".rstrip(".") + f" {UNITS[unit]}" if unit else f"{count} B"


UNITS = ("B", "kB", "MB", "GB", "TB", "PB", "EB")


def memory(f: Function, constants: int = 0) -> Memory:
    """The memory that it takes to run `f`, whose first parameters are constants."""
    f = forget(f)
    return Memory(
        arguments=tape_bytes(p.type for p in f.params),
        results=tape_bytes(v.type for v in f.results),
        peak=summary(f).peak,
        tape=_tape(f, constants),
    )


def _tape(f: Function, constants: int) -> int | None:
    """Bytes of the tape of the gradient of `f`, if it has one."""
    active = tuple(i >= constants and p.type.has_tangent for i, p in enumerate(f.params))
    scalar = [v.type.dtype.kind for v in f.results if not v.type.shape] == ["f"]
    if not any(active) or not scalar or len(f.results) > 1:
        return None
    try:
        nonlin, _ = linearize(f, active)
    except LinearityError:
        return None
    return tape_bytes(v.type for v in nonlin.results[1:])


# -- functions ------------------------------------------------------------------------------------


class Storage:
    """Memory that somebody holds."""

    __slots__ = ("nbytes",)

    def __init__(self, nbytes: int) -> None:
        self.nbytes = nbytes


Held = frozenset[Storage]
"""What a value keeps in memory; several values may hold the same."""
NOTHING: Held = frozenset()


class Effect(NamedTuple):
    """What an equation does to the memory: the most that it adds, and what its results hold."""

    peak: int
    results: tuple[Held, ...]


@dataclass(frozen=True)
class Summary:
    """What a function does to the memory.

    Attributes:
        params: what is held by the arguments, each a storage of 0 bytes.
        results: what the results hold, of the arguments and of new storage.
        peak: the most that it adds.
    """

    params: tuple[Storage, ...]
    results: tuple[Held, ...]
    peak: int

    def apply(self, arguments: Sequence[Held]) -> Effect:
        """The effect of the function on arguments."""
        known = dict(zip(self.params, arguments, strict=True))
        for storage in union(self.results):
            if storage not in known:
                known[storage] = frozenset([Storage(storage.nbytes)])
        return Effect(self.peak, tuple(union(known[s] for s in held) for held in self.results))


def union(parts: Iterable[Held]) -> Held:
    """All that some values hold."""
    return NOTHING.union(*parts)


def total(held: Iterable[Storage]) -> int:
    """The bytes of storage."""
    return sum(storage.nbytes for storage in held)


def new(type: ArrayType) -> Held:
    """Fresh memory for a value of that type."""
    return frozenset([Storage(type.nbytes)])


def summary(f: Function, own: Mask = ()) -> Summary:
    """The summary of `f` when it may overwrite its `own` arguments (by default none)."""
    if not any(own):
        for g in reachable([f]):  # callees first, so that no summary goes deep
            g.memoized("memory", lambda g=g: _summary(g, (False,) * len(g.all_params)))  # type: ignore[misc]
        made: Summary = f.memo["memory"]
        return made
    return f.memoized(("memory", own), lambda: _summary(f, own))


class _Frame:
    """The variables of a function that is running."""

    def __init__(self) -> None:
        self.values: dict[Operand, Held] = {}
        self.holders: Counter[Storage] = Counter()
        self.live = 0
        """Bytes that are held."""
        self.strided: dict[Operand, Array] = {}
        """Arrays like those that are not contiguous, but without memory."""

    def __getitem__(self, v: Operand) -> Held:
        return NOTHING if isinstance(v, Literal) else self.values[v]

    def hold(self, v: Operand, held: Held) -> None:
        self.values[v] = held
        for storage in held:
            self.holders[storage] += 1
            if self.holders[storage] == 1:
                self.live += storage.nbytes

    def release(self, v: Operand) -> None:
        for storage in self.values.pop(v):
            self.holders[storage] -= 1
            if self.holders[storage] == 0:
                self.live -= storage.nbytes


def _summary(f: Function, own: Mask) -> Summary:
    """As the interpreter runs it: operands are let go after an equation, arguments never."""
    params = tuple(Storage(0) for _ in f.all_params)
    frame = _Frame()
    for p, storage in zip(f.all_params, params, strict=True):
        frame.hold(p, frozenset([storage]))
    owned: set[Operand] = {p for p, is_own in zip(f.all_params, own, strict=True) if is_own}
    last_use = last_uses(f)
    peak = 0
    for i, equation in enumerate(f.equations):
        dead = {v for v in equation.operands if last_use.get(v) == i}
        mask = disposable(equation, dead, owned)
        call, _ = caller(equation, dead, owned)
        operands = [frame[v] for v in equation.operands]
        op = equation.op
        if isinstance(op, Control):
            effect = _control(op, operands, mask)
        else:
            copied = isinstance(op, Views) and _lay_out(equation, frame.strided)
            in_place = call == op.evaluate_in_place
            effect = _plain(equation, operands, in_place, copied)
        peak = max(peak, frame.live + effect.peak)
        for v in dead:
            frame.release(v)
        for v, held in zip(equation.results, effect.results, strict=True):
            frame.hold(v, held)
    return Summary(params, _grouped(params, [frame[v] for v in f.all_results]), peak)


def _grouped(params: Sequence[Storage], results: Sequence[Held]) -> tuple[Held, ...]:
    """Results with one storage for all that the same results hold: summaries stay small."""
    given = set(params)
    holders: dict[Storage, list[int]] = defaultdict(list)
    for i, held in enumerate(results):
        for storage in held - given:
            holders[storage].append(i)
    groups: Counter[tuple[int, ...]] = Counter()
    for storage, held_by in holders.items():
        groups[tuple(held_by)] += storage.nbytes
    grouped = [set(held & given) for held in results]
    for places, nbytes in groups.items():
        storage = Storage(nbytes)
        for i in places:
            grouped[i].add(storage)
    return tuple(map(frozenset, grouped))


# -- equations ------------------------------------------------------------------------------------


def _plain(equation: Equation, operands: Sequence[Held], in_place: bool, copied: bool) -> Effect:
    """The effect of an op that runs no functions."""
    op = equation.op
    types = [v.type for v in equation.results]
    scratch = SCRATCH[type(op)](equation) if type(op) in SCRATCH else 0
    if in_place and type(op).evaluate_in_place is not Op.evaluate_in_place:
        return Effect(scratch, (operands[0],))
    results: tuple[Held, ...]
    match op:
        case Sharing():
            results = (new(types[0]), operands[0])
        case Iota():
            results = (new(op.type.with_shape((op.type.shape[op.axis],))),)
        case _ if op.view and not copied:
            results = (union(operands),) * len(types)
        case _:
            results = tuple(map(new, types))
    return Effect(total(union(results) - union(operands)) + scratch, results)


Views: TypeAlias = Broadcast | Reshape | Transpose | Flip | ExpandDims | Squeeze | Slice
"""Ops whose result is a view with other strides; a reshape may have to copy."""


def _lay_out(equation: Equation, strided: dict[Operand, Array]) -> bool:
    """Whether the result of a view is a copy after all; if not, notes its strides.

    All that is not in the table is taken to be contiguous, arguments included.
    """
    (v,), (result,) = equation.operands, equation.results
    x = strided.get(v)
    if isinstance(equation.op, Reshape):
        return x is not None
    if x is None:
        itemsize, shape = v.type.dtype.itemsize, v.type.shape
        steps = tuple(itemsize * prod(shape[axis + 1 :]) for axis in range(len(shape)))
        x = as_strided(np.empty(1, v.type.dtype), v.type.shape, steps)
    (y,) = equation.op.evaluate(x)
    if not y.flags.c_contiguous:
        strided[result] = y
    return False


def _of_operand(equation: Equation) -> int:
    return equation.operands[0].type.nbytes


def _of_result(equation: Equation) -> int:
    return equation.results[0].type.nbytes


def _of_scatter(equation: Equation) -> int:
    """The places in memory of all that is added to, and the steps to compute them."""
    whole, part, *index = (v.type for v in equation.operands)
    if part.size < MANY or whole.ndim < 2:
        return 0
    rest = part.size // max(index[0].size, 1)
    return WORD * (part.size + max(2 * index[0].size, rest))


def _of_argument(equation: Equation) -> int:
    """NumPy moves the axis to the end first."""
    (x,), op = equation.operands, equation.op
    assert isinstance(op, ArgMax | ArgMin)
    return 0 if op.axis == x.type.ndim - 1 else x.type.nbytes


def _of_last_write(equation: Equation) -> int:
    op = equation.op
    assert isinstance(op, LastWrite)
    return WORD * (prod(op.shape) + 3 * equation.operands[0].type.size)


def _of_iota(equation: Equation) -> int:
    op = equation.op
    assert isinstance(op, Iota)
    return WORD * op.type.shape[op.axis]


def _of_recurrence(equation: Equation) -> int:
    op = equation.op
    assert isinstance(op, LinearRecurrence)
    return _of_operand(equation) // max(equation.operands[0].type.shape[op.axis], 1)


WORD = 8
"""The size of an index."""
SCRATCH: Mapping[type[Op], Callable[[Equation], int]] = {
    Adjugate: lambda equation: 2 * _of_result(equation),
    ArgMax: _of_argument,
    ArgMin: _of_argument,
    Iota: _of_iota,
    LastWrite: _of_last_write,
    LinearRecurrence: _of_recurrence,
    Polygamma: lambda equation: 2 * _of_result(equation),
    Qr: _of_operand,
    ScatterAdd: _of_scatter,
}
"""By op the bytes that it takes for a moment, besides its results."""


def _control(op: Control, operands: Sequence[Held], own: Mask) -> Effect:
    """The effect of an op that runs functions."""
    match op:
        case Call():
            return summary(op.function, own).apply(operands)
        case Special():
            return summary(op.meaning, own).apply(operands)
        case Switch():
            effects = [summary(f, own[1:]).apply(operands[1:]) for f in op.branches]
            return _branches(effects, union(operands))
        case Scan():
            values = operands[op.first :]
            return _Loop(op.iteration(own, prepare), op.body, values, op.length).run()
        case While():
            values = operands[op.cond_consts :]
            loop = _Loop(op.iteration(own, prepare), op.body, values, None)
            return loop.run(summary(op.cond).peak)
    raise AssertionError(f"the memory that {op.name} takes is not known")


def _branches(effects: Sequence[Effect], given: Held) -> Effect:
    """The effect of whichever branch takes most, on operands that hold what is given."""
    places = range(len(effects[0].results))
    results = tuple(union(e.results[i] & given for e in effects) for i in places)
    most: Counter[tuple[int, ...]] = Counter()
    for effect in effects:
        for storage in union(effect.results) - given:
            at = tuple(i for i in places if storage in effect.results[i])
            most[at] = max(most[at], storage.nbytes)
    groups = {at: Storage(nbytes) for at, nbytes in most.items()}
    results = tuple(
        held.union(storage for at, storage in groups.items() if i in at)
        for i, held in enumerate(results)
    )
    return Effect(max([total(groups.values()), *(e.peak for e in effects)]), results)


class _Loop:
    """A loop that is running: see `Iteration`."""

    def __init__(
        self, loop: Iteration, body: Function, operands: Sequence[Held], length: int | None
    ) -> None:
        self.loop = loop
        self.given = union(operands)
        self.values = list(operands)
        self.body = summary(body, tuple(i in loop.kept for i in range(len(operands))))
        self.length = length
        for i in loop.copied:
            self.values[i] = new(loop.types[i])
        types = loop.result_types
        self.made = {
            o: NOTHING if length is None else new(types[o].along(length)) for o in loop.made
        }

    @property
    def live(self) -> int:
        return total(union([*self.values, *self.made.values()]) - self.given)

    def run(self, cond: int = 0) -> Effect:
        """As many iterations as it takes for storage to get from any carry to any other one; the
        peak of the condition comes before each.
        """
        peak = self.live
        count = len(self.loop.carries) + 2
        for _ in range(count if self.length is None else min(count, self.length)):
            peak = max(peak, self.live + max(cond, self.body.peak))
            results = self.body.apply(self.values).results
            for i, o in self.loop.carries:
                self.values[i] = results[o]
            if self.length is None:  # stacks are counted with one entry
                self.made = {o: results[o] for o in self.loop.made}
            peak = max(peak, self.live)
        found = {o: self.values[i] for i, o in self.loop.carries} | self.made
        return Effect(peak, tuple(found[o] for o in range(len(found))))
