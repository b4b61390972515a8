"""Sums over windows of an array, which convolutions of any number of axes are."""

from __future__ import annotations

from typing import Any

import numpy as np


def correlated(x: Any, kernel: Any) -> Any:
    """Σ_j x[i + j] kernel[j] for each place i where all of the kernel meets x.

    Both have the same number of axes; so has the result, of n − m + 1 elements for n and m.
    """
    if x.ndim == 1:
        return np.correlate(x, np.conj(kernel), "valid")
    for axis, (n, m) in enumerate(zip(x.shape, kernel.shape, strict=True)):
        places = np.add.outer(np.arange(n - m + 1), np.arange(m))
        x = np.take(x, places, axis=2 * axis)  # one axis becomes two: the place, and within it
    inside = tuple(range(1, x.ndim, 2))
    return np.tensordot(x, kernel, (inside, tuple(range(kernel.ndim))))


def convolved(x: Any, y: Any) -> Any:
    """The convolution at all displacements where x and y meet."""
    if x.ndim == 1:
        return np.convolve(x, y)
    if x.size < y.size:
        x, y = y, x
    padded = np.pad(x, [(m - 1, m - 1) for m in y.shape])
    return correlated(padded, np.flip(y))
