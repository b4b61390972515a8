"""Elementwise functions that are no ufuncs: parts of complex numbers, rounding, sinc."""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.special

from lineara.frontend.core import apply, convert, elementwise, traced
from lineara.ops import complex as parts


def real(val: Any) -> Any:
    """The real part; of a real array itself."""
    x = traced(val)
    return apply(parts.real, x) if x.dtype.kind == "c" else x


def imag(val: Any) -> Any:
    """The imaginary part; zeros for a real array."""
    x = traced(val)
    return apply(parts.imag, x) if x.dtype.kind == "c" else np.zeros_like(x)


def angle(z: Any, deg: bool = False) -> Any:
    """The angle of a complex number, or of a real one: 0 or π."""
    x: Any = traced(z)
    result = np.arctan2(imag(x), x.real) if x.dtype.kind == "c" else np.arctan2(0, x)
    return result * (180 / np.pi) if deg else result


def rounded(a: Any, decimals: int = 0) -> Any:
    """The nearest number with so many decimals; the even one of two."""
    x: Any = traced(a)
    decimals = operator.index(decimals)
    if x.dtype.kind in "iu":
        if decimals >= 0:
            return x
        return convert(np.rint(x / 10.0**-decimals) * 10.0**-decimals, x.dtype)
    if decimals == 0:
        return np.rint(x)
    if x.dtype.kind == "c":
        return elementwise(parts.to_complex, rounded(x.real, decimals), rounded(x.imag, decimals))
    factor = x.dtype.type(10.0 ** abs(decimals))
    return np.rint(x * factor) / factor if decimals > 0 else np.rint(x / factor) * factor


TAYLOR = tuple((-1) ** k / math.factorial(2 * k + 1) for k in range(10))
"""Of sin(y)/y in powers of y²: exact to the last bit of a double for |y| < 1."""


def sinc(x: Any) -> Any:
    """sin(πx)/(πx). Near 0 it is a polynomial, so that all derivatives are right there too."""
    y: Any = np.multiply(np.pi, traced(x))
    small = np.abs(y) < 1
    squared = np.where(small, y, 0) ** 2
    series = functools.reduce(lambda total, c: total * squared + c, reversed(TAYLOR))
    safe = np.where(small, 1, y)
    return np.where(small, series, np.sin(safe) / safe)


def i0(x: Any) -> Any:
    """The modified Bessel function of the first kind of order 0."""
    return scipy.special.i0(convert(traced(x), np.dtype(np.float64)))


FUNCTIONS: dict[Callable[..., Any], Callable[..., Any]] = {
    np.real: real,
    np.imag: imag,
    np.angle: angle,
    np.isreal: lambda x: imag(x) == 0,
    np.iscomplex: lambda x: imag(x) != 0,
    np.isposinf: lambda x: np.greater_equal(x, np.inf),
    np.isneginf: lambda x: np.less_equal(x, -np.inf),
    np.round: rounded,
    np.around: rounded,
    np.fix: np.trunc,
    np.sinc: sinc,
    np.i0: i0,
}
