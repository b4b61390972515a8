"""Calls of BLAS and LAPACK as SciPy has them: routines of Fortran's, which take only addresses."""

from __future__ import annotations

import ctypes
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import llvmlite.binding as llvm

from lineara.backends.native import llir
from lineara.backends.native.numbers import BYTE, part_type, parts_of
from lineara.ir.types import DType

if TYPE_CHECKING:
    from lineara.backends.native.functions import FunctionEmitter

INT32 = llir.int_type(32)
PREFIXES = {"f": "s", "d": "d", "F": "c", "D": "z"}
"""By dtype, what the names of routines begin with."""


def call(fn: FunctionEmitter, dtype: DType, routine: str, *arguments: Any) -> None:
    """Calls the routine for a dtype.

    Arguments are addresses, or constants: letters, integers, and floats, which are of the dtype.
    """
    module, name = fn.module.module, PREFIXES[dtype.char] + routine
    places = [_place(module, dtype, x) for x in arguments]
    known = module.globals.get(_symbol(name))
    if known is None:
        provide(name)
        type = llir.function_type(llir.VOID, [x.type for x in places])
        known = llir.Function(module, type, _symbol(name))
    fn.b.call(known, places)


def _place(module: Any, dtype: DType, argument: Any) -> Any:
    match argument:
        case str():
            return _constant(module, BYTE, (ord(argument),))
        case int():
            return _constant(module, INT32, (argument,))
        case float():
            zeros = (0.0,) * (parts_of(dtype) - 1)
            return _constant(module, part_type(dtype), (argument, *zeros))
    return argument


def _constant(module: Any, type: Any, values: tuple[float, ...]) -> Any:
    """The address of constants in a row, each there once in a module."""
    name = f"constant.{type.text}.{'.'.join(map(str, values))}"
    known = module.globals.get(name)
    if known is None:
        numbers = llir.array(type, len(values))(values)
        known = llir.Global(module, numbers.type, name, numbers, internal=True, constant=True)
    return llir.Value(type.as_pointer(), known.text)


def _symbol(name: str) -> str:
    return f"lineara_{name}"


@lru_cache(maxsize=64)
def provide(name: str) -> None:
    """Tells the linker where SciPy has a routine."""
    from scipy.linalg import cython_blas, cython_lapack  # here, as importing it takes long

    known = cython_blas.__pyx_capi__ | cython_lapack.__pyx_capi__
    llvm.add_symbol(_symbol(name), _address(known[name]))


def _address(capsule: Any) -> int:
    name, address = ctypes.pythonapi.PyCapsule_GetName, ctypes.pythonapi.PyCapsule_GetPointer
    name.restype, name.argtypes = ctypes.c_char_p, [ctypes.py_object]
    address.restype, address.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    return int(address(capsule, name(capsule)))
