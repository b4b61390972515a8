"""Rows for slices, and for padding and joining."""

from __future__ import annotations

from typing import Any

import numpy as np
from samples import Rows, floats, ints, sample

from lineara.ir.types import Array
from lineara.ops.slicing import Concatenate, Pad, Slice, SliceAdd

Shape = tuple[int, ...]

SLICES: list[tuple[Shape, Shape, Shape, Shape]] = [
    # shape, start, limit, stride
    ((), (), (), ()),
    ((5,), (0,), (5,), (1,)),
    ((5,), (1,), (4,), (1,)),
    ((5,), (1,), (5,), (3,)),
    ((5,), (0,), (4,), (2,)),
    ((5,), (5,), (5,), (1,)),
    ((2, 4), (1, 0), (2, 4), (1, 3)),
    ((3, 2, 4), (0, 1, 1), (3, 2, 3), (2, 1, 1)),
    ((0, 3), (0, 1), (0, 2), (1, 1)),
]

PADS: list[tuple[Shape, Shape, Shape]] = [
    # shape, low, high
    ((), (), ()),
    ((3,), (0,), (0,)),
    ((3,), (2,), (1,)),
    ((2, 3), (1, 0), (0, 2)),
    ((0,), (1,), (1,)),
    ((0, 2), (0, 1), (0, 0)),
]

JOINS: list[tuple[int, list[Shape]]] = [
    # axis, shapes
    (0, [(3,)]),
    (0, [(2,), (0,), (3,)]),
    (0, [(1, 2), (2, 2)]),
    (1, [(2, 1), (2, 3), (2, 1), (2, 2)]),
    (1, [(0, 2), (0, 1)]),
    (2, [(2, 1, 2), (2, 1, 1)]),
]


def rows() -> Rows:
    yield from slices()
    for shape, low, high in PADS:
        yield sample(Pad(low, high), [floats(*shape)], lambda x, w=(low, high): padded(x, *w))
    for x in others((2, 3)):
        yield sample(Pad((1, 0), (0, 2)), [x], lambda x: padded(x, (1, 0), (0, 2)))
    for axis, shapes in JOINS:
        parts = [floats(*shape, seed=i) for i, shape in enumerate(shapes)]
        yield sample(Concatenate(axis), parts, lambda *xs, axis=axis: np.concatenate(xs, axis))
    for x in others((2, 3)):
        yield sample(Concatenate(1), [x, x[:, :1]], lambda *xs: np.concatenate(xs, 1))


def slices() -> Rows:
    for shape, *spans in SLICES:
        region = tuple(map(slice, *spans))
        x = floats(*shape)
        yield sample(Slice(*spans), [x], lambda x, region=region: x[region])
        start, _, stride = spans
        part = floats(*x[region].shape, seed=1)
        yield sample(
            SliceAdd(start, stride), [x, part], lambda x, u, region=region: added(x, region, u)
        )
    region = np.s_[1:4:2,]
    for x in others((5,)):
        yield sample(Slice((1,), (4,), (2,)), [x], lambda x: x[region])
        if x.dtype != bool:
            yield sample(SliceAdd((1,), (2,)), [x, x[:2]], lambda x, u: added(x, region, u))
    special = np.array([np.inf, np.nan, -0.0, 1.0])
    yield sample(Slice((1,), (3,), (1,)), [special], lambda x: x[1:3], smooth=False)
    yield sample(
        SliceAdd((1,), (1,)),
        [special, special[:2]],
        lambda x, u: added(x, np.s_[1:3], u),
        smooth=False,
    )


def others(shape: Shape) -> list[Array]:
    """Arrays of other dtypes than f64."""
    return [
        *(floats(*shape, dtype=dtype) for dtype in (np.float32, np.complex64, np.complex128)),
        ints(*shape),
        ints(*shape, low=0, dtype=np.uint8),
        ints(*shape) > 0,
    ]


def added(x: Array, region: Any, part: Array) -> Array:
    """`x` with `part` added to a region."""
    result = np.array(x)
    result[region] += part
    return result


def padded(x: Array, low: Shape, high: Shape) -> Array:
    """`x` with zeros around it."""
    return np.pad(x, list(zip(low, high, strict=True))) if x.ndim else x
