"""Random functions that write in loops and through views compute what NumPy computes."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, seed, settings
from random_writes import Plain, defined, texts

import lineara as la

EXAMPLES = int(os.environ.get("LINEARA_EXAMPLES", "150"))
SHARDS = 4
X, W = np.array([[0.3, -0.7, 0.9], [1.1, 0.2, -0.4]]), np.array([0.5, -0.9, 0.8, 0.1])
XS, WS = np.stack([X, X[::-1] - 0.3]), np.stack([W, 0.7 - W])
V = np.array([[0.2, 0.5, -0.3], [0.7, -0.6, 0.4]]), np.array([-0.1, 0.9, 0.6, -0.8])


def equal(found: Any, expected: Any) -> None:
    for x, y in zip(found, expected, strict=True):
        np.testing.assert_array_equal(x, y, strict=True)


def check_program(text: str) -> None:
    """Values are NumPy's, and the two modes agree on derivatives."""
    f, plain = defined(text), defined(text, Plain)
    expected = plain(X.copy(), W.copy())
    arguments = X.copy(), W.copy()
    equal(f(*arguments), expected)
    equal(la.jit(f)(*arguments), expected)
    found, back = la.vjp(f, *arguments)
    equal(found, expected)
    equal(arguments, (X, W))

    weights = [np.linspace(0.3, 1.0, y.size).reshape(y.shape) for y in expected]
    total = lambda x, w: sum(np.sum(y * u) for y, u in zip(f(x, w), weights, strict=True))  # noqa: E731
    forward = la.jacfwd(total, argnums=(0, 1))(X, W)
    for x, y in zip(back(tuple(weights)), forward, strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-11, atol=1e-11)

    examples = [plain(x.copy(), w.copy()) for x, w in zip(XS, WS, strict=True)]
    equal(la.vmap(f)(XS, WS), [np.stack(ys) for ys in zip(*examples, strict=True)])


@pytest.mark.parametrize("shard", range(SHARDS))
def test_programs(shard: int) -> None:
    @seed(shard)
    @settings(
        max_examples=-(-EXAMPLES // SHARDS),
        deadline=None,
        database=None,
        derandomize=False,
        suppress_health_check=list(HealthCheck),
    )
    @given(texts())
    def holds(text: str) -> None:
        check_program(text)

    holds()
