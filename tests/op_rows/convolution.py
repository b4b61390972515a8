"""Rows for convolutions."""

from __future__ import annotations

import numpy as np
from samples import Rows, floats, sample

from lineara.ir.types import Array
from lineara.ops.convolution import Convolve


def rows() -> Rows:
    for full in (True, False):
        for stack in ((), (2,), (0,)):
            for n, m in ((5, 3), (4, 4), (3, 1), (1, 1)):
                x, y = floats(*stack, n), floats(*stack, m, seed=1)
                yield sample(Convolve(full), [x, y], lambda x, y, f=full: convolved(x, y, f))
        for dtype in (np.float32, np.complex128):
            x, y = floats(6, dtype=dtype), floats(2, dtype=dtype, seed=1)
            yield sample(Convolve(full), [x, y], lambda x, y, f=full: convolved(x, y, f))
        holes = np.array([1.0, np.nan, 2.0, np.inf, 3.0])
        for x, y in ((holes, floats(2)), (floats(6), holes)):
            yield sample(
                Convolve(full), [x, y], lambda x, y, f=full: convolved(x, y, f), smooth=False
            )


def convolved(x: Array, y: Array, full: bool) -> Array:
    mode = "full" if full else "valid"
    if x.ndim == 1:
        return np.convolve(x, y, mode)
    parts = [np.convolve(a, b, mode) for a, b in zip(x, y, strict=True)]
    n, m = x.shape[-1], y.shape[-1]
    shape = (0, n + m - 1 if full else n - m + 1)
    return np.stack(parts) if parts else np.zeros(shape)
