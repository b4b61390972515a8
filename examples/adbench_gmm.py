"""The Gaussian mixture of ADBench, a benchmark of automatic differentiation.

The objective and the format of its files are those of Srajer, Kukelova and Fitzgibbon, *A benchmark
of selected algorithmic differentiation tools on some problems in computer vision and machine
learning* (2018). ``python adbench_gmm.py gmm_d2_K5.txt …`` reads files of that format.
"""

import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
from rich.console import Console
from scipy.special import gammaln

import lineara as la


class Problem(NamedTuple):
    """A mixture of K components in D dimensions, n points, and a Wishart prior.

    Row k of `icf` holds the triangular factor L of an inverse covariance: first the logarithms of
    its diagonal, then what is below the diagonal, column by column.
    """

    alphas: np.ndarray  # [K]
    means: np.ndarray  # [K, D]
    icf: np.ndarray  # [K, D (D + 1) / 2]
    x: np.ndarray  # [n, D]
    gamma: float
    m: int


def objective(alphas, means, icf, x, gamma, m):
    """The logarithm of the likelihood of the points, with that of the prior added."""
    (count, size), points = means.shape, len(x)
    logs, lower = icf[:, :size], icf[:, size:]
    z = (x - means[:, None]) @ np.swapaxes(factors(np.exp(logs), lower), 1, 2)
    scores = (alphas + np.sum(logs, axis=1))[:, None] - 0.5 * np.sum(z**2, axis=2)
    likelihood = np.sum(log_sum_exp(scores)) - points * log_sum_exp(alphas)
    squares = np.sum(np.exp(2 * logs)) + np.sum(lower**2)
    prior = 0.5 * gamma**2 * squares - m * np.sum(logs)
    return likelihood + prior + constant(points, count, size, gamma, m)


def factors(diagonal, lower):
    """Lower triangular matrices, of shape [K, D, D]."""
    count, size = diagonal.shape
    columns, rows = np.triu_indices(size, 1)
    result = np.zeros((count, size, size), like=diagonal)
    result[:, np.arange(size), np.arange(size)] = diagonal
    result[:, rows, columns] = lower
    return result


def log_sum_exp(x):
    """The logarithm of sum(exp(x)) along axis 0, without overflow."""
    largest = np.max(x, axis=0)
    return largest + np.log(np.sum(np.exp(x - largest), axis=0))


def constant(points, count, size, gamma, m):
    """What does not depend on the mixture."""
    freedom = size + m + 1
    scale = freedom * size * np.log(gamma / np.sqrt(2)) - 0.25 * size * (size - 1) * np.log(np.pi)
    gammas = np.sum(gammaln(0.5 * (freedom - np.arange(size))))
    return -0.5 * points * size * np.log(2 * np.pi) - count * (scale - gammas)


def load(path):
    """The problem in a file: D, K, n, then alphas, means, icf, x, gamma and m."""
    words = Path(path).read_text(encoding="utf-8").split()
    size, count, points = map(int, words[:3])
    shapes = (count,), (count, size), (count, size * (size + 1) // 2), (points, size)
    numbers = np.array(words[3:], float)
    *parts, rest = np.split(numbers, np.cumsum([np.prod(shape) for shape in shapes]))
    arrays = (part.reshape(shape) for part, shape in zip(parts, shapes, strict=True))
    gamma, m = rest
    return Problem(*arrays, float(gamma), int(m))


def generate(points, size, count, seed=0):
    """A problem of the same kind with random numbers."""
    rng = np.random.default_rng(seed)
    return Problem(
        alphas=rng.normal(size=count),
        means=rng.uniform(size=(count, size)),
        icf=rng.normal(size=(count, size * (size + 1) // 2)),
        x=rng.normal(size=(points, size)),
        gamma=1.0,
        m=0,
    )


def main(paths=()):
    """Prints the objective and the size of its gradient for each file, or for a random problem."""
    console = Console()
    problems = {path: load(path) for path in paths} or {"random": generate(1000, 2, 5)}
    for name, problem in problems.items():
        value, gradient = la.value_and_grad(objective, argnums=(0, 1, 2))(*problem)
        norms = ", ".join(f"{np.linalg.norm(part):.6g}" for part in gradient)
        console.print(f"{name}: {value:.10g}; norms of the gradient: {norms}", soft_wrap=True)


if __name__ == "__main__":
    main(sys.argv[1:])
