"""Rows for discrete Fourier transforms."""

from __future__ import annotations

from functools import partial

import numpy as np
from samples import Rows, floats, sample

from lineara.ops.fourier import Fft, Irfft, Rfft

SHAPES: list[tuple[tuple[int, ...], int]] = [
    # shape, axis
    ((1,), 0),
    ((2,), 0),
    ((5,), 0),
    ((6,), 0),
    ((2, 4), 0),
    ((2, 3), 1),
    ((2, 4, 3), 1),
    ((0, 2), 1),
]


def rows() -> Rows:
    for shape, axis in SHAPES:
        z, x = floats(*shape, dtype=np.complex128), floats(*shape)
        for dtype in (np.complex128, np.complex64) if shape == (6,) else (np.complex128,):
            yield sample(Fft(axis), [z.astype(dtype)], partial(np.fft.fft, axis=axis))
            yield sample(Fft(axis, True), [z.astype(dtype)], partial(np.fft.ifft, axis=axis))
        yield sample(Rfft(axis), [x], partial(np.fft.rfft, axis=axis))
        n = 2 * (shape[axis] - 1)
        for length in (n, n + 1) if n else (1,):
            yield sample(Irfft(axis, length), [z], partial(np.fft.irfft, n=length, axis=axis))
    yield sample(Rfft(0), [floats(6, dtype=np.float32)], np.fft.rfft)
    yield sample(Irfft(0, 6), [floats(4, dtype=np.complex64)], np.fft.irfft)
