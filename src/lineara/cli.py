"""The command line: programs of Linear A as text, and one command for each thing to do with them.

Exit status: 0 if all is well, 1 if a file or what it says is at fault, 2 if the command line is.
"""

from __future__ import annotations

import ast
import functools
import linecache
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, NoReturn

import click
import numpy as np
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from lineara import __version__, transforms
from lineara.errors import LinearaError, ParseError, ProgramError, Source, TypeMismatchError
from lineara.ir.cost import size, tape_bytes, work
from lineara.ir.program import Function, Operand, Variable, reachable
from lineara.ir.program import Program as Functions
from lineara.ir.types import Array, ArrayType
from lineara.program import Program, parse
from lineara.text.highlight import rich_text
from lineara.text.lexer import Lexer
from lineara.text.parser import parse as parse_text
from lineara.text.printer import show
from lineara.text.suggest import did_you_mean
from lineara.transforms.gradient import linearize, value_and_gradient
from lineara.transforms.jvp import derive

FAILURES = (LinearaError, OSError, MemoryError, RecursionError)
"""What may go wrong with a file, or with what it says."""

Command = Callable[..., None]


def examples(*lines: str) -> str:
    """The last part of a help page: command lines, which click is told not to wrap."""
    return "\n".join(["\b", "Examples:", *(f"  lineara {line}" for line in lines)])


@click.group(
    name="lineara",
    epilog=examples(
        "check f.la",
        "grad f.la -o f.grad.la",
        "run f.la 1.5 '[1, 2, 3]'",
        "jvp f.la | lineara unzip - | lineara transpose -",
    ),
)
@click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    show_default=True,
    help="Colours; auto: on a terminal, unless NO_COLOR is set.",
)
@click.version_option(__version__, prog_name="lineara")
def main(color: str) -> None:
    """Check, transform, cost and run programs of Linear A.

    FILE is a text of Linear A, or - for standard input. Its main function is the last one that
    no other function calls; --function chooses another one.
    """


def command(
    *lines: str, several: bool = False, **settings: Any
) -> Callable[[Command], click.Command]:
    """Makes a command of a function of a file and of options.

    Args:
        lines: examples for its help page.
        several: whether the command takes several files, one after the other.
        settings: what else click is told.
    """

    def register(action: Command) -> click.Command:
        @functools.wraps(action)
        def callback(file: str | tuple[str, ...], **options: Any) -> None:
            files = (file,) if isinstance(file, str) else file
            if not all([succeeds(action, file, options) for file in files]):
                raise click.exceptions.Exit(1)

        argument = click.argument(
            "file",
            nargs=-1 if several else 1,
            required=True,
            metavar="FILE..." if several else "FILE",
        )
        return main.command(epilog=examples(*lines), **settings)(argument(callback))

    return register


def succeeds(action: Command, file: str, options: dict[str, Any]) -> bool:
    """Whether `action` works on a file; if not, the reasons are reported."""
    try:
        action(file, **options)
    except BrokenPipeError:
        raise  # nobody reads what we write: click ends the program without a word
    except FAILURES as error:
        for fault in faults(error):
            err = console(stderr=True)
            err.print(described(fault, getattr(error, "filename", None) or title(file)))
        return False
    return True


# -- what is wrong --------------------------------------------------------------------------------


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
    """The line of text that is meant, or a part of it if it is long, and a mark under the column."""
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
    return "".join(c if c.isprintable() else " " if c == "\t" else "\N{REPLACEMENT CHARACTER}" for c in text)


def refuse(hint: str, what: str) -> NoReturn:
    """Ends the program with a usage error about an option or argument."""
    raise click.BadParameter(what, param_hint=hint)


# -- reading and writing --------------------------------------------------------------------------


def title(file: str) -> str:
    return "<stdin>" if file == "-" else file


def read(file: str) -> str:
    """The text in a file.

    Raises:
        ParseError: if it is not UTF-8.
    """
    with click.open_file(file, "rb") as stream:
        data: bytes = stream.read()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].decode("utf-8-sig").split("\n")
        raise ParseError(
            "this is not text in UTF-8",
            where=Source(title(file), len(line), len(line[-1]) + 1),
            found=f"the byte {data[error.start]:#04x}",
        ) from None
    # Messages look lines up here; without this they could not quote standard input.
    linecache.cache[title(file)] = (len(data), None, text.split("\n"), title(file))
    return text


def load(file: str, function: str | None = None) -> Program:
    """The program in a file, checked, with the chosen function as its main one."""
    program = parse(read(file), title(file))
    return program if function is None else program[choose(program, function)]


def choose(program: Program, name: str) -> str:
    """`name`, which must be that of a function."""
    known = [f.name for f in program.functions]
    return found(name, known, "--function", "the functions are")


def found(name: str, known: Sequence[str], hint: str, what: str) -> str:
    """`name`, which must be among those known."""
    if name not in known:
        shown = ", ".join(known[:20]) + (", ..." if len(known) > 20 else "")
        guess = did_you_mean(name, known)
        remedy = f"; {guess}" if guess else ""
        refuse(hint, f"there is no {name}; {what} {shown or 'none'}{remedy}")
    return name


def mask(f: Function, names: str | None, hint: str) -> tuple[bool, ...]:
    """Which parameters an option names; by default all that have tangents."""
    if names is None:
        return tuple(p.type.has_tangent for p in f.params)
    known = [p.hint or "" for p in f.params]
    chosen = {
        found(name.strip(), known, hint, f"the parameters of {f.name} are")
        for name in names.split(",")
    }
    return tuple(name in chosen for name in known)


def console(stderr: bool = False) -> Console:
    """Where to print: in colour, if that is wanted, and without a right margin if piped."""
    color = click.get_current_context().find_root().params["color"]
    if color == "auto" and os.environ.get("NO_COLOR"):
        color = "never"
    screen = Console(
        stderr=stderr,
        force_terminal={"auto": None, "always": True, "never": False}[color],
        color_system={"auto": "auto", "always": "standard", "never": None}[color],
        no_color=False,
        markup=False,
        highlight=False,
        emoji=False,
        soft_wrap=True,
    )
    return screen
