"""`scipy.signal`: convolution and correlation. All methods are the direct sum."""

from __future__ import annotations

from typing import Any

import numpy as np

from lineara.errors import ShapeMismatchError
from lineara.scipy.calls import floats, like, refused
from lineara.scipy.windows import convolved
from lineara.where import user_source


def _cut(full: Any, function: str, mode: str, x: Any, y: Any) -> Any:
    """The part of a full convolution that a mode asks for."""
    if mode == "full":
        return full
    if mode == "same":
        sizes = x.shape
    elif mode == "valid":
        excess = [n - m for n, m in zip(x.shape, y.shape, strict=True)]
        if min(excess) < 0 < max(excess):
            raise ShapeMismatchError(
                f"{function} with mode='valid' takes arrays of which one contains the other",
                where=user_source(),
                found=f"shapes {x.shape} and {y.shape}",
            )
        sizes = tuple(abs(n) + 1 for n in excess)
    else:
        raise refused(function, "mode", repr(mode), "use 'full', 'same' or 'valid'")
    starts = [(n - size) // 2 for n, size in zip(full.shape, sizes, strict=True)]
    return full[tuple(slice(s, s + size) for s, size in zip(starts, sizes, strict=True))]


def _pair(function: str, in1: Any, in2: Any) -> tuple[Any, Any]:
    x, y = floats(in1, in2)
    if x.ndim != y.ndim or not (x.ndim and x.size and y.size):
        raise ShapeMismatchError(
            f"{function} takes two arrays with the same number of axes, which are not empty",
            where=user_source(),
            found=f"shapes {x.shape} and {y.shape}",
        )
    return x, y


@like("scipy.signal.convolve")
def convolve(in1: Any, in2: Any, mode: str = "full", method: str = "auto") -> Any:
    x, y = _pair("scipy.signal.convolve", in1, in2)
    return _cut(convolved(x, y), "scipy.signal.convolve", mode, x, y)


@like("scipy.signal.fftconvolve")
def fftconvolve(in1: Any, in2: Any, mode: str = "full", axes: Any = None) -> Any:
    if axes is not None:
        raise refused("scipy.signal.fftconvolve", "axes", repr(axes), "leave it out")
    x, y = _pair("scipy.signal.fftconvolve", in1, in2)
    return _cut(convolved(x, y), "scipy.signal.fftconvolve", mode, x, y)


@like("scipy.signal.correlate")
def correlate(in1: Any, in2: Any, mode: str = "full", method: str = "auto") -> Any:
    x, y = _pair("scipy.signal.correlate", in1, in2)
    full = convolved(x, np.conj(np.flip(y)))
    return _cut(full, "scipy.signal.correlate", mode, x, y)
