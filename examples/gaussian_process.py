"""A Gaussian process learns how smooth its data are: the marginal likelihood, differentiated.

The formula: Rasmussen and Williams, *Gaussian Processes for Machine Learning* (2006), equation 5.8.
"""

import numpy as np

import lineara as la

RNG = np.random.default_rng(0)
X = np.sort(RNG.uniform(-4.0, 4.0, 40))
Y = np.sin(X) + 0.1 * RNG.normal(size=len(X))


def loss(logs):
    """Minus the log marginal likelihood; the logarithms of scale, length and noise."""
    scale, length, noise = np.exp(logs)
    gaps = (X[:, None] - X[None, :]) / length
    K = scale**2 * np.exp(-0.5 * gaps**2) + noise**2 * np.eye(len(X))
    L = np.linalg.cholesky(K)
    z = np.linalg.solve(L, Y)
    return 0.5 * np.sum(z**2) + np.sum(np.log(np.diag(L))) + 0.5 * len(X) * np.log(2 * np.pi)


def problem():
    """The function to differentiate, and where."""
    return loss, np.array([0.0, 0.5, -1.0])


def main():
    """Prints the parameters of the best fit."""
    _, start = problem()
    result = la.minimize(loss, start, method="BFGS")
    print(f"minus log likelihood {loss(start):.2f} → {result.fun:.2f}")
    for name, value in zip(("scale", "length", "noise"), np.exp(result.x), strict=True):
        print(f"{name:6} {value:.3f}")


if __name__ == "__main__":
    main()
