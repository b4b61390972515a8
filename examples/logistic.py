"""How strongly should each feature be regularised? Logistic regression, differentiated as a whole.

Newton's method fits a logistic regression with a ridge penalty to data about breast cancer. The
derivative does not look at the model but through the fit: how does the loss on patients that were
not fitted to change with the penalty of each feature? All thirty numbers come from one gradient
through the iterations: where it is negative, the feature deserves a stronger penalty.

The fit is that of Hastie, Tibshirani and Friedman, *The Elements of Statistical Learning* (2009),
section 4.4.1. That a fit can be differentiated is from Bengio, *Gradient-based optimization of
hyperparameters* (2000). The data are those of Street, Wolberg and Mangasarian (1993).
"""

import numpy as np
from rich.console import Console
from rich.table import Table
from sklearn.datasets import load_breast_cancer

import lineara as la


def log_loss(w, X, y):
    """The mean of -log p(y) for labels y of 0 and 1, without overflow."""
    z = X @ w
    return np.mean(np.maximum(z, 0) - y * z + np.log1p(np.exp(-np.abs(z))))


def loss(w, penalties, X, y):
    """What a fit minimises: the loss on the data and the penalty on the weights."""
    return log_loss(w, X, y) + 0.5 * np.sum(penalties * w**2)


def probabilities(w, X):
    """The probability of label 1."""
    return 1 / (1 + np.exp(-(X @ w)))


def fit(penalties, X, y, tolerance=1e-10, most=50):
    """The weights that minimise `loss`, by Newton's method."""
    w = np.zeros_like(penalties)
    for _ in range(most):
        p = probabilities(w, X)
        gradient = X.T @ (p - y) / len(y) + penalties * w
        hessian = (X.T * (p * (1 - p))) @ X / len(y)
        hessian[np.diag_indices(len(w))] += penalties
        step = np.linalg.solve(hessian, gradient)
        w -= step
        if np.max(np.abs(step)) < tolerance:
            break
    return w


def held_out_loss(logs, train, held_out):
    """The loss on other data after a fit with penalties exp(logs), and none on the intercept."""
    return log_loss(fit(np.append(np.exp(logs), 0.0), *train), *held_out)


def data(seed=0):
    """Names of features; features, standardised, and a column of ones, with labels: two halves."""
    table = load_breast_cancer()
    X, y = table.data, table.target.astype(float)
    train, held_out = np.array_split(np.random.default_rng(seed).permutation(len(y)), 2)
    X = (X - X[train].mean(axis=0)) / X[train].std(axis=0)
    X = np.concatenate([X, np.ones((len(y), 1))], axis=1)
    return table.feature_names, (X[train], y[train]), (X[held_out], y[held_out])


def main():
    """Prints the loss and its slope for common penalties, then what each feature's own would do."""
    console = Console()
    names, train, held_out = data()
    value_and_grad = la.value_and_grad(held_out_loss)
    table = Table("common penalty", "held-out loss", "its slope in the logarithm of the penalty")
    fits = {}
    for penalty in (1e-4, 1e-3, 1e-2, 1e-1):
        loss, gradient = value_and_grad(np.full(len(names), np.log(penalty)), train, held_out)
        fits[loss] = penalty, gradient
        table.add_row(f"{penalty:g}", f"{loss:.4f}", f"{np.sum(gradient):+.4f}")
    console.print(table)
    penalty, gradient = fits[min(fits)]
    order = np.argsort(gradient)
    table = Table(f"penalty {penalty:g} of", "slope", title="most worth changing")
    for i in (*order[:3], *order[-3:]):
        table.add_row(names[i], f"{gradient[i]:+.5f}")
    console.print(table)


if __name__ == "__main__":
    main()
