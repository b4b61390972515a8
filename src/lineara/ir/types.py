"""Types of Linear A: an element type and a static shape, written ``f64[3,4]``."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lineara.errors import TypeMismatchError

Array: TypeAlias = NDArray[Any]
DType: TypeAlias = np.dtype[Any]

DTYPES: dict[str, DType] = {
    "bool": np.dtype(np.bool_),
    **{f"i{bits}": np.dtype(f"int{bits}") for bits in (8, 16, 32, 64)},
    **{f"u{bits}": np.dtype(f"uint{bits}") for bits in (8, 16, 32, 64)},
    "f32": np.dtype(np.float32),
    "f64": np.dtype(np.float64),
    "c64": np.dtype(np.complex64),
    "c128": np.dtype(np.complex128),
}
"""The element types of the language, by their name in text."""

DTYPE_NAMES: dict[DType, str] = {dtype: name for name, dtype in DTYPES.items()}


def dtype_name(dtype: DType) -> str:
    """The name in text of an element type, e.g. ``f64``."""
    return DTYPE_NAMES.get(dtype, "no number")


def supported_dtype(dtype: Any) -> DType:
    """`dtype` as one of the element types of the language, in native byte order.

    Raises:
        TypeMismatchError: for an element type that the language does not have.
    """
    try:
        native: DType = np.dtype(dtype).newbyteorder("=")
    except TypeError:
        raise TypeMismatchError(
            "this is no dtype",
            found=repr(dtype),
            expected="a dtype of NumPy's",
            remedy="write np.float64, for example",
        ) from None
    name = DTYPE_NAMES.get(native)
    if name is None:
        raise TypeMismatchError(
            f"arrays of dtype {native} have no place in a program",
            found=f"dtype {native}",
            expected="bool, int8 to int64, uint8 to uint64, float32 or 64, complex64 or 128",
            remedy="convert the array first, e.g. x.astype(np.float64)",
        )
    return DTYPES[name]  # NumPy can have several objects for one dtype, and takes notice


@dataclass(frozen=True, slots=True)
class ArrayType:
    """The type of an array: element type and static shape. Rank 0 is a scalar, ``f64[]``."""

    dtype: DType
    shape: tuple[int, ...] = ()

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)

    @property
    def nbytes(self) -> int:
        return self.size * self.dtype.itemsize

    @property
    def has_tangent(self) -> bool:
        """Whether values of this type can be differentiated: floats and complex numbers can."""
        return self.dtype.kind in "fc"

    @property
    def tangent(self) -> ArrayType:
        """The type of tangents of values that have them."""
        return self

    def stacked(self, count: int) -> ArrayType:
        """The type of that many values of this type along a new axis 0."""
        return ArrayType(self.dtype, (count, *self.shape))

    def along(self, count: int) -> ArrayType:
        """The type of what a loop of that many iterations makes of values of this type."""
        return self.stacked(count)

    def with_shape(self, shape: tuple[int, ...]) -> ArrayType:
        return ArrayType(self.dtype, shape)

    def with_dtype(self, dtype: DType) -> ArrayType:
        return ArrayType(dtype, self.shape)

    def __str__(self) -> str:
        return f"{dtype_name(self.dtype)}[{','.join(map(str, self.shape))}]"

    __repr__ = __str__


def type_of(value: Any) -> ArrayType:
    """The type of a NumPy array or scalar."""
    return _array_type(value.dtype, value.shape)


@lru_cache(maxsize=4096)
def _array_type(dtype: DType, shape: tuple[int, ...]) -> ArrayType:
    return ArrayType(supported_dtype(dtype), shape)
