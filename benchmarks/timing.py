"""Timing side by side: all contenders take turns, so that a noisy machine is noisy for all."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any


def calls_for(call: Callable[[], Any], seconds: float) -> int:
    """How many calls take about that long."""
    start = time.perf_counter()
    call()
    return max(1, min(1000, round(seconds / (time.perf_counter() - start))))


def side_by_side(
    contenders: Mapping[str, Callable[[], Any]], rounds: int, seconds: float = 0.02
) -> dict[str, float]:
    """The median time of a call of each contender, in seconds.

    Args:
        contenders: what to call, by name; each is called a few times first.
        rounds: how often each one has its turn; the order is drawn anew in each round.
        seconds: how long a turn takes, about.
    """
    counts = {}
    for name, call in contenders.items():
        for _ in range(3):
            call()
        counts[name] = calls_for(call, seconds)
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name in random.sample(list(contenders), len(contenders)):
            call, count = contenders[name], counts[name]
            start = time.perf_counter()
            for _ in range(count):
                call()
            times[name].append((time.perf_counter() - start) / count)
    return {name: statistics.median(values) for name, values in times.items()}
