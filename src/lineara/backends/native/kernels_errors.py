"""Kernels of the error function and of its complement.

For positive x, erfc(x) = exp(−x²) C(t) / (1 + 2 x), where t = (x − 4) / (x + 4) and C is smooth, as
M. M. Shepherd and J. G. Laframboise found (Mathematics of Computation 36, 1981). The polynomial is
the one that agrees with C at 23 Chebyshev points between x = 0 and x = 27.5, beyond which erfc(x)
is 0, computed with 60 digits; it is within 2⁻⁵³. Below 1, erf(x) is Taylor's polynomial.
"""

from __future__ import annotations

from math import factorial, pi, sqrt
from typing import Any

from lineara.backends.native.kernels import (
    Doubles,
    exp_of_small,
    in_parts,
    kernel,
    multiples_of_ln2,
    times_power_of_two,
)
from lineara.backends.native.kernels_powers import exact_product

SMOOTH = (
    1.2329951186255526,
    -0.13962111684056286,
    0.015379652102620996,
    0.06809705425473468,
    -0.10103906603636773,
    0.0937328349968727,
    -0.06633036581115447,
    0.03716751556148306,
    -0.016197734063710445,
    0.005031969762284736,
    -0.0007577733091379332,
    -0.00019925552619520982,
    0.00015062210715057866,
    -2.440316536962711e-05,
    -1.1224436722701745e-05,
    5.718019430428633e-06,
    3.00822697160671e-07,
    -8.355403600708081e-07,
    6.309931892048124e-08,
    1.1579545491817747e-07,
    -7.770852409868655e-09,
    -1.387063343675277e-08,
    -1.8822551750393533e-09,
)
"""C(t), from the constant on."""

PER_ROOT_PI = in_parts("1.12837916709551257389615890312154517168810125865799771", 2)
"""2 / √π, the slope of erf at 0."""
TAYLOR = [(-1) ** k / (factorial(k) * (2 * k + 1)) * 2 / sqrt(pi) for k in range(1, 20)]


def _complement(d: Doubles, x: Any) -> Any:
    """The complement at a number that is not negative."""
    x = d.limited(x, 0.0, 27.5)
    smooth = d.polynomial(d.div(d.sub(x, 4.0), d.add(x, 4.0)), SMOOTH)
    square = exact_product(d, x, x)
    n, r = multiples_of_ln2(d, d.b.fneg(square.high))
    p = exp_of_small(d, d.sub(r, square.low))
    return times_power_of_two(d, d.div(d.mul(p, smooth), d.mul_add(x, 2.0, 1.0)), n)


def _near_0(d: Doubles, x: Any) -> Any:
    """Erf of a number between −1 and 1."""
    z = d.mul(x, x)
    first, last = PER_ROOT_PI
    rest = d.mul_add(z, d.polynomial(z, TAYLOR), last)
    return d.mul_add(x, first, d.mul(x, rest))


@kernel
def _erfc(d: Doubles, x: Any) -> Any:
    far = _complement(d, d.abs(x))
    far = d.where(d.compare("<", x, 0.0), d.sub(2.0, far), far)
    result = d.where(d.compare("<", d.abs(x), 0.5), d.sub(1.0, _near_0(d, x)), far)
    return d.where(d.compare("uno", x, x), x, result)


@kernel
def _erf(d: Doubles, x: Any) -> Any:
    far = d.signed(d.sub(1.0, _complement(d, d.abs(x))), x)
    result = d.where(d.compare("<", d.abs(x), 1.0), _near_0(d, x), far)
    return d.where(d.compare("uno", x, x), x, result)
