"""Which velocity stirs smoke into a given picture? A small fluid, differentiated through time.

The fluid is incompressible and periodic: each step frees the velocity of divergence by Jacobi's
iteration and carries velocity and smoke along, after Stam, *Stable Fluids* (1999).
"""

import numpy as np

import lineara as la

SIZE = 12
GRID = np.arange(SIZE)
SMOKE = np.where(GRID[:, None] < SIZE // 2, 1.0, 0.0) * np.ones(SIZE)
TARGET = np.exp(-((GRID[:, None] - 6.0) ** 2 + (GRID - 6.0) ** 2) / 12)


def project(vx, vy, sweeps=6):
    """The velocity, less the gradient of a pressure that makes up for its divergence."""
    div = np.roll(vx, -1, 0) - np.roll(vx, 1, 0) + np.roll(vy, -1, 1) - np.roll(vy, 1, 1)
    p = np.zeros((SIZE, SIZE))
    for _ in range(sweeps):
        around = np.roll(p, 1, 0) + np.roll(p, -1, 0) + np.roll(p, 1, 1) + np.roll(p, -1, 1)
        p = (around - 0.5 * div) / 4
    dx, dy = np.roll(p, -1, 0) - np.roll(p, 1, 0), np.roll(p, -1, 1) - np.roll(p, 1, 1)
    return vx - 0.5 * dx, vy - 0.5 * dy


def advect(f, vx, vy):
    """The field where it came from one step ago, between the four nearest cells."""
    x, y = GRID[:, None] - vx, GRID - vy
    left, top = np.floor(x), np.floor(y)
    wx, wy = x - left, y - top
    i, j = left.astype(int) % SIZE, top.astype(int) % SIZE
    k, m = (i + 1) % SIZE, (j + 1) % SIZE
    return (1 - wx) * ((1 - wy) * f[i, j] + wy * f[i, m]) + wx * ((1 - wy) * f[k, j] + wy * f[k, m])


def loss(velocity, steps=4):
    """The mean square difference between the smoke after some steps and the target."""
    vx, vy = velocity
    smoke = SMOKE + 0 * vx  # traced, as a plain array cannot be read at traced places
    for _ in range(steps):
        vx, vy = project(vx, vy)
        vx, vy, smoke = advect(vx, vx, vy), advect(vy, vx, vy), advect(smoke, vx, vy)
    return np.mean((smoke - TARGET) ** 2)


def problem(seed=0):
    """The function to differentiate, and where."""
    return loss, 0.1 * np.random.default_rng(seed).normal(size=(2, SIZE, SIZE))


def main(iterations=8):
    """Prints how near the picture comes."""
    _, start = problem()
    result = la.minimize(
        lambda v: loss(v.reshape(start.shape)),
        start.ravel(),
        method="BFGS",
        options={"maxiter": iterations},
    )
    print(f"difference {loss(start):.4f} → {result.fun:.4f}")


if __name__ == "__main__":
    main()
