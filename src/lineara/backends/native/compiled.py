"""Compiled functions, as Python calls them."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any

import numpy as np
from llvmlite import ir

from lineara.backends.native.callbacks import Calls
from lineara.backends.native.flat import NotNativeError, StackVariable, flat
from lineara.backends.native.functions import STATUS, ModuleEmitter
from lineara.backends.native.machine import Code
from lineara.backends.native.numbers import BYTES, INT, Emit, memory_type
from lineara.ir.program import Function
from lineara.ir.types import Array, ArrayType

ENTRY = ctypes.PYFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)


class Compiled:
    """A function in machine code."""

    def __init__(self, f: Function) -> None:
        self.calls = Calls()
        main = flat(f)
        if any(isinstance(v, StackVariable) for v in (*main.params, *main.results)):
            raise NotNativeError("stacks that Python sees")
        emitter = ModuleEmitter(f.name, self.calls)
        made = emitter.function(main)
        _write_entry(emitter, main, made)
        self.frame = made.frame
        self.params = [p.type for p in main.params]
        self.results = [v.type for v in main.results]
        self.code = Code(str(emitter.module))
        self.entry = ENTRY(self.code.address("entry"))

    def __call__(self, *values: Array) -> tuple[Array, ...] | None:
        """The results, or None if something went wrong that NumPy explains better."""
        inputs = [_plain(x, type) for x, type in zip(values, self.params, strict=True)]
        outputs = [np.empty(type.shape, type.dtype) for type in self.results]
        places = [x.ctypes.data for x in (*inputs, *outputs)]
        table = (ctypes.c_void_p * len(places))(*places)
        status = ctypes.c_int64(0)
        frame = np.empty(self.frame + 64, np.uint8)
        start = -(-frame.ctypes.data // 64) * 64
        self.entry(start, ctypes.addressof(status), table)
        if status.value:
            return None
        return tuple(x if x.shape else x[()] for x in outputs)


def _plain(x: Any, type: ArrayType) -> Any:
    """An array as generated code expects it: in C order, aligned, in native byte order."""
    return np.require(x, type.dtype, ["C", "A"])


def _write_entry(emitter: ModuleEmitter, main: Any, made: Any) -> None:
    """The function that Python calls: it gets the addresses of all arguments and results."""
    type = ir.FunctionType(ir.VoidType(), [BYTES, STATUS, BYTES.as_pointer()])
    function = ir.Function(emitter.module, type, name="entry")
    b = ir.IRBuilder(function.append_basic_block("entry"))
    frame, status, table = function.args
    arguments = []
    for i, v in enumerate((*main.params, *main.results)):
        at = b.load(b.gep(table, [INT(i)]))
        place = b.bitcast(at, memory_type(v.type.dtype).as_pointer())
        if i < len(main.params) and not v.type.shape:
            arguments += Emit(b).load(place, v.type.dtype, INT(0)).parts
        else:
            arguments.append(place)
    b.call(made.function, [frame, status, *arguments])
    b.ret_void()


def compiled(f: Function) -> Compiled | None:
    """The function in machine code, made once; None if a part of it has none yet."""

    def make() -> Compiled | None:
        try:
            return Compiled(f)
        except NotNativeError:
            return None

    return f.memoized("native", make)


def run(f: Function, *values: Array) -> tuple[Array, ...]:
    """The results of `f`, as the interpreter's `run` has them."""
    from lineara.backends.numpy_interpreter import run as interpret

    code = compiled(f)
    results = None if code is None else code(*values)
    return interpret(f, *values) if results is None else results


__all__: Sequence[str] = ["Compiled", "compiled", "run"]
