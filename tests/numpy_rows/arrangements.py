"""Shapes and orders of axes: each function on each kind of array."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from numpy_rows import Array, Row, case, numbers, since

SCALAR, VECTOR = numbers(), numbers(5)
MATRIX, CUBE = numbers(3, 4), numbers(2, 3, 4)
EMPTY = np.ones((0, 3))
ONES = numbers(1, 3, 1)
SQUARE = numbers(3, 3)
SHAPES = (SCALAR, VECTOR, MATRIX, CUBE, EMPTY, ONES)
OTHERS = (
    np.arange(12).reshape(3, 4),
    MATRIX > 0,
    MATRIX.astype("f4"),
    MATRIX.astype("i1"),
    numbers(3, 4, dtype="c16"),
)

CALLS: list[tuple[Any, list[dict[str, Any]], tuple[Array, ...]]] = [
    (np.reshape, [{"shape": -1}, {"shape": (-1, 1)}], (SCALAR, VECTOR, MATRIX, CUBE)),
    (np.reshape, [{"shape": (4, 3)}, {"shape": [2, -1]}, {"shape": (2, 1, 6)}], (MATRIX,)),
    (np.reshape, [{"shape": np.array([6, 2])}, {"shape": 12}], (MATRIX,)),
    (np.reshape, [{"shape": (0,)}, {"shape": (3, 0)}, {"shape": (5, 0, 2)}], (EMPTY,)),
    (np.reshape, [{"shape": (-1, 3)}, {"shape": -1}], (EMPTY,)),
    (np.ravel, [{}], SHAPES),
    (np.transpose, [{}], SHAPES),
    (np.transpose, [{"axes": (1, 2, 0)}, {"axes": [-1, 0, 1]}, {"axes": (0, 1, 2)}], (CUBE,)),
    (np.matrix_transpose, [{}], (MATRIX, CUBE, EMPTY)),
    (np.linalg.matrix_transpose, [{}], (MATRIX, CUBE)),
    (np.swapaxes, [{"axis1": 0, "axis2": -1}, {"axis1": 1, "axis2": 1}], (MATRIX, CUBE, EMPTY)),
    (np.moveaxis, [{"source": 0, "destination": -1}], (VECTOR, MATRIX, CUBE)),
    (np.moveaxis, [{"source": (0, 2), "destination": (1, 0)}], (CUBE,)),
    (np.moveaxis, [{"source": [0, -1], "destination": [-1, 0]}], (CUBE,)),
    (np.rollaxis, [{"axis": i, "start": j} for i in range(-3, 3) for j in range(-3, 4)], (CUBE,)),
    (np.rollaxis, [{"axis": 1}], (MATRIX,)),
    (np.expand_dims, [{"axis": 0}, {"axis": -1}, {"axis": (0, 1)}, {"axis": [0]}], SHAPES),
    (np.squeeze, [{}], SHAPES),
    (np.squeeze, [{"axis": 0}, {"axis": (0, -1)}, {"axis": ()}], (ONES,)),
    (np.broadcast_to, [{"shape": (2, 3, 4)}], (SCALAR, MATRIX, CUBE)),
    (np.broadcast_to, [{"shape": 5}, {"shape": [2, 5]}], (SCALAR, VECTOR)),
    (np.broadcast_to, [{"shape": (2, 0, 3)}], (EMPTY, SCALAR)),
    *((f, [{}], SHAPES) for f in (np.atleast_1d, np.atleast_2d, np.atleast_3d)),
    (np.flip, [{}], SHAPES),
    (np.flip, [{"axis": 0}, {"axis": -1}, {"axis": (0, 1)}, {"axis": ()}], (MATRIX, CUBE, EMPTY)),
    (np.fliplr, [{}], (MATRIX, CUBE, EMPTY)),
    (np.flipud, [{}], (VECTOR, MATRIX, CUBE)),
    (np.rot90, [{"k": k} for k in range(-1, 5)], (MATRIX, CUBE)),
    (np.rot90, [{"axes": (1, 0)}, {"k": 3, "axes": (2, 0)}], (CUBE,)),
    (np.roll, [{"shift": n} for n in (0, 1, -2, 7, -13)], SHAPES),
    (np.roll, [{"shift": 2, "axis": 0}, {"shift": (1, -2), "axis": (0, 1)}], (MATRIX, CUBE, EMPTY)),
    (np.roll, [{"shift": 1, "axis": (0, 1)}, {"shift": (1, 1), "axis": 1}], (MATRIX,)),
    *((f, [{"k": k} for k in (-5, -1, 0, 2)], (MATRIX, CUBE, SQUARE)) for f in (np.tril, np.triu)),
    *((f, [{}], (VECTOR, EMPTY)) for f in (np.tril, np.triu)),
    (np.diagonal, [{"offset": k} for k in (-9, -2, -1, 0, 1, 3, 9)], (MATRIX, CUBE)),
    (np.diagonal, [{"axis1": 2, "axis2": 0}, {"axis1": -1, "axis2": 1, "offset": -1}], (CUBE,)),
    (np.linalg.diagonal, [{}, {"offset": -1}, {"offset": 2}], (MATRIX, CUBE)),
    (np.diag, [{"k": k} for k in (-2, 0, 1)], (VECTOR, MATRIX, EMPTY)),
    (np.diagflat, [{"k": k} for k in (-2, 0, 1)], SHAPES),
]


def _row(function: Any, x: Array, options: dict[str, Any], smooth: bool) -> Row:
    given = ",".join(f"{k}={v}" for k, v in options.items())
    name = f"{function.__module__}.{function.__name__}({x.dtype}{list(x.shape)};{given})"
    if "shape" in options:  # a parameter that older versions of NumPy name otherwise
        return name, lambda y: function(y, options["shape"]), [x], smooth
    return name, partial(function, **options), [x], smooth


def _several() -> list[Row]:
    rows: list[Row] = [
        ("broadcast_arrays", lambda x, y: list(np.broadcast_arrays(x, y)), [MATRIX, CUBE], True),
        ("broadcast_arrays plain", lambda x: list(np.broadcast_arrays(x, [1.0])), [CUBE], False),
        ("row reshaped", lambda x: np.reshape(x[1], (2, 2)), [MATRIX], True),
    ]
    for function in (np.atleast_1d, np.atleast_2d, np.atleast_3d):
        rows.append((f"{function.__name__} several", function, [SCALAR, VECTOR, CUBE], True))
        rows.append((f"{function.__name__} plain", lambda x, f=function: f(x, 1), [VECTOR], False))
    return rows


ORDERS = (
    *("np.reshape(x, (6, 4))", "x.reshape(4, -1)", "x.reshape((4, 6))", "x.reshape(24)"),
    *("x.flatten()", "np.transpose(x, (1, 0, 2))", "np.permute_dims(x, (2, 0, 1))"),
    *("x.transpose()", "x.transpose(None)", "x.transpose(2, 0, 1)", "x.transpose((2, 0, 1))"),
    *("x.transpose(np.array([2, 0, 1]))", "x.swapaxes(0, 1)", "np.moveaxis(x, [0, 1], [-1, 0])"),
    *("np.moveaxis(x, (2, 0), (0, 1))", "np.expand_dims(x, (-1, 0))", "np.expand_dims(x, [1, 3])"),
    *("np.flip(x, 1)", "np.flip(x, (0, -1))", "np.rot90(x, 5)", "np.rot90(x, 1, (1, 2))"),
    *("np.rot90(x, 3, (0, -1))", "np.roll(x, 1, axis=1)", "np.roll(x, -1, axis=-1)"),
    *("np.roll(x, (1, 2), axis=(0, 2))", "np.roll(x, 9, axis=2)", "np.triu(x, 1)"),
    *("np.broadcast_to(x, (5, 2, 3, 4))", "np.broadcast_to(x[:, :1], (2, 3, 4))"),
    *("np.broadcast_to(x[0, 0], np.array([2, 4]))", "np.diagonal(x, 1, 1, 2)"),
    "np.diagonal(x, -1, 2, 0)",
)

ROWS: list[Row] = [
    *(case(code, CUBE) for code in ORDERS),
    *since("2.1.0", [case("np.reshape(x, (3, 8), copy=True)", CUBE)]),
    *(case(f"np.atleast_{n}d(x)", numbers(1, 2, 2, 2)) for n in (1, 2, 3)),
    *(case(f"np.{f}(x, {k})", MATRIX) for f in ("tril", "triu", "diag") for k in (-4, 4)),
    case("np.broadcast_arrays(x, y)", MATRIX, VECTOR[:4]),
    *(_row(f, x, o, True) for f, options, inputs in CALLS for o in options for x in inputs),
    *(
        _row(f, x, options[0], x.dtype.kind == "c")
        for f, options, inputs in CALLS
        if any(x is MATRIX for x in inputs)
        for x in OTHERS
    ),
    *_several(),
]
