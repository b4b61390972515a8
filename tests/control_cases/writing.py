"""Functions of the language, written in Python without the front end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
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
from lineara.ops.control.scan import Scan
from lineara.ops.control.switch import Switch
from lineara.ops.control.while_loop import While
from lineara.text.parser import parse

Example = list[Any]
Make = Callable[..., Any]
"""Python code for the body of a function: from values to a value, or to a list of them."""


@dataclass(frozen=True)
class Case:
    """A function, and what to apply it to.

    Attributes:
        name: of the case; its first word is the op that it is about.
        function: the function.
        example: inputs by number.
        linear: whether the function is linear in its parameters.
    """

    name: str
    function: Function
    example: Callable[[int], Example]
    linear: bool = False

    def __str__(self) -> str:
        return self.name.replace(" ", "-")


def case(
    name: str,
    f: Function,
    example: Callable[[int], Sequence[Any]] | None = None,
    *,
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

    return Case(name, f, made, linear)


def sample(type: ArrayType, seed: int, length: int = 2) -> Any:
    """A value of a type; stacks are of that length, integers small."""
    if isinstance(type, Package):
        return tuple(sample(t, seed + 10 * i, length) for i, t in enumerate(type.items))
    if isinstance(type, Stack):
        return [sample(type.items[0], seed + 10 * i, length) for i in range(length)]
    if type.has_tangent:
        return floats(*type.shape, seed=seed, low=-1.2, high=1.2, dtype=type.dtype)
    return np.asarray(np.arange(type.size).reshape(type.shape) + seed % 3, type.dtype)


# -- functions ------------------------------------------------------------------------------------


def defined(types: str) -> Callable[[Make], Function]:
    """Makes Python code a function of parameters of types (that are separated by spaces)."""

    def make(body: Make) -> Function:
        name = body.__name__ if body.__name__.isidentifier() else "f"
        b = Builder(name)
        made = body(*(b.parameter(type_named(t)) for t in types.split()))
        return b.build(made if isinstance(made, Sequence) else [made])

    return make


def type_named(text: str) -> ArrayType:
    """The type of which that is the text."""
    (param,) = parse(f"def f(x: {text}) -> () {{\n return\n}}").main.params
    return param.type


# -- equations ------------------------------------------------------------------------------------


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


def blank(like: Value) -> Value:
    """A value of the same type that is zero."""
    (value,) = like.builder.emit(op("blank", like.type))
    return value


def element(x: Value, i: Value) -> Value:
    """The element x[i]."""
    return op("reshape", ())(op("dynamic_slice", (1,))(x, i))


def with_element(x: Value, i: Value, y: Value) -> Value:
    """`x` with y at place i."""
    return op("dynamic_update_slice")(x, op("reshape", (1,))(y), i)


def call(f: Function, *operands: Value) -> tuple[Value, ...]:
    return Call(f).all(*operands)


def switch(number: Value, branches: Sequence[Function], *operands: Value) -> tuple[Value, ...]:
    return Switch(tuple(branches)).all(number, *operands)


def scan(
    body: Function, length: int | None, *operands: Value, **attributes: Any
) -> tuple[Value, ...]:
    return Scan(body, length, **attributes).all(*operands)


def loop(cond: Function, body: Function, *operands: Value, **counts: int) -> tuple[Value, ...]:
    return While(cond, body, **counts).all(*operands)


def upwards(n: Value, body: Function, consts: Sequence[Value], *carries: Value) -> Any:
    """The loop of n iterations; the body's first carry is their number so far. All results."""
    types = [c.type for c in carries]
    b = Builder("cond")
    most, number = b.parameter(n.type), b.parameter(n.type)
    for t in types:
        b.parameter(t)
    cond = b.build([op("lt")(number, most)])
    return loop(cond, body, n, *consts, n.like(0), *carries, cond_consts=1, consts=len(consts))
