"""Rows for elementwise functions of two and three operands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from samples import Rows, floats, ints, sample

from lineara.ir.op import Op
from lineara.ops import arithmetic, compare, exponential, minmax, powers, rounding, trigonometric
from lineara.ops.complex import to_complex

# op, NumPy's function, lower bound of each operand, kinds of dtype besides float.
FUNCTIONS: list[tuple[Op, Callable[..., Any], float, float, str]] = [
    (arithmetic.add, np.add, -2, -2, "ic"),
    (arithmetic.sub, np.subtract, -2, -2, "ic"),
    (arithmetic.mul, np.multiply, -2, -2, "ic"),
    (arithmetic.div, np.divide, -2, 0.5, "c"),
    (powers.pow_, np.power, 0.4, -2, "c"),
    (powers.hypot, np.hypot, -2, -2, ""),
    (trigonometric.arctan2, np.arctan2, -2, -2, ""),
    (exponential.logaddexp, np.logaddexp, -2, -2, ""),
    (exponential.logaddexp2, np.logaddexp2, -2, -2, ""),
    (minmax.maximum, np.maximum, -2, -2, "ib"),
    (minmax.minimum, np.minimum, -2, -2, "ib"),
    (rounding.remainder, np.remainder, -2, 0.5, "i"),
    (rounding.fmod, np.fmod, -2, 0.5, "i"),
    (rounding.floor_divide, np.floor_divide, -2, 0.5, "i"),
    (compare.eq, np.equal, -2, -2, "ibc"),
    (compare.ne, np.not_equal, -2, -2, "ibc"),
    (compare.lt, np.less, -2, -2, "ib"),
    (compare.le, np.less_equal, -2, -2, "ib"),
    (compare.gt, np.greater, -2, -2, "ib"),
    (compare.ge, np.greater_equal, -2, -2, "ib"),
    (to_complex, np.vectorize(complex, otypes=[complex]), -2, -2, ""),
]
INTEGER: list[tuple[Op, Callable[..., Any]]] = [
    (compare.and_, np.bitwise_and),
    (compare.or_, np.bitwise_or),
    (compare.xor, np.bitwise_xor),
    (compare.left_shift, np.left_shift),
    (compare.right_shift, np.right_shift),
]
SHAPES = [((), ()), ((3,), (3,)), ((2, 3), ()), ((), (3,)), ((0,), (0,)), ((0,), ())]
INF, NAN = np.inf, np.nan
SPECIAL = np.array([INF, -INF, NAN, 0.0, -0.0, 1.0, -2.0])

# op, operands, derivative in the first, derivative in the second.
CONVENTIONS: list[tuple[Op, list[float], list[float], Any, Any]] = [
    (minmax.maximum, [1.0, 2.0, 3.0], [1.0, 1.0, 4.0], [0.5, 1.0, 0.0], [0.5, 0.0, 1.0]),
    (minmax.minimum, [1.0, 2.0, 3.0], [1.0, 1.0, 4.0], [0.5, 0.0, 1.0], [0.5, 1.0, 0.0]),
    (powers.hypot, [0.0, 0.0, 3.0], [0.0, 3.0, 0.0], [0.0, 0.0, 1.0], [0.0, 1.0, 0.0]),
    (powers.hypot, [3e200], [4e200], [0.6], [0.8]),
    (powers.pow_, [0.0, 0.0, 0.0, 2.0], [0.0, 1.0, 2.0, 0.0], [0.0, 1.0, 0.0, 0.0], None),
    (powers.pow_, [0.0, 0.0], [1.0, 2.5], None, [0.0, 0.0]),
    (powers.pow_, [-2.0], [3.0], [12.0], None),
    (powers.pow_, [INF, 1e-200], [0.0, 0.0], [0.0, 0.0], None),
    (rounding.fmod, [7.5, -7.5], [2.0, 2.0], [1.0, 1.0], [-3.0, 3.0]),
    (rounding.fmod, [np.nextafter(3.5, 0)], [0.7], [1.0], [-4.0]),  # x / y rounds up to 5
    (rounding.remainder, [7.5, -7.5], [2.0, 2.0], [1.0, 1.0], [-3.0, 4.0]),
    (trigonometric.arctan2, [0.0, 1e200], [0.0, 1e200], [0.0, 5e-201], [0.0, -5e-201]),
    (exponential.logaddexp, [-INF, -INF, 0.0], [-INF, 0.0, -INF], [0.5, 0.0, 1.0], [0.5, 1.0, 0.0]),
    (exponential.logaddexp, [INF, 1e4, 2.0], [INF, 0.0, 2.0], [0.5, 1.0, 0.5], [0.5, 0.0, 0.5]),
    (exponential.logaddexp2, [-INF, 3.0], [-INF, 3.0], [0.5, 0.5], [0.5, 0.5]),
]
CLIP_CONVENTIONS = [  # x, low, high, derivatives in each
    ([-2.0, -1.0, 0.0, 1.0, 2.0], -1.0, 1.0, [0.0, 0.5, 1.0, 0.5, 0.0]),
]


def rows() -> Rows:
    for op, function, low_x, low_y, kinds in FUNCTIONS:
        for shape_x, shape_y in SHAPES:
            x = floats(*shape_x, seed=1, low=low_x)
            y = floats(*shape_y, seed=2, low=low_y)
            yield sample(op, [x, y], function)
        if op != to_complex:
            x, y = floats(3, seed=1, low=low_x), floats(3, seed=2, low=low_y)
            yield sample(op, [x.astype(np.float32), y.astype(np.float32)], function)
        yield sample(op, np.meshgrid(SPECIAL, SPECIAL), function, smooth=False)
        for kind in kinds:
            yield sample(op, [_of(kind, 1), _of(kind, 2)], function)
    for op, function in INTEGER:
        for shape_x, shape_y in SHAPES:
            x = ints(*shape_x, seed=1, low=0, high=9)
            y = ints(*shape_y, seed=2, low=0, high=9)
            yield sample(op, [x, y], function)
            yield sample(op, [x.astype(np.uint8), y.astype(np.uint8)], function)
            if "shift" not in op.name:
                yield sample(op, [x > 4, y > 4], function)
    yield sample(powers.pow_, [ints(3, low=0), ints(3, low=0)], np.power)
    yield sample(powers.pow_, [floats(3, low=0.4), np.array(2.0)], np.power)
    # Where y − 1 or a second derivative of x**y has its zeros.
    yield sample(powers.pow_, [[2.0, 0.5, 2.0, 1.0], [0.0, 0.0, 1.0, 2.0]], np.power)
    pair = [np.float32([1, 2]), np.float32([3, 4])]
    yield sample(to_complex, pair, lambda x, y: np.complex64([1 + 3j, 2 + 4j]))
    for op, x, y, dx, dy in CONVENTIONS:
        function = next(f for o, f, *_ in FUNCTIONS if o == op)
        derivative = {i: d for i, d in enumerate((dx, dy)) if d is not None}
        yield sample(op, [x, y], function, smooth=False, derivative=derivative)
    yield from choices()


def choices() -> Rows:
    """Rows of select and clip."""
    for shape in ((), (3,), (2, 3), (0,)):
        mask = ints(*shape, seed=3) > 0
        x, y = floats(*shape, seed=1), floats(*shape, seed=4)
        yield sample(minmax.select, [mask, x, y], np.where)
        yield sample(minmax.select, [mask, x, floats(seed=2)], np.where)
        yield sample(minmax.select, [np.array(True), x, y], np.where)
        yield sample(minmax.clip, [x, y - 1, y + 1], np.clip)
        yield sample(minmax.clip, [x, np.array(-1.0), np.array(1.0)], np.clip)
    mask = np.array([True, False])
    for dtype in (np.float32, np.complex128, np.int16, np.bool_):
        x, y = np.array([1, 0], dtype), np.array([0, 1], dtype)
        yield sample(minmax.select, [mask, x, y], np.where)
    yield sample(minmax.select, [mask, [NAN, 1.0], [2.0, INF]], np.where, smooth=False)
    yield sample(minmax.clip, [ints(5), np.array(-1), np.array(2)], np.clip)
    for points, low, high, dx in CLIP_CONVENTIONS:
        operands = [points, np.array(low), np.array(high)]
        yield sample(minmax.clip, operands, np.clip, smooth=False, derivative={0: dx})
    bounds = [np.array([0.0]), np.array([2.0]), np.array([1.0])]  # the upper bound wins
    yield sample(minmax.clip, bounds, np.clip, derivative={0: [0.0], 1: [0.0], 2: [1.0]})


def _of(kind: str, seed: int) -> Any:
    x = ints(4, seed=seed, low=1, high=9)
    return {"i": x, "b": x > 4, "c": floats(3, seed=seed, low=0.5, dtype=np.complex128)}[kind]
