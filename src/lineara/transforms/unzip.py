"""Partial evaluation: a function taken apart into what is known and the rest.

`partial_eval` divides a function whose inputs are partly *known* into one that computes all that
the known inputs determine, and one that does the rest, given what the first hands it, the *tape*.
`unzip` is the case that makes reverse mode: known = non-linear, so that ``f.jvp`` falls apart into

    (y, tape) = f.nonlin(x)          y' = f.lin(tape; x')

Equations are dealt into the two halves as they are. For each value that the second half needs
from the first there is one choice, and checkpointing is nothing else: *save* it on the tape, or
*recompute* it from what is on the tape. A policy makes that choice.
"""

from __future__ import annotations

from collections.abc import Sequence, Set

from lineara.errors import TypeMismatchError
from lineara.ir.program import Equation, Function, Literal, Operand, Variable
from lineara.ops.control.base import Control, Mask, Policy, Split
from lineara.ops.control.policies import everything_saveable
from lineara.ops.name import Name


def unzip(f: Function, policy: Policy = everything_saveable) -> tuple[Function, Function]:
    """The non-linear and the linear half of a function with both kinds of parameters.

    Returns:
        ``f.nonlin(x) -> (y, tape)`` and ``f.lin(tape; x') -> (; y')``. If everything is saved, the
        work of the two adds up to exactly that of `f`; under any policy the values are the same.
    """
    known, unknown, *_ = split(f, (True,) * len(f.params), policy)
    return known, unknown


def partial_eval(f: Function, known: Sequence[bool], policy: Policy = everything_saveable) -> Split:
    """Takes `f` apart by any division of its non-linear parameters; linear ones are unknown.

    Raises:
        TypeMismatchError: if `known` does not have one entry for each non-linear parameter.
    """
    if len(known) != len(f.params):
        raise TypeMismatchError(
            f"the mask of known parameters does not fit {f.name}",
            found=f"{len(known)} entries",
            expected=f"one for each of its {len(f.params)} non-linear parameters",
        )
    return split(f, tuple(known), policy)


def split(f: Function, known: Mask, policy: Policy, allowed: Mask | None = None) -> Split:
    """`partial_eval`, remembered for each division and policy.

    Args:
        f: any function.
        known: which non-linear parameters are known.
        policy: which values to save.
        allowed: which results the known half may compute; by default all. One that is known and
            not allowed is handed over and returned by the other half.
    """
    return f.memoized(
        ("split", known, policy, allowed), lambda: _Splitter(f, known, policy).split(allowed)
    )


class _Splitter:
    """Deals the equations of one function into two piles."""

    def __init__(self, f: Function, known: tuple[bool, ...], policy: Policy) -> None:
        self.f = f
        self.policy = policy
        self.named: set[Operand] = set()
        """Values that the policy saves under a name."""
        self.known_params = tuple(p for p, k in zip(f.params, known, strict=True) if k)
        self.unknown_params = tuple(p for p, k in zip(f.params, known, strict=True) if not k)
        self.known: set[Operand] = set(self.known_params)
        self.first: list[Equation] = []
        self.second: list[Equation] = []
        self.handed: set[Operand] = set()
        """What the halves of control equations hand over; policies have chosen it already."""

    def split(self, allowed: Mask | None) -> Split:
        f = self.f
        if allowed is None:
            allowed = (True,) * len(f.results)
        for equation in f.equations:
            if self.is_known(equation.operands) and not equation.linear:
                self.add_known(equation)
            elif isinstance(equation.op, Control) and self.knows_some(equation.operands):
                self.divide(equation, equation.op)
            else:
                self.second.append(equation)
        known_results = tuple(
            self.is_known((v,)) and a for v, a in zip(f.results, allowed, strict=True)
        )
        results = tuple(v for v, k in zip(f.results, known_results, strict=True) if k)
        rest = tuple(v for v, k in zip(f.results, known_results, strict=True) if not k)
        tape, recomputed = self.tape(rest)
        known_name, unknown_name = self.names()
        first = Function(known_name, self.known_params, (), tuple(self.first), results + tape, ())
        second = Function(
            unknown_name,
            tape + self.unknown_params,
            f.linear_params,
            (*recomputed, *self.second),
            rest,
            f.linear_results,
        )
        return Split(first, second, known_results, tape)

    def names(self) -> tuple[str, str]:
        if self.f.linear_params and not self.unknown_params:
            base = self.f.name.removesuffix(".jvp")
            return f"{base}.nonlin", f"{base}.lin"
        return f"{self.f.name}.known", f"{self.f.name}.unknown"

    def is_known(self, operands: Sequence[Operand]) -> bool:
        return all(isinstance(v, Literal) or v in self.known for v in operands)

    def knows_some(self, operands: Sequence[Operand]) -> bool:
        return any(self.is_known((v,)) for v in operands if not v.linear)

    def divide(self, equation: Equation, op: Control) -> None:
        """An equation that runs functions falls into a part for each half."""

        def parts(
            f: Function,
            known: Mask,
            allowed: Mask | None = None,
            policy: Policy | None = None,
        ) -> Split:
            return split(f, known, policy or self.policy, allowed)

        known = tuple(self.is_known((v,)) for v in equation.operands if not v.linear)
        halves = op.divide(equation, known, parts)
        for part in halves.first:
            self.add_known(part)
        self.handed.update(halves.tape)
        self.second.extend(halves.second)

    def add_known(self, equation: Equation) -> None:
        self.first.append(equation)
        self.known.update(equation.results)

    def saves(self, equation: Equation) -> bool:
        """Whether the policy saves the results of the equation, or the name that they are given."""
        return self.policy(equation) or not self.named.isdisjoint(equation.results)

    def tape(self, results: Sequence[Operand]) -> tuple[tuple[Variable, ...], list[Equation]]:
        """What to hand over, in order of definition, and what to compute again."""
        needed: set[Operand] = {v for v in results if v in self.known}
        for equation in self.second:
            needed.update(v for v in equation.operands if v in self.known)
        self.named = {
            v
            for equation in self.first
            if isinstance(equation.op, Name) and self.policy(equation)
            for v in equation.operands
        }
        recomputed: list[Equation] = []
        saved: list[Variable] = []
        for equation in reversed(self.first):
            wanted = [v for v in equation.results if v in needed]
            handed = [v for v in wanted if v in self.handed]
            if len(wanted) > len(handed) and not self.saves(equation):
                recomputed.append(_afresh(equation, self.handed))
                needed.update(v for v in equation.operands if v in self.known)
                wanted = handed
            saved.extend(reversed(wanted))
        params = tuple(p for p in self.known_params if p in needed)
        return params + tuple(reversed(saved)), recomputed[::-1]


def _afresh(equation: Equation, handed: Set[Operand]) -> Equation:
    """The equation once more, for the other half; what it hands over is there already."""
    if handed.isdisjoint(equation.results):
        return equation
    results = tuple(Variable(v.type) if v in handed else v for v in equation.results)
    return Equation(equation.op, equation.operands, results, equation.source)
