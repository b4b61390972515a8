"""Checkpointing: calls that choose what of them is kept for the derivative."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import ClassVar

from lineara.ir.builder import Builder
from lineara.ir.program import Equation, Function
from lineara.ops.control.base import Divide, Halves, Mask, Policy, Split, where
from lineara.ops.control.call import Call
from lineara.ops.control.policies import everything_saveable, nothing_saveable


@dataclass(frozen=True)
class Checkpoint(Call):
    """Calls a function. The halves of its derivative hand over what a policy saves; the rest is
    computed again.
    """

    name: ClassVar[str] = "checkpoint"
    function: Function
    policy: Policy = field(default=nothing_saveable)

    def divide(self, equation: Equation, known: Mask, split: Divide) -> Halves:
        if self.policy is nothing_saveable:
            return self._again(equation, known, split)

        def choosing(
            f: Function,
            known: Mask,
            allowed: Mask | None = None,
            policy: Policy | None = None,
        ) -> Split:
            return split(f, known, allowed, policy or self.policy)

        return super().divide(equation, known, choosing)

    def _again(self, equation: Equation, known: Mask, split: Divide) -> Halves:
        """Only the results are kept: the second half runs the first one again, in full, from the
        operands, and then does its own.
        """
        callee = self.function
        count = len(callee.params)
        operands, linear = equation.operands[:count], equation.operands[count:]
        parts = split(callee, known, None, everything_saveable)
        done = where(parts.known_results, equation.results[: len(callee.results)])
        first = Equation(
            replace(self, function=only(parts.known, (True,) * len(done))),
            tuple(where(known, operands)),
            tuple(done),
            equation.source,
        )
        both = parts.known.memoized("again", lambda: _both(callee, known, parts))
        second = Equation(
            replace(self, function=both),
            (*operands, *linear),
            tuple(v for v in equation.results if v not in done),
            equation.source,
        )
        return Halves((first,), (second,))


def only(f: Function, wanted: Mask) -> Function:
    """`f` without the ordinary results that are not wanted (the mask may end early)."""
    if all(wanted) and len(wanted) == len(f.results):
        return f
    results = [v for v, keep in zip(f.results, wanted, strict=False) if keep]

    def build() -> Function:
        return Function(
            f.name, f.params, f.linear_params, f.equations, tuple(results), f.linear_results
        )

    return f.memoized(("only", wanted), build)


def _both(f: Function, known: Mask, parts: Split) -> Function:
    """The unknown half of `f`, from its parameters instead of the tape."""
    b = Builder(parts.unknown.name)
    params = [b.parameter(p.type, p.hint) for p in f.params]
    linear = [b.linear_parameter(p.type, p.hint) for p in f.linear_params]
    count = sum(parts.known_results)
    running = only(parts.known, (False,) * count + (True,) * len(parts.tape))
    tape = b.emit(Call(running), *where(known, params))
    rest = Call(parts.unknown).all(*tape, *where(known, params, False), *linear)
    return b.build(rest)
