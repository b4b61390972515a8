"""Calls, branches and loops."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lineara.backends.native import llir, stacks
from lineara.backends.native.flat import Branch, Flat, Invoke, Loop, Repeat, StackVariable, Step
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
from lineara.backends.native.python import handle_signals
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
    b.switch(x, blocks[-1], list(enumerate(blocks[:-1])))
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
            if isinstance(v, StackVariable):
                stacks.copy(fn, self.room, source, v.item)
            elif source is not self.room:
                fn.copy(self.room, source, v.type.nbytes)
            if not given:
                self.second = fn.b.bitcast(scratch, memory_type(v.type.dtype).as_pointer())
        else:
            Emit(fn.b).store(fn.number_of(start), self.room, INT(0))
            slot = fn.slot(llir.array(memory_type(v.type.dtype), parts_of(v.type.dtype)))
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
            if isinstance(self.v, StackVariable):
                stacks.free(self.fn, self.room, self.v.item)
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
    operands = step.operands[op.first :]
    length = fn.number_of(step.operands[0]).value if op.length is None else INT(op.length)
    consts, rest = operands[: op.consts], operands[op.consts :]
    made = fn.module.body(op)
    invariant = [x for v in consts for x in fn.argument(v)]
    carries, scratch = _carries(fn, rest, step.results[: op.carries], made, fn.scratch())
    slices = [
        _Along(fn, v, piece, length)
        for v, piece in zip(
            rest[op.carries :], op.body.params[op.consts + op.carries :], strict=True
        )
    ]
    wholes = [
        _Along(fn, v, piece, length, is_result=True)
        for v, piece in zip(step.results[op.carries :], op.body.results[op.carries :], strict=True)
    ]

    def iteration(k: Any) -> None:
        number = fn.b.sub(fn.b.sub(length, INT(1)), k) if op.reverse else k
        inputs = [*invariant, *(x for c in carries for x in c.argument())]
        inputs += [x for along in slices for x in along.argument(number)]
        outputs = [c.target() for c in carries] + [along.place(number) for along in wholes]
        fn.call(made, scratch, inputs, outputs)
        for c in carries:
            c.advance()

    if op.length != 0:
        often = poll_interval(op.body) if (op.length or LONG) * op.body.work > LONG else None
        _counted(fn, length, iteration, often)
    for c in carries:
        c.finish()


class _Along:
    """An array or a stack that a loop runs along, or makes."""

    def __init__(
        self, fn: FunctionEmitter, whole: Any, piece: Operand, length: Any, is_result: bool = False
    ) -> None:
        self.fn, self.whole, self.piece = fn, whole, piece
        self.is_stack = isinstance(whole, StackVariable)
        if self.is_stack and is_result:
            stacks.make(fn, whole, length)
        self.guarded = self.is_stack and not is_result

    def place(self, number: Any) -> Any:
        """The address of a slice."""
        if self.is_stack:
            return stacks.item(self.fn, self.whole, number, self.guarded)
        size = self.piece.type.size * parts_of(self.piece.type.dtype)
        return self.fn.b.gep(self.fn.pointer(self.whole), [self.fn.b.mul(number, INT(size))])

    def argument(self, number: Any) -> list[Any]:
        """A slice as arguments of a call."""
        at = self.place(number)
        if self.piece.type.shape:
            return [at]
        return list(Emit(self.fn.b).load(at, self.piece.type.dtype, INT(0)).parts)


LONG = 1 << 22
"""Scalar operations from which on a loop lets Python handle signals now and then."""


def poll_interval(body: Flat) -> int:
    """After how many iterations, a power of two; it takes about a millisecond."""
    return 1 << max(20 - max(body.work, 1).bit_length(), 0)


def _poll(fn: FunctionEmitter, k: Any, interval: int) -> Any:
    """Lets Python handle signals, every so often; whether the run goes on."""
    b = fn.b
    due = b.icmp_signed("==", b.and_(k, INT(interval - 1)), INT(interval - 1))
    with b.if_then(due, rarely=True):
        handle_signals(b, fn.status)
    return b.icmp_signed("==", b.load(fn.status), INT(0))


def _counted(fn: FunctionEmitter, length: Any, iteration: Any, interval: int | None = None) -> None:
    b = fn.b
    entry, header, done = b.block, b.append_basic_block("iteration"), b.append_basic_block("done")
    b.cbranch(b.icmp_signed(">", length, INT(0)), header, done)
    b.position_at_end(header)
    k = b.phi(INT)
    k.add_incoming(INT(0), entry)
    iteration(k)
    following = b.add(k, INT(1))
    again = b.icmp_signed("<", following, length)
    if interval is not None:
        again = b.and_(again, _poll(fn, k, interval))
    k.add_incoming(following, b.block)
    b.cbranch(again, header, done)
    b.position_at_end(done)


def _repeat(fn: FunctionEmitter, step: Step, op: Repeat) -> None:
    of_cond = [x for v in step.operands[: op.cond_consts] for x in fn.argument(v)]
    first = op.cond_consts + op.consts
    of_body = [x for v in step.operands[op.cond_consts : first] for x in fn.argument(v)]
    made, cond = fn.module.body(op), fn.module.function(op.cond)
    results = step.results[: op.carries]
    carries, scratch = _carries(fn, step.operands[first:], results, made, fn.scratch())
    entries = [v for v in step.results[op.carries :] if isinstance(v, StackVariable)]
    for v in entries:
        stacks.make(fn, v, INT(0))
    answer, number = fn.slot(BYTE), fn.slot(INT)
    b = fn.b
    b.store(INT(0), number)
    header, body, done = (b.append_basic_block(n) for n in ("asked", "iteration", "done"))
    b.branch(header)
    b.position_at_end(header)
    inputs = [x for c in carries for x in c.argument()]
    fn.call(cond, scratch, [*of_cond, *inputs], [answer])
    going_on = b.trunc(b.load(answer), BOOL)
    k = b.load(number)
    b.store(b.add(k, INT(1)), number)
    fine = _poll(fn, k, poll_interval(op.body))  # a run that has failed ends
    b.cbranch(b.and_(going_on, fine), body, done)
    b.position_at_end(body)
    inputs = [x for c in carries for x in c.argument()]
    outputs = [*(c.target() for c in carries), *(stacks.pushed(fn, v) for v in entries)]
    fn.call(made, scratch, [*of_body, *inputs], outputs)
    for c in carries:
        c.advance()
    b.branch(header)
    b.position_at_end(done)
    for c in carries:
        c.finish()


__all__ = ["BYTES", "Flat", "Num", "write_control"]
