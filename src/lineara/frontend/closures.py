"""Functions that were traced apart, made to share what they capture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from lineara.frontend.trace import Traced, type_of_leaf
from lineara.frontend.tracing import Recorded
from lineara.ir.builder import Builder
from lineara.ir.program import Function, Variable
from lineara.ir.types import ArrayType
from lineara.ir.value import Value
from lineara.ops.control.base import rebuilt
from lineara.transforms.inline import inline


class Captures:
    """What several functions capture, each thing once: arrays, and traced arrays further out."""

    def __init__(self) -> None:
        self.values: list[Any] = []

    def __len__(self) -> int:
        return len(self.values)

    def add(self, recorded: Recorded) -> tuple[int, ...]:
        """The places of what a function captures, which are made where there are none yet."""
        places = []
        for x in recorded.captures:
            place = next((i for i, y in enumerate(self.values) if _same(x, y)), None)
            if place is None:
                place = len(self.values)
                self.values.append(x)
            places.append(place)
        return tuple(places)

    def closed(self, function: Function, places: tuple[int, ...]) -> Function:
        """A function that takes all captures first, and not only those at its own places."""
        types = tuple(type_of_leaf(x) for x in self.values)
        if places == tuple(range(len(types))):
            return function
        return function.memoized(
            ("closed", places, types), lambda: _closed(function, places, types)
        )


def _closed(f: Function, places: tuple[int, ...], types: Sequence[ArrayType]) -> Function:
    own = dict(zip(places, f.params, strict=False))
    shared = [own.get(i) or Variable(type) for i, type in enumerate(types)]
    rest = f.params[len(places) :]
    if len(own) == len(places):
        return rebuilt(f, params=[*shared, *rest])
    b = Builder(f.name)  # a capture that stands for two parameters
    b.params.extend([*shared, *rest])
    captured = [own[i] for i in places]
    return b.build(inline(b, f, [Value(b, v) for v in (*captured, *rest)]))


def _same(x: Any, y: Any) -> bool:
    if isinstance(x, Traced) or isinstance(y, Traced):
        return x is y or (
            isinstance(x, Traced)
            and isinstance(y, Traced)
            and x.owner is y.owner
            and x.value.operand is y.value.operand
        )
    return x is y or (
        isinstance(x, np.ndarray)
        and isinstance(y, np.ndarray)
        and x.dtype == y.dtype
        and x.shape == y.shape
        and x.tobytes() == y.tobytes()
    )
