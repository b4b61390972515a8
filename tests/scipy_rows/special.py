"""`special`: functions that are no ufuncs."""

from __future__ import annotations

import numpy as np
from numpy_rows import numbers

from scipy_rows import Row

X, Y = numbers(2, 3), numbers(2, 3, seed=1)
P = np.linspace(0.5, 3, 4)
INF = np.inf

CODES = {
    "m.logsumexp(x)": X,
    "m.logsumexp(x, axis=1)": X,
    "m.logsumexp(x, 0, keepdims=True)": X,
    "m.logsumexp(x, axis=(0, 1))": X,
    "m.logsumexp(x, b=np.array([1.0, 2.0, 0.5]), axis=1)": X,
    "m.logsumexp(x, b=np.array([-0.1, 2.0, 0.5]), axis=1, return_sign=True)[0]": X,
    "m.logsumexp([x[0], x[1]], axis=0)": X,
    "m.softmax(x)": X,
    "m.softmax(x, axis=1)": X,
    "m.log_softmax(x)": X,
    "m.log_softmax(x, axis=-1)": X,
    "m.polygamma(0, x)": P,
    "m.polygamma(2, x)": P,
    "m.zeta(2.5, x)": P,
    "m.zeta(2, x)": np.array(1.5),
    "m.multigammaln(x, 3)": P + 2,
    "m.sinc(x)": X,
    "m.gammaln([x[0], x[1]])": P,
    "m.expit(x)": X,
}
AWKWARD = {
    "m.logsumexp(x)": [np.array([-INF, -INF]), np.array([INF, 1.0]), np.array([1, 2]), X[:, 0]],
    "m.logsumexp(x, b=np.array([0.0, 1.0]))": [np.array([800.0, 1.0]), np.array([INF, 1.0])],
    "m.logsumexp(x, b=np.array([-1.0, 1.0]), return_sign=True)": [np.ones(2), np.array([2, 1])],
    "m.softmax(x)": [np.array([-INF, 1.0]), np.array([1000.0, 999.0]), np.array([1, 2])],
    "m.log_softmax(x)": [np.array([-INF, 1.0]), np.array([1000.0, 0.0]), X.astype("f4")],
    "m.polygamma(1, x)": [np.array([1, 2])],
}
ROWS = [
    *(Row("special", code, x) for code, x in CODES.items()),
    Row("special", "m.logsumexp(x, b=y, axis=0)", X, abs(Y)),
    Row("special", "m.logsumexp(x, b=y)", X[0], np.array([0.0, 1.0, 2.0])),
    Row("special", "m.logsumexp(x)", np.zeros(3)),
    Row("special", "m.softmax(x)", np.zeros(3)),
    *(Row("special", code, x, smooth=False) for code, xs in AWKWARD.items() for x in xs),
]
