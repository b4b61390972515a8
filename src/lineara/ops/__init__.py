"""The operations of the language: `OPS` lists every one of them by its name in text."""

from __future__ import annotations

from lineara.ir.op import Op
from lineara.ir.structural import Drop, Dup, Zero
from lineara.ops import compare, rounding, trigonometric
from lineara.ops.arithmetic import Add, Div, Mul, Neg, Sub
from lineara.ops.broadcast import Broadcast, ReduceSum
from lineara.ops.complex import Conj, Imag, Real, ToComplex
from lineara.ops.contract import Dot
from lineara.ops.control import Call
from lineara.ops.creation import Convert, Iota
from lineara.ops.cumulative import CumMax, CumMin, CumProd, CumSum, LinearRecurrence
from lineara.ops.dynamic import DupDynamicSlice, DynamicSlice, DynamicSliceAdd, DynamicUpdateSlice
from lineara.ops.exponential import (
    Exp,
    Exp2,
    Expm1,
    Log,
    Log1p,
    Log2,
    Log10,
    LogAddExp,
    LogAddExp2,
    Logistic,
)
from lineara.ops.indexing import DupGather, Gather, LastWrite, ScatterAdd, ScatterSet
from lineara.ops.linalg.determinant import Adjugate, AdjugateDot, Det, SlogDet
from lineara.ops.linalg.factorize import Cholesky, Eigh, Qr, Svd
from lineara.ops.linalg.matrix import Triangle
from lineara.ops.linalg.solve import Inv, Solve, TriangularSolve
from lineara.ops.minmax import Clip, Maximum, Minimum, Select
from lineara.ops.powers import Cbrt, Hypot, Pow, Reciprocal, Sqrt, Square
from lineara.ops.reduce import (
    ArgMax,
    ArgMin,
    ReduceAnd,
    ReduceMax,
    ReduceMin,
    ReduceOr,
    ReduceProd,
)
from lineara.ops.shape import ExpandDims, Flip, Reshape, Squeeze, Transpose
from lineara.ops.slicing import Concatenate, DupSlice, Pad, Slice, SliceAdd
from lineara.ops.sorting import ArgSort, Sort
from lineara.ops.special import Digamma, Erf, Erfc, Gammaln, Polygamma

GROUPS: dict[str, tuple[type[Op], ...]] = {
    "structural": (Dup, Drop, Zero, DupSlice, DupGather, DupDynamicSlice),
    "control": (Call,),
    "arithmetic": (Add, Sub, Mul, Div, Neg),
    "powers": (Sqrt, Cbrt, Square, Reciprocal, Pow, Hypot),
    "exponential": (
        *(Exp, Exp2, Expm1, Log, Log2, Log10, Log1p, Logistic),
        *(LogAddExp, LogAddExp2),
    ),
    "trigonometric": trigonometric.ALL,
    "special": (Erf, Erfc, Gammaln, Digamma, Polygamma),
    "rounding": rounding.ALL,
    "choice": (Select, Maximum, Minimum, Clip),
    "comparison": compare.ALL,
    "complex": (Real, Imag, Conj, ToComplex),
    "creation": (Iota, Convert),
    "shape": (Broadcast, Reshape, Transpose, Flip, ExpandDims, Squeeze),
    "slicing": (Slice, SliceAdd, Pad, Concatenate),
    "indexing": (
        *(Gather, ScatterAdd, ScatterSet, LastWrite),
        *(DynamicSlice, DynamicSliceAdd, DynamicUpdateSlice),
    ),
    "reduction": (
        *(ReduceSum, ReduceProd, ReduceMax, ReduceMin, ReduceOr, ReduceAnd),
        *(ArgMax, ArgMin),
    ),
    "cumulative": (CumSum, CumProd, CumMax, CumMin, LinearRecurrence),
    "sorting": (Sort, ArgSort),
    "contraction": (Dot,),
    "linear algebra": (
        *(Solve, TriangularSolve, Inv, Det, SlogDet, Adjugate, AdjugateDot),
        *(Triangle, Cholesky, Qr, Eigh, Svd),
    ),
}
"""The ops by what they are about."""

OPS: dict[str, type[Op]] = {op.name: op for group in GROUPS.values() for op in group}
