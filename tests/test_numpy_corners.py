"""Corners of NumPy's semantics on traced arrays that rows cannot show."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import lineara as la
from lineara import numpy as lnp
from lineara.errors import LinearaError


def test_slope_of_tanh_far_out() -> None:
    """1/cosh(x)² to the last digits, where 1 − tanh(x)² cancels."""
    x = np.array([-300.0, -20.0, -1e-3, 0.0, 0.5, 5.0, 19.0, 40.0, 400.0, np.inf])
    slope = la.jacfwd(lambda v: np.tanh(v))(x)
    expected = (1 / np.cosh(np.minimum(abs(x), 700))) ** 2
    np.testing.assert_allclose(np.diag(slope), expected, rtol=2e-14)
    third = la.grad(la.grad(la.grad(np.tanh)))
    assert third(0.0) == -2.0
    for point in (0.0, -0.7, 30.0, 1000.0, -1000.0):
        assert np.isfinite(third(point))


@pytest.mark.parametrize("make", [
    lambda x: np.zeros((), like=x),
    lambda x: lnp.zeros(()),
    lambda x: lnp.array(0.0),
    lambda x: np.zeros_like(x),
    lambda x: np.where(x > 5, x, 0.0),
])  # fmt: skip
def test_an_array_without_axes_has_one_memory(make: Any) -> None:
    def f(x: Any) -> Any:
        a = make(x)
        b = a
        b += x
        b *= x
        return a

    for _ in range(3):
        assert la.value_and_grad(f)(3.0) == (9.0, 6.0)
    assert la.jit(f)(3.0) == 9.0


def test_a_scalar_has_none() -> None:
    def f(x: Any) -> Any:
        a = np.sum(x)
        b = a
        b += 1.0
        return a

    assert la.value_and_grad(f)(3.0) == (3.0, 1.0)


def test_put_into_an_array_without_axes() -> None:
    def f(x: Any) -> Any:
        a = np.zeros((), like=x)
        np.put(a, [0, -1], np.stack([x, x * x]))
        return a

    assert la.value_and_grad(f)(3.0) == (9.0, 6.0)
    with pytest.raises(LinearaError, match="one element"):
        la.grad(lambda x: np.put(np.zeros((), like=x), 1, x))(3.0)


def test_vectorize() -> None:
    def area(a: Any, b: Any) -> Any:
        return a * b if a > b else a + b

    x, y = np.array([1.0, 3.0]), np.array([[2.0], [0.5]])
    vectorized = lnp.vectorize(area)
    expected = np.vectorize(area)(x, y)
    np.testing.assert_array_equal(vectorized(x, y), expected)
    value, slope = la.value_and_grad(lambda x: np.sum(vectorized(x, y)))(x)
    assert value == expected.sum()
    np.testing.assert_array_equal(slope, [1.5, 2.5])
    norms = lnp.vectorize(np.linalg.norm, signature="(n)->()")
    np.testing.assert_allclose(la.grad(lambda y: np.sum(norms(y)))(y), np.ones((2, 1)))
    with pytest.raises(LinearaError, match="by position"):
        la.grad(lambda x: np.sum(lnp.vectorize(area)(x, b=2.0)))(x)
    with pytest.raises(LinearaError, match="lineara import numpy"):
        la.grad(lambda x: np.sum(np.vectorize(area)(x, y)))(x)


@pytest.mark.parametrize("call", [
    "np.array([x[0], 1.0])", "np.mean([x[0], 1.0])", "np.r_[x, 1.0]", "np.c_[x, x]",
    "np.sum([x[0], x[1]])", "np.linalg.norm([x[0], x[1]])", "np.max([x[0], 2.0])",
])  # fmt: skip
def test_what_numpy_does_not_dispatch(call: str) -> None:
    x = np.array([3.0, 4.0])
    function: Any = eval(f"lambda x: np.sum({call})", {"np": lnp})
    plain: Any = eval(f"lambda x: np.sum({call})", {"np": np})
    assert la.value_and_grad(function)(x)[0] == plain(x)
    with pytest.raises(LinearaError, match="from lineara import numpy as np"):
        la.grad(plain)(x)


@pytest.mark.parametrize("call", [
    "rng.normal(x)", "rng.normal(0.0, x[0])", "rng.permutation(x)", "rng.choice(x)",
    "np.random.uniform(0, x)", "rng.poisson(x)", "rng.multivariate_normal(x, np.eye(2))",
])  # fmt: skip
def test_random_numbers_do_not_depend_on_traced_values(call: str) -> None:
    rng = np.random.default_rng(0)
    function: Any = eval(f"lambda x: np.sum({call})", {"np": np, "rng": rng})
    with pytest.raises(LinearaError, match="standard_normal"):
        la.grad(function)(np.array([1.0, 2.0]))


def test_lstsq_under_jit_has_residuals_or_nan() -> None:
    a, b = np.arange(12.0).reshape(4, 3), np.ones(4)
    full = a + np.eye(4, 3)
    x, residuals, rank, s = la.jit(np.linalg.lstsq)(full, b)
    expected = np.linalg.lstsq(full, b)
    np.testing.assert_allclose(x, expected[0], rtol=1e-9)
    np.testing.assert_allclose(residuals, expected[1], rtol=1e-9, atol=1e-12)
    assert rank == 3
    np.testing.assert_allclose(s, expected[3])
    deficient = la.jit(lambda a, b: np.linalg.lstsq(a, b, 1e-9)[1:3])(a, b)
    assert np.isnan(deficient[0]).all()
    assert deficient[1] == 2
