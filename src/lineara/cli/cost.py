"""`lineara cost`: what programs and their derivatives cost."""

from __future__ import annotations

import click

from lineara.certificate import certified
from lineara.cli.command import command
from lineara.cli.derive import mask
from lineara.cli.programs import choose, load
from lineara.cli.report import console
from lineara.program import Program


@command("cost f.la", "cost --function f f.la")
@click.option("--function", metavar="NAME", help="Only this function, by default all.")
def cost(file: str, function: str | None) -> None:
    """Print what functions and their derivatives cost.

    Nothing is run: all costs follow from the shapes.

    The stages are f, the forward derivative f.jvp, its halves f.nonlin and f.lin, the transposed
    f.lin.T, both ways f.vjp, and for functions with one real scalar result f.grad and f.grad.jvp,
    the product of the Hessian with a vector. The main function comes first.

    Work is the number of scalar operations, also as a multiple of that of f, beside the multiple
    that it is proved to stay below by the rules of the ops in f. Equations are those of the stage
    and of all that it calls; peak is the memory that a run takes besides the arguments, tape what
    the way there keeps for the way back.
    """
    program = load(file)
    if function is not None:
        choose(program, function)
    print_costs(program, mask(program, None, ""), function)


def print_costs(program: Program, active: tuple[bool, ...], chosen: str | None = None) -> None:
    """Prints the costs of the chosen function, by default of all.

    The main function is differentiated with respect to the active ones of its parameters.
    """
    screen = console()
    if not screen.is_terminal:
        screen.width = sum(map(len, (f.name for f in program.functions))) + 200
    screen.print(certified(program, active, chosen), soft_wrap=False)
