"""Samples of the ops of linear algebra: real and complex matrices, stacks of them, empty ones."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import product
from typing import Any

import numpy as np
from samples import Rows, Sample, floats, ints, sample

from lineara.ir.types import Array
from lineara.ops.linalg.determinant import Adjugate, AdjugateDot, Det, SlogDet
from lineara.ops.linalg.factorize import Cholesky, Eig, Eigh, Qr, Svd
from lineara.ops.linalg.matrix import Triangle
from lineara.ops.linalg.solve import Inv, Pinv, Solve, TriangularSolve

DTYPES = (np.float64, np.complex128)
SHAPES = ((3, 3), (1, 1), (2, 4, 4), (0, 0), (0, 2, 2))
TRIANGULAR = [TriangularSolve(*flags) for flags in product((True, False), repeat=3)]
SINGULAR = ([[1.0, 2.0], [2.0, 4.0]], [[0.0]], np.diag([2.0, 0, 3, 5]), np.zeros((2, 3, 3)))


def rows() -> Rows:
    yield from triangles()
    yield from systems()
    yield from determinants()
    yield from factorizations()


def regular(*shape: int, dtype: Any) -> Array:
    """Matrices far from singular ones."""
    return np.asarray(floats(*shape, dtype=dtype) + 4 * np.eye(shape[-1]), dtype)


def positive_definite(*shape: int, dtype: Any) -> Array:
    """Positive definite in the lower triangle, with other numbers above it."""
    a = floats(*shape, dtype=dtype)
    above = np.triu(floats(*shape, seed=1), 1)
    return np.asarray(a @ a.conj().mT + np.eye(shape[-1]) + above, dtype)


def triangles() -> Iterator[Sample]:
    for lower, diagonal in ((True, 0), (True, -1), (False, 0), (False, 2)):
        expected = partial(np.tril if lower else np.triu, k=diagonal)
        for x in (floats(3, 3), floats(2, 3, 4, dtype=np.complex128), ints(4, 3), floats(0, 2)):
            yield sample(Triangle(lower, diagonal), [x], expected)
    yield sample(Triangle(True), [[[1.0, np.inf], [np.nan, 2.0]]], np.tril, smooth=False)


def systems() -> Iterator[Sample]:
    for dtype in (*DTYPES, np.float32):
        for shape in SHAPES if dtype in DTYPES else SHAPES[:1]:
            for k in (0, 1, 3) if shape == (3, 3) else (2,):
                a, b = regular(*shape, dtype=dtype), floats(*shape[:-1], k, seed=1, dtype=dtype)
                yield sample(Solve(), [a, b], np.linalg.solve)
                for op in TRIANGULAR if shape[-1] > 2 else TRIANGULAR[:1]:
                    yield sample(op, [a, b], partial(_triangular_solve, op))
            yield sample(Inv(), [regular(*shape, dtype=dtype)], np.linalg.inv)


def _triangular_solve(op: TriangularSolve, a: Array, b: Array) -> Array:
    t = np.tril(a) if op.lower else np.triu(a)
    if op.unit_diagonal:
        t = t - t * np.eye(t.shape[-1]) + np.eye(t.shape[-1])
    return np.asarray(np.linalg.solve(t.mT if op.transpose_a else t, b), b.dtype)


def determinants() -> Iterator[Sample]:
    for dtype in (*DTYPES, np.float32):
        for shape in SHAPES if dtype in DTYPES else SHAPES[:1]:
            a = regular(*shape, dtype=dtype)
            yield sample(Det(), [a], np.linalg.det)
            yield sample(SlogDet(), [a], lambda a: tuple(np.linalg.slogdet(a)))
            yield sample(SlogDet(), [-a], lambda a: tuple(np.linalg.slogdet(a)))
            yield sample(Adjugate(), [a], adjugate)
            e = floats(*shape, seed=1, dtype=dtype)
            yield sample(AdjugateDot(), [a, e], adjugate_dot)
    for equal in (np.eye(3), np.array([[0.0, 1.0], [-1.0, 0.0]]), np.eye(4, 2)):
        yield sample(Pinv(), [equal, 1e-9], lambda a, _: np.linalg.pinv(a))
    for singular in SINGULAR:
        for dtype in DTYPES:
            a = np.asarray(singular, dtype)
            yield sample(Det(), [a], np.linalg.det)
            yield sample(Adjugate(), [a], adjugate, smooth=False)  # to second order


def adjugate(a: Array) -> Array:
    """The transposed cofactors, from the definition."""
    result = np.empty_like(a)
    for i, j in np.ndindex(a.shape[-2:]):
        minor = np.delete(np.delete(a, i, -2), j, -1)
        result[..., j, i] = (-1) ** (i + j) * np.linalg.det(minor)
    return result


def adjugate_dot(a: Array, e: Array) -> Array:
    """The derivative of cofactors: for each element of E, a matrix with its row replaced."""
    result = np.zeros_like(a)
    for i, j in np.ndindex(a.shape[-2:]):
        minor, direction = (np.delete(np.delete(x, i, -2), j, -1) for x in (a, e))
        for row in range(minor.shape[-2]):
            replaced = minor.copy()
            replaced[..., row, :] = direction[..., row, :]
            result[..., j, i] += (-1) ** (i + j) * np.linalg.det(replaced)
    return result


def factorizations() -> Iterator[Sample]:
    for dtype in DTYPES:
        for shape in SHAPES:
            a = positive_definite(*shape, dtype=dtype)
            yield sample(Cholesky(), [a], np.linalg.cholesky)
            spread = a + np.diag(np.arange(0, 3.0 * shape[-1], 3))
            for lower in (True, False):
                function = partial(np.linalg.eigh, UPLO="L" if lower else "U")
                smooth = dtype == np.float64
                yield sample(Eigh(lower), [spread], _tuple(function), smooth=smooth)
            general = floats(*shape, dtype=dtype) + np.diag(np.arange(0, 9.0 * shape[-1], 9))
            yield sample(Eig(), [general], eig, smooth=dtype == np.float64)
        for shape in (*SHAPES, (4, 2), (2, 4), (2, 3, 2), (0, 3), (3, 0)):
            a = floats(*shape, dtype=dtype)
            if 0 not in shape[-2:]:
                limit = np.full(shape[:-2], 1e-9)
                yield sample(Pinv(), [a, limit], lambda a, _: np.linalg.pinv(a))
            yield sample(Qr(), [a], _tuple(np.linalg.qr))
            svd = _tuple(partial(np.linalg.svd, full_matrices=False))
            yield sample(Svd(), [a], svd, smooth=dtype == np.float64)


def eig(a: Array) -> tuple[Array, ...]:
    return tuple(x.astype(np.complex128) for x in np.linalg.eig(a))


def _tuple(function: Any) -> Any:
    return lambda a: tuple(function(a))
