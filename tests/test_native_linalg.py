"""Linear algebra and running ops of native code: sizes, and what singular matrices do."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import lineara as la
from lineara.backends.native import linalg


def spd(a: Any) -> Any:
    return np.linalg.cholesky(a @ a.mT + np.eye(a.shape[-1], dtype=a.dtype))


FUNCTIONS = [np.linalg.inv, np.linalg.det, spd, lambda a: np.linalg.solve(a, a[..., :2] * 2)]


@pytest.mark.parametrize("shape", [(1, 1), (5, 3, 3), (2, 17, 17), (70, 70)])
def test_sizes(shape: tuple[int, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linalg, "TINY", 0)  # stacks of small matrices, too
    a = np.random.default_rng(0).normal(size=shape) + 4 * np.eye(shape[-1])
    for f in FUNCTIONS:
        native, expected = la.jit(f), f(a)
        scale = np.max(np.abs(expected)) * 1000 * np.finfo(a.dtype).eps
        np.testing.assert_allclose(native(a), expected, rtol=0, atol=scale)
        assert not native.inspect(a).by_numpy


def test_singular() -> None:
    a = np.array([[1.0, 2.0], [2.0, 4.0]])
    assert la.jit(np.linalg.det)(a) == 0
    for f in (np.linalg.inv, lambda a: np.linalg.solve(a, a), lambda a: np.linalg.cholesky(-a)):
        with pytest.raises(np.linalg.LinAlgError):
            la.jit(f)(a)
