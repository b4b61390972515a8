"""Discrete Fourier transforms along an axis.

With ω = exp(−2πi/n), `fft` is y_k = Σ_j ω^(jk) x_j, a symmetric matrix and so its own transpose, as
is its inverse. `rfft` and `irfft` are the halves of them that real arrays need, and transposes of
each other up to weights: a frequency other than 0 and n/2 stands for its mirror image, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from lineara.errors import ShapeMismatchError
from lineara.ir.op import LinearSets, Op, Tangent
from lineara.ir.types import Array, ArrayType
from lineara.ops.broadcast import check_axes, one_operand
from lineara.ops.checks import check_kind
from lineara.ops.compare import eq
from lineara.ops.complex import COMPLEX_OF, REAL_OF, conj
from lineara.ops.creation import Convert, Iota
from lineara.ops.minmax import where

if TYPE_CHECKING:
    from lineara.ir.value import Value


@dataclass(frozen=True)
class Fourier(Op):
    """A transform along an axis; the kind of dtype that it takes is its subclass's."""

    kinds: ClassVar[str] = "c"
    axis: int

    def infer(self, *types: ArrayType) -> tuple[ArrayType, ...]:
        type = one_operand(self, types)
        check_axes(self, (self.axis,), type.ndim)
        check_kind(self, type, self.kinds)
        if type.shape[self.axis] == 0:
            raise ShapeMismatchError(
                f"{self.name} transforms one number at least",
                found=str(type),
                expected=f"elements along axis {self.axis}",
            )
        return (self.result(type),)

    def result(self, type: ArrayType) -> ArrayType:
        """The type of the result."""
        return type

    def resized(self, type: ArrayType, length: int) -> ArrayType:
        """A type with another length of the axis."""
        return type.with_shape((*type.shape[: self.axis], length, *type.shape[self.axis + 1 :]))

    def linear_sets(self, *types: ArrayType) -> LinearSets:
        return (frozenset({0}),)

    def work(self, operands: Sequence[ArrayType], results: Sequence[ArrayType]) -> int:
        size = max(operands[0].size, results[0].size)
        length = max(t.shape[self.axis] for t in (operands[0], results[0]))
        return 5 * size * max(1, (length - 1).bit_length())

    def batch(
        self, size: int, operands: tuple[Value, ...], batched: Sequence[bool]
    ) -> tuple[Value, ...]:
        return replace(self, axis=1 + self.axis).all(*operands)


@dataclass(frozen=True)
class Fft(Fourier):
    """The transform of complex numbers, or its inverse, which divides by their number.

    Attributes:
        axis: the axis to run along.
        inverse: whether it is the inverse.
    """

    name: ClassVar[str] = "fft"
    inverse: bool = False

    def evaluate(self, *values: Array) -> tuple[Array, ...]:
        return ((np.fft.ifft if self.inverse else np.fft.fft)(values[0], axis=self.axis),)

    def transpose(
        self, operands: tuple[Value, ...], cotangents: tuple[Value, ...]
    ) -> tuple[Tangent, ...]:
        return self.all(*cotangents)


@dataclass(frozen=True)
class Rfft(Fourier):
    """The transform of n real numbers at the frequencies from 0 to n // 2."""

    name: ClassVar[str] = "rfft"
    kinds: ClassVar[str] = "f"

    def result(self, type: ArrayType) -> ArrayType:
        half = self.resized(type, type.shape[self.axis] // 2 + 1)
        return half.with_dtype(COMPLEX_OF[type.dtype])

    def evaluate(self, *values: Array) -> tuple[Array, ...]:
        return (np.fft.rfft(values[0], axis=self.axis),)

    def transpose(
        self, operands: tuple[Value, ...], cotangents: tuple[Value, ...]
    ) -> tuple[Tangent, ...]:
        (c,) = cotangents
        n = operands[0].shape[self.axis]
        return (Irfft(self.axis, n)(conj(c) * _weights(c, self.axis, n, n, n / 2)),)


@dataclass(frozen=True)
class Irfft(Fourier):
    """The real numbers of which a `rfft` is given.

    The imaginary parts of the frequencies 0 and n/2 are not read.

    Attributes:
        axis: the axis to run along.
        length: how many real numbers, n or n + 1 for n // 2 + 1 frequencies with even n.
    """

    name: ClassVar[str] = "irfft"
    length: int

    def result(self, type: ArrayType) -> ArrayType:
        if self.length < 1 or type.shape[self.axis] != self.length // 2 + 1:
            raise ShapeMismatchError(
                "irfft takes one frequency more than half of the real numbers",
                found=f"{type.shape[self.axis]} frequencies in {type} for length={self.length}",
                expected=f"{self.length // 2 + 1} frequencies",
            )
        return self.resized(type, self.length).with_dtype(REAL_OF[type.dtype])

    def evaluate(self, *values: Array) -> tuple[Array, ...]:
        return (np.fft.irfft(values[0], self.length, axis=self.axis),)

    def transpose(
        self, operands: tuple[Value, ...], cotangents: tuple[Value, ...]
    ) -> tuple[Tangent, ...]:
        n = self.length
        c = conj(Rfft(self.axis)(*cotangents))
        return (c * _weights(c, self.axis, n, 1 / n, 2 / n),)


def _weights(model: Value, axis: int, n: int, single: float, double: float) -> Value:
    """`single` at the frequencies 0 and n/2 along an axis, and `double` at all others."""
    numbers = Iota(model.type.with_dtype(REAL_OF[model.dtype]), axis)
    (k,) = model.builder.emit(numbers)
    inner = where(eq(k, n / 2), k.like(single), k.like(double))
    return Convert(model.dtype)(where(eq(k, 0.0), k.like(single), inner))
