"""Inlining: the equations of a function inside another one, with fresh variables."""

from __future__ import annotations

from collections.abc import Sequence

from lineara.ir.builder import Builder
from lineara.ir.program import Equation, Function, Operand
from lineara.ir.value import Value


def inline(b: Builder, f: Function, operands: Sequence[Value]) -> tuple[Value, ...]:
    """Adds the equations of `f`, applied to `operands`, to the function that `b` builds.

    Returns:
        The results of `f`, non-linear ones first.
    """
    names: dict[Operand, Operand] = {
        p: x.operand for p, x in zip(f.all_params, operands, strict=True)
    }
    for equation in f.equations:
        results = tuple(type(v)(v.type, v.hint) for v in equation.results)
        inputs = tuple(names.get(v, v) for v in equation.operands)
        b.adopt(Equation(equation.op, inputs, results, equation.source))
        names.update(zip(equation.results, results, strict=True))
    return tuple(Value(b, names.get(v, v)) for v in f.all_results)
