"""The threads that help with large groups: each waits in machine code for something to do.

A thread is Python's, for Python to know of it, but it gives back the lock and never takes it again.
It waits for a semaphore of its own, calls a function, and says that it is done. One run at a time
has all threads; others do without. The child of a fork has none.
"""

from __future__ import annotations

import ctypes
import os
from contextlib import suppress
from functools import lru_cache
from threading import Thread
from typing import Any

from lineara.backends.native import llir
from lineara.backends.native.machine import Code
from lineara.backends.native.numbers import BYTES, INT

MOST = 64
"""Threads at most, that of the caller included."""
WORDS = 8
"""Eight bytes each of a seat: a semaphore (4 at most), a function, its argument, and the address of
the semaphore for those that are done.
"""
FUNCTION, ARGUMENT, WHERE = 4, 5, 6
COUNT, BUSY, DONE, SEATS = 0, 1, 4, 8
"""Places in a pool, in words: how many threads there are, whether they are in use, a semaphore for
those that are done, and the seats of all threads but the first.
"""


def available() -> int:
    """How many threads a run may use."""
    chosen = os.environ.get("LINEARA_THREADS", "")
    if chosen.isdigit() and int(chosen) > 0:
        return min(int(chosen), MOST)
    every = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return min(every or 1, MOST)


class Pool:
    """Threads, and the memory by which they are told what to do.

    Attributes:
        address: of that memory.
    """

    def __init__(self, count: int) -> None:
        self.memory = (ctypes.c_int64 * (SEATS + MOST * WORDS))()
        self.address = ctypes.addressof(self.memory)
        self.memory[COUNT] = 1
        if count > 1 and self._has_semaphores(count):
            self.code = Code(str(_module()))
            wait = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(self.code.address("wait"))
            with suppress(RuntimeError):  # when Python ends, or may have no more threads
                for k in range(1, count):
                    self.memory[seat_of(k) + WHERE] = self.address + 8 * DONE
                    seat = self.address + 8 * seat_of(k)
                    Thread(target=wait, args=(seat,), name=f"lineara {k}", daemon=True).start()
                    self.memory[COUNT] = k + 1
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._empty)

    def _has_semaphores(self, count: int) -> bool:
        """Makes semaphores, which not all systems have."""
        create = getattr(ctypes.CDLL(None), "sem_init", None) if os.name == "posix" else None
        places = [DONE, *map(seat_of, range(1, count))]
        return create is not None and not any(
            create(ctypes.c_void_p(self.address + 8 * place), 0, 0) for place in places
        )

    def _empty(self) -> None:
        self.memory[COUNT], self.memory[BUSY] = 1, 0


@lru_cache(maxsize=1)
def pool() -> Pool:
    """The threads of this process."""
    return Pool(available())


def seat_of(k: int) -> int:
    """The place of a thread's seat, in words."""
    return SEATS + (k - 1) * WORDS


def semaphore(module: Any, name: str) -> Any:
    """``sem_wait`` or ``sem_post``."""
    known = module.globals.get(name)
    return known or llir.Function(module, llir.function_type(llir.int_type(32), [BYTES]), name)


def until_taken(b: Any, place: Any) -> None:
    """Waits for a semaphore, also if signals come in between."""
    again, after = b.append_basic_block("wait"), b.append_basic_block("go")
    b.branch(again)
    b.position_at_end(again)
    failed = b.call(semaphore(b.module, "sem_wait"), [place])
    b.cbranch(b.icmp_signed("!=", failed, failed.type(0)), again, after)
    b.position_at_end(after)


def _module() -> llir.Module:
    """What a thread does as long as the process lives."""
    module = llir.Module("pool")
    function = llir.Function(module, llir.function_type(llir.VOID, [BYTES]), "wait")
    b = llir.Builder(function.append_basic_block("entry"))
    (seat,) = function.args
    words = b.bitcast(seat, INT.as_pointer())
    done = b.load(b.bitcast(b.gep(words, [INT(WHERE)]), BYTES.as_pointer()))
    header = b.append_basic_block("next")
    b.branch(header)
    b.position_at_end(header)
    until_taken(b, seat)
    task = llir.function_type(llir.VOID, [BYTES]).as_pointer()
    run = b.load(b.bitcast(b.gep(words, [INT(FUNCTION)]), task.as_pointer()))
    b.call(run, [b.load(b.bitcast(b.gep(words, [INT(ARGUMENT)]), BYTES.as_pointer()))])
    b.call(semaphore(module, "sem_post"), [done])
    b.branch(header)
    return module
