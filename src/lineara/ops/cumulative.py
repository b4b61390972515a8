"""Running sums, products and extremes along an axis, and the linear recurrence behind them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from lineara.errors import TypeMismatchError
from lineara.ir.op import LinearSets, Op, Tangent
from lineara.ir.types import Array, ArrayType
from lineara.ops.broadcast import broadcast, check_axes, one_operand
from lineara.ops.checks import check_kind
from lineara.ops.compare import eq
from lineara.ops.creation import Convert
from lineara.ops.shape import with_examples
from lineara.ops.slicing import Concatenate, slice_axis

if TYPE_CHECKING:
    from lineara.ir.value import Scalar, Value


@dataclass(frozen=True)
class Cumulative(Op):
    """A ufunc accumulated along an axis. The result has the type of the operand.

    Attributes:
        axis: the axis to run along.
        reverse: whether to begin at its end.
    """

    ufunc: ClassVar[Any]
    kinds: ClassVar[str]
    axis: int
    reverse: bool = False

    def infer(self, *types: ArrayType) -> tuple[ArrayType, ...]:
        type = one_operand(self, types)
        check_axes(self, (self.axis,), type.ndim)
        check_kind(self, type, self.kinds)
        return (type,)

    def evaluate(self, *values: Array) -> tuple[Array, ...]:
        x = np.flip(values[0], self.axis) if self.reverse else values[0]
        result = self.ufunc.accumulate(x, axis=self.axis, dtype=x.dtype)
        return (np.flip(result, self.axis) if self.reverse else result,)

    def batch(
        self, size: int, operands: tuple[Value, ...], batched: Sequence[bool]
    ) -> tuple[Value, ...]:
        return replace(self, axis=1 + self.axis).all(*operands)


@dataclass(frozen=True)
class CumSum(Cumulative):
    """Running sums."""

    name: ClassVar[str] = "cumsum"
    ufunc: ClassVar[Any] = np.add
    kinds: ClassVar[str] = "iufc"

    def linear_sets(self, *types: ArrayType) -> LinearSets:
        return (frozenset({0}),) if types[0].has_tangent else ()

    def transpose(
        self, operands: tuple[Value, ...], cotangents: tuple[Value, ...]
    ) -> tuple[Tangent, ...]:
        return CumSum(self.axis, not self.reverse).all(*cotangents)


@dataclass(frozen=True)
class CumProd(Cumulative):
    """Running products, yᵢ = xᵢ · yᵢ₋₁; by the product rule, tangents are a linear recurrence."""

    name: ClassVar[str] = "cumprod"
    ufunc: ClassVar[Any] = np.multiply
    kinds: ClassVar[str] = "iufc"

    def jvp_rest(
        self, operands: tuple[Value, ...], results: tuple[Value, ...], tangents: Sequence[Tangent]
    ) -> tuple[Tangent, ...]:
        (x,), (y,), (x_dot,) = operands, results, tangents
        assert x_dot is not None
        before = previous(y, self.axis, self.reverse, first=1)
        return (LinearRecurrence(self.axis, self.reverse)(x, before * x_dot),)


@dataclass(frozen=True)
class CumExtreme(Cumulative):
    """Running maxima or minima; NaN from the first NaN on.

    The tangent is that of the first element that attains the running extreme: it is kept as long
    as the result stays equal. A result of NaN has the tangent of the element at its own place.
    """

    kinds: ClassVar[str] = "biuf"

    def jvp_rest(
        self, operands: tuple[Value, ...], results: tuple[Value, ...], tangents: Sequence[Tangent]
    ) -> tuple[Tangent, ...]:
        (y,), (x_dot,) = results, tangents
        assert x_dot is not None
        # The first result differs from NaN, as everything does.
        same = eq(y, previous(y, self.axis, self.reverse, first=np.nan))
        keep = Convert(y.dtype)(same)
        return (LinearRecurrence(self.axis, self.reverse)(keep, (1 - keep) * x_dot),)


@dataclass(frozen=True)
class CumMax(CumExtreme):
    """Running maxima."""

    name: ClassVar[str] = "cummax"
    ufunc: ClassVar[Any] = np.maximum


@dataclass(frozen=True)
class CumMin(CumExtreme):
    """Running minima."""

    name: ClassVar[str] = "cummin"
    ufunc: ClassVar[Any] = np.minimum


@dataclass(frozen=True)
class LinearRecurrence(Op):
    """rᵢ = aᵢ · rᵢ₋₁ + bᵢ along an axis, beginning with r₀ = b₀ (a₀ has no influence); linear in b.

    Attributes:
        axis: the axis to run along.
        reverse: whether to begin at its end.
    """

    name: ClassVar[str] = "linear_recurrence"
    axis: int
    reverse: bool = False

    def infer(self, *types: ArrayType) -> tuple[ArrayType, ...]:
        if len(types) != 2 or types[0] != types[1] or types[0].dtype.kind == "b":
            raise TypeMismatchError(
                "linear_recurrence takes two operands of one type",
                found=", ".join(map(str, types)),
                expected="factors and terms: arrays of numbers of one dtype and shape",
            )
        check_axes(self, (self.axis,), types[0].ndim)
        return (types[0],)

    def linear_sets(self, *types: ArrayType) -> LinearSets:
        return (frozenset({1}),) if types[0].has_tangent else ()

    def evaluate(self, *values: Array) -> tuple[Array, ...]:
        result = np.array(values[1])
        a, r = (np.moveaxis(x, self.axis, 0) for x in (values[0], result))
        if self.reverse:
            a, r = a[::-1], r[::-1]
        for i in range(1, len(r)):
            r[i] += a[i] * r[i - 1]
        return (result,)

    def work(self, operands: Sequence[ArrayType], results: Sequence[ArrayType]) -> int:
        return 2 * operands[0].size

    def jvp_rest(
        self, operands: tuple[Value, ...], results: tuple[Value, ...], tangents: Sequence[Tangent]
    ) -> tuple[Tangent, ...]:
        (a, _), (r,), (a_dot, _) = operands, results, tangents
        assert a_dot is not None
        return (self(a, previous(r, self.axis, self.reverse, first=0) * a_dot),)

    def transpose(
        self, operands: tuple[Value, ...], cotangents: tuple[Value, ...]
    ) -> tuple[Tangent, ...]:
        back = not self.reverse
        following = previous(operands[0], self.axis, back, first=0)
        return None, LinearRecurrence(self.axis, back)(following, *cotangents)

    def batch(
        self, size: int, operands: tuple[Value, ...], batched: Sequence[bool]
    ) -> tuple[Value, ...]:
        op = LinearRecurrence(1 + self.axis, self.reverse)
        return op.all(*with_examples(size, operands, batched))


def previous(x: Value, axis: int, reverse: bool = False, *, first: Scalar) -> Value:
    """For each element the one before it along an axis, `first` for the first one.

    Args:
        x: an array.
        axis: the axis to run along.
        reverse: whether to run from its end, so that "before" is after.
        first: what comes before the first element.
    """
    n = x.shape[axis]
    if n == 0:
        return x
    edge = broadcast(x.like(first), (*x.shape[:axis], 1, *x.shape[axis + 1 :]), ())
    kept = slice_axis(x, axis, 1, n) if reverse else slice_axis(x, axis, 0, n - 1)
    return Concatenate(axis)(*((kept, edge) if reverse else (edge, kept)))
