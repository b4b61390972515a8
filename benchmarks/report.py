"""Tables of times, on the console and as Markdown."""

from typing import NamedTuple

import environment
import numpy as np
import rich.table
from rich import box

TERMS = """\
{machine}.
{versions}.
The load average was {load:.1f} at the start: well above 1, other programs ran too, and
ratios are rough.

{rounds} rounds, contenders in random order in each; median and minimum over rounds of the seconds
for one call, warm-up and compilation excluded. **Only the ratios count**, of medians of this one
run: the times are those of this machine, and of what else ran on it."""


def rows(seconds, references):
    """For each contender its name, median, minimum, and ratios of medians to the references."""
    medians = {name: np.median(samples) for name, samples in seconds.items()}
    for name, samples in seconds.items():
        ratios = [f"{medians[name] / medians[reference]:.2f}" for reference in references]
        yield name, duration(medians[name]), duration(np.min(samples)), *ratios


def duration(seconds):
    """With three digits and a unit."""
    scale, unit = (1e3, "ms") if seconds >= 1e-3 else (1e6, "µs")
    return f"{float(f'{scale * seconds:.3g}'):g} {unit}"


def table(title, seconds, references):
    """What is shown on the console for one program."""
    shown = rich.table.Table(title=title, title_style="bold", title_justify="left", box=box.SIMPLE)
    shown.add_column("gradient by")
    for name in header(references)[1:]:
        shown.add_column(name, justify="right")
    for row in rows(seconds, references):
        shown.add_row(*row)
    return shown


def markdown(heading, results, references, rounds, load):
    """The text of a file: the terms of the measurement, and a table for each program in a dict from
    titles to the seconds of contenders.
    """
    machine, versions = environment.machine(), environment.versions()
    terms = TERMS.format(machine=machine, versions=versions, rounds=rounds, load=load)
    parts = [f"# {heading}\n\n{terms}\n"]
    for title, seconds in results.items():
        lines = [header(references), ["---", *["---:"] * (2 + len(references))]]
        lines += rows(seconds, references)
        body = "\n".join(f"| {' | '.join(line)} |" for line in lines)
        parts.append(f"## {title}\n\n{body}\n")
    return "\n".join(parts)


def header(references):
    return ["gradient by", "median", "minimum", *(f"÷ {name}" for name in references)]


# -- tables of any kind ---------------------------------------------------------------------------

ABOUT = """\
{machine}.
{versions}.
The load average was {load:.1f} at the start: well above 1, other programs ran too, and
ratios are rough.

{rounds} rounds, contenders in random order in each; medians over rounds of the seconds for one
call, warm-up and compilation excluded, after all gradients were found to agree. **Only the ratios
count**: the times are those of this machine, and of what else ran on it."""


class Table(NamedTuple):
    """A title, a heading for each column, and rows of text."""

    title: str
    head: list[str]
    rows: list[list[str]]

    def rich(self):
        shown = rich.table.Table(title=self.title, title_justify="left", box=box.SIMPLE)
        for i, name in enumerate(self.head):
            shown.add_column(name, justify="right" if i else "left")
        for row in self.rows:
            shown.add_row(*row)
        return shown

    def markdown(self):
        lines = [self.head, ["---", *["---:"] * (len(self.head) - 1)], *self.rows]
        body = "\n".join(f"| {' | '.join(line)} |" for line in lines)
        return f"## {self.title}\n\n{body}\n"


def document(heading, tables, rounds, load):
    """The text of a file with tables."""
    machine, versions = environment.machine(), environment.versions()
    about = ABOUT.format(machine=machine, versions=versions, rounds=rounds, load=load)
    return "\n".join([f"# {heading}\n\n{about}\n", *(table.markdown() for table in tables)])


def plot(medians, reference, path):
    """Draws the times of all contenders as multiples of the reference's, one row a workload."""
    try:
        from matplotlib.figure import Figure
    except ModuleNotFoundError:
        return
    shown = {title: s for title, s in medians.items() if reference in s}
    names = dict.fromkeys(n for s in shown.values() for n in s if not n.endswith("value"))
    figure = Figure(figsize=(9, 0.4 * len(shown) + 1.5), layout="constrained")
    axes = figure.subplots()
    for name in names:
        points = [(s[name] / s[reference], y) for y, s in enumerate(shown.values()) if name in s]
        axes.scatter(
            *zip(*points, strict=True), label=name, s=80 if name.startswith("lineara") else 30
        )
    axes.set(xscale="log", xlabel=f"time of one gradient ÷ {reference}")
    axes.set_yticks(range(len(shown)), shown)
    axes.invert_yaxis()
    axes.grid(axis="x", alpha=0.3)
    axes.legend(loc="lower right")
    figure.savefig(path, metadata={"Date": None})
