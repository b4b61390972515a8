"""Forgetting linearity: a linear program read as an ordinary one.

Linear parameters become ordinary ones after the others, `dup` becomes renaming, `drop` vanishes and
`zero` becomes a constant. What remains can be differentiated again: that is all there is to
higher derivatives.
"""

from __future__ import annotations

from lineara.ir.builder import Builder
from lineara.ir.containers import Container
from lineara.ir.program import Equation, Function, Operand
from lineara.ir.structural import Structural, Zero
from lineara.ir.types import ArrayType
from lineara.ir.value import Value
from lineara.ops.broadcast import broadcast
from lineara.ops.control.base import Control
from lineara.ops.packages import Blank


def forget(f: Function) -> Function:
    """`f` with all its values non-linear: ``f(a; x') -> (b; y')`` becomes ``f(a, x) -> (b, y)``."""
    if not f.linear_params and not f.linear_results:
        return f
    return f.memoized("forget", lambda: _forget(f))


def _forget(f: Function) -> Function:
    b = Builder(f.name)
    b.params.extend(f.params)
    values: dict[Operand, Value] = {v: b.parameter(v.type, v.hint) for v in f.linear_params}
    for equation in f.equations:
        b.source = equation.source
        if not equation.linear:
            b.adopt(equation)
            continue
        operands = tuple(values.get(v) or Value(b, v) for v in equation.operands)
        for variable, value in zip(
            equation.results, _forgotten(b, equation, operands), strict=True
        ):
            values[variable] = value.hinted(variable.hint)
    return b.build(values.get(v) or Value(b, v) for v in f.all_results)


def _forgotten(b: Builder, equation: Equation, operands: tuple[Value, ...]) -> tuple[Value, ...]:
    op = equation.op
    if isinstance(op, Zero):
        return (_zero(b, op.type),)
    if isinstance(op, Structural):
        return op.forgotten(operands)
    if isinstance(op, Control):
        return op.forgotten(b, equation, operands, forget)
    return b.emit(op, *operands)


def _zero(b: Builder, type: ArrayType) -> Value:
    if isinstance(type, Container):
        return b.emit(Blank(type))[0]
    zero = b.constant(type.dtype.type(0))
    return broadcast(zero, type.shape, ()) if type.shape else zero
