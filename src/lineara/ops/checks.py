"""Checks of types that several groups of ops share."""

from __future__ import annotations

import math

from lineara.errors import ShapeMismatchError, TypeMismatchError
from lineara.ir.op import Op
from lineara.ir.types import ArrayType, dtype_name
from lineara.ops.elementwise import KINDS

MAX_AXES = 64
"""NumPy's limit."""
MAX_BYTES = 2**63 - 1


def possible(op: Op, type: ArrayType) -> tuple[ArrayType]:
    """`type` as the only result type of `op`, unless no array can have it."""
    extent = math.prod(max(n, 1) for n in type.shape) * type.dtype.itemsize
    if min(type.shape, default=0) < 0 or type.ndim > MAX_AXES or extent > MAX_BYTES:
        raise ShapeMismatchError(
            f"the result of {op.name} has a shape that no array can have",
            found=f"shape {type.shape}",
            expected=f"at most {MAX_AXES} axes, no negative sizes and less than 2**63 bytes",
        )
    return (type,)


def check_kind(op: Op, type: ArrayType, kinds: str) -> None:
    """The dtype must be of one of `kinds` (the letters of `KINDS`)."""
    if type.dtype.kind not in kinds:
        raise TypeMismatchError(
            f"{op.name} is not defined for {dtype_name(type.dtype)}",
            found=str(type),
            expected="an operand of dtype " + ", ".join(KINDS[kind] for kind in kinds),
            remedy="convert the operand first",
        )
