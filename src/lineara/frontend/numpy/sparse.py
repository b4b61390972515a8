"""Products of constant sparse matrices of SciPy's with traced arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from lineara.errors import ShapeMismatchError
from lineara.frontend.core import convert, traced, type_of_array
from lineara.where import user_source


def is_sparse(x: Any) -> bool:
    """Whether `x` is a sparse matrix or array; SciPy need not be imported to know."""
    return hasattr(x, "tocoo")


def product(A: Any, x: Any) -> Any:
    """``A @ x`` for a vector or matrix x: each number of A, times a row of x, is added to a row."""
    shape = np.shape(x)
    if len(shape) not in (1, 2) or len(A.shape) != 2 or shape[0] != A.shape[1]:
        raise ShapeMismatchError(
            "a sparse matrix is multiplied by a vector or matrix that fits",
            where=user_source(),
            found=f"shapes {A.shape} and {shape}",
            expected=f"{A.shape[-1]} rows",
        )
    places = A.tocoo()
    dtype = np.result_type(places.dtype, type_of_array(x).dtype)
    data, y = (traced(convert(z, dtype)) for z in (places.data, x))
    result: Any = np.zeros((A.shape[0], *shape[1:]), dtype, like=y)
    weights: Any = np.reshape(data, (-1,) + (1,) * (len(shape) - 1))
    np.add.at(result, places.row, np.take(y, places.col, axis=0) * weights)
    return result
