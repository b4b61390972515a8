"""Pytrees: nested containers of arrays, as optree has them, with JAX's conventions.

Tuples, lists, dicts (in sorted key order), named tuples, `OrderedDict`, `defaultdict` and `deque`
are nodes, ``None`` is a node without leaves, other classes are nodes once registered with
`register_node` or `register_dataclass`, and everything else is a leaf. Names and arguments are
those of ``jax.tree``. Wherever there is an argument `is_leaf`, nodes of which it is true count as
leaves. Trees whose structures do not fit together raise `StructureError`, which is a `ValueError`.
"""

from __future__ import annotations

import builtins
import dataclasses
import functools
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeAlias, TypeVar

import optree

from lineara.errors import StructureError, TypeMismatchError
from lineara.where import user_source

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
    """The tree with that structure and those leaves (note JAX's order of arguments).

    Raises:
        StructureError: if there are more or fewer leaves than in the structure.
    """
    if not isinstance(structure, Structure):
        raise TypeMismatchError(
            "the first argument of unflatten is a structure",
            where=user_source(),
            found=f"an object of type {type(structure).__name__}",
            expected="what flatten returned, or lineara.tree.structure(example)",
            remedy="write unflatten(structure, leaves), in this order",
        )
    values = list(leaves)
    if len(values) != structure.num_leaves:
        raise StructureError(
            "the number of leaves is not that of the structure",
            where=user_source(),
            found=_count(values),
            expected=f"{structure.num_leaves}, for {described(structure)}",
        )
    return structure.unflatten(values)


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


def described(structure: Structure) -> str:
    """A structure in Python's notation, with a star for each leaf.

    >>> described(structure({"a": (1, 2)}))
    "{'a': (*, *)}"
    """
    return _SPEC.sub(r"\1", str(structure))


_SPEC = re.compile(r"^PyTreeSpec\((.*?)(?:, NoneIsLeaf)?(?:, namespace='\w*')?\)$", re.DOTALL)
"""How optree shows a structure."""


def _fitted(structure: Structure, tree: Any) -> list[Any]:
    """What of `tree` is in place of each leaf of the structure.

    Raises:
        StructureError: if `tree` is not built like the structure from its root on.
    """
    try:
        return structure.flatten_up_to(tree)
    except ValueError:
        raise StructureError(
            "trees that go together have different structures",
            where=user_source(),
            found=described(flatten(tree)[1]),
            expected=f"{described(structure)}, like the first tree",
        ) from None


def _count(values: list[Any]) -> str:
    return "1 leaf" if len(values) == 1 else f"{len(values)} leaves"


# -- over all leaves -------------------------------------------------------------------------------


def map(f: Callable[..., Any], tree: Any, *rest: Any, is_leaf: IsLeaf = None) -> Any:
    """The tree of ``f(leaf, *corresponding leaves of rest)``.

    >>> map(lambda x, y: x + y, {"a": 1}, {"a": 2})
    {'a': 3}
    """
    first, spec = flatten(tree, is_leaf)
    columns = [_fitted(spec, other) for other in rest]
    return spec.unflatten(builtins.map(_function(f), first, *columns))


def map_with_path(f: Callable[..., Any], tree: Any, *rest: Any, is_leaf: IsLeaf = None) -> Any:
    """The tree of ``f(path, leaf, *corresponding leaves of rest)``.

    >>> map_with_path(lambda path, x: (*path, x), {"a": [5]})
    {'a': [('a', 0, 5)]}
    """
    paths, first, spec = optree.tree_flatten_with_path(tree, is_leaf, namespace=NAMESPACE)
    columns = [_fitted(spec, other) for other in rest]
    return spec.unflatten(builtins.map(_function(f), paths, first, *columns))


def _function(f: Any) -> Callable[..., Any]:
    if callable(f):
        return f  # type: ignore[no-any-return]
    raise TypeMismatchError(
        "the first argument of map is a function",
        where=user_source(),
        found=f"an object of type {type(f).__name__}",
        expected="a function of a leaf of each tree",
        remedy="write map(function, tree), in this order",
    )


def reduce(
    function: Callable[[Any, Any], Any],
    tree: Any,
    *initializer: Any,
    is_leaf: IsLeaf = None,
) -> Any:
    """The leaves reduced from the left, as ``functools.reduce`` does.

    Raises:
        StructureError: for a tree without leaves, if there is no `initializer`.

    >>> reduce(lambda x, y: x + y, {"a": 1, "b": [2, 3]})
    6
    """
    values = leaves(tree, is_leaf)
    if not values and not initializer:
        raise StructureError(
            "a tree without leaves is reduced",
            where=user_source(),
            found=described(structure(tree)),
            expected="one leaf or more",
            remedy="pass the value to start with as third argument",
        )
    return functools.reduce(function, values, *initializer)


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
    parts = _fitted(outer, tree)
    if inner is None:
        inner = structure(parts[0] if parts else None)
    rows = [_fitted(inner, part) for part in parts]
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
        StructureError: if the class is registered already.
        TypeMismatchError: if it is no class.

    >>> class Box:
    ...     def __init__(self, content):
    ...         self.content = content
    >>> register_node(Box, lambda box: ((box.content,), None), lambda _, children: Box(*children))
    >>> leaves(Box([1, 2]))
    [1, 2]
    """
    _register(cls, flatten, unflatten)


def _register(cls: Any, flatten: Callable[..., Any], unflatten: Callable[..., Any]) -> None:
    if not isinstance(cls, type):
        raise TypeMismatchError(
            "the first argument of register_node is a class",
            where=user_source(),
            found=f"an object of type {type(cls).__name__}",
            expected="the class whose instances are containers",
        )
    try:
        optree.register_pytree_node(cls, flatten, unflatten, namespace=NAMESPACE)
    except ValueError:
        raise StructureError(
            "a class is registered as a container a second time",
            where=user_source(),
            found=f"the class {cls.__name__}, which is one already",
            expected="a class that is not registered yet",
            remedy="register it once, where it is defined",
        ) from None


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

    _register(cls, children, make)
    return cls


def _fields(
    cls: type, data_fields: Sequence[str] | None, meta_fields: Sequence[str] | None
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names of the data fields and of the meta fields."""
    if not dataclasses.is_dataclass(cls):
        raise TypeMismatchError(
            "only dataclasses can be registered as such",
            where=user_source(),
            found=f"the class {cls.__name__}, which is not a dataclass"
            if isinstance(cls, type)
            else f"an object of type {type(cls).__name__}",
            expected="a class decorated with @dataclass",
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
            where=user_source(),
            found="only " + ("meta_fields" if data_fields is None else "data_fields"),
            remedy="name all fields in one of them or the other",
        )
    names = [f.name for f in fields]
    if sorted([*data_fields, *meta_fields]) != sorted(names):
        raise TypeMismatchError(
            f"data_fields and meta_fields do not name each field of {cls.__name__} once",
            where=user_source(),
            found=f"data_fields {tuple(data_fields)}, meta_fields {tuple(meta_fields)}",
            expected=f"each of {', '.join(names)} in one of them",
        )
    return tuple(data_fields), tuple(meta_fields)
