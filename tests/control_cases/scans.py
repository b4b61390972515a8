"""Loops with a known number of iterations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from samples import floats

from control_cases.writing import (
    Case,
    as_float,
    call,
    case,
    defined,
    element,
    pack,
    scan,
    sin,
    switch,
    unpack,
    with_element,
)
from lineara.ir.value import Value


def cases() -> Iterator[Case]:
    yield from simple()
    yield from activities()
    yield from elements()
    yield from nested()
    yield from stacks()


def simple() -> Iterator[Case]:
    def step(a: Value, s: Value, x: Value) -> Any:
        return [sin(s * a) + x, s * x]

    for dtype, n, reverse in [
        *((dtype, 4, True) for dtype in ("f64", "f32", "c128")),
        *(("f64", n, reverse) for n in (0, 1, 3) for reverse in (False, True)),
    ]:
        body = defined(" ".join([f"{dtype}[2]"] * 3))(step)
        attributes = {"consts": 1, "carries": 1, "reverse": reverse}
        f = defined(f"{dtype}[2] {dtype}[2] {dtype}[{n},2]")(
            lambda a, s, xs, body=body, n=n, named=attributes: scan(body, n, a, s, xs, **named)
        )
        yield case(f"scan {dtype} {n}{' reverse' * reverse}", f)

    body = defined("f64[] i64[] f64[] i64[]")(
        lambda s, k, x, i: [s * x + as_float(k), k + i, k * i, pack(s, k)]
    )
    f = defined("f64[] i64[] f64[3] i64[3]")(lambda *v: scan(body, 3, *v, carries=2))
    yield case("scan integers", f)

    @defined("pack(f64[],i64[]) pack(f64[2],i64[]) pack(f64[],i64[])")
    def packages(a: Value, s: Value, x: Value) -> Any:
        (c, _), (t, k), (y, i) = unpack(a), unpack(s), unpack(x)
        return [pack(sin(t) * c, k + i), pack(y * c, s)]

    f = defined("pack(f64[],i64[]) pack(f64[2],i64[]) pack(f64[3],i64[3])")(
        lambda *v: scan(packages, 3, *v, consts=1, carries=1)
    )
    yield case("scan packages", f)


def activities() -> Iterator[Case]:
    """Carries that depend on an active value in later iterations only."""

    @defined("f64[] f64[] f64[] f64[]")
    def shift(a: Value, u: Value, v: Value, s: Value) -> Any:
        return [v, s, sin(s) * a, u]

    @defined("f64[]")
    def late(x: Value) -> Any:
        start = [x.like(0.5), x.like(0.25), x]
        return scan(shift, 5, x.like(0.7), *start, consts=1, carries=3)

    yield case("scan late activity", late)
    f = defined("f64[]")(lambda x: scan(shift, 5, x, *[x.like(0.5)] * 3, consts=1, carries=3))
    yield case("scan late const", f)
    keep = defined("f64[3] f64[3]")(lambda a, s: [s, s, a, sin(s)])
    f = defined("f64[3] f64[3]")(lambda a, s: scan(keep, 2, a, s, consts=1, carries=1))
    yield case("scan unchanged", f)


def elements() -> Iterator[Case]:
    """Carries that are changed in one place in each iteration."""

    @defined("f64[4] i64[] f64[] f64[4] i64[]")
    def reading(a: Value, j: Value, s: Value, y: Value, i: Value) -> Any:
        s = sin(s * element(a, i)) + element(a, j)
        return [s, with_element(y, i, s * s), s]

    f = defined("f64[4] i64[] f64[] f64[4] i64[4]")(
        lambda *v: scan(reading, 4, *v, consts=2, carries=2)
    )
    yield case(
        "scan reading and writing",
        f,
        lambda k: [floats(4, seed=k), k, 0.4, floats(4, seed=9 + k), np.arange(4)],
    )

    @defined("f64[3] f64[3] i64[]")
    def swap(u: Value, v: Value, i: Value) -> Any:
        return [v, with_element(u, i, element(v, i) * 0.5), u]

    f = defined("f64[3] f64[3] i64[3]")(lambda *v: scan(swap, 3, *v, carries=2))
    yield case(
        "scan swapping", f, lambda k: [floats(3, seed=k), floats(3, seed=5 + k), np.arange(3)]
    )
    f = defined("f64[3] i64[3]")(lambda u, i: scan(swap, 3, u, u, i, carries=2))
    yield case("scan same start", f, lambda k: [floats(3, seed=k), np.arange(3)])


def nested() -> Iterator[Case]:
    g = defined("f64[] f64[]")(lambda s, x: [sin(s) * x])
    inner = defined("f64[] f64[] f64[]")(lambda a, s, x: [*call(g, s * a, *call(g, s, x)), x * s])
    outer = defined("f64[] f64[] f64[3]")(
        lambda a, s, xs: scan(inner, 3, a * s, s, xs, consts=1, carries=1)
    )
    f = defined("f64[] f64[] f64[2,3]")(lambda *v: scan(outer, 2, *v, consts=1, carries=1))
    yield case("scan nested", f)
    two = [
        defined("f64[] f64[] i64[]")(lambda s, x, i: [sin(s) * x, i + 1]),
        defined("f64[] f64[] i64[]")(lambda s, x, i: [s * s - x, i]),
    ]
    body = defined("f64[] i64[] f64[] i64[]")(lambda s, k, x, i: switch(i, two, s, x, k))
    f = defined("f64[] i64[] f64[4] i64[4]")(lambda *v: scan(body, 4, *v, carries=2))
    yield case("scan of switch", f, lambda k: [0.5, 1, floats(4, seed=k), (np.arange(4) + k) % 2])
    branches = [
        defined("f64[] f64[3]")(lambda s, xs: [*scan(g, 3, s, xs, carries=1), xs]),
        defined("f64[] f64[3]")(lambda s, xs: [s, sin(xs)]),
    ]
    f = defined("i64[] f64[] f64[3]")(lambda i, s, xs: switch(i, branches, s, xs))
    yield case("switch of scan", f, lambda k: [k, 0.5, floats(3, seed=k)])


def stacks() -> Iterator[Case]:
    """Loops along stacks, of as many iterations as their first operand says."""
    body = defined("f64[] f64[] f64[]")(lambda a, s, x: [sin(s * a) * x, s + x])
    for reverse in (False, True):
        f = defined("i64[] f64[] f64[] stack(f64[])")(
            lambda *v, reverse=reverse: scan(body, None, *v, consts=1, carries=1, reverse=reverse)
        )
        for n in (0, 1, 3):
            yield case(
                f"scan stack {n}{' reverse' * reverse}",
                f,
                lambda k, n=n: [n, 0.8, 0.3 * k, [floats(seed=k + j) for j in range(n)]],  # type: ignore[misc]
            )
