"""Systems of equations, inverses, determinants and Cholesky factors by LAPACK.

Fortran takes our rows for columns: what it finds where a matrix lies is the transposed one. A
triangle of a matrix and right-hand sides are used as they lie, by solving the transposed system
Xᵀ Aᵀ = Bᵀ; for LU factors the matrix is transposed first, so that pivots are NumPy's, and a matrix
that is singular to NumPy is so here. What fails is noted, and the interpreter says what it was.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from lineara.backends.native import llir, maths
from lineara.backends.native.control import _counted
from lineara.backends.native.flat import Step
from lineara.backends.native.fortran import INT32, PREFIXES, call
from lineara.backends.native.numbers import INT, Emit, Num, constant, memory_type, parts_of
from lineara.ops.linalg.determinant import Det, SlogDet
from lineara.ops.linalg.factorize import Cholesky
from lineara.ops.linalg.solve import Inv, Solve, TriangularSolve

if TYPE_CHECKING:
    from lineara.backends.native.functions import FunctionEmitter

LU = Solve | Inv | Det | SlogDet
"""Ops that begin with LU factors."""
TINY = 6
"""The side up to which a stack of matrices is left to NumPy, which has less to do for each."""


def is_lapack(step: Step) -> bool:
    """Whether a step is written here."""
    op = step.op
    if not isinstance(op, LU | Cholesky | TriangularSolve):
        return False
    type = step.operands[0].type
    if isinstance(op, LU) and type.shape[-1] <= TINY and prod(type.shape[:-2]) > 1:
        return False
    if isinstance(op, Det | SlogDet) and (type.dtype.kind != "f" or not type.shape[-1]):
        return False
    # NumPy computes with doubles where numbers are shorter, and is left to it.
    known = PREFIXES if isinstance(op, TriangularSolve) else "dD"
    return type.dtype.char in known and all(v.type.size < 2**31 for v in step.operands)


def room(step: Step) -> int:
    """The bytes that a step needs to work in: LU factors, and where their rows come from."""
    if not isinstance(step.op, LU) or not is_lapack(step):
        return 0
    type = step.operands[0].type
    n = type.shape[-1]
    return int(n * n * type.dtype.itemsize + n * INT32.count // 8)


def write_lapack(fn: FunctionEmitter, step: Step) -> None:
    """Writes a step: a loop over a stack of matrices."""
    rooms = [fn.room(v) for v in step.results]
    if all(v.type.size for v in step.results):
        places = [fn.pointer(v) for v in step.operands]  # type: ignore[arg-type]
        _of(step)(fn, step, places, rooms)
    for v, place in zip(step.results, rooms, strict=True):
        fn.take(v, place)


Writer = Callable[["FunctionEmitter", Step, list[Any], list[Any]], None]


def _of(step: Step) -> Writer:
    match step.op:
        case Cholesky():
            return _cholesky
        case TriangularSolve():
            return _triangular
        case Det() | SlogDet():
            return _determinant
    return _solve


def _each(fn: FunctionEmitter, step: Step, body: Callable[[Any], None]) -> None:
    """Loops over the matrices of a stack."""
    _counted(fn, INT(prod(step.operands[0].type.shape[:-2])), body)


def _matrix(fn: FunctionEmitter, place: Any, step: Step, number: Any, size: int) -> Any:
    """The address of one of the matrices of a stack."""
    parts = parts_of(step.operands[0].type.dtype)
    return fn.b.gep(place, [fn.b.mul(number, INT(size * parts))])


def _failed(fn: FunctionEmitter, info: Any) -> Any:
    return fn.b.icmp_signed("!=", fn.b.load(info), INT32(0))


def _cholesky(fn: FunctionEmitter, step: Step, places: list[Any], rooms: list[Any]) -> None:
    """Aᵀ = Uᴴ U by columns is A = L Lᴴ by rows, where L = Uᵀ lies as U does."""
    type, b = step.operands[0].type, fn.b
    n, dtype, info = type.shape[-1], type.dtype, fn.slot(INT32)
    zero = constant(dtype.type(0))

    def one(k: Any) -> None:
        source, factor = (_matrix(fn, p, step, k, n * n) for p in (places[0], rooms[0]))
        e = Emit(b)

        def row(i: Any) -> None:
            start, kept = b.mul(i, INT(n)), b.add(i, INT(1))

            def copied(j: Any) -> None:
                at = b.add(start, j)
                e.store(e.load(source, dtype, at), factor, at)

            _counted(fn, kept, copied)
            above = b.add(start, kept)
            _counted(
                fn,
                b.sub(INT(n), kept),
                lambda j: e.store(zero, factor, b.add(above, j)),
            )

        _counted(fn, INT(n), row)
        call(fn, dtype, "potrf", "U", n, factor, n, info)
        fn.note(b, _failed(fn, info))

    _each(fn, step, one)


def _triangular(fn: FunctionEmitter, step: Step, places: list[Any], rooms: list[Any]) -> None:
    op, dtype, b = step.op, step.operands[0].type.dtype, fn.b
    n, k = step.results[0].type.shape[-2:]
    fn.copy(rooms[0], places[1], step.results[0].type.nbytes)
    zero = constant(dtype.type(0))

    def one(number: Any) -> None:
        matrix = _matrix(fn, places[0], step, number, n * n)
        sides = _matrix(fn, rooms[0], step, number, n * k)

        def check(i: Any) -> None:
            e = Emit(b)
            pivot = e.load(matrix, dtype, b.mul(i, INT(n + 1)))
            parts = zip(pivot.parts, zero.parts, strict=True)
            fn.note(b, reduce(b.and_, (b.fcmp_ordered("==", x, y) for x, y in parts)))

        if not op.unit_diagonal:
            _counted(fn, INT(n), check)
        letters = "LU"[op.lower], "NT"[op.transpose_a], "NU"[op.unit_diagonal]
        call(fn, dtype, "trsm", "R", *letters, k, n, 1.0, matrix, n, sides, k)

    _each(fn, step, one)


def _factors(fn: FunctionEmitter, step: Step, source: Any, info: Any) -> tuple[Any, Any]:
    """The LU factors of a matrix, by columns, and the rows that were exchanged, from 1 on."""
    type, b, e = step.operands[0].type, fn.b, Emit(fn.b)
    n, dtype, scratch = type.shape[-1], type.dtype, fn.scratch()
    factors = b.bitcast(scratch, memory_type(dtype).as_pointer())
    rows = b.bitcast(
        b.gep(scratch, [INT(n * n * dtype.itemsize)]),
        INT32.as_pointer(),
    )

    def row(i: Any) -> None:
        def element(j: Any) -> None:
            x = e.load(source, dtype, b.add(b.mul(i, INT(n)), j))
            e.store(x, factors, b.add(b.mul(j, INT(n)), i))

        _counted(fn, INT(n), element)

    _counted(fn, INT(n), row)
    call(fn, dtype, "getrf", n, n, factors, n, rows, info)
    return factors, rows


def _solve(fn: FunctionEmitter, step: Step, places: list[Any], rooms: list[Any]) -> None:
    """With A = P L U: (Bᵀ P) L⁻ᵀ U⁻ᵀ, where columns of Bᵀ are rows of B."""
    dtype, b, info = step.operands[0].type.dtype, fn.b, fn.slot(INT32)
    n, k = step.results[0].type.shape[-2:]
    if isinstance(step.op, Solve):
        fn.copy(rooms[0], places[1], step.results[0].type.nbytes)

    def one(number: Any) -> None:
        sides = _matrix(fn, rooms[0], step, number, n * k)
        if isinstance(step.op, Inv):
            _identity(fn, sides, dtype, n)
        matrix = _matrix(fn, places[0], step, number, n * n)
        factors, rows = _factors(fn, step, matrix, info)
        fn.note(b, _failed(fn, info))
        _exchange(fn, sides, rows, dtype, (n, k))
        for letters in ("LTU", "UTN"):
            call(fn, dtype, "trsm", "R", *letters, k, n, 1.0, factors, n, sides, k)

    _each(fn, step, one)


def _identity(fn: FunctionEmitter, place: Any, dtype: Any, n: int) -> None:
    e = Emit(fn.b)
    numbers = constant(dtype.type(0)), constant(dtype.type(1))
    _counted(fn, INT(n * n), lambda i: e.store(numbers[0], place, i))
    _counted(fn, INT(n), lambda i: e.store(numbers[1], place, fn.b.mul(i, INT(n + 1))))


def _exchange(
    fn: FunctionEmitter, place: Any, rows: Any, dtype: Any, shape: tuple[int, int]
) -> None:
    """Exchanges rows of a matrix as its factorisation did, in the same order."""
    (n, k), b, e = shape, fn.b, Emit(fn.b)

    def exchange(i: Any) -> None:
        other = b.sub(b.sext(b.load(b.gep(rows, [i])), INT), INT(1))
        starts = [b.mul(at, INT(k)) for at in (i, other)]

        def element(j: Any) -> None:
            at = [b.add(start, j) for start in starts]
            x, y = (e.load(place, dtype, a) for a in at)
            e.store(y, place, at[0])
            e.store(x, place, at[1])

        _counted(fn, INT(k), element)

    _counted(fn, INT(n), exchange)


def _determinant(fn: FunctionEmitter, step: Step, places: list[Any], rooms: list[Any]) -> None:
    """Sign and logarithm, as NumPy has them, which do not overflow; the determinant from them."""
    type, b, e, info = step.operands[0].type, fn.b, Emit(fn.b), fn.slot(INT32)
    n, dtype = type.shape[-1], type.dtype
    slots = [fn.slot(memory_type(dtype)) for _ in range(2)]
    start = [constant(dtype.type(x)).value for x in (1, 0)]

    def one(number: Any) -> None:
        factors, rows = _factors(fn, step, _matrix(fn, places[0], step, number, n * n), info)
        for value, slot in zip(start, slots, strict=True):
            b.store(value, slot)

        def pivot(i: Any) -> None:
            x = e.load(factors, dtype, b.mul(i, INT(n + 1)))
            other = b.sext(b.load(b.gep(rows, [i])), INT)
            moved = b.icmp_signed("!=", other, b.add(i, INT(1)))
            turned = b.xor(moved, b.fcmp_ordered("<", x.value, start[1]))
            sign, log = (b.load(slot) for slot in slots)
            b.store(b.select(turned, b.fneg(sign), sign), slots[0])
            size = maths.function(Emit(b, alone=True), "log", e.intrinsic("fabs", x))
            b.store(b.fadd(log, size.value), slots[1])

        _counted(fn, INT(n), pivot)
        singular = _failed(fn, info)
        none = llir.Constant(start[0].type, float(-np.inf))
        sign = Num(dtype, (b.select(singular, start[1], b.load(slots[0])),))
        log = Num(dtype, (b.select(singular, none, b.load(slots[1])),))
        if isinstance(step.op, Det):
            size = maths.function(Emit(b, alone=True), "exp", log)
            sign = Num(dtype, (b.fmul(sign.value, size.value),))
        for x, place in zip((sign, log), rooms, strict=False):
            e.store(x, place, number)

    _each(fn, step, one)
