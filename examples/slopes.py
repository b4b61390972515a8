"""Derivatives of tanh of all orders, by differentiating derivatives."""

import numpy as np

import lineara as la


def tanh(x):
    """The hyperbolic tangent, written with exp."""
    y = np.exp(-2.0 * x)
    return (1.0 - y) / (1.0 + y)


def loss(x):
    """A sum, whose gradient is the derivative at each element."""
    return np.sum(tanh(x))


def problem(size=200):
    """The function to differentiate, and where."""
    return loss, np.linspace(-3.0, 3.0, size)


def derivatives(order):
    """The elementwise derivatives of orders 0 to `order`, functions of a vector."""
    found, f = [], tanh
    for _ in range(order + 1):
        found.append(la.vmap(f))
        f = la.grad(f)
    return found


def main():
    """Prints a table: a row for each order, a column for each place."""
    x = np.array([-1.0, 0.0, 0.5, 1.0])
    for order, f in enumerate(derivatives(5)):
        print(order, *(f"{y:9.4f}" for y in f(x)))


if __name__ == "__main__":
    main()
