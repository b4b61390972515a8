"""What an operation is: one class that holds its types, its meaning and its rules.

A concrete op is a frozen dataclass. Its fields are the *static attributes* of the equation
(``reduce_sum[axes=(0,)]`` has the field ``axes``), its methods are everything the rest of the
library knows about it. There is no other place where a rule could hide.

====================  =========================================================================
`infer`               result types from operand types, or an error that teaches
`evaluate`            the meaning, in NumPy
`linear_sets`         the linearity signature: sets of operands in which the op is jointly linear
`transpose`           for an op with a signature: cotangents of results to those of operands
`jvp`                 for operands outside of every set: the tangent rule
`batch`               the op on operands with a new leading axis
`work`                the number of scalar operations
====================  =========================================================================

Rules are written with `Value`s, which have operators, so that a rule reads like the formula::

    class Sin(Unary):
        def partial(self, index, operands, result):
            return cos(operands[0])
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, TypeAlias

from lineara.errors import LinearityError
from lineara.ir.types import Array, ArrayType

if TYPE_CHECKING:
    from lineara.ir.program import Operand
    from lineara.ir.value import Scalar, Value

SCALARS = (bool, int, float, complex)
"""Python numbers: in a rule they take the dtype of the value that they meet."""

LinearSets: TypeAlias = tuple[frozenset[int], ...]
Tangent: TypeAlias = "Value | None"
"""A tangent, or None where it is known to be zero (no code is made for it)."""


@dataclass(frozen=True)
class Op:
    """An operation of the language; see the module's essay."""

    name: ClassVar[str]
    """The name in text."""

    differentiable: ClassVar[bool] = True
    """False where the derivative is zero or has no meaning (`floor`, comparisons): no rule."""

    view: ClassVar[bool] = False
    """Whether `evaluate` may return a view of an operand instead of fresh memory."""

    def __init_subclass__(cls) -> None:
        # `dataclass` would hash the attributes alone, and ops that have none would all collide.
        cls.__eq__ = Op.__eq__  # type: ignore[method-assign]
        cls.__hash__ = Op.__hash__  # type: ignore[method-assign]

    def __eq__(self, other: object) -> bool:
        return self is other or (type(self) is type(other) and vars(self) == vars(other))

    def __hash__(self) -> int:
        return hash((type(self), *vars(self).values()))

    total: ClassVar[bool] = True
    """Whether it has a result for all operands; other ops may raise an error."""

    # -- types ------------------------------------------------------------------------------

    def infer(self, *types: ArrayType) -> tuple[ArrayType, ...]:
        """Result types; raises a `LinearaError` where the operand types do not fit."""
        raise AssertionError(f"{self.name} has no types")

    def linear_sets(self, *types: ArrayType) -> LinearSets:
        """The linearity signature: each set holds operand positions in which the op is jointly
        linear while the others are non-linear. Empty for a non-linear op.
        """
        return ()

    def linearity(self, types: Sequence[ArrayType], linear: Sequence[bool]) -> tuple[bool, ...]:
        """Which results are linear, given which operands are.

        Raises:
            LinearityError: if the op is not linear in exactly those operands.
        """
        results = len(self.infer(*types))
        given = frozenset(i for i, is_linear in enumerate(linear) if is_linear)
        if not given:
            return (False,) * results
        allowed = self.linear_sets(*types)
        if given in allowed:
            return (True,) * results
        raise LinearityError(
            f"{self.name} is not linear in {_operands(given)}",
            found=f"linear values as {_operands(given)} of {self.name}",
            expected=" or ".join(map(_operands, allowed))
            if allowed
            else "non-linear operands only",
            remedy=_remedy(self, given, allowed),
        )

    # -- meaning and cost ---------------------------------------------------------------------

    def evaluate(self, *values: Array) -> tuple[Array, ...]:
        """The results as NumPy computes them: the reference meaning of the op."""
        raise AssertionError(f"{self.name} has no meaning")

    def evaluate_in_place(self, *values: Array) -> tuple[Array, ...]:
        """Like `evaluate`, but free to overwrite the first operand, which nobody else reads."""
        return self.evaluate(*values)

    def work(self, operands: Sequence[ArrayType], results: Sequence[ArrayType]) -> int:
        """Scalar operations of one evaluation; by default one for each element of the results."""
        return sum(result.size for result in results)

    # -- rules --------------------------------------------------------------------------------

    def jvp(
        self, operands: tuple[Value, ...], results: tuple[Value, ...], tangents: Sequence[Tangent]
    ) -> tuple[Tangent, ...]:
        """Tangents of the results.

        Derived here from the linearity signature; an op with operands outside of every set
        overrides `jvp_rest` for those.

        Args:
            operands: the operands of the equation, non-linear.
            results: its results, for rules such as exp's that reuse them.
            tangents: one for each operand; at least one is not None.
        """
        total: tuple[Tangent, ...] = (None,) * len(results)
        covered: set[int] = set()
        for linear_set in self.linear_sets(*(operand.type for operand in operands)):
            covered |= linear_set
            active = {i: t for i in linear_set if (t := tangents[i]) is not None}
            if active:
                total = add_tangents(total, self.linear_tangents(operands, linear_set, active))
        rest = [None if i in covered else tangent for i, tangent in enumerate(tangents)]
        if any(tangent is not None for tangent in rest):
            total = add_tangents(total, self.jvp_rest(operands, results, rest))
        return total

    def linear_tangents(
        self, operands: tuple[Value, ...], linear_set: frozenset[int], active: dict[int, Value]
    ) -> tuple[Tangent, ...]:
        """The op applied to tangents in place of one linear set; missing ones become zeros."""
        inputs = [
            active[i] if i in active else operand.zero_tangent() if i in linear_set else operand
            for i, operand in enumerate(operands)
        ]
        return operands[0].builder.emit(self, *inputs)

    def jvp_rest(
        self, operands: tuple[Value, ...], results: tuple[Value, ...], tangents: Sequence[Tangent]
    ) -> tuple[Tangent, ...]:
        """Tangents of the results due to operands that are in no linear set."""
        raise LinearityError(f"{self.name} has no tangent rule")

    def transpose(
        self, operands: tuple[Value, ...], cotangents: tuple[Value, ...]
    ) -> tuple[Tangent, ...]:
        """Cotangents of the linear operands, None for the others.

        Args:
            operands: the operands of the equation. The linear ones are there for their types
                only: they have no value in the transposed program.
            cotangents: one linear value for each result.
        """
        raise LinearityError(f"{self.name} has no transpose rule")

    def batch(
        self, size: int, operands: tuple[Value, ...], batched: Sequence[bool]
    ) -> tuple[Value, ...]:
        """The op applied once for each of `size` examples.

        Operands that are `batched` have the examples along a new axis 0; at least one is.
        All results have it.
        """
        raise AssertionError(f"{self.name} has no batching rule")

    def same_as(self, operands: Sequence[Operand]) -> Operand | None:
        """The operand that the (only) result is certain to equal, bit for bit; for `simplify`."""
        return None

    # -- use ----------------------------------------------------------------------------------

    def sharing(self, position: int) -> Op | None:
        """The same op fused with `dup`, for an op that reads a small part of its linear operand at
        that position.

        Such an op returns its results and, last, the operand itself, so that k readings of one
        array cost what they read and not k copies of the array.
        """
        return None

    def gives_back(self) -> dict[int, int]:
        """For each linear operand that is among the results, unchanged, which result it is."""
        return {}

    def __call__(self, *operands: Value | Scalar) -> Value:
        """The op as a function on values: adds an equation, returns its only result."""
        (result,) = self.all(*operands)
        return result

    def all(self, *operands: Value | Scalar) -> tuple[Value, ...]:
        """Like a call, for an op with any number of results."""
        model = next(operand for operand in operands if not isinstance(operand, SCALARS))
        return model.builder.emit(self, *(model.like(operand) for operand in operands))


def add_tangents(left: Sequence[Tangent], right: Sequence[Tangent]) -> tuple[Tangent, ...]:
    """Sums of tangents, one by one; None is zero."""
    return tuple(
        b if a is None else a if b is None else a + b for a, b in zip(left, right, strict=True)
    )


def _operands(positions: frozenset[int]) -> str:
    numbers = " and ".join(str(i + 1) for i in sorted(positions))
    return f"operand {numbers}" if len(positions) == 1 else f"operands {numbers} together"


def _remedy(op: Op, given: frozenset[int], allowed: LinearSets) -> str:
    for linear_set in allowed:
        if given < linear_set:
            return f"make {_operands(linear_set - given)} linear too, e.g. with zero"
    if allowed:
        return "only one of the sets can be linear at a time: the others must be ordinary values"
    return f"linearise {op.name} with jvp instead of applying it to a linear value"
