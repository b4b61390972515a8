"""A differential equation whose right hand side is a network, fitted to a spiral.

After Chen, Rubanova, Bettencourt and Duvenaud, *Neural Ordinary Differential Equations* (2018),
with derivatives through the steps of the solver.
"""

import numpy as np

import lineara as la

STEP = 0.15
TIMES = STEP * np.arange(30)
TRUTH = np.exp(-0.1 * TIMES)[:, None] * np.stack([np.cos(TIMES), np.sin(TIMES)], axis=1)


def slope(x, params):
    """The velocity at a point."""
    A, a, B, b = params
    return np.tanh(x @ A + a) @ B + b


def loss(params):
    """The mean square distance of the path, by Heun's method, to the truth."""
    x, total = TRUTH[0], 0.0
    for target in TRUTH[1:]:
        k = slope(x, params)
        x = x + STEP / 2 * (k + slope(x + STEP * k, params))
        total = total + np.sum((x - target) ** 2)
    return total / len(TRUTH)


def problem(hidden=16, seed=0):
    """The function to differentiate, and where."""
    rng = np.random.default_rng(seed)
    shapes = (2, hidden), (hidden,), (hidden, 2), (2,)
    return loss, tuple(0.3 * rng.normal(size=shape) for shape in shapes)


def main(steps=100):
    """Trains by gradient descent, and prints the loss."""
    _, params = problem()
    gradient = la.jit(la.grad(loss))
    before = loss(params)
    for _ in range(steps):
        params = tuple(p - 0.02 * g for p, g in zip(params, gradient(params), strict=True))
    print(f"mean square distance {before:.4f} → {loss(params):.4f}")


if __name__ == "__main__":
    main()
