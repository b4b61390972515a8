"""The base of elementwise ops with parameters: differentiable in the last operand only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from lineara.errors import LinearityError, TypeMismatchError
from lineara.ir.types import Array, DType, dtype_name
from lineara.ir.value import Value
from lineara.ops.creation import Convert
from lineara.ops.elementwise import Elementwise


@dataclass(frozen=True)
class Parametric(Elementwise):
    """A function of parameters, which may be whole numbers, and of a float: the last operand.

    There is a derivative in the last operand, and none in the parameters. A subclass sets `ufunc`
    to SciPy's function and `parameters` to the names of its parameters.
    """

    kinds: ClassVar[str] = "iuf"
    ufunc: ClassVar[Any]
    parameters: ClassVar[tuple[str, ...]]

    def __init_subclass__(cls) -> None:
        cls.arity = len(cls.parameters) + 1

    def result_dtype(self, *dtypes: DType) -> DType:
        last = dtypes[-1]
        if last.kind != "f" or any(d.kind == "f" and d != last for d in dtypes):
            raise TypeMismatchError(
                f"{self.name} takes a float, and parameters of the same dtype or whole numbers",
                found=", ".join(map(dtype_name, dtypes)),
                expected="floats of one dtype, or integers before one",
                remedy="insert a convert",
            )
        return last

    def evaluate(self, *values: Array) -> tuple[Array, ...]:
        dtype = values[-1].dtype
        return (self.ufunc(*(np.asarray(x, dtype) for x in values)),)

    def partial(self, index: int, operands: tuple[Value, ...], result: Value) -> Value:
        if index < len(self.parameters):
            raise LinearityError(
                f"scipy.special.{self.name} has no derivative in its parameter "
                f"{self.parameters[index]!r}",
                found=f"a derivative in {self.parameters[index]!r}",
                expected="derivatives in the last argument only",
                remedy="differentiate in another argument, or hold this one constant with "
                "lineara.stop_gradient",
            )
        x = operands[-1]
        parameters = [p if p.dtype == x.dtype else Convert(x.dtype)(p) for p in operands[:-1]]
        return self.slope((*parameters, x), result)

    def slope(self, operands: tuple[Value, ...], result: Value) -> Value:
        """The derivative in the last operand; all operands have its dtype."""
        raise NotImplementedError
