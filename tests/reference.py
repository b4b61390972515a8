"""The meaning of programs once more, as plainly as can be: no plans, nothing is ever overwritten.

The interpreter must agree with this to the last bit. It also counts: what a run costs, where
branches and loops decide about it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from values import Value

from lineara.ir.containers import Package, Stack, zeros
from lineara.ir.program import Equation, Function, Literal, Operand
from lineara.ir.types import ArrayType
from lineara.ops.control.base import Control
from lineara.ops.control.call import Call
from lineara.ops.control.scan import Scan
from lineara.ops.control.switch import Switch
from lineara.ops.control.while_loop import While


class Reference:
    """Runs functions.

    Attributes:
        work: scalar operations so far.
        linear_iterations: iterations so far of `while` loops with linear carries.
    """

    def __init__(self) -> None:
        self.work = 0
        self.linear_iterations = 0

    def run(self, f: Function, values: Sequence[Value]) -> tuple[Value, ...]:
        """The results of `f`."""
        known: dict[Operand, Value] = dict(zip(f.all_params, values, strict=True))

        def value(v: Operand) -> Value:
            return v.value if isinstance(v, Literal) else known[v]

        for equation in f.equations:
            results = self.equation(equation, [value(v) for v in equation.operands])
            known.update(zip(equation.results, results, strict=True))
        return tuple(map(value, f.all_results))

    def equation(self, equation: Equation, values: list[Value]) -> Sequence[Value]:
        op = equation.op
        if isinstance(op, Call):
            return self.run(op.function, values)
        if isinstance(op, Switch):
            number = min(max(int(values[0]), 0), len(op.branches) - 1)
            return self.run(op.branches[number], values[1:])
        if isinstance(op, Scan):
            return self.scan(op, values)
        if isinstance(op, While):
            return self.while_loop(op, values, equation.linear)
        assert not isinstance(op, Control)
        self.work += equation.work()
        return op.evaluate(*values)

    def scan(self, op: Scan, values: list[Value]) -> Sequence[Value]:
        length = int(values.pop(0)) if op.length is None else op.length
        consts, carries, slices, linear, linear_slices = op.parts(values)
        types = op.parts([p.type for p in op.body.all_params])
        result_types = op.made([v.type for v in op.body.all_results])
        entries: list[list[Value]] = []
        for k in reversed(range(length)) if op.reverse else range(length):
            here = [entry(x, k, t) for x, t in zip(slices, types[2], strict=True)]
            linear_here = [entry(x, k, t) for x, t in zip(linear_slices, types[4], strict=True)]
            results = self.run(op.body, [*consts, *carries, *here, *linear, *linear_here])
            carries, made, linear, linear_made = op.made(results)
            entries.append([*made, *linear_made])
        if op.reverse:
            entries.reverse()
        made_types = [*result_types[1], *result_types[3]]
        wholes = [
            whole(type, [row[i] for row in entries], counted=op.length is not None)
            for i, type in enumerate(made_types)
        ]
        split = len(result_types[1])
        return [*carries, *wholes[:split], *linear, *wholes[split:]]

    def while_loop(self, op: While, values: list[Value], is_linear: bool) -> Sequence[Value]:
        of_cond, consts, carries, linear = op.parts(values)
        entries: list[list[Value]] = []
        while self.run(op.cond, [*of_cond, *carries])[0]:
            self.linear_iterations += is_linear
            results = self.run(op.body, [*consts, *carries, *linear])
            carries, made, linear, linear_made = op.made(results)
            entries.append([*made, *linear_made])
        _, made, _, linear_made = op.made(op.body.all_results)
        wholes = [[row[i] for row in entries] for i in range(len(made) + len(linear_made))]
        return [*carries, *wholes[: len(made)], *linear, *wholes[len(made) :]]


def entry(x: Value, k: int, type: ArrayType) -> Value:
    """Entry k of what a loop runs along, given the type of an entry."""
    if x is None or (isinstance(x, list) and k >= len(x)):
        return zeros(type)
    if isinstance(x, tuple):
        assert isinstance(type, Package)
        return tuple(entry(part, k, t) for part, t in zip(x, type.items, strict=True))
    return x[k]


def whole(type: ArrayType, entries: list[Value], *, counted: bool) -> Value:
    """What a loop makes of entries of a type: an array, or a stack."""
    if not counted or isinstance(type, Stack):
        return entries
    if isinstance(type, Package):
        return tuple(
            whole(t, [x[i] for x in entries], counted=True) for i, t in enumerate(type.items)
        )
    made = np.empty((len(entries), *type.shape), type.dtype)
    for k, x in enumerate(entries):
        made[k] = x
    return made


def run(f: Function, *values: Any) -> tuple[Value, ...]:
    """The results of `f`."""
    with np.errstate(all="ignore"):
        return Reference().run(f, values)


def cost(f: Function, *values: Any) -> Reference:
    """What running `f` has cost."""
    counted = Reference()
    with np.errstate(all="ignore"):
        counted.run(f, values)
    return counted
