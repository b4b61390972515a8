"""Python code in programs: what an op holds that is neither a number nor a function of programs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class PythonCode:
    """Python code that an op runs. It is printed by its name, and cannot be read back.

    Attributes:
        label: the name.
    """

    label: str = field(compare=False)


@dataclass(frozen=True)
class PythonFunction(PythonCode):
    """A function from NumPy arrays to a list of results."""

    call: Callable[..., list[Any]]
