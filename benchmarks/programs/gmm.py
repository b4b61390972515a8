"""The Gaussian mixture of ADBench with 1000 points in 10 dimensions and 25 components.

It is that of ``examples/adbench_gmm.py``, in a form that every library takes (nothing is written
into arrays), and without the part that does not depend on the mixture.
"""

import os
import runpy
from functools import partial
from pathlib import Path

import numpy

from programs.program import Program

POINTS, SIZE, COUNT = 1000, 10, 25
FILE = f"gmm/1k/gmm_d{SIZE}_K{COUNT}.txt"
EXAMPLE = runpy.run_path(str(Path(__file__).parents[2] / "examples/adbench_gmm.py"))


def log_sum_exp(np, x):
    largest = np.max(x, axis=0)
    return largest + np.log(np.sum(np.exp(x - largest), axis=0))


def objective(np, parameters, x, places, gamma, m, log_sum_exp=log_sum_exp):
    """The log-likelihood and the prior. Entry [i, j] of a factor is the one that `places` says of
    the logarithms' exponentials, the entries below the diagonal, and a zero, in this order.
    """
    alphas, means, icf = parameters
    (count, size), points = means.shape, len(x)
    logs, lower = icf[:, :size], icf[:, size:]
    diagonal = np.exp(logs)
    factors = np.concatenate([diagonal, lower, np.zeros((count, 1))], axis=1)[:, places]
    z = (x - means[:, None]) @ np.swapaxes(factors, 1, 2)
    scores = (alphas + np.sum(logs, axis=1))[:, None] - 0.5 * np.sum(z**2, axis=2)
    likelihood = np.sum(log_sum_exp(np, scores)) - points * log_sum_exp(np, alphas)
    prior = 0.5 * gamma**2 * (np.sum(diagonal**2) + np.sum(lower**2)) - m * np.sum(logs)
    return likelihood + prior


def torch_log_sum_exp(torch, x):
    return torch.logsumexp(x, 0)


def places_of(size):
    """Where the entries of a lower triangular matrix are stored; zeros are in the last place."""
    columns, rows = numpy.triu_indices(size, 1)
    places = numpy.full((size, size), size + len(rows))
    places[range(size), range(size)] = range(size)
    places[rows, columns] = size + numpy.arange(len(rows))
    return places


def program():
    """With the file of ADBench if the environment variable ``ADBENCH_DATA`` names its folder of
    data, otherwise with random numbers.
    """
    folder = os.environ.get("ADBENCH_DATA")
    problem = (
        EXAMPLE["load"](Path(folder, FILE)) if folder else EXAMPLE["generate"](POINTS, SIZE, COUNT)
    )
    *parameters, x, gamma, m = problem
    function = partial(objective, gamma=gamma, m=m)
    return Program(
        f"ADBench GMM 1k_d{SIZE}_K{COUNT}, " + ("its file" if folder else "random data"),
        function,
        partial(function, log_sum_exp=torch_log_sum_exp),
        tuple(parameters),
        (x, places_of(SIZE)),
    )
