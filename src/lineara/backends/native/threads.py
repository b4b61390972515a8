"""Groups in parts, on several threads.

How a group is cut depends on its work alone, and what the parts have added up is put together in
their order, so that results are the same for any number of threads. The environment variable
``LINEARA_THREADS`` says how many there are at most; by default as many as the process may use.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from copy import copy
from typing import TYPE_CHECKING, Any

from lineara.backends.native import llir, pool
from lineara.backends.native.groups import Group
from lineara.backends.native.numbers import BOOL, BYTE, BYTES, INT, Num
from lineara.backends.native.plan import steps_of
from lineara.ir.program import Variable

if TYPE_CHECKING:
    from lineara.backends.native.functions import FunctionEmitter

POOL = "pool"
"""The variable of a module that says where the threads are."""
TASK = llir.array(INT, 3)
"""What a thread is given: where the arguments are, its number, and how many threads there are."""
WORKER = llir.function_type(llir.VOID, [BYTES])


Part = Callable[["FunctionEmitter", Any, Any], None]


def write_in_parts(fn: FunctionEmitter, group: Group, count: int, write: Part) -> None:
    """Writes a function that does a part of a group, and what has threads call it.

    Args:
        fn: the function that the group belongs to.
        group: what is done.
        count: iterations of the group's loop.
        write: writes iterations from one to another one into a function.
    """
    outside = list(_outside(fn, group))
    values = [x for v in outside for x in _passed(fn, v)]
    types = [BYTES, INT, INT, fn.wrong.type, *(x.type for x in values)]
    name = f"{fn.function.text[2:-1]}.part{fn.number}"
    part = llir.Function(fn.module.module, llir.function_type(llir.VOID, types), name)
    part.internal = True
    base, first, last, wrong, *arguments = part.args
    base.attributes.append("noalias")
    inner = _inside(fn, part, base, wrong)
    _bind(inner, group, outside, arguments)
    write(inner, first, last)
    inner.b.ret_void()
    worker = _worker(fn, group, part, count)
    _run(fn, group, worker, _packed(fn, [fn.base(), fn.wrong, *values]))


def _outside(fn: FunctionEmitter, group: Group) -> Iterator[Variable]:
    """The arrays and numbers that a group uses, but those that are only inside of it."""
    inside = fn.homes.inside[group]
    summed = {step.results[0] for step in inside.sums}
    made = [v for step in steps_of(group) for v in step.results]
    read = [r.value for step in steps_of(group) for r in fn.plan.reads_of(step)]
    homes = set()
    for v in dict.fromkeys((*made, *sorted(read, key=lambda v: fn.plan.place[v]))):
        known = v in fn.scalars if not v.type.shape else v in fn.plan.stored
        home = fn.homes.of.get(v, v)
        if known and v not in inside.at and v not in summed and home not in homes:
            homes.add(home)
            yield v


def _passed(fn: FunctionEmitter, v: Variable) -> Sequence[Any]:
    return [fn.pointer(v)] if v.type.shape else fn.scalars[v].parts


def _inside(fn: FunctionEmitter, part: Any, base: Any, wrong: Any) -> FunctionEmitter:
    """What writes the function of a part."""
    inner = copy(fn)
    inner.function = part
    inner.slots = llir.Builder(part.append_basic_block("entry"))
    inner.b = llir.Builder(part.append_basic_block("start"))
    inner.slots.branch(inner.b.block)
    inner.start, inner.wrong = base, wrong
    inner.pointers, inner.scalars = {}, dict(fn.scalars)
    return inner


def _bind(
    inner: FunctionEmitter, group: Group, outside: Sequence[Variable], arguments: Sequence[Any]
) -> None:
    remaining = iter(arguments)
    for v in outside:
        if v.type.shape:
            pointer = next(remaining)
            inner.pointers[inner.homes.of[v]] = pointer
            if v in group.place:
                pointer.attributes.append("noalias")
        else:
            parts = tuple(next(remaining) for _ in inner.scalars[v].parts)
            inner.scalars[v] = Num(v.type.dtype, parts)


# -- threads --------------------------------------------------------------------------------------


def _slot(b: Any, place: Any, k: Any, type: Any) -> Any:
    """The k-th eight bytes at a place, for a value of a type."""
    at = b.gep(b.bitcast(place, INT.as_pointer()), [k])
    return b.bitcast(at, (BYTE if type is BOOL else type).as_pointer())


def _packed(fn: FunctionEmitter, values: Sequence[Any]) -> Any:
    """Values in memory, one after the other."""
    b = fn.b
    place = fn.slot(llir.array(INT, len(values)))
    for k, x in enumerate(values):
        b.store(b.zext(x, BYTE) if x.type is BOOL else x, _slot(b, place, INT(k), x.type))
    return place


def _unpacked(b: Any, place: Any, types: Sequence[Any]) -> list[Any]:
    found = [b.load(_slot(b, place, INT(k), type)) for k, type in enumerate(types)]
    return [b.trunc(x, BOOL) if type is BOOL else x for x, type in zip(found, types, strict=True)]


def _loop(b: Any, low: Any, high: Any, step: Any, body: Callable[[Any], None]) -> None:
    entry, header, inside, done = (
        b.block,
        *(b.append_basic_block(name) for name in ("next", "each", "all")),
    )
    b.branch(header)
    b.position_at_end(header)
    k = b.phi(INT)
    k.add_incoming(low, entry)
    b.cbranch(b.icmp_signed("<", k, high), inside, done)
    b.position_at_end(inside)
    body(k)
    k.add_incoming(b.add(k, step), b.block)
    b.branch(header)
    b.position_at_end(done)


def _worker(fn: FunctionEmitter, group: Group, part: Any, count: int) -> Any:
    """What a thread does: every so manieth part."""
    function = llir.Function(fn.module.module, WORKER, f"{part.text[2:-1]}.worker")
    function.internal = True
    b = llir.Builder(function.append_basic_block("entry"))
    values, number, threads = _unpacked(b, function.args[0], [BYTES, INT, INT])
    base_type, _, _, *types = (x.type for x in part.args)
    base, *arguments = _unpacked(b, values, [base_type, *types])
    size, parts = fn.homes.inside[group].size, INT(group.parts)

    def each(k: Any) -> None:
        first, last = (b.sdiv(b.mul(x, INT(count)), parts) for x in (k, b.add(k, INT(1))))
        b.call(part, [b.gep(base, [b.mul(k, INT(size))]), first, last, *arguments])

    _loop(b, number, parts, threads, each)
    b.ret_void()
    return function


def _run(fn: FunctionEmitter, group: Group, worker: Any, values: Any) -> None:
    """Tells threads what to do, does the share of one of them, and waits for the others."""
    b, module = fn.b, fn.module.module
    known = module.globals.get(POOL)
    place = known or llir.Global(module, BYTES, POOL, llir.Constant(BYTES, None))
    words = b.bitcast(b.load(place), INT.as_pointer())
    busy = b.gep(words, [INT(pool.BUSY)])
    free = b.exchange(busy, INT(0), INT(1))
    most = b.load(b.gep(words, [INT(pool.COUNT)]))
    parts = INT(group.parts)
    most = b.select(b.icmp_signed("<", most, parts), most, parts)
    threads = b.select(free, most, INT(1))
    tasks = fn.slot(llir.array(TASK, min(group.parts, pool.MOST)))

    def task(k: Any) -> Any:
        place = b.bitcast(b.gep(tasks, [INT(0), k]), BYTES)
        for number, x in enumerate((values, k, threads)):
            b.store(x, _slot(b, place, INT(number), x.type))
        return place

    def begin(k: Any) -> None:
        seat = b.gep(words, [b.add(b.mul(k, INT(pool.WORDS)), INT(pool.seat_of(0)))])
        b.store(b.bitcast(worker, BYTES), _slot(b, seat, INT(pool.FUNCTION), BYTES))
        b.store(task(k), _slot(b, seat, INT(pool.ARGUMENT), BYTES))
        b.call(pool.semaphore(module, "sem_post"), [b.bitcast(seat, BYTES)])

    def end(k: Any) -> None:
        pool.until_taken(b, b.bitcast(b.gep(words, [INT(pool.DONE)]), BYTES))

    _loop(b, INT(1), threads, INT(1), begin)
    b.call(worker, [task(INT(0))])
    _loop(b, INT(1), threads, INT(1), end)
    with b.if_then(free):
        b.exchange(busy, INT(1), INT(0))
