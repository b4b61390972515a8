"""`linalg`."""

from __future__ import annotations

import numpy as np
from numpy_rows import numbers

from scipy_rows import Row

S = numbers(3, 3) + 3 * np.eye(3)
V, B = numbers(3, seed=3), numbers(3, 2, seed=4)
CS = numbers(3, 3, dtype="c16") + 3 * np.eye(3)
CV = numbers(3, dtype="c16", seed=3)
MIXED = numbers(3, 3, seed=7)  # whose rows are swapped
POSITIVE = "(np.eye(3) + x @ np.conj(x.T))"
LOW = "np.tril(x)"


def rows(code: str, *inputs: tuple[object, ...]) -> list[Row]:
    return [Row("linalg", code, *some) for some in inputs]


REAL_AND_COMPLEX = [
    *(f"m.solve_triangular({LOW}, y, {t!r}, lower=True)" for t in (0, 1, 2, "N", "T", "C")),
    "m.solve_triangular(x, y)",
    "m.solve_triangular(x, y, lower=True, unit_diagonal=True)",
    *(f"m.cho_solve(m.cho_factor({POSITIVE}, {low}), y)" for low in (True, False)),
    *(f"m.lu_solve(m.lu_factor(x), y, trans={t})" for t in (0, 1, 2)),
    "m.solve(x, y)",
    f"m.solve({POSITIVE}, y, assume_a='pos')",
]
ONE_MATRIX = [
    f"m.cholesky({POSITIVE})",
    f"m.cholesky({POSITIVE}, lower=True)",
    f"np.triu(m.cho_factor({POSITIVE})[0])",
    "m.lu_factor(x)",
    "m.lu(x)[1:]",
    "m.lu(x, permute_l=True)",
    "m.inv(x)",
    "m.det(x)",
    "m.norm(x)",
    "m.svdvals(x)",
    f"m.eigvalsh({POSITIVE})",
    f"m.eigvalsh({POSITIVE}, lower=False)",
    "m.expm(x)",
    "m.expm(x / 9)",
]
ROWS = [
    *(row for code in REAL_AND_COMPLEX for row in rows(code, (S, V), (MIXED, B), (CS, CV))),
    *(row for code in ONE_MATRIX for row in rows(code, (S,), (MIXED,), (CS,))),
    *rows("m.solve(x, y, transposed=True)", (S, V), (MIXED, B)),
    *rows("m.lu(x, p_indices=True)", (MIXED,), (CS,)),
    *rows("m.lu(x)", (S,), (MIXED,)),
    *rows("m.expm(x)", (20 * MIXED,), (np.zeros((2, 2)),), (np.zeros((0, 0)),)),
    *rows("m.expm(np.stack([x, y]))", (S, MIXED)),
    *rows("m.block_diag(x, y, z)", (S, V, np.array(2.0)), (B, B.T, CV)),
    *rows("m.toeplitz(x)", (V,), (CV,)),
    *rows("m.toeplitz(x, y)", (V, B[:2, 0]), (V, CV)),
    *rows("m.circulant(x)", (V,)),
    *rows("m.hankel(x)", (V,)),
    *rows("m.hankel(x, y)", (V, B[:, 0])),
    *rows("m.norm(x, 1)", (V,), (B,)),
    *(
        Row("linalg", f"m.{name}(x)", S.astype(dtype), smooth=False)
        for name in ("inv", "det", "expm", "norm", "svdvals", "lu_factor")
        for dtype in ("f4", "i8")
        if (name, dtype) != ("det", "f4")  # whose steps SciPy rounds to single
    ),
]
