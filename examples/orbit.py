"""Where must a spacecraft be sent so that it arrives? A two-body orbit, differentiated.

The leapfrog integrator moves any number of bodies under their mutual gravity. The derivative of
where a body arrives with respect to the velocity that it starts with answers Lambert's problem:
which velocity takes it from one place to another in a given time? Newton's method finds out in a
few steps (shooting).

The integrator, and the eccentric orbit that it is tried on, are those of Hairer, Lubich and Wanner,
*Geometric Numerical Integration* (2006), chapter I; Lambert's problem is the subject of chapters of
Battin, *An Introduction to the Mathematics and Methods of Astrodynamics* (1999).
"""

import numpy as np
from rich.console import Console
from rich.table import Table

import lineara as la

STEPS = 200
ECCENTRICITY = 0.6


def accelerations(x, masses):
    """The acceleration of each body at positions x of shape [bodies, 2]; the unit is G = 1."""
    a = np.zeros_like(x)
    for i in range(len(x)):
        for j in range(i):
            d = x[j] - x[i]
            pull = d / np.linalg.norm(d) ** 3
            a[i] += masses[j] * pull
            a[j] -= masses[i] * pull
    return a


def energy(x, v, masses):
    """Kinetic and potential energy together."""
    total = 0.5 * np.sum(masses * np.sum(v**2, axis=1))
    for i in range(len(x)):
        for j in range(i):
            total -= masses[i] * masses[j] / np.linalg.norm(x[i] - x[j])
    return total


def leapfrog(x, v, masses, time, steps=STEPS):
    """Positions and velocities after that time (kick, drift, kick)."""
    x, v = x.copy(), v.copy()
    dt = time / steps
    v += 0.5 * dt * accelerations(x, masses)
    for step in range(steps):
        x += dt * v
        kick = dt if step < steps - 1 else 0.5 * dt
        v += kick * accelerations(x, masses)
    return x, v


def arrival(velocity, start, masses, time, steps=STEPS):
    """Where the light second body is after that time, seen from the heavy first one."""
    x = np.zeros((2, 2), like=velocity)
    v = np.zeros((2, 2), like=velocity)
    x[1] = start
    v[1] = velocity
    x, _ = leapfrog(x, v, masses, time, steps)
    return x[1] - x[0]


def kepler(time, eccentricity=ECCENTRICITY):
    """Position and velocity on the exact orbit with semi-axis 1, by Kepler's equation."""
    e = eccentricity
    E = time
    while abs(E - e * np.sin(E) - time) > 1e-14:
        E = E - (E - e * np.sin(E) - time) / (1 - e * np.cos(E))
    b = np.sqrt(1 - e**2)
    rate = 1 / (1 - e * np.cos(E))
    x = np.stack([np.cos(E) - e, b * np.sin(E)])
    return x, rate * np.stack([-np.sin(E), b * np.cos(E)])


def main():
    """Aims at a point of a known orbit, and compares the velocity found with that of the orbit."""
    console = Console()
    masses = np.array([1.0, 0.0])
    time = 2.0
    (start, expected), (target, _) = kepler(0.0), kepler(time)
    jacobian = la.jit(la.jacrev(arrival))
    velocity = np.array([0.0, np.sqrt(2 / start[0])])  # escape velocity, across
    table = Table("Newton step", "velocity", "misses the target by")
    for step in range(7):
        miss = arrival(velocity, start, masses, time) - target
        table.add_row(
            str(step), "{:z.8f}, {:z.8f}".format(*velocity), f"{np.linalg.norm(miss):.1e}"
        )
        velocity = velocity - np.linalg.solve(jacobian(velocity, start, masses, time), miss)
    console.print(table)
    console.print("On the exact orbit the velocity is {:z.8f}, {:z.8f}.".format(*expected))


if __name__ == "__main__":
    main()
