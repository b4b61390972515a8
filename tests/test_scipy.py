"""`lineara.scipy`: values and types are SciPy's, derivatives of both orders are right."""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any

import numpy as np
import pytest
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


REFUSED = {
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
        la.jit(lambda x: eval(f"m.{code}", {"m": la.scipy, "np": np, "x": x}))(np.ones(2))


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
