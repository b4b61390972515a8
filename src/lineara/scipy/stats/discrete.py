"""Discrete distributions."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.special as sp

from lineara.scipy.stats.distribution import INF, Discrete, Formulas


def counting(*shapes: Any) -> tuple[Any, Any]:
    """The support of all whole numbers that are not negative."""
    return 0.0, INF


def _log_choose(n: Any, k: Any) -> Any:
    return sp.gammaln(n + 1) - sp.gammaln(k + 1) - sp.gammaln(n - k + 1)


def _probability(p: Any) -> list[Any]:
    return [p >= 0, p <= 1]


poisson = Discrete(
    "poisson",
    ("mu",),
    Formulas(
        log=lambda k, mu: sp.xlogy(k, mu) - sp.gammaln(k + 1) - mu,
        cdf=sp.pdtr,
        sf=sp.pdtrc,
        support=counting,
        middle=0.0,
        valid=lambda mu: [mu >= 0],
    ),
)
binom = Discrete(
    "binom",
    ("n", "p"),
    Formulas(
        log=lambda k, n, p: _log_choose(n, k) + sp.xlogy(k, p) + sp.xlog1py(n - k, -p),
        cdf=lambda k, n, p: sp.betainc(n - k, k + 1, 1 - p),
        sf=lambda k, n, p: sp.betainc(k + 1, n - k, p),
        support=lambda n, p: (0.0, n),
        middle=0.0,
        valid=lambda n, p: [n >= 0, n == np.floor(n), *_probability(p)],
    ),
)
bernoulli = Discrete(
    "bernoulli",
    ("p",),
    Formulas(
        log=lambda k, p: sp.xlogy(k, p) + sp.xlog1py(1 - k, -p),
        cdf=lambda k, p: 1 - p + 0 * k,
        sf=lambda k, p: p + 0 * k,
        support=lambda p: (0.0, 1.0),
        middle=0.0,
        valid=_probability,
    ),
)
geom = Discrete(
    "geom",
    ("p",),
    Formulas(
        log=lambda k, p: np.log(p) + sp.xlog1py(k - 1, -p),
        cdf=lambda k, p: -np.expm1(np.log1p(-p) * k),
        sf=lambda k, p: np.exp(np.log1p(-p) * k),
        support=lambda p: (1.0, INF),
        middle=1.0,
        valid=lambda p: [p > 0, p <= 1],
    ),
)
nbinom = Discrete(
    "nbinom",
    ("n", "p"),
    Formulas(
        log=lambda k, n, p: (
            (sp.gammaln(n + k) - sp.gammaln(k + 1) - sp.gammaln(n) + n * np.log(p))
            + sp.xlog1py(k, -p)
        ),
        cdf=lambda k, n, p: sp.betainc(n, k + 1, p),
        sf=lambda k, n, p: sp.betaincc(n, k + 1, p),
        support=counting,
        middle=0.0,
        valid=lambda n, p: [n > 0, p > 0, p <= 1],
    ),
)
