"""Real and imaginary parts, the conjugate, and complex numbers from two parts.

Transposition follows JAX's convention: the pairing is Re(Σ w·v), and nothing is conjugated.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from lineara.ir.op import LinearSets, Tangent
from lineara.ir.types import DTYPES, Array, DType
from lineara.ir.value import Value
from lineara.ops.arithmetic import BOTH, FIRST
from lineara.ops.elementwise import Binary, Unary

REAL_OF = {DTYPES["c64"]: DTYPES["f32"], DTYPES["c128"]: DTYPES["f64"]}
COMPLEX_OF = {real: complex for complex, real in REAL_OF.items()}


@dataclass(frozen=True)
class Real(Unary):
    """The real part."""

    name: ClassVar[str] = "real"
    kinds: ClassVar[str] = "c"
    signature: ClassVar[LinearSets] = FIRST

    def result_dtype(self, *dtypes: DType) -> DType:
        return REAL_OF[dtypes[0]]

    def evaluate(self, *values: Array) -> tuple[Array, ...]:
        return (np.array(np.real(values[0]))[()],)

    def transpose(
        self, operands: tuple[Value, ...], cotangents: tuple[Value, ...]
    ) -> tuple[Tangent, ...]:
        return (to_complex(cotangents[0], cotangents[0].zero_tangent()),)


@dataclass(frozen=True)
class Imag(Unary):
    """The imaginary part."""

    name: ClassVar[str] = "imag"
    kinds: ClassVar[str] = "c"
    signature: ClassVar[LinearSets] = FIRST

    def result_dtype(self, *dtypes: DType) -> DType:
        return REAL_OF[dtypes[0]]

    def evaluate(self, *values: Array) -> tuple[Array, ...]:
        return (np.array(np.imag(values[0]))[()],)

    def transpose(
        self, operands: tuple[Value, ...], cotangents: tuple[Value, ...]
    ) -> tuple[Tangent, ...]:
        return (to_complex(cotangents[0].zero_tangent(), -cotangents[0]),)


@dataclass(frozen=True)
class Conj(Unary):
    """The complex conjugate: linear over the reals, which is what the pairing asks for."""

    name: ClassVar[str] = "conj"
    kinds: ClassVar[str] = "c"
    ufunc: ClassVar[Any] = np.conj
    signature: ClassVar[LinearSets] = FIRST

    def transpose(
        self, operands: tuple[Value, ...], cotangents: tuple[Value, ...]
    ) -> tuple[Tangent, ...]:
        return (conj(cotangents[0]),)


@dataclass(frozen=True)
class ToComplex(Binary):
    """The complex number x + iy from its real and imaginary part."""

    name: ClassVar[str] = "to_complex"
    kinds: ClassVar[str] = "f"
    signature: ClassVar[LinearSets] = BOTH

    def result_dtype(self, *dtypes: DType) -> DType:
        return COMPLEX_OF[super().result_dtype(*dtypes)]

    def evaluate(self, *values: Array) -> tuple[Array, ...]:
        x, y = np.broadcast_arrays(*values)
        result = np.empty(x.shape, COMPLEX_OF[x.dtype])
        result.real, result.imag = x, y
        return (result[()],)

    def transpose(
        self, operands: tuple[Value, ...], cotangents: tuple[Value, ...]
    ) -> tuple[Tangent, ...]:
        return real(cotangents[0]), -imag(cotangents[0])


real, imag, conj, to_complex = Real(), Imag(), Conj(), ToComplex()
