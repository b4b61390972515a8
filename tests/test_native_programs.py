"""Random programs, and their derivatives, in native code and on the interpreter.

Results differ by rounding: by a few thousand units in the last place of the largest number, or by
as much as results of the interpreter differ if the arguments are changed in their last place.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from laws import active_mask, cotangents, pullback
from programs import controlled, functions, of_any_length
from random_functions import defined, texts
from test_native import both
from test_random_functions import BOTH, inputs
from values import Value, leaves, mapped

import lineara as la
from lineara import tree
from lineara.backends.native.compiled import Compiled
from lineara.backends.numpy_interpreter import run
from lineara.errors import LinearaError
from lineara.ir.program import Function

SHARDS = 4
EXAMPLES = int(os.environ.get("LINEARA_EXAMPLES", "60"))
RANDOM = settings(
    max_examples=-(-EXAMPLES // SHARDS),
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
ROUNDING = 4500
"""Units in the last place; 1e-12 for double precision."""
MARGIN = 1000


def nudged(value: Value) -> Value:
    """The value with its numbers changed in their last place."""

    def change(x: Any) -> Any:
        if x.dtype.kind not in "fc":
            return x
        signs = np.where(np.arange(x.size).reshape(x.shape) % 2, 1, -1)
        return np.asarray(x * (1 + signs * np.finfo(x.dtype).eps), x.dtype)

    return mapped(change, value)


def number(x: Value) -> Value:
    return x if isinstance(x, tuple | list) or x is None else np.asarray(x)[()]


def agree(found: Any, expected: Any, near: Any) -> None:
    """Equal but for rounding, given also what slightly different arguments lead to."""
    found, expected, near = (np.asarray(x) for x in (found, expected, near))
    assert (found.dtype, found.shape) == (expected.dtype, expected.shape)
    if found.dtype.kind not in "fc":
        np.testing.assert_array_equal(found, expected)
        return
    usual = np.isfinite(expected) & np.isfinite(near)
    certain = np.isfinite(expected) == np.isfinite(near)
    np.testing.assert_array_equal(np.isfinite(found)[certain], np.isfinite(expected)[certain])
    expected, near, found = expected[usual], near[usual], found[usual]
    scale = float(np.max(np.abs(expected), initial=0.0))
    moved = float(np.max(np.abs(expected - near), initial=0.0))
    bound = ROUNDING * float(np.finfo(found.dtype).eps) * scale + MARGIN * moved
    np.testing.assert_allclose(found, expected, rtol=0, atol=bound)


def check(f: Function, args: Sequence[Value]) -> None:
    """Native code agrees with the interpreter, errors included."""
    with np.errstate(all="ignore"):
        found = both(Compiled(f), args)
        try:
            expected = run(f, *map(number, args))
            near = run(f, *(number(nudged(x)) for x in args))
        except LinearaError:
            assert found is None
            return
        assert found is not None
        results = (leaves(list(x)) for x in (found, expected, near))
        for x, y, z in zip(*results, strict=True):
            agree(x, y, z)


PROGRAMS = {
    "plain": functions(),
    "with control flow": controlled(),
    "of any length": of_any_length(),
}


@pytest.mark.parametrize("shard", range(SHARDS))
@pytest.mark.parametrize("kind", PROGRAMS)
def test_programs(shard: int, kind: str) -> None:
    """Forwards, and there and back again."""

    @seed(shard)
    @settings(RANDOM)
    @given(PROGRAMS[kind])
    def holds(program: tuple[Function, list[Value]]) -> None:
        f, args = program
        check(f, args)
        if active_mask(f):
            check(pullback(f), [*args, *cotangents(f, args)])

    holds()


@pytest.mark.parametrize("shard", range(SHARDS))
def test_functions(shard: int) -> None:
    """Values, gradients, and both for several examples, of functions as users write them."""

    @seed(100 + shard)
    @settings(RANDOM)
    @given(texts(), st.sampled_from([(0, 0), (0, None), (None, 0)]))
    def holds(text: str, axes: Sequence[int | None]) -> None:
        f = defined(text)
        g = la.value_and_grad(f, argnums=BOTH)
        for h, args in ((g, inputs((None, None))), (la.vmap(g, in_axes=axes), inputs(axes))):
            native = la.jit(h)
            assert native.inspect(*args) is not None  # raises if it is not compiled
            plain = la.jit(h, backend="numpy")
            triple = (native(*args), plain(*args), plain(*map(nudged, args)))
            for x, y, z in zip(*map(tree.leaves, triple), strict=True):
                agree(x, y, z)

    holds()
