"""Gradients of the same three programs by lineara, Autograd, PyTorch and JAX, side by side."""

import os
from itertools import chain
from pathlib import Path

import environment  # first: it sets what libraries read when they are imported

# isort: split
import click
import contenders
import numpy as np
import report
from programs import gmm, mlp, rosenbrock
from rich.console import Console
from rich.progress import Progress
from timing import side_by_side

LIBRARIES = "lineara", "autograd", "torch", "jax"
REFERENCES = "lineara", "lineara, jit"
TOLERANCE = 1e-8


def flat(gradient):
    """The numbers of a gradient, an array or a sequence of arrays of any library, as one vector."""
    parts = gradient if isinstance(gradient, tuple | list) else [gradient]
    return np.concatenate([np.ravel(np.asarray(part)) for part in parts])


def check_agreement(title, calls):
    """Raises an error unless the gradients are equal up to the tolerance, relative to the largest
    entry.
    """
    gradients = {name: flat(call()) for name, call in calls.items()}
    expected = gradients[REFERENCES[0]]
    for name, found in gradients.items():
        error = np.max(np.abs(found - expected)) / np.max(np.abs(expected))
        if not error <= TOLERANCE:  # not a number is an error too
            raise click.ClickException(f"{title}: {name} differs from lineara by {error:.1e}.")


@click.command(help=__doc__)
@click.option("--rounds", default=50, show_default=True, help="How often each has its turn.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="A Markdown file.")
def main(rounds, out):
    console = Console()
    libraries, missing = contenders.available(LIBRARIES)
    for name in missing:
        console.print(f"{name} is not installed and takes no part: pip install {name}")
    results, (load, *_) = {}, os.getloadavg()
    with Progress(console=console, transient=True) as bar:
        for program in (rosenbrock.program(), gmm.program(), mlp.program()):
            task = bar.add_task(program.name, total=rounds)
            calls = dict(chain(*(library.gradients(program).items() for library in libraries)))
            check_agreement(program.name, calls)
            results[program.name] = side_by_side(
                calls, rounds, progress=lambda task=task: bar.advance(task)
            )
    for title, seconds in results.items():
        console.print(report.table(title, seconds, REFERENCES))
    console.print(environment.machine(), environment.versions(), sep="\n", style="dim")
    if out:
        text = report.markdown("Gradients in Python", results, REFERENCES, rounds, load)
        out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
