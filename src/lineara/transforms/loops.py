"""Simpler loops: what is the same in each iteration is computed once, what nobody uses never."""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import replace
from typing import NamedTuple

from lineara.ir.program import Equation, Function, Literal, Operand, Variable
from lineara.ops.control.base import rebuilt
from lineara.ops.control.scan import Scan
from lineara.ops.control.while_loop import While


class Hoisted(NamedTuple):
    """A body taken apart.

    Attributes:
        equations: what does not depend on the iteration, on the consts of the body.
        values: the results of these equations that the body needs.
        body: the rest, with the values as further consts, behind the others.
    """

    equations: tuple[Equation, ...]
    values: tuple[Variable, ...]
    body: Function


def hoist(equation: Equation) -> list[Equation]:
    """The equation of a loop, after the equations that need not be repeated in it.

    A loop that may have no iterations keeps equations that can fail, one that has none keeps all.
    """
    op = equation.op
    assert isinstance(op, Scan | While)
    if isinstance(op, Scan) and op.length == 0:
        return [equation]
    certain = isinstance(op, Scan) and bool(op.length)
    found = op.body.memoized(
        ("hoisted", op.consts, certain), lambda: _hoisted(op.body, op.consts, certain)
    )
    if not found.equations:
        return [equation]
    start = op.first if isinstance(op, Scan) else op.cond_consts
    end = start + op.consts
    operands = equation.operands
    names: dict[Operand, Operand] = dict(zip(op.body.params, operands[start:end], strict=False))
    outside = []
    for e in found.equations:
        results = tuple(Variable(v.type, v.hint) for v in e.results)
        inputs = tuple(names.get(v, v) for v in e.operands)
        outside.append(Equation(e.op, inputs, results, e.source))
        names.update(zip(e.results, results, strict=True))
    loop = replace(op, body=found.body, consts=op.consts + len(found.values))
    extra = tuple(names[v] for v in found.values)
    inputs = (*operands[:end], *extra, *operands[end:])
    return [*outside, Equation(loop, inputs, equation.results, equation.source)]


def _hoisted(body: Function, consts: int, certain: bool) -> Hoisted:
    fixed: set[Operand] = set(body.params[:consts])
    outside: list[Equation] = []
    inside: list[Equation] = []
    for equation in body.equations:
        known = all(isinstance(v, Literal) or v in fixed for v in equation.operands)
        if known and not equation.linear and (certain or equation.op.total):
            outside.append(equation)
            fixed.update(equation.results)
        else:
            inside.append(equation)
    used = {v for equation in inside for v in equation.operands} | set(body.results)
    values = tuple(v for equation in outside for v in equation.results if v in used)
    params = (*body.params[:consts], *values, *body.params[consts:])
    return Hoisted(tuple(outside), values, rebuilt(body, params=params, equations=inside))


def prune(equation: Equation, live: Set[Operand]) -> Equation:
    """The equation of a loop without the ordinary carries, slices and consts that nobody uses."""
    op = equation.op
    assert isinstance(op, Scan | While)
    body = op.body
    after, made, *_ = op.made(body.all_results)
    results = equation.results
    kept_made = [v in live for v in results[len(after) : len(body.results)]]
    asked: set[Operand] = set()
    if isinstance(op, While):
        asked = _needed(op.cond, op.cond.results)
    carries = body.params[op.consts :][: op.carries]
    kept = [v in live for v in results[: len(after)]]
    if isinstance(op, While):
        of_cond = op.cond.params[op.cond_consts :]
        kept = [k or p in asked for k, p in zip(kept, of_cond, strict=True)]
    while True:
        roots = [*_where(kept, after), *_where(kept_made, made), *body.linear_results]
        needed = _needed(body, roots)
        grown = [k or p in needed for k, p in zip(kept, carries, strict=True)]
        if grown == kept:
            break
        kept = grown
    kept_params = [
        p in needed if not op.consts <= i < op.consts + op.carries else kept[i - op.consts]
        for i, p in enumerate(body.params)
    ]
    if all(kept_params) and all(kept) and all(kept_made):
        return equation
    new_body = rebuilt(
        body,
        params=_where(kept_params, body.params),
        results=[*_where(kept, after), *_where(kept_made, made)],
    )
    flags = [*kept_params, *[True] * len(body.linear_params)]
    consts = sum(kept_params[: op.consts])
    loop: Scan | While
    if isinstance(op, Scan):
        flags = [*[True] * op.first, *flags]
        loop = replace(op, body=new_body, consts=consts, carries=sum(kept))
    else:
        flags = [*[True] * op.cond_consts, *flags]
        params = [*op.cond.params[: op.cond_consts], *_where(kept, of_cond)]
        loop = replace(op, body=new_body, cond=rebuilt(op.cond, params=params), consts=consts)
    return Equation(
        loop,
        tuple(_where(flags, equation.operands)),
        tuple(_where([*kept, *kept_made], results[: len(body.results)]))
        + results[len(body.results) :],
        equation.source,
    )


def _needed(f: Function, roots: Iterable[Operand]) -> set[Operand]:
    """All variables of `f` that the roots, and its linear variables, depend on."""
    needed = set(roots)
    for equation in reversed(f.equations):
        if equation.linear or not needed.isdisjoint(equation.results):
            needed.update(equation.operands)
    return needed


def _where(mask: Iterable[bool], items: Iterable[Variable | Operand]) -> list[Variable]:
    return [x for x, m in zip(items, mask, strict=True) if m]  # type: ignore[misc]
