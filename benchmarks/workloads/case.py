"""The form of a workload, and C functions to compare it to."""

import ctypes
import subprocess
import tempfile
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from shutil import which
from typing import Any, NamedTuple

import numpy
from programs.program import Program

FLAGS = ["-O3", "-march=native", "-ffast-math", "-fPIC"]
COMPILER = which("cc") or which("gcc") or which("clang")


class Case(NamedTuple):
    """A function and its gradient (or Jacobian, or Hessian).

    ``make(library)`` returns both, as functions of the arguments; libraries in ``without`` take no
    part. ``c()`` returns both in C, as functions without arguments. ``program`` is the function as
    Autograd and PyTorch take it, and ``casadi(ca)`` the variables, their values and the gradient as
    CasADi has them. Results are compared up to the tolerance, relative to the largest entry.
    """

    name: str
    make: Callable[..., Any]
    arguments: tuple[Any, ...]
    c: Callable[[], Any] | None = None
    program: Program | None = None
    casadi: Callable[[Any], Any] | None = None
    tolerance: float = 1e-9
    without: tuple[str, ...] = ()


@lru_cache
def library(name):
    """The functions of ``c/NAME.c``, compiled for this machine.

    It is linked without the flags: with them, loading it would have all of the process take tiny
    numbers for zero.
    """
    folder = Path(tempfile.mkdtemp(prefix="lineara-benchmark-"))
    source, target = Path(__file__).parents[1] / "c" / f"{name}.c", folder / f"{name}.so"
    part = folder / f"{name}.o"
    subprocess.run([COMPILER, *FLAGS, "-c", str(source), "-o", str(part)], check=True)
    subprocess.run([COMPILER, "-shared", str(part), "-o", str(target), "-lm"], check=True)
    return ctypes.CDLL(str(target))


def called(name, function, *arguments, result=None):
    """A call of a C function with arguments that are prepared once: arrays, ints and floats."""
    f = getattr(library(name), function)
    f.restype = result
    prepared = [_prepared(x) for x in arguments]

    def call(_alive=arguments):
        return f(*prepared)

    return call


def _prepared(x):
    if isinstance(x, numpy.ndarray):
        assert x.flags.c_contiguous, "C reads arrays as they lie in memory"
        return ctypes.c_void_p(x.ctypes.data)
    if x is None:
        return ctypes.c_void_p(0)
    return ctypes.c_double(x) if isinstance(x, float) else ctypes.c_long(x)


def into(call, *results):
    """The call, followed by the arrays that it writes to."""
    return lambda: (call(), results)[1]


DOUBLE = ctypes.c_double
