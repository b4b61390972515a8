"""Stacks: memory that grows, for what loops of unknown length leave behind.

The handle of a stack is four numbers: the address of its items, how many there are, for how many
there is room, and nothing. Whoever makes a stack owns it, and gives its memory back after its last
use; results of functions, and items of other stacks, change hands.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lineara.backends.native import llir
from lineara.backends.native.along import Longest
from lineara.backends.native.flat import Empty, StackVariable, Step
from lineara.backends.native.numbers import BYTE, BYTES, INT, Num, memory_type
from lineara.ir.program import Variable
from lineara.ops.packages import Count

if TYPE_CHECKING:
    from lineara.backends.native.functions import FunctionEmitter

ADDRESS, COUNT, ROOM = range(3)
FIRST = 16
"""For how many items there is room in the beginning."""


def is_about_stacks(step: Step) -> bool:
    """Whether a step does nothing but make a stack, or ask for lengths."""
    return isinstance(step.op, Empty | Count | Longest)


def write(fn: FunctionEmitter, step: Step) -> None:
    """Writes a step that makes a stack, or asks for lengths."""
    (v,) = step.results
    if isinstance(step.op, Longest):
        fn.scalars[v] = Num(v.type.dtype, (_longest(fn, step),))
        return
    assert isinstance(v, StackVariable)
    if isinstance(step.op, Empty):
        make(fn, v, INT(0))
        return
    length = fn.number_of(step.operands[0]).value
    make(fn, v, length)
    b = fn.b
    data = b.inttoptr(_get(fn, fn.pointer(v), ADDRESS), INT.as_pointer())
    _each(fn, length, lambda k: b.store(k, b.gep(data, [k])))


def _longest(fn: FunctionEmitter, step: Step) -> Any:
    longest: Any = INT(0)
    for v in step.operands:
        count = _get(fn, fn.pointer(v), COUNT)  # type: ignore[arg-type]
        longest = fn.b.select(fn.b.icmp_signed(">", count, longest), count, longest)
    return longest


def make(fn: FunctionEmitter, v: StackVariable, length: Any) -> None:
    """A new stack with that many items, which are still to be written."""
    b, handle = fn.b, fn.pointer(v)
    size = b.mul(length, INT(max(v.item.type.nbytes, 1)))
    _set(fn, handle, ADDRESS, b.ptrtoint(_allocate(fn, size), INT))
    _set(fn, handle, COUNT, length)
    _set(fn, handle, ROOM, length)


def pushed(fn: FunctionEmitter, v: StackVariable) -> Any:
    """The address of one item more."""
    b, handle, size = fn.b, fn.pointer(v), max(v.item.type.nbytes, 1)
    count, room = _get(fn, handle, COUNT), _get(fn, handle, ROOM)
    with b.if_then(b.icmp_signed(">=", count, room), rarely=True):
        larger = b.add(b.mul(room, INT(2)), INT(FIRST))
        old = b.inttoptr(_get(fn, handle, ADDRESS), BYTES)
        resize = _outside(fn, "realloc", BYTES, [BYTES, INT])
        new = b.call(resize, [old, b.mul(larger, INT(size))])
        _set(fn, handle, ADDRESS, b.ptrtoint(new, INT))
        _set(fn, handle, ROOM, larger)
    _set(fn, handle, COUNT, b.add(count, INT(1)))
    return _place(fn, handle, count, v.item)


def item(fn: FunctionEmitter, v: StackVariable, number: Any, guarded: bool) -> Any:
    """The address of an item; of zeros, if it is `guarded` and not there."""
    b, handle = fn.b, fn.pointer(v)
    place = _place(fn, handle, number, v.item)
    if not guarded:
        return place
    there = b.icmp_signed("<", number, _get(fn, handle, COUNT))
    return b.select(there, place, b.bitcast(_zeros(fn, v.item.type.nbytes), place.type))


def free(fn: FunctionEmitter, handle: Any, item: Variable) -> None:
    """Gives back the memory of a stack, and of its items."""
    b = fn.b
    if isinstance(item, StackVariable):
        inner = item.item
        _each(
            fn,
            _get(fn, handle, COUNT),
            lambda k: free(fn, _place(fn, handle, k, item), inner),
        )
    release = _outside(fn, "free", llir.VOID, [BYTES])
    b.call(release, [b.inttoptr(_get(fn, handle, ADDRESS), BYTES)])


def copy(fn: FunctionEmitter, target: Any, source: Any, item: Variable) -> None:
    """Makes a stack like another one, with memory of its own."""
    b = fn.b
    count = _get(fn, source, COUNT)
    size = b.mul(count, INT(max(item.type.nbytes, 1)))
    data = _allocate(fn, size)
    _set(fn, target, ADDRESS, b.ptrtoint(data, INT))
    _set(fn, target, COUNT, count)
    _set(fn, target, ROOM, count)
    if isinstance(item, StackVariable):
        inner = item.item
        _each(
            fn,
            count,
            lambda k: copy(fn, _place(fn, target, k, item), _place(fn, source, k, item), inner),
        )
        return
    move = _outside(fn, "memcpy", BYTES, [BYTES, BYTES, INT])
    b.call(move, [data, b.inttoptr(_get(fn, source, ADDRESS), BYTES), size])


def _each(fn: FunctionEmitter, length: Any, body: Any) -> None:
    from lineara.backends.native.control import _counted

    _counted(fn, length, body)


def _place(fn: FunctionEmitter, handle: Any, number: Any, item: Variable) -> Any:
    b = fn.b
    data = b.inttoptr(_get(fn, handle, ADDRESS), BYTES)
    at = b.gep(data, [b.mul(number, INT(item.type.nbytes))])
    return b.bitcast(at, memory_type(item.type.dtype).as_pointer())


def _allocate(fn: FunctionEmitter, size: Any) -> Any:
    allocate = _outside(fn, "malloc", BYTES, [INT])
    return fn.b.call(allocate, [fn.b.add(size, INT(1))])


def _zeros(fn: FunctionEmitter, size: int) -> Any:
    """The address of so many bytes that are zero."""
    module, name = fn.module.module, f"zeros.{size}"
    known = module.globals.get(name)
    if known is None:
        zeros = llir.array(BYTE, max(size, 1))(None)
        known = llir.Global(
            module, zeros.type, name, zeros, internal=True, constant=True, alignment=64
        )
    return known


def _get(fn: FunctionEmitter, handle: Any, field: int) -> Any:
    return fn.b.load(fn.b.gep(handle, [INT(field)]))


def _set(fn: FunctionEmitter, handle: Any, field: int, value: Any) -> None:
    fn.b.store(value, fn.b.gep(handle, [INT(field)]))


def _outside(fn: FunctionEmitter, name: str, result: Any, arguments: list[Any]) -> Any:
    module = fn.module.module
    known = module.globals.get(name)
    if known is None:
        known = llir.Function(module, llir.function_type(result, arguments), name)
    return known
