"""Reductions: products, extremes and truth over axes, which disappear; sums are in `broadcast`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from lineara.errors import ShapeMismatchError
from lineara.ir.op import Op, Tangent
from lineara.ir.types import DTYPES, Array, ArrayType
from lineara.ops.broadcast import ReduceSum, broadcast, check_axes, one_operand
from lineara.ops.checks import check_kind
from lineara.ops.compare import eq
from lineara.ops.creation import Convert
from lineara.ops.cumulative import CumProd, previous
from lineara.ops.shape import Reshape, Transpose

if TYPE_CHECKING:
    from lineara.ir.value import Value


@dataclass(frozen=True)
class Reduction(Op):
    """A reduction by a ufunc. The result has the dtype of the operand.

    Where the ufunc has no identity (`maximum`), an axis of size 0 is an error, as in NumPy.
    """

    ufunc: ClassVar[Any]
    kinds: ClassVar[str]
    axes: tuple[int, ...]

    def infer(self, *types: ArrayType) -> tuple[ArrayType, ...]:
        type = one_operand(self, types)
        check_axes(self, self.axes, type.ndim)
        check_kind(self, type, self.kinds)
        if self.ufunc.identity is None:
            check_not_empty(self, type, self.axes)
        kept = (n for axis, n in enumerate(type.shape) if axis not in self.axes)
        return (type.with_shape(tuple(kept)),)

    def evaluate(self, *values: Array) -> tuple[Array, ...]:
        (x,) = values
        return (self.ufunc.reduce(x, axis=self.axes, dtype=x.dtype),)

    def work(self, operands: Sequence[ArrayType], results: Sequence[ArrayType]) -> int:
        return operands[0].size

    def batch(
        self, size: int, operands: tuple[Value, ...], batched: Sequence[bool]
    ) -> tuple[Value, ...]:
        return replace(self, axes=tuple(1 + axis for axis in self.axes)).all(*operands)


def check_not_empty(op: Op, type: ArrayType, axes: Sequence[int]) -> None:
    """None of the axes may have size 0."""
    if any(type.shape[axis] == 0 for axis in axes):
        raise ShapeMismatchError(
            f"zero-size array to reduction operation {op.name} which has no identity",
            found=f"axes {tuple(axes)} of {type}",
            expected="axes with at least one element",
        )


@dataclass(frozen=True)
class ReduceProd(Reduction):
    """The product over axes; empty products are one.

    The derivative in an element is the product of all the others. It is computed without a
    division, so that zeros do no harm, from the products of the elements before and after it.
    """

    name: ClassVar[str] = "reduce_prod"
    ufunc: ClassVar[Any] = np.multiply
    kinds: ClassVar[str] = "iufc"

    def jvp_rest(
        self, operands: tuple[Value, ...], results: tuple[Value, ...], tangents: Sequence[Tangent]
    ) -> tuple[Tangent, ...]:
        (x_dot,) = tangents
        assert x_dot is not None
        x = self.flat(operands[0])
        axis = x.ndim - 1
        before = CumProd(axis)(previous(x, axis, first=1))
        after = CumProd(axis, reverse=True)(previous(x, axis, reverse=True, first=1))
        return (ReduceSum((axis,))(before * after * self.flat(x_dot)),)

    def flat(self, x: Value) -> Value:
        """`x` with the axes to reduce as a single, last one."""
        kept = tuple(axis for axis in range(x.ndim) if axis not in self.axes)
        moved = Transpose((*kept, *self.axes))(x)
        size = math.prod(x.shape[axis] for axis in self.axes)
        return Reshape((*moved.shape[: len(kept)], size))(moved)


@dataclass(frozen=True)
class Extreme(Reduction):
    """A maximum or minimum; NaN if any element is.

    The derivative is shared evenly by the elements that attain the extreme. It is NaN where the
    result is, since no element equals NaN.
    """

    kinds: ClassVar[str] = "biuf"

    def jvp_rest(
        self, operands: tuple[Value, ...], results: tuple[Value, ...], tangents: Sequence[Tangent]
    ) -> tuple[Tangent, ...]:
        (x,), (extreme,), (x_dot,) = operands, results, tangents
        assert x_dot is not None
        kept = tuple(axis for axis in range(x.ndim) if axis not in self.axes)
        attained = Convert(x.dtype)(eq(x, broadcast(extreme, x.shape, kept)))
        total = ReduceSum(self.axes)
        return (total(attained * x_dot) / total(attained),)


@dataclass(frozen=True)
class ReduceMax(Extreme):
    """The maximum over axes."""

    name: ClassVar[str] = "reduce_max"
    ufunc: ClassVar[Any] = np.maximum


@dataclass(frozen=True)
class ReduceMin(Extreme):
    """The minimum over axes."""

    name: ClassVar[str] = "reduce_min"
    ufunc: ClassVar[Any] = np.minimum


@dataclass(frozen=True)
class Quantifier(Reduction):
    """A truth value over axes."""

    differentiable: ClassVar[bool] = False
    kinds: ClassVar[str] = "b"


@dataclass(frozen=True)
class ReduceOr(Quantifier):
    """Whether any element is true."""

    name: ClassVar[str] = "reduce_or"
    ufunc: ClassVar[Any] = np.logical_or


@dataclass(frozen=True)
class ReduceAnd(Quantifier):
    """Whether all elements are true."""

    name: ClassVar[str] = "reduce_and"
    ufunc: ClassVar[Any] = np.logical_and


@dataclass(frozen=True)
class ArgExtreme(Op):
    """The place (i64) along an axis of the first element that attains the extreme.

    As in NumPy, NaN is more extreme than any number, and complex numbers are ordered by real,
    then imaginary part.
    """

    differentiable: ClassVar[bool] = False
    function: ClassVar[Any]
    axis: int

    def infer(self, *types: ArrayType) -> tuple[ArrayType, ...]:
        type = one_operand(self, types)
        check_axes(self, (self.axis,), type.ndim)
        check_not_empty(self, type, (self.axis,))
        shape = (*type.shape[: self.axis], *type.shape[self.axis + 1 :])
        return (ArrayType(DTYPES["i64"], shape),)

    def evaluate(self, *values: Array) -> tuple[Array, ...]:
        return (self.function(values[0], axis=self.axis),)

    def work(self, operands: Sequence[ArrayType], results: Sequence[ArrayType]) -> int:
        return operands[0].size

    def batch(
        self, size: int, operands: tuple[Value, ...], batched: Sequence[bool]
    ) -> tuple[Value, ...]:
        return replace(self, axis=1 + self.axis).all(*operands)


@dataclass(frozen=True)
class ArgMax(ArgExtreme):
    """The place of the maximum."""

    name: ClassVar[str] = "argmax"
    function: ClassVar[Any] = staticmethod(np.argmax)


@dataclass(frozen=True)
class ArgMin(ArgExtreme):
    """The place of the minimum."""

    name: ClassVar[str] = "argmin"
    function: ClassVar[Any] = staticmethod(np.argmin)
