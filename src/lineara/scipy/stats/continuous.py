"""Continuous distributions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import scipy.special as sp

from lineara.scipy.stats.distribution import INF, Continuous, Formulas

HALF_LOG_2PI = 0.5 * math.log(2 * math.pi)
ROOT_2 = math.sqrt(2.0)


def half_line(*shapes: Any) -> tuple[Any, Any]:
    """The support of all numbers that are not negative."""
    return 0.0, INF


def unit(*shapes: Any) -> tuple[Any, Any]:
    """The support between 0 and 1."""
    return 0.0, 1.0


norm = Continuous(
    "norm",
    (),
    Formulas(
        log=lambda z: -0.5 * z**2 - HALF_LOG_2PI,
        cdf=sp.ndtr,
        sf=lambda z: sp.ndtr(-z),
        logcdf=sp.log_ndtr,
        logsf=lambda z: sp.log_ndtr(-z),
        ppf=sp.ndtri,
    ),
)
t = Continuous(
    "t",
    ("df",),
    Formulas(
        log=lambda z, df: (
            -sp.betaln(df / 2, 0.5) - 0.5 * np.log(df) - (df + 1) / 2 * np.log1p(z**2 / df)
        ),
        cdf=lambda z, df: sp.stdtr(df, z),
        sf=lambda z, df: sp.stdtr(df, -z),
        ppf=lambda q, df: sp.stdtrit(df, q),
    ),
)
cauchy = Continuous(
    "cauchy",
    (),
    Formulas(
        log=lambda z: -math.log(math.pi) - np.log1p(z**2),
        cdf=lambda z: np.arctan2(1.0, -z) / math.pi,
        sf=lambda z: np.arctan2(1.0, z) / math.pi,
        ppf=lambda q: np.tan(math.pi * q - math.pi / 2),
    ),
)
logistic = Continuous(
    "logistic",
    (),
    Formulas(
        log=lambda z: sp.log_expit(z) + sp.log_expit(-z),
        cdf=sp.expit,
        sf=lambda z: sp.expit(-z),
        logcdf=sp.log_expit,
        logsf=lambda z: sp.log_expit(-z),
        ppf=sp.logit,
    ),
)
laplace = Continuous(
    "laplace",
    (),
    Formulas(
        log=lambda z: -np.abs(z) - math.log(2.0),
        cdf=lambda z: _laplace_cdf(z),
        sf=lambda z: _laplace_cdf(-z),
        ppf=lambda q: np.where(q > 0.5, -np.log(2 * (1 - q)), np.log(2 * q)),
    ),
)


def _laplace_cdf(z: Any) -> Any:
    tail = 0.5 * np.exp(np.minimum(z, -z))
    return np.where(z > 0, 1 - tail, tail)


gumbel_r = Continuous(
    "gumbel_r",
    (),
    Formulas(
        log=lambda z: -z - np.exp(-z),
        cdf=lambda z: np.exp(-np.exp(-z)),
        sf=lambda z: -np.expm1(-np.exp(-z)),
        logcdf=lambda z: -np.exp(-z),
        ppf=lambda q: -np.log(-np.log(q)),
    ),
)
expon = Continuous(
    "expon",
    (),
    Formulas(
        log=lambda z: -z,
        cdf=lambda z: -np.expm1(-z),
        sf=lambda z: np.exp(-z),
        logsf=lambda z: -z,
        ppf=lambda q: -np.log1p(-q),
        support=half_line,
    ),
)
uniform = Continuous(
    "uniform",
    (),
    Formulas(
        log=lambda z: 0.0 * z,
        cdf=lambda z: z,
        sf=lambda z: 1 - z,
        ppf=lambda q: q,
        support=unit,
    ),
)
gamma = Continuous(
    "gamma",
    ("a",),
    Formulas(
        log=lambda z, a: sp.xlogy(a - 1, z) - z - sp.gammaln(a),
        cdf=lambda z, a: sp.gammainc(a, z),
        sf=lambda z, a: sp.gammaincc(a, z),
        ppf=lambda q, a: sp.gammaincinv(a, q),
        support=half_line,
    ),
)
invgamma = Continuous(
    "invgamma",
    ("a",),
    Formulas(
        log=lambda z, a: -(a + 1) * np.log(z) - sp.gammaln(a) - 1 / z,
        cdf=lambda z, a: sp.gammaincc(a, 1 / z),
        sf=lambda z, a: sp.gammainc(a, 1 / z),
        ppf=lambda q, a: 1 / sp.gammainccinv(a, q),
        support=half_line,
        closed=False,
    ),
)
chi2 = Continuous(
    "chi2",
    ("df",),
    Formulas(
        log=lambda z, df: (
            sp.xlogy(df / 2 - 1, z) - z / 2 - sp.gammaln(df / 2) - math.log(2) * df / 2
        ),
        cdf=lambda z, df: sp.gammainc(df / 2, z / 2),
        sf=lambda z, df: sp.gammaincc(df / 2, z / 2),
        ppf=lambda q, df: 2 * sp.gammaincinv(df / 2, q),
        support=half_line,
    ),
)
beta = Continuous(
    "beta",
    ("a", "b"),
    Formulas(
        log=lambda z, a, b: sp.xlog1py(b - 1, -z) + sp.xlogy(a - 1, z) - sp.betaln(a, b),
        cdf=lambda z, a, b: sp.betainc(a, b, z),
        sf=lambda z, a, b: sp.betaincc(a, b, z),
        ppf=lambda q, a, b: sp.betaincinv(a, b, q),
        support=unit,
    ),
)
lognorm = Continuous(
    "lognorm",
    ("s",),
    Formulas(
        log=lambda z, s: -0.5 * (np.log(z) / s) ** 2 - np.log(s * z) - HALF_LOG_2PI,
        cdf=lambda z, s: sp.ndtr(np.log(z) / s),
        sf=lambda z, s: sp.ndtr(-np.log(z) / s),
        logcdf=lambda z, s: sp.log_ndtr(np.log(z) / s),
        logsf=lambda z, s: sp.log_ndtr(-np.log(z) / s),
        ppf=lambda q, s: np.exp(s * sp.ndtri(q)),
        support=half_line,
        closed=False,
    ),
)
weibull_min = Continuous(
    "weibull_min",
    ("c",),
    Formulas(
        log=lambda z, c: np.log(c) + sp.xlogy(c - 1, z) - z**c,
        cdf=lambda z, c: -np.expm1(-(z**c)),
        sf=lambda z, c: np.exp(-(z**c)),
        logsf=lambda z, c: -(z**c),
        ppf=lambda q, c: (-np.log1p(-q)) ** (1 / c),
        support=half_line,
    ),
)
pareto = Continuous(
    "pareto",
    ("b",),
    Formulas(
        log=lambda z, b: np.log(b) - (b + 1) * np.log(z),
        cdf=lambda z, b: 1 - z ** (-b),
        sf=lambda z, b: z ** (-b),
        logsf=lambda z, b: -b * np.log(z),
        ppf=lambda q, b: (1 - q) ** (-1 / b),
        support=lambda b: (1.0, INF),
        middle=2.0,
    ),
)
halfnorm = Continuous(
    "halfnorm",
    (),
    Formulas(
        log=lambda z: 0.5 * math.log(2 / math.pi) - 0.5 * z**2,
        cdf=lambda z: sp.erf(z / ROOT_2),
        sf=lambda z: sp.erfc(z / ROOT_2),
        ppf=lambda q: ROOT_2 * sp.erfinv(q),
        support=half_line,
    ),
)
