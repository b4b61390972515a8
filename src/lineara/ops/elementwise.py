"""The base of elementwise ops: one result element from the operands' elements at the same place.

Operands have the result's shape, or rank 0: a scalar is repeated. (Linear operands have the full
shape, so that transposition never has to guess a sum.) An op is described by

* `result_dtype`: the dtype of the result from the operands', or an error,
* `signature`: the operand sets in which it is linear, and its `transpose`, or
* `partial`: its partial derivative with respect to one operand, and all the rest follows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from lineara.errors import LinearityError, ShapeMismatchError, TypeMismatchError
from lineara.ir.op import LinearSets, Op, Tangent, add_tangents
from lineara.ir.types import Array, ArrayType, DType, dtype_name
from lineara.ops.broadcast import broadcast

if TYPE_CHECKING:
    from lineara.ir.value import Value


@dataclass(frozen=True)
class Elementwise(Op):
    """One result, computed element by element."""

    arity: ClassVar[int]
    kinds: ClassVar[str] = "biufc"
    """Kinds of dtype that the operands may have: b(ool), i(nt), u(nsigned), f(loat), c(omplex)."""
    signature: ClassVar[LinearSets] = ()

    # -- types ----------------------------------------------------------------------------------

    def infer(self, *types: ArrayType) -> tuple[ArrayType, ...]:
        if len(types) != self.arity:
            raise TypeMismatchError(
                f"{self.name} takes {self.arity} operands", found=f"{len(types)} operands"
            )
        for type in types:
            if type.dtype.kind not in self.kinds:
                raise TypeMismatchError(
                    f"{self.name} is not defined for {dtype_name(type.dtype)}",
                    found=", ".join(map(str, types)),
                    expected="operands of dtype " + ", ".join(KINDS[kind] for kind in self.kinds),
                    remedy="convert the operands first",
                )
        return (ArrayType(self.result_dtype(*(t.dtype for t in types)), self.shape_of(types)),)

    def result_dtype(self, *dtypes: DType) -> DType:
        """The dtype of the result; by default that of the operands, which must agree."""
        if any(dtype != dtypes[0] for dtype in dtypes[1:]):
            raise TypeMismatchError(
                f"{self.name} takes operands of one dtype",
                found=", ".join(map(dtype_name, dtypes)),
                expected="equal dtypes",
                remedy="insert a convert",
            )
        return dtypes[0]

    def shape_of(self, types: Sequence[ArrayType]) -> tuple[int, ...]:
        shape: tuple[int, ...] = ()
        for type in types:
            if type.shape and shape and type.shape != shape:
                raise ShapeMismatchError(
                    f"{self.name} takes operands of one shape, or scalars",
                    found=", ".join(map(str, types)),
                    expected="equal shapes",
                    remedy="insert a broadcast",
                )
            shape = shape or type.shape
        return shape

    def linear_sets(self, *types: ArrayType) -> LinearSets:
        (result,) = self.infer(*types)
        if not result.has_tangent:
            return ()
        return tuple(
            linear_set
            for linear_set in self.signature
            if all(types[i].shape == result.shape for i in linear_set)
        )

    # -- rules ----------------------------------------------------------------------------------

    def jvp(
        self, operands: tuple[Value, ...], results: tuple[Value, ...], tangents: Sequence[Tangent]
    ) -> tuple[Tangent, ...]:
        full = [t if t is None else _full(t, results[0].shape) for t in tangents]
        total: tuple[Tangent, ...] = (None,)
        covered: frozenset[int] = frozenset().union(*self.signature)
        for linear_set in self.signature:
            active = {i: t for i in linear_set if (t := full[i]) is not None}
            if active:
                total = add_tangents(total, self.linear_tangents(operands, linear_set, active))
        for i, tangent in enumerate(full):
            if tangent is not None and i not in covered:
                slope = self.partial(i, operands, results[0])
                total = add_tangents(total, (slope * tangent,))
        return total

    def linear_tangents(
        self, operands: tuple[Value, ...], linear_set: frozenset[int], active: dict[int, Value]
    ) -> tuple[Tangent, ...]:
        (model, *_) = active.values()
        inputs = [
            active[i] if i in active else model.zero_tangent() if i in linear_set else operand
            for i, operand in enumerate(operands)
        ]
        return model.builder.emit(self, *inputs)

    def partial(self, index: int, operands: tuple[Value, ...], result: Value) -> Value:
        """The partial derivative of the result with respect to operand `index`."""
        raise LinearityError(f"{self.name} has no derivative in operand {index + 1}")

    def batch(
        self, size: int, operands: tuple[Value, ...], batched: Sequence[bool]
    ) -> tuple[Value, ...]:
        example = max((x.shape[b:] for x, b in zip(operands, batched, strict=True)), key=len)
        full = (size, *example)
        return self.all(*(_batched(x, b, full) for x, b in zip(operands, batched, strict=True)))


def _full(tangent: Value, shape: tuple[int, ...]) -> Value:
    """The tangent of a scalar that an op repeats, repeated too."""
    return tangent if tangent.shape == shape else broadcast(tangent, shape, ())


def _batched(x: Value, batched: bool, full: tuple[int, ...]) -> Value:
    """`x` with the batch axis in front; an unbatched scalar may stay one unless it is linear."""
    if batched:
        return broadcast(x, full, (0,)) if x.shape != full else x
    return broadcast(x, full, tuple(range(1, 1 + x.ndim))) if x.ndim or x.linear else x


KINDS = {"b": "bool", "i": "int", "u": "unsigned int", "f": "float", "c": "complex"}


@dataclass(frozen=True)
class Unary(Elementwise):
    """An elementwise op of one operand. A subclass sets `ufunc` to NumPy's function."""

    arity: ClassVar[int] = 1
    ufunc: ClassVar[Any]

    def evaluate(self, *values: Array) -> tuple[Array, ...]:
        return (self.ufunc(values[0]),)


@dataclass(frozen=True)
class Binary(Elementwise):
    """An elementwise op of two operands. A subclass sets `ufunc` to NumPy's function."""

    arity: ClassVar[int] = 2
    ufunc: ClassVar[Any]

    def evaluate(self, *values: Array) -> tuple[Array, ...]:
        return (self.ufunc(values[0], values[1]),)
