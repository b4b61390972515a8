"""SciPy's functions on traced arrays, under SciPy's names.

SciPy's ufuncs, most of `scipy.special`, take traced arrays as they are. Its other functions
make NumPy arrays of their arguments; those here take traced arrays too. On plain arrays each one
is SciPy's own.

>>> import numpy as np
>>> import lineara as la
>>> la.grad(lambda x: la.scipy.special.logsumexp(x))(np.array([0.0, 0.0]))
array([0.5, 0.5])
>>> la.grad(lambda mu: np.sum(la.scipy.stats.norm.logpdf(np.array([1.0, 2.0]), mu)))(0.0)
np.float64(3.0)
"""

from __future__ import annotations

import importlib
from typing import Any

MODULES = (
    "integrate",
    "interpolate",
    "linalg",
    "ndimage",
    "optimize",
    "signal",
    "sparse",
    "special",
    "stats",
)

__all__ = list(MODULES)


def __getattr__(name: str) -> Any:
    if name not in MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return importlib.import_module(f"{__name__}.{name}")


def __dir__() -> list[str]:
    return [*globals(), *MODULES]
