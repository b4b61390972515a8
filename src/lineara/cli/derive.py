"""The transformations: commands from one program to another."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import click

from lineara import transforms
from lineara.cli.arguments import declared
from lineara.cli.command import command
from lineara.cli.programs import emit, found, function_option, load, output_option
from lineara.errors import TypeMismatchError
from lineara.ir.program import Function, reachable
from lineara.ir.program import Program as Functions
from lineara.program import Program
from lineara.transforms.gradient import has_gradient, value_and_gradient
from lineara.transforms.jvp import jvp as differentiated


def mask(program: Program, names: str | None, hint: str) -> tuple[bool, ...]:
    """Which parameters of the main function an option names; by default all that have tangents.

    Those that the program keeps the values of are never among them.
    """
    f, count = program.main, len(program.constants)
    params = f.params[count:]
    known = [p.hint or "" for p in params]
    if names is None:
        return (False,) * count + tuple(p.type.has_tangent for p in params)
    chosen = {
        found(name.strip(), known, hint, f"the parameters of {f.name} are")
        for name in names.split(",")
    }
    return (False,) * count + tuple(name in chosen for name in known)


def transformation(*lines: str) -> Callable[[Callable[..., Functions]], click.Command]:
    """Makes a command, which prints a program, of a function from a program and options to it."""

    def register(transform: Callable[..., Functions]) -> click.Command:
        @command(*lines)
        @function_option
        @output_option
        @functools.wraps(transform)
        def callback(file: str, function: str | None, output: str, **options: Any) -> None:
            emit(transform(load(file, function), **options), output)

        return callback

    return register


@transformation("jvp f.la", "jvp --active x,y f.la -o f.jvp.la")
@click.option("--active", metavar="X,Y", help="Parameters with a tangent, by default all.")
def jvp(program: Program, active: str | None) -> Functions:
    """Derive forward: f(x) -> (y) becomes f.jvp(x; x') -> (y; y')."""
    return forward(program.main, mask(program, active, "--active"))


def forward(f: Function, active: tuple[bool, ...]) -> Functions:
    """The derivative of a function, with a tangent for each active parameter."""
    return Functions.of(differentiated(f, active))


@transformation("unzip f.jvp.la", "jvp f.la | lineara unzip --policy none -")
@click.option(
    "--policy",
    type=click.Choice(["all", "none"]),
    default="all",
    show_default=True,
    help="What to save on the tape; the rest is computed again.",
)
def unzip(program: Program, policy: str) -> Functions:
    """Take f.jvp apart into f.nonlin and f.lin.

    f.jvp(x; x') -> (y; y') becomes f.nonlin(x) -> (y, tape) and f.lin(tape; x') -> (; y').
    """
    policies = {"all": transforms.everything_saveable, "none": transforms.nothing_saveable}
    return apart(program, policies[policy])


def apart(
    program: Functions, policy: transforms.Policy = transforms.everything_saveable
) -> Functions:
    """The non-linear half of a derivative, and then the linear one, as one program."""
    f = program.main
    if not f.linear_params:
        raise TypeMismatchError(
            f"{f.name} has no linear part to take out",
            found="no linear parameters",
            expected="a function made by jvp, or one like it",
            remedy="derive it first: lineara jvp FILE | lineara unzip -",
        )
    nonlin, lin = transforms.unzip(program, policy)
    return Functions(reachable([nonlin.main, lin.main]))


@transformation("transpose f.lin.la", "jvp f.la | lineara unzip - | lineara transpose -")
def transpose(program: Program) -> Functions:
    """Turn a linear function round.

    f.lin(a; x') -> (; y') becomes f.lin.T(a; y') -> (; x').
    """
    return transforms.transpose(program)


@transformation("forget f.lin.la")
def forget(program: Program) -> Functions:
    """Make linear variables ordinary ones.

    f.lin(a; x') -> (; y') becomes f.lin(a, x) -> (y), which can be differentiated again.
    """
    return transforms.forget(program)


@transformation("simplify f.la", "jvp f.la | lineara simplify -")
def simplify(program: Program) -> Functions:
    """Compute the same results with fewer equations."""
    return transforms.simplify(program)


@transformation("grad f.la", "grad --wrt x,y f.la -o f.grad.la")
@click.option("--wrt", metavar="X,Y", help="Differentiate with respect to these, by default all.")
def grad(program: Program, wrt: str | None) -> Functions:
    """Derive backward: f(x) -> (y) becomes f.grad(x) -> (y, x_bar).

    The result y must be one real scalar, and x_bar is its gradient with respect to x. For a
    complex x that is the gradient with respect to its real part, minus i times the one with
    respect to its imaginary part.
    """
    return gradient(program.main, mask(program, wrt, "--wrt"))


def gradient(f: Function, active: tuple[bool, ...]) -> Functions:
    """The function ``(x) -> (y, x̄)``, with a gradient for each active parameter."""
    if not f.linear_params and not has_gradient(f):
        raise TypeMismatchError(
            f"{f.name} does not have one real scalar as its result",
            found=", ".join(map(declared, f.all_results)) or "no results",
            expected="one result of type f64[] or f32[]",
            remedy="derive it with jvp, or reduce the result to a scalar",
        )
    return Functions.of(value_and_gradient(f, active))
