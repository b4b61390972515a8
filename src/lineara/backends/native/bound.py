"""Machine code that is called with the same arrays again and again, at the cost of a C call."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from lineara.backends.native import llir
from lineara.backends.native.machine import Code
from lineara.backends.native.numbers import BYTES, INT


def bound(
    entry: int, frame: int, inputs: Sequence[Any], outputs: Sequence[Any]
) -> Callable[[], int]:
    """A function that reads and writes those very arrays, and returns 0 if all went well.

    It calls the function at the address `entry`, which takes a frame of that many bytes, a status,
    and the addresses of all arrays.
    """
    memory = np.empty(frame + 64, np.uint8)
    start = -(-memory.ctypes.data // 64) * 64
    arrays = (*inputs, *outputs)
    table = (ctypes.c_void_p * len(arrays))(*[x.ctypes.data for x in arrays])
    code = Code(str(_module(entry, start, ctypes.addressof(table))))
    function = ctypes.PYFUNCTYPE(ctypes.c_int64)(code.address("bound"))
    function.alive = (memory, table, arrays, code)  # type: ignore[attr-defined]
    return function


def _module(entry: int, frame: int, table: int) -> Any:
    module = llir.Module("bound")
    function = llir.Function(module, llir.function_type(INT, []), "bound")
    b = llir.Builder(function.append_basic_block("entry"))
    status = b.alloca(INT)
    b.store(INT(0), status)
    addresses = BYTES.as_pointer()
    target = llir.function_type(llir.VOID, [BYTES, INT.as_pointer(), addresses]).as_pointer()
    arguments = [b.inttoptr(INT(frame), BYTES), status, b.inttoptr(INT(table), addresses)]
    b.call(b.inttoptr(INT(entry), target), arguments)
    b.ret(b.load(status))
    return module
