"""Memory is overwritten where nobody else reads it: nothing else changes, and loops that touch one
element in each iteration, and the derivatives of such loops, take linear time.

Time is counted in bytes of fresh memory, not measured.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import reference
from control_cases.writing import (
    call,
    defined,
    element,
    op,
    scan,
    sin,
    switch,
    upwards,
    with_element,
)
from laws import active_mask, directions, random_numbers, wanted_results
from samples import floats
from values import Value, frozen, leaves, snapshot

from lineara.backends import numpy_interpreter
from lineara.backends.numpy_interpreter import run
from lineara.ir.program import Function
from lineara.ir.structural import Structural
from lineara.ops import OPS
from lineara.ops.control.base import Control
from lineara.ops.control.iteration import Iteration
from lineara.transforms.forget import forget
from lineara.transforms.gradient import value_and_gradient
from lineara.transforms.jvp import derive
from lineara.transforms.simplify import simplify
from lineara.transforms.transpose import transpose
from lineara.transforms.unzip import unzip

Maker = Callable[[int], tuple[Function, list[Any]]]


# -- loops over n elements --------------------------------------------------------------------


def reading(n: int) -> tuple[Function, list[Any]]:
    body = defined(f"f64[{n}] f64[] i64[]")(lambda a, s, i: [sin(s * element(a, i))])
    f = defined(f"f64[{n}] f64[] i64[{n}]")(lambda *v: scan(body, n, *v, consts=1, carries=1))
    return f, [floats(n), floats(), np.arange(n)]


def writing(n: int) -> tuple[Function, list[Any]]:
    @defined(f"f64[] f64[{n}] i64[]")
    def body(s: Any, y: Any, i: Any) -> Any:
        s = sin(s + element(y, i))
        return [s, with_element(y, i, s)]

    f = defined(f"f64[] f64[{n}] i64[{n}]")(lambda *v: scan(body, n, *v, carries=2))
    return f, [floats(), floats(n), np.arange(n)]


def through_calls(n: int) -> tuple[Function, list[Any]]:
    put = defined(f"f64[{n}] i64[] f64[]")(lambda y, i, s: [with_element(y, i, s * s)])
    get = defined(f"f64[{n}] i64[]")(lambda y, i: [element(y, i), i])

    @defined(f"f64[{n}] f64[] f64[{n}] i64[]")
    def body(a: Any, s: Any, y: Any, i: Any) -> Any:
        s = sin(s + call(get, a, i)[0])
        return [s, *call(put, y, i, s)]

    f = defined(f"f64[{n}] f64[] f64[{n}] i64[{n}]")(
        lambda *v: scan(body, n, *v, consts=1, carries=2)
    )
    return f, [floats(n), floats(), floats(n, seed=1), np.arange(n)]


def through_switches(n: int) -> tuple[Function, list[Any]]:
    two = [
        defined(f"f64[{n}] i64[] f64[]")(lambda y, i, s: [with_element(y, i, s * s)]),
        defined(f"f64[{n}] i64[] f64[]")(lambda y, i, s: [with_element(y, i, sin(s))]),
    ]

    @defined(f"f64[] f64[{n}] i64[]")
    def body(s: Any, y: Any, i: Any) -> Any:
        s = sin(s + element(y, i))
        return [s, *switch(op("remainder")(i, 2), two, y, i, s)]

    f = defined(f"f64[] f64[{n}] i64[{n}]")(lambda *v: scan(body, n, *v, carries=2))
    return f, [floats(), floats(n), np.arange(n)]


def with_condition(n: int) -> tuple[Function, list[Any]]:
    @defined(f"f64[{n}] i64[] f64[] f64[{n}]")
    def body(a: Any, i: Any, s: Any, y: Any) -> Any:
        s = sin(s + element(a, i))
        return [i + 1, s, with_element(y, i, s)]

    f = defined(f"i64[] f64[{n}] f64[] f64[{n}]")(
        lambda most, a, s, y: upwards(most, body, [a], s, y)[1:]
    )
    return f, [np.int64(n), floats(n), floats(), floats(n, seed=1)]


def nested(n: int) -> tuple[Function, list[Any]]:
    """An inner loop of three iterations in each of n."""

    @defined(f"f64[{n}] i64[] f64[] f64[{n}] f64[]")
    def inner(a: Any, i: Any, s: Any, y: Any, x: Any) -> Any:
        s = sin(s * x + element(a, i))
        return [i, s, with_element(y, i, s)]

    @defined(f"f64[{n}] f64[3] f64[] f64[{n}] i64[]")
    def outer(a: Any, xs: Any, s: Any, y: Any, i: Any) -> Any:
        return scan(inner, 3, a, i, s, y, xs, consts=1, carries=3)[1:]

    f = defined(f"f64[{n}] f64[3] f64[] f64[{n}] i64[{n}]")(
        lambda *v: scan(outer, n, *v, consts=2, carries=2)
    )
    return f, [floats(n), floats(3), floats(), floats(n, seed=1), np.arange(n)]


def scattering(n: int) -> tuple[Function, list[Any]]:
    add, get = op("scatter_add", (0,)), op("gather", (0,))
    body = defined(f"f64[{n}] f64[{n}] i64[] f64[]")(
        lambda a, y, i, x: [add(y, sin(x * get(a, i)), i)]
    )
    f = defined(f"f64[{n}] f64[{n}] i64[{n}] f64[{n}]")(
        lambda *v: scan(body, n, *v, consts=1, carries=1)
    )
    return f, [floats(n), floats(n, seed=1), np.arange(n) // 2, floats(n, seed=2)]


MAKERS = (
    reading,
    writing,
    through_calls,
    through_switches,
    with_condition,
    nested,
    scattering,
)


# -- counting -------------------------------------------------------------------------------------


class Counter:
    """Counts bytes of memory that equations have filled anew."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.bytes = 0
        made = numpy_interpreter.caller
        array = np.array

        def caller(equation: Any, *rest: Any) -> tuple[Callable[..., Any], bool]:
            run, single = made(equation, *rest)
            if isinstance(equation.op, Control):
                return run, single

            def counted(*operands: Value) -> Any:
                result = run(*operands)
                self.add(result, operands)
                return result

            return counted, single

        def copied(*args: Any, **options: Any) -> Any:
            result = array(*args, **options)
            self.bytes += result.nbytes
            return result

        monkeypatch.setattr(numpy_interpreter, "caller", caller)
        monkeypatch.setattr(np, "array", copied)

    def add(self, result: Value, operands: Value) -> None:
        before = list(leaves(operands))
        for x in leaves(result):
            if 0 not in x.strides and not any(np.may_share_memory(x, y) for y in before):
                self.bytes += x.nbytes

    def of(self, f: Function, inputs: list[Any]) -> int:
        start = self.bytes
        run(f, *inputs)
        return self.bytes - start


@pytest.fixture
def counter(monkeypatch: pytest.MonkeyPatch) -> Counter:
    return Counter(monkeypatch)


def stages(f: Function, inputs: list[Any]) -> Iterator[tuple[str, Function, list[Any]]]:
    """The functions of a derivative, with inputs."""
    jvp = derive(f, active_mask(f), wanted_results(f)).function
    nonlin, lin = unzip(jvp)
    v = directions(f, inputs)
    dots = run(jvp, *inputs, *v)[len(f.results) :]
    tape = list(run(nonlin, *inputs)[len(f.results) :])
    w = [random_numbers(x, 3 + i) for i, x in enumerate(dots)]
    back = transpose(lin)
    yield "function", f, inputs
    yield "nonlin", nonlin, inputs
    for name, g, args in (
        ("jvp", jvp, [*inputs, *v]),
        ("lin", lin, [*tape, *v]),
        ("back", back, [*tape, *w]),
    ):
        yield name, forget(g), args
        yield f"{name}, simplified", simplify(forget(g)), args
    if f.results[0].type.has_tangent and not f.results[0].type.shape:
        yield "gradient", value_and_gradient(f, active_mask(f)), inputs


@pytest.mark.parametrize("make", MAKERS, ids=lambda make: make.__name__)
def test_linear_time(make: Maker, counter: Counter) -> None:
    small, large = 100, 200
    counts = [
        {name: counter.of(g, args) for name, g, args in stages(*make(n))} for n in (small, large)
    ]
    found = {name: (counts[0][name], counts[1][name]) for name in counts[0]}
    assert not {name: pair for name, pair in found.items() if pair[1] > 2.2 * pair[0] + 1000}


def test_copies_are_counted(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without overwriting, the same programs take quadratic time, and the test notices."""
    monkeypatch.setattr(numpy_interpreter, "_overwrites", lambda equation: False)
    small, large = (counter.of(*writing(n)) for n in (100, 200))
    assert large > 3 * small


def test_a_missing_copy_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A loop that overwrites what it starts with is caught by arguments that cannot be written."""
    made = Iteration.__init__

    def careless(self: Iteration, *args: Any, **options: Any) -> None:
        made(self, *args, **options)
        self.copied = []

    monkeypatch.setattr(Iteration, "__init__", careless)
    f, inputs = writing(4)
    with pytest.raises(ValueError, match="read-only"):
        run(f, *frozen(inputs))


# -- views ----------------------------------------------------------------------------------------

SAME = defined("f64[2,3]")(lambda y: [y])
BOTH = defined("f64[2,3]")(lambda y: [y, op("reshape", (6,))(y)])
KEEPING = defined("f64[2,3] f64[2,3]")(lambda a, s: [a, s])
COUNTED = defined("i64[] f64[2,3]")(lambda i, y: [i + 1, y, op("transpose", (1, 0))(y)])

LOOKING: dict[str, Callable[[Any], Any]] = {
    "stop_gradient": lambda y: op("stop_gradient")(y),
    "name": lambda y: op("name", "y")(y),
    "broadcast": lambda y: op("broadcast", (2, 2, 3), (1, 2))(y),
    "reshape": lambda y: op("reshape", (3, 2))(y),
    "transpose": lambda y: op("transpose", (1, 0))(y),
    "flip": lambda y: op("flip", (0,))(y),
    "expand_dims": lambda y: op("expand_dims", (1,))(y),
    "squeeze": lambda y: op("squeeze", (1,))(op("expand_dims", (1,))(y)),
    "slice": lambda y: op("slice", (0, 0), (2, 2), (1, 1))(y),
    "pack": lambda y: op("pack")(y, y),
    "unpack": lambda y: op("unpack").all(op("pack")(y, y))[1],
    "call": lambda y: call(SAME, y)[0],
    "call of views": lambda y: call(BOTH, y)[1],
    "switch": lambda y: switch(y.literal(np.int64(0)), [SAME, SAME], y)[0],
    "scan const": lambda y: scan(KEEPING, 2, y, y, consts=1, carries=1)[0],
    "scan carry": lambda y: scan(SAME, 2, y, carries=1)[0],
    "scan of none": lambda y: scan(SAME, 0, y, carries=1)[0],
    "while": lambda y: upwards(y.literal(np.int64(2)), COUNTED, [], y)[1],
    "while made": lambda y: upwards(y.literal(np.int64(2)), COUNTED, [], y)[2],
}
"""By name, what may return memory of its operand."""


def test_all_views_are_there() -> None:
    for_linear_values = {name for name, kind in OPS.items() if issubclass(kind, Structural)}
    without_operands, of_stacks = {"iota", "blank"}, {"repeat"}
    views = {name for name, kind in OPS.items() if kind.view}
    assert views - for_linear_values - without_operands - of_stacks <= set(LOOKING)


@pytest.mark.parametrize("name", LOOKING)
@pytest.mark.parametrize("change", ["dynamic_update_slice", "scatter_set", "add"])
def test_what_somebody_looks_at_is_not_overwritten(name: str, change: str) -> None:
    """Neither through the view nor under it, in a function and in the body of a loop."""

    def changed(y: Any) -> Any:
        zero = y.literal(np.int64(0))
        if change == "dynamic_update_slice":
            zeros, ones = (0,) * y.ndim, (1,) * y.ndim
            return op(change)(y, op("slice", zeros, ones, ones)(y) * 9.0, *[zero] * y.ndim)
        if change == "scatter_set":
            return op(change, (0,))(y, op("gather", (0,))(y, zero) * 9.0, zero)
        return op(change)(y, y * 2.0)

    @defined("f64[2,3]")
    def under(x: Any) -> Any:
        y = x * 1.5
        view = LOOKING[name](y)
        return [changed(y), view]

    @defined("f64[2,3]")
    def through(x: Any) -> Any:
        y = x * 1.5
        view = LOOKING[name](y)
        z = changed(view) if getattr(view, "shape", ()) else view
        return [z, y]

    x = [floats(2, 3)]
    loop = defined("f64[2,3]")(lambda x: scan(under, 3, x, carries=1))
    for f in (under, through, loop):
        assert snapshot(list(run(f, *frozen(x)))) == snapshot(list(reference.run(f, *x)))
