"""Simplification: a smaller function with the same results, in two walks.

Forwards, equations are *reduced*: literals are folded, equal non-linear equations shared, ops that
return an operand unchanged skipped, linear zeros propagated. Backwards, what nobody uses is
*pruned*: non-linear equations without readers, and linear ones whose results are dropped.

Only identities that hold to the last bit for every value are used on numbers (x·1, x − 0, but not
x·0); zeros that are linear are zero by construction, so adding one may always be skipped.
"""

from __future__ import annotations

from collections.abc import Hashable
from operator import is_

import numpy as np

from lineara.errors import LinearaError
from lineara.ir.containers import Container
from lineara.ir.op import Op
from lineara.ir.program import Equation, Function, LinearVariable, Literal, Operand, Variable
from lineara.ir.structural import Drop, Dup, Zero
from lineara.ops.arithmetic import Add, Neg, Sub
from lineara.ops.broadcast import Broadcast
from lineara.ops.control.base import Control
from lineara.ops.control.scan import Scan
from lineara.ops.control.while_loop import While
from lineara.ops.elementwise import Elementwise
from lineara.ops.packages import Join, Pack, Unpack
from lineara.transforms.loops import hoist, prune


def simplify(f: Function) -> Function:
    """`f` with fewer equations, the same parameters and results of the same value."""
    return f.memoized("simplify", lambda: _simplify(f))


def _simplify(f: Function) -> Function:
    reducer = _Reducer()
    for equation in f.equations:
        reducer.add(equation)
    results = tuple(reducer.value(v) for v in f.results)
    linear_results = tuple(reducer.linear(v) for v in f.linear_results)
    pruner = _Pruner({*results, *linear_results})
    for equation in reversed(reducer.equations):
        pruner.add(equation)
    pruner.drop_params(f.linear_params)
    simple = Function(
        f.name,
        f.params,
        f.linear_params,
        tuple(pruner.renamed(equation) for equation in reversed(pruner.equations)),
        results,
        tuple(pruner.name(v) for v in linear_results),
    )
    simple.memo["simplify"] = simple
    return simple


class _Reducer:
    """The forward walk."""

    def __init__(self) -> None:
        self.equations: list[Equation] = []
        self.names: dict[Operand, Operand] = {}
        self.known: dict[Hashable, tuple[Variable, ...]] = {}
        self.zeros: set[Operand] = set()
        self.packed: dict[Operand, Equation] = {}
        """The equation of a package: a linear one is made only when it is needed as such."""
        self.repeated: dict[Operand, Operand] = {}
        """The scalar behind a variable that repeats it."""

    def value(self, operand: Operand) -> Operand:
        return self.names.get(operand, operand)

    def linear(self, operand: Operand) -> LinearVariable:
        """A linear variable in a place where it must exist, even if it is zero."""
        now = self.value(operand)
        assert isinstance(now, LinearVariable)
        if now in self.packed:
            self.emit_linear(self.packed.pop(now))
        if now in self.zeros:
            self.equations.append(Equation(Zero(now.type), (), (now,)))
        return now

    def add(self, equation: Equation) -> None:
        op = equation.op
        if isinstance(op, Control):
            op = op.mapped(simplify)
        names = self.names
        operands = tuple([names.get(v, v) for v in equation.operands])
        reduced = _changed(equation, op, operands)
        if isinstance(op, Scan | While):
            *outside, reduced = hoist(reduced)
            for extra in outside:
                self.add(extra)
            operands = tuple(self.value(v) for v in reduced.operands)
            reduced = Equation(reduced.op, operands, reduced.results, reduced.source)
        if reduced.linear:
            self.add_linear(reduced)
        else:
            self.add_nonlinear(reduced)

    def add_linear(self, equation: Equation) -> None:
        op, operands, results = equation.op, equation.operands, equation.results
        if isinstance(op, Unpack) and operands[0] in self.packed:
            self.names.update(zip(results, self.packed.pop(operands[0]).operands, strict=True))
            return
        zero = [v in self.zeros for v in operands if v.linear]
        if all(zero) and all(v.linear for v in results):
            self.zeros.update(results)
            return
        if any(zero) and isinstance(op, Add | Sub | Join):
            (other,) = (v for v in operands if v not in self.zeros)
            if isinstance(op, Sub) and operands[1] == other:
                self.equations.append(Equation(Neg(), (other,), results, equation.source))
            else:
                self.names[results[0]] = other
            return
        same = op.same_as(operands)
        if same is not None:
            self.names[results[0]] = same
            return
        if isinstance(op, Pack):
            self.packed[results[0]] = equation
            return
        self.emit_linear(equation)

    def emit_linear(self, equation: Equation) -> None:
        inputs = tuple([self.linear(v) if v.linear else v for v in equation.operands])
        self.equations.append(_changed(equation, equation.op, inputs))

    def add_nonlinear(self, equation: Equation) -> None:
        op, results = equation.op, equation.results
        operands = self.unrepeated(equation)
        if (
            isinstance(op, Elementwise)
            and results[0].type.shape
            and not any(v.type.shape for v in operands)
        ):
            self.repeat(equation, operands)
            return
        same = op.same_as(operands)
        if same is not None and same.type == results[0].type:
            self.names[results[0]] = same
            return
        if isinstance(op, Unpack) and operands[0] in self.packed:
            self.names.update(zip(results, self.packed[operands[0]].operands, strict=True))
            return
        folded = _fold(equation, operands)
        if folded is not None:
            self.names[results[0]] = folded
            return
        key = (op, operands)
        if key in self.known:
            self.names.update(zip(results, self.known[key], strict=True))
            return
        self.known[key] = results
        if isinstance(op, Pack):
            self.packed[results[0]] = Equation(op, operands, results)
        if isinstance(op, Broadcast) and not operands[0].type.shape:
            self.repeated[results[0]] = operands[0]
        self.equations.append(_changed(equation, op, operands))

    def unrepeated(self, equation: Equation) -> tuple[Operand, ...]:
        """Operands of an elementwise op with repeated scalars as scalars: the op repeats them."""
        if not self.repeated or not isinstance(equation.op, Elementwise):
            return equation.operands
        return tuple([self.repeated.get(v, v) for v in equation.operands])

    def repeat(self, equation: Equation, operands: tuple[Operand, ...]) -> None:
        """An elementwise equation of repeated scalars: one of scalars, whose result is repeated."""
        (result,) = equation.results
        scalar = Variable(result.type.with_shape(()), result.hint)
        self.add_nonlinear(Equation(equation.op, operands, (scalar,), equation.source))
        repetition = Broadcast(result.type.shape)
        self.add_nonlinear(Equation(repetition, (self.value(scalar),), (result,), equation.source))


def _fold(equation: Equation, operands: tuple[Operand, ...]) -> Literal | None:
    """The value of a scalar equation whose operands are all literals."""
    if not operands or len(equation.results) != 1 or equation.results[0].type.shape:
        return None
    if isinstance(equation.results[0].type, Container):
        return None
    literals = [v.value for v in operands if isinstance(v, Literal)]
    if len(literals) != len(operands) or isinstance(equation.op, Control):
        return None
    try:
        with np.errstate(all="ignore"):
            (value,) = equation.op.evaluate(*literals)
    except LinearaError:
        return None
    return Literal(value)


class _Pruner:
    """The backward walk."""

    def __init__(self, live: set[Operand]) -> None:
        self.live = live
        self.equations: list[Equation] = []  # last to first
        self.dropped: set[Operand] = set()
        self.names: dict[Operand, Operand] = {}

    def add(self, equation: Equation) -> None:
        results = equation.results
        if isinstance(equation.op, Drop):
            self.dropped.update(equation.operands)
            return
        wanted = [v for v in results if v in self.live and v not in self.dropped]
        if not wanted:
            self.dropped.update(v for v in equation.operands if v.linear)
            return
        if isinstance(equation.op, Scan | While):
            equation = prune(equation, self.live)
            if equation.results != results:
                equation = Equation(
                    equation.op.mapped(simplify),  # type: ignore[attr-defined]
                    equation.operands,
                    equation.results,
                    equation.source,
                )
        unwanted = [v for v in results if v in self.dropped]
        if isinstance(equation.op, Dup) and unwanted:
            if len(wanted) == 1:
                self.names[wanted[0]] = equation.operands[0]
                self.live.update(equation.operands)
                return
            equation = Equation(Dup(len(wanted)), equation.operands, tuple(wanted), equation.source)
        else:
            self.equations.extend(Equation(Drop(), (v,), (), equation.source) for v in unwanted)
        self.live.update(equation.operands)
        self.equations.append(equation)

    def drop_params(self, params: tuple[LinearVariable, ...]) -> None:
        self.equations.extend(Equation(Drop(), (v,), ()) for v in params if v in self.dropped)

    def name(self, variable: LinearVariable) -> LinearVariable:
        now: Operand = variable
        while now in self.names:
            now = self.names[now]
        assert isinstance(now, LinearVariable)
        return now

    def renamed(self, equation: Equation) -> Equation:
        """The equation with names of copies replaced by names of originals, once all are known."""
        if not self.names:
            return equation
        operands = [self.name(v) if isinstance(v, LinearVariable) else v for v in equation.operands]
        return _changed(equation, equation.op, tuple(operands))


def _changed(equation: Equation, op: Op, operands: tuple[Operand, ...]) -> Equation:
    """The equation of that op and these operands: itself, if they are the same objects."""
    if op is equation.op and all(map(is_, operands, equation.operands)):
        return equation
    return Equation(op, operands, equation.results, equation.source)
