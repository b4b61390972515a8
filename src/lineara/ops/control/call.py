"""Calls: a function applied."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from lineara.ir.containers import package
from lineara.ir.cost import work
from lineara.ir.op import Op, Tangent
from lineara.ir.program import Equation, Function, Variable
from lineara.ir.types import ArrayType
from lineara.ir.value import Value
from lineara.ops.control.base import (
    Control,
    Derive,
    Divide,
    Halves,
    Mask,
    Prepare,
    Prove,
    Runner,
    Split,
    Transform,
    Vectorise,
    both,
    depending,
    divided,
    fits,
    linear_like,
    merged,
    needed,
    new_linear,
    ordinary,
    rebuilt,
    spread,
    where,
)
from lineara.ops.control.lending import handed_through, reads_a_part, returning
from lineara.ops.packages import Pack, Unpack

if TYPE_CHECKING:
    from lineara.ir.builder import Builder


@dataclass(frozen=True)
class Call(Control):
    """Calls a function."""

    name: ClassVar[str] = "call"
    function: Function

    def infer(self, *types: ArrayType) -> tuple[ArrayType, ...]:
        fits(self.function, types)
        return tuple(result.type for result in self.function.all_results)

    def linearity(self, types: Sequence[ArrayType], linear: Sequence[bool]) -> Mask:
        self.infer(*types)
        linear_like(self.function.name, [p.linear for p in self.function.all_params], linear)
        return tuple(result.linear for result in self.function.all_results)

    def gives_back(self) -> dict[int, int]:
        first, results = len(self.function.params), len(self.function.results)
        return {first + i: results + j for i, j in handed_through(self.function).items()}

    def sharing(self, position: int) -> Op | None:
        index = position - len(self.function.params)
        if not reads_a_part(self.function, index):
            return None
        return replace(self, function=returning(self.function, index))

    def work(self, operands: Sequence[ArrayType], results: Sequence[ArrayType]) -> int:
        return work(self.function)

    def derive(
        self,
        b: Builder,
        equation: Equation,
        incoming: Sequence[Tangent],
        useful: Mask,
        jvp: Derive,
    ) -> tuple[Tangent, ...]:
        active = tuple(t is not None for t in incoming)
        found = jvp(self.function, active).with_tangent
        derived = jvp(self.function, active, both(found, useful))
        operands = (*equation.operands, *(t.operand for t in incoming if t is not None))
        dots = new_linear(where(derived.with_tangent, equation.results))
        op = replace(self, function=derived.function)
        b.adopt(Equation(op, operands, (*equation.results, *dots), equation.source))
        return spread(derived.with_tangent, [Value(b, v) for v in dots])

    def divide(self, equation: Equation, known: Mask, split: Divide) -> Halves:
        """A call in each half. What the callee's tape holds of its own operands is not handed over
        again; the rest is handed over as a package.
        """
        callee = self.function
        count = len(callee.params)
        operands, linear = equation.operands[:count], equation.operands[count:]
        parts = split(callee, known)
        halves = parts.known.memoized("packaged", lambda: _packaged(parts, callee.params))
        own = dict(zip(callee.params, operands, strict=True))
        handed = [own[v] for v in parts.tape if v in own]
        extra = halves.known.results[sum(parts.known_results) :]
        fresh = [Variable(v.type) for v in extra]
        done = where(parts.known_results, equation.results[: len(callee.results)])
        first = Equation(
            replace(self, function=halves.known),
            tuple(where(known, operands)),
            (*done, *fresh),
            equation.source,
        )
        second = Equation(
            replace(self, function=halves.unknown),
            (*handed, *fresh, *where(known, operands, False), *linear),
            tuple(v for v in equation.results if v not in done),
            equation.source,
        )
        return Halves((first,), (second,), tuple(fresh))

    def turn(
        self, operands: tuple[Value, ...], cotangents: tuple[Value, ...], transpose: Transform
    ) -> tuple[Tangent, ...]:
        ordinary = operands[: len(self.function.params)]
        op = replace(self, function=transpose(self.function))
        turned = (*operands, *cotangents)[0].builder.emit(op, *ordinary, *cotangents)
        return (*(None for _ in ordinary), *turned)

    def vectorise(
        self, size: int, operands: tuple[Value, ...], batched: Mask, batch: Vectorise
    ) -> tuple[tuple[Value, ...], Mask]:
        made = batch(self.function, batched)
        return replace(self, function=made.function).all(*operands), made.batched

    def forgotten(
        self, b: Builder, equation: Equation, operands: tuple[Value, ...], forget: Transform
    ) -> tuple[Value, ...]:
        return ordinary(b, self.mapped(forget), operands, equation.results, equation.source)

    def typed(self, operands: tuple[Value, ...], zero: Mask, prove: Prove) -> tuple[Value, ...]:
        callee, linear = prove(self.function, tuple(x.linear for x in operands), zero)
        return merged(linear, replace(self, function=callee).all(*divided(operands)))

    def needed(self, wanted: Mask) -> Mask:
        return needed(self.function, wanted)

    def depends(self, mask: Mask) -> Mask:
        return depending(self.function, mask)

    def runner(self, own: Mask, prepare: Prepare) -> Runner:
        return prepare(self.function, own)


def _packaged(parts: Split, params: Sequence[Variable]) -> Split:
    """The halves of a function with all that is not one of its parameters handed over as one."""
    known, unknown = parts.known, parts.unknown
    own = [v for v in parts.tape if v in params]
    saved = tuple(v for v in parts.tape if v not in params)
    results = known.results[: sum(parts.known_results)]
    rest = unknown.params[len(parts.tape) :]
    if len(saved) < 2:
        first = rebuilt(known, results=(*results, *saved))
        return Split(first, rebuilt(unknown, params=(*own, *saved, *rest)), *parts[2:])
    tape = Variable(package(v.type for v in saved), "tape")
    packing = Equation(Pack(), saved, (tape,))
    unpacking = Equation(Unpack(), (tape,), saved)
    return Split(
        rebuilt(known, equations=(*known.equations, packing), results=(*results, tape)),
        rebuilt(unknown, params=(*own, tape, *rest), equations=(unpacking, *unknown.equations)),
        *parts[2:],
    )
