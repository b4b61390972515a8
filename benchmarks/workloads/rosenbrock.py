"""Rosenbrock's function: gradients, a product with its Hessian, and a full Hessian."""

import numpy
from programs.rosenbrock import rosenbrock

from workloads.case import DOUBLE, Case, called, into


def point(n):
    return numpy.linspace(-0.7, 1.3, n)


def gradient(n):
    def make(lib):
        def f(x):
            return rosenbrock(lib.np, x)

        return f, lib.grad(f)

    def c():
        x, g = point(n), numpy.empty(n)
        return (
            called("small", "rosenbrock", n, x, result=DOUBLE),
            into(called("small", "rosenbrock_gradient", n, x, g), g),
        )

    return Case(f"Rosenbrock, {n}", make, (point(n),), c)


def hvp(n):
    v = numpy.random.default_rng(1).normal(size=n)

    def make(lib):
        slope = lib.grad(lambda x: rosenbrock(lib.np, x))
        return (lambda x, v: slope(x)), (lambda x, v: lib.jvp(slope, (x,), (v,))[1])

    def c():
        x, g, h = point(n), numpy.empty(n), numpy.empty(n)
        return (
            into(called("small", "rosenbrock_gradient", n, x, g), g),
            into(called("small", "rosenbrock_hvp", n, x, v, h), h),
        )

    return Case(f"Rosenbrock, {n}: Hessian times vector", make, (point(n), v), c)


def hessian(m, n):
    rng = numpy.random.default_rng(1)
    x, A = rng.normal(size=n) / 2, rng.normal(size=(m, n))

    def make(lib):
        def f(x, A):
            y = A @ x
            largest = lib.np.max(y)
            fit = lib.np.log(lib.np.sum(lib.np.exp(y - largest))) + largest
            return fit + rosenbrock(lib.np, x)

        return lib.grad(f), lib.hessian(f)

    def c():
        g, h = numpy.empty(n), numpy.empty((n, n))
        return (
            into(called("small", "fit_gradient", m, n, A, x, g), g),
            into(called("small", "fit_hessian", m, n, A, x, h), h),
        )

    return Case(f"Hessian of {n} variables", make, (x, A), c)


def cases():
    return [gradient(2), gradient(100), gradient(10_000), hvp(1000), hessian(40, 20)]
