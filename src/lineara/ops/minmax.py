"""Choosing between values: `select`, `maximum`, `minimum` and `clip`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from lineara.errors import TypeMismatchError
from lineara.ir.op import LinearSets, Tangent
from lineara.ir.program import Literal
from lineara.ir.types import Array, DType, dtype_name
from lineara.ir.value import Scalar, Value
from lineara.ops.compare import eq, gt, lt
from lineara.ops.elementwise import Binary, Elementwise

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lineara.ir.program import Operand


@dataclass(frozen=True)
class Select(Elementwise):
    """The second operand where the first, a mask of bools, is true, and the third elsewhere."""

    name: ClassVar[str] = "select"
    arity: ClassVar[int] = 3
    signature: ClassVar[LinearSets] = (frozenset({1, 2}),)

    def result_dtype(self, *dtypes: DType) -> DType:
        mask, x, y = dtypes
        if mask.kind != "b" or x != y:
            raise TypeMismatchError(
                "select takes a mask of bools and two operands of one dtype",
                found=", ".join(map(dtype_name, dtypes)),
                expected="bool and two equal dtypes",
                remedy="insert a convert",
            )
        return x

    def evaluate(self, *values: Array) -> tuple[Array, ...]:
        return (np.where(*values)[()],)

    def same_as(self, operands: Sequence[Operand]) -> Operand | None:
        mask, x, y = operands
        if not isinstance(mask, Literal) or x.linear:  # of two linear operands none is forgotten
            return None
        return x if mask.value else y

    def transpose(
        self, operands: tuple[Value, ...], cotangents: tuple[Value, ...]
    ) -> tuple[Tangent, ...]:
        mask, (ct,) = operands[0], cotangents
        return None, select(mask, ct, ct.zero_tangent()), select(mask, ct.zero_tangent(), ct)


def where(mask: Value, x: Value | Scalar, y: Value | Scalar) -> Value:
    """``select``, with numbers for one of the two values; they take the dtype of the other."""
    model = x if isinstance(x, Value) else y
    assert isinstance(model, Value)
    return select(mask, model.like(x), model.like(y))


@dataclass(frozen=True)
class Maximum(Binary):
    """The larger of x and y, NaN if one is. Where they are equal, the derivative is ½ in each."""

    name: ClassVar[str] = "maximum"
    kinds: ClassVar[str] = "biuf"
    ufunc: ClassVar[Any] = np.maximum

    def partial(self, index: int, operands: tuple[Value, ...], result: Value) -> Value:
        return share_of_larger(operands[index], operands[1 - index])


@dataclass(frozen=True)
class Minimum(Binary):
    """The smaller of x and y, NaN if one is. Where they are equal, the derivative is ½ in each."""

    name: ClassVar[str] = "minimum"
    kinds: ClassVar[str] = "biuf"
    ufunc: ClassVar[Any] = np.minimum

    def partial(self, index: int, operands: tuple[Value, ...], result: Value) -> Value:
        return share_of_smaller(operands[index], operands[1 - index])


@dataclass(frozen=True)
class Clip(Elementwise):
    """minimum(maximum(x, low), high), with the derivatives of just that: ½ at the bounds."""

    name: ClassVar[str] = "clip"
    arity: ClassVar[int] = 3
    kinds: ClassVar[str] = "iuf"

    def evaluate(self, *values: Array) -> tuple[Array, ...]:
        return (np.clip(*values),)

    def partial(self, index: int, operands: tuple[Value, ...], result: Value) -> Value:
        x, low, high = operands
        raised = maximum(x, low)
        if index == 2:
            return share_of_smaller(high, raised)
        inner = share_of_larger(x, low) if index == 0 else share_of_larger(low, x)
        return inner * share_of_smaller(raised, high)


def share_of_larger(x: Value, y: Value) -> Value:
    """1 where x > y, ½ where they are equal, 0 elsewhere."""
    return where(gt(x, y), 1.0, _half_where_equal(x, y))


def share_of_smaller(x: Value, y: Value) -> Value:
    """1 where x < y, ½ where they are equal, 0 elsewhere."""
    return where(lt(x, y), 1.0, _half_where_equal(x, y))


def _half_where_equal(x: Value, y: Value) -> Value:
    return where(eq(x, y), 0.5, x.like(0.0))


select, maximum, minimum, clip = Select(), Maximum(), Minimum(), Clip()
