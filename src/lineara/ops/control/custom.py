"""Functions with rules of their own.

========================  =======================================================================
``custom_call[f, rule]``  f, whose derivative is what the rule says
``custom_batch[f]``       f, which Python code applies to many examples
========================  =======================================================================
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

from lineara.errors import LinearityError, TypeMismatchError
from lineara.ir.cost import work
from lineara.ir.op import Tangent, add_tangents
from lineara.ir.program import Equation, Function, Operand, Variable
from lineara.ir.types import ArrayType
from lineara.ir.value import Value
from lineara.ops.control.base import (
    Batched,
    Control,
    Derive,
    Divide,
    Halves,
    Mask,
    Prepare,
    Prove,
    Runner,
    Transform,
    Vectorise,
    depending,
    fits,
    new_linear,
    ordinary,
    spread,
    where,
)
from lineara.ops.control.call import Call
from lineara.ops.python import PythonCode

if TYPE_CHECKING:
    from lineara.ir.builder import Builder


@dataclass(frozen=True)
class Special(Control):
    """An op that computes what a function of ordinary values does, and knows more about it."""

    @property
    @abstractmethod
    def meaning(self) -> Function:
        """The function that it computes."""

    def infer(self, *types: ArrayType) -> tuple[ArrayType, ...]:
        fits(self.meaning, types)
        return tuple(v.type for v in self.meaning.all_results)

    def linearity(self, types: Sequence[ArrayType], linear: Sequence[bool]) -> Mask:
        results = self.infer(*types)
        if any(linear):
            raise LinearityError(
                f"{self.name} takes ordinary values",
                found=f"linear operands of {self.meaning.name}",
                remedy="linearise it with jvp",
            )
        return (False,) * len(results)

    def work(self, operands: Sequence[ArrayType], results: Sequence[ArrayType]) -> int:
        return work(self.meaning)

    def divide(self, equation: Equation, known: Mask, split: Divide) -> Halves:
        """All of it in the second half: taken apart, it would lose what it knows."""
        return Halves((), (equation,))

    def turn(
        self, operands: tuple[Value, ...], cotangents: tuple[Value, ...], transpose: Transform
    ) -> tuple[Tangent, ...]:
        raise AssertionError(f"{self.name} has no linear operands")

    def forgotten(
        self, b: Builder, equation: Equation, operands: tuple[Value, ...], forget: Transform
    ) -> tuple[Value, ...]:
        return ordinary(b, self, operands, equation.results, equation.source)

    def typed(self, operands: tuple[Value, ...], zero: Mask, prove: Prove) -> tuple[Value, ...]:
        return Call(self.meaning).typed(operands, zero, prove)

    def depends(self, mask: Mask) -> Mask:
        return depending(self.meaning, mask)

    def runner(self, own: Mask, prepare: Prepare) -> Runner:
        return prepare(self.meaning, own)


def tangents_of(
    b: Builder,
    f: Function,
    operands: Sequence[Operand],
    incoming: Sequence[Tangent],
    jvp: Derive,
    equation: Equation,
) -> tuple[Tangent, ...]:
    """Adds a call of the jvp of `f`; the tangents of its results."""
    derived = jvp(f, tuple(t is not None for t in incoming))
    values = [Variable(v.type) for v in f.results]
    dots = new_linear(where(derived.with_tangent, f.results))
    inputs = (*operands, *(t.operand for t in incoming if t is not None))
    b.adopt(Equation(Call(derived.function), inputs, (*values, *dots), equation.source))
    return spread(derived.with_tangent, [Value(b, v) for v in dots])


# -- calls with a tangent rule --------------------------------------------------------------------


class Deferred(PythonCode):
    """A rule that is traced when it is needed, since it may need itself."""

    def __init__(self, label: str, make: Callable[[], Function]) -> None:
        super().__init__(label)
        self.__dict__.update(make=make, made={})

    __eq__ = object.__eq__
    __hash__ = object.__hash__

    @property
    def function(self) -> Function:
        """The rule."""
        made: dict[Any, Any] = self.__dict__["made"]
        if None not in made:
            made.setdefault(None, self.__dict__["make"]())
        result: Function = made[None]
        return result

    def mapped(self, key: Any, change: Transform) -> Deferred:
        """The rule changed in some way, which the key tells, when it is needed."""
        made: dict[Any, Deferred] = self.__dict__["made"]
        return made.setdefault(key, Deferred(self.label, lambda: change(self.function)))


@dataclass(frozen=True)
class CustomCall(Special):
    """Calls a function whose derivative a rule computes.

    Attributes:
        function: the function, of ordinary values.
        rule: ``(x; x') -> (y; y')``, with a tangent for each parameter and each result of a type
            that has tangents. A rule may also be given the results: ``(x, y; x') -> (; y')``.
        consts: how many of the parameters, the first ones, the rule says nothing about and has no
            tangents for. The derivative with respect to these is that of the function.
    """

    name: ClassVar[str] = "custom_call"
    function: Function
    rule: Function | Deferred
    consts: int = 0

    @property
    def meaning(self) -> Function:
        return self.function

    def infer(self, *types: ArrayType) -> tuple[ArrayType, ...]:
        results = super().infer(*types)
        if isinstance(self.rule, Function):
            self._check(self.rule, types, results)
        return results

    def _check(
        self, rule: Function, types: tuple[ArrayType, ...], results: tuple[ArrayType, ...]
    ) -> None:
        dots = [t.tangent for t in types[self.consts :] if t.has_tangent]
        given = given_results(self.function, rule)
        found = [[v.type for v in part] for part in _parts(rule)]
        expected = [
            [*types, *(results if given else ())],
            dots,
            [] if given else list(results),
            [t.tangent for t in results if t.has_tangent],
        ]
        if found != expected or self.function.linear_params:
            raise TypeMismatchError(
                f"the rule {rule.name} does not fit {self.function.name}",
                found=signature(found),
                expected=signature(expected),
            )

    def derive(
        self,
        b: Builder,
        equation: Equation,
        incoming: Sequence[Tangent],
        useful: Mask,
        jvp: Derive,
    ) -> tuple[Tangent, ...]:
        operands, results = equation.operands, equation.results
        fixed, moving = incoming[: self.consts], incoming[self.consts :]
        total: tuple[Tangent, ...] = (None,) * len(results)
        if any(t is not None for t in moving):
            rule = self.rule if isinstance(self.rule, Function) else self.rule.function
            given = given_results(self.function, rule)
            if given:
                b.adopt(equation)
            dots = [
                (b.zero(v.type.tangent) if t is None else t).operand
                for v, t in zip(operands[self.consts :], moving, strict=True)
                if v.type.has_tangent
            ]
            inputs = (*operands, *(results if given else ()), *dots)
            mask = tuple(v.type.has_tangent for v in results)
            new = new_linear(where(mask, results))
            outputs = (*(() if given else results), *new)
            b.adopt(Equation(Call(rule), inputs, outputs, equation.source))
            total = spread(mask, [Value(b, v) for v in new])
        else:
            b.adopt(equation)
        if any(t is not None for t in fixed):
            rest = (*fixed, *[None] * len(moving))
            more = tangents_of(b, self.function, operands, rest, jvp, equation)
            total = add_tangents(total, more)
        return total

    def vectorise(
        self, size: int, operands: tuple[Value, ...], batched: Mask, batch: Vectorise
    ) -> tuple[tuple[Value, ...], Mask]:
        f, rule = self.function, self.rule
        everything = (True,) * len(f.results)
        types = [p.type for p in f.params]
        dots = [
            m for m, t in zip(batched[self.consts :], types[self.consts :], strict=True)
            if t.has_tangent
        ]  # fmt: skip

        def change(rule: Function) -> Function:
            given = everything if given_results(f, rule) else ()
            return batch(rule, (*batched, *given, *dots), (True,) * len(rule.all_results)).function

        new = change(rule) if isinstance(rule, Function) else rule.mapped((size, batched), change)
        op = replace(self, function=batch(f, batched, everything).function, rule=new)
        return op.all(*operands) if operands else (), everything


def given_results(f: Function, rule: Function) -> bool:
    """Whether a rule for `f` is given the results of `f` instead of computing them."""
    return len(rule.params) > len(f.params)


def _parts(f: Function) -> tuple[tuple[Any, ...], ...]:
    return f.params, f.linear_params, f.results, f.linear_results


def signature(types: Sequence[Sequence[ArrayType]]) -> str:
    """The types of parameters and results, ordinary and linear ones, as in text."""
    a, b, c, d = (", ".join(map(str, part)) for part in types)
    return f"({a}; {b}) -> ({c}; {d})"


# -- batched by Python code -----------------------------------------------------------------------


@dataclass(frozen=True)
class BatchRule(PythonCode):
    """How to apply a function to many examples: from their number, and the mask of parameters in
    which they differ, to the batched function.
    """

    call: Callable[[int, Mask], Batched]


@dataclass(frozen=True)
class CustomBatch(Special):
    """Calls a function that a rule applies to many examples. Its derivative has no such rule.

    Attributes:
        function: the function, of ordinary values.
        rule: what applies it to many examples.
        consts: how many of the parameters, the first ones, the rule does not know of. If examples
            differ in those, the function is batched without the rule.
    """

    name: ClassVar[str] = "custom_batch"
    function: Function
    rule: BatchRule
    consts: int = 0

    @property
    def meaning(self) -> Function:
        return self.function

    def derive(
        self,
        b: Builder,
        equation: Equation,
        incoming: Sequence[Tangent],
        useful: Mask,
        jvp: Derive,
    ) -> tuple[Tangent, ...]:
        return Call(self.function).derive(b, equation, incoming, useful, jvp)

    def divide(self, equation: Equation, known: Mask, split: Divide) -> Halves:
        return Call(self.function).divide(equation, known, split)

    def vectorise(
        self, size: int, operands: tuple[Value, ...], batched: Mask, batch: Vectorise
    ) -> tuple[tuple[Value, ...], Mask]:
        if any(batched[: self.consts]):
            return Call(self.function).vectorise(size, operands, batched, batch)
        made = self.rule.call(size, batched[self.consts :])
        return Call(made.function).all(*operands), made.batched
