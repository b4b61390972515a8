"""Un-jitted calls: the interpreter first, machine code when that pays.

A program is compiled once it has taken the interpreter about as long, all its runs together, as
compiling takes. Whatever the number of its calls, it then takes little more than twice the time
that the better choice would have taken. A loop of many iterations is compiled right away.
"""

from __future__ import annotations

import os
from time import perf_counter
from typing import Any

from lineara.backends import numpy_interpreter
from lineara.backends.choice import has_llvm, runner
from lineara.ir.program import Function, functions_in, reachable
from lineara.ir.types import Array
from lineara.ops.control.scan import Scan

SWITCH = "LINEARA_COMPILE"
"""The environment variable that keeps un-jitted calls on the interpreter if it is 0."""
START, EACH = 0.015, 0.0007
"""Seconds until machine code is there: for any program, and for each of its equations."""
STEP = 1.5e-6
"""Seconds that the interpreter takes for an equation on few numbers."""


class Tier:
    """How a function is run.

    Attributes:
        price: seconds of interpretation that pay for compiling it.
        short: the way into its machine code.
    """

    def __init__(self, f: Function) -> None:
        self.f = f
        self.price = START + EACH * sum(len(g.equations) for g in reachable([f]))
        self.price -= STEP * evaluations(f)  # what the first run would take
        self.native = None if os.environ.get(SWITCH) != "0" and has_llvm() else False
        self.short: Any = None

    def __call__(self, *values: Array) -> tuple[Array, ...]:
        if self.short is not None:
            results = self.short(*values)
            if results is not None:
                return results  # type: ignore[no-any-return]
        if self.native is None and self.price <= 0:
            self.native = True
            self.short = runner("native").shorter(self.f, [], [None] * len(values), tuple)
        if self.native:
            return runner("native").run(self.f, *values)
        start = perf_counter()
        results = numpy_interpreter.run(self.f, *values)
        self.price -= perf_counter() - start
        return results


def run(f: Function, *values: Array) -> tuple[Array, ...]:
    """The results of `f`, as the interpreter's `run` has them."""
    tier = f.memo.get("tier")
    if tier is None:
        tier = f.memoized("tier", lambda: Tier(f))
    results: tuple[Array, ...] = tier(*values)
    return results


def evaluations(f: Function) -> int:
    """Equations that one run of `f` evaluates, as far as lengths of loops are known."""
    if "evaluations" not in f.memo:
        for g in reachable([f]):
            g.memoized("evaluations", lambda g=g: _evaluations(g))  # type: ignore[misc]
    result: int = f.memo["evaluations"]
    return result


def _evaluations(f: Function) -> int:
    total = len(f.equations)
    for equation in f.equations:
        op = equation.op
        times = op.length or 1 if isinstance(op, Scan) else 1
        total += times * sum(g.memo["evaluations"] for g in functions_in(op))
    return total
