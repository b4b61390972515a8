"""A network 784-256-256-10 in single precision, on 256 inputs at a time."""

from itertools import pairwise

import numpy
from programs.mlp import loss, torch_loss
from programs.program import Program

from workloads.case import Case

LAYERS, BATCH = (784, 256, 256, 10), 256


def case():
    rng = numpy.random.default_rng(0)
    parameters = []
    for before, after in pairwise(LAYERS):
        weights = rng.normal(0, (2 / before) ** 0.5, (before, after))
        parameters += [weights.astype(numpy.float32), numpy.zeros(after, numpy.float32)]
    x = rng.normal(size=(BATCH, LAYERS[0])).astype(numpy.float32)
    labels = rng.integers(LAYERS[-1], size=BATCH)

    def make(lib):
        def f(parameters, x, labels):
            return loss(lib.np, parameters, x, labels)

        return f, lib.grad(f)

    name = f"MLP {'-'.join(map(str, LAYERS))}"
    program = Program(name, loss, torch_loss, tuple(parameters), (x, labels))
    by_hand = floor(parameters, x, labels)
    return Case(name, make, (tuple(parameters), x, labels), by_hand, program, tolerance=1e-3)


def floor(parameters, x, labels):
    """The products of matrices, and everything else as NumPy does it, by hand."""
    W1, b1, W2, b2, W3, b3 = parameters
    rows = numpy.arange(len(labels))

    def forward():
        h1 = numpy.maximum(x @ W1 + b1, 0)
        h2 = numpy.maximum(h1 @ W2 + b2, 0)
        logits = h2 @ W3 + b3
        logits -= logits.max(axis=1, keepdims=True)
        e = numpy.exp(logits)
        total = e.sum(axis=1, keepdims=True)
        return h1, h2, e / total, numpy.mean(numpy.log(total[:, 0]) - logits[rows, labels])

    def gradient():
        h1, h2, d, _ = forward()
        d[rows, labels] -= 1
        d /= len(labels)
        g3, c3, d = h2.T @ d, d.sum(axis=0), (d @ W3.T) * (h2 > 0)
        g2, c2, d = h1.T @ d, d.sum(axis=0), (d @ W2.T) * (h1 > 0)
        return x.T @ d, d.sum(axis=0), g2, c2, g3, c3

    return lambda: ((lambda: forward()[3]), gradient)


def cases():
    return [case()]
