"""`interpolate`."""

from __future__ import annotations

import numpy as np
from numpy_rows import numbers

from scipy_rows import Row

KNOTS = np.sort(numbers(6))
VALUES = numbers(6, seed=1)
MANY = numbers(6, 2, seed=2)
AT = np.array([-1.5, 0.1, 1.3])
WIDE = np.array([[-3.0, 0.1], [1.3, 4.0]])
ENDS = ("not-a-knot", "natural", "clamped")

ROWS = [
    *(
        Row("interpolate", f"m.CubicSpline(x, y, bc_type={kind!r})(z)", KNOTS[:n], VALUES[:n], at)
        for kind in ENDS
        for n, at in ((6, AT), (6, WIDE), (4, AT), (3, AT), (2, AT))
    ),
    *(
        Row("interpolate", f"m.CubicSpline(x, y, axis={axis})(z, {nu})", KNOTS, values, WIDE)
        for axis, values in ((0, MANY), (1, MANY.T), (-1, MANY.T))
        for nu in (0, 1, 2)
    ),
    Row("interpolate", "m.CubicSpline(x, y)(z, 3)", KNOTS, VALUES, AT),
    Row("interpolate", "m.CubicSpline(x, y, extrapolate=False)(z)", KNOTS, VALUES, AT),
    Row(
        "interpolate",
        "m.CubicSpline(x, y, extrapolate=False)(z)",
        KNOTS,
        VALUES,
        WIDE,
        smooth=False,
    ),
    Row("interpolate", "m.interp1d(x, y, fill_value='extrapolate')(z)", KNOTS, VALUES, WIDE),
    Row("interpolate", "m.interp1d(x, y, axis=0, fill_value='extrapolate')(z)", KNOTS, MANY, WIDE),
    Row("interpolate", "m.interp1d(x, y, fill_value='extrapolate')(z)", KNOTS, MANY.T, WIDE),
    Row("interpolate", "m.interp1d(x, y, fill_value='extrapolate')(z)", VALUES, KNOTS, WIDE),
    Row(
        "interpolate",
        "m.interp1d(x, y, bounds_error=False, fill_value=0.5)(z)",
        *(KNOTS, VALUES, WIDE),
    ),
]
