"""Ops on stacks of arrays, as loops along the stacks that do the same to each item.

Stacks may differ in length: they end in as many zeros as anybody reads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from lineara.backends.native.flat import Flat, Loop, StackVariable, Step
from lineara.ir.program import Operand, Variable
from lineara.ir.types import ArrayType
from lineara.ops.arithmetic import Add
from lineara.ops.broadcast import Broadcast, ReduceSum
from lineara.ops.minmax import Select
from lineara.ops.packages import INDEX, Count, Join
from lineara.ops.stacks import Choose, OnStack, Repeat, Total

ON_STACKS = Join | OnStack | Choose
Writer = Callable[[Sequence[Operand], Variable], Iterable[Step]]


@dataclass(frozen=True, eq=False)
class Longest:
    """The length of the longest of some stacks."""


def counted(op: Count, operands: Sequence[Operand], result: Variable) -> Iterator[Step]:
    """The steps that make a stack of numbers for each of some examples."""
    if not op.examples:
        yield Step(op, tuple(operands), (result,))
        return
    assert isinstance(result, StackVariable)
    numbers = StackVariable(Variable(INDEX))
    yield Step(Count(), tuple(operands), (numbers,))
    yield from _along("count", (numbers,), result, _item(Repeat(0)))


def applied(op: Any, operands: Sequence[Operand], result: Variable) -> Iterable[Step]:
    """The steps that apply an op to stacks, or to values like their items."""
    if isinstance(result, StackVariable):
        return _along(op.name, operands, result, lambda xs, y: applied(op, xs, y))
    return _item(op)(operands, result)


def _along(
    name: str, operands: Sequence[Operand], result: StackVariable, write: Writer
) -> Iterator[Step]:
    """The steps that do to each item what `write` writes; operands that are no stacks, the first
    ones, are the same for all items.
    """
    stacks = tuple(v for v in operands if isinstance(v, StackVariable))
    others = tuple(v for v in operands if not isinstance(v, StackVariable))
    params = [*(Variable(v.type) for v in others), *(_like(v.item) for v in stacks)]
    out = _like(result.item)
    body = Flat(name, tuple(params), tuple(write(params, out)), (out,))
    length = Variable(INDEX)
    yield Step(Longest(), stacks, (length,))
    yield Step(Loop(body, None, False, len(others), 0), (length, *others, *stacks), (result,))


def _like(v: Variable) -> Variable:
    return StackVariable(_like(v.item)) if isinstance(v, StackVariable) else Variable(v.type)


def _item(op: Any) -> Writer:
    """What an op does to arrays."""

    def write(operands: Sequence[Operand], result: Variable) -> Iterator[Step]:
        shape = result.type.shape
        match op:
            case Join():
                yield Step(Add(), tuple(operands), (result,))
            case Repeat():
                axes = range(len(shape))
                depth = len(shape) - operands[0].type.ndim
                kept = (*axes[: op.axis], *axes[op.axis + depth :])
                yield Step(Broadcast(shape, kept), tuple(operands), (result,))
            case Total():
                yield Step(ReduceSum((op.axis,)), tuple(operands), (result,))
            case Choose():
                mask, new, old = operands
                flags = Variable(ArrayType(mask.type.dtype, shape))
                yield Step(Broadcast(shape, tuple(range(mask.type.ndim))), (mask,), (flags,))
                yield Step(Select(), (flags, new, old), (result,))

    return write
