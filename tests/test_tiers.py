"""Un-jitted calls are interpreted until compiling pays."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import lineara as la
from lineara.backends import tiers
from lineara.backends.native.compiled import Compiled
from lineara.errors import LinearaError
from lineara.transforms.forget import forget
from lineara.transforms.simplify import simplify

X = np.linspace(0.1, 0.9, 7)


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the functions that run as machine code."""
    names: list[str] = []
    chosen = tiers.runner

    def runner(backend: str | None) -> Any:
        back = chosen(backend)

        def shorter(f: Any, *rest: Any) -> Any:
            names.append(f.name)
            return back.shorter(f, *rest)

        return back._replace(shorter=shorter)

    monkeypatch.setattr(tiers, "runner", runner)
    return names


def test_what_is_called_often_is_compiled(
    compiled: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def f(x: Any) -> Any:
        return np.sum(np.sin(x) * x[::-1])

    gradient = la.grad(f)
    first = gradient(X)
    assert not compiled
    monkeypatch.setattr(tiers, "perf_counter", iter(range(1000)).__next__)  # each run takes long
    again = [gradient(X) for _ in range(5)]
    assert len(compiled) == 1
    for x in again:
        np.testing.assert_allclose(x, first, rtol=1e-14)
    again[0][:] = 0.0
    np.testing.assert_allclose(again[1], first, rtol=1e-14)  # each call has memory of its own


def test_a_long_loop_is_compiled_at_once(compiled: list[str]) -> None:
    def f(x: Any) -> Any:
        return la.fori_loop(0, 200_000, lambda i, c: np.sin(c) + x, x)

    slope = la.grad(f)(0.3)
    assert len(compiled) == 1
    monkey = la.value_and_grad(f)(0.3)
    ends = [la.value_and_grad(f)(0.3 + h)[0] for h in (-1e-6, 1e-6)]
    np.testing.assert_allclose(slope, monkey[1], rtol=1e-14)
    np.testing.assert_allclose((ends[1] - ends[0]) / 2e-6, slope, rtol=1e-7)


def test_errors_are_those_of_the_interpreter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tiers, "START", -1.0)
    gradient = la.grad(lambda x, i: np.sin(x)[i] * x[0])
    np.testing.assert_allclose(gradient(X, np.array(2))[2], np.cos(X[2]) * X[0])
    with pytest.raises(LinearaError, match="index") as caught:
        gradient(X, np.array(9))
    assert isinstance(caught.value, IndexError)


def test_the_switch(compiled: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(tiers.SWITCH, "0")
    monkeypatch.setattr(tiers, "START", -1.0)
    np.testing.assert_array_equal(la.grad(lambda x: np.sum(x**3))(X), 3.0 * X**2)
    assert not compiled


@pytest.mark.parametrize(("count", "rough"), [(10, True), (10**9, False), (None, False)])
def test_runs_that_may_be_long_have_good_code_at_once(count: int | None, rough: bool) -> None:
    def f(x: Any) -> Any:
        if count is None:
            return la.while_loop(lambda c: c < 5.0, lambda c: c + x, x)
        return la.fori_loop(0, count, lambda i, c: np.sin(c) + x, x)

    program = la.trace(f)(1.0)
    assert Compiled(simplify(forget(program.main))).code.rough == rough
