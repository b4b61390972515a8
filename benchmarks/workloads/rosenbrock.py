"""Rosenbrock's function: gradients, a product with its Hessian, a full Hessian; a long chain."""

import numpy
from programs.program import Program
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

    program = Program("Rosenbrock", rosenbrock, rosenbrock, point(n))
    return Case(f"Rosenbrock, {n}", make, (point(n),), c, program, casadi_gradient(n))


def expression(ca, x):
    return ca.sumsqr(10 * (x[1:] - x[:-1] ** 2)) + ca.sumsqr(1 - x[:-1])


def casadi_gradient(n):
    def make(ca):
        x = ca.SX.sym("x", n)
        return [x], [point(n)], ca.gradient(expression(ca, x), x)

    return make if n <= 1000 else None  # which writes down every operation


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

    def casadi(ca):
        x, w = ca.SX.sym("x", n), ca.SX.sym("w", n)
        return [x, w], [point(n), v], ca.jtimes(ca.gradient(expression(ca, x), x), x, w)

    return Case(f"Rosenbrock, {n}: Hessian times vector", make, (point(n), v), c, casadi=casadi)


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

    def casadi(ca):
        y = ca.SX.sym("y", n)
        fit = ca.log(ca.sum1(ca.exp(ca.DM(A) @ y)))
        return [y], [x], ca.densify(ca.hessian(fit + expression(ca, y), y)[0])

    return Case(f"Hessian of {n} variables", make, (x, A), c, casadi=casadi)


def chain(length):
    """One number, and a long program: what it takes to compile."""

    def make(lib):
        def f(x):
            for _ in range(length // 3):
                x = x + 0.01 * lib.np.sin(x)
            return x

        return f, lib.grad(f)

    def c():
        g = numpy.empty(())
        return (
            called("small", "chain", length // 3, 0.3, result=DOUBLE),
            into(called("small", "chain_gradient", length // 3, 0.3, g), g),
        )

    return Case(f"chain of {length} operations", make, (0.3,), c)


def cases():
    small = [gradient(2), gradient(100), gradient(10_000), hvp(1000), hessian(40, 20)]
    return [*small, chain(5000)]
