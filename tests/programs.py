"""Random well-typed functions, for tests that quantify over programs (Hypothesis strategies).

A function is grown from its parameters: each step picks an op and operands from what is there.
Values stay of moderate size, and away from kinks almost surely, so that derivatives can be
measured.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from control_cases.writing import sample
from hypothesis import strategies as st
from samples import floats

from lineara.ir.builder import Builder
from lineara.ir.containers import Container, Package, package
from lineara.ir.op import Op
from lineara.ir.program import Function
from lineara.ir.types import DTYPES, Array, ArrayType
from lineara.ir.value import Value
from lineara.ops import OPS
from lineara.ops.control.call import Call
from lineara.ops.control.checkpoint import Checkpoint
from lineara.ops.control.scan import Scan
from lineara.ops.control.switch import Switch
from lineara.ops.control.while_loop import While
from lineara.ops.packages import INDEX

Draw = Callable[[st.SearchStrategy[Any]], Any]
Maker = Callable[[Draw, Builder, list[Value]], Value | None]

SHAPES = [(), (), (3,), (2, 3), (1,), (0,), (2, 1, 2)]
TYPES = ["f64", "f64", "f64", "f64", "f32", "c128"]
BOUNDED = ["sin", "cos", "tanh", "arctan", "erf"]
ANALYTIC = ["sin", "cos", "exp", "square"]


def op(name: str, *attributes: Any) -> Op:
    return OPS[name](*attributes)


def small(b: Builder, x: Value) -> bool:
    """Whether an array may grow: it is not much larger than what the function began with."""
    return x.type.size < max([50, *(3 * p.type.size for p in b.params)])


def pick(draw: Draw, pool: list[Value], accept: Callable[[Value], bool] = lambda v: True) -> Any:
    """A value of the pool that is accepted, recent ones more often; None if there is none."""
    fitting = [v for v in pool if accept(v)]
    return draw(st.sampled_from(fitting + fitting[-3:])) if fitting else None


def is_array(v: Value) -> bool:
    return not isinstance(v.type, Container)


def inexact(v: Value) -> bool:
    return is_array(v) and v.type.has_tangent


def real(v: Value) -> bool:
    return v.dtype.kind == "f"


def unary(draw: Draw, b: Builder, pool: list[Value]) -> Value | None:
    x = pick(draw, pool, inexact)
    if x is None:
        return None
    small = op("mul")(x, 0.3)
    return op(draw(st.sampled_from(BOUNDED if real(x) else ANALYTIC)))(small)


def guarded(draw: Draw, b: Builder, pool: list[Value]) -> Value | None:
    """An op with a domain, applied inside of it."""
    x = pick(draw, pool, real)
    if x is None:
        return None
    positive = op("square")(x) + 0.5
    name = draw(st.sampled_from(["log", "sqrt", "gammaln", "cbrt", "reciprocal"]))
    return op(name)(positive)


def binary(draw: Draw, b: Builder, pool: list[Value]) -> Value | None:
    x = pick(draw, pool, inexact)
    if x is None:
        return None
    y = pick(draw, pool, lambda v: (v.dtype == x.dtype and v.shape in ((), x.shape)) or v is x)
    names = ["add", "sub", "mul"]
    names += (
        ["arctan2", "hypot", "maximum", "minimum", "logaddexp"] if real(x) and y is not x else []
    )
    name = draw(st.sampled_from(names))
    result = op(name)(x, y) if draw(st.booleans()) else op(name)(y, x)
    return op("mul")(result, 0.5)


def divide(draw: Draw, b: Builder, pool: list[Value]) -> Value | None:
    x = pick(draw, pool, real)
    y = pick(draw, pool, lambda v: v.type == x.type) if x is not None else None
    return None if y is None else x / (op("square")(y) + 1.0)


def choose(draw: Draw, b: Builder, pool: list[Value]) -> Value | None:
    x = pick(draw, pool, real)
    if x is None:
        return None
    y = pick(draw, pool, lambda v: v.type == x.type)
    mask = b.constant(np.bool_(draw(st.booleans())))
    if x.ndim:
        (places,) = b.emit(op("iota", ArrayType(DTYPES["i64"], x.shape), x.ndim - 1))
        mask = op("lt")(places, 1)
    return op("select")(mask, y, op("neg")(x))


def shaped(draw: Draw, b: Builder, pool: list[Value]) -> Value | None:
    x = pick(draw, pool, inexact)
    if x is None:
        return None
    axes = tuple(range(x.ndim))
    moves: list[Op] = [op("broadcast", (2, *x.shape), tuple(1 + a for a in axes))]
    moves += [op("reshape", (x.type.size,)), op("transpose", axes[::-1])]
    if axes:
        axis = draw(st.sampled_from(axes))
        n = x.shape[axis]
        moves += [op("reduce_sum", (axis,)), op("flip", (axis,)), op("cumsum", axis, False)]
        low = tuple(1 if a == axis else 0 for a in axes)
        moves.append(op("pad", low, low))
        if n > 1:
            start = tuple(1 if a == axis else 0 for a in axes)
            moves.append(op("slice", start, x.shape, (1,) * x.ndim))
            moves.append(op("cumprod", axis, False))
    return draw(st.sampled_from(moves))(x) if small(b, x) else None


def joined(draw: Draw, b: Builder, pool: list[Value]) -> Value | None:
    x = pick(draw, pool, lambda v: inexact(v) and v.ndim > 0 and small(b, v))
    if x is None:
        return None
    y = pick(draw, pool, lambda v: v.type == x.type)
    return op("concatenate", x.ndim - 1)(x, y, x)


def contracted(draw: Draw, b: Builder, pool: list[Value]) -> Value | None:
    x = pick(draw, pool, lambda v: inexact(v) and v.ndim > 0 and small(b, v))
    if x is None:
        return None
    y = pick(draw, pool, lambda v: v.type == x.type)
    letters = "abcdef"[: x.ndim]
    specs = [f"{letters},{letters}->", f"{letters},{letters[:-1]}z->z{letters}"]
    spec = draw(st.sampled_from(specs if x.type.size * x.shape[-1] < 50**2 else specs[:1]))
    if "z" in spec and x.ndim > 1:
        spec = f"{letters},{letters[:-1]}z->z{letters[-1]}{letters[:-1]}"
    return op("mul")(op("dot", spec)(x, y), 0.2)


def gathered(draw: Draw, b: Builder, pool: list[Value]) -> Value | None:
    x = pick(draw, pool, lambda v: inexact(v) and v.ndim == 1 and v.shape[0] > 1)
    if x is None:
        return None
    index = b.constant(np.int64(draw(st.integers(-x.shape[0], x.shape[0] - 1))))
    return op("gather", (0,))(x, index)


def changed(draw: Draw, b: Builder, pool: list[Value]) -> Value | None:
    """An array with a row changed: by ops that overwrite their operand if nobody else reads it."""
    x = pick(draw, pool, lambda v: inexact(v) and v.ndim > 0 and v.type.size and small(b, v))
    if x is None:
        return None
    y = pick(draw, pool, lambda v: v.type == x.type)
    zero = b.constant(np.int64(0))
    numbers = [v for v in pool if v.type == INDEX]
    place = draw(st.sampled_from([zero, *numbers]))
    row = op("remainder")(place, x.shape[0])
    block = op("dynamic_slice", (1, *x.shape[1:]))(y, row, *[zero] * (x.ndim - 1))
    if draw(st.booleans()):
        name = draw(st.sampled_from(["dynamic_update_slice", "dynamic_slice_add"]))
        result = op(name)(x, op("mul")(block, 0.5), zero, *[zero] * (x.ndim - 1))
    else:
        name = draw(st.sampled_from(["scatter_add", "scatter_set"]))
        part = op("reshape", x.shape[1:])(block)
        result = op(name, (0,))(x, op("mul")(part, 0.5), row)
    if draw(st.booleans()):
        pool.append(result)
        return op("add")(result, x)
    return result


# -- packages, branches, loops ---------------------------------------------------------------------


def packed(draw: Draw, b: Builder, pool: list[Value]) -> Value | None:
    """A package of what is there, packages included."""
    return op("pack")(*(pick(draw, pool) for _ in range(draw(st.integers(1, 3)))))


def unpacked(draw: Draw, b: Builder, pool: list[Value]) -> Any:
    package = pick(draw, pool, lambda v: isinstance(v.type, Package))
    if package is None:
        return None
    parts = op("unpack").all(package)
    pool.extend(parts)
    return draw(st.sampled_from(parts))


def added(draw: Draw, b: Builder, pool: list[Value]) -> Value | None:
    """The sum of two packages."""
    x = pick(draw, pool, lambda v: isinstance(v.type, Package) and summable(v.type))
    if x is None:
        return None
    y = pick(draw, pool, lambda v: v.type is x.type)
    if draw(st.booleans()):
        (y,) = b.emit(op("blank", x.type))
    return op("join")(x, y)


def summable(type: ArrayType) -> bool:
    """Whether it is made of numbers of a moderate size when added."""
    items = type.items if isinstance(type, Container) else ()
    return all(summable(t) for t in items) and type.dtype.kind != "b"


def some(draw: Draw, pool: list[Value], most: int) -> list[Value]:
    return [pick(draw, pool) for _ in range(draw(st.integers(1, most)))]


def called(draw: Draw, b: Builder, pool: list[Value]) -> Value | None:
    """A call of one function, sometimes twice."""
    arguments = some(draw, pool, 2)
    g = grow(draw, "g", [a.type for a in arguments], steps=3, makers=inner(draw))
    result = b.emit(kept(draw, g), *arguments)[0]
    if draw(st.booleans()) and result.type == arguments[0].type:
        return b.emit(Call(g), result, *arguments[1:])[0]
    return result


def kept(draw: Draw, g: Function) -> Op:
    """A call, or a checkpoint."""
    op: Op = draw(st.sampled_from([Call, Call, Checkpoint]))(g)
    return op


def branched(draw: Draw, b: Builder, pool: list[Value]) -> Any:
    """A switch of functions that return values of the same types."""
    arguments = some(draw, pool, 3)
    types = [a.type for a in arguments]
    wanted = [a.type for a in some(draw, arguments, 2)]
    branches = [
        grow(draw, name, types, 3, inner(draw), wanted=wanted, more=False)
        for name in "gh"[: draw(st.integers(1, 2))]
    ]
    index = pick(draw, pool, lambda v: v.type == INDEX)
    if index is None or draw(st.booleans()):
        index = b.constant(np.int64(draw(st.integers(0, 1))))
    results = b.emit(Switch(tuple(branches)), index, *arguments)
    pool.extend(results)
    return draw(st.sampled_from(results))


def looped(draw: Draw, b: Builder, pool: list[Value]) -> Any:
    """A scan, along what has slices."""
    length = draw(st.sampled_from([0, 1, 2, 3, 3]))
    consts, carries = some(draw, pool, 2), some(draw, pool, 2)
    along = [v for v in pool if is_array(v) and v.ndim and v.shape[0] == length]
    slices = some(draw, along, 2) if along and draw(st.booleans()) else []
    if draw(st.booleans()):
        (places,) = b.emit(op("iota", ArrayType(DTYPES["i64"], (length,)), 0))
        slices.append(places)
    types = [v.type for v in (*consts, *carries)]
    types += [v.type.with_shape(v.shape[1:]) for v in slices]
    body = grow(
        draw,
        "body",
        types,
        4,
        inner(draw),
        wanted=[v.type for v in carries],
        more=draw(st.booleans()),
    )
    loop = Scan(body, length, draw(st.booleans()), len(consts), len(carries))
    results = b.emit(loop, *consts, *carries, *slices)
    pool.extend(results)
    return draw(st.sampled_from(results))


def repeated(draw: Draw, b: Builder, pool: list[Value]) -> Value | None:
    """A loop that counts up to a number; what it makes is read again by a scan."""
    consts, carries = some(draw, pool, 2), some(draw, pool, 2)
    limit = pick(draw, pool, lambda v: v.type == INDEX)
    if limit is None or draw(st.booleans()):
        limit = b.constant(np.int64(draw(st.integers(0, 3))))
    types = [v.type for v in (*consts, *carries)]
    inside = grow(
        draw, "g", types, 4, inner(draw), wanted=[v.type for v in carries], more=draw(st.booleans())
    )
    return counting(b, pool, inside, limit, consts, carries)


def counting(
    b: Builder,
    pool: list[Value],
    inside: Function,
    limit: Value,
    consts: list[Value],
    carries: list[Value],
) -> Value:
    """The loop that applies `inside` while a count is below the limit, and below three."""
    c = Builder("cond")
    most, count = c.parameter(INDEX), c.parameter(INDEX)
    for v in carries:
        c.parameter(v.type)
    cond = c.build([op("and")(op("lt")(count, most), op("lt")(count, 3))])
    d = Builder("body")
    of_body = [d.parameter(v.type) for v in consts]
    count = d.parameter(INDEX)
    of_carries = [d.parameter(v.type) for v in carries]
    results = Call(inside).all(*of_body, *of_carries)
    body = d.build([count + 1, *results])
    loop = While(cond, body, 1, len(consts))
    zero = b.constant(np.int64(0))
    number, *made = b.emit(loop, limit, *consts, zero, *carries)
    pool.extend([number, *made[: len(carries)]])
    stacks = made[len(carries) :]
    if stacks:
        summing = Builder("summing")
        total = summing.parameter(inside.results[-1].type)
        part = summing.parameter(inside.results[-1].type)
        whole = summing.build([total + part])
        (start,) = b.emit(op("blank", inside.results[-1].type))
        pool.extend(b.emit(Scan(whole, None, False, 0, 1), number, start, stacks[-1]))
    return pool[-1]


def inner(draw: Draw) -> Any:
    """What the functions inside of a function do: deeper nests are rarer."""
    return draw(
        st.sampled_from([MAKERS, CHANGING, CHANGING, [*MAKERS, *PACKAGES], [*MAKERS, *CONTROL]])
    )


MAKERS: list[Maker] = [unary, guarded, binary, divide, choose, shaped, joined, contracted, gathered]
CHANGING: list[Maker] = [*MAKERS, changed, changed, changed, changed]
PACKAGES: list[Maker] = [packed, unpacked, unpacked, added]
CONTROL: list[Maker] = [*PACKAGES, called, branched, looped, looped, repeated]


def grow(
    draw: Draw,
    name: str,
    types: Sequence[ArrayType],
    steps: int,
    makers: list[Maker],
    wanted: Sequence[ArrayType] = (),
    more: bool = True,
) -> Function:
    """A random function of parameters of those types.

    Args:
        draw: Hypothesis's.
        name: of the function.
        types: of its parameters.
        steps: at most so many.
        makers: of the equations.
        wanted: types of results that it must return first; a parameter has each of them.
        more: whether it returns something besides.
    """
    b = Builder(name)
    pool = [b.parameter(type) for type in types]
    for _ in range(draw(st.integers(1, steps))):
        new = draw(st.sampled_from(makers))(draw, b, pool)
        if new is not None:
            pool.append(new)
    results = [pick(draw, pool, lambda v: v.type == type) for type in wanted]  # noqa: B023
    if more:
        results.append(pool[-1])
    if not wanted and draw(st.booleans()):
        results.append(draw(st.sampled_from(pool)))
    return b.build(results)


@st.composite
def functions(
    draw: Any, steps: int = 8, shapes: Sequence[tuple[int, ...]] = SHAPES
) -> tuple[Function, list[Array]]:
    """A random function, and arguments for it."""
    dtypes = draw(st.lists(st.sampled_from(TYPES), min_size=1, max_size=3))
    types = [ArrayType(DTYPES[name], draw(st.sampled_from(shapes))) for name in dtypes]
    f = grow(draw, "f", types, steps, [*MAKERS, called])
    return f, [floats(*t.shape, seed=i, dtype=t.dtype) for i, t in enumerate(types)]


EDGES = [0, 1, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 127, 128, 129, 4095, 4096, 4097]
"""Lengths at which loops over vectors, and over chunks of them, begin or end."""


@st.composite
def of_any_length(draw: Any) -> tuple[Function, list[Any]]:
    """A random function of longer arrays, and arguments for it."""
    n = draw(st.sampled_from(EDGES))
    shapes = st.sampled_from([(), (n,), (n,), (n,), (2, n), (n, 2), (1, n)])
    generated = controlled if draw(st.booleans()) else functions
    return draw(generated(steps=6, shapes=draw(st.lists(shapes, min_size=1, max_size=3))))  # type: ignore[no-any-return]


@st.composite
def controlled(
    draw: Any, steps: int = 5, shapes: Sequence[tuple[int, ...]] = ((), (3,), (2, 3), (3, 2))
) -> tuple[Function, list[Any]]:
    """A random function with packages, branches and loops, and arguments for it."""
    dtypes = draw(st.lists(st.sampled_from(["f64", "f64", "c128"]), min_size=1, max_size=2))
    types = [ArrayType(DTYPES[name], draw(st.sampled_from(shapes))) for name in dtypes]
    if draw(st.booleans()):
        types[0] = package([package([package([types[0], INDEX])]), types[-1]])
    types.append(INDEX)
    f = grow(draw, "f", types, steps, [*CHANGING, *CONTROL, *CONTROL])
    return f, [sample(t, i) for i, t in enumerate(types)]
