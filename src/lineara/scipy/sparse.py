"""`scipy.sparse`: constant sparse matrices, multiplied by and solved with traced arrays.

Matrices are SciPy's; only what they meet is traced.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from lineara.errors import ShapeMismatchError, TypeMismatchError
from lineara.frontend.callback import pure_callback
from lineara.frontend.linear import custom_linear_solve
from lineara.frontend.trace import current
from lineara.scipy.calls import floats, has_traced
from lineara.where import user_source


def matmul(A: Any, x: Any) -> Any:
    """``A @ x`` for a sparse matrix of SciPy's, and a vector or matrix that may be traced.

    >>> import numpy as np, scipy.sparse, lineara as la
    >>> A = scipy.sparse.csr_array([[0.0, 2.0], [3.0, 0.0]])
    >>> la.grad(lambda x: np.sum(la.scipy.sparse.matmul(A, x) ** 2))(np.ones(2))
    array([18.,  8.])
    """
    _check(A, "matmul")
    if current() is None or not has_traced(x):
        return A @ x
    places = A.tocoo()
    data, y = floats(places.data, x)
    if y.ndim not in (1, 2) or len(y) != A.shape[1]:
        raise ShapeMismatchError(
            "a sparse matrix is multiplied by vectors and matrices of as many rows as it has "
            "columns",
            where=user_source(),
            found=f"shapes {A.shape} and {y.shape}",
        )
    result = np.zeros((A.shape[0], *y.shape[1:]), y.dtype, like=y)
    terms = y[places.col] * (data if y.ndim == 1 else data[:, None])
    np.add.at(result, places.row, terms)
    return result


def spsolve(A: Any, b: Any) -> Any:
    """The solution x of ``A @ x = b`` for a sparse matrix of SciPy's, and b that may be traced.

    The matrix is factored once; derivatives solve with the same factors.

    >>> import numpy as np, scipy.sparse, lineara as la
    >>> A = scipy.sparse.csc_array([[4.0, 1.0], [0.0, 2.0]])
    >>> la.grad(lambda b: np.sum(la.scipy.sparse.spsolve(A, b)))(np.ones(2))
    array([0.25 , 0.375])
    """
    from scipy.sparse.linalg import splu  # here, as importing it takes long

    _check(A, "spsolve")
    factors = splu(A.tocsc())
    if current() is None or not has_traced(b):
        return factors.solve(np.asarray(b, np.result_type(A.dtype, np.asarray(b).dtype, "f8")))
    (right,) = floats(b)
    if right.dtype != A.dtype:
        raise TypeMismatchError(
            "spsolve takes a matrix and a right-hand side of one dtype",
            where=user_source(),
            found=f"{A.dtype} and {right.dtype}",
            remedy="convert one with .astype",
        )

    def solve(turned: str) -> Any:
        return lambda _, v: pure_callback(lambda v: factors.solve(v, turned), v, v)

    return custom_linear_solve(lambda v: matmul(A, v), right, solve("N"), solve("T"))


def _check(A: Any, function: str) -> None:
    from scipy.sparse import issparse

    if not issparse(A):
        raise TypeMismatchError(
            f"{function} takes a sparse matrix first",
            where=user_source(),
            found=f"an object of type {type(A).__name__}",
            expected="a sparse matrix or array of scipy.sparse",
        )
