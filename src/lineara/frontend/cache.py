"""Equal traces share one `Function`, and with it all that was derived from it.

Python code is traced on every call that is not jitted, so that closures, globals and branches are
always right. What was recorded is then looked up: a trace that equals an earlier one *is* the
earlier function, whose derivatives and plans are remembered in its `memo`.
"""

from __future__ import annotations

from collections.abc import Hashable
from threading import Lock

from lineara.ir.program import Function, Literal, Operand

LIMIT = 1024
"""Functions remembered; the oldest goes first, and is derived again if it is still in use."""

_functions: dict[Hashable, Function] = {}
_lock = Lock()


def canonical(f: Function) -> Function:
    """The first function that was recorded with the same equations from the same lines."""
    key = _key(f)
    with _lock:
        known = _functions.setdefault(key, f)
        if len(_functions) > LIMIT:
            del _functions[next(iter(_functions))]
    return known


def _key(f: Function) -> Hashable:
    """All that makes a difference: types, ops, which operand is which, and lines of code."""
    numbers: dict[Operand, Operand | int] = {p: i for i, p in enumerate(f.params)}
    equations = []
    for equation in f.equations:
        operands = tuple(v if isinstance(v, Literal) else numbers[v] for v in equation.operands)
        source = equation.source
        equations.append((equation.op, operands, source and source.line, source and source.file))
        for v in equation.results:
            numbers[v] = len(numbers)
    results = tuple(v if isinstance(v, Literal) else numbers[v] for v in f.results)
    return (f.name, tuple((p.type, p.hint) for p in f.params), tuple(equations), results)
