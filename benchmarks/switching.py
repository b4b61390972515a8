"""The same programs by lineara and Autograd: nothing but the imports differs."""

import os
import sys
from pathlib import Path

# isort: split
import autograd
import autograd.numpy
import click
import numpy as np
import report
from rich.console import Console
from timing import side_by_side

import lineara as la

sys.path.append(str(Path(__file__).parents[1] / "examples"))

import bayesian_net
import convnet
import fluid
import gaussian_process
import ica
import lstm
import ode_fit
import rnn
import rosenbrock
import slopes

PROGRAMS = (
    *(bayesian_net, convnet, fluid, gaussian_process, ica, lstm, ode_fit, rnn),
    *(rosenbrock, slopes),
)
TOLERANCE = 1e-8
HEAD = ["program", "Autograd", "lineara", "lineara, jit", "lineara ÷ Autograd", "Autograd ÷ jit"]


def by_autograd(module, f, x):
    """Autograd's gradient of a program, as a function that lends the program Autograd's NumPy."""
    gradient = autograd.grad(f)

    def call():
        module.np = autograd.numpy
        try:
            return gradient(x)
        finally:
            module.np = np

    return call


def contenders(module):
    """Functions without arguments that return the gradient, after a check that all agree."""
    f, x = module.problem()
    plain, jitted = la.grad(f), la.jit(la.grad(f))
    calls = {
        "Autograd": by_autograd(module, f, x),
        "lineara": lambda: plain(x),
        "lineara, jit": lambda: jitted(x),
    }
    flat = {name: la.ravel_pytree(call())[0] for name, call in calls.items()}
    for name, found in flat.items():
        error = np.max(np.abs(found - flat["Autograd"])) / np.max(np.abs(flat["Autograd"]))
        if not error <= TOLERANCE:  # not a number is an error too
            raise click.ClickException(f"{module.__name__}: {name} differs by {error:.1e}.")
    return calls


@click.command(help=__doc__)
@click.option("--rounds", default=20, show_default=True, help="How often each has its turn.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="A Markdown file.")
def main(rounds, out):
    rows, (load, *_) = [], os.getloadavg()
    for module in PROGRAMS:
        seconds = side_by_side(contenders(module), rounds, progress=lambda: None)
        a, b, c = (float(np.median(seconds[name])) for name in HEAD[1:4])
        times = [report.duration(s) for s in (a, b, c)]
        rows.append([module.__name__, *times, f"{b / a:.2f}", f"{a / c:.1f}"])
    table = report.Table("Gradients", HEAD, rows)
    Console().print(table.rich())
    if out:
        text = report.document("From Autograd to lineara", [table], rounds, load)
        out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
