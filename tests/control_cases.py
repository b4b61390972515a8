"""Functions with packages, branches and loops, each with inputs for several examples."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
from samples import floats

from lineara.ir.builder import Builder
from lineara.ir.containers import Package, Stack
from lineara.ir.op import Op
from lineara.ir.program import Function
from lineara.ir.types import ArrayType
from lineara.ir.value import Value
from lineara.ops import OPS
from lineara.ops.control.call import Call
from lineara.ops.control.checkpoint import Checkpoint
from lineara.ops.control.policies import (
    everything_saveable,
    nothing_saveable,
    save_names,
    written,
)
from lineara.ops.control.scan import Scan
from lineara.ops.control.switch import Switch
from lineara.ops.control.while_loop import While
from lineara.text.parser import parse

Example = list[Any]


@dataclass(frozen=True)
class Case:
    """A function, and what to apply it to.

    Attributes:
        name: of the case; what precedes a space is the op that it is about.
        function: the function.
        example: inputs by number.
        smooth: whether its derivatives can be measured.
        linear: whether it is linear in its parameters.
    """

    name: str
    function: Function
    example: Callable[[int], Example]
    smooth: bool = True
    linear: bool = False

    def __str__(self) -> str:
        return self.name.replace(" ", "-")


# -- writing functions ----------------------------------------------------------------------------


def type_named(text: str) -> ArrayType:
    (param,) = parse(f"def f(x: {text}) -> () {{\n return\n}}").main.params
    return param.type


def function(types: str, make: Callable[..., Any], name: str = "f") -> Function:
    """A function of parameters of types (that are separated by spaces)."""
    b = Builder(name)
    made = make(*(b.parameter(type_named(t)) for t in types.split()))
    return b.build(made if isinstance(made, Sequence) else [made])


def op(name: str, *attributes: Any) -> Op:
    return OPS[name](*attributes)


def sin(x: Value) -> Value:
    return op("sin")(x)


def full(x: Value, shape: tuple[int, ...]) -> Value:
    return op("broadcast", shape)(x)


def total(x: Value) -> Value:
    return op("reduce_sum", tuple(range(x.ndim)))(x) if x.ndim else x


def as_float(x: Value) -> Value:
    return op("convert", np.dtype(np.float64))(x)


def pack(*values: Value) -> Value:
    return op("pack")(*values)


def unpack(value: Value) -> tuple[Value, ...]:
    return op("unpack").all(value)


def call(f: Function, *operands: Value) -> tuple[Value, ...]:
    return Call(f).all(*operands)


def switch(number: Value, branches: Sequence[Function], *operands: Value) -> tuple[Value, ...]:
    return Switch(tuple(branches)).all(number, *operands)


def scan(
    body: Function,
    length: int | None,
    *operands: Any,
    consts: int = 0,
    carries: int = 0,
    **rest: Any,
) -> tuple[Value, ...]:
    return Scan(body, length, consts=consts, carries=carries, **rest).all(*operands)


def loop(cond: Function, body: Function, *operands: Value, **counts: int) -> tuple[Value, ...]:
    return While(cond, body, **counts).all(*operands)


def element(x: Value, i: Value) -> Value:
    """x[i]"""
    return op("reshape", ())(op("dynamic_slice", (1,))(x, i))


def with_element(x: Value, i: Value, y: Value) -> Value:
    """`x` with y at place i."""
    return op("dynamic_update_slice")(x, op("reshape", (1,))(y), i)


def sample(type: ArrayType, seed: int, length: int = 2) -> Any:
    """A value of a type; stacks are of that length, integers small."""
    if isinstance(type, Package):
        return tuple(sample(t, seed + 10 * i, length) for i, t in enumerate(type.items))
    if isinstance(type, Stack):
        return [sample(type.items[0], seed + 10 * i, length) for i in range(length)]
    if type.has_tangent:
        return floats(*type.shape, seed=seed, low=-1.2, high=1.2, dtype=type.dtype)
    numbers = np.arange(type.size).reshape(type.shape) + seed % 3
    return np.asarray(numbers, type.dtype)


def case(
    name: str,
    f: Function,
    example: Callable[[int], Sequence[Any]] | None = None,
    *,
    smooth: bool = True,
    linear: bool = False,
) -> Case:
    """A case; by default examples are made from the types. Python numbers become 0-d arrays."""

    def default(k: int) -> Sequence[Any]:
        return [sample(p.type, 100 * i + k) for i, p in enumerate(f.params)]

    def made(k: int) -> Example:
        values = (example or default)(k)
        return [
            np.asarray(x, p.type.dtype) if isinstance(x, int | float) else x
            for p, x in zip(f.params, values, strict=True)
        ]

    return Case(name, f, made, smooth, linear)


# -- packages -------------------------------------------------------------------------------------


def packages() -> Iterator[Case]:
    def packed(x: Value, y: Value, i: Value) -> Any:
        p = pack(x * sin(x), i, y)
        a, j, c = unpack(p)
        return [total(a) * c + as_float(j), p]

    yield case("pack", function("f64[3] f64[] i64[]", packed))

    def nested(p: Value, x: Value) -> Any:
        inner, i = unpack(p)
        y, innermost = unpack(inner)
        z, k = unpack(innermost)
        q = pack(pack(pack(z * x, i), y * z), x)
        return [q, total(z) * y + as_float(k)]

    three = "pack(pack(f64[],pack(f64[2],i64[])),i64[]) f64[]"
    yield case("unpack three deep", function(three.replace("f64[2]", "f64[]"), nested))

    def used_twice(p: Value) -> Any:
        x, y = unpack(p)
        again, _ = unpack(p)
        return [sin(x) * y + again, p]

    yield case("unpack twice", function("pack(f64[],f64[])", used_twice))

    def joined(x: Value, y: Value) -> Any:
        p, q = pack(x, y * y), pack(sin(x), y)
        return [*unpack(op("join")(p, op("join")(q, p))), op("join")(q, q)]

    yield case("join", function("f64[3] f64[]", joined))

    stacks = "stack(f64[2]) stack(f64[2])"
    yield case("join of stacks", function(stacks, lambda s, t: op("join")(s, op("join")(t, s))))

    def blanks(x: Value) -> Any:
        p = pack(sin(x), x * x)
        (zero,) = x.builder.emit(op("blank", p.type))
        a, b = unpack(op("join")(p, zero))
        return [a * b, zero]

    yield case("blank", function("f64[3]", blanks))

    def blank_stack(s: Value, n: Value) -> Any:
        (zero,) = s.builder.emit(op("blank", s.type))
        body = function("f64[] f64[] f64[]", lambda c, x, z: [sin(c * x) + z])
        start = s.builder.constant(0.5)
        return [op("join")(s, zero), *scan(body, None, n, start, s, zero, carries=1), zero]

    yield case(
        "blank stack",
        function("stack(f64[]) i64[]", blank_stack),
        lambda k: [sample(type_named("stack(f64[])"), k), 2],
    )

    def counted(n: Value, x: Value) -> Any:
        body = function("f64[] f64[] i64[]", lambda a, s, i: [sin(s * a) + as_float(i) * a])
        return scan(body, None, n, x, x, op("count")(n), consts=1, carries=1)

    f = function("i64[] f64[]", counted)
    for length in (0, 1, 4):
        yield case(f"count {length}", f, lambda k, n=length: [n, 0.3 + 0.1 * k])  # type: ignore[misc]
    yield case("count uneven", f, lambda k: [2 * k, 0.3 + 0.1 * k])
    yield case("count result", function("i64[]", lambda n: op("count")(n)), lambda k: [3])


# -- calls and branches ---------------------------------------------------------------------------


def branches() -> Iterator[Case]:
    g = function("f64[3] f64[]", lambda x, y: [x * sin(x) * y, pack(x, y)], "g")

    def calls(x: Value, y: Value) -> Any:
        a, p = call(g, x, y)
        b, q = call(g, a, total(a))
        return [b, op("join")(p, q)]

    yield case("call", function("f64[3] f64[]", calls))
    h = function("f64[3] f64[]", lambda x, y: [call(g, x, y)[0], sin(y)], "h")
    k = function("f64[3] f64[]", lambda x, y: call(h, *call(h, x, y)), "k")
    yield case("call nested", function("f64[3] f64[]", lambda x, y: call(k, *call(k, x, y))))

    def same(types: str, *makers: Callable[..., Any]) -> list[Function]:
        return [function(types, make, f"g{i}") for i, make in enumerate(makers)]

    def smooth(x: Value, y: Value) -> Any:
        return [sin(x * y), y * y]

    def costly(x: Value, y: Value) -> Any:
        z = x
        for _ in range(4):
            z = sin(z) * x
        return [z, sin(y)]

    three = same("f64[3] f64[]", smooth, costly, lambda x, y: [x, y])
    f = function("i64[] f64[3] f64[]", lambda i, x, y: switch(i, three, x, y))
    for number in (-1, 0, 1, 2, 5):
        yield case(
            f"switch {number}", f, lambda k, n=number: [n, floats(3, seed=k), floats(seed=k)]
        )  # type: ignore[misc]
    yield case("switch uneven", f, lambda k: [k, floats(3, seed=k), floats(seed=k)])
    one = same("f64[3] f64[]", costly)
    yield case(
        "switch of one", function("i64[] f64[3] f64[]", lambda i, x, y: switch(i, one, x, y))
    )

    constant = same(
        "f64[3] f64[]", smooth, lambda x, y: [x.like(1.0) * full(y.like(2.0), (3,)), y.like(3.0)]
    )
    yield case(
        "switch constant", function("i64[] f64[3] f64[]", lambda i, x, y: switch(i, constant, x, y))
    )

    parts = same(
        "pack(f64[2],i64[]) f64[]",
        lambda p, y: [pack(unpack(p)[0] * y, unpack(p)[1]), unpack(p)[1]],
        lambda p, y: [pack(sin(unpack(p)[0]), unpack(p)[1] + 1), unpack(p)[1] * 2],
        lambda p, y: [p, unpack(p)[1]],
    )
    f = function("i64[] pack(f64[2],i64[]) f64[]", lambda i, p, y: switch(i, parts, p, y))
    yield case("switch packages", f)
    inner = function("i64[] f64[3] f64[]", lambda i, x, y: switch(i, three, x, y), "inner")
    outer = same(
        "i64[] f64[3] f64[]",
        lambda i, x, y: call(inner, i + 1, sin(x), y),
        lambda i, x, y: [x * y, call(inner, i, x, y)[1]],
    )
    f = function("i64[] f64[3] f64[]", lambda i, x, y: switch(i, outer, i, x, y))
    yield case("switch nested", f, lambda k: [k - 1, floats(3, seed=k), floats(seed=k)])

    def chosen(x: Value, y: Value) -> Any:
        i = op("convert", np.dtype(np.int64))(op("gt")(x, y))
        two = same("f64[] f64[]", lambda x, y: [sin(x) * y], lambda x, y: [x - y * y])
        return switch(i, two, x, y)

    yield case("switch by value", function("f64[] f64[]", chosen), lambda k: [0.5 - 0.4 * k, 0.3])


# -- scans ----------------------------------------------------------------------------------------


def scans() -> Iterator[Case]:
    def step(a: Value, s: Value, x: Value) -> Any:
        return [sin(s * a) + x, s * x]

    for dtype in ("f64", "f32", "c128"):
        body = function(" ".join([f"{dtype}[2]"] * 3), step, "body")
        for n in (0, 1, 4):
            types = f"{dtype}[2] {dtype}[2] {dtype}[{n},2]"
            for reverse in (False, True):
                f = function(
                    types,
                    lambda a, s, xs, body=body, n=n, reverse=reverse: scan(
                        body, n, a, s, xs, consts=1, carries=1, reverse=reverse
                    ),
                )
                yield case(f"scan {dtype} {n}{' reverse' * reverse}", f)

    body = function(
        "f64[] i64[] f64[] i64[]",
        lambda s, k, x, i: [s * x + as_float(k), k + i, k * i, pack(s, k)],
        "body",
    )
    yield case(
        "scan integers",
        function("f64[] i64[] f64[3] i64[3]", lambda *v: scan(body, 3, *v, carries=2)),
    )

    def shifted(a: Value, u: Value, v: Value, s: Value) -> Any:
        return [v, s, sin(s) * a, u]

    shift = function("f64[] f64[] f64[] f64[]", shifted, "body")

    def late(x: Value) -> Any:
        start = [x.like(0.5), x.like(0.25), x]
        return scan(shift, 5, x.like(0.7), *start, consts=1, carries=3)

    yield case("scan late activity", function("f64[]", late))
    yield case(
        "scan late const",
        function("f64[]", lambda x: scan(shift, 5, x, *[x.like(0.5)] * 3, consts=1, carries=3)),
    )

    def reading(a: Value, j: Value, s: Value, y: Value, i: Value) -> Any:
        s = sin(s * element(a, i)) + element(a, j)
        return [s, with_element(y, i, s * s), s]

    def read(a: Value, j: Value, s: Value, y: Value, i: Value) -> Any:
        return scan(body_reading, 4, a, j, s, y, i, consts=2, carries=2)

    body_reading = function("f64[4] i64[] f64[] f64[4] i64[]", reading, "body")
    yield case(
        "scan reading and writing",
        function("f64[4] i64[] f64[] f64[4] i64[4]", read),
        lambda k: [floats(4, seed=k), k, 0.4, floats(4, seed=9 + k), np.arange(4)],
    )

    def swapped(u: Value, v: Value, i: Value) -> Any:
        return [v, with_element(u, i, element(v, i) * 0.5), u]

    swap = function("f64[3] f64[3] i64[]", swapped, "body")
    yield case(
        "scan swapping",
        function("f64[3] f64[3] i64[3]", lambda *v: scan(swap, 3, *v, carries=2)),
        lambda k: [floats(3, seed=k), floats(3, seed=5 + k), np.arange(3)],
    )
    yield case(
        "scan same start",
        function("f64[3] i64[3]", lambda u, i: scan(swap, 3, u, u, i, carries=2)),
        lambda k: [floats(3, seed=k), np.arange(3)],
    )

    keep = function("f64[3] f64[3]", lambda a, s: [s, s, a, sin(s)], "body")
    yield case(
        "scan unchanged",
        function("f64[3] f64[3]", lambda a, s: scan(keep, 2, a, s, consts=1, carries=1)),
    )

    carried = function(
        "pack(f64[],i64[]) pack(f64[2],i64[]) pack(f64[],i64[])",
        lambda a, s, x: [
            pack(sin(unpack(s)[0]) * unpack(a)[0], unpack(s)[1] + unpack(x)[1]),
            pack(unpack(x)[0] * unpack(a)[0], s),
        ],
        "body",
    )
    types = "pack(f64[],i64[]) pack(f64[2],i64[]) pack(f64[3],i64[3])"
    yield case(
        "scan packages", function(types, lambda *v: scan(carried, 3, *v, consts=1, carries=1))
    )

    g = function("f64[] f64[]", lambda s, x: [sin(s) * x], "g")
    inner = function(
        "f64[] f64[] f64[]", lambda a, s, x: [*call(g, s * a, *call(g, s, x)), x * s], "inner"
    )
    outer = function(
        "f64[] f64[] f64[3]",
        lambda a, s, xs: scan(inner, 3, a * s, s, xs, consts=1, carries=1),
        "outer",
    )
    yield case(
        "scan nested",
        function("f64[] f64[] f64[2,3]", lambda *v: scan(outer, 2, *v, consts=1, carries=1)),
    )

    two = [
        function("f64[] f64[] i64[]", lambda s, x, i: [sin(s) * x, i + 1], "left"),
        function("f64[] f64[] i64[]", lambda s, x, i: [s * s - x, i], "right"),
    ]
    branching = function(
        "f64[] i64[] f64[] i64[]", lambda s, k, x, i: switch(i, two, s, x, k), "body"
    )
    yield case(
        "scan of switch",
        function("f64[] i64[] f64[4] i64[4]", lambda *v: scan(branching, 4, *v, carries=2)),
        lambda k: [0.5, 1, floats(4, seed=k), np.arange(4) + k & 1],
    )
    yield case(
        "switch of scan",
        function(
            "i64[] f64[] f64[3]",
            lambda i, s, xs: switch(
                i,
                [
                    function("f64[] f64[3]", lambda s, xs: [scan(g, 3, s, xs, carries=1)[0], xs]),
                    function("f64[] f64[3]", lambda s, xs: [s, sin(xs)]),
                ],
                s,
                xs,
            ),
        ),
        lambda k: [k, 0.5, floats(3, seed=k)],
    )

    made = function("f64[] f64[] f64[]", lambda a, s, x: [sin(s * a) * x, s + x], "body")
    for reverse in (False, True):
        f = function(
            "i64[] f64[] f64[] stack(f64[])",
            lambda n, a, s, xs, r=reverse: scan(
                made, None, n, a, s, xs, consts=1, carries=1, reverse=r
            ),
        )
        for n in (0, 1, 3):
            yield case(
                f"scan stack {n}{' reverse' * reverse}",
                f,
                lambda k, n=n: [n, 0.8, 0.3 * k, [floats(seed=k + j) for j in range(n)]],
            )  # type: ignore[misc]


# -- loops with a condition -----------------------------------------------------------------------


def whiles() -> Iterator[Case]:
    def below(types: str) -> Function:
        return function(f"i64[] i64[] {types}", lambda n, i, *_: [op("lt")(i, n)], "cond")

    body = function("f64[] i64[] f64[]", lambda a, i, s: [i + 1, sin(s) * a + s], "body")
    cond = below("f64[]")

    def simple(n: Value, a: Value, s: Value) -> Any:
        return loop(cond, body, n, a, n.like(0), s, cond_consts=1, consts=1)

    f = function("i64[] f64[] f64[]", simple)
    for trips in (0, 1, 5):
        yield case(f"while {trips}", f, lambda k, n=trips: [n, 0.7 + 0.1 * k, 0.3])  # type: ignore[misc]
    yield case("while uneven", f, lambda k: [2 * k, 0.7, 0.3 + 0.1 * k])

    small = function("f64[] f64[]", lambda a, s: [op("lt")(s, a)], "cond")
    grow = function("f64[]", lambda s: [s + s * s], "body")
    f = function("f64[] f64[]", lambda a, s: loop(small, grow, a, s, cond_consts=1))
    yield case("while by value", f, lambda k: [5.0, 0.5 + 0.25 * k])
    yield case("while by value of nothing", f, lambda k: [0.1 + k, 0.5])

    entries = function(
        "i64[] f64[2]", lambda i, s: [i + 1, sin(s) * 1.5, s * s, pack(s, i)], "body"
    )
    many = below("f64[2]")

    def stacks(n: Value, s: Value) -> Any:
        i, s, squares, pairs = loop(many, entries, n, n.like(0), s, cond_consts=1)
        back = function(
            "f64[2] f64[2] pack(f64[2],i64[])", lambda c, x, p: [c * x + unpack(p)[0]], "back"
        )
        (c,) = scan(back, None, i, s, squares, pairs, carries=1, reverse=True)
        return [c, squares, i]

    f = function("i64[] f64[2]", stacks)
    yield case("while stacks", f, lambda k: [3, floats(2, seed=k)])
    yield case("while stacks uneven", f, lambda k: [2 - k, floats(2, seed=k)])

    late = function("i64[] f64[] f64[] f64[]", lambda i, u, v, s: [i + 1, v, s, sin(s) + u], "body")
    f = function(
        "i64[] f64[]",
        lambda n, x: loop(
            below("f64[] f64[] f64[]"),
            late,
            n,
            n.like(0),
            x.like(0.5),
            x.like(0.2),
            x,
            cond_consts=1,
        ),
    )
    yield case("while late activity", f, lambda k: [4, 0.3 + 0.1 * k])

    def reading(a: Value, i: Value, s: Value, y: Value) -> Any:
        s = sin(s * element(a, i)) + element(y, i)
        return [i + 1, s, with_element(y, i, s * s)]

    read = function("f64[4] i64[] f64[] f64[4]", reading, "body")
    f = function(
        "i64[] f64[4] f64[] f64[4]",
        lambda n, a, s, y: loop(
            below("f64[] f64[4]"), read, n, a, n.like(0), s, y, cond_consts=1, consts=1
        ),
    )
    yield case(
        "while reading and writing",
        f,
        lambda k: [4 - k, floats(4, seed=k), 0.4, floats(4, seed=9 + k)],
    )

    def nested(n: Value, a: Value, i: Value, s: Value) -> Any:
        _, s = loop(cond, body, i, a, n.like(0), s, cond_consts=1, consts=1)
        return [i + 1, s * a]

    outer = function("i64[] f64[] i64[] f64[]", nested, "outer")
    f = function(
        "i64[] f64[] f64[]",
        lambda n, a, s: loop(cond, outer, n, n, a, n.like(0), s, cond_consts=1, consts=2),
    )
    yield case("while nested", f, lambda k: [3, 0.7, 0.3 + 0.1 * k])
    yield case("while nested uneven", f, lambda k: [2 * k, 0.7, 0.3])

    two = [
        function("f64[] f64[]", lambda a, s: [sin(s) * a], "left"),
        function("f64[] f64[]", lambda a, s: [s * s + a], "right"),
    ]
    branching = function(
        "f64[] i64[] f64[]",
        lambda a, i, s: [i + 1, *switch(op("remainder")(i, 2), two, a, s)],
        "body",
    )
    f = function(
        "i64[] f64[] f64[]",
        lambda n, a, s: loop(cond, branching, n, a, n.like(0), s, cond_consts=1, consts=1),
    )
    yield case("while of switch", f, lambda k: [3, 0.7 - 0.1 * k, 0.3])
    yield case("while of switch uneven", f, lambda k: [k + 1, 0.7, 0.3])

    whole = function("i64[] f64[] f64[]", simple, "whole")
    in_scan = function("f64[] f64[] i64[]", lambda a, s, n: [call(whole, n, a, s)[1], s], "body")
    f = function("f64[] f64[] i64[3]", lambda *v: scan(in_scan, 3, *v, consts=1, carries=1))
    yield case("scan of while", f, lambda k: [0.7, 0.3 + 0.1 * k, np.array([2, 0, 3])])
    yield case("scan of while uneven", f, lambda k: [0.7, 0.3, np.array([k, 0, 1])])

    scanning = function("f64[] f64[]", lambda s, x: [sin(s) * x, s], "inner")
    of_scan = function(
        "f64[3] i64[] f64[]",
        lambda xs, i, s: [i + 1, scan(scanning, 3, s, xs, carries=1)[0] + s],
        "body",
    )
    f = function(
        "i64[] f64[3] f64[]",
        lambda n, xs, s: loop(cond, of_scan, n, xs, n.like(0), s, cond_consts=1, consts=1),
    )
    yield case("while of scan", f, lambda k: [2, floats(3, seed=k), 0.4])
    yield case("while of scan uneven", f, lambda k: [k, floats(3, seed=k), 0.4])

    f = function(
        "i64[] i64[] f64[] f64[]",
        lambda i, n, a, s: switch(
            i, [whole, function("i64[] f64[] f64[]", lambda n, a, s: [n, a * s], "other")], n, a, s
        ),
    )
    yield case("switch of while", f, lambda k: [0, 3, 0.7, 0.3 + 0.1 * k])
    yield case("switch of while untaken", f, lambda k: [1, 3, 0.7, 0.3 + 0.1 * k])
    yield case("switch of while uneven", f, lambda k: [k % 2, k + 1, 0.7, 0.3])

    carried = function(
        "pack(i64[],f64[])",
        lambda p: [pack(unpack(p)[0] + 1, sin(unpack(p)[1]) + unpack(p)[1])],
        "body",
    )
    asked = function("i64[] pack(i64[],f64[])", lambda n, p: [op("lt")(unpack(p)[0], n)], "cond")
    f = function(
        "i64[] f64[]", lambda n, s: loop(asked, carried, n, pack(n.like(0), s), cond_consts=1)
    )
    yield case("while packages", f, lambda k: [3, 0.3 + 0.1 * k])
    yield case("while packages uneven", f, lambda k: [2 * k, 0.3])


# -- checkpoints ----------------------------------------------------------------------------------


def checkpoints() -> Iterator[Case]:
    def named(x: Value, y: Value) -> Any:
        z = op("name", "z")(sin(x * y))
        w = op("name", "w")(sin(z * x))
        return [w * z, sin(w)]

    def apart(a: Value, x: Value) -> Any:
        return [sin(x) * a, x]

    g = function("f64[2] f64[2]", named, "g")
    policies = [nothing_saveable, everything_saveable, save_names("z"), save_names("w", "z")]
    for policy in policies:
        kept = Checkpoint(g, policy)
        f = function("f64[2] f64[2]", lambda x, y, k=kept: k.all(*k.all(x, y)))
        yield case(f"checkpoint {written(policy)}", f)
        f = function("f64[2] f64[3,2]", lambda s, xs, k=kept: _loop_of(k, s, xs))
        yield case(f"checkpoint {written(policy)} in a scan", f)
    yield case("name", function("f64[2] f64[2]", named))
    f = function("f64[2] f64[2]", lambda x, y: op("name", "z")(op("name", "w")(x) + y))
    yield case("name linear", f, linear=True)
    inner = Checkpoint(function("f64[] f64[]", apart, "g"))
    outer = Checkpoint(function("f64[] f64[]", lambda a, x: inner.all(x, *inner.all(a, x)[:1]), "h"))
    yield case("checkpoint nested", function("f64[] f64[]", lambda a, x: outer.all(x, a)))


def _loop_of(kept: Checkpoint, s: Value, xs: Value) -> Any:
    body = function("f64[2] f64[2]", lambda s, x: kept.all(s, x), "body")
    return scan(body, 3, s, xs, carries=1)


def cases() -> Iterator[Case]:
    """All cases, of functions that nothing has been derived from yet."""
    return chain(packages(), branches(), scans(), whiles(), checkpoints())
