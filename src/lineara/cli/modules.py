"""Files of Python: loaded as modules, and the functions in them."""

from __future__ import annotations

import inspect
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from types import ModuleType
from typing import Any

import click

from lineara.cli.arguments import refuse
from lineara.cli.programs import found, read, title
from lineara.errors import LinearaError, Source

NAME = "__lineara__"
"""The name that a module is loaded by: no other one has it, and it is not __main__."""

TARGET = "FILE.py:FUNCTION"
"""What messages call the argument that names a function in a file."""


@contextmanager
def loaded(file: str) -> Iterator[ModuleType]:
    """The module in a file of Python, which can import its neighbours meanwhile.

    Raises:
        LinearaError: for whatever the file raises, now or meanwhile, with the line of the file.
    """
    text = read(file)
    module = ModuleType(NAME)
    module.__file__ = str(Path(file).absolute())
    path = sys.path[:]
    sys.path.insert(0, str(Path(file).absolute().parent))
    sys.modules[NAME] = module
    try:
        with redirect_stdout(sys.stderr):
            exec(compile(text, title(file), "exec", dont_inherit=True), vars(module))
            yield module
    except (LinearaError, click.ClickException):
        raise
    except (Exception, SystemExit) as error:
        raise failure(error, title(file)) from None
    finally:
        sys.path[:] = path
        del sys.modules[NAME]


def failure(error: BaseException, file: str) -> LinearaError:
    """What is said of an error of the user's: the innermost line of the file that was running."""
    if isinstance(error, SyntaxError) and error.filename == file:
        where = Source(file, error.lineno or 0, error.offset or None)
        return LinearaError("this is not Python", where=where, found=error.msg)
    lines = [
        Source(file, line)
        for frame, line in traceback.walk_tb(error.__traceback__)
        if frame.f_code.co_filename == file
    ]
    name, message = type(error).__name__, " ".join(str(error).split())
    return LinearaError(
        "an error is raised here",
        where=lines[-1] if lines else None,
        found=f"{name}: {message}" if message else name,
        remedy='put what only a script does under `if __name__ == "__main__":`'
        if isinstance(error, SystemExit)
        else None,
    )


def member(module: ModuleType, path: str) -> Callable[..., Any]:
    """The function at a dotted path."""
    owner: Any = module
    for name in path.split("."):
        if not hasattr(owner, name):
            found(name, functions(owner), TARGET, "the functions are")
        owner = getattr(owner, name)
    if not callable(owner):
        kind = type(owner).__name__
        names = ", ".join(functions(module)) or "none"
        refuse(TARGET, f"{path} is an object of type {kind}; the functions are {names}")
    return owner  # type: ignore[no-any-return]


def functions(owner: Any) -> list[str]:
    """The names of the functions that a module defines, or that a class or an object has."""
    return [
        name
        for name, x in inspect.getmembers_static(owner)
        if (callable(x) or isinstance(x, classmethod))
        and not name.startswith("__")
        and (not inspect.ismodule(owner) or getattr(x, "__module__", None) == owner.__name__)
    ]
