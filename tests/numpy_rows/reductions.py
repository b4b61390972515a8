"""Reductions, running sums and statistics."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from numpy_rows import Array, Row, case, numbers, since

X = numbers(3, 4)
INTS = np.array([[3, -1, 2, 0], [5, 5, -7, 1]])
BYTES = INTS.astype(np.int8)
NATURAL = np.array([[3, 1, 2], [200, 250, 7]], np.uint8)
BOOLS = np.array([[True, False, True], [True, True, True]])
SINGLE = numbers(3, 4, dtype="f4")
COMPLEX = numbers(3, 4, dtype="c16")
HOLES = np.where(X > 1, np.nan, X)
NO_ROWS = np.ones((0, 3))
MASK = X > -1

AXES: list[dict[str, Any]] = [
    {},
    {"axis": 0},
    {"axis": -1},
    {"axis": (0, 1)},
    {"axis": 1, "keepdims": True},
    {"keepdims": True},
]
SUMS = [np.sum, np.prod, np.mean, np.nansum, np.nanprod, np.nanmean]
SPREADS = [np.var, np.std, np.nanvar, np.nanstd]
EXTREMES = [np.max, np.min, np.nanmax, np.nanmin, np.ptp]
TRUTHS = [np.any, np.all, np.count_nonzero]


def _row(function: Any, inputs: list[Array], smooth: bool, **options: Any) -> Row:
    given = ",".join(k if k == "where" else f"{k}={v}" for k, v in options.items())
    types = ",".join(f"{x.dtype}{list(x.shape)}" for x in inputs)
    return (f"{function.__name__}({types};{given})", partial(function, **options), inputs, smooth)


def _reductions() -> list[Row]:
    rows = []
    for function in (*SUMS, *SPREADS):
        rows += [_row(function, [X], True, **axis) for axis in AXES]
        rows += [_row(function, [x], False, axis=0) for x in (INTS, BYTES, NATURAL, BOOLS, SINGLE)]
        rows += [_row(function, [COMPLEX], True, axis=0), _row(function, [COMPLEX], True)]
    for function in SUMS[:3]:
        rows.append(_row(function, [NO_ROWS], True, axis=1))
        rows.append(_row(function, [X], True, axis=1, where=MASK))
        rows.append(_row(function, [INTS], False, dtype=np.float32))
    for function in SUMS[:2]:
        rows += [_row(function, [X], False, dtype=t) for t in ("i8", "f4", "c8")]
        rows.append(_row(function, [INTS], False, axis=0, initial=2.5))
        rows.append(_row(function, [NO_ROWS], True))
        rows.append(_row(function, [X], True, axis=0, initial=3))
    for function in SPREADS:
        rows.append(_row(function, [X], True, correction=1, axis=1))
        rows.append(_row(function, [X], False, mean=X.mean(0, keepdims=True), axis=0))
        rows.append(_row(function, [SINGLE], False, mean=0.5))
        rows += [_row(function, [x], False, dtype=complex) for x in (X, COMPLEX)]
        rows.append(_row(function, [X], True, keepdims=np._NoValue))
        rows.append(_row(function, [X], True, axis=1, ddof=1))
        rows.append(_row(function, [X], True, where=MASK, axis=1))
    for function in EXTREMES:
        rows += [_row(function, [X], True, **axis) for axis in AXES]
        rows += [_row(function, [x], False, axis=1) for x in (INTS, BYTES, NATURAL, SINGLE)]
    for function in EXTREMES[:2]:
        rows.append(_row(function, [X], True, initial=None))
        rows.append(_row(function, [X], True, axis=0, initial=0.5))
        rows.append(_row(function, [X], True, axis=0, initial=0.5, where=MASK))
        rows.append(_row(function, [NO_ROWS], True, axis=0, initial=2.0, keepdims=True))
        rows.append(_row(function, [HOLES], False, axis=0))
    for function in TRUTHS:
        rows += [_row(function, [x], False, **axis) for x in (X, INTS, BOOLS) for axis in AXES]
    for function in (np.argmax, np.argmin):
        rows += [
            _row(function, [x], False, **axis)
            for x in (X, INTS)
            for axis in AXES
            if axis.get("axis") != (0, 1)
        ]
    return rows


def _running() -> list[Row]:
    rows = []
    for function in (np.cumsum, np.cumprod, np.nancumsum, np.nancumprod):
        rows += [_row(function, [X], True, **axis) for axis in AXES[:3]]
        rows += [_row(function, [x], False, axis=0) for x in (INTS, BYTES, NATURAL, BOOLS, SINGLE)]
    for name in ("np.cumulative_sum", "np.cumulative_prod"):
        calls = [case(f"{name}(x, axis=1, include_initial=True)", X), case(f"{name}(x[0])", X)]
        rows += since("2.1.0", calls)
    return rows


def _ignoring_nan() -> list[Row]:
    names = ("nansum", "nanprod", "nanmean", "nanvar", "nanstd", "nanmax", "nanmin")
    return [_row(getattr(np, name), [HOLES], True, **axis) for name in names for axis in AXES]


def _statistics() -> list[Row]:
    weights = numbers(3, 4, seed=1) + 3
    rows = [
        _row(np.average, [X], True),
        _row(np.average, [INTS], False, axis=0),
        _row(lambda x, w: np.average(x, weights=w), [X, weights], True),
        _row(lambda x, w: np.average(x, weights=w, axis=1), [X, weights[0]], True),
        _row(lambda x, w: np.average(x, 0, w, returned=True), [X, weights[:, 0]], True),
        _row(lambda x: np.average(x, 1, returned=True), [X], True),
    ]
    rows += [_row(np.median, [X], True, **axis) for axis in AXES]
    rows += [_row(np.median, [x], False, axis=0) for x in (INTS, BYTES, SINGLE, HOLES)]
    rows += [_row(np.median, [X[:, 0]], True)]
    for q in (0.3, 0, 1.0, [0.1, 0.5, 0.9], np.float64(0.25)):
        rows += [_row(np.quantile, [X], True, q=q, **axis) for axis in AXES]
        rows += [_row(np.quantile, [x], False, q=q, axis=0) for x in (INTS, HOLES)]
        single = [_row(np.quantile, [SINGLE], False, q=q, axis=0)]
        rows += since("2.4.0" if isinstance(q, np.floating) else "2.0.0", single)
        rows += [_row(np.percentile, [x], False, q=np.multiply(q, 100)) for x in (X, INTS)]
    rows += [_row(np.percentile, [x], False, q=30) for x in (X, SINGLE, INTS)]
    rows += [_row(f, [SINGLE], False, q=np.float32(0.3)) for f in (np.quantile, np.percentile)]
    for function in (np.cov, np.corrcoef):
        rows += [
            _row(function, [X], True),
            _row(function, [X], True, rowvar=False),
            _row(function, [X[0], X[1]], True),
            _row(function, [X[0]], True),
            _row(function, [COMPLEX[:2]], function is np.cov),
            _row(function, [INTS], False),
            _row(function, [SINGLE], False),
        ]
    rows += [_row(np.cov, [X], True, bias=True), _row(np.cov, [X], True, ddof=2)]
    return rows


def _methods() -> list[Row]:
    calls = {
        "sum": lambda x: x.sum(1),
        "mean": lambda x: x.mean(axis=0, keepdims=True),
        "std": lambda x: x.std(0, ddof=1, out=None),
        "max": lambda x: x.max(),
        "cumsum": lambda x: x.cumsum(),
        "any": lambda x: (x > 0).any(axis=1),
        "argmax": lambda x: x.argmax(1),
    }
    return [(f"x.{name}", call, [X], name not in ("any", "argmax")) for name, call in calls.items()]


METHODS = (
    *("inverted_cdf", "averaged_inverted_cdf", "closest_observation", "interpolated_inverted_cdf"),
    *("hazen", "weibull", "linear", "median_unbiased", "normal_unbiased"),
    *("lower", "higher", "midpoint", "nearest"),
)


def _more_statistics() -> list[Row]:
    qs = ("0.3", "[0.0, 0.45, 1.0]")
    twice = np.array([1, 2, 1, 3])
    return [
        *(case(f"np.quantile(x, {q}, axis=1, method={m!r})", X) for m in METHODS for q in qs),
        *(case(f"np.quantile(x, 0.3, method={m!r})", INTS, smooth=False) for m in METHODS),
        case("np.percentile(x, 40, method='higher')", X),
        case("np.median(x, overwrite_input=True)", X),
        *(case(f"np.nanmedian(x{k})", HOLES) for k in ("", ", 0", ", axis=1, keepdims=True")),
        *(
            case(f"np.nanquantile(x, {q}{k})", HOLES)
            for q in qs
            for k in ("", ", 0", ", axis=1, keepdims=True", ", axis=(0, 1)")
        ),
        case("np.nanpercentile(x, 30, 1)", HOLES),
        case("np.nanmedian(x, 0)", INTS, smooth=False),
        case("np.nanmedian(x, 1)", np.full((2, 3), np.nan), smooth=False),
        case("np.nanquantile(x, 0.3)", SINGLE, smooth=False),
        *(
            case(f"np.cov(x, {options})", X)
            for options in (
                "fweights=[1, 2, 1, 3]",
                "aweights=[0.5, 1, 2, 0.1]",
                "ddof=0, aweights=x[0]**2",
            )
        ),
        case("np.cov(x, fweights=y, aweights=z)", X, twice, X[0] ** 2, smooth=False),
        case("np.cov(x, rowvar=False, aweights=[1, 2, 0.5])", COMPLEX),
    ]


ROWS = [
    *_more_statistics(),
    *_reductions(),
    *_running(),
    *_ignoring_nan(),
    *_statistics(),
    *_methods(),
]
