"""The laws that every function and all its derivatives obey, checked on one function and one input.

They are the theorems of docs/linear-a.md: each transformation's output passes the checker, unzip
conserves work exactly, the transpose is the adjoint, printing reads back, and the numbers are
right.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import reference
from values import (
    Value,
    filled,
    has_type,
    inexact,
    leaves,
    mapped,
    moved,
    snapshot,
    tangent,
    together,
)

from lineara.backends.numpy_interpreter import run
from lineara.ir.builder import Builder
from lineara.ir.check import check
from lineara.ir.cost import work
from lineara.ir.program import Function, reachable
from lineara.ir.types import Array
from lineara.ops.control.checkpoint import Checkpoint
from lineara.ops.control.policies import nothing_saveable
from lineara.ops.control.switch import Switch
from lineara.ops.control.while_loop import While
from lineara.text.parser import parse
from lineara.text.printer import show
from lineara.transforms.batch import batch
from lineara.transforms.forget import forget
from lineara.transforms.inline import inline
from lineara.transforms.jvp import derive
from lineara.transforms.simplify import simplify
from lineara.transforms.transpose import transpose
from lineara.transforms.unzip import unzip

WIDE = {
    np.dtype(np.float32): np.dtype(np.float64),
    np.dtype(np.complex64): np.dtype(np.complex128),
}


def check_laws(f: Function, inputs: Sequence[Value], *, smooth: bool = True) -> None:
    """All laws but the numerical derivatives of derivatives."""
    before = snapshot(list(inputs))
    check_values(f, inputs)
    if active_mask(f):
        check_linear_half(f, inputs)
        if smooth:
            check_derivative(f, inputs)
    assert snapshot(list(inputs)) == before  # nothing is written to an argument


def active_mask(f: Function) -> tuple[bool, ...]:
    """The parameters with tangents; empty if there are none, or none in the results."""
    mask = tuple(p.type.has_tangent for p in f.params)
    some = any(mask) and any(v.type.has_tangent for v in f.results)
    return mask if some else ()


def check_values(f: Function, inputs: Sequence[Value]) -> None:
    """The checker passes, the results have the declared types, and the text reads back."""
    check(f)
    results = run(f, *inputs)
    for v, result in zip(f.results, results, strict=True):
        assert has_type(result, v.type)
    check_text(f)
    simple = simplify(f)
    check(simple)
    close(run(simple, *inputs), results, inputs)


def check_text(f: Function) -> None:
    text = show(f)
    assert show(parse(text)) == text


def wanted_results(f: Function) -> tuple[bool, ...]:
    return tuple(v.type.has_tangent for v in f.results)


def check_linear_half(f: Function, inputs: Sequence[Value]) -> None:
    """jvp, unzip, transpose, forget and simplify agree with each other and conserve work."""
    jvp = derive(f, active_mask(f), wanted_results(f)).function
    nonlin, lin = unzip(jvp)
    back = transpose(lin)
    for g in (jvp, nonlin, lin, back, transpose(back), forget(jvp), forget(back)):
        check(g)
        check_text(g)
    for g in (simplify(jvp), simplify(lin), simplify(back), simplify(forget(back))):
        check(g)

    v = directions(f, inputs)
    outputs = run(jvp, *inputs, *v)
    values, dots = outputs[: len(f.results)], outputs[len(f.results) :]
    close(values, run(f, *inputs), inputs)
    results = run(nonlin, *inputs)
    tape = results[len(f.results) :]
    before = snapshot([*tape, *v])
    close(run(lin, *tape, *v), dots, inputs)
    close(run(simplify(lin), *tape, *v), dots, inputs)
    close(run(forget(jvp), *inputs, *v), outputs, inputs)
    close(run(transpose(back), *tape, *v), dots, inputs)
    check_conserved(jvp, (nonlin, lin), [*inputs, *v], (inputs, [*tape, *v]))

    recomputing = unzip(jvp, nothing_saveable)
    for g in recomputing:
        check(g)
    other = run(recomputing[0], *inputs)
    close(run(recomputing[1], *other[len(f.results) :], *v), dots, inputs)

    w = [random_numbers(x, 7 + i) for i, x in enumerate(dots)]
    back_v = run(back, *tape, *w)
    close(run(simplify(forget(back)), *tape, *w), back_v, inputs)
    adjoint(w, dots, back_v, v)
    assert snapshot([*tape, *v]) == before


def check_conserved(
    whole: Function,
    halves: Sequence[Function],
    inputs: Sequence[Value],
    half_inputs: Sequence[Sequence[Value]],
) -> None:
    """The work of the halves adds up to that of the whole, to the last unit."""
    ops = {type(equation.op) for g in reachable([whole]) for equation in g.equations}
    if Checkpoint in ops:  # computes again what has been computed
        return
    if not ops & {Switch, While}:
        assert sum(map(work, halves)) == work(whole)
        return
    # What branches and loops with a condition cost is known when they run. The first half of such
    # a loop counts its iterations, which takes one addition in each.
    cost = reference.cost(whole, *inputs)
    parts = [reference.cost(g, *x) for g, x in zip(halves, half_inputs, strict=True)]
    assert sum(part.work for part in parts) == cost.work + cost.linear_iterations


def adjoint(
    w: Sequence[Value], jv: Sequence[Value], jtw: Sequence[Value], v: Sequence[Value]
) -> None:
    """⟨w, Jv⟩ = ⟨Jᵀw, v⟩, relative to the size of the terms."""
    with np.errstate(all="ignore"):
        left = [np.real(a * b) for a, b in pairs(tuple(w), tuple(jv))]
        right = [np.real(a * b) for a, b in pairs(tuple(jtw), tuple(v))]
        scale = sum(float(np.sum(np.abs(x))) for x in (*left, *right)) + 1e-300
        if not np.isfinite(scale):
            return
        difference = sum(map(np.sum, left)) - sum(map(np.sum, right))
    precise = all(x.dtype in (np.float64, np.complex128) for x in leaves([*jv, *v]))
    assert abs(difference) <= (1e-10 if precise else 1e-4) * scale


def pairs(a: Value, b: Value) -> list[tuple[Array, Array]]:
    """The arrays of two values of one type, pair by pair; what is None or not there is zero."""
    if a is None or b is None:
        return []
    if isinstance(a, tuple | list):
        both = zip(a, b, strict=isinstance(a, tuple))
        return [pair for x, y in both for pair in pairs(x, y)]
    return [(np.asarray(a), np.asarray(b))]


def check_derivative(f: Function, inputs: Sequence[Value]) -> None:
    """The tangent is the limit of difference quotients."""
    jvp = derive(f, active_mask(f), wanted_results(f)).function
    v = directions(f, inputs)
    outputs = run(jvp, *inputs, *v)
    values, dots = outputs[: len(f.results)], iter(outputs[len(f.results) :])
    found = [
        filled(r.type, next(dots), x)
        for r, x in zip(f.results, values, strict=True)
        if r.type.has_tangent
    ]
    expected = difference_quotient(f, inputs, v)
    for dot, reference_dot in zip(leaves(found), expected, strict=True):
        precise = dot.dtype in (np.float64, np.complex128)
        scale = float(np.max(np.abs(reference_dot), initial=1.0))
        rtol, atol = (1e-6, 1e-7) if precise else (1e-3, 1e-3)
        np.testing.assert_allclose(dot, reference_dot, rtol=rtol, atol=atol * scale)


def check_second_derivative(f: Function, inputs: Sequence[Value]) -> None:
    """The derivative of the derivative is the limit of its difference quotients, and symmetric."""
    first = forget(derive(f, active_mask(f), wanted_results(f)).function)
    check_derivative(first, [*inputs, *directions(f, inputs, seed=3)])


def difference_quotient(f: Function, inputs: Sequence[Value], v: Sequence[Value]) -> list[Array]:
    """The directional derivative by central differences, extrapolated to step zero (Richardson):
    one array for each array with a tangent in the results.
    """
    moving = iter(v)
    steps = [next(moving) if p.type.has_tangent else None for p in f.params]

    def at(h: float) -> list[Array]:
        triples = zip(f.params, inputs, steps, strict=True)
        return inexact(run(f, *(moved(p.type, x, s, h) for p, x, s in triples)))

    def difference(h: float) -> list[Array]:
        return [(a - b) / (2 * h) for a, b in zip(at(h), at(-h), strict=True)]

    h = 1e-3 if all(x.dtype not in WIDE for x in leaves(list(inputs))) else 2e-2
    table = [difference(h / 2**k) for k in range(4)]
    for order in range(1, 4):
        factor = 4.0**order
        table = [
            [(factor * b - a) / (factor - 1) for a, b in zip(rough, fine, strict=True)]
            for rough, fine in pairwise(table)
        ]
    return table[0]


def check_batch(f: Function, inputs: Sequence[Value], batched: Sequence[bool]) -> None:
    """A batched function is a loop over examples: here those like one input."""
    sizes = zip(inputs, batched, strict=True)
    columns = [variants(x, 3) if b else [x] * 3 for x, b in sizes]
    check_batch_of(f, list(zip(*columns, strict=True)), batched)


def check_batch_of(
    f: Function, examples: Sequence[Sequence[Value]], batched: Sequence[bool]
) -> None:
    """A batched function is a loop over examples, which may differ where they are `batched`."""
    first = examples[0]
    columns = zip(*examples, strict=True)
    args = [together(x) if b else x[0] for x, b in zip(columns, batched, strict=True)]
    g = batch(f, len(examples), tuple(batched))
    check(g)
    check_text(g)
    results = run(g, *args)
    for v, result in zip(g.all_results, results, strict=True):
        assert has_type(result, v.type)
    close(run(simplify(g), *args), results, args)
    for k, example in enumerate(examples):
        mixed = [x if b else y for x, y, b in zip(example, first, batched, strict=True)]
        one = run(f, *mixed)
        close([mapped(lambda x: x[k], r) for r in results], one, mixed, longer=True)  # noqa: B023


def variants(x: Value, count: int) -> list[Value]:
    """Different examples like `x`, in the same domain: scaled a little, or in another order."""

    def variant(k: int, x: Array) -> Array:
        if x.dtype.kind in "fc":
            with np.errstate(all="ignore"):
                return np.asarray(x * (1 - 0.1 * k), x.dtype)
        return np.roll(x, k)

    return [mapped(lambda leaf: variant(k, leaf), x) for k in range(count)]  # noqa: B023


def has_tangent(x: Value) -> bool:
    """Whether some array in the value has a tangent."""
    return bool(inexact(x))


def directions(f: Function, inputs: Sequence[Value], seed: int = 1) -> list[Value]:
    """A random tangent for each active parameter."""
    return [
        random_tangent(p.type, x, seed + i)
        for i, (p, x) in enumerate(zip(f.params, inputs, strict=True))
        if p.type.has_tangent
    ]


def cotangents(f: Function, inputs: Sequence[Value], seed: int = 5) -> list[Value]:
    """A random cotangent for each result of `f` that has tangents."""
    jvp = derive(f, active_mask(f), wanted_results(f)).function
    dots = run(jvp, *inputs, *directions(f, inputs))[len(f.results) :]
    return [random_numbers(x, seed + i) for i, x in enumerate(dots)]


def pullback(f: Function) -> Function:
    """The function from inputs and cotangents of results to the results and cotangents of inputs:
    reverse mode as an ordinary function.
    """
    nonlin, lin = unzip(derive(f, active_mask(f), wanted_results(f)).function)
    b = Builder(f"{f.name}.pullback")
    params = [b.parameter(p.type, p.hint) for p in f.params]
    w = [b.parameter(v.type, v.hint) for v in lin.linear_results]
    forward = inline(b, nonlin, params)
    results, tape = forward[: len(f.results)], forward[len(f.results) :]
    return b.build([*results, *inline(b, forget(transpose(lin)), [*tape, *w])])


def random_tangent(type: Any, value: Value, seed: int) -> Value:
    """A random tangent of a value of a type."""
    return tangent(type, value, lambda x: random_like(x, seed))


def random_numbers(value: Value, seed: int) -> Value:
    """A value with random numbers in place of its numbers."""
    return mapped(lambda x: random_like(x, seed), value)


def random_like(x: Array, seed: int) -> Array:
    """Random numbers of the type of `x`, of size about one and none of them zero."""
    random = np.random.default_rng(seed)
    shape = np.shape(x)
    value = random.uniform(0.5, 1.5, shape) * random.choice([-1.0, 1.0], shape)
    if np.asarray(x).dtype.kind == "c":
        value = value + 1j * random.uniform(0.5, 1.5, shape)
    return np.asarray(value, np.asarray(x).dtype)


def close(
    found: Sequence[Value],
    expected: Sequence[Value],
    inputs: Sequence[Value] = (),
    *,
    longer: bool = False,
) -> None:
    """Equal up to rounding (integers: exactly), in value and type; NaN equals NaN.

    Args:
        found, expected: values, one by one.
        inputs: what they were computed from.
        longer: whether the stacks in `found` may have more entries.
    """
    assert len(found) == len(expected)
    for a, b in zip(found, expected, strict=True):
        if a is None or b is None:
            assert not any(np.any(x) for x in leaves([a, b]))  # None is zero
        elif isinstance(a, tuple | list) or isinstance(b, tuple | list):
            assert type(a) is type(b)
            a = a[: len(b)] if longer and isinstance(a, list) else a
            close(list(a), list(b), inputs, longer=longer)
        else:
            _close(np.asarray(a), np.asarray(b))


def _close(a: Array, b: Array) -> None:
    assert (a.dtype, a.shape) == (b.dtype, b.shape)
    if a.dtype.kind in "fc":
        rtol = 1e-11 if a.dtype in (np.float64, np.complex128) else 2e-4
        finite = np.abs(b)[np.isfinite(b)]
        scale = float(np.max(finite, initial=0.0))
        np.testing.assert_allclose(a, b, rtol=rtol, atol=rtol * scale)
    else:
        np.testing.assert_array_equal(a, b)
