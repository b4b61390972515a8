"""How fast do lynxes starve and hares breed? The equations of Lotka and Volterra, fitted to pelts.

The equations say how a population of predators and one of prey change; a loop integrates them by
the classical method of Runge and Kutta. The gradient of the misfit with respect to the four rates
and both populations at the start goes back through all steps of the loop, and finds the rates that
explain twenty years of catches best.

Data: pelts that the Hudson's Bay Company took in, in thousands, from Howard, *Modeling Basics*
(2009), after Odum, *Fundamentals of Ecology* (1953). Model of the errors and published estimates:
Carpenter, *Predator-Prey Population Dynamics: the Lotka-Volterra Model in Stan* (2018).
"""

import numpy as np
from rich.console import Console
from rich.table import Table
from scipy.optimize import minimize

import lineara as la

STEPS = 10
"""Steps of the integrator for each year."""

HARES = """
    30.0 47.2 70.2 77.4 36.3 20.6 18.1 21.4 22.0 25.4 27.1
    40.3 57.0 76.6 52.3 19.5 11.2 7.6 14.6 16.2 24.7
"""
LYNXES = """
    4.0 6.1 9.8 35.2 59.4 41.7 19.0 13.0 8.3 9.1 7.4
    8.0 12.3 19.5 45.7 51.1 29.7 15.8 9.7 10.1 8.6
"""
"""Pelts from 1900 to 1920."""

PARAMETERS = {
    "hares born": "0.55",
    "hares eaten": "0.028",
    "lynxes starved": "0.80",
    "lynxes born": "0.024",
    "hares in 1900": "",
    "lynxes in 1900": "",
}
"""The rates that Carpenter found by sampling, with weak prior knowledge."""


def pelts():
    """Hares and lynxes, of shape [years, 2]."""
    return np.stack([np.array(text.split(), float) for text in (HARES, LYNXES)], axis=1)


def change(state, rates):
    """The derivative of both populations with respect to time."""
    hares, lynxes = state[0], state[1]
    born, eaten, starved, raised = rates
    return np.stack([(born - eaten * lynxes) * hares, (raised * hares - starved) * lynxes])


def runge_kutta(state, rates, dt):
    """The populations a time dt later, by the classical method of order four."""
    a = change(state, rates)
    b = change(state + dt / 2 * a, rates)
    c = change(state + dt / 2 * b, rates)
    d = change(state + dt * c, rates)
    return state + dt / 6 * (a + 2 * b + 2 * c + d)


def populations(params, years):
    """Both populations at the start and after each year, of shape [years, 2]."""
    rates, start = params[:4], params[4:]

    def year(state, _):
        after = la.fori_loop(0, STEPS, lambda _, s: runge_kutta(s, rates, 1 / STEPS), state)
        return after, after

    _, later = la.scan(year, start, None, length=years - 1)
    return np.concatenate([start[None], later])


def loss(logs, y):
    """The squares of the misfit of logarithms: an error multiplies. Parameters are logarithms."""
    return np.sum((np.log(populations(np.exp(logs), len(y))) - np.log(y)) ** 2)


def fit(y):
    """The parameters that explain the pelts best, and how far one knows them, as logarithms.

    The errors are those of least squares: the Hessian of the loss, by twice the variance of what is
    left of the data, is the inverse of the covariance.
    """
    value_and_grad = la.jit(la.value_and_grad(lambda logs: loss(logs, y)))
    start = np.log([0.5, 0.03, 0.8, 0.03, *y[0]])
    found = minimize(value_and_grad, start, jac=True, method="BFGS", options={"gtol": 1e-6})
    variance = found.fun / (y.size - len(found.x))
    hessian = la.jit(la.hessian(lambda logs: loss(logs, y)))(found.x)
    return found.x, np.sqrt(np.diag(2 * variance * np.linalg.inv(hessian)))


def main():
    """Fits the model, and prints what it says about the animals."""
    y = pelts()
    logs, errors = fit(y)
    table = Table("rate or population", "published", "found", "one standard error")
    for (name, published), log, error in zip(PARAMETERS.items(), logs, errors, strict=True):
        low, found, high = np.exp(log + error * np.array([-1, 0, 1]))
        table.add_row(name, published, f"{found:.3g}", f"{low:.3g} to {high:.3g}")
    console = Console()
    console.print(table)
    scatter = np.sqrt(loss(logs, y) / y.size)
    console.print(f"catches differ from the model by a factor of {np.exp(scatter):.2f}, typically")


if __name__ == "__main__":
    main()
