"""Costs are known before programs are derived: they stay below what is proved about them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import constants
import numpy as np
import pytest
from hypothesis import HealthCheck, given, seed, settings
from laws import active_mask, wanted_results
from programs import controlled, functions
from test_memory import PROGRAMS

import lineara as la
from lineara.certificate import certified
from lineara.errors import LinearityError, TypeMismatchError
from lineara.ir.cost import work
from lineara.ir.program import Function, Program
from lineara.transforms.bounds import bounds
from lineara.transforms.jvp import derive
from lineara.transforms.transpose import transpose
from lineara.transforms.unzip import unzip

PAGE = Path(__file__).parents[1] / "docs" / "constants.md"


def within(f: Function) -> None:
    """All that is derived from `f` costs at most what is proved, simplified or not."""
    active = active_mask(f)
    if not any(active):
        return
    jvp = derive(f, active, wanted_results(f)).function
    nonlin, lin = unzip(jvp)
    proved = bounds(f, active)
    found = [*map(work, (jvp, nonlin, lin, transpose(lin)))]
    assert all(count <= bound for count, bound in zip(found, proved[:4], strict=True)), (
        found,
        proved,
    )
    for stage, cost in certified(Program.of(f), active).stages.items():
        assert cost.bound is None or cost.work <= cost.bound, stage


@seed(0)
@settings(deadline=None, database=None, max_examples=150, suppress_health_check=list(HealthCheck))
@given(functions())
def test_random_programs(program: tuple[Function, Any]) -> None:
    within(program[0])


@seed(0)
@settings(deadline=None, database=None, max_examples=100, suppress_health_check=list(HealthCheck))
@given(controlled())
def test_random_programs_with_loops_and_branches(program: tuple[Function, Any]) -> None:
    within(program[0])


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs(name: str) -> None:
    fun, arguments = PROGRAMS[name]
    within(la.trace(fun)(*arguments).main)


def test_a_straight_program_costs_what_is_proved() -> None:
    """Before simplification, where every value is used: the bound is no estimate."""
    f = la.trace(lambda x, y: np.sum(np.sin(x) * x + np.exp(y) * y))(np.ones(5), np.ones(5)).main
    jvp = derive(f, (True, True)).function
    nonlin, lin = unzip(jvp)
    assert bounds(f, (True, True))[:4] == tuple(map(work, (jvp, nonlin, lin, transpose(lin))))


@la.jit
def square(x: Any) -> Any:
    return x * x


def energy(x: Any, k: float) -> Any:
    return k * np.sum(square(np.sin(x)))


def test_the_table_has_the_functions_that_are_called() -> None:
    found = la.certificate(energy, np.ones(4), 2.0)
    lines = str(found).splitlines()
    assert [line.split()[0] for line in lines if ".grad " in line] == ["energy.grad"]
    assert [line.split()[0] for line in lines if ".vjp " in line] == ["energy.vjp", "square.vjp"]
    assert 1 < found.ratio < found.bound < 3


def test_a_ratio_is_asserted() -> None:
    la.assert_cost(energy, np.ones(4), 2.0, max_ratio=3)
    with pytest.raises(AssertionError, match=r"costs \S+ times the function, not at most 1\n\n"):
        la.assert_cost(energy, np.ones(4), 2.0, max_ratio=1, argnums=(0, 1))
    la.assert_cost(lambda x: x, 1.0, max_ratio=1)
    la.assert_cost(np.sin, np.ones(3), max_ratio=3)
    with pytest.raises(AssertionError, match="costs 3 times"):
        la.assert_cost(np.sin, np.ones(3), max_ratio=2)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: la.certificate(energy, 1, 2.0), TypeMismatchError, "float or complex"),
        (lambda: la.certificate(3, 1.0), TypeMismatchError, "certificate"),
        (lambda: la.certificate(np.sin, 1.0, argnums=1), TypeMismatchError, "argument"),
        (
            lambda: la.certificate(lambda x: la.pure_callback(np.sin, x, x), 1.0),
            LinearityError,
            "callback",
        ),
    ],
)
def test_errors(call: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()


def test_constants_are_on_the_page() -> None:
    assert PAGE.read_text(encoding="utf-8") == constants.page()
