"""Sample inputs for ops: one row drives every test of a rule (see test_ops.py)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lineara.ir.op import Op
from lineara.ir.types import Array


@dataclass(frozen=True, eq=False)
class Sample:
    """One op with attributes, operands, and what NumPy says the results are.

    Attributes:
        op: the op, attributes included.
        operands: NumPy arrays (0-d ones for scalars).
        expected: the results as plain NumPy (or SciPy, or the mathematics) gives them, computed
            from the operands without the op.
        smooth: whether derivatives exist there and can be compared with numerical ones. False at
            kinks, at infinite values and where a convention chooses: then only values, types,
            linearity, adjointness and batching are tested.
        derivative: for conventions at awkward points, the expected partial derivatives by
            operand position, where the result is elementwise in that operand.
    """

    op: Op
    operands: tuple[Array, ...]
    expected: tuple[Array, ...]
    smooth: bool = True
    derivative: dict[int, Array] | None = None

    def __str__(self) -> str:
        types = "-".join(f"{x.dtype}{list(x.shape)}" for x in self.operands)
        return f"{self.op.name}-{types}"


def sample(
    op: Op,
    operands: Sequence[Any],
    expected: Callable[..., Any],
    *,
    smooth: bool = True,
    derivative: dict[int, Any] | None = None,
) -> Sample:
    """A `Sample`; `expected` is a NumPy function of the operands (one result or a tuple)."""
    arrays = tuple(np.asarray(x) for x in operands)
    with np.errstate(all="ignore"):
        results = expected(*arrays)
    results = results if isinstance(results, tuple) else (results,)
    return Sample(
        op,
        arrays,
        tuple(np.asarray(r) for r in results),
        smooth,
        None if derivative is None else {i: np.asarray(d) for i, d in derivative.items()},
    )


def floats(
    *shape: int, seed: int = 0, low: float = -2.0, high: float = 2.0, dtype: Any = np.float64
) -> Array:
    """Uniform random numbers between `low` and `high`; so are both parts of complex ones."""
    random = np.random.default_rng([seed, *shape])
    x = random.uniform(low, high, shape)
    if np.dtype(dtype).kind == "c":
        x = x + 1j * random.uniform(low, high, shape)
    return np.asarray(x, dtype)


def ints(*shape: int, seed: int = 0, low: int = -5, high: int = 5, dtype: Any = np.int64) -> Array:
    """Random integers from `low` to `high`, the latter excluded."""
    return np.asarray(np.random.default_rng([seed, *shape]).integers(low, high, shape), dtype)


Rows = Iterator[Sample]
