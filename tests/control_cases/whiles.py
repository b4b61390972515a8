"""Loops with a condition."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from samples import floats

from control_cases.writing import (
    Case,
    call,
    case,
    defined,
    element,
    loop,
    op,
    pack,
    scan,
    sin,
    switch,
    unpack,
    upwards,
    with_element,
)
from lineara.ir.program import Function
from lineara.ir.value import Value


def cases() -> Iterator[Case]:
    yield from simple()
    yield from stacks()
    yield from carries()
    yield from nested()
    yield from among_others()


def counting() -> Function:
    """The function of a loop of n iterations."""
    body = defined("f64[] i64[] f64[]")(lambda a, i, s: [i + 1, sin(s) * a + s])
    return defined("i64[] f64[] f64[]")(lambda n, a, s: upwards(n, body, [a], s))


def simple() -> Iterator[Case]:
    for n in (0, 1, 5):
        yield case(f"while {n}", counting(), lambda k, n=n: [n, 0.7 + 0.1 * k, 0.3])  # type: ignore[misc]
    yield case("while uneven", counting(), lambda k: [2 * k, 0.7, 0.3 + 0.1 * k])
    cond = defined("f64[] f64[]")(lambda a, s: [op("lt")(s, a)])
    body = defined("f64[]")(lambda s: [s + s * s])
    f = defined("f64[] f64[]")(lambda a, s: loop(cond, body, a, s, cond_consts=1))
    yield case("while by value", f, lambda k: [5.0, 0.5 + 0.25 * k])
    yield case("while by value of nothing", f, lambda k: [0.1 + k, 0.5])


def stacks() -> Iterator[Case]:
    """What a loop makes besides its carries."""
    entries = defined("i64[] f64[2]")(lambda i, s: [i + 1, sin(s) * 1.5, s * s, pack(s, i)])
    back = defined("f64[2] f64[2] pack(f64[2],i64[])")(lambda c, x, p: [c * x + unpack(p)[0]])

    @defined("i64[] f64[2]")
    def made(n: Value, s: Value) -> Any:
        i, s, squares, pairs = upwards(n, entries, [], s)
        (c,) = scan(back, None, i, s, squares, pairs, carries=1, reverse=True)
        return [c, squares, i]

    yield case("while stacks", made, lambda k: [3, floats(2, seed=k)])
    yield case("while stacks uneven", made, lambda k: [2 - k, floats(2, seed=k)])


def carries() -> Iterator[Case]:
    late = defined("i64[] f64[] f64[] f64[]")(lambda i, u, v, s: [i + 1, v, s, sin(s) + u])
    f = defined("i64[] f64[]")(lambda n, x: upwards(n, late, [], x.like(0.5), x.like(0.2), x))
    yield case("while late activity", f, lambda k: [4, 0.3 + 0.1 * k])

    @defined("f64[4] i64[] f64[] f64[4]")
    def reading(a: Value, i: Value, s: Value, y: Value) -> Any:
        s = sin(s * element(a, i)) + element(y, i)
        return [i + 1, s, with_element(y, i, s * s)]

    f = defined("i64[] f64[4] f64[] f64[4]")(lambda n, a, s, y: upwards(n, reading, [a], s, y))
    yield case(
        "while reading and writing",
        f,
        lambda k: [4 - k, floats(4, seed=k), 0.4, floats(4, seed=9 + k)],
    )

    @defined("pack(i64[],f64[])")
    def packages(p: Value) -> Any:
        i, s = unpack(p)
        return [pack(i + 1, sin(s) + s)]

    cond = defined("i64[] pack(i64[],f64[])")(lambda n, p: [op("lt")(unpack(p)[0], n)])
    f = defined("i64[] f64[]")(
        lambda n, s: loop(cond, packages, n, pack(n.like(0), s), cond_consts=1)
    )
    yield case("while packages", f, lambda k: [3, 0.3 + 0.1 * k])
    yield case("while packages uneven", f, lambda k: [2 * k, 0.3])


def nested() -> Iterator[Case]:
    whole = counting()
    outer = defined("f64[] i64[] f64[]")(lambda a, i, s: [i + 1, call(whole, i, a, s)[1] * a])
    f = defined("i64[] f64[] f64[]")(lambda n, a, s: upwards(n, outer, [a], s))
    yield case("while nested", f, lambda k: [3, 0.7, 0.3 + 0.1 * k])
    yield case("while nested uneven", f, lambda k: [2 * k, 0.7, 0.3])
    two = [
        defined("f64[] f64[]")(lambda a, s: [sin(s) * a]),
        defined("f64[] f64[]")(lambda a, s: [s * s + a]),
    ]
    body = defined("f64[] i64[] f64[]")(
        lambda a, i, s: [i + 1, *switch(op("remainder")(i, 2), two, a, s)]
    )
    f = defined("i64[] f64[] f64[]")(lambda n, a, s: upwards(n, body, [a], s))
    yield case("while of switch", f, lambda k: [3, 0.7 - 0.1 * k, 0.3])
    yield case("while of switch uneven", f, lambda k: [k + 1, 0.7, 0.3])


def among_others() -> Iterator[Case]:
    """In a `scan`, around one, and in a branch."""
    whole = counting()
    body = defined("f64[] f64[] i64[]")(lambda a, s, n: [call(whole, n, a, s)[1], s])
    f = defined("f64[] f64[] i64[3]")(lambda *v: scan(body, 3, *v, consts=1, carries=1))
    yield case("scan of while", f, lambda k: [0.7, 0.3 + 0.1 * k, np.array([2, 0, 3])])
    yield case("scan of while uneven", f, lambda k: [0.7, 0.3, np.array([k, 0, 1])])
    inner = defined("f64[] f64[]")(lambda s, x: [sin(s) * x, s])
    around = defined("f64[3] i64[] f64[]")(
        lambda xs, i, s: [i + 1, scan(inner, 3, s, xs, carries=1)[0] + s]
    )
    f = defined("i64[] f64[3] f64[]")(lambda n, xs, s: upwards(n, around, [xs], s))
    yield case("while of scan", f, lambda k: [2, floats(3, seed=k), 0.4])
    yield case("while of scan uneven", f, lambda k: [k, floats(3, seed=k), 0.4])
    branches = [whole, defined("i64[] f64[] f64[]")(lambda n, a, s: [n, a * s])]
    f = defined("i64[] i64[] f64[] f64[]")(lambda i, *v: switch(i, branches, *v))
    yield case("switch of while", f, lambda k: [0, 3, 0.7, 0.3 + 0.1 * k])
    yield case("switch of while untaken", f, lambda k: [1, 3, 0.7, 0.3 + 0.1 * k])
    yield case("switch of while uneven", f, lambda k: [k % 2, k + 1, 0.7, 0.3])
