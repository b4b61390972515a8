"""Bessel functions of a real argument, from SciPy.

Derivatives are those of the DLMF, §10.6 and §10.29: means of the functions of the neighbouring
orders. Those of the scaled functions are differences of almost equal numbers for large x, with a
relative error of about 2 |x| units in the last place.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import scipy.special

from lineara.ir.value import Value
from lineara.ops.elementwise import Unary
from lineara.ops.parametric import Parametric
from lineara.ops.rounding import sign


@dataclass(frozen=True)
class J0(Unary):
    """The Bessel function of the first kind of order 0."""

    name: ClassVar[str] = "j0"
    kinds: ClassVar[str] = "f"
    ufunc: ClassVar[Any] = scipy.special.j0

    def partial(self, index: int, operands: tuple[Value, ...], result: Value) -> Value:
        return -j1(operands[0])


@dataclass(frozen=True)
class J1(Unary):
    """The Bessel function of the first kind of order 1."""

    name: ClassVar[str] = "j1"
    kinds: ClassVar[str] = "f"
    ufunc: ClassVar[Any] = scipy.special.j1

    def partial(self, index: int, operands: tuple[Value, ...], result: Value) -> Value:
        (x,) = operands
        return (j0(x) - jv(x.like(2.0), x)) * 0.5


@dataclass(frozen=True)
class Y0(Unary):
    """The Bessel function of the second kind of order 0."""

    name: ClassVar[str] = "y0"
    kinds: ClassVar[str] = "f"
    ufunc: ClassVar[Any] = scipy.special.y0

    def partial(self, index: int, operands: tuple[Value, ...], result: Value) -> Value:
        return -y1(operands[0])


@dataclass(frozen=True)
class Y1(Unary):
    """The Bessel function of the second kind of order 1."""

    name: ClassVar[str] = "y1"
    kinds: ClassVar[str] = "f"
    ufunc: ClassVar[Any] = scipy.special.y1

    def partial(self, index: int, operands: tuple[Value, ...], result: Value) -> Value:
        (x,) = operands
        return (y0(x) - yv(x.like(2.0), x)) * 0.5


@dataclass(frozen=True)
class I0(Unary):
    """The modified Bessel function of the first kind of order 0."""

    name: ClassVar[str] = "i0"
    kinds: ClassVar[str] = "f"
    ufunc: ClassVar[Any] = scipy.special.i0

    def partial(self, index: int, operands: tuple[Value, ...], result: Value) -> Value:
        return i1(operands[0])


@dataclass(frozen=True)
class I1(Unary):
    """The modified Bessel function of the first kind of order 1."""

    name: ClassVar[str] = "i1"
    kinds: ClassVar[str] = "f"
    ufunc: ClassVar[Any] = scipy.special.i1

    def partial(self, index: int, operands: tuple[Value, ...], result: Value) -> Value:
        (x,) = operands
        return (i0(x) + iv(x.like(2.0), x)) * 0.5


@dataclass(frozen=True)
class K0(Unary):
    """The modified Bessel function of the second kind of order 0."""

    name: ClassVar[str] = "k0"
    kinds: ClassVar[str] = "f"
    ufunc: ClassVar[Any] = scipy.special.k0

    def partial(self, index: int, operands: tuple[Value, ...], result: Value) -> Value:
        return -k1(operands[0])


@dataclass(frozen=True)
class K1(Unary):
    """The modified Bessel function of the second kind of order 1."""

    name: ClassVar[str] = "k1"
    kinds: ClassVar[str] = "f"
    ufunc: ClassVar[Any] = scipy.special.k1

    def partial(self, index: int, operands: tuple[Value, ...], result: Value) -> Value:
        (x,) = operands
        return (k0(x) + kv(x.like(2.0), x)) * -0.5


@dataclass(frozen=True)
class I0e(Unary):
    """i0(x) exp(−|x|)."""

    name: ClassVar[str] = "i0e"
    kinds: ClassVar[str] = "f"
    ufunc: ClassVar[Any] = scipy.special.i0e

    def partial(self, index: int, operands: tuple[Value, ...], result: Value) -> Value:
        (x,) = operands
        return i1e(x) - sign(x) * result


@dataclass(frozen=True)
class I1e(Unary):
    """i1(x) exp(−|x|)."""

    name: ClassVar[str] = "i1e"
    kinds: ClassVar[str] = "f"
    ufunc: ClassVar[Any] = scipy.special.i1e

    def partial(self, index: int, operands: tuple[Value, ...], result: Value) -> Value:
        (x,) = operands
        return (i0e(x) + ive(x.like(2.0), x)) * 0.5 - sign(x) * result


@dataclass(frozen=True)
class K0e(Unary):
    """k0(x) exp(x)."""

    name: ClassVar[str] = "k0e"
    kinds: ClassVar[str] = "f"
    ufunc: ClassVar[Any] = scipy.special.k0e

    def partial(self, index: int, operands: tuple[Value, ...], result: Value) -> Value:
        return result - k1e(operands[0])


@dataclass(frozen=True)
class K1e(Unary):
    """k1(x) exp(x)."""

    name: ClassVar[str] = "k1e"
    kinds: ClassVar[str] = "f"
    ufunc: ClassVar[Any] = scipy.special.k1e

    def partial(self, index: int, operands: tuple[Value, ...], result: Value) -> Value:
        (x,) = operands
        return result - (k0e(x) + kve(x.like(2.0), x)) * 0.5


@dataclass(frozen=True)
class Jv(Parametric):
    """The Bessel function of the first kind of any order: operands are the order, and x."""

    name: ClassVar[str] = "jv"
    ufunc: ClassVar[Any] = scipy.special.jv
    parameters: ClassVar[tuple[str, ...]] = ("v",)

    def slope(self, operands: tuple[Value, ...], result: Value) -> Value:
        order, x = operands
        return (jv(order - 1.0, x) - jv(order + 1.0, x)) * 0.5


@dataclass(frozen=True)
class Yv(Parametric):
    """The Bessel function of the second kind of any order: operands are the order, and x."""

    name: ClassVar[str] = "yv"
    ufunc: ClassVar[Any] = scipy.special.yv
    parameters: ClassVar[tuple[str, ...]] = ("v",)

    def slope(self, operands: tuple[Value, ...], result: Value) -> Value:
        order, x = operands
        return (yv(order - 1.0, x) - yv(order + 1.0, x)) * 0.5


@dataclass(frozen=True)
class Iv(Parametric):
    """The modified Bessel function of the first kind of any order."""

    name: ClassVar[str] = "iv"
    ufunc: ClassVar[Any] = scipy.special.iv
    parameters: ClassVar[tuple[str, ...]] = ("v",)

    def slope(self, operands: tuple[Value, ...], result: Value) -> Value:
        order, x = operands
        return (iv(order - 1.0, x) + iv(order + 1.0, x)) * 0.5


@dataclass(frozen=True)
class Kv(Parametric):
    """The modified Bessel function of the second kind of any order."""

    name: ClassVar[str] = "kv"
    ufunc: ClassVar[Any] = scipy.special.kv
    parameters: ClassVar[tuple[str, ...]] = ("v",)

    def slope(self, operands: tuple[Value, ...], result: Value) -> Value:
        order, x = operands
        return (kv(order - 1.0, x) + kv(order + 1.0, x)) * -0.5


@dataclass(frozen=True)
class Ive(Parametric):
    """iv(v, x) exp(−|x|)."""

    name: ClassVar[str] = "ive"
    ufunc: ClassVar[Any] = scipy.special.ive
    parameters: ClassVar[tuple[str, ...]] = ("v",)

    def slope(self, operands: tuple[Value, ...], result: Value) -> Value:
        order, x = operands
        return (ive(order - 1.0, x) + ive(order + 1.0, x)) * 0.5 - sign(x) * result


@dataclass(frozen=True)
class Kve(Parametric):
    """kv(v, x) exp(x)."""

    name: ClassVar[str] = "kve"
    ufunc: ClassVar[Any] = scipy.special.kve
    parameters: ClassVar[tuple[str, ...]] = ("v",)

    def slope(self, operands: tuple[Value, ...], result: Value) -> Value:
        order, x = operands
        return result - (kve(order - 1.0, x) + kve(order + 1.0, x)) * 0.5


j0, j1, y0, y1, i0, i1, k0, k1 = J0(), J1(), Y0(), Y1(), I0(), I1(), K0(), K1()
i0e, i1e, k0e, k1e = I0e(), I1e(), K0e(), K1e()
jv, yv, iv, kv, ive, kve = Jv(), Yv(), Iv(), Kv(), Ive(), Kve()
BESSEL = (J0, J1, Y0, Y1, I0, I1, K0, K1, I0e, I1e, K0e, K1e, Jv, Yv, Iv, Kv, Ive, Kve)
