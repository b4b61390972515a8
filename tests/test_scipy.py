"""`lineara.scipy`: values and types are SciPy's, derivatives of both orders are right."""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any

import numpy as np
import pytest
import scipy.integrate
import scipy.sparse
import scipy_rows
from laws import check_batch, check_laws, check_second_derivative
from scipy_rows import Row

import lineara as la
from lineara.backends.numpy_interpreter import run
from lineara.errors import LinearaError
from lineara.frontend.tracing import record
from lineara.ir.program import Function
from lineara.scipy.calls import Function as Call

GROUPS = sorted(module.name for module in pkgutil.iter_modules(scipy_rows.__path__))
ROWS: list[Row] = [
    row for name in GROUPS for row in importlib.import_module(f"scipy_rows.{name}").ROWS
]
each_row = pytest.mark.parametrize("row", ROWS, ids=str)
pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")


def leaves(output: Any) -> list[Any]:
    return la.tree.leaves(output)


def function_of(row: Row) -> tuple[Function, list[Any]]:
    """The program of a row, and its inputs."""
    recorded = record(lambda xs: leaves(row.traced(*xs)), row.inputs)
    return recorded.function, [*recorded.captures, *row.inputs]


@each_row
def test_value(row: Row) -> None:
    f, inputs = function_of(row)
    expected = leaves(row.plain(*row.inputs))
    native = leaves(la.jit(lambda *xs: leaves(row.traced(*xs)))(*row.inputs))
    for found in (run(f, *inputs), native):
        assert len(found) == len(expected)
        for x, y in zip(found, expected, strict=True):
            assert (np.shape(x), np.asarray(x).dtype) == (np.shape(y), np.asarray(y).dtype)
            tolerance = 1e-5 if np.asarray(y).dtype.char in "fF" else 1e-12
            scale = np.max(np.abs(np.asarray(y)[np.isfinite(y)]), initial=1.0)
            np.testing.assert_allclose(x, y, rtol=tolerance, atol=tolerance * scale)
    plain = leaves(row.traced(*row.inputs))  # without a trace it is SciPy's own
    assert all(np.array_equal(x, y, equal_nan=True) for x, y in zip(plain, expected, strict=True))


@each_row
def test_laws(row: Row) -> None:
    """Both modes agree with each other, and with differences; so does the second order."""
    f, inputs = function_of(row)
    arrays = [np.asarray(x) for x in inputs]
    check_laws(f, arrays, smooth=row.smooth)
    if row.smooth:
        check_second_derivative(f, arrays)
        check_batch(f, arrays, [i >= len(inputs) - len(row.inputs) for i in range(len(inputs))])


def names_of(module: str) -> set[str]:
    """The functions of a module, methods of its objects included."""
    found = vars(getattr(la.scipy, module))
    methods = {name: getattr(f, "methods", {}) for name, f in found.items()}
    return {
        *(name for name, f in found.items() if isinstance(f, Call)),
        *(f"{name}.{method}" for name, some in methods.items() for method in some),
    }


@pytest.mark.parametrize("module", la.scipy.MODULES)
def test_every_function_has_a_row(module: str) -> None:
    codes = " ".join(row.code for row in ROWS if row.module == module)
    assert {name for name in names_of(module) if f"m.{name}(" not in codes} == set()


SPARSE = scipy.sparse.csc_array([[2.0, 1.0], [0.0, -3.0]])

REFUSED = {
    "integrate.cumulative_trapezoid(x, initial=1)": "initial",
    "interpolate.interp1d(np.arange(2.0), x, kind='cubic')(0.5)": "CubicSpline",
    "interpolate.interp1d(np.arange(2.0), x)(0.5)": "bounds_error=False",
    "interpolate.CubicSpline(np.arange(2.0), x, bc_type='periodic')(0.5)": "bc_type",
    "interpolate.CubicSpline(np.arange(3.0), x)(0.5)": "as many values",
    "ndimage.gaussian_filter(x, 1, order=1)": "order",
    "ndimage.gaussian_filter(x.astype(int), 1)": "float",
    "ndimage.gaussian_filter(np.ones(3), x[0])": "sigma",
    "ndimage.convolve(x, x[None])": "axes",
    "ndimage.correlate(x, x, mode='x')": "mode",
    "ndimage.correlate(x, x, origin=3)": "origin",
    "ndimage.map_coordinates(x, x[None])": "order",
    "ndimage.map_coordinates(x, x[None], order=1, mode='wrap')": "mode",
    "signal.convolve(x, x, mode='x')": "mode",
    "signal.convolve(x, x[None])": "number of axes",
    "signal.correlate(np.ones((3, 1)), np.ones((1, 3)) * x[0], 'valid')": "contains",
    "signal.fftconvolve(x, x, axes=0)": "axes",
    "sparse.matmul(x, x)": "sparse matrix",
    "sparse.matmul(A, np.ones(5) * x[0])": "rows",
    "sparse.spsolve(A, x * 1j)": "dtype",
    "linalg.solve(np.eye(2), x, assume_a='sym')": "assume_a",
    "linalg.solve(x, x)": "square",
    "linalg.solve_triangular(np.eye(2), x, trans='X')": "trans",
    "linalg.lu_factor(np.ones((2, 3)) * x[0])": "square",
    "linalg.eigvalsh(np.eye(2) * x, np.eye(2))": "'b'",
    "linalg.inv(np.eye(2) * x, assume_a='pos')": "assume_a",
    "stats.norm.logpdf(x, 0, 1, 2)": "expected: x, loc, scale",
    "stats.norm.logpdf(x, mean=0)": "mean",
    "stats.gamma.logpdf(x)": "expected: x, a, loc, scale",
    "stats.norm.logpdf(x * 1j)": "real",
    "stats.multivariate_normal.logpdf(x, allow_singular=True)": "allow_singular",
    "stats.multivariate_normal.logpdf(x, np.zeros(3))": "broadcast",
    "stats.multivariate_normal.logpdf(x, cov=np.ones((3, 2)))": "covariance",
    "stats.dirichlet.logpdf(x, np.ones(4))": "one less",
    "special.zeta(x)": "zeta",
    "special.polygamma([1, 2], x)": "polygamma",
    "special.polygamma(x, 1.0)": "polygamma",
    "special.wofz(x)": "scipy.special.wofz",
    "special.logsumexp(x, axis=5)": "axis 5",
}
"""By call, a word of the error."""


@pytest.mark.parametrize("code", REFUSED)
def test_refused(code: str) -> None:
    with pytest.raises((LinearaError, ValueError, TypeError), match=REFUSED[code]):
        la.jit(lambda x: eval(f"m.{code}", {"m": la.scipy, "np": np, "x": x, "A": SPARSE}))(
            np.ones(2)
        )


@pytest.mark.parametrize(
    ("name", "args"),
    [
        *((name, (1.5, 2.0)) for name in ("jv", "yv", "iv", "kv", "ive", "kve", "stdtr")),
        *((name, (1.5, 0.5)) for name in ("gammainc", "gammaincc", "gammaincinv", "stdtrit")),
        *((name, (1.5, 0.5, 0.5)) for name in ("betainc", "betaincc", "betaincinv")),
        ("zeta", (2.5, 1.0)),
    ],
)
def test_no_derivative_in_parameters(name: str, args: tuple[float, ...]) -> None:
    function = getattr(la.scipy.special, name)
    with pytest.raises(LinearaError, match=f"scipy.special.{name} has no derivative in"):
        la.grad(function)(*args)
    assert np.isfinite(la.grad(function, len(args) - 1)(*args))


# -- sparse matrices -------------------------------------------------------------------------------

WIDE = scipy.sparse.random_array((3, 4), density=0.5, rng=np.random.default_rng(0))


@pytest.mark.parametrize("kind", ["csr", "csc", "coo"])
@pytest.mark.parametrize("shape", [(4,), (4, 2)])
def test_sparse_products(kind: str, shape: tuple[int, ...]) -> None:
    A, dense = WIDE.asformat(kind), WIDE.toarray()
    x = np.linspace(-1, 1, int(np.prod(shape))).reshape(shape)
    product = la.scipy.sparse.matmul
    np.testing.assert_allclose(product(A, x), dense @ x)
    for derivative in (la.jacfwd, la.jacrev):
        jacobian = derivative(lambda x: product(A, x))(x)
        np.testing.assert_allclose(jacobian, la.jacfwd(lambda x: dense @ x)(x))
    np.testing.assert_allclose(la.jit(lambda x: product(A, x))(x), dense @ x)


@pytest.mark.parametrize("shape", [(2,), (2, 3)])
def test_sparse_solutions(shape: tuple[int, ...]) -> None:
    b = np.linspace(-1, 1, int(np.prod(shape))).reshape(shape)

    def solve(b: Any) -> Any:
        return la.scipy.sparse.spsolve(SPARSE, b)

    def dense(b: Any) -> Any:
        return np.linalg.solve(SPARSE.toarray(), b)

    np.testing.assert_allclose(solve(b), dense(b))
    np.testing.assert_allclose(la.jit(solve)(b), dense(b))
    for derivative in (la.jacfwd, la.jacrev):
        np.testing.assert_allclose(derivative(solve)(b), derivative(dense)(b))


# -- differential equations ------------------------------------------------------------------------


def predators(y: Any, t: Any, k: Any) -> list[Any]:
    return [y[0] * (k[0] - y[1]) + 0.1 * np.sin(t), -y[1] * (1.0 - k[1] * y[0])]


@pytest.mark.parametrize("times", [np.linspace(0, 4, 5), np.array([2.0, 1.0, -1.0])])
def test_odeint(times: Any) -> None:
    k, start = np.array([1.1, 0.4]), np.array([2.0, 0.5])

    def solution(k: Any, y0: Any, t: Any) -> Any:
        return la.scipy.integrate.odeint(predators, y0, t, (k,), rtol=1e-10, atol=1e-10)

    plain = solution(k, start, times)
    np.testing.assert_allclose(la.jit(solution)(k, start, times), plain, rtol=1e-7)
    for i, x in enumerate((k, start, times)):
        forward, backward = (d(solution, i)(k, start, times) for d in (la.jacfwd, la.jacrev))
        np.testing.assert_allclose(forward, backward, rtol=1e-9, atol=1e-9)
        for j in range(len(x)):
            ends = []
            for sign in (1, -1):
                moved = [k, start, times.copy()]
                moved[i] = x + sign * 1e-4 * np.eye(len(x))[j]
                ends.append(solution(*moved))
            slope = (ends[0] - ends[1]) / 2e-4
            np.testing.assert_allclose(forward[..., j], slope, rtol=1e-4, atol=1e-5)


def test_odeint_without_end_is_nan() -> None:
    """Where the solution escapes to infinity there are no numbers, rather than wrong ones."""
    escaping = la.jit(
        lambda y: la.scipy.integrate.odeint(lambda y, t: y**2, y, np.array([0.0, 2.0]))
    )
    assert np.isnan(escaping(np.ones(1))[-1, 0])


def test_odeint_takes_time_first() -> None:
    def solution(y: Any) -> Any:
        return la.scipy.integrate.odeint(lambda t, y: -t * y, y, np.array([0.0, 1.0]), tfirst=True)

    np.testing.assert_allclose(la.jit(solution)(np.ones(1)), solution(np.ones(1)), rtol=1e-6)
