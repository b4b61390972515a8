"""Calls, checkpoints and branches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from samples import floats

from control_cases.writing import (
    Case,
    Make,
    call,
    case,
    defined,
    full,
    op,
    pack,
    scan,
    sin,
    switch,
    total,
    unpack,
)
from lineara.ir.program import Function
from lineara.ir.value import Value
from lineara.ops.control.checkpoint import Checkpoint
from lineara.ops.control.policies import (
    everything_saveable,
    nothing_saveable,
    save_names,
    written,
)


def cases() -> Iterator[Case]:
    yield from calls()
    yield from checkpoints()
    yield from switches()
    yield from nested_switches()


def calls() -> Iterator[Case]:
    g = defined("f64[3] f64[]")(lambda x, y: [x * sin(x) * y, pack(x, y)])

    @defined("f64[3] f64[]")
    def twice(x: Value, y: Value) -> Any:
        a, p = call(g, x, y)
        b, q = call(g, a, total(a))
        return [b, p + q]

    yield case("call", twice)
    h = defined("f64[3] f64[]")(lambda x, y: [call(g, x, y)[0], sin(y)])
    k = defined("f64[3] f64[]")(lambda x, y: call(h, *call(h, x, y)))
    yield case("call nested", defined("f64[3] f64[]")(lambda x, y: call(k, *call(k, x, y))))


def checkpoints() -> Iterator[Case]:
    @defined("f64[2] f64[2]")
    def named(x: Value, y: Value) -> Any:
        z = op("name", "z")(sin(x * y))
        w = op("name", "w")(sin(z * x))
        return [w * z, sin(w)]

    yield case("name", named)
    f = defined("f64[2] f64[2]")(lambda x, y: op("name", "z")(op("name", "w")(x) + y))
    yield case("name linear", f, linear=True)
    for policy in (nothing_saveable, everything_saveable, save_names("z"), save_names("w", "z")):
        kept = Checkpoint(named, policy)
        f = defined("f64[2] f64[2]")(lambda x, y, k=kept: k.all(*k.all(x, y)))
        yield case(f"checkpoint {written(policy)}", f)
        body = defined("f64[2] f64[2]")(kept.all)
        f = defined("f64[2] f64[3,2]")(lambda s, xs, body=body: scan(body, 3, s, xs, carries=1))
        yield case(f"checkpoint {written(policy)} in a scan", f)
    inner = Checkpoint(defined("f64[] f64[]")(lambda a, x: [sin(x) * a, x]))
    g = defined("f64[] f64[]")(lambda a, x: inner.all(x, inner.all(a, x)[0]))
    yield case("checkpoint nested", defined("f64[] f64[]")(lambda a, x: Checkpoint(g).all(x, a)))


def functions(types: str, *bodies: Make) -> list[Function]:
    """Functions of the same parameters."""
    return [defined(types)(body) for body in bodies]


def costly(x: Value, y: Value) -> Any:
    z = x
    for _ in range(4):
        z = sin(z) * x
    return [z, sin(y)]


def three() -> list[Function]:
    return functions("f64[3] f64[]", lambda x, y: [sin(x * y), y * y], costly, lambda x, y: [x, y])


def choosing(*branches: Function) -> Function:
    return defined("i64[] f64[3] f64[]")(lambda i, x, y: switch(i, branches, x, y))


def switches() -> Iterator[Case]:
    def numbered(name: str, f: Function, *numbers: int) -> Case:
        return case(
            f"switch {name}",
            f,
            lambda k: [numbers[k % len(numbers)], floats(3, seed=k), floats(seed=k)],
        )

    for number in (-1, 0, 1, 2, 5):
        yield numbered(str(number), choosing(*three()), number)
    yield numbered("uneven", choosing(*three()), 0, 1, 2)
    yield numbered("of one", choosing(*functions("f64[3] f64[]", costly)), 0)

    def constant(x: Value, y: Value) -> Any:
        return [full(y.literal(2.0), (3,)), y.literal(3.0)]

    yield numbered("constant", choosing(*functions("f64[3] f64[]", costly, constant)), 0, 1)
    same = choosing(*functions("f64[3] f64[]", constant, constant))
    yield numbered("of constants", same, 0, 1)

    @defined("f64[] f64[]")
    def by_value(x: Value, y: Value) -> Any:
        i = op("convert", np.dtype(np.int64))(op("gt")(x, y))
        two = functions("f64[] f64[]", lambda x, y: [sin(x) * y], lambda x, y: [x - y * y])
        return switch(i, two, x, y)

    yield case("switch by value", by_value, lambda k: [0.5 - 0.4 * k, 0.3])


def nested_switches() -> Iterator[Case]:
    parts = functions(
        "pack(f64[2],i64[]) f64[]",
        lambda p, y: [pack(unpack(p)[0] * y, unpack(p)[1]), unpack(p)[1]],
        lambda p, y: [pack(sin(unpack(p)[0]), unpack(p)[1] + 1), unpack(p)[1] * 2],
        lambda p, y: [p, unpack(p)[1]],
    )
    f = defined("i64[] pack(f64[2],i64[]) f64[]")(lambda i, p, y: switch(i, parts, p, y))
    yield case("switch packages", f)
    inner = choosing(*three())
    outer = functions(
        "i64[] f64[3] f64[]",
        lambda i, x, y: call(inner, i + 1, sin(x), y),
        lambda i, x, y: [x * y, call(inner, i, x, y)[1]],
    )
    f = defined("i64[] f64[3] f64[]")(lambda i, x, y: switch(i, outer, i, x, y))
    yield case("switch nested", f, lambda k: [k - 1, floats(3, seed=k), floats(seed=k)])
