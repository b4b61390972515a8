"""Batching (`vmap`): a function applied to many examples at once.

Each op has one rule for operands with a new leading axis. Linear variables stay linear: where a
batched value meets an unbatched linear one, an explicit `broadcast` of the linear one appears, so
that its transpose sums.
"""

from __future__ import annotations

from lineara.ir.builder import Builder
from lineara.ir.program import Equation, Function, Operand
from lineara.ir.types import ArrayType
from lineara.ir.value import Value
from lineara.ops.broadcast import broadcast
from lineara.ops.control import Call


def batch(f: Function, size: int, batched: tuple[bool, ...]) -> Function:
    """`f` applied to `size` examples.

    Args:
        f: any function, with linear parameters or without.
        size: the number of examples.
        batched: for each parameter, non-linear ones first, whether the examples differ in it;
            such a parameter gets a new axis 0 of length `size`.

    Returns:
        The batched function. All its results have the new axis 0.
    """
    return f.memoized(("batch", size, batched), lambda: _batch(f, size, batched))


def _batch(f: Function, size: int, batched: tuple[bool, ...]) -> Function:
    b = Builder(f"{f.name}.batch")
    values: dict[Operand, Value] = {}
    is_batched: dict[Operand, bool] = {}
    for p, flag in zip(f.all_params, batched, strict=True):
        type = ArrayType(p.type.dtype, (size, *p.type.shape)) if flag else p.type
        values[p] = (b.linear_parameter if p.linear else b.parameter)(type, p.hint)
        is_batched[p] = flag
    for equation in f.equations:
        b.source = equation.source
        operands = tuple(values.get(v) or Value(b, v) for v in equation.operands)
        flags = [is_batched.get(v, False) for v in equation.operands]
        results = (
            _results(b, equation, size, operands, flags)
            if any(flags)
            else b.emit(equation.op, *operands)
        )
        for variable, value in zip(equation.results, results, strict=True):
            values[variable] = value.hinted(variable.hint)
            is_batched[variable] = any(flags)
    return b.build(
        values.get(v, Value(b, v))
        if is_batched.get(v, False)
        else _repeat(values.get(v) or Value(b, v), size)
        for v in f.all_results
    )


def _results(
    b: Builder, equation: Equation, size: int, operands: tuple[Value, ...], flags: list[bool]
) -> tuple[Value, ...]:
    if isinstance(equation.op, Call):
        return b.emit(Call(batch(equation.op.function, size, tuple(flags))), *operands)
    return equation.op.batch(size, operands, flags)


def _repeat(value: Value, size: int) -> Value:
    return broadcast(value, (size, *value.shape), tuple(range(1, 1 + value.ndim)))
