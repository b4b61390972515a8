"""Where is a planet now? Kepler's equation, solved by a loop that derivatives go through.

An orbit of eccentricity e takes a body to the angle E with E - e sin E = M, where M grows evenly
with time. Newton's method solves this in a loop that ends when the equation holds, after a number
of steps that nobody knows beforehand. Reverse mode goes back through these steps, for one place on
the orbit or for many at once, and finds what implicit differentiation of the equation says:
dE/dM = 1 / (1 - e cos E) and dE/de = sin E / (1 - e cos E).

Kepler's equation: Murray and Dermott, *Solar System Dynamics* (1999), section 2.4; the first guess:
Danby, *Fundamentals of Celestial Mechanics* (1988), section 6.6. That derivatives of an iteration
arrive one step after the solution itself: Gilbert, *Automatic differentiation and iterative
processes* (1992).
"""

import numpy as np
from rich.console import Console
from rich.table import Table

import lineara as la

TOLERANCE = 1e-14
MOST = 50
"""Steps after which Newton's method gives up; it takes less than ten."""

ORBITS = {"Earth": 0.0167, "Mercury": 0.2056, "Pluto": 0.2488, "HD 80606 b": 0.93, "Halley": 0.967}
"""Bodies, and the eccentricities of their orbits."""


def solve(M, e):
    """E such that E - e sin E = M, and how many steps that took; 0 ≤ M ≤ π and 0 ≤ e < 1."""

    def residual(E):
        return E - e * np.sin(E) - M

    def newton(E):
        return E - residual(E) / (1 - e * np.cos(E))

    def going_on(state):
        E, steps = state
        return (abs(residual(E)) > TOLERANCE) & (steps < MOST)

    def improve(state):
        E, steps = state
        return newton(E), steps + 1

    E, steps = la.while_loop(going_on, improve, (M + 0.85 * e, 0))
    return newton(E), steps  # one step more, for the derivatives


def anomaly(M, e):
    """The angle E alone."""
    E, _ = solve(M, e)
    return E


def implicit(M, e):
    """The derivatives of E with respect to M and e, from the equation itself."""
    E = anomaly(M, e)
    slope = 1 - e * np.cos(E)
    return 1 / slope, np.sin(E) / slope


def main():
    """Differentiates orbits round and long, at many places at once."""
    places = np.linspace(0.0, np.pi, 181)
    along = (0, None)  # many M, one e
    gradients = la.jit(la.vmap(la.grad(anomaly, (0, 1)), along))
    table = Table("orbit", "e", "steps", "dE/dM at its ends", "relative errors")
    for name, e in ORBITS.items():
        found = gradients(places, e)
        expected = la.vmap(implicit, along)(places, e)
        _, steps = la.vmap(solve, along)(places, e)
        errors = [
            np.max(np.abs(a - b)) / np.max(np.abs(b)) for a, b in zip(found, expected, strict=True)
        ]
        table.add_row(
            name,
            f"{e}",
            f"{np.min(steps)} to {np.max(steps)}",
            f"{found[0][0]:.3f}, {found[0][-1]:.3f}",
            " ".join(f"{error:.0e}" for error in errors),
        )
    Console().print(table)


if __name__ == "__main__":
    main()
