"""Values of all types: arrays, packages (tuples) and stacks (lists; None is a stack of zeros).

Tangents of a package have parts for those of its parts only that have tangents, so that most of
this is a walk along a type.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from lineara.ir.containers import Package, Stack
from lineara.ir.types import Array, ArrayType, type_of

Value = Any
"""An array, a tuple of values, a list of values, or None."""


def leaves(value: Value) -> Iterator[Array]:
    """The arrays in a value, in order."""
    if isinstance(value, tuple | list):
        for item in value:
            yield from leaves(item)
    elif value is not None:
        yield np.asarray(value)


def inexact(values: Value) -> list[Array]:
    """The arrays in a value that have tangents."""
    return [x for x in leaves(values) if x.dtype.kind in "fc"]


def has_type(value: Value, type: ArrayType) -> bool:
    """Whether a value is of a type."""
    if isinstance(type, Package):
        return isinstance(value, tuple) and all(
            has_type(x, t) for x, t in zip(value, type.items, strict=True)
        )
    if isinstance(type, Stack):
        return value is None or (
            isinstance(value, list) and all(has_type(x, type.items[0]) for x in value)
        )
    return type_of(np.asarray(value)) == type


def mapped(change: Callable[[Array], Any], value: Value) -> Value:
    """The value with each of its arrays changed."""
    if isinstance(value, tuple | list):
        return type(value)(mapped(change, item) for item in value)
    return None if value is None else change(np.asarray(value))


def tangent(type: ArrayType, value: Value, make: Callable[[Array], Array]) -> Value:
    """A tangent of a value of a type; each of its arrays is made from an array of the value."""
    if isinstance(type, Package):
        parts = zip(type.items, value, strict=True)
        return tuple(tangent(t, x, make) for t, x in parts if t.has_tangent)
    if isinstance(type, Stack):
        return None if value is None else [tangent(type.items[0], x, make) for x in value]
    return make(np.asarray(value))


def moved(type: ArrayType, value: Value, step: Value, size: float) -> Value:
    """The value plus `size` times a tangent of it."""
    if not type.has_tangent or value is None or step is None:
        return value
    if isinstance(type, Package):
        steps = iter(step)
        return tuple(
            moved(t, x, next(steps) if t.has_tangent else None, size)
            for t, x in zip(type.items, value, strict=True)
        )
    if isinstance(type, Stack):
        pairs = zip(value, step, strict=True)
        return [moved(type.items[0], x, s, size) for x, s in pairs]
    return np.asarray(value + size * step, type.dtype)


def filled(type: ArrayType, dot: Value, value: Value) -> Value:
    """A tangent of `value` without None: zeros in full."""
    if dot is None:
        return tangent(type, value, np.zeros_like)
    if isinstance(type, Package):
        own = [x for t, x in zip(type.items, value, strict=True) if t.has_tangent]
        types = [t for t in type.items if t.has_tangent]
        return tuple(filled(t, d, x) for t, d, x in zip(types, dot, own, strict=True))
    if isinstance(type, Stack):
        return [filled(type.items[0], d, x) for d, x in zip(dot, value or [], strict=True)]
    return dot


def together(examples: Sequence[Value]) -> Value:
    """A value for many examples: its arrays have a new axis 0."""
    first = examples[0]
    if first is None:
        return None
    if isinstance(first, tuple | list):
        return type(first)(map(together, zip(*examples, strict=True)))
    return np.stack([np.asarray(x) for x in examples])


def snapshot(values: Value) -> list[bytes]:
    """What must stay the same if nothing is written to the arrays in a value."""
    return [x.tobytes() for x in leaves(values)]


def frozen(value: Value) -> Value:
    """The value in arrays that cannot be written to."""

    def freeze(x: Array) -> Array:
        x = x.copy()
        x.flags.writeable = False
        return x

    return mapped(freeze, value)
