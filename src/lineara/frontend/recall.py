"""Calls of NumPy's functions that do what they did when they were traced before.

Most calls leave nothing behind but a new array. What it holds follows from what was called and on
what, so that a trace that follows an earlier one (`lineara.frontend.following`) takes it from
there, without promotion, broadcasting, or what else there is to do when a call is new. A traced
array is known by how it was `made`: as which parameter, or by which step.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Hashable, Mapping
from functools import lru_cache
from types import CodeType, FrameType
from typing import Any, NamedTuple

import numpy as np

from lineara.frontend.array import TracedArray
from lineara.frontend.following import Step
from lineara.frontend.trace import Trace, Traced, View, current
from lineara.frontend.writes import origin
from lineara.ir.program import Operand
from lineara.ir.types import ArrayType
from lineara.where import user_source

CALLER = 3
"""The frame of who called NumPy, seen from `recalled`."""
PLAIN = {bool, int, str, type(None), type, type(Ellipsis), type(np._NoValue), np.dtype}
"""Types of which equal objects mean the same."""
NUMBERS = (float, complex, np.number, np.bool_)


class Captured(NamedTuple):
    """An argument that is an array, captured as that parameter."""

    operand: Operand
    type: ArrayType


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
    if builder.script is None:
        return _learnt(trace, what, inputs, options, frame, call, args)
    step = builder.steps[builder.calls] if builder.calls < len(builder.steps) else None
    if step is None or not _is_same(trace, step, what, inputs, options, frame):
        return _recorded(trace, call, args)
    builder.calls += 1
    result = TracedArray(trace, builder.follow(step), step.weak, step.fixed)
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
    for i, x in enumerate(inputs):
        if not _fits(trace, x, step.inputs[i]):
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
        return (
            type(known) is Captured
            and x.shape == known.type.shape
            and x.dtype == known.type.dtype
            and trace.lift(x).operand is known.operand
        )
    if kind is not type(known):
        return False
    if kind is slice:
        return (
            _fits(trace, x.start, known.start)
            and _fits(trace, x.stop, known.stop)
            and _fits(trace, x.step, known.step)
        )
    if kind is tuple or kind is list:
        same = zip(x, known, strict=False)
        return len(x) == len(known) and all(_fits(trace, a, b) for a, b in same)
    if issubclass(kind, NUMBERS):
        return repr(x) == repr(known)  # which tells zeros apart
    return kind in PLAIN and bool(x == known)


def _described(trace: Trace, x: Any) -> Any:
    """What `_fits` compares an argument to.

    Raises:
        Unknown: if there might be more to it.
    """
    kind = type(x)
    if kind is TracedArray:
        if x.made is None or x.owner is not trace:
            raise Unknown
        return x.made
    if kind is np.ndarray:
        known = trace.captures.get(id(x))
        if known is None:
            raise Unknown
        return Captured(known[2].operand, known[2].type)
    if kind is tuple or kind is list:
        return kind([_described(trace, item) for item in x])
    if kind is slice:
        for item in (x.start, x.stop, x.step):
            _described(trace, item)
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
    """``call(*args)``, described in a step if it leaves nothing behind but a new array."""
    builder = trace.builder
    start, params = len(builder.equations), len(builder.params)
    before = _marks(inputs)
    result = _recorded(trace, call, args)
    if type(result) is not TracedArray or any(result is x for x in inputs):
        return result
    try:
        known = tuple([_described(trace, x) for x in inputs])
        named = {k: _described(trace, x) for k, x in options.items()}
    except Unknown:
        return result
    captured = {x.operand for x in known if type(x) is Captured}
    source = user_source()
    direct = source is not None and source.file == frame.f_code.co_filename
    if (
        captured.issuperset(builder.params[params:])
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
            result.value.operand,
            result.weak,
            result.fixed,
            result.boxed,
            result.scrambled,
            None if result.alias is None else result.alias.makers,
        )
    return result


def _marks(inputs: tuple[Any, ...]) -> list[Any]:
    """What a call could change in its arguments."""
    arrays = [x for x in inputs if type(x) is TracedArray]
    roots = [origin(x)[0] for x in arrays]
    return [(x.fixed, x.scrambled, x.writes, x.value.operand) for x in (*arrays, *roots)]


@lru_cache(maxsize=1024)
def _lines(code: CodeType) -> list[int | None]:
    """The line of each byte of the code; to ask a frame for its line takes far longer."""
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
