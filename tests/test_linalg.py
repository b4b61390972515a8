"""Linear algebra in composition: what does not depend on the phases of vectors, and limit cases."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from laws import check_laws, check_second_derivative
from op_rows.linalg import adjugate
from samples import floats

from lineara.backends.numpy_interpreter import run
from lineara.ir.builder import Builder
from lineara.ir.op import Op
from lineara.ir.program import Function
from lineara.ir.types import Array, type_of
from lineara.ir.value import Value
from lineara.ops.creation import Convert
from lineara.ops.linalg.determinant import Adjugate, Det
from lineara.ops.linalg.factorize import Eigh, Svd
from lineara.ops.linalg.matrix import adjoint, matmul, product
from lineara.transforms.jvp import jvp
from lineara.transforms.simplify import simplify
from lineara.transforms.transpose import transpose
from lineara.transforms.unzip import unzip


def function(rule: Callable[[Value], Value], x: Array) -> Function:
    b = Builder("f")
    return b.build([rule(b.parameter(type_of(x)))])


def polar_factor(a: Value) -> Value:
    """The unitary factor of A, U Vᴴ."""
    u, _, vh = Svd().all(a)
    return matmul(u, vh)


def squared(a: Value) -> Value:
    """A², for Hermitian A, by way of the eigenvalues."""
    w, v = Eigh().all(a)
    squares = w * w
    if v.dtype != w.dtype:
        squares = Convert(v.dtype)(squares)
    return matmul(product("ij,j->ij", v, squares), adjoint(v))


@pytest.mark.parametrize("dtype", [np.float64, np.complex128])
@pytest.mark.parametrize("shape", [(3, 3), (4, 2), (2, 4), (2, 3, 2)])
def test_polar_factor(shape: tuple[int, ...], dtype: type) -> None:
    a = floats(*shape, dtype=dtype)
    f = function(polar_factor, a)
    check_laws(f, [a])
    check_second_derivative(f, [a])


@pytest.mark.parametrize("dtype", [np.float64, np.complex128])
@pytest.mark.parametrize("shape", [(3, 3), (2, 2, 2)])
def test_function_of_a_hermitian_matrix(shape: tuple[int, ...], dtype: type) -> None:
    a = floats(*shape, dtype=dtype)
    a = np.asarray(a + a.conj().mT, dtype)
    f = function(squared, a)
    np.testing.assert_allclose(run(f, a)[0], a @ a, atol=1e-12)
    check_laws(f, [a])
    check_second_derivative(f, [a])


@pytest.mark.parametrize(("op", "position"), [(Svd(), 1), (Eigh(), 0)])
def test_the_sum_of_equal_values_has_a_derivative(op: Op, position: int) -> None:
    """The derivatives of the vectors do not exist there, but nobody asks for them."""
    nonlin, lin = unzip(jvp(function(lambda a: op.all(a)[position], np.eye(3))))
    _, *tape = run(nonlin, np.eye(3))
    (gradient,) = run(transpose(simplify(lin)), *tape, np.ones(3))
    np.testing.assert_allclose(gradient, np.eye(3))


NEARLY_SINGULAR = (
    np.arange(1.0, 10).reshape(3, 3),
    np.outer([1.0, 2, 3], [1e-3, 5, 1 / 3]) + np.diag([0, 0, 1e-9]),
    np.diag([1.0, 1e-200, 1e-200]),
)


@pytest.mark.parametrize("a", NEARLY_SINGULAR)
def test_determinant_of_a_nearly_singular_matrix(a: Array) -> None:
    rounding = 1e-14 * float(np.linalg.norm(a, 2)) ** (len(a) - 1)
    expected = adjugate(a)
    np.testing.assert_allclose(run(function(Adjugate(), a), a)[0], expected, atol=rounding)
    gradient = jvp(function(Det(), a))
    for i, j in np.ndindex(a.shape):
        unit = np.zeros_like(a)
        unit[i, j] = 1
        np.testing.assert_allclose(run(gradient, a, unit)[1], expected[j, i], atol=rounding)
