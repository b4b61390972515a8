"""Proving a function linear: its parameters made linear variables, if the types allow it."""

from __future__ import annotations

from lineara.ir.builder import Builder
from lineara.ir.program import Equation, Function, Operand
from lineara.ir.value import Value
from lineara.ops.broadcast import broadcast
from lineara.ops.control.base import Control, Typed
from lineara.ops.elementwise import Elementwise


def as_linear(f: Function, linear: tuple[bool, ...]) -> Function:
    """`f` with the chosen parameters, and all that is computed from them, linear.

    This is the converse of `forget`, and a proof: the types of Linear A admit only linear
    functions.

    Raises:
        LinearityError: if `f` is not linear in those parameters jointly; it names the user's line
            and the operation that breaks linearity.
    """
    return _typed(f, linear).function


def _typed(f: Function, linear: tuple[bool, ...]) -> Typed:
    return f.memoized(("linear", linear), lambda: _as_linear(f, linear))


def _as_linear(f: Function, linear: tuple[bool, ...]) -> Typed:
    b = Builder(f.name)
    values: dict[Operand, Value] = {
        p: (b.linear_parameter if is_linear else b.parameter)(p.type, p.hint)
        for p, is_linear in zip(f.params, linear, strict=True)
    }
    for equation in f.equations:
        b.source = equation.source
        operands = tuple(values.get(v) or Value(b, v) for v in equation.operands)
        emitted = _emit(b, equation, operands)
        for variable, value in zip(equation.results, emitted, strict=True):
            values[variable] = value.hinted(variable.hint)
    results = [values.get(v) or Value(b, v) for v in f.results]
    return Typed(b.build(results), tuple(x.linear for x in results))


def _emit(b: Builder, equation: Equation, operands: tuple[Value, ...]) -> tuple[Value, ...]:
    op = equation.op
    linear = tuple(x.linear for x in operands)
    if not any(linear):
        return b.emit(op, *operands)
    if isinstance(op, Control):
        return op.typed(operands, _typed)
    if isinstance(op, Elementwise):
        shape = equation.results[0].type.shape
        full = [broadcast(x, shape, ()) if x.linear and x.shape != shape else x for x in operands]
        return b.emit(op, *full)
    return b.emit(op, *operands)
