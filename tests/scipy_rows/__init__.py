"""`lineara.scipy` on traced arrays: calls to compare with SciPy itself, by module."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
from numpy_rows import Array

import lineara as la


class Row:
    """A call, written once and read twice: with SciPy's functions, and with lineara's.

    Attributes:
        code: the call, an expression of x, y and z, in which the module is `m`.
        module: its name, such as ``stats``.
        inputs: x, y and z, as far as there are such.
        smooth: whether derivatives exist there.
    """

    def __init__(self, module: str, code: str, *inputs: Array, smooth: bool = True) -> None:
        self.code, self.module, self.inputs, self.smooth = code, module, list(inputs), smooth

    def __str__(self) -> str:
        types = " ".join(f"{x.dtype.str[1:]}{list(x.shape)}" for x in self.inputs)
        return f"{self.module}: {self.code} {types}"

    def plain(self, *inputs: Any) -> Any:
        return self._call(importlib.import_module(f"scipy.{self.module}"), inputs)

    def traced(self, *inputs: Any) -> Any:
        return self._call(getattr(la.scipy, self.module), inputs)

    def _call(self, module: Any, inputs: Any) -> Any:
        names = dict(zip("xyz", inputs, strict=False))
        return eval(self.code, {"m": module, "np": np}, names)
