"""What sample rows cannot say of elementwise ops.

Higher derivatives at awkward points, and what is refused or kept.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from lineara.backends.numpy_interpreter import run
from lineara.ir.builder import Builder
from lineara.ir.check import check
from lineara.ir.program import Function
from lineara.ir.types import DTYPES, ArrayType
from lineara.ir.value import Value
from lineara.ops.control.call import Call
from lineara.ops.exponential import expm1, logaddexp, logistic
from lineara.ops.minmax import maximum
from lineara.ops.powers import NegativePowerError, hypot, pow_
from lineara.ops.rounding import abs_
from lineara.ops.trigonometric import arctan2
from lineara.text.parser import parse
from lineara.transforms.forget import forget
from lineara.transforms.jvp import derive
from lineara.transforms.simplify import simplify

F64, I64 = ArrayType(DTYPES["f64"]), ArrayType(DTYPES["i64"])
INF = np.inf
TINY = np.exp(-40.0)


def derivative(f: Function, position: int) -> Function:
    """The partial derivative of a scalar function of scalars."""
    mask = tuple(i == position for i in range(len(f.params)))
    tangent = forget(derive(f, mask, (True,)).function)
    b = Builder(f"{f.name}.d{position}")
    params = [b.parameter(p.type) for p in f.params]
    return b.build(b.emit(Call(tangent), *params, b.constant(1.0))[1:])


def power(exponent: float) -> Callable[[Value], Value]:
    """x**exponent, the exponent a constant."""
    return lambda x: pow_(x, exponent)


# f, point, and derivatives: by the operands in which they are taken, one after the other.
DERIVATIVES: list[tuple[Callable[..., Value], list[float], dict[tuple[int, ...], float]]] = [
    (power(0.0), [0.0], {(0,): 0, (0, 0): 0}),
    (power(1.0), [0.0], {(0,): 1, (0, 0): 0, (0, 0, 0): 0}),
    (power(2.0), [0.0], {(0,): 0, (0, 0): 2, (0, 0, 0): 0}),
    (power(3.0), [0.0], {(0, 0): 0, (0, 0, 0): 6, (0, 0, 0, 0): 0}),
    (power(-1.0), [2.0], {(0,): -0.25, (0, 0): 0.25}),
    (pow_, [0.0, 2.0], {(0,): 0, (1,): 0, (0, 0): 2, (0, 0, 0): 0}),
    (pow_, [0.0, 1.0], {(0,): 1, (0, 0): 0}),
    (pow_, [0.0, 0.0], {(0,): 0, (0, 0): 0, (1,): 0}),
    (pow_, [2.0, 0.0], {(0, 1): 0.5, (1, 0): 0.5, (0, 0, 1): -0.25, (0, 1, 1): np.log(2)}),
    (pow_, [2.0, 1.0], {(0, 0, 1): 0.5, (1, 0, 0): 0.5}),
    (hypot, [0.0, 3.0], {(0,): 0, (1,): 1, (0, 0): 1 / 3, (1, 1): 0, (0, 0, 1): -1 / 9}),
    (hypot, [0.0, 0.0], {(0,): 0, (0, 0): 0, (0, 1): 0, (1, 1, 1): 0}),
    (arctan2, [0.0, -2.0], {(0,): -0.5, (1,): 0, (0, 1): -0.25, (0, 0): 0}),
    (arctan2, [3.0, 0.0], {(0,): 0, (1,): -1 / 3, (0, 1): 1 / 9, (1, 1): 0}),
    (arctan2, [0.0, 0.0], {(0,): 0, (1,): 0, (0, 1): 0}),
    (abs_, [0.0], {(0,): 0, (0, 0): 0}),
    (maximum, [1.0, 1.0], {(0,): 0.5, (0, 0): 0, (0, 1): 0}),
    (expm1, [-40.0], {(0,): TINY, (0, 0, 0): TINY}),
    (logistic, [40.0], {(0,): TINY, (0, 0): -TINY, (0, 0, 0): TINY}),
    (logaddexp, [2.0, 2.0], {(0,): 0.5, (0, 0): 0.25, (0, 1): -0.25}),
    (logaddexp, [-INF, -INF], {(0,): 0.5, (1,): 0.5, (0, 1): 0}),
    (logaddexp, [40.0, 0.0], {(1,): TINY, (0, 0): TINY, (0, 1): -TINY}),
]


@pytest.mark.parametrize(("f", "point", "values"), DERIVATIVES)
def test_higher_derivatives(
    f: Callable[..., Value], point: list[float], values: dict[tuple[int, ...], float]
) -> None:
    b = Builder("f")
    function = b.build([f(*(b.parameter(F64) for _ in point))])
    for positions, value in values.items():
        g = function
        for position in positions:
            g = derivative(g, position)
        (found,) = run(g, *map(np.float64, point))
        np.testing.assert_allclose(found, value, rtol=1e-13, err_msg=str(positions))


def test_integers_have_no_negative_powers() -> None:
    b = Builder("f")
    x = b.parameter(I64)
    f = b.build([x + pow_(b.constant(np.int64(2)), b.constant(np.int64(-1)))])
    for g in (f, simplify(f)):  # to fold the constants is not yet to run them
        with pytest.raises(NegativePowerError, match="found: the exponent -1"):
            run(g, np.int64(1))


@pytest.mark.parametrize("mask", ["true", "false"])
def test_a_constant_choice_of_linear_values_discards_neither(mask: str) -> None:
    text = f"def f(; a': f64, b': f64) -> (; f64) {{\n c' = select {mask} a' b'\n return ; c'\n}}"
    f = parse(text).main
    check(simplify(f))
    operands = np.float64(1.0), np.float64(2.0)
    assert run(simplify(f), *operands) == run(f, *operands)
