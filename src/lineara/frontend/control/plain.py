"""Loops outside of any transformation: the Python loops that they stand for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from lineara import tree
from lineara.frontend.control.bodies import check_condition, grow
from lineara.frontend.trace import type_of_leaf
from lineara.frontend.tracing import weak_type
from lineara.where import source_of


class Carry:
    """What a loop carries: arrays of its own, whose types stay the same."""

    def __init__(self, init: Any, body: Callable[..., Any]) -> None:
        self.body = body
        leaves, self.structure = tree.flatten(init)
        self.types = [type_of_leaf(x) for x in leaves]
        self.weak = [weak_type(x) for x in leaves]
        self.value = tree.map(lambda x: np.array(x)[()], init)  # iterations may write to it

    def take(self, after: Any) -> None:
        """Takes what an iteration returns."""
        leaves, structure = tree.flatten(after)
        found = [type_of_leaf(x) for x in leaves]
        if structure != self.structure or found != self.types:
            where = source_of(self.body)
            self.types = grow(self.structure, self.types, self.weak, structure, found, where)
        self.value = self._owned(leaves)

    def _owned(self, leaves: list[Any]) -> Any:
        """The carry of those leaves, where none shares memory with another, or with others' arrays.

        An array that has been the loop's stays where it is, so that writing takes no longer.
        """
        own = {id(x): x for x in tree.leaves(self.value)}
        return tree.unflatten(
            self.structure,
            [
                x.copy() if isinstance(x, np.ndarray) and own.pop(id(x), None) is None else x
                for x in leaves
            ],
        )

    @property
    def result(self) -> Any:
        """The value, in arrays of the right types."""
        leaves = zip(tree.leaves(self.value), self.types, strict=True)
        return tree.unflatten(self.structure, [np.asarray(x, t.dtype)[()] for x, t in leaves])


def scan(f: Callable[..., Any], init: Any, xs: Any, length: int, reverse: bool) -> tuple[Any, Any]:
    """The loop of `lineara.scan`, at least once round."""
    carry = Carry(init, f)
    leaves, structure = tree.flatten(xs)
    arrays = [np.asarray(x).view() for x in leaves]
    for x in arrays:
        x.flags.writeable = False  # as in traced functions, only the carry can be written to
    ys = []
    for k in _order(range(length), reverse):
        after, y = f(carry.value, tree.unflatten(structure, [x[k] for x in arrays]))
        carry.take(after)
        ys.append(tree.map(np.array, y))  # iterations to come may write to it
    if reverse:
        ys.reverse()
    stacked = [np.stack(column) for column in zip(*map(tree.leaves, ys), strict=True)]
    return carry.result, tree.unflatten(tree.structure(ys[0]), stacked)


def fori_loop(lower: Any, upper: Any, body_fun: Callable[..., Any], init: Any) -> Any:
    """The loop of `lineara.fori_loop`."""
    carry = Carry(init, body_fun)
    for i in range(int(lower), int(upper)):
        carry.take(body_fun(i, carry.value))
    return carry.result


def while_loop(cond_fun: Callable[..., Any], body_fun: Callable[..., Any], init: Any) -> Any:
    """The loop of `lineara.while_loop`."""
    carry = Carry(init, body_fun)
    while _is_true(cond_fun(carry.value), cond_fun):
        carry.take(body_fun(carry.value))
    return carry.result


def _is_true(answer: Any, cond_fun: Callable[..., Any]) -> bool:
    check_condition([type_of_leaf(x) for x in tree.leaves(answer)], cond_fun)
    return bool(answer)


def _order(numbers: range, reverse: bool) -> Iterator[int]:
    return reversed(numbers) if reverse else iter(numbers)
