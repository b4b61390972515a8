"""Loops of unknown length whose derivative keeps some carries and computes the others again.

The loop becomes one over *segments*: checkpointed loops that end after a number of iterations, or
with the loop itself. For the way back only the carries at their starts are kept. If each segment is
longer by one than the last, n iterations are about √(2n) segments of at most √(2n) iterations, for
any n, which nobody has to know before.
"""

from __future__ import annotations

import numpy as np

from lineara.errors import TypeMismatchError
from lineara.frontend.control.segments import Schedule, not_static
from lineara.ir.builder import Builder
from lineara.ir.program import Function
from lineara.ir.value import Value
from lineara.ops.compare import and_, lt
from lineara.ops.control.call import Call
from lineara.ops.control.checkpoint import Checkpoint
from lineara.ops.control.while_loop import While
from lineara.ops.packages import INDEX
from lineara.where import user_source


def scheduled_online(loop: While, schedule: Schedule) -> Function:
    """A function that does what the loop does, and keeps what the schedule says.

    Raises:
        TypeMismatchError: for a schedule that is none.
    """
    if not isinstance(schedule, int | str | tuple):
        raise not_static(schedule)
    if schedule == "sqrt":
        return _over_segments(loop, 1, 1)
    if isinstance(schedule, int) and not isinstance(schedule, bool) and schedule >= 1:
        return _over_segments(loop, schedule, 0)
    raise TypeMismatchError(
        "this is not a schedule of checkpoints for a loop of unknown length",
        where=user_source(),
        found=f"checkpoint={schedule!r}",
        expected='"sqrt", or every how many iterations to keep a carry',
        remedy="other schedules need a length: scan, or fori_loop with static bounds",
    )


def _over_segments(loop: While, first: int, growth: int) -> Function:
    """A loop over segments, the first of which is `first` long; each is longer by `growth`."""
    name = loop.body.name
    some = _segment(loop)
    b = Builder(f"{name}.segment")
    consts, carries = _params(loop, b)
    length = b.parameter(INDEX, "length")
    after = b.emit(Checkpoint(some), *consts, *carries, length)
    body = b.build([*after, length + growth])
    b = Builder(f"{name}.segments")
    consts, carries = _params(loop, b)
    outer = While(_asked(loop), body, loop.cond_consts, len(consts))
    of_cond = consts[: loop.cond_consts]
    *results, _ = b.emit(outer, *of_cond, *consts, *carries, b.constant(np.int64(first)))
    return b.build(results)


def _segment(loop: While) -> Function:
    """The loop, but for a number of iterations at most; its last parameter."""
    b = Builder(f"{loop.body.name}.counted")
    consts, carries = _params(loop, b)
    of_body, number = consts[loop.cond_consts :], b.parameter(INDEX, "number")
    body = b.build([*b.emit(Call(loop.body), *of_body, *carries), number + 1])

    b = Builder(loop.cond.name)
    of_cond = [b.parameter(p.type, p.hint) for p in loop.cond.params[: loop.cond_consts]]
    most = b.parameter(INDEX, "length")
    carries = [b.parameter(p.type, p.hint) for p in loop.cond.params[loop.cond_consts :]]
    number = b.parameter(INDEX, "number")
    (going_on,) = b.emit(Call(loop.cond), *of_cond, *carries)
    cond = b.build([and_(lt(number, most), going_on)])

    b = Builder(f"{loop.body.name}.some")
    consts, carries = _params(loop, b)
    most = b.parameter(INDEX, "length")
    inner = While(cond, body, loop.cond_consts + 1, len(consts))
    of_cond, zero = consts[: loop.cond_consts], b.constant(np.int64(0))
    *results, _ = b.emit(inner, *of_cond, most, *consts, *carries, zero)
    return b.build(results)


def _asked(loop: While) -> Function:
    """The condition of the loop, with one carry more."""
    b = Builder(loop.cond.name)
    operands = [b.parameter(p.type, p.hint) for p in loop.cond.params]
    b.parameter(INDEX, "length")
    return b.build(b.emit(Call(loop.cond), *operands))


def _params(loop: While, b: Builder) -> tuple[list[Value], list[Value]]:
    """Parameters for the consts, of the condition and then of the body, and for the carries."""
    of_cond = [b.parameter(p.type, p.hint) for p in loop.cond.params[: loop.cond_consts]]
    of_body = [b.parameter(p.type, p.hint) for p in loop.body.params]
    return [*of_cond, *of_body[: loop.consts]], of_body[loop.consts :]
