"""Loops and branches: values of plain Python, derivatives of the unrolled program, linear cost."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

import lineara as la
from lineara.errors import LinearaError

X = np.array([0.3, 0.7, 0.2, 0.9, 0.5])
A = np.array([[0.2, -0.4], [0.7, 0.1]])


def unrolled_scan(f: Any, init: Any, xs: Any, reverse: bool = False) -> Any:
    """What `scan` computes, as a Python loop."""
    carry, ys = init, []
    order = range(len(xs))
    for k in reversed(order) if reverse else order:
        carry, y = f(carry, xs[k])
        ys.append(y)
    return carry, np.stack(ys[::-1] if reverse else ys)


def step(c: Any, x: Any) -> Any:
    return np.sin(c * x) + c, c * x


def write(x: Any, loop: Callable[..., Any]) -> Any:
    def body(i: Any, y: Any) -> Any:
        y[i] = np.sin(y[i - 1] * x[i]) + 1
        return y

    return loop(1, 5, body, np.ones_like(x) * x[0])


def python_for(lower: int, upper: int, body: Any, val: Any) -> Any:
    for i in range(lower, upper):
        val = body(i, val)
    return val


def python_while(cond: Any, body: Any, val: Any) -> Any:
    while cond(val):
        val = body(val)
    return val


def nested(x: Any, loop: Callable[..., Any]) -> Any:
    def outer(j: Any, s: Any) -> Any:
        return loop(0, 3, lambda i, t: t + np.sin(x[i] * x[j]), s) * 0.9

    return loop(0, 4, outer, x[0] * 0.0)


def growing(a: Any, loop: Callable[..., Any]) -> Any:
    return loop(lambda s: s[0] < 5, lambda s: (s[0] * 1.5 + a, s[1] + np.sin(s[0] * a)), (a, a))[1]


CASES: dict[str, tuple[Callable[..., Any], Callable[..., Any], tuple[Any, ...]]] = {
    "scan": (lambda x: la.scan(step, 1.0, x)[0], lambda x: unrolled_scan(step, 1.0, x)[0], (X,)),
    "what scan makes": (
        lambda x: np.sum(la.scan(step, 1.0, x)[1] ** 2),
        lambda x: np.sum(unrolled_scan(step, 1.0, x)[1] ** 2),
        (X,),
    ),
    "scan in reverse": (
        lambda x: np.sum(la.scan(step, 1.0, x, reverse=True)[1] * X),
        lambda x: np.sum(unrolled_scan(step, 1.0, x, reverse=True)[1] * X),
        (X,),
    ),
    "a closed-over matrix": (
        lambda a, x: np.sum(la.scan(lambda c, t: (np.tanh(a @ c) * t, None), np.ones(2), x)[0]),
        lambda a, x: np.sum(unrolled_scan(lambda c, t: (np.tanh(a @ c) * t, t), np.ones(2), x)[0]),
        (A, X),
    ),
    "reading by index": (
        lambda x: la.fori_loop(0, 5, lambda i, s: s + np.sin(x[i] * s), 0.5),
        lambda x: python_for(0, 5, lambda i, s: s + np.sin(x[i] * s), 0.5),
        (X,),
    ),
    "writing by index": (
        lambda x: np.sum(write(x, la.fori_loop) ** 2),
        lambda x: np.sum(write(x, python_for) ** 2),
        (X,),
    ),
    "nested loops": (lambda x: nested(x, la.fori_loop), lambda x: nested(x, python_for), (X,)),
    "while": (
        lambda a: growing(a, la.while_loop),
        lambda a: growing(a, python_while),
        (np.float64(0.7),),
    ),
    "cond": (
        lambda x: la.cond(x[0] > 0, lambda y: np.sum(y**3), lambda y: np.sum(y), x),
        lambda x: np.sum(x**3),
        (X,),
    ),
    "switch in a scan": (
        lambda x: la.scan(
            lambda c, t: (la.switch(t[0], [lambda: c * t[1], lambda: np.sin(c) + x[0]]), None),
            1.0,
            (np.array([0, 1, 1, 0, 5]), x),
        )[0],
        lambda x: python_for(
            0, 5, lambda i, c: np.sin(c) + x[0] if i in (1, 2, 4) else c * x[i], 1.0
        ),
        (X,),
    ),
    "map": (
        lambda x: np.sum(la.map(lambda t: np.exp(t) * x.sum(), x)),
        lambda x: np.sum(np.exp(x) * x.sum()),
        (X,),
    ),
    "associative_scan": (
        lambda x: np.sum(la.associative_scan(np.multiply, x) * X),
        lambda x: np.sum(np.cumprod(x) * X),
        (X,),
    ),
}


def gradient(f: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    return la.grad(f, tuple(range(len(arguments))))(*arguments)


def close(found: Any, expected: Any) -> None:
    for a, b in zip(la.tree.leaves(found), la.tree.leaves(expected), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)


TWO_ROOTS = la.jit(lambda x: (np.sqrt(x), 2 * x))
SECOND = la.jit(lambda y, x: (y, 2 * x))
UNUSED: dict[str, tuple[Callable[[Any], Any], float]] = {
    "call": (lambda x: TWO_ROOTS(x)[1], 2.0),
    "argument of a call": (lambda x: SECOND(np.sqrt(x), x)[1], 2.0),
    "gradient": (lambda x: la.grad(lambda y: np.sqrt(x) + 3 * y * y * x)(1.0), 6.0),
    "cond": (
        lambda x: la.cond(x < 1, lambda x: (np.sqrt(x), 2 * x), lambda x: (x, x), x)[1],
        2.0,
    ),
    "fori_loop": (
        lambda x: la.fori_loop(0, 3, lambda i, c: (np.sqrt(c[0] * 0 + x), c[1] + x), (x, x))[1],
        4.0,
    ),
    "while_loop": (
        lambda x: la.while_loop(
            lambda c: c[1] < 3, lambda c: (np.sqrt(c[0] * 0 + x), c[1] + x + 1), (x, x)
        )[1],
        4.0,
    ),
}


@pytest.mark.parametrize("name", UNUSED)
def test_what_nobody_uses_has_no_part_in_a_derivative(name: str) -> None:
    """The slope of the square root at zero is infinite: zero times it is not a number."""
    f, slope = UNUSED[name]
    assert la.grad(f)(0.0) == la.jacfwd(f)(0.0) == slope


@pytest.mark.parametrize("name", CASES)
def test_as_plain_python(name: str) -> None:
    f, python, arguments = CASES[name]
    close(f(*arguments), python(*arguments))  # nothing is traced
    close(la.jit(f)(*arguments), python(*arguments))
    close(gradient(f, arguments), gradient(python, arguments))
    close(la.jit(lambda *a: gradient(f, a))(*arguments), gradient(python, arguments))
    ones = tuple(np.ones_like(x) for x in arguments)
    close(la.jvp(f, arguments, ones), la.jvp(python, arguments, ones))
    close(la.hvp(f, arguments, ones), la.hvp(python, arguments, ones))


@pytest.mark.parametrize("name", CASES)
def test_many_at_once(name: str) -> None:
    f, python, arguments = CASES[name]
    examples = tuple(np.stack([x, x * 0.9, x * 1.1]) for x in arguments)
    one_by_one = [tuple(x[k] for x in examples) for k in range(3)]
    close(la.vmap(f)(*examples), np.stack([python(*e) for e in one_by_one]))
    every = tuple(range(len(arguments)))
    mapped = la.vmap(la.grad(f, every))(*examples)
    expected = [gradient(python, e) for e in one_by_one]
    close(mapped, tuple(np.stack(column) for column in zip(*expected, strict=True)))
    total = la.grad(lambda *e: np.sum(la.vmap(f)(*e)), every)(*examples)
    close(total, mapped)


@pytest.mark.parametrize("name", CASES)
def test_hessian(name: str) -> None:
    f, python, arguments = CASES[name]
    close(la.hessian(f)(*arguments), la.hessian(python)(*arguments))
    close(la.jacrev(la.grad(f))(*arguments), la.hessian(python)(*arguments))


def test_bounds_known_only_at_run_time() -> None:
    def f(x: Any, n: Any) -> Any:
        return la.fori_loop(0, n, lambda i, s: s * x[i] + np.sin(x[i]), 1.0)

    for n in range(6):
        expected = la.grad(
            lambda x, n=n: python_for(0, n, lambda i, s: s * x[i] + np.sin(x[i]), 1.0)
        )
        close(la.jit(la.grad(f))(X, n), expected(X) if n else np.zeros(5))
    counts = np.array([0, 2, 5])
    mapped = la.vmap(la.grad(f), (None, 0))(X, counts)
    close(mapped, np.stack([la.grad(f)(X, n) for n in counts]))


def test_a_loop_is_one_equation_however_long() -> None:
    def f(n: int) -> Callable[..., Any]:
        return lambda x: la.fori_loop(0, n, lambda i, s: np.sin(s * x) + i, 0.0)

    short, long = (la.trace(la.grad(f(n)))(1.0) for n in (10, 10_000_000))
    assert la.size(short) == la.size(long)


@pytest.mark.parametrize("loop", ["reads", "writes", "nested"])
def test_gradients_take_linear_work_and_tape(loop: str) -> None:
    def function(n: int) -> Callable[..., Any]:
        def body(i: Any, y: Any) -> Any:
            y[i] = np.sin(y[i - 1])
            return y

        def outer(x: Any) -> Any:
            inner = lambda j, s: la.fori_loop(0, 3, lambda i, t: t + x[i] * x[j], s)  # noqa: E731
            return la.fori_loop(0, n, inner, 0.0)

        return {
            "reads": lambda x: la.fori_loop(0, n, lambda i, s: s + np.sin(x[i]), 0.0),
            "writes": lambda x: np.sum(la.fori_loop(1, n, body, x.copy())),
            "nested": outer,
        }[loop]

    works, tapes = [], []
    for n in (1000, 2000, 4000):
        x = np.ones(n)
        works.append(la.work(la.trace(la.grad(function(n)))(x)))
        nonlin, _ = la.transforms.unzip(la.transforms.jvp(la.trace(function(n))(x)))
        tapes.append(sum(v.type.nbytes for v in nonlin.main.results))
    for small, large in (*pairwise(works), *pairwise(tapes)):
        assert large < 2.1 * small


def test_what_is_written_in_place_is_the_loops_own() -> None:
    start = X.copy()
    la.fori_loop(0, 5, lambda i, y: write_one(y, i), start)
    np.testing.assert_array_equal(start, X)
    la.jit(lambda y: la.fori_loop(0, 5, lambda i, y: write_one(y, i), y))(start)
    np.testing.assert_array_equal(start, X)


def write_one(y: Any, i: Any) -> Any:
    y[i] = 0.0
    return y


LINEAR: dict[str, Callable[[Any], Any]] = {
    "scan": lambda x: la.scan(lambda c, t: (c * 0.5 + t, 2.0 * c), 0.0, x)[1],
    "reading": lambda x: la.fori_loop(0, 5, lambda i, s: s + x[i] * X[0], 0.0),
    "while": lambda x: la.while_loop(
        lambda s: s[0] < 3, lambda s: (s[0] + 1, s[1] * 2.0 + x), (0, 0.0 * x)
    )[1],
    "switch": lambda x: la.switch(1, [lambda: x, lambda: x * X[1]]),
}


@pytest.mark.parametrize("name", LINEAR)
def test_loops_are_proved_linear(name: str) -> None:
    f = LINEAR[name]
    y = f(X)
    w = np.linspace(1.0, 2.0, np.size(y)).reshape(np.shape(y))
    (back,) = la.linear_transpose(f, X)(w)
    close(np.vdot(back, X), np.vdot(w, y))
    close((back,), la.vjp(f, X)[1](w))


ERRORS: dict[str, tuple[Callable[[], Any], list[str]]] = {
    "carry of another shape": (
        lambda: la.jit(lambda x: la.scan(lambda c, t: (np.ones_like(x), t), 1.0, x))(X),
        ["it returns f64[5]", "as it is given, f64[]"],
    ),
    "carry of another structure": (
        lambda: la.jit(lambda x: la.while_loop(lambda s: s[0] < 1, lambda s: s[0], (x, x)))(1.0),
        ["it returns *", "as it is given, (*, *)"],
    ),
    "carry of another dtype": (
        lambda: la.jit(lambda n: la.fori_loop(0, 3, lambda i, s: {"a": s["a"] * 0.5}, {"a": n}))(
            np.int64(3)
        ),
        ["it returns ['a']: f64[]", "as it is given, ['a']: i64[]"],
    ),
    "the same without tracing": (
        lambda: la.fori_loop(0, 3, lambda i, s: np.ones(2), 1.0),
        ["it returns f64[2]", "as it is given, f64[]"],
    ),
    "branches that differ": (
        lambda: la.jit(lambda x: la.cond(x > 0, lambda: (x, x), lambda: x))(1.0),
        ["branch 1 returns (*, *)", "as branch 0 does, *"],
    ),
    "not a pair": (
        lambda: la.scan(lambda c, t: c, 0.0, X),
        ["returns a pair", "(carry, y)"],
    ),
    "lengths that differ": (
        lambda: la.scan(lambda c, t: (c, c), 0.0, (X, np.ones(3))),
        ["f64[5], f64[3]"],
    ),
    "no length": (lambda: la.scan(lambda c, t: (c, c), 0.0), ["give length=..."]),
    "a condition that is no bool": (
        lambda: la.jit(lambda x: la.while_loop(lambda s: s, lambda s: s, x))(1.0),
        ["returns one bool", "found: f64[]"],
    ),
    "values in a body": (
        lambda: la.grad(lambda x: la.fori_loop(0, 3, lambda i, s: s if s > 0 else -s, x))(1.0),
        ["bool() needs a number"],
    ),
    "bounds that are no integers": (
        lambda: la.fori_loop(0.0, 3, lambda i, s: s, 1.0),
        ["found: a bound of type f64[]"],
    ),
    "an array to branch on": (
        lambda: la.cond(X > 0, lambda: 1.0, lambda: 2.0),
        ["bool[5]", "np.where"],
    ),
    "a linear loop that does not start from zero": (
        lambda: la.linear_transpose(lambda x: la.scan(lambda c, t: (c + t, None), 1.0, x)[0], X),
        ["ordinary value to begin with", "zero"],
    ),
    "no branches": (lambda: la.switch(0, []), ["at least one branch"]),
    "a function that is none": (lambda: la.scan(3, 0.0, X), ["scan"]),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors_show_both_sides_and_the_line(name: str) -> None:
    call, texts = ERRORS[name]
    with pytest.raises(LinearaError) as caught:
        call()
    for text in texts:
        assert text in str(caught.value)
    assert caught.value.where is not None
    assert caught.value.where.file == __file__
