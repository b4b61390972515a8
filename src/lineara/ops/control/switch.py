"""Branches: one of several functions, chosen by a number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from lineara.errors import LinearityError, TypeMismatchError
from lineara.ir.cost import work
from lineara.ir.op import Op, Tangent
from lineara.ir.program import Equation, Function, Operand, Variable
from lineara.ir.types import ArrayType
from lineara.ir.value import Value
from lineara.ops.compare import eq, ge, le
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
from lineara.ops.control.lending import reads_a_part, returning
from lineara.ops.control.masking import choose, masked
from lineara.ops.packages import INDEX, Blank, repeated

if TYPE_CHECKING:
    from lineara.ir.builder import Builder


@dataclass(frozen=True)
class Switch(Control):
    """``switch[branches=(f, g, …)] i x …``: the branch with number i, applied to x, ….

    A number below zero stands for the first branch, one too large for the last.
    """

    name: ClassVar[str] = "switch"
    branches: tuple[Function, ...]

    # -- types ----------------------------------------------------------------------------------

    def infer(self, *types: ArrayType) -> tuple[ArrayType, ...]:
        if not types or types[0] != INDEX or not self.branches:
            raise TypeMismatchError(
                "switch takes the number of a branch, then the operands of the branches",
                found=", ".join(map(str, types)) or "no operands",
                expected="i64[] first, and at least one branch",
            )
        results = tuple(v.type for v in self.branches[0].all_results)
        for branch in self.branches:
            fits(branch, types[1:])
            if tuple(v.type for v in branch.all_results) != results:
                raise TypeMismatchError(
                    "the branches of a switch return values of different types",
                    found=", ".join(str(v.type) for v in branch.all_results),
                    expected=", ".join(map(str, results)),
                )
        return results

    def linearity(self, types: Sequence[ArrayType], linear: Sequence[bool]) -> Mask:
        self.infer(*types)
        results = [v.linear for v in self.branches[0].all_results]
        for branch in self.branches:
            linear_like(branch.name, [False, *(p.linear for p in branch.all_params)], linear)
            if [v.linear for v in branch.all_results] != results:
                raise LinearityError(
                    "the branches of a switch differ in which of their results are linear",
                    found=f"the results of {branch.name}",
                    expected=f"results like those of {self.branches[0].name}",
                )
        return tuple(results)

    def sharing(self, position: int) -> Op | None:
        index = position - 1 - len(self.branches[0].params)
        if not any(reads_a_part(branch, index) for branch in self.branches):
            return None
        return Switch(tuple(returning(branch, index) for branch in self.branches))

    def work(self, operands: Sequence[ArrayType], results: Sequence[ArrayType]) -> int:
        return max(map(work, self.branches))

    # -- transformations ------------------------------------------------------------------------

    def derive(
        self,
        b: Builder,
        equation: Equation,
        incoming: Sequence[Tangent],
        useful: Mask,
        jvp: Derive,
    ) -> tuple[Tangent, ...]:
        active = tuple(t is not None for t in incoming[1:])
        found = [jvp(branch, active).with_tangent for branch in self.branches]
        wanted = both(tuple(map(any, zip(*found, strict=True))), useful)
        op = Switch(tuple(jvp(branch, active, wanted).function for branch in self.branches))
        operands = (*equation.operands, *(t.operand for t in incoming if t is not None))
        dots = new_linear(where(wanted, equation.results))
        b.adopt(Equation(op, operands, (*equation.results, *dots), equation.source))
        return spread(wanted, [Value(b, v) for v in dots])

    def divide(self, equation: Equation, known: Mask, split: Divide) -> Halves:
        """Each half is a switch. The tapes of the branches share their places, by type; a branch
        that is not taken leaves zeros.
        """
        if not known[0]:
            return Halves((), (equation,))
        results = len(self.branches[0].results)
        allowed: Mask = (True,) * results
        for branch in self.branches:
            done = split(branch, known[1:], allowed).known_results
            allowed = tuple(a and d for a, d in zip(allowed, done, strict=True))
        parts = [split(branch, known[1:], allowed) for branch in self.branches]
        number, *operands = equation.operands[: 1 + len(self.branches[0].params)]
        linear = equation.operands[1 + len(operands) :]
        layout = _Layout(self.branches, parts)
        fresh = [Variable(type) for type in layout.places]
        ready = where(allowed, equation.results[:results])
        handed = where(layout.passed, operands)
        return Halves(
            (
                Equation(
                    Switch(tuple(map(layout.known, range(len(parts))))),
                    (number, *where(known[1:], operands)),
                    (*ready, *fresh),
                    equation.source,
                ),
            ),
            (
                Equation(
                    Switch(tuple(map(layout.unknown, range(len(parts))))),
                    (number, *handed, *fresh, *where(known[1:], operands, False), *linear),
                    tuple(v for v in equation.results if v not in ready),
                    equation.source,
                ),
            ),
            tuple(fresh),
        )

    def turn(
        self, operands: tuple[Value, ...], cotangents: tuple[Value, ...], transpose: Transform
    ) -> tuple[Tangent, ...]:
        ordinary = operands[: 1 + len(self.branches[0].params)]
        turned = self.mapped(transpose).all(*ordinary, *cotangents)
        return (*(None for _ in ordinary), *turned)

    def vectorise(
        self, size: int, operands: tuple[Value, ...], batched: Mask, batch: Vectorise
    ) -> tuple[tuple[Value, ...], Mask]:
        if batched[0]:
            return self._selected(size, operands, batched, batch)
        made = [batch(branch, batched[1:]) for branch in self.branches]
        wanted = tuple(map(any, zip(*(m.batched for m in made), strict=True)))
        branches = tuple(batch(f, batched[1:], wanted).function for f in self.branches)
        return Switch(branches).all(*operands), wanted

    def _selected(
        self, size: int, operands: tuple[Value, ...], batched: Mask, batch: Vectorise
    ) -> tuple[tuple[Value, ...], Mask]:
        """Where examples take different branches all branches run, and each example selects."""
        number, *rest = operands
        everything = (True,) * len(self.branches[0].all_results)
        full = [x if b else repeated(x, size) for x, b in zip(rest, batched[1:], strict=True)]
        mask = (True,) * len(full)
        chosen = None
        for i, branch in enumerate(self.branches):
            last = i == len(self.branches) - 1
            compare = eq if i > 0 and not last else ge if last else le  # others are clamped
            here = compare(number, i) if len(self.branches) > 1 else eq(number, number)
            results = masked(here, batch(branch, mask, everything).function, full)
            if chosen is None:
                chosen = results
                continue
            chosen = tuple(choose(here, new, old) for new, old in zip(results, chosen, strict=True))
        assert chosen is not None
        return chosen, everything

    def forgotten(
        self, b: Builder, equation: Equation, operands: tuple[Value, ...], forget: Transform
    ) -> tuple[Value, ...]:
        return ordinary(b, self.mapped(forget), operands, equation.results, equation.source)

    def typed(self, operands: tuple[Value, ...], zero: Mask, prove: Prove) -> tuple[Value, ...]:
        linear = tuple(x.linear for x in operands[1:])
        branches = [prove(branch, linear, zero[1:]) for branch in self.branches]
        op = Switch(tuple(branch.function for branch in branches))
        ordinary_first = divided(operands[1:])
        return merged(branches[0].linear_results, op.all(operands[0], *ordinary_first))

    def needed(self, wanted: Mask) -> Mask:
        found = (needed(branch, wanted) for branch in self.branches)
        return (True, *map(any, zip(*found, strict=True)))

    def depends(self, mask: Mask) -> Mask:
        if mask[0]:
            return (True,) * len(self.branches[0].results)
        found = (depending(branch, mask[1:]) for branch in self.branches)
        return tuple(map(any, zip(*found, strict=True)))

    def runner(self, own: Mask, prepare: Prepare) -> Runner:
        branches = [prepare(branch, own[1:]) for branch in self.branches]
        runs = [branch.run for branch in branches]
        last = len(runs) - 1

        def run(number: Any, *values: Any) -> tuple[Any, ...]:
            return runs[min(max(int(number), 0), last)](*values)

        fresh = tuple(map(all, zip(*(branch.fresh for branch in branches), strict=True)))
        return Runner(run, fresh)


class _Layout:
    """Where the tapes of the branches of a switch go.

    Attributes:
        passed: which operands are handed over as they are, since some branch needs them.
        places: the types of what else is handed over.
    """

    def __init__(self, branches: Sequence[Function], parts: Sequence[Split]) -> None:
        self.branches = branches
        self.parts = parts
        self.passed = tuple(
            any(f.params[i] in part.tape for f, part in zip(branches, parts, strict=True))
            for i in range(len(branches[0].params))
        )
        self.places: list[ArrayType] = []
        self.at: list[dict[Operand, int]] = []
        for f, part in zip(branches, parts, strict=True):
            used: set[int] = set()
            at: dict[Operand, int] = {}
            for v in part.tape:
                if v not in f.params:
                    at[v] = self._place(v.type, used)
                    used.add(at[v])
            self.at.append(at)

    def _place(self, type: ArrayType, used: set[int]) -> int:
        for i, place in enumerate(self.places):
            if place == type and i not in used:
                return i
        self.places.append(type)
        return len(self.places) - 1

    def known(self, i: int) -> Function:
        """The known half of a branch, with zeros in the places of the others."""
        part = self.parts[i]
        by_place = {place: v for v, place in self.at[i].items()}
        equations = list(part.known.equations)
        tape: list[Operand] = []
        for place, type in enumerate(self.places):
            v = by_place.get(place)
            if v is None:
                v = Variable(type)
                equations.append(Equation(Blank(type), (), (v,)))
            tape.append(v)
        done = part.known.results[: sum(part.known_results)]
        return rebuilt(part.known, equations=equations, results=(*done, *tape))

    def unknown(self, i: int) -> Function:
        """The other half of a branch, with parameters for all that any branch hands over."""
        part, f = self.parts[i], self.branches[i]
        own = [
            p if p in part.tape else Variable(p.type, p.hint) for p in where(self.passed, f.params)
        ]
        by_place = {place: v for v, place in self.at[i].items()}
        tape = [by_place.get(place) or Variable(type) for place, type in enumerate(self.places)]
        rest = part.unknown.params[len(part.tape) :]
        return rebuilt(part.unknown, params=(*own, *tape, *rest))  # type: ignore[arg-type]
