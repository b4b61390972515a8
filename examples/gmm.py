"""A Gaussian mixture with full covariances, fitted to the iris data by L-BFGS.

The inverse covariance of each component is Lᵀ L, where L is lower triangular with a positive
diagonal that is stored as its logarithm: every vector of parameters is a valid mixture, so that an
unconstrained optimiser can search among all of them. What it needs is the gradient.
"""

import numpy as np
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from scipy.optimize import minimize
from sklearn.datasets import load_iris

import lineara as la

COMPONENTS = 3
STARTS = 4  # the likelihood has local maxima
PRIOR = 0.1  # a weak preference for unit covariances keeps components from shrinking to a point


def log_sum_exp(x):
    """The logarithm of sum(exp(x)) along axis 0, without overflow."""
    largest = np.max(x, axis=0)
    return largest + np.log(np.sum(np.exp(x - largest), axis=0))


def mixture(theta, size):
    """What the vector of parameters consists of: by component, the logarithm of the weight (up to
    a constant), the mean, the logarithms of the diagonal of L, and the matrix L.
    """
    ends = np.cumsum([COMPONENTS, COMPONENTS * size, COMPONENTS * size])
    logits, means, logs, lower = np.split(theta, ends)
    means, logs = means.reshape(-1, size), logs.reshape(-1, size)
    diagonal, (rows, columns) = np.arange(size), np.tril_indices(size, -1)
    factors = np.zeros((COMPONENTS, size, size), like=theta)
    factors[:, diagonal, diagonal] = np.exp(logs)
    factors[:, rows, columns] = lower.reshape(COMPONENTS, -1)
    return logits, means, logs, factors


def scores(theta, x):
    """The logarithm of p(component, point), of shape [components, points]."""
    size = x.shape[1]
    logits, means, logs, factors = mixture(theta, size)
    z = (x - means[:, None]) @ np.swapaxes(factors, 1, 2)
    log_weights = logits - log_sum_exp(logits)
    log_scales = np.sum(logs, axis=1) - 0.5 * size * np.log(2 * np.pi)
    return (log_weights + log_scales)[:, None] - 0.5 * np.sum(z**2, axis=2)


def log_likelihood(theta, x):
    """The mean of log p(point)."""
    return np.mean(log_sum_exp(scores(theta, x)))


def loss(theta, x):
    """What is minimised: minus the logarithm of likelihood times prior, for each point."""
    _, _, logs, factors = mixture(theta, x.shape[1])
    prior = np.sum(logs) - 0.5 * np.sum(factors**2)
    return -log_likelihood(theta, x) - PRIOR * prior / len(x)


def start(x, rng):
    """The parameters of components with unit covariance, at points chosen by chance."""
    points, size = x.shape
    means = x[rng.choice(points, COMPONENTS, replace=False)]
    rest = COMPONENTS * size * (size + 1) // 2
    return np.concatenate([np.zeros(COMPONENTS), means.ravel(), np.zeros(rest)])


def fit(theta, x, progress):
    """The result of L-BFGS from `theta`; after each iteration it calls ``progress(loss)``."""

    def report(intermediate_result):
        progress(intermediate_result.fun)

    value_and_grad = la.jit(la.value_and_grad(lambda theta: loss(theta, x)))
    return minimize(value_and_grad, theta, jac=True, method="L-BFGS-B", tol=1e-7, callback=report)


def purity(theta, x, species):
    """The share of points whose component is mostly of their own species."""
    component = np.argmax(scores(theta, x), axis=0)
    return sum(np.bincount(species[component == k]).max() for k in set(component)) / len(x)


def data(seed=0):
    """Standardised features and species of three quarters of the flowers, and of the others."""
    x, species = load_iris(return_X_y=True)
    train, test = np.split(np.random.default_rng(seed).permutation(len(x)), [3 * len(x) // 4])
    x = (x - x[train].mean(axis=0)) / x[train].std(axis=0)
    return (x[train], species[train]), (x[test], species[test])


def main():
    """Fits from several starts, and prints how well the best fit explains flowers unseen."""
    train, held_out = data()
    x, _ = train
    rng = np.random.default_rng(0)
    starts = [start(x, rng) for _ in range(STARTS)]
    la.check_grads(lambda theta: loss(theta, x), starts[:1], order=2)
    console = Console()
    console.print("The gradient and its derivative agree with finite differences.")
    fits = []
    columns = "{task.description}: {task.completed} iterations, loss {task.fields[loss]:.4f}"
    with Progress(columns, console=console) as bar:
        for k, theta in enumerate(starts, 1):
            task = bar.add_task(f"start {k}", loss=np.nan)
            fits.append(fit(theta, x, lambda v, t=task: bar.update(t, advance=1, loss=v)))
    theta = min(fits, key=lambda result: result.fun).x
    table = Table("", "flowers", "log-likelihood", "purity")
    for name, (x, species) in {"fitted to": train, "held out": held_out}.items():
        likelihood, share = log_likelihood(theta, x), purity(theta, x, species)
        table.add_row(name, str(len(x)), f"{likelihood:.3f}", f"{share:.1%}")
    console.print(table)


if __name__ == "__main__":
    main()
