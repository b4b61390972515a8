"""The implementations of NumPy's functions on traced arrays, by theme."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from lineara.frontend.numpy import (
    calculus,
    choosing,
    creation,
    elementary,
    joining,
    linalg,
    products,
    reductions,
    shape,
    sorting,
    special,
    statistics,
    writing,
)
from lineara.frontend.numpy.ufuncs import UFUNCS as DIRECT
from lineara.frontend.writes import METHODS as WRITING

FUNCTIONS: dict[Callable[..., Any], Callable[..., Any]] = {
    **reductions.FUNCTIONS,
    **statistics.FUNCTIONS,
    **sorting.FUNCTIONS,
    **choosing.FUNCTIONS,
    **elementary.FUNCTIONS,
    **creation.FUNCTIONS,
    **calculus.FUNCTIONS,
    **choosing.FUNCTIONS,
    **elementary.FUNCTIONS,
    **shape.FUNCTIONS,
    **joining.FUNCTIONS,
    **products.FUNCTIONS,
    **linalg.FUNCTIONS,
    **writing.FUNCTIONS,
}
"""By NumPy's function, what a call of it on traced arrays does."""

UFUNCS: dict[tuple[np.ufunc, str], Callable[..., Any]] = {
    **DIRECT,
    **special.UFUNCS,
    **writing.AT,
}
"""By ufunc and method of it."""

METHODS: dict[str, Callable[..., Any]] = {**shape.METHODS, **joining.METHODS, **WRITING}
"""By name, what the methods do that are no NumPy functions."""
