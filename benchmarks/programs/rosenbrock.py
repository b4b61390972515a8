"""The function of Rosenbrock in 100 variables: small arrays, so that overhead is all there is."""

import numpy

from programs.program import Program


def rosenbrock(np, x):
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def program(size=100):
    x = numpy.random.default_rng(0).normal(size=size)
    return Program(f"Rosenbrock, {size} variables", rosenbrock, rosenbrock, x)
