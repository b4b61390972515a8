"""Which arguments of a Python function a transformation is about, and their leaves."""

from __future__ import annotations

import functools
import inspect
import operator
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from lineara import tree
from lineara.errors import TypeMismatchError
from lineara.frontend.trace import type_of_leaf
from lineara.frontend.tracing import Recorded, record, weak_type
from lineara.ir.types import ArrayType
from lineara.where import user_source


@dataclass(frozen=True)
class Arguments:
    """A call ``fun(*args, **kwargs)`` as a function of the leaves of some of its arguments.

    Attributes:
        keys: the chosen arguments: positions in `args`, or names in `kwargs`.
        names: the names that they were chosen by, so that results are in a dict; else None.
        single: whether one argument was chosen by a plain int or str, so that results are bare.
        leaves: the leaves of the chosen arguments.
        types: their types.
        structure: the structure of the tuple of them.
    """

    fun: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    keys: tuple[int | str, ...]
    names: tuple[str, ...] | None
    single: bool
    leaves: list[Any]
    types: tuple[ArrayType, ...]
    structure: tree.Structure

    def call(self, leaves: Sequence[Any]) -> Any:
        """What the function returns with those leaves in place of the chosen arguments' own."""
        args, kwargs = list(self.args), dict(self.kwargs)
        for key, value in zip(self.keys, self.structure.unflatten(leaves), strict=True):
            if isinstance(key, int):
                args[key] = value
            else:
                kwargs[key] = value
        return called(self.fun, args, kwargs)

    def record(self, has_aux: bool = False) -> Recorded:
        """The function of the chosen leaves, traced; everything else is passed as it is."""
        names = parameter_names(self.fun, len(self.args))
        chosen = tuple([names[key] if isinstance(key, int) else key for key in self.keys])
        hints = _hints(chosen, self.structure)
        name = function_name(self.fun)
        return record(
            self.call,
            self.leaves,
            name=name,
            hints=hints,
            has_aux=has_aux,
            key=(name, self.types, *map(weak_type, self.leaves), *_codes(self.fun)),
        )

    def unflatten(self, leaves: Sequence[Any]) -> Any:
        """Leaves (gradients, say) in the structure of the chosen arguments."""
        values = self.structure.unflatten(leaves)
        if self.single:
            return values[0]
        return values if self.names is None else dict(zip(self.names, values, strict=True))


def choose(
    fun: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
    argnums: int | Sequence[int] | None,
    argnames: str | Sequence[str] | None = None,
) -> Arguments:
    """The arguments that `argnums` or `argnames` names; the first if neither is given.

    Raises:
        TypeMismatchError: if both are given, or an argument is named that is not there.
    """
    keys: tuple[int | str, ...]
    if argnames is None:
        argnums = 0 if argnums is None else argnums
        single = not isinstance(argnums, tuple | list)
        numbers = (argnums,) if single else argnums
        names = None
        keys = tuple(_number(i, len(args)) for i in numbers)  # type: ignore[union-attr]
    else:
        _check_names(argnums, argnames)
        single = isinstance(argnames, str)
        names = (argnames,) if isinstance(argnames, str) else tuple(argnames)
        keys = tuple(_key(fun, name, len(args), kwargs) for name in names)
    if len(set(keys)) != len(keys):
        raise TypeMismatchError(
            f"{'argnums' if argnames is None else 'argnames'} names an argument twice",
            where=user_source(),
            found=repr(argnums if argnames is None else argnames),
            expected="different arguments",
            remedy="name each argument once",
        )
    return _arguments(fun, args, kwargs, keys, names, single)


def chosen_leaves(whole: Arguments, known: int | Sequence[int]) -> list[bool]:
    """Which leaves of a whole call belong to the positional arguments of those numbers."""
    numbers = known if isinstance(known, tuple | list) else (known,)
    keys = {_number(i, len(whole.args), "known") for i in numbers}
    counts = [whole.structure.child(i).num_leaves for i in range(len(whole.keys))]
    return [
        key in keys for key, count in zip(whole.keys, counts, strict=True) for _ in range(count)
    ]


def all_of(fun: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Arguments:
    """All arguments, those passed by keyword after the others."""
    return _arguments(fun, args, kwargs, (*range(len(args)), *kwargs), None, False)


def _arguments(
    fun: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
    keys: tuple[int | str, ...],
    names: tuple[str, ...] | None,
    single: bool,
) -> Arguments:
    chosen = tuple(args[key] if isinstance(key, int) else kwargs[key] for key in keys)
    leaves, structure = tree.flatten(chosen)
    types = tuple([type_of_leaf(x) for x in leaves])
    return Arguments(fun, args, kwargs, keys, names, single, leaves, types, structure)


def _check_names(argnums: Any, argnames: Any) -> None:
    if argnums is not None:
        raise TypeMismatchError(
            "argnums and argnames are both given",
            where=user_source(),
            found=f"argnums={argnums!r}, argnames={argnames!r}",
            expected="one of them",
            remedy="leave one out",
        )
    names = (argnames,) if isinstance(argnames, str) else argnames
    if not isinstance(names, tuple | list) or not all(isinstance(n, str) for n in names):
        raise TypeMismatchError(
            "argnames says which arguments to differentiate",
            where=user_source(),
            found=repr(argnames),
            expected="a str or a tuple of str",
            remedy="use argnums for positions",
        )


def _key(fun: Callable[..., Any], name: str, count: int, kwargs: Mapping[str, Any]) -> int | str:
    """Where the argument of that name was passed: after it, or among `count` positional ones."""
    if name in kwargs:
        return name
    try:
        parameters = list(inspect.signature(fun).parameters.values())
    except (TypeError, ValueError):  # NumPy's and Python's own functions may have none to see
        parameters = []
    positional = [
        p.name
        for p in parameters
        if p.kind is p.POSITIONAL_OR_KEYWORD or p.kind is p.POSITIONAL_ONLY
    ]
    if name in positional[:count]:
        return positional.index(name)
    raise TypeMismatchError(
        f"argnames names argument {name!r}, which is not there",
        where=user_source(),
        found=f"arguments {', '.join([*positional[:count], *kwargs]) or 'without names'}",
        expected="the name of an argument of this call",
        remedy="pass the argument, or use argnums",
    )


def _number(argnum: Any, count: int, word: str = "argnums") -> int:
    try:
        number = operator.index(argnum)
    except TypeError:
        raise TypeMismatchError(
            f"{word} says which positional arguments "
            + ("to differentiate" if word == "argnums" else f"are {word}"),
            where=user_source(),
            found=repr(argnum),
            expected="an int or a tuple of ints",
            remedy="use argnames for names"
            if isinstance(argnum, str) and word == "argnums"
            else None,
        ) from None
    if not -count <= number < count:
        raise TypeMismatchError(
            f"{word} names argument {number}, which is not there",
            where=user_source(),
            found="1 positional argument" if count == 1 else f"{count} positional arguments",
            expected=f"at least {number + 1 if number >= 0 else -number} of them",
            remedy="pass the argument by position"
            + (", or choose one with argnums or argnames" if word == "argnums" else ""),
        )
    return number % count


def checked_function(fun: Any, verb: str) -> None:
    """Refuses what is no function where one is needed by `verb`.

    Raises:
        TypeMismatchError: if it is none.
    """
    if not callable(fun):
        raise TypeMismatchError(
            f"{verb} takes a function",
            where=user_source(),
            found=f"an object of type {type(fun).__name__}",
            expected="a function of arrays",
            remedy=f"hand over the function itself, f and not f(x): lineara.{verb}(f, …)",
        )


def checked_tuple(values: Any, name: str, meaning: str) -> tuple[Any, ...]:
    """The values, unless they are something else than a tuple or a list."""
    if not isinstance(values, tuple | list):
        raise TypeMismatchError(
            f"{name} is the tuple of {meaning}, one for each argument of the function",
            where=user_source(),
            found=f"an object of type {type(values).__name__}",
            expected="a tuple",
            remedy="write (x,) for a function of one argument",
        )
    return tuple(values)


def called(fun: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """What a function of the user's returns.

    Raises:
        TypeMismatchError: if it does not take these arguments.
    """
    try:
        return fun(*args, **kwargs)
    except TypeError as error:
        inside = error.__traceback__ is None or error.__traceback__.tb_next is not None
        if inside or "argument" not in str(error):
            raise
        raise TypeMismatchError(
            f"{function_name(fun)} does not take the arguments that it is called with",
            where=user_source(),
            found=str(error),
            expected="arguments that fit its definition",
        ) from None


def function_name(fun: Callable[..., Any]) -> str:
    """A name for the program of `fun` that is legal in text."""
    return _legal(getattr(fun, "__name__", "f"))


@lru_cache(maxsize=1024)
def _legal(name: str) -> str:
    name = re.sub(r"[^A-Za-z0-9_]", "", name)
    return "f" if name in ("", "lambda") or name[0].isdigit() else name


def parameter_names(fun: Callable[..., Any], count: int) -> list[str | None]:
    """The names of the first `count` positional parameters, as far as they can be seen."""
    inner = inspect.unwrap(fun) if hasattr(fun, "__wrapped__") else fun
    code = getattr(inner, "__code__", None)
    names = code.co_varnames[: code.co_argcount] if code is not None else ()
    names = names[inspect.ismethod(inner) :]  # the object of a method is no argument
    return [*names, *[None] * count][:count]


@lru_cache(maxsize=1024)
def _hints(names: tuple[str | None, ...], structure: tree.Structure) -> list[str | None]:
    return leaf_names(names, structure.paths())


def _codes(fun: Any) -> Iterator[Any]:
    """What a function does, apart from the objects that it uses: the same for equal lambdas."""
    while fun is not None:
        yield getattr(fun, "__code__", type(fun))
        fun = fun.func if isinstance(fun, functools.partial) else getattr(fun, "__wrapped__", None)


def leaf_names(names: Sequence[str | None], paths: Iterable[tuple[Any, ...]]) -> list[str | None]:
    """Names for leaves at the given paths in a tuple of named pytrees: ``params.weights``, …."""
    result: list[str | None] = []
    for head, *rest in paths:
        name = names[head]
        parts = [re.sub(r"\W", "_", str(part)) for part in rest]
        result.append(None if name is None else ".".join([name, *parts]))
    return result
