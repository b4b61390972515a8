"""What threads are worth: large gradients on one thread, and on several.

Each number of threads has a process of its own, several times over, in turn.
"""

import os
import subprocess
import sys
from time import perf_counter

import click
import numpy as np
from rich.console import Console
from rich.table import Table

# isort: split
import environment
from libraries import LIBRARIES
from workloads import find

CASES = "mixture 10k_d10_K25", "mixture 10k_d2_K50", "bundle adjustment, 31843 observations"
CALLS = 40


def child(name):
    """Prints the median of the seconds of one call."""
    library, case = LIBRARIES["lineara"](), find(name)
    arguments = [own(x) for x in case.arguments]
    call = library.jit(case.make(library)[1]).bind(*arguments)
    times = []
    for _ in range(CALLS):
        begin = perf_counter()
        call()
        times.append(perf_counter() - begin)
    print(np.median(times))


def own(tree):
    if isinstance(tree, tuple):
        return tuple(map(own, tree))
    return tree if tree is None else np.ascontiguousarray(tree)


def seconds(name, threads):
    """In a process with so many threads."""
    variables = os.environ | {"LINEARA_THREADS": str(threads)}
    command = [sys.executable, __file__, "--child", name]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=variables)
    return float(done.stdout)


@click.command(help=__doc__)
@click.option("--threads", default=2, show_default=True, help="How many.")
@click.option("--rounds", default=5, show_default=True, help="Processes for each.")
@click.option("--child", "name", hidden=True)
def main(threads, rounds, name):
    if name:
        child(name)
        return
    table = Table("gradient", "1 thread", f"{threads} threads", "ratio", box=None)
    for case in CASES:
        found = np.array([[seconds(case, n) for n in (1, threads)] for _ in range(rounds)])
        one, several = np.median(found, axis=0)
        table.add_row(
            case, f"{1e3 * one:.2f} ms", f"{1e3 * several:.2f} ms", f"{one / several:.2f}"
        )
    console = Console(width=100)
    console.print(f"{environment.machine()}\n{environment.versions()}\n")
    console.print(table)


if __name__ == "__main__":
    main()
