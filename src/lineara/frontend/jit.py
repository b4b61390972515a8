"""`jit`: a function traced once for each signature, and a named definition inside other traces."""

from __future__ import annotations

import functools
from collections.abc import Callable, Hashable, Iterable
from typing import Any, NamedTuple

from lineara import tree
from lineara.errors import TypeMismatchError
from lineara.frontend.arguments import function_name, leaf_names, parameter_names
from lineara.frontend.trace import Traced, type_of_leaf
from lineara.frontend.tracing import Recorded, apply, record, weak_type
from lineara.frontend.where import user_source
from lineara.ir.types import ArrayType
from lineara.transforms.simplify import simplify


class Signature(NamedTuple):
    """All that a trace depends on in an argument: its type, and whether its dtype adapts."""

    array: ArrayType
    number: type | None


class Jitted:
    """A function that is traced once for each signature of its arguments; see `jit`."""

    def __init__(
        self, fun: Callable[..., Any], static_argnums: Iterable[int], static_argnames: Iterable[str]
    ) -> None:
        functools.update_wrapper(self, fun)
        self.fun = fun
        self.static_argnums = frozenset(static_argnums)
        self.static_argnames = frozenset(static_argnames)
        self.recorded: dict[Hashable, Recorded] = {}

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        static, dynamic = self._divide(args, kwargs)
        leaves, structure = tree.flatten(dynamic)
        types = tuple(Signature(type_of_leaf(x), weak_type(x)) for x in leaves)
        key = (structure, types, tuple(sorted(static.items(), key=repr)))
        recorded = self._lookup(key) or self._record(key, static, structure, types)
        results = apply(simplify(recorded.function), [*recorded.captures, *leaves])
        return tree.unflatten(recorded.structure, results)

    def _divide(self, args: Any, kwargs: Any) -> tuple[dict[int | str, Any], Any]:
        """Static arguments by position or name, and the pytree of the others."""
        count = len(args)
        positions = {i % count for i in self.static_argnums if -count <= i < count}
        static: dict[int | str, Any] = {i: args[i] for i in positions}
        static.update((k, v) for k, v in kwargs.items() if k in self.static_argnames)
        dynamic = (
            tuple(x for i, x in enumerate(args) if i not in positions),
            {k: v for k, v in kwargs.items() if k not in self.static_argnames},
        )
        return static, dynamic

    def _lookup(self, key: Hashable) -> Recorded | None:
        try:
            return self.recorded.get(key)
        except TypeError:
            raise TypeMismatchError(
                "static arguments of a jitted function must be hashable",
                where=user_source(),
                found=repr(key[2]),  # type: ignore[index]
                expected="ints, strings, tuples, functions, …",
                remedy="pass arrays as ordinary arguments",
            ) from None

    def _record(
        self,
        key: Hashable,
        static: dict[int | str, Any],
        structure: tree.Structure,
        types: tuple[Signature, ...],
    ) -> Recorded:
        def call(leaves: list[Any]) -> Any:
            positional, named = tree.unflatten(structure, leaves)
            remaining = iter(positional)
            count = len(positional) + sum(isinstance(i, int) for i in static)
            args = [static[i] if i in static else next(remaining) for i in range(count)]
            return self.fun(
                *args, **named, **{k: v for k, v in static.items() if isinstance(k, str)}
            )

        names = parameter_names(self.fun, structure.num_leaves + len(static))
        positional = [n for i, n in enumerate(names) if i not in static]
        hints = [
            leaf_names(positional, [tuple(path)])[0] if part == 0 else ".".join(map(str, path))
            for part, *path in structure.paths()
        ]
        recorded = record(
            call,
            [leaf.array for leaf in types],
            weak=[leaf.number for leaf in types],
            name=function_name(self.fun),
            hints=hints,
        )
        if not any(isinstance(x, Traced) for x in recorded.captures):
            self.recorded[key] = recorded  # a capture of an outer trace is good for this call only
        return recorded


def jit(
    fun: Callable[..., Any] | None = None,
    *,
    static_argnums: int | Iterable[int] = (),
    static_argnames: str | Iterable[str] = (),
) -> Any:
    """A version of `fun` that is traced once for each signature and then only run.

    The signature is the pytree structure, shapes and dtypes of the arguments, and the values of
    static ones. Python code in `fun` runs at the first call only; arrays that it reads from its
    surroundings are kept as they are then. A jitted function that is called by a function being
    traced stays a call of one definition, however often it is called.

    Args:
        fun: a function of arrays (or pytrees of arrays); left out in ``@jit(static_argnums=…)``.
        static_argnums: positions of arguments that are passed as they are, hashable.
        static_argnames: names of keyword arguments likewise.

    Raises:
        TracingError: at the call, where `fun` needs the value of an argument that is not static.

    >>> import numpy as np, lineara as la
    >>> @la.jit
    ... def f(x):
    ...     return np.sum(np.sin(x) ** 2)
    >>> f(np.zeros(3))
    np.float64(0.0)
    """
    if fun is None:
        return functools.partial(
            jit, static_argnums=static_argnums, static_argnames=static_argnames
        )
    numbers = (static_argnums,) if isinstance(static_argnums, int) else static_argnums
    names = (static_argnames,) if isinstance(static_argnames, str) else static_argnames
    return Jitted(fun, numbers, names)
