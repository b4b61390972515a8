"""The table of costs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from rich import box
from rich.table import Table

from lineara import transforms
from lineara.cli.report import console
from lineara.ir.cost import size, tape_bytes, work
from lineara.ir.program import Function
from lineara.ir.program import Program as Functions
from lineara.ir.types import ArrayType
from lineara.transforms.gradient import linearize, value_and_gradient
from lineara.transforms.jvp import derive


def print_costs(functions: Sequence[Function]) -> None:
    """What functions and their derivatives cost, in a table."""
    table = Table("function", box=box.SIMPLE_HEAD)
    for heading in ("work", "equations", "tape bytes", "work / f"):
        table.add_column(heading, justify="right", no_wrap=True)
    for f in functions:
        for stage, tape in stages(f):
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
        screen.width = sum(len(f.name) for f in functions) + 200
    screen.print(table, soft_wrap=False)


def stages(f: Function) -> Iterator[tuple[Function, list[ArrayType] | None]]:
    """A function and what is derived from it, each with the types on its tape if it makes one."""
    yield f, None
    active = tuple(p.type.has_tangent for p in f.params)
    if f.linear_params or not any(active):
        return
    nonlin, lin = linearize(f, active)
    yield derive(f, active, tuple(v.type.has_tangent for v in f.results)).function, None
    yield nonlin, [v.type for v in nonlin.results[len(f.results) :]]
    yield lin, None
    yield transforms.transpose(Functions.of(lin)).main, None
    if has_gradient(f):
        yield value_and_gradient(f, active), None


def has_gradient(f: Function) -> bool:
    """Whether the function has one result, a real scalar."""
    return [v.type.dtype.kind + str(v.type.shape) for v in f.results] == ["f()"]


def number(count: int) -> str:
    """A count with commas, or rounded if it is enormous."""
    return f"{count:,}" if count < 10**15 else f"{Decimal(count):.2e}"


def ratio(count: int, base: int) -> str:
    """A quotient with two decimals, if there is one."""
    return f"{Decimal(count) / base:.2f}" if base else ""
