"""A network that knows what it does not know: variational inference by reparametrised samples.

After Blundell, Cornebise, Kavukcuoglu and Wierstra, *Weight Uncertainty in Neural Networks* (2015).
"""

import numpy as np

import lineara as la

RNG = np.random.default_rng(0)
HIDDEN, SAMPLES, NOISE = 10, 8, 0.1
WEIGHTS = 3 * HIDDEN + 1
X = np.concatenate([np.linspace(-3, -1, 20), np.linspace(1, 3, 20)])
Y = np.cos(X) + NOISE * RNG.normal(size=len(X))
DRAWS = RNG.normal(size=(SAMPLES, WEIGHTS))


def predict(weights, x):
    """The outputs of networks, an array of shape [networks, points]."""
    a, b, c = (weights[:, i * HIDDEN : (i + 1) * HIDDEN] for i in range(3))
    hidden = np.tanh(x[None, :, None] * a[:, None, :] + b[:, None, :])
    return np.sum(hidden * c[:, None, :], axis=2) + weights[:, -1:]


def loss(q):
    """Minus the evidence's lower bound, for the means and log deviations of all weights."""
    mean, log_std = q[:WEIGHTS], q[WEIGHTS:]
    misfit = (predict(mean + np.exp(log_std) * DRAWS, X) - Y) / NOISE
    divergence = 0.5 * np.sum(np.exp(2 * log_std) + mean**2 - 1 - 2 * log_std)
    return 0.5 * np.sum(misfit**2) / SAMPLES + divergence


def problem(seed=1):
    """The function to differentiate, and where."""
    mean = np.random.default_rng(seed).normal(size=WEIGHTS)
    return loss, np.concatenate([mean, np.full(WEIGHTS, -2.0)])


def main(iterations=100):
    """Prints how sure the network is among the data and away from them."""
    _, start = problem()
    q = la.minimize(loss, start, method="L-BFGS-B", options={"maxiter": iterations}).x
    places = np.array([-5.0, -2.0, 0.0, 2.0, 5.0])
    found = predict(q[:WEIGHTS] + np.exp(q[WEIGHTS:]) * DRAWS, places)
    print(f"minus the bound {loss(start):.1f} → {loss(q):.1f}")
    for x, mean, std in zip(places, found.mean(axis=0), found.std(axis=0), strict=True):
        print(f"x = {x:4.1f}: {mean:6.2f} ± {std:.2f}")


if __name__ == "__main__":
    main()
