"""A neural network 64-128-128-10, rectified, with softmax and cross-entropy, on 128 inputs."""

from itertools import pairwise

import numpy

from programs.program import Program

LAYERS, BATCH = (64, 128, 128, 10), 128


def loss(np, parameters, x, labels):
    W1, b1, W2, b2, W3, b3 = parameters
    h = np.maximum(x @ W1 + b1, 0)
    h = np.maximum(h @ W2 + b2, 0)
    logits = h @ W3 + b3
    logits = logits - np.max(logits, axis=1, keepdims=True)
    log_norm = np.log(np.sum(np.exp(logits), axis=1))
    return np.mean(log_norm - logits[np.arange(len(labels)), labels])


def torch_loss(torch, parameters, x, labels):
    W1, b1, W2, b2, W3, b3 = parameters
    h = torch.relu(x @ W1 + b1)
    h = torch.relu(h @ W2 + b2)
    return torch.nn.functional.cross_entropy(h @ W3 + b3, labels)


def program():
    rng = numpy.random.default_rng(0)
    parameters = []
    for before, after in pairwise(LAYERS):
        parameters += [rng.normal(0, (2 / before) ** 0.5, (before, after)), numpy.zeros(after)]
    x, labels = rng.normal(size=(BATCH, LAYERS[0])), rng.integers(LAYERS[-1], size=BATCH)
    name = f"MLP {'-'.join(map(str, LAYERS))}, batch {BATCH}"
    return Program(name, loss, torch_loss, tuple(parameters), (x, labels))
