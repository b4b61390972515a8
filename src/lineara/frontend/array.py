"""The traced array: what a NumPy function sees in place of an array while it is traced.

It has NumPy's operators, methods and attributes. All of them go the way that NumPy's own functions
go on it, through ``__array_ufunc__`` and ``__array_function__``, to one implementation each.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np

from lineara.errors import (
    MissingAttributeError,
    TracingError,
    TypeMismatchError,
    UnsupportedError,
)
from lineara.frontend.trace import Traced
from lineara.ir.types import Array, DType
from lineara.where import user_source


class Dispatcher(NamedTuple):
    """What is behind the operators; `lineara.frontend.dispatch` supplies it."""

    ufunc: Callable[..., Any]
    """``ufunc(ufunc, method, inputs, kwargs)``"""
    function: Callable[..., Any]
    """``function(function, args, kwargs)``"""
    getitem: Callable[..., Any]
    setitem: Callable[..., None]
    in_place: Callable[..., Any]
    """``in_place(ufunc, array, other)``"""
    method: Callable[..., Any]
    """``method(name, array, args, kwargs)`` for methods that are not NumPy functions too."""
    namespace: Callable[..., Any]
    """``namespace(api_version)``, the module with the functions of arrays."""


class TracedArray(Traced):
    """An array whose elements are not known yet: shape and dtype are, and what computes them."""

    __slots__ = ()

    dispatcher: ClassVar[Dispatcher]

    if TYPE_CHECKING:  # operators and most methods are attached below, from tables

        def __getattr__(self, name: str) -> Any: ...
        def __add__(self, other: Any) -> Any: ...
        def __sub__(self, other: Any) -> Any: ...
        def __rsub__(self, other: Any) -> Any: ...
        def __mul__(self, other: Any) -> Any: ...
        def __truediv__(self, other: Any) -> Any: ...
        def __floordiv__(self, other: Any) -> Any: ...
        def __mod__(self, other: Any) -> Any: ...
        def __matmul__(self, other: Any) -> Any: ...

    __array_priority__ = 1000.0
    __hash__ = None  # type: ignore[assignment]

    # -- attributes -------------------------------------------------------------------------

    @property
    def shape(self) -> tuple[int, ...]:
        return self.value.type.shape

    @property
    def dtype(self) -> DType:
        return self.value.type.dtype

    @property
    def ndim(self) -> int:
        return self.value.type.ndim

    @property
    def size(self) -> int:
        return self.value.type.size

    @property
    def itemsize(self) -> int:
        return self.value.type.dtype.itemsize

    @property
    def nbytes(self) -> int:
        return self.value.type.nbytes

    @property
    def T(self) -> Any:
        return np.transpose(self)

    @property
    def mT(self) -> Any:
        return np.matrix_transpose(self)

    @property
    def real(self) -> Any:
        return np.real(self)

    @property
    def imag(self) -> Any:
        return np.imag(self)

    @property
    def flat(self) -> Iterator[TracedArray]:
        return iter(self.ravel())

    # -- NumPy's protocols --------------------------------------------------------------------

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        return self.dispatcher.ufunc(ufunc, method, inputs, kwargs)

    def __array_function__(
        self, function: Callable[..., Any], types: Any, args: Any, kwargs: Any
    ) -> Any:
        return self.dispatcher.function(function, args, kwargs)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        if _sparse_asks():
            return np.array(None, object)
        index = self.dtype.kind in "iub"
        raise TracingError(
            "a traced array cannot be turned into a NumPy array: "
            + ("it has no value yet" if index else "its derivative would be lost"),
            where=user_source(),
            found=f"a traced array of type {self.value.type}, where plain NumPy data is wanted",
            expected="functions of NumPy, which are traced",
            remedy="to index a plain array by a traced number write lineara.numpy.asarray(data)[i]"
            if index
            else "`from lineara import numpy as np` makes arrays that hold traced values; "
            "np.stack and np.zeros_like(x) do so too",
        )

    # -- Python's protocols -------------------------------------------------------------------

    def __len__(self) -> int:
        if not self.shape:
            raise TypeMismatchError(
                "len() of an array without axes",
                where=user_source(),
                found=f"a traced array of type {self.value.type}",
                expected="an array with one axis or more",
            )
        return self.shape[0]

    def __iter__(self) -> Iterator[TracedArray]:
        if not self.shape:
            raise TypeMismatchError(
                "iteration over an array without axes",
                where=user_source(),
                found=f"a traced array of type {self.value.type}",
                expected="an array with one axis or more",
            )
        return (self[i] for i in range(self.shape[0]))

    def __getitem__(self, index: Any) -> TracedArray:
        return self.dispatcher.getitem(self, index)  # type: ignore[no-any-return]

    def __setitem__(self, index: Any, value: Any) -> None:
        self.dispatcher.setitem(self, index, value)

    def __bool__(self) -> bool:
        return bool(self._number("bool()"))

    def __int__(self) -> int:
        return int(self._number("int()"))

    def __index__(self) -> int:
        if self.dtype.kind not in "iu":
            raise TypeMismatchError(
                "only integer arrays can be used as an index",
                where=user_source(),
                found=f"a traced array of type {self.value.type}",
                expected="an integer array without axes",
                remedy="convert it with x.astype(int)",
            )
        return int(self._number("an index or a length"))

    def __float__(self) -> float:
        return float(self._constant("float()"))

    def __complex__(self) -> complex:
        return complex(self._constant("complex()"))

    def item(self, *index: Any) -> Any:
        """The number behind an element, where no derivative is lost by taking it.

        Args:
            *index: nothing for the only element; else the place in the flat array, or on each axis.

        Raises:
            TracingError: if a derivative would be lost, or under jit.
        """
        if not index:
            return self._constant("item()")
        place = index[0] if len(index) == 1 and isinstance(index[0], tuple) else index
        part = self.ravel()[place[0]] if len(place) == 1 else self[place]
        return part._constant("item()")

    @property
    def device(self) -> str:
        return "cpu"

    def to_device(self, device: Any, /, *, stream: Any = None) -> TracedArray:
        """The array itself: there is one device."""
        if device != "cpu" or stream is not None:
            raise UnsupportedError(
                "traced arrays are on the CPU",
                where=user_source(),
                found=f"device={device!r}, stream={stream!r}",
                expected="'cpu' and no stream",
            )
        return self

    def __array_namespace__(self, *, api_version: str | None = None) -> Any:
        """`lineara.numpy`, which has the names of Python's array API standard."""
        return self.dispatcher.namespace(api_version)

    def __contains__(self, x: Any) -> bool:
        return bool(np.any(np.equal(self, x)))

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            remedy = REFUSED.get(name)
            if remedy is None:
                raise AttributeError(
                    f"{type(self).__name__!r} object has no attribute {name!r}",
                    name=name,
                    obj=self,
                )
            raise MissingAttributeError(
                f"traced arrays have no {name}: there is no memory behind them yet",
                where=user_source(),
                found=f"x.{name} of a traced array of type {self.value.type}",
                remedy=remedy,
            )

    def _constant(self, wanted: str) -> Any:
        """The number, unless it varies with what is differentiated."""
        if self.owner.varies(self.value.operand):
            raise TracingError(
                f"{wanted} of a traced array would lose its derivative",
                where=user_source(),
                found=f"a traced array of type {self.value.type}",
                expected="NumPy functions, which are traced (np.sin instead of math.sin)",
                remedy=f"leave out {wanted}; if the number is wanted without its derivative, "
                "take it of lineara.stop_gradient(x)",
            )
        return self._number(wanted)

    def _number(self, wanted: str) -> Any:
        array = np.asarray(self.owner.concrete(self.value, wanted))
        if array.size != 1:
            raise TypeMismatchError(
                f"{wanted} of an array with {array.size} elements is ambiguous",
                where=user_source(),
                found=f"a traced array of type {self.value.type}",
                expected="an array with one element",
                remedy="use x.any() or x.all()",
            )
        return array.reshape(()).item()

    def __repr__(self) -> str:
        return f"TracedArray({self.value.type})"

    def __format__(self, spec: str) -> str:
        return format(self._number("format()"), spec) if spec else repr(self)

    def __copy__(self) -> Any:
        return self.copy()

    def __deepcopy__(self, memo: Any) -> Any:
        return self.copy()

    def tolist(self) -> Any:
        """Nested lists of traced scalars."""
        return [row.tolist() for row in self] if self.shape else self


def _sparse_asks() -> bool:
    """Whether a sparse matrix of SciPy's wants the other operand of a product as a NumPy array.

    If it gets an object it leaves the product to that operand, to ``__rmatmul__``.
    """
    frame = sys._getframe(2)
    module = str(frame.f_globals.get("__name__"))
    return frame.f_code.co_name == "_matmul_dispatch" and module.startswith("scipy.sparse")


def _operator(ufunc: np.ufunc) -> Callable[[TracedArray, Any], Any]:
    def operator(self: TracedArray, other: Any) -> Any:
        return self.dispatcher.ufunc(ufunc, "__call__", (self, other), {})

    return operator


def _reflected(ufunc: np.ufunc) -> Callable[[TracedArray, Any], Any]:
    def operator(self: TracedArray, other: Any) -> Any:
        return self.dispatcher.ufunc(ufunc, "__call__", (other, self), {})

    return operator


def _in_place(ufunc: np.ufunc) -> Callable[[TracedArray, Any], Any]:
    def operator(self: TracedArray, other: Any) -> Any:
        return self.dispatcher.in_place(ufunc, self, other)

    return operator


def _prefix(ufunc: np.ufunc) -> Callable[[TracedArray], Any]:
    def operator(self: TracedArray) -> Any:
        return self.dispatcher.ufunc(ufunc, "__call__", (self,), {})

    return operator


def _method(function: Callable[..., Any]) -> Callable[..., Any]:
    def method(self: TracedArray, *args: Any, **kwargs: Any) -> Any:
        return self.dispatcher.function(function, (self, *args), kwargs)

    return method


def _own_method(name: str) -> Callable[..., Any]:
    def method(self: TracedArray, *args: Any, **kwargs: Any) -> Any:
        return self.dispatcher.method(name, self, args, kwargs)

    return method


BINARY = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "truediv": np.true_divide,
    "floordiv": np.floor_divide,
    "mod": np.remainder,
    "divmod": np.divmod,
    "pow": np.power,
    "matmul": np.matmul,
    "and": np.bitwise_and,
    "or": np.bitwise_or,
    "xor": np.bitwise_xor,
    "lshift": np.left_shift,
    "rshift": np.right_shift,
}
COMPARISONS = {
    "eq": np.equal,
    "ne": np.not_equal,
    "lt": np.less,
    "le": np.less_equal,
    "gt": np.greater,
    "ge": np.greater_equal,
}
PREFIX = {
    "neg": np.negative,
    "pos": np.positive,
    "abs": np.absolute,
    "invert": np.invert,
}
METHODS: dict[str, Callable[..., Any]] = {
    method.__name__: method
    for method in (
        *(np.all, np.any, np.argmax, np.argmin, np.argsort, np.argpartition, np.choose, np.clip),
        *(np.cumprod, np.cumsum, np.diagonal, np.dot, np.max, np.mean, np.min),
        *(np.nonzero, np.prod, np.ptp, np.ravel, np.repeat, np.round, np.searchsorted),
        *(np.squeeze, np.std, np.sum, np.swapaxes, np.take, np.trace, np.var),
    )
}
OWN_METHODS = (
    "astype",
    "compress",
    "conj",
    "conjugate",
    "copy",
    "fill",
    "flatten",
    "partition",
    "put",
    "reshape",
    "sort",
    "transpose",
)

_OUTSIDE = "return the array from the function, and do it with the result"
_CONVERT = "convert it with x.astype(dtype)"
REFUSED: dict[str, str] = {
    **dict.fromkeys(("dump", "dumps", "tobytes", "tofile"), _OUTSIDE),
    **dict.fromkeys(("base", "ctypes", "data", "flags", "strides"), _OUTSIDE),
    **dict.fromkeys(("view", "getfield", "byteswap"), _CONVERT),
    "setfield": "assign to elements: x[...] = values",
    "setflags": "copy the array if it is not to be written to",
    "resize": "make a new array: y = np.resize(x, shape)",
}
"""Attributes and methods that are about memory, and what to do instead."""

for _name, _ufunc in BINARY.items():
    setattr(TracedArray, f"__{_name}__", _operator(_ufunc))
    setattr(TracedArray, f"__r{_name}__", _reflected(_ufunc))
    setattr(TracedArray, f"__i{_name}__", _in_place(_ufunc))
for _name, _ufunc in COMPARISONS.items():
    setattr(TracedArray, f"__{_name}__", _operator(_ufunc))
for _name, _ufunc in PREFIX.items():
    setattr(TracedArray, f"__{_name}__", _prefix(_ufunc))
for _name, _function in METHODS.items():
    setattr(TracedArray, _name, _method(_function))
for _name in OWN_METHODS:
    setattr(TracedArray, _name, _own_method(_name))
