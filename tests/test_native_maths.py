"""Elementary functions of native code are accurate over their range, whoever computes them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import scipy.special

import lineara as la
from lineara.backends.native import kernels, machine, maths
from lineara.frontend import cache, following

FUNCTIONS = (
    *("exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sin", "cos", "tan", "cbrt"),
    *("arcsin", "arccos", "arctan", "sinh", "cosh", "tanh", "arcsinh", "arccosh", "arctanh"),
)
OF_TWO = "power", "hypot", "arctan2"
ULPS = 4
SPECIAL = [0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, np.nan, 5e-324, -5e-324, 1e308, 1e-40]
PRECISE = {np.float32: np.float64, np.float64: np.longdouble}
"""Dtypes that are precise enough to measure by; long doubles are, on some machines."""


@pytest.fixture(params=["library", "kernels", "kernels without fma"])
def source(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """With the library of vector functions, or as on a machine that has none.

    Functions that were compiled in another way are forgotten.
    """
    maths._vector_name.cache_clear()
    monkeypatch.setattr(cache, "_functions", {})
    monkeypatch.setattr(following, "_scripts", {})
    if request.param != "library":
        monkeypatch.setattr(maths, "vector_maths", lambda: None)
    if request.param == "kernels without fma":
        monkeypatch.setattr(kernels, "has_fma", lambda: False)
    yield request.param
    maths._vector_name.cache_clear()


@pytest.mark.parametrize("name", ["exp", "power"])
def test_who_computes(name: str, source: str) -> None:
    function = getattr(np, name)
    report = la.jit(lambda *xs: function(*xs)).inspect(*[np.ones(8)] * (1 + (name == "power")))
    assert ("kernel." in report.llvm) == (source != "library" or machine.vector_maths() is None)
    if source == "kernels without fma":
        assert "@llvm.fma" not in report.llvm


def points(dtype: Any) -> Any:
    """Numbers of all sizes, many of moderate size, and many close to one."""
    rng, info = np.random.default_rng(0), np.finfo(dtype)
    sizes = np.log([float(info.smallest_subnormal), float(info.max)])
    every = np.exp(rng.uniform(*sizes, 3000)) * rng.choice([-1, 1], 3000)
    close = 1 + rng.normal(size=1000) * np.exp(rng.uniform(-36, 0, 1000))
    parts = (rng.uniform(-30, 30, 2000), rng.uniform(-1, 1, 2000), rng.uniform(-800, 800, 1000))
    with np.errstate(all="ignore"):
        return np.concatenate([every, close, *parts, SPECIAL]).astype(dtype)


@pytest.mark.parametrize("dtype", PRECISE)
@pytest.mark.parametrize("name", FUNCTIONS + OF_TWO)
def test_accuracy(name: str, dtype: Any, source: str) -> None:
    if np.finfo(PRECISE[dtype]).nmant < np.finfo(dtype).nmant + 8:
        pytest.skip("nothing more precise to measure by on this machine")
    function = getattr(np, name)
    operands = [points(dtype)]
    if name in OF_TWO:
        operands.append(np.random.default_rng(1).permutation(operands[0]))
    with np.errstate(all="ignore"):
        found = la.jit(lambda *xs: function(*xs))(*operands)
        exact = function(*(x.astype(PRECISE[dtype]) for x in operands))
        rounded = exact.astype(dtype)
        finite = np.isfinite(rounded) & np.isfinite(found)
        errors = np.abs(found - exact)[finite] / np.spacing(np.abs(rounded[finite]))
    assert found.dtype == dtype
    np.testing.assert_array_equal(found[~finite], rounded[~finite])
    zero = rounded == 0
    np.testing.assert_array_equal(np.signbit(found[zero]), np.signbit(rounded[zero]))
    assert errors.max() <= ULPS


@pytest.mark.parametrize("dtype", PRECISE)
@pytest.mark.parametrize("exponent", [0.0, 1.0, 2.0, 3.0, 4.0, -1.0, 1.5, -2.0])
def test_powers(exponent: float, dtype: Any) -> None:
    if np.finfo(PRECISE[dtype]).nmant < np.finfo(dtype).nmant + 8:
        pytest.skip("nothing more precise to measure by on this machine")
    x = points(dtype)
    with np.errstate(all="ignore"):
        found = la.jit(lambda x: np.power(x, dtype(exponent)))(x)
        exact = np.power(x.astype(PRECISE[dtype]), exponent)
        rounded = exact.astype(dtype)
        finite = np.isfinite(rounded) & np.isfinite(found)
        errors = np.abs(found - exact)[finite] / np.spacing(np.abs(rounded[finite]))
    np.testing.assert_array_equal(found[~finite], rounded[~finite])
    np.testing.assert_array_equal(np.signbit(found), np.signbit(rounded))
    assert errors.max() <= ULPS


@pytest.mark.parametrize("dtype", PRECISE)
@pytest.mark.parametrize("name", ["erf", "erfc"])
def test_error_functions(name: str, dtype: Any, source: str) -> None:
    rng = np.random.default_rng(0)
    parts = (rng.uniform(-1.5, 1.5, 1000), rng.uniform(-6, 28, 2000), points(dtype))
    x = np.concatenate(parts).astype(dtype)
    found = la.jit(getattr(scipy.special, name))(x)
    exact = np.array([getattr(math, name)(float(number)) for number in x])
    expected = exact.astype(dtype)
    known = ~np.isnan(expected)
    errors = np.abs(found - exact)[known] / np.spacing(np.abs(expected[known]))
    np.testing.assert_array_equal(np.isnan(found), ~known)
    np.testing.assert_array_equal(np.signbit(found[known]), np.signbit(expected[known]))
    assert errors.max() <= ULPS


def test_exact_powers(source: str) -> None:
    every = [(b, n) for b in range(-40, 41) for n in range(54) if abs(b) ** n <= 2**53]
    base, exponent = np.array(every, float).T
    found = la.jit(np.power)(base, exponent)
    np.testing.assert_array_equal(found, [float(b**n) for b, n in every])
    twos = np.arange(-1074.0, 1024.0)
    np.testing.assert_array_equal(la.jit(np.power)(np.full_like(twos, 2.0), twos), np.exp2(twos))
    np.testing.assert_array_equal(la.jit(np.exp2)(twos), np.exp2(twos))
    if source != "library":
        np.testing.assert_array_equal(la.jit(np.log2)(np.exp2(twos)), twos)
        tens = np.arange(0.0, 23.0)
        np.testing.assert_array_equal(la.jit(np.log10)(10.0**tens), tens)


@pytest.mark.parametrize("dtype", PRECISE)
@pytest.mark.parametrize("name", ["power", "arctan2"])
def test_special_pairs(name: str, dtype: Any, source: str) -> None:
    numbers = [*SPECIAL, 0.5, 2.0, -2.0, 3.0, -3.0, 1e20, -1e20, 1.5, 2.0**53 - 1, 1 - 2**-53]
    with np.errstate(all="ignore"):
        x, y = (v.ravel() for v in np.meshgrid(*2 * [np.array(numbers).astype(dtype)]))
        expected = getattr(np, name)(x, y)
        found = la.jit(lambda x, y: getattr(np, name)(x, y))(x, y)
        error = np.abs(found - expected) / np.spacing(np.abs(expected))
    same = (found == expected) & (np.signbit(found) == np.signbit(expected))
    near = same | (np.isnan(found) & np.isnan(expected)) | (error <= ULPS)
    assert near.all(), [*zip(x[~near], y[~near], found[~near], expected[~near], strict=True)]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_result_does_not_depend_on_its_place(name: str, source: str) -> None:
    x = np.linspace(0.1, 0.9, 103) + (name == "arccosh")
    f = la.jit(getattr(np, name))
    whole = f(x)
    for start, stop in [(0, 1), (1, 4), (3, 8), (50, 103), (102, 103)]:
        np.testing.assert_array_equal(f(x[start:stop]), whole[start:stop])


def test_vector_functions_need_their_instructions(monkeypatch: pytest.MonkeyPatch) -> None:
    machine.vector_maths.cache_clear()
    monkeypatch.setattr(machine.llvm, "get_host_cpu_features", lambda: {"avx2": False})
    assert machine.vector_maths() is None
    machine.vector_maths.cache_clear()
