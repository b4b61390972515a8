"""From NumPy's protocols to the implementations: the one place where names meet code."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from lineara.errors import LinearaError, UnsupportedError
from lineara.frontend import indexing
from lineara.frontend.array import Dispatcher, TracedArray
from lineara.frontend.numpy import FUNCTIONS, METHODS, UFUNCS
from lineara.frontend.where import user_source


def call_ufunc(ufunc: np.ufunc, method: str, inputs: tuple[Any, ...], kwargs: Any) -> Any:
    """What ``ufunc(*inputs)``, or its `method`, records."""
    name = ufunc.__name__ if method == "__call__" else f"{ufunc.__name__}.{method}"
    implementation = UFUNCS.get((ufunc, method))
    if implementation is None:
        raise unsupported(f"np.{name}", [f"np.{u.__name__}" for u, m in UFUNCS if m == method])
    return _call(implementation, f"np.{name}", inputs, kwargs)


def call_function(function: Callable[..., Any], args: Any, kwargs: Mapping[str, Any]) -> Any:
    """What a call of one of NumPy's functions records."""
    name = f"{function.__module__}.{function.__name__}".replace("numpy", "np")
    implementation = FUNCTIONS.get(function)
    if implementation is None:
        raise unsupported(name, [f"np.{f.__name__}" for f in FUNCTIONS])
    return _call(implementation, name, args, kwargs)


def call_method(name: str, array: TracedArray, args: Any, kwargs: Mapping[str, Any]) -> Any:
    """What a call of a method of arrays records, for those that are no NumPy function."""
    return _call(METHODS[name], f"ndarray.{name}", (array, *args), kwargs)


def _call(
    implementation: Callable[..., Any], name: str, args: Any, kwargs: Mapping[str, Any]
) -> Any:
    try:
        return implementation(*args, **kwargs)
    except LinearaError as error:
        raise error.at(user_source())
    except TypeError as error:
        if "argument" not in str(error) or error.__traceback__ is None:
            raise
        if error.__traceback__.tb_next is not None:  # raised inside, not by the call itself
            raise
        raise UnsupportedError(
            f"{name} is not supported with these arguments on traced arrays",
            where=user_source(),
            found=str(error),
            remedy="leave the argument out, or write the function with others",
        ) from None


def unsupported(name: str, known: list[str]) -> UnsupportedError:
    """The error for a function that has no implementation."""
    near = difflib.get_close_matches(name, known, n=3)
    return UnsupportedError(
        f"{name} is not supported on traced arrays",
        where=user_source(),
        found=f"a call of {name}",
        remedy="write it with supported functions"
        + (f", such as {', '.join(near)}" if near else ""),
    )


TracedArray.dispatcher = Dispatcher(call_ufunc, call_function, indexing.getitem, call_method)
