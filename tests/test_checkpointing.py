"""Schedules of checkpoints: the same results to the last bit, with the memory and the work that
they promise; and partial evaluation.
"""

from __future__ import annotations

from collections.abc import Callable
from math import comb, isqrt, log2
from typing import Any

import numpy as np
import pytest
from test_memory import measured

import lineara as la
from lineara.errors import TypeMismatchError
from lineara.frontend.control.segments import Schedule, extra
from lineara.ir.program import Function
from lineara.ops.control.base import Control
from lineara.ops.control.scan import Scan
from lineara.transforms.forget import forget

KNOWN_LENGTH: list[Schedule] = [1, 3, 100, "sqrt", "halving", ("binomial", 1), ("binomial", 3)]
ANY_LENGTH: list[Schedule] = [1, 3, 100, "sqrt"]
X = np.linspace(0.1, 1.0, 3)


def by_scan(x: Any, n: int, schedule: Schedule | None, reverse: bool = False) -> Any:
    scale = np.cos(x)

    def step(state: Any, t: Any) -> Any:
        after = state + 0.1 * np.sin(state * t) * scale
        return after, np.sum(after**2)

    times = np.linspace(0.5, 1.5, n)
    last, sums = la.scan(step, x, times, reverse=reverse, checkpoint=schedule)
    return np.sum(last**3) + np.sum(sums * times)


def by_fori(x: Any, n: int, schedule: Schedule | None) -> Any:
    def step(i: Any, state: Any) -> Any:
        return state + 0.1 * np.sin(state * i) * x

    return np.sum(la.fori_loop(2, 2 + n, step, x, checkpoint=schedule) ** 3)


def by_counting(x: Any, n: int, schedule: Schedule | None) -> Any:
    """A loop whose bound is a traced number."""

    def step(i: Any, state: Any) -> Any:
        return state + 0.1 * np.sin(state * i) * x

    n = la.stop_gradient(np.sum(x * 0)).astype(int) + n
    return np.sum(la.fori_loop(2, 2 + n, step, x, checkpoint=schedule) ** 3)


def by_while(x: Any, n: int, schedule: Schedule | None) -> Any:
    scale = np.cos(x)

    def going_on(state: Any) -> Any:
        return (state[1] < n) & (state[0][0] < 1e3)

    def step(state: Any) -> Any:
        value, i = state
        return value + 0.1 * np.sin(value) * scale, i + 1

    return np.sum(la.while_loop(going_on, step, (x, 0), checkpoint=schedule)[0] ** 3)


LOOPS = [
    *((by_scan, schedule) for schedule in KNOWN_LENGTH),
    *((by_fori, schedule) for schedule in KNOWN_LENGTH),
    *((by_counting, schedule) for schedule in ANY_LENGTH),
    *((by_while, schedule) for schedule in ANY_LENGTH),
]
DERIVATIVES: dict[str, Callable[[Callable[[Any], Any]], Callable[[Any], Any]]] = {
    "value": lambda f: f,
    "gradient": la.grad,
    "tangent": lambda f: lambda x: la.jvp(f, (x,), (np.cos(x),)),
    "linear map": lambda f: lambda x: la.linearize(f, x)[1](np.cos(x)),
    "of examples": lambda f: lambda x: la.vmap(la.grad(f))(np.stack([x, 2 * x])),
    "forward over reverse": lambda f: lambda x: la.hvp(f, (x,), (np.cos(x),)),
}


@pytest.mark.parametrize("derivative", DERIVATIVES)
@pytest.mark.parametrize(("loop", "schedule"), LOOPS)
def test_results_are_the_same_to_the_last_bit(
    loop: Any, schedule: Schedule, derivative: str
) -> None:
    derive = DERIVATIVES[derivative]
    for n in (0, 1, 2, 7):
        f, g = (derive(lambda x, n=n, s=s: loop(x, n, s)) for s in (None, schedule))
        expected = la.jit(f, backend="numpy")(X)
        np.testing.assert_array_equal(la.jit(g, backend="numpy")(X), expected)
        np.testing.assert_allclose(la.jit(g)(X), expected, rtol=1e-13)


@pytest.mark.parametrize(("loop", "schedule"), LOOPS)
def test_reverse_mode_over_reverse_mode(loop: Any, schedule: Schedule) -> None:
    """Cotangents of what is computed twice are added up in another order."""

    def second(schedule: Schedule | None) -> Any:
        return la.grad(lambda x: np.sum(la.grad(loop)(x, 7, schedule) * np.sin(x)))(X)

    np.testing.assert_allclose(second(schedule), second(None), rtol=1e-13)


@pytest.mark.parametrize("schedule", KNOWN_LENGTH)
def test_reversed_loops(schedule: Schedule) -> None:
    expected = la.grad(by_scan)(X, 7, None, reverse=True)
    np.testing.assert_array_equal(la.grad(by_scan)(X, 7, schedule, reverse=True), expected)


# -- what they cost -------------------------------------------------------------------------------

STATE = np.linspace(0.1, 1.0, 1000)


def steps(n: int, schedule: Schedule | None) -> Callable[[Any], Any]:
    """A loop that takes one sine, of all of its state, in each of n iterations."""

    def f(x: Any) -> Any:
        step = lambda i, state: state + 0.1 * np.sin(state)  # noqa: E731
        return np.sum(la.fori_loop(0, n, step, x, checkpoint=schedule))

    return f


def evaluations(f: Function, name: str) -> int:
    """How often a function evaluates an op, loops of known length included."""

    def of(function: Function) -> int:
        return function.memoized(("evaluations", name), lambda: evaluations(function, name))

    total = 0
    for equation in f.equations:
        op = equation.op
        total += op.name == name
        if isinstance(op, Control):
            times = op.length if isinstance(op, Scan) and op.length is not None else 1
            total += times * sum(of(g) for g in vars(op).values() if isinstance(g, Function))
    return total


def states_and_sines(n: int, schedule: Schedule | None) -> tuple[float, int]:
    """How many states the gradient holds at one time, and how many sines it takes."""
    program = la.trace(la.grad(steps(n, schedule)))(STATE)
    return la.memory(program).peak / STATE.nbytes, evaluations(forget(program.main), "sin")


TEMPORARY = 8
"""States that a gradient holds besides those that it keeps."""


def test_halving_stores_few_states_and_takes_few_iterations() -> None:
    n = 1024
    states, sines = states_and_sines(n, "halving")
    assert states <= 2 * log2(n) + TEMPORARY
    assert n * log2(n) / 2 <= sines <= n * (log2(n) + 1)


@pytest.mark.parametrize("n", [10, 64, 300])
@pytest.mark.parametrize("snapshots", [1, 3, 8])
def test_binomial_takes_as_few_iterations_as_possible(n: int, snapshots: int) -> None:
    """Each level of the nested calls holds a snapshot, and a cotangent and a tape of one step."""
    states, sines = states_and_sines(n, ("binomial", snapshots))
    often = next(r for r in range(n) if comb(snapshots + 1 + r, r) >= n)
    assert states <= 3 * (snapshots + often) + TEMPORARY
    assert sines == n + extra(n, snapshots)


def test_segments_keep_their_starts_and_one_segment() -> None:
    n = 400
    for schedule, k in (("sqrt", isqrt(n)), (10, 10), (50, 50)):
        states, sines = states_and_sines(n, schedule)  # type: ignore[arg-type]
        assert states <= n / k + k + TEMPORARY
        assert sines <= 2 * n
    assert states_and_sines(n, None)[0] >= n


@pytest.mark.parametrize("loop", [by_while, by_counting])
def test_loops_of_unknown_length_keep_their_square_root(loop: Any) -> None:
    x = np.linspace(0.1, 1.0, 20_000)
    for n in (100, 400):
        program = la.trace(la.grad(lambda x, n=n: loop(x, n, "sqrt")))(x)
        peak = measured(forget(program.main), [*program.constants, x])
        assert peak / x.nbytes <= 3 * isqrt(2 * n) + 2 * TEMPORARY  # a step leaves two arrays


# -- partial evaluation ---------------------------------------------------------------------------


def model(x: Any, y: Any, z: Any) -> Any:
    hidden = np.sin(x["a"]) * np.exp(x["b"])
    return {"all": np.sum(hidden * y) + z, "known": hidden, "given": x["a"]}


@pytest.mark.parametrize("known", [0, 1, (0, 1), (0, 2), (0, 1, 2), ()])
@pytest.mark.parametrize(
    "policy",
    [la.checkpoint_policies.everything_saveable, la.checkpoint_policies.nothing_saveable],
)
def test_two_programs_compute_one_together(known: Any, policy: Any) -> None:
    args = ({"a": X, "b": 2 * X}, np.cos(X), 0.5)
    first, second = la.partial_eval(model, known, policy)(*args)
    la.check(first)
    la.check(second)
    numbers = known if isinstance(known, tuple) else (known,)
    tape = first(*(args[i] for i in numbers))
    found = second(tape, *(x for i, x in enumerate(args) if i not in numbers))
    for a, b in zip(found, la.tree.leaves(model(*args)), strict=True):
        np.testing.assert_array_equal(a, b)


def test_what_is_known_is_worked_out_once() -> None:
    args = ({"a": X, "b": 2 * X}, np.cos(X), 0.5)
    whole = la.work(la.trace(model)(*args))
    first, second = la.partial_eval(model, 0)(*args)
    assert la.work(first) + la.work(second) == whole
    assert la.work(first) == 3 * len(X)
    lazy, second = la.partial_eval(model, 0, la.checkpoint_policies.nothing_saveable)(*args)
    assert (la.work(lazy), la.work(second)) == (0, whole)


def test_arguments_that_are_not_there() -> None:
    with pytest.raises(TypeMismatchError, match=r"known names argument 3(.|\n)*at least 4"):
        la.partial_eval(model, 3)({"a": X, "b": X}, X, 0.5)
    with pytest.raises(TypeMismatchError, match="known says which positional arguments are known"):
        la.partial_eval(model, "x")({"a": X, "b": X}, X, 0.5)  # type: ignore[arg-type]


@pytest.mark.parametrize("loop", [by_scan, by_fori, by_while, by_counting])
@pytest.mark.parametrize(
    ("schedule", "words"),
    [("quarter", "this is not a schedule"), (0, "this is not a schedule"), (True, "this is not")],
)
def test_schedules_that_are_none(loop: Any, schedule: Any, words: str) -> None:
    with pytest.raises(TypeMismatchError, match=rf"{words}(.|\n)*test_checkpointing.py:\d+"):
        la.grad(loop)(X, 7, schedule)


@pytest.mark.parametrize("loop", [by_scan, by_fori, by_while, by_counting])
def test_schedules_are_static(loop: Any) -> None:
    with pytest.raises(TypeMismatchError, match=r"decided when it is traced(.|\n)*static_argnums"):
        la.jit(loop, static_argnums=1)(X, 7, 3)
