"""Linear by declaration.

========================  =======================================================================
``linear_call[f, g]``     f, which is linear, and whose transpose is g
``linear_solve[a, …]``    the solution x of a(x) = b, for a linear function a
========================  =======================================================================

The linearity of all other ops is proved by their types; that of these two is *declared* by whoever
makes them, since no proof is possible for, say, an iterative solver. Hence their functions are
ordinary ones. Applied to ordinary values they are ordinary too, and so they keep what they know
through every order of differentiation.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Self

from lineara.errors import LinearityError, TypeMismatchError
from lineara.ir.op import Tangent, add_tangents
from lineara.ir.program import Equation, Function
from lineara.ir.types import ArrayType
from lineara.ir.value import Value
from lineara.ops.control.base import Derive, Mask, Prove, Transform, Vectorise
from lineara.ops.control.custom import Special, signature, tangents_of
from lineara.ops.packages import repeated

if TYPE_CHECKING:
    from lineara.ir.builder import Builder


@dataclass(frozen=True)
class Declared(Special):
    """An op that is linear in all operands but the first ones, the *residuals*."""

    @property
    @abstractmethod
    def count(self) -> int:
        """How many residuals there are."""

    @abstractmethod
    def turned(self) -> Self:
        """The transpose."""

    @abstractmethod
    def residual_tangents(
        self, b: Builder, equation: Equation, incoming: Sequence[Tangent], jvp: Derive
    ) -> tuple[Tangent, ...]:
        """Tangents of the results due to the residuals."""

    def linearity(self, types: Sequence[ArrayType], linear: Sequence[bool]) -> Mask:
        results = self.infer(*types)
        if any(linear) and (any(linear[: self.count]) or not all(linear[self.count :])):
            raise LinearityError(
                f"{self.name} is linear in all operands together but its residuals",
                found=f"linear operands {[i + 1 for i, m in enumerate(linear) if m]}",
                expected=f"operands from {self.count + 1} on",
                remedy="make missing ones linear, e.g. with zero",
            )
        return (any(linear),) * len(results)

    def derive(
        self,
        b: Builder,
        equation: Equation,
        incoming: Sequence[Tangent],
        useful: Mask,
        jvp: Derive,
    ) -> tuple[Tangent, ...]:
        b.adopt(equation)
        total: tuple[Tangent, ...] = (None,) * len(equation.results)
        residuals, moving = incoming[: self.count], incoming[self.count :]
        if any(t is not None for t in moving):
            own = [Value(b, v) for v in equation.operands[: self.count]]
            dots = [
                b.zero(v.type) if t is None else t
                for v, t in zip(equation.operands[self.count :], moving, strict=True)
            ]
            total = self.all(*own, *dots)
        if any(t is not None for t in residuals):
            more = self.residual_tangents(b, equation, residuals, jvp)
            total = add_tangents(total, more)
        return total

    def turn(
        self, operands: tuple[Value, ...], cotangents: tuple[Value, ...], transpose: Transform
    ) -> tuple[Tangent, ...]:
        own = operands[: self.count]
        try:
            turned = self.turned()
        except LinearityError as error:
            raise error.at(cotangents[0].builder.source) from None
        return (*(None for _ in own), *turned.all(*own, *cotangents))

    def vectorise(
        self, size: int, operands: tuple[Value, ...], batched: Mask, batch: Vectorise
    ) -> tuple[tuple[Value, ...], Mask]:
        """All linear operands get an axis for the examples: the transposed op gives them one."""
        own = batched[: self.count]

        def change(f: Function) -> Function:
            mask = (*own, *[True] * (len(f.params) - len(own)))
            return batch(f, mask, (True,) * len(f.results)).function

        full = [
            x if i < len(own) or m else repeated(x, size)
            for i, (x, m) in enumerate(zip(operands, batched, strict=True))
        ]
        results = self.mapped(change).all(*full)
        return results, (True,) * len(results)

    def typed(self, operands: tuple[Value, ...], zero: Mask, prove: Prove) -> tuple[Value, ...]:
        linear = [x.linear for x in operands]
        if any(linear[: self.count]) or not all(linear[self.count :]):
            return super().typed(operands, zero, prove)
        return self.all(*operands)


@dataclass(frozen=True)
class LinearCall(Declared):
    """Calls a function ``(r, x) -> y`` that is linear in x, and has the transpose ``(r, y) -> x``.

    Attributes:
        function: the function.
        transposed: its transpose.
        residuals: how many of the parameters of both are residuals r.
    """

    name: ClassVar[str] = "linear_call"
    function: Function
    transposed: Function
    residuals: int = 0

    @property
    def meaning(self) -> Function:
        return self.function

    @property
    def count(self) -> int:
        return self.residuals

    def infer(self, *types: ArrayType) -> tuple[ArrayType, ...]:
        results = super().infer(*types)
        n = self.residuals
        _check_pair(self.name, n, types, results, self.transposed)
        return results

    def turned(self) -> Self:
        return replace(self, function=self.transposed, transposed=self.function)

    def residual_tangents(
        self, b: Builder, equation: Equation, incoming: Sequence[Tangent], jvp: Derive
    ) -> tuple[Tangent, ...]:
        moving = equation.operands[self.count :]
        rest = (*incoming, *[None] * len(moving))
        return tangents_of(b, self.function, equation.operands, rest, jvp, equation)


@dataclass(frozen=True)
class LinearSolve(Declared):
    """The solution x of ``matvec(r, x) = b``, where matvec is linear in x.

    Attributes:
        matvec: ``(r, x) -> b``.
        vecmat: its transpose, ``(r, b) -> x``.
        solve: ``(r, b) -> x``.
        solve_back: ``(r, b) -> x`` with ``vecmat(r, x) = b``, or None if that is not known.
        residuals: how many of the parameters of all four are residuals r.
    """

    name: ClassVar[str] = "linear_solve"
    matvec: Function
    vecmat: Function
    solve: Function
    solve_back: Function | None = None
    residuals: int = 0

    @property
    def meaning(self) -> Function:
        return self.solve

    @property
    def count(self) -> int:
        return self.residuals

    def infer(self, *types: ArrayType) -> tuple[ArrayType, ...]:
        results = super().infer(*types)
        n = self.residuals
        for f in (self.matvec, self.vecmat, self.solve, self.solve_back):
            if f is not None:
                _check_pair(self.name, n, types, results, f)
        return results

    def turned(self) -> Self:
        if self.solve_back is None:
            raise LinearityError(
                "a linear solve without transpose_solve cannot be transposed",
                found=f"reverse mode through {self.solve.name}",
                expected="how to solve with the transposed function",
                remedy="give transpose_solve, or symmetric=True",
            )
        return replace(
            self,
            matvec=self.vecmat,
            vecmat=self.matvec,
            solve=self.solve_back,
            solve_back=self.solve,
        )

    def residual_tangents(
        self, b: Builder, equation: Equation, incoming: Sequence[Tangent], jvp: Derive
    ) -> tuple[Tangent, ...]:
        """From a x = b: a x' = b' − a' x."""
        own = equation.operands[: self.count]
        inputs = (*own, *equation.results)
        rest = (*incoming, *[None] * len(equation.results))
        dots = tangents_of(b, self.matvec, inputs, rest, jvp, equation)
        if all(t is None for t in dots):
            return dots
        right = [
            b.zero(v.type) if t is None else -t
            for v, t in zip(self.matvec.results, dots, strict=True)
        ]
        return self.all(*(Value(b, v) for v in own), *right)


def _check_pair(
    name: str,
    count: int,
    types: Sequence[ArrayType],
    results: Sequence[ArrayType],
    back: Function,
) -> None:
    """Raises a `TypeMismatchError` unless `back` leads back from results to linear operands."""
    expected = [*types[:count], *results], list(types[count:])
    found = [p.type for p in back.all_params], [v.type for v in back.all_results]
    if found != expected or back.linear_params:
        raise TypeMismatchError(
            f"the functions of {name} do not fit together",
            found=f"{back.name}: {signature([found[0], [], found[1], []])}",
            expected=signature([expected[0], [], expected[1], []]),
        )
    if not all(t.has_tangent and t.tangent == t for t in (*types[count:], *results)):
        raise TypeMismatchError(
            f"{name} is linear, but values of these types have no tangents",
            found=", ".join(map(str, (*types[count:], *results))),
            expected="float or complex types",
        )
