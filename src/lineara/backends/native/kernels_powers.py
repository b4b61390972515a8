"""Kernels of powers, of logarithms to the bases 2 and 10, and of cube roots.

Powers need the logarithm with more bits than a double has, since those before the point are lost:
xʸ = 2ⁿ exp(r), where y log₂ x = n + r / ln 2. It is computed as the sum of two doubles, within
2⁻⁶⁰ of it or so; T. J. Dekker, "A floating-point technique for extending the available precision"
(Numerische Mathematik 18, 1971), explains how. What is a double, such as 3⁵ or log₁₀ 1000, is then
exact.
"""

from __future__ import annotations

from math import factorial
from typing import Any, NamedTuple

import numpy as np

from lineara.backends.native.kernels import (
    INTS,
    LEAST,
    LN2,
    MOST,
    VECTOR,
    Doubles,
    in_parts,
    kernel,
    log_of_any,
    log_rest,
    scaled,
    times_power_of_two,
)

UPPER = ~((1 << 27) - 1)
"""The bits of a double that make up its upper half."""


class Pair(NamedTuple):
    """The sum of a double and of a much smaller one; on vectors, or as a constant."""

    high: Any
    low: Any


PER_LN2 = Pair(*in_parts("1.44269504088896340735992468100189213742664595415298593", 2))
LOG10_OF_2 = Pair(*in_parts("0.301029995663981195213738894724493026768189881462108541", 2))
LOG10_OF_E = Pair(*in_parts("0.434294481903251827651128918916605082294397005803666566", 2))
THIRD = Pair(*in_parts("0.333333333333333333333333333333333333333333333333333333", 2))


# -- sums of two doubles --------------------------------------------------------------------------


def exact_sum(d: Doubles, x: Any, y: Any) -> Pair:
    """The sum of two numbers, of which the first is 0 or the larger one."""
    total = d.add(x, y)
    return Pair(total, d.sub(y, d.sub(total, x)))


def exact_product(d: Doubles, x: Any, y: Any) -> Pair:
    """The product of two numbers."""
    product = d.mul(x, y)
    if d.fused:
        return Pair(product, d.mul_add(x, y, d.b.fneg(product)))
    (a, b), (p, q) = _halves(d, x), _halves(d, y)
    rest = d.sub(d.mul(a, p), product)
    for left, right in ((a, q), (b, p), (b, q)):
        rest = d.add(rest, d.mul(left, right))
    return Pair(product, rest)


def _halves(d: Doubles, x: Any) -> Pair:
    x = d.const(x) if isinstance(x, float) else x
    high = d.b.bitcast(d.b.and_(d.b.bitcast(x, INTS), d.int(UPPER)), VECTOR)
    return Pair(high, d.sub(x, high))


def plus(d: Doubles, x: Any, y: Pair) -> Pair:
    """The sum of a number that is 0 or the larger one, and of a pair."""
    high, low = exact_sum(d, x, y.high)
    return Pair(high, d.add(low, y.low))


def times(d: Doubles, x: Pair, y: Pair) -> Pair:
    """The product of two pairs."""
    high, low = exact_product(d, x.high, y.high)
    return Pair(high, d.mul_add(x.high, y.low, d.mul_add(x.low, y.high, low)))


# -- logarithms -----------------------------------------------------------------------------------


def _of_any_size(d: Doubles, x: Any) -> tuple[Any, Any]:
    """Whole n and f, so that x = 2ⁿ (1 + f), for positive x."""
    tiny = d.compare("<", x, LEAST)
    n, f = scaled(d, d.limited(d.where(tiny, d.mul(x, 2.0**54), x), LEAST, MOST))
    return d.sub(n, d.where(tiny, 54.0, 0.0)), f


def _log_of_near(d: Doubles, f: Any) -> Pair:
    """log(1 + f) = 2 s (1 + z (1/3 + z (1/5 + …))), where s = f / (2 + f) and z = s²."""
    by, lost = exact_sum(d, 2.0, f)
    inverse = d.div(1.0, by)
    first = d.mul(f, inverse)
    product = exact_product(d, first, by)
    rest = d.sub(d.sub(d.sub(f, product.high), product.low), d.mul(first, lost))
    s = Pair(first, d.mul(rest, inverse))
    z = times(d, s, s)
    tail = d.polynomial(z.high, [1 / (2 * k + 1) for k in range(2, 12)])
    inner = times(d, z, Pair(tail, 0.0))
    third, low = plus(d, THIRD.high, inner)
    outer = times(d, z, Pair(third, d.add(low, THIRD.low)))
    log = times(d, s, plus(d, 1.0, outer))
    return exact_sum(d, d.mul(log.high, 2.0), d.mul(log.low, 2.0))


def _log2_of_positive(d: Doubles, x: Any) -> Pair:
    n, f = _of_any_size(d, x)
    return exact_sum(d, *plus(d, n, times(d, _log_of_near(d, f), PER_LN2)))


def _log_by(d: Doubles, x: Any, two: Pair, e: Pair) -> Any:
    """The logarithm to the base of which those of 2 and e are given."""
    n, f = _of_any_size(d, x)
    near = exact_sum(d, f, d.b.fneg(log_rest(d, f, 0.0)))
    high, low = plus(d, d.mul(n, two.high), times(d, near, e))
    return log_of_any(d, x, d.add(high, d.mul_add(n, two.low, low)))


@kernel
def _log2(d: Doubles, x: Any) -> Any:
    return _log_by(d, x, Pair(1.0, 0.0), PER_LN2)


@kernel
def _log10(d: Doubles, x: Any) -> Any:
    return _log_by(d, x, LOG10_OF_2, LOG10_OF_E)


# -- powers ---------------------------------------------------------------------------------------


def _exp2_of(d: Doubles, x: Pair) -> Any:
    near = d.limited(x.high, -1100.0, 1025.0)
    low = d.limited(x.low, -(2.0**-40), 2.0**-40)  # larger ones belong to numbers out of range
    n = d.round(near)
    high, low = exact_sum(d, *times(d, Pair(d.sub(near, n), low), Pair(*LN2)))
    one = exact_sum(d, 1.0, high)
    q = d.polynomial(high, [1 / factorial(k) for k in range(2, 15)])
    rest = d.mul_add(d.mul(high, high), q, d.mul(low, one.high))
    return times_power_of_two(d, d.add(one.high, d.add(one.low, rest)), n)


@kernel
def _pow(d: Doubles, x: Any, y: Any) -> Any:
    size, b = d.abs(x), d.b
    by = d.limited(y, -(2.0**65), 2.0**65)  # more makes 0, 1 or infinity too
    high, low = times(d, _log2_of_positive(d, size), Pair(by, 0.0))
    result = _exp2_of(d, exact_sum(d, high, low))
    extreme = b.or_(d.compare("==", size, 0.0), d.compare("==", size, np.inf))
    grows = b.xor(d.compare(">", size, 1.0), d.compare("<", y, 0.0))
    result = d.where(extreme, d.where(grows, np.inf, 0.0), result)
    whole, half = d.compare("==", y, d.round(y)), d.mul(y, 0.5)
    odd = b.and_(whole, b.not_(d.compare("==", half, d.round(half))))
    result = d.where(odd, d.signed(result, x), result)
    root = b.and_(d.compare("<", x, 0.0), b.not_(b.or_(whole, extreme)))
    wrong = b.or_(root, b.or_(d.compare("uno", x, x), d.compare("uno", y, y)))
    one = b.or_(d.compare("==", x, 1.0), d.compare("==", y, 0.0))
    return d.where(one, 1.0, d.where(wrong, np.nan, result))


@kernel
def _cbrt(d: Doubles, x: Any) -> Any:
    """With |x| = 8ᵏ m: r, close to m to the power of −⅓, and one of Newton's steps from m r²."""
    n, f = _of_any_size(d, d.abs(x))
    k = d.round(d.mul(n, 1 / 3))
    j = d.sub(n, d.mul(k, 3.0))
    m = d.mul(d.add(f, 1.0), d.power_of_two(d.integer(j)))
    r = d.polynomial(f, [1, -1 / 3, 2 / 9, -14 / 81, 35 / 243])
    for sign in (-1.0, 1.0):
        r = d.where(d.compare("==", j, sign), d.mul(r, 2.0 ** (-sign / 3)), r)
    h = d.sub(1.0, d.mul(m, d.mul(r, d.mul(r, r))))  # r ³√m is ³√(1 − h)
    r = d.mul_add(d.mul(r, h), d.polynomial(h, [1 / 3, 2 / 9, 14 / 81]), r)
    r2 = d.mul(r, r)
    root = d.mul(m, r2)
    cube = times(d, exact_product(d, root, root), Pair(root, 0.0))
    rest = d.sub(d.sub(m, cube.high), cube.low)
    root = d.mul_add(rest, d.mul(r2, 1 / 3), root)
    result = d.signed(d.mul(root, d.power_of_two(d.integer(k))), x)
    finite = d.b.and_(d.compare("<", d.abs(x), np.inf), d.b.not_(d.compare("==", x, 0.0)))
    return d.where(finite, result, x)
