"""What loops keep for the way back: as few bytes as the rest can be computed from."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st

import lineara as la
from lineara.backends.native.flat import Step
from lineara.backends.native.tapes import least_cut
from lineara.ir.program import Variable
from lineara.ir.types import DTYPES, ArrayType
from lineara.ops.arithmetic import add


@st.composite
def graphs(draw: Any) -> tuple[list[Variable], dict[Variable, Step], list[Variable]]:
    """Values, how some of them are made of earlier ones, and which are wanted."""
    sizes = draw(st.lists(st.integers(1, 5), min_size=1, max_size=8))
    values = [Variable(ArrayType(DTYPES["f64"], (n,))) for n in sizes]
    maker = {}
    for k, v in enumerate(values):
        earlier = st.lists(st.sampled_from(values[:k]), max_size=3) if k else st.just([])
        if draw(st.booleans()):
            maker[v] = Step(add, tuple(draw(earlier)), (v,))
    return values, maker, draw(st.lists(st.sampled_from(values), min_size=1))


def can_be_made(v: Variable, maker: dict[Variable, Step], of: Any) -> bool:
    return v in of or (v in maker and all(can_be_made(w, maker, of) for w in maker[v].operands))  # type: ignore[arg-type]


@seed(0)
@settings(max_examples=300, deadline=None)
@given(graphs(), st.integers(0, 7))
def test_no_cut_has_fewer_bytes(graph: Any, which: int) -> None:
    values, maker, wanted = graph
    known = {v for v in values[: which % 3] if v not in maker}

    def cost(cut: Any) -> int:
        return sum(v.type.size for v in cut if v not in known)

    cuts = [c for n in range(len(values) + 1) for c in combinations(values, n)]
    enough = [c for c in cuts if all(can_be_made(v, maker, {*c, *known}) for v in wanted)]
    found = least_cut(wanted, maker, known)
    assert all(can_be_made(v, maker, {*found, *known}) for v in wanted)
    assert cost(found) == min(map(cost, enough))


def bent_heat(u: Any) -> Any:
    def step(_: Any, u: Any) -> Any:
        bend = u[:-2] - 2.0 * u[1:-1] + u[2:]
        u[1:-1] += 0.2 * (1.0 + u[1:-1] ** 2) * bend
        return u

    return np.sum(la.fori_loop(0, 50, step, u) ** 2)


def gates(w: Any) -> Any:
    """Reads a slice and a const in each iteration, and makes one besides the tape."""

    def step(h: Any, x: Any) -> Any:
        h = (1.0 - h * h) * w + x * x * h
        return h, h + x

    return np.sum(la.scan(step, w, np.linspace(0.0, 1.0, 240).reshape(8, 30))[1] ** 2)


def twice(w: Any) -> Any:
    """Two loops of the same body, of which the second one reads what the first one made."""

    def step(h: Any, x: Any) -> Any:
        return np.sin(h), x * h + 2.0 * h

    first = la.scan(step, w, np.linspace(0.0, 1.0, 240).reshape(8, 30))[1]
    return np.sum(la.scan(step, 0.5 * w, first)[1])


def counted(x: Any, n: Any) -> Any:
    """A loop of a length that is not known."""
    return np.sum(la.fori_loop(0, n, lambda i, y: y + 0.1 * y * (1.0 + y * y), x))


W = np.linspace(-0.9, 0.8, 30)


@pytest.mark.parametrize(
    ("f", "args", "bytes_kept"),
    [
        (bent_heat, (np.linspace(0.0, 1.0, 32),), 50 * 32 * 8),
        (gates, (W,), 2 * 8 * 30 * 8),
        (twice, (W,), None),
        (counted, (W, 9), None),
    ],
)
def test_the_derivative_is_the_same(f: Any, args: Any, bytes_kept: int | None) -> None:
    for gradient in (la.grad(f), la.grad(lambda *args: np.sum(la.grad(f)(*args) ** 2))):
        found = la.jit(gradient, backend="native")(*args)
        np.testing.assert_allclose(found, la.jit(gradient, backend="numpy")(*args), rtol=1e-12)
    if bytes_kept is not None:
        report = la.jit(la.grad(f)).inspect(*args)
        assert report.memory < 1.5 * bytes_kept
