"""The few verbs that the implementations of NumPy's functions are written with.

They all record into the function that is being traced now, and take anything that counts as an
array: traced arrays, of this trace or one further out, NumPy arrays, and numbers.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from lineara.errors import (
    AxisRangeError,
    LinearaError,
    ShapeMismatchError,
    TracingError,
    TypeMismatchError,
)
from lineara.frontend.array import TracedArray
from lineara.frontend.trace import Trace, Traced, as_array, current
from lineara.ir.op import Op
from lineara.ir.types import DTYPE_NAMES, ArrayType, DType
from lineara.ir.value import Value
from lineara.ops.broadcast import Broadcast
from lineara.ops.creation import Convert
from lineara.ops.shape import Reshape
from lineara.where import user_source


def here() -> Trace:
    """The current trace.

    Raises:
        TracingError: if no function is being traced.
    """
    trace = current()
    if trace is None:
        raise TracingError(
            "a traced array is used where no function is being traced",
            where=user_source(),
            found="a traced array that outlived its function",
            expected="values made by the function that is running now",
            remedy="return the value from the function instead of storing it elsewhere",
        )
    return trace


def value(x: Any) -> Value:
    """`x` as a value of the current trace."""
    return here().lift(x)


def traced(x: Any) -> TracedArray:
    """`x` as a traced array."""
    return x if isinstance(x, TracedArray) else wrap(value(x))


def wrap(x: Value) -> TracedArray:
    """A value of the current trace with the looks of an array."""
    return TracedArray(here(), x)


def apply(op: Op, *operands: Any) -> TracedArray:
    """The only result of an op on operands of fitting types: nothing is promoted."""
    trace = here()
    (result,) = trace.emit(op, *[trace.lift(x) for x in operands])
    return TracedArray(trace, result)


def apply_all(op: Op, *operands: Any) -> tuple[TracedArray, ...]:
    """The results of an op with any number of them."""
    trace = here()
    return tuple(wrap(r) for r in trace.emit(op, *(trace.lift(x) for x in operands)))


def type_of_array(x: Any) -> ArrayType:
    """The type of anything that counts as an array."""
    if isinstance(x, Traced):
        return x.value.type
    array = as_array(x)
    return ArrayType(array.dtype, array.shape)


def shape_of(x: Any) -> tuple[int, ...]:
    """The shape of anything that counts as an array."""
    return x.value.type.shape if isinstance(x, Traced) else np.shape(x)


def convert(x: Any, dtype: DType) -> Any:
    """`x` with elements of another dtype; itself if they are that already."""
    if not isinstance(x, Traced):
        return np.asarray(x, dtype)
    return x if x.value.dtype == dtype else apply(Convert(dtype), x)


def reshape(x: Any, shape: tuple[int, ...]) -> Any:
    """`x` with another shape of as many elements; itself if it has that already."""
    return x if shape_of(x) == shape else apply(Reshape(shape), x)


def broadcast_to(x: Any, shape: tuple[int, ...]) -> Any:
    """`x` repeated to `shape` by NumPy's rules."""
    old = shape_of(x)
    if old == shape:
        return x
    offset = len(shape) - len(old)
    fits = offset >= 0 and all(
        n in (1, m) for n, m in zip(old, shape[max(offset, 0) :], strict=False)
    )
    if not fits:
        raise ShapeMismatchError(
            "an array cannot be broadcast to this shape",
            where=user_source(),
            found=f"shape {old}",
            expected=f"axes of length 1 or those of {shape}, counted from the last",
        )
    kept = [i for i, n in enumerate(old) if n == shape[i + offset]]
    squeezed = reshape(x, tuple(old[i] for i in kept))
    return apply(Broadcast(shape, tuple(i + offset for i in kept)), squeezed)


def broadcast_shapes(*operands: Any) -> tuple[int, ...]:
    """The common shape of the operands.

    Raises:
        ShapeMismatchError: if there is none.
    """
    shapes = [shape_of(x) for x in operands]
    try:
        return np.broadcast_shapes(*shapes)
    except ValueError:
        raise ShapeMismatchError(
            "operands could not be broadcast together",
            where=user_source(),
            found="shapes " + " and ".join(map(str, shapes)),
            expected="equal lengths, or 1, on each axis counted from the last",
            remedy="add axes with x[:, None] or reshape so that the axes line up",
        ) from None


def elementwise(op: Op, *operands: Any) -> TracedArray:
    """An elementwise op on operands of its dtypes, broadcast together."""
    shapes = {shape for x in operands if (shape := shape_of(x))}
    if len(shapes) > 1:
        shape = broadcast_shapes(*operands)
        operands = tuple([_aligned(x, shape) for x in operands])
    return apply(op, *operands)


def _aligned(x: Any, shape: tuple[int, ...]) -> Any:
    old = shape_of(x)
    if old == shape:
        return x
    if all(n == 1 for n in old):
        return reshape(x, ())
    return broadcast_to(x, shape)


def promoted(*operands: Any) -> DType:
    """The dtype that NumPy gives to operands which meet (numbers of Python's adapt)."""
    return _result_type(*(weak_dtype(x) for x in operands))


def weak_dtype(x: Any) -> Any:
    """What `x` contributes to promotion: its dtype, or int, float, complex for a Python number."""
    if isinstance(x, Traced):
        return x.weak or x.value.type.dtype
    if type(x) in (int, float, complex):
        return type(x)
    return as_array(x).dtype


@cache
def _result_type(*dtypes: Any) -> DType:
    samples = [d(0) if isinstance(d, type) else d for d in dtypes]
    return np.result_type(*samples)


@cache
def resolve(ufunc: np.ufunc, *dtypes: Any) -> tuple[DType, ...]:
    """The operand and result dtypes of a ufunc's loop, as NumPy chooses them.

    Raises:
        TypeMismatchError: if NumPy has no loop for them, or one of a dtype that we lack.
    """
    if all(isinstance(d, type) for d in dtypes):  # NumPy would compare such numbers as objects
        dtypes = tuple(np.dtype(d) for d in dtypes)
    try:
        loop = ufunc.resolve_dtypes((*dtypes, *(None,) * ufunc.nout))
    except TypeError:
        kinds = {np.dtype(c).kind for loop in ufunc.types for c in loop[: ufunc.nin]}
        names = {"b": "bool", "i": "integer", "f": "float", "c": "complex"}
        raise TypeMismatchError(
            f"{name_of_ufunc(ufunc)} is not defined for these dtypes",
            where=user_source(),
            found=", ".join(getattr(d, "__name__", str(d)) for d in dtypes),
            expected=f"operands of {' or '.join(n for k, n in names.items() if k in kinds)} dtype",
            remedy=f"convert them first, e.g. x.astype({'float' if 'f' in kinds else 'int'})",
        ) from None
    missing = [d for d in loop if d not in DTYPE_NAMES]
    if missing:
        raise TypeMismatchError(
            f"{name_of_ufunc(ufunc)} computes in {missing[0]} here",
            where=user_source(),
            found=", ".join(map(str, dtypes)),
            expected="a dtype that programs have: float32 or float64, complex64 or complex128, …",
            remedy="convert the operands first, e.g. x.astype(np.float64)",
        )
    return loop


def name_of_ufunc(ufunc: np.ufunc) -> str:
    """The name by which a user calls a ufunc of NumPy's or SciPy's."""
    name = ufunc.__name__
    return f"np.{name}" if getattr(np, name, None) is ufunc else f"scipy.special.{name}"


def axes_of(axis: Any, ndim: int) -> tuple[int, ...]:
    """NumPy's `axis` argument (None, an int or several) as axes between 0 and ndim − 1."""
    if axis is None:
        return tuple(range(ndim))
    axes: Sequence[Any] = axis if isinstance(axis, tuple | list) else (axis,)
    if ndim == 0 and len(axes) == 1 and axes[0] in (0, -1):  # as NumPy has it for its scalars
        return ()
    return tuple(sorted(axis_of(a, ndim) for a in axes))


def axis_of(axis: Any, ndim: int) -> int:
    """One axis as a number between 0 and ndim − 1."""
    try:
        number = operator.index(axis)
    except LinearaError:  # a traced number, whose own words are better
        raise
    except TypeError:
        raise TypeMismatchError(
            "an axis is named by its number",
            where=user_source(),
            found=f"axis {axis!r} of type {type(axis).__name__}",
            expected="an int",
        ) from None
    if not -ndim <= number < ndim:
        raise AxisRangeError(
            f"axis {number} is out of bounds for array of dimension {ndim}",
            where=user_source(),
            found=f"axis {number}",
            expected=f"an axis from {-ndim} to {ndim - 1}" if ndim else "no axis",
        )
    return number % ndim
