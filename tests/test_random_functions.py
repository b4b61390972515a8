"""Random user-level functions: every way to compute a value or a derivative gives the same one."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from random_functions import WITHOUT_CHECKPOINTS, Plain, defined, texts

import lineara as la
from lineara import tree

BOTH = (0, 1)
X, S = np.array([0.31, -0.62, 0.87]), np.float64(0.43)
XS, SS = np.stack([X, X[::-1] * 1.1, X - 0.5]), np.array([S, -0.7, 1.2])
V = np.array([0.7, -0.2, 0.5]), np.float64(-0.6)


def close(found: Any, expected: Any, rtol: float = 1e-10) -> None:
    for x, y in zip(tree.leaves(found), tree.leaves(expected), strict=True):
        scale = max(1.0, float(np.max(np.abs(y))))
        np.testing.assert_allclose(x, y, rtol=rtol, atol=rtol * scale)


def same(found: Any, expected: Any) -> None:
    for x, y in zip(tree.leaves(found), tree.leaves(expected), strict=True):
        np.testing.assert_array_equal(x, y, strict=True)


def inputs(axes: Sequence[int | None], k: Any = ...) -> list[Any]:
    """The arguments of example k, by default of all, where `axes` says which ones differ."""
    both = zip((X, S), (XS, SS), axes, strict=True)
    return [x if axis is None else xs[k] for x, xs, axis in both]


def stacked(g: Callable[..., Any], axes: Sequence[int | None]) -> Any:
    """`g` of each example, stacked."""
    results = [g(*inputs(axes, k)) for k in range(3)]
    return tree.map(lambda *parts: np.stack(parts), *results)


def measured(f: Callable[..., Any]) -> Any:
    """The gradient of a function of NumPy arrays, by central differences."""
    h = 1e-5
    x_bar = [(f(X + h * e, S) - f(X - h * e, S)) / (2 * h) for e in np.eye(3)]
    return np.array(x_bar), (f(X, S + h) - f(X, S - h)) / (2 * h)


def along(f: Callable[..., Any]) -> Callable[..., Any]:
    """The derivative of `f` in direction V, in reverse mode."""

    def slope(x: Any, s: Any) -> Any:
        x_bar, s_bar = la.grad(f, argnums=BOTH)(x, s)
        return x_bar @ V[0] + s_bar * V[1]

    return slope


def check_function(text: str, axes: Sequence[int | None]) -> None:
    """The laws of values and first derivatives, for the function of a text."""
    f, plain = defined(text), defined(text, Plain)
    value = plain(X, S)
    close(f(X, S), value)
    close(la.jit(f)(X, S), value)

    g = la.grad(f, argnums=BOTH)
    jitted = la.jit(g)
    gradient = g(X, S)
    close(jitted(X, S), gradient)
    close(la.jacfwd(f, argnums=BOTH)(X, S), gradient)
    close(measured(plain), gradient, 1e-4)

    if "checkpoint" in text:
        saved = defined(text, WITHOUT_CHECKPOINTS)
        same(
            la.value_and_grad(saved, argnums=BOTH)(X, S),
            (la.jit(f, backend="numpy")(X, S), gradient),
        )

    close(la.vmap(f, in_axes=axes)(*inputs(axes)), stacked(plain, axes))
    close(la.vmap(g, in_axes=axes)(*inputs(axes)), stacked(jitted, axes))

    program = la.trace(g)(X, S)
    la.check(program)
    parsed = la.parse(program.text)
    la.check(parsed)
    assert parsed.text == program.text


def check_second_derivative(text: str) -> None:
    """Reverse mode over itself, and forward mode over it, agree."""
    f = defined(text)
    forward = la.jvp(la.grad(f, argnums=BOTH), (X, S), V)[1]
    close(la.grad(along(f), argnums=BOTH)(X, S), forward, 1e-8)


EXAMPLES = int(os.environ.get("LINEARA_EXAMPLES", "150"))
SHARDS = 4
SETTINGS = settings(
    max_examples=-(-EXAMPLES // SHARDS),
    deadline=None,
    database=None,
    derandomize=False,
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.parametrize("shard", range(SHARDS))
def test_laws(shard: int) -> None:
    @seed(shard)
    @settings(SETTINGS)
    @given(texts(), st.sampled_from([(0, 0), (0, None), (None, 0)]))
    def holds(text: str, axes: Sequence[int | None]) -> None:
        check_function(text, axes)

    holds()


@seed(SHARDS)
@settings(SETTINGS)
@given(texts())
def test_second_derivatives(text: str) -> None:
    check_second_derivative(text)
