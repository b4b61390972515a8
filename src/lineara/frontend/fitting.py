"""What rules return: checked, and put into the form that programs need."""

from __future__ import annotations

import inspect
import linecache
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lineara import tree
from lineara.errors import Source, TypeMismatchError
from lineara.frontend.arguments import called
from lineara.frontend.core import broadcast_to, convert, traced, type_of_array
from lineara.frontend.trace import Traced, current
from lineara.frontend.tracing import weak_type
from lineara.ir.types import ArrayType

Fun = Callable[..., Any]


@dataclass(frozen=True)
class Fitting:
    """Checks what a rule returns, and names it in messages."""

    rule: Fun
    what: str

    def called(self, *args: Any) -> Any:
        """What the rule returns."""
        try:
            inspect.signature(self.rule, follow_wrapped=False).bind(*args)
        except ValueError:  # some functions have no signature to see
            pass
        except TypeError as error:
            raise TypeMismatchError(
                f"{self.what} does not take the arguments of such a rule",
                where=line_of(self.rule),
                found=str(error),
                expected=f"a function of {len(args)} arguments",
            ) from None
        return called(self.rule, args, {})

    def types(self, leaves: Sequence[Any], what: str) -> list[ArrayType]:
        """The types of leaves that the rule returns."""
        try:
            return [type_of_array(x) for x in leaves]
        except TypeMismatchError as error:
            raise TypeMismatchError(
                f"{self.what} returns {what} that are no arrays",
                where=line_of(self.rule),
                found=error.found,
                expected="a pytree of arrays",
                remedy="return what it needs as arrays; other things can be nondiff_argnums",
            ) from None

    def pair(self, output: Any, expected: str) -> tuple[Any, Any]:
        if isinstance(output, tuple | list) and len(output) == 2:
            return output[0], output[1]
        raise TypeMismatchError(
            f"{self.what} returns a pair",
            where=line_of(self.rule),
            found=f"a {type(output).__name__}"
            + (f" of {len(output)}" if isinstance(output, tuple | list) else ""),
            expected=expected,
        )

    def leaves(self, value: Any, expected: tree.Structure, types: Sequence[ArrayType]) -> list[Any]:
        """The leaves of an output of that structure and those types."""
        leaves, structure = tree.flatten(value)
        if structure != expected:
            raise self._misfit("another output than the function", structure, expected)
        return [self._leaf(x, t, "the output") for x, t in zip(leaves, types, strict=True)]

    def tangents(
        self,
        value: Any,
        structure: tree.Structure,
        types: Sequence[ArrayType],
        what: str,
        none: bool = False,
    ) -> list[Any]:
        """The leaves that have tangents; None stands for zero if `none`."""
        try:
            items = structure.flatten_up_to(value)
        except ValueError:
            raise self._misfit(
                f"{what} in another structure", tree.structure(value), structure
            ) from None
        found = []
        for x, t in zip(items, types, strict=True):
            if x is None and none:
                found.append(_full(0, t) if t.has_tangent else None)
            elif t.has_tangent:
                if not isinstance(x, Traced) and tree.structure(x) != tree.structure(0):
                    raise self._misfit(
                        f"{what} in another structure", tree.structure(value), structure
                    )
                found.append(self._leaf(x, t.tangent, what))
            else:
                found.append(None)
        return [x for x, t in zip(found, types, strict=True) if t.has_tangent]

    def cotangents(
        self, output: Any, structure: tree.Structure, types: Sequence[ArrayType]
    ) -> list[Any]:
        """The leaves of the cotangents of the arguments that have them."""
        parts = structure.children()
        count = "1 argument" if len(parts) == 1 else f"{len(parts)} arguments"
        if not isinstance(output, tuple | list) or len(output) != len(parts):
            raise TypeMismatchError(
                f"{self.what} returns a tuple of cotangents, one for each argument",
                where=line_of(self.rule),
                found=f"a tuple of {len(output)}"
                if isinstance(output, tuple | list)
                else f"a {'traced array' if isinstance(output, Traced) else type(output).__name__}",
                expected=f"a tuple of {len(parts)}, since the function has {count}",
                remedy="write (ct,) for a function of one argument, and None for an argument that "
                "the function does not depend on",
            )
        all_types = iter(types)
        found = []
        for item, part in zip(output, parts, strict=True):
            own = [next(all_types) for _ in range(part.num_leaves)]
            if item is None:
                item = tree.unflatten(part, [None] * part.num_leaves)
            found += self.tangents(item, part, own, "a cotangent", none=True)
        return found

    def _leaf(self, x: Any, type: ArrayType, what: str) -> Any:
        plain = not isinstance(x, Traced) and np.asarray(x).dtype.kind in "biufc"
        if plain and not np.any(x) and np.shape(x) in ((), type.shape) and what != "the output":
            return _full(0, type)
        found = type_of_array(x)
        if found.shape != type.shape or (found.dtype != type.dtype and weak_type(x) is None):
            raise TypeMismatchError(
                f"{self.what} returns {what} of another type",
                where=source_of(x) or line_of(self.rule),
                found=str(found),
                expected=str(type),
                remedy="return an array of just that shape and dtype: nothing is broadcast or "
                "converted here",
            )
        return convert(x, type.dtype)

    def _misfit(
        self, what: str, found: tree.Structure, expected: tree.Structure
    ) -> TypeMismatchError:
        return TypeMismatchError(
            f"{self.what} returns {what}",
            where=line_of(self.rule),
            found=tree.described(found),
            expected=tree.described(expected),
        )


def _full(x: float, type: ArrayType) -> Any:
    """An array with one number in it, in such a way that the program shows it."""
    return broadcast_to(traced(np.asarray(x, type.dtype)), type.shape)


def source_of(x: Any) -> Source | None:
    """The line that made a traced array."""
    trace = current()
    if not isinstance(x, Traced) or trace is None or x.owner is not trace:
        return None
    operand = x.value.operand
    return next((e.source for e in trace.builder.equations if operand in e.results), None)


def line_of(rule: Any) -> Source | None:
    """The line where a function is defined."""
    rule = inspect.unwrap(rule) if callable(rule) else rule
    code = getattr(rule, "__code__", None) or getattr(type(rule).__call__, "__code__", None)
    if code is None:
        return None
    line = code.co_firstlineno
    for offset in range(10):  # past the decorators
        text = linecache.getline(code.co_filename, line + offset).lstrip()
        if text.startswith(("def ", "async ", "class ")):
            return Source(code.co_filename, line + offset)
        if not text.startswith("@") and offset == 0:
            break
    return Source(code.co_filename, line)
