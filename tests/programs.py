"""Random well-typed functions, for tests that quantify over programs (Hypothesis strategies).

A function is grown from its parameters: each step picks an op and operands from what is there.
Values stay of moderate size, and away from kinks almost surely, so that derivatives can be
measured.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import strategies as st
from samples import floats

from lineara.ir.builder import Builder
from lineara.ir.op import Op
from lineara.ir.program import Function
from lineara.ir.types import DTYPES, Array, ArrayType
from lineara.ir.value import Value
from lineara.ops import OPS
from lineara.ops.control.call import Call

Draw = Callable[[st.SearchStrategy[Any]], Any]
Maker = Callable[[Draw, Builder, list[Value]], Value | None]

SHAPES = [(), (), (3,), (2, 3), (1,), (0,), (2, 1, 2)]
TYPES = ["f64", "f64", "f64", "f64", "f32", "c128"]
BOUNDED = ["sin", "cos", "tanh", "arctan", "erf"]
ANALYTIC = ["sin", "cos", "exp", "square"]


def op(name: str, *attributes: Any) -> Op:
    return OPS[name](*attributes)


def pick(draw: Draw, pool: list[Value], accept: Callable[[Value], bool] = lambda v: True) -> Any:
    """A value of the pool that is accepted, recent ones more often; None if there is none."""
    fitting = [v for v in pool if accept(v)]
    return draw(st.sampled_from(fitting + fitting[-3:])) if fitting else None


def inexact(v: Value) -> bool:
    return v.type.has_tangent


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
    return draw(st.sampled_from(moves))(x) if x.type.size < 50 else None


def joined(draw: Draw, b: Builder, pool: list[Value]) -> Value | None:
    x = pick(draw, pool, lambda v: inexact(v) and v.ndim > 0 and v.type.size < 50)
    if x is None:
        return None
    y = pick(draw, pool, lambda v: v.type == x.type)
    return op("concatenate", x.ndim - 1)(x, y, x)


def contracted(draw: Draw, b: Builder, pool: list[Value]) -> Value | None:
    x = pick(draw, pool, lambda v: inexact(v) and v.ndim > 0 and v.type.size < 50)
    if x is None:
        return None
    y = pick(draw, pool, lambda v: v.type == x.type)
    letters = "abcdef"[: x.ndim]
    spec = draw(
        st.sampled_from([f"{letters},{letters}->", f"{letters},{letters[:-1]}z->z{letters}"])
    )
    if "z" in spec and x.ndim > 1:
        spec = f"{letters},{letters[:-1]}z->z{letters[-1]}{letters[:-1]}"
    return op("mul")(op("dot", spec)(x, y), 0.2)


def gathered(draw: Draw, b: Builder, pool: list[Value]) -> Value | None:
    x = pick(draw, pool, lambda v: inexact(v) and v.ndim == 1 and v.shape[0] > 1)
    if x is None:
        return None
    index = b.constant(np.int64(draw(st.integers(-x.shape[0], x.shape[0] - 1))))
    return op("gather", (0,))(x, index)


def called(draw: Draw, b: Builder, pool: list[Value]) -> Value | None:
    """A call of one function, sometimes twice."""
    arguments = [pick(draw, pool) for _ in range(draw(st.integers(1, 2)))]
    g = grow(draw, "g", [a.type for a in arguments], steps=3, makers=MAKERS)
    result = b.emit(Call(g), *arguments)[0]
    if draw(st.booleans()) and result.type == arguments[0].type:
        return b.emit(Call(g), result, *arguments[1:])[0]
    return result


MAKERS: list[Maker] = [unary, guarded, binary, divide, choose, shaped, joined, contracted, gathered]


def grow(
    draw: Draw, name: str, types: list[ArrayType], steps: int, makers: list[Maker]
) -> Function:
    """A random function of parameters of those types."""
    b = Builder(name)
    pool = [b.parameter(type) for type in types]
    for _ in range(draw(st.integers(1, steps))):
        new = draw(st.sampled_from(makers))(draw, b, pool)
        if new is not None:
            pool.append(new)
    results = [pool[-1]]
    if draw(st.booleans()):
        results.append(draw(st.sampled_from(pool)))
    return b.build(results)


@st.composite
def functions(draw: Any, steps: int = 8) -> tuple[Function, list[Array]]:
    """A random function, and arguments for it."""
    dtypes = draw(st.lists(st.sampled_from(TYPES), min_size=1, max_size=3))
    types = [ArrayType(DTYPES[name], draw(st.sampled_from(SHAPES))) for name in dtypes]
    f = grow(draw, "f", types, steps, [*MAKERS, called])
    return f, [floats(*t.shape, seed=i, dtype=t.dtype) for i, t in enumerate(types)]
