"""A long short-term memory that adds up the numbers which are marked in a sequence."""

import numpy as np

import lineara as la

HIDDEN, LENGTH, BATCH = 8, 12, 40


def sigmoid(x):
    """The logistic function."""
    return 0.5 * (np.tanh(0.5 * x) + 1.0)


def run(parameters, inputs):
    """What the network says after sequences of inputs [length, batch, 2]."""
    weights, bias, out = parameters
    h = c = np.zeros((inputs.shape[1], HIDDEN))
    for x in inputs:
        gates = np.concatenate([x, h], axis=1) @ weights + bias
        forget, add, show, new = (gates[:, k * HIDDEN : (k + 1) * HIDDEN] for k in range(4))
        c = sigmoid(forget) * c + sigmoid(add) * np.tanh(new)
        h = sigmoid(show) * np.tanh(c)
    return h @ out


def data(seed=0):
    """Numbers, two in each sequence marked by a one, and the sums of the marked ones."""
    rng = np.random.default_rng(seed)
    numbers, marks = rng.random((LENGTH, BATCH)), np.zeros((LENGTH, BATCH))
    for k in range(BATCH):
        marks[rng.choice(LENGTH, 2, replace=False), k] = 1.0
    return np.stack([numbers, marks], axis=2), np.sum(numbers * marks, axis=0)


INPUTS, SUMS = data()


def loss(parameters):
    """The mean square error."""
    return np.mean((run(parameters, INPUTS) - SUMS) ** 2)


def problem(seed=1):
    """The function to differentiate, and where."""
    rng = np.random.default_rng(seed)
    weights = 0.3 * rng.normal(size=(2 + HIDDEN, 4 * HIDDEN))
    return loss, (weights, np.zeros(4 * HIDDEN), 0.3 * rng.normal(size=HIDDEN))


def main(iterations=60):
    """Prints the error before and after training."""
    f, start = problem()
    result = la.minimize(f, start, method="BFGS", options={"maxiter": iterations})
    print(f"mean square error {f(start):.3f} → {result.fun:.4f}")


if __name__ == "__main__":
    main()
