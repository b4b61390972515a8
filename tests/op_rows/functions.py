"""Rows for elementwise functions of one operand: the same inputs for all, within each domain."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.special
from samples import Rows, floats, ints, sample

from lineara.ir.op import Op
from lineara.ops import compare, exponential, powers, rounding, special, trigonometric
from lineara.ops.arithmetic import neg
from lineara.ops.complex import conj, imag, real

ALL = (-2.0, 2.0)
POSITIVE = (0.3, 2.5)
UNIT = (-0.8, 0.8)
ABOVE_ONE = (1.2, 3.0)
SPECIAL = [np.inf, -np.inf, np.nan, 0.0, -0.0, 1.0, -1.0, 0.5, 1e300, 1e-300]

# op, NumPy's function, where it is smooth, and whether it takes complex numbers.
FUNCTIONS: list[tuple[Op, Callable[..., Any], tuple[float, float], bool]] = [
    (neg, np.negative, ALL, True),
    (exponential.exp, np.exp, ALL, True),
    (exponential.exp2, np.exp2, ALL, True),
    (exponential.expm1, np.expm1, ALL, True),
    (exponential.log, np.log, POSITIVE, True),
    (exponential.log2, np.log2, POSITIVE, True),
    (exponential.log10, np.log10, POSITIVE, True),
    (exponential.log1p, np.log1p, POSITIVE, True),
    (exponential.logistic, scipy.special.expit, ALL, False),
    (trigonometric.sin, np.sin, ALL, True),
    (trigonometric.cos, np.cos, ALL, True),
    (trigonometric.tan, np.tan, UNIT, True),
    (trigonometric.arcsin, np.arcsin, UNIT, True),
    (trigonometric.arccos, np.arccos, UNIT, True),
    (trigonometric.arctan, np.arctan, UNIT, True),
    (trigonometric.sinh, np.sinh, ALL, True),
    (trigonometric.cosh, np.cosh, ALL, True),
    (trigonometric.tanh, np.tanh, ALL, True),
    (trigonometric.arcsinh, np.arcsinh, UNIT, True),
    (trigonometric.arccosh, np.arccosh, ABOVE_ONE, True),
    (trigonometric.arctanh, np.arctanh, UNIT, True),
    (powers.sqrt, np.sqrt, POSITIVE, True),
    (powers.cbrt, np.cbrt, POSITIVE, False),
    (powers.square, np.square, ALL, True),
    (powers.reciprocal, np.reciprocal, POSITIVE, True),
    (special.erf, scipy.special.erf, ALL, False),
    (special.erfc, scipy.special.erfc, ALL, False),
    (special.gammaln, scipy.special.gammaln, POSITIVE, False),
    (special.digamma, scipy.special.digamma, POSITIVE, False),
    (
        special.Polygamma(1),
        lambda x: scipy.special.polygamma(1, x).astype(x.dtype),
        POSITIVE,
        False,
    ),
    (
        special.Polygamma(2),
        lambda x: scipy.special.polygamma(2, x).astype(x.dtype),
        POSITIVE,
        False,
    ),
    (rounding.abs_, np.abs, ALL, True),
    (rounding.sign, np.sign, ALL, True),
    (rounding.floor, np.floor, ALL, False),
    (rounding.ceil, np.ceil, ALL, False),
    (rounding.trunc, np.trunc, ALL, False),
    (rounding.round_, np.rint, ALL, True),
    (rounding.stop_gradient, lambda x: x, ALL, True),
    (compare.isnan, np.isnan, ALL, True),
    (compare.isinf, np.isinf, ALL, True),
    (compare.isfinite, np.isfinite, ALL, True),
]
COMPLEX_ONLY = [(real, np.real), (imag, np.imag), (conj, np.conj)]
NO_DERIVATIVE = {"stop_gradient", "round"}  # whose difference quotients are not what they declare

# op, point, derivative there: conventions, and limits that are easy to get wrong.
CONVENTIONS: list[tuple[Op, list[float], list[float]]] = [
    (rounding.abs_, [0.0, -0.0, -3.0, 3.0, np.inf, -np.inf], [0.0, 0.0, -1.0, 1.0, 1.0, -1.0]),
    (exponential.log1p, [1e-300, 0.0], [1.0, 1.0]),
    (exponential.expm1, [-np.inf, 0.0, -40.0], [0.0, 1.0, np.exp(-40.0)]),
    (exponential.logistic, [-np.inf, np.inf, -800.0, 0.0], [0.0, 0.0, 0.0, 0.25]),
    (exponential.logistic, [-40.0, 40.0], [np.exp(-40.0), np.exp(-40.0)]),
    (exponential.log, [0.0, np.inf], [np.inf, 0.0]),
    (trigonometric.tanh, [np.inf, -np.inf, 400.0], [0.0, 0.0, 0.0]),
    (trigonometric.arctan, [np.inf, 1e200], [0.0, 0.0]),
    (trigonometric.arcsinh, [1e200, np.inf, -1e200], [1e-200, 0.0, 1e-200]),
    (trigonometric.arcsin, [1 - 2.0**-40], [1 / np.sqrt(2.0**-40 * (2 - 2.0**-40))]),
    (trigonometric.arccosh, [1.0, 1e200, 1 + 2.0**-40], [np.inf, 1e-200, 741455.2001893652]),
    (powers.sqrt, [0.0, np.inf], [np.inf, 0.0]),
    (powers.square, [0.0, -3.0], [0.0, -6.0]),
    (special.erf, [np.inf, -np.inf, 40.0], [0.0, 0.0, 0.0]),
]

# op, point on a branch cut, derivative on that side of it (±0 is the side).
ROOT = np.sqrt(3.0)
CUTS: list[tuple[Op, complex, complex]] = [
    (trigonometric.arcsin, complex(2, 0.0), 1j / ROOT),
    (trigonometric.arcsin, complex(2, -0.0), -1j / ROOT),
    (trigonometric.arcsin, complex(-2, -0.0), 1j / ROOT),
    (trigonometric.arccos, complex(2, 0.0), -1j / ROOT),
    (trigonometric.arccos, complex(-2, -0.0), -1j / ROOT),
    (trigonometric.arcsinh, complex(0.0, 2), -1j / ROOT),
    (trigonometric.arcsinh, complex(-0.0, 2), 1j / ROOT),
    (trigonometric.arccosh, complex(-2, 0.0), -1 / ROOT),
    (trigonometric.arccosh, complex(-2, -0.0), -1 / ROOT),
    (trigonometric.arccosh, complex(0.5, 0.0), -2j / ROOT),
    (powers.sqrt, complex(-4, -0.0), 0.25j),
]


def rows() -> Rows:
    for op, function, (low, high), is_complex in FUNCTIONS:
        smooth = op.name not in NO_DERIVATIVE
        for shape in ((), (3,), (2, 3), (0,), (2, 0)):
            yield sample(op, [floats(*shape, low=low, high=high)], function, smooth=smooth)
        x = floats(3, low=low, high=high, dtype=np.float32)
        yield sample(op, [x], function, smooth=smooth)
        yield sample(op, [np.array(SPECIAL)], function, smooth=False)
        if is_complex:
            z = floats(2, 2, low=low, high=high) + 1j * floats(2, 2, seed=4, low=0.1, high=0.6)
            yield sample(op, [z], function, smooth=smooth)
            yield sample(op, [z.astype(np.complex64)[0]], function, smooth=smooth)
            yield sample(op, [np.array([0j, np.inf + 0j])], function, smooth=False)
    for op, function in COMPLEX_ONLY:
        for shape in ((), (3,), (0,)):
            yield sample(op, [floats(*shape, dtype=np.complex128)], function)
        yield sample(op, [floats(3, dtype=np.complex64)], function)
    for op, points, derivatives in CONVENTIONS:
        function = next(f for o, f, *_ in FUNCTIONS if o == op)
        yield sample(op, [points], function, smooth=False, derivative={0: derivatives})
    for op, function in [
        (neg, np.negative),
        (powers.square, np.square),
        (rounding.abs_, np.abs),
        (rounding.sign, np.sign),
        (compare.not_, np.invert),
    ]:
        for dtype in (np.int64, np.int8):
            yield sample(op, [ints(3, dtype=dtype)], function)
    for shape in ((), (0,), (4,)):
        yield sample(compare.not_, [ints(*shape) > 0], np.invert)
    z = np.array([0j, 3 + 4j])
    yield sample(rounding.abs_, [z], np.abs, smooth=False, derivative={0: [0.0, 0.6]})
    yield sample(rounding.sign, [z], np.sign, smooth=False, derivative={0: [0.0, 0.128 - 0.096j]})
    for op, point, slope in CUTS:
        function = next(f for o, f, *_ in FUNCTIONS if o == op)
        yield sample(op, [[point]], function, smooth=False, derivative={0: [slope]})
