"""Functions that loops and branches run, traced on types: there are no values in them yet."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from lineara import tree
from lineara.errors import Source, TypeMismatchError
from lineara.frontend.arguments import checked_function, function_name, leaf_names, parameter_names
from lineara.frontend.core import convert
from lineara.frontend.tracing import record, weak_type
from lineara.ir.program import Function
from lineara.ir.types import ArrayType, DType
from lineara.ops.control.while_loop import BOOL
from lineara.where import source_of


class Body(NamedTuple):
    """A traced function.

    Attributes:
        function: captures and arguments to results.
        captures: the values of its first parameters.
        structure: the structure of what it returns.
        weak: for each result int, float or complex if it is a number that adapts to others.
    """

    function: Function
    captures: tuple[Any, ...]
    structure: tree.Structure
    weak: tuple[type | None, ...]

    @property
    def types(self) -> tuple[ArrayType, ...]:
        return tuple(v.type for v in self.function.results)


def body_of(
    fun: Callable[..., Any],
    structure: tree.Structure,
    types: Sequence[ArrayType],
    weak: Sequence[type | None],
    dtypes: Sequence[DType] | None = None,
    writable: int = 0,
) -> Body:
    """`fun` traced on arguments of those types, in the structure of a tuple of arguments.

    Args:
        fun: the function.
        structure: that of the tuple of its arguments.
        types: of their leaves.
        weak: int, float or complex for leaves that adapt to what they meet.
        dtypes: what the results are converted to, if not None.
        writable: how many of the leaves, the first ones, the function may write to.
    """
    adapting: list[type | None] = []

    def call(leaves: list[Any]) -> Any:
        output = fun(*tree.unflatten(structure, leaves))
        found, made = tree.flatten(output)
        adapting.extend(weak_type(x) for x in found)
        if dtypes is None:
            return output
        return tree.unflatten(made, map(convert, found, dtypes))

    recorded = record(
        call,
        types,
        weak=weak,
        name=function_name(fun),
        hints=leaf_names(parameter_names(fun, structure.num_children), structure.paths()),
        writable=writable,
    )
    return Body(recorded.function, recorded.captures, recorded.structure, tuple(adapting))


def checked_functions(verb: str, **functions: Any) -> None:
    """Raises a `TypeMismatchError` unless all of them can be called."""
    for fun in functions.values():
        checked_function(fun, verb)


def show_difference(
    what: str,
    where: Source | None,
    sides: tuple[str, str],
    left: tuple[Any, Any],
    right: tuple[Any, Any],
    remedy: str,
) -> TypeMismatchError:
    """The error for two pytrees of types that ought to be the same, which shows both.

    Args:
        what: what is wrong.
        where: the line of the function that ought to return something else.
        sides: what the two are.
        left: the structure of one, and the types of its leaves.
        right: those of the other.
        remedy: what to do.
    """
    (structure, types), (other, others) = left, right
    if structure != other:
        found, expected = _described(other), _described(structure)
    else:
        paths = ["".join(f"[{part!r}]" for part in path) for path in structure.paths()]
        differing = [
            (path, a, b) for path, a, b in zip(paths, types, others, strict=True) if a != b
        ]
        found = ", ".join(f"{path}: {b}" if path else str(b) for path, _, b in differing)
        expected = ", ".join(f"{path}: {a}" if path else str(a) for path, a, _ in differing)
    return TypeMismatchError(
        what,
        where=where,
        found=f"{sides[1]} {found}",
        expected=f"as {sides[0]}, {expected}",
        remedy=remedy,
    )


def _described(structure: tree.Structure) -> str:
    return str(tree.unflatten(structure, ["*"] * structure.num_leaves)).replace("'*'", "*")


def grow(
    structure: tree.Structure,
    types: Sequence[ArrayType],
    weak: Sequence[type | None],
    returned: tree.Structure,
    after: Sequence[ArrayType],
    where: Source | None,
) -> list[ArrayType]:
    """The types that a carry takes, given those that an iteration returns for it: a number of
    Python's adapts to what becomes of it.

    Raises:
        TypeMismatchError: if an iteration returns something else than it is given.
    """
    grown = [
        new if w is not None and new.shape == old.shape and new.dtype.kind in ADAPTS[w] else old
        for old, new, w in zip(types, after, weak, strict=False)
    ]
    if returned != structure or (grown == list(types) and list(after) != grown):
        raise show_difference(
            "an iteration returns another carry than it is given",
            where,
            ("it is given", "it returns"),
            (structure, types),
            (returned, after),
            "return what has the same structure, shapes and dtypes; convert with .astype, or "
            "start from another value",
        )
    return grown


ADAPTS: dict[type, str] = {int: "iufc", float: "fc", complex: "c"}
"""The kinds of dtype that a number of Python's can take."""


def check_condition(types: Sequence[ArrayType], cond_fun: Callable[..., Any]) -> None:
    """Raises a `TypeMismatchError` unless what a condition returns is one bool."""
    if tuple(types) != (BOOL,):
        raise TypeMismatchError(
            "the condition of a while_loop returns one bool",
            where=source_of(cond_fun),
            found=", ".join(map(str, types)) or "nothing",
            expected="bool[]",
            remedy="compare with something, and use np.all or np.any on arrays",
        )


def paired(f: Callable[..., Any]) -> Callable[..., Any]:
    """The function of a scan, which is refused what is not a pair."""

    def call(*args: Any) -> Any:
        output = f(*args)
        if isinstance(output, tuple) and len(output) == 2:
            return output
        raise TypeMismatchError(
            "the function of a scan returns a pair",
            where=source_of(f),
            found=f"a {type(output).__name__}",
            expected="(carry, y), where y may be None",
        )

    return functools.update_wrapper(call, f)
