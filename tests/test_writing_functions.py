"""What functions that write into arrays refuse, and diagonals of all shapes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy_rows.writing import X, write

import lineara as la
from lineara.errors import LinearaError


def test_plain_diagonals_of_all_shapes() -> None:
    for shape in ((3, 3), (2, 4), (5, 2), (3, 3, 3)):
        for wrap in (False, True):
            plain = np.ones(shape)
            np.fill_diagonal(plain, 7.0, wrap=wrap)

            def f(x: Any, shape: Any = shape, wrap: bool = wrap) -> Any:
                y = np.ones(shape, like=x)
                np.fill_diagonal(y, x, wrap=wrap)
                return y

            np.testing.assert_array_equal(la.jit(f)(7.0), plain)


def ordered_by(x: Any) -> Any:
    """An array with the order in memory of `x`, whatever is written into it."""
    z = 2 * x
    np.negative(x.copy(), out=z)
    return z


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (lambda y, x: np.add.at(np.zeros(3), 0, x[0, 0]), "written into a plain NumPy array"),
        (lambda y, x: np.multiply(x, 3, out=np.zeros((2, 3))), "written into a plain NumPy array"),
        (lambda y, x: np.add(x, 1j, out=y), "would change the dtype"),
        (lambda y, x: np.sum(x, axis=0, out=y), "found: a result of shape (3,)"),
        (lambda y, x: np.put(y, [0], 1.0, mode="up"), "mode='up'"),
        (lambda y, x: np.less.at(y, 0, x), "np.less.at is not supported"),
        (lambda y, x: np.copyto(x, y), "copy it first"),
        (lambda y, x: np.put(y, [6], 1.0), "out of bounds"),
        (lambda y, x: ordered_by(x.T).reshape(-1).fill(0), "copy it first"),
    ],
)
def test_refusals(change: Callable[[Any, Any], Any], text: str) -> None:
    with pytest.raises(LinearaError) as caught:
        la.jit(write(change))(X)
    assert text in str(caught.value)


def test_indices_that_are_numbers_of_numpy() -> None:
    def zeroed(x: Any) -> Any:
        y = x * 1.0
        row = y[np.array(1)]  # a copy, other than y[1]
        row[:] = 0.0
        return y

    np.testing.assert_array_equal(la.jit(zeroed)(X), zeroed(X))
    column = np.arange(6.0).reshape(2, 3, 1)
    apart = lambda x: x[:, np.array([0, 1]), ..., 0]  # noqa: E731
    np.testing.assert_array_equal(la.jit(apart)(column), apart(column))
