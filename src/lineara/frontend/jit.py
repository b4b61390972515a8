"""`jit`: a function traced once for each signature, and a named definition inside other traces."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import contextmanager
from inspect import Parameter
from threading import get_ident
from typing import Any, NamedTuple

from lineara import tree
from lineara.backends.choice import runner
from lineara.backends.nans import watching
from lineara.errors import TracingError, TypeMismatchError
from lineara.frontend.arguments import (
    called,
    checked_function,
    function_name,
    leaf_names,
    parameter_names,
)
from lineara.frontend.bound import bound
from lineara.frontend.trace import Traced, type_of_leaf
from lineara.frontend.tracing import Recorded, apply, record, weak_type
from lineara.ir.types import ArrayType
from lineara.transforms.simplify import simplify
from lineara.where import user_source


class Signature(NamedTuple):
    """All that a trace depends on in an argument: its type, and whether its dtype adapts."""

    array: ArrayType
    number: type | None


class Key(NamedTuple):
    """What a trace is remembered by: the signature of the arguments, and the static ones."""

    structure: tree.Structure
    types: tuple[Signature, ...]
    static: tuple[Any, ...]


class Jitted:
    """A function that is traced once for each signature of its arguments; see `jit`."""

    def __init__(
        self,
        fun: Callable[..., Any],
        static_argnums: frozenset[int],
        static_argnames: frozenset[str],
        name: str | None = None,
        backend: str | None = None,
    ) -> None:
        self.backend = runner(backend)
        self.short: Callable[..., Any] | None = None
        """The quickest way to call the function as it was called last, if there is one; it returns
        None where it does not fit.
        """
        self.shorts: dict[Hashable, Callable[..., Any] | None] = {}
        functools.update_wrapper(self, fun)
        self.fun = fun
        self.static_argnums = static_argnums
        self.static_argnames = static_argnames
        self.name = function_name(fun) if name is None else name
        self.recorded: dict[Hashable, Recorded] = {}
        self.running: set[Hashable] = set()
        """The signatures that are being traced now, each with the thread that does it."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self.short is not None and not kwargs and not watching.get():
            result = self.short(*args)
            if result is not None:
                return result
        return self._call(args, kwargs)

    def inspect(self, *args: Any, **kwargs: Any) -> Any:
        """How the function is compiled for such arguments: a report to print, with the attributes
        `program`, `loops`, `llvm`, `assembly`, `work`, `memory`, `seconds` and `by_numpy`.

        Raises:
            TracingError: if it is not compiled: by its back end, or since a part of it cannot be.
        """
        recorded = self._recorded(args, kwargs)[2]
        report = self.backend.inspect(simplify(recorded.function))
        if report is None:
            raise TracingError(
                f"{self.name} is not compiled",
                where=user_source(),
                found="the interpreter, which runs it",
                expected='a function with native code, and backend="native"',
            )
        return report

    def bind(self, *args: Any, out: Any = None, **kwargs: Any) -> Callable[[], Any]:
        """The function bound to arrays, for calls that cost next to nothing.

        The arrays are read where they are at each call, so that writing to them changes the next
        result; numbers stay as they are. Results are written over those of the call before.

        Args:
            *args: arrays in C order, of the native byte order, or numbers, in pytrees.
            **kwargs: likewise.
            out: what is built like the result, of arrays that it is written to; it must not
                share memory with the arguments. By default it is made.

        Returns:
            A function without arguments that returns `out`.

        Raises:
            TypeMismatchError: for arrays that cannot be used where they are.
            ShapeMismatchError: if an array of `out` has another dtype or shape than the result.

        >>> import numpy as np, lineara as la
        >>> x = np.array([1.0, 2.0])
        >>> slope = la.jit(la.grad(lambda x: np.sum(x**2))).bind(x)
        >>> slope()
        array([2., 4.])
        >>> x += 1.0
        >>> slope()
        array([4., 6.])
        """
        leaves, _, recorded, _ = self._recorded(args, kwargs)
        return bound(self.backend, simplify(recorded.function), recorded, leaves, out)

    def _recorded(self, args: Any, kwargs: Any) -> tuple[list[Any], Key, Recorded, bool]:
        """The leaves of the arguments, what is remembered under which key, and whether it was
        there before.
        """
        static, dynamic = self._divide(args, kwargs)
        leaves, structure = tree.flatten(dynamic)
        types = tuple(_signature(x) for x in leaves)
        key = Key(structure, types, tuple(sorted(static.items(), key=repr)))
        recorded = self._lookup(key)
        if recorded is not None:
            return leaves, key, recorded, True
        with self._once(key):
            return leaves, key, self._record(key, static, structure, types), False

    def _call(self, args: Any, kwargs: Any) -> Any:
        leaves, key, recorded, again = self._recorded(args, kwargs)
        if again and not any(isinstance(x, Traced) for x in leaves):
            self.short = self._shorter(key, recorded)
        operands = [*recorded.captures, *leaves]
        results = apply(simplify(recorded.function), operands, run=self.backend.run)
        return tree.unflatten(recorded.structure, results)

    def _shorter(self, key: Key, recorded: Recorded) -> Callable[..., Any] | None:
        """A short way for a signature that comes again, if there are no static arguments."""
        if key not in self.shorts:
            short = None
            if not key.static:
                short = self.backend.shorter(
                    simplify(recorded.function),
                    recorded.captures,
                    [t.number for t in key.types],
                    lambda results: tree.unflatten(recorded.structure, results),
                )
            flat = tree.structure(((0,) * len(key.types), {}))
            nested = short is not None and key.structure != flat
            self.shorts[key] = _on_leaves(short, key.structure) if nested else short
        return self.shorts[key]

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
            static = key[2]  # type: ignore[index]
            raise next(_unhashable(x, at) for at, x in static if not _is_hashable(x)) from None

    @contextmanager
    def _once(self, key: Hashable) -> Iterator[None]:
        """Refuses to trace a signature while tracing it: that would never end."""
        mark = (get_ident(), key)
        if mark in self.running:
            raise TracingError(
                f"the jitted function {self.name} calls itself with arguments of the same types",
                where=user_source(),
                found="a recursion that tracing cannot end, since under jit there are no values",
                expected="a loop, or a recursion over shapes or static arguments",
                remedy="use lineara.while_loop or lineara.fori_loop, leave out jit, or pass the "
                "argument that ends the recursion as a static one",
            )
        self.running.add(mark)
        try:
            yield
        finally:
            self.running.discard(mark)

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
            named = {**named, **{k: v for k, v in static.items() if isinstance(k, str)}}
            return called(self.fun, args, named)

        names = parameter_names(self.fun, structure.child(0).num_children + len(static))
        positional = [n for i, n in enumerate(names) if i not in static]
        hints = [
            leaf_names(positional, [tuple(path)])[0] if part == 0 else ".".join(map(str, path))
            for part, *path in structure.paths()
        ]
        recorded = record(
            call,
            [leaf.array for leaf in types],
            weak=[leaf.number for leaf in types],
            name=self.name,
            hints=hints,
        )
        if not any(isinstance(x, Traced) for x in recorded.captures):
            self.recorded[key] = recorded  # a capture of an outer trace is good for this call only
        return recorded


def _on_leaves(
    short: Callable[..., Any] | None, structure: tree.Structure
) -> Callable[..., Any] | None:
    """A short way for arguments that are pytrees of that structure."""

    def nested(*args: Any) -> Any:
        leaves, found = tree.flatten((args, {}))
        return short(*leaves) if short and found == structure else None

    return nested


def _signature(leaf: Any) -> Signature:
    try:
        return Signature(type_of_leaf(leaf), weak_type(leaf))
    except TypeMismatchError as error:
        raise TypeMismatchError(
            "the arguments of a jitted function are arrays, unless they are static",
            where=user_source(),
            found=error.found,
            expected=error.expected,
            remedy="name the argument in static_argnums or static_argnames, or convert it",
        ) from None


def _is_hashable(x: Any) -> bool:
    try:
        hash(x)
    except TypeError:
        return False
    return True


def _unhashable(x: Any, at: int | str) -> TypeMismatchError:
    """The error for a static argument, at that position or of that name, that has no hash."""
    traced = isinstance(x, Traced)
    return TypeMismatchError(
        "static arguments of a jitted function must be hashable",
        where=user_source(),
        found=f"{x!r} as argument {at if isinstance(at, int) else repr(at)}",
        expected="a value that is known now" if traced else "ints, strings, tuples, functions, …",
        remedy="make the argument an ordinary one"
        + ("" if traced else ", or write a tuple in place of a list"),
    )


def _static(
    fun: Callable[..., Any], argnums: Any, argnames: Any
) -> tuple[frozenset[int], frozenset[str]]:
    """Positions and names of static arguments, which must be those of parameters of `fun`."""
    numbers = _all_of(int, argnums, "static_argnums", "position")
    names = _all_of(str, argnames, "static_argnames", "name")
    try:
        parameters = inspect.signature(fun).parameters.values()
    except (TypeError, ValueError):  # NumPy's and Python's own functions may have none to see
        return numbers, names
    kinds = [p.kind for p in parameters]
    count = sum(k in (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD) for k in kinds)
    known = [p.name for p in parameters]
    if Parameter.VAR_POSITIONAL not in kinds:
        for i in sorted(numbers - set(range(-count, count))):
            raise _not_there("static_argnums", i, known)
    if Parameter.VAR_KEYWORD not in kinds:
        for name in sorted(names - set(known)):
            raise _not_there("static_argnames", name, known)
    return numbers, names


def _all_of(kind: type, items: Any, argument: str, meaning: str) -> frozenset[Any]:
    """One item of that kind, or several, as a set."""
    several = items if isinstance(items, Iterable) and not isinstance(items, str) else (items,)
    found = frozenset(several)
    if not all(isinstance(x, kind) for x in found):
        raise TypeMismatchError(
            f"{argument} says which arguments are static",
            where=user_source(),
            found=repr(items),
            expected=f"the {meaning} of one, or a tuple of {meaning}s",
        )
    return found


def _not_there(argument: str, key: int | str, known: list[str]) -> TypeMismatchError:
    return TypeMismatchError(
        f"{argument} names argument {key!r}, which is not there",
        where=user_source(),
        found=f"a function of ({', '.join(known)})",
        expected="an argument that the function takes",
    )


def jit(
    fun: Callable[..., Any] | None = None,
    *,
    static_argnums: int | Iterable[int] = (),
    static_argnames: str | Iterable[str] = (),
    name: str | None = None,
    backend: str | None = None,
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
        name: what programs call the definition; by default the name of `fun`.
        backend: what runs it: "native" machine code, or "numpy", the interpreter. By default the
            first, if llvmlite is installed.

    Raises:
        TypeMismatchError: if `fun` is no function, or has no such parameters, or there is no such
            back end; at the call, for arguments that are neither arrays nor static.
        TracingError: at the call, where `fun` needs the value of an argument that is not static,
            or calls itself with arguments of the same types.

    >>> import numpy as np, lineara as la
    >>> @la.jit
    ... def f(x):
    ...     return np.sum(np.sin(x) ** 2)
    >>> f(np.zeros(3))
    np.float64(0.0)
    """
    if fun is None:
        return functools.partial(
            jit,
            static_argnums=static_argnums,
            static_argnames=static_argnames,
            name=name,
            backend=backend,
        )
    checked_function(fun, "jit")
    return Jitted(fun, *_static(fun, static_argnums, static_argnames), name, backend)
