"""The theorems on every program of two small languages, up to a size.

``python tests/exhaustive.py --size 3`` goes further than the suite does, and prints tables.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import product
from time import perf_counter
from typing import Any

from exhaustive_linear import holds_linear, judged, linear_programs
from exhaustive_scalar import holds, programs
from rich.console import Console
from rich.table import Table


def counted(check: Callable[[Any], None], cases: Iterator[Any], what: str) -> int:
    """How many cases there are, after all have been checked."""
    number = 0
    for case in cases:
        number += 1
        try:
            check(case)
        except Exception as error:
            raise AssertionError(f"{what}: {case}") from error
    return number


def main() -> None:
    parser = argparse.ArgumentParser(description="Checks the theorems on every small program.")
    parser.add_argument("--size", type=int, default=2, help="equations of scalar programs")
    parser.add_argument("--linear", type=int, default=4, help="equations of linear programs")
    most = parser.parse_args()
    table = Table("language", "parameters", "equations", "programs", "seconds")
    languages = {
        "scalar": (holds, programs, most.size),
        "linear": (holds_linear, linear_programs, most.linear),
    }
    console = Console()
    with console.status("") as status:
        for (name, (check, every, size)), params in product(languages.items(), (1, 2)):
            for length in range(size + 1):
                status.update(f"{name} programs, {params} parameters, {length} equations")
                begin = perf_counter()
                count = counted(check, every(params, length), name)
                seconds = f"{perf_counter() - begin:.1f}"
                table.add_row(name, str(params), str(length), f"{count:,}", seconds)
    console.print(table)
    fates: Counter[tuple[str, str]] = Counter()
    for params, length in product((1, 2), range(most.linear)):
        for p in linear_programs(params, length):
            fates.update(judged(p))
    table = Table("mutation of linear programs", "refused", "equal", "survivors")
    for kind in sorted({kind for kind, _ in fates}):
        table.add_row(kind, *(f"{fates[kind, f]:,}" for f in ("refused", "equal", "survivor")))
    console.print(table)


if __name__ == "__main__":
    main()
