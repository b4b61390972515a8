"""How costs grow: gradients of loops with their length, programs with the order of derivatives."""

import os
from pathlib import Path
from time import perf_counter

import environment  # first: it sets what libraries read when they are imported

# isort: split
import click
import numpy as np
from rich import box
from rich.console import Console
from rich.table import Table

import lineara as la

try:
    import jax
    import jax.extend
except ModuleNotFoundError:
    jax = None

LENGTHS = 1_000, 10_000, 100_000, 1_000_000
RECORDED = (2, 10, 48, 177, 568)
"""Operations of JAX's for four calls of one jitted function, as they have been counted before, of
another function and in another way; they do not depend on what is installed.
"""
JAX_LENGTH = 10_000
"""The longest loop that JAX takes part in."""
ENOUGH = 1.0
"""Seconds after which a call is not repeated."""
LINEAR = 1.1
"""The largest exponent of growth that counts as linear."""
ORDERS = range(5)
DEPTH = 30

HEADING = """\
# How costs grow

{machine}.
{versions}.
The load average was {load:.1f} at the start: well above 1, other programs ran too, and
times are rough. Counts are exact, whatever runs beside."""

LOOPS = """\
Gradients of two loops of n iterations: the first reads, `s += sin(x[i])`, the second writes,
`y[i] = sin(y[i-1] * x[i]) + 1`. The time is that under `jit`, the shortest of several calls. Per
iteration are given: the time, the work that `la.work` counts, the peak of memory that `la.memory`
predicts, and the tape that is kept for the way back. The last line has the exponent p for which the
whole grows as n to the power p, fitted to logarithms; up to {LINEAR} counts as linear."""

SIZES = """\
`g(g(g(g(x))))` with one jitted `g(x) = sin(x) * x`, differentiated in reverse mode again and again.
Counted are the equations of all functions of a program, each function once; of JAX's all jaxprs
that differ in their text. Next to them is the growth from one order to the next."""

NEST = """\
`f0(x) = sin(x) * x`, and each further function calls the one before twice, `f(f(x))`:
{calls:,} calls of `f0`, were they written out. Tracing includes taking the derivative."""


# -- loops ----------------------------------------------------------------------------------------


def reading(x):
    """A loop that reads one element in each iteration."""
    return la.fori_loop(0, len(x), lambda i, s: s + np.sin(x[i]), 0.0)


def writing(x):
    """A loop that writes one element in each iteration, which the next one reads."""

    def body(i, y):
        y[i] = np.sin(y[i - 1] * x[i]) + 1
        return y

    return np.sum(la.fori_loop(1, len(x), body, np.ones_like(x)))


def writing_in_jax(x):
    def body(i, y):
        return y.at[i].set(jax.numpy.sin(y[i - 1] * x[i]) + 1)

    return jax.numpy.sum(jax.lax.fori_loop(1, len(x), body, jax.numpy.ones_like(x)))


def point(n):
    """Where gradients are taken: no number in the loops overflows or vanishes."""
    return np.linspace(0.5, 1.0, n)


def by_hand(x):
    """The gradient of `writing`."""
    y, cotangent, gradient = np.ones_like(x), 0.0, np.zeros_like(x)
    for i in range(1, len(x)):
        y[i] = np.sin(y[i - 1] * x[i]) + 1
    for i in reversed(range(1, len(x))):
        slope = (cotangent + 1.0) * np.cos(y[i - 1] * x[i])
        gradient[i], cotangent = slope * y[i - 1], slope * x[i]
    return gradient


def check_gradients():
    """Raises an error unless all gradients are those that one finds by hand."""
    x = point(LENGTHS[0])
    found = {
        "reading": (la.jit(la.grad(reading))(x), np.cos(x)),
        "writing": (la.jit(la.grad(writing))(x), by_hand(x)),
    }
    if jax:
        found["writing, by JAX"] = (np.asarray(jax.grad(writing_in_jax)(x)), by_hand(x))
    for name, (gradient, expected) in found.items():
        error = np.max(np.abs(gradient - expected))
        if not error <= 1e-13:
            raise click.ClickException(f"{name}: the gradient is off by {error:.1e}.")


def seconds(call):
    """The shortest time of a call; long ones have one chance only, in which they are traced."""
    times = []
    while sum(times) < ENOUGH:
        begin = perf_counter()
        call()
        times.append(perf_counter() - begin)
    return min(times)


def measured(function, n):
    """Seconds, work, peak and tape of the gradient of a loop of n iterations."""
    x, gradient = point(n), la.grad(function)
    jitted, program = la.jit(gradient), la.trace(gradient)(x)
    tape = la.memory(la.trace(function)(x)).tape
    return seconds(lambda: jitted(x)), la.work(program), la.memory(program).peak, tape


def by_jax(n):
    """Seconds that JAX takes for the gradient of the loop that writes."""
    gradient, x = jax.jit(jax.grad(writing_in_jax)), jax.numpy.asarray(point(n))
    gradient(x).block_until_ready()
    return seconds(lambda: gradient(x).block_until_ready())


def exponent(lengths, costs):
    """The p for which costs grow most nearly as n to the power p; nan if there is one cost only."""
    return np.polyfit(np.log(lengths), np.log(costs), 1)[0] if len(costs) > 1 else np.nan


def loop_table(function, lengths):
    """Header, rows and exponents of one loop."""
    header = ["n", "time", "time / n", "work / n", "peak / n", "tape / n"]
    costs = np.array([measured(function, n) for n in lengths], float)
    rows = []
    for n, (time, work, peak, tape) in zip(lengths, costs, strict=True):
        each = [f"{1e9 * time / n:.0f} ns", f"{work / n:.1f}", f"{peak / n:.1f} B"]
        rows.append([f"{n:,}", f"{time:.3g} s", *each, f"{tape / n:.1f} B"])
    exponents = [exponent(lengths, column) for column in costs.T]
    last = ["exponent", "", *(f"{p:.2f}" for p in exponents)]
    if jax and function is writing:
        header.append(f"JAX {jax.__version__}, time / n")
        known = [n for n in lengths if n <= JAX_LENGTH]
        times = [by_jax(n) for n in known]
        for i, row in enumerate(rows):
            row.append(f"{1e9 * times[i] / known[i]:.0f} ns" if i < len(known) else "")
        last.append(f"{exponent(known, times):.2f}")
    return header, [*rows, last], exponents


# -- programs -------------------------------------------------------------------------------------


def four_calls(jit, sin):
    """A function that calls one jitted function four times."""
    g = jit(lambda x: sin(x) * x)
    return lambda x: g(g(g(g(x))))


def sizes(function, grad, count):
    """How many equations the programs of all orders have, and functions, by ``count(function)``."""
    found = []
    for _ in ORDERS:
        found.append(count(function))
        function = grad(function)
    return found


def lineara_size(function):
    program = la.trace(function)(0.3)
    return la.size(program), len(program.functions)


def jax_size(function):
    """The equations of all jaxprs that differ in their text, and how many these are."""
    found, waiting = {}, [jax.make_jaxpr(function)(0.3).jaxpr]
    while waiting:
        jaxpr = waiting.pop()
        if str(jaxpr) not in found:
            found[str(jaxpr)] = len(jaxpr.eqns)
            for equation in jaxpr.eqns:
                waiting += jax.extend.core.jaxprs_in_params(equation.params)
    return sum(found.values()), len(found)


def size_table():
    """Header and rows: how large derivatives of higher orders are."""
    columns = {"lineara": sizes(four_calls(la.jit, np.sin), la.grad, lineara_size)}
    if jax:
        name = f"JAX {jax.__version__}"
        columns[name] = sizes(four_calls(jax.jit, jax.numpy.sin), jax.grad, jax_size)
    header, rows = ["order"], [[str(order)] for order in ORDERS]
    for name, column in columns.items():
        header += [f"{name}: equations", "growth", "functions"]
        for i, (equations, functions) in enumerate(column):
            growth = f"× {equations / column[i - 1][0]:.2f}" if i else ""
            rows[i] += [str(equations), growth, str(functions)]
    header.append("JAX: operations, recorded earlier")
    for row, operations in zip(rows, RECORDED, strict=True):
        row.append(str(operations))
    return header, rows


def nest():
    f = la.jit(lambda x: np.sin(x) * x, name="f0")
    for i in range(DEPTH):
        f = la.jit(lambda x, g=f: g(g(x)), name=f"f{i + 1}")
    return f


def nest_table():
    """Header and rows: how long derivatives of a nest take to make, and how large they are."""
    header, rows = ["program of the", "time to trace", "equations", "functions"], []
    derivatives = {"function": lambda f: f, "gradient": la.grad, "Hessian": la.hessian}
    for name, derivative in derivatives.items():
        begin = perf_counter()
        program = la.trace(derivative(nest()))(0.3)
        time = perf_counter() - begin
        rows.append([name, f"{time:.3f} s", str(la.size(program)), str(len(program.functions))])
    return header, rows


# -- the report -----------------------------------------------------------------------------------


def shown(title, header, rows):
    """A table for the console."""
    table = Table(title=title, title_style="bold", title_justify="left", box=box.SIMPLE)
    for i, name in enumerate(header):
        table.add_column(name, justify="right" if i else "left")
    for row in rows:
        table.add_row(*row)
    return table


def markdown(header, rows):
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


@click.command(help=__doc__)
@click.option("--longest", default=LENGTHS[-1], show_default=True, help="Iterations of a loop.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="A Markdown file.")
def main(longest, out):
    console, (load, *_) = Console(), os.getloadavg()
    check_gradients()
    if not jax:
        console.print("jax is not installed and takes no part: pip install jax")
    lengths, loops, steep = [n for n in LENGTHS if n <= longest], [], []
    for function in reading, writing:
        header, rows, exponents = loop_table(function, lengths)
        loops.append((header, rows))
        steep += [f"{function.__name__}: {p:.2f}" for p in exponents if p > LINEAR]
    sections = {
        "Loops": (LOOPS.format(LINEAR=LINEAR), loops),
        "Orders of derivatives": (SIZES, [size_table()]),
        f"A nest of {DEPTH} functions": (NEST.format(calls=2**DEPTH), [nest_table()]),
    }
    machine, versions = environment.machine(), environment.versions()
    parts = [HEADING.format(machine=machine, versions=versions, load=load)]
    for title, (text, tables) in sections.items():
        parts += [f"## {title}", text, *(markdown(*table) for table in tables)]
        for table in tables:
            console.print(shown(title, *table))
    console.print(machine, versions, sep="\n", style="dim")
    if out:
        out.write_text("\n\n".join(parts) + "\n", encoding="utf-8")
    if steep:
        raise click.ClickException(f"growth is more than linear: {', '.join(steep)}")


if __name__ == "__main__":
    main()
