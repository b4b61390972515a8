"""The back ends by name: what runs the functions that are jitted."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from importlib.util import find_spec
from typing import Any

from lineara.backends import numpy_interpreter
from lineara.errors import TypeMismatchError
from lineara.where import user_source

Run = Callable[..., tuple[Any, ...]]
NAMES = ("native", "numpy")


@lru_cache(maxsize=1)
def has_llvm() -> bool:
    """Whether llvmlite is installed."""
    return find_spec("llvmlite") is not None


def runner(backend: str | None) -> Run:
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
        return numpy_interpreter.run
    from lineara.backends.native import compiled

    return compiled.run
