"""Functions of SciPy's that take traced arrays too."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable
from typing import Any

import numpy as np

from lineara.errors import LinearaError, UnsupportedError
from lineara.frontend.array import TracedArray
from lineara.frontend.core import convert, traced, type_of_array
from lineara.frontend.dispatch import call_function, carry_out
from lineara.frontend.trace import Traced, current
from lineara.where import user_source


class Function:
    """A function of SciPy's: its own on plain arrays, and an implementation on traced ones.

    Attributes:
        name: where SciPy has it, such as ``scipy.special.logsumexp``.
    """

    def __init__(self, name: str, implementation: Callable[..., Any]) -> None:
        functools.update_wrapper(self, implementation)
        self.name = name
        self.implementation = implementation

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if current() is None or not has_traced((*args, *kwargs.values())):
            return self.plain(*args, **kwargs)
        args = tuple(map(_read, args))
        kwargs = {k: _read(x) for k, x in kwargs.items()}
        return carry_out(self.implementation, lambda: self.name, args, kwargs)

    @property
    def plain(self) -> Callable[..., Any]:
        """SciPy's function. It is not imported earlier, since that takes long."""
        function: Callable[..., Any] = _found(self.name)
        return function

    def __repr__(self) -> str:
        return f"<{self.name} of lineara>"


def like(name: str) -> Callable[[Callable[..., Any]], Function]:
    """Makes what is decorated the implementation of a function of SciPy's."""
    return lambda implementation: Function(name, implementation)


@functools.cache
def _found(name: str) -> Any:
    module, _, attribute = name.rpartition(".")
    try:
        return getattr(importlib.import_module(module), attribute)
    except ModuleNotFoundError:  # the method of an object
        return getattr(_found(module), attribute)


def has_traced(x: Any) -> bool:
    """Whether there are traced arrays in nested lists and tuples."""
    if isinstance(x, list | tuple):
        return any(map(has_traced, x))
    return isinstance(x, Traced)


def _read(x: Any) -> Any:
    """A list with traced values in it as an array; anything else as it is."""
    return call_function(np.array, (x,), {}) if isinstance(x, list) and has_traced(x) else x


def floats(*arrays: Any) -> list[TracedArray]:
    """Traced arrays of one float or complex dtype: whole numbers are doubles, as SciPy has it."""
    found = [x if isinstance(x, Traced) else np.asarray(x) for x in arrays]
    dtypes = [type_of_array(x).dtype for x in found]
    dtype = np.result_type(*(d if d.kind in "fc" else np.dtype(float) for d in dtypes))
    return [traced(convert(x, dtype)) for x in found]


def constant(x: Any, name: str, function: str) -> Any:
    """An argument that must be a plain value, since shapes or methods depend on it.

    Raises:
        UnsupportedError: if it is traced.
    """
    if has_traced(x):
        raise refused(function, name, "a traced array", "pass a plain number or array")
    return x


def refused(function: str, argument: str, found: str, remedy: str) -> LinearaError:
    """The error for an argument that is not supported on traced arrays."""
    return UnsupportedError(
        f"{function} does not take this argument {argument!r} on traced arrays",
        where=user_source(),
        found=f"{argument}: {found}",
        remedy=remedy,
    )
