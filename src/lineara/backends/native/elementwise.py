"""Elementwise ops as instructions: one short entry for each op, by the kind of its operands.

What is not in the table is left to NumPy.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from lineara.backends.native import maths
from lineara.backends.native.numbers import FLAG, Emit, Num, memory_type, part_type
from lineara.ir.op import Op
from lineara.ir.types import DType
from lineara.ops.creation import Convert
from lineara.ops.elementwise import Elementwise

Lowering = Callable[..., Num]
TABLE: dict[tuple[str, str], Lowering] = {}
"""By op and kind of its first operand: b(ool), i(nt), u(nsigned), f(loat), c(omplex)."""

COSTS = {"div": 4, "sqrt": 4, "reciprocal": 4, "cbrt": 12} | dict.fromkeys(maths.NAMES, 12)
COSTS |= {"logistic": 16, "logaddexp": 30}
"""How many additions an op is worth; one if it is not here."""


def lowering(op: Op, dtypes: Sequence[DType]) -> Lowering | None:
    """What writes the instructions of an op on numbers of those dtypes, if anything does."""
    if isinstance(op, Convert):
        rounds = dtypes[0].kind in "fc" and op.dtype.kind in "iu"
        if rounds and op.dtype not in (np.int32, np.int64):
            return None  # what NumPy makes of numbers that are out of range differs
        return lambda e, x: convert(e, x, op.dtype)
    if op.name in ("name", "stop_gradient"):
        return lambda e, x: x
    if not isinstance(op, Elementwise) or not dtypes:
        return None
    kind = dtypes[1].kind if op.name == "select" else dtypes[0].kind
    return TABLE.get((op.name, kind))


def entry(name: str, kinds: str) -> Callable[[Lowering], Lowering]:
    def add(f: Lowering) -> Lowering:
        for kind in kinds:
            TABLE[name, kind] = f
        return f

    return add


# -- conversions ----------------------------------------------------------------------------------


def convert(e: Emit, x: Num, dtype: DType) -> Num:
    """The number in another dtype, as NumPy's ``astype`` has it."""
    if x.dtype == dtype:
        return x
    if dtype.kind == "c":
        part = (
            convert(e, Num(x.dtype, x.parts[:1], x.lanes), _real_of(dtype))
            if (x.dtype.kind != "c")
            else Num(_real_of(dtype), (_resized(e, x.parts[0], x, _real_of(dtype)),), x.lanes)
        )
        imaginary = (
            _resized(e, x.parts[1], x, _real_of(dtype))
            if x.dtype.kind == "c"
            else e.like(part, 0.0)
        )
        return Num(dtype, (part.value, imaginary), x.lanes)
    if dtype == FLAG:
        return _truth(e, x)
    if x.dtype.kind == "c":
        x = Num(_real_of(x.dtype), x.parts[:1], x.lanes)
        return convert(e, x, dtype)
    target = e.type(Num(dtype, (), x.lanes))
    if x.dtype.kind == "f" and dtype.kind in "iu":
        return _rounded(e, x, dtype, target)
    return Num(dtype, (_cast(e.b, x, dtype)(x.value, target),), x.lanes)


def _rounded(e: Emit, x: Num, dtype: DType, target: Any) -> Num:
    """A float as an integer; what is out of range is the least integer, as processors have it."""
    limit = 2.0 ** (8 * dtype.itemsize - 1)
    small = e.b.fcmp_ordered("<", x.value, e.like(x, limit))
    large = e.b.fcmp_ordered(">=", x.value, e.like(x, -limit))
    inside = e.b.and_(small, large)
    safe = e.b.select(inside, x.value, e.like(x, 0.0))
    least = e.like(Num(dtype, (), x.lanes), int(-limit))
    return Num(dtype, (e.b.select(inside, e.b.fptosi(safe, target), least),), x.lanes)


def _cast(b: Any, x: Num, dtype: DType) -> Any:
    source, target = x.dtype, dtype
    if source.kind == "f" and target.kind == "f":
        return b.fpext if target.itemsize > source.itemsize else b.fptrunc
    if target.kind == "f":
        return b.sitofp if source.kind == "i" else b.uitofp
    if source == FLAG:
        return b.zext
    if target.itemsize == source.itemsize:
        return lambda value, type: value
    if target.itemsize < source.itemsize:
        return b.trunc
    return b.sext if source.kind == "i" else b.zext


def _real_of(dtype: DType) -> DType:
    return dtype.type(0).real.dtype  # type: ignore[no-any-return]


def _resized(e: Emit, part: Any, x: Num, dtype: DType) -> Any:
    """Part of a complex number in a float dtype."""
    real = Num(_real_of(x.dtype), (part,), x.lanes)
    return convert(e, real, dtype).value


def _truth(e: Emit, x: Num) -> Num:
    if x.dtype.kind == "c":
        parts = [_truth(e, Num(_real_of(x.dtype), (part,), x.lanes)).value for part in x.parts]
        return e.flag(e.b.or_(*parts), x.lanes)
    if x.dtype.kind == "f":
        return e.flag(e.b.fcmp_unordered("!=", x.value, e.like(x, 0.0)), x.lanes)
    return e.flag(e.b.icmp_unsigned("!=", x.value, e.like(x, 0)), x.lanes)


# -- arithmetic -----------------------------------------------------------------------------------


def _each(name: str, ints: str | None, floats: str) -> None:
    """An op that is one instruction on each part of a number."""

    def lower(e: Emit, x: Num, y: Num) -> Num:
        x, y = e.together([x, y])
        instruction = getattr(e.b, floats if x.dtype.kind in "fc" else str(ints))
        parts = tuple(instruction(p, q) for p, q in zip(x.parts, y.parts, strict=True))
        return Num(x.dtype, parts, x.lanes)

    entry(name, "iufc" if ints else "f")(lower)


_each("add", "add", "fadd")
_each("sub", "sub", "fsub")
_each("div", None, "fdiv")


@entry("mul", "iuf")
def _mul(e: Emit, x: Num, y: Num) -> Num:
    x, y = e.together([x, y])
    multiply = e.b.fmul if x.dtype.kind == "f" else e.b.mul
    return Num(x.dtype, (multiply(x.value, y.value),), x.lanes)


@entry("mul", "c")
def _mul_complex(e: Emit, x: Num, y: Num) -> Num:
    x, y = e.together([x, y])
    (a, b), (c, d), m = x.parts, y.parts, e.b.fmul
    parts = e.b.fsub(m(a, c), m(b, d)), e.b.fadd(m(a, d), m(b, c))
    return Num(x.dtype, parts, x.lanes)


@entry("add", "b")
@entry("or", "b")
def _or(e: Emit, x: Num, y: Num) -> Num:
    x, y = e.together([x, y])
    return Num(x.dtype, (e.b.or_(x.value, y.value),), x.lanes)


@entry("mul", "b")
@entry("and", "b")
def _and(e: Emit, x: Num, y: Num) -> Num:
    x, y = e.together([x, y])
    return Num(x.dtype, (e.b.and_(x.value, y.value),), x.lanes)


def _bitwise(name: str, instruction: str, kinds: str) -> None:
    def lower(e: Emit, x: Num, y: Num) -> Num:
        x, y = e.together([x, y])
        return Num(x.dtype, (getattr(e.b, instruction)(x.value, y.value),), x.lanes)

    entry(name, kinds)(lower)


_bitwise("and", "and_", "iu")
_bitwise("or", "or_", "iu")
_bitwise("xor", "xor", "biu")


@entry("not", "biu")
def _not(e: Emit, x: Num) -> Num:
    return Num(x.dtype, (e.b.not_(x.value),), x.lanes)


@entry("neg", "iufc")
def _neg(e: Emit, x: Num) -> Num:
    negate = e.b.fneg if x.dtype.kind in "fc" else e.b.neg
    return Num(x.dtype, tuple(negate(part) for part in x.parts), x.lanes)


@entry("square", "iufc")
def _square(e: Emit, x: Num) -> Num:
    return TABLE["mul", x.dtype.kind](e, x, x)


@entry("reciprocal", "f")
def _reciprocal(e: Emit, x: Num) -> Num:
    return Num(x.dtype, (e.b.fdiv(e.like(x, 1.0), x.value),), x.lanes)


# -- division with a remainder --------------------------------------------------------------------


def _divided(e: Emit, x: Num, y: Num) -> tuple[Num, Num]:
    """Integers divided as Python has it: quotient rounded down, and remainder; by zero both 0."""
    x, y = e.together([x, y])
    zero, one = e.like(x, 0), e.like(x, 1)
    signed = x.dtype.kind == "i"
    unsafe = e.b.icmp_unsigned("==", y.value, zero)
    by = e.b.select(unsafe, one, y.value)
    if signed:  # the least integer by −1 is out of range
        minus = e.b.icmp_signed("==", y.value, e.like(x, -1))
        by = e.b.select(minus, one, by)
    quotient = e.b.sdiv(x.value, by) if signed else e.b.udiv(x.value, by)
    rest = e.b.sub(x.value, e.b.mul(quotient, by))
    if signed:
        apart = e.b.icmp_signed("<", e.b.xor(rest, by), zero)
        apart = e.b.and_(apart, e.b.icmp_signed("!=", rest, zero))
        quotient = e.b.select(apart, e.b.sub(quotient, one), quotient)
        rest = e.b.select(apart, e.b.add(rest, by), rest)
        quotient = e.b.select(minus, e.b.neg(x.value), quotient)
    results = (e.b.select(unsafe, zero, part) for part in (quotient, rest))
    first, second = (Num(x.dtype, (part,), x.lanes) for part in results)
    return first, second


@entry("floor_divide", "iu")
def _floor_divide(e: Emit, x: Num, y: Num) -> Num:
    return _divided(e, x, y)[0]


@entry("remainder", "iu")
def _remainder(e: Emit, x: Num, y: Num) -> Num:
    return _divided(e, x, y)[1]


@entry("left_shift", "iu")
def _left_shift(e: Emit, x: Num, y: Num) -> Num:
    return _shifted(e, x, y, e.b.shl)


@entry("right_shift", "iu")
def _right_shift(e: Emit, x: Num, y: Num) -> Num:
    return _shifted(e, x, y, e.b.ashr if x.dtype.kind == "i" else e.b.lshr)


def _shifted(e: Emit, x: Num, y: Num, shift: Any) -> Num:
    """By as many bits as there are, or more, nothing is left but the sign."""
    x, y = e.together([x, y])
    last = e.like(x, 8 * x.dtype.itemsize - 1)
    far = e.b.icmp_unsigned(">", y.value, last)
    near = shift(x.value, e.b.select(far, last, y.value))
    gone = near if shift == e.b.ashr else e.like(x, 0)
    return Num(x.dtype, (e.b.select(far, gone, near),), x.lanes)


@entry("sign", "i")
def _sign_of_int(e: Emit, x: Num) -> Num:
    zero = e.like(x, 0)
    type = e.type(x)
    above = e.b.zext(e.b.icmp_signed(">", x.value, zero), type)
    below = e.b.zext(e.b.icmp_signed("<", x.value, zero), type)
    return Num(x.dtype, (e.b.sub(above, below),), x.lanes)


# -- comparisons ----------------------------------------------------------------------------------


def _comparison(name: str, symbol: str) -> None:
    def lower(e: Emit, x: Num, y: Num) -> Num:
        x, y = e.together([x, y])
        if x.dtype.kind == "f":  # what is not a number differs from everything
            compare = e.b.fcmp_unordered if symbol == "!=" else e.b.fcmp_ordered
        else:
            compare = e.b.icmp_signed if x.dtype.kind == "i" else e.b.icmp_unsigned
        return e.flag(compare(symbol, x.value, y.value), x.lanes)

    entry(name, "biuf")(lower)


for _name, _symbol in {
    "eq": "==",
    "ne": "!=",
    "lt": "<",
    "le": "<=",
    "gt": ">",
    "ge": ">=",
}.items():
    _comparison(_name, _symbol)


@entry("isnan", "f")
def _isnan(e: Emit, x: Num) -> Num:
    return e.flag(e.b.fcmp_unordered("uno", x.value, x.value), x.lanes)


@entry("isinf", "f")
def _isinf(e: Emit, x: Num) -> Num:
    size = e.intrinsic("fabs", x)
    return e.flag(e.b.fcmp_ordered("==", size.value, e.like(x, float("inf"))), x.lanes)


@entry("isfinite", "f")
def _isfinite(e: Emit, x: Num) -> Num:
    size = e.intrinsic("fabs", x)
    return e.flag(e.b.fcmp_ordered("<", size.value, e.like(x, float("inf"))), x.lanes)


# -- choices --------------------------------------------------------------------------------------


def choose(e: Emit, flag: Num, x: Num, y: Num) -> Num:
    """`x` where the flag is set, otherwise `y`."""
    if flag.lanes == 1:
        x, y = e.together([x, y])
    else:
        flag, x, y = e.together([flag, x, y])
    parts = tuple(e.b.select(flag.value, p, q) for p, q in zip(x.parts, y.parts, strict=True))
    return Num(x.dtype, parts, x.lanes)


@entry("select", "biufc")
def _select(e: Emit, flag: Num, x: Num, y: Num) -> Num:
    return choose(e, flag, x, y)


def _extreme(name: str, symbol: str) -> None:
    """The first operand if it is the larger (smaller) one, or not a number."""

    def lower(e: Emit, x: Num, y: Num) -> Num:
        x, y = e.together([x, y])
        if x.dtype.kind != "f":
            compare = e.b.icmp_signed if x.dtype.kind == "i" else e.b.icmp_unsigned
            return choose(e, e.flag(compare(symbol, x.value, y.value), x.lanes), x, y)
        better = e.b.fcmp_ordered(symbol, x.value, y.value)
        unordered = e.b.fcmp_unordered("uno", x.value, x.value)
        return choose(e, e.flag(e.b.or_(better, unordered), x.lanes), x, y)

    entry(name, "biuf")(lower)


_extreme("maximum", ">=")
_extreme("minimum", "<=")


@entry("clip", "iuf")
def _clip(e: Emit, x: Num, low: Num, high: Num) -> Num:
    kind = x.dtype.kind
    return TABLE["minimum", kind](e, TABLE["maximum", kind](e, x, low), high)


# -- functions ------------------------------------------------------------------------------------


def _function(name: str) -> None:
    entry(name, "f")(lambda e, *x: maths.function(e, name, *x))


for _name in maths.NAMES:
    _function(_name)


@entry("pow", "f")
def _pow(e: Emit, x: Num, y: Num) -> Num:
    """By products if the exponent is known to be small and whole."""
    exponent = getattr(y.parts[0], "constant", None)
    square, multiply = TABLE["square", "f"], TABLE["mul", "f"]
    match exponent:
        case 1.0:
            return x
        case 2.0:
            return square(e, x)
        case 3.0:
            return multiply(e, square(e, x), x)
        case 4.0:
            return square(e, square(e, x))
        case -1.0:
            return _reciprocal(e, x)
    return maths.function(e, "pow", x, y)


def _intrinsic(name: str, intrinsic: str) -> None:
    entry(name, "f")(lambda e, x: e.intrinsic(intrinsic, x))


for _name, _known in {
    "sqrt": "sqrt",
    "abs": "fabs",
    "floor": "floor",
    "ceil": "ceil",
    "trunc": "trunc",
    "round": "rint",
}.items():
    _intrinsic(_name, _known)


@entry("abs", "i")
def _abs(e: Emit, x: Num) -> Num:
    negative = e.flag(e.b.icmp_signed("<", x.value, e.like(x, 0)), x.lanes)
    return choose(e, negative, _neg(e, x), x)


@entry("sign", "f")
def _sign(e: Emit, x: Num) -> Num:
    zero = e.like(x, 0.0)
    result = x  # zeros and what is not a number
    for symbol, sign in ((">", 1.0), ("<", -1.0)):
        here = e.flag(e.b.fcmp_ordered(symbol, x.value, zero), x.lanes)
        one = Num(x.dtype, (e.like(x, sign),), x.lanes)
        result = choose(e, here, one, result)
    zeros = e.flag(e.b.fcmp_ordered("==", x.value, zero), x.lanes)
    return choose(e, zeros, Num(x.dtype, (zero,), x.lanes), result)


@entry("logistic", "f")
def _logistic(e: Emit, x: Num) -> Num:
    """By an exponential that cannot overflow."""
    size = _neg(e, e.intrinsic("fabs", x))
    small = maths.function(e, "exp", size)
    one = Num(x.dtype, (e.like(x, 1.0),), x.lanes)
    below = TABLE["add", "f"](e, one, small)
    positive = e.flag(e.b.fcmp_ordered(">=", x.value, e.like(x, 0.0)), x.lanes)
    above = choose(e, positive, one, small)
    return TABLE["div", "f"](e, above, below)


# -- complex numbers ------------------------------------------------------------------------------


@entry("real", "c")
def _real(e: Emit, x: Num) -> Num:
    return Num(_real_of(x.dtype), x.parts[:1], x.lanes)


@entry("imag", "c")
def _imag(e: Emit, x: Num) -> Num:
    return Num(_real_of(x.dtype), x.parts[1:], x.lanes)


@entry("conj", "c")
def _conj(e: Emit, x: Num) -> Num:
    return Num(x.dtype, (x.parts[0], e.b.fneg(x.parts[1])), x.lanes)


__all__ = ["COSTS", "choose", "convert", "lowering", "memory_type", "part_type"]
