"""Packages, calls, branches and loops: each case through all transformations, in all orders."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import reference
from control_cases import cases
from control_cases.writing import Case, type_named
from laws import (
    active_mask,
    adjoint,
    check_batch_of,
    check_laws,
    check_second_derivative,
    close,
    cotangents,
    directions,
    pullback,
    random_numbers,
    wanted_results,
)
from test_ops import BY_OP as ROWS_BY_OP
from values import Value, frozen, leaves, together

from lineara.backends.numpy_interpreter import run
from lineara.errors import LinearityError
from lineara.ir import builder
from lineara.ir.builder import Builder
from lineara.ir.check import check
from lineara.ir.op import Op
from lineara.ir.program import Function, reachable
from lineara.ir.structural import Structural, Zero
from lineara.ops import OPS
from lineara.ops.compare import lt
from lineara.ops.control.while_loop import While
from lineara.ops.packages import INDEX
from lineara.transforms.as_linear import as_linear
from lineara.transforms.batch import batch
from lineara.transforms.forget import forget
from lineara.transforms.jvp import derive
from lineara.transforms.simplify import simplify
from lineara.transforms.transpose import transpose
from lineara.transforms.unzip import partial_eval, unzip

CASES = list(cases())
SIZE = 3
"""Examples in a batch."""


def masks(case: Case) -> Iterator[tuple[bool, ...]]:
    """Which parameters are batched: each alone, those with tangents, all."""
    params = case.function.params
    found = [tuple(p is q for q in params) for p in params]
    found += [tuple(p.type.has_tangent for p in params), (True,) * len(params)]
    return (mask for mask in dict.fromkeys(found) if any(mask))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_laws(case: Case) -> None:
    for k in range(2):
        check_laws(case.function, case.example(k))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_reference_agrees(case: Case) -> None:
    """To the last bit; and nothing is written to an argument."""
    for f, inputs in derived(case):
        for g in (f, simplify(f)):
            same(run(g, *frozen(inputs)), reference.run(g, *inputs))


def derived(case: Case) -> Iterator[tuple[Function, list[Value]]]:
    """The functions that come of a case, each with inputs."""
    f, inputs = case.function, case.example(0)
    yield f, inputs
    if active_mask(f):
        v = directions(f, inputs)
        jvp = derive(f, active_mask(f), wanted_results(f)).function
        nonlin, lin = unzip(jvp)
        tape = list(run(nonlin, *inputs)[len(f.results) :])
        w = cotangents(f, inputs)
        yield jvp, [*inputs, *v]
        yield nonlin, inputs
        yield lin, [*tape, *v]
        yield transpose(lin), [*tape, *w]
        yield forget(transpose(lin)), [*tape, *w]
        yield pullback(f), [*inputs, *w]


def same(found: Value, expected: Value) -> None:
    assert [x.tobytes() for x in leaves(list(found))] == [
        x.tobytes() for x in leaves(list(expected))
    ]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_second_derivative(case: Case) -> None:
    if active_mask(case.function):
        check_second_derivative(case.function, case.example(0))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_reverse_over_reverse(case: Case) -> None:
    f, inputs = case.function, case.example(0)
    if active_mask(f):
        check_laws(pullback(f), [*inputs, *cotangents(f, inputs)])


@pytest.mark.parametrize("case", CASES, ids=str)
def test_batch_is_a_loop(case: Case) -> None:
    examples = [case.example(k) for k in range(SIZE)]
    for mask in masks(case):
        check_batch_of(case.function, examples, mask)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_batch_of_gradients_is_a_loop(case: Case) -> None:
    f = case.function
    if not active_mask(f):
        return
    examples = [case.example(k) for k in range(SIZE)]
    g = pullback(f)
    for mask in masks(case):
        mixed = [
            [x if b else y for x, y, b in zip(e, examples[0], mask, strict=True)] for e in examples
        ]
        w = [cotangents(f, e, 5 + k) for k, e in enumerate(mixed)]
        if all(same_structure(w[0], x) for x in w):
            full = [[*e, *x] for e, x in zip(mixed, w, strict=True)]
            check_batch_of(g, full, (*mask, *[True] * len(w[0])))


def same_structure(a: Value, b: Value) -> bool:
    if isinstance(a, tuple | list):
        return len(a) == len(b) and all(map(same_structure, a, b))
    return (a is None) == (b is None)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_laws_of_batched(case: Case) -> None:
    f = case.function
    examples = [case.example(k) for k in range(SIZE)]
    for mask in masks(case):
        g = batch(f, SIZE, mask)
        columns = zip(*examples, strict=True)
        try:
            inputs = [together(x) if b else x[0] for x, b in zip(columns, mask, strict=True)]
        except ValueError:  # stacks of different lengths
            continue
        check_laws(g, inputs)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_partial_evaluation(case: Case) -> None:
    """Whatever is known, the two parts make up the whole."""
    f, inputs = case.function, case.example(1)
    results = run(f, *inputs)
    for mask in [*masks(case), *(tuple(not m for m in mask) for mask in masks(case))]:
        known, unknown, done, _ = partial_eval(f, mask)
        check(known)
        check(unknown)
        first = list(run(known, *(x for x, k in zip(inputs, mask, strict=True) if k)))
        ready, tape = first[: sum(done)], first[sum(done) :]
        rest = [x for x, k in zip(inputs, mask, strict=True) if not k]
        later = list(run(unknown, *tape, *rest))
        merged = [ready.pop(0) if d else later.pop(0) for d in done]
        close(merged, results, inputs)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_linearity_is_proved(case: Case) -> None:
    """What `forget` has made ordinary, `as_linear` makes linear again (but zeros within calls are
    numbers like others then).
    """
    f, inputs = case.function, case.example(0)
    if not active_mask(f):
        return
    v, w = directions(f, inputs), cotangents(f, inputs)
    nonlin, lin = unzip(derive(f, active_mask(f), wanted_results(f)).function)
    tape = run(nonlin, *inputs)[len(f.results) :]
    for g, args in ((lin, v), (transpose(lin), w)):
        if Zero not in ops_in(g):
            check_proved(g, [*tape, *args])
    if case.linear:
        back = transpose(as_linear(f, (True,) * len(inputs)))
        dots = run(f, *inputs)
        w = [random_numbers(x, 7 + i) for i, x in enumerate(dots)]
        adjoint(w, dots, run(back, *w), inputs)


def check_proved(f: Function, inputs: list[Value]) -> None:
    proved = as_linear(forget(f), tuple(p.linear for p in f.all_params))
    check(proved)
    close(run(proved, *inputs), run(f, *inputs))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_linearity_of_a_part_is_proved(case: Case) -> None:
    """Likewise where some results are linear and others are not."""
    f, inputs = case.function, case.example(0)
    if active_mask(f):
        jvp = derive(f, active_mask(f), wanted_results(f)).function
        if Zero not in ops_in(jvp):
            check_proved(jvp, [*inputs, *directions(f, inputs)])


def ops_in(f: Function) -> set[type[Op]]:
    """The ops of a function and of all that it calls."""
    return {type(equation.op) for g in reachable([f]) for equation in g.equations}


def test_loops_that_count_are_divided_before_they_are_turned() -> None:
    b = Builder("f")
    x = b.linear_parameter(type_named("f64[]"))
    body, cond = Builder("body"), Builder("cond")
    number, dot = body.parameter(INDEX), body.linear_parameter(x.type)
    count = cond.parameter(INDEX)
    loop = While(cond.build([lt(count, 3)]), body.build([number + 1, dot + dot]), linear_carries=1)
    _, result = b.emit(loop, b.constant(np.int64(0)), x)
    f = b.build([result])
    with pytest.raises(LinearityError, match="unzip"):
        loop.turn((), (), transpose)
    check(transpose(f))
    assert run(transpose(f), np.float64(1.0)) == run(f, np.float64(1.0)) == (8.0,)


LAWS = (
    test_laws,
    test_the_reference_agrees,
    test_batch_is_a_loop,
    test_batch_of_gradients_is_a_loop,
    test_linearity_is_proved,
    test_linearity_of_a_part_is_proved,
)

# -- completeness ---------------------------------------------------------------------------------

BY_OP: dict[str, list[Case]] = {}
for _case in CASES:
    BY_OP.setdefault(_case.name.split()[0], []).append(_case)

TESTED_ELSEWHERE = {("while", "turn"), ("checkpoint", "divide")}
"""A rule that only refuses, and one that changes what is saved, but no value."""

PYTHON = (".custom", ".declared", ".callback")
"""Modules of ops that run the user's Python code."""

RULES = [
    *("infer", "evaluate", "linear_sets", "linearity", "jvp", "transpose"),
    *("batch", "derive", "divide", "turn", "vectorise", "forgotten", "typed", "runner"),
]
"""What an op says of itself; what it costs is compared where all costs are (`work`)."""


def test_each_op_has_rows_or_cases() -> None:
    structural = {name for name, op in OPS.items() if issubclass(op, Structural)}
    elsewhere = {name for name, op in OPS.items() if op.__module__.endswith(PYTHON)}
    assert set(BY_OP) == set(OPS) - set(ROWS_BY_OP) - structural - elsewhere


@pytest.mark.parametrize("name", sorted(BY_OP))
def test_cases_are_of_their_op(name: str) -> None:
    for case in BY_OP[name]:
        assert OPS[name] in ops_in(case.function)


@pytest.fixture
def forgetful_builder() -> Iterator[None]:
    """The builder remembers no types from before, and none afterwards."""
    builder._result_types.cache_clear()
    yield
    builder._result_types.cache_clear()


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        (n, r)
        for n in sorted(BY_OP)
        for r in RULES
        if r in vars(OPS[n]) and (n, r) not in TESTED_ELSEWHERE
    ],
)
def test_a_missing_rule_is_noticed(
    name: str, rule: str, monkeypatch: pytest.MonkeyPatch, forgetful_builder: None
) -> None:
    own = [case for case in cases() if case.name.split()[0] == name]
    monkeypatch.delattr(OPS[name], rule)
    with pytest.raises(Exception):  # noqa: B017  (whatever the gap runs into)
        for case in own:
            for law in LAWS:
                law(case)
