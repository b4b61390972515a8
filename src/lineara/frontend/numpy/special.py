"""SciPy's ufuncs, those of `scipy.special`, as far as there is more to them than one of NumPy's.

Most are ops; the others are written with these such that derivatives are right where the textbook
formula divides 0 by 0.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import scipy.special as sp

from lineara.frontend.numpy.ufuncs import Ufunc, composed, direct
from lineara.ir.op import Op
from lineara.ops import bessel, exponential, gaussian, incomplete, powers, special

DIRECT: dict[np.ufunc, Op] = {
    sp.exp2: exponential.exp2,
    sp.expm1: exponential.expm1,
    sp.log1p: exponential.log1p,
    sp.cbrt: powers.cbrt,
    sp.gamma: special.gamma,
    sp.beta: special.beta,
    sp.betaln: special.betaln,
    sp.erfi: gaussian.erfi,
    sp.erfcx: gaussian.erfcx,
    sp.dawsn: gaussian.dawsn,
    sp.erfinv: gaussian.erfinv,
    sp.erfcinv: gaussian.erfcinv,
    sp.log_ndtr: gaussian.log_ndtr,
    sp.ndtri: gaussian.ndtri,
    sp.expi: gaussian.expi,
    sp.exp1: gaussian.exp1,
    sp.j0: bessel.j0,
    sp.j1: bessel.j1,
    sp.y0: bessel.y0,
    sp.y1: bessel.y1,
    sp.i0: bessel.i0,
    sp.i1: bessel.i1,
    sp.k0: bessel.k0,
    sp.k1: bessel.k1,
    sp.i0e: bessel.i0e,
    sp.i1e: bessel.i1e,
    sp.k0e: bessel.k0e,
    sp.k1e: bessel.k1e,
    sp.jv: bessel.jv,
    sp.yv: bessel.yv,
    sp.yn: bessel.yv,
    sp.kn: bessel.kv,
    sp.iv: bessel.iv,
    sp.kv: bessel.kv,
    sp.ive: bessel.ive,
    sp.kve: bessel.kve,
    sp.gammainc: incomplete.gammainc,
    sp.gammaincc: incomplete.gammaincc,
    sp.gammaincinv: incomplete.gammaincinv,
    sp.gammainccinv: incomplete.gammainccinv,
    sp.betainc: incomplete.betainc,
    sp.betaincc: incomplete.betaincc,
    sp.betaincinv: incomplete.betaincinv,
    sp.stdtr: incomplete.stdtr,
    sp.stdtrit: incomplete.stdtrit,
}


# -- functions written with others -----------------------------------------------------------------


def polynomial(x: Any, coefficients: Sequence[float]) -> Any:
    """Σ cₖ xᵏ."""
    return functools.reduce(lambda total, c: total * x + c, reversed(coefficients))


EXPREL = [1 / math.factorial(k + 1) for k in range(19)]
"""Of (exp(x) − 1)/x: exact to the last bit of a double for |x| < 1."""
LOG1P = [(-1) ** k / (k + 1) for k in range(18)]
"""Of log(1 + x)/x, for |x| < 0.1."""


def exprel(x: Any) -> Any:
    small = np.abs(x) < 1
    near = polynomial(np.where(small, x, 0), EXPREL)
    far = np.where(small, 1, x)
    quotient = np.where(np.isposinf(far), far, np.expm1(far) / far)
    return np.where(small, near, quotient)


def exp10(x: Any) -> Any:
    return x.dtype.type(10) ** x


def cosm1(x: Any) -> Any:
    return -2 * np.sin(x / 2) ** 2


def loggamma(x: Any) -> Any:
    return np.where(x < 0, np.nan, sp.gammaln(np.where(x < 0, 1, x)))


def _boxcox(logarithm: Any, lmbda: Any) -> Any:
    """(exp(λ l) − 1)/λ for a logarithm l; l where λ = 0."""
    z = lmbda * logarithm
    small = (np.abs(z) < 1) | (lmbda == 0)
    near = logarithm * polynomial(np.where(np.abs(z) < 1, z, 0), EXPREL)
    far = np.expm1(np.where(small, 0, z)) / np.where(small, 1, lmbda)
    return np.where(small, near, far)


def boxcox(x: Any, lmbda: Any) -> Any:
    with np.errstate(divide="ignore", invalid="ignore"):
        return _boxcox(np.log(x), lmbda)


def boxcox1p(x: Any, lmbda: Any) -> Any:
    with np.errstate(divide="ignore", invalid="ignore"):
        return _boxcox(np.log1p(x), lmbda)


def _inverse_boxcox(y: Any, lmbda: Any) -> Any:
    """log(1 + λ y)/λ; y where λ = 0."""
    z = lmbda * y
    small = (np.abs(z) < 0.1) | (lmbda == 0)
    near = y * polynomial(np.where(np.abs(z) < 0.1, z, 0), LOG1P)
    far = np.log1p(np.where(small, 0, z)) / np.where(small, 1, lmbda)
    return np.where(small, near, far)


def inv_boxcox(y: Any, lmbda: Any) -> Any:
    return np.exp(_inverse_boxcox(y, lmbda))


def inv_boxcox1p(y: Any, lmbda: Any) -> Any:
    return np.expm1(_inverse_boxcox(y, lmbda))


def rel_entr(x: Any, y: Any) -> Any:
    """X log(x/y); by way of log1p where they are close, and of two logarithms where x/y is not."""
    inside = (x > 0) & (y > 0)
    safe_x, safe_y = np.where(inside, x, 1), np.where(inside, y, 1)
    ratio = safe_x / safe_y
    close = (ratio > 0.5) & (ratio < 2)
    near = np.log1p(np.where(close, (safe_x - safe_y) / safe_y, 0))
    finite = (ratio > 0) & (ratio < np.inf)
    far = np.where(finite, np.log(np.where(finite, ratio, 1)), np.log(safe_x) - np.log(safe_y))
    value = safe_x * np.where(close, near, far)
    outside = np.where((x == 0) & (y >= 0), y.dtype.type(0), y.dtype.type(np.inf))
    return np.where(np.isnan(x) | np.isnan(y), np.nan, np.where(inside, value, outside))


def kl_div(x: Any, y: Any) -> Any:
    inside = (x > 0) & (y > 0)
    outside = np.where((x == 0) & (y >= 0), y, y.dtype.type(np.inf))
    value = np.where(inside, rel_entr(x, y) - x + y, outside)
    return np.where(np.isnan(x) | np.isnan(y), np.nan, value)


def huber(delta: Any, r: Any) -> Any:
    size = np.abs(r)
    value = np.where(size <= delta, 0.5 * r**2, delta * (size - 0.5 * delta))
    return np.where(delta < 0, np.inf, value)


def pseudo_huber(delta: Any, r: Any) -> Any:
    none = (delta == 0) | ((r == 0) & ~np.isfinite(delta))
    safe = np.where(none, 1, delta)
    value = safe**2 * np.expm1(0.5 * np.log1p((r / safe) ** 2))
    return np.where(delta < 0, np.inf, np.where(none, 0, value))


def chdtr(v: Any, x: Any) -> Any:
    return sp.gammainc(v / 2, x / 2)


def chdtrc(v: Any, x: Any) -> Any:
    return sp.gammaincc(v / 2, x / 2)


def pdtr(k: Any, m: Any) -> Any:
    return sp.gammaincc(np.floor(k) + 1, m)


def pdtrc(k: Any, m: Any) -> Any:
    return sp.gammainc(np.floor(k) + 1, m)


COMPOSED: dict[np.ufunc, Ufunc] = {
    sp.exprel: exprel,
    sp.exp10: exp10,
    sp.cosm1: cosm1,
    sp.loggamma: loggamma,
    sp.boxcox: boxcox,
    sp.boxcox1p: boxcox1p,
    sp.inv_boxcox: inv_boxcox,
    sp.inv_boxcox1p: inv_boxcox1p,
    sp.rel_entr: rel_entr,
    sp.kl_div: kl_div,
    sp.huber: huber,
    sp.pseudo_huber: pseudo_huber,
    sp.chdtr: chdtr,
    sp.chdtrc: chdtrc,
    sp.pdtr: pdtr,
    sp.pdtrc: pdtrc,
}

UFUNCS: dict[tuple[np.ufunc, str], Callable[..., Any]] = {
    **{(ufunc, "__call__"): direct(ufunc, op) for ufunc, op in DIRECT.items()},
    **{(ufunc, "__call__"): composed(ufunc, call) for ufunc, call in COMPOSED.items()},
}
