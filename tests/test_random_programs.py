"""The laws hold on random programs."""

from __future__ import annotations

import pytest
import reference
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from laws import (
    active_mask,
    check_batch,
    check_laws,
    check_second_derivative,
    cotangents,
    pullback,
)
from programs import controlled, functions
from values import Value, frozen, snapshot

from lineara.backends.numpy_interpreter import run
from lineara.ir.program import Function
from lineara.ir.types import Array

SHARDS = 4
LAWS = settings(deadline=None, database=None, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize("shard", range(SHARDS))
def test_laws(shard: int) -> None:
    """2,000 programs, divided so that they run side by side."""

    @seed(shard)
    @settings(LAWS, max_examples=2000 // SHARDS)
    @given(functions())
    def holds(program: tuple[Function, list[Array]]) -> None:
        check_laws(*program)

    holds()


@seed(0)
@settings(LAWS, max_examples=300)
@given(functions(steps=5))
def test_second_derivatives(program: tuple[Function, list[Array]]) -> None:
    if active_mask(program[0]):
        check_second_derivative(*program)


@seed(0)
@settings(LAWS, max_examples=300)
@given(functions(), st.data())
def test_batch_is_a_loop(program: tuple[Function, list[Array]], data: st.DataObject) -> None:
    f, inputs = program
    mask = data.draw(st.lists(st.booleans(), min_size=len(inputs), max_size=len(inputs)))
    check_batch(f, inputs, mask)


def check_reference(f: Function, inputs: list[Value]) -> None:
    """Whatever is overwritten, nobody notices."""
    found, expected = run(f, *frozen(inputs)), reference.run(f, *inputs)
    assert snapshot(list(found)) == snapshot(list(expected))


@pytest.mark.parametrize("shard", range(SHARDS))
def test_laws_of_control_flow(shard: int) -> None:
    """Programs with packages, calls, branches and loops; the reference agrees to the last bit."""

    @seed(shard)
    @settings(LAWS, max_examples=200 // SHARDS)
    @given(controlled())
    def holds(program: tuple[Function, list[Value]]) -> None:
        f, inputs = program
        check_laws(f, inputs)
        check_reference(f, inputs)

    holds()


@pytest.mark.parametrize("shard", range(SHARDS))
def test_derivatives_of_control_flow(shard: int) -> None:
    """The laws of the pullback: reverse mode over reverse mode; the derivative of a batch."""

    @seed(shard)
    @settings(LAWS, max_examples=80 // SHARDS)
    @given(controlled(steps=3), st.data())
    def holds(program: tuple[Function, list[Value]], data: st.DataObject) -> None:
        f, inputs = program
        if not active_mask(f):
            return
        g, args = pullback(f), [*inputs, *cotangents(f, inputs)]
        check_laws(g, args, smooth=False)
        check_reference(g, args)
        mask = data.draw(st.lists(st.booleans(), min_size=len(args), max_size=len(args)))
        check_batch(g, args, mask)

    holds()
