"""Rows for whole numbers and for floats by their digits."""

from __future__ import annotations

import numpy as np
from samples import Rows, floats, ints, sample

from lineara.ops.digits import bit_count, exponent, gcd, lcm, next_after, scale, spacing

WILD = np.array([0.0, -0.0, 1.0, -3.5, 5e-324, 1e-30, 1e30, np.inf, -np.inf, np.nan])


def rows() -> Rows:
    for shape in ((4,), (), (0,), (2, 3)):
        for dtype in ("i8", "u1") if shape else ("i4",):
            m, n = (ints(*shape, low=1, high=40, seed=s, dtype=dtype) for s in (0, 1))
            yield sample(gcd, [m, n], np.gcd)
            yield sample(lcm, [m, n], np.lcm)
            yield sample(bit_count, [m], np.bitwise_count)
        x, y = floats(*shape), floats(*shape, seed=1)
        yield sample(exponent, [x], _exponent)
        yield sample(spacing, [x], np.spacing)
        yield sample(next_after, [x, y], np.nextafter)
        for dtype in (np.int32, np.int64):
            yield sample(scale, [x, ints(*shape, dtype=dtype)], np.ldexp)
    for dtype in (np.float64, np.float32):
        wild = WILD.astype(dtype)
        yield sample(exponent, [wild], _exponent, smooth=False)
        yield sample(spacing, [wild], np.spacing, smooth=False)
        yield sample(next_after, [wild, wild[::-1]], np.nextafter, smooth=False)
        yield sample(next_after, [wild, np.zeros((), dtype)], np.nextafter, smooth=False)
        yield sample(scale, [wild, np.arange(10, dtype=np.int32)], np.ldexp, smooth=False)
    yield sample(scale, [floats(3), np.int64(-3)], np.ldexp)
    yield sample(scale, [floats(), ints(3)], np.ldexp)


def _exponent(x: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
    return np.where(np.isfinite(x), np.frexp(x)[1], np.int32(0))
