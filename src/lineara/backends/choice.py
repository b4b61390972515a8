"""The back ends by name: what runs the functions that are jitted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from importlib.util import find_spec
from typing import Any, NamedTuple

from lineara.backends import numpy_interpreter
from lineara.errors import TypeMismatchError
from lineara.ir.program import Function
from lineara.ir.types import Array
from lineara.where import user_source

Run = Callable[..., tuple[Any, ...]]


class BackEnd(NamedTuple):
    """What runs functions.

    Attributes:
        run: the results of a function on arrays.
        shorter: a quicker way to call a function from Python, or None: given the arrays that it
            captures, for each argument whether it is a number of Python's, and what makes the
            output of the results.
        bound: a function without arguments that reads and writes those very arrays, and returns 0
            if all went well; None if there is none.
        inspect: how a function was compiled, or None.
    """

    run: Run
    shorter: Callable[
        [Function, Sequence[Any], Sequence[type | None], Callable[[list[Any]], Any]],
        Callable[..., Any] | None,
    ]
    bound: Callable[[Function, Sequence[Array], Sequence[Array]], Callable[[], int] | None]
    inspect: Callable[[Function], Any]


NUMPY = BackEnd(
    numpy_interpreter.run,
    lambda f, captures, kinds, finish: None,
    lambda f, inputs, outputs: None,
    lambda f: None,
)
NAMES = ("native", "numpy")


@lru_cache(maxsize=1)
def has_llvm() -> bool:
    """Whether llvmlite is installed."""
    return find_spec("llvmlite") is not None


def runner(backend: str | None) -> BackEnd:
    """What runs functions on arrays: machine code if there is a compiler, or the interpreter.

    Raises:
        TypeMismatchError: for a back end that there is not, or not on this machine.
    """
    if backend not in (None, *NAMES):
        raise TypeMismatchError(
            "this is no back end",
            where=user_source(),
            found=f"backend={backend!r}",
            expected='"native" or "numpy"',
        )
    if backend == "native" and not has_llvm():
        raise TypeMismatchError(
            "the native back end needs a compiler",
            where=user_source(),
            found="no llvmlite",
            expected="llvmlite, which compiles programs",
            remedy='pip install llvmlite, or write backend="numpy"',
        )
    if backend == "numpy" or not has_llvm():
        return NUMPY
    from lineara.backends.native import compiled

    return BackEnd(compiled.run, compiled.shorter, compiled.bound, compiled.inspect)
