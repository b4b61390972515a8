"""The NumPy interpreter: its result *is* the meaning of a program.

A function is prepared once: its variables get numbered slots, each equation becomes a step, and
each value is let go right after its last use. An op that accumulates (`slice_add`, `scatter_add`,
`add`) works in place where its first operand is fresh memory that nobody reads again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, NamedTuple

import numpy as np

from lineara.errors import LinearaError
from lineara.ir.op import Op
from lineara.ir.program import Equation, Function, Literal, Operand, Variable, reachable
from lineara.ir.types import Array
from lineara.ops.control import Call
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
        if isinstance(equation.op, Call):
            return run(equation.op.function, *values)
        with np.errstate(all="ignore"):
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
        except LinearaError as error:
            raise error.at(self.equations[number].source) from None
        return tuple([slots[i] for i in self.results])


def plan(f: Function) -> Plan:
    """The plan of `f`, made once."""
    if "plan" not in f.memo:
        for g in reachable([f]):
            g.memoized("plan", lambda g=g: _plan(g))  # type: ignore[misc]
    made: Plan = f.memo["plan"]
    return made


def _plan(f: Function) -> Plan:
    number: dict[Operand, int] = {p: i for i, p in enumerate(f.all_params)}
    slots: list[Any] = [None] * len(number)

    def slot(operand: Operand) -> int:
        if operand not in number:
            number[operand] = len(slots)
            slots.append(operand.value if isinstance(operand, Literal) else None)
        return number[operand]

    last_use = _last_uses(f)
    owned = _owned(f)
    steps = []
    for i, equation in enumerate(f.equations):
        dead = {v for v in equation.operands if last_use.get(v) == i}
        call, single = _caller(equation, dead & owned)
        inputs = [slot(v) for v in equation.operands]
        targets = tuple(slot(v) for v in equation.results)
        last = tuple(slot(v) for v in dead)
        steps.append(Step(call, _picker(inputs), targets[0] if single else None, targets, last))
    results = tuple(slot(v) for v in f.all_results)
    return Plan(tuple(slots), tuple(steps), results, f.equations)


def _picker(slots: Sequence[int]) -> Callable[[list[Any]], Sequence[Array]]:
    """A function that returns those slots as a sequence, made of C code only."""
    if len(slots) > 1:
        return itemgetter(*slots)
    start = slots[0] if slots else 0
    return itemgetter(slice(start, start + len(slots)))


def _last_uses(f: Function) -> dict[Operand, int]:
    """For each variable the equation that reads it last; results of the function live on."""
    uses: dict[Operand, int] = {}
    for i, equation in enumerate(f.equations):
        uses.update((v, i) for v in equation.operands if isinstance(v, Variable))
    uses.update((v, len(f.equations)) for v in f.all_results if isinstance(v, Variable))
    return uses


def _owned(f: Function) -> set[Operand]:
    """Variables whose memory is theirs alone: fresh from an op, and never seen by a view."""
    owned: set[Operand] = set()
    for equation in f.equations:
        if _may_alias(equation.op):
            owned.difference_update(equation.operands)
        else:
            owned.update(equation.results)
    return owned


def _may_alias(op: Op) -> bool:
    return op.view or isinstance(op, Call)


def _caller(equation: Equation, disposable: set[Operand]) -> tuple[Callable[..., Any], bool]:
    """What computes an equation, and whether it returns the only result by itself."""
    op = equation.op
    if isinstance(op, Call):
        callee: Plan = op.function.memo["plan"]
        return callee, False
    if equation.operands:
        first, *others = equation.operands
        if first in disposable and first not in others and _overwrites(equation):
            return op.evaluate_in_place, False
    if isinstance(op, Unary | Binary) and type(op).evaluate in PLAIN:
        return op.ufunc, True
    return op.evaluate, False


PLAIN = (Unary.evaluate, Binary.evaluate)
"""The meaning of an elementwise op that is nothing but NumPy's function."""


def _overwrites(equation: Equation) -> bool:
    """Whether the first operand has room for the result (scalars are immutable in NumPy)."""
    type = equation.operands[0].type
    return bool(type.shape and equation.results) and type == equation.results[0].type
