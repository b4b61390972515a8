"""Problems of ADBench: Gaussian mixtures, bundle adjustment, recurrent networks, a hand."""

import os
from functools import partial
from pathlib import Path

import numpy
from programs import ba, gmm, hand, lstm
from programs.program import Program

from workloads.case import DOUBLE, Case, called, into

DATA = os.environ.get("ADBENCH_DATA")
MIXTURES = ("1k", 2, 5), ("1k", 10, 25), ("10k", 10, 25), ("10k", 2, 50)
NETWORKS = (2, 1024), (2, 4096)


def mixture(points, d, K):
    problem = _mixture(points, d, K)
    alphas, means, icf, x, gamma, m = problem
    parameters = alphas, means, icf

    def make(lib):
        f = partial(gmm.objective, lib.np, gamma=gamma, m=m)
        return f, lib.grad(f)

    def c():
        found = [numpy.empty_like(p) for p in parameters]
        arguments = (d, K, len(x), *parameters, x, float(gamma), float(m))
        return (
            called("adbench", "mixture", *arguments, None, None, None, result=DOUBLE),
            into(called("adbench", "mixture", *arguments, *found, result=DOUBLE), *found),
        )

    program = Program(
        "mixture",
        partial(gmm.objective, gamma=gamma, m=m),
        partial(gmm.objective, gamma=gamma, m=m, log_sum_exp=gmm.torch_log_sum_exp),
        parameters,
        (x, gmm.places_of(d)),
    )
    name = f"mixture {points}_d{d}_K{K}"
    return Case(name, make, (parameters, x, gmm.places_of(d)), c, program)


def _mixture(points, d, K):
    path = Path(DATA or "", f"gmm/{points}/gmm_d{d}_K{K}.txt")
    if DATA and path.exists():
        return gmm.EXAMPLE["load"](path)
    return gmm.EXAMPLE["generate"](1000 * int(points[:-1]), d, K)


def adjustment():
    problem = ba.problem()
    count = len(problem.weights)

    def make(lib):
        def value(problem):
            return ba.errors(lib.np, ba.Problem(*problem), lib.vmap)

        def jacobian(problem):
            jac = lib.jacfwd if lib.name == "JAX" else lib.jacrev  # the quicker for each
            return ba.jacobian(lib.np, ba.Problem(*problem), lib.vmap, jac, lib.grad)

        return value, jacobian

    def c():
        arrays = [numpy.ascontiguousarray(a) for a in problem]
        errors, blocks = numpy.empty((count, 2)), numpy.empty((count, 2, 15))
        slopes = numpy.empty(count)
        return (
            called("adbench", "adjustment", count, *arrays, errors, None, None),
            into(
                called("adbench", "adjustment", count, *arrays, errors, blocks, slopes),
                blocks,
                slopes,
            ),
        )

    return Case(f"bundle adjustment, {count} observations", make, (tuple(problem),), c)


def network(layers, characters):
    path = Path(DATA or "", f"lstm/lstm_l{layers}_c{characters}.txt")
    found = (
        lstm.load(path) if DATA and path.exists() else lstm.generate(layers, characters, lstm.SIZE)
    )
    parameters, state, text = found

    def make(lib):
        f = partial(lstm.objective, lib.np, scan=lib.scan)
        return f, lib.grad(f)

    def c():
        grads = [numpy.empty_like(p) for p in parameters]
        arguments = (layers, *text.shape, *map(numpy.ascontiguousarray, (*parameters, state, text)))
        return (
            called("adbench", "network", *arguments, None, None, result=DOUBLE),
            into(called("adbench", "network", *arguments, *grads, result=DOUBLE), *grads),
        )

    return Case(f"LSTM l{layers}_c{characters}", make, (parameters, state, text), c)


def skin(kind):
    problem = hand.problem(kind)

    def make(lib):
        def value(theta, us):
            return hand.errors(lib.np, theta, us, problem)

        def jacobian(theta, us):
            return hand.jacobian(lib.np, theta, us, problem, lib.jacfwd)

        return value, jacobian

    def c():
        model, points, belongs, theta, us = problem
        errors = numpy.empty(points.shape)
        blocks = numpy.empty((*points.shape, len(theta) + (0 if us is None else 2)))
        arrays = (numpy.array(model.parents), *model[1:], points, belongs, theta, us)
        own = [
            a if a is None else numpy.ascontiguousarray(a)
            for a in (*arrays, hand.BENT, hand.SPREAD)
        ]
        function = partial(called, "hand", "hand", len(points), *own, errors)
        return function(None), into(function(blocks), blocks)

    return Case(f"hand, {kind}", make, (problem.theta, problem.us), c)


def cases():
    return [
        *(mixture(*sizes) for sizes in MIXTURES),
        adjustment(),
        *(network(*sizes) for sizes in NETWORKS),
        *(skin(kind) for kind in ("simple", "complicated")),
    ]
