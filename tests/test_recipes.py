"""A remembered call records what the first one did."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest

import lineara as la
from lineara.errors import LinearaError
from lineara.frontend import recipes
from lineara.frontend.numpy import UFUNCS

VECTOR, SCALAR, COUNTS = np.array([0.3, 0.6]), np.float64(0.7), np.array([1, 2])
PLAIN: list[Any] = [2, 2.0, -0.0, 3.0, True, np.float32(0.5), np.int8(1), VECTOR, COUNTS]


def _operands(arity: int) -> list[tuple[Any, ...]]:
    """Lists of operands: "x" and "y" are traced vectors, "s" a traced scalar, "n" traced ints."""
    traced = ["x", "s", "n"]
    if arity == 1:
        return [(name,) for name in traced]
    pairs = [("x", "x"), ("x", "y"), ("y", "x"), ("s", "x"), ("x", "n"), ("n", "n")]
    return pairs + [p for x, y in product(traced, PLAIN) for p in ((x, y), (y, x))]


def _text(ufunc: np.ufunc, operands: tuple[Any, ...]) -> str:
    def call(x: Any, y: Any, s: Any, n: Any) -> Any:
        names = {"x": x, "y": y, "s": s, "n": n}
        return ufunc(*(names[v] if isinstance(v, str) else v for v in operands))

    try:
        return la.trace(call)(VECTOR, VECTOR, SCALAR, COUNTS).text
    except (LinearaError, TypeError, ValueError) as error:
        return str(error)


@pytest.mark.parametrize("ufunc", [u for u, m in UFUNCS if m == "__call__"], ids=str)
def test_later_calls_record_what_the_first_did(ufunc: np.ufunc) -> None:
    cases = _operands(ufunc.nin)
    first = []
    for operands in cases:
        recipes._recipes.clear()
        first.append(_text(ufunc, operands))
    recipes._recipes.clear()
    for operands in cases:
        _text(ufunc, operands)
    assert [_text(ufunc, operands) for operands in cases] == first
