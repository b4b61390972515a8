"""Random calls of every function: NumPy's value, or an error that was meant, never anything else.

Arguments are arrays of all kinds and things that are none, traced or not, in every position. What
NumPy computes comes out with the same shapes, dtypes and elements, or is refused by a
`LinearaError`; where NumPy raises an error anything may be raised. ``LINEARA_EXAMPLES`` is how many
calls there are of each function.
"""

from __future__ import annotations

import inspect
import os
import random
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from lineara.errors import LinearaError
from lineara.frontend.numpy import support
from lineara.frontend.trace import Traced
from lineara.frontend.tracing import apply, record

EXAMPLES = int(os.environ.get("LINEARA_EXAMPLES", "12"))
RNG = np.random.default_rng(0)
ARRAYS = [
    *(np.float64(0.7), np.int64(2), np.array(-3.0), np.zeros(0)),
    *(RNG.normal(size=4), np.sort(RNG.normal(size=4)), RNG.normal(size=4) + 3),
    *(RNG.normal(size=(4, 4)) + 3 * np.eye(4), RNG.normal(size=(2, 3)), RNG.normal(size=(2, 3, 4))),
    *(np.array([0, 1, 2, 3]), np.array([[1, 2], [3, 5]]), np.array([1, 2, 3, 4], "u1")),
    *(np.array([True, False, True, True]), RNG.normal(size=4) + 1j * RNG.normal(size=4)),
    *(RNG.normal(size=4).astype("f4"), np.array([1.0, np.nan, -np.inf, 0.0])),
]
OTHERS = [0, 1, 2, -1, None, "x", (0, 1), [1, 0], 1.5, True, float, int, (2, 2), "C", slice(None)]
WITHOUT = {"out", "like", "overwrite_input", "einsum_call"}
"""Arguments that are left out: outputs have tests of their own, the others make NumPy undefined."""
UNDEFINED = {
    *(np.empty_like, np.partition, np.argpartition, np.searchsorted, np.reciprocal, np.gradient),
    *(
        np.apply_along_axis,
        np.apply_over_axes,
        np.piecewise,
        np.array2string,
        np.array_repr,
        np.array_str,
    ),
}
"""Functions whose results NumPy leaves open for such arguments, or which take functions."""
FILES = {np.save, np.savetxt, np.savez, np.savez_compressed}
NUMBERS = (np.ndarray, np.generic, int, float, complex)


def functions() -> Iterator[tuple[str, Callable[..., Any]]]:
    for name, ufunc in support.ufuncs().items():
        if ufunc not in UNDEFINED:
            yield f"np.{name}", ufunc
    for module, prefix in ((np, "np."), (np.linalg, "np.linalg."), (np.fft, "np.fft.")):
        for name, function in support.dispatched(module).items():
            if function not in UNDEFINED | FILES:
                yield prefix + name, function


FUNCTIONS = dict(functions())


def leaves(output: Any) -> list[Any]:
    if isinstance(output, list | tuple):
        return [leaf for part in output for leaf in leaves(part)]
    return [output] if isinstance(output, (*NUMBERS, Traced)) else []


def calls(name: str) -> Iterator[tuple[list[Any], dict[str, Any], list[int]]]:
    """Arguments by position and by name, and which of the former are traced."""
    chance = random.Random(name)
    function = FUNCTIONS[name]
    given = [] if isinstance(function, np.ufunc) else list(inspect.signature(function).parameters)
    for _ in range(EXAMPLES):
        count = getattr(function, "nin", None) or chance.choice((1, 1, 2, 2, 3))
        args = [
            chance.choice(ARRAYS if i == 0 or chance.random() < 0.7 else OTHERS)
            for i in range(count)
        ]
        arrays = [i for i, x in enumerate(args) if isinstance(x, np.ndarray | np.generic)]
        traced = [i for i in arrays if chance.random() < 0.7] or arrays[:1]
        more = [p for p in given[count:] if p not in WITHOUT]
        named = (
            {chance.choice(more): chance.choice(OTHERS)} if more and chance.random() < 0.4 else {}
        )
        if not WITHOUT.intersection(given[:count]):
            yield args, named, traced


def copied(args: list[Any]) -> list[Any]:
    return [np.array(x) if isinstance(x, np.ndarray) else x for x in args]


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.filterwarnings("ignore")
def test_random_calls(name: str) -> None:
    function = FUNCTIONS[name]
    for args, named, traced in calls(name):
        plain = copied(args)
        try:
            with np.errstate(all="ignore"):
                expected = [*leaves(function(*plain, **named)), *(plain[i] for i in traced)]
        except Exception:
            expected = None

        def call(xs: list[Any]) -> list[Any]:
            mixed = copied(args)  # noqa: B023
            for x, i in zip(xs, traced, strict=True):  # noqa: B023
                mixed[i] = x.copy()
            results = leaves(function(*mixed, **named))  # noqa: B023
            return [*results, *(mixed[i] for i in traced)]  # noqa: B023

        inputs = [np.asarray(args[i]) for i in traced]
        try:
            recorded = record(call, inputs)
            found = apply(recorded.function, [*recorded.captures, *inputs])
        except LinearaError:
            continue
        except Exception as error:
            ours = "/lineara/" in traceback.extract_tb(error.__traceback__)[-1].filename
            assert expected is None or not ours, f"{args}, {named}, traced {traced}"
            continue
        if expected is not None:
            compare(found, expected, f"{args}, {named}, traced {traced}")


def compare(found: list[Any], expected: list[Any], what: str) -> None:
    assert len(found) == len(expected), what
    for x, y in zip(found, map(np.asarray, expected), strict=True):
        assert (np.shape(x), np.asarray(x).dtype) == (y.shape, y.dtype), what
        tolerance = 1e-5 if y.dtype.char in "fF" else 1e-9
        np.testing.assert_allclose(x, y, rtol=tolerance, atol=tolerance, err_msg=what)
