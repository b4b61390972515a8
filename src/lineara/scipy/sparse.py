"""`scipy.sparse`: systems of equations with constant sparse matrices.

Products need nothing: ``A @ x`` is traced for a sparse matrix A of SciPy's and a traced array x.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from lineara.errors import TypeMismatchError
from lineara.frontend.callback import pure_callback
from lineara.frontend.linear import custom_linear_solve
from lineara.frontend.numpy.sparse import is_sparse
from lineara.frontend.trace import current
from lineara.scipy.calls import floats, has_traced
from lineara.where import user_source


def spsolve(A: Any, b: Any) -> Any:
    """The solution x of ``A @ x = b`` for a sparse matrix of SciPy's, and b that may be traced.

    The matrix is factored once; derivatives solve with the same factors.

    >>> import numpy as np, scipy.sparse, lineara as la
    >>> A = scipy.sparse.csc_array([[4.0, 1.0], [0.0, 2.0]])
    >>> la.grad(lambda b: np.sum(la.scipy.sparse.spsolve(A, b)))(np.ones(2))
    array([0.25 , 0.375])
    """
    from scipy.sparse.linalg import splu  # here, as importing it takes long

    if not is_sparse(A):
        raise TypeMismatchError(
            "spsolve takes a sparse matrix first",
            where=user_source(),
            found=f"an object of type {type(A).__name__}",
            expected="a sparse matrix or array of scipy.sparse",
            remedy="use np.linalg.solve",
        )
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

    return custom_linear_solve(lambda v: A @ v, right, solve("N"), solve("T"))
