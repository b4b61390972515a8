"""Calls of NumPy's functions that do what they did when they were traced before.

Most calls leave nothing behind but a new array. What it holds follows from what was called and on
what, so that a trace that follows an earlier one (`lineara.frontend.following`) takes it from
there, without promotion, broadcasting, or what else there is to do when a call is new. A traced
array is known by how it was `made`: as which parameter, or by which step.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from functools import lru_cache
from types import CodeType, FrameType
from typing import Any, NamedTuple

import numpy as np

from lineara.frontend.array import TracedArray
from lineara.frontend.following import Step
from lineara.frontend.trace import Trace, Traced, View, current
from lineara.frontend.writes import origin
from lineara.ir.program import Operand
from lineara.ir.types import DTYPE_NAMES, ArrayType
from lineara.ir.value import Value
from lineara.where import user_source

CALLER = 3
"""The frame of who called NumPy, seen from `recalled`."""
PLAIN = {bool, int, str, type(None), type, type(Ellipsis), type(np._NoValue), np.dtype}
"""Types of which equal objects mean the same."""
NUMBERS = (float, complex, np.number, np.bool_)


READING = {
    *(np.concatenate, np.stack, np.hstack, np.vstack, np.where),
    *(np.dot, np.inner, np.outer, np.vdot),
}
"""Functions that record the same whatever is in the arrays that they are given, as ufuncs do."""
SMALL = 4096
"""Bytes up to which an array is remembered, where what is in it may make a difference."""


class Captured(NamedTuple):
    """An argument that is an array, captured as that parameter."""

    operand: Operand
    type: ArrayType


class Contents(NamedTuple):
    """An argument that is an array in which there is just that."""

    type: ArrayType
    data: bytes


class Unknown(Exception):  # noqa: N818 - no error
    """There is no description of an argument."""


def recalled(
    what: Hashable,
    inputs: tuple[Any, ...],
    options: Mapping[str, Any],
    call: Callable[..., Any],
    *args: Any,
) -> Any:
    """``call(*args)``, or what it has left behind at this place before.

    It records a call of `what` on the arguments `inputs`, and `options` by name.
    """
    trace = current()
    if trace is None:
        return call(*args)
    builder = trace.builder
    if builder.calling or not builder.learns:
        return call(*args)
    frame = sys._getframe(CALLER)
    step = None
    if builder.script is not None and builder.calls < len(builder.steps):
        step = builder.steps[builder.calls]
    if (
        step is None
        or not _is_same(trace, step, what, inputs, options, frame)
        or (step.constants and any(trace.lift(x).operand is not p for p, x in step.constants))
    ):
        return _learnt(trace, what, inputs, options, frame, call, args)
    builder.calls += 1
    if step.end > step.start:
        builder.equations += step.equations
    result = TracedArray(trace, Value(builder, step.operand), step.weak, step.fixed)
    result.boxed = step.boxed
    result.scrambled = step.scrambled
    result.made = step
    if step.makers is not None:
        root = origin(inputs[0])[0]
        result.alias = View(root, step.makers, root.version)
    return result


def _is_same(
    trace: Trace,
    step: Step,
    what: Hashable,
    inputs: tuple[Any, ...],
    options: Mapping[str, Any],
    frame: FrameType,
) -> bool:
    """Whether a call is the one that was made in the earlier trace."""
    if (
        step.code is not frame.f_code
        or step.lines[frame.f_lasti] != step.line
        or step.what != what
        or len(step.inputs) != len(inputs)
    ):
        return False
    for x, known in zip(inputs, step.inputs, strict=False):
        if x is not known and not _fits(trace, x, known):
            return False
    if step.start != len(trace.builder.equations):
        return False
    if step.source is not None and step.source != user_source():
        return False
    if not (options or step.options):
        return True
    return options.keys() == step.options.keys() and all(
        _fits(trace, x, step.options[k]) for k, x in options.items()
    )


def _fits(trace: Trace, x: Any, known: Any) -> bool:
    """Whether an argument is as it was described."""
    kind = type(x)
    if kind is TracedArray:
        if x.made is not known or x.owner is not trace:
            return False
        return x.alias is None or x.alias.root.made is not None
    if x is known:
        return True
    if kind is np.ndarray:
        if not isinstance(known, Captured | Contents):
            return False
        if x.shape != known.type.shape or x.dtype != known.type.dtype:
            return False
        if isinstance(known, Contents):
            return bool(x.tobytes() == known.data)
        return trace.lift(x).operand is known.operand
    if kind is not type(known):
        return False
    if kind is slice:
        return (
            (x.start is known.start or _fits(trace, x.start, known.start))
            and (x.stop is known.stop or _fits(trace, x.stop, known.stop))
            and (x.step is known.step or _fits(trace, x.step, known.step))
        )
    if kind is tuple or kind is list:
        same = zip(x, known, strict=False)
        return len(x) == len(known) and all(_fits(trace, a, b) for a, b in same)
    if issubclass(kind, NUMBERS):
        return repr(x) == repr(known)  # which tells zeros apart
    return kind in PLAIN and bool(x == known)


def _described(trace: Trace, x: Any, read: bool) -> Any:
    """What `_fits` compares an argument to.

    Args:
        trace: the trace.
        x: the argument.
        read: whether what is in arrays makes no difference.

    Raises:
        Unknown: if there might be more to it.
    """
    kind = type(x)
    if kind is TracedArray:
        if x.made is None or x.owner is not trace:
            raise Unknown
        return x.made
    if kind is np.ndarray:
        captured = trace.captures.get(id(x))
        if captured is not None and read and x.ndim:  # one number may choose an operation
            return Captured(captured[2].operand, captured[2].type)
        if x.dtype not in DTYPE_NAMES or x.nbytes > SMALL:
            raise Unknown
        return Contents(ArrayType(x.dtype, x.shape), x.tobytes())
    if kind is tuple or kind is list:
        return kind([_described(trace, item, read) for item in x])
    if kind is slice:
        for item in (x.start, x.stop, x.step):
            _described(trace, item, read)
        return x
    if kind in PLAIN or issubclass(kind, NUMBERS):
        return x
    raise Unknown


def _recorded(trace: Trace, call: Callable[..., Any], args: tuple[Any, ...]) -> Any:
    """``call(*args)``, which is one more call, with all that it calls itself."""
    builder = trace.builder
    builder.calling = True
    try:
        result = call(*args)
    finally:
        builder.calling = False
    builder.calls += 1
    builder.steps += [None] * (builder.calls - len(builder.steps))
    return result


def _learnt(
    trace: Trace,
    what: Hashable,
    inputs: tuple[Any, ...],
    options: Mapping[str, Any],
    frame: FrameType,
    call: Callable[..., Any],
    args: tuple[Any, ...],
) -> Any:
    """``call(*args)``, described in a step if it leaves nothing behind but a new array, and there
    is no earlier trace to follow, or none any more.
    """
    builder = trace.builder
    start, params = len(builder.equations), len(builder.params)
    before = _marks(inputs)
    result = _recorded(trace, call, args)
    if (
        builder.script is not None
        or type(result) is not TracedArray
        or any(result is x for x in inputs)
    ):
        return result
    try:
        read = _only_reads(what, inputs)
        known = tuple([_described(trace, x, read) for x in inputs])
        named = {k: _described(trace, x, read) for k, x in options.items()}
    except Unknown:
        return result
    captured = set(_captured((*known, *named.values())))
    fresh = [(p, trace.inputs[p]) for p in builder.params[params:] if p not in captured]
    source = user_source()
    direct = source is not None and source.file == frame.f_code.co_filename
    if (
        (not fresh or (not captured and all(type(x) is np.ndarray for _, x in fresh)))
        and _marks(inputs) == before
        and result.writes == 0
        and (result.alias is None or _is_of_first(result.alias, inputs))
    ):
        result.made = builder.steps[-1] = Step(
            what,
            known,
            named,
            frame.f_code,
            frame.f_lineno,
            _lines(frame.f_code),
            None if direct else source,
            start,
            len(builder.equations),
            tuple(builder.equations[start:]),
            tuple(fresh),
            result.value.operand,
            result.weak,
            result.fixed,
            result.boxed,
            result.scrambled,
            None if result.alias is None else result.alias.makers,
        )
    return result


def _captured(known: Sequence[Any]) -> Iterator[Operand]:
    """The parameters that descriptions mention."""
    for x in known:
        if type(x) is Captured:
            yield x.operand
        elif type(x) is tuple or type(x) is list:
            yield from _captured(x)


def _only_reads(what: Hashable, inputs: tuple[Any, ...]) -> bool:
    """Whether a call records the same whatever is in the arrays that it is given."""
    if what == "[]":
        items = inputs[1] if type(inputs[1]) is tuple else inputs[1:]
        return all(type(x) is not np.ndarray or x.dtype.kind in "iu" for x in items)
    return isinstance(what, np.ufunc) or what in READING


def _marks(inputs: tuple[Any, ...]) -> list[Any]:
    """What a call could change in its arguments."""
    arrays = [x for x in inputs if type(x) is TracedArray]
    roots = [origin(x)[0] for x in arrays]
    return [(x.fixed, x.scrambled, x.writes, x.value.operand) for x in (*arrays, *roots)]


@lru_cache(maxsize=1024)
def _lines(code: CodeType) -> list[int | None]:
    """The line of each byte of the code; to ask a frame for its line takes far longer.

    The byte at which a frame stands changes when Python speeds its code up; the line does not.
    """
    lines: list[int | None] = [None] * len(code.co_code)
    for start, end, line in code.co_lines():
        lines[start:end] = [line] * (end - start)
    return lines


def _is_of_first(view: View, inputs: tuple[Any, ...]) -> bool:
    """Whether a view is of the first argument's memory, and made without other arrays."""
    first, *rest = inputs
    return (
        view.place is None
        and type(first) is TracedArray
        and view.root is origin(first)[0]
        and not any(map(_has_arrays, rest))
    )


def _has_arrays(x: Any) -> bool:
    if type(x) is tuple or type(x) is list:
        return any(map(_has_arrays, x))
    return isinstance(x, Traced | np.ndarray)
