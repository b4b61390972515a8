"""Gradients as machine code, by lineara, by other libraries, and by hand in C, side by side."""

import os
from pathlib import Path

import environment  # first: it sets what libraries read when they are imported

# isort: split
import click
import contenders
import fresh
import numpy as np
import report
import workloads
from libraries import LIBRARIES
from rich.console import Console
from rich.progress import Progress
from timing import side_by_side, turn
from workloads.case import COMPILER

import lineara as la

OURS, BOUND, THEIRS, HAND = "lineara", "lineara, bound", "JAX", "by hand"
SLOW = 2.0
"""Seconds for one call from which on a contender of ours or of other libraries is left out."""


@click.command(help=__doc__)
@click.option("--only", multiple=True, default=("",), help="Part of the name of a workload.")
@click.option("--rounds", default=15, show_default=True, help="How often each has its turn.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="A Markdown file.")
def main(only, rounds, out):
    console = Console(width=200 if out else None)
    cases = [c for c in workloads.cases() if any(part in c.name for part in only)]
    libraries = {name: make() for name, make in LIBRARIES.items() if is_there(name, console)}
    others, missing = contenders.available(("autograd", "torch"))
    by_casadi, without = contenders.available(("casadi",))
    for name in missing + without:
        console.print(f"{name} is not installed and takes no part: pip install {name}")
    if COMPILER is None:
        console.print("there is no C compiler, so C takes no part")
    gradients, works, firsts, memory, (load, *_) = {}, {}, {}, {}, os.getloadavg()
    with Progress(console=console, transient=True) as bar:
        task = bar.add_task("", total=len(cases))
        for case in cases:
            bar.update(task, description=case.name)
            calls, values = participants(case, libraries, others, by_casadi)
            gradients[case.name] = side_by_side(calls | values, rounds, lambda: None)
            works[case.name] = work(case, libraries["lineara"])
            bar.advance(task, 0.5)
            taking_part = [
                n for n in ("lineara", "jax") if n in libraries and n not in case.without
            ]
            firsts[case.name] = fresh.latencies(case.name, taking_part)
            memory[case.name] = fresh.memory(case.name, taking_part)
            bar.advance(task, 0.5)
    tables = [gradient_table(gradients, works), first_table(firsts), memory_table(memory)]
    for table in tables:
        console.print(table.rich())
    console.print(environment.machine(), environment.versions(), sep="\n", style="dim")
    if out:
        out.write_text(report.document("Gradients as machine code", tables, rounds, load), "utf-8")
        report.plot(medians(gradients), HAND, out.with_suffix(".svg"))


def is_there(name, console):
    if name != "jax":
        return True
    found, _ = contenders.available(("jax",))
    if not found:
        console.print("JAX is not installed and takes no part: pip install jax")
    return bool(found)


def participants(case, libraries, others, by_casadi):
    """Gradients and values by all that take part, as functions without arguments, by name.

    Raises:
        click.ClickException: if two gradients differ.
    """
    calls, values = {}, {}
    if case.c and COMPILER:
        values["by hand, value"], calls[HAND] = case.c()
    for name, lib in libraries.items():
        if name not in case.without:
            arguments = lib.map(lib.array, case.arguments)
            value, gradient = map(lib.jit, case.make(lib))
            calls[lib.name] = bound(lib, gradient, arguments)
            if lib.name == OURS:
                lib.compiled(value, *arguments)  # as well as it gets, not as soon
                lib.compiled(gradient, *arguments)
                values["lineara, value"] = bound(lib, value, arguments)
                calls[BOUND] = gradient.bind(*own(arguments))  # as C is called
    if case.program and case.tolerance < 1e-6:  # the others compute with 64 bits
        for module in others:
            calls |= module.gradients(case.program)
    if case.casadi and by_casadi:
        calls["CasADi"] = by_casadi[0].gradient(case)
    check(case, calls)
    kept = OURS, BOUND, HAND
    return {n: call for n, call in calls.items() if n in kept or turn(call, 1) < SLOW}, values


def work(case, lib):
    """Scalar operations of the gradient by those of the function, counted before anything runs."""
    value, gradient = (la.work(la.trace(f)(*case.arguments)) for f in case.make(lib))
    return gradient / value


def bound(lib, function, arguments):
    return lambda: lib.wait(function(*arguments))


def own(tree):
    """The arrays of a tuple in the order of C."""
    if isinstance(tree, tuple):
        return tuple(map(own, tree))
    return tree if tree is None else np.asarray(tree, order="C")


def check(case, calls):
    """All gradients agree with the first one, up to the tolerance."""
    expected = None
    for name, call in calls.items():
        found = numbers(call())
        expected = found if expected is None else expected
        error = np.max(np.abs(found - expected)) / np.max(np.abs(expected))
        if not error <= case.tolerance:  # not a number is an error too
            first = next(iter(calls))
            raise click.ClickException(f"{case.name}: {name} differs from {first} by {error:.1e}")


def numbers(tree):
    """The numbers of arrays of any library, in tuples or lists, in one row."""
    if isinstance(tree, tuple | list):
        return np.concatenate([numbers(part) for part in tree])
    return np.ravel(np.asarray(tree)).astype(float)


# -- tables ----------------------------------------------------------------------------------------


def medians(results):
    return {
        title: {name: float(np.median(samples)) for name, samples in seconds.items()}
        for title, seconds in results.items()
    }


def gradient_table(results, works):
    others = ("lineara, interpreted", THEIRS, "PyTorch", "Autograd", "CasADi")
    head = ["gradient", OURS, HAND, "bound ÷ by hand", "÷ value", "work ÷ value"]
    head += [f"{n} ÷ lineara" for n in others]
    rows = []
    for title, seconds in medians(results).items():
        ours = seconds[OURS]
        row = [title, report.duration(ours)]
        row.append(report.duration(seconds[HAND]) if HAND in seconds else "")
        row += [ratio(seconds[BOUND], seconds, HAND), ratio(ours, seconds, "lineara, value")]
        row.append(f"{works[title]:.2f}")
        row += [f"{seconds[n] / ours:.2f}" if n in seconds else "" for n in others]
        rows.append(row)
    return report.Table("Time of one call", head, rows)


def ratio(ours, seconds, name):
    return f"{ours / seconds[name]:.2f}" if name in seconds else ""


def first_table(results):
    head = ["first call", OURS, "code from disk", THEIRS, "lineara ÷ JAX"]
    rows = []
    for title, found in results.items():
        own, jax = found["lineara"], found.get("jax")
        row = [title, report.duration(own), report.duration(found["again"])]
        row += [report.duration(jax), f"{own / jax:.2f}"] if jax else ["", ""]
        rows.append(row)
    return report.Table("First call in a fresh process: tracing, compiling and one run", head, rows)


def memory_table(results):
    head = ["memory", OURS, THEIRS]
    rows = [
        [title, *(size(found[n]) if n in found else "" for n in ("lineara", "jax"))]
        for title, found in results.items()
    ]
    return report.Table("Memory that one call needs beyond what was there", head, rows)


def size(count):
    return f"{count / 2**20:.1f} MiB"


if __name__ == "__main__":
    main()
