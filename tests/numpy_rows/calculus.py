"""Differences, integrals, interpolation, convolutions and polynomials."""

from __future__ import annotations

import numpy as np

from numpy_rows import Row, numbers

X = numbers(3, 4)
V = numbers(6, seed=2)
INTS = np.array([3, -1, 2, 0, 5])
BOOLS = np.array([True, False, False, True])
SINGLE = numbers(5, dtype="f4")
COMPLEX = numbers(5, dtype="c16")
AT = np.array([0.0, 0.5, 1.5, 1.75, 3.0, 4.0])
PHASES = np.array([0.0, 2.0, 5.5, 9.1, 3.0, -4.0])


def _convolutions() -> list[Row]:
    pairs = [
        (V, X[0], True),
        (X[0], V, True),
        (V, X[0, :3], True),
        (COMPLEX, V, True),
        (V, COMPLEX, True),
        (INTS, INTS[:2], False),
        (SINGLE, SINGLE[:1], False),
    ]
    return [
        (
            f"{function.__name__} {mode} {a.dtype}{a.shape} {b.dtype}{b.shape}",
            lambda a, b, f=function, mode=mode: f(a, b, mode),
            [a, b],
            smooth,
        )
        for function in (np.convolve, np.correlate)
        for mode in ("full", "same", "valid")
        for a, b, smooth in pairs
    ]


ROWS: list[Row] = [
    ("diff", np.diff, [X], True),
    ("diff axis", lambda x: np.diff(x, axis=0), [X], True),
    ("diff 2", lambda x: np.diff(x, n=2), [X], True),
    ("diff 0", lambda x: np.diff(x, n=0), [X], True),
    ("diff ends", lambda x: np.diff(x, axis=0, prepend=0.5, append=x[:1]), [X], True),
    ("diff bool", np.diff, [BOOLS], False),
    ("diff int", np.diff, [INTS], False),
    ("ediff1d", np.ediff1d, [X], True),
    ("ediff1d ends", lambda x: np.ediff1d(x, to_begin=[1.0, 2.0], to_end=x[0]), [X], True),
    ("gradient", np.gradient, [V], True),
    ("gradient 2-d", np.gradient, [X], True),
    ("gradient spacing", lambda x: np.gradient(x, 0.3), [X], True),
    ("gradient spacings", lambda x: np.gradient(x, 0.3, [0.0, 1, 3, 3.5]), [X], True),
    ("gradient axis", lambda x: np.gradient(x, axis=1), [X], True),
    ("gradient axes", lambda x: np.gradient(x, 2, 3, axis=(1, 0)), [X], True),
    ("gradient points", lambda f, x: np.gradient(f, x), [V, AT], True),
    ("gradient edges", lambda x: np.gradient(x, 0.2, edge_order=2), [V], True),
    ("gradient points edges", lambda f, x: np.gradient(f, x, edge_order=2), [V, AT], True),
    ("gradient int", lambda x: np.gradient(x), [INTS], False),
    ("gradient single", lambda x: np.gradient(x, 2.0), [SINGLE], False),
    ("unwrap", np.unwrap, [PHASES], True),
    ("unwrap axis", lambda x: np.unwrap(x, axis=0, period=1.5), [X], True),
    ("unwrap discont", lambda x: np.unwrap(x, 4.0), [PHASES], True),
    ("unwrap int", lambda x: np.unwrap(x, period=4), [INTS], False),
    ("trapezoid", np.trapezoid, [X], True),
    ("trapezoid dx", lambda y: np.trapezoid(y, dx=0.3, axis=0), [X], True),
    ("trapezoid x", lambda y, x: np.trapezoid(y, x), [X, AT[:4]], True),
    ("trapezoid x axis", lambda y, x: np.trapezoid(y, x, axis=0), [X, AT[:3]], True),
    ("trapezoid full x", lambda y, x: np.trapezoid(y, x), [X, np.cumsum(X**2, 1)], True),
    ("trapezoid wide x", lambda y, x: np.trapezoid(y, x, axis=-1), [X[0], X[:, :1] + X], True),
    ("correlate bools", lambda x: np.correlate(x, [True, True]), [BOOLS], False),
    ("trapezoid int", np.trapezoid, [INTS], False),
    ("interp", lambda x: np.interp(x, AT, PHASES), [V * 3], True),
    ("interp points", lambda x, xp, fp: np.interp(x, xp, fp), [V * 3, AT, PHASES], True),
    ("interp ends", lambda x: np.interp(x, AT, PHASES, left=-1.0, right=7.0), [V * 3], True),
    ("interp knots", lambda x: np.interp(x, AT, PHASES), [AT], False),
    ("interp nan", lambda x: np.interp(x, AT, PHASES), [np.array([np.nan, 1.0])], False),
    (
        "interp beside nan",
        lambda x: np.interp(x, [0.0, 1.0, 2.0, 3.0], [1.0, np.nan, 3.0, np.inf]),
        [np.array([0.0, 0.5, 2.0, 2.5, 3.0])],
        False,
    ),
    ("interp one", lambda x: np.interp(x, [1.0], [2.0], 3.0, 4.0), [AT], False),
    ("interp 0-d", lambda x: np.interp(x, AT, PHASES), [np.array(0.3)], True),
    ("interp complex", lambda f: np.interp(AT / 2, AT[:5], f), [COMPLEX], True),
    ("polyval", lambda p, x: np.polyval(p, x), [V, X], True),
    ("polyval known", lambda x: np.polyval([1, 2, 3], x), [X], True),
    ("polyval single", lambda x: np.polyval([1, 2, 3], x), [SINGLE], False),
    ("polyval int", lambda x: np.polyval([1, 2, 3], x), [INTS], False),
    *_convolutions(),
    (
        "interp period",
        lambda x, f: np.interp(x, [-1.0, 0.5, 1.2], f, period=3),
        [numbers(5), numbers(3)],
        True,
    ),
    (
        "interp period traced",
        lambda x, k, f: np.interp(x, k, f, period=2.5),
        [numbers(5), numbers(4, seed=1), numbers(4, seed=2)],
        True,
    ),
    *(
        (
            f"convolve nan {m}",
            lambda x, y, m=m: np.convolve(x, y, m),
            [np.array([1.0, np.nan, 2, 3, np.inf, 4, 5]), np.array([1.0, np.nan, 2])],
            False,
        )
        for m in ("full", "same", "valid")
    ),
]
