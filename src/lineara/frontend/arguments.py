"""Which arguments of a Python function a transformation is about, and their leaves."""

from __future__ import annotations

import inspect
import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lineara import tree
from lineara.errors import TypeMismatchError
from lineara.frontend.tracing import Recorded, record
from lineara.frontend.where import user_source


@dataclass(frozen=True)
class Arguments:
    """A call ``fun(*args, **kwargs)`` as a function of the leaves of some of its arguments.

    Attributes:
        chosen: the chosen arguments, a tuple of pytrees.
        leaves: their leaves.
        structure: the structure of `chosen`.
        single: whether one argument was chosen by a plain int, so that results are not in a tuple.
    """

    fun: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    argnums: tuple[int, ...]
    single: bool
    leaves: list[Any]
    structure: tree.Structure

    def call(self, leaves: Sequence[Any]) -> Any:
        """What the function returns with those leaves in place of the chosen arguments' own."""
        args = list(self.args)
        for i, value in zip(self.argnums, tree.unflatten(self.structure, leaves), strict=True):
            args[i] = value
        return self.fun(*args, **self.kwargs)

    def record(self, has_aux: bool = False) -> Recorded:
        """The function of the chosen leaves, traced; everything else is passed as it is."""
        names = parameter_names(self.fun, len(self.args))
        hints = leaf_names([names[i] for i in self.argnums], self.structure.paths())
        return record(
            self.call, self.leaves, name=function_name(self.fun), hints=hints, has_aux=has_aux
        )

    def unflatten(self, leaves: Sequence[Any]) -> Any:
        """Leaves (gradients, say) in the structure of the chosen arguments."""
        values = tree.unflatten(self.structure, leaves)
        return values[0] if self.single else values


def choose(
    fun: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
    argnums: int | Sequence[int],
) -> Arguments:
    """The arguments that `argnums` names.

    Raises:
        TypeMismatchError: if it names one that is not there.
    """
    single = not isinstance(argnums, tuple | list)
    numbers = (argnums,) if single else argnums
    chosen = tuple(_number(i, len(args)) for i in numbers)  # type: ignore[union-attr]
    leaves, structure = tree.flatten(tuple(args[i] for i in chosen))
    return Arguments(fun, args, kwargs, chosen, single, leaves, structure)


def _number(argnum: Any, count: int) -> int:
    try:
        number = operator.index(argnum)
    except TypeError:
        raise TypeMismatchError(
            "argnums says which positional arguments to differentiate",
            where=user_source(),
            found=repr(argnum),
            expected="an int or a tuple of ints",
        ) from None
    if not -count <= number < count:
        raise TypeMismatchError(
            f"argnums names argument {number}, which is not there",
            where=user_source(),
            found=f"{count} positional arguments",
            expected=f"at least {number + 1 if number >= 0 else -number} of them",
            remedy="pass the argument by position, or change argnums",
        )
    return number % count


def function_name(fun: Callable[..., Any]) -> str:
    """A name for the program of `fun` that is legal in text."""
    name = re.sub(r"[^A-Za-z0-9_]", "", getattr(fun, "__name__", "f"))
    return "f" if name in ("", "lambda") or name[0].isdigit() else name


def parameter_names(fun: Callable[..., Any], count: int) -> list[str | None]:
    """The names of the first `count` positional parameters, as far as they can be seen."""
    code = getattr(inspect.unwrap(fun), "__code__", None)
    names = list(code.co_varnames[: code.co_argcount]) if code is not None else []
    return [*names, *[None] * count][:count]


def leaf_names(names: Sequence[str | None], paths: Iterable[tuple[Any, ...]]) -> list[str | None]:
    """Names for leaves at the given paths in a tuple of named pytrees: ``params.weights``, …."""
    result: list[str | None] = []
    for head, *rest in paths:
        name = names[head]
        parts = [re.sub(r"\W", "_", str(part)) for part in rest]
        result.append(None if name is None else ".".join([name, *parts]))
    return result
