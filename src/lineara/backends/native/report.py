"""What became of a function: its program, its loops, LLVM's code and the processor's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from lineara.backends.memory import in_units
from lineara.backends.native.flat import CHANGES, Branch, Flat, Invoke, Loop, Repeat, Step
from lineara.backends.native.groups import Group
from lineara.backends.native.machine import LANES, assembly
from lineara.backends.native.plan import Nest, Plan, Unit
from lineara.ir.program import Literal, Operand, Program, Variable
from lineara.text.printer import show


@dataclass(frozen=True)
class Report:
    """How a function was compiled; print it, or look at its parts.

    Attributes:
        program: the program, as text.
        loops: what its functions do, loop by loop.
        llvm: LLVM's code, optimised.
        work: scalar operations, of loops of unknown length one iteration.
        memory: bytes that a run works in, besides arguments, results and stacks.
        seconds: the time that it took to compile.
        by_numpy: the ops that are left to NumPy.
    """

    program: str
    loops: str
    llvm: str
    work: int
    memory: int
    seconds: float
    by_numpy: tuple[str, ...]

    @cached_property
    def assembly(self) -> str:
        """The processor's code."""
        return assembly(self.llvm)

    def __str__(self) -> str:
        lines = [
            f"work        {self.work} scalar operations",
            f"memory      {in_units(self.memory)} besides arguments and results",
            f"compiled    in {self.seconds * 1e3:.0f} ms",
            f"code        {len(self.llvm.splitlines())} lines of LLVM's, "
            f"{len(self.assembly.splitlines())} of assembly",
            f"by NumPy    {', '.join(self.by_numpy) or 'nothing'}",
        ]
        return "\n".join([*lines, "", self.loops.rstrip()])

    __repr__ = __str__


def report(code: Any, program: Program) -> Report:
    """The report of compiled code."""
    return Report(
        show(program),
        "\n".join(_functions(code.main, set())),
        code.code.text,
        code.main.work,
        code.frames.size,
        code.seconds,
        tuple(code.calls.names),
    )


def _functions(f: Flat, seen: set[Flat]) -> Iterator[str]:
    """Lines for a function, after those of the functions that it runs."""
    seen.add(f)
    for step in f.steps:
        for g in _called(step):
            if g not in seen:
                yield from _functions(g, seen)
                yield ""
    plan, names = Plan(f), _Names()
    yield f"{f.name}({', '.join(names(p) for p in f.params)}):"
    for unit in plan.units:
        yield from ("  " + line for line in _unit(unit, plan, names))
    yield f"  return {', '.join(map(names, f.results))}"


def _called(step: Step) -> tuple[Flat, ...]:
    match step.op:
        case Invoke():
            return (step.op.function,)
        case Branch():
            return step.op.functions
        case Loop():
            return (step.op.body,)
        case Repeat():
            return (step.op.cond, step.op.body)
    return ()


class _Names:
    """Names for values, each its own."""

    def __init__(self) -> None:
        self.known: dict[Operand, str] = {}
        self.taken: Counter[str] = Counter()

    def __call__(self, v: Operand) -> str:
        if isinstance(v, Literal):
            return str(v.value)
        if v not in self.known:
            hint = getattr(v, "hint", None) or "t"
            taken = self.taken[hint]
            self.taken[hint] += 1
            self.known[v] = f"{hint}_{taken}" if taken else hint
        return self.known[v]


def _unit(unit: Unit, plan: Plan, names: _Names) -> Iterator[str]:
    if isinstance(unit, Group):
        yield f"along {unit.length}, {LANES} at a time:"
        for member in unit.units:
            yield from ("  " + line for line in _unit(member, plan, names))
        return
    if isinstance(unit, Nest):
        yield f"for each of {' x '.join(map(str, unit.shape)) or '1'}:"
        for step in unit.roots:
            (v,) = step.results
            what = _expression(step, plan, names, 3)
            kept = "" if v in plan.stored or not v.type.shape else "  (not stored)"
            yield f"  {names(v)}: {v.type} = {what}{kept}"
        return
    results = ", ".join(f"{names(v)}: {v.type}" for v in unit.results)
    op = unit.op
    match op:
        case Loop():
            times = "as often as told" if op.length is None else f"{op.length} times"
            yield f"{results} = loop {times}: {op.body.name}"
        case Repeat():
            yield f"{results} = loop while {op.cond.name}: {op.body.name}"
        case Branch():
            yield f"{results} = one of {', '.join(f.name for f in op.functions)}"
        case Invoke():
            yield f"{results} = call {op.function.name}"
        case _:
            place = "  (in place if nobody else reads it)" if isinstance(op, CHANGES) else ""
            yield f"{results} = {_expression(unit, plan, names, 3)}{place}"


def _expression(step: Step, plan: Plan, names: _Names, depth: int) -> str:
    """A step with what is computed on the way to it, down to some depth."""

    def operand(v: Operand) -> str:
        lazy = isinstance(v, Variable) and v not in plan.place and v in plan.definition
        if not lazy:
            return names(v)
        inner = plan.definition[v]  # type: ignore[index]
        return f"({_expression(inner, plan, names, depth - 1)})" if depth else "…"

    name = getattr(step.op, "name", type(step.op).__name__.lower())
    return " ".join([name, *map(operand, step.operands)])
