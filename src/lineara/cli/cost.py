"""`lineara cost`: what programs and their derivatives cost."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import click
from rich import box
from rich.table import Table

from lineara import transforms
from lineara.cli.command import command
from lineara.cli.derive import has_gradient, mask
from lineara.cli.programs import choose, load
from lineara.cli.report import console
from lineara.ir.cost import size, tape_bytes, work
from lineara.ir.program import Function
from lineara.ir.program import Program as Functions
from lineara.ir.types import ArrayType
from lineara.program import Program
from lineara.transforms.gradient import linearize, value_and_gradient
from lineara.transforms.jvp import derive


@command("cost f.la", "cost --function f f.la")
@click.option("--function", metavar="NAME", help="Only this function, by default all.")
def cost(file: str, function: str | None) -> None:
    """Print what functions and their derivatives cost.

    Nothing is run: all costs follow from the shapes.

    The stages are f, f.jvp, its halves f.nonlin and f.lin, the transposed f.lin.T and the
    simplified f.grad, the last one for functions with one real scalar result. The main function
    comes first.

    Work is the number of scalar operations, also relative to that of f; equations are those of the
    stage and of all that it calls; tape bytes are what f.nonlin hands to f.lin.T.
    """
    program = load(file)
    chosen = choose(program, function) if function is not None else None
    print_costs(program, mask(program, None, ""), chosen)


def print_costs(program: Program, active: tuple[bool, ...], chosen: str | None = None) -> None:
    """Prints the costs of the chosen function, by default of all.

    The main function is differentiated with respect to the active ones of its parameters.
    """
    table = Table("function", box=box.SIMPLE_HEAD)
    for heading in ("work", "equations", "tape bytes", "work / f"):
        table.add_column(heading, justify="right", no_wrap=True)
    for f in reversed(program.functions):
        if chosen in (None, f.name):
            every = tuple(p.type.has_tangent for p in f.params)
            for stage, tape in stages(f, active if f is program.main else every):
                table.add_row(
                    stage.name,
                    number(work(stage)),
                    number(size(stage)),
                    "" if tape is None else number(tape_bytes(tape)),
                    ratio(work(stage), work(f)),
                )
            table.add_section()
    screen = console()
    if not screen.is_terminal:
        screen.width = sum(map(len, (f.name for f in program.functions))) + 200
    screen.print(table, soft_wrap=False)


def stages(
    f: Function, active: tuple[bool, ...]
) -> Iterator[tuple[Function, list[ArrayType] | None]]:
    """A function and what is derived from it, each with the types on its tape if it makes one."""
    yield f, None
    if f.linear_params or not any(active):
        return
    nonlin, lin = linearize(f, active)
    yield derive(f, active, tuple(v.type.has_tangent for v in f.results)).function, None
    yield nonlin, [v.type for v in nonlin.results[len(f.results) :]]
    yield lin, None
    yield transforms.transpose(Functions.of(lin)).main, None
    if has_gradient(f):
        yield value_and_gradient(f, active), None


def number(count: int) -> str:
    """A count with commas, or rounded if it is enormous."""
    return f"{count:,}" if count < 10**15 else f"{Decimal(count):.2e}"


def ratio(count: int, base: int) -> str:
    """A quotient with two decimals, if there is one."""
    return f"{Decimal(count) / base:.2f}" if base else ""
