"""`scipy.integrate`: integrals of samples, and ordinary differential equations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from lineara.frontend.control import scan, while_loop
from lineara.frontend.core import axis_of
from lineara.frontend.stop import stop_gradient
from lineara.frontend.trace import current
from lineara.scipy.calls import constant, floats, has_traced, like, refused


@like("scipy.integrate.trapezoid")
def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    return np.trapezoid(y, x, dx, axis)


def _spacing(y: Any, x: Any, dx: Any, axis: int) -> tuple[Any, Any]:
    """Samples with their axis last, and the distances between them."""
    values: Any
    points: Any
    (values,) = floats(y)
    values = np.moveaxis(values, axis_of(axis, values.ndim), -1)
    if x is None:
        return values, dx * np.ones(values.shape[-1] - 1)
    (points,) = floats(x)
    return values, np.diff(points if points.ndim == 1 else np.moveaxis(points, axis, -1))


@like("scipy.integrate.cumulative_trapezoid")
def cumulative_trapezoid(
    y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1, initial: Any = None
) -> Any:
    values, h = _spacing(y, x, dx, axis)
    result = np.cumsum(h * (values[..., 1:] + values[..., :-1]) / 2.0, axis=-1)
    if initial is not None:
        if has_traced(initial) or initial != 0:
            raise refused(
                "scipy.integrate.cumulative_trapezoid", "initial", repr(initial), "use 0 or None"
            )
        result = np.concatenate([np.zeros_like(result[..., :1]), result], axis=-1)
    return np.moveaxis(result, -1, axis)


@like("scipy.integrate.simpson")
def simpson(y: Any, x: Any = None, *, dx: Any = 1.0, axis: int = -1) -> Any:
    """Simpson's rule for unequal intervals; the last of an odd number of them as SciPy has it, by
    the parabola through the last three points (Cartwright, 2017).
    """
    values, h = _spacing(y, x, dx, axis)
    n = values.shape[-1]
    if n < 3:
        return np.sum(h * (values[..., 1:] + values[..., :-1]) / 2.0, axis=-1)
    end = n - 2 if n % 2 else n - 3
    h0, h1 = h[..., 0:end:2], h[..., 1 : end + 1 : 2]
    y0, y1, y2 = (values[..., k : end + k : 2] for k in range(3))
    total = h0 + h1
    parabolas = (y0 * (2 - h1 / h0) + y1 * total * (total / (h0 * h1)) + y2 * (2 - h0 / h1)) * (
        total / 6
    )
    result = np.sum(parabolas, axis=-1)
    if n % 2 == 0:
        a, b = h[..., -1], h[..., -2]
        result = (
            result
            + values[..., -1] * (2 * a**2 + 3 * a * b) / (6 * (b + a))
            + values[..., -2] * (a**2 + 3 * a * b) / (6 * b)
            - values[..., -3] * a**3 / (6 * b * (b + a))
        )
    return result


# -- ordinary differential equations ---------------------------------------------------------------

NODES = (0.0, 1 / 5, 3 / 10, 4 / 5, 8 / 9, 1.0, 1.0)
STAGES = (
    (),
    (1 / 5,),
    (3 / 40, 9 / 40),
    (44 / 45, -56 / 15, 32 / 9),
    (19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729),
    (9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656),
    (35 / 384, 0.0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84),
)
ERROR = (71 / 57600, 0.0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40)
"""The method of Dormand and Prince (1980), of order 5, with an error estimate of order 4."""
TOLERANCE = 1.49012e-8
"""SciPy's, for both tolerances."""
STEPS = 20_000
"""How many steps there may be between two times; NaN if they are not enough."""


def odeint(
    func: Callable[..., Any],
    y0: Any,
    t: Any,
    args: tuple[Any, ...] = (),
    *,
    rtol: float | None = None,
    atol: float | None = None,
    tfirst: bool = False,
) -> Any:
    """The solution of y' = func(y, t, *args) with y(t[0]) = y0 at the times t, as SciPy's `odeint`
    returns it: shape (len(t), len(y0)).

    In a function that is traced it is a loop with adaptive steps of an explicit method, for
    equations that are not stiff. The derivative is that of the steps taken, in `y0`, `t`, `args`,
    and whatever `func` uses from its surroundings; the choice of steps is taken to be constant.

    >>> import numpy as np, lineara as la
    >>> def end(k):
    ...     return la.scipy.integrate.odeint(lambda y, t: -k * y, 1.0, np.array([0.0, 2.0]))[-1, 0]
    >>> round(float(la.grad(end)(0.5)), 6)
    -0.735759
    """
    if current() is None:
        from scipy.integrate import odeint as scipy_odeint  # here, as importing it takes long

        return scipy_odeint(func, y0, t, args, rtol=rtol, atol=atol, tfirst=tfirst)
    return _steps(func, y0, t, args, rtol, atol, tfirst)


def _steps(
    func: Callable[..., Any], y0: Any, t: Any, args: Any, rtol: Any, atol: Any, tfirst: bool
) -> Any:
    y, times = (x.astype(float) for x in floats(y0, t))
    start, times = np.ravel(y), times - 0.0
    origin = times[0]
    way = np.where(times[-1] >= origin, 1.0, -1.0)
    rtol, atol = (TOLERANCE if x is None else constant(x, "rtol", "odeint") for x in (rtol, atol))

    def slope(y: Any, s: Any) -> Any:
        now = origin + way * s
        found = func(now, y, *args) if tfirst else func(y, now, *args)
        values = np.stack(found) if isinstance(found, list | tuple) else found
        return way * np.reshape(values, start.shape)

    def size(e: Any, y: Any, z: Any) -> Any:
        scale = atol + rtol * np.maximum(np.abs(y), np.abs(z))
        return np.sqrt(np.mean((e / scale) ** 2))

    def step(state: Any, target: Any) -> Any:
        s, y, h, left = state
        last = s + h >= target
        width = np.where(last, target - s, stop_gradient(h))
        slopes: list[Any] = []
        for node, row in zip(NODES, STAGES, strict=True):
            moved = y + width * sum((a * k for a, k in zip(row, slopes, strict=True)), 0.0 * y)
            slopes.append(slope(moved, s + node * width))
        error = width * sum(e * k for e, k in zip(ERROR, slopes, strict=True))
        ratio = stop_gradient(size(error, y, moved))
        good = ratio <= 1.0
        factor = np.clip(0.9 * np.maximum(ratio, 1e-10) ** -0.2, 0.2, 5.0)
        grown = stop_gradient(width) * np.where(np.isnan(ratio), 0.2, factor)
        after = np.where(last, target, s + width)
        kept = np.where(last & good, np.maximum(h, grown), grown)
        return np.where(good, after, s), np.where(good, moved, y), kept, left - 1

    def advance(state: Any, target: Any) -> Any:
        s, y, h = state
        s, y, h, _ = while_loop(
            lambda state: (state[0] < target) & (state[3] > 0),
            lambda state: step(state, target),
            (s, y, h, STEPS),
        )
        y = np.where(s < target, np.nan, y)
        return (s, y, h), y

    first = stop_gradient(slope(start, 0.0 * origin))
    rough = size(stop_gradient(start), start, start) / np.maximum(size(first, start, start), 1e-12)
    h = np.maximum(stop_gradient(0.01 * rough), 1e-6)
    ends = way * (times - origin)
    _, rest = scan(advance, (0.0 * origin, start, h), ends[1:])
    return np.concatenate([start[None], rest])
