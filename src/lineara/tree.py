"""Pytrees: nested containers of arrays, as optree has them, with JAX's conventions.

Tuples, lists, dicts (in sorted key order), named tuples, `OrderedDict`, `defaultdict` and `deque`
are nodes, ``None`` is a node without leaves, dataclasses are nodes once registered with
`register_dataclass`, and everything else is a leaf.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from typing import Any, TypeAlias, TypeVar

import optree

Structure: TypeAlias = optree.PyTreeSpec
C = TypeVar("C", bound=type)

NAMESPACE = "lineara"


def flatten(tree: Any) -> tuple[list[Any], Structure]:
    """The leaves of a tree, in order, and its structure.

    >>> flatten({"b": 1, "a": (2, None)})[0]
    [2, 1]
    """
    leaves, structure = optree.tree_flatten(tree, namespace=NAMESPACE)
    return leaves, structure


def unflatten(structure: Structure, leaves: Iterable[Any]) -> Any:
    """The tree with that structure and those leaves (note JAX's order of arguments)."""
    return optree.tree_unflatten(structure, leaves)


def leaves(tree: Any) -> list[Any]:
    """The leaves of a tree, in order."""
    return flatten(tree)[0]


def structure(tree: Any) -> Structure:
    """The structure of a tree."""
    return flatten(tree)[1]


def map(f: Callable[..., Any], tree: Any, *rest: Any) -> Any:
    """The tree of ``f(leaf, *corresponding leaves of rest)``.

    >>> map(lambda x, y: x + y, {"a": 1}, {"a": 2})
    {'a': 3}
    """
    return optree.tree_map(f, tree, *rest, namespace=NAMESPACE)


def register_dataclass(cls: C) -> C:
    """Makes a dataclass a node whose children are its fields; usable as a decorator.

    Raises:
        TypeError: if `cls` is not a dataclass.
    """
    if not dataclasses.is_dataclass(cls):
        raise TypeError(f"{cls.__name__} is not a dataclass: decorate it with @dataclass first")
    names = tuple(f.name for f in dataclasses.fields(cls) if f.init)

    def children(node: Any) -> tuple[tuple[Any, ...], None, tuple[str, ...]]:
        return tuple(getattr(node, name) for name in names), None, names

    def make(_: None, values: Iterable[Any]) -> Any:
        return cls(**dict(zip(names, values, strict=True)))

    optree.register_pytree_node(cls, children, make, namespace=NAMESPACE)  # type: ignore[arg-type]
    return cls
