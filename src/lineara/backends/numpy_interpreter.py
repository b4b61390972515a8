"""The NumPy interpreter: its result *is* the meaning of a program.

A function is prepared once: its variables get numbered slots, each equation becomes a step, and
each value is let go right after its last use. What *owns* its memory, fresh memory that nobody
else has a view of, is overwritten where that saves a copy: by ops that change a small part of an
array or accumulate into it, once the value is not read again. Ownership is followed through calls
and loops, so that a loop which writes one element of an array in each iteration takes linear time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, NamedTuple

import numpy as np

from lineara.errors import LinearaError
from lineara.ir.program import Equation, Function, Literal, Operand, Variable, reachable
from lineara.ir.types import Array
from lineara.ops.control.base import Control, Mask, Runner
from lineara.ops.elementwise import Binary, Unary


def run(f: Function, *values: Array) -> tuple[Array, ...]:
    """The results of `f` on arrays (or NumPy scalars) of exactly its parameters' types.

    Linear parameters follow the non-linear ones, and likewise the results. Results may share
    memory with the arguments.

    Raises:
        LinearaError: what the ops raise, with the user's line (an index out of range …).
    """
    with np.errstate(all="ignore"):
        return plan(f)(*values)


def run_equation(equation: Equation, values: Sequence[Array]) -> tuple[Array, ...]:
    """The results of a single equation."""
    try:
        with np.errstate(all="ignore"):
            if isinstance(equation.op, Control):
                none = (False,) * len(values)
                return equation.op.runner(none, prepare).run(*values)
            return equation.op.evaluate(*values)
    except LinearaError as error:
        raise error.at(equation.source) from None


class Step(NamedTuple):
    """One equation, ready to run."""

    call: Callable[..., Any]
    """The result of an equation that has a `target`, and the tuple of results of any other."""
    operands: Callable[[list[Any]], Sequence[Array]]
    """Picks the operands from the slots."""
    target: int | None
    targets: tuple[int, ...]
    last: tuple[int, ...]
    """Slots that nobody reads afterwards."""


@dataclass(frozen=True)
class Plan:
    """A function, ready to run."""

    slots: tuple[Any, ...]
    """The initial slots: parameters (unset), then literals and other variables (unset)."""
    steps: tuple[Step, ...]
    results: tuple[int, ...]
    equations: tuple[Equation, ...]
    fresh: Mask
    """Which results are in memory that nobody else has."""

    def __call__(self, *values: Array) -> tuple[Array, ...]:
        slots = [*values, *self.slots[len(values) :]]
        number = -1
        try:
            for number, (call, operands, target, targets, last) in enumerate(self.steps):  # noqa: B007
                result = call(*operands(slots))
                for i in last:
                    slots[i] = None
                if target is not None:
                    slots[target] = result
                else:
                    for i, part in zip(targets, result, strict=True):
                        slots[i] = part
                    part = None  # or it would be kept beyond its last use
        except LinearaError as error:
            raise error.at(self.equations[number].source) from None
        return tuple([slots[i] for i in self.results])


def plan(f: Function) -> Plan:
    """The plan of `f`, made once."""
    if "plan" not in f.memo:
        none = (False,) * len(f.all_params)
        for g in reachable([f]):  # callees first, so that no preparation goes deep
            g.memoized("plan", lambda g=g: _plan(g, (False,) * len(g.all_params)))  # type: ignore[misc]
        f.memoized("plan", lambda: _plan(f, none))
    made: Plan = f.memo["plan"]
    return made


def prepare(f: Function, own: Mask) -> Runner:
    """A runner of `f` that may overwrite its `own` arguments."""
    made = f.memoized(("plan", own), lambda: _plan(f, own)) if any(own) else plan(f)
    return Runner(made, made.fresh)


def _plan(f: Function, own: Mask) -> Plan:
    number: dict[Operand, int] = {p: i for i, p in enumerate(f.all_params)}
    slots: list[Any] = [None] * len(number)

    def slot(operand: Operand) -> int:
        if operand not in number:
            number[operand] = len(slots)
            slots.append(operand.value if isinstance(operand, Literal) else None)
        return number[operand]

    last_use = last_uses(f)
    owned: set[Operand] = {p for p, is_own in zip(f.all_params, own, strict=True) if is_own}
    steps = []
    for i, equation in enumerate(f.equations):
        dead = {v for v in equation.operands if last_use.get(v) == i}
        call, single = caller(equation, dead, owned)
        inputs = [slot(v) for v in equation.operands]
        targets = tuple(slot(v) for v in equation.results)
        last = tuple(slot(v) for v in dead)
        steps.append(Step(call, _picker(inputs), targets[0] if single else None, targets, last))
    results = tuple(slot(v) for v in f.all_results)
    fresh = tuple(v in owned and f.all_results.count(v) == 1 for v in f.all_results)
    return Plan(tuple(slots), tuple(steps), results, f.equations, fresh)


def _picker(slots: Sequence[int]) -> Callable[[list[Any]], Sequence[Array]]:
    """A function that returns those slots as a sequence, made of C code only."""
    if len(slots) > 1:
        return itemgetter(*slots)
    start = slots[0] if slots else 0
    return itemgetter(slice(start, start + len(slots)))


def last_uses(f: Function) -> dict[Operand, int]:
    """For each variable the equation that reads it last; results of the function live on."""
    uses: dict[Operand, int] = {}
    for i, equation in enumerate(f.equations):
        uses.update((v, i) for v in equation.operands if isinstance(v, Variable))
    uses.update((v, len(f.equations)) for v in f.all_results if isinstance(v, Variable))
    return uses


def caller(
    equation: Equation, dead: set[Operand], owned: set[Operand]
) -> tuple[Callable[..., Any], bool]:
    """What computes an equation, and whether it returns the only result by itself.

    Args:
        equation: the equation.
        dead: operands that nobody reads afterwards.
        owned: variables with memory of their own; brought up to date.
    """
    op, operands = equation.op, equation.operands
    may_overwrite = disposable(equation, dead, owned)
    if isinstance(op, Control):
        runner = op.runner(may_overwrite, prepare)
        if not all(runner.fresh):
            owned.difference_update(operands)
        owned.update(v for v, fresh in zip(equation.results, runner.fresh, strict=True) if fresh)
        return runner.run, False
    if op.view:
        owned.difference_update(operands)
    else:
        owned.update(equation.results)
    if any(may_overwrite[:1]) and _overwrites(equation):
        return op.evaluate_in_place, False
    if isinstance(op, Unary | Binary) and type(op).evaluate in PLAIN:
        return op.ufunc, True
    return op.evaluate, False


def disposable(equation: Equation, dead: set[Operand], owned: set[Operand]) -> Mask:
    """Which operands may be overwritten: nobody else has their memory, or reads them again."""
    operands = equation.operands
    return tuple(v in dead and v in owned and operands.count(v) == 1 for v in operands)


PLAIN = (Unary.evaluate, Binary.evaluate)
"""The meaning of an elementwise op that is nothing but NumPy's function."""


def _overwrites(equation: Equation) -> bool:
    """Whether the first operand has room for the result (scalars are immutable in NumPy)."""
    if not equation.operands or not equation.results:
        return False
    type = equation.operands[0].type
    return bool(type.shape) and type == equation.results[0].type
