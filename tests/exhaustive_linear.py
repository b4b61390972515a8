"""Every program of a linear language, the theorems on each of them, and every slip in one.

The language has add, dup, drop, zero, mul by an ordinary number, and calls.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any, NamedTuple

import numpy as np
from exhaustive_scalar import F64, Step

from lineara.backends.numpy_interpreter import run
from lineara.errors import ProgramError
from lineara.ir.builder import Builder
from lineara.ir.check import check
from lineara.ir.cost import size, work
from lineara.ir.program import Equation as Line
from lineara.ir.program import Function, LinearVariable, Variable
from lineara.ir.structural import Drop, Dup, Zero
from lineara.ir.types import DTYPES, ArrayType
from lineara.ops import OPS
from lineara.ops.arithmetic import add, mul
from lineara.ops.control.call import Call
from lineara.transforms.forget import forget
from lineara.transforms.transpose import transpose

SCALE = 0.7


def scaled() -> Function:
    """The function a; x' ↦ ; a x' + x'."""
    b = Builder("l")
    a, x = b.parameter(F64, "a"), b.linear_parameter(F64, "x")
    return b.build([mul(a, x) + x])


L = scaled()
LINEAR: dict[str, int] = {
    "add": 2,
    "dup": 1,
    "drop": 1,
    "zero": 0,
    "left": 1,
    "right": 1,
    "call": 1,
}
"""Kinds of steps, and how many of the variables that there are they use up; left and right are
products with an ordinary number there."""


class Linear(NamedTuple):
    """Steps on linear variables, by their places among those not used up; the rest is returned."""

    params: int
    steps: tuple[Step, ...]


def linear_programs(params: int, length: int) -> Iterator[Linear]:
    """Every linear program with so many steps."""

    def grown(done: tuple[Step, ...], live: int) -> Iterator[tuple[Step, ...]]:
        if len(done) == length:
            yield done
            return
        for kind, count in LINEAR.items():
            for places in product(range(live), repeat=count):
                if len(set(places)) == count:
                    left = live - count + {"dup": 2, "drop": 0}.get(kind, 1)
                    yield from grown((*done, Step(kind, places)), left)

    yield from (Linear(params, done) for done in grown((), params))


def built_linear(p: Linear) -> Function:
    """The program in the language."""
    a = Variable(F64, "a")
    params = tuple(LinearVariable(F64, name) for name in "xy"[: p.params])
    live, lines = list(params), []
    ops = {"add": add, "dup": Dup(), "drop": Drop(), "zero": Zero(F64), "call": Call(L)}
    for kind, places in p.steps:
        used = [live[i] for i in places]
        live = [v for v in live if v not in used]
        made = [LinearVariable(F64) for _ in range({"dup": 2, "drop": 0}.get(kind, 1))]
        operands = {"left": [a, *used], "right": [*used, a], "call": [a, *used]}.get(kind, used)
        lines.append(Line(ops.get(kind, mul), tuple(operands), tuple(made)))
        live += made
    return Function("l", (a,), params, tuple(lines), (), tuple(live))


def matrix(p: Linear) -> list[tuple[float, ...]]:
    """What the program does, as rows of numbers."""
    live = [tuple(float(i == j) for j in range(p.params)) for i in range(p.params)]
    for kind, places in p.steps:
        used = [live[i] for i in places]
        live = [row for i, row in enumerate(live) if i not in places]
        match kind:
            case "add":
                live.append(tuple(map(sum, zip(*used, strict=True))))
            case "dup":
                live += used * 2
            case "zero":
                live.append((0.0,) * p.params)
            case "left" | "right" | "call":
                factor = SCALE + (kind == "call")
                live.append(tuple(factor * x for x in used[0]))
    return live


def done(f: Function, count: int) -> list[tuple[float, ...]]:
    """What a linear function of so many numbers does, as rows of numbers."""
    columns = [run(f, SCALE, *map(float, basis)) for basis in np.eye(count)]
    return [tuple(map(float, row)) for row in zip(*columns, strict=True)]


def holds_linear(p: Linear) -> None:
    """The theorems on one linear program."""
    f = built_linear(p)
    back = transpose(f)
    again = transpose(back)
    for g in (f, back, again):
        check(g)
    conserved = (work(back), size(back)), (work(f), size(f))
    if any(kind == "zero" for kind, _ in p.steps):  # its cotangent is dropped before it is copied
        assert all(a <= b for a, b in zip(*conserved, strict=True))
    else:
        assert conserved[0] == conserved[1]
    rows, results = matrix(p), len(f.linear_results)
    for g in (f, again, forget(f)):
        alike(done(g, p.params), rows)
    if results:
        alike(done(back, results), [*zip(*rows, strict=True)])


def alike(a: Sequence[Sequence[float]], b: Sequence[Sequence[float]]) -> None:
    assert len(a) == len(b)
    assert np.allclose(a, b, rtol=1e-13, atol=0), (a, b)


# -- mutants, which the checker must refuse -------------------------------------------------------


def mutants(f: Function) -> Iterator[tuple[str, Function]]:
    """All that is one slip away from a linear function, with the kind of the slip."""
    lines = f.equations

    def changed(i: int, *instead: Line) -> Function:
        new = (*lines[:i], *instead, *lines[i + 1 :])
        return Function(f.name, f.params, f.linear_params, new, (), f.linear_results)

    bound: list[LinearVariable] = list(f.linear_params)
    for i, line in enumerate(lines):
        yield "forget an equation", changed(i)
        yield "repeat an equation", changed(i, line, line)
        for k, v in enumerate(line.operands):
            before, after = line.operands[:k], line.operands[k + 1 :]

            def with_operand(w: Any, op: Any = line.op) -> Function:
                return changed(i, Line(op, (*before, w, *after), line.results))  # noqa: B023

            if v.linear:
                for w in bound:
                    if w is not v:
                        yield "use another linear variable", with_operand(w)
                yield "use an ordinary variable", with_operand(f.params[0])
                yield "use a variable of another type", with_operand(LinearVariable(WRONG))
                yield "apply what is not linear", with_operand(v, OPS["sin"]())
            else:
                for w in bound:
                    yield "use a linear variable for an ordinary one", with_operand(w)
        if len(line.operands) == 2:
            yield "swap operands", changed(i, Line(line.op, line.operands[::-1], line.results))
        for k, v in enumerate(line.results):
            odd = (*line.results[:k], type(v)(WRONG), *line.results[k + 1 :])
            yield "give a result another type", changed(i, Line(line.op, line.operands, odd))
            rest = (*line.results[:k], *line.results[k + 1 :])
            yield "leave a result out", changed(i, Line(line.op, line.operands, rest))
        bound += line.results
    for k in range(len(f.linear_results)):
        fewer = (*f.linear_results[:k], *f.linear_results[k + 1 :])
        yield "forget what is returned", Function("l", f.params, f.linear_params, lines, (), fewer)
    for k in range(len(lines) - 1):
        if not set(lines[k].results).isdisjoint(lines[k + 1].operands):
            new = (*lines[:k], lines[k + 1], lines[k], *lines[k + 2 :])
            mutant = Function("l", f.params, f.linear_params, new, (), f.linear_results)
            yield "use before it is there", mutant


WRONG = ArrayType(DTYPES["f64"], (2,))


def judged(p: Linear) -> Iterator[tuple[str, str]]:
    """For each mutant its kind, and what becomes of it: *refused*, or *equal* in what it does, or
    a *survivor*, which is neither.
    """
    f = built_linear(p)
    for kind, mutant in mutants(f):
        try:
            check(mutant)
        except ProgramError:
            yield kind, "refused"
            continue
        try:
            alike(done(mutant, p.params), matrix(p))
            yield kind, "equal"
        except AssertionError:
            yield kind, "survivor"
