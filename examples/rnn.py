"""A recurrent network learns to predict the next letter of a sentence."""

import numpy as np

import lineara as la

TEXT = "the rain in the plain falls again and again on the grain "
LETTERS = sorted(set(TEXT))
CODES = np.eye(len(LETTERS))[[LETTERS.index(letter) for letter in TEXT]]


def loss(params):
    """The mean of -log p(next letter), in nats."""
    read, carry, bias, write = params
    state, total = np.zeros(len(bias)), 0.0
    for i in range(len(CODES) - 1):
        state = np.tanh(CODES[i] @ read + state @ carry + bias)
        scores = state @ write
        total = total + np.log(np.sum(np.exp(scores))) - np.sum(scores * CODES[i + 1])
    return total / (len(CODES) - 1)


def problem(hidden=20, seed=0):
    """The function to differentiate, and where."""
    rng, n = np.random.default_rng(seed), len(LETTERS)
    shapes = (n, hidden), (hidden, hidden), (hidden,), (hidden, n)
    return loss, tuple(0.3 * rng.normal(size=shape) for shape in shapes)


def main(steps=60):
    """Trains by gradient descent, and prints the loss."""
    _, params = problem()
    value_and_grad = la.jit(la.value_and_grad(loss))
    for step in range(steps):
        value, gradient = value_and_grad(params)
        if step % 20 == 0:
            print(f"step {step:3}: {value:.3f} nats a letter")
        params = tuple(p - 0.5 * g for p, g in zip(params, gradient, strict=True))
    print(f"step {steps:3}: {loss(params):.3f} nats a letter")


if __name__ == "__main__":
    main()
