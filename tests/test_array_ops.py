"""What sample rows cannot say of ops on whole arrays.

How ties share a derivative, what slices of one array cost together, and what is refused.
"""

from __future__ import annotations

import numpy as np
import pytest
from laws import check_laws

from lineara.backends.numpy_interpreter import run
from lineara.errors import LinearaError, ShapeMismatchError, TypeMismatchError
from lineara.ir.builder import Builder
from lineara.ir.cost import work
from lineara.ir.op import Op
from lineara.ir.program import Function
from lineara.ir.types import DTYPES, ArrayType, type_of
from lineara.ops.creation import Convert, Iota
from lineara.ops.cumulative import CumMax, CumMin, CumProd, CumSum, LinearRecurrence
from lineara.ops.reduce import ArgMax, ReduceAnd, ReduceMax, ReduceMin, ReduceOr, ReduceProd
from lineara.ops.shape import ExpandDims, Flip, Reshape, Squeeze, Transpose
from lineara.ops.slicing import Concatenate, DupSlice, Pad, Slice, SliceAdd
from lineara.ops.sorting import ArgSort, Sort
from lineara.transforms.jvp import jvp
from lineara.transforms.transpose import transpose
from lineara.transforms.unzip import unzip

NAN = np.nan


def applied(op: Op, *types: ArrayType) -> Function:
    b = Builder("f")
    return b.build(b.emit(op, *(b.parameter(type) for type in types)))


@pytest.mark.parametrize(
    ("op", "x", "derivative"),
    [
        (ReduceMax((0,)), [1, 3, 3, 2, 3], [0, 1 / 3, 1 / 3, 0, 1 / 3]),
        (ReduceMin((0,)), [1, 3, 3, 1], [1 / 2, 0, 0, 1 / 2]),
        (ReduceMax((0,)), [1, NAN, 2], [NAN, NAN, NAN]),
        (ReduceProd((0,)), [2, 0, 3], [0, 6, 0]),
        (ReduceProd((0,)), [0, 0, 3], [0, 0, 0]),
        (CumMax(0), [1, 1, 2, 2], [[1, 0, 0, 0], [1, 0, 0, 0], [0, 0, 1, 0], [0, 0, 1, 0]]),
        (CumMin(0, reverse=True), [1, 1, 2], [[0, 1, 0], [0, 1, 0], [0, 0, 1]]),
        (CumMax(0), [1, NAN, 2], [[1, 0, 0], [0, 1, 0], [0, 0, 1]]),
        (CumProd(0), [2, 0, 3], [[1, 0, 0], [0, 2, 0], [0, 6, 0]]),
        (Sort(0), [2, 1, 2], [[0, 1, 0], [1, 0, 0], [0, 0, 1]]),
    ],
    ids=str,
)
def test_derivatives_at_ties_and_zeros(op: Op, x: list[float], derivative: list[object]) -> None:
    values = np.array(x, float)
    tangent = jvp(applied(op, type_of(values)))
    columns = [run(tangent, values, direction)[1] for direction in np.eye(len(x))]
    np.testing.assert_array_equal(np.stack(columns, axis=-1), derivative)


def sum_of_slices(n: int) -> Function:
    """Σᵢ xᵢ² written element by element: each reads a slice of size 1."""
    b = Builder("f")
    x = b.parameter(ArrayType(DTYPES["f64"], (n,)))
    total = b.constant(0.0)
    for i in range(n):
        (element,) = Squeeze((0,)).all(Slice((i,), (i + 1,), (1,))(x))
        total = total + element * element
    return b.build([total])


def test_many_slices_cost_what_they_read() -> None:
    n = 50
    f = sum_of_slices(n)
    check_laws(f, [np.linspace(-1.0, 1.0, n)])
    nonlin, lin = unzip(jvp(f))
    names = [equation.op.name for equation in lin.equations]
    assert names.count("dup_slice") == n - 1
    assert work(nonlin) + work(lin) <= 12 * n
    assert work(transpose(lin)) <= work(lin) + n


I8, I64, F64, C128, BOOL = (DTYPES[name] for name in ("i8", "i64", "f64", "c128", "bool"))
VECTOR, MATRIX = ArrayType(F64, (3,)), ArrayType(F64, (2, 3))
HUGE = 10**30
SHAPE, TYPE = ShapeMismatchError, TypeMismatchError


@pytest.mark.parametrize(
    ("op", "types", "error"),
    [
        (Reshape((7,)), [MATRIX], SHAPE),
        (Reshape((-2, -3)), [MATRIX], SHAPE),
        (Reshape((1,) * 65), [ArrayType(F64, (1,))], SHAPE),
        (Reshape((0, HUGE)), [ArrayType(F64, (0,))], SHAPE),
        (Reshape((3,)), [], TYPE),
        (Reshape((3,)), [VECTOR, VECTOR], TYPE),
        (Transpose((0, 0)), [MATRIX], SHAPE),
        (Transpose((1,)), [MATRIX], SHAPE),
        (Transpose((-1, 0)), [MATRIX], SHAPE),
        (Flip((2,)), [MATRIX], SHAPE),
        (Flip((-1,)), [MATRIX], SHAPE),
        (Flip((0, 0)), [MATRIX], SHAPE),
        (ExpandDims((3,)), [MATRIX], SHAPE),
        (ExpandDims((-1,)), [MATRIX], SHAPE),
        (ExpandDims(tuple(range(65))), [MATRIX], SHAPE),
        (Squeeze((0,)), [MATRIX], SHAPE),
        (Squeeze((2,)), [MATRIX], SHAPE),
        (Slice((0,), (4,), (1,)), [VECTOR], SHAPE),
        (Slice((-1,), (2,), (1,)), [VECTOR], SHAPE),
        (Slice((2,), (1,), (1,)), [VECTOR], SHAPE),
        (Slice((0,), (2,), (0,)), [VECTOR], SHAPE),
        (Slice((0,), (2,), (-1,)), [VECTOR], SHAPE),
        (Slice((0,), (2,), (1,)), [MATRIX], SHAPE),
        (Slice((0, 0), (2,), (1, 1)), [MATRIX], SHAPE),
        (DupSlice((0,), (4,), (1,)), [VECTOR], SHAPE),
        (DupSlice((0,), (3,), (1,)), [ArrayType(I64, (3,))], TYPE),
        (SliceAdd((0,), (1,)), [VECTOR], TYPE),
        (SliceAdd((0,), (1,)), [VECTOR, ArrayType(I64, (3,))], TYPE),
        (SliceAdd((0,), (1,)), [ArrayType(BOOL, (3,))] * 2, TYPE),
        (SliceAdd((1,), (1,)), [VECTOR, VECTOR], SHAPE),
        (SliceAdd((0,), (2,)), [VECTOR, VECTOR], SHAPE),
        (SliceAdd((0,), (HUGE,)), [VECTOR, VECTOR], SHAPE),
        (SliceAdd((0,), (0,)), [VECTOR, VECTOR], SHAPE),
        (SliceAdd((0,), (1,)), [MATRIX, VECTOR], SHAPE),
        (SliceAdd((0, 0), (1,)), [MATRIX, MATRIX], SHAPE),
        (Pad((-1,), (0,)), [VECTOR], SHAPE),
        (Pad((0,), (HUGE,)), [VECTOR], SHAPE),
        (Pad((0,), (0, 0)), [VECTOR], SHAPE),
        (Concatenate(0), [], TYPE),
        (Concatenate(0), [VECTOR, ArrayType(I64, (3,))], TYPE),
        (Concatenate(0), [VECTOR, MATRIX], SHAPE),
        (Concatenate(1), [MATRIX, ArrayType(F64, (3, 3))], SHAPE),
        (Concatenate(-1), [MATRIX], SHAPE),
        (Concatenate(0), [ArrayType(F64)], SHAPE),
        (ReduceMax((0,)), [ArrayType(F64, (0, 2))], SHAPE),
        (ReduceMin((0,)), [ArrayType(C128, (2,))], TYPE),
        (ReduceProd((1,)), [VECTOR], SHAPE),
        (ReduceProd((0,)), [ArrayType(BOOL, (3,))], TYPE),
        (ReduceAnd((0,)), [VECTOR], TYPE),
        (ReduceOr((0, 0)), [ArrayType(BOOL, (3,))], SHAPE),
        (ArgMax(0), [ArrayType(F64, (0, 2))], SHAPE),
        (ArgMax(0), [ArrayType(F64)], SHAPE),
        (CumSum(0), [ArrayType(F64)], SHAPE),
        (CumSum(-1), [VECTOR], SHAPE),
        (CumSum(0), [ArrayType(BOOL, (3,))], TYPE),
        (CumMax(0), [ArrayType(C128, (3,))], TYPE),
        (LinearRecurrence(1), [VECTOR, VECTOR], SHAPE),
        (LinearRecurrence(0), [VECTOR, MATRIX], TYPE),
        (LinearRecurrence(0), [VECTOR], TYPE),
        (Sort(1), [VECTOR], SHAPE),
        (ArgSort(0), [ArrayType(F64)], SHAPE),
        (Iota(ArrayType(F64), 0), [], SHAPE),
        (Iota(VECTOR, -1), [], SHAPE),
        (Iota(VECTOR, 0), [VECTOR], TYPE),
        (Iota(ArrayType(F64, (-3,)), 0), [], SHAPE),
        (Iota(ArrayType(F64, (HUGE,)), 0), [], SHAPE),
        (Iota(ArrayType(I8, (129,)), 0), [], TYPE),
        (Iota(ArrayType(BOOL, (1,)), 0), [], TYPE),
        (Convert(F64), [ArrayType(C128)], TYPE),
        (Convert(I64), [ArrayType(C128)], TYPE),
        (Convert(np.dtype("S3")), [VECTOR], TYPE),
        (Convert(F64), [], TYPE),
    ],
    ids=str,
)
def test_what_does_not_fit_is_refused(
    op: Op, types: list[ArrayType], error: type[LinearaError]
) -> None:
    with pytest.raises(error):
        op.infer(*types)
