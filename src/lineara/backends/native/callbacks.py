"""Ops that are left to NumPy: generated code calls back, and they run on its memory."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from threading import get_ident
from typing import TYPE_CHECKING, Any

import numpy as np

from lineara.backends.native import llir
from lineara.backends.native.flat import NotNativeError, StackVariable, Step
from lineara.backends.native.machine import Code
from lineara.backends.native.numbers import BYTES, INT, Emit, constant, memory_type, parts_of
from lineara.ir.types import ArrayType
from lineara.ops.control.base import Control

if TYPE_CHECKING:
    from lineara.backends.native.functions import FunctionEmitter

POINTER = "numpy"
SIGNATURE = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_int64, ctypes.POINTER(ctypes.c_void_p))


class Calls:
    """The steps of one program that are left to NumPy, on addresses of their operands and results.

    Errors that they raise are forgotten: the interpreter raises them again, and says where. What is
    no error, an interrupt for one, is kept for the caller.
    """

    def __init__(self) -> None:
        self.steps: list[Callable[[Any], None]] = []
        self.names: list[str] = []
        self.interrupts: dict[int, BaseException] = {}
        """By thread."""

        def call(number: int, places: Any) -> int:
            try:
                with np.errstate(all="ignore"):
                    self.steps[number](places)
            except Exception:
                return 1
            except BaseException as interrupt:
                self.interrupts[get_ident()] = interrupt
                return 1
            return 0

        self.function = SIGNATURE(call)

    def connect(self, code: Code) -> None:
        """Tells code that has been loaded where to call."""
        if self.steps:
            code.set(POINTER, ctypes.cast(self.function, ctypes.c_void_p).value or 0)

    def interrupt(self) -> None:
        """Raises what has ended a run in this thread, unless it was an error."""
        interrupt = self.interrupts.pop(get_ident(), None)
        if interrupt is not None:
            raise interrupt

    def write(self, fn: FunctionEmitter, step: Step) -> None:
        """Writes the call of a step; in a run that has failed it does nothing."""
        if isinstance(step.op, Control) or any(
            isinstance(v, StackVariable) for v in (*step.operands, *step.results)
        ):
            raise NotNativeError(getattr(step.op, "name", str(step.op)))
        number = len(self.steps)
        self.steps.append(_runner(step))
        self.names.append(step.op.name)
        b, values = fn.b, [*step.operands, *step.results]
        table = fn.slot(llir.array(BYTES, len(values)))
        rooms = []
        for i, v in enumerate(values):
            is_result = i >= len(step.operands)
            if v.type.shape:
                place = fn.pointer(v)  # type: ignore[arg-type]
            else:
                dtype = v.type.dtype
                slot = fn.slot(llir.array(memory_type(dtype), parts_of(dtype)))
                place = b.bitcast(slot, memory_type(dtype).as_pointer())
                number_or_zero = constant(dtype.type(0)) if is_result else fn.number_of(v)
                Emit(b).store(number_or_zero, place, INT(0))
            rooms.append(place)
            b.store(b.bitcast(place, BYTES), b.gep(table, [INT(0), INT(i)]))
        type = llir.function_type(INT, [INT, BYTES.as_pointer()])
        function = b.load(_pointer(b.module, type.as_pointer()))
        with b.if_then(fn.is_fine()):
            failed = b.call(function, [INT(number), b.gep(table, [INT(0), INT(0)])])
            fn.note(b, b.icmp_signed("!=", failed, INT(0)))
        for v, room in zip(step.results, rooms[len(step.operands) :], strict=True):
            fn.take(v, room)


def _pointer(module: Any, type: Any) -> Any:
    """The variable that holds the address of `Calls.function` once the code is loaded."""
    known = module.globals.get(POINTER)
    if known is None:
        known = llir.Global(module, type, POINTER, type(None))
    return known


def _runner(step: Step) -> Callable[[Any], None]:
    """Runs a step on arrays at addresses."""
    inputs = [v.type for v in step.operands]
    outputs = [v.type for v in step.results]
    evaluate = step.op.evaluate

    def run(places: Any) -> None:
        values = [_view(places[i], type) for i, type in enumerate(inputs)]
        results = evaluate(*(x if x.shape else x[()] for x in values))
        for k, (type, result) in enumerate(zip(outputs, results, strict=True)):
            _view(places[len(inputs) + k], type)[...] = result

    return run


def _view(address: int, type: ArrayType) -> Any:
    """The array of a type at an address."""
    if not type.nbytes:
        return np.empty(type.shape, type.dtype)
    memory: Any = (ctypes.c_char * type.nbytes).from_address(address)
    return np.frombuffer(memory, type.dtype).reshape(type.shape)
