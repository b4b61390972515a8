"""The memory that programs are predicted to take is the memory that they take."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, seed, settings
from laws import active_mask
from programs import functions
from samples import floats

import lineara as la
from lineara.backends.memory import in_units, summary
from lineara.backends.numpy_interpreter import run
from lineara.errors import TypeMismatchError
from lineara.ir.containers import Package
from lineara.ir.program import Function
from lineara.ir.types import Array, ArrayType
from lineara.transforms.batch import batch
from lineara.transforms.forget import forget
from lineara.transforms.gradient import linearize
from lineara.transforms.transpose import transpose

BUFFERS = 200_000
"""Bytes that NumPy may take for buffers, whatever the size of the arrays."""


def measured(f: Function, arguments: Sequence[Any]) -> int:
    """The bytes that running `f` takes at most at one time, according to Python and NumPy."""
    run(f, *arguments)  # plans are made once
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        results = run(f, *arguments)
        _, peak = tracemalloc.get_traced_memory()
        del results
        return peak - before
    finally:
        tracemalloc.stop()


X = np.linspace(0.1, 1.0, 200_000)
SHORT = X[:5000]
WEIGHTS = [floats(300, 300, seed=i) for i in range(6)]
INPUTS = floats(500, 300)


def tree_of(x: Any, depth: int = 5) -> Any:
    return np.sin(x) if not depth else tree_of(x * 2.0, depth - 1) * tree_of(x + 1.0, depth - 1)


def network(layer: Callable[..., Any]) -> Callable[..., Any]:
    def loss(weights: Any, x: Any) -> Any:
        for w in weights:
            x = layer(w, x)
        return np.sum(x**2)

    return loss


def layer(w: Any, x: Any) -> Any:
    return np.tanh(np.sin(np.exp(0.01 * (x @ w))))


def counted(length: int) -> Callable[[Any], Any]:
    return lambda x: la.scan(lambda c, _: (np.sin(c), None), x, None, length=length)[0]


def writes(x: Any) -> Any:
    def body(i: Any, x: Any) -> Any:
        x[i] = x[i - 1] + 1.0
        return x

    return la.fori_loop(1, 100, body, x)


def accumulated(weights: Any, x: Any) -> Any:
    """A loop whose derivative adds to one cotangent of the weights in each iteration."""
    return np.sum(la.scan(lambda c, _: (np.tanh(c @ weights), None), x, None, length=8)[0])


def rotating(x: Any) -> Any:
    def body(c: Any, _: Any) -> Any:
        a, b, c = c
        return (b, c, a * 0.5), None

    return la.scan(body, (x, x, x), None, length=10)[0]


def nested(x: Any) -> Any:
    inner = la.jit(lambda x: np.sin(x) * np.cos(x) + np.exp(x))
    outer = la.jit(lambda x: inner(inner(x)) + inner(x))
    return np.sum(outer(outer(x)))


PROGRAMS: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {
    "chain": (lambda x: np.sin(np.cos(np.exp(x))), (X,)),
    "tree": (tree_of, (X,)),
    "sum": (lambda x: np.sum(np.sin(x) ** 2), (X,)),
    "views": (lambda x: np.exp(x.reshape(400, 500).T[::2, :100]), (X,)),
    "reshape that copies": (lambda x: x.reshape(400, 500).T.reshape(-1) * 2.0, (X,)),
    "views of intermediates": (lambda x: np.sum(np.exp(x)[:10]) + np.sum(np.sin(x)), (X,)),
    "several results": (lambda x: (np.sin(x), np.sort(x), x.reshape(2, -1), x), (X,)),
    "gradient": (la.grad(lambda x: np.sum(np.sin(x) * np.cos(x) ** 2)), (X,)),
    "gradient of reading parts": (
        la.grad(lambda x: sum(np.sum(x[k:-9] * x[9 - k]) for k in range(1, 9))),
        (X,),
    ),
    "nested calls": (nested, (X,)),
    "gradient of nested calls": (la.grad(nested), (X,)),
    "network": (network(layer), (WEIGHTS, INPUTS)),
    "gradient of a network": (la.grad(network(layer)), (WEIGHTS, INPUTS)),
    "gradient of a checkpointed network": (
        la.grad(network(la.checkpoint(layer))),
        (WEIGHTS, INPUTS),
    ),
    "Hessian-vector product": (
        lambda x: la.hvp(lambda x: np.sum(np.sin(x) ** 3), (x,), (x,)),
        (X,),
    ),
    "loop": (counted(10), (X,)),
    "gradient of a loop": (la.grad(lambda x: np.sum(counted(10)(x))), (X,)),
    "loop in place": (writes, (X,)),
    "loop that makes an array": (
        lambda x: la.scan(lambda c, _: (np.sin(c), c), x, None, length=50),
        (SHORT,),
    ),
    "loop along an array": (
        lambda x: la.scan(lambda c, y: (c + y, np.exp(c) * y), x[0], x)[1],
        (X.reshape(20, -1),),
    ),
    "loop that adds up": (la.grad(accumulated), (WEIGHTS[0], INPUTS)),
    "rotating carries": (rotating, (X,)),
    "loop in a loop": (la.grad(lambda x: np.sum(la.map(counted(5), x) ** 2)), (X.reshape(4, -1),)),
    "loop with a condition": (
        lambda x: la.while_loop(lambda c: np.sum(c) > 10.0, lambda c: np.sin(c * 0.5), x),
        (X,),
    ),
    "branches": (
        lambda x: la.cond(x[0] > 0, lambda x: np.sin(np.exp(x)) * x, lambda x: x, x),
        (X,),
    ),
    "gradient of branches": (
        la.grad(lambda x: np.sum(la.cond(x[0] > 0, lambda x: np.sin(x) ** 3, lambda x: -x, x))),
        (X,),
    ),
    "map of examples": (
        la.vmap(la.grad(lambda x: np.sum(np.exp(x) * x[0]))),
        (X.reshape(400, -1),),
    ),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_what_is_predicted_is_measured(name: str) -> None:
    fun, arguments = PROGRAMS[name]
    program = la.trace(fun)(*arguments)
    f = forget(program.main)
    inputs = [*program.constants, *map(np.asarray, la.tree.leaves(arguments))]
    memory = la.memory(program)
    assert memory.peak == pytest.approx(measured(f, inputs), rel=0.1)
    assert memory.arguments == sum(x.nbytes for x in inputs)
    assert memory.results == sum(np.asarray(x).nbytes for x in run(f, *inputs))


def test_checkpoints_lower_the_peak_as_predicted() -> None:
    def peaks(layer: Callable[..., Any]) -> tuple[int, int]:
        program = la.trace(la.grad(network(layer)))(WEIGHTS, INPUTS)
        arguments = [*program.constants, *WEIGHTS, INPUTS]
        return la.memory(program).peak, measured(program.main, arguments)

    (plain, plain_measured), (lower, lower_measured) = peaks(layer), peaks(la.checkpoint(layer))
    assert lower < 0.6 * plain
    assert plain - lower == pytest.approx(plain_measured - lower_measured, rel=0.1)


@pytest.mark.parametrize(
    ("fun", "tape"),
    [
        (lambda x: np.sum(np.sin(x)), 8000),
        (lambda x: np.sum(np.sin(np.exp(x))), 16000),
        (lambda x: np.sum(x), 0),
        (lambda x: np.sum(np.sin(counted(7)(x))), 64000),
        (lambda x: np.sin(x), None),  # no scalar
        (lambda x: (np.sum(x), x), None),
        (lambda x: np.argmax(x), None),
        (lambda x: np.sum(np.sin(x) * 1j), None),
    ],
)
def test_tape(fun: Callable[[Any], Any], tape: int | None) -> None:
    assert la.memory(la.trace(fun)(np.zeros(1000))).tape == tape


def test_a_stack_counts_with_one_entry() -> None:
    def fun(x: Any) -> Any:
        return np.sum(la.while_loop(lambda c: np.sum(c) > 1.0, lambda c: np.sin(c), x))

    assert la.memory(la.trace(fun)(np.ones(1000))).tape == 8000 + 8  # and the number of iterations


def test_constants_are_arguments_that_no_gradient_is_asked_for() -> None:
    held = np.ones(1000)
    memory = la.memory(la.trace(lambda x: np.sum(held * x))(np.zeros(1000)))
    assert (memory.arguments, memory.tape) == (16000, 8000)


def test_a_nest_of_calls_is_predicted_without_being_run() -> None:
    def nest(x: Any, depth: int = 0) -> Any:
        return np.sin(x)

    f: Any = nest
    for _ in range(40):
        f = la.jit(lambda x, g=f: g(x) * g(g(x)))  # type: ignore[misc]
    peak = la.memory(la.trace(f)(np.zeros(1000))).peak
    assert peak == pytest.approx(42 * 8000, rel=0.05)


def random_value(type: ArrayType) -> Any:
    if isinstance(type, Package):
        return tuple(map(random_value, type.items))
    return np.asarray(floats(*type.shape, low=0.1, high=1.0), type.dtype)


def enough(f: Function) -> None:
    """The prediction for `f` is not much less than what it takes, and not much more."""
    arguments = [random_value(p.type) for p in f.all_params]
    predicted, peak = summary(f).peak, measured(f, arguments)
    assert predicted + BUFFERS >= 0.9 * peak
    assert predicted <= 1.1 * peak + BUFFERS


@seed(0)
@settings(deadline=None, database=None, max_examples=150, suppress_health_check=list(HealthCheck))
@given(functions())
def test_random_programs(program: tuple[Function, list[Array]]) -> None:
    """They have small arrays, but a large number of examples makes large ones of them."""
    f, _ = program
    g = batch(f, 40_000, (True,) * len(f.params))
    enough(g)
    if active_mask(g):
        nonlin, lin = linearize(g, active_mask(g))
        enough(nonlin)
        enough(forget(transpose(lin)))


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (None, "—"),
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.00 kB"),
        (12_345, "12.3 kB"),
        (999_499, "999 kB"),
        (999_500, "1.00 MB"),
        (2**40, "1.10 TB"),
        (10**400, "1.00e+400 B"),
    ],
)
def test_units(count: int | None, text: str) -> None:
    assert in_units(count) == text


def test_what_is_no_program() -> None:
    with pytest.raises(TypeMismatchError, match="memory takes a program"):
        la.memory(np.sin)  # type: ignore[arg-type]
