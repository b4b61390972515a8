"""What the derivatives of a function cost at most, known before they are made.

The theorems about cost speak of one equation at a time: a function is its equations one after the
other, each of which passes on what is read later. So to derive a function, take its tangent apart
and turn that round costs at most what it costs for each equation by itself, in sum. Activity aside,
that depends on the ops and types alone: it is the constant of an op times its work.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from operator import add
from typing import NamedTuple

from lineara.ir.cost import work
from lineara.ir.program import Equation, Function, Literal, Operand, Variable
from lineara.ops.control.base import Mask
from lineara.transforms.forget import forget
from lineara.transforms.jvp import derive
from lineara.transforms.transpose import transpose
from lineara.transforms.unzip import unzip


class Costs(NamedTuple):
    """Scalar operations.

    Attributes:
        forward: of the derivative, ``f.jvp``.
        nonlinear: of its half that computes values, ``f.nonlin``.
        linear: of its half that computes tangents, ``f.lin``.
        backward: of that half turned round, ``f.lin.T``.
        reverse: of ``f.nonlin`` and then ``f.lin.T`` as an ordinary program. There copies cost
            nothing, as values are read any number of times, and zeros are arrays to be filled.
    """

    forward: int
    nonlinear: int
    linear: int
    backward: int
    reverse: int


class Rule(NamedTuple):
    """The derivative of one equation by itself.

    Attributes:
        costs: of it and what is made of it.
        equations: their number in the derivative.
        with_tangent: which results of the equation have a tangent.
    """

    costs: Costs
    equations: int
    with_tangent: Mask


def bounds(f: Function, active: Mask) -> Costs:
    """The most that the derivatives of `f` by its active parameters cost.

    Raises:
        LinearityError: if an op of `f` has no derivative.
    """
    last_use: dict[Operand, int] = {
        v: i for i, equation in enumerate(f.equations) for v in equation.operands
    } | dict.fromkeys(f.results, len(f.equations))
    moving: set[Operand] = {p for p, is_active in zip(f.params, active, strict=True) if is_active}
    rules: dict[Hashable, Rule] = {}
    total = Costs(0, 0, 0, 0, 0)
    for i, equation in enumerate(f.equations):
        operands = dict.fromkeys(v for v in equation.operands if isinstance(v, Variable))
        mask = tuple(v in moving for v in operands)
        kept = tuple(last_use[v] > i for v in operands)
        key = (equation.op, _pattern(equation, list(operands)), mask, kept)
        if key not in rules:
            rules[key] = rule(equation, mask, kept)
        costs, _, with_tangent = rules[key]
        total = Costs(*map(add, total, costs))
        moving.update(v for v, t in zip(equation.results, with_tangent, strict=True) if t)
    again = sum((n - 1) * v.type.size for v, n in Counter(f.results).items() if v in moving)
    unread = sum(v.type.size for v in moving if v not in last_use)
    return Costs(*map(add, total, (again, 0, again, again, again + unread)))


def rule(equation: Equation, active: Mask, kept: Mask) -> Rule:
    """The derivative of an equation whose (different) variables are active, and read later."""
    operands = tuple(dict.fromkeys(v for v in equation.operands if isinstance(v, Variable)))
    passed = tuple(v for v, is_kept in zip(operands, kept, strict=True) if is_kept)
    alone = Function("f", operands, (), (equation,), (*equation.results, *passed), ())
    jvp, with_tangent = derive(alone, active)
    nonlin, lin = unzip(jvp)
    back = transpose(lin)
    forward, nonlinear, linear, backward = map(work, (jvp, nonlin, lin, back))
    reverse = nonlinear + work(forget(back))
    costs = Costs(forward, nonlinear, linear, backward, reverse)
    return Rule(costs, len(jvp.equations), with_tangent[: len(equation.results)])


def _pattern(equation: Equation, variables: list[Variable]) -> tuple[Hashable, ...]:
    """The operands up to their names: what the rule of an equation may depend on."""
    return tuple(
        v if isinstance(v, Literal) else (variables.index(v), v.type) for v in equation.operands
    )
