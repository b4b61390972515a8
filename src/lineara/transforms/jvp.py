"""Forward mode, the only differentiation there is: ``f.jvp(x; x') -> (y; y')``.

Each equation is followed by the equations of its tangent, which the op's rule writes. A value
that depends on no active input has no tangent, and there is no code for it. A call becomes a call
of the callee's jvp, which is derived once for each pattern of active operands.
"""

from __future__ import annotations

from collections.abc import Sequence

from lineara.errors import LinearityError, TypeMismatchError
from lineara.ir.builder import Builder
from lineara.ir.op import Tangent
from lineara.ir.program import Equation, Function, Operand
from lineara.ir.value import Value
from lineara.ops.control.base import Control, Derived, Mask, useful


def jvp(f: Function, active: Sequence[bool] | None = None) -> Function:
    """The function that computes `f` and, linearly, its directional derivative.

    Args:
        f: a function without linear parameters.
        active: which parameters carry a tangent; by default all that can.

    Returns:
        ``f.jvp(x; x') -> (y; y')``, with a tangent parameter for each active parameter and a
        tangent result for each result that depends on one. Its work is at most a small multiple
        of that of `f`.

    Raises:
        LinearityError: if `f` has linear parameters.
        TypeMismatchError: if an active parameter has a type without tangents.
    """
    mask = [p.type.has_tangent for p in f.params] if active is None else active
    return derive(f, tuple(mask)).function


def derive(
    f: Function, active: tuple[bool, ...], wanted: tuple[bool, ...] | None = None
) -> Derived:
    """Like `jvp`, for callers that must know which results have a tangent.

    Args:
        f: a function without linear parameters.
        active: which parameters carry a tangent.
        wanted: which results get a tangent, a `zero` if need be; by default those that depend on
            an active parameter.
    """
    return f.memoized(("jvp", active, wanted), lambda: _derive(f, active, wanted))


def _derive(f: Function, active: Mask, wanted: Mask | None) -> Derived:
    """A tangent that no result with a tangent depends on is not computed: transposed, it would be
    a zero that meets partial derivatives, infinite ones among them.
    """
    if wanted is not None and wanted == (found := derive(f, active)).with_tangent:
        return found
    _check(f, active)
    needed = useful(f, wanted or (True,) * len(f.results))
    b = Builder(f"{f.name}.jvp")
    b.params.extend(f.params)
    tangents: dict[Operand, Value] = {
        p: b.linear_parameter(p.type.tangent, p.hint)
        for p, is_active in zip(f.params, active, strict=True)
        if is_active
    }
    for equation in f.equations:
        b.source = equation.source
        incoming = [tangents.get(v) for v in equation.operands]
        outgoing = _tangents(b, equation, incoming, tuple(v in needed for v in equation.results))
        for result, tangent in zip(equation.results, outgoing, strict=True):
            if tangent is not None:
                tangents[result] = tangent.hinted(result.hint)
    results = [Value(b, v) for v in f.results]
    if wanted is None:
        wanted = tuple(v in tangents for v in f.results)
    dots = [
        tangents.get(v) or b.zero(v.type.tangent)
        for v, w in zip(f.results, wanted, strict=True)
        if w
    ]
    return Derived(b.build(results + dots), wanted)


def _tangents(
    b: Builder, equation: Equation, incoming: list[Tangent], wanted: Mask
) -> tuple[Tangent, ...]:
    """Emits the equation and its tangent; the tangents of its results, of those that are wanted
    at least.
    """
    none = (None,) * len(equation.results)
    op = equation.op
    if isinstance(op, Control) and (some := op.needed(wanted)) is not None:
        incoming = [t if n else None for t, n in zip(incoming, some, strict=True)]
    if not any(wanted) or all(t is None for t in incoming) or not op.differentiable:
        b.adopt(equation)
        return none
    if isinstance(op, Control):
        return op.derive(b, equation, incoming, wanted, derive)
    b.adopt(equation)
    if not any(v.type.has_tangent for v in equation.results):
        return none
    b.source = None if equation.source is None else equation.source.playing("tangent")
    operands = tuple(Value(b, v) for v in equation.operands)
    results = tuple(Value(b, v) for v in equation.results)
    return equation.op.jvp(operands, results, incoming)


def _check(f: Function, active: tuple[bool, ...]) -> None:
    if f.linear_params:
        raise LinearityError(
            f"{f.name} has linear parameters, so it is a derivative already",
            found=f"linear parameters {', '.join(map(repr, f.linear_params))}",
            expected="a function of ordinary values",
            remedy="read it as an ordinary function with forget, then differentiate it",
        )
    if len(active) != len(f.params):
        raise TypeMismatchError(
            f"the mask of active parameters does not fit {f.name}",
            found=f"{len(active)} entries",
            expected=f"one for each of its {len(f.params)} parameters",
        )
    for p, is_active in zip(f.params, active, strict=True):
        if is_active and not p.type.has_tangent:
            raise TypeMismatchError(
                f"cannot differentiate {f.name} with respect to {p!r}",
                found=str(p.type),
                expected="a float or complex type",
                remedy="leave this parameter inactive, or convert it to float",
            )
