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
    fourier,
    functional,
    histograms,
    joining,
    least_squares,
    linalg,
    padding,
    polynomials,
    products,
    reductions,
    sets,
    shape,
    sorting,
    special,
    statistics,
    whole,
    writing,
)
from lineara.frontend.numpy.methods import methods_of
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
    **polynomials.FUNCTIONS,
    **fourier.FUNCTIONS,
    **sets.FUNCTIONS,
    **histograms.FUNCTIONS,
    **functional.FUNCTIONS,
    **whole.FUNCTIONS,
    **shape.FUNCTIONS,
    **joining.FUNCTIONS,
    **padding.FUNCTIONS,
    **products.FUNCTIONS,
    **linalg.FUNCTIONS,
    **least_squares.FUNCTIONS,
    **writing.FUNCTIONS,
}
"""By NumPy's function, what a call of it on traced arrays does."""

UFUNCS: dict[tuple[np.ufunc, str], Callable[..., Any]] = {
    **DIRECT,
    **special.UFUNCS,
    **{k: f for ufunc, _ in DIRECT for k, f in methods_of(ufunc).items()},
}
"""By ufunc and method of it."""

METHODS: dict[str, Callable[..., Any]] = {**shape.METHODS, **joining.METHODS, **WRITING}
"""By name, what the methods do that are no NumPy functions."""

_DATES = ("programs have no dates", "convert them to numbers first")
_FILES = (
    "its elements are not known yet",
    "return the array from the function, and save the result",
)
_MEMORY = (
    "traced arrays have no memory",
    "leave the question out: what is written to a view reaches the array that it is a view of",
)

REFUSED: dict[Callable[..., Any], tuple[str, str]] = {
    **dict.fromkeys((np.save, np.savez, np.savez_compressed, np.savetxt), _FILES),
    **dict.fromkeys((np.may_share_memory, np.shares_memory), _MEMORY),
    **dict.fromkeys((np.busday_count, np.busday_offset, np.is_busday), _DATES),
    np.datetime_as_string: _DATES,
}
"""Functions that have no meaning on traced arrays: why, and what to do instead."""
