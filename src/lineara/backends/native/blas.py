"""Large products of matrices: BLAS's, called at the addresses of the operands as they lie there.

A contraction is a product of matrices, for each index of the labels that all three have, if its
other labels fall into rows, columns, and what is summed over, each of which runs through memory at
one stride. BLAS wants the stride of rows or of columns to be 1, and is told which one.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

import llvmlite.binding as llvm
from llvmlite import ir

from lineara.backends.native.flat import Flat, Step
from lineara.backends.native.loops import Index, Loops
from lineara.backends.native.numbers import INT, parts_of
from lineara.ir.program import Variable
from lineara.ops.contract import Dot, _parse
from lineara.ops.shape import Transpose

if TYPE_CHECKING:
    from lineara.backends.native.functions import FunctionEmitter

INT32 = ir.IntType(32)
PREFIXES = {"f": "s", "d": "d", "F": "c", "D": "z"}
"""By dtype, what the names of BLAS's functions begin with."""
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
    if step.results[0].type.dtype.char not in PREFIXES:
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
    b, module = fn.b, fn.module.module
    name = f"lineara_{PREFIXES[dtype.char]}gemm"
    function = module.globals.get(name)
    pointer, count = result.type, INT32.as_pointer()
    if function is None:
        provide(PREFIXES[dtype.char])
        letter = ir.IntType(8).as_pointer()
        types = [letter, letter, count, count, count, pointer, pointer, count, pointer, count]
        types += [pointer, pointer, count]
        function = ir.Function(module, ir.FunctionType(ir.VoidType(), types), name=name)
    part = pointer.pointee
    columns, rows, terms = (_constant(module, INT32, (n,)) for n in found.sizes)
    zeros = (0.0,) * (parts_of(dtype) - 1)
    b.call(
        function,
        [
            *(_constant(module, ir.IntType(8), (ord("NT"[f.transposed]),)) for f in found[4:6]),
            *(columns, rows, terms, _constant(module, part, (1.0, *zeros))),
            *(first, _constant(module, INT32, (found.first.leading,))),
            *(second, _constant(module, INT32, (found.second.leading,))),
            *(_constant(module, part, (0.0, *zeros)), result),
            _constant(module, INT32, (found.leading,)),
        ],
    )


def _constant(module: Any, type: Any, values: tuple[float, ...]) -> Any:
    """The address of constants in a row, each there once in a module."""
    name = f"constant.{type}.{'.'.join(map(str, values))}"
    known = module.globals.get(name)
    if known is None:
        array = ir.ArrayType(type, len(values))
        known = ir.GlobalVariable(module, array, name=name)
        known.linkage, known.global_constant = "internal", True
        known.initializer = ir.Constant(array, list(values))
    return known.gep([INT(0), INT(0)])


@lru_cache(maxsize=4)
def provide(prefix: str) -> None:
    """Tells the linker where SciPy's BLAS has the product of general matrices."""
    from scipy.linalg import cython_blas

    capsule = cython_blas.__pyx_capi__[f"{prefix}gemm"]
    name, address = ctypes.pythonapi.PyCapsule_GetName, ctypes.pythonapi.PyCapsule_GetPointer
    name.restype, name.argtypes = ctypes.c_char_p, [ctypes.py_object]
    address.restype, address.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    llvm.add_symbol(f"lineara_{prefix}gemm", address(capsule, name(capsule)))
