"""Large products of matrices: BLAS's, called at the addresses of the operands as they lie there.

A contraction is a product of matrices, for each index of the labels that all three have, if its
other labels fall into rows, columns, and what is summed over, each of which runs through memory at
one stride. BLAS wants the stride of rows or of columns to be 1, and is told which one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

from lineara.backends.native import fortran
from lineara.backends.native.flat import Flat, Step
from lineara.backends.native.loops import Index, Loops
from lineara.backends.native.numbers import INT, parts_of
from lineara.ir.program import Variable
from lineara.ops.contract import Dot, _parse
from lineara.ops.shape import Transpose

if TYPE_CHECKING:
    from lineara.backends.native.functions import FunctionEmitter

LARGE = 20_000
"""Multiplications from which on a contraction is left to BLAS,"""
EACH = 2_000
"""if each of its products of matrices has so many,"""
THIN = 4
"""and rows, columns and sums are no shorter than that."""


class Run(NamedTuple):
    """Labels that run through memory at one stride: their size, and the strides in two arrays."""

    size: int
    strides: tuple[int, int]


class Factor(NamedTuple):
    """A matrix as BLAS is told about it: whether to transpose it, and from column to column."""

    transposed: bool
    leading: int


class Products(NamedTuple):
    """Products of matrices, one for each index of the loops.

    Attributes:
        shape: of the loops.
        strides: of the loops, in both operands and in the result.
        swapped: whether the operands change places.
        sizes: columns and rows of the result, and how many terms are added up.
        first, second: the operands, where columns are what we call rows.
        leading: from row to row of the result.
    """

    shape: tuple[int, ...]
    strides: tuple[tuple[int, ...], ...]
    swapped: bool
    sizes: tuple[int, int, int]
    first: Factor
    second: Factor
    leading: int


def is_large(step: Step) -> bool:
    """Whether a contraction is worth a call of BLAS."""
    if step.results[0].type.dtype.char not in fortran.PREFIXES:
        return False
    x, y, out = _parse(step.op.spec)
    sizes = _sizes(step)
    rows = prod(sizes[a] for a in x if a not in y)
    columns = prod(sizes[a] for a in y if a not in x)
    terms = prod(sizes[a] for a in x if a not in out)
    return (
        prod(sizes.values()) >= LARGE
        and rows * columns * terms >= EACH
        and min(rows, columns, terms) >= THIN
        and max(v.type.size for v in (*step.operands, *step.results)) < 2**31  # BLAS's numbers
    )


def laid_out(f: Flat) -> Flat:
    """The function, where operands of large contractions lie as BLAS wants them."""
    if not any(isinstance(s.op, Dot) and is_large(s) and products(s) is None for s in f.steps):
        return f
    return replace(f, steps=tuple(s for step in f.steps for s in _laid_out(step)))


def _laid_out(step: Step) -> list[Step]:
    """The step, or that with axes of its operands and its result in another order."""
    if not isinstance(step.op, Dot) or not is_large(step) or products(step) is not None:
        return [step]
    x, y, out = _parse(step.op.spec)
    outer = [a for a in out if a in x and a in y]
    rows, columns = [a for a in out if a not in y], [a for a in out if a not in x]
    terms = [a for a in x if a not in out]
    labels = ([*outer, *rows, *terms], [*outer, *terms, *columns], [*outer, *rows, *columns])
    (v,) = step.results
    steps, operands = [], []
    for w, before, after in zip(step.operands, (x, y), labels, strict=False):
        order = tuple(before.index(a) for a in after)
        moved = Variable(w.type.with_shape(tuple(w.type.shape[i] for i in order)))
        steps.append(Step(Transpose(order), (w,), (moved,), step.source))
        operands.append(moved)
    back = tuple(labels[2].index(a) for a in out)
    shape = tuple(v.type.shape[out.index(a)] for a in labels[2])
    product = Variable(v.type.with_shape(shape))
    spec = "{},{}->{}".format(*map("".join, labels))
    steps.append(Step(Dot(spec), tuple(operands), (product,), step.source))
    return [*steps, Step(Transpose(back), (product,), (v,), step.source)]


def write_products(fn: FunctionEmitter, step: Step) -> None:
    """Writes the calls for a large contraction."""
    found = products(step)
    assert found is not None, "operands are laid out"
    (v,) = step.results
    dtype = v.type.dtype
    x, y = step.operands
    places = [fn.pointer(w) for w in (x, y, v)]  # type: ignore[arg-type]
    loops = Loops(fn, found.shape)

    def body(index: Index) -> None:
        b = loops.b
        at = []
        for place, strides in zip(places, found.strides, strict=True):
            offset = INT(0)
            for i, stride in zip(index, strides, strict=True):
                offset = b.add(offset, b.mul(i.base, INT(stride * parts_of(dtype))))
            at.append(b.gep(place, [offset]))
        first, second = (at[0], at[1]) if found.swapped else (at[1], at[0])
        _call(fn, dtype, found, first, second, at[2])

    loops.run(body, lanes=False)


def products(step: Step) -> Products | None:
    """A contraction as products of matrices, if its operands lie as BLAS wants them."""
    spec = _parse(step.op.spec)
    sizes = _sizes(step)
    strides = [
        {a: prod(sizes[b] for b in part[i + 1 :]) for i, a in enumerate(part)} for part in spec
    ]
    x, y, out = strides
    outer = [a for a in spec.out if a in x and a in y]
    rows, more = _run([a for a in spec.out if a not in y], sizes, out, x)
    columns, others = _run([a for a in spec.out if a not in x], sizes, out, y)
    terms, rest = _run([a for a in spec.x if a not in out], sizes, x, y)
    if rest:
        return None
    swapped = columns.strides[0] != 1
    if swapped:  # the transpose of the result is the product the other way round
        rows, columns = columns, rows
        terms = Run(terms.size, terms.strides[::-1])
    first = _factor(columns.size, columns.strides[1], terms.size, terms.strides[1])
    second = _factor(terms.size, terms.strides[0], rows.size, rows.strides[1])
    if columns.strides[0] != 1 or first is None or second is None:
        return None
    loops = [*outer, *more, *others]
    leading = max(rows.strides[0], columns.size)
    return Products(
        tuple(sizes[a] for a in loops),
        tuple(tuple(part.get(a, 0) for a in loops) for part in strides),
        swapped,
        (columns.size, rows.size, terms.size),
        first,
        second,
        leading,
    )


def _sizes(step: Step) -> dict[str, int]:
    x, y, _ = _parse(step.op.spec)
    sizes: dict[str, int] = {}
    for part, v in zip((x, y), step.operands, strict=True):
        sizes.update(zip(part, v.type.shape, strict=True))
    return sizes


def _run(
    labels: Sequence[str], sizes: dict[str, int], p: dict[str, int], q: dict[str, int]
) -> tuple[Run, list[str]]:
    """The innermost labels that run at one stride through both arrays, and the others."""
    run, rest = Run(1, (1, 1)), list[str]()
    for a in sorted(labels, key=p.__getitem__):
        if sizes[a] == 1:
            continue
        if run.size == 1:
            run = Run(sizes[a], (p[a], q[a]))
        elif not rest and (p[a], q[a]) == tuple(run.size * s for s in run.strides):
            run = Run(run.size * sizes[a], run.strides)
        else:
            rest.append(a)
    return run, rest


def _factor(rows: int, row: int, columns: int, column: int) -> Factor | None:
    """A matrix of so many rows and columns at these strides, as its transpose if rows lie apart."""
    if row == 1 or rows == 1:
        return Factor(False, max(column if columns > 1 else 0, rows, 1))
    if column == 1 or columns == 1:
        return Factor(True, max(row, columns, 1))
    return None


def _call(
    fn: FunctionEmitter, dtype: Any, found: Products, first: Any, second: Any, result: Any
) -> None:
    letters = ("NT"[f.transposed] for f in (found.first, found.second))
    leading = found.first.leading, found.second.leading
    arguments = (1.0, first, leading[0], second, leading[1], 0.0, result, found.leading)
    fortran.call(fn, dtype, "gemm", *letters, *found.sizes, *arguments)
