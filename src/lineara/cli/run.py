"""`lineara run`: programs computed on the command line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from lineara.cli.arguments import declared, fitting, refuse, value, written
from lineara.cli.command import command
from lineara.cli.programs import function_option, load
from lineara.cli.report import console, counted
from lineara.errors import LinearaError
from lineara.ir.types import Array
from lineara.program import Program


@command(
    "run f.la 1.5 '[1, 2, 3]'",
    "run f.la @x.npy '[[1, 2], [3, inf]]'",
    "grad f.la | lineara run - 2.0",
    context_settings={"ignore_unknown_options": True},  # or else -1.5 would be an option
)
@click.argument("arguments", metavar="[ARG]...", nargs=-1, type=click.UNPROCESSED)
@function_option
def run(file: str, arguments: tuple[str, ...], function: str | None) -> None:
    """Run the main function on numbers.

    Its results are printed with their types, one a line. An ARG is a number or nested lists of
    numbers as in Python, with inf and nan, or @FILE.npy, an array saved by NumPy. There is one for
    each parameter, linear ones after the others.
    """
    for argument in arguments:
        if argument.startswith("--"):
            raise click.NoSuchOption(argument)
    program = load(file, function)
    f = program.main
    params = f.all_params
    if len(arguments) != len(params):
        wanted = ", ".join(map(declared, params))
        refuse(
            "ARG",
            f"{f.name} takes {counted(len(params), 'argument')}, not {len(arguments)}"
            + (f": {wanted}" if wanted else ""),
        )
    values = [fitting(value(a, p), p) for a, p in zip(arguments, params, strict=True)]
    for v, x in zip(f.all_results, results_of(program, values), strict=True):
        console().print(f"{declared(v)} = {written(x)}")


def results_of(program: Program, values: Sequence[Array]) -> list[Any]:
    """The results of the main function, as a list."""
    try:
        results = program(*values)
    except LinearaError:
        raise
    except (ValueError, ArithmeticError) as error:  # such as NumPy's for a singular matrix
        raise LinearaError("NumPy refuses to compute this", found=str(error)) from None
    return [results] if len(program.main.all_results) == 1 else list(results)
