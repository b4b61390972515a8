"""Tables of times, on the console and as Markdown."""

import environment
import numpy as np
from rich import box
from rich.table import Table

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
    shown = Table(title=title, title_style="bold", title_justify="left", box=box.SIMPLE)
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
