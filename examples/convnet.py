"""A convolutional network that tells horizontal from vertical stripes, trained by gradients."""

import numpy as np

import lineara as la

SIZE = 10


def convolve(images, kernels):
    """Images [n, height, width] with kernels [c, 3, 3], to [n, c, height − 2, width − 2]."""
    height, width = images.shape[1] - 2, images.shape[2] - 2
    total = 0.0
    for i in range(3):
        for j in range(3):
            part = images[:, None, i : i + height, j : j + width]
            total = total + kernels[:, i, j][:, None, None] * part
    return total


def scores(parameters, images):
    """One number for each image: positive for horizontal stripes."""
    kernels, weights = parameters
    found = np.maximum(convolve(images, kernels), 0.0)
    return np.mean(found, axis=(2, 3)) @ weights


def data(count=60, seed=0):
    """Stripes with noise, and which of them are horizontal: 1, or −1."""
    rng = np.random.default_rng(seed)
    labels = np.where(rng.random(count) < 0.5, 1.0, -1.0)
    waves = np.sin(1.5 * np.arange(SIZE) + 6.3 * rng.random((count, 1)))
    stripes = np.where(labels[:, None, None] > 0, waves[:, :, None], waves[:, None, :])
    return stripes + 0.5 * rng.normal(size=(count, SIZE, SIZE)), labels


IMAGES, LABELS = data()


def loss(parameters):
    """The mean logistic loss."""
    return np.mean(np.logaddexp(0.0, -LABELS * scores(parameters, IMAGES)))


def problem(seed=1):
    """The function to differentiate, and where."""
    rng = np.random.default_rng(seed)
    return loss, (0.3 * rng.normal(size=(4, 3, 3)), 0.3 * rng.normal(size=4))


def main(steps=150):
    """Prints how many of new images are told right."""
    f, parameters = problem()
    slope = la.jit(la.grad(f))
    for _ in range(steps):
        parameters = la.tree.map(lambda p, g: p - 2.0 * g, parameters, slope(parameters))
    images, labels = data(200, seed=2)
    right = np.mean(np.sign(scores(parameters, images)) == labels)
    print(f"loss {f(parameters):.3f}, {right:.0%} of new images right")


if __name__ == "__main__":
    main()
