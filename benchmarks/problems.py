"""The problems: each function is written once, for any library with NumPy's names."""

from __future__ import annotations

import os
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np


class Problem(NamedTuple):
    """A scalar function of arrays, in NumPy's names and in PyTorch's.

    Attributes:
        name: what tables call it.
        numpy: takes the module in place of ``np``, returns the function.
        torch: takes PyTorch, returns the function on tensors.
        arguments: where to differentiate, with respect to all of them.
    """

    name: str
    numpy: Any
    torch: Any
    arguments: tuple[Any, ...]


def rosenbrock(np: Any) -> Any:
    return lambda x: np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def rosenbrock_torch(torch: Any) -> Any:
    return lambda x: torch.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def network(np: Any, x: Any, y: Any) -> Any:
    """Softmax cross-entropy of a network with two hidden layers."""

    def loss(w1: Any, b1: Any, w2: Any, b2: Any, w3: Any, b3: Any) -> Any:
        h = np.tanh(np.dot(x, w1) + b1)
        h = np.tanh(np.dot(h, w2) + b2)
        z = np.dot(h, w3) + b3
        largest = np.max(z, axis=1, keepdims=True)
        logs = z - largest - np.log(np.sum(np.exp(z - largest), axis=1, keepdims=True))
        return -np.sum(logs * y) / x.shape[0]

    return loss


def network_torch(torch: Any, x: Any, y: Any) -> Any:
    x, y = torch.tensor(x), torch.tensor(y)

    def loss(w1: Any, b1: Any, w2: Any, b2: Any, w3: Any, b3: Any) -> Any:
        h = torch.tanh(x @ w1 + b1)
        h = torch.tanh(h @ w2 + b2)
        return -torch.sum(torch.log_softmax(h @ w3 + b3, 1) * y) / x.shape[0]

    return loss


def mixture(np: Any, x: Any, gamma: float, m: float) -> Any:
    """ADBench's Gaussian mixture, up to a constant. Row k of `icf` holds a triangular factor:
    first the logarithms of its diagonal, then what is below it, column by column.
    """
    size = x.shape[1]
    places = _places(size)

    def objective(alphas: Any, means: Any, icf: Any) -> Any:
        logs, lower = icf[:, :size], icf[:, size:]
        below = np.dot(lower, places).reshape((-1, size, size))
        diagonal = np.exp(logs)
        y = x[:, None, :] - means[None]
        z = diagonal[None] * y + np.einsum("kij,nkj->nki", below, y)
        scores = alphas + np.sum(logs, axis=1) - 0.5 * np.sum(z**2, axis=2)
        likelihood = np.sum(_log_sum_exp(np, scores, 1)) - len(x) * _log_sum_exp(np, alphas, 0)
        squares = np.sum(diagonal**2) + np.sum(lower**2)
        return likelihood + 0.5 * gamma**2 * squares - m * np.sum(logs)

    return objective


def mixture_torch(torch: Any, x: Any, gamma: float, m: float) -> Any:
    size = x.shape[1]
    places = torch.tensor(_places(size))
    x = torch.tensor(x)

    def objective(alphas: Any, means: Any, icf: Any) -> Any:
        logs, lower = icf[:, :size], icf[:, size:]
        below = (lower @ places).reshape((-1, size, size))
        diagonal = torch.exp(logs)
        y = x[:, None, :] - means[None]
        z = diagonal[None] * y + torch.einsum("kij,nkj->nki", below, y)
        scores = alphas + torch.sum(logs, 1) - 0.5 * torch.sum(z**2, 2)
        likelihood = torch.sum(torch.logsumexp(scores, 1)) - len(x) * torch.logsumexp(alphas, 0)
        squares = torch.sum(diagonal**2) + torch.sum(lower**2)
        return likelihood + 0.5 * gamma**2 * squares - m * torch.sum(logs)

    return objective


def _log_sum_exp(np: Any, x: Any, axis: int) -> Any:
    largest = np.max(x, axis=axis, keepdims=True)
    return np.sum(largest, axis=axis) + np.log(np.sum(np.exp(x - largest), axis=axis))


def _places(size: int) -> Any:
    """The matrix that puts the elements below the diagonal, in a row, to their places."""
    columns, rows = np.triu_indices(size, 1)
    places = np.zeros((len(rows), size * size))
    places[np.arange(len(rows)), rows * size + columns] = 1
    return places


def mixture_data() -> tuple[Any, ...]:
    """ADBench's gmm_d10_K25 with 1,000 points, from the folder ADBENCH_DATA or made up alike."""
    folder = os.environ.get("ADBENCH_DATA", "")
    files = sorted(Path(folder).rglob("gmm_d10_K25.txt")) if folder else []
    files = [f for f in files if "1k" in str(f)] or files
    size, count, points = 10, 25, 1000
    shapes = (count,), (count, size), (count, size * (size + 1) // 2), (points, size)
    if files:
        numbers = np.array(files[0].read_text(encoding="utf-8").split()[3:], float)
    else:
        numbers = np.random.default_rng(0).normal(size=sum(map(np.prod, shapes)) + 2)
        numbers[-2:] = 1.0, 0.0
    *parts, rest = np.split(numbers, np.cumsum([np.prod(shape) for shape in shapes]))
    return *(p.reshape(s) for p, s in zip(parts, shapes, strict=True)), *map(float, rest)


def problems() -> list[Problem]:
    random = np.random.default_rng(1)
    sizes = (64, 128, 128, 10)
    x = random.normal(size=(128, 64))
    y = np.eye(10)[random.integers(10, size=128)]
    weights = []
    for rows, columns in pairwise(sizes):
        weights += [random.normal(size=(rows, columns)) / np.sqrt(rows), np.zeros(columns)]
    alphas, means, icf, points, gamma, m = mixture_data()
    return [
        Problem(
            "Rosenbrock, 100 variables", rosenbrock, rosenbrock_torch, (np.linspace(-1, 1, 100),)
        ),
        Problem(
            "network 64-128-128-10, batch 128",
            lambda np: network(np, x, y),
            lambda torch: network_torch(torch, x, y),
            tuple(weights),
        ),
        Problem(
            "GMM of ADBench, 1k d10 K25",
            lambda np: mixture(np, points, gamma, m),
            lambda torch: mixture_torch(torch, points, gamma, m),
            (alphas, means, icf),
        ),
    ]
