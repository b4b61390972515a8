"""`scipy.ndimage`: filters, and values between pixels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from lineara.errors import ShapeMismatchError
from lineara.frontend.core import convert, type_of_array
from lineara.scipy.calls import constant, floats, like, refused
from lineara.scipy.windows import correlated
from lineara.where import user_source

MODES = {
    "reflect": "symmetric",
    "grid-mirror": "symmetric",
    "nearest": "edge",
    "mirror": "reflect",
    "wrap": "wrap",
    "grid-wrap": "wrap",
    "constant": "constant",
    "grid-constant": "constant",
}
"""By SciPy's name for what is beyond the border, NumPy's."""


def _padded(x: Any, widths: Sequence[tuple[int, int]], mode: str, cval: Any, function: str) -> Any:
    if mode not in MODES:
        raise refused(function, "mode", repr(mode), f"use one of {', '.join(MODES)}")
    name: Any = MODES[mode]
    return np.pad(x, widths, name, **({"constant_values": cval} if name == "constant" else {}))


def _filtered(x: Any, weights: Any, mode: str, cval: Any, origin: Any, function: str) -> Any:
    """The correlation with weights whose middle is at each pixel."""
    if weights.ndim != x.ndim:
        raise ShapeMismatchError(
            f"{function} takes weights with as many axes as the input",
            where=user_source(),
            found=f"shapes {x.shape} and {weights.shape}",
        )
    origins = [origin] * x.ndim if np.ndim(origin) == 0 else list(origin)
    widths = []
    for m, shift in zip(weights.shape, origins, strict=True):
        before = m // 2 + int(shift)
        if not 0 <= before < m:
            raise refused(function, "origin", repr(origin), "stay within the weights")
        widths.append((before, m - 1 - before))
    return correlated(_padded(x, widths, mode, cval, function), weights)


def _real(function: str, *arrays: Any) -> tuple[list[Any], Any]:
    """The arrays in one dtype, and what gives a result the dtype of the first, as SciPy has it."""
    dtype = type_of_array(arrays[0]).dtype
    if dtype.kind != "f":
        raise refused(function, "input", f"an array of dtype {dtype}", "convert it to float")
    return [*floats(*arrays)], lambda result: convert(result, dtype)


@like("scipy.ndimage.correlate")
def correlate(
    input: Any,
    weights: Any,
    output: Any = None,
    mode: str = "reflect",
    cval: float = 0.0,
    origin: Any = 0,
) -> Any:
    name = "scipy.ndimage.correlate"
    constant(output, "output", name)
    (x, w), restored = _real(name, input, weights)
    return restored(_filtered(x, w, mode, cval, origin, name))


@like("scipy.ndimage.convolve")
def convolve(
    input: Any,
    weights: Any,
    output: Any = None,
    mode: str = "reflect",
    cval: float = 0.0,
    origin: Any = 0,
) -> Any:
    name = "scipy.ndimage.convolve"
    constant(output, "output", name)
    (x, w), restored = _real(name, input, weights)
    origins = [origin] * w.ndim if np.ndim(origin) == 0 else list(origin)
    turned = [-int(o) - (m % 2 == 0) for o, m in zip(origins, w.shape, strict=False)]
    return restored(_filtered(x, np.flip(w), mode, cval, turned, name))


@like("scipy.ndimage.gaussian_filter")
def gaussian_filter(
    input: Any,
    sigma: Any,
    order: Any = 0,
    output: Any = None,
    mode: str = "reflect",
    cval: float = 0.0,
    truncate: float = 4.0,
) -> Any:
    name = "scipy.ndimage.gaussian_filter"
    if order != 0 or output is not None:
        raise refused(name, "order or output", f"{order!r}, {output!r}", "leave them out")
    (x,), _ = _real(name, input)
    widths = np.broadcast_to(constant(sigma, "sigma", name), (x.ndim,))
    for axis, width in enumerate(widths):
        if width > 1e-15:
            radius = int(truncate * float(width) + 0.5)
            kernel = np.exp(-0.5 * (np.arange(-radius, radius + 1) / width) ** 2)
            shape = [len(kernel) if i == axis else 1 for i in range(x.ndim)]
            weights = np.reshape(kernel / np.sum(kernel), shape).astype(x.dtype)
            x = _filtered(x, weights, mode, cval, 0, name)
    return x


@like("scipy.ndimage.map_coordinates")
def map_coordinates(
    input: Any,
    coordinates: Any,
    output: Any = None,
    order: int = 3,
    mode: str = "constant",
    cval: float = 0.0,
    prefilter: bool = True,
) -> Any:
    name = "scipy.ndimage.map_coordinates"
    if order not in (0, 1):
        raise refused(name, "order", repr(order), "use 0 or 1")
    if mode not in ("constant", "nearest") or output is not None:
        raise refused(name, "mode or output", repr(mode), "use 'constant' or 'nearest'")
    (x, places), restored = _real(name, input, coordinates)
    corners, inside = [], True
    for place, n in zip(places, x.shape, strict=True):
        inside = inside & (place >= 0) & (place <= n - 1)
        at = np.clip(place, 0, n - 1)
        if order == 0:
            corners.append([(np.floor(at + 0.5).astype(int), 1.0)])
            continue
        low = np.clip(np.floor(at), 0, max(n - 2, 0))
        i, part = low.astype(int), at - low
        corners.append([(i, 1 - part), (np.minimum(i + 1, n - 1), part)])
    value = _summed(x, corners)
    return restored(np.where(inside, value, cval) if mode == "constant" else value)


def _summed(x: Any, corners: list[Any], index: tuple[Any, ...] = (), weight: Any = 1.0) -> Any:
    """The sum over all corners of a cell, each with the product of its weights."""
    if len(index) == len(corners):
        return x[index] * weight
    parts = corners[len(index)]
    return sum(_summed(x, corners, (*index, i), weight * share) for i, share in parts)
