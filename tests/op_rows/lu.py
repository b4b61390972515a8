"""Rows for the LU factorisation."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg
from samples import Rows, floats, sample

from lineara.ir.types import Array
from lineara.ops.linalg.lu import Lu, Permutation


def packed(a: Array) -> Any:
    """L and U in one matrix, and pivots, of each matrix."""
    factors, pivots = np.empty_like(a), np.empty(a.shape[:-1], np.int32)
    for k in np.ndindex(a.shape[:-2] if a.size else (0,)):
        factors[k], pivots[k] = scipy.linalg.lu_factor(a[k])
    return factors, pivots


def order(pivots: Array) -> Array:
    """The rows after the swaps, of each matrix."""
    result = np.empty_like(pivots)
    for k in np.ndindex(pivots.shape[:-1]):
        rows = list(range(pivots.shape[-1]))
        for i, j in enumerate(pivots[k]):
            rows[i], rows[j] = rows[j], rows[i]
        result[k] = rows
    return result


def rows() -> Rows:
    for dtype in (np.float64, np.complex128, np.float32):
        for shape in ((3, 3), (2, 3, 3), (1, 1), (0, 0), (2, 0, 0)):
            yield sample(Lu(), [floats(*shape, dtype=dtype)], packed)
    for pivots in ([2, 1, 2], [[1, 1], [0, 1]], [0], [2, 3, 2, 3]):
        yield sample(Permutation(), [np.array(pivots, np.int32)], order)
    yield sample(Permutation(), [np.zeros((0,), np.int32)], order)
    yield sample(Permutation(), [np.array([1, 1])], order)
