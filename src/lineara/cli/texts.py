"""`lineara check` and `lineara fmt`: programs as they are written."""

from __future__ import annotations

import click

from lineara.cli.command import command
from lineara.cli.programs import emit, load, read, title
from lineara.cli.report import console, counted, printable
from lineara.errors import LinearaError
from lineara.ir.cost import size
from lineara.text.lexer import Lexer
from lineara.text.parser import parse
from lineara.text.printer import show


@command("check f.la", "check a.la b.la", several=True)
def check(file: str) -> None:
    """Prove that programs are well typed, or report all errors.

    A program that passes is linear in its linear parameters.
    """
    program = load(file)
    functions = counted(len(program.functions), "function")
    equations = counted(size(program), "equation")
    console().print(f"ok: {functions}, {equations} in {printable(title(file))}")


@command("fmt f.la", "fmt --check *.la", "fmt --write f.la", several=True)
@click.option("--check", "check_only", is_flag=True, help="Only report files that would change.")
@click.option("--write", is_flag=True, help="Rewrite the files in place.")
@click.option("--force", is_flag=True, help="With --write: lose the comments in a file.")
def fmt(file: str, check_only: bool, write: bool, force: bool) -> None:
    """Print programs in their canonical form.

    Types that were left out are filled in, called functions come first, and comments are lost;
    --write leaves a file with comments as it is, unless --force is given. The programs need not
    be well typed.
    """
    if check_only and write:
        raise click.UsageError("--check and --write exclude each other")
    if write and file == "-":
        raise click.UsageError("--write needs files, not standard input")
    text = read(file)
    program = parse(text, title(file))
    if not check_only and not write:
        emit(program)
    elif text == show(program):
        return
    elif check_only:
        raise LinearaError("not in canonical form", remedy=f"lineara fmt --write {file}")
    elif has_comments(text) and not force:
        raise LinearaError(
            "the file has comments, which would be lost",
            found="comments",
            expected="a file without them",
            remedy="keep a copy of the file and use fmt --write --force",
        )
    else:
        emit(program, file)


def has_comments(text: str) -> bool:
    """Whether there is a ``#`` outside of strings."""
    strings = (token.text for token in Lexer(text, "").tokens() if token.kind == "string")
    return text.count("#") > sum(string.count("#") for string in strings)
