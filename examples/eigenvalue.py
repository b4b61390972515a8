"""Where should a beam be thick? The frequencies of a cantilever, and how they change.

Finite elements make a stiffness and a mass matrix of a beam that is clamped at one end, and the
eigenvalues of the two are the squares of its frequencies. The derivative of the lowest one with
respect to the thickness of each element says where material helps and where it hurts; a few steps
along it, with the amount of material kept, give a beam that vibrates more than twice as fast.

The element is the one of textbooks, such as Cook, Malkus, Plesha and Witt, *Concepts and
Applications of Finite Element Analysis* (2001). By hand the derivative was first taken by Fox and
Kapoor, *Rates of change of eigenvalues and eigenvectors* (1968).
"""

import numpy as np
from rich.console import Console
from rich.table import Table

import lineara as la

ELEMENTS = 16
STEPS = 40
THINNEST = 0.002

BEAM = {"length": 1.0, "width": 0.02, "young": 210e9, "density": 7850.0}
"""A steel beam of one metre."""


STIFFNESS = np.array([[12, 6, -12, 6], [6, 4, -6, 2], [-12, -6, 12, -6], [6, 2, -6, 4]])
MASS = np.array([[156, 22, 54, -13], [22, 4, 13, -3], [54, 13, 156, -22], [-13, -3, -22, 4]])
"""The matrices of an element of length 1, of deflection and slope at both ends."""


def matrices(thickness, beam):
    """The stiffness and the mass matrix, of deflection and slope at each free node."""
    count = len(thickness)
    h = beam["length"] / count
    units = h ** np.array([0, 1, 0, 1])
    area = beam["width"] * thickness
    inertia = beam["width"] * thickness**3 / 12
    stiffness = (beam["young"] * inertia / h**3)[:, None, None] * np.outer(units, units) * STIFFNESS
    mass = (beam["density"] * area * h / 420)[:, None, None] * np.outer(units, units) * MASS
    K = np.zeros((2 * count + 2, 2 * count + 2), like=stiffness)
    M = np.zeros((2 * count + 2, 2 * count + 2), like=mass)
    for e in range(count):
        part = slice(2 * e, 2 * e + 4)
        K[part, part] += stiffness[e]
        M[part, part] += mass[e]
    return K[2:, 2:], M[2:, 2:]


def eigenvalues(thickness, beam=BEAM):
    """The squares of all angular frequencies, the lowest first."""
    K, M = matrices(thickness, beam)
    L = np.linalg.cholesky(M)
    half = np.linalg.solve(L, K)
    return np.linalg.eigvalsh(np.linalg.solve(L, half.T))


def frequency(thickness, beam=BEAM, mode=0):
    """A frequency in hertz."""
    return np.sqrt(eigenvalues(thickness, beam)[mode]) / (2 * np.pi)


def improved(thickness):
    """The beam after steps along the gradient that keep the amount of material."""
    gradient = la.jit(la.grad(frequency))
    total = np.sum(thickness)
    for _ in range(STEPS):
        slope = gradient(thickness)
        slope = slope - np.mean(slope)
        thickness = thickness + 0.03 * np.mean(thickness) * slope / np.max(np.abs(slope))
        thickness = np.maximum(thickness, THINNEST)
        thickness = thickness * total / np.sum(thickness)
    return thickness


def main():
    """Prints where material helps, and a better beam of the same mass."""
    console = Console()
    uniform = np.full(ELEMENTS, 0.01)
    better = improved(uniform)
    table = Table("beam", "thickness from the clamped end to the tip, in mm", "frequency in Hz")
    for name, beam in {"uniform": uniform, "improved": better}.items():
        places = " ".join(f"{1e3 * t:.0f}" for t in beam)
        table.add_row(name, places, f"{frequency(beam):.2f}")
    console.print(table)
    slope = 1e-3 * la.grad(frequency)(uniform)
    console.print("Hz for each mm added to an element of the uniform beam:")
    console.print(" ".join(f"{s:+z.2f}" for s in slope))


if __name__ == "__main__":
    main()
