"""Numbers in generated code: one, or one for each lane of a vector.

A `Num` is a number of a dtype of the language. Complex numbers are two LLVM values, all others one.
`Emit` writes the instructions for what all elementwise code is made of.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from lineara.backends.native import llir
from lineara.backends.native.machine import LANES
from lineara.ir.types import DType

INT = llir.int_type(64)
BOOL = llir.int_type(1)
BYTE = llir.int_type(8)
BYTES = BYTE.as_pointer()
FLAG = np.dtype(np.bool_)


class Num(NamedTuple):
    """A number, or `lanes` numbers.

    Attributes:
        dtype: what it is in the language.
        parts: LLVM values, of vector type if there are lanes: one, or real and imaginary part.
        lanes: 1 for a number that is the same in all lanes.
    """

    dtype: DType
    parts: tuple[Any, ...]
    lanes: int = 1

    @property
    def value(self) -> Any:
        (value,) = self.parts
        return value


def part_type(dtype: DType) -> Any:
    """The LLVM type of a number in a register, or of each part of a complex one."""
    match dtype.kind:
        case "b":
            return BOOL
        case "i" | "u":
            return llir.int_type(8 * dtype.itemsize)
        case "f":
            return llir.FLOAT if dtype.itemsize == 4 else llir.DOUBLE
    return llir.FLOAT if dtype.itemsize == 8 else llir.DOUBLE


def memory_type(dtype: DType) -> Any:
    """The LLVM type of a number in memory; a complex one is two of them, a bool one byte."""
    return BYTE if dtype.kind == "b" else part_type(dtype)


def parts_of(dtype: DType) -> int:
    """How many LLVM values a number takes."""
    return 2 if dtype.kind == "c" else 1


def constant(value: Any) -> Num:
    """A NumPy scalar as a number."""
    dtype = value.dtype
    type = part_type(dtype)
    if dtype.kind == "c":
        return Num(dtype, (type(float(value.real)), type(float(value.imag))))
    number = float(value) if dtype.kind == "f" else int(value)
    return Num(dtype, (llir.Constant(type, number),))


class Emit:
    """Writes instructions at the place of a builder, for a number `alone` or elements of arrays."""

    def __init__(self, builder: Any, *, alone: bool = False) -> None:
        self.b = builder
        self.alone = alone

    # -- lanes ----------------------------------------------------------------------------------

    def spread(self, x: Num, lanes: int) -> Num:
        """The number in all lanes."""
        if x.lanes == lanes:
            return x
        return Num(x.dtype, tuple(self.splat(part, lanes) for part in x.parts), lanes)

    def splat(self, value: Any, lanes: int) -> Any:
        if isinstance(value, llir.Constant) and value.type.kind != "vector":
            return llir.Constant(llir.vector(value.type, lanes), [value] * lanes)
        type = llir.vector(value.type, lanes)
        first = self.b.insert_element(llir.Constant(type, llir.Undefined), value, INT(0))
        zeros = llir.Constant(llir.vector(llir.int_type(32), lanes), [llir.int_type(32)(0)] * lanes)
        return self.b.shuffle_vector(first, llir.Constant(type, llir.Undefined), zeros)

    def together(self, numbers: Sequence[Num]) -> list[Num]:
        """The numbers with as many lanes as any of them has."""
        lanes = max((x.lanes for x in numbers), default=1)
        return [self.spread(x, lanes) for x in numbers]

    def lane(self, x: Num, k: int) -> Num:
        """One lane of a number."""
        if x.lanes == 1:
            return x
        return Num(x.dtype, tuple(self.b.extract_element(part, INT(k)) for part in x.parts))

    def gathered(self, dtype: DType, numbers: Sequence[Num]) -> Num:
        """Numbers as the lanes of one; lanes that are left are zero."""
        parts = []
        start = llir.Undefined if len(numbers) == LANES else None
        for p in range(parts_of(dtype)):
            vector: Any = llir.Constant(llir.vector(part_type(dtype), LANES), start)
            for k, x in enumerate(numbers):
                vector = self.b.insert_element(vector, x.parts[p], INT(k))
            parts.append(vector)
        return Num(dtype, tuple(parts), LANES)

    def type(self, x: Num, kind: Any = None) -> Any:
        """The LLVM type of the parts of `x`, or another one with as many lanes."""
        part = part_type(x.dtype) if kind is None else kind
        return part if x.lanes == 1 else llir.vector(part, x.lanes)

    def like(self, x: Num, number: float) -> Any:
        """A Python number as a constant of the type of a part of `x`."""
        part = part_type(x.dtype)
        scalar = llir.Constant(part, number)
        return scalar if x.lanes == 1 else llir.Constant(self.type(x), [scalar] * x.lanes)

    def flag(self, value: Any, lanes: int) -> Num:
        """The outcome of a comparison."""
        return Num(FLAG, (value,), lanes)

    # -- memory ---------------------------------------------------------------------------------

    def load(self, pointer: Any, dtype: DType, offset: Any) -> Num:
        """The number at a place in an array, `pointer` being that of its first element."""
        parts = []
        for at in self._places(pointer, dtype, offset):
            value = self.b.load(at)
            parts.append(self.b.icmp_unsigned("!=", value, BYTE(0)) if dtype == FLAG else value)
        return Num(dtype, tuple(parts))

    def store(self, x: Num, pointer: Any, offset: Any) -> None:
        for part, at in zip(x.parts, self._places(pointer, x.dtype, offset), strict=True):
            self.b.store(self.b.zext(part, BYTE) if x.dtype == FLAG else part, at)

    def first(self, used: int) -> Num:
        """A flag that is set in the first lanes."""
        return self.flag(_first(used), LANES)

    def can_load(self, dtype: DType, used: int) -> bool:
        """Whether numbers next to each other are loaded, and stored, at one blow."""
        return dtype.kind != "c" and (used == LANES or dtype != FLAG)

    def load_lanes(self, pointer: Any, dtype: DType, offset: Any, used: int = LANES) -> Num:
        """Numbers that are next to each other; lanes that are not used are zero."""
        at = self.b.gep(pointer, [offset])
        vector = llir.vector(memory_type(dtype), LANES)
        if used < LANES:
            arguments = [at, _align(dtype), _first(used), llir.Constant(vector, None)]
            return Num(dtype, (self._masked("load", vector, vector, arguments),), LANES)
        value = self.b.load(self.b.bitcast(at, vector.as_pointer()), align=_alignment(dtype))
        if dtype == FLAG:
            value = self.b.icmp_unsigned("!=", value, llir.Constant(vector, [0] * LANES))
        return Num(dtype, (value,), LANES)

    def store_lanes(self, x: Num, pointer: Any, offset: Any, used: int = LANES) -> None:
        at = self.b.gep(pointer, [offset])
        vector = llir.vector(memory_type(x.dtype), x.lanes)
        if used < LANES:
            arguments = [x.value, at, _align(x.dtype), _first(used)]
            self._masked("store", llir.VOID, vector, arguments)
            return
        value = self.b.zext(x.value, vector) if x.dtype == FLAG else x.value
        self.b.store(value, self.b.bitcast(at, vector.as_pointer()), align=_alignment(x.dtype))

    def _masked(self, name: str, result: Any, vector: Any, arguments: Sequence[Any]) -> Any:
        """LLVM's intrinsic that loads, or stores, some lanes of a vector only."""
        part = vector.element
        letter = "i" if part.kind == "int" else "f"
        bits = part.count or (64 if part is llir.DOUBLE else 32)
        full = f"llvm.masked.{name}.v{LANES}{letter}{bits}.p0"
        return self.outside(full, result, arguments)

    def _places(self, pointer: Any, dtype: DType, offset: Any) -> list[Any]:
        if dtype.kind != "c":
            return [self.b.gep(pointer, [offset])]
        twice = self.b.mul(offset, INT(2))
        return [self.b.gep(pointer, [self.b.add(twice, INT(p))]) for p in range(2)]

    # -- calls of functions outside -------------------------------------------------------------

    def outside(self, name: str, result: Any, arguments: Sequence[Any]) -> Any:
        """The result of a function without effects that the linker finds under its name."""
        module = self.b.module
        known = module.globals.get(name)
        if known is None:
            known = llir.Function(
                module, llir.function_type(result, [x.type for x in arguments]), name
            )
            if not name.startswith("llvm."):
                for attribute in ("nounwind", "readnone"):
                    known.attributes.append(attribute)
        return self.b.call(known, arguments)

    def intrinsic(self, name: str, x: Num, *others: Num) -> Num:
        """An intrinsic function of LLVM, of real floats."""
        numbers = self.together([x, *others])
        part = "f32" if x.dtype.itemsize == 4 else "f64"
        lanes = numbers[0].lanes
        full = f"llvm.{name}.{part}" if lanes == 1 else f"llvm.{name}.v{lanes}{part}"
        type = self.type(numbers[0])
        return Num(x.dtype, (self.outside(full, type, [n.value for n in numbers]),), lanes)


def _align(dtype: DType) -> Any:
    return llir.int_type(32)(_alignment(dtype))


def _first(used: int) -> Any:
    """A mask of the first lanes."""
    return llir.vector(BOOL, LANES)([int(k < used) for k in range(LANES)])


def _alignment(dtype: DType) -> int:
    return 1 if dtype == FLAG else dtype.itemsize
