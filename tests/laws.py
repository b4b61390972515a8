"""The laws that every function and all its derivatives obey, checked on one function and one input.

They are the theorems of docs/linear-a.md: each transformation's output passes the checker, unzip
conserves work exactly, the transpose is the adjoint, printing reads back, and the numbers are
right.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from lineara.backends.numpy_interpreter import run
from lineara.ir.check import check
from lineara.ir.cost import work
from lineara.ir.program import Function
from lineara.ir.types import Array, type_of
from lineara.ops.control.policies import nothing_saveable
from lineara.text.parser import parse
from lineara.text.printer import show
from lineara.transforms.batch import batch
from lineara.transforms.forget import forget
from lineara.transforms.jvp import derive
from lineara.transforms.simplify import simplify
from lineara.transforms.transpose import transpose
from lineara.transforms.unzip import unzip

WIDE = {
    np.dtype(np.float32): np.dtype(np.float64),
    np.dtype(np.complex64): np.dtype(np.complex128),
}


def check_laws(f: Function, inputs: Sequence[Array], *, smooth: bool = True) -> None:
    """All laws but the numerical derivatives of derivatives."""
    before = [x.tobytes() for x in inputs]
    check_values(f, inputs)
    if active_mask(f):
        check_linear_half(f, inputs)
        if smooth:
            check_derivative(f, inputs)
    assert [x.tobytes() for x in inputs] == before  # nothing is written to an argument


def active_mask(f: Function) -> tuple[bool, ...]:
    """The parameters with tangents; empty if there are none, or none in the results."""
    mask = tuple(p.type.has_tangent for p in f.params)
    some = any(mask) and any(v.type.has_tangent for v in f.results)
    return mask if some else ()


def check_values(f: Function, inputs: Sequence[Array]) -> None:
    """The checker passes, the results have the declared types, and the text reads back."""
    check(f)
    results = run(f, *inputs)
    for v, result in zip(f.results, results, strict=True):
        assert type_of(np.asarray(result)) == v.type
    check_text(f)
    simple = simplify(f)
    check(simple)
    close(run(simple, *inputs), results, inputs)


def check_text(f: Function) -> None:
    text = show(f)
    assert show(parse(text)) == text


def wanted_results(f: Function) -> tuple[bool, ...]:
    return tuple(v.type.has_tangent for v in f.results)


def check_linear_half(f: Function, inputs: Sequence[Array]) -> None:
    """jvp, unzip, transpose, forget and simplify agree with each other and conserve work."""
    jvp = derive(f, active_mask(f), wanted_results(f)).function
    nonlin, lin = unzip(jvp)
    back = transpose(lin)
    for g in (jvp, nonlin, lin, back, transpose(back), forget(jvp), forget(back)):
        check(g)
        check_text(g)
    for g in (simplify(jvp), simplify(lin), simplify(back), simplify(forget(back))):
        check(g)
    assert work(nonlin) + work(lin) == work(jvp)

    v = directions(f, inputs)
    outputs = run(jvp, *inputs, *v)
    values, dots = outputs[: len(f.results)], outputs[len(f.results) :]
    close(values, run(f, *inputs), inputs)
    results = run(nonlin, *inputs)
    tape = results[len(f.results) :]
    close(run(lin, *tape, *v), dots, inputs)
    close(run(simplify(lin), *tape, *v), dots, inputs)
    close(run(forget(jvp), *inputs, *v), outputs, inputs)
    close(run(transpose(back), *tape, *v), dots, inputs)

    recomputing = unzip(jvp, nothing_saveable)
    for g in recomputing:
        check(g)
    other = run(recomputing[0], *inputs)
    close(run(recomputing[1], *other[len(f.results) :], *v), dots, inputs)

    w = [random_like(x, seed=7 + i) for i, x in enumerate(dots)]
    back_v = run(back, *tape, *w)
    close(run(simplify(forget(back)), *tape, *w), back_v, inputs)
    adjoint(w, dots, back_v, v)


def adjoint(
    w: Sequence[Array], jv: Sequence[Array], jtw: Sequence[Array], v: Sequence[Array]
) -> None:
    """⟨w, Jv⟩ = ⟨Jᵀw, v⟩, relative to the size of the terms."""
    with np.errstate(all="ignore"):
        left = [np.real(a * b) for a, b in zip(w, jv, strict=True)]
        right = [np.real(a * b) for a, b in zip(jtw, v, strict=True)]
        scale = sum(float(np.sum(np.abs(x))) for x in (*left, *right)) + 1e-300
        if not np.isfinite(scale):
            return
        difference = sum(map(np.sum, left)) - sum(map(np.sum, right))
    precise = all(x.dtype in (np.float64, np.complex128) for x in (*jv, *v))
    assert abs(difference) <= (1e-10 if precise else 1e-4) * scale


def check_derivative(f: Function, inputs: Sequence[Array]) -> None:
    """The tangent is the limit of difference quotients."""
    jvp = derive(f, active_mask(f), wanted_results(f)).function
    v = directions(f, inputs)
    dots = run(jvp, *inputs, *v)[len(f.results) :]
    expected = [
        d
        for d, wanted in zip(difference_quotient(f, inputs, v), wanted_results(f), strict=True)
        if wanted
    ]
    for dot, reference in zip(dots, expected, strict=True):
        precise = np.asarray(dot).dtype in (np.float64, np.complex128)
        scale = float(np.max(np.abs(reference), initial=1.0))
        rtol, atol = (1e-6, 1e-7) if precise else (1e-3, 1e-3)
        np.testing.assert_allclose(dot, reference, rtol=rtol, atol=atol * scale)


def check_second_derivative(f: Function, inputs: Sequence[Array]) -> None:
    """The derivative of the derivative is the limit of its difference quotients, and symmetric."""
    first = forget(derive(f, active_mask(f), wanted_results(f)).function)
    check_derivative(first, [*inputs, *directions(f, inputs, seed=3)])


def difference_quotient(f: Function, inputs: Sequence[Array], v: Sequence[Array]) -> list[Array]:
    """The directional derivative by central differences, extrapolated to step zero (Richardson)."""

    def difference(h: float) -> list[Array]:
        moving = iter(v)
        steps = [h * np.asarray(next(moving), x.dtype) if has_tangent(x) else 0 for x in inputs]
        up = run(f, *(add(x, s) for x, s in zip(inputs, steps, strict=True)))
        down = run(f, *(add(x, -s) for x, s in zip(inputs, steps, strict=True)))
        return [
            (a - b) / (2 * h) if has_tangent(a) else np.zeros_like(a)
            for a, b in zip(map(np.asarray, up), map(np.asarray, down), strict=True)
        ]

    h = 1e-3 if all(x.dtype not in WIDE for x in inputs) else 2e-2
    table = [difference(h / 2**k) for k in range(4)]
    for order in range(1, 4):
        factor = 4.0**order
        table = [
            [(factor * b - a) / (factor - 1) for a, b in zip(rough, fine, strict=True)]
            for rough, fine in pairwise(table)
        ]
    return table[0]


def add(x: Array, step: Array | float) -> Array:
    return np.asarray(x + step, x.dtype) if has_tangent(x) else x


def check_batch(f: Function, inputs: Sequence[Array], batched: Sequence[bool]) -> None:
    """A batched function is a loop over examples."""
    size = 3
    examples = [variants(x, size) if b else x for x, b in zip(inputs, batched, strict=True)]
    g = batch(f, size, tuple(batched))
    check(g)
    check_text(g)
    together = run(g, *examples)
    for k in range(size):
        one = run(f, *(x[k] if b else x for x, b in zip(examples, batched, strict=True)))
        close([np.asarray(r)[k] for r in together], one, inputs)


def variants(x: Array, count: int) -> Array:
    """Different examples like `x`, in the same domain: scaled a little, or in another order."""
    if x.dtype.kind in "fc":
        with np.errstate(all="ignore"):
            return np.stack([np.asarray(x * (1 - 0.1 * k), x.dtype) for k in range(count)])
    return np.stack([np.roll(x, k) for k in range(count)])


def has_tangent(x: Array) -> bool:
    return x.dtype.kind in "fc"


def directions(f: Function, inputs: Sequence[Array], seed: int = 1) -> list[Array]:
    """A random tangent for each active parameter."""
    return [random_like(x, seed + i) for i, x in enumerate(inputs) if has_tangent(np.asarray(x))]


def random_like(x: Array, seed: int) -> Array:
    """Random numbers of the type of `x`, of size about one and none of them zero."""
    random = np.random.default_rng(seed)
    shape = np.shape(x)
    value = random.uniform(0.5, 1.5, shape) * random.choice([-1.0, 1.0], shape)
    if np.asarray(x).dtype.kind == "c":
        value = value + 1j * random.uniform(0.5, 1.5, shape)
    return np.asarray(value, np.asarray(x).dtype)


def close(found: Sequence[Array], expected: Sequence[Array], inputs: Sequence[Array] = ()) -> None:
    """Equal up to rounding (integers: exactly), in value and type; NaN equals NaN."""
    assert len(found) == len(expected)
    for a, b in zip(map(np.asarray, found), map(np.asarray, expected), strict=True):
        assert (a.dtype, a.shape) == (b.dtype, b.shape)
        if a.dtype.kind in "fc":
            rtol = 1e-11 if a.dtype in (np.float64, np.complex128) else 2e-4
            finite = np.abs(b)[np.isfinite(b)]
            scale = float(np.max(finite, initial=0.0))
            np.testing.assert_allclose(a, b, rtol=rtol, atol=rtol * scale)
        else:
            np.testing.assert_array_equal(a, b)
