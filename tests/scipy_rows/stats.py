"""`stats`: every method of every distribution, with shapes, location and scale."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy_rows import numbers

import lineara as la
from lineara.scipy.stats.distribution import Continuous, Discrete
from scipy_rows import Row

SHAPES = {"beta": (2.5, 1.5), "binom": (5, 0.3), "nbinom": (2.5, 0.3), "t": (4.5,)}
SHAPES |= dict.fromkeys(("bernoulli", "geom"), (0.3,))
BEYOND = np.array([-np.inf, -1.0, 0.0, 1.0, 1.5, np.inf, np.nan])
INSIDE = np.array([0.2, 0.45, 0.9])
HELD = ("gamma", "t", "beta", "chi2", "invgamma", "binom", "nbinom")
"""Distributions whose distribution functions have no derivative in the shapes."""


def rows() -> Iterator[Row]:
    families = {name: getattr(la.scipy.stats, name) for name in la.scipy.stats.__all__}
    for name, family in families.items():
        if isinstance(family, Continuous):
            yield from continuous(name, family)
        elif isinstance(family, Discrete):
            yield from discrete(name, family)


def continuous(name: str, family: Continuous) -> Iterator[Row]:
    shapes = SHAPES.get(name, (1.8,)[: len(family.shapes)])
    text = "".join(f", {s}" for s in shapes)
    for method in family.methods:
        x = INSIDE + (name == "pareto" and method != "ppf")
        yield Row("stats", f"m.{name}.{method}(x{text})", x)
        yield Row("stats", f"m.{name}.{method}(x{text})", BEYOND, smooth=False)
        inside = "x" if method == "ppf" else "x * 2 + 0.25"
        yield Row("stats", f"m.{name}.{method}({inside}{text}, 0.25, scale=2)", x)
        moved = "x" if method == "ppf" else "x * z + y"
        ends = np.array(0.3), np.array(1.7)
        yield Row("stats", f"m.{name}.{method}({moved}{text}, loc=y, scale=z)", x, *ends)
        if shapes and (name not in HELD or method.endswith("pdf")):
            values = [np.array(s) for s in shapes]
            args = ", ".join("yz"[: len(values)])
            yield Row("stats", f"m.{name}.{method}(x, {args})", x, *values)
            code = f"m.{name}.{method}(x, *[-y] * {len(shapes)})"
            yield Row("stats", code, x, np.array(1.5), smooth=False)
    yield Row("stats", f"m.{name}.logpdf(x{text}, 0, y)", INSIDE, np.array(-1.0), smooth=False)
    yield Row("stats", f"m.{name}.pdf(x{text})", INSIDE.astype("f4"), smooth=False)


def discrete(name: str, family: Discrete) -> Iterator[Row]:
    shapes = SHAPES.get(name, (1.8,))
    k = np.arange(1, 5) if name == "geom" else np.arange(5)
    *fixed, last = shapes
    text = "".join(f", {s}" for s in fixed)
    for method in family.methods:
        code = f"m.{name}.{method}(y{text}, x)"
        yield Row("stats", code, np.array(last), k[:1] if name == "bernoulli" else k)
        awkward = np.array([-1.0, 0.5, 3.0, 60.0, np.nan])
        yield Row("stats", code, np.array(last), awkward, smooth=False)
        yield Row("stats", code, np.array(1.0), k, smooth=False)
    yield Row("stats", f"m.{name}.logpmf(y{text}, x, loc=1)", np.array(last), k[:2] + 1)


M = numbers(3, 3) / 4 + np.eye(3)
POINTS = numbers(4, 3, seed=2)
MORE = [
    Row("stats", "m.norm(x, 2.0).logpdf(y)", np.array(0.5), INSIDE),
    Row("stats", "m.gamma(2.5, scale=x).logpdf(y)", np.array(0.5), INSIDE),
    Row("stats", "m.norm.logpdf(x[:, None], y)", INSIDE, INSIDE),
    Row("stats", "m.norm.logpdf(x)", np.array([1, 2]), smooth=False),
    Row("stats", "m.logistic.logpdf(x)", np.zeros(2)),
    *(
        Row("stats", f"m.multivariate_normal.{f}(x, y, z @ z.T)", POINTS, POINTS[0], M)
        for f in ("logpdf", "pdf")
    ),
    Row("stats", "m.multivariate_normal.logpdf(x, y, z @ z.T)", POINTS[0], POINTS[1], M),
    Row("stats", "m.multivariate_normal.logpdf(x, y, z)", INSIDE, INSIDE[0], INSIDE[1]),
    Row("stats", "m.multivariate_normal.logpdf(x, y, 2.0)", POINTS, POINTS[0]),
    Row("stats", "m.multivariate_normal.logpdf(x, cov=y @ y.T)", POINTS, M),
    Row("stats", "m.multivariate_normal.logpdf(x)", INSIDE),
    *(
        Row("stats", f"m.dirichlet.{f}(x / np.sum(x), y)", INSIDE, INSIDE + 1)
        for f in ("logpdf", "pdf")
    ),
    Row("stats", "m.dirichlet.logpdf(x[:2] / np.sum(x), y)", INSIDE, INSIDE + 1),
]
ROWS = [*rows(), *MORE]
