"""Where did the heat come from? A wave of heat in a plasma, followed back through time.

Hot plasma conducts heat far better than cold plasma does, so that heat spreads as a wave with a
sharp front. A loop integrates the equation of heat in small explicit steps. The gradient of the
temperature at a sensor, with respect to the whole profile at the start, says where heat must be
added to be felt there. It goes back through all steps, and needs the temperatures of each: a
schedule of checkpoints says how many of them are kept, and the others are computed again. Whatever
the schedule, the gradient is the same to the last bit.

Conductivity grows with the power 5/2 of the temperature: Spitzer and Härm, *Transport Phenomena in
a Completely Ionized Gas* (1953). The wave has an exact solution: Zel'dovich and Raizer, *Physics of
Shock Waves and High-Temperature Hydrodynamic Phenomena* (1967), chapter X. Where to put a given
number of checkpoints: Griewank and Walther, *Algorithm 799: Revolve* (2000).
"""

import numpy as np
from rich.console import Console
from rich.table import Table

import lineara as la

POWER = 2.5
CELLS, WIDTH = 80, 4.0
FIRST, LAST, STEPS = 1.0, 8.0, 2000
DT = (LAST - FIRST) / STEPS
"""The times of the first and the last profile, and the steps between them."""

SENSOR = 62
"""The cell whose temperature is asked for; the front passes it on the way."""

SCHEDULES = (None, 100, "sqrt", "halving", ("binomial", 10))


def places():
    """The middles of the cells."""
    return (np.arange(CELLS) + 0.5) * (WIDTH / CELLS) - WIDTH / 2


def wave(x, time, power=POWER):
    """The exact temperatures at that time, of heat that once was all at x = 0.

    The front is at 1 when time is 1.
    """
    exponent = 1 / (power + 2)
    front = time**exponent
    inside = np.maximum(0.0, front**2 - x**2)
    return (power * exponent / 2 * inside) ** (1 / power) * front ** (-1 - 2 / power)


def step(u, power=POWER):
    """The temperatures a time DT later; nothing flows through the ends."""
    dx = WIDTH / CELLS
    conductivity = u**power
    flow = (conductivity[1:] + conductivity[:-1]) / 2 * np.diff(u) / dx
    return u + DT / dx * np.diff(flow, prepend=0.0, append=0.0)


def later(u, schedule=None, steps=STEPS, power=POWER):
    """The temperatures after that many steps."""
    return la.fori_loop(0, steps, lambda _, u: step(u, power), u, checkpoint=schedule)


def felt(u, schedule=None):
    """The last temperature at the sensor."""
    return later(u, schedule)[SENSOR]


def gradient(schedule):
    """A function of the first temperatures: how much hotter heat in each cell makes the sensor."""
    return la.jit(la.grad(lambda u: felt(u, schedule)))


def main():
    """Prints where heat reaches the sensor from, and what each schedule costs."""
    console = Console()
    x = places()
    start = wave(x, FIRST)
    end, exact = later(start), wave(x, LAST)
    off = np.max(np.abs(end - exact)) / np.max(exact)
    console.print(f"The temperatures are within {off:.1%} of the exact wave.")

    gradients = {schedule: gradient(schedule)(start) for schedule in SCHEDULES}
    table = Table("heat added at", "makes the sensor hotter by", title=f"sensor at {x[SENSOR]:.2f}")
    for part in np.split(np.arange(CELLS), 10):
        change = np.mean(gradients[None][part])
        table.add_row(f"{x[part[0]]:z.2f} to {x[part[-1]]:z.2f}", f"{change:.5f}")
    console.print(table)

    table = Table("checkpoint=", "memory", "work, by that of the loop", "gradient")
    once = la.work(la.trace(felt)(start))
    for schedule, found in gradients.items():
        program = la.trace(gradient(schedule))(start)
        peak, work = la.memory(program).peak, la.work(program)
        same = "the same" if np.array_equal(found, gradients[None]) else "another one"
        table.add_row(str(schedule), f"{peak / 1e3:.0f} kB", f"{work / once:.1f}", same)
    console.print(table)


if __name__ == "__main__":
    main()
