"""Functions that write into arrays, `out=` and ufuncs' `at`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from numpy_rows import Row

X = np.array([[0.5, 1.5, 2.5], [3.5, 0.2, 4.5]])


def write(change: Callable[[Any, Any], Any]) -> Callable[[Any], Any]:
    """The function that changes a copy of its argument."""

    def f(x: Any) -> Any:
        y = x * 1.0
        change(y, x)
        return y

    return f


TWICE = (np.array([0, 0, 1]), np.array([1, 1, 2]))
CASES: dict[str, Callable[[Any, Any], Any]] = {
    "add.at": lambda y, x: np.add.at(y, TWICE, x[0]),
    "add.at on rows": lambda y, x: np.add.at(y, np.array([1, 1, 0]), x[:1] * 2),
    "add.at through a view": lambda y, x: np.add.at(y[:, 1:], (0, 1), x[1, 1]),
    "subtract.at": lambda y, x: np.subtract.at(y, TWICE, x[1]),
    "put_along_axis": lambda y, x: np.put_along_axis(
        y, np.argsort(x, axis=1)[:, :1], x[:, 1:2] * 5, axis=1
    ),
    "put_along_axis flat": lambda y, x: np.put_along_axis(y, np.array([4, 0]), x[0, :2], axis=None),
    "put": lambda y, x: np.put(y, [0, 4, 5], x[1, :2]),
    "copyto": lambda y, x: np.copyto(y, x[0]),
    "copyto where": lambda y, x: np.copyto(y, x[0], where=x > 1),
    "putmask": lambda y, x: np.putmask(y, x > 3, x * x),
    "fill_diagonal": lambda y, x: np.fill_diagonal(y, x[0, :2]),
    "out of a ufunc": lambda y, x: np.multiply(x, 3, out=y),
    "out into a view": lambda y, x: np.sum(x**2, axis=0, out=y[1]),
    "out of a function": lambda y, x: np.clip(x, 1.0, 3.0, out=y),
    "a mask": lambda y, x: y.__setitem__(x > 3, 0.0),
    "sort": lambda y, x: y.sort(axis=0),
}

ROWS: list[Row] = [(name, write(change), [X], True) for name, change in CASES.items()]
