"""The recurrent network (LSTM) of ADBench with 2 layers and 1024 characters of 14 kinds.

The objective and the format of its files are those of Srajer, Kukelova and Fitzgibbon, *A benchmark
of selected algorithmic differentiation tools on some problems in computer vision and machine
learning* (2018).
"""

import os
from functools import partial
from pathlib import Path

import numpy

from programs.program import Program

LAYERS, CHARACTERS, SIZE = 2, 1024, 14
FILE = f"lstm/lstm_l{LAYERS}_c{CHARACTERS}.txt"


def loop(step, carry, xs):
    """What ``scan`` of a library does, in Python and without results of the steps."""
    for x in zip(*xs, strict=True):
        carry, _ = step(carry, x)
    return carry, None


def objective(np, parameters, state, sequence, scan=loop):
    """How badly the network predicts each character from those before it.

    Row 2k of the main parameters holds the weights of the four gates of layer k, and row 2k + 1 the
    biases. Row 2k of the state is what layer k puts out, and row 2k + 1 its memory.
    """
    main, (scale_in, scale_out, bias_out) = parameters
    count, size = len(sequence) - 1, sequence.shape[1]
    rows = [list(row.reshape(4, size)) for row in main]

    def step(carry, characters):
        states, total = carry
        x, following = characters
        h, after = x * scale_in, []
        for (weight, bias), (hidden, memory) in zip(pairs(rows), states, strict=True):
            h, memory = layer(np, weight, bias, h, hidden, memory)
            after.append((h, memory))
        y = h * scale_out + bias_out
        log_likelihood = y - np.log(np.sum(np.exp(y)) + 2)
        return (after, total + np.sum(following * log_likelihood)), None

    (_, total), _ = scan(step, (pairs(state), 0.0), (sequence[:-1], sequence[1:]))
    return -total / (count * size)


def layer(np, weight, bias, x, hidden, memory):
    """What a layer puts out, and its memory afterwards."""
    forget = sigmoid(np, x * weight[0] + bias[0])
    ingate = sigmoid(np, hidden * weight[1] + bias[1])
    outgate = sigmoid(np, x * weight[2] + bias[2])
    change = np.tanh(hidden * weight[3] + bias[3])
    memory = memory * forget + ingate * change
    return outgate * np.tanh(memory), memory


def sigmoid(np, x):
    return 1 / (1 + np.exp(-x))


def pairs(rows):
    return [(rows[i], rows[i + 1]) for i in range(0, len(rows), 2)]


def shapes(layers, characters, size):
    """Those of the main and the extra parameters, the state and the sequence."""
    return (2 * layers, 4 * size), (3, size), (2 * layers, size), (characters, size)


def load(path):
    """The parameters, the state and the sequence in a file, which begins with their sizes."""
    words = Path(path).read_text(encoding="utf-8").split()
    sizes = shapes(*map(int, words[:3]))
    ends = numpy.cumsum([rows * columns for rows, columns in sizes])
    parts = numpy.split(numpy.array(words[3:], float), ends[:-1])
    main, extra, state, sequence = (part.reshape(s) for part, s in zip(parts, sizes, strict=True))
    return (main, extra), state, sequence


def generate(layers, characters, size, seed=0):
    """The same with random numbers; each character is one of `size`."""
    rng = numpy.random.default_rng(seed)
    *first, (characters, _) = shapes(layers, characters, size)
    main, extra, state = (rng.uniform(size=shape) for shape in first)
    return (main, extra), state, numpy.eye(size)[rng.integers(size, size=characters)]


def program(scan=loop):
    """With the file of ADBench if the environment variable ``ADBENCH_DATA`` names its folder of
    data, otherwise with random numbers. `scan` is the loop of the library: ``la.scan``,
    ``jax.lax.scan``.
    """
    folder = os.environ.get("ADBENCH_DATA")
    sizes = LAYERS, CHARACTERS, SIZE
    parameters, *data = load(Path(folder, FILE)) if folder else generate(*sizes)
    return Program(
        f"ADBench LSTM l{LAYERS}_c{CHARACTERS}, " + ("its file" if folder else "random data"),
        partial(objective, scan=scan),
        objective,
        parameters,
        tuple(data),
    )
