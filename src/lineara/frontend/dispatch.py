"""From NumPy's protocols to the implementations: the one place where names meet code."""

from __future__ import annotations

import difflib
import functools
import importlib
import inspect
from collections.abc import Callable, Mapping
from inspect import Parameter
from typing import Any

import numpy as np

from lineara.errors import LinearaError, UnsupportedError
from lineara.frontend import indexing
from lineara.frontend.array import Dispatcher, TracedArray
from lineara.frontend.core import name_of_ufunc, value, wrap
from lineara.frontend.numpy import FUNCTIONS, METHODS, REFUSED, UFUNCS
from lineara.frontend.recall import recalled
from lineara.frontend.writes import (
    as_flattened,
    as_view,
    in_place,
    mark_order,
    setitem,
    writable_result,
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
    name = _name_of_ufunc(ufunc, method)
    if method == "__call__" and kwargs.get("where", True) is not True:
        result = _where(implementation, name, inputs, kwargs)
    else:
        if method == "__call__" and "where" in kwargs:
            kwargs = {k: v for k, v in kwargs.items() if k != "where"}
        result = carry_out(implementation, lambda: name, inputs, kwargs)
    return mark_order(result, inputs, kwargs)


def _where(implementation: Callable[..., Any], name: str, inputs: Any, kwargs: Any) -> Any:
    """What a ufunc writes into ``out=`` where a mask is true."""
    rest = {k: v for k, v in kwargs.items() if k not in ("where", "out")}
    targets = kwargs.get("out") or (None,)
    if any(x is None for x in targets):
        raise UnsupportedError(
            f"{name} with where= leaves elements that have no value",
            where=user_source(),
            found="where= without out=",
            remedy="give out= too, or write np.where(mask, result, other)",
        )
    results = carry_out(implementation, lambda: name, inputs, rest)
    mask, casting = kwargs["where"], kwargs.get("casting", "same_kind")
    written = tuple(
        write_out(np.where(mask, writable_result(x, y, name, casting), y), y, name, "unsafe")
        for x, y in zip(results if len(targets) > 1 else (results,), targets, strict=True)
    )
    return written if len(targets) > 1 else written[0]


def _name_of_ufunc(ufunc: np.ufunc, method: str) -> str:
    return name_of_ufunc(ufunc) + ("" if method == "__call__" else f".{method}")


def call_function(function: Callable[..., Any], args: Any, kwargs: Mapping[str, Any]) -> Any:
    """What a call of one of NumPy's functions records."""
    return recalled(function, args, kwargs, _record_function, function, args, kwargs)


def _record_function(function: Callable[..., Any], args: Any, kwargs: Mapping[str, Any]) -> Any:
    implementation = FUNCTIONS.get(function)
    if implementation is None:
        if function in REFUSED:
            raise _refused(function)
        raise unsupported(_name_of(function), [f"np.{f.__name__}" for f in FUNCTIONS])
    if len(args) > 1:
        args, kwargs = _by_name(function, implementation, args, kwargs)
    result = carry_out(implementation, lambda: _name_of(function), args, kwargs)
    if function in AT_LEAST and len(args) > 1:
        return tuple(_record_function(function, (x,), kwargs) for x in args)
    if args and isinstance(args[0], TracedArray) and function in SHARING:
        return _shared(function, result, args[0], lambda x: function(x, *args[1:], **kwargs))
    own = mark_order(_own(result, args), _flat(args), kwargs)
    if isinstance(own, TracedArray):
        own.boxed = own.ndim == 0 and function in BOXING
    return own


def _by_name(
    function: Callable[..., Any],
    implementation: Callable[..., Any],
    args: Any,
    kwargs: Mapping[str, Any],
) -> tuple[Any, Mapping[str, Any]]:
    """The arguments, those by name that NumPy takes by position and the implementation does not."""
    names = _only_by_name(function, implementation)
    if names is None or len(args) <= names[0]:
        return args, kwargs
    count, rest = names
    return args[:count], {**dict(zip(rest, args[count:], strict=False)), **kwargs}


@functools.cache
def _only_by_name(
    function: Callable[..., Any], implementation: Callable[..., Any]
) -> tuple[int, tuple[str, ...]] | None:
    """How many arguments the implementation takes by position, and the names of NumPy's others."""
    try:
        theirs, ours = (
            inspect.signature(f).parameters.values() for f in (function, implementation)
        )
    except ValueError:  # a ufunc of an older NumPy
        return None
    if any(p.kind is Parameter.VAR_POSITIONAL for p in (*theirs, *ours)):
        return None
    by_place = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
    count = sum(p.kind in by_place for p in ours)
    return count, tuple(p.name for p in theirs if p.kind in by_place)[count:]


def call_method(name: str, array: TracedArray, args: Any, kwargs: Mapping[str, Any]) -> Any:
    """What a call of a method of arrays records, for those that are no NumPy function."""
    return recalled(name, (array, *args), kwargs, _record_method, name, array, args, kwargs)


def _record_method(name: str, array: TracedArray, args: Any, kwargs: Mapping[str, Any]) -> Any:
    result = carry_out(METHODS[name], lambda: f"ndarray.{name}", (array, *args), kwargs)
    if name == "reshape":
        return as_flattened(result, array, lambda x: x.reshape(*args, **kwargs))
    if name == "transpose":
        return as_view(result, array, lambda x: x.transpose(*args, **kwargs))
    own = _own(result, (array,))
    if isinstance(own, TracedArray) and own.ndim == 0:
        own.boxed = array.boxed or array.alias is not None
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

BOXING: set[Callable[..., Any]] = {
    *(np.zeros, np.ones, np.empty, np.full, np.array, np.asarray, np.asanyarray),
    *(np.zeros_like, np.ones_like, np.empty_like, np.full_like, np.copy),
    *(np.where, np.select, np.piecewise, np.choose),
}
"""Functions whose results without axes are arrays, and not scalars."""

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


def carry_out(
    implementation: Callable[..., Any],
    name: Callable[[], str],
    args: Any,
    kwargs: Mapping[str, Any],
) -> Any:
    """What an implementation returns, written to `out` if there is one.

    Raises:
        UnsupportedError: if the implementation does not take arguments like these.
    """
    out = kwargs.get("out")
    if out is not None:
        rest = {k: v for k, v in kwargs.items() if k != "out"}
        result = carry_out(implementation, name, args, rest)
        casting = kwargs.get("casting", "same_kind")
        if isinstance(result, tuple) and isinstance(out, tuple):
            pairs = zip(result, out, strict=True)
            return tuple(x if y is None else write_out(x, y, name(), casting) for x, y in pairs)
        return write_out(result, out, name(), casting)
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


def _refused(function: Callable[..., Any]) -> UnsupportedError:
    """The error for a function that has no meaning while a function is being traced."""
    why, remedy = REFUSED[function]
    return UnsupportedError(
        f"{_name_of(function)} is not supported on traced arrays: {why}",
        where=user_source(),
        found=f"a call of {_name_of(function)}",
        remedy=remedy,
    )


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


def _namespace(api_version: str | None) -> Any:
    """`lineara.numpy`.

    Raises:
        ValueError: for a version of the standard that NumPy does not have.
    """
    np.empty(0).__array_namespace__(api_version=api_version)  # type: ignore[arg-type]
    return importlib.import_module("lineara.numpy")  # which is made with this module


TracedArray.dispatcher = Dispatcher(
    ufunc=call_ufunc,
    function=call_function,
    getitem=getitem,
    setitem=setitem,
    in_place=in_place,
    method=call_method,
    namespace=_namespace,
)
