"""Proving a function linear: its parameters made linear variables, if the types allow it."""

from __future__ import annotations

import numpy as np

from lineara.errors import LinearityError
from lineara.ir.builder import Builder
from lineara.ir.program import Equation, Function, Literal, Operand
from lineara.ir.value import Value
from lineara.ops.broadcast import Broadcast, broadcast
from lineara.ops.control.base import Control, Mask, Typed
from lineara.ops.control.call import Call
from lineara.ops.creation import Convert
from lineara.ops.elementwise import Elementwise
from lineara.ops.packages import Blank


def as_linear(f: Function, linear: tuple[bool, ...]) -> Function:
    """`f` with the chosen parameters, and all that is computed from them, linear.

    This is the converse of `forget`, and a proof: the types of Linear A admit only linear
    functions.

    Raises:
        LinearityError: if `f` is not linear in those parameters jointly; it names the user's line
            and the operation that breaks linearity.
    """
    return prove(f, linear).function


def prove(f: Function, linear: Mask, zero: Mask | None = None) -> Typed:
    """Like `as_linear`, for callers that must know which results are linear.

    Args:
        f: a function of ordinary values.
        linear: which parameters are to be linear.
        zero: which of the others are certainly zero.
    """
    return f.memoized(("linear", linear, zero), lambda: _as_linear(f, linear, zero))


def _as_linear(f: Function, linear: Mask, zero: Mask | None) -> Typed:
    b = Builder(f.name)
    values: dict[Operand, Value] = {
        p: (b.linear_parameter if is_linear else b.parameter)(p.type, p.hint)
        for p, is_linear in zip(f.params, linear, strict=True)
    }
    zeros = zeros_in(f, zero)
    for equation in f.equations:
        b.source = equation.source
        operands = tuple(values.get(v) or Value(b, v) for v in equation.operands)
        emitted = _emit(b, equation, _completed(b, equation, operands, zeros), zeros)
        for variable, value in zip(equation.results, emitted, strict=True):
            values[variable] = value.hinted(variable.hint)
    results = [values.get(v) or Value(b, v) for v in f.results]
    return Typed(b.build(results), tuple(x.linear for x in results))


def _emit(
    b: Builder, equation: Equation, operands: tuple[Value, ...], zeros: set[Operand]
) -> tuple[Value, ...]:
    op = equation.op
    linear = tuple(x.linear for x in operands)
    if not any(linear):
        return b.emit(op, *operands)
    if isinstance(op, Control):
        zero = tuple(is_zero(v, zeros) for v in equation.operands)
        try:
            return op.typed(operands, zero, prove)
        except LinearityError as error:
            raise error.at(equation.source) from None
    if isinstance(op, Elementwise):
        shape = equation.results[0].type.shape
        full = [broadcast(x, shape, ()) if x.linear and x.shape != shape else x for x in operands]
        return b.emit(op, *full)
    return b.emit(op, *operands)


def _completed(
    b: Builder, equation: Equation, operands: tuple[Value, ...], zeros: set[Operand]
) -> tuple[Value, ...]:
    """The operands, with linear zeros for zeros that have to be linear as others are."""
    op = equation.op
    given = {i for i, x in enumerate(operands) if x.linear}
    if not given or isinstance(op, Control):
        return operands
    shape = equation.results[0].type.shape
    types = [
        x.type.with_shape(shape) if isinstance(op, Elementwise) and i in given else x.type
        for i, (x, v) in enumerate(zip(operands, equation.operands, strict=True))
    ]
    full = [
        t.with_shape(shape) if isinstance(op, Elementwise) and is_zero(v, zeros) else t
        for t, v in zip(types, equation.operands, strict=True)
    ]
    for linear_set in op.linear_sets(*full):
        missing = linear_set - given
        if given < linear_set and all(is_zero(equation.operands[i], zeros) for i in missing):
            return tuple(b.zero(full[i]) if i in missing else x for i, x in enumerate(operands))
    return operands


def zeros_in(f: Function, zero: Mask | None = None) -> set[Operand]:
    """The variables of `f` that are zero, given which of its parameters are."""
    mask = (False,) * len(f.params) if zero is None else zero
    return f.memoized(("zeros", mask), lambda: _zeros_in(f, mask))


def _zeros_in(f: Function, zero: Mask) -> set[Operand]:
    zeros: set[Operand] = {p for p, is_zero in zip(f.params, zero, strict=True) if is_zero}
    for equation in f.equations:
        op, operands = equation.op, equation.operands
        if isinstance(op, MOVING) and all(is_zero(v, zeros) for v in operands):
            zeros.update(equation.results)
        elif isinstance(op, Call):
            inside = zeros_in(op.function, tuple(is_zero(v, zeros) for v in operands))
            zeros.update(
                result
                for result, v in zip(equation.results, op.function.results, strict=True)
                if is_zero(v, inside)
            )
    return zeros


def is_zero(v: Operand, zeros: set[Operand]) -> bool:
    """Whether an operand is a literal zero, or one of the variables that are zero."""
    return v in zeros or (isinstance(v, Literal) and not np.any(v.value))


MOVING = (Broadcast, Convert, Blank)
"""Ops that make zeros of zeros; front ends make arrays of zeros with them."""
