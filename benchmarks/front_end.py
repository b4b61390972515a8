"""Gradients of small and middling functions, side by side with Autograd, PyTorch and JAX.

Every library runs on one thread and in double precision, and first has to agree with the others to
1e-8. What counts are the ratios: times of one run on one machine say little about another.
"""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import click
import numpy as np
import one_thread  # noqa: F401  (before NumPy)
from libraries import LIBRARIES
from problems import Problem, problems
from rich.console import Console
from rich.progress import track
from timing import side_by_side


@click.command()
@click.option("--rounds", default=30, show_default=True, help="Turns that each library has.")
@click.option("--out", type=click.Path(path_type=Path), help="Where to write the table, as text.")
def main(rounds: int, out: Path | None) -> None:
    """Time gradients, print ratios."""
    console = Console()
    lines = [
        "# Gradients side by side",
        "",
        f"Python {platform.python_version()}, {platform.machine()}, one thread, float64; "
        + ", ".join(versions()),
        "",
        "Times relative to lineara's own call of the same kind: above 1, lineara is faster.",
        "",
    ]
    for problem in track(problems(), "timing", console=console, transient=True):
        lines += table(problem, rounds)
    text = "\n".join(lines)
    console.print(text, markup=False, highlight=False, soft_wrap=True)
    if out is not None:
        out.write_text(text + "\n", encoding="utf-8")


def versions() -> list[str]:
    found = []
    for package in ("numpy", "autograd", "torch", "jax"):
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            found.append(f"{package} not installed")
    return found


def contenders(problem: Problem) -> dict[str, Any]:
    """The gradient functions of all libraries that are installed."""
    found = {}
    for library in LIBRARIES:
        try:
            found.update(library(problem))
        except ImportError:
            continue
    return found


def table(problem: Problem, rounds: int) -> list[str]:
    gradients = contenders(problem)
    expected = gradients["lineara"](*problem.arguments)
    for name, gradient in gradients.items():
        for a, b in zip(gradient(*problem.arguments), expected, strict=True):
            error = np.max(np.abs(np.asarray(a) - b)) / np.max(np.abs(b))
            if not error < 1e-8:
                raise click.ClickException(f"{name} disagrees on {problem.name}: {error:.1e}")
    times = side_by_side(
        {name: lambda g=g: g(*problem.arguments) for name, g in gradients.items()}, rounds
    )
    plain, jitted = times["lineara"], times["lineara, jitted"]
    lines = [
        f"## {problem.name}",
        "",
        "| | median | / lineara | / lineara, jitted |",
        "|---|---|---|---|",
    ]
    for name, seconds in times.items():
        lines.append(
            f"| {name} | {seconds * 1e6:,.0f} µs | {seconds / plain:.2f} | {seconds / jitted:.2f} |"
        )
    return [*lines, ""]


if __name__ == "__main__":
    main()
