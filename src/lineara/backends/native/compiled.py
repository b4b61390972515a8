"""Compiled functions, as Python calls them."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from contextlib import suppress
from math import inf
from threading import Lock, Thread
from time import perf_counter
from typing import Any

import numpy as np

from lineara.backends.native import llir
from lineara.backends.native.bound import bound as machine_bound
from lineara.backends.native.callbacks import Calls
from lineara.backends.native.direct import Frames, direct
from lineara.backends.native.flat import NotNativeError, flat
from lineara.backends.native.functions import STATUS, ModuleEmitter
from lineara.backends.native.handles import discard, given, taken
from lineara.backends.native.machine import Code
from lineara.backends.native.numbers import BYTES, INT, Emit, memory_type
from lineara.backends.native.pool import pool
from lineara.backends.native.python import let_others_run, take_the_lock
from lineara.backends.native.report import Report, report
from lineara.backends.native.tapes import narrowed
from lineara.backends.native.threads import POOL
from lineara.ir.containers import Container
from lineara.ir.cost import work
from lineara.ir.program import Function, Program, reachable
from lineara.ir.types import Array
from lineara.ops.control.scan import Scan
from lineara.ops.control.while_loop import While

ENTRY = ctypes.PYFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)
QUICK = 200_000
"""Scalar operations up to which a call keeps the lock; it takes well below a millisecond."""
SHORT = 500_000_000
"""Those up to which the first call runs code that was made in a hurry, which may take longer."""


class Compiled:
    """A function in machine code.

    Code that is there soon serves the first call, unless that may take long. The second one has
    better code made, in a thread of its own, and whatever runs in the meantime uses what there is;
    the results are the same.

    Attributes:
        frames: the memory for its runs.
        address: where the address of the code is.
    """

    def __init__(self, f: Function) -> None:
        start = perf_counter()
        self.calls = Calls()
        self.main = main = narrowed(flat(f))
        emitter = ModuleEmitter(f.name, self.calls)
        made = emitter.function(main)
        longest = _longest(f)
        self.quick = longest <= QUICK
        _write_entry(emitter, main, made, releasing=not self.quick)
        self.frames = Frames(made.frame)
        self.inputs = [p.type for p in f.params]
        self.outputs = [v.type for v in f.results]
        self.params = [p.type for p in main.params]
        self.results = [v.type for v in main.results]
        self.address = ctypes.c_void_p()
        self.used = False
        self.worker: Thread | None = None
        self.rough: Code | None = None
        self.lock = Lock()
        self.parallel = POOL in emitter.module.globals
        self._load(Code(emitter.finished(), kept=True, hurry=longest <= SHORT))
        self.seconds = perf_counter() - start

    def _load(self, code: Code) -> None:
        """Uses that code from now on."""
        self.calls.connect(code)
        if self.parallel:
            code.set(POOL, pool().address)
        address = code.address("entry")
        entry = ENTRY(address)
        entry.code = code  # type: ignore[attr-defined]
        self.code, self.entry, self.address.value = code, entry, address

    def improve(self) -> Thread | None:
        """Has better code made, if there is none yet; the thread that does it."""
        with self.lock:
            if self.code.rough and self.worker is None:
                self.rough = self.code  # it may be running when it is replaced
                worker = Thread(target=self._improve, name="lineara compiles")
                with suppress(RuntimeError):  # when Python ends, or may have no more of them
                    worker.start()
                    self.worker = worker
        return self.worker

    def _improve(self) -> None:
        start = perf_counter()
        self._load(Code(self.code.module, kept=True))
        self.seconds += perf_counter() - start

    def settle(self) -> Compiled:
        """The same, once its code is as good as it gets."""
        worker = self.improve()
        if worker is not None:
            worker.join()
        return self

    def __call__(self, *values: Array) -> tuple[Array, ...] | None:
        """The results, or None if something went wrong that NumPy explains better."""
        if self.used:
            self.improve()
        self.used = True
        inputs = [x for v, type in zip(values, self.inputs, strict=True) for x in given(v, type)]
        outputs = [np.empty(type.shape, type.dtype) for type in self.results]
        places = [x.ctypes.data for x in (*inputs, *outputs)]
        table = (ctypes.c_void_p * len(places))(*places)
        status = ctypes.c_int64(0)
        frame = self.frames.take()
        self.entry(frame.start, ctypes.addressof(status), table)
        self.frames.idle.append(frame)
        if status.value:
            discard(self.main.results, outputs)
            self.calls.interrupt()
            return None
        return taken(self.outputs, iter(outputs))

    def direct(
        self,
        captures: Sequence[Any],
        kinds: Sequence[type | None],
        finish: Callable[[list[Any]], Any],
    ) -> Callable[..., Any] | None:
        """A shorter way to call the function with a few plain arrays."""
        if self.calls.steps or len(self.params) + len(self.results) > MANY:
            return None
        if any(isinstance(t, Container) for t in (*self.inputs, *self.outputs)):
            return None
        own = len(captures)
        kept = [x for v, t in zip(captures, self.params, strict=False) for x in given(v, t)]
        params = list(zip(self.params[own:], kinds, strict=True))
        if any(not t.shape for t in self.params[:own]):
            return None
        self.improve()
        return direct(self.address, self.frames, kept, params, self.results, finish)


MANY = 32
"""Arguments and results up to which there is a short way."""


def _longest(f: Function) -> float:
    """The scalar operations that a run takes at most; infinity with loops of unknown length."""
    unknown = any(
        isinstance(e.op, While) or (isinstance(e.op, Scan) and e.op.length is None)
        for g in reachable([f])
        for e in g.equations
    )
    return inf if unknown else work(f)


def _write_entry(emitter: ModuleEmitter, main: Any, made: Any, *, releasing: bool) -> None:
    """The function that Python calls: it gets the addresses of all arguments and results.

    It may let other threads run in the meantime.
    """
    type = llir.function_type(llir.VOID, [BYTES, STATUS, BYTES.as_pointer()])
    function = llir.Function(emitter.module, type, "entry")
    b = llir.Builder(function.append_basic_block("entry"))
    frame, status, table = function.args
    arguments: list[Any] = []
    for i, v in enumerate((*main.params, *main.results)):
        at = b.load(b.gep(table, [INT(i)]))
        place = b.bitcast(at, memory_type(v.type.dtype).as_pointer())
        if i < len(main.params) and not v.type.shape:
            arguments += Emit(b).load(place, v.type.dtype, INT(0)).parts
        else:
            arguments.append(place)
    state = let_others_run(b) if releasing else None
    b.call(made.function, [frame, status, *arguments])
    if releasing:
        take_the_lock(b, state)
    b.ret_void()


def compiled(f: Function) -> Compiled | None:
    """The function in machine code, made once; None if a part of it has none yet."""

    def make() -> Compiled | None:
        try:
            return Compiled(f)
        except NotNativeError:
            return None

    return f.memoized("native", make)


def shorter(
    f: Function,
    captures: Sequence[Any],
    kinds: Sequence[type | None],
    finish: Callable[[list[Any]], Any],
) -> Callable[..., Any] | None:
    """A quicker way to call a function that has been compiled, if there is one."""
    code = compiled(f)
    return None if code is None else code.direct(captures, kinds, finish)


def bound(
    f: Function, inputs: Sequence[Array], outputs: Sequence[Array]
) -> Callable[[], int] | None:
    """A call of the function in machine code with those very arrays, if it has been compiled."""
    code = compiled(f)
    if code is None:
        return None
    entry = code.settle().address.value or 0
    call = machine_bound(entry, code.frames.size, inputs, outputs)
    call.code = code  # type: ignore[attr-defined]
    if code.quick and not code.calls.steps:
        return call
    lock = Lock()

    def alone() -> int:
        with lock:  # while it lets other threads go on, none of them must use its arrays
            failed = call()
            if failed:
                code.calls.interrupt()
            return failed

    return alone


def inspect(f: Function) -> Report | None:
    """How a function was compiled, if it could be."""
    code = compiled(f)
    return None if code is None else report(code.settle(), Program.of(f))


def run(f: Function, *values: Array) -> tuple[Array, ...]:
    """The results of `f`, as the interpreter's `run` has them."""
    from lineara.backends.numpy_interpreter import run as interpret

    code = compiled(f)
    try:
        results = None if code is None else code(*values)
    except MemoryError:  # NumPy may need less of it
        results = None
    return interpret(f, *values) if results is None else results


__all__: Sequence[str] = ["Compiled", "compiled", "run"]
