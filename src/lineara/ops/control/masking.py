"""Examples that do not go the same way: loops that take a different number of iterations for each.

The loop goes on as long as any example does, and an example that is done keeps what it has.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lineara.ir.builder import Builder
from lineara.ir.containers import Package, Stack
from lineara.ir.program import Function, functions_in
from lineara.ir.types import ArrayType
from lineara.ir.value import Value
from lineara.ops import stacks
from lineara.ops.broadcast import broadcast
from lineara.ops.compare import and_, lt
from lineara.ops.control.base import Control, Mask, Vectorise, cut
from lineara.ops.control.call import Call
from lineara.ops.creation import Convert
from lineara.ops.indexing import Gather
from lineara.ops.minmax import select
from lineara.ops.packages import INDEX, Blank, Count, pack, repeated, unpack
from lineara.ops.reduce import ArgMax, ReduceMax, ReduceOr

if TYPE_CHECKING:
    from lineara.ops.control.scan import Scan
    from lineara.ops.control.while_loop import While


def choose(mask: Value, new: Value, old: Value) -> Value:
    """For each example the new value, where the mask is true, or the old one."""
    if isinstance(new.type, Package):
        parts = zip(unpack.all(new), unpack.all(old), strict=True)
        return pack(*(choose(mask, x, y) for x, y in parts))
    if isinstance(new.type, Stack):
        return stacks.choose(mask, new, old)
    full = broadcast(mask, new.shape, (0,)) if new.ndim > 1 else mask
    return select(full, new, old)


def may_fail(f: Function) -> bool:
    """Whether a function may raise an error, or go on for ever, for some arguments."""

    def found() -> bool:
        for equation in f.equations:
            op = equation.op
            if isinstance(op, Control) and op.name != "while":
                if any(map(may_fail, functions_in(op))):
                    return True
            elif not op.total:
                return True
        return False

    return f.memoized("may fail", found)


def fed(
    mask: Value, f: Function, operands: Sequence[Value], batched: Sequence[bool]
) -> Sequence[Value]:
    """Operands for a function of examples of which some are in the mask only.

    If the function may fail, the others get those of an example that is in the mask, so that it is
    applied to nothing that it was not meant for.
    """
    if not may_fail(f):
        return operands
    first = ArgMax(0)(mask)

    def feed(x: Value) -> Value:
        if isinstance(x.type, Package):
            return pack(*map(feed, unpack.all(x)))
        if x.linear or isinstance(x.type, Stack):
            return x
        (one,) = Gather((0,)).all(x, first)
        return choose(mask, x, broadcast(one, x.shape, tuple(range(1, x.ndim))))

    return [feed(x) if flag else x for x, flag in zip(operands, batched, strict=True)]


def masked(mask: Value, f: Function, operands: Sequence[Value]) -> tuple[Value, ...]:
    """The results of a function of examples for those in the mask, and anything for the others."""
    from lineara.ops.control.switch import Switch

    if not may_fail(f):
        return mask.builder.emit(Call(f), *operands)
    b = Builder(f"{f.name}.none")  # in case that no example is in the mask
    for p in f.params:
        b.parameter(p.type, p.hint)
    for p in f.linear_params:
        b.linear_parameter(p.type, p.hint)
    zeros = [b.emit(Blank(v.type))[0] for v in f.results]
    none = b.build([*zeros, *(b.zero(v.type) for v in f.linear_results)])
    some = Convert(INDEX.dtype)(ReduceOr((0,))(mask))
    inputs = fed(mask, f, operands, (True,) * len(operands))
    return Switch((none, f)).all(some, *inputs)


def uneven_scan(
    op: Scan, size: int, operands: Sequence[Value], batched: Mask, batch: Vectorise
) -> tuple[tuple[Value, ...], Mask]:
    """A `scan` whose number of iterations, its first operand, differs from example to example."""
    count, *rest = operands
    consts, carries, slices, linear_carries, linear_slices = op.parts(batched[1:])
    carries, linear_carries = [True] * len(carries), [True] * len(linear_carries)
    mask = (*consts, *carries, *slices, *linear_carries, *linear_slices)
    found = batch(op.body, mask).batched
    wanted = (*carries, *found[op.carries :])
    inner = batch(op.body, mask, wanted).function

    b = Builder(f"{op.body.name}.masked")
    of_consts, of_carries, of_slices = (
        [b.parameter(p.type, p.hint) for p in part]
        for part in cut(inner.params, (op.consts, op.carries))
    )
    counts, number = b.parameter(count.type), b.parameter(INDEX)
    b.params = [x.operand for x in (*of_consts, counts, *of_carries, *of_slices, number)]  # type: ignore[misc]
    linear = [b.linear_parameter(p.type, p.hint) for p in inner.linear_params]
    going_on = lt(number, counts)
    flags = [*consts, *carries, *slices]
    inputs = fed(going_on, inner, [*of_consts, *of_carries, *of_slices], flags)
    results = Call(inner).all(*inputs, *linear)
    after, made, linear_after, linear_made = op.made(results)
    body = b.build(
        [
            *(choose(going_on, x, old) for x, old in zip(after, of_carries, strict=True)),
            *made,
            *linear_after[: op.lent],
            *(
                choose(going_on, x, old)
                for x, old in zip(linear_after[op.lent :], linear[op.lent :], strict=False)
            ),
            *(choose(going_on, x, x.zero_tangent()) for x in linear_made),
        ]
    )
    loop = replace(op, body=body, consts=op.consts + 1)
    flags = op.parts(mask)
    kinds = [
        [x if b or not f else repeated(x, size) for x, b, f in zip(*part, strict=True)]
        for part in zip(op.parts(rest), op.parts(batched[1:]), flags, strict=True)
    ]
    most = ReduceMax((0,))(count)
    inputs = [most, *kinds[0], count, *kinds[1], *kinds[2], Count()(most), *kinds[3], *kinds[4]]
    return loop.all(*inputs), wanted


def uneven_while(
    op: While, size: int, operands: Sequence[Value], batched: Mask, batch: Vectorise
) -> tuple[tuple[Value, ...], Mask]:
    """A `while` whose condition differs from example to example. Whether an example goes on is one
    more carry, the first.
    """
    cond_consts, consts, carries, linear = op.parts(batched)
    carries, linear = [True] * len(carries), [True] * len(linear)
    asked = batch(op.cond, (*cond_consts, *carries), (True,)).function
    mask = (*consts, *carries, *linear)
    found = batch(op.body, mask).batched
    wanted = (*carries, *found[op.carries :])
    inner = batch(op.body, mask, wanted).function

    b = Builder(f"{op.body.name}.masked")
    going_on_type = asked.results[0].type
    of_cond = [b.parameter(p.type, p.hint) for p in asked.params[: op.cond_consts]]
    of_body = [b.parameter(p.type, p.hint) for p in inner.params[: op.consts]]
    going_on = b.parameter(going_on_type)
    old = [b.parameter(p.type, p.hint) for p in inner.params[op.consts :]]
    old_linear = [b.linear_parameter(p.type, p.hint) for p in inner.linear_params]
    body_inputs = fed(going_on, inner, [*of_body, *old], [*consts, *carries])
    after, made, linear_after, linear_made = op.made(Call(inner).all(*body_inputs, *old_linear))
    new = [choose(going_on, x, y) for x, y in zip(after, old, strict=True)]
    (again,) = Call(asked).all(*of_cond, *new)
    body = b.build(
        [
            and_(going_on, again),
            *new,
            *made,
            *linear_after[: op.lent],
            *(
                choose(going_on, x, y)
                for x, y in zip(linear_after[op.lent :], old_linear[op.lent :], strict=False)
            ),
            *(choose(going_on, x, x.zero_tangent()) for x in linear_made),
        ]
    )
    inputs = [
        [x if b or not f else repeated(x, size) for x, b, f in zip(*part, strict=True)]
        for part in zip(
            op.parts(operands), op.parts(batched), op.parts((*cond_consts, *mask)), strict=True
        )
    ]
    (first,) = Call(asked).all(*inputs[0], *inputs[2])
    loop = replace(
        op,
        cond=_any(going_on_type, [x.type for x in old]),
        body=body,
        cond_consts=0,
        consts=op.cond_consts + op.consts,
    )
    results = loop.all(*inputs[0], *inputs[1], first, *inputs[2], *inputs[3])
    return results[1:], wanted


def _any(going_on: ArrayType, carries: Sequence[ArrayType]) -> Any:
    """The condition that any example goes on."""
    b = Builder("any")
    flags = b.parameter(going_on)
    for type in carries:
        b.parameter(type)
    return b.build([ReduceOr((0,))(flags)])
