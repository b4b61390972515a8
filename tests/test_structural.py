"""The ops that have no rows of their own: those of linear variables, and calls.

Each is exercised by functions whose derivatives contain it, over several shapes; and the laws on
these functions notice when one of its rules is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from laws import active_mask, check_batch, check_laws, has_tangent, random_like, wanted_results
from samples import floats

from lineara.backends.numpy_interpreter import run
from lineara.ir import builder
from lineara.ir.builder import Builder
from lineara.ir.op import Op
from lineara.ir.program import Function
from lineara.ir.structural import Structural
from lineara.ir.types import DTYPES, ArrayType
from lineara.ir.value import Value
from lineara.ops import OPS
from lineara.ops.control.call import Call
from lineara.ops.dynamic import DynamicSlice
from lineara.ops.indexing import Gather
from lineara.ops.minmax import select
from lineara.ops.slicing import Slice
from lineara.ops.trigonometric import sin
from lineara.transforms.forget import forget
from lineara.transforms.jvp import derive
from lineara.transforms.transpose import transpose
from lineara.transforms.unzip import unzip

Shape = tuple[int, ...]


def twice(x: Value) -> Value:
    return x * sin(x)


def partly(x: Value) -> Value:
    """Only one of the two values varies, so that the tangent of the other is zero."""
    return select(x.literal(np.bool_(True)), x, x.like(0.5))


def slices(x: Value) -> Value:
    zeros, ones = (0,) * x.ndim, (1,) * x.ndim
    part = Slice(zeros, x.shape, ones)
    return part(x) * part(x) + x


def gathers(x: Value) -> Value:
    first = x.builder.constant(np.int64(0))
    row = Gather((0,))
    return row(x, first) * row(x, first) + row(x, first)


def dynamic(x: Value) -> Value:
    start = [x.builder.constant(np.int64(0))] * x.ndim
    part = DynamicSlice((1,) * x.ndim)
    return part(x, *start) * part(x, *start) + part(x, *start)


def calls(x: Value) -> Value:
    b = Builder("g")
    g = b.build([twice(b.parameter(x.type))])
    (y,) = x.builder.emit(Call(g), x)
    (z,) = x.builder.emit(Call(g), y)
    return y * z


CASES: dict[str, tuple[Callable[[Value], Value], list[Shape]]] = {
    "dup": (twice, [(), (3,), (2, 3), (0,)]),
    "zero": (partly, [(), (3,), (0,)]),
    "drop": (partly, [(), (3,), (0,)]),
    "dup_slice": (slices, [(), (3,), (2, 3), (0,)]),
    "dup_gather": (gathers, [(3,), (2, 3), (2, 0)]),
    "dup_dynamic_slice": (dynamic, [(3,), (2, 3)]),
    "call": (calls, [(), (3,), (2, 0)]),
}
"""By op, a function whose derivatives contain it, and the shapes to try."""

RULES = ("infer", "evaluate", "linear_sets", "linearity", "transpose", "forgotten", "batch")


def function(make: Callable[[Value], Value], shape: Shape, dtype: str) -> Function:
    b = Builder("f")
    x = b.parameter(ArrayType(DTYPES[dtype], shape), "x")
    b.parameter(ArrayType(DTYPES[dtype]), "y")  # nothing depends on it: its tangent is dropped
    return b.build([make(x)])


def check_case(name: str) -> None:
    make, shapes = CASES[name]
    for shape in shapes:
        for dtype in ("f64", "f32"):
            f = function(make, shape, dtype)
            inputs = [floats(*shape, dtype=DTYPES[dtype]), floats(dtype=DTYPES[dtype])]
            check_laws(f, inputs)
            check_batch(f, inputs, (True, False))
            check_batched_halves(f, inputs)


def check_batched_halves(f: Function, inputs: list[np.ndarray]) -> None:
    """The linear half and its transpose, with and without linearity, on many tangents at once."""
    nonlin, lin = unzip(derive(f, active_mask(f), wanted_results(f)).function)
    tape = list(run(nonlin, *inputs)[len(f.results) :])
    for g in (lin, transpose(lin), forget(lin), forget(transpose(lin))):
        rest = g.all_params[len(tape) :]
        v = [random_like(np.zeros(p.type.shape, p.type.dtype), 5) for p in rest]
        check_batch(g, [*tape, *v], [False] * len(tape) + [True] * len(v))
        if any(map(has_tangent, tape)):
            check_batch(g, [*tape, *v], [*map(has_tangent, tape), *[False] * len(v)])


def ops_in(f: Function) -> set[str]:
    return {equation.op.name for g in (f, *f.callees) for equation in g.equations}


def test_every_op_without_rows_has_a_case() -> None:
    structural = {name for name, op in OPS.items() if issubclass(op, Structural)}
    assert set(CASES) == structural | {"call"}


@pytest.mark.parametrize("name", sorted(CASES))
def test_case(name: str) -> None:
    make, shapes = CASES[name]
    f = function(make, shapes[-1], "f64")
    jvp = derive(f, active_mask(f), wanted_results(f)).function
    _, lin = unzip(jvp)
    assert name in ops_in(jvp) | ops_in(lin) | ops_in(transpose(lin))
    check_case(name)


@pytest.fixture
def forgetful_builder() -> Iterator[None]:
    """The builder remembers no types from before, and none afterwards."""
    builder._result_types.cache_clear()
    yield
    builder._result_types.cache_clear()


def rules_of(op: type[Op]) -> list[str]:
    """The rules of the op that are asked for: the transformations see to `zero` and `call`."""
    unasked = {"zero": {"transpose", "batch", "evaluate"}, "drop": {"transpose"}}
    unasked["call"] = {"evaluate", "batch", "transpose"}
    return [r for r in RULES if r in vars(op) and r not in unasked.get(op.name, set())]


@pytest.mark.parametrize(
    ("name", "rule"), [(n, r) for n in sorted(CASES) for r in rules_of(OPS[n])]
)
def test_a_missing_rule_is_noticed(
    name: str, rule: str, monkeypatch: pytest.MonkeyPatch, forgetful_builder: None
) -> None:
    monkeypatch.delattr(OPS[name], rule)
    with pytest.raises(Exception):  # noqa: B017  (whatever the gap runs into)
        check_case(name)
