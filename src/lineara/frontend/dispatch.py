"""From NumPy's protocols to the implementations: the one place where names meet code."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from lineara.errors import LinearaError, UnsupportedError
from lineara.frontend import indexing
from lineara.frontend.array import Dispatcher, TracedArray
from lineara.frontend.core import name_of_ufunc, value, wrap
from lineara.frontend.numpy import FUNCTIONS, METHODS, UFUNCS
from lineara.frontend.recall import recalled
from lineara.frontend.writes import (
    as_flattened,
    as_view,
    in_place,
    mark_order,
    setitem,
    write_out,
)
from lineara.where import user_source


def call_ufunc(ufunc: np.ufunc, method: str, inputs: tuple[Any, ...], kwargs: Any) -> Any:
    """What ``ufunc(*inputs)``, or its `method`, records."""
    what = ufunc if method == "__call__" else (ufunc, method)
    return recalled(what, inputs, kwargs, _record_ufunc, ufunc, method, inputs, kwargs)


def _record_ufunc(ufunc: np.ufunc, method: str, inputs: tuple[Any, ...], kwargs: Any) -> Any:
    implementation = UFUNCS.get((ufunc, method))
    if implementation is None:
        known = [name_of_ufunc(u) for u, m in UFUNCS if m == method]
        raise unsupported(_name_of_ufunc(ufunc, method), known)
    result = _call(implementation, lambda: _name_of_ufunc(ufunc, method), inputs, kwargs)
    return mark_order(result, inputs, kwargs)


def _name_of_ufunc(ufunc: np.ufunc, method: str) -> str:
    return name_of_ufunc(ufunc) + ("" if method == "__call__" else f".{method}")


def call_function(function: Callable[..., Any], args: Any, kwargs: Mapping[str, Any]) -> Any:
    """What a call of one of NumPy's functions records."""
    return recalled(function, args, kwargs, _record_function, function, args, kwargs)


def _record_function(function: Callable[..., Any], args: Any, kwargs: Mapping[str, Any]) -> Any:
    implementation = FUNCTIONS.get(function)
    if implementation is None:
        raise unsupported(_name_of(function), [f"np.{f.__name__}" for f in FUNCTIONS])
    result = _call(implementation, lambda: _name_of(function), args, kwargs)
    if function in AT_LEAST and len(args) > 1:
        return tuple(_record_function(function, (x,), kwargs) for x in args)
    if args and isinstance(args[0], TracedArray) and function in SHARING:
        return _shared(function, result, args[0], lambda x: function(x, *args[1:], **kwargs))
    return mark_order(_own(result, args), _flat(args), kwargs)


def call_method(name: str, array: TracedArray, args: Any, kwargs: Mapping[str, Any]) -> Any:
    """What a call of a method of arrays records, for those that are no NumPy function."""
    return recalled(name, (array, *args), kwargs, _record_method, name, array, args, kwargs)


def _record_method(name: str, array: TracedArray, args: Any, kwargs: Mapping[str, Any]) -> Any:
    result = _call(METHODS[name], lambda: f"ndarray.{name}", (array, *args), kwargs)
    if name == "reshape":
        return as_flattened(result, array, lambda x: x.reshape(*args, **kwargs))
    if name == "transpose":
        return as_view(result, array, lambda x: x.transpose(*args, **kwargs))
    own = _own(result, (array,))
    return own if name in ("copy", "flatten") else mark_order(own, (array,), kwargs)


def getitem(array: TracedArray, index: Any) -> Any:
    """``array[index]``."""
    return recalled("[]", (array, index), {}, indexing.getitem, array, index)


FLATTENING = {np.reshape, np.ravel}
"""Functions that return views where the order of elements in memory allows."""

AT_LEAST = {np.atleast_1d, np.atleast_2d, np.atleast_3d}

VIEWS = {
    *(np.transpose, np.matrix_transpose, np.swapaxes, np.moveaxis),
    *(np.rollaxis, np.expand_dims, np.squeeze, np.flip, np.fliplr, np.flipud, np.rot90),
    *AT_LEAST,
    *(np.split, np.array_split, np.hsplit, np.vsplit, np.dsplit),
}
"""Functions that return views of their first argument."""

READ_ONLY = {np.broadcast_to, np.diagonal, np.real, np.imag}
"""Functions whose results share memory in ways that cannot be written through."""

SHARING = FLATTENING | VIEWS | READ_ONLY


def _shared(
    function: Callable[..., Any], result: Any, base: TracedArray, make: Callable[[Any], Any]
) -> Any:
    """The result of a function that returns memory of its first argument, where NumPy does."""
    if isinstance(result, TracedArray):
        if function in FLATTENING:
            return as_flattened(result, base, make)
        view = as_view(result, base, make)
        view.fixed = function in READ_ONLY
        return view
    if isinstance(result, list | tuple):
        return type(result)(
            as_view(part, base, lambda x, i=i: make(x)[i])  # type: ignore[misc]
            for i, part in enumerate(result)
        )
    return result


def _flat(args: Any) -> list[Any]:
    """The arguments, those in lists and tuples included."""
    return [x for arg in args for x in (arg if isinstance(arg, list | tuple) else (arg,))]


def _own(result: Any, args: Any) -> Any:
    """The result as an array object of its own, as all functions but the above make them."""
    if isinstance(result, TracedArray) and any(result is x for x in args):
        return wrap(value(result))  # its own also if it was that of a function further out
    if type(result) in (list, tuple):
        return type(result)(_own(part, args) for part in result)
    return result


def _name_of(function: Callable[..., Any]) -> str:
    return f"{function.__module__}.{function.__name__}".replace("numpy", "np")


def _call(
    implementation: Callable[..., Any],
    name: Callable[[], str],
    args: Any,
    kwargs: Mapping[str, Any],
) -> Any:
    out = kwargs.get("out")
    if out is not None:
        rest = {k: v for k, v in kwargs.items() if k != "out"}
        return write_out(_call(implementation, name, args, rest), out, name())
    try:
        if not kwargs:
            return implementation(*args)
        return implementation(
            *args,
            **{
                k: v
                for k, v in kwargs.items()
                if not (v is np._NoValue or (k == "out" and v is None))
            },
        )
    except LinearaError as error:
        raise error.at(user_source()) from error.__cause__
    except TypeError as error:
        if "argument" not in str(error) or error.__traceback__ is None:
            raise
        if error.__traceback__.tb_next is not None:  # raised inside, not by the call itself
            raise
        given = [f"{len(args)} positional arguments", *(f"{k}=…" for k in kwargs)]
        raise UnsupportedError(
            f"{name()} is not supported with these arguments on traced arrays",
            where=user_source(),
            found=", ".join(given),
            remedy="leave an argument out, or write the function with others",
        ) from None


def unsupported(name: str, known: list[str]) -> UnsupportedError:
    """The error for a function that has no implementation."""
    bare = {full.rpartition(".")[2]: full for full in known}
    close = difflib.get_close_matches(name.rpartition(".")[2], bare, n=3, cutoff=0.8)
    near = [bare[other] for other in close]
    return UnsupportedError(
        f"{name} is not supported on traced arrays",
        where=user_source(),
        found=f"a call of {name}",
        remedy="write it with supported functions"
        + (f", such as {', '.join(near)}" if near else ""),
    )


TracedArray.dispatcher = Dispatcher(
    ufunc=call_ufunc,
    function=call_function,
    getitem=getitem,
    setitem=setitem,
    in_place=in_place,
    method=call_method,
)
