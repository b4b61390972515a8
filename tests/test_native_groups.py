"""Units that run together along an axis compute what each would for itself."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from random_arrays import defined, inputs, texts
from test_native import both
from test_native_programs import agree, nudged

import lineara as la
from lineara import tree
from lineara.backends.native import compiled, groups, pool
from lineara.backends.native.compiled import Compiled
from lineara.backends.native.plan import Plan
from lineara.backends.native.pool import Pool
from lineara.transforms.forget import forget
from lineara.transforms.simplify import simplify

EXAMPLES = int(os.environ.get("LINEARA_EXAMPLES", "240"))
SHARDS = 4
RANDOM = settings(
    max_examples=EXAMPLES // SHARDS, deadline=None, suppress_health_check=list(HealthCheck)
)
LENGTHS = [4, 5, 7, 8, 64, 127, 128, 129, 515]
"""At the edges of a vector, and of a round of iterations."""


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever can run together does."""
    monkeypatch.setattr(groups, "LEAST", 4)
    monkeypatch.setattr(groups, "SAVED", 0)
    monkeypatch.setattr(groups, "WIDE", 1 << 40)


def report(f: Callable[..., Any], *args: Any) -> str:
    return str(la.jit(f).inspect(*args))


def check(f: Callable[..., Any], *args: Any) -> tuple[Compiled, list[Any]]:
    """Native code agrees with the interpreter, its rough version with its good one; the code, and
    what it is called with.
    """
    program = la.trace(f)(*args)
    leaves = [np.asarray(x)[()] for x in (*program.constants, *args)]
    code = Compiled(simplify(forget(program.main)))
    found = both(code, leaves)
    plain = la.jit(f, backend="numpy")
    triple = (found, plain(*args), plain(*map(nudged, args)))
    for x, y, z in zip(*(tree.leaves(t) for t in triple), strict=True):
        agree(x, y, z)
    return code, leaves


# -- one function for each thing that a group does ------------------------------------------------


def centred(x: Any) -> Any:
    return x - np.mean(x, axis=1, keepdims=True)


def summed_over_it(x: Any) -> Any:
    y = np.exp(centred(x))
    return np.sum(y), np.sum(y, axis=0), np.max(y, axis=0), np.min(y * y), np.prod(np.tanh(x) / 9)


def scattered(x: Any) -> Any:
    y = np.zeros_like(np.stack([x, x], axis=2))
    y[:, 1, 0] = np.sin(x[:, 0])
    y[:, 0] += centred(x)[:, :1]
    y[:, [1, 0, 1], 1] *= 3.0
    return y * np.cumsum(y, axis=1)


def contracted(x: Any) -> Any:
    y = centred(x)
    outer = np.einsum("ni,nj->nij", y, x)
    return np.einsum("nij,nj->ni", outer, y), np.einsum("nij,nk->ijk", outer, x)


def turned(x: Any) -> Any:
    y = np.stack([x.T, centred(x).T], axis=1)
    return np.sum(np.sin(y), axis=(0, 1)), y[::-1].reshape(-1, x.shape[0]) * y[0, 0]


def of_booleans(x: Any) -> Any:
    inside = centred(x) > 0
    return np.sum(inside, axis=1), np.any(inside, axis=0), np.all(inside | (x < 9))


def of_integers(x: Any) -> Any:
    k = (10 * x).astype(int)
    rest = k - np.max(k, axis=1, keepdims=True)
    return rest % 3, np.sum(rest * k, axis=0)


def of_complex_numbers(x: Any) -> Any:
    z = x * np.exp(1j * x)
    w = z - np.sum(z, axis=1, keepdims=True)
    return np.sum(w * z, axis=0), w


def of_short_floats(x: Any) -> Any:
    y = centred(x.astype(np.float32))
    return np.sum(np.exp(y) * y, axis=1), np.sum(y * y)


def along_a_long_row(x: Any) -> Any:
    wide = x[:, :, None] * np.linspace(0.0, 1.0, 50)
    return np.sum(np.sin(wide) - wide, axis=(1, 2)) * x[:, 0]


def picked(x: Any) -> Any:
    rows = np.arange(x.shape[0]) * 7 % x.shape[0]
    y = np.sin(x)[rows]
    return y - x, np.sum(centred(y) * x, axis=1)


def by_masks(x: Any) -> Any:
    lower = np.tril(np.einsum("ni,nj->nij", x, centred(x)))
    return np.sum(np.where(lower > 0, np.sqrt(np.abs(lower) + 1), lower), axis=2)


CASES = {
    f.__name__: f
    for f in (
        *(summed_over_it, scattered, contracted, turned, of_booleans, of_integers),
        *(of_complex_numbers, of_short_floats, along_a_long_row, picked, by_masks),
    )
}


@pytest.mark.parametrize("n", LENGTHS)
@pytest.mark.parametrize("name", CASES)
def test_cases(name: str, n: int, eager: None) -> None:
    x = np.random.default_rng(n).normal(size=(n, 3))
    code, _ = check(CASES[name], x)
    assert any(isinstance(unit, groups.Group) for unit in Plan(code.main).units)


@pytest.mark.parametrize("n", [5, 130])
@pytest.mark.parametrize("name", ["summed_over_it", "scattered", "contracted", "by_masks"])
def test_gradients(name: str, n: int, eager: None) -> None:
    def loss(x: Any) -> Any:
        return sum(np.sum(np.sin(y)) for y in tree.leaves(CASES[name](x)))

    check(la.grad(loss), np.random.default_rng(n).normal(size=(n, 3)))


@pytest.mark.parametrize("shard", range(SHARDS))
def test_random_functions(shard: int, eager: None) -> None:
    @seed(shard)
    @settings(RANDOM)
    @given(texts(), st.sampled_from(LENGTHS[:-1]))
    def holds(text: str, n: int) -> None:
        check(la.value_and_grad(defined(text), argnums=(0, 1, 2)), *inputs(n))

    holds()


# -- sums -----------------------------------------------------------------------------------------


def test_sums_are_as_accurate_as_numpy_s(eager: None) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(4099, 3)) * 10.0 ** rng.integers(-8, 8, (4099, 3))

    def f(x: Any) -> Any:
        y = x - 0.5 * x[:, ::-1]
        return np.sum(y * 1.5, axis=0), np.sum(y)

    columns, total = la.jit(f)(x)
    terms = x - 0.5 * x[:, ::-1]
    exact = [math.fsum(1.5 * terms[:, k]) for k in range(3)]
    eps = np.finfo(float).eps
    bound = eps * np.abs(terms).sum()
    np.testing.assert_allclose(columns, exact, rtol=0, atol=bound)
    assert abs(total - math.fsum(terms.ravel())) <= bound


@pytest.mark.parametrize("special", [np.inf, -np.inf, np.nan])
def test_what_is_not_finite_stays_so(special: float, eager: None) -> None:
    x = np.ones((200, 3))
    x[150, 1] = special
    check(lambda x: np.sum(np.abs(x) - x[:, :1] * 0.5, axis=0), x)


# -- in parts -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def threads() -> Pool:
    return Pool(4)


@pytest.fixture
def parallel(threads: Pool, eager: None, monkeypatch: pytest.MonkeyPatch) -> Pool:
    """Four threads, for whatever can be cut."""
    monkeypatch.setattr(compiled, "pool", lambda: threads)
    monkeypatch.setattr(groups, "PART", 1)
    return threads


@pytest.mark.parametrize("n", [256, 515, 5003])
@pytest.mark.parametrize("name", CASES)
def test_parts(name: str, n: int, parallel: Pool) -> None:
    x = np.random.default_rng(n).normal(size=(n, 3))
    code, leaves = check(CASES[name], x)
    assert "sem_post" in code.code.module
    several = tree.leaves(code(*leaves))
    parallel.memory[pool.COUNT] = 1
    try:
        alone = tree.leaves(code(*leaves))
    finally:
        parallel.memory[pool.COUNT] = 4
    for a, b in zip(several, alone, strict=True):
        assert np.asarray(a).tobytes() == np.asarray(b).tobytes()


def test_several_calls_at_once(parallel: Pool) -> None:
    x = np.random.default_rng(0).normal(size=(5000, 3))
    native = la.jit(lambda x: summed_over_it(2.0 * x)[1])
    expected = native(x)
    assert "sem_post" in native.inspect(x).llvm
    with ThreadPoolExecutor(4) as executor:
        for found in executor.map(native, [x] * 200):
            np.testing.assert_array_equal(found, expected)
    assert parallel.memory[pool.BUSY] == 0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
def test_the_child_of_a_fork_does_it_alone() -> None:
    code = """if True:
        import os, signal
        import numpy as np
        import lineara as la
        from lineara.backends.native import groups
        groups.PART = groups.LEAST = 4
        f = la.jit(lambda x: np.sum(np.exp(x - np.sum(x, axis=1, keepdims=True)), axis=0))
        x = np.ones((5000, 3))
        expected = f(x), f(x)
        if os.fork() == 0:
            signal.alarm(60)
            os._exit(0 if np.array_equal(f(x), expected[0]) else 1)
        assert os.wait()[1] == 0
    """
    command = [sys.executable, "-W", "ignore", "-c", code]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run(command, check=True, timeout=120, env=environment)


@pytest.mark.parametrize(("chosen", "count"), [("1", 1), ("3", 3), ("1000", 64)])
def test_how_many_threads(chosen: str, count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINEARA_THREADS", chosen)
    assert pool.available() == count


# -- when it is done ------------------------------------------------------------------------------


def test_what_is_large_runs_together() -> None:
    x, y = np.ones((5000, 3)), np.ones((40, 3))

    def distances(x: Any) -> Any:
        apart = x[:, None] - y
        near = np.exp(-np.sum(apart * apart, axis=2))
        return np.sum(np.log(np.sum(near, axis=1)))

    native = la.jit(la.grad(distances)).inspect(x)
    assert "along 5000" in native.loops
    assert native.memory < x.size * y.size * 8 // 3 // 10


@pytest.mark.parametrize("shape", [(50, 3), (400, 400)])
def test_what_is_small_or_wide_does_not(shape: tuple[int, int]) -> None:
    assert "along" not in report(summed_over_it, np.ones(shape))
