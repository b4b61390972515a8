"""`scipy.interpolate`: piecewise linear and cubic curves through points."""

from __future__ import annotations

from typing import Any

import numpy as np

from lineara.errors import ShapeMismatchError
from lineara.frontend.core import axis_of
from lineara.frontend.trace import current
from lineara.scipy.calls import floats, has_traced, refused
from lineara.where import user_source


def _points(function: str, x: Any, y: Any, axis: int, least: int) -> tuple[Any, Any]:
    """The knots, and the values with their axis first."""
    knots: Any
    values: Any
    knots, values = floats(x, y)
    moved = np.moveaxis(values, axis_of(axis, values.ndim), 0)
    if knots.ndim != 1 or len(knots) != len(moved) or len(knots) < least:
        raise ShapeMismatchError(
            f"{function} takes knots, and as many values: {least} or more",
            where=user_source(),
            found=f"shapes {knots.shape} and {values.shape}",
        )
    return knots, moved


def _cell(knots: Any, at: Any) -> Any:
    """The number of the interval that each place is in; the outer ones have no ends."""
    return np.clip(np.searchsorted(knots, at, side="right") - 1, 0, len(knots) - 2)


def _interp1d(
    x: Any, y: Any, at: Any, axis: int, bounds_error: Any, fill_value: Any, sorted: bool
) -> Any:
    name = "scipy.interpolate.interp1d"
    knots, values = _points(name, x, y, axis, 2)
    if not sorted:
        order = np.argsort(knots)
        knots, values = knots[order], values[order]
    (places,) = floats(at)
    i = _cell(knots, places)
    part = (places - knots[i]) / (knots[i + 1] - knots[i])
    part = np.reshape(part, places.shape + (1,) * (values.ndim - 1))
    result = values[i] + (values[i + 1] - values[i]) * part
    if not (isinstance(fill_value, str) and fill_value == "extrapolate"):
        if bounds_error is not False or np.ndim(fill_value):
            raise refused(
                name,
                "bounds_error",
                repr(bounds_error),
                "use bounds_error=False with a number for fill_value, or fill_value='extrapolate'",
            )
        inside = (places >= knots[0]) & (places <= knots[-1])
        result = np.where(np.reshape(inside, part.shape), result, fill_value)
    where = axis_of(axis, values.ndim)
    return np.moveaxis(result, tuple(range(places.ndim)), tuple(range(where, where + places.ndim)))


class interp1d:  # noqa: N801 - SciPy's name
    """A curve of straight lines, as SciPy's class of this name makes it."""

    def __init__(
        self,
        x: Any,
        y: Any,
        kind: str = "linear",
        axis: int = -1,
        bounds_error: bool | None = None,
        fill_value: Any = np.nan,
        assume_sorted: bool = False,
    ) -> None:
        if kind != "linear":
            raise refused(
                "scipy.interpolate.interp1d", "kind", repr(kind), "use 'linear', or CubicSpline"
            )
        self.x, self.y, self.axis = x, y, axis
        self.options = (bounds_error, fill_value, assume_sorted)

    def __call__(self, x: Any) -> Any:
        if current() is None or not has_traced([self.x, self.y, x, self.options[1]]):
            from scipy.interpolate import interp1d as plain

            return plain(self.x, self.y, "linear", self.axis, True, *self.options)(x)
        return _interp1d(self.x, self.y, x, self.axis, *self.options)


# -- cubic splines ---------------------------------------------------------------------------------


def _slopes(x: Any, y: Any, kind: str) -> Any:
    """The derivatives of a cubic spline at its knots; y has shape (n, values).

    They are such that second derivatives are continuous: a linear system, with two conditions for
    the ends.
    """
    n = len(x)
    h = np.diff(x)
    rise = np.diff(y, axis=0) / h[:, None]
    if n == 2 and kind != "natural":  # both conditions are the same: a straight line, or flat ends
        return np.stack([rise[0], rise[0]]) if kind == "not-a-knot" else np.zeros_like(y)
    if n == 3 and kind == "not-a-knot":  # a parabola
        middle = (h[1] * rise[0] + h[0] * rise[1]) / (h[0] + h[1])
        return np.stack([2 * rise[0] - middle, middle, 2 * rise[1] - middle])
    inner = [_row(n, i, (h[i], 2 * (h[i - 1] + h[i]), h[i - 1]), i - 1) for i in range(1, n - 1)]
    right = [3 * (h[i] * rise[i - 1] + h[i - 1] * rise[i]) for i in range(1, n - 1)]
    if kind == "not-a-knot":
        d, e = h[0] + h[1], h[-1] + h[-2]
        first, last = (h[1], d), (e, h[-2])
        r0 = ((h[0] + 2 * d) * h[1] * rise[0] + h[0] ** 2 * rise[1]) / d
        r1 = (h[-1] ** 2 * rise[-2] + (2 * e + h[-1]) * h[-2] * rise[-1]) / e
    elif kind == "natural":
        first, last = (2 * h[0], h[0]), (h[-1], 2 * h[-1])
        r0, r1 = 3 * h[0] * rise[0], 3 * h[-1] * rise[-1]
    else:
        one = 0 * h[0] + 1
        first, last = (one, 0 * one), (0 * one, one)
        r0, r1 = 0 * rise[0], 0 * rise[-1]
    matrix = np.stack([_row(n, 0, first, 0), *inner, _row(n, n - 1, last, n - 2)])
    return np.linalg.solve(matrix, np.stack([r0, *right, r1]))


def _row(n: int, i: int, numbers: Any, start: int) -> Any:
    """A row of n numbers, zero but for some from `start` on."""
    return np.pad(np.stack(numbers), (start, n - start - len(numbers)))


def _spline(x: Any, y: Any, at: Any, axis: int, kind: str, nu: int, extrapolate: bool) -> Any:
    knots, values = _points("scipy.interpolate.CubicSpline", x, y, axis, 2)
    (places,) = floats(at)
    flat = np.reshape(values, (len(knots), -1))
    slopes = _slopes(knots, flat, kind)
    i = np.reshape(_cell(knots, places), -1)
    t = np.reshape(places, -1) - knots[i]
    h = (knots[i + 1] - knots[i])[:, None]
    rise = (flat[i + 1] - flat[i]) / h
    bend = (slopes[i] + slopes[i + 1] - 2 * rise) / h
    powers = [flat[i], slopes[i], (rise - slopes[i]) / h - bend, bend / h]
    result = np.zeros_like(flat[i])
    for k in range(3, nu - 1, -1):
        factor = float(np.prod(np.arange(k - nu + 1, k + 1)))
        result = result * t[:, None] + factor * powers[k]
    if not extrapolate:
        outside = (np.reshape(places, -1) < knots[0]) | (np.reshape(places, -1) > knots[-1])
        result = np.where(outside[:, None], np.nan, result)
    result = np.reshape(result, places.shape + values.shape[1:])
    where = axis_of(axis, values.ndim)
    return np.moveaxis(result, tuple(range(places.ndim)), tuple(range(where, where + places.ndim)))


class CubicSpline:
    """A cubic spline through points, as SciPy's class of this name makes it.

    Its slopes are the solution of a dense linear system, which is made for some hundreds of knots.
    """

    def __init__(
        self, x: Any, y: Any, axis: int = 0, bc_type: str = "not-a-knot", extrapolate: Any = None
    ) -> None:
        if bc_type not in ("not-a-knot", "natural", "clamped"):
            raise refused(
                "scipy.interpolate.CubicSpline",
                "bc_type",
                repr(bc_type),
                "use 'not-a-knot', 'natural' or 'clamped'",
            )
        self.x, self.y, self.axis, self.bc_type = x, y, axis, bc_type
        self.extrapolate = extrapolate

    def __call__(self, x: Any, nu: int = 0) -> Any:
        """The spline at places x, or its derivative of order `nu`."""
        if current() is None or not has_traced([self.x, self.y, x]):
            from scipy.interpolate import CubicSpline as Plain

            return Plain(self.x, self.y, self.axis, self.bc_type, self.extrapolate)(x, nu)
        beyond = self.extrapolate is None or bool(self.extrapolate)
        return _spline(self.x, self.y, x, self.axis, self.bc_type, nu, beyond)
