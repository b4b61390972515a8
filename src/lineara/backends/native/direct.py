"""The short way from Python into machine code, for plain arrays.

Generated code gets the array objects themselves, compares type, dtype, shape and flags with what
it was compiled for, and reads the address of the data, all of which are at fixed places in an
object. Whatever does not fit takes the long way, which converts and explains.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from lineara.backends.native import llir
from lineara.backends.native.machine import Code
from lineara.backends.native.numbers import BYTES, INT
from lineara.ir.types import DTYPES, ArrayType

TYPE, DATA, NDIM, SHAPE, DESCR, FLAGS = 8, 16, 24, 32, 56, 64
"""Places in an array object, in bytes; `can` checks that they are right."""
NUMBER = 16
"""The place of the number in an object: a float of Python's, or a scalar of NumPy's."""
USABLE = 0x1 | 0x100
"""The flags of arrays that are contiguous and aligned."""
MISFIT = 2

Result = Any


class Frame:
    """Memory for the arrays of one run."""

    def __init__(self, size: int) -> None:
        self.memory = np.empty(size + 64, np.uint8)
        self.start = -(-self.memory.ctypes.data // 64) * 64


class Frames:
    """The frames of a function, one for each thread that runs it.

    They are kept between runs: fresh memory costs more than many a run.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self.idle: list[Frame] = []

    def take(self) -> Frame:
        """A frame that nobody uses; it is given back to the `idle` ones."""
        try:
            return self.idle.pop()
        except IndexError:
            return Frame(self.size)


@lru_cache(maxsize=1)
def can() -> bool:
    """Whether objects are laid out as expected in this Python and this NumPy."""

    def word(x: Any, place: int, type: Any = ctypes.c_int64) -> int:
        return int(type.from_address(id(x) + place).value)

    x = np.zeros((3, 5))
    shape = (ctypes.c_int64 * 2).from_address(word(x, SHAPE))
    return (
        ctypes.sizeof(ctypes.c_void_p) == 8
        and word(x, TYPE) == id(np.ndarray)
        and word(x, DATA) == x.ctypes.data
        and word(x, NDIM, ctypes.c_int32) == 2
        and list(shape) == [3, 5]
        and word(x, DESCR) == id(x.dtype)
        and word(x, FLAGS, ctypes.c_int32) & USABLE == USABLE
        and word(x[:, 1:], FLAGS, ctypes.c_int32) & USABLE != USABLE
        and all(
            ctypes.c_double.from_address(id(y) + NUMBER).value == 0.75
            and word(y, TYPE) == id(type(y))
            for y in (float("0.75"), np.float64(0.75))
        )
        and all(
            bytes((ctypes.c_char * y.itemsize).from_address(id(y) + NUMBER)) == y.tobytes()
            and word(y, TYPE) == id(type(y))
            for y in (dtype.type(1) for dtype in DTYPES.values())
        )
    )


def direct(
    entry: ctypes.c_void_p,
    frames: Frames,
    captures: Sequence[Any],
    params: Sequence[tuple[ArrayType, type | None]],
    results: Sequence[ArrayType],
    finish: Callable[[list[Any]], Any],
) -> Callable[..., Result] | None:
    """A function of the arguments that returns the result, or None if they are not plain.

    Args:
        entry: holds the address, which may change, of the function that takes the frame, a
            status, and all addresses.
        frames: the memory that it needs.
        captures: arrays that are passed first.
        params: the types of the arguments, and whether one is a number of Python's.
        results: the types of the results.
        finish: makes the output of the arrays of the results.
    """
    if not can() or not params or any(kind not in (None, float) for _, kind in params):
        return None
    inputs = [(ArrayType(x.dtype, x.shape), None) for x in captures]
    place = ctypes.addressof(entry)
    code = Code(str(_module(place, len(captures), [*inputs, *params], results)))
    count = len(captures) + len(params) + len(results)
    objects = [ctypes.py_object] * count
    signature = ctypes.PYFUNCTYPE(ctypes.c_int64, ctypes.c_int64, *objects)
    function = signature(code.address("direct"))
    function.alive = (code, entry)  # type: ignore[attr-defined]
    return _caller(function, frames, captures, len(params), results, finish)


def _caller(
    function: Any,
    frames: Frames,
    captures: Sequence[Any],
    count: int,
    results: Sequence[ArrayType],
    finish: Callable[[list[Any]], Any],
) -> Callable[..., Result]:
    empty, take, give = np.empty, frames.take, frames.idle.append
    if len(results) == 1 and not captures:
        shape, dtype = results[0].shape, results[0].dtype

        def one(*args: Any) -> Result:
            if len(args) != count:
                return None
            out, frame = empty(shape, dtype), take()
            failed = function(frame.start, *args, out)
            give(frame)
            if failed:
                return None
            return out if shape else out[()]

        if finish([0]) == 0:
            return one
    spec = [(t.shape, t.dtype) for t in results]

    def several(*args: Any) -> Result:
        if len(args) != count:
            return None
        outputs, frame = [empty(shape, dtype) for shape, dtype in spec], take()
        failed = function(frame.start, *captures, *args, *outputs)
        give(frame)
        if failed:
            return None
        return finish([x if x.shape else x[()] for x in outputs])

    return several


def _module(
    entry: int,
    captures: int,
    params: Sequence[tuple[ArrayType, type | None]],
    results: Sequence[ArrayType],
) -> Any:
    module = llir.Module("direct")
    count = len(params) + len(results)
    function = llir.Function(module, llir.function_type(INT, [INT, *[BYTES] * count]), "direct")
    b = llir.Builder(function.append_basic_block("entry"))
    table = b.alloca(llir.array(BYTES, count))
    status = b.alloca(INT)
    b.store(INT(0), status)

    def read(x: Any, place: int, type: Any = INT) -> Any:
        return b.load(b.bitcast(b.gep(x, [INT(place)]), type.as_pointer()))

    misfit = function.append_basic_block("misfit")

    def require(fits: Any) -> None:
        following = function.append_basic_block("fits")
        b.cbranch(fits, following, misfit)
        b.position_at_end(following)

    frame, *objects = function.args
    for i, x in enumerate(objects):
        slot = b.gep(table, [INT(0), INT(i)])
        if captures <= i < len(params):
            type, kind = params[i]
            if type.shape:
                _require_array(b, read, require, x, type)
                b.store(read(x, DATA, BYTES), slot)
            else:
                b.store(b.gep(x, [INT(NUMBER)]), slot)
                number = id(float if kind is float else type.dtype.type)
                with b.if_then(b.icmp_signed("!=", read(x, TYPE), INT(number)), rarely=True):
                    _require_array(b, read, require, x, type)
                    b.store(read(x, DATA, BYTES), slot)
        else:
            b.store(read(x, DATA, BYTES), slot)
    target = llir.function_type(
        llir.VOID, [BYTES, INT.as_pointer(), BYTES.as_pointer()]
    ).as_pointer()
    run = b.load(b.inttoptr(INT(entry), target.as_pointer()))
    b.call(run, [b.inttoptr(frame, BYTES), status, b.gep(table, [INT(0), INT(0)])])
    b.ret(b.load(status))
    b.position_at_end(misfit)
    b.ret(INT(MISFIT))
    return module


def _require_array(b: Any, read: Any, require: Any, x: Any, type: ArrayType) -> None:
    """It must be an array with the dtype, the shape and the memory layout that are expected."""
    int32 = llir.int_type(32)
    require(b.icmp_signed("==", read(x, TYPE), INT(id(np.ndarray))))
    fits = b.icmp_signed("==", read(x, DESCR), INT(id(type.dtype)))
    rank = b.icmp_signed("==", read(x, NDIM, int32), int32(type.ndim))
    flags = b.and_(read(x, FLAGS, int32), int32(USABLE))
    require(b.and_(fits, b.and_(rank, b.icmp_signed("==", flags, int32(USABLE)))))
    shape = read(x, SHAPE, INT.as_pointer())  # of the right length only now
    same = [
        b.icmp_signed("==", b.load(b.gep(shape, [INT(k)])), INT(n))
        for k, n in enumerate(type.shape)
    ]
    for fits in same:
        require(fits)
