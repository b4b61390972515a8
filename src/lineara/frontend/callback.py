"""`pure_callback`: Python code on NumPy arrays, as part of a program."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from lineara import tree
from lineara.errors import LinearaError, TypeMismatchError
from lineara.frontend.abstract import ShapeDtypeStruct
from lineara.frontend.arguments import called, checked_function, function_name
from lineara.frontend.core import apply_all
from lineara.frontend.trace import current
from lineara.ir.types import ArrayType
from lineara.ops.callback import Callback
from lineara.ops.python import PythonFunction
from lineara.where import user_source


@dataclass(frozen=True)
class _Flat:
    """A function of pytrees as one from arrays to a list of arrays."""

    function: Callable[..., Any]
    inputs: tree.Structure
    outputs: tree.Structure

    def __call__(self, *arrays: Any) -> list[Any]:
        args, kwargs = tree.unflatten(self.inputs, arrays)
        result = called(self.function, args, kwargs)
        leaves, found = tree.flatten(result)
        if found != self.outputs:
            raise TypeMismatchError(
                f"the callback {function_name(self.function)} returns another structure than "
                "declared",
                found=tree.described(found),
                expected=tree.described(self.outputs),
                remedy="correct result_shape_dtypes, or the function",
            )
        return leaves


def pure_callback(
    callback: Callable[..., Any],
    result_shape_dtypes: Any,
    *args: Any,
    vectorized: bool = False,
    **kwargs: Any,
) -> Any:
    """``callback(*args, **kwargs)``, computed by Python when the program runs.

    The function is given NumPy arrays that it must not write to, and may do whatever Python can:
    call SciPy, a simulation, a library without source. It has to be pure, since it may be called
    any number of times. It has no derivative: give it one with `custom_jvp` or `custom_vjp`.

    Args:
        callback: a function of arrays, or pytrees of arrays.
        result_shape_dtypes: what it returns, with something that has a shape and a dtype (an array,
            or a `ShapeDtypeStruct`) in place of each array.
        *args: its arguments.
        vectorized: whether it takes, in place of each argument, many examples of it along a new
            first axis, and returns its results likewise. If not, `vmap` calls it for one example
            after the other.
        **kwargs: its arguments by name.

    Raises:
        ShapeMismatchError: when the program runs, if it returns arrays of other shapes.
        TypeMismatchError: when the program runs, if they have other dtypes or another structure.

    >>> import numpy as np, lineara as la
    >>> from scipy.special import zeta
    >>> f = la.jit(lambda x: la.pure_callback(zeta, x, x))
    >>> f(2.0) == np.pi**2 / 6
    np.True_
    """
    checked_function(callback, "pure_callback")
    declared, outputs = tree.flatten(result_shape_dtypes)
    types = tuple(map(_type, declared))
    leaves, inputs = tree.flatten((args, kwargs))
    flat = _Flat(callback, inputs, outputs)
    op = Callback(PythonFunction(function_name(callback), flat), types, bool(vectorized))
    if current() is None:
        try:
            results: Any = op.evaluate(*map(np.asarray, leaves))
        except LinearaError as error:
            raise error.at(user_source()) from None
    else:
        results = apply_all(op, *leaves)
    return tree.unflatten(outputs, results)


def _type(x: Any) -> ArrayType:
    if type(x) in (bool, int, float, complex):
        x = np.asarray(x)
    if not (hasattr(x, "shape") and hasattr(x, "dtype")):
        raise TypeMismatchError(
            "result_shape_dtypes says what shapes and dtypes the callback returns",
            where=user_source(),
            found=f"an object of type {type(x).__name__}",
            expected="a pytree of things with a shape and a dtype",
            remedy="write lineara.ShapeDtypeStruct(shape, dtype)",
        )
    struct = ShapeDtypeStruct(x.shape, x.dtype)
    return ArrayType(struct.dtype, struct.shape)
