"""Rows for reductions: products, extremes and truth over axes."""

from __future__ import annotations

from typing import Any

import numpy as np
from samples import Rows, floats, ints, sample

from lineara.ir.types import Array
from lineara.ops.reduce import ArgMax, ArgMin, ReduceAnd, ReduceMax, ReduceMin, ReduceOr, ReduceProd

INF, NAN = np.inf, np.nan

AXES: list[tuple[tuple[int, ...], tuple[int, ...]]] = [
    # shape, axes
    ((), ()),
    ((4,), (0,)),
    ((2, 3), ()),
    ((2, 3), (0,)),
    ((2, 3), (1,)),
    ((2, 3), (1, 0)),
    ((2, 3, 2), (0, 2)),
    ((0, 3), (1,)),
]


def rows() -> Rows:
    yield from products()
    for op, function in ((ReduceMax, np.max), (ReduceMin, np.min)):
        yield from extremes(op, function)
    for op, function in ((ReduceOr, np.any), (ReduceAnd, np.all)):
        for shape, axes in [*AXES, ((0,), (0,)), ((0, 3), (0,))]:
            x = floats(*shape) > 0
            yield sample(op(axes), [x], lambda x, f=function, axes=axes: f(x, axis=axes))
        for x in ([False, False], [True, True], [True, False]):
            yield sample(op((0,)), [x], function)
    for op, function in ((ArgMax, np.argmax), (ArgMin, np.argmin)):
        yield from places(op, function)


def products() -> Rows:
    def prod(axes: tuple[int, ...]) -> Any:
        return lambda x: np.prod(x, axis=axes, dtype=x.dtype)

    for shape, axes in [*AXES, ((0,), (0,)), ((0, 3), (0,)), ((1,), (0,))]:
        yield sample(ReduceProd(axes), [floats(*shape)], prod(axes))
    for dtype in (np.float32, np.complex64, np.complex128):
        yield sample(ReduceProd((1,)), [floats(2, 3, dtype=dtype)], prod((1,)))
    for dtype in (np.int8, np.uint16, np.int64):
        yield sample(ReduceProd((0,)), [ints(5, low=1, high=9, dtype=dtype)], prod((0,)))
    for zeros in ([0], [3], [0, 2], [0, 1, 2, 3]):  # one zero, several, nothing else
        x = floats(4)
        x[zeros] = 0
        yield sample(ReduceProd((0,)), [x], prod((0,)))
        yield sample(ReduceProd((0, 1)), [x.reshape(2, 2)], prod((0, 1)))
    for special in ([INF, 2.0], [INF, 0.0], [NAN, 2.0], [-0.0, 2.0], [1e200, 1e200]):
        yield sample(ReduceProd((0,)), [special], prod((0,)), smooth=False)


def extremes(op: type[ReduceMax | ReduceMin], function: Any) -> Rows:
    def extreme(axes: tuple[int, ...]) -> Any:
        return lambda x: function(x, axis=axes)

    for shape, axes in AXES:
        yield sample(op(axes), [floats(*shape)], extreme(axes))
    yield sample(op((1,)), [floats(2, 3, dtype=np.float32)], extreme((1,)))
    for x in (ints(2, 3), ints(2, 3, low=0, dtype=np.uint8), ints(2, 3) > 0):
        yield sample(op((1,)), [x], extreme((1,)))
    for special in ([INF, 2.0], [-INF, 2.0], [INF, INF], [NAN, 2.0], [0.0, -0.0], [1.0, 1.0, 1.0]):
        slope = NAN if NAN in special else 1.0
        yield sample(op((0,)), [special], extreme((0,)), smooth=False, derivative={0: slope})


def places(op: type[ArgMax | ArgMin], function: Any) -> Rows:
    for shape, axis in [
        ((1,), 0),
        ((4,), 0),
        ((2, 3), 0),
        ((2, 3), 1),
        ((0, 3), 1),
        ((3, 2, 4), 1),
    ]:
        yield sample(op(axis), [floats(*shape)], lambda x, axis=axis: function(x, axis=axis))
    others: list[Array] = [
        floats(5, dtype=np.float32),
        floats(5, dtype=np.complex128),
        ints(5),
        ints(5) > 0,
        np.array([1 + 2j, 1 + 3j, 1 - 1j]),
        np.array([2.0, 1.0, 2.0, 1.0]),
        np.array([1.0, NAN, INF, NAN]),
        np.array([0.0, -0.0]),
        np.array([-INF, INF, INF]),
    ]
    for x in others:
        yield sample(op(0), [x], function)
