"""Exponentials, logarithms and what is made of them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import scipy.special

from lineara.ir.value import Value
from lineara.ops.compare import and_, eq, isinf
from lineara.ops.elementwise import Binary, Unary
from lineara.ops.minmax import where


@dataclass(frozen=True)
class Exp(Unary):
    """e to the x."""

    name: ClassVar[str] = "exp"
    kinds: ClassVar[str] = "fc"
    ufunc: ClassVar[Any] = np.exp

    def partial(self, index: int, operands: tuple[Value, ...], result: Value) -> Value:
        return result


@dataclass(frozen=True)
class Exp2(Unary):
    """2 to the x."""

    name: ClassVar[str] = "exp2"
    kinds: ClassVar[str] = "fc"
    ufunc: ClassVar[Any] = np.exp2

    def partial(self, index: int, operands: tuple[Value, ...], result: Value) -> Value:
        return result * LOG_2


@dataclass(frozen=True)
class Expm1(Unary):
    """exp(x) − 1, exact near 0."""

    name: ClassVar[str] = "expm1"
    kinds: ClassVar[str] = "fc"
    ufunc: ClassVar[Any] = np.expm1

    def partial(self, index: int, operands: tuple[Value, ...], result: Value) -> Value:
        return exp(operands[0])  # not result + 1, which cancels where x is far below 0


@dataclass(frozen=True)
class Log(Unary):
    """The natural logarithm."""

    name: ClassVar[str] = "log"
    kinds: ClassVar[str] = "fc"
    ufunc: ClassVar[Any] = np.log

    def partial(self, index: int, operands: tuple[Value, ...], result: Value) -> Value:
        return 1.0 / operands[0]


@dataclass(frozen=True)
class Log2(Unary):
    """The logarithm to base 2."""

    name: ClassVar[str] = "log2"
    kinds: ClassVar[str] = "fc"
    ufunc: ClassVar[Any] = np.log2

    def partial(self, index: int, operands: tuple[Value, ...], result: Value) -> Value:
        return 1 / LOG_2 / operands[0]


@dataclass(frozen=True)
class Log10(Unary):
    """The logarithm to base 10."""

    name: ClassVar[str] = "log10"
    kinds: ClassVar[str] = "fc"
    ufunc: ClassVar[Any] = np.log10

    def partial(self, index: int, operands: tuple[Value, ...], result: Value) -> Value:
        return 1.0 / (operands[0] * LOG_10)


@dataclass(frozen=True)
class Log1p(Unary):
    """log(1 + x), exact near 0."""

    name: ClassVar[str] = "log1p"
    kinds: ClassVar[str] = "fc"
    ufunc: ClassVar[Any] = np.log1p

    def partial(self, index: int, operands: tuple[Value, ...], result: Value) -> Value:
        return 1.0 / (operands[0] + 1.0)


@dataclass(frozen=True)
class Logistic(Unary):
    """1 / (1 + exp(−x)), also called expit and sigmoid."""

    name: ClassVar[str] = "logistic"
    kinds: ClassVar[str] = "f"
    ufunc: ClassVar[Any] = scipy.special.expit

    def partial(self, index: int, operands: tuple[Value, ...], result: Value) -> Value:
        return result * logistic(-operands[0])  # not 1 − result, which cancels for large x


@dataclass(frozen=True)
class LogAddExp(Binary):
    """log(exp(x) + exp(y)). Where both are the same infinity, the derivative is ½ in each."""

    name: ClassVar[str] = "logaddexp"
    kinds: ClassVar[str] = "f"
    ufunc: ClassVar[Any] = np.logaddexp

    def partial(self, index: int, operands: tuple[Value, ...], result: Value) -> Value:
        return logistic(difference(operands[index], operands[1 - index]))


@dataclass(frozen=True)
class LogAddExp2(Binary):
    """log2(2**x + 2**y). Where both are the same infinity, the derivative is ½ in each."""

    name: ClassVar[str] = "logaddexp2"
    kinds: ClassVar[str] = "f"
    ufunc: ClassVar[Any] = np.logaddexp2

    def partial(self, index: int, operands: tuple[Value, ...], result: Value) -> Value:
        delta = difference(operands[index], operands[1 - index])
        return logistic(delta * LOG_2)


def difference(x: Value, y: Value) -> Value:
    """X − y, and 0 where both are the same infinity."""
    same = and_(isinf(x), eq(x, y))
    return where(same, 0.0, x - y)


LOG_2, LOG_10 = math.log(2.0), math.log(10.0)

exp, exp2, expm1 = Exp(), Exp2(), Expm1()
log, log2, log10, log1p = Log(), Log2(), Log10(), Log1p()
logistic, logaddexp, logaddexp2 = Logistic(), LogAddExp(), LogAddExp2()
