"""The methods of ufuncs: `reduce`, `accumulate`, `reduceat`, `outer` and `at`.

Some have an op; the others apply the ufunc to one element after the other, as NumPy does, with an
equation for each. NumPy itself says on a sample with one element which options fit together, and
what dtype comes out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from lineara.errors import TypeMismatchError, UnsupportedError
from lineara.frontend.core import (
    apply,
    axes_of,
    axis_of,
    broadcast_to,
    convert,
    name_of_ufunc,
    resolve,
    traced,
)
from lineara.frontend.numpy.joining import known
from lineara.frontend.numpy.reductions import ABSENT, BOOL, missing, number_for
from lineara.frontend.numpy.writing import target
from lineara.frontend.trace import Traced
from lineara.frontend.writes import add_at, setitem
from lineara.ops.cumulative import CumMax, CumMin
from lineara.where import user_source

Method = Callable[..., Any]

LOGICAL: dict[np.ufunc, np.ufunc] = {
    np.logical_and: np.bitwise_and,
    np.logical_or: np.bitwise_or,
    np.logical_xor: np.bitwise_xor,
}
"""What they are on bools."""


def _sample(ufunc: np.ufunc, x: Any, axis: Any, dtype: Any, initial: Any = ABSENT) -> Any:
    """What NumPy makes of an array like `x` with one element; raises what NumPy raises."""
    options = {} if initial is ABSENT else {"initial": np.ones((), x.dtype)[()]}
    one = np.ones((1,) * x.ndim, x.dtype)
    if x.ndim == 0:
        one = one.reshape(1)
    return np.asarray(ufunc.reduce(one, axis=axis, dtype=dtype, **options)).dtype


def _in_loop(ufunc: np.ufunc, x: Any, dtype: Any) -> Any:
    """`x` in the dtype that the results of a ufunc have, if they can be its operands again."""
    if ufunc in LOGICAL:
        return convert(x, BOOL)
    kind = np.dtype(dtype)
    loop = resolve(ufunc, kind, kind)
    if loop[0] != loop[2]:
        raise TypeMismatchError(
            f"{name_of_ufunc(ufunc)} makes of {kind} another dtype, and cannot go on with that",
            where=user_source(),
            found=str(x.value.type),
            remedy="convert the array first, or give dtype=",
        )
    return convert(x, loop[0])


def fold(ufunc: np.ufunc) -> Method:
    """``ufunc.reduce``: the ufunc of the result so far and the next element."""
    step = LOGICAL.get(ufunc, ufunc)

    def reduce(
        array: Any,
        axis: Any = 0,
        dtype: Any = None,
        *,
        keepdims: bool = False,
        initial: Any = ABSENT,
        where: Any = True,
    ) -> Any:
        x: Any = traced(array)
        x = _in_loop(ufunc, x, _sample(ufunc, x, axis, dtype, initial))
        axes = axes_of(axis, x.ndim)
        order = (*axes, *(k for k in range(x.ndim) if k not in axes))
        shape = tuple(1 if k in axes else n for k, n in enumerate(x.shape))
        rows = _rows(x, order, len(axes))
        flags = None if where is True else _rows(broadcast_to(where, x.shape), order, len(axes))
        first = ufunc.identity if initial is ABSENT else initial
        if (first is None and (not len(rows) or flags is not None)) or initial is None:
            raise ValueError(
                f"zero-size array to reduction operation {ufunc.__name__} which has no identity"
            )
        if initial is not ABSENT or flags is not None or not len(rows):
            total = broadcast_to(traced(number_for(x, first)), rows.shape[1:])
            start = 0
        else:
            total, start = rows[0], 1
        for i in range(start, len(rows)):
            new = step(total, rows[i])
            total = new if flags is None else np.where(flags[i], new, total)
        return np.reshape(total, shape) if keepdims else total

    return reduce


def _rows(x: Any, order: tuple[int, ...], reduced: int) -> Any:
    """`x` with its first `reduced` axes of that order as one."""
    moved: Any = np.transpose(x, order)
    return np.reshape(moved, (int(np.prod(moved.shape[:reduced])), *moved.shape[reduced:]))


def reduction(function: Callable[..., Any]) -> Method:
    """A reduction as a method of a ufunc, whose default axis is 0."""

    def reduce(x: Any, axis: Any = 0, dtype: Any = None, **options: Any) -> Any:
        if dtype is not None:
            options["dtype"] = dtype
        return function(x, axis=axis, **options)

    return reduce


def _converted_first(method: Method) -> Method:
    """The same for a function that takes no dtype."""

    def reduce(x: Any, axis: Any = 0, dtype: Any = None, **options: Any) -> Any:
        return method(x if dtype is None else convert(traced(x), np.dtype(dtype)), axis, **options)

    return reduce


def _quantifier(ufunc: np.ufunc, function: Callable[..., Any]) -> Method:
    """``np.logical_and.reduce`` or ``np.logical_or.reduce``."""

    def reduce(
        x: Any, axis: Any = 0, dtype: Any = None, *, initial: Any = ABSENT, **rest: Any
    ) -> Any:
        result = function(x, axis=axis, **rest)
        return result if initial is ABSENT else ufunc(result, initial)

    return reduce


def _ignoring_nan(function: Callable[..., Any], last: float) -> Method:
    """``np.fmax.reduce`` or ``np.fmin.reduce``."""

    def reduce(array: Any, axis: Any = 0, **options: Any) -> Any:
        x: Any = traced(array)
        mask = missing(x)
        if mask is None or options.get("initial", ABSENT) is not ABSENT:
            return fold(np.fmax if last < 0 else np.fmin)(x, axis, **options)
        result = function(np.where(mask, last, x), axis=axis, **options)
        return np.where(np.all(mask, axis=axis, **options), np.nan, result)

    return reduce


def _of_powers(power: np.ufunc, logarithm: np.ufunc) -> Callable[..., Any]:
    """``np.logaddexp.reduce`` or ``np.logaddexp2.reduce``: the logarithm of a sum of powers."""

    def reduce(
        array: Any,
        axis: Any = 0,
        dtype: Any = None,
        *,
        keepdims: bool = False,
        initial: Any = ABSENT,
        where: Any = True,
    ) -> Any:
        x: Any = traced(array)
        x = x if dtype is None else convert(x, np.dtype(dtype))
        if where is not True or initial is not ABSENT:
            both = np.logaddexp if power is np.exp else np.logaddexp2
            return fold(both)(x, axis, keepdims=keepdims, initial=initial, where=where)
        x = convert(x, np.dtype(np.float64)) if x.dtype.kind in "biu" else x
        largest = np.max(x, axis=axis, keepdims=True, initial=-np.inf)
        base = np.where(np.isfinite(largest), largest, 0)
        total = np.sum(power(x - base), axis=axis, keepdims=True)
        result = logarithm(total) + base
        return result if keepdims else np.squeeze(result, axes_of(axis, x.ndim))

    return reduce


# -- accumulate ------------------------------------------------------------------------------------


def accumulation(function: Callable[..., Any]) -> Method:
    """A running sum or product as a method of a ufunc."""

    def accumulate(x: Any, axis: int = 0, dtype: Any = None) -> Any:
        return function(x, axis=axis_of(axis, np.ndim(x)), dtype=dtype)

    return accumulate


def _running(op: type[CumMax | CumMin]) -> Method:
    def accumulate(array: Any, axis: int = 0, dtype: Any = None) -> Any:
        x = traced(array)
        x = x if dtype is None else traced(convert(x, np.dtype(dtype)))
        return apply(op(axis_of(axis, x.ndim)), x)

    return accumulate


def running_fold(ufunc: np.ufunc) -> Method:
    """``ufunc.accumulate``: all intermediate results of `reduce`."""
    step = LOGICAL.get(ufunc, ufunc)

    def accumulate(array: Any, axis: int = 0, dtype: Any = None) -> Any:
        x: Any = traced(array)
        axis = axis_of(axis, x.ndim)
        sample = np.ones((1,) * x.ndim, x.dtype)
        x = _in_loop(ufunc, x, ufunc.accumulate(sample, axis=axis, dtype=dtype).dtype)
        rows: Any = np.moveaxis(x, axis, 0)
        results = [rows[i] for i in range(min(len(rows), 1))]
        for i in range(1, len(rows)):
            results.append(step(results[-1], rows[i]))
        return np.moveaxis(np.stack(results), 0, axis) if results else x

    return accumulate


# -- parts, pairs and places -----------------------------------------------------------------------


def by_parts(ufunc: np.ufunc, reduce: Method) -> Method:
    """``ufunc.reduceat``: the reductions of parts that begin at indices, which are known."""

    def reduceat(array: Any, indices: Any, axis: int = 0, dtype: Any = None) -> Any:
        x: Any = traced(array)
        axis = axis_of(axis, x.ndim)
        starts = [int(i) for i in known(indices, "the indices of reduceat")]
        rows: Any = np.moveaxis(x, axis, 0)
        for i in starts:
            if not 0 <= i < len(rows):
                raise IndexError(f"index {i} out-of-bounds in {ufunc.__name__}.reduceat")
        parts = [
            reduce(rows[i : j if i < j else i + 1], axis=0, dtype=dtype)
            for i, j in zip(starts, [*starts[1:], len(rows)], strict=True)
        ]
        return np.moveaxis(np.stack(parts), 0, axis) if parts else x[:0]

    return reduceat


def outer(ufunc: np.ufunc) -> Method:
    """``ufunc.outer``: of each element of one array with each one of the other."""

    def call(x: Any, y: Any, **options: Any) -> Any:
        extra = np.ndim(y)
        return ufunc(np.reshape(x, np.shape(x) + (1,) * extra), y, **options)

    return call


def in_place(ufunc: np.ufunc) -> Method:
    """``ufunc.at``: applied at places, one after the other where a place occurs again."""

    def at(a: Any, indices: Any, *others: Any) -> None:
        array = a
        places = known_places(indices, ufunc)
        flat = np.arange(array.size).reshape(array.shape)[places]
        operands = [np.ravel(broadcast_to(traced(b), flat.shape)) for b in others]
        positions = flat.ravel()
        rounds = _occurrence(positions)
        for k in range(int(rounds.max(initial=-1)) + 1):
            chosen = np.flatnonzero(rounds == k)
            index = np.unravel_index(positions[chosen], array.shape)
            new = ufunc(array[index], *(b[chosen] for b in operands))
            if not np.can_cast(new.dtype, array.dtype, "same_kind"):
                raise TypeMismatchError(
                    f"{name_of_ufunc(ufunc)}.at would change the dtype of the array",
                    where=user_source(),
                    found=f"a result of dtype {new.dtype}",
                    expected=f"one that fits into {array.dtype}",
                )
            setitem(array, index, new)

    return at


def known_places(indices: Any, ufunc: np.ufunc) -> Any:
    """An index of plain numbers."""
    items = indices if isinstance(indices, tuple) else (indices,)
    if any(isinstance(i, Traced) for i in items):
        items = tuple(known(i, f"the places of {name_of_ufunc(ufunc)}.at") for i in items)
    return items


def _occurrence(positions: Any) -> Any:
    """For each position how often it has occurred before."""
    order = np.argsort(positions, kind="stable")
    ordered = positions[order]
    first = np.searchsorted(ordered, ordered, "left")
    counts = np.empty(len(positions), np.intp)
    counts[order] = np.arange(len(positions)) - first
    return counts


def _add(a: Any, indices: Any, b: Any) -> None:
    add_at(a, indices, b)


def _subtract(a: Any, indices: Any, b: Any) -> None:
    add_at(a, indices, np.negative(b))


REDUCE: dict[np.ufunc, Method] = {
    np.add: reduction(np.sum),
    np.multiply: reduction(np.prod),
    np.maximum: _converted_first(reduction(np.max)),
    np.minimum: _converted_first(reduction(np.min)),
    np.logical_and: _quantifier(np.logical_and, np.all),
    np.logical_or: _quantifier(np.logical_or, np.any),
    np.fmax: _converted_first(_ignoring_nan(np.max, -np.inf)),
    np.fmin: _converted_first(_ignoring_nan(np.min, np.inf)),
    np.logaddexp: _of_powers(np.exp, np.log),
    np.logaddexp2: _of_powers(np.exp2, np.log2),
}
ACCUMULATE: dict[np.ufunc, Method] = {
    np.add: accumulation(np.cumsum),
    np.multiply: accumulation(np.cumprod),
    np.maximum: _running(CumMax),
    np.minimum: _running(CumMin),
}
AT: dict[np.ufunc, Method] = {np.add: _add, np.subtract: _subtract}

NO_LOOP = {
    *(np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal, np.ldexp),
}
"""Ufuncs whose results cannot be their operands."""


def methods_of(ufunc: np.ufunc) -> dict[tuple[np.ufunc, str], Method]:
    """The methods of a ufunc with one result, by ufunc and name."""
    table: dict[tuple[np.ufunc, str], Method] = {}
    if ufunc.nout != 1 or ufunc.signature is not None or not hasattr(np, ufunc.__name__):
        return table
    if ufunc not in NO_LOOP:
        table[ufunc, "at"] = writing(ufunc, AT.get(ufunc) or in_place(ufunc))
    if ufunc.nin == 2:
        table[ufunc, "outer"] = outer(ufunc)
        if ufunc not in NO_LOOP:
            reduce = table[ufunc, "reduce"] = REDUCE.get(ufunc) or fold(ufunc)
            table[ufunc, "accumulate"] = ACCUMULATE.get(ufunc) or running_fold(ufunc)
            table[ufunc, "reduceat"] = by_parts(ufunc, reduce)
    return table


def writing(ufunc: np.ufunc, at: Method) -> Method:
    """`at`, on arrays that can be written to."""

    def checked(a: Any, indices: Any, *others: Any) -> None:
        if len(others) != ufunc.nin - 1:
            raise UnsupportedError(
                f"{name_of_ufunc(ufunc)}.at takes {ufunc.nin - 1} operands beside the array",
                where=user_source(),
                found=f"{len(others)}",
            )
        at(target(a), indices, *others)

    return checked
