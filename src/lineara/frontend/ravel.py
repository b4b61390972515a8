"""`ravel_pytree`: all leaves of a tree as one flat array, and back."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import accumulate
from typing import Any

import numpy as np

from lineara import tree
from lineara.errors import ShapeMismatchError, TypeMismatchError
from lineara.frontend.core import shape_of, type_of_array
from lineara.frontend.trace import Traced
from lineara.where import user_source


def ravel_pytree(pytree: Any) -> tuple[Any, Callable[[Any], Any]]:
    """The leaves of a pytree, flattened and joined, and the function that undoes it.

    Leaves of different dtypes are promoted to a common one, and cast back to their own by the
    inverse, which then takes arrays of that dtype only. If all leaves have the same dtype, the
    inverse keeps the dtype of its argument.

    Returns:
        (flat, unravel): an array of shape (elements of all leaves together,), and a function from
        arrays of this shape to trees of the structure and shapes of `pytree`.

    Raises:
        TypeMismatchError: for leaves that are not arrays; in `unravel`, for another dtype.
        ShapeMismatchError: in `unravel`, for another shape.

    >>> import numpy as np, lineara as la
    >>> flat, unravel = la.ravel_pytree({"b": 3.0, "w": np.array([[1.0, 2.0]])})
    >>> flat
    array([3., 1., 2.])
    >>> unravel(2 * flat)
    {'b': np.float64(6.0), 'w': array([[2., 4.]])}
    """
    leaves, structure = tree.flatten(pytree)
    types = [type_of_array(x) for x in leaves]
    dtype = np.result_type(*{t.dtype for t in types}) if types else np.dtype(np.float64)
    mixed = any(t.dtype != dtype for t in types)
    ends = list(accumulate((t.size for t in types), initial=0))
    # An empty part in front: NumPy joins no empty list.
    parts = [np.zeros(0, dtype), *(np.ravel(x).astype(dtype) for x in leaves)]

    def unravel(flat: Any) -> Any:
        if shape_of(flat) != (ends[-1],):
            raise ShapeMismatchError(
                "unravel takes flat arrays as ravel_pytree made them",
                where=user_source(),
                found=f"shape {shape_of(flat)}",
                expected=f"shape {(ends[-1],)}",
                remedy="flatten the array first: unravel(np.ravel(x))"
                if math.prod(shape_of(flat)) == ends[-1]
                else None,
            )
        found = type_of_array(flat).dtype
        flat = flat if isinstance(flat, Traced) else np.asarray(flat)
        if mixed and found != dtype:
            raise TypeMismatchError(
                "unravel casts from the common dtype of the leaves to the dtype of each",
                where=user_source(),
                found=f"dtype {found}",
                expected=f"dtype {dtype}",
                remedy=f"convert the array with .astype(np.{dtype})",
            )
        return tree.unflatten(
            structure,
            (
                _cast(flat[end - math.prod(t.shape) : end], t.dtype if mixed else found).reshape(
                    t.shape
                )[()]
                for end, t in zip(ends[1:], types, strict=True)
            ),
        )

    return np.concatenate(parts), unravel


def _cast(x: Any, dtype: np.dtype[Any]) -> Any:
    """`x` in memory of its own, with elements of another dtype; of complex ones the real part."""
    return (x.real if x.dtype.kind == "c" and dtype.kind != "c" else x).astype(dtype)
