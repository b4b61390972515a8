"""Packages and stacks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from control_cases.writing import (
    Case,
    as_float,
    blank,
    case,
    defined,
    full,
    op,
    pack,
    sample,
    scan,
    sin,
    total,
    type_named,
    unpack,
)
from lineara.ir.value import Value


def cases() -> Iterator[Case]:
    yield from packages()
    yield from stacks()
    yield from stacks_of_examples()


def packages() -> Iterator[Case]:
    @defined("f64[3] f64[] i64[]")
    def packed(x: Value, y: Value, i: Value) -> Any:
        p = pack(x * sin(x), i, y)
        a, j, c = unpack(p)
        return [total(a) * c + as_float(j), p]

    yield case("pack", packed)

    @defined("pack(pack(f64[],pack(f64[],i64[])),i64[]) f64[]")
    def nested(p: Value, x: Value) -> Any:
        inner, i = unpack(p)
        y, innermost = unpack(inner)
        z, k = unpack(innermost)
        q = pack(pack(pack(z * x, i), y * z), x)
        return [q, total(z) * y + as_float(k)]

    yield case("unpack three deep", nested)

    @defined("pack(f64[],f64[])")
    def used_twice(p: Value) -> Any:
        x, y = unpack(p)
        again, _ = unpack(p)
        return [sin(x) * y + again, p]

    yield case("unpack twice", used_twice)

    @defined("f64[3] f64[]")
    def joined(x: Value, y: Value) -> Any:
        p, q = pack(x, y * y), pack(sin(x), y)
        return [*unpack(p + (q + p)), q + q]

    yield case("join", joined)

    @defined("f64[3]")
    def blanks(x: Value) -> Any:
        p = pack(sin(x), x * x)
        a, b = unpack(p + blank(p))
        return [a * b, blank(p)]

    yield case("blank", blanks)


def stacks() -> Iterator[Case]:
    yield case("join of stacks", defined("stack(f64[2]) stack(f64[2])")(lambda s, t: s + (t + s)))

    @defined("stack(f64[]) i64[]")
    def blank_stack(s: Value, n: Value) -> Any:
        body = defined("f64[] f64[] f64[]")(lambda c, x, z: [sin(c * x) + z])
        start = s.builder.constant(0.5)
        return [s + blank(s), *scan(body, None, n, start, s, blank(s), carries=1), blank(s)]

    two = type_named("stack(f64[])")
    yield case("blank stack", blank_stack, lambda k: [sample(two, k), 2])

    @defined("i64[] f64[]")
    def counted(n: Value, x: Value) -> Any:
        body = defined("f64[] f64[] i64[]")(lambda a, s, i: [sin(s * a) + as_float(i) * a])
        return scan(body, None, n, x, x, op("count")(n), consts=1, carries=1)

    for n in (0, 1, 4):
        yield case(f"count {n}", counted, lambda k, n=n: [n, 0.3 + 0.1 * k])  # type: ignore[misc]
    yield case("count uneven", counted, lambda k: [2 * k, 0.3 + 0.1 * k])
    yield case("count result", defined("i64[]")(lambda n: op("count")(n)), lambda k: [3])


def stacks_of_examples() -> Iterator[Case]:
    of_pairs = type_named("stack(pack(f64[2],i64[2]))")
    for axis, item in enumerate(("f64[2,3]", "f64[3,2]")):
        repeat, summed = op("repeat", 2, axis), op("total", 2, axis)
        run_along = along(item)

        @defined("stack(f64[3]) i64[]")
        def repeated(s: Value, n: Value, repeat: Any = repeat, run_along: Any = run_along) -> Any:
            return [run_along(repeat(s), n), repeat(s)]

        @defined(f"stack({item}) i64[]")
        def totalled(s: Value, n: Value, summed: Any = summed) -> Any:
            return [along("f64[3]")(summed(s), n), summed(s)]

        mine, wide = type_named("stack(f64[3])"), type_named(f"stack({item})")
        yield case(f"repeat {axis}", repeated, lambda k, t=mine: [sample(t, k), 2])  # type: ignore[misc]
        yield case(f"total {axis}", totalled, lambda k, t=wide: [sample(t, k), 2])  # type: ignore[misc]

    pairs = defined("stack(pack(f64[2],i64[2]))")(lambda s: op("repeat", 3, 1)(s))
    yield case("repeat of pairs", pairs, lambda k: [sample(of_pairs, k)])

    @defined("bool[2] stack(f64[2,3]) stack(f64[2,3]) i64[]")
    def chosen(mask: Value, s: Value, t: Value, n: Value) -> Any:
        picked = op("choose")(mask, s, t)
        return [along("f64[2,3]")(picked, n), picked]

    of_rows = type_named("stack(f64[2,3])")

    def inputs(k: int, lengths: tuple[int, int]) -> list[Any]:
        mask = np.array([k % 2 == 0, True])
        return [mask, *(sample(of_rows, k + i, n) for i, n in enumerate(lengths)), min(lengths)]

    yield case("choose", chosen, lambda k: inputs(k, (2, 2)))
    yield case("choose uneven", chosen, lambda k: inputs(k, (3, 1)))
    mixed = defined("bool[2] stack(pack(f64[2],i64[2])) stack(pack(f64[2],i64[2]))")(
        lambda mask, s, t: op("choose")(mask, s, t)
    )
    yield case(
        "choose of pairs",
        mixed,
        lambda k: [np.array([True, False]), sample(of_pairs, k), sample(of_pairs, k + 1)],
    )


def along(item: str) -> Any:
    """A loop along a stack that adds up the sines of its items."""
    body = defined(f"{item} {item}")(lambda c, x: [c + sin(x)])

    def run(s: Value, n: Value) -> Value:
        start = full(s.builder.constant(0.0), type_named(item).shape)
        (result,) = scan(body, None, n, start, s, carries=1)
        return result  # type: ignore[no-any-return]

    return run
