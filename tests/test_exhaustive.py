"""The theorems hold on every small program, and the checker refuses every slip in one."""

from __future__ import annotations

from collections import Counter
from itertools import product

import exhaustive_linear as linear
import exhaustive_scalar as scalar
import pytest
from exhaustive import counted

SCALAR = {1: {0: 1, 1: 22, 2: 990}, 2: {0: 2, 1: 90}}
LINEAR = {1: {0: 1, 1: 6, 2: 45, 3: 477}, 2: {0: 1, 1: 13, 2: 168, 3: 2529}}
"""How many programs there are, by parameters and equations."""


@pytest.mark.parametrize(("params", "length"), [(n, k) for n in SCALAR for k in SCALAR[n]])
def test_the_theorems_hold_on_every_scalar_program(params: int, length: int) -> None:
    found = counted(scalar.holds, scalar.programs(params, length), "scalar")
    assert found == SCALAR[params][length]


@pytest.mark.parametrize("first", list(scalar.steps(2)), ids=str)
def test_the_theorems_hold_on_every_program_of_two_parameters_and_equations(
    first: scalar.Step,
) -> None:
    """Of two parameters: those that return what comes last."""
    cases = (p for p in scalar.programs(2, 2) if p.steps[0] == first and p.result == 3)
    assert counted(scalar.holds, cases, "scalar") == 57


@pytest.mark.parametrize(("params", "length"), [(n, k) for n in LINEAR for k in LINEAR[n]])
def test_the_theorems_hold_on_every_linear_program(params: int, length: int) -> None:
    cases = linear.linear_programs(params, length)
    found = counted(linear.holds_linear, cases, "linear")
    assert found == LINEAR[params][length]


def test_every_slip_is_refused() -> None:
    """Of what the checker accepts, all does the same: the operands of sums and products commute."""
    fates = Counter(
        fate
        for params, length in product((1, 2), range(3))
        for p in linear.linear_programs(params, length)
        for fate in linear.judged(p)
    )
    assert fates.total() > 5000
    assert {kind for kind, fate in fates if fate != "refused"} == {"swap operands"}
    assert {fate for _, fate in fates} == {"refused", "equal"}
