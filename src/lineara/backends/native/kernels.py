"""Elementary functions of vectors, for systems whose C library has none.

Each is an argument reduced to a short interval, a polynomial there, and the way back, without a
branch, as J.-M. Muller, *Elementary Functions* (Birkhäuser), explains them. The polynomials are
Taylor's, long enough for the interval: the first term that is left out is below 2⁻⁵⁵ of the result.
What is written as two numbers, such as the logarithm of 2, has a first one with so few bits that
its multiples are exact. Results are within 4 units in the last place.

Single precision takes double precision and rounds. Powers, arc functions and error functions are in
modules of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from math import factorial, frexp
from typing import Any

import numpy as np

from lineara.backends.native import llir
from lineara.backends.native.machine import LANES, has_fma
from lineara.backends.native.numbers import INT, Emit

VECTOR = llir.vector(llir.DOUBLE, LANES)
INTS = llir.vector(INT, LANES)
Kernel = Callable[..., Any]
"""Writes a function of one or two vectors; its first argument is `Doubles`."""
KERNELS: dict[str, Kernel] = {}
"""By C's names."""

MANTISSA, BIAS = 52, 1023
LEAST, MOST = float(np.finfo(float).tiny), float(np.finfo(float).max)
"""Normal numbers."""
LARGE = 1.5 * 2.0**MANTISSA
LARGE_BITS = int(np.array(LARGE).view(np.int64))
"""Whole numbers are converted to integers, and back, by way of a number whose last bit means 1."""
SHORT = 8
"""Coefficients up to which a polynomial is short."""
FIRST = 33
"""Bits of the first parts of constants: products with integers of 20 bits are exact."""


def in_parts(digits: str, count: int) -> list[float]:
    """A number as a sum of floats, of which all but the last have few bits."""
    rest, parts = Fraction(digits), []
    for _ in range(count - 1):
        unit = Fraction(2) ** (frexp(float(rest))[1] - FIRST)
        parts.append(float(rest // unit * unit))
        rest -= Fraction(parts[-1])
    return [*parts, float(rest)]


LN2 = in_parts("0.693147180559945309417232121458176568075500134360255254", 2)
HALF_PI = in_parts("1.57079632679489661923132169163975144209858469968755291", 3)
FAR = float(1 << 20)
"""Angles beyond are left to C: more digits of π are needed than `HALF_PI` has;"""
NEAR = 2.0**-30
"""so are those that close to a multiple of π/2."""


class Doubles:
    """Writes operations on vectors of doubles.

    Attributes:
        fused: whether the processor multiplies and adds at once.
    """

    def __init__(self, b: Any) -> None:
        self.b = b
        self.e = Emit(b)
        self.fused = has_fma()

    def const(self, x: float) -> Any:
        return VECTOR([float(x)] * LANES)

    def int(self, k: int) -> Any:
        return INTS([k] * LANES)

    def _number(self, x: Any) -> Any:
        return self.const(x) if isinstance(x, int | float) else x

    def _two(self, name: str, x: Any, y: Any) -> Any:
        return getattr(self.b, name)(self._number(x), self._number(y))

    def add(self, x: Any, y: Any) -> Any:
        return self._two("fadd", x, y)

    def sub(self, x: Any, y: Any) -> Any:
        return self._two("fsub", x, y)

    def mul(self, x: Any, y: Any) -> Any:
        return self._two("fmul", x, y)

    def div(self, x: Any, y: Any) -> Any:
        return self._two("fdiv", x, y)

    def mul_add(self, x: Any, y: Any, z: Any) -> Any:
        """X y + z, rounded once if the processor can."""
        if not self.fused:
            return self.add(self.mul(x, y), z)
        return self._call("fma", *map(self._number, (x, y, z)))

    def _call(self, name: str, *xs: Any) -> Any:
        return self.e.outside(f"llvm.{name}.v{LANES}f64", VECTOR, xs)

    def abs(self, x: Any) -> Any:
        return self._call("fabs", x)

    def sqrt(self, x: Any) -> Any:
        return self._call("sqrt", x)

    def round(self, x: Any) -> Any:
        return self._call("rint", x)

    def signed(self, x: Any, like: Any) -> Any:
        """X with the sign of another number."""
        return self._call("copysign", x, like)

    def where(self, flag: Any, x: Any, y: Any) -> Any:
        return self.b.select(flag, self._number(x), self._number(y))

    def compare(self, symbol: str, x: Any, y: Any) -> Any:
        compare = self.b.fcmp_unordered if symbol == "uno" else self.b.fcmp_ordered
        return compare(symbol, self._number(x), self._number(y))

    def polynomial(self, x: Any, coefficients: Sequence[float]) -> Any:
        """c₀ + c₁ x + c₂ x² + …, by Horner's rule.

        A long one is computed in two halves from c₂ on, which processors do at the same time.
        """
        if len(coefficients) < SHORT:
            return self._horner(x, coefficients)
        square, tail = self.mul(x, x), coefficients[2:]
        even, odd = (self._horner(square, tail[k::2]) for k in range(2))
        return self._horner(x, [*coefficients[:2], self.mul_add(odd, x, even)])

    def _horner(self, x: Any, coefficients: Sequence[Any]) -> Any:
        *rest, total = coefficients
        for c in reversed(rest):
            total = self.mul_add(total, x, c)
        return self._number(total)

    def limited(self, x: Any, low: float, high: float) -> Any:
        """x, or the nearer end of an interval; the lower end for what is not a number."""
        x = self.where(self.compare(">", x, low), x, low)
        return self.where(self.compare("<", x, high), x, high)

    def integer(self, x: Any) -> Any:
        """A small whole number as an integer: the last bits of its sum with a large number."""
        bits = self.b.bitcast(self.add(x, LARGE), INTS)
        return self.b.sub(bits, self.int(LARGE_BITS))

    def whole(self, n: Any) -> Any:
        """A small integer as a number."""
        return self.sub(self.b.bitcast(self.b.add(n, self.int(LARGE_BITS)), VECTOR), LARGE)

    def power_of_two(self, n: Any) -> Any:
        """2ⁿ, where that is a normal number."""
        return self.b.bitcast(self.b.shl(self.b.add(n, self.int(BIAS)), self.int(MANTISSA)), VECTOR)


def kernel(f: Kernel) -> Kernel:
    """Puts a kernel into the table."""
    KERNELS[f.__name__[1:]] = f
    return f


def called(b: Any, name: str, *xs: Any) -> Any:
    """The result of a kernel, which becomes a function of the module."""
    module = b.module
    known = module.globals.get(f"kernel.{name}")
    if known is None:
        type = llir.function_type(VECTOR, [VECTOR] * len(xs))
        known = llir.Function(module, type, f"kernel.{name}")
        known.internal = True
        known.attributes += ["nounwind", "readnone"]
        inside = llir.Builder(known.append_basic_block("entry"))
        inside.ret(KERNELS[name](Doubles(inside), *known.args))
    return b.call(known, xs)


# -- exponentials ---------------------------------------------------------------------------------


def multiples_of_ln2(d: Doubles, x: Any) -> tuple[Any, Any]:
    """The nearest n, and x − n ln 2."""
    n = d.round(d.mul(x, 1 / np.log(2)))
    high, low = LN2
    return n, d.mul_add(n, -low, d.mul_add(n, -high, x))


def exp_of_small(d: Doubles, r: Any) -> Any:
    """The exponential of a number of at most ½ ln 2."""
    return d.polynomial(r, [1 / factorial(k) for k in range(14)])


def times_power_of_two(d: Doubles, x: Any, n: Any) -> Any:
    """2ⁿ x, rounded once; 2ⁿ may be no normal number, but its halves are."""
    n = d.integer(n)
    half = d.b.ashr(n, d.int(1))
    return d.mul(d.mul(x, d.power_of_two(half)), d.power_of_two(d.b.sub(n, half)))


@kernel
def _exp(d: Doubles, x: Any) -> Any:
    n, r = multiples_of_ln2(d, d.limited(x, -750.0, 710.0))
    result = times_power_of_two(d, exp_of_small(d, r), n)
    return d.where(d.compare("uno", x, x), x, result)


@kernel
def _exp2(d: Doubles, x: Any) -> Any:
    near = d.limited(x, -1080.0, 1025.0)
    n = d.round(near)
    result = times_power_of_two(d, exp_of_small(d, d.mul(d.sub(near, n), np.log(2))), n)
    return d.where(d.compare("uno", x, x), x, result)


def _quarter_of_expm1(d: Doubles, x: Any) -> Any:
    """(exp(x) − 1) / 4 for x between −40 and 710.6, where exp(x) may be too large."""
    n, r = multiples_of_ln2(d, x)
    q = d.polynomial(r, [1 / factorial(k) for k in range(2, 15)])
    p = d.mul_add(d.mul(r, r), q, r)  # expm1(r)
    quarter = d.power_of_two(d.b.sub(d.integer(n), d.int(2)))
    return d.add(d.mul(quarter, p), d.sub(quarter, 0.25))


def _unchanged(d: Doubles, x: Any, limit: float) -> Any:
    """Whether a number is its own result: if it is small, or is none."""
    return d.b.or_(d.compare("<", d.abs(x), limit), d.compare("uno", x, x))


@kernel
def _expm1(d: Doubles, x: Any) -> Any:
    result = d.mul(_quarter_of_expm1(d, d.limited(x, -40.0, 710.0)), 4.0)
    return d.where(_unchanged(d, x, 2.0**-54), x, result)


@kernel
def _sinh(d: Doubles, x: Any) -> Any:
    q = _quarter_of_expm1(d, d.limited(d.abs(x), 0.0, 710.6))
    other = d.div(d.mul(q, 0.25), d.add(q, 0.25))
    result = d.signed(d.mul(d.add(q, other), 2.0), x)
    return d.where(_unchanged(d, x, 2.0**-28), x, result)


@kernel
def _cosh(d: Doubles, x: Any) -> Any:
    quarter = d.add(_quarter_of_expm1(d, d.limited(d.abs(x), 0.0, 710.6)), 0.25)
    result = d.add(d.mul(quarter, 2.0), d.div(0.125, quarter))
    return d.where(d.compare("uno", x, x), x, result)


@kernel
def _tanh(d: Doubles, x: Any) -> Any:
    e = called(d.b, "expm1", d.mul(d.limited(d.abs(x), 0.0, 20.0), 2.0))
    result = d.signed(d.div(e, d.add(e, 2.0)), x)
    return d.where(d.compare("uno", x, x), x, result)


# -- logarithms -----------------------------------------------------------------------------------


def scaled(d: Doubles, x: Any) -> tuple[Any, Any]:
    """Whole n and f, so that x = 2ⁿ (1 + f) and 1 + f is between √½ and √2; for normal x > 0."""
    bits = d.b.bitcast(x, INTS)
    root = int(np.array(np.sqrt(0.5)).view(np.int64))
    exponent = d.b.ashr(d.b.sub(bits, d.int(root)), d.int(MANTISSA))
    rest = d.b.sub(bits, d.b.shl(exponent, d.int(MANTISSA)))
    return d.whole(exponent), d.sub(d.b.bitcast(rest, VECTOR), 1.0)


def log_rest(d: Doubles, f: Any, small: Any) -> Any:
    """What log(1 + f) + small is less than f, for f as `scaled` has it.

    With s = f / (2 + f), log(1 + f) is 2 artanh(s) = f − f²/2 + s (f²/2 + R), where
    R = 2 s²/3 + 2 s⁴/5 + ….
    """
    s = d.div(f, d.add(f, 2.0))
    z = d.mul(s, s)
    r = d.mul(z, d.polynomial(z, [2 / (2 * k + 1) for k in range(1, 12)]))
    half = d.mul(d.mul(f, f), 0.5)
    return d.sub(half, d.mul_add(s, d.add(half, r), small))


def _log_of_normal(d: Doubles, x: Any, lost: Any) -> Any:
    """log(x + lost), where x is positive and normal, and `lost` has no bit in common with it."""
    n, f = scaled(d, x)
    high, low = LN2
    rest = log_rest(d, f, d.mul_add(n, low, d.div(lost, x)))
    return d.mul_add(n, high, d.sub(f, rest))


def log_of_any(d: Doubles, x: Any, result: Any) -> Any:
    """The logarithm where that of x is not a finite number."""
    result = d.where(d.compare("==", x, np.inf), x, result)
    result = d.where(d.compare("==", x, 0.0), -np.inf, result)
    wrong = d.b.or_(d.compare("<", x, 0.0), d.compare("uno", x, x))
    return d.where(wrong, np.nan, result)


@kernel
def _log(d: Doubles, x: Any) -> Any:
    tiny = d.compare("<", x, LEAST)
    scaled = d.where(tiny, d.mul(x, 2.0**54), x)
    safe = d.limited(scaled, LEAST, MOST)
    result = _log_of_normal(d, safe, d.const(0.0))
    exact = d.sub(result, d.where(tiny, 54 * np.log(2), 0.0))
    return log_of_any(d, x, exact)


@kernel
def _log1p(d: Doubles, x: Any) -> Any:
    safe = d.limited(x, -1 + 2.0**-53, MOST)
    one = d.add(safe, 1.0)
    large = d.compare(">", safe, 1.0)
    lost = d.where(large, d.sub(1.0, d.sub(one, safe)), d.sub(safe, d.sub(one, 1.0)))
    result = _log_of_normal(d, one, lost)
    result = log_of_any(d, d.add(x, 1.0), result)
    return d.where(d.compare("<", d.abs(x), 2.0**-54), x, result)


# -- angles ---------------------------------------------------------------------------------------


def _angle(d: Doubles, name: str, x: Any, way: Callable[[Any, Any, Any], Any]) -> Any:
    """A function of an angle: by its quadrant and its distance from the axis, or by C."""
    n = d.round(d.mul(d.limited(x, -2 * FAR, 2 * FAR), 2 / np.pi))
    r = x
    parts = HALF_PI
    for part in parts[:2]:
        r = d.sub(r, d.mul(n, part))
    last = d.mul(n, parts[2])
    angle = d.sub(r, last)
    lost = d.sub(d.sub(r, angle), last)
    quadrant = d.integer(n)
    result = way(quadrant, angle, lost)
    close = d.b.and_(d.compare("<", d.abs(angle), NEAR), d.compare("!=", n, 0.0))
    hard = d.b.or_(d.b.not_(d.compare("<=", d.abs(x), FAR)), close)
    return _or_by_c(d, name, x, result, hard)


def _or_by_c(d: Doubles, name: str, x: Any, result: Any, hard: Any) -> Any:
    """The result, or that of C's function where any lane is hard."""
    b = d.b
    bits = b.bitcast(hard, llir.int_type(LANES))
    easy, by_c, done = b.block, b.append_basic_block("hard"), b.append_basic_block("done")
    b.cbranch(b.icmp_unsigned("!=", bits, bits.type(0)), by_c, done, rarely=True)
    b.position_at_end(by_c)
    other = result
    for k in range(LANES):
        lane = d.e.outside(name, llir.DOUBLE, [b.extract_element(x, INT(k))])
        lane = b.select(b.extract_element(hard, INT(k)), lane, b.extract_element(result, INT(k)))
        other = b.insert_element(other, lane, INT(k))
    b.branch(done)
    b.position_at_end(done)
    found = b.phi(VECTOR)
    found.add_incoming(result, easy)
    found.add_incoming(other, by_c)
    return found


def _sine(d: Doubles, x: Any, lost: Any) -> Any:
    z = d.mul(x, x)
    p = d.polynomial(z, [(-1) ** k / factorial(2 * k + 1) for k in range(1, 9)])
    correction = d.mul_add(d.mul(z, -0.5), lost, lost)
    return d.add(x, d.mul_add(d.mul(z, x), p, correction))


def _cosine(d: Doubles, x: Any, lost: Any) -> Any:
    z = d.mul(x, x)
    p = d.polynomial(z, [(-1) ** k / factorial(2 * k) for k in range(2, 10)])
    half = d.mul(z, 0.5)
    near = d.sub(1.0, half)
    rest = d.sub(d.sub(1.0, near), half)
    return d.add(near, d.add(rest, d.sub(d.mul(d.mul(z, z), p), d.mul(x, lost))))


def _has_bit(d: Doubles, n: Any, bit: int) -> Any:
    return d.b.icmp_signed("!=", d.b.and_(n, d.int(bit)), d.int(0))


def _turned(d: Doubles, quadrant: Any, angle: Any, lost: Any, shift: int) -> Any:
    """The sine of an angle, so many quadrants on."""
    n = d.b.add(quadrant, d.int(shift))
    size = d.where(_has_bit(d, n, 1), _cosine(d, angle, lost), _sine(d, angle, lost))
    return d.where(_has_bit(d, n, 2), d.b.fneg(size), size)


def _unless_tiny(d: Doubles, x: Any, result: Any) -> Any:
    """The result, or x itself, whose zeros have signs."""
    return d.where(d.compare("<", d.abs(x), 2.0**-28), x, result)


@kernel
def _sin(d: Doubles, x: Any) -> Any:
    return _unless_tiny(d, x, _angle(d, "sin", x, lambda n, r, lost: _turned(d, n, r, lost, 0)))


@kernel
def _cos(d: Doubles, x: Any) -> Any:
    return _angle(d, "cos", x, lambda n, r, lost: _turned(d, n, r, lost, 1))


@kernel
def _tan(d: Doubles, x: Any) -> Any:
    def way(n: Any, r: Any, lost: Any) -> Any:
        sine, cosine, odd = _sine(d, r, lost), _cosine(d, r, lost), _has_bit(d, n, 1)
        above = d.where(odd, d.b.fneg(cosine), sine)
        return d.div(above, d.where(odd, sine, cosine))

    return _unless_tiny(d, x, _angle(d, "tan", x, way))
