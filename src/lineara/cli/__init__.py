"""The command line: programs as text, and one command for each thing to do with them.

Exit status: 0 if all is well, 1 if a file or what it says is at fault, 2 if the command line is.
"""

from __future__ import annotations

import click

from lineara import __version__
from lineara.cli.command import examples
from lineara.cli.cost import cost
from lineara.cli.derive import forget, grad, jvp, simplify, transpose, unzip
from lineara.cli.run import run
from lineara.cli.show import show
from lineara.cli.support import support
from lineara.cli.texts import check, fmt


@click.group(
    name="lineara",
    epilog=examples(
        "check f.la",
        "grad f.la -o f.grad.la",
        "run f.la 1.5 '[1, 2, 3]'",
        "jvp f.la | lineara unzip - | lineara transpose -",
        "show f.py:loss --arg 'f64[3]' --stage grad",
    ),
)
@click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    show_default=True,
    help="Colours; auto: on a terminal, unless NO_COLOR is set.",
)
@click.version_option(__version__, prog_name="lineara")
def main(color: str) -> None:
    """Check, transform, cost and run programs of Linear A.

    FILE is a text of Linear A, or - for standard input. Its main function is the last one that
    no other function calls; --function chooses another one.
    """


for each in (check, fmt, jvp, unzip, transpose, forget, simplify, grad, cost, run, show, support):
    main.add_command(each)
