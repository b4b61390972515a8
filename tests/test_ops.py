"""Every op obeys every law, on every one of its sample rows; and the rows notice a missing rule."""

from __future__ import annotations

import importlib
import pkgutil
from collections import defaultdict
from collections.abc import Iterator
from itertools import chain

import numpy as np
import op_rows
import pytest
from laws import (
    active_mask,
    check_batch,
    check_laws,
    check_second_derivative,
    close,
    has_tangent,
    random_like,
)
from samples import Sample

from lineara.backends.numpy_interpreter import run
from lineara.errors import LinearaError
from lineara.ir import builder
from lineara.ir.builder import Builder
from lineara.ir.cost import work
from lineara.ir.op import Op
from lineara.ir.program import Function
from lineara.ir.types import type_of
from lineara.ops import OPS
from lineara.transforms.jvp import derive
from lineara.transforms.transpose import transpose
from lineara.transforms.unzip import unzip

GROUPS = sorted(module.name for module in pkgutil.iter_modules(op_rows.__path__))
ROWS: list[Sample] = list(
    chain.from_iterable(importlib.import_module(f"op_rows.{name}").rows() for name in GROUPS)
)
BY_OP: dict[str, list[Sample]] = defaultdict(list)
for _row in ROWS:
    BY_OP[_row.op.name].append(_row)

RULES = [
    *("infer", "evaluate", "ufunc", "result_dtype", "linear_sets", "signature"),
    *("jvp", "jvp_rest", "partial", "transpose", "batch"),
]


def function_of(row: Sample) -> Function:
    """The function that applies the op to its parameters."""
    b = Builder("f")
    params = [b.parameter(type_of(x)) for x in row.operands]
    return b.build(b.emit(row.op, *params))


def check_row(row: Sample) -> None:
    """All that must hold on one row."""
    f = function_of(row)
    operands = [x[()] if x.ndim == 0 else x for x in row.operands]
    results = run(f, *operands)
    close(results, row.expected)
    if not row.op.view:
        assert not any(np.may_share_memory(r, x) for r in results for x in row.operands if x.ndim)
    check_laws(f, row.operands, smooth=row.smooth)
    for mask in masks(row):
        check_batch(f, row.operands, mask)
    if active_mask(f):
        check_linear_batches(row, f)
        if row.smooth:
            check_second_derivative(f, row.operands)
        check_convention(row, f)
        check_work(f)


def masks(row: Sample) -> list[tuple[bool, ...]]:
    """Each operand batched alone, and all together."""
    n = len(row.operands)
    single = [tuple(i == j for j in range(n)) for i in range(n)]
    return [*single, (True,) * n] if n > 1 else single


def check_linear_batches(row: Sample, f: Function) -> None:
    """The linear half and its transpose, batched over tangents only and over values only."""
    wanted = tuple(v.type.has_tangent for v in f.results)
    nonlin, lin = unzip(derive(f, active_mask(f), wanted).function)
    tape = run(nonlin, *row.operands)[len(f.results) :]
    for g in (lin, transpose(lin)):
        v = [random_like(np.zeros(p.type.shape, p.type.dtype), 5) for p in g.linear_params]
        floats = [has_tangent(np.asarray(x)) for x in tape]
        check_batch(g, [*map(np.asarray, tape), *v], [False] * len(tape) + [True] * len(v))
        if row.smooth and any(floats):
            check_batch(g, [*map(np.asarray, tape), *v], floats + [False] * len(v))


def check_convention(row: Sample, f: Function) -> None:
    """The derivative at awkward points is the one that the row states."""
    for position, expected in (row.derivative or {}).items():
        mask = tuple(i == position for i in range(len(row.operands)))
        jvp = derive(f, mask, (True,)).function
        x = row.operands[position]
        full = np.broadcast_to(expected, row.expected[0].shape)
        (_, dot) = run(jvp, *row.operands, np.ones_like(x))
        np.testing.assert_allclose(dot, full, rtol=1e-12)


def check_work(f: Function) -> None:
    """Cost is conserved up to a small constant, by count."""
    jvp = derive(f, active_mask(f)).function
    size = max((p.type.size for p in f.params), default=1) + sum(v.type.size for v in f.results)
    assert work(jvp) <= 40 * (work(f) + size)
    _, lin = unzip(derive(f, active_mask(f), tuple(v.type.has_tangent for v in f.results)).function)
    assert work(transpose(lin)) <= 4 * (work(lin) + size)


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_row(row: Sample) -> None:
    check_row(row)


def concrete(cls: type[Op]) -> set[type[Op]]:
    below = set(chain.from_iterable(concrete(sub) for sub in cls.__subclasses__()))
    return below | ({cls} if "name" in vars(cls) else set())


def test_every_op_is_listed() -> None:
    """Those without rows have functions as cases: see test_structural.py and test_control.py."""
    own = {op.name: op for op in concrete(Op) if op.__module__.startswith("lineara.")}
    assert own == OPS


@pytest.mark.parametrize("name", sorted(set(BY_OP)))
def test_rows_are_many_sided(name: str) -> None:
    shapes = [x.shape for row in BY_OP[name] for x in (*row.operands, *row.expected)]
    assert any(0 in shape for shape in shapes), "no row with an empty array"
    row = BY_OP[name][0]
    if row.operands and not any(shape == () for shape in shapes):
        with pytest.raises(LinearaError):  # no row with a 0-d array, since the op takes none
            row.op.infer(*(type_of(x).with_shape(()) for x in row.operands))


def rules_of(name: str) -> list[str]:
    """The rules that an op has itself and that can be asked for: without operands no batching."""
    no_operands = not any(row.operands for row in BY_OP[name])
    return [r for r in RULES if r in vars(OPS[name]) and not (no_operands and r == "batch")]


@pytest.fixture
def forgetful_builder() -> Iterator[None]:
    """The builder remembers no types from before, and none afterwards."""
    builder._result_types.cache_clear()
    yield
    builder._result_types.cache_clear()


@pytest.mark.parametrize(("name", "rule"), [(n, r) for n in sorted(BY_OP) for r in rules_of(n)])
def test_a_missing_rule_is_noticed(
    name: str, rule: str, monkeypatch: pytest.MonkeyPatch, forgetful_builder: None
) -> None:
    monkeypatch.delattr(OPS[name], rule)
    with pytest.raises(Exception):  # noqa: B017  (whatever the gap runs into)
        for row in BY_OP[name]:
            check_row(row)
