"""A jitted function bound to arrays computes what calling it computes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

import lineara as la
from lineara.errors import LinearaError

BACKENDS = ["native", "numpy"]


def model(params: Any, x: Any) -> Any:
    y = np.tanh(x @ params["w"] + params["b"])
    return {"loss": np.sum(y**2), "outputs": [y, y > 0]}


@pytest.mark.parametrize("backend", BACKENDS)
def test_arrays_are_read_and_written_in_place(backend: str) -> None:
    rng = np.random.default_rng(0)
    f = la.jit(model, backend=backend)
    params, x = {"w": rng.normal(size=(3, 2)), "b": 0.5}, rng.normal(size=(5, 3))
    out = {"loss": np.empty(()), "outputs": [np.empty((5, 2)), np.empty((5, 2), bool)]}
    call = f.bind(params, x, out=out)
    own = f.bind(params, x)
    for _ in range(3):
        params["w"] *= -1.5  # type: ignore[operator]
        x[1:] += 1.0
        expected = f(params, x)
        assert call() is out
        mine = own()
        for found in (out, mine):
            np.testing.assert_array_equal(found["loss"], expected["loss"])
            for y, z in zip(found["outputs"], expected["outputs"], strict=True):
                np.testing.assert_array_equal(y, z, strict=True)
        assert own() is mine


@pytest.mark.parametrize("backend", BACKENDS)
def test_arrays_of_its_surroundings(backend: str) -> None:
    matrix, x = np.arange(6.0).reshape(2, 3).T, np.ones(2)
    call = la.jit(lambda x: matrix @ x + matrix[0, 1], backend=backend).bind(x)
    for _ in range(2):
        np.testing.assert_array_equal(call(), matrix @ x + matrix[0, 1])
        x += 1.0


@pytest.mark.parametrize("backend", BACKENDS)
def test_errors_of_the_run(backend: str) -> None:
    x, i = np.arange(4.0), np.array(2)
    call = la.jit(lambda x, i: x[i] * 2, backend=backend).bind(x, i)
    assert call() == 4.0
    i[...] = 9
    with pytest.raises(LinearaError, match="index"):
        call()
    i[...] = 3
    assert call() == 6.0


def test_threads_take_turns() -> None:
    x = np.linspace(0.0, 1.0, 1000)

    def long(x: Any) -> Any:
        return la.fori_loop(0, 3000, lambda i, y: np.sin(y) + x, x)

    call = la.jit(long).bind(x)
    expected = call().copy()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: call(), range(8)))
    np.testing.assert_array_equal(call(), expected)


def _overlapping() -> tuple[Any, Any]:
    x = np.ones(4)
    return x, x[::1]


def _read_only() -> Any:
    y = np.ones(4)
    y.flags.writeable = False
    return np.ones(4), y


WRONG: dict[str, tuple[Any, Any, str]] = {
    "strides": (np.ones(8)[::2], None, "C order"),
    "byte order": (np.ones(4).astype(">f8"), None, "byte order"),
    "misaligned": (np.zeros(33, np.uint8)[1:].view(np.float64), None, "aligned"),
    "strides of out": (np.ones(4), np.ones(8)[::2], "C order"),
    "read only": (*_read_only(), "read only"),
    "overlap": (*_overlapping(), "memory of their own"),
    "shape": (np.ones(4), np.ones(5), r"shape \(4,\)"),
    "dtype": (np.ones(4), np.ones(4, np.float32), "float64"),
    "structure": (np.ones(4), [np.ones(4)], "built like the result"),
    "number": (np.ones(4), 3.0, "object of type float"),
}


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_bound(name: str, backend: str) -> None:
    x, out, words = WRONG[name]
    with pytest.raises(LinearaError, match=words) as caught:
        la.jit(lambda x: x * 2, backend=backend).bind(x, out=out)
    assert "test_bind.py" in str(caught.value)


def test_results_apart_from_each_other() -> None:
    y = np.ones(4)
    with pytest.raises(LinearaError, match="memory of their own"):
        la.jit(lambda x: (x * 2, x * 3)).bind(np.ones(4), out=(y, y))


def test_traced_arrays_are_refused() -> None:
    with pytest.raises(LinearaError, match="bind takes arrays"):
        la.grad(lambda x: la.jit(np.sin).bind(x)())(1.0)
