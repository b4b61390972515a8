"""NumPy's and SciPy's elementwise functions.

For most there is an op of the same meaning, and all that remains is NumPy's promotion and
broadcasting. The others are written with those. Dtypes come from NumPy itself (`resolve`).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.special

from lineara.errors import TypeMismatchError, UnsupportedError
from lineara.frontend.array import TracedArray
from lineara.frontend.core import apply, convert, elementwise, resolve, traced, weak_dtype
from lineara.frontend.numpy.products import matmul, matvec, vecdot, vecmat
from lineara.frontend.trace import Traced
from lineara.ir.op import Op
from lineara.ir.types import supported_dtype
from lineara.ops import (
    arithmetic,
    compare,
    digits,
    exponential,
    minmax,
    powers,
    rounding,
    special,
    trigonometric,
)
from lineara.ops import complex as parts
from lineara.where import user_source

Ufunc = Callable[..., Any]

DIRECT: dict[np.ufunc, Op] = {
    np.add: arithmetic.add,
    np.subtract: arithmetic.sub,
    np.multiply: arithmetic.mul,
    np.true_divide: arithmetic.div,
    np.negative: arithmetic.neg,
    np.power: powers.pow_,
    np.float_power: powers.pow_,
    np.sqrt: powers.sqrt,
    np.cbrt: powers.cbrt,
    np.square: powers.square,
    np.reciprocal: powers.reciprocal,
    np.hypot: powers.hypot,
    np.exp: exponential.exp,
    np.exp2: exponential.exp2,
    np.expm1: exponential.expm1,
    np.log: exponential.log,
    np.log2: exponential.log2,
    np.log10: exponential.log10,
    np.log1p: exponential.log1p,
    np.logaddexp: exponential.logaddexp,
    np.logaddexp2: exponential.logaddexp2,
    np.sin: trigonometric.sin,
    np.cos: trigonometric.cos,
    np.tan: trigonometric.tan,
    np.arcsin: trigonometric.arcsin,
    np.arccos: trigonometric.arccos,
    np.arctan: trigonometric.arctan,
    np.arctan2: trigonometric.arctan2,
    np.sinh: trigonometric.sinh,
    np.cosh: trigonometric.cosh,
    np.tanh: trigonometric.tanh,
    np.arcsinh: trigonometric.arcsinh,
    np.arccosh: trigonometric.arccosh,
    np.arctanh: trigonometric.arctanh,
    np.absolute: rounding.abs_,
    np.fabs: rounding.abs_,
    np.sign: rounding.sign,
    np.floor: rounding.floor,
    np.ceil: rounding.ceil,
    np.trunc: rounding.trunc,
    np.rint: rounding.round_,
    np.floor_divide: rounding.floor_divide,
    np.remainder: rounding.remainder,
    np.fmod: rounding.fmod,
    np.maximum: minmax.maximum,
    np.minimum: minmax.minimum,
    np.equal: compare.eq,
    np.not_equal: compare.ne,
    np.less: compare.lt,
    np.less_equal: compare.le,
    np.greater: compare.gt,
    np.greater_equal: compare.ge,
    np.bitwise_and: compare.and_,
    np.bitwise_or: compare.or_,
    np.bitwise_xor: compare.xor,
    np.invert: compare.not_,
    np.left_shift: compare.left_shift,
    np.right_shift: compare.right_shift,
    np.isnan: compare.isnan,
    np.isinf: compare.isinf,
    np.isfinite: compare.isfinite,
    np.conjugate: parts.conj,
    np.gcd: digits.gcd,
    np.lcm: digits.lcm,
    np.bitwise_count: digits.bit_count,
    np.spacing: digits.spacing,
    np.nextafter: digits.next_after,
    np.ldexp: digits.scale,
    scipy.special.erf: special.erf,
    scipy.special.erfc: special.erfc,
    scipy.special.gammaln: special.gammaln,
    scipy.special.psi: special.digamma,
    scipy.special.expit: exponential.logistic,
}

WEAK = {
    *(np.add, np.subtract, np.multiply, np.true_divide, np.negative, np.positive),
    *(np.power, np.floor_divide),
}
"""Ufuncs behind operators that make a Python number of Python numbers."""

ON_BOOLS: dict[np.ufunc, Op] = {np.add: compare.or_, np.multiply: compare.and_}
IDENTITY: dict[np.ufunc, str] = {
    **dict.fromkeys((np.floor, np.ceil, np.trunc), "biu"),
    np.conjugate: "biuf",
    np.absolute: "bu",
}
"""By ufunc, the kinds of dtype on which it does nothing."""
NEVER_ON_INTEGERS = {np.isnan: False, np.isinf: False, np.isfinite: True}


def by_loop(ufunc: np.ufunc, call: Callable[[list[Any]], Any]) -> Ufunc:
    """A ufunc that converts its operands to the dtypes of NumPy's loop and then does `call`."""

    def function(
        *operands: Any,
        dtype: Any = None,
        casting: str = "same_kind",
        order: str = "K",
        subok: bool = True,
    ) -> Any:
        if order not in ("K", "A", "C"):
            raise UnsupportedError(
                "traced arrays have their elements in C order",
                where=user_source(),
                found=f"order={order!r}",
                remedy="leave order out",
            )
        if len(operands) != ufunc.nin:
            raise TypeMismatchError(
                f"np.{ufunc.__name__} takes {ufunc.nin} operands",
                where=user_source(),
                found=f"{len(operands)}",
                remedy="out= and positional outputs are not supported on traced arrays",
            )
        dtypes = [weak_dtype(x) for x in operands]
        loop = resolve(ufunc, *dtypes) if dtype is None else _loop_to(ufunc, dtypes, dtype, casting)
        result = call([convert(x, d) for x, d in zip(operands, loop, strict=False)])
        if ufunc in WEAK and all(isinstance(d, type) for d in dtypes):
            result.weak = {"i": int, "f": float, "c": complex}[result.dtype.kind]
        return result

    return function


def _loop_to(ufunc: np.ufunc, dtypes: list[Any], dtype: Any, casting: Any) -> tuple[Any, ...]:
    """The dtypes of the loop that has results of that dtype."""
    outputs = (supported_dtype(dtype),) * ufunc.nout
    try:
        return ufunc.resolve_dtypes(
            (*dtypes, *(None,) * ufunc.nout),
            signature=(None,) * ufunc.nin + outputs,
            casting=casting,
        )
    except TypeError as error:
        raise TypeMismatchError(
            f"np.{ufunc.__name__} has no results of dtype {outputs[0]} here",
            where=user_source(),
            found=", ".join(getattr(d, "__name__", str(d)) for d in dtypes),
            expected=str(error),
        ) from None


def direct(ufunc: np.ufunc, op: Op) -> Ufunc:
    """The implementation of a ufunc by an op."""
    return by_loop(ufunc, lambda inputs: _on_kind(ufunc, op, inputs))


def composed(ufunc: np.ufunc, call: Ufunc) -> Ufunc:
    """The implementation of a ufunc by others, on operands of the dtypes of its loop."""
    return by_loop(ufunc, lambda inputs: call(*inputs))


def _on_kind(ufunc: np.ufunc, op: Op, inputs: list[Any]) -> Any:
    """The op, or what NumPy does instead for some kinds of dtype."""
    kind = inputs[0].dtype.kind
    if kind == "b" and ufunc in ON_BOOLS:
        return elementwise(ON_BOOLS[ufunc], *inputs)
    if kind in IDENTITY.get(ufunc, ""):
        return traced(inputs[0])[...]
    if kind in "biu" and ufunc in NEVER_ON_INTEGERS:
        return np.full(inputs[0].shape, NEVER_ON_INTEGERS[ufunc], like=inputs[0])
    if kind in "biu" and ufunc is np.reciprocal:  # the whole part of 1/x
        return np.where(np.abs(inputs[0]) == 1, inputs[0], 0)
    if kind == "u" and op is rounding.sign:
        return convert(inputs[0] != 0, inputs[0].dtype)
    if kind == "c" and op in COMPARISONS - {compare.eq, compare.ne}:
        raise TypeMismatchError(
            "complex numbers are not ordered",
            where=user_source(),
            found=f"np.{ufunc.__name__} of complex arrays",
            expected="real arrays",
            remedy="compare np.abs(x) or x.real",
        )
    if ufunc in (np.power, np.float_power) and not isinstance(inputs[1], Traced):
        return _constant_power(*inputs)
    if len(inputs) == 2 and {x.dtype.char for x in inputs} in ({"q", "Q"}, {"l", "L"}):
        return _signs_differ(ufunc, *inputs)
    return elementwise(op, *inputs)


COMPARISONS = {compare.eq, compare.ne, compare.lt, compare.le, compare.gt, compare.ge}


def comparison(ufunc: np.ufunc, op: Op) -> Ufunc:
    """A comparison: an int of Python's may be beyond all integers of the other dtype."""
    usual = direct(ufunc, op)

    def function(x: Any, y: Any, *rest: Any, **options: Any) -> Any:
        if _beyond(y, x):
            return np.full(x.shape, ufunc(0, 1 if y > 0 else -1), like=x)
        if _beyond(x, y):
            return np.full(y.shape, ufunc(1 if x > 0 else -1, 0), like=y)
        return usual(x, y, *rest, **options)

    return function


def _beyond(number: Any, x: Any) -> bool:
    if type(number) is not int or not isinstance(x, Traced) or x.value.dtype.kind not in "biu":
        return False
    limits = np.iinfo(np.int64 if x.value.dtype.kind == "b" else x.value.dtype)
    return not limits.min <= number <= limits.max


def _signs_differ(ufunc: np.ufunc, x: Any, y: Any) -> Any:
    """A comparison of signed with unsigned integers: a negative number is below all of these."""
    if x.dtype.kind == "i":
        return np.where(x < 0, ufunc(-1, 0), ufunc(convert(x, y.dtype), y))
    return np.where(y < 0, ufunc(0, -1), ufunc(x, convert(y, x.dtype)))


SIMPLE_POWERS = {2.0: powers.square, 0.5: powers.sqrt, -1.0: powers.reciprocal}


def _constant_power(x: Any, n: Any) -> TracedArray:
    """x**n, for exponents that have an op of their own by that (as in NumPy)."""
    op = SIMPLE_POWERS.get(np.asarray(n).item()) if np.ndim(n) == 0 else None
    if op is not None and x.dtype.kind in "fc":
        return apply(op, x)
    return elementwise(powers.pow_, x, n)


# -- functions written with others -----------------------------------------------------------------


def positive(x: TracedArray) -> Any:
    return TracedArray(x.owner, x.value)


def divmod_(x: Any, y: Any) -> Any:
    return np.floor_divide(x, y), np.remainder(x, y)


def modf(x: Any) -> Any:
    whole = np.trunc(x)
    return np.where(np.isinf(x), np.copysign(x.dtype.type(0), x), x - whole), whole


def frexp(x: Any) -> Any:
    e: Any = apply(digits.exponent, x)
    return np.ldexp(x, -e), e


def logical(ufunc: np.ufunc) -> Ufunc:
    def call(*operands: Any) -> Any:
        return ufunc(*(np.not_equal(x, 0) for x in operands))

    return call


def fmax(x: Any, y: Any) -> Any:
    return np.where(np.isnan(x), y, np.where(np.isnan(y), x, np.maximum(x, y)))


def fmin(x: Any, y: Any) -> Any:
    return np.where(np.isnan(x), y, np.where(np.isnan(y), x, np.minimum(x, y)))


def heaviside(x: Any, at_zero: Any) -> Any:
    step = np.where(x == 0, at_zero, convert(x > 0, x.dtype))
    return np.where(np.isnan(x), x.dtype.type(np.nan), step)


def copysign(x: Any, y: Any) -> Any:
    """|x| with the sign of y: a product with ±1, which is what has the derivative."""
    return np.abs(x) * np.where(np.signbit(y), x.dtype.type(-1), x.dtype.type(1))


def signbit(x: Any) -> Any:
    """Whether the sign bit is set, which the angle of the point (−1, x) shows for −0 too."""
    return np.arctan2(x, -1.0) < 0


def scaled(factor: float) -> Ufunc:
    return lambda x: x * factor


def xlogy(x: Any, y: Any) -> Any:
    """X log(y). Where x is 0 the derivative in x is log(y), if that is finite, and otherwise 0."""
    endless = np.isinf(y) | (y == 0 if y.dtype.kind == "c" else y <= 0)
    return x * np.log(np.where((x == 0) & endless, 1.0, y))


def xlog1py(x: Any, y: Any) -> Any:
    endless = np.isinf(y) | (y == -1 if y.dtype.kind == "c" else y <= -1)
    return x * np.log1p(np.where((x == 0) & endless, 0.0, y))


def entr(x: Any) -> Any:
    return np.where(x < 0, -np.inf, -xlogy(x, np.where(x < 0, 1.0, x)))


def logit(x: Any) -> Any:
    return np.log(x) - np.log1p(-x)


def log_expit(x: Any) -> Any:
    return -np.logaddexp(0.0, -x)


def ndtr(x: Any) -> Any:
    return 0.5 * scipy.special.erfc(x * -math.sqrt(0.5))


COMPOSED: dict[np.ufunc, Ufunc] = {
    np.positive: positive,
    np.divmod: divmod_,
    np.modf: modf,
    np.frexp: frexp,
    np.logical_and: logical(np.bitwise_and),
    np.logical_or: logical(np.bitwise_or),
    np.logical_xor: logical(np.bitwise_xor),
    np.logical_not: logical(np.invert),
    np.fmax: fmax,
    np.fmin: fmin,
    np.heaviside: heaviside,
    np.copysign: copysign,
    np.signbit: signbit,
    np.deg2rad: scaled(np.pi / 180),
    np.radians: scaled(np.pi / 180),
    np.rad2deg: scaled(180 / np.pi),
    np.degrees: scaled(180 / np.pi),
    scipy.special.xlogy: xlogy,
    scipy.special.xlog1py: xlog1py,
    scipy.special.entr: entr,
    scipy.special.logit: logit,
    scipy.special.log_expit: log_expit,
    scipy.special.ndtr: ndtr,
}

MATVEC = hasattr(np, "matvec")
"""Since NumPy 2.2."""

UFUNCS: dict[tuple[np.ufunc, str], Ufunc] = {
    **{
        (ufunc, "__call__"): (comparison if op in COMPARISONS else direct)(ufunc, op)
        for ufunc, op in DIRECT.items()
    },
    **{(ufunc, "__call__"): composed(ufunc, call) for ufunc, call in COMPOSED.items()},
    (np.matmul, "__call__"): matmul,
    (np.vecdot, "__call__"): vecdot,
    **({(np.matvec, "__call__"): matvec, (np.vecmat, "__call__"): vecmat} if MATVEC else {}),
}
