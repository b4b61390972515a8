"""Transposition: a linear function with its arrows turned round.

From ``l(a; x') -> (; y')`` to ``l.T(a; y') -> (; x')``. Non-linear equations stay in front, as they
are; the linear ones are walked last to first, each turned round by its op. Every linear variable is
used exactly once, so each cotangent is bound exactly once and nothing accumulates behind the
scenes: `dup` becomes `add`, `drop` becomes `zero`, a call becomes a call of the transposed callee.
"""

from __future__ import annotations

from lineara.errors import LinearityError
from lineara.ir.builder import Builder
from lineara.ir.op import Tangent
from lineara.ir.program import Equation, Function, Operand, Variable
from lineara.ir.structural import Drop, Zero
from lineara.ir.value import Value
from lineara.ops.control.base import Control
from lineara.transforms.inline import inline
from lineara.transforms.unzip import unzip


def transpose(f: Function) -> Function:
    """The transpose of a function that is linear in its linear parameters.

    Returns:
        ``f.T(a; y') -> (; x')`` with ⟨w, f(a; v)⟩ = ⟨f.T(a; w), v⟩ for all v and w, where ⟨u, v⟩
        is the sum of u·v over all elements (its real part for complex values; nothing is
        conjugated). Its work is that of `f`, up to a small constant.

    Raises:
        LinearityError: if `f` has non-linear results; `unzip` it first.
    """
    return f.memoized("transpose", lambda: _transpose(f))


def _transpose(f: Function) -> Function:
    if f.results:
        raise LinearityError(
            f"{f.name} has non-linear results, so it is not a linear function",
            found=f"{len(f.results)} non-linear results",
            expected="linear results only",
            remedy="take it apart with unzip and transpose the linear half",
        )
    if any(e.linear and not all(v.linear for v in e.results) for e in f.equations):
        return _divided(f)
    b = Builder(f.name.removesuffix(".T") if f.name.endswith(".T") else f"{f.name}.T")
    b.params.extend(f.params)
    cotangents: dict[Operand, Value] = {
        v: b.linear_parameter(v.type, v.hint) for v in f.linear_results
    }
    linear = [equation for equation in f.equations if equation.linear]
    for equation in f.equations:
        if not equation.linear:
            b.adopt(equation)
    for equation in reversed(linear):
        b.source = None if equation.source is None else equation.source.playing("cotangent")
        incoming = tuple(cotangents.pop(v) for v in equation.results)
        for operand, cotangent in zip(
            equation.operands, _cotangents(b, equation, incoming), strict=True
        ):
            if cotangent is not None:
                hint = operand.hint if isinstance(operand, Variable) else None
                cotangents[operand] = cotangent.hinted(hint)
    return b.build([cotangents[p] for p in f.linear_params])


def _cotangents(b: Builder, equation: Equation, incoming: tuple[Value, ...]) -> tuple[Tangent, ...]:
    """Emits the equation turned round; the cotangents of its operands."""
    op = equation.op
    if isinstance(op, Drop):
        return (b.zero(equation.operands[0].type),)
    if isinstance(op, Zero):
        return ()
    operands = tuple(Value(b, v) for v in equation.operands)
    if isinstance(op, Control):
        return op.turn(operands, incoming, transpose)
    return op.transpose(operands, incoming)


def _divided(f: Function) -> Function:
    """The transpose of a function in which an equation has results of both kinds, as a loop has
    that counts: it is unzipped first.
    """
    known, rest = unzip(f)
    b = Builder(f"{f.name}.T")
    params = [b.parameter(p.type, p.hint) for p in f.params]
    cotangents = [b.linear_parameter(v.type, v.hint) for v in f.linear_results]
    tape = inline(b, known, params)
    return b.build(inline(b, transpose(rest), [*tape, *cotangents]))
