"""Contractions as BLAS computes them: any labels, layouts and lengths."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

import lineara as la
from lineara.backends.native import blas
from lineara.frontend.core import apply
from lineara.ops.contract import Dot

PARTS = {"batch": "xyo", "row": "xo", "column": "yo", "sum": "xy"}
DTYPES = [np.float64, np.float32, np.complex128, np.complex64]


def contraction(rng: random.Random) -> tuple[str, list[Any]]:
    """A spec in which rows, columns and sums occur, and lengths of its labels in random arrays."""
    kinds = ["row", "column", "sum", *rng.choices(list(PARTS), k=rng.randint(0, 3))]
    labels = "abcdef"[: len(kinds)]
    rng.shuffle(kinds)
    parts = {p: [a for a, k in zip(labels, kinds, strict=True) if p in PARTS[k]] for p in "xyo"}
    if rng.random() < 0.7:
        for part in parts.values():
            rng.shuffle(part)
    sizes = {a: rng.choice([1, 2, 3, 4, 5, 7]) for a in labels}
    x, y, out = ("".join(parts[p]) for p in "xyo")
    dtype = rng.choice(DTYPES)
    numbers = np.random.default_rng(rng.randint(0, 10**6))
    arrays = []
    for part in (x, y):
        shape = [sizes[a] for a in part]
        array = numbers.normal(size=shape) + 1j * numbers.normal(size=shape)
        arrays.append((array if np.dtype(dtype).kind == "c" else array.real).astype(dtype))
    return f"{x},{y}->{out}", arrays


@pytest.mark.parametrize("number", range(60))
def test_contractions(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for limit in ("LARGE", "EACH", "THIN"):
        monkeypatch.setattr(blas, limit, 0)
    spec, (x, y) = contraction(random.Random(number))
    product = la.jit(lambda x, y: apply(Dot(spec), x, y))
    found, expected = product(x, y), np.einsum(spec, x, y)
    np.testing.assert_allclose(found, expected, rtol=0, atol=300 * np.finfo(x.dtype).eps)
    report = product.inspect(x, y)
    assert "gemm" in report.llvm
    assert not report.by_numpy


@pytest.mark.parametrize("sizes", [(60, 50, 40), (1, 300, 300), (2, 200, 100), (300, 300, 1)])
def test_products_in_use(sizes: tuple[int, int, int]) -> None:
    rng = np.random.default_rng(0)
    n, k, m = sizes
    a, b = rng.normal(size=(n, k)), rng.normal(size=(m, k))

    def f(a: Any, b: Any) -> Any:
        return np.sum(np.tanh(a @ b.T) ** 2) + np.sum((a.T @ a) @ b.T)

    value, slopes = la.value_and_grad(la.jit(f), argnums=(0, 1))(a, b)
    expected, others = la.jit(la.value_and_grad(f, argnums=(0, 1)), backend="numpy")(a, b)
    np.testing.assert_allclose(value, expected, rtol=1e-12)
    for found, other in zip(slopes, others, strict=True):
        np.testing.assert_allclose(found, other, rtol=1e-10, atol=1e-10)


def test_what_is_not_a_number_spreads_as_in_numpy() -> None:
    a, b = np.ones((40, 40)), np.ones((40, 40))
    a[3, 4], b[5, 6] = np.inf, np.nan
    np.testing.assert_array_equal(la.jit(np.matmul)(a, b), a @ b)
