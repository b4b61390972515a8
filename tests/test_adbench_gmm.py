"""The Gaussian mixture of ADBench: its gradient is that which one derives by hand."""

from __future__ import annotations

import os
from math import lgamma, log, pi
from pathlib import Path

import adbench_gmm
import numpy as np
import pytest
from adbench_gmm import Problem, generate, load, objective
from laws import check_laws
from numpy.typing import NDArray
from scipy.stats import multivariate_normal

import lineara as la

Arrays = tuple[NDArray[np.float64], ...]

COMMITTED = Path(__file__).parent / "data/adbench"
FOLDERS = [Path(os.environ.get("ADBENCH_DATA", COMMITTED)), COMMITTED]
FILES = ["1k/gmm_d2_K5.txt", "1k/gmm_d10_K25.txt", "10k/gmm_d10_K25.txt"]
SHAPES = [(1000, 2, 5), (1000, 10, 25), (10_000, 10, 25)]
SMALL = generate(points=7, size=3, count=4, seed=1)._replace(gamma=0.7, m=2)

gradient = la.value_and_grad(objective, argnums=(0, 1, 2))


def by_hand(problem: Problem) -> Arrays:
    """The gradient with respect to alphas, means and icf.

    With z = L_k (x_i − μ_k), responsibilities r_ik = p(component k | point i) and Q = exp(log
    diagonal of L), the derivatives of the sum over i of log Σ_k exp(α_k + Σ log Q_k − ½ |z|²) are
    Σ_i r_ik, Σ_i r_ik Lᵀz, and with respect to L, −Σ_i r_ik z (x_i − μ_k)ᵀ.
    """
    alphas, means, icf, x, gamma, m = problem
    (count, size), points = means.shape, len(x)
    below = [(i, j) for j in range(size) for i in range(j + 1, size)]  # column by column
    rows, columns = (np.array(index, int) for index in zip(*below, strict=True))
    scores = np.empty((points, count))
    factors, offsets, scaled = [], [], []
    for k in range(count):
        L = np.diag(np.exp(icf[k, :size]))
        L[rows, columns] = icf[k, size:]
        factors.append(L)
        offsets.append(x - means[k])
        scaled.append(offsets[k] @ L.T)
        scores[:, k] = alphas[k] + icf[k, :size].sum() - 0.5 * (scaled[k] ** 2).sum(axis=1)
    shifted = np.exp(scores - scores.max(axis=1, keepdims=True))
    responsibilities = shifted / shifted.sum(axis=1, keepdims=True)
    weights = np.exp(alphas - alphas.max())
    mass = responsibilities.sum(axis=0)
    d_alphas = mass - points * weights / weights.sum()
    d_means, d_icf = np.empty_like(means), np.empty_like(icf)
    for k in range(count):
        weighted = responsibilities[:, k, None] * scaled[k]
        d_factor = -weighted.T @ offsets[k]
        d_means[k] = weighted.sum(axis=0) @ factors[k]
        Q = np.diag(factors[k])
        d_icf[k, :size] = mass[k] + Q * np.diag(d_factor) + gamma**2 * Q**2 - m
        d_icf[k, size:] = d_factor[rows, columns] + gamma**2 * icf[k, size:]
    return d_alphas, d_means, d_icf


def check_gradient(problem: Problem) -> None:
    _, found = gradient(*problem)
    for part, expected in zip(found, by_hand(problem), strict=True):
        np.testing.assert_allclose(part, expected, rtol=1e-10, atol=1e-10 * np.abs(expected).max())


def test_objective_is_the_likelihood_and_the_prior() -> None:
    alphas, means, icf, x, gamma, m = SMALL
    (count, size), expected = means.shape, 0.0
    weights = np.exp(alphas) / np.exp(alphas).sum()
    density = np.zeros(len(x))
    freedom = size + m + 1
    for k in range(count):
        L = adbench_gmm.factors(np.exp(icf[k : k + 1, :size]), icf[k : k + 1, size:])[0]
        density += weights[k] * multivariate_normal(means[k], np.linalg.inv(L.T @ L)).pdf(x)
        expected += 0.5 * gamma**2 * (L**2).sum() - m * icf[k, :size].sum()
        expected -= freedom * size * (log(gamma) - 0.5 * log(2))
        expected += 0.25 * size * (size - 1) * log(pi)
        expected += sum(lgamma(0.5 * (freedom - j)) for j in range(size))
    assert objective(*SMALL) == pytest.approx(expected + np.log(density).sum(), rel=1e-12)


def test_below_the_diagonal_column_by_column() -> None:
    lower = np.arange(1.0, 7.0)[None]
    expected = [[9, 0, 0, 0], [1, 9, 0, 0], [2, 4, 9, 0], [3, 5, 6, 9]]
    np.testing.assert_array_equal(adbench_gmm.factors(np.full((1, 4), 9.0), lower)[0], expected)


def test_gradient_by_hand_is_a_gradient() -> None:
    for argument, expected in enumerate(by_hand(SMALL)):
        for i in np.ndindex(expected.shape):
            step = np.zeros_like(expected)
            step[i] = 1e-5
            above, below = list(SMALL), list(SMALL)
            above[argument], below[argument] = above[argument] + step, below[argument] - step
            slope = (objective(*above) - objective(*below)) / 2e-5
            assert slope == pytest.approx(expected[i], rel=1e-7, abs=1e-7)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_gradient_on_random_problems(shape: tuple[int, int, int]) -> None:
    check_gradient(generate(*shape))


@pytest.mark.parametrize("file", FILES)
def test_gradient_on_files(file: str) -> None:
    found = [path for folder in FOLDERS if (path := folder / "gmm" / file).exists()]
    if not found:
        pytest.skip(f"set ADBENCH_DATA to a folder with gmm/{file}")
    check_gradient(load(found[0]))


def test_laws() -> None:
    *parameters, x, gamma, m = SMALL
    program = la.trace(lambda *parameters: objective(*parameters, x, gamma, m))(*parameters)
    check_laws(program.main, [*program.constants, *parameters])


def test_main(capsys: pytest.CaptureFixture[str]) -> None:
    path = COMMITTED / "gmm" / FILES[0]
    adbench_gmm.main([str(path)])
    assert f"{path}: -5240.5905" in capsys.readouterr().out.replace("\n", "")
