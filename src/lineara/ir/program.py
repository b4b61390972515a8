"""Programs of Linear A: variables, equations, functions, programs.

A program is a set of functions in A-normal form. Every function takes and returns non-linear
values (ordinary ones) and linear values (tangents or cotangents, each used exactly once)::

    def f.lin(c: f64[3]; x': f64[3]) -> (; f64[]) {
      y': f64[3] = mul c x'
      s': f64[] = reduce_sum[axes=(0,)] y'
      return ; s'
    }

Everything here is immutable and compared by identity: a variable *is* its object, and its hint is
only what a printer may call it. Because variables are objects, a transformation that takes a
function apart can deal its equations into two new functions as they are.

Functions are called, never inlined. `Call` refers to the callee's object, so a program is a graph
without cycles by construction, and a function called twice is there once.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Self, TypeAlias, TypeVar

import numpy as np

from lineara.errors import Source
from lineara.ir.op import Op
from lineara.ir.types import DTYPES, Array, ArrayType, type_of

T = TypeVar("T")


class Variable:
    """A variable: compared by identity, named only for printing."""

    __slots__ = ("hint", "type")

    linear = False

    def __init__(self, type: ArrayType, hint: str | None = None) -> None:
        self.type = type
        self.hint = hint

    def __repr__(self) -> str:
        return f"<{self.hint or '_'}{chr(39) if self.linear else ''}: {self.type}>"


class LinearVariable(Variable):
    """A variable that must be used exactly once: a tangent or a cotangent."""

    __slots__ = ()

    linear = True


class Literal:
    """A scalar constant in operand position. Equal when type and bits are (NaN equals NaN)."""

    __slots__ = ("_key", "type", "value")

    linear = False

    def __init__(self, value: Any) -> None:
        self.value = np.asarray(value)[()]
        if self.value.ndim:
            raise ValueError(f"a literal is a scalar, not an array of shape {self.value.shape}")
        self.type = SCALARS.get(self.value.dtype) or type_of(self.value)
        self._key = (self.type.dtype.num, self.value.tobytes())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Literal) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)

    def __repr__(self) -> str:
        return f"{self.value!r}"


SCALARS = {dtype: ArrayType(dtype) for dtype in DTYPES.values()}
"""The type of a scalar of each dtype, made once."""

Operand: TypeAlias = Variable | Literal


@dataclass(frozen=True, slots=True, eq=False)
class Equation:
    """``results = op operands``, with the line of user code that it comes from."""

    op: Op
    operands: tuple[Operand, ...]
    results: tuple[Variable, ...]
    source: Source | None = None

    @property
    def linear(self) -> bool:
        """Whether the equation defines or consumes a linear variable."""
        return any(v.linear for v in self.results) or any(v.linear for v in self.operands)

    def work(self) -> int:
        """Scalar operations of one evaluation."""
        return self.op.work([v.type for v in self.operands], [v.type for v in self.results])


@dataclass(frozen=True, eq=False)
class Function:
    """A function: non-linear and linear parameters, equations in order, and results of both kinds.

    `memo` remembers what has been derived from the function (its jvp, its plan of execution, …),
    so that each is made once and lives as long as the function.
    """

    name: str
    params: tuple[Variable, ...]
    linear_params: tuple[LinearVariable, ...]
    equations: tuple[Equation, ...]
    results: tuple[Operand, ...]
    linear_results: tuple[LinearVariable, ...]
    memo: dict[Hashable, Any] = field(default_factory=dict, repr=False)

    def memoized(self, key: Hashable, make: Callable[[], T]) -> T:
        """`make()`, computed once for each key. `setdefault` keeps threads to one answer."""
        if key not in self.memo:
            self.memo.setdefault(key, make())
        result: T = self.memo[key]
        return result

    @property
    def all_params(self) -> tuple[Variable, ...]:
        """Non-linear, then linear parameters: the operand order of a call."""
        return self.params + self.linear_params

    @property
    def all_results(self) -> tuple[Operand, ...]:
        """Non-linear, then linear results: the result order of a call."""
        return self.results + self.linear_results

    @cached_property
    def callees(self) -> tuple[Function, ...]:
        """The functions called directly, each once, in the order of their first call."""
        found = (g for equation in self.equations for g in functions_in(equation.op))
        return tuple(dict.fromkeys(found))

    def __repr__(self) -> str:
        return f"<function {self.name}, {len(self.equations)} equations>"


def functions_in(op: Op) -> Iterator[Function]:
    """The functions that an op refers to in its attributes (`call`'s callee, a loop's body)."""
    for value in vars(op).values():
        for item in value if isinstance(value, tuple) else (value,):
            if isinstance(item, Function):
                yield item


def reachable(roots: Iterable[Function]) -> tuple[Function, ...]:
    """All functions that the roots call, directly or not, callees before callers."""
    order: dict[Function, None] = {}
    for root in roots:
        stack: list[tuple[Function, Iterator[Function]]] = [(root, iter(root.callees))]
        visiting = {root}
        while stack:
            function, callees = stack[-1]
            callee = next((g for g in callees if g not in order and g not in visiting), None)
            if callee is None:
                order.setdefault(function)
                stack.pop()
            else:
                visiting.add(callee)
                stack.append((callee, iter(callee.callees)))
    return tuple(order)


@dataclass(frozen=True, eq=False)
class Program:
    """A set of named functions, callees before callers; the last one is the main function.

    Attributes:
        functions: every function of the program.
        constants: values of the first parameters of the main function, for a program traced from
            Python code that read arrays from its surroundings.
    """

    functions: tuple[Function, ...]
    constants: tuple[Array, ...] = ()

    @classmethod
    def of(cls, main: Function, constants: Sequence[Array] = ()) -> Self:
        """The program that consists of `main` and all that it calls."""
        return cls(reachable([main]), tuple(constants))

    @property
    def main(self) -> Function:
        return self.functions[-1]
