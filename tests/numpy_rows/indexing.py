"""``x[index]`` with every kind of index, and all pairs and triples of kinds."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np

from numpy_rows import Array, Row, numbers

VECTOR, MATRIX, CUBE = numbers(6), numbers(3, 4), numbers(3, 2, 4)
BIG = numbers(3, 2, 4, 3)
EMPTY = np.ones((0, 3))
SCALAR = numbers()

ENDS = (None, 0, 1, 4, 5, 6, 9, -1, -2, -6, -9)
SLICES = [
    slice(start, stop, step)
    for start, stop, step in itertools.product(ENDS, ENDS, (None, 1, 2, 5, -1, -2, -7))
]

ITEMS: list[Any] = [
    *(1, -1, np.int8(0), np.array(1), True, False, np.True_),
    *(None, ..., slice(None), slice(1, None), slice(None, None, -1), slice(2, 0, -1), slice(0, 0)),
    *([0, 1], [-1, 0, 0], np.array([[1], [0]]), np.array([0], np.uint8), [], np.array([[]], int)),
]
MASKS: list[tuple[Array, Any]] = [
    (VECTOR, VECTOR > 0),
    (VECTOR, [True, False, False, True, True, False]),
    (VECTOR, VECTOR > 9),
    (MATRIX, MATRIX > 0),
    (MATRIX, np.array([True, False, True])),
    (MATRIX, (slice(None), np.array([True, False, True, False]))),
    (MATRIX, (np.array([True, False, True]), [1, 2])),
    (MATRIX, (np.array([True, False, True]), 1)),
    (MATRIX, (np.array([True, False, True]), None, slice(1, 3))),
    (CUBE, MATRIX[:, :2] > 0),
    (CUBE, (slice(None), numbers(2, 4) > 0)),
    (CUBE, (..., np.array([True, True, False, True]))),
    (CUBE, (np.array([False, True, True]), slice(None), [0, 2])),
    (CUBE, (np.array([True, False, True]), 0, slice(None))),
    (CUBE, (slice(1), MATRIX[0, :2] > 9)),
    (BIG, (numbers(3, 2) > 0, slice(2), 1)),
    (EMPTY, np.zeros((0, 3), bool)),
    (EMPTY, np.zeros(0, bool)),
    (SCALAR, np.array(True)),
    (SCALAR, False),
]

SEPARATED: list[tuple[Array, Any]] = [
    (BIG, ([0, 1], slice(None), [1, 2])),
    (BIG, (slice(None), [0, 1], slice(None), [1, 2])),
    (BIG, (0, slice(None), [1, 2])),
    (BIG, ([0, 1], slice(None), 1)),
    (BIG, (slice(None), 1, [0, 3])),
    (BIG, (slice(None), [0, 1], 2)),
    (BIG, (slice(None), 1, slice(None), [0, 1, 2])),
    (BIG, (0, [0, 1], None, [1, 2])),
    (BIG, (None, [0, 1], [1, 0])),
    (BIG, (..., [0, 1], [1, 0])),
    (BIG, ([2, 0], ..., [1, 0])),
    (BIG, (slice(1), [[0], [1]], [1, 0, 3], slice(None, None, -2))),
    (BIG, ([[0], [1]], slice(None), [0, 1, 2])),
    (BIG, (np.array(1), slice(None), np.array([2, 0]))),
    (BIG, (slice(None), np.array(1), slice(None), np.array(2))),
    (BIG, (np.array(1), ..., np.array(2))),
    (BIG, (np.zeros((2, 0), int), slice(None), 0)),
    (BIG, np.ix_([0, 2], [1], [3, 0])),
    (BIG, (slice(None), *np.ix_([0, 1], [3, 0]))),
]

CHAINS: dict[str, Any] = {
    "x[1][0]": lambda x: x[1][0],
    "x[::2][::-1]": lambda x: x[::2][::-1],
    "x[1:][:, ::-1][[0, 1]]": lambda x: x[1:][:, ::-1][[0, 1]],
    "x.T[0]": lambda x: x.T[0],
    "x[:, None] - x[None]": lambda x: x[:, None] - x[None],
    "x[x > 0]": lambda x: x[x > 0],
    "x[(x > 0) & (x < 1)] ** 2": lambda x: x[(x > 0) & (x < 1)] ** 2,
    "x[np.argsort(x[:, 0])]": lambda x: x[np.argsort(x[:, 0])],
    "x[np.argmax(x[:, 0])]": lambda x: x[np.argmax(x[:, 0])],
    "x[:, np.argmin(x[0])]": lambda x: x[:, np.argmin(x[0])],
    "x[np.argsort(x[:, 0]), 1:3]": lambda x: x[np.argsort(x[:, 0]), 1:3],
    "x[np.arange(3), np.argmax(x, axis=1)]": lambda x: x[np.arange(3), np.argmax(x, axis=1)],
    "x[np.nonzero(x > 0)]": lambda x: x[np.nonzero(x > 0)],
    "x[np.where(x > 0)]": lambda x: x[np.where(x > 0)],
    "x[np.argmax(x[:, 0]) : ]": lambda x: x[np.argmax(x[:, 0]) :],
    "x[-np.argsort(x[:, 0])]": lambda x: x[-np.argsort(x[:, 0])],
    "x[range(2)]": lambda x: x[range(2)],
    "x[np.argwhere(x > 1)[0, 0]]": lambda x: x[np.argwhere(x > 1)[0, 0]],
    "x[(0, 1), 2]": lambda x: x[(0, 1), 2],
}


def _combinations() -> Iterator[tuple[Array, Any]]:
    """Each item alone, each two of them, and a sample of each three, always the same one."""
    for item in ITEMS:
        yield CUBE, item
        yield CUBE, (item,)
    for pair in itertools.product(ITEMS, repeat=2):
        yield BIG, pair
    for k, triple in enumerate(itertools.product(ITEMS, repeat=3)):
        if k % 13 == 0:
            yield BIG, triple


def _legal(x: Array, index: Any) -> bool:
    try:
        x[index]
    except IndexError:
        return False
    return True


def _rows() -> Iterator[Row]:
    every = [(VECTOR, s) for s in SLICES] + [(EMPTY, s) for s in SLICES[::9]]
    every += [(SCALAR, index) for index in ((), ..., None, (None, ...), (..., None, None))]
    every += [(EMPTY, index) for index in ([], (slice(None), 1), (..., [0, 2]), ([], [1]))]
    for k, (x, index) in enumerate([*SEPARATED, *MASKS, *every, *_combinations()]):
        if _legal(x, index) and not _mask_without_axes(index):
            smooth = k < len(SEPARATED) + len(MASKS) or k % 7 == 0
            yield f"{k}: {list(x.shape)}[{index!r}]", lambda x, i=index: x[i], [x], smooth


def _mask_without_axes(index: Any) -> bool:
    """An index that is an error on traced arrays."""
    items = index if isinstance(index, tuple) else (index,)
    return any(np.ndim(i) == 0 and np.asarray(i).dtype == bool for i in items if i is not None)


ROWS: list[Row] = [
    *_rows(),
    *((name, function, [MATRIX], True) for name, function in CHAINS.items()),
    *(
        (f"{x.dtype}", lambda x: x[::-2, [0, 1]], [x], False)
        for x in (np.arange(12).reshape(3, 4), MATRIX > 0, MATRIX.astype("f4"), MATRIX * 1j)
    ),
]
