"""What all commands have in common: a file, examples in their help pages, errors reported."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import click

from lineara.cli.programs import title
from lineara.cli.report import FAILURES, console, described, faults
from lineara.where import user_source

Command = Callable[..., None]


def examples(*lines: str) -> str:
    """The last part of a help page: command lines, which click is told not to wrap."""
    return "\n".join(["\b", "Examples:", *(f"  lineara {line}" for line in lines)])


def command(
    *lines: str, metavar: str = "FILE", several: bool = False, **settings: Any
) -> Callable[[Command], click.Command]:
    """Makes a command of a function of a file and of options.

    Args:
        lines: examples for its help page.
        metavar: what its help page calls the file.
        several: whether the command takes several files, one after the other.
        settings: what else click is told.
    """

    def register(action: Command) -> click.Command:
        @functools.wraps(action)
        def callback(file: str | tuple[str, ...], **options: Any) -> None:
            files = (file,) if isinstance(file, str) else file
            failed = [name for name in files if not succeeds(action, name, options)]
            if failed:
                raise click.exceptions.Exit(1)

        argument = click.argument(
            "file",
            nargs=-1 if several else 1,
            required=True,
            metavar=f"{metavar}..." if several else metavar,
        )
        return click.command(cls=click.Command, epilog=examples(*lines), **settings)(
            argument(callback)
        )

    return register


def succeeds(action: Command, file: str, options: dict[str, Any]) -> bool:
    """Whether `action` works on a file; if not, the reasons are reported."""
    try:
        action(file, **options)
    except BrokenPipeError:
        raise  # nobody reads what we write: click ends the program without a word
    except FAILURES as error:
        for fault in faults(error):
            if fault.where == user_source():  # the line that called us is not what is at fault
                fault.where = None
            err = console(stderr=True)
            err.print(described(fault, getattr(error, "filename", None) or title(file)))
        return False
    return True
