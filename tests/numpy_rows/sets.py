"""Arrays as sets, and histograms."""

from __future__ import annotations

import numpy as np

from numpy_rows import Row, case, numbers, since

X, Y, W = numbers(7), numbers(5, seed=1), numbers(7, seed=2) + 3
TWICE = np.array([3.0, 1.0, 3.0, -2.0, 1.0])
HOLES = np.array([1.0, np.nan, -1.0, np.nan])
INTS = np.array([3, 1, 3, 0, 1, 4])
M = np.array([[1.0, 2.0], [3.0, 4.0], [1.0, 2.0]])
EDGES = np.array([-1.5, -0.3, 0.2, 1.9])
POINTS = numbers(6, 2, seed=3)

Z = np.concatenate((X[:3], Y))

SETS: list[Row] = [
    case("np.unique(x)", X),
    *(case(f"np.unique_{f}(x).values", X) for f in ("all", "counts", "inverse")),
    case("np.unique(x)", M, smooth=False),
    *(case("np.unique(x)", x, smooth=False) for x in (TWICE, HOLES, INTS, X > 0)),
    *(case(f"np.unique(x, axis={k})", M, smooth=False) for k in (0, 1, -1)),
    case("np.unique(x, True, True, True)", TWICE, smooth=False),
    case("np.unique(x, return_counts=True)", TWICE, smooth=False),
    case("np.unique(x, equal_nan=False)", HOLES, smooth=False),
    *(case(f"np.{f}(x)", X, smooth=f == "unique_values")
      for f in ("unique_all", "unique_counts", "unique_inverse", "unique_values")),
    *(case(f"np.{f}(x)", INTS, smooth=False)
      for f in ("unique_all", "unique_counts", "unique_inverse")),
    case("np.sort(np.unique_values(x))", INTS, smooth=False),
    *(case(f"np.isin(x, y{extra})", a, b, smooth=False) for a, b in ((X, TWICE), (TWICE, INTS),
      (INTS, TWICE), (HOLES, HOLES), (M, INTS)) for extra in ("", ", invert=True")),
    case("np.isin(x, [])", X, smooth=False),
    *(case(f"np.{f}(x, y)", X, Z, smooth=False)
      for f in ("union1d", "intersect1d", "setdiff1d", "setxor1d")),
    *(case(f"np.{f}(x, y)", TWICE, INTS, smooth=False)
      for f in ("union1d", "intersect1d", "setdiff1d", "setxor1d")),
    *(case(f"np.{f}(x, y, assume_unique=True)", X, Z, smooth=False)
      for f in ("intersect1d", "setdiff1d", "setxor1d")),
    *(case(f"np.{f}(x, y)", X, Y) for f in ("union1d", "setdiff1d", "setxor1d")),
    case("np.intersect1d(x, y, return_indices=True)", TWICE, INTS, smooth=False),
]  # fmt: skip
COUNTS: list[Row] = [
    *(case(f"np.bincount(x{extra})", INTS, smooth=False) for extra in ("", ", minlength=9")),
    case("np.bincount([0, 2, 2, 1, 0, 0, 5], x)", X),
    case("np.bincount(x, y)", INTS, INTS, smooth=False),
    case("np.bincount(x)", INTS[:0], smooth=False),
    *(case(f"np.digitize(x, y{extra})", X, edges, smooth=False)
      for edges in (EDGES, EDGES[::-1].copy()) for extra in ("", ", right=True")),
    case("np.digitize(x, y)", INTS, EDGES, smooth=False),
    *(case(f"np.histogram(x{extra})", X, smooth=False) for extra in ("", ", 3", ", 4, (-1, 1)",
      ", 'auto'", ", 'fd', (-1.5, 1.5)", ", [-2, 0, 0.5, 3]", ", 3, density=True")),
    *(case(f"np.histogram(x, {bins}, weights=y)[0]", X, W)
      for bins in ("3", "4, (-1, 1)", "[-2, 0, 0.5, 3]", "3, (-2, 2), True")),
    case("np.histogram(x, 3, weights=y)[0]", X, W * 1j, smooth=False),
    case("np.histogram(x, 3, weights=y)[0]", INTS, INTS, smooth=False),
    case("np.histogram(x, 3)", INTS, smooth=False),
    case("np.histogram(x, 3)", INTS * 0, smooth=False),
    case("np.histogram(x, 3)", X[:0], smooth=False),
    case("np.histogram(x, 3)", X.astype("f4"), smooth=False),
    case("np.histogram(x, y)", X, EDGES, smooth=False),
    case("np.histogram_bin_edges(x, 4)", X),
    case("np.histogram_bin_edges(x, 'sturges')", X),
    case("np.histogram_bin_edges(x)", INTS, smooth=False),
    case("np.histogram2d(x[:, 0], x[:, 1], 3)", POINTS, smooth=False),
    case("np.histogram2d(x[:, 0], x[:, 1], [2, 4])", POINTS, smooth=False),
    case("np.histogram2d(x[:, 0], x[:, 1], [-2, -0.5, 0.5, 2])", POINTS, smooth=False),
    case("np.histogram2d(x[:, 0], x[:, 1], 2, weights=y)[0]", POINTS, W[:6]),
    case("[np.histogramdd(x, 3)[0], *np.histogramdd(x, 3)[1]]", POINTS, smooth=False),
    case("np.histogramdd([x, y], (2, 3), ((-2, 2), (0, 6)), True)[0]", X, W, smooth=False),
    case("np.histogramdd(x, 3, weights=y, density=True)[0]", POINTS, W[:6]),
    case("np.histogramdd(x, [y, 3])[0]", POINTS, EDGES, smooth=False),
]  # fmt: skip

ROWS: list[Row] = [*SETS, *since("2.0.0", COUNTS)]
