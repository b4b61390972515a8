"""Reverse mode, derived: jvp, then unzip, then transpose.

f  ──jvp──▶  f.jvp  ──unzip──▶  (f.nonlin, f.lin)  ──transpose──▶  f.lin.T
gradient of f at x:   (y, tape) = f.nonlin(x);   x' = f.lin.T(tape; 1)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lineara.ir.builder import Builder
from lineara.ir.program import Function
from lineara.ir.value import Value
from lineara.ops.control.base import Mask, Policy
from lineara.ops.control.policies import everything_saveable
from lineara.transforms.forget import forget
from lineara.transforms.inline import inline
from lineara.transforms.jvp import derive
from lineara.transforms.simplify import simplify
from lineara.transforms.transpose import transpose
from lineara.transforms.unzip import unzip


def linearize(
    f: Function, active: Mask, policy: Policy = everything_saveable
) -> tuple[Function, Function]:
    """The two halves of the derivative of `f`.

    Returns:
        ``f.nonlin(x) -> (y, tape)`` and ``f.lin(tape; x') -> (; y')``, with a tangent in x' for
        each active parameter and one in y' for each result of a type that has tangents.
    """
    wanted = tuple(v.type.has_tangent for v in f.results)
    return unzip(simplify(derive(f, active, wanted).function), policy)


def value_and_gradient(f: Function, active: Mask) -> Function:
    """The function ``(x) -> (y, x̄)``: the results of `f`, and the gradient of the first of them,
    a scalar, with respect to each active parameter.
    """
    return f.memoized(("gradient", active), lambda: _value_and_gradient(f, active))


def _value_and_gradient(f: Function, active: Mask) -> Function:
    b, results, back = _reverse(f, active, tuple(i == 0 for i in range(len(f.results))))
    one = b.constant(results[0].dtype.type(1))
    return simplify(b.build([*results, *back([one])]))


def pullback(f: Function, active: Mask) -> Function:
    """The function ``(x, ȳ) -> (y, x̄)``: the results of `f`, and from a cotangent for each result
    of a type that has tangents one for each active parameter.
    """
    b, results, back = _reverse(f, active, tuple(v.type.has_tangent for v in f.results))
    cotangents = [b.parameter(y.type.tangent) for y in results if y.type.has_tangent]
    return simplify(b.build([*results, *back(cotangents)], f"{f.name}.vjp"))


def _reverse(
    f: Function, active: Mask, wanted: Mask
) -> tuple[Builder, Sequence[Value], Callable[[Sequence[Value]], Sequence[Value]]]:
    """The way there, from the parameters of `f` to its results, and that back: from cotangents of
    the wanted results to those of the active parameters.
    """
    nonlin, lin = unzip(simplify(derive(f, active, wanted).function))
    b = Builder(f"{f.name}.grad")
    b.params.extend(f.params)
    forward = inline(b, nonlin, [Value(b, p) for p in f.params])
    results, tape = forward[: len(f.results)], forward[len(f.results) :]
    back = forget(simplify(transpose(simplify(lin))))
    return b, results, lambda cotangents: inline(b, back, [*tape, *cotangents])


def has_gradient(f: Function) -> bool:
    """Whether the function has one result, a real scalar."""
    return [v.type.dtype.kind + str(v.type.shape) for v in f.results] == ["f()"]
