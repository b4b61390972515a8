"""Calls, branches and loops."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llvmlite import ir

from lineara.backends.native.flat import Branch, Flat, Invoke, Loop, Repeat, Step
from lineara.backends.native.homes import _aligned
from lineara.backends.native.numbers import (
    BOOL,
    BYTE,
    BYTES,
    INT,
    Emit,
    Num,
    memory_type,
    parts_of,
)
from lineara.ir.program import Operand, Variable

if TYPE_CHECKING:
    from lineara.backends.native.functions import FunctionEmitter, Made


def write_control(fn: FunctionEmitter, step: Step) -> None:
    """Writes a step that runs functions."""
    match step.op:
        case Invoke():
            _invoke(fn, step, fn.module.function(step.op.function), step.operands)
        case Branch():
            _branch(fn, step, step.op)
        case Loop():
            _loop(fn, step, step.op)
        case Repeat():
            _repeat(fn, step, step.op)


def _invoke(fn: FunctionEmitter, step: Step, made: Made, operands: tuple[Operand, ...]) -> None:
    rooms = [fn.room(v) for v in step.results]
    inputs = [x for v in operands for x in fn.argument(v)]
    fn.call(made, fn.scratch(), inputs, rooms)
    for v, room in zip(step.results, rooms, strict=True):
        fn.take(v, room)


def _branch(fn: FunctionEmitter, step: Step, op: Branch) -> None:
    number, *operands = step.operands
    x = fn.number_of(number).value
    rooms = [fn.room(v) for v in step.results]
    inputs = [x for v in operands for x in fn.argument(v)]
    scratch = fn.scratch()
    b = fn.b
    blocks = [b.append_basic_block("branch") for _ in op.functions]
    after = b.append_basic_block("after")
    below = b.icmp_signed("<", x, INT(0))
    x = b.select(below, INT(0), x)  # what is out of range is the first branch, or the last one
    chosen = b.switch(x, blocks[-1])
    for k, block in enumerate(blocks[:-1]):
        chosen.add_case(INT(k), block)
    for f, block in zip(op.functions, blocks, strict=True):
        b.position_at_end(block)
        fn.call(fn.module.function(f), scratch, inputs, rooms)
        b.branch(after)
    b.position_at_end(after)
    for v, room in zip(step.results, rooms, strict=True):
        fn.take(v, room)


class _Carry:
    """What a loop carries from one iteration to the next, in memory."""

    def __init__(self, fn: FunctionEmitter, start: Operand, v: Variable, given: bool, scratch: Any):
        self.fn, self.v = fn, v
        self.room = fn.room(v)
        self.second: Any = None
        if v.type.shape:
            source = fn.pointer(start)  # type: ignore[arg-type]
            if source is not self.room:
                fn.copy(self.room, source, v.type.nbytes)
            if not given:
                self.second = fn.b.bitcast(scratch, memory_type(v.type.dtype).as_pointer())
        else:
            Emit(fn.b).store(fn.number_of(start), self.room, INT(0))
            slot = fn.slot(ir.ArrayType(memory_type(v.type.dtype), parts_of(v.type.dtype)))
            self.second = fn.b.bitcast(slot, memory_type(v.type.dtype).as_pointer())
        self.swapped = self.second is not None and v.type.nbytes > SWAPPED
        if self.swapped:
            self.now, self.next = (fn.slot(self.room.type) for _ in range(2))
            fn.b.store(self.room, self.now)
            fn.b.store(self.second, self.next)

    def argument(self) -> list[Any]:
        """The value before an iteration."""
        if not self.v.type.shape:
            return list(Emit(self.fn.b).load(self.room, self.v.type.dtype, INT(0)).parts)
        return [self.fn.b.load(self.now) if self.swapped else self.room]

    def target(self) -> Any:
        """Where an iteration puts the value after it."""
        if self.swapped:
            return self.fn.b.load(self.next)
        return self.room if self.second is None else self.second

    def advance(self) -> None:
        """The value after an iteration becomes the one before the next."""
        b = self.fn.b
        if self.swapped:
            now, following = b.load(self.now), b.load(self.next)
            b.store(following, self.now)
            b.store(now, self.next)
        elif self.second is not None:
            if self.v.type.shape:
                self.fn.copy(self.room, self.second, self.v.type.nbytes)
            else:
                x = Emit(b).load(self.second, self.v.type.dtype, INT(0))
                Emit(b).store(x, self.room, INT(0))

    def finish(self) -> None:
        """The value after the last iteration is the result."""
        if self.swapped:
            self.fn.copy(self.room, self.fn.b.load(self.now), self.v.type.nbytes)
        self.fn.take(self.v, self.room)


SWAPPED = 256
"""Bytes from which on a carry changes places with its next value instead of being copied."""


def _carries(
    fn: FunctionEmitter, starts: Any, results: Any, made: Made, scratch: Any
) -> tuple[list[_Carry], Any]:
    """The carries, and what is left of the scratch memory."""
    used, carries = 0, []
    for k, (start, v) in enumerate(zip(starts, results, strict=False)):
        given = k in made.given
        carries.append(_Carry(fn, start, v, given, fn.b.gep(scratch, [INT(used)])))
        if v.type.shape and not given:
            used += _aligned(v.type.nbytes)
    return carries, fn.b.gep(scratch, [INT(used)])


def _loop(fn: FunctionEmitter, step: Step, op: Loop) -> None:
    consts = step.operands[: op.consts]
    starts = step.operands[op.consts :][: op.carries]
    slices = step.operands[op.consts + op.carries :]
    made = fn.module.body(op)
    invariant = [x for v in consts for x in fn.argument(v)]
    carries, scratch = _carries(fn, starts, step.results[: op.carries], made, fn.scratch())
    wholes = step.results[op.carries :]
    pieces = op.body.params[op.consts + op.carries :]
    new = op.body.results[op.carries :]

    def iteration(k: Any) -> None:
        number = fn.b.sub(INT(op.length - 1), k) if op.reverse else k
        inputs = [*invariant, *(x for c in carries for x in c.argument())]
        for v, piece in zip(slices, pieces, strict=True):
            inputs += _slice(fn, v, piece, number)
        outputs = [c.target() for c in carries]
        outputs += [_place(fn, w, v, number) for w, v in zip(wholes, new, strict=True)]
        fn.call(made, scratch, inputs, outputs)
        for c in carries:
            c.advance()

    if op.length:
        _counted(fn, op.length, iteration)
    for c in carries:
        c.finish()
    for w in wholes:
        fn.ready.add(w)


def _slice(fn: FunctionEmitter, whole: Operand, piece: Variable, number: Any) -> list[Any]:
    at = _place(fn, whole, piece, number)  # type: ignore[arg-type]
    if piece.type.shape:
        return [at]
    return list(Emit(fn.b).load(at, piece.type.dtype, INT(0)).parts)


def _place(fn: FunctionEmitter, whole: Variable, piece: Operand, number: Any) -> Any:
    """The address of a slice of an array."""
    size = piece.type.size * parts_of(piece.type.dtype)
    return fn.b.gep(fn.pointer(whole), [fn.b.mul(number, INT(size))])


def _counted(fn: FunctionEmitter, length: int, iteration: Any) -> None:
    b = fn.b
    entry, header = b.block, b.append_basic_block("iteration")
    b.branch(header)
    b.position_at_end(header)
    k = b.phi(INT)
    k.add_incoming(INT(0), entry)
    iteration(k)
    following = b.add(k, INT(1))
    k.add_incoming(following, b.block)
    done = b.append_basic_block("done")
    b.cbranch(b.icmp_signed("<", following, INT(length)), header, done)
    b.position_at_end(done)


def _repeat(fn: FunctionEmitter, step: Step, op: Repeat) -> None:
    of_cond = [x for v in step.operands[: op.cond_consts] for x in fn.argument(v)]
    first = op.cond_consts + op.consts
    of_body = [x for v in step.operands[op.cond_consts : first] for x in fn.argument(v)]
    made, cond = fn.module.body(op), fn.module.function(op.cond)
    carries, scratch = _carries(fn, step.operands[first:], step.results, made, fn.scratch())
    answer = fn.slot(BYTE)
    b = fn.b
    header, body, done = (b.append_basic_block(n) for n in ("asked", "iteration", "done"))
    b.branch(header)
    b.position_at_end(header)
    inputs = [x for c in carries for x in c.argument()]
    fn.call(cond, scratch, [*of_cond, *inputs], [answer])
    going_on = b.trunc(b.load(answer), BOOL)
    fine = b.icmp_signed("==", b.load(fn.status), INT(0))  # a run that has failed ends
    b.cbranch(b.and_(going_on, fine), body, done)
    b.position_at_end(body)
    inputs = [x for c in carries for x in c.argument()]
    fn.call(made, scratch, [*of_body, *inputs], [c.target() for c in carries])
    for c in carries:
        c.advance()
    b.branch(header)
    b.position_at_end(done)
    for c in carries:
        c.finish()


__all__ = ["BYTES", "Flat", "Num", "write_control"]
