"""Code written for Python's array API standard runs on traced arrays.

The names are those of the standard (2024.12); calls are compared with NumPy, which has them too.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import lineara as la
from lineara import numpy as lnp

NAMES = """
abs acos acosh add all any arange argmax argmin argsort asarray asin asinh astype atan atan2 atanh
bitwise_and bitwise_invert bitwise_left_shift bitwise_or bitwise_right_shift bitwise_xor bool
broadcast_arrays broadcast_to can_cast ceil clip complex128 complex64 concat conj copysign cos cosh
count_nonzero cumulative_prod cumulative_sum diff divide e empty empty_like equal exp expand_dims
expm1 eye finfo flip float32 float64 floor floor_divide from_dlpack full full_like greater
greater_equal hypot iinfo imag inf int16 int32 int64 int8 isdtype isfinite isinf isnan less
less_equal linspace log log10 log1p log2 logaddexp logical_and logical_not logical_or logical_xor
matmul matrix_transpose max maximum mean meshgrid min minimum moveaxis multiply nan negative newaxis
nextafter nonzero not_equal ones ones_like permute_dims pi positive pow prod real reciprocal
remainder repeat reshape result_type roll round searchsorted sign signbit sin sinh sort sqrt square
squeeze stack std subtract sum take take_along_axis tan tanh tensordot tile tril triu trunc uint16
uint32 uint64 uint8 unique_all unique_counts unique_inverse unique_values unstack var vecdot where
zeros zeros_like
"""
LINALG = """
cholesky cross det diagonal eigh eigvalsh inv matmul matrix_norm matrix_power matrix_rank
matrix_transpose outer pinv qr slogdet solve svd svdvals tensordot trace vecdot vector_norm
"""
FFT = """
fft ifft fftn ifftn rfft irfft rfftn irfftn hfft ihfft fftfreq rfftfreq fftshift ifftshift
"""


def standardised(x: Any) -> Any:
    """Each row less its mean, over its deviation."""
    xp = x.__array_namespace__()
    mean = xp.mean(x, axis=-1, keepdims=True)
    return (x - mean) / xp.std(x, axis=-1, keepdims=True, correction=1)


def whitened(x: Any) -> Any:
    xp = x.__array_namespace__()
    n = xp.asarray(x.shape[-1], dtype=xp.float64)
    covariance = xp.matmul(x, xp.permute_dims(x, (1, 0))) / n
    factor = xp.linalg.cholesky(covariance + 0.1 * xp.eye(x.shape[0]))
    return xp.linalg.solve(factor, x)


def smoothed(x: Any) -> Any:
    xp = x.__array_namespace__()
    spectrum = xp.fft.rfft(x)
    keep = xp.arange(spectrum.shape[-1]) < 2
    return xp.fft.irfft(xp.where(keep, spectrum, xp.zeros_like(spectrum)), n=x.shape[-1])


def arranged(x: Any) -> Any:
    xp = x.__array_namespace__()
    y = xp.concat([xp.flip(x, axis=0), xp.expand_dims(xp.sum(x, axis=0), axis=0)], axis=0)
    y = xp.astype(y, xp.complex128)
    return xp.real(xp.stack([y, xp.conj(y)], axis=1)) + xp.linalg.vector_norm(x)


def bounded(x: Any) -> Any:
    xp = x.__array_namespace__()
    if not xp.isdtype(x.dtype, "real floating"):
        raise TypeError(x.dtype)
    low = xp.full((), -xp.pi / 4, dtype=x.dtype, device=x.device)
    return xp.clip(xp.cumulative_sum(x, axis=0), low, xp.max(x)).to_device("cpu").mT


X = np.sin(np.arange(12.0)).reshape(3, 4)


@pytest.mark.parametrize("names, space", [(NAMES, lnp), (LINALG, lnp.linalg), (FFT, lnp.fft)])
def test_the_names_are_there(names: str, space: Any) -> None:
    newer = {"cumulative_prod", "cumulative_sum", "unstack", "astype"}  # since NumPy 2.1
    missing = [n for n in names.split() if not hasattr(space, n)]
    assert not set(missing) - (newer if np.lib.NumpyVersion(np.__version__) < "2.1.0" else set())


@pytest.mark.parametrize("function", [standardised, whitened, smoothed, arranged, bounded])
def test_code_for_the_standard(function: Any) -> None:
    expected = function(X)
    np.testing.assert_allclose(la.jit(function)(X), expected, rtol=1e-13)
    la.check_grads(lambda x: np.sum(np.cos(function(x))), (X,), order=2)


def test_the_namespace() -> None:
    found: list[Any] = []

    def f(x: Any) -> Any:
        found.append(x.__array_namespace__(api_version="2022.12"))
        with pytest.raises(ValueError, match="1999"):
            x.__array_namespace__(api_version="1999.01")
        return np.sum(x)

    la.grad(f)(X)
    assert found[0] is lnp
    assert lnp.__array_namespace_info__().dtypes() == np.__array_namespace_info__().dtypes()
