"""Loops: reading and writing one element in each iteration, an orbit, and heat in a rod."""

import numpy

from workloads.case import DOUBLE, Case, called, into

STEP, RATES = 0.01, [1.1, 0.4, 0.9, 0.35]


def reading(n):
    x = numpy.linspace(-2.0, 2.0, n)

    def make(lib):
        def f(x):
            return lib.fori_loop(0, n, lambda i, s: s + x[i] * lib.np.sin(x[i]), 0.0)

        return f, lib.grad(f)

    def c():
        g = numpy.empty(n)
        return (
            called("small", "reading", n, x, result=DOUBLE),
            into(called("small", "reading_gradient", n, x, g), g),
        )

    return Case(f"loop that reads, {n}", make, (x,), c, without=slow(n))


def slow(n):
    """Who takes many seconds for so many iterations."""
    return ("interpreter",) if n >= 100_000 else ()


def writing(n):
    x = 0.05 * numpy.sin(1.7 * numpy.arange(n) + 0.3)
    x[0] = 1.0

    def make(lib):
        def f(x):
            def body(i, y):
                before = y[i - 1]
                return lib.set(y, i, 0.99 * before + lib.np.sin(before) * x[i])

            y = lib.fori_loop(1, n, body, lib.set(lib.np.zeros_like(x), 0, x[0]))
            return 0.5 * lib.np.sum(y * y)

        return f, lib.grad(f)

    def c():
        g = numpy.empty(n)
        return (
            called("small", "writing", n, x, result=DOUBLE),
            into(called("small", "writing_gradient", n, x, g), g),
        )

    quadratic = ("jax",) if n > 10_000 else ()
    return Case(f"loop that writes, {n}", make, (x,), c, without=quadratic + slow(n))


def orbit(steps):
    z = numpy.array([1.0, 1.5, *RATES])

    def make(lib):
        def rates(s, p):
            u, v = s[0], s[1]
            return lib.np.stack([p[0] * u - p[1] * u * v, p[3] * u * v - p[2] * v])

        def f(z):
            p = z[2:]

            def step(_, s):
                a = rates(s, p)
                b = rates(s + 0.5 * STEP * a, p)
                c = rates(s + 0.5 * STEP * b, p)
                d = rates(s + STEP * c, p)
                return s + STEP / 6 * (a + 2 * b + 2 * c + d)

            s = lib.fori_loop(0, steps, step, z[:2])
            return s[0] + 2 * s[1]

        return f, lib.grad(f)

    def c():
        g = numpy.empty(6)
        return (
            called("small", "orbit", steps, STEP, z, result=DOUBLE),
            into(called("small", "orbit_gradient", steps, STEP, z, g), g),
        )

    def casadi(ca):
        s, p, whole = ca.SX.sym("s", 2), ca.SX.sym("p", 4), ca.MX.sym("z", 6)

        def rates(s):
            u, v = s[0], s[1]
            return ca.vertcat(p[0] * u - p[1] * u * v, p[3] * u * v - p[2] * v)

        a = rates(s)
        b = rates(s + 0.5 * STEP * a)
        c = rates(s + 0.5 * STEP * b)
        d = rates(s + STEP * c)
        step = ca.Function("step", [s, p], [s + STEP / 6 * (a + 2 * b + 2 * c + d)])
        end = step.fold(steps)(whole[:2], ca.repmat(whole[2:], 1, steps))
        return [whole], [z], ca.gradient(end[0] + 2 * end[1], whole)

    return Case(f"Lotka and Volterra, {steps} steps", make, (z,), c, casadi=casadi)


def heat(n, steps, bent):
    u, k = numpy.sin(numpy.linspace(0.0, 9.0, n)), 0.2

    def make(lib):
        def f(u):
            def step(_, u):
                inside = u[1:-1]
                conductivity = 1 + inside**2 if bent else 1.0
                flow = k * conductivity * (u[:-2] - 2 * inside + u[2:])
                return lib.np.concatenate([u[:1], inside + flow, u[-1:]])

            return 0.5 * lib.np.sum(lib.fori_loop(0, steps, step, u) ** 2)

        return f, lib.grad(f)

    def c():
        g = numpy.empty(n)
        return (
            called("small", "heat", n, steps, k, int(bent), u, result=DOUBLE),
            into(called("small", "heat_gradient", n, steps, k, int(bent), u, g), g),
        )

    kind = "non-linear" if bent else "linear"
    return Case(f"heat, {kind}, {n} cells, {steps} steps", make, (u,), c)


def cases():
    return [
        *(reading(1000), reading(100_000), reading(1_000_000)),
        *(writing(1000), writing(10_000), writing(100_000), writing(1_000_000), orbit(1000)),
        *(heat(1000, 1000, False), heat(1000, 1000, True)),
    ]
