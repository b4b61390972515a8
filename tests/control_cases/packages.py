"""Packages and stacks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from control_cases.writing import (
    Case,
    as_float,
    blank,
    case,
    defined,
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
