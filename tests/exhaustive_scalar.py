"""Every program of a scalar language, and the theorems on each of them.

The language has literals, variables, sin, exp, mul, add, calls, branches and a loop of two steps; a
program is a list of steps and the number of the value that it returns.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, NamedTuple

import numpy as np

from lineara.backends.numpy_interpreter import run
from lineara.ir.builder import Builder
from lineara.ir.check import check
from lineara.ir.cost import size, work
from lineara.ir.program import Function
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
