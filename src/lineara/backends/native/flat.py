"""Programs made flat: no packages, no linear variables, and no calls of what is called only once.

What is left is what code is generated from. A package is its leaves, one after the other, in
parameters, operands and results alike; packing and unpacking are names for the same leaves.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from lineara.errors import Source
from lineara.ir.containers import Package, Stack
from lineara.ir.op import Op
from lineara.ir.program import Function, Literal, Operand, Variable, reachable
from lineara.ir.types import ArrayType
from lineara.ops.control.call import Call
from lineara.ops.control.checkpoint import Checkpoint
from lineara.ops.control.custom import Special
from lineara.ops.control.scan import Scan
from lineara.ops.control.switch import Switch
from lineara.ops.control.while_loop import While
from lineara.ops.dynamic import DynamicSliceAdd, DynamicUpdateSlice
from lineara.ops.indexing import ScatterAdd, ScatterSet
from lineara.ops.packages import Blank, Count, Pack, Unpack
from lineara.ops.slicing import SliceAdd
from lineara.ops.stacks import Choose
from lineara.transforms.forget import forget
from lineara.transforms.simplify import simplify


class NotNativeError(Exception):
    """A part of a program that has no native code yet."""


CHANGES = (SliceAdd, DynamicSliceAdd, DynamicUpdateSlice, ScatterAdd, ScatterSet)
"""Ops that change a part of their first operand, in place if nobody else reads it."""


@dataclass(frozen=True, eq=False)
class Step:
    """An equation between leaves; `op` is an op of the language or one of those below."""

    op: Any
    operands: tuple[Operand, ...]
    results: tuple[Variable, ...]
    source: Source | None = None


@dataclass(frozen=True, eq=False)
class Flat:
    """A function of leaves."""

    name: str
    params: tuple[Variable, ...]
    steps: tuple[Step, ...]
    results: tuple[Operand, ...]

    @cached_property
    def work(self) -> int:
        """About how many scalar operations it takes; of loops of unknown length one iteration."""
        return sum(_work(step) for step in self.steps)


def _work(step: Step) -> int:
    match step.op:
        case Invoke():
            return step.op.function.work
        case Branch():
            return max(f.work for f in step.op.functions)
        case Loop():
            return (1 if step.op.length is None else step.op.length) * step.op.body.work
        case Repeat():
            return step.op.body.work + step.op.cond.work
    if isinstance(step.op, CHANGES):
        return step.operands[1].type.size
    return sum(v.type.size for v in step.results)


@dataclass(frozen=True, eq=False)
class Invoke:
    """A call."""

    function: Flat


@dataclass(frozen=True, eq=False)
class Branch:
    """A `switch`: the first operand says which function."""

    functions: tuple[Flat, ...]


@dataclass(frozen=True, eq=False)
class Loop:
    """A `scan`. Operands: its length, if that is not known, consts, carries, slices; results:
    carries, slices.
    """

    body: Flat
    length: int | None
    reverse: bool
    consts: int
    carries: int

    @property
    def first(self) -> int:
        """How many operands there are before those of the body."""
        return int(self.length is None)


@dataclass(frozen=True, eq=False)
class Repeat:
    """A `while`. Operands: consts of the condition and of the body, carries; results: carries and
    stacks.
    """

    cond: Flat
    body: Flat
    cond_consts: int
    consts: int
    carries: int


@dataclass(frozen=True, eq=False)
class Empty:
    """An empty stack."""


HANDLE = ArrayType(np.dtype(np.int64), (4,))
"""What a stack is to its surroundings: the address of its items, their number, and for how many
there is room.
"""


class StackVariable(Variable):
    """A stack, of arrays or of stacks: a handle.

    Attributes:
        item: a variable like each of its items.
    """

    __slots__ = ("item",)

    def __init__(self, item: Variable, hint: str | None = None) -> None:
        super().__init__(HANDLE, hint)
        self.item = item


MOST = 4096
"""Leaves that a value may have; more come of deep nests of calls only."""


def leaves_of(type: ArrayType, hint: str | None = None) -> list[Variable]:
    """Variables for the arrays and stacks in a value of a type; a stack of packages is several."""
    if isinstance(type, Stack):
        return [StackVariable(item, hint) for item in leaves_of(type.items[0], hint)]
    if not isinstance(type, Package):
        return [Variable(type, hint)]
    found = [leaf for item in type.items for leaf in leaves_of(item, hint)]
    if len(found) > MOST:
        raise NotNativeError("a package of too many values")
    return found


def count(types: Iterable[ArrayType]) -> int:
    """How many leaves values of those types have."""
    return sum(len(leaves_of(type)) for type in types)


def flat(f: Function) -> Flat:
    """The function in flat form.

    Raises:
        NotNativeError: if it has parts without native code.
    """
    whole = simplify(forget(f))
    calls: Counter[Function] = Counter()
    for g in reachable([whole]):
        for equation in g.equations:
            for callee in {id(h): h for h in _functions(equation.op)}.values():
                calls[callee] += 1 if isinstance(equation.op, Call) else 2
    return _Flattener(calls).function(whole)


def _functions(op: Op) -> list[Function]:
    found: list[Function] = []
    for value in vars(op).values():
        items = value if isinstance(value, tuple) else (value,)
        found += [item for item in items if isinstance(item, Function)]
    return found


class _Flattener:
    """Flattens the functions of one program, each once."""

    def __init__(self, calls: Counter[Function]) -> None:
        self.calls = calls
        self.made: dict[Function, Flat] = {}

    def function(self, f: Function) -> Flat:
        f = forget(f)
        if f not in self.made:
            self.made[f] = self._function(f)
        return self.made[f]

    def _function(self, f: Function) -> Flat:
        leaves: dict[Operand, list[Operand]] = {}
        params = [leaf for p in f.params for leaf in self.fresh(p, leaves)]
        steps: list[Step] = []
        self.body(f, leaves, steps)
        results = [leaf for v in f.results for leaf in _of(v, leaves)]
        return Flat(f.name, tuple(params), _live(steps, results), tuple(results))

    def fresh(self, v: Variable, leaves: dict[Operand, list[Operand]]) -> list[Variable]:
        """The leaves of a variable: new ones, since functions may have variables in common."""
        made = leaves_of(v.type, v.hint)
        leaves[v] = list(made)
        return made

    def body(self, f: Function, leaves: dict[Operand, list[Operand]], steps: list[Step]) -> None:
        from lineara.backends.native import along

        for equation in f.equations:
            op, results = equation.op, equation.results
            inputs = [_of(v, leaves) for v in equation.operands]
            everything = tuple(leaf for part in inputs for leaf in part)
            if isinstance(op, Pack):
                leaves[results[0]] = list(everything)
            elif isinstance(op, Unpack):
                remaining = iter(everything)
                for v in results:
                    leaves[v] = [next(remaining) for _ in leaves_of(v.type)]
            elif isinstance(op, Blank):
                for leaf in self.fresh(results[0], leaves):
                    one = Empty() if isinstance(leaf, StackVariable) else Blank(leaf.type)
                    steps.append(Step(one, (), (leaf,), equation.source))
            elif isinstance(op, along.ON_STACKS):
                first = inputs[:1] if isinstance(op, Choose) else []
                made = self.fresh(results[0], leaves)
                columns = zip(*inputs[len(first) :], strict=True)
                for leaf, column in zip(made, columns, strict=True):
                    steps += along.applied(op, [*(x for (x,) in first), *column], leaf)
            elif isinstance(op, Count):
                (numbers,) = self.fresh(results[0], leaves)
                steps += along.counted(op, everything, numbers)
            elif type(op) is Call and self.calls[op.function] == 1:
                self.inline(forget(op.function), everything, results, leaves, steps)
            else:
                made = [leaf for v in results for leaf in self.fresh(v, leaves)]
                flat_op = self.op(op, [v.type for v in equation.operands])
                steps.append(Step(flat_op, everything, tuple(made), equation.source))

    def inline(
        self,
        f: Function,
        operands: Sequence[Operand],
        results: Sequence[Variable],
        leaves: dict[Operand, list[Operand]],
        steps: list[Step],
    ) -> None:
        remaining = iter(operands)
        inside: dict[Operand, list[Operand]] = {}
        for p in f.params:
            inside[p] = [next(remaining) for _ in leaves_of(p.type)]
        self.body(f, inside, steps)
        for v, inner in zip(results, f.results, strict=True):
            leaves[v] = _of(inner, inside)

    def op(self, op: Op, types: Sequence[ArrayType]) -> Any:
        match op:
            case Call() | Checkpoint():
                return Invoke(self.function(op.function))
            case Special():
                return Invoke(self.function(op.meaning))
            case Switch():
                return Branch(tuple(map(self.function, op.branches)))
            case Scan():
                return Loop(
                    self.function(op.body),
                    op.length,
                    op.reverse,
                    count(p.type for p in op.body.params[: op.consts]),
                    count(p.type for p in op.body.params[op.consts :][: op.carries]),
                )
            case While():
                return Repeat(
                    self.function(op.cond),
                    self.function(op.body),
                    count(p.type for p in op.cond.params[: op.cond_consts]),
                    count(p.type for p in op.body.params[: op.consts]),
                    count(p.type for p in op.body.params[op.consts :][: op.carries]),
                )
        return op


def _live(steps: Sequence[Step], results: Sequence[Operand]) -> tuple[Step, ...]:
    """The steps that the results depend on; what was called may have had more results."""
    needed: set[Operand] = set(results)
    kept = []
    for step in reversed(steps):
        if not needed.isdisjoint(step.results):
            needed.update(step.operands)
            kept.append(step)
    return tuple(reversed(kept))


def _of(v: Operand, leaves: dict[Operand, list[Operand]]) -> list[Operand]:
    return [v] if isinstance(v, Literal) else leaves[v]
