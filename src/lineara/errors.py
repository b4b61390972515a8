"""Every error that lineara raises on purpose.

A message answers, in this order: *what* is wrong, *where* (the user's own line), what was
*found*, what was *expected*, and what to write instead (the *remedy*). The subclasses also
derive from the built-in exception that NumPy or Python raises in the like situation, so that
existing ``except`` clauses keep working.
"""

from __future__ import annotations

import linecache
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Self

from numpy.exceptions import AxisError


@dataclass(frozen=True, slots=True)
class Source:
    """A place in the user's code: a Python file, or a file of Linear A text.

    Attributes:
        file, line, column: the place.
        role: of an equation that is not what the user wrote, but of its derivative: "tangent"
            (forward mode, and what reverse mode computes on the way there) or "cotangent" (on the
            way back).
    """

    file: str
    line: int
    column: int | None = None
    role: str | None = field(default=None, compare=False)

    def playing(self, role: str) -> Source:
        """The same place, in that role."""
        return _playing(self.file, self.line, self.column, role)

    def __str__(self) -> str:
        column = "" if self.column is None else f":{self.column}"
        code = linecache.getline(self.file, self.line).strip()
        return f"{self.file}:{self.line}{column}" + (f": {code}" if code else "")


@lru_cache(maxsize=65536)
def _playing(file: str, line: int, column: int | None, role: str) -> Source:
    return Source(file, line, column, role)


class LinearaError(Exception):
    """The base of all errors that lineara raises on purpose.

    Args:
        what: one sentence that says what is wrong.
        where: the user's line; filled in later with `at` where the raiser does not know it.
        found: what was there.
        expected: what should have been there.
        remedy: what to write instead.
    """

    def __init__(
        self,
        what: str,
        *,
        where: Source | None = None,
        found: str | None = None,
        expected: str | None = None,
        remedy: str | None = None,
    ) -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.found = found
        self.expected = expected
        self.remedy = remedy

    def at(self, where: Source | None) -> Self:
        """The same error, with its place filled in if it had none."""
        if self.where is None:
            self.where = where
        return self

    def __str__(self) -> str:
        parts = [
            ("at", self.where),
            ("found", self.found),
            ("expected", self.expected),
            ("instead", self.remedy),
        ]
        return "\n".join([self.what, *(f"  {name}: {part}" for name, part in parts if part)])


class TypeMismatchError(LinearaError, TypeError):
    """An operation is given a dtype, a structure or a kind of value that it does not take."""


class ShapeMismatchError(LinearaError, ValueError):
    """An operation is given shapes that do not fit."""


class StructureError(LinearaError, ValueError):
    """Containers do not fit together, or are no containers of arrays."""


class LinearityError(LinearaError, TypeError):
    """A linear variable is not used exactly once, or an operation is not linear."""


class IndexRangeError(LinearaError, IndexError):
    """An index is out of range."""


class AxisRangeError(IndexRangeError, AxisError):
    """An axis is out of range."""


class UnknownNameError(LinearaError, KeyError):
    """A program has no function of that name."""


class ParseError(LinearaError, ValueError):
    """A text is not a program of Linear A."""


class TracingError(LinearaError, TypeError):
    """A traced value is used where only a number known now will do, or outside its trace."""


class UnsupportedError(LinearaError, NotImplementedError):
    """Something that lineara does not do, refused by name."""


class MissingAttributeError(UnsupportedError, AttributeError):
    """An attribute of arrays that traced arrays cannot have."""


class NanError(LinearaError, FloatingPointError):
    """A NaN is made where there was none, while `lineara.debug_nans` looks for it."""


class ProgramError(LinearaError, ValueError):
    """A program breaks rules of the language; `errors` holds one error for each fault found."""

    def __init__(self, errors: Sequence[LinearaError]) -> None:
        count = "1 error" if len(errors) == 1 else f"{len(errors)} errors"
        super().__init__(f"the program has {count}")
        self.errors = tuple(errors)

    def __str__(self) -> str:
        return "\n".join([f"{self.what}:", *(str(error) for error in self.errors)])
