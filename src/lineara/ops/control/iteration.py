"""Loops as Python runs them: carries are overwritten in place where that is sound."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from lineara.ir.containers import Package, Stack, zeros
from lineara.ir.program import Function
from lineara.ir.types import ArrayType
from lineara.ops.control.base import Mask, Prepare


class Iteration:
    """The body of a loop, ready to run.

    Args:
        body: one iteration.
        carries: for each carry which parameter of the body it is, and which result.
        slices: which parameters are slices of what the loop runs along.
        made: which results are slices of what the loop makes.
        own: which of the values that the loop starts with may be overwritten.
        prepare: makes the body run.
    """

    def __init__(
        self,
        body: Function,
        *,
        carries: Sequence[tuple[int, int]],
        slices: Sequence[int],
        made: Sequence[int],
        own: Mask,
        prepare: Prepare,
    ) -> None:
        self.types = [p.type for p in body.all_params]
        self.result_types = [v.type for v in body.all_results]
        self.carries, self.slices, self.made = carries, slices, made
        kept = dict(carries)
        while True:  # a carry is the body's own as long as the body returns fresh memory for it
            runner = prepare(body, tuple(i in kept for i in range(len(self.types))))
            fresh = {i: o for i, o in kept.items() if runner.fresh[o]}
            if fresh == kept:
                break
            kept = fresh
        self.run = runner.run
        self.kept = kept
        self.copied = [i for i in kept if self.types[i].shape and not own[i]]

    def fresh(self, counted: bool) -> Mask:
        """Which results of the loop are in memory of their own; `counted` loops make arrays."""
        arrays = {i for i in self.made if counted and not _is_container(self.result_types[i])}
        own = arrays | set(self.kept.values())
        return tuple(i in own for i in range(len(self.result_types)))

    def start(self, values: Sequence[Any], length: int | None) -> Running:
        """The loop before its first iteration; `length` is known if it makes arrays."""
        return Running(self, list(values), length)


class Running:
    """A loop that is running."""

    def __init__(self, loop: Iteration, values: list[Any], length: int | None) -> None:
        self.loop = loop
        self.values = values
        for i in loop.copied:
            values[i] = np.array(values[i], order="C")
        self.getters = [(i, _getter(values[i], loop.types[i])) for i in loop.slices]
        self.collectors = {i: _Collector(loop.result_types[i], length) for i in loop.made}
        self.stacks = length is None

    def go(self, number: int) -> None:
        """One iteration, on the slices of that number."""
        values = self.values
        for i, get in self.getters:
            values[i] = get(number)
        results = self.loop.run(*values)
        for i, o in self.loop.carries:
            values[i] = results[o]
        for o, collector in self.collectors.items():
            collector.put(number, results[o])

    def results(self, reverse: bool = False) -> tuple[Any, ...]:
        """What the loop returns after its last iteration."""
        found = {o: self.values[i] for i, o in self.loop.carries}
        for o, collector in self.collectors.items():
            if reverse and self.stacks:
                collector.whole.reverse()
            found[o] = collector.whole
        return tuple(found[o] for o in range(len(found)))


def _is_container(type: ArrayType) -> bool:
    return isinstance(type, Package | Stack)


def _getter(whole: Any, type: ArrayType) -> Callable[[int], Any]:
    """What takes slice k of a whole, given the type of a slice."""
    if whole is None:  # a stack of zeros
        zero = zeros(type)
        return lambda k: zero
    if isinstance(whole, tuple) and isinstance(type, Package):
        parts = [_getter(x, t) for x, t in zip(whole, type.items, strict=True)]
        return lambda k: tuple([part(k) for part in parts])
    if isinstance(whole, list):
        zero = zeros(type)
        return lambda k: whole[k] if k < len(whole) else zero
    return whole.__getitem__  # type: ignore[no-any-return]


class _Collector:
    """Puts slices together, in an array or (where their number is not known) in a stack."""

    def __init__(self, type: ArrayType, length: int | None) -> None:
        self.whole: Any
        self.put: Callable[[int, Any], Any]
        if length is None:
            self.whole = []
            append = self.whole.append  # naming `self` would keep the memory until Python tidies up
            self.put = lambda k, value: append(value)
        elif isinstance(type, Package):
            parts = [_Collector(item, length) for item in type.items]
            self.whole = tuple(part.whole for part in parts)
            self.put = lambda k, value: [p.put(k, v) for p, v in zip(parts, value, strict=True)]
        elif isinstance(type, Stack):
            self.whole = [None] * length
            self.put = self.whole.__setitem__
        else:
            self.whole = np.empty((length, *type.shape), type.dtype)
            self.put = self.whole.__setitem__
