"""NumPy's functions on traced arrays: values and types are NumPy's, and derivatives are right."""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any

import numpy as np
import numpy_rows
import pytest
from numpy_rows import Array, Row

import lineara as la
from lineara.backends.numpy_interpreter import run
from lineara.errors import LinearaError
from lineara.frontend import dispatch
from lineara.frontend.tracing import apply, record
from lineara.transforms.gradient import value_and_gradient

GROUPS = sorted(module.name for module in pkgutil.iter_modules(numpy_rows.__path__))
ROWS: list[Row] = [
    row for name in GROUPS for row in importlib.import_module(f"numpy_rows.{name}").ROWS
]
each_row = pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])


def leaves(output: Any) -> list[Any]:
    return list(output) if isinstance(output, list | tuple) else [output]


@each_row
@pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore::numpy.exceptions.ComplexWarning")
def test_value(row: Row) -> None:
    _, function, inputs, _ = row
    expected = leaves(function(*inputs))
    recorded = record(lambda xs: leaves(function(*xs)), inputs)
    found = apply(recorded.function, [*recorded.captures, *inputs])
    assert len(found) == len(expected)
    for x, y in zip(found, expected, strict=True):
        assert np.shape(x) == np.shape(y)
        assert np.asarray(x).dtype == np.asarray(y).dtype
        tolerance = 1e-6 if np.asarray(y).dtype.char in "fF" else 1e-14
        np.testing.assert_allclose(x, y, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("row", [row for row in ROWS if row[3]], ids=[r[0] for r in ROWS if r[3]])
def test_gradient(row: Row) -> None:
    _, function, inputs, _ = row
    recorded = record(lambda xs: weighted(function(*xs)), inputs)
    active = recorded.active([True] * len(inputs))
    gradient = value_and_gradient(recorded.function, active)
    _, *found = run(gradient, *recorded.captures, *inputs)
    for i, slope in enumerate(found):
        expected = differences(function, inputs, i)
        np.testing.assert_allclose(slope, expected, rtol=1e-6, atol=1e-7)


LAWFUL = ("fourier", "polynomials", "sets", "functional")
"""Groups of which every row with a derivative is tried by all the laws, and not by one only."""


def lawful() -> list[Row]:
    """Rows with derivatives: all of some groups, and one of each function of the others."""
    rows = [
        row
        for name in GROUPS
        for row in importlib.import_module(f"numpy_rows.{name}").ROWS
        if row[3] and (name in LAWFUL or name == "linalg")
    ]
    return rows[::3]


@pytest.mark.parametrize("row", lawful(), ids=[row[0] for row in lawful()])
def test_laws(row: Row) -> None:
    """Forward mode agrees with reverse mode, examples with batches, machine code with NumPy."""
    _, function, inputs, _ = row

    def total(*xs: Any) -> Any:
        return weighted(function(*xs))

    whole = tuple(range(len(inputs)))
    dots = [np.cos(np.arange(x.size)).reshape(x.shape).astype(x.dtype) for x in inputs]
    value, slope = la.jvp(total, tuple(inputs), tuple(dots))
    gradient = la.grad(total, whole)(*inputs)
    pairing = sum(np.sum(np.real(g * d)) for g, d in zip(gradient, dots, strict=True))
    np.testing.assert_allclose(slope, pairing, rtol=1e-9, atol=1e-9)
    _, second = la.jvp(lambda *xs: la.jvp(total, xs, tuple(dots))[1], tuple(inputs), tuple(dots))
    _, again = la.jvp(
        lambda *xs: sum(
            np.sum(np.real(g * d)) for g, d in zip(la.grad(total, whole)(*xs), dots, strict=True)
        ),
        tuple(inputs),
        tuple(dots),
    )
    np.testing.assert_allclose(second, again, rtol=1e-7, atol=1e-7)
    try:
        compiled = la.jit(total)(*inputs)
    except LinearaError:
        return  # its shapes depend on values
    np.testing.assert_allclose(compiled, value, rtol=1e-9, atol=1e-9)
    several = [np.stack([x, x]) for x in inputs]
    np.testing.assert_allclose(la.vmap(total)(*several), [value] * 2, rtol=1e-9, atol=1e-9)


def weighted(output: Any) -> Any:
    """A real number that depends on all of an output."""
    total = 0.0
    for x in leaves(output):
        weights = np.cos(np.arange(x.size)).reshape(x.shape)
        total = total + np.sum(
            np.real(x * (weights * (1 - 0.5j) if x.dtype.kind == "c" else weights))
        )
    return total


def differences(function: Any, inputs: list[Array], i: int, step: float = 1e-6) -> Array:
    """The gradient in one input by central differences; complex ones by JAX's convention."""
    result = np.zeros(inputs[i].shape, inputs[i].dtype)
    directions = [1.0, 1j] if result.dtype.kind == "c" else [1.0]
    for place in np.ndindex(result.shape):
        for direction in directions:
            ends = []
            for sign in (1, -1):
                moved = [np.array(x) for x in inputs]
                moved[i][place] += sign * step * direction
                ends.append(weighted(function(*moved)))
            slope = (ends[0] - ends[1]) / (2 * step)
            result[place] += slope * np.conj(direction)
    return result


@pytest.mark.parametrize("function", [np.std, np.nanstd])
def test_std_of_equal_numbers(function: Any) -> None:
    """The derivative is 0 where the square root has none."""
    x = np.ones((2, 3))
    recorded = record(lambda xs: np.sum(function(xs[0], axis=1)), [x])
    gradient = value_and_gradient(recorded.function, recorded.active([True]))
    _, slope = run(gradient, *recorded.captures, x)
    np.testing.assert_array_equal(slope, np.zeros_like(x))


@pytest.mark.parametrize("function", [np.max, np.min, np.argmax, np.argmin])
def test_extremes_of_nothing(function: Any) -> None:
    with pytest.raises(ValueError, match="zero-size"):
        record(lambda xs: function(xs[0]), [np.ones((0, 3))])


REFUSED = {
    **{
        f"np.{name}(x, where={mask}, initial=0)": words
        for name in ("sum", "prod", "max", "min", "nansum")
        for mask, words in (
            ("np.ones((2, 3, 4), bool)", "broadcast"),
            ("np.ones((3, 4), int)", "bools"),
        )
    },
    **{
        f"np.{name}(x[:, :1], where=np.ones((3, 4), bool))": "broadcast"
        for name in ("sum", "mean", "var", "std", "any", "all", "nanmean", "nanstd")
    },
    **{
        f"np.{name}(x, dtype={dtype})": "whole numbers"
        for name in ("mean", "var", "std", "nanmean", "nanvar", "nanstd", "cov", "corrcoef")
        for dtype in ("int", "bool", "'u1'")
    },
    **{
        f"np.{name}(x * 1j, dtype=float)": "imaginary"
        for name in ("sum", "prod", "cumsum", "cumprod", "mean", "var", "trace", "nansum")
    },
    **{f"np.{name}(x, out=np.ones(3))": "out" for name in ("nansum", "nancumsum", "nanmean")},
    "np.sum(x, initial=None)": "initial",
    "np.sum(x, axis=0, initial=np.ones(4))": "initial",
    "np.var(x, ddof=np.arange(4))": "ddof",
    "np.var(x, ddof=1, correction=1)": "correction",
    "np.cov(x, ddof=0.5)": "ddof",
    "np.percentile(x, 30, weights=x)": "weights",
    "np.cumsum(x[0, 0], axis=1)": "axis 1",
    "np.add.accumulate(x, axis=None)": "axis",
    "np.sort(x, kind='x')": "kind",
    "np.partition(x, 0, axis=2)": "axis 2",
    "np.partition(x, 1.0)": "kth",
    "np.clip(x, 0, 1, min=0)": "a_min",
    "np.isposinf(x * 1j)": "ordered",
    "np.round(x, 1.0)": "integer",
    "np.linspace(x, 1, 3.0)": "integer",
    "np.gradient(x, axis=(0, 0))": "repeated",
    "np.unwrap(x.astype('u1'), period=3)": "negative",
    "np.trapezoid(x[0], np.ones((4, 3)))": "broadcast",
    "np.moveaxis(x, (0, 1), (1, 1))": "different",
    "np.concatenate([x, x], dtype=int)": "dtype",
    "np.split(x, 1.5, axis=1)": "equal",
    "np.pad(x, 1, 'edge', constant_values=1)": "constant_values",
    "np.pad(x, 1, constant_values=1j)": "constant_values",
    "np.linalg.svd(x[0])": "two axes",
    "np.linalg.pinv(x[0])": "two axes",
    "np.linalg.cond(x[:0, :0], 'fro')": "empty",
    "np.vecdot(x, x[0, 0])": "axis -1",
}
"""By call, a word of the error: what NumPy refuses too, or computes as nobody would expect."""


@pytest.mark.parametrize("code", REFUSED)
def test_refused(code: str) -> None:
    call = eval(f"lambda xs: (lambda x: {code})(*xs)", {"np": np})
    with pytest.raises((LinearaError, ValueError, TypeError), match=REFUSED[code]):
        record(call, [np.linspace(1, 2, 12).reshape(3, 4)])


class Noted(dict[Any, Any]):
    """A table that notes what is looked up in it."""

    def __init__(self, table: dict[Any, Any]) -> None:
        super().__init__(table)
        self.missing = set(table)

    def get(self, key: Any, default: Any = None) -> Any:
        self.missing.discard(key)
        return super().get(key, default)

    def __getitem__(self, key: Any) -> Any:
        return self.get(key)


@pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore::numpy.exceptions.ComplexWarning")
def test_every_function_has_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    tables = {name: Noted(getattr(dispatch, name)) for name in ("FUNCTIONS", "UFUNCS", "METHODS")}
    for name, table in tables.items():
        monkeypatch.setattr(dispatch, name, table)
    for _, function, inputs, _ in ROWS:
        if any(table.missing for table in tables.values()):
            record(lambda xs, f=function: leaves(f(*xs)), inputs)  # type: ignore[misc]
    assert [table.missing for table in tables.values()] == [set(), set(), set()]
