"""Kernels of arc functions: each is the angle of a point.

The angle of a point of the first octant is arctan t for its slope t, or π/4 + arctan of
(t − 1) / (t + 1) if that is smaller; the polynomial is Taylor's. All others follow by reflection.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from lineara.backends.native.kernels import INTS, Doubles, in_parts, kernel

PI_4 = in_parts("0.785398163397448309615660845819875721049292349843776455", 2)
PI_8 = float(np.sqrt(2) - 1)
"""The tangent of π/8."""


def _arctan_of_small(d: Doubles, t: Any) -> Any:
    """Of a number of at most √2 − 1."""
    z = d.mul(t, t)
    p = d.polynomial(z, [(-1) ** k / (2 * k + 1) for k in range(1, 22)])
    return d.mul_add(d.mul(t, z), p, t)


def _angle(d: Doubles, y: Any, x: Any) -> Any:
    """The angle of the point (x, y), between −π and π."""
    high, wide = d.abs(y), d.abs(x)
    steep = d.compare(">", high, wide)
    least, most = d.where(steep, wide, high), d.where(steep, high, wide)
    t = d.where(d.compare("==", most, 0.0), 0.0, d.div(least, most))
    t = d.where(d.compare("==", least, np.inf), 1.0, t)
    far = d.compare(">", t, PI_8)
    t = d.where(far, d.div(d.sub(t, 1.0), d.add(t, 1.0)), t)
    angle = _arctan_of_small(d, t)
    eighths = d.where(far, 1.0, 0.0)
    left = d.b.icmp_signed("<", d.b.bitcast(x, INTS), d.int(0))
    for turned, half in ((steep, 2.0), (left, 4.0)):  # the angle becomes that to the other side
        angle = d.where(turned, d.b.fneg(angle), angle)
        eighths = d.where(turned, d.sub(half, eighths), eighths)
    first, last = PI_4
    result = d.mul_add(eighths, first, d.mul_add(eighths, last, angle))
    wrong = d.b.or_(d.compare("uno", x, x), d.compare("uno", y, y))
    return d.where(wrong, np.nan, d.signed(result, y))


def _other_leg(d: Doubles, x: Any) -> Any:
    """√(1 − x²)."""
    return d.sqrt(d.mul(d.sub(1.0, x), d.add(x, 1.0)))


@kernel
def _atan2(d: Doubles, y: Any, x: Any) -> Any:
    return _angle(d, y, x)


@kernel
def _atan(d: Doubles, x: Any) -> Any:
    return _angle(d, x, d.const(1.0))


@kernel
def _asin(d: Doubles, x: Any) -> Any:
    return _angle(d, x, _other_leg(d, x))


@kernel
def _acos(d: Doubles, x: Any) -> Any:
    return _angle(d, _other_leg(d, x), x)
