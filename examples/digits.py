"""A neural network with one hidden layer learns to read handwritten digits.

The network, its loss and the optimiser (Adam) are plain NumPy. Parameters are a dict of arrays, and
so is the gradient.
"""

import numpy as np
from rich.console import Console
from rich.progress import Progress
from sklearn.datasets import load_digits

import lineara as la

HIDDEN = 64
BATCH = 64
EPOCHS = 30


def network(params, images):
    """Logits of the ten digits, of shape [images, 10]."""
    hidden = np.tanh(images @ params["W1"] + params["b1"])
    return hidden @ params["W2"] + params["b2"]


def loss(params, images, digits):
    """The mean cross-entropy of the predicted distribution and the true digits."""
    logits = network(params, images)
    logits = logits - np.max(logits, axis=1, keepdims=True)
    log_norm = np.log(np.sum(np.exp(logits), axis=1))
    return np.mean(log_norm - logits[np.arange(len(digits)), digits])


def start(pixels, hidden, classes, rng):
    """Random weights such that all layers begin with signals of about unit size."""
    return {
        "W1": rng.normal(0, 1 / np.sqrt(pixels), (pixels, hidden)),
        "b1": np.zeros(hidden),
        "W2": rng.normal(0, 1 / np.sqrt(hidden), (hidden, classes)),
        "b2": np.zeros(classes),
    }


def adam(params, gradient, state, rate=2e-3, decay=(0.9, 0.999)):
    """One step of Adam (Kingma and Ba, 2015): new parameters, and new running moments."""
    steps, mean, square = state
    steps += 1
    mean = la.tree.map(lambda m, g: decay[0] * m + (1 - decay[0]) * g, mean, gradient)
    square = la.tree.map(lambda s, g: decay[1] * s + (1 - decay[1]) * g**2, square, gradient)

    def moved(p, m, s):
        m, s = m / (1 - decay[0] ** steps), s / (1 - decay[1] ** steps)
        return p - rate * m / (np.sqrt(s) + 1e-8)

    return la.tree.map(moved, params, mean, square), (steps, mean, square)


def accuracy(params, images, digits):
    """The share of images whose most probable digit is the true one."""
    return np.mean(np.argmax(network(params, images), axis=1) == digits)


def data(seed=0):
    """Images of shape [count, 64] and digits, three quarters to learn from and the others."""
    images, digits = load_digits(return_X_y=True)
    order = np.random.default_rng(seed).permutation(len(images))
    train, test = np.split(order, [3 * len(images) // 4])
    images = (images - images[train].mean()) / images[train].std()
    return (images[train], digits[train]), (images[test], digits[test])


def train(images, digits, rng, progress):
    """Parameters found by Adam; after each pass over the images it calls ``progress(loss)``."""
    params = start(images.shape[1], HIDDEN, 10, rng)
    zeros = la.tree.map(np.zeros_like, params)
    state = (0, zeros, zeros)
    value_and_grad = la.jit(la.value_and_grad(loss))
    for _ in range(EPOCHS):
        order = rng.permutation(len(images))
        values = []
        for k in range(0, len(order) - BATCH + 1, BATCH):
            batch = order[k : k + BATCH]
            value, gradient = value_and_grad(params, images[batch], digits[batch])
            params, state = adam(params, gradient, state)
            values.append(value)
        progress(np.mean(values))
    return params


def main():
    """Trains the network, and prints how many digits it reads that it has not seen."""
    train_set, held_out = data()
    console = Console()
    columns = (*Progress.get_default_columns(), "loss {task.fields[loss]:.4f}")
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("learning", total=EPOCHS, loss=np.nan)
        rng = np.random.default_rng(0)
        params = train(*train_set, rng, lambda v: bar.update(task, advance=1, loss=v))
    console.print(
        f"accuracy {accuracy(params, *train_set):.1%} on the {len(train_set[0])} images "
        f"learned from, [bold]{accuracy(params, *held_out):.1%}[/bold] on {len(held_out[0])} others"
    )


if __name__ == "__main__":
    main()
