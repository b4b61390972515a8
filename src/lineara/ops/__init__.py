"""The operations of the language: `OPS` lists every one of them by its name in text."""

from __future__ import annotations

from lineara.ir.op import Op
from lineara.ir.structural import Drop, Dup, Zero
from lineara.ops.arithmetic import Add, Div, Mul, Neg, Sub
from lineara.ops.bessel import BESSEL
from lineara.ops.broadcast import Broadcast, ReduceSum
from lineara.ops.callback import Callback
from lineara.ops.compare import (
    And,
    Eq,
    Ge,
    Gt,
    IsFinite,
    IsInf,
    IsNan,
    Le,
    LeftShift,
    Lt,
    Ne,
    Not,
    Or,
    RightShift,
    Xor,
)
from lineara.ops.complex import Conj, Imag, Real, ToComplex
from lineara.ops.contract import Dot
from lineara.ops.control.call import Call
from lineara.ops.control.checkpoint import Checkpoint
from lineara.ops.control.custom import CustomBatch, CustomCall
from lineara.ops.control.declared import LinearCall, LinearSolve
from lineara.ops.control.scan import Scan
from lineara.ops.control.switch import Switch
from lineara.ops.control.while_loop import While
from lineara.ops.convolution import Convolve
from lineara.ops.creation import Convert, Iota
from lineara.ops.cumulative import CumMax, CumMin, CumProd, CumSum, LinearRecurrence
from lineara.ops.digits import BitCount, Exponent, Gcd, Lcm, NextAfter, Scale, Spacing
from lineara.ops.dynamic import (
    DupDynamicSlice,
    DynamicSlice,
    DynamicSliceAdd,
    DynamicUpdateSlice,
)
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
from lineara.ops.fourier import Fft, Irfft, Rfft
from lineara.ops.gaussian import GAUSSIAN
from lineara.ops.incomplete import INCOMPLETE
from lineara.ops.indexing import DupGather, Gather, LastWrite, ScatterAdd, ScatterSet
from lineara.ops.linalg.determinant import Adjugate, AdjugateDot, Det, SlogDet
from lineara.ops.linalg.factorize import Cholesky, Eig, Eigh, Qr, Svd
from lineara.ops.linalg.lu import Lu, Permutation
from lineara.ops.linalg.matrix import Triangle
from lineara.ops.linalg.solve import Inv, Pinv, Solve, TriangularSolve
from lineara.ops.minmax import Clip, Maximum, Minimum, Select
from lineara.ops.name import Name
from lineara.ops.packages import Blank, Count, Join, Pack, Unpack
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
from lineara.ops.rounding import (
    Abs,
    Ceil,
    Floor,
    FloorDivide,
    Fmod,
    Remainder,
    Round,
    Sign,
    StopGradient,
    Trunc,
)
from lineara.ops.shape import ExpandDims, Flip, Reshape, Squeeze, Transpose
from lineara.ops.slicing import Concatenate, DupSlice, Pad, Slice, SliceAdd
from lineara.ops.sorting import ArgSort, Sort
from lineara.ops.special import Beta, Betaln, Digamma, Erf, Erfc, Gamma, Gammaln, Polygamma
from lineara.ops.stacks import Choose, Repeat, Total
from lineara.ops.trigonometric import (
    Arccos,
    Arccosh,
    Arcsin,
    Arcsinh,
    Arctan,
    Arctan2,
    Arctanh,
    Cos,
    Cosh,
    Sin,
    Sinh,
    Tan,
    Tanh,
)

LINEAR: tuple[type[Op], ...] = (Dup, Drop, Zero)
"""Ops for linear variables only; more of them are among READING."""
ARITHMETIC: tuple[type[Op], ...] = (Add, Sub, Mul, Div, Neg)
# fmt: off
FUNCTIONS: tuple[type[Op], ...] = (
    Exp, Exp2, Expm1, Log, Log2, Log10, Log1p, Logistic, LogAddExp, LogAddExp2,
    Sqrt, Cbrt, Square, Reciprocal, Pow, Hypot,
    Sin, Cos, Tan, Arcsin, Arccos, Arctan, Arctan2,
    Sinh, Cosh, Tanh, Arcsinh, Arccosh, Arctanh,
    Erf, Erfc, Gammaln, Digamma, Polygamma, Gamma, Beta, Betaln,
    *GAUSSIAN, *BESSEL, *INCOMPLETE,
    Abs, Sign, Floor, Ceil, Trunc, Round, FloorDivide, Remainder, Fmod,
    Maximum, Minimum, Clip, Select, StopGradient,
    Real, Imag, Conj, ToComplex,
    Gcd, Lcm, BitCount, Exponent, Spacing, NextAfter, Scale,
)
COMPARISONS: tuple[type[Op], ...] = (
    Eq, Ne, Lt, Le, Gt, Ge, IsNan, IsInf, IsFinite, And, Or, Xor, Not, LeftShift, RightShift,
)
ARRAYS: tuple[type[Op], ...] = (
    Iota, Convert, Name, Broadcast, Reshape, Transpose, Flip, ExpandDims, Squeeze, Pad, Concatenate,
)
READING: tuple[type[Op], ...] = (
    Slice, DupSlice, SliceAdd,
    DynamicSlice, DupDynamicSlice, DynamicSliceAdd, DynamicUpdateSlice,
    Gather, DupGather, ScatterAdd, ScatterSet, LastWrite,
)
REDUCTIONS: tuple[type[Op], ...] = (
    ReduceSum, ReduceProd, ReduceMax, ReduceMin, ReduceOr, ReduceAnd, ArgMax, ArgMin,
    CumSum, CumProd, CumMax, CumMin, LinearRecurrence, Sort, ArgSort,
)
MATRICES: tuple[type[Op], ...] = (
    Dot, Triangle, Solve, TriangularSolve, Inv, Pinv, Det, SlogDet, Adjugate, AdjugateDot,
    Cholesky, Lu, Permutation, Qr, Eigh, Eig, Svd, Fft, Rfft, Irfft, Convolve,
)
# fmt: on
CONTROL: tuple[type[Op], ...] = (Call, Checkpoint, Switch, Scan, While)
CUSTOM: tuple[type[Op], ...] = (CustomCall, LinearCall, LinearSolve, CustomBatch, Callback)
PACKAGES: tuple[type[Op], ...] = (
    *(Pack, Unpack, Join, Blank, Count),
    *(Repeat, Total, Choose),
)

OPS: dict[str, type[Op]] = {
    op.name: op
    for op in (
        *LINEAR,
        *ARITHMETIC,
        *FUNCTIONS,
        *COMPARISONS,
        *ARRAYS,
        *READING,
        *REDUCTIONS,
        *MATRICES,
        *CONTROL,
        *CUSTOM,
        *PACKAGES,
    )
}
