"""NumPy's functions on traced arrays: calls to compare with NumPy itself, by theme."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import scipy.special

Array: TypeAlias = np.ndarray[Any, Any]
Row: TypeAlias = tuple[str, Callable[..., Any], list[Array], bool]
"""A name, a function of arrays written with NumPy, its inputs, and whether it is differentiable
there."""


def since(version: str, rows: list[Row]) -> list[Row]:
    """The rows, of calls that NumPy understands (or computes so) since that version; else none."""
    return rows if np.lib.NumpyVersion(np.__version__) >= version else []


def case(code: str, *inputs: Array, smooth: bool = True) -> Row:
    """A row named by its code, a function of x, y and z."""
    function: Any = eval(f"lambda x, y=None, z=None: {code}", {"np": np, "sp": scipy.special})
    types = " ".join(f"{x.dtype.str[1:]}{list(x.shape)}" for x in inputs)
    return f"{code} {types}", function, list(inputs), smooth


def numbers(*shape: int, seed: int = 0, dtype: str = "f8") -> Array:
    """Numbers between −2 and 2, all different."""
    rng = np.random.default_rng(seed)
    size = int(np.prod(shape))
    x = (rng.permutation(size) + rng.uniform(0.2, 0.8, size)) * 4 / max(size, 1) - 2
    if np.dtype(dtype).kind == "c":
        x = x + 1j * rng.uniform(-2, 2, size)
    return x.reshape(shape).astype(dtype)
