"""`lineara show`: Python functions as programs."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from inspect import BoundArguments
from typing import Any

import click

from lineara import transforms, tree
from lineara.cli.arguments import refuse
from lineara.cli.command import command
from lineara.cli.cost import print_costs
from lineara.cli.derive import apart, forward, gradient, mask
from lineara.cli.modules import TARGET, loaded, member
from lineara.cli.programs import emit, found
from lineara.errors import LinearaError, ParseError
from lineara.frontend.arguments import called, function_name, leaf_names
from lineara.frontend.tracing import record
from lineara.ir.program import Function
from lineara.ir.program import Program as Functions
from lineara.program import Program
from lineara.text.suggest import shortened
from lineara.text.syntax import Reader

STAGES: dict[str, Callable[[Function, tuple[bool, ...]], Functions]] = {
    "jvp": forward,
    "unzip": lambda f, active: apart(forward(f, active)),
    "transpose": lambda f, active: transforms.transpose(apart(forward(f, active))),
    "grad": gradient,
}
"""What is derived from a function, by the command that is the last to be needed for it."""


@command(
    "show loss.py:loss --arg 'f64[3]' --arg 'f64[]'",
    "show loss.py:model.loss --arg 'rate=f32[]' --stage grad --wrt rate",
    "show loss.py:loss --arg 'f64[3]' | lineara jvp -",
    metavar=TARGET,
)
@click.option(
    "--arg",
    "arguments",
    metavar="[NAME=]TYPE",
    multiple=True,
    help="The type of the next argument, or of the one of that name.",
)
@click.option(
    "--stage",
    type=click.Choice(["trace", *STAGES, "cost"]),
    default="trace",
    show_default=True,
    help="What to print.",
)
@click.option("--wrt", metavar="X,Y", help="Differentiate with respect to these, by default all.")
def show(file: str, arguments: Sequence[str], stage: str, wrt: str | None) -> None:
    """Print a Python function, or what is derived from it, as a program.

    The function is traced on arguments of the given types; parameters without an --arg have their
    defaults. There are no numbers, so it cannot branch on them. A TYPE in parentheses is a tuple,
    such as (f64[3], f64[]).

    The stages are what the commands of these names make of it: jvp, unzip of jvp, transpose of
    unzip, grad, and cost.

    FILE.py is run, but not as __main__, and what it prints goes to standard error.
    """
    if stage == "trace" and wrt is not None:
        raise click.UsageError("--wrt needs a --stage that differentiates")
    program = traced(file, arguments)
    if stage == "trace":
        return emit(program)
    active = mask(program, wrt, "--wrt")
    if stage == "cost":
        return print_costs(program, active)
    if not any(active):
        params = program.main.params[len(program.constants) :]
        raise LinearaError(
            f"{program.main.name} has no argument that can be differentiated",
            found=f"arguments of types {', '.join(str(p.type) for p in params) or 'none'}",
            expected="an argument of a float or complex dtype",
            remedy="write --arg 'f64[3]', for example",
        )
    return emit(STAGES[stage](program.main, active))


def traced(target: str, arguments: Sequence[str]) -> Program:
    """The program of the function that `target` names, for arguments of the given types."""
    file, _, path = target.rpartition(":")
    if not file or not all(part.isidentifier() for part in path.split(".")):
        refuse(TARGET, f"{target} does not name a function in a file, as loss.py:loss does")
    args, kwargs = types(arguments)
    with loaded(file) as module:
        fun = member(module, path)
        given = bound(fun, path, args, kwargs)
        names = tuple(given.arguments)
        leaves, structure = tree.flatten(tuple(given.arguments.values()))

        def call(inputs: list[Any]) -> Any:
            given.arguments.update(zip(names, tree.unflatten(structure, inputs), strict=True))
            return called(fun, given.args, given.kwargs)

        hints = leaf_names(names, structure.paths())
        recorded = record(call, leaves, name=function_name(fun), hints=hints)
        return Program.of(recorded.function, recorded.captures)


def bound(
    fun: Callable[..., Any], path: str, args: list[Any], kwargs: dict[str, Any]
) -> BoundArguments:
    """The types of those parameters of the function at `path` that are given one."""
    try:
        signature = inspect.signature(fun)
    except (TypeError, ValueError):  # NumPy's and Python's own functions may have none to see
        signature = inspect.signature(lambda *args, **kwargs: None)
    params = signature.parameters.values()
    if not any(p.kind is p.VAR_KEYWORD for p in params):
        for name in kwargs:
            found(name, [p.name for p in params], "--arg", f"the parameters of {path} are")
    try:
        return signature.bind(*args, **kwargs)
    except TypeError as error:
        bare = (p.replace(annotation=p.empty, default=p.empty) for p in params)
        names = ", ".join(map(str, bare))
        refuse("--arg", f"{path}({names}) cannot be called: {error}")


def types(arguments: Sequence[str]) -> tuple[list[Any], dict[str, Any]]:
    """The types of arguments by position, and of those by name."""
    args: list[Any] = []
    kwargs: dict[str, Any] = {}
    for argument in arguments:
        name, equals, text = argument.rpartition("=")
        if not equals:
            args.append(array_type(text))
        elif name in kwargs:
            refuse("--arg", f"{name} is given twice")
        else:
            kwargs[name] = array_type(text)
    return args, kwargs


def array_type(text: str) -> Any:
    """The type, or tuple of types, that a text stands for."""
    try:
        reader = Reader(text, "")
        type = reader.type()
        if reader.token.kind != "end":
            reader.fail("the end of the type")
    except ParseError as error:
        parts = (("found", error.found), ("expected", error.expected))
        details = ", ".join(f"{name} {part}" for name, part in parts if part) or error.what
        refuse("--arg", f"{shortened(text)} is not a type: {details}")
    return type
