"""Python functions on the command line: FILE.py:FUNCTION, and the types of its arguments."""

from __future__ import annotations

import importlib.util
import inspect
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from lineara.cli.arguments import refuse
from lineara.errors import LinearaError, Source
from lineara.frontend.arguments import function_name, parameter_names
from lineara.frontend.tracing import record
from lineara.ir.types import ArrayType
from lineara.program import Program
from lineara.text.suggest import did_you_mean
from lineara.text.syntax import Reader


def traced_program(place: str, arguments: Sequence[str]) -> Program:
    """The program of the function at ``FILE.py:FUNCTION`` for arguments of those types.

    Raises:
        LinearaError: if there is no such function, the file cannot be imported, or the function
            does not take such arguments or cannot be traced.
    """
    file, colon, name = place.rpartition(":")
    if not colon or not file or not name:
        refuse("FILE.py:FUNCTION", f"{place} does not name a function: model.py:loss would")
    function = _found(_imported(Path(file)), name, place)
    positional, named = _types(arguments)
    _check_arguments(function, name, positional, named)
    count = len(positional)

    def call(leaves: list[Any]) -> Any:
        return function(*leaves[:count], **dict(zip(named, leaves[count:], strict=True)))

    try:
        recorded = record(
            call,
            [*positional, *named.values()],
            name=function_name(function),
            hints=[*parameter_names(function, count), *named],
        )
        return Program.of(recorded.function, recorded.captures)
    except LinearaError:
        raise
    except Exception as error:
        raise _failed(f"{name} fails on arrays of these types", error) from None


def _imported(file: Path) -> ModuleType:
    """The module in a file, which is run for its definitions and not as a script."""
    if not file.is_file():
        raise FileNotFoundError(2, "there is no such file", str(file))
    spec = importlib.util.spec_from_file_location(file.stem, file)
    if spec is None or spec.loader is None:
        raise LinearaError("this is not a Python file", found=str(file), expected="FILE.py")
    module = importlib.util.module_from_spec(spec)
    folder = str(file.resolve().parent)
    sys.path.insert(0, folder)
    sys.modules.setdefault(file.stem, module)
    try:
        spec.loader.exec_module(module)
    except SyntaxError as error:
        raise LinearaError(
            error.msg, where=Source(str(file), error.lineno or 1, error.offset or None)
        ) from None
    except (Exception, SystemExit) as error:
        raise _failed(f"{file} cannot be imported", error) from None
    finally:
        sys.path.remove(folder)
    return module


def _found(module: ModuleType, name: str, place: str) -> Callable[..., Any]:
    """The function of that name, which may be in a class or in another object of the module."""
    found: Any = module
    for part in name.split("."):
        if not hasattr(found, part):
            known = [n for n, x in vars(found).items() if callable(x) and not n.startswith("_")]
            raise LinearaError(
                f"there is no {part} in {place.removesuffix(name).rstrip(':')}",
                found=f"functions {', '.join(known) or 'none'}",
                remedy=did_you_mean(part, known),
            )
        found = getattr(found, part)
    if not callable(found):
        raise LinearaError(
            f"{name} is not a function", found=f"an object of type {type(found).__name__}"
        )
    return found  # type: ignore[no-any-return]


def _types(arguments: Sequence[str]) -> tuple[list[ArrayType], dict[str, ArrayType]]:
    """The types in ``TYPE`` and in ``NAME=TYPE``."""
    positional, named = [], {}
    for text in arguments:
        name, equals, type = text.rpartition("=")
        if equals:
            named[name.strip()] = _type(type)
        else:
            positional.append(_type(type))
    return positional, named


def _type(text: str) -> ArrayType:
    reader = Reader(text, "--arg")
    type = reader.array_type()
    if reader.token.kind != "end":
        reader.fail("the end of the type")
    return type


def _check_arguments(
    function: Callable[..., Any],
    name: str,
    positional: Sequence[ArrayType],
    named: dict[str, ArrayType],
) -> None:
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return
    try:
        signature.bind(*positional, **named)
    except TypeError as error:
        raise LinearaError(
            f"the arguments do not fit {name}{signature}",
            found=str(error),
            expected="one --arg for each parameter without a default",
            remedy=f"lineara show FILE.py:{name} "
            + " ".join("--arg 'f64[3]'" for _ in signature.parameters),
        ) from None


def _failed(what: str, error: BaseException) -> LinearaError:
    """An error of the user's own code, with its place."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [f for f in frames if "importlib" not in f.filename and "lineara" not in f.filename]
    where = Source(own[-1].filename, own[-1].lineno or 1) if own else None
    return LinearaError(what, where=where, found=f"{type(error).__name__}: {error}")
