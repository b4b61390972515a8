"""Programs on the command line: read from files, chosen by name, and written."""

from __future__ import annotations

import linecache
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from lineara.cli.arguments import refuse
from lineara.cli.report import console
from lineara.errors import LinearaError, ParseError, Source
from lineara.ir.program import Program as Functions
from lineara.program import Program, parse
from lineara.text.highlight import rich_text
from lineara.text.printer import show
from lineara.text.suggest import did_you_mean, shortened

function_option = click.option(
    "--function", metavar="NAME", help="The main function, by default the last one."
)
output_option = click.option(
    "-o", "--output", metavar="FILE", default="-", help="Where to write, by default on the screen."
)


def title(file: str) -> str:
    """What messages call a file."""
    return "<stdin>" if file == "-" else file


def read(file: str) -> str:
    """The text in a file.

    Raises:
        LinearaError: if it is not UTF-8, or there is no standard input.
    """
    if file == "-" and sys.stdin is None:
        raise LinearaError("standard input is closed")
    with click.open_file(file, "rb") as stream:
        data: bytes = stream.read()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].decode().split("\n")
        raise ParseError(
            "this is not text in UTF-8",
            where=Source(title(file), len(line), len(line[-1]) + 1),
            found=f"the byte {error.object[error.start]:#04x}",
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
        shown = [*map(shortened, known[:20]), *(["..."] if len(known) > 20 else [])]
        guess = did_you_mean(name, known)
        remedy = f"; {guess}" if guess else ""
        refuse(hint, f"there is no {name}; {what} {', '.join(shown) or 'none'}{remedy}")
    return name


def emit(program: Functions, output: str = "-") -> None:
    """Writes the text of a program to a file, or prints it."""
    if output == "-":
        console().print(rich_text(program), end="")
    else:
        Path(output).write_text(show(program), encoding="utf-8", newline="\n")
