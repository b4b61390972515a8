"""Printing, in colour on a terminal and plain elsewhere, and what is printed about errors."""

from __future__ import annotations

import linecache
import os
from collections.abc import Iterator, Sequence

import click
from rich.console import Console
from rich.text import Text

from lineara.errors import LinearaError, ProgramError, Source

FAILURES = (LinearaError, OSError, MemoryError, RecursionError)
"""What may go wrong with a file, or with what it says."""


def console(stderr: bool = False) -> Console:
    """Where to print: in colour, if that is wanted."""
    color = click.get_current_context().find_root().params["color"]
    if color == "auto" and os.environ.get("NO_COLOR"):
        color = "never"
    return Console(
        stderr=stderr,
        force_terminal={"auto": None, "always": True, "never": False}[color],
        color_system={"auto": "auto", "always": "standard", "never": None}[color],
        no_color=False,
        markup=False,
        highlight=False,
        emoji=False,
        soft_wrap=True,
    )


def faults(error: BaseException) -> Sequence[LinearaError]:
    """The errors to report for one of `FAILURES`."""
    match error:
        case ProgramError():
            return error.errors
        case LinearaError():
            return [error]
        case OSError():
            return [LinearaError(error.strerror or str(error))]
        case MemoryError():
            return [LinearaError("there is not enough memory", found=str(error) or None)]
    return [
        LinearaError(
            "the calls of functions are nested too deeply",
            remedy="write what short functions compute where they are called",
        )
    ]


def described(error: LinearaError, file: str) -> Text:
    """An error in several lines, with the line of text that it is about."""
    where = error.where or Source(file, 0)
    numbers = [str(n) for n in (where.line, where.column) if n]
    text = Text.assemble(
        (printable(":".join([where.file, *numbers])), "bold"),
        ": ",
        ("error", "bold red"),
        f": {printable(error.what)}",
    )
    for line in excerpt(where):
        text.append(f"\n    {line}", "cyan")
    parts = (("found", error.found), ("expected", error.expected), ("instead", error.remedy))
    for name, part in parts:
        if part:
            text.append(f"\n  {name}: {printable(part)}")
    return text


def excerpt(where: Source, width: int = 90) -> Iterator[str]:
    """The line that is meant, or a part of it if it is long, and a mark under the column."""
    code = printable(linecache.getline(where.file, where.line).rstrip())
    column = (where.column or 1) - 1
    start = max(0, column - width // 2) if len(code) > width else 0
    start += len(code[start:]) - len(code[start:].lstrip())
    if shown := code[start : start + width]:
        yield shown
        if where.column:
            yield " " * (column - start) + "^"


def printable(text: str) -> str:
    """The text without characters that could confuse a terminal, each replaced by another one."""
    return "".join(
        c if c.isprintable() else " " if c == "\t" else "\N{REPLACEMENT CHARACTER}" for c in text
    )


def counted(count: int, noun: str) -> str:
    """A count with its noun in the right number."""
    return f"{count} {noun}{'' if count == 1 else 's'}"
