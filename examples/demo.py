"""All of lineara in a minute: two models that learn from real data, programs, and costs."""

from time import perf_counter

import costs
import digits
import gmm
import stages
from rich.console import Console

CHAPTERS = {
    "A Gaussian mixture learns three species of iris": gmm,
    "A neural network learns to read digits": digits,
    "A function and its derivatives, as programs": stages,
    "What derivatives cost": costs,
}


def main():
    """Runs the examples one after the other."""
    console = Console()
    begin = perf_counter()
    for number, (title, example) in enumerate(CHAPTERS.items(), 1):
        console.print()
        console.rule(f"[bold]{number}. {title}[/bold]")
        console.print(f"[dim]examples/{example.__name__}.py[/dim]\n")
        example.main()
    console.print()
    console.rule(f"{perf_counter() - begin:.0f} seconds")


if __name__ == "__main__":
    main()
