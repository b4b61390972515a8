"""NumPy's names, for code that makes arrays inside of functions that are traced.

``from lineara import numpy as np`` in place of ``import numpy as np`` changes two things, both only
while a function is being traced. New arrays (``np.zeros``, ``np.array``, ``np.arange``, …) are
traced arrays, so that traced values can be written to them. And lists with traced values in them
are taken as the arrays they stand for, where NumPy by itself does not look into lists.

>>> import lineara as la
>>> from lineara import numpy as np
>>> def f(x):
...     powers = np.zeros(3)
...     for i in range(3):
...         powers[i] = x**i
...     return np.sum(powers) + np.mean([x, 1.0])
>>> la.grad(f)(2.0)
np.float64(5.5)
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy

from lineara.errors import UnsupportedError
from lineara.frontend import core
from lineara.frontend.array import TracedArray
from lineara.frontend.dispatch import call_function
from lineara.frontend.numpy.functional import Vectorized
from lineara.frontend.trace import Traced, current
from lineara.ir.types import DTYPE_NAMES
from lineara.where import user_source

FILLED: set[Callable[..., Any]] = {
    *(numpy.zeros, numpy.ones, numpy.empty, numpy.full),
    *(numpy.zeros_like, numpy.ones_like, numpy.empty_like, numpy.full_like),
}
"""Creation functions that programs have an operation for: no array is kept."""

CONVERSIONS: set[Callable[..., Any]] = {
    *(numpy.array, numpy.asarray, numpy.asanyarray, numpy.ascontiguousarray),
}
"""Creation functions that may return their argument itself."""

CREATION: set[Callable[..., Any]] = {
    *FILLED,
    *CONVERSIONS,
    *(numpy.asfortranarray, numpy.copy, numpy.fromfunction),
    *(numpy.eye, numpy.identity, numpy.tri, numpy.diag, numpy.diagflat, numpy.indices),
    *(numpy.arange, numpy.linspace, numpy.logspace, numpy.geomspace, numpy.vander),
}
"""Functions whose results are traced arrays while a function is being traced."""

SEQUENCES: set[Callable[..., Any]] = {
    *(numpy.concatenate, numpy.stack, numpy.vstack, numpy.hstack, numpy.dstack),
    *(numpy.column_stack, numpy.select, numpy.choose, numpy.piecewise, numpy.lexsort),
    numpy.linalg.multi_dot,
}
"""Functions of sequences of arrays, which need not have the same shape."""

SPACES = {numpy.linalg, numpy.fft}
"""Modules whose functions are treated like those of NumPy itself."""


class Function:
    """One of NumPy's functions, or a method of a ufunc, as this module has it."""

    def __init__(self, function: Callable[..., Any]) -> None:
        functools.update_wrapper(self, function, updated=())
        self.__wrapped__ = function

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        function = self.__wrapped__
        if current() is None:
            return function(*args, **kwargs)
        read = _reader(function)
        args = tuple(map(read, args))
        kwargs = {name: read(x) for name, x in kwargs.items()}
        if function in CREATION:
            return _created(function, args, kwargs)
        return function(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _public(getattr(self.__wrapped__, name))

    def __repr__(self) -> str:
        return repr(self.__wrapped__)


class Namespace:
    """A module inside of NumPy, with functions as this module has them."""

    def __init__(self, module: ModuleType) -> None:
        self.__wrapped__ = module

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _public(getattr(self.__wrapped__, name))

    def __dir__(self) -> list[str]:
        return dir(self.__wrapped__)

    def __repr__(self) -> str:
        return repr(self.__wrapped__)


class Joiner:
    """``np.r_`` or ``np.c_``, which join what stands between their brackets."""

    def __init__(self, joiner: Any, part: Callable[[Any], Any], axis: int) -> None:
        self.joiner = joiner
        self.part = part
        self.axis = axis

    def __getitem__(self, items: Any) -> Any:
        if current() is None:
            return self.joiner[items]
        parts = [_array(x) for x in (items if isinstance(items, tuple) else (items,))]
        if not any(isinstance(x, Traced) for x in parts):
            return _lifted(self.joiner[items])
        if any(isinstance(x, str) for x in parts):
            raise UnsupportedError(
                "np.r_ and np.c_ take no directions together with traced values",
                where=user_source(),
                found=repr(next(x for x in parts if isinstance(x, str))),
                remedy="use np.concatenate or np.stack with axis=…",
            )
        arrays = [numpy.r_[x] if isinstance(x, slice) else x for x in parts]
        dtype = core.promoted(*arrays)
        return numpy.concatenate([self.part(x) for x in arrays], axis=self.axis, dtype=dtype)


def _row(x: Any) -> Any:
    return numpy.atleast_1d(x)


def _column(x: Any) -> Any:
    return numpy.reshape(x, (-1, 1)) if numpy.ndim(x) < 2 else x


class vectorize(Vectorized):  # noqa: N801 - NumPy's name
    """``np.vectorize``, whose functions may be given traced arrays, too."""


r_ = Joiner(numpy.r_, _row, axis=0)
c_ = Joiner(numpy.c_, _column, axis=-1)


PUBLIC = ("__all__", "__version__", "__array_api_version__", "__array_namespace_info__")
"""Names of NumPy's with underscores that users may ask for."""


def __getattr__(name: str) -> Any:
    if name.startswith("__") and name not in PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return _public(getattr(numpy, name))


def __dir__() -> list[str]:
    return dir(numpy)


def _public(x: Any) -> Any:
    """Something of NumPy's as users get it from here."""
    if isinstance(x, ModuleType):
        return _space(x) if x in SPACES else x
    return x if isinstance(x, type) or not callable(x) else _function(x)


_space = functools.cache(Namespace)
_function = functools.cache(Function)


def _reader(function: Callable[..., Any]) -> Callable[[Any], Any]:
    """What is done to each argument of a function first."""
    if function is numpy.block:  # which reads nested lists by itself
        return lambda x: x
    if function in SEQUENCES:
        return lambda x: [_array(part) for part in x] if isinstance(x, list | tuple) else x
    return _array


def _array(x: Any) -> Any:
    """A list with traced values in it as an array; anything else as it is.

    Whole numbers in a tuple are taken for a shape, or axes, and left alone.
    """
    if not isinstance(x, list | tuple):
        return x
    found = _traced_in(x)
    if not found or (isinstance(x, tuple) and all(t.value.dtype.kind in "iu" for t in found)):
        return x
    return call_function(numpy.array, (x,), {})


def _traced_in(x: Any) -> list[Traced]:
    """The traced arrays in nested lists."""
    if isinstance(x, list | tuple):
        return [t for part in x for t in _traced_in(part)]
    return [x] if isinstance(x, Traced) else []


def _created(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The result of a creation function as a traced array, if it is one of numbers."""
    if _traced_in([*args, *kwargs.values()]):
        converts = function in CONVERSIONS and args and isinstance(args[0], TracedArray)
        return (_converted if converts else call_function)(function, args, kwargs)
    result = function(*args, **kwargs)
    if function in FILLED and _has_place(result):
        layout = ("order", "device", "subok", "like")
        wanted = {k: v for k, v in kwargs.items() if k not in layout}
        return call_function(function, args, wanted)
    return tuple(map(_lifted, result)) if isinstance(result, tuple) else _lifted(result)


def _converted(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A conversion of a traced array: the array itself where there is nothing to convert.

    What shares memory NumPy says, of an array with the same layout.
    """
    x: TracedArray = args[0]
    root, makers = (x, ()) if x.alias is None else (x.alias.root, x.alias.makers)
    model: Any = numpy.empty(root.value.shape, x.dtype)
    for make in makers:
        model = make(model)
    converted = function(model, *args[1:], **kwargs)
    if converted is model:
        return x
    result = call_function(function, args, kwargs)
    shared = numpy.may_share_memory(converted, model)
    return TracedArray(result.owner, result.value, fixed=shared)


def _lifted(x: Any) -> Any:
    if not _has_place(x):
        return x
    result = core.traced(x)
    result.boxed = isinstance(x, numpy.ndarray)
    return result


def _has_place(x: Any) -> bool:
    """Whether programs have arrays like this."""
    return isinstance(x, numpy.ndarray | numpy.generic) and x.dtype in DTYPE_NAMES
