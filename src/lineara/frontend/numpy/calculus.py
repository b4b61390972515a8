"""Differences, integrals, interpolation and convolutions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from lineara.errors import ShapeMismatchError, TypeMismatchError
from lineara.frontend.array import TracedArray
from lineara.frontend.core import (
    apply,
    axes_of,
    axis_of,
    broadcast_to,
    convert,
    promoted,
    shape_of,
    traced,
    type_of_array,
)
from lineara.frontend.numpy.reductions import ABSENT
from lineara.frontend.trace import Traced
from lineara.ops.convolution import Convolve
from lineara.where import user_source


def along(axis: int, index: Any) -> tuple[Any, ...]:
    """The index that is `index` on one axis and everything on those before it."""
    return (*(slice(None),) * axis, index)


# -- differences -----------------------------------------------------------------------------------


def diff(a: Any, n: int = 1, axis: int = -1, prepend: Any = ABSENT, append: Any = ABSENT) -> Any:
    """Differences of neighbours along an axis, taken `n` times."""
    if n < 0:
        raise ValueError(f"order must be non-negative but got {n}")
    x = traced(a)
    axis = axis_of(axis, x.ndim)
    if n == 0:
        return x
    edge = tuple(1 if k == axis else size for k, size in enumerate(x.shape))
    around = [broadcast_to(e, edge) if np.ndim(e) == 0 else e for e in _given(prepend)]
    behind = [broadcast_to(e, edge) if np.ndim(e) == 0 else e for e in _given(append)]
    if around or behind:
        x = np.concatenate([*around, x, *behind], axis)  # type: ignore[assignment]
    minus = np.not_equal if x.dtype.kind == "b" else np.subtract
    for _ in range(n):
        x = minus(x[along(axis, slice(1, None))], x[along(axis, slice(None, -1))])  # type: ignore[assignment]
    return x


def _given(x: Any) -> list[Any]:
    return [] if x is ABSENT else [x]


def ediff1d(ary: Any, to_end: Any = None, to_begin: Any = None) -> Any:
    """Differences of neighbours in the flat array, with elements before and behind them."""
    x = np.ravel(traced(ary))
    for end in (to_begin, to_end):
        if end is not None and not np.can_cast(type_of_array(end).dtype, x.dtype, "same_kind"):
            raise TypeMismatchError(
                "the ends of np.ediff1d do not fit the dtype of the array",
                where=user_source(),
                found=f"{type_of_array(end).dtype} for {x.dtype}",
                remedy="convert the array first",
            )
    ends = [[] if e is None else [np.ravel(convert(e, x.dtype))] for e in (to_begin, to_end)]
    differences = x[1:] - x[:-1]
    return np.concatenate([*ends[0], differences, *ends[1]]) if any(ends) else differences


def gradient(f: Any, *varargs: Any, axis: Any = None, edge_order: int = 1) -> Any:
    """Central differences inside and one-sided ones at the edges, for each axis.

    Args:
        f: values on a grid.
        varargs: nothing (distance 1), one distance for all axes, or for each axis a distance or
            the coordinates.
        axis: the axes, all by default.
        edge_order: 1 or 2, the order of the differences at the edges.
    """
    x = traced(f)
    x = traced(convert(x, x.dtype if x.dtype.kind in "fc" else np.dtype(np.float64)))
    single = np.ndim(axis) == 0 and axis is not None
    axes = (
        axes_of(axis, x.ndim) if axis is None else tuple(axis_of(k, x.ndim) for k in _tuple(axis))
    )
    if len(set(axes)) != len(axes):
        raise ValueError("repeated axis")
    spacings = varargs or (1.0,)
    if len(spacings) == 1 and np.ndim(spacings[0]) == 0:
        spacings = spacings * len(axes)
    if len(spacings) != len(axes):
        raise TypeError("invalid number of arguments: one distance or one for each axis")
    if edge_order not in (1, 2):
        raise ValueError("'edge_order' greater than 2 not supported")
    results = [_slope(x, h, k, edge_order) for k, h in zip(axes, spacings, strict=True)]
    return results[0] if single or len(results) == 1 else tuple(results)


def _tuple(axis: Any) -> tuple[Any, ...]:
    return tuple(axis) if isinstance(axis, tuple | list) else (axis,)


def _slope(f: TracedArray, spacing: Any, axis: int, edge_order: int) -> Any:
    """The derivative of the parabola through each element and its neighbours, along an axis."""
    n = f.shape[axis]
    if n < edge_order + 1:
        raise ShapeMismatchError(
            "the array is too small for a numerical gradient",
            where=user_source(),
            found=f"{n} elements on axis {axis}",
            expected=f"edge_order + 1 = {edge_order + 1} or more",
        )
    uniform = np.ndim(spacing) == 0
    if not uniform and shape_of(spacing) != (n,):
        raise ShapeMismatchError(
            "coordinates of a gradient do not fit",
            where=user_source(),
            found=f"coordinates of shape {shape_of(spacing)}",
            expected=f"{n} of them, one for each element of axis {axis}",
        )
    if not uniform and not isinstance(
        spacing, Traced
    ):  # as NumPy does where it makes no difference
        steps = np.diff(spacing)
        if np.all(steps == steps[0]):
            uniform, spacing = True, steps[0]
    g: Any = np.moveaxis(f, axis, 0)  # type: ignore[type-var]
    h: Any = [spacing] * 2
    if uniform:
        inner = (g[2:] - g[:-2]) / (2.0 * spacing)
    else:
        kind = np.result_type(type_of_array(spacing).dtype, np.float32)
        h = np.reshape(np.diff(convert(spacing, kind)), (n - 1,) + (1,) * (f.ndim - 1))
        inner = _parabola(h[:-1], h[1:], 0, g[:-2], g[1:-1], g[2:])
    if edge_order == 1:
        first, last = (g[1] - g[0]) / h[0], (g[-1] - g[-2]) / h[-1]
    else:
        first = _parabola(h[0], h[1], -h[0], g[0], g[1], g[2])
        last = _parabola(h[-2], h[-1], h[-1], g[-3], g[-2], g[-1])
    parts = (convert(x, f.dtype) for x in (first[None], inner, last[None]))
    return np.moveaxis(np.concatenate(tuple(parts)), 0, axis)


def _parabola(p: Any, q: Any, t: Any, before: Any, here: Any, behind: Any) -> Any:
    """The slope at t of the parabola through the values at −p, 0 and q."""
    return (
        (2.0 * t - q) / (p * (p + q)) * before
        + (q - p - 2.0 * t) / (p * q) * here
        + (2.0 * t + p) / (q * (p + q)) * behind
    )


def unwrap(p: Any, discont: Any = None, axis: int = -1, *, period: Any = 2 * np.pi) -> Any:
    """`p` with multiples of the period added, so that neighbours are at most half of it apart."""
    x = traced(p)
    axis = axis_of(axis, x.ndim)
    kind = promoted(x, period)
    if kind.kind == "u":
        raise TypeMismatchError(
            "np.unwrap needs negative numbers too",
            where=user_source(),
            found=f"dtype {kind}",
            remedy="convert the array with .astype(int)",
        )
    steps = np.diff(x, axis=axis)
    whole = kind.kind in "iu"
    high = period // 2 if whole else period / 2
    wrapped = np.mod(steps + high, period) - high
    if not whole or period % 2 == 0:
        wrapped = np.where((wrapped == -high) & (steps > 0), high, wrapped)
    limit = period / 2 if discont is None else discont
    correction = np.where(np.abs(steps) < limit, 0, wrapped - steps)
    first = convert(x[along(axis, slice(0, 1))], kind)
    rest = x[along(axis, slice(1, None))] + np.cumsum(correction, axis)
    return np.concatenate((first, convert(rest, kind)), axis)


# -- integrals and interpolation -------------------------------------------------------------------


def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    """The integral by the trapezoidal rule of values at coordinates `x`, or `dx` apart."""
    f: Any = traced(y)
    place = axis_of(axis, f.ndim)
    if x is not None:
        coordinates = traced(x)
        if coordinates.ndim == 1:
            dx = np.reshape(np.diff(coordinates), (-1, *(1,) * (f.ndim - place - 1)))
        else:
            dx = np.diff(coordinates, axis=axis)
    sums = f[along(place, slice(1, None))] + f[along(place, slice(None, -1))]
    return np.sum(dx * sums / 2.0, axis)


def interp(
    x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: Any = None
) -> Any:
    """Linear interpolation in the points (xp, fp), with xp increasing, or periodic.

    Below and above all points the result is `left` and `right`: by default the first and the last
    of fp.
    """
    if period is not None:
        return _periodic(traced(x), traced(xp), traced(fp), abs(period))
    at, knots = (convert(traced(v), np.dtype(np.float64)) for v in (x, xp))
    values = traced(fp)
    kind = np.dtype(np.complex128 if values.dtype.kind == "c" else np.float64)
    values = convert(values, kind)
    n = len(knots)
    if knots.ndim != 1 or values.shape != knots.shape or n == 0:
        raise ShapeMismatchError(
            "the points of an interpolation do not fit",
            where=user_source(),
            found=f"xp of shape {knots.shape} and fp of shape {values.shape}",
            expected="as many of both, one at least, on one axis",
        )
    result: Any = broadcast_to(values[0], at.shape)
    if n > 1:
        i = np.clip(np.searchsorted(knots, at, side="right") - 1, 0, n - 2)
        slope = (values[1:] - values[:-1]) / (knots[1:] - knots[:-1])
        inside = slope[i] * (at - knots[i]) + values[i]
        inside = np.where(np.isnan(inside) & (at == knots[i]), values[i], inside)
        result = np.where(at == knots[-1], values[-1], inside)
    result = np.where(at < knots[0], values[0] if left is None else left, result)
    return convert(np.where(at > knots[-1], values[-1] if right is None else right, result), kind)


def _periodic(x: Any, xp: Any, fp: Any, period: Any) -> Any:
    """Interpolation in points that come again after each period."""
    if xp.ndim != 1 or fp.shape != xp.shape:
        raise ValueError("Data points must be 1-D sequences, as many of both")
    xp = xp % period
    order = np.argsort(xp)
    xp, fp = xp[order], fp[order]
    knots = np.concatenate((xp[-1:] - period, xp, xp[:1] + period))
    return interp(x % period, knots, np.concatenate((fp[-1:], fp, fp[:1])))


# -- convolutions ---------------------------------------------------------------------------------


MODES: dict[Any, str] = {0: "valid", 1: "same", 2: "full"}
"""Names of modes by their old numbers."""


def convolve(a: Any, v: Any, mode: Any = "full") -> Any:
    """The sums of products of `a` with `v` reversed, at each displacement."""
    x, y = (traced(np.ravel(traced(z))) if np.ndim(z) == 0 else traced(z) for z in (a, v))
    if len(y) > len(x):
        x, y = y, x
    n, m = len(x), len(y)
    if x.ndim != 1 or y.ndim != 1 or m == 0:
        raise ShapeMismatchError(
            "convolution and correlation take arrays with one axis and elements in it",
            where=user_source(),
            found=f"shapes {shape_of(a)} and {shape_of(v)}",
        )
    mode = mode.item() if isinstance(mode, TracedArray) else mode
    mode = MODES.get(mode, mode)
    if mode not in ("full", "same", "valid"):
        raise ValueError(f"mode must be 'valid', 'same', or 'full' (got {mode!r})")
    dtype = promoted(x, y)
    if dtype.kind in "biu":
        return _of_whole_numbers(x, y, mode)
    full = mode != "valid"
    result = apply(Convolve(full), *(traced(convert(z, dtype)) for z in (x, y)))
    start = (m - 1) // 2
    return result[start : start + n] if mode == "same" else result


def _of_whole_numbers(x: TracedArray, y: TracedArray, mode: str) -> Any:
    """The convolution as a matrix product, for integers and bools."""
    n, m = len(x), len(y)
    full = y @ _shifted(x, m)
    start = {"full": 0, "same": (m - 1) // 2, "valid": m - 1}[mode]
    count = {"full": n + m - 1, "same": n, "valid": n - m + 1}[mode]
    return full[start : start + count]


def _shifted(x: TracedArray, m: int) -> Any:
    """The rows of a matrix of m rows, with `x` one place further to the right in each.

    They are read from copies of `x` and m zeros, one behind the other, as rows that are one
    element shorter than these copies.
    """
    n = len(x) + m
    padded = np.concatenate((x, np.zeros(m, x.dtype)))
    copies = np.reshape(broadcast_to(padded, (m, n)), (m * n,))
    return np.reshape(copies[: m * (n - 1)], (m, n - 1))


def correlate(a: Any, v: Any, mode: Any = "valid") -> Any:
    """The sums of products of `a` with the conjugate of `v`, at each displacement."""
    x, y = traced(a), traced(v)
    if y.size > x.size:
        return correlate(y.conj(), x.conj(), mode)[::-1]
    return convolve(x, y.conj()[..., ::-1], mode)


FUNCTIONS: dict[Callable[..., Any], Callable[..., Any]] = {
    np.diff: diff,
    np.ediff1d: ediff1d,
    np.gradient: gradient,
    np.unwrap: unwrap,
    np.trapezoid: trapezoid,
    np.interp: interp,
    np.convolve: convolve,
    np.correlate: correlate,
}
