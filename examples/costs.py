"""What derivatives cost: counted before anything runs, and then measured."""

from statistics import median
from time import perf_counter

import digits
import gmm
import numpy as np
from rich.console import Console
from rich.table import Table

import lineara as la


def objectives():
    """Functions of their parameters alone, and parameters, by name."""
    rng = np.random.default_rng(0)
    (x, _), _ = gmm.data()
    (images, labels), _ = digits.data()
    images, labels = images[: digits.BATCH], labels[: digits.BATCH]
    return {
        "Gaussian mixture": (lambda theta: gmm.loss(theta, x), gmm.start(x, rng)),
        "neural network": (
            lambda params: digits.loss(params, images, labels),
            digits.start(images.shape[1], digits.HIDDEN, 10, rng),
        ),
    }


def finite_differences(function, params, step=1e-6):
    """The gradient by central differences: two calls of the function for each parameter."""
    params = la.tree.map(np.copy, params)
    gradient = la.tree.map(np.empty_like, params)
    for x, g in zip(la.tree.leaves(params), la.tree.leaves(gradient), strict=True):
        for i in np.ndindex(x.shape):
            middle = x[i]
            x[i] = middle + step
            above = function(params)
            x[i] = middle - step
            below = function(params)
            x[i] = middle
            g[i] = (above - below) / (2 * step)
    return gradient


def milliseconds(function, *args, repeat=15):
    """The median time of a call, after a first one that is not counted."""
    function(*args)
    times = []
    for _ in range(repeat):
        begin = perf_counter()
        function(*args)
        times.append(1e3 * (perf_counter() - begin))
    return median(times)


def measured(problems):
    """A table of the times of functions, of gradients, and of finite differences."""
    table = Table(title="medians of measured times, in milliseconds")
    for column in ("", "parameters", "f", "f and gradient", "finite differences"):
        table.add_column(column, justify="right" if column else "left")
    for name, (function, params) in problems.items():
        both = la.jit(la.value_and_grad(function))
        count = sum(x.size for x in la.tree.leaves(params))
        times = (
            milliseconds(function, params),
            milliseconds(both, params),
            milliseconds(finite_differences, function, params, repeat=3),
        )
        table.add_row(name, str(count), *(f"{time:.2f}" for time in times))
    return table


def main():
    """Prints what two objectives and their gradients cost, and what they take."""
    console = Console()
    problems = objectives()
    for name, problem in problems.items():
        console.rule(name)
        console.print(la.certificate(*problem))
    with console.status("measuring"):
        table = measured(problems)
    console.print(table)


if __name__ == "__main__":
    main()
