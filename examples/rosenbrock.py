"""The bottom of Rosenbrock's valley, by SciPy's minimiser with exact derivatives.

The function: Rosenbrock, *An automatic method for finding the greatest or least value of a
function* (1960).
"""

import numpy as np

import lineara as la


def loss(x):
    """Rosenbrock's function of a vector; 0 where all entries are 1."""
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def problem(size=10):
    """The function to differentiate, and where."""
    return loss, np.linspace(-1.0, 2.0, size)


def main():
    """Prints where the minimiser ends."""
    _, start = problem()
    result = la.minimize(loss, start, method="BFGS")
    print(f"loss {loss(start):.1f} → {result.fun:.1e}, x = {np.round(result.x, 4)}")


if __name__ == "__main__":
    main()
