"""`debug_nans` names the line that makes the first NaN, and which part of the derivative does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import lineara as la
from lineara.errors import LinearaError, NanError

X = np.array([0.0, 4.0])
MARK = "# <-"


def root(x: Any) -> Any:
    y = np.sqrt(x)  # <-
    return np.sum(np.where(x > 0, y, 0.0))


def quotient(x: Any) -> Any:
    y = x / x  # <-
    return np.sum(y)


def in_a_loop(x: Any) -> Any:
    def step(i: Any, c: Any) -> Any:
        return np.log(c - 2.0)  # <-

    return la.fori_loop(0, 3, step, x[1])


CASES: dict[str, tuple[Callable[[Any], Any], Callable[..., Any], str]] = {
    "reverse": (root, lambda f: la.grad(f)(X), "on the way back"),
    "reverse, jitted": (root, lambda f: la.jit(la.grad(f))(X), "on the way back"),
    "forward": (root, lambda f: la.jvp(f, (X,), (X,)), "in its derivative"),
    "a whole Jacobian": (root, lambda f: la.jacfwd(f)(X), "in its derivative"),
    "value": (quotient, lambda f: la.grad(f)(X), "in the function itself"),
    "value, jitted": (quotient, lambda f: la.jit(f)(X), "in the function itself"),
    "loop": (in_a_loop, lambda f: la.jit(f)(X), "in the function itself"),
}


@pytest.mark.parametrize("case", CASES)
def test_the_line_is_named(case: str) -> None:
    function, call, part = CASES[case]
    with la.debug_nans(), pytest.raises(NanError, match=part) as caught:
        call(function)
    assert caught.value.where is not None
    assert MARK in str(caught.value.where)
    assert isinstance(caught.value, FloatingPointError | LinearaError)


def test_outside_and_within_again() -> None:
    gradient = la.jit(la.grad(root))
    expected = gradient(X)
    np.testing.assert_array_equal(gradient(X), expected)
    with la.debug_nans():
        with pytest.raises(NanError):
            gradient(X)
        with la.debug_nans(False):
            np.testing.assert_array_equal(gradient(X), expected)
    np.testing.assert_array_equal(gradient(X), expected)


def test_nothing_changes_without_nan() -> None:
    x = np.array([1.0, 2.0])
    with la.debug_nans():
        found = la.grad(root)(x), la.hessian(root)(x), la.vmap(root)(np.ones((2, 2)))
    for a, b in zip(
        found, (la.grad(root)(x), la.hessian(root)(x), la.vmap(root)(np.ones((2, 2)))), strict=True
    ):
        np.testing.assert_allclose(a, b, rtol=1e-15)


def test_nan_that_was_there_is_no_error() -> None:
    with la.debug_nans():
        assert np.isnan(la.grad(lambda x: np.sum(x * x))(np.array([np.nan, 1.0]))[0])
