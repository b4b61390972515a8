"""Batching (`vmap`): a function applied to many examples at once.

Each op has one rule for operands with a new leading axis. Linear variables stay linear: where a
batched value meets an unbatched linear one, an explicit `broadcast` of the linear one appears, so
that its transpose sums.
"""

from __future__ import annotations

from lineara.ir.builder import Builder
from lineara.ir.program import Equation, Function, Operand
from lineara.ir.value import Value
from lineara.ops.control.base import Batched, Control, Mask
from lineara.ops.packages import repeated


def batch(f: Function, size: int, batched: Mask) -> Function:
    """`f` applied to `size` examples.

    Args:
        f: any function, with linear parameters or without.
        size: the number of examples.
        batched: for each parameter, non-linear ones first, whether the examples differ in it;
            such a parameter gets a new axis 0 of length `size`.

    Returns:
        The batched function. All its results have the new axis 0.
    """
    return vectorise(f, size, batched, (True,) * len(f.all_results)).function


def vectorise(f: Function, size: int, batched: Mask, wanted: Mask | None = None) -> Batched:
    """Like `batch`, for callers that must know in which results the examples differ.

    Args:
        f: any function.
        size: the number of examples.
        batched: for each parameter, whether the examples differ in it.
        wanted: which results have the new axis in any case; by default the linear ones.
    """
    if wanted is None:
        wanted = tuple(v.linear for v in f.all_results)
    return f.memoized(("batch", size, batched, wanted), lambda: _batch(f, size, batched, wanted))


def _batch(f: Function, size: int, batched: Mask, wanted: Mask) -> Batched:
    b = Builder(f"{f.name}.batch")
    values: dict[Operand, Value] = {}
    is_batched: dict[Operand, bool] = {}
    for p, flag in zip(f.all_params, batched, strict=True):
        type = p.type.stacked(size) if flag else p.type
        values[p] = (b.linear_parameter if p.linear else b.parameter)(type, p.hint)
        is_batched[p] = flag
    for equation in f.equations:
        b.source = equation.source
        operands = tuple(values.get(v) or Value(b, v) for v in equation.operands)
        flags = tuple(is_batched.get(v, False) for v in equation.operands)
        results, differ = _results(b, equation, size, operands, flags)
        for variable, value, flag in zip(equation.results, results, differ, strict=True):
            values[variable] = value.hinted(variable.hint)
            is_batched[variable] = flag
    returned, marks = [], []
    for v, want in zip(f.all_results, wanted, strict=True):
        value, flag = values.get(v) or Value(b, v), is_batched.get(v, False)
        returned.append(repeated(value, size) if want and not flag else value)
        marks.append(flag or want)
    return Batched(b.build(returned), tuple(marks))


def _results(
    b: Builder, equation: Equation, size: int, operands: tuple[Value, ...], flags: Mask
) -> tuple[tuple[Value, ...], Mask]:
    """The results for all examples, and in which of them they differ."""
    op = equation.op
    if not any(flags):
        return b.emit(op, *operands), (False,) * len(equation.results)
    if isinstance(op, Control):

        def apply(f: Function, batched: Mask, wanted: Mask | None = None) -> Batched:
            return vectorise(f, size, batched, wanted)

        return op.vectorise(size, operands, flags, apply)
    return op.batch(size, operands, flags), (True,) * len(equation.results)
