"""What ops that run functions have in common.

Such an op holds functions in its attributes. Its operands and results are the ordinary ones first,
then the linear ones, as in the functions. Each transformation transforms the functions (once:
functions remember) and the op says what becomes of itself. An op does not know the transformations,
so each of its rules is handed the one that it needs, as a function on functions.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from itertools import accumulate, pairwise
from typing import Any, ClassVar, NamedTuple, Protocol, Self

from lineara.errors import LinearityError, TypeMismatchError
from lineara.ir.builder import Builder
from lineara.ir.op import Op, Tangent
from lineara.ir.program import Equation, Function, LinearVariable, Operand, Variable
from lineara.ir.types import Array, ArrayType
from lineara.ir.value import Value

Mask = tuple[bool, ...]


class Derived(NamedTuple):
    """The jvp of a function, and which results of the function have a tangent in it."""

    function: Function
    with_tangent: Mask


class Split(NamedTuple):
    """A function taken apart into what is known and the rest.

    Attributes:
        known: from the known parameters to the known results and then the tape.
        unknown: from the tape, the unknown and the linear parameters to the other results.
        known_results: which ordinary results of the original `known` computes.
        tape: the values handed over, as variables of the original function (or new ones).
    """

    known: Function
    unknown: Function
    known_results: Mask
    tape: tuple[Variable, ...]


class Batched(NamedTuple):
    """A function applied to many examples, and in which of its results they differ."""

    function: Function
    batched: Mask


class Typed(NamedTuple):
    """A function with some parameters made linear, and which of its results are linear then."""

    function: Function
    linear_results: Mask


class Halves(NamedTuple):
    """An equation taken apart.

    Attributes:
        first: what is known.
        second: what is not.
        tape: what the first half hands over to the second; it is always saved.
    """

    first: tuple[Equation, ...]
    second: tuple[Equation, ...]
    tape: tuple[Variable, ...] = ()


class Derive(Protocol):
    """``jvp`` of a function with active parameters, and results that must have a tangent."""

    def __call__(self, f: Function, active: Mask, wanted: Mask | None = None) -> Derived: ...


Policy = Callable[[Equation], bool]
"""Whether to save the results of an equation (True) or to compute them again (False)."""


class Divide(Protocol):
    """Takes a function apart; of its results `known` may compute the `allowed` ones only. What is
    saved is decided by the policy, or else by that of the function that surrounds.
    """

    def __call__(
        self,
        f: Function,
        known: Mask,
        allowed: Mask | None = None,
        policy: Policy | None = None,
    ) -> Split: ...


class Vectorise(Protocol):
    """``batch`` of a function for a number of examples, with results that must be batched."""

    def __call__(self, f: Function, batched: Mask, wanted: Mask | None = None) -> Batched: ...


Transform = Callable[[Function], Function]
Prove = Callable[[Function, Mask, Mask], Typed]
"""Types a function with those of its parameters linear, given which of the others are certainly
zero, or raises a `LinearityError`.
"""
Run = Callable[..., tuple[Any, ...]]


class Runner(NamedTuple):
    """A way to run a function.

    Attributes:
        run: takes and returns values.
        fresh: which results are in memory that nobody else has.
    """

    run: Run
    fresh: Mask


class Prepare(Protocol):
    """A runner of a function, which may overwrite the arguments that are its `own`."""

    def __call__(self, f: Function, own: Mask) -> Runner: ...


@dataclass(frozen=True)
class Control(Op):
    """An op that runs functions."""

    total: ClassVar[bool] = False

    def evaluate(self, *values: Array) -> tuple[Array, ...]:
        raise AssertionError("the back end runs functions")

    @abstractmethod
    def derive(
        self,
        b: Builder,
        equation: Equation,
        incoming: Sequence[Tangent],
        useful: Mask,
        jvp: Derive,
    ) -> tuple[Tangent, ...]:
        """Adds the equation and its tangent to what `b` builds; the tangents of its results, of
        which those that are not `useful` may be left out.
        """

    @abstractmethod
    def divide(self, equation: Equation, known: Mask, split: Divide) -> Halves:
        """The equation in two halves, given which of its ordinary operands are known."""

    @abstractmethod
    def turn(
        self, operands: tuple[Value, ...], cotangents: tuple[Value, ...], transpose: Transform
    ) -> tuple[Tangent, ...]:
        """The equation turned round: cotangents of the linear operands, None for the others."""

    @abstractmethod
    def vectorise(
        self, size: int, operands: tuple[Value, ...], batched: Mask, batch: Vectorise
    ) -> tuple[tuple[Value, ...], Mask]:
        """The op applied to many examples: its results, and in which of them they differ."""

    @abstractmethod
    def forgotten(
        self, b: Builder, equation: Equation, operands: tuple[Value, ...], forget: Transform
    ) -> tuple[Value, ...]:
        """The results of the op on operands that are all ordinary now; those that were ordinary
        before stay the variables that they are.
        """

    @abstractmethod
    def typed(self, operands: tuple[Value, ...], zero: Mask, prove: Prove) -> tuple[Value, ...]:
        """The results of the op where some operands, ordinary until now, are linear.

        Args:
            operands: the operands.
            zero: which of them are certainly zero, and so may be linear if need be.
            prove: types the functions of the op.
        """

    def needed(self, wanted: Mask) -> Mask | None:
        """Which operands those results depend on, all operands being ordinary; None for any."""
        return None

    @abstractmethod
    def depends(self, mask: Mask) -> Mask:
        """Which results depend on the operands in the mask, all operands being ordinary."""

    @abstractmethod
    def runner(self, own: Mask, prepare: Prepare) -> Runner:
        """A way to run the op, which may overwrite the operands that are its `own`."""

    def mapped(self, change: Transform) -> Self:
        """The op with its functions changed, to functions of the same parameters and results."""
        changed: dict[str, Any] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, Function):
                changed[field.name] = change(value)
            elif isinstance(value, tuple) and any(isinstance(x, Function) for x in value):
                changed[field.name] = tuple(map(change, value))
        return replace(self, **changed)


def fits(f: Function, types: Sequence[ArrayType]) -> None:
    """Raises a `TypeMismatchError` unless `f` takes arguments of these types."""
    params = tuple(p.type for p in f.all_params)
    if tuple(types) != params:
        raise TypeMismatchError(
            f"the operands do not fit {f.name}",
            found=_list(types),
            expected=_list(params),
        )


def linear_like(name: str, params: Sequence[bool], linear: Sequence[bool]) -> None:
    """Raises a `LinearityError` unless linear operands stand where parameters are linear."""
    if list(linear) != list(params):
        raise LinearityError(
            f"{name} takes linear values for its linear parameters only",
            found=_pattern(linear),
            expected=_pattern(params),
            remedy="zero makes a linear value; drop discards one",
        )


def rebuilt(
    f: Function,
    *,
    params: Sequence[Variable] | None = None,
    equations: Sequence[Equation] | None = None,
    results: Sequence[Operand] | None = None,
) -> Function:
    """`f` with other ordinary parameters, equations or ordinary results (in another order, say)."""
    return Function(
        f.name,
        f.params if params is None else tuple(params),
        f.linear_params,
        f.equations if equations is None else tuple(equations),
        f.results if results is None else tuple(results),
        f.linear_results,
    )


def where(mask: Sequence[bool], items: Sequence[Any], flag: bool = True) -> list[Any]:
    """The items whose entry in the mask is `flag`."""
    return [x for x, m in zip(items, mask, strict=True) if m is flag]


def both(first: Sequence[bool], second: Sequence[bool]) -> Mask:
    """The places that are true in both masks."""
    return tuple(a and b for a, b in zip(first, second, strict=True))


def spread(mask: Sequence[bool], items: Sequence[Any]) -> tuple[Any, ...]:
    """The items at the true places of the mask, None at the others."""
    remaining = iter(items)
    return tuple(next(remaining) if m else None for m in mask)


def ordinary(
    b: Builder, op: Op, operands: Sequence[Value], results: Sequence[Variable], source: Any
) -> tuple[Value, ...]:
    """Adds an equation of ordinary values; only results that were linear get new variables."""
    named = tuple(Variable(v.type, v.hint) if v.linear else v for v in results)
    b.adopt(Equation(op, tuple(x.operand for x in operands), named, source))
    return tuple(Value(b, v) for v in named)


def check_carries(body: Function, active: Sequence[bool], results: Sequence[bool]) -> None:
    """Raises a `LinearityError` where an iteration makes an ordinary value of a linear carry."""
    for i, (a, r) in enumerate(zip(active, results, strict=False)):
        if a and not r:
            raise LinearityError(
                "a carry of a loop is linear before an iteration and an ordinary value after it",
                found=f"carry {i + 1} of {body.name}: {body.results[i].type}",
                expected="a carry that stays linear",
                remedy="let it be a carry of another loop, or multiply it by zero",
            )


def needed(f: Function, wanted: Mask) -> Mask:
    """Which parameters those results of a function of ordinary values depend on."""
    found = useful(f, wanted)
    return tuple(p in found for p in f.params)


def useful(f: Function, wanted: Mask) -> frozenset[Operand]:
    """The variables that those results of a function of ordinary values depend on."""
    return f.memoized(("useful", wanted), lambda: _useful(f, wanted))


def _useful(f: Function, wanted: Mask) -> frozenset[Operand]:
    found: set[Operand] = set(where(wanted, f.results))
    for equation in reversed(f.equations):
        mask = tuple(v in found for v in equation.results)
        if any(mask):
            op = equation.op
            some = op.needed(mask) if isinstance(op, Control) else None
            operands = equation.operands
            found.update(operands if some is None else where(some, operands))
    return frozenset(found)


def needed_loop(body: Function, consts: int, carries: int, wanted: Mask) -> tuple[Mask, Mask]:
    """The results of the body of a loop that those results depend on, in some iteration, and the
    parameters: the least fixed point.
    """
    while True:
        params = needed(body, wanted)
        carried = params[consts:][:carries]
        grown = (*map(any, zip(wanted, carried, strict=False)), *wanted[carries:])
        if grown == wanted:
            return wanted, (*params[:consts], *wanted[:carries], *params[consts + carries :])
        wanted = grown


def depending(f: Function, mask: Mask) -> Mask:
    """Which results of a function of ordinary values depend on the parameters in the mask."""
    return f.memoized(("depending", mask), lambda: _depending(f, mask))


def _depending(f: Function, mask: Mask) -> Mask:
    found: set[Operand] = set(where(mask, f.params))
    for equation in f.equations:
        if found.isdisjoint(equation.operands):
            continue
        op = equation.op
        results: Sequence[Variable] = equation.results
        if isinstance(op, Control):
            results = where(op.depends(tuple(v in found for v in equation.operands)), results)
        found.update(v for v in results if v.type.has_tangent)
    return tuple(v in found for v in f.results)


def depending_loop(
    body: Function, consts: Mask, carries: Mask, slices: Mask = ()
) -> tuple[Mask, Mask]:
    """The carries of a loop that depend, in some iteration, on what is in the masks; then also
    the results of the body that do: the least fixed point.
    """
    while True:
        found = depending(body, (*consts, *carries, *slices))
        grown = tuple(a or r for a, r in zip(carries, found, strict=False))
        if grown == carries:
            return carries, found
        carries = grown


def made_linear(x: Value, is_zero: bool, what: str) -> Value:
    """`x` where only a linear value will do: itself, or a linear zero for an ordinary one."""
    if x.linear:
        return x
    if is_zero:
        return x.zero_tangent()
    raise LinearityError(
        f"{what} is an ordinary value to begin with, and linear after an iteration",
        found=f"an ordinary value of type {x.type}",
        expected="a linear value, or zero",
        remedy="start from zero and add the ordinary value outside of the linear function",
    )


def divided(operands: Sequence[Value]) -> list[Value]:
    """The operands in the order of a call: ordinary ones, then linear ones."""
    return sorted(operands, key=lambda x: x.linear)


def merged(mask: Sequence[bool], results: Sequence[Value]) -> tuple[Value, ...]:
    """Results that are sorted into ordinary and linear ones in the order of the mask of these."""
    ordinary = iter([x for x in results if not x.linear])
    linear = iter([x for x in results if x.linear])
    return tuple(next(linear if is_linear else ordinary) for is_linear in mask)


def new_linear(operands: Sequence[Operand]) -> list[Any]:
    """Linear variables for the tangents of operands."""
    return [LinearVariable(v.type.tangent, getattr(v, "hint", None)) for v in operands]


def _list(types: Sequence[ArrayType]) -> str:
    return f"({', '.join(map(str, types))})"


def _pattern(linear: Sequence[bool]) -> str:
    return ", ".join("linear" if is_linear else "non-linear" for is_linear in linear) or "nothing"


def cut(items: Sequence[Any], counts: Sequence[int]) -> list[list[Any]]:
    """The items in parts of those lengths, and the rest."""
    ends = [0, *accumulate(counts), len(items)]
    return [list(items[a:b]) for a, b in pairwise(ends)]
