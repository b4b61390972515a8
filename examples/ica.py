"""Independent components: sources found again in what several microphones have heard.

The likelihood of an unmixing matrix under heavy-tailed sources (Bell and Sejnowski, 1995).
"""

import numpy as np

import lineara as la


def sources(count=400, seed=0):
    """Three signals that are mostly small: regular beats, clicks, and noise."""
    rng, t = np.random.default_rng(seed), np.linspace(0.0, 20.0, count)
    clicks = np.where(rng.random(count) < 0.1, rng.normal(size=count), 0.0)
    signals = np.stack([np.sin(2 * t) ** 15, clicks, rng.laplace(size=count)])
    return signals / np.std(signals, axis=1, keepdims=True)


MIXED = np.array([[1.0, 0.6, 0.3], [0.5, 1.0, 0.4], [0.2, 0.5, 1.0]]) @ sources()


def loss(unmixing):
    """The negative mean log-likelihood."""
    found = unmixing @ MIXED
    return np.mean(np.sum(np.log(np.cosh(found)), axis=0)) - np.log(np.abs(np.linalg.det(unmixing)))


def problem(seed=1):
    """The function to differentiate, and where."""
    return loss, np.eye(3) + 0.1 * np.random.default_rng(seed).normal(size=(3, 3))


def main(iterations=50):
    """Prints how much of a signal each source has in common with what was found."""
    f, start = problem()
    result = la.minimize(f, start, method="BFGS", options={"maxiter": iterations})
    together = np.corrcoef(np.concatenate([sources(), result.x @ MIXED]))[:3, 3:]
    print("likeness", *(f"{x:.2f}" for x in np.max(np.abs(together), axis=1)))


if __name__ == "__main__":
    main()
