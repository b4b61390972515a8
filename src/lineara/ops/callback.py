"""Callbacks: Python code that runs when the program does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from lineara.errors import LinearityError, ShapeMismatchError, TypeMismatchError
from lineara.ir.builder import Builder
from lineara.ir.op import Op, Tangent
from lineara.ir.types import Array, ArrayType, dtype_name
from lineara.ir.value import Value
from lineara.ops.control.scan import Scan
from lineara.ops.packages import repeated
from lineara.ops.python import PythonFunction


@dataclass(frozen=True)
class Callback(Op):
    """A function of Python's on NumPy arrays, which is taken to have no side effects.

    Attributes:
        function: the function.
        types: those of its results.
        vectorized: whether it takes arrays with axes in front, for many examples.
    """

    name: ClassVar[str] = "callback"
    total: ClassVar[bool] = False
    function: PythonFunction
    types: tuple[ArrayType, ...]
    vectorized: bool = False

    def infer(self, *types: ArrayType) -> tuple[ArrayType, ...]:
        return self.types

    def linearity(self, types: Sequence[ArrayType], linear: Sequence[bool]) -> tuple[bool, ...]:
        if any(linear):
            raise self._refused("Python code cannot be proved linear", "a linear value")
        return (False,) * len(self.types)

    def evaluate(self, *values: Array) -> tuple[Array, ...]:
        results = self.function.call(*map(_read_only, values))
        if len(results) != len(self.types):
            raise TypeMismatchError(
                f"the callback {self.function.label} does not return as many arrays as declared",
                found=f"{len(results)} arrays",
                expected=f"{len(self.types)} arrays",
            )
        return tuple(map(self._fitting, results, self.types))

    def _fitting(self, result: Any, type: ArrayType) -> Array:
        """A result in memory of its own, if it is of the type declared."""
        array = np.asarray(result)
        label = self.function.label
        if array.shape != type.shape:
            raise ShapeMismatchError(
                f"the callback {label} returns an array of another shape than declared",
                found=f"shape {array.shape}",
                expected=f"shape {type.shape}",
                remedy="correct result_shape_dtypes, or the function"
                + (", which is given examples along a new first axis" * self.vectorized),
            )
        adapts = type_of_number(result) and np.can_cast(array.dtype, type.dtype, "same_kind")
        if array.dtype != type.dtype and not adapts:
            raise TypeMismatchError(
                f"the callback {label} returns an array of another dtype than declared",
                found=f"dtype {array.dtype}",
                expected=f"dtype {type.dtype} ({dtype_name(type.dtype)})",
                remedy=f"convert the result with .astype(np.{type.dtype}), or correct "
                "result_shape_dtypes",
            )
        return np.array(array, type.dtype)[()]

    def jvp(
        self, operands: tuple[Value, ...], results: tuple[Value, ...], tangents: Sequence[Tangent]
    ) -> tuple[Tangent, ...]:
        raise self._refused("Python code has no derivative", "a derivative").at(
            operands[0].builder.source
        )

    def _refused(self, what: str, found: str) -> LinearityError:
        label = self.function.label
        return LinearityError(
            f"{what}: the callback {label} is differentiated",
            found=f"{found} of the callback {label}",
            expected="a rule for it",
            remedy="wrap the call in a function with a rule, lineara.custom_jvp or "
            "lineara.custom_vjp, or in lineara.stop_gradient",
        )

    def batch(
        self, size: int, operands: tuple[Value, ...], batched: Sequence[bool]
    ) -> tuple[Value, ...]:
        if self.vectorized:
            full = (x if m else repeated(x, size) for x, m in zip(operands, batched, strict=True))
            return Callback(self.function, tuple(t.stacked(size) for t in self.types), True).all(
                *full
            )
        b = Builder(f"{self.function.label}.example")
        types = [
            x.type.with_shape(x.shape[1:]) if m else x.type
            for x, m in zip(operands, batched, strict=True)
        ]
        order = sorted(range(len(types)), key=lambda i: batched[i])  # what is the same comes first
        params = {i: b.parameter(types[i]) for i in order}
        body = b.build(self.all(*(params[i] for i in range(len(types)))))
        consts = len(types) - sum(batched)
        return Scan(body, size, False, consts, 0).all(*(operands[i] for i in order))


def _read_only(x: Array) -> Array:
    view: Array = np.asarray(x).view()
    view.flags.writeable = False
    return view


def type_of_number(x: Any) -> bool:
    """Whether `x` is a number of Python's, which adapts to the dtype declared."""
    return type(x) in (bool, int, float, complex)
