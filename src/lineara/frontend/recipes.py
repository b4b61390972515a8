"""NumPy calls that record a single equation, remembered.

What a ufunc records is decided by the dtypes and shapes of its operands. The first call with
operands of some types goes the long way, through promotion and broadcasting; if all that it leaves
behind is one equation on the operands as they are, later calls record that equation right away.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, Literal, NamedTuple

import numpy as np

from lineara.frontend.array import TracedArray
from lineara.frontend.trace import Trace, current
from lineara.ir.op import Op
from lineara.ir.program import Literal as Constant
from lineara.ir.program import Operand
from lineara.ir.types import ArrayType, DType

LIMIT = 10_000
"""Recipes kept; when there are more, all are forgotten."""

NUMBERS = (bool, int, float, complex)
BY_VALUE = {np.power, np.float_power}
"""Ufuncs that record something else for some values of an operand that is a plain number."""


class Recipe(NamedTuple):
    """The only equation of a call: its op, on the first inputs in their order."""

    op: Op
    dtypes: tuple[DType | None, ...]
    """For an input that is a plain number the dtype that it takes, for an array None."""
    type: ArrayType
    """The type of the result."""


_recipes: dict[Hashable, Recipe] = {}


def follow(ufunc: np.ufunc, inputs: tuple[Any, ...], record: Callable[[], Any]) -> Any:
    """The result of the ufunc: by its recipe if there is one, else by ``record()``."""
    trace = current()
    key = _key(ufunc, inputs)
    if trace is None or key is None:
        return record()
    recipe = _recipes.get(key)
    if recipe is None:
        return _learn(trace, key, inputs, record)
    try:
        operands = [
            trace.lift(x).operand if dtype is None else Constant(np.asarray(x, dtype))
            for x, dtype in zip(inputs, recipe.dtypes, strict=False)
        ]
    except OverflowError:  # a number beyond the dtype
        return record()
    return TracedArray(trace, trace.append(recipe.op, tuple(operands), recipe.type))


def _key(ufunc: np.ufunc, inputs: tuple[Any, ...]) -> Hashable:
    """All that the recipe depends on, or None for inputs that there are no recipes for."""
    key: list[Any] = [ufunc]
    for x in inputs:
        kind = type(x)
        if kind is TracedArray:
            if x.weak is not None:
                return None
            key.append(x.value.type)
        elif kind in NUMBERS or issubclass(kind, np.number | np.bool_):
            key.append((kind, x) if ufunc in BY_VALUE else kind)
        elif kind is np.ndarray and x.ndim and x.dtype.kind in "biufc":
            key.append((x.dtype, x.shape))
        else:
            return None
    return tuple(key)


def _learn(trace: Trace, key: Hashable, inputs: tuple[Any, ...], record: Callable[[], Any]) -> Any:
    """The result of ``record()``, whose recipe is kept if it leaves one behind."""
    before = len(trace.builder.equations)
    result = record()
    added = trace.builder.equations[before:]
    if len(added) == 1 and type(result) is TracedArray:
        (equation,) = added
        dtypes = [_dtype(trace, v, x) for v, x in zip(equation.operands, inputs, strict=False)]
        arrays = [v for v in equation.operands if not isinstance(v, Constant)]
        distinct = len(set(arrays)) == len(arrays)  # x * x does not tell which one is which
        complete = len(dtypes) == len(equation.operands) and False not in dtypes
        if distinct and complete and equation.results == (result.value.operand,):
            if len(_recipes) > LIMIT:
                _recipes.clear()
            _recipes[key] = Recipe(equation.op, tuple(dtypes), result.value.type)  # type: ignore[arg-type]
    return result


def _dtype(trace: Trace, operand: Operand, x: Any) -> DType | Literal[False] | None:
    """How the input became the operand: None if it is just that, the dtype that a number was
    converted to, or False if the operand is something else.
    """
    if isinstance(x, TracedArray | np.ndarray):
        return None if trace.lift(x).operand is operand else False
    dtype = operand.type.dtype
    return dtype if operand == Constant(np.asarray(x, dtype)) else False
