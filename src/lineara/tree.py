"""Pytrees: nested containers of arrays, as optree has them, with JAX's conventions.

Tuples, lists, dicts (in sorted key order), named tuples, `OrderedDict`, `defaultdict` and `deque`
are nodes, ``None`` is a node without leaves, other classes are nodes once registered with
`register_node` or `register_dataclass`, and everything else is a leaf. Names and arguments are
those of ``jax.tree``. Wherever there is an argument `is_leaf`, nodes of which it is true count as
leaves. Trees whose structures do not fit together raise `ValueError`.
"""

from __future__ import annotations

import builtins
import dataclasses
import functools
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeAlias, TypeVar

import optree

from lineara.errors import TypeMismatchError

Structure: TypeAlias = optree.PyTreeSpec
Path: TypeAlias = tuple[Any, ...]
"""The way from the root to a leaf: indices of sequences, keys of dicts, names of fields."""
IsLeaf: TypeAlias = Callable[[Any], bool] | None
C = TypeVar("C", bound=type)

NAMESPACE = "lineara"

# -- taking apart and putting together -------------------------------------------------------------


def flatten(tree: Any, is_leaf: IsLeaf = None) -> tuple[list[Any], Structure]:
    """The leaves of a tree, in order, and its structure.

    >>> flatten({"b": 1, "a": (2, None)})[0]
    [2, 1]
    """
    leaves, structure = optree.tree_flatten(tree, is_leaf, namespace=NAMESPACE)
    return leaves, structure


def unflatten(structure: Structure, leaves: Iterable[Any]) -> Any:
    """The tree with that structure and those leaves (note JAX's order of arguments)."""
    return optree.tree_unflatten(structure, leaves)


def leaves(tree: Any, is_leaf: IsLeaf = None) -> list[Any]:
    """The leaves of a tree, in order.

    >>> leaves([(1, 2), 3], is_leaf=lambda x: isinstance(x, tuple))
    [(1, 2), 3]
    """
    return flatten(tree, is_leaf)[0]


def leaves_with_path(tree: Any, is_leaf: IsLeaf = None) -> list[tuple[Path, Any]]:
    """The leaves of a tree, in order, each after its path.

    >>> leaves_with_path({"a": (1, 2)})
    [(('a', 0), 1), (('a', 1), 2)]
    """
    paths, found, _ = optree.tree_flatten_with_path(tree, is_leaf, namespace=NAMESPACE)
    return list(zip(paths, found, strict=True))


def structure(tree: Any, is_leaf: IsLeaf = None) -> Structure:
    """The structure of a tree."""
    return flatten(tree, is_leaf)[1]


# -- over all leaves -------------------------------------------------------------------------------


def map(f: Callable[..., Any], tree: Any, *rest: Any, is_leaf: IsLeaf = None) -> Any:
    """The tree of ``f(leaf, *corresponding leaves of rest)``.

    >>> map(lambda x, y: x + y, {"a": 1}, {"a": 2})
    {'a': 3}
    """
    return optree.tree_map(f, tree, *rest, is_leaf=is_leaf, namespace=NAMESPACE)


def map_with_path(f: Callable[..., Any], tree: Any, *rest: Any, is_leaf: IsLeaf = None) -> Any:
    """The tree of ``f(path, leaf, *corresponding leaves of rest)``.

    >>> map_with_path(lambda path, x: (*path, x), {"a": [5]})
    {'a': [('a', 0, 5)]}
    """
    return optree.tree_map_with_path(f, tree, *rest, is_leaf=is_leaf, namespace=NAMESPACE)


def reduce(
    function: Callable[[Any, Any], Any],
    tree: Any,
    *initializer: Any,
    is_leaf: IsLeaf = None,
) -> Any:
    """The leaves reduced from the left, as ``functools.reduce`` does.

    Raises:
        TypeError: for a tree without leaves, if there is no `initializer`.

    >>> reduce(lambda x, y: x + y, {"a": 1, "b": [2, 3]})
    6
    """
    return functools.reduce(function, leaves(tree, is_leaf), *initializer)


def all(tree: Any, *, is_leaf: IsLeaf = None) -> bool:
    """Whether all leaves are true.

    >>> all({"a": True, "b": (1, None)})
    True
    """
    return builtins.all(leaves(tree, is_leaf))


def transpose(outer: Structure, inner: Structure | None, tree: Any) -> Any:
    """A tree of structure `outer` of trees of structure `inner`, turned inside out.

    Args:
        outer: the structure that leads from the root to the inner trees.
        inner: the structure of each of them; None stands for that of the first.
        tree: what to transpose.

    >>> transpose(structure([0, 0]), None, [{"a": 1, "b": 2}, {"a": 3, "b": 4}])
    {'a': [1, 3], 'b': [2, 4]}
    """
    parts = outer.flatten_up_to(tree)
    if inner is None:
        inner = structure(parts[0] if parts else None)
    rows = [inner.flatten_up_to(part) for part in parts]
    columns = [[row[i] for row in rows] for i in range(inner.num_leaves)]
    return unflatten(inner, [unflatten(outer, column) for column in columns])


# -- new kinds of nodes ----------------------------------------------------------------------------


def register_node(
    cls: type,
    flatten: Callable[[Any], tuple[Iterable[Any], Any]],
    unflatten: Callable[[Any, tuple[Any, ...]], Any],
) -> None:
    """Makes instances of a class nodes; JAX's ``register_pytree_node``.

    Args:
        cls: the class.
        flatten: takes an instance, returns its children and whatever else defines it: something
            that can be hashed and compared.
        unflatten: takes that and the children, returns the instance.

    Raises:
        ValueError: if the class is registered already.

    >>> class Box:
    ...     def __init__(self, content):
    ...         self.content = content
    >>> register_node(Box, lambda box: ((box.content,), None), lambda _, children: Box(*children))
    >>> leaves(Box([1, 2]))
    [1, 2]
    """
    optree.register_pytree_node(cls, flatten, unflatten, namespace=NAMESPACE)  # type: ignore[arg-type]


def register_dataclass(
    cls: C,
    data_fields: Sequence[str] | None = None,
    meta_fields: Sequence[str] | None = None,
) -> C:
    """Makes instances of a dataclass nodes; usable as a decorator.

    Args:
        cls: the dataclass.
        data_fields: names of the fields that are children. By default all that ``__init__`` takes
            but those declared with ``field(metadata={"static": True})``.
        meta_fields: names of the other fields, which are part of the structure: hashable.

    Raises:
        TypeMismatchError: if `cls` is not a dataclass, or the two do not name each field once.

    >>> @register_dataclass
    ... @dataclasses.dataclass
    ... class Point:
    ...     x: float
    ...     unit: str = dataclasses.field(metadata={"static": True})
    >>> map(lambda x: 2 * x, Point(1.5, "m"))
    Point(x=3.0, unit='m')
    """
    data, meta = _fields(cls, data_fields, meta_fields)

    def children(node: Any) -> tuple[tuple[Any, ...], tuple[Any, ...], tuple[str, ...]]:
        values = tuple(getattr(node, name) for name in data)
        return values, tuple(getattr(node, name) for name in meta), data

    def make(fixed: tuple[Any, ...], values: Iterable[Any]) -> Any:
        return cls(**dict(zip(data, values, strict=True)), **dict(zip(meta, fixed, strict=True)))

    optree.register_pytree_node(cls, children, make, namespace=NAMESPACE)  # type: ignore[arg-type]
    return cls


def _fields(
    cls: type, data_fields: Sequence[str] | None, meta_fields: Sequence[str] | None
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names of the data fields and of the meta fields."""
    if not dataclasses.is_dataclass(cls):
        raise TypeMismatchError(
            "only dataclasses can be registered as such",
            found=f"the class {cls.__name__}, which is not a dataclass",
            remedy="decorate it with @dataclass first, or use register_node",
        )
    fields = [f for f in dataclasses.fields(cls) if f.init]
    if data_fields is None and meta_fields is None:
        static = {f.name: bool(f.metadata.get("static")) for f in fields}
        data_fields = [name for name in static if not static[name]]
        meta_fields = [name for name in static if static[name]]
    if data_fields is None or meta_fields is None:
        raise TypeMismatchError(
            "data_fields and meta_fields are given together or not at all",
            found="only " + ("meta_fields" if data_fields is None else "data_fields"),
            remedy="name all fields in one of them or the other",
        )
    names = [f.name for f in fields]
    if sorted([*data_fields, *meta_fields]) != sorted(names):
        raise TypeMismatchError(
            f"data_fields and meta_fields do not name each field of {cls.__name__} once",
            found=f"data_fields {tuple(data_fields)}, meta_fields {tuple(meta_fields)}",
            expected=f"each of {', '.join(names)} in one of them",
        )
    return tuple(data_fields), tuple(meta_fields)
