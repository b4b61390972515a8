"""The interpreter, on the watch for the first NaN: slow, for finding mistakes."""

from __future__ import annotations

from contextvars import ContextVar
from os import environ
from typing import Any

import numpy as np

from lineara.errors import LinearaError, NanError, Source
from lineara.ir.program import Equation, Function, Literal, Operand
from lineara.ir.types import Array, ArrayType
from lineara.ops.control.base import Control, Mask, Runner

SWITCH = "LINEARA_DEBUG_NANS"
"""The environment variable that turns it on if it is 1."""

watching: ContextVar[bool] = ContextVar("lineara_debug_nans", default=environ.get(SWITCH) == "1")

ROLES = {
    None: "in the function itself",
    "tangent": "in its derivative",
    "cotangent": "in its derivative, on the way back",
}


def run(f: Function, *values: Array) -> tuple[Array, ...]:
    """The results of `f`.

    Raises:
        NanError: at the first equation that makes NaN of operands without.
    """
    known: dict[Operand, Any] = dict(zip(f.all_params, values, strict=True))
    infinite: dict[Operand, Source | None] = {}
    for equation in f.equations:
        operands = [v.value if isinstance(v, Literal) else known[v] for v in equation.operands]
        try:
            with np.errstate(all="ignore"):
                results = _evaluated(equation, operands)
        except LinearaError as error:
            raise error.at(equation.source) from None
        if not any(map(_has_nan, operands)):
            for result in results:
                if _has_nan(result):
                    raise _error(equation, result, infinite)
        origin = [infinite[v] for v in equation.operands if v in infinite]
        for v, result in zip(equation.results, results, strict=True):
            known[v] = result
            if _is_floating(result) and np.any(np.isinf(result)):
                infinite[v] = origin[0] if origin else equation.source
    return tuple(v.value if isinstance(v, Literal) else known[v] for v in f.all_results)


def _evaluated(equation: Equation, operands: list[Any]) -> tuple[Any, ...]:
    if isinstance(equation.op, Control):
        none = (False,) * len(operands)
        return tuple(equation.op.runner(none, _prepare).run(*operands))
    return equation.op.evaluate(*operands)


def _prepare(f: Function, own: Mask) -> Runner:
    return Runner(lambda *values: run(f, *values), (False,) * len(f.all_results))


def _is_floating(x: Any) -> bool:
    return isinstance(x, np.ndarray | np.generic) and x.dtype.kind in "fc"


def _has_nan(x: Any) -> bool:
    return _is_floating(x) and bool(np.any(np.isnan(x)))


def _error(equation: Equation, result: Array, infinite: dict[Operand, Source | None]) -> NanError:
    """What to say of an equation whose result is NaN somewhere."""
    types = ", ".join(str(v.type) for v in equation.operands if isinstance(v.type, ArrayType))
    count = int(np.count_nonzero(np.isnan(result)))
    share = "" if np.ndim(result) == 0 else f" in {count} of {np.size(result)} elements"
    found = f"{equation.op.name} of {types or 'nothing'} is NaN{share}"
    origin = next((infinite[v] for v in equation.operands if v in infinite), None)
    if origin is not None:
        found += f"; an operand became infinite at {origin}"
    role = equation.source.role if equation.source else None
    return NanError(
        f"the first NaN is made here, {ROLES[role]}",
        where=equation.source,
        found=found,
        expected="numbers for which the function and its derivative are defined",
        remedy="keep the argument where the function is smooth, before it is called: "
        "np.sqrt(np.where(x > 0, x, 1.0)); a choice among its results comes too late",
    )
