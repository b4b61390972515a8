"""Running sums, products and extremes along an axis, and linear recurrences, as loops."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

from lineara.backends.native.control import _counted
from lineara.backends.native.elementwise import TABLE
from lineara.backends.native.flat import Step
from lineara.backends.native.numbers import INT, Emit, Num
from lineara.ops.cumulative import Cumulative, LinearRecurrence

if TYPE_CHECKING:
    from lineara.backends.native.functions import FunctionEmitter

COMBINE = {"cumsum": "add", "cumprod": "mul", "cummax": "maximum", "cummin": "minimum"}


def is_running(step: Step) -> bool:
    """Whether a step is written here."""
    return isinstance(step.op, Cumulative | LinearRecurrence)


def write_running(fn: FunctionEmitter, step: Step) -> None:
    """Writes the loops of a step: each element is computed from the one before it."""
    op, (v,), b, e = step.op, step.results, fn.b, Emit(fn.b)
    dtype, shape = v.type.dtype, v.type.shape
    n, inner = shape[op.axis], prod(shape[op.axis + 1 :])
    *factors, terms = (fn.pointer(x) for x in step.operands)  # type: ignore[arg-type]
    result = fn.pointer(v)
    onwards = -inner if op.reverse else inner
    begin = (n - 1) * inner if op.reverse else 0

    def outer(k: Any) -> None:
        start = b.add(b.mul(k, INT(n * inner)), INT(begin))

        def first(j: Any) -> None:
            at = b.add(start, j)
            e.store(e.load(terms, dtype, at), result, at)

        def row(i: Any) -> None:
            before = b.add(start, b.mul(i, INT(onwards)))

            def element(j: Any) -> None:
                place = b.add(before, j)
                at = b.add(place, INT(onwards))
                numbers = (e.load(x, dtype, at) for x in (*factors, terms))
                e.store(_next(e, op, e.load(result, dtype, place), *numbers), result, at)

            _counted(fn, INT(inner), element)

        _counted(fn, INT(inner), first)
        _counted(fn, INT(n - 1), row)

    if v.type.size:
        _counted(fn, INT(prod(shape[: op.axis])), outer)


def _next(e: Emit, op: Any, before: Num, *numbers: Num) -> Num:
    kind = before.dtype.kind
    if isinstance(op, LinearRecurrence):
        factor, term = numbers
        return TABLE["add", kind](e, TABLE["mul", kind](e, factor, before), term)
    return TABLE[COMBINE[op.name], kind](e, before, *numbers)
