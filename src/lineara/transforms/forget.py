"""Forgetting linearity: a linear program read as an ordinary one.

Linear parameters become ordinary ones after the others, `dup` becomes renaming, `drop` vanishes and
`zero` becomes a constant. What remains can be differentiated again: that is all there is to
higher derivatives.
"""

from __future__ import annotations

from lineara.ir.builder import Builder
from lineara.ir.program import Equation, Function, Operand, Variable
from lineara.ir.structural import Structural, Zero
from lineara.ir.value import Value
from lineara.ops.broadcast import broadcast
from lineara.ops.control import Call


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
        zero = b.constant(op.type.dtype.type(0))
        return (broadcast(zero, op.type.shape, ()) if op.type.shape else zero,)
    if isinstance(op, Structural):
        return op.forgotten(operands)
    if isinstance(op, Call):
        # Its ordinary results stay the variables that other equations refer to.
        results = tuple(Variable(v.type) if v.linear else v for v in equation.results)
        inputs = tuple(x.operand for x in operands)
        b.adopt(Equation(Call(forget(op.function)), inputs, results, equation.source))
        return tuple(Value(b, v) for v in results)
    return b.emit(op, *operands)
