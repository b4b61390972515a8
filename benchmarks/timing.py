"""A timer that treats all contenders alike while the machine's speed drifts.

Contenders take turns: each round gives every one of them a turn, in a random order, so that a slow
spell of the machine meets all. A turn begins with a call that is not timed, which brings the
contender's own data back into the caches.
"""

import gc
import random
from itertools import repeat
from time import perf_counter

import numpy as np

TURN = 0.01  # seconds
FEWEST = 3  # calls in a turn


def side_by_side(contenders, rounds, progress):
    """Seconds for each call, an array of shape [rounds] for each contender, a function without
    arguments. After each round it calls ``progress()``.
    """
    counts = {name: calls_in_a_turn(call) for name, call in contenders.items()}
    seconds = {name: [] for name in contenders}
    order, rng = list(contenders), random.Random(0)
    # Garbage is a contender's own cost, but not the search for it in all that others have loaded.
    gc.collect()
    gc.freeze()
    for _ in range(rounds):
        rng.shuffle(order)
        for name in order:
            seconds[name].append(turn(contenders[name], counts[name]))
            gc.collect()
        progress()
    gc.unfreeze()
    return {name: np.array(samples) for name, samples in seconds.items()}


def calls_in_a_turn(call):
    """How many calls fill a turn; they are also the warm-up."""
    return max(FEWEST, int(TURN / min(turn(call, 1) for _ in range(FEWEST))))


def turn(call, count):
    """Seconds for each of `count` calls."""
    call()
    begin = perf_counter()
    for _ in repeat(None, count):
        call()
    return (perf_counter() - begin) / count
