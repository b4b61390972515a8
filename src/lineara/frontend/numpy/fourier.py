"""``np.fft``: discrete Fourier transforms of any number of axes."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from lineara.errors import ShapeMismatchError, TypeMismatchError
from lineara.frontend.array import TracedArray
from lineara.frontend.core import apply, axis_of, convert, traced
from lineara.ops.fourier import Fft, Irfft, Rfft
from lineara.ops.slicing import Pad
from lineara.where import user_source

SWAPPED = {None: "forward", "backward": "forward", "ortho": "ortho", "forward": "backward"}
"""The norm of the opposite direction."""


def _factor(norm: Any, n: int, *, inverse: bool) -> float:
    """What a transform of n numbers is multiplied by, the inverse one already divided by n."""
    if norm not in SWAPPED:
        raise ShapeMismatchError(
            "a Fourier transform has another norm",
            where=user_source(),
            found=f"norm={norm!r}",
            expected="'backward', 'ortho' or 'forward'",
        )
    if norm == "ortho":
        return math.sqrt(n) if inverse else 1 / math.sqrt(n)
    return 1.0 if norm != "forward" else n if inverse else 1 / n


def _prepared(a: Any, n: Any, axis: Any, *, real: bool = False, half: bool = False) -> Any:
    """The array as floats or complex numbers, the transform's length, and the axis.

    Args:
        a: the array.
        n: how many numbers are transformed; by default as many as there are.
        axis: the axis.
        real: whether the numbers have to be real, and do not become complex.
        half: whether these are the frequencies of `n` real numbers.
    """
    x = traced(a)
    axis = axis_of(axis, x.ndim)
    if real and x.dtype.kind == "c":
        raise TypeMismatchError(
            "this Fourier transform is of real numbers",
            where=user_source(),
            found=f"an array of dtype {x.dtype}",
            expected="a real dtype",
            remedy="use np.fft.fft, or take x.real",
        )
    kind = x.dtype if x.dtype.kind in "fc" else np.dtype(np.float64)
    x = traced(convert(x, kind if real else np.result_type(kind, np.complex64)))
    size = x.shape[axis]
    length = 2 * (size - 1) if half and n is None else size if n is None else operator.index(n)
    if length < 1:
        raise ShapeMismatchError(
            f"Invalid number of FFT data points ({length}) specified.",
            where=user_source(),
            found=f"{length} numbers along axis {axis}",
            expected="one at least",
        )
    return _resized(x, axis, length // 2 + 1 if half else length), length, axis


def _resized(x: TracedArray, axis: int, n: int) -> TracedArray:
    """The first `n` numbers along an axis, or all of them and zeros."""
    size = x.shape[axis]
    if n <= size:
        return x if n == size else x[(*(slice(None),) * axis, slice(n))]
    high = tuple(n - size if k == axis else 0 for k in range(x.ndim))
    return apply(Pad((0,) * x.ndim, high), x)


def _scaled(x: Any, factor: float) -> Any:
    return x if factor == 1 else x * factor


def _complex(inverse: bool) -> Callable[..., Any]:
    """``np.fft.fft`` or ``np.fft.ifft``."""

    def function(a: Any, n: Any = None, axis: int = -1, norm: Any = None) -> Any:
        x, length, place = _prepared(a, n, axis)
        return _scaled(apply(Fft(place, inverse), x), _factor(norm, length, inverse=inverse))

    return function


fft, ifft = _complex(False), _complex(True)


def rfft(a: Any, n: Any = None, axis: int = -1, norm: Any = None) -> Any:
    x, length, place = _prepared(a, n, axis, real=True)
    return _scaled(apply(Rfft(place), x), _factor(norm, length, inverse=False))


def irfft(a: Any, n: Any = None, axis: int = -1, norm: Any = None) -> Any:
    x, length, place = _prepared(a, n, axis, half=True)
    return _scaled(apply(Irfft(place, length), x), _factor(norm, length, inverse=True))


def hfft(a: Any, n: Any = None, axis: int = -1, norm: Any = None) -> Any:
    _factor(norm, 1, inverse=False)
    return irfft(np.conj(a), n, axis, SWAPPED[norm])


def ihfft(a: Any, n: Any = None, axis: int = -1, norm: Any = None) -> Any:
    _factor(norm, 1, inverse=False)
    return np.conj(rfft(a, n, axis, SWAPPED[norm]))


# -- several axes ----------------------------------------------------------------------------------


def _steps(a: Any, s: Any, axes: Any) -> list[tuple[Any, int]]:
    """The length and axis of each transform of one axis; None for the length that there is."""
    shape = traced(a).shape
    if axes is None:
        axes = range(len(shape)) if s is None else range(-len(s), 0)
    lengths: Sequence[Any] = [None] * len(axes) if s is None else list(s)
    if len(lengths) != len(axes):
        raise ShapeMismatchError(
            "Shape and axes have different lengths.",
            where=user_source(),
            found=f"{len(lengths)} lengths for {len(axes)} axes",
        )
    places = [axis_of(k, len(shape)) for k in axes]
    return [(shape[k] if n == -1 else n, k) for n, k in zip(lengths, places, strict=True)]


def _several(step: Callable[..., Any], last: Callable[..., Any]) -> Callable[..., Any]:
    """A transform of several axes, from the last to the first: `last` for the former."""

    def function(a: Any, s: Any = None, axes: Any = None, norm: Any = None) -> Any:
        steps = _steps(a, s, axes)
        if not steps:
            return _nothing(a, last)
        x = last(a, *steps[-1], norm)
        for n, axis in reversed(steps[:-1]):
            x = step(x, n, axis, norm)
        return x

    return function


def _nothing(a: Any, last: Callable[..., Any]) -> Any:
    if last is rfft:
        raise ShapeMismatchError("rfftn needs an axis", where=user_source(), found="axes=()")
    return traced(a)


fftn, ifftn, rfftn = _several(fft, fft), _several(ifft, ifft), _several(fft, rfft)


def irfftn(a: Any, s: Any = None, axes: Any = None, norm: Any = None) -> Any:
    steps = _steps(a, s, axes)
    if not steps:
        raise ShapeMismatchError("irfftn needs an axis", where=user_source(), found="axes=()")
    x = a
    for n, axis in steps[:-1]:
        x = ifft(x, n, axis, norm)
    return irfft(x, *steps[-1], norm)


def _plane(function: Callable[..., Any]) -> Callable[..., Any]:
    """``np.fft.fft2`` and its like: over the last two axes."""

    def plane(a: Any, s: Any = None, axes: Any = (-2, -1), norm: Any = None) -> Any:
        return function(a, s, axes, norm)

    return plane


def _shift(sign: int) -> Callable[..., Any]:
    """``np.fft.fftshift`` or ``np.fft.ifftshift``."""

    def function(x: Any, axes: Any = None) -> Any:
        a = traced(x)
        chosen = range(a.ndim) if axes is None else axes if np.ndim(axes) else (axes,)
        places = [axis_of(k, a.ndim) for k in chosen]
        shifts = [sign * (a.shape[k] // 2) for k in places]
        return np.roll(a, shifts, places) if places else a

    return function


FUNCTIONS: dict[Callable[..., Any], Callable[..., Any]] = {
    np.fft.fft: fft,
    np.fft.ifft: ifft,
    np.fft.rfft: rfft,
    np.fft.irfft: irfft,
    np.fft.hfft: hfft,
    np.fft.ihfft: ihfft,
    np.fft.fftn: fftn,
    np.fft.ifftn: ifftn,
    np.fft.rfftn: rfftn,
    np.fft.irfftn: irfftn,
    np.fft.fft2: _plane(fftn),
    np.fft.ifft2: _plane(ifftn),
    np.fft.rfft2: _plane(rfftn),
    np.fft.irfft2: _plane(irfftn),
    np.fft.fftshift: _shift(1),
    np.fft.ifftshift: _shift(-1),
}
