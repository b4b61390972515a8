"""Where do the knots of a spline belong? Least squares with B-splines, as a function of the knots.

A cubic spline with five free knots is fitted to data from a heated piece of titanium, with a sharp
peak that equidistant knots miss. The basis is made by the recursion of Cox and de Boor, one column
after the other, and the coefficients come from a QR factorisation. The derivative answers how the
error of the best spline changes when a knot is moved.

The recursion and the data are those of de Boor, *A Practical Guide to Splines* (1978). To search
among logarithms of ratios of distances, which keeps the knots in order, is from Jupp,
*Approximation to data by splines with free knots* (1978).
"""

import numpy as np
from rich.console import Console
from rich.table import Table
from scipy.optimize import least_squares

import lineara as la

DEGREE = 3

TITANIUM = """
    .644 .622 .638 .649 .652 .639 .646 .657 .652 .655 .644 .663 .663 .668 .676 .676 .686 .679
    .678 .683 .694 .699 .710 .730 .763 .812 .907 1.044 1.336 1.881 2.169 2.075 1.598 1.211 .916
    .746 .672 .627 .615 .607 .606 .609 .603 .601 .603 .601 .611 .601 .608
"""
"""A property of titanium at 595, 605, …, 1075 degrees."""


def data():
    """Temperatures and values."""
    return np.arange(595.0, 1076.0, 10.0), np.array(TITANIUM.split(), float)


def basis(x, knots, degree=DEGREE):
    """The values at x of all B-splines on the knots, of shape [points, splines]."""
    N = np.zeros((len(x), len(knots) - 1), like=knots)
    last = np.max(np.nonzero(knots[:-1] < knots[1:]))
    for i in range(len(knots) - 1):
        inside = (knots[i] <= x) & (x < knots[i + 1])
        if i == last:
            inside = inside | (x == knots[i + 1])
        N[:, i] = inside
    for k in range(1, degree + 1):
        for i in range(len(knots) - 1 - k):
            new = np.zeros(len(x))
            if knots[i + k] > knots[i]:
                new = new + (x - knots[i]) / (knots[i + k] - knots[i]) * N[:, i]
            if knots[i + k + 1] > knots[i + 1]:
                rest = (knots[i + k + 1] - x) / (knots[i + k + 1] - knots[i + 1])
                new = new + rest * N[:, i + 1]
            N[:, i] = new
    return N[:, : len(knots) - 1 - degree]


def padded(inner, x, degree=DEGREE):
    """All knots: the inner ones, and each end of the data often enough."""
    return np.concatenate([np.repeat(x[0], degree + 1), inner, np.repeat(x[-1], degree + 1)])


def coefficients(inner, x, y):
    """Those of the spline that is closest to the points."""
    Q, R = np.linalg.qr(basis(x, padded(inner, x)))
    return np.linalg.solve(R, Q.T @ y)


def residual(inner, x, y):
    """What the best spline with those inner knots leaves of the data."""
    return y - basis(x, padded(inner, x)) @ coefficients(inner, x, y)


def error(inner, x, y):
    """The sum of squares of the residual."""
    return np.sum(residual(inner, x, y) ** 2)


def placed(logs, x):
    """Inner knots, in order, from logarithms of ratios: each distance by the first one."""
    widths = np.exp(np.concatenate([[0.0], logs]))
    return x[0] + (x[-1] - x[0]) * np.cumsum(widths)[:-1] / np.sum(widths)


def widths(inner, x):
    """The logarithms that `placed` makes those knots from."""
    gaps = np.diff(np.concatenate([x[:1], inner, x[-1:]]))
    return np.log(gaps[1:] / gaps[0])


def best(inner, x, y):
    """Knots from which no small move makes the error smaller, by the method of Gauss and Newton."""

    def function(logs):
        return residual(placed(logs, x), x, y)

    result = least_squares(function, widths(inner, x), jac=la.jacfwd(function), xtol=1e-5)
    return placed(result.x, x)


def main():
    """Moves knots to where the spline is best, and prints what a further move would do."""
    x, y = data()
    start = np.array([800.0, 850.0, 900.0, 950.0, 1000.0])
    choices = {
        "equidistant": np.linspace(x[0], x[-1], 7)[1:-1],
        "around the peak": start,
        "moved": best(start, x, y),
    }
    table = Table("knots", "", "error", "change of the error for each degree that a knot moves")
    for name, inner in choices.items():
        value, gradient = la.value_and_grad(error)(inner, x, y)
        places = " ".join(f"{knot:.0f}" for knot in inner)
        table.add_row(name, places, f"{value:.4f}", " ".join(f"{g:.4f}" for g in gradient))
    Console().print(table)


if __name__ == "__main__":
    main()
