"""Shapes, orders of axes, joining, splitting, repeating and taking."""

from __future__ import annotations

from typing import Any

import numpy as np

from numpy_rows import Array, Row, numbers

X = numbers(2, 3, 4)
M = numbers(3, 4)
N = numbers(3, 4, seed=1)
V = numbers(4)
ONES = numbers(1, 3, 1)
POINT = numbers()
INTS = np.arange(6).reshape(2, 3)
SINGLE = numbers(3, 4, dtype="f4")
COMPLEX = numbers(3, 4, dtype="c16")
PLACES = np.array([[0, 2, 1, 0], [1, 1, 0, 2], [2, 0, 0, 1]])
NOTHING = np.zeros((0, 3))


def case(code: str, *inputs: Array, smooth: bool = True) -> Row:
    """A row named by its code, a function of x, y and z."""
    function: Any = eval(f"lambda x, y=None, z=None: {code}", {"np": np})
    shapes = " ".join(f"{x.dtype.str[1:]}{list(x.shape)}" for x in inputs)
    return f"{code} {shapes}", function, list(inputs), smooth


ORDERS = [
    *(
        case(code, X)
        for code in (
            "np.reshape(x, (6, 4))",
            "np.reshape(x, (2, -1))",
            "np.reshape(x, -1)",
            "np.reshape(x, [4, 6])",
            "np.reshape(x, (3, 8), copy=True)",
            "x.reshape(4, -1)",
            "x.reshape((4, 6))",
            "x.reshape(24)",
            "np.ravel(x)",
            "x.ravel()",
            "x.flatten()",
            "x.copy()",
            "x.T",
            "x.mT",
            "np.transpose(x)",
            "np.transpose(x, (1, 0, 2))",
            "np.transpose(x, (-1, 0, 1))",
            "np.permute_dims(x, (2, 0, 1))",
            "x.transpose()",
            "x.transpose(None)",
            "x.transpose(2, 0, 1)",
            "x.transpose((2, 0, 1))",
            "np.matrix_transpose(x)",
            "np.linalg.matrix_transpose(x)",
            "np.swapaxes(x, 0, -1)",
            "x.swapaxes(0, 1)",
            "np.moveaxis(x, 0, -1)",
            "np.moveaxis(x, [0, 1], [-1, 0])",
            "np.moveaxis(x, (2, 0), (0, 1))",
            "np.rollaxis(x, 2)",
            "np.rollaxis(x, 1, 3)",
            "np.rollaxis(x, -1, -2)",
            "np.expand_dims(x, 0)",
            "np.expand_dims(x, (-1, 0))",
            "np.expand_dims(x, [1, 3])",
            "np.flip(x)",
            "np.flip(x, 1)",
            "np.flip(x, (0, -1))",
            "np.fliplr(x)",
            "np.flipud(x)",
            *(f"np.rot90(x, {k})" for k in (-1, 0, 1, 2, 3, 5)),
            "np.rot90(x, 1, (1, 2))",
            "np.rot90(x, 3, (0, -1))",
            "np.roll(x, 2)",
            "np.roll(x, -5)",
            "np.roll(x, 1, axis=1)",
            "np.roll(x, -1, axis=-1)",
            "np.roll(x, (1, 2), axis=(0, 2))",
            "np.roll(x, 1, axis=(0, 1))",
            "np.roll(x, (1, 1), axis=0)",
            "np.roll(x, 9, axis=2)",
            "np.broadcast_to(x, (5, 2, 3, 4))",
            "np.broadcast_to(x[:, :1], (2, 3, 4))",
            "np.tril(x)",
            "np.triu(x, 1)",
            "np.diagonal(x)",
            "np.diagonal(x, 1, 1, 2)",
            "np.diagonal(x, -1, 2, 0)",
            "x.diagonal(1)",
            "np.linalg.diagonal(x, offset=-1)",
        )
    ),
    *(case(f"np.squeeze(x{axis})", ONES) for axis in ("", ", 0", ", (0, 2)", ", -1")),
    case("x.squeeze()", ONES),
    *(
        case(f"np.atleast_{n}d(x)", x)
        for n in (1, 2, 3)
        for x in (POINT, V, M, X, numbers(1, 2, 2, 2))
    ),
    case("np.atleast_2d(x, y)", V, POINT),
    case("np.broadcast_arrays(x, y)", M, V),
    case("np.broadcast_to(x, 3)", POINT),
    *(case(f"np.tril(x, {k})", M) for k in (-4, -1, 0, 2)),
    *(case(f"np.triu(x, {k})", M) for k in (-2, 0, 1, 5)),
    *(case(code, V) for code in ("np.tril(x)", "np.triu(x)", "np.fliplr(x[None])")),
    *(case(f"np.{f}(x, {k})", V) for f in ("diag", "diagflat") for k in (-1, 0, 2)),
    *(case(f"np.diag(x, {k})", M) for k in (-3, -1, 0, 2, 4)),
    case("np.diagflat(x)", M),
    case("np.tril(x)", INTS, smooth=False),
    case("np.triu(x)", SINGLE, smooth=False),
    case("np.tril(x)", COMPLEX),
    case("np.reshape(x, (3, 0))", NOTHING),
    case("np.roll(x, 1)", NOTHING),
    case("np.flip(x, 0)", NOTHING),
    case("np.rot90(x)", COMPLEX),
    *(
        case(f"x.astype({dtype})", x, smooth=False)
        for x in (INTS, SINGLE, M)
        for dtype in ("np.float32", "float", "int", "bool", "np.complex128")
    ),
    case("x.astype(np.float64)", M),
    case("x.astype(complex)", M),
    case("x.conj()", COMPLEX),
    case("x.conjugate()", M),
]

JOINS = [
    *(
        case(f"np.{f}", M, N)
        for f in (
            "concatenate((x, y))",
            "concatenate([x, y], axis=1)",
            "concatenate([x, y], axis=-1)",
            "concatenate([x, y], axis=None)",
            "concat([x, y])",
            "concatenate([x, y], dtype=np.complex128)",
            "concatenate(x)",
            *(f"stack((x, y), axis={k})" for k in (0, 1, 2, -1)),
            "stack([x, np.ones((3, 4), int)])",
            "stack(x)",
            "stack([x[0, 0], 2.0, y[1, 2]])",
            "vstack((x, y))",
            "vstack([x, y[0]])",
            "hstack((x, y))",
            "hstack([x[0], y[1]])",
            "hstack([x[0, 0], y[1]])",
            "dstack((x, y))",
            "dstack([x[0], y[1]])",
            "column_stack((x, y))",
            "column_stack([x[:, 0], y])",
            "column_stack([x[0, 0], y[0, 0]])",
            "append(x, y)",
            "append(x, y, axis=0)",
            "append(x, 3.0)",
            "block([x, y])",
            "block([[x, y], [y, x]])",
            "block([[x[0], y[1, 0]]])",
            "block(x)",
            "meshgrid(x[0], y[:, 1])",
            "meshgrid(x[0], y[:, 1], indexing='ij')",
            "meshgrid(x[0], y[:, 1], sparse=True)",
            "meshgrid(x[0], y[:, 1], x[1, :2])",
            "meshgrid(x[0])",
            "meshgrid(x[0, 0], y[1])",
            "insert(x, 1, y[0], axis=0)",
            "insert(x, 2, 7.0)",
            "insert(x, [1, 3], y[:, :2], axis=1)",
            "insert(x, -1, y[0, 0], axis=1)",
            "insert(x, slice(0, 2), 1.5, axis=0)",
            "choose(np.array([0, 1, 1, 0]), (x, y))",
        )
    ),
    case("np.concatenate([x, y])", INTS, SINGLE[:, :3], smooth=False),
    case("np.stack([x, y])", SINGLE, SINGLE.astype(int), smooth=False),
    case("np.hstack([x, y])", COMPLEX, M),
    case("np.concatenate([x, y])", NOTHING, numbers(2, 3)),
]

PARTS = [
    *(
        case(f"np.{f}", X)
        for f in (
            "split(x, 2)",
            "split(x, 2, axis=-1)",
            "split(x, [1, 3], axis=2)",
            "split(x, [2, 9], axis=1)",
            "array_split(x, 3, axis=2)",
            "array_split(x, 3)",
            "hsplit(x, 3)",
            "vsplit(x, 2)",
            "dsplit(x, [1])",
            "hsplit(x[0, 0], 2)",
            "unstack(x)",
            "unstack(x, axis=1)",
            "take(x, [5, 0, -1])",
            "take(x, 3)",
            "take(x, [[1, 0], [1, 1]], axis=1)",
            "take(x, -1, axis=2)",
            "take(x, np.array([0, 2]), axis=-1)",
            "take(x, [1, 7, -9], axis=1, mode='clip')",
            "take(x, [1, 7, -9], axis=1, mode='wrap')",
            "compress([True, False], x, axis=0)",
            "compress([False, True, True], x, axis=1)",
            "compress([False, True, True], x)",
            "extract(x > 0, x)",
            "delete(x, 1, axis=1)",
            "delete(x, [0, -1], axis=2)",
            "delete(x, slice(0, 3, 2), axis=1)",
            "delete(x, 5)",
            "delete(x, [True, False, True], axis=1)",
        )
    ),
    case("np.array_split(x, 4)", NOTHING),
    case("x.take([1, 0], axis=0)", M),
    case("x.compress([True, False, True], axis=0)", M),
    *(case(f"np.take_along_axis(x, y, {k})", M, PLACES, smooth=False) for k in ("0", "axis=1")),
    *(case(f"np.take_along_axis(x, np.argsort(x, {k}), {k})", M) for k in ("0", "1", "-1")),
    case("np.take_along_axis(x, np.array([3, 0]), None)", M),
    case("np.take_along_axis(x, np.array([[1], [0], [3]]), 1)", M),
    case("np.take_along_axis(x, np.array([[1, 0]]), 1)", M),
    *(case(f"np.{f}(x)", INTS, smooth=False) for f in ("nonzero", "flatnonzero", "argwhere")),
    case("x.nonzero()", INTS, smooth=False),
    *(
        case(f"np.{f}", M)
        for f in (
            "tile(x, 2)",
            "tile(x, (2, 3))",
            "tile(x, (2, 1, 2))",
            "tile(x, (0, 2))",
            "tile(x[0], (3, 2))",
            "repeat(x, 2)",
            "repeat(x, 3, axis=0)",
            "repeat(x, [1, 0, 2], axis=0)",
            "repeat(x, 2, axis=-1)",
            "repeat(x, [2], axis=1)",
            "repeat(x[0, 0], 3)",
            "pad(x, 1)",
            "pad(x, (1, 2))",
            "pad(x, ((1, 0), (2, 3)))",
            "pad(x, ((0, 1),))",
            "pad(x, 1, constant_values=2.5)",
            "pad(x, 1, constant_values=2)",
            "pad(x, 1, constant_values=x[0, 0])",
            "pad(x, 1, constant_values=(1.0, 2.0))",
            "pad(x, 1, constant_values=((1.0, 2.0), (3.0, 4.0)))",
            "pad(x, {0: 1, -1: (2, 0)})",
            *(f"pad(x, 2, mode={mode!r})" for mode in ("edge", "reflect", "symmetric", "wrap")),
            "pad(x, (7, 9), 'reflect')",
            "pad(x, (7, 9), 'wrap')",
            "pad(x, 0)",
        )
    ),
    case("x.repeat(2, axis=0)", M),
    case("np.repeat(x, y, axis=0)", M, np.array([1, 0, 2]), smooth=False),
    case("np.take(x, [True, False])", M),
    case("np.insert(x, [2, 2], 7.0)", M),
    *(
        case(f"np.choose([0, 5, -1, 1], [x, y], mode={mode!r})", V, V + 1)
        for mode in ("wrap", "clip")
    ),
    case("np.choose(x % 3, [1, 2.5, 4])", INTS, smooth=False),
    case("np.append(x, 2.0)", SINGLE, smooth=False),
    case("np.pad(x, 1, constant_values=2.7)", INTS, smooth=False),
    case("np.pad(x, 1)", INTS, smooth=False),
    case("np.pad(x, 1)", SINGLE, smooth=False),
    case("np.pad(x, 1, constant_values=np.nan)", SINGLE, smooth=False),
    case("np.tile(x, 2)", INTS, smooth=False),
    case("np.tile(x, 2)", POINT),
]

ROWS: list[Row] = [*ORDERS, *JOINS, *PARTS]
