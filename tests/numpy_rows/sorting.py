"""Sorting, searching and choosing."""

from __future__ import annotations

import numpy as np

from numpy_rows import Row, numbers

X = numbers(3, 4)
Y = numbers(3, 4, seed=1)
INTS = np.array([[3, -1, 2, 0], [5, 5, -7, 1]])
SINGLE = numbers(3, 4, dtype="f4")
COMPLEX = numbers(3, 4, dtype="c16")
HOLES = np.where(X > 1, np.nan, X)
WILD = np.array([1.0, np.nan, np.inf, -np.inf, -2.0])
WILD_COMPLEX = np.stack((WILD, WILD[::-1]), axis=-1).view(np.complex128)[:, 0]
KNOTS = np.linspace(-1.5, 1.5, 5)

ROWS: list[Row] = [
    *((f"sort axis={k}", lambda x, k=k: np.sort(x, k), [X], True) for k in (0, 1, -1, None)),
    *((f"argsort axis={k}", lambda x, k=k: np.argsort(x, k), [X], False) for k in (0, -1, None)),
    ("sort int", np.sort, [INTS], False),
    ("sort complex", np.sort, [COMPLEX], True),
    ("sort nan", np.sort, [HOLES], False),
    ("argsort stable", lambda x: np.argsort(x, kind="stable"), [INTS], False),
    ("partition", lambda x: np.partition(x, 2)[:, 2], [X], True),
    ("argpartition", lambda x: np.argpartition(x, 0)[:, 0], [X], False),
    ("searchsorted", lambda v: np.searchsorted(KNOTS, v), [X], False),
    ("searchsorted right", lambda a, v: np.searchsorted(a, v, "right"), [KNOTS, KNOTS], False),
    ("searchsorted left", lambda a, v: np.searchsorted(a, v, side="left"), [KNOTS, KNOTS], False),
    ("searchsorted nan", np.searchsorted, [np.sort(WILD), WILD], False),
    (
        "searchsorted nan right",
        lambda a, v: a.searchsorted(v, "right"),
        [np.sort(WILD), WILD],
        False,
    ),
    ("searchsorted one", lambda a: np.searchsorted(a, 0.2), [KNOTS], False),
    ("where", lambda x, y: np.where(x > y, x, y * y), [X, Y], True),
    ("where broadcast", lambda x, y: np.where(x[:, :1] > 0, x, y[0]), [X, Y], True),
    ("where scalar", lambda x: np.where(x > 0, x, 0), [SINGLE], False),
    ("where int", lambda x: np.where(x > 0, x, 0.5), [INTS], False),
    ("where complex", lambda x, z: np.where(x, x, z), [X, COMPLEX], True),
    ("where known", lambda x: np.where([True, False, True, False], x, 1.0), [X], True),
    ("where places", lambda x: x[np.where(x > 0)], [X], True),
    ("clip", lambda x: np.clip(x, -0.5, 0.7), [X], True),
    ("clip arrays", lambda x, y: np.clip(x, y, y + 1), [X, Y], True),
    ("clip low", lambda x: np.clip(x, -0.5, None), [X], True),
    ("clip high", lambda x: np.clip(x, a_min=None, a_max=0.5), [X], True),
    ("clip method", lambda x: x.clip(min=0.1), [X], True),
    ("clip int", lambda x: np.clip(x, 0, 3), [INTS], False),
    ("clip single", lambda x: np.clip(x, 0, 3.5), [SINGLE], False),
    ("select", lambda x: np.select([x > 1, x > 0], [x, x * x], 7), [X], True),
    ("select dtype", lambda x: np.select([x > 1, x > 0], [x, 2 * x]), [INTS], False),
    ("piecewise", lambda x: np.piecewise(x, [x < 0, x > 1], [np.exp, np.log, 3.0]), [X], True),
    ("piecewise one", lambda x: np.piecewise(x, x < 0, [lambda v: v * v, np.sqrt]), [X[0]], True),
    ("piecewise 0-d", lambda x: np.piecewise(x, [x < 0, x >= 0], [-1, np.sin]), [X[1, 1]], True),
    ("nan_to_num", np.nan_to_num, [WILD], False),
    ("nan_to_num given", lambda x: np.nan_to_num(x, nan=1, posinf=2, neginf=3), [WILD], False),
    ("nan_to_num single", np.nan_to_num, [WILD.astype("f4")], False),
    ("nan_to_num complex", np.nan_to_num, [WILD_COMPLEX], False),
    ("nan_to_num smooth", lambda x: np.nan_to_num(x, copy=True), [X], True),
    ("nan_to_num int", np.nan_to_num, [INTS], False),
    ("isclose", lambda x: np.isclose(x, x + 1e-9), [X], False),
    ("isclose wild", lambda x: np.isclose(x, x[::-1]), [WILD], False),
    ("isclose nan", lambda x: np.isclose(x, x, equal_nan=True), [WILD], False),
    ("isclose number", lambda x: np.isclose(x, 2), [INTS], False),
    ("isclose single", lambda x: np.isclose(x, 0.5, atol=0.5), [SINGLE], False),
    ("allclose", lambda x, y: np.allclose(x, y), [X, Y], False),
    ("allclose rtol", lambda x: np.allclose(x, x * 1.01, rtol=0.1), [X], False),
    ("array_equal", lambda x, y: np.array_equal(x, y), [X, Y], False),
    ("array_equal same", lambda x: np.array_equal(x, x + 0), [X], False),
    ("array_equal shapes", lambda x: np.array_equal(x, x[0]), [X], False),
    ("array_equal nan", lambda x: np.array_equal(x, x, equal_nan=True), [WILD], False),
    ("array_equiv", lambda x: np.array_equiv(x, x[0]), [X * 0], False),
    ("array_equiv shapes", lambda x: np.array_equiv(x, x[0, :3]), [X], False),
]
