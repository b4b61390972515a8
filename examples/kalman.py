"""How volatile is the Nile? The likelihood of a Kalman filter, and its score.

The Nile's annual flow at Aswan is modelled as a level that drifts like a random walk and is
measured with noise. The filter, which takes any linear Gaussian state-space model, gives the
likelihood of the data; a missing year, which is stored as nan, is predicted and not filtered.
Derivatives answer which variances explain the data best (the score, for an optimiser), and how well
they are known (the Hessian at the maximum, whose inverse is the covariance of the estimates).

Data, model and published estimates: Durbin and Koopman, *Time Series Analysis by State Space
Methods* (2012), chapter 2; the data were first analysed by Cobb, *The problem of the Nile* (1978).
"""

import numpy as np
from rich.console import Console
from rich.table import Table
from scipy.optimize import minimize

import lineara as la

NILE = """
    1120 1160 963 1210 1160 1160 813 1230 1370 1140 995 935 1110 994 1020 960 1180 799 958 1140
    1100 1210 1150 1250 1260 1220 1030 1100 774 840 874 694 940 833 701 916 692 1020 1050 969
    831 726 456 824 702 1120 1100 832 764 821 768 845 864 862 698 845 744 796 1040 759
    781 865 845 944 984 897 822 1010 771 676 649 846 812 742 801 1040 860 874 848 890
    744 749 838 1050 918 986 797 923 975 815 1020 906 901 1170 912 746 919 718 714 740
"""
"""Annual flows from 1871 to 1970, in 10^8 cubic metres."""

PUBLISHED = {"noise": 15099.0, "drift": 1469.1}
"""The maximum likelihood estimates of Durbin and Koopman."""


def flows():
    """The Nile data as a column of observations."""
    return np.array(NILE.split(), float)[:, None]


def local_level(params):
    """A random walk that is observed with noise, as a state-space model.

    The variances are given as logarithms. The first level is practically unknown.
    """
    one = np.eye(1)
    return {
        "T": one,
        "Z": one,
        "H": np.exp(params["noise"]) * one,
        "Q": np.exp(params["drift"]) * one,
        "a": np.zeros(1),
        "P": 1e7 * one,
    }


def log_likelihood(model, y):
    """The logarithm of the density of the observations y, of shape [times, observed].

    States follow a' = T a + η, observations are y = Z a + ε; η and ε have covariances Q and H. The
    model also has the mean a and covariance P of the first state.
    """
    T, Z, H, Q = (model[name] for name in "TZHQ")
    a, P = model["a"], model["P"]
    total = 0.0
    for observed in y:
        if not np.any(np.isnan(observed)):
            v = observed - Z @ a
            F = Z @ P @ Z.T + H
            gain = P @ Z.T @ np.linalg.inv(F)
            _, log_det = np.linalg.slogdet(2 * np.pi * F)
            total -= 0.5 * (log_det + v @ np.linalg.solve(F, v))
            a = a + gain @ v
            P = P - gain @ F @ gain.T
        a = T @ a
        P = T @ P @ T.T + Q
    return total


def loss(params, y):
    """What is minimised over the logarithms of the variances."""
    return -log_likelihood(local_level(params), y)


def named(theta):
    """The parameters in a vector."""
    return {"noise": theta[0], "drift": theta[1]}


def fit(y):
    """The logarithms of the variances that are most likely."""
    value_and_grad = la.jit(la.value_and_grad(lambda theta: loss(named(theta), y)))
    start = np.full(2, np.log(np.nanvar(y) / 2))
    return minimize(value_and_grad, start, jac=True).x


def covariance(theta, y):
    """How well the fit knows its parameters: the inverse of the Hessian of the loss."""

    def column(unit):
        (product,) = la.hvp(lambda theta: loss(named(theta), y), (theta,), (unit,))
        return product

    return np.linalg.inv(np.stack([column(unit) for unit in np.eye(len(theta))]))


def main():
    """Fits the model with all years, and with forty of them missing."""
    y, gaps = flows(), flows()
    gaps[20:40] = gaps[60:80] = np.nan
    theta, fewer = fit(y), fit(gaps)
    errors = np.sqrt(np.diag(covariance(theta, y)))
    table = Table("variance of", "published", "found", "one standard error", "without 40 years")
    for i, (name, value) in enumerate(PUBLISHED.items()):
        low, found, high = np.exp(theta[i] + errors[i] * np.array([-1, 0, 1]))
        interval = f"{low:.0f} to {high:.0f}"
        table.add_row(name, f"{value:.0f}", f"{found:.0f}", interval, f"{np.exp(fewer[i]):.0f}")
    console = Console()
    console.print(table)
    console.print(f"log-likelihood {-loss(named(theta), y):.4f}")


if __name__ == "__main__":
    main()
