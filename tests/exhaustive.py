"""Every program of two small languages, up to a size, and the theorems on each of them.

The scalar language has literals, variables, sin, exp, mul, add, calls, branches and a loop of two
steps; a program is a list of steps and the number of the value that it returns. The linear one has
add, dup, drop, zero, mul by an ordinary number, and calls.

``python tests/exhaustive.py --size 3`` goes further than the suite does, and prints a table.
"""

from __future__ import annotations

import argparse
import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
from rich.console import Console
from rich.table import Table

from lineara.backends.numpy_interpreter import run
from lineara.errors import ProgramError
from lineara.ir.builder import Builder
from lineara.ir.check import check
from lineara.ir.cost import size, work
from lineara.ir.program import Equation as Line
from lineara.ir.program import Function, LinearVariable, Variable
from lineara.ir.structural import Drop, Dup, Zero
from lineara.ir.types import DTYPES, ArrayType
from lineara.ir.value import Value
from lineara.ops import OPS
from lineara.ops.arithmetic import add, mul
from lineara.ops.control.call import Call
from lineara.ops.control.policies import nothing_saveable
from lineara.ops.control.scan import Scan
from lineara.ops.control.switch import Switch
from lineara.transforms.batch import batch
from lineara.transforms.bounds import bounds
from lineara.transforms.forget import forget
from lineara.transforms.gradient import value_and_gradient
from lineara.transforms.jvp import derive
from lineara.transforms.transpose import transpose
from lineara.transforms.unzip import unzip

F64 = ArrayType(DTYPES["f64"])
sin, exp = OPS["sin"](), OPS["exp"]()
LITERAL = 0.5

# -- numbers with all derivatives up to the second, an independent account of what is right --------


@dataclass(frozen=True)
class Jet:
    """A number, its gradient and its Hessian with respect to the parameters."""

    value: float
    slope: np.ndarray
    curve: np.ndarray

    def __add__(self, other: Jet) -> Jet:
        return Jet(self.value + other.value, self.slope + other.slope, self.curve + other.curve)

    def __mul__(self, other: Jet) -> Jet:
        a, b = self.slope, other.slope
        curve = self.value * other.curve + other.value * self.curve
        return Jet(
            self.value * other.value,
            self.value * b + other.value * a,
            curve + np.outer(a, b) + np.outer(b, a),
        )

    def through(self, value: float, first: float, second: float) -> Jet:
        """A function of it, given the function's derivatives there."""
        curve = first * self.curve + second * np.outer(self.slope, self.slope)
        return Jet(value, first * self.slope, curve)

    def sin(self) -> Jet:
        s, c = math.sin(self.value), math.cos(self.value)
        return self.through(s, c, -s)

    def exp(self) -> Jet:
        e = math.exp(self.value)
        return self.through(e, e, e)


# -- the scalar language ---------------------------------------------------------------------------


class Step(NamedTuple):
    """An equation: its kind, and the numbers of its operands; -1 is the literal."""

    kind: str
    operands: tuple[int, ...]


class Program(NamedTuple):
    """Steps on some parameters, and which value is returned."""

    params: int
    steps: tuple[Step, ...]
    result: int


def callee() -> Function:
    """The function x ↦ x sin x."""
    b = Builder("g")
    x = b.parameter(F64, "x")
    return b.build([x * sin(x)])


def stepped() -> Function:
    """One step of a loop, c, x ↦ sin c + x c, with x the same in each."""
    b = Builder("step")
    x, c = b.parameter(F64, "x"), b.parameter(F64, "c")
    return b.build([sin(c) + x * c])


def branch(name: str, make: Callable[[Value], Value]) -> Function:
    b = Builder(name)
    return b.build([make(b.parameter(F64, "x"))])


G, STEP = callee(), stepped()
LOW, HIGH = branch("low", lambda x: x * x), branch("high", exp)

KINDS: dict[str, int] = {"sin": 1, "exp": 1, "mul": 2, "add": 2, "call": 1, "cond": 2, "loop": 2}
"""Kinds of steps, and how many operands they have; mul and add take the literal, too."""


def emitted(b: Builder, kind: str, *x: Value) -> Value:
    """The value of a step."""
    match kind:
        case "sin":
            return sin(x[0])
        case "exp":
            return exp(x[0])
        case "mul":
            return mul(*x)
        case "add":
            return add(*x)
        case "call":
            return Call(G)(x[0])
        case "cond":
            side = OPS["convert"](DTYPES["i64"])(OPS["lt"]()(x[0], LITERAL))
            return b.emit(Switch((HIGH, LOW)), side, x[1])[0]
    return b.emit(Scan(STEP, 2, False, 1, 1), *x)[0]


def followed(kind: str, *x: Jet) -> Jet:
    """The same in numbers."""
    match kind:
        case "sin":
            return x[0].sin()
        case "exp":
            return x[0].exp()
        case "mul":
            return x[0] * x[1]
        case "add":
            return x[0] + x[1]
        case "call":
            return x[0] * x[0].sin()
        case "cond":
            return x[1] * x[1] if x[0].value < LITERAL else x[1].exp()
    c = x[1].sin() + x[0] * x[1]
    return c.sin() + x[0] * c


def steps(values: int) -> Iterator[Step]:
    """Every step on so many values."""
    for kind, count in KINDS.items():
        first = -1 if kind in ("mul", "add") else 0
        for operands in product(range(first, values), repeat=count):
            if set(operands) != {-1}:
                yield Step(kind, operands)


def programs(params: int, length: int) -> Iterator[Program]:
    """Every program with so many steps, returning any of its values."""

    def grown(done: tuple[Step, ...]) -> Iterator[tuple[Step, ...]]:
        if len(done) == length:
            yield done
        else:
            for step in steps(params + len(done)):
                yield from grown((*done, step))

    for done in grown(()):
        for result in range(params + length):
            yield Program(params, done, result)


def built(p: Program) -> Function:
    """The program in the language."""
    b = Builder("f")
    values = [b.parameter(F64, name) for name in "xy"[: p.params]]
    literal = b.constant(np.float64(LITERAL))
    for kind, operands in p.steps:
        values.append(emitted(b, kind, *(literal if i < 0 else values[i] for i in operands)))
    return b.build([values[p.result]])


def jet(p: Program, point: Sequence[float]) -> Jet:
    """The program in numbers."""
    n = p.params
    none = np.zeros((n, n))
    values = [Jet(x, np.eye(n)[i], none) for i, x in enumerate(point)]
    literal = Jet(LITERAL, np.zeros(n), none)
    for kind, operands in p.steps:
        values.append(followed(kind, *(literal if i < 0 else values[i] for i in operands)))
    return values[p.result]


# -- the theorems ----------------------------------------------------------------------------------

POINTS = ((0.3, 0.7), (0.9, -0.2))
"""On both sides of the branches."""
FORWARD, EQUATIONS, GRADIENT = 5, 6, 4
"""The constants of the language: c₁ and c₂ of the derivative, c of the gradient, which besides has
to make a zero for each parameter that is not used.
"""


def holds(p: Program) -> None:
    """All theorems on one program."""
    f, active = built(p), (True,) * p.params
    jvp = derive(f, active, (True,)).function
    nonlin, lin = unzip(jvp)
    back = transpose(lin)
    again = transpose(back)
    grad = value_and_gradient(f, active)
    kept = unzip(jvp, nothing_saveable)
    second = derive(grad, active, (True,) * (1 + p.params)).function
    for g in (f, jvp, nonlin, lin, back, again, grad, *kept, second):
        check(g)  # 1: linearity
    check(batch(jvp, 2, (True,) * (2 * p.params)))
    base = work(f)
    assert work(jvp) <= FORWARD * base  # 2: forward cost
    assert size(jvp) <= EQUATIONS * size(f) + p.params
    assert work(nonlin) + work(lin) == work(jvp)  # 3: unzip conserves
    assert (work(back), size(back)) == (work(lin), size(lin))  # 4: transpose conserves
    proved = bounds(f, active)
    assert work(grad) <= min(proved.reverse, GRADIENT * base + p.params)  # 5: cheap gradient
    assert work(second) <= min(bounds(grad, active).forward, FORWARD**2 * base + p.params)  # 6
    for point in POINTS if any(kind == "cond" for kind, _ in p.steps) else POINTS[:1]:
        right(p, point, (f, jvp, *kept, nonlin, lin, back, again, second))


def right(p: Program, point: Sequence[float], made: Sequence[Function]) -> None:
    """All that is computed is what it should be."""
    _, jvp, lean, recomputing, nonlin, lin, back, again, second = made
    x, v = point[: p.params], (1.3, -0.6)[: p.params]
    true = jet(p, x)
    slope = float(true.slope @ v)
    same(run(jvp, *x, *v), (true.value, slope))
    value, *tape = run(nonlin, *x)
    same((value, *run(lin, *tape, *v)), (true.value, slope))
    same(run(again, *tape, *v), (slope,))
    same(run(back, *tape, 1.0), true.slope)
    _, *tape = run(lean, *x)
    same(run(recomputing, *tape, *v), (slope,))
    same(run(second, *x, *v), (true.value, *true.slope, slope, *(true.curve @ v)))


def same(found: Sequence[Any], expected: Sequence[float]) -> None:
    assert len(found) == len(expected)
    for a, b in zip(found, expected, strict=True):
        assert abs(a - b) <= 1e-11 * (1 + abs(b)), (found, expected)


# -- the linear language ---------------------------------------------------------------------------

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


# -- mutants of linear programs, which the checker must refuse -------------------------------------


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
                yield "apply what is not linear", with_operand(v, sin)
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


# -- the long run ----------------------------------------------------------------------------------


def counted(check: Callable[[Any], None], cases: Iterator[Any], what: str) -> int:
    """How many cases there are, after all have been checked."""
    number = 0
    for case in cases:
        number += 1
        try:
            check(case)
        except Exception as error:
            raise AssertionError(f"{what}: {case}") from error
    return number


def main() -> None:
    parser = argparse.ArgumentParser(description="Checks the theorems on every small program.")
    parser.add_argument("--size", type=int, default=2, help="equations of scalar programs")
    parser.add_argument("--linear", type=int, default=4, help="equations of linear programs")
    most = parser.parse_args()
    table = Table("language", "parameters", "equations", "programs", "seconds")
    languages = {
        "scalar": (holds, programs, most.size),
        "linear": (holds_linear, linear_programs, most.linear),
    }
    console = Console()
    with console.status("") as status:
        for (name, (check, every, size)), params in product(languages.items(), (1, 2)):
            for length in range(size + 1):
                status.update(f"{name} programs, {params} parameters, {length} equations")
                begin = perf_counter()
                count = counted(check, every(params, length), name)
                seconds = f"{perf_counter() - begin:.1f}"
                table.add_row(name, str(params), str(length), f"{count:,}", seconds)
    console.print(table)
    fates: Counter[tuple[str, str]] = Counter()
    for params, length in product((1, 2), range(most.linear)):
        for p in linear_programs(params, length):
            fates.update(judged(p))
    table = Table("mutation of linear programs", "refused", "equal", "survivors")
    for kind in sorted({kind for kind, _ in fates}):
        table.add_row(kind, *(f"{fates[kind, f]:,}" for f in ("refused", "equal", "survivor")))
    console.print(table)


if __name__ == "__main__":
    main()
