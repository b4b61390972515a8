"""The examples run, and all programs between their functions and gradients obey the laws."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import costs
import demo
import digits
import gmm
import numpy as np
import pytest
import stages
from laws import check_batch, check_laws, check_second_derivative

import lineara as la

EXAMPLES = sorted(path.stem for path in Path(demo.__file__).parent.glob("*.py"))
RNG = np.random.default_rng(0)

FUNCTIONS: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "gmm": (gmm.loss, (RNG.normal(size=18), RNG.normal(size=(6, 2)))),
    "digits": (
        digits.loss,
        (digits.start(4, 3, 10, RNG), RNG.normal(size=(5, 4)), np.array([3, 1, 4, 1, 9])),
    ),
    "stages": (stages.energy, (np.array([0.0, 0.5, 1.5, 1.0]), 2.0)),
}
"""What the examples differentiate, with small data."""

each_function = pytest.mark.parametrize(
    ("function", "arguments"), FUNCTIONS.values(), ids=FUNCTIONS.keys()
)


def traced(function: Any, arguments: Any) -> tuple[Any, list[Any]]:
    """The function as a program, and its inputs."""
    program = la.trace(function)(*arguments)
    return program.main, [np.asarray(x) for x in (*program.constants, *la.tree.leaves(arguments))]


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples_have_a_main(name: str) -> None:
    module = importlib.import_module(name)
    assert module.__doc__
    assert callable(module.main)


@each_function
def test_laws(function: Any, arguments: Any) -> None:
    f, inputs = traced(function, arguments)
    check_laws(f, inputs)
    check_second_derivative(f, inputs)
    check_batch(f, inputs, [x.dtype.kind == "f" for x in inputs])


@each_function
def test_laws_of_the_gradient(function: Any, arguments: Any) -> None:
    f, inputs = traced(la.value_and_grad(function), arguments)
    check_laws(f, inputs)


@pytest.mark.parametrize("name", ["gmm", "digits"])
def test_the_gradient_is_cheap(name: str) -> None:
    function, (params, *rest) = FUNCTIONS[name]
    found = la.certificate(lambda params: function(params, *rest), params)
    work = {stage: cost.work for stage, cost in found.stages.items()}
    assert work["nonlin"] + work["lin"] == work["jvp"]
    assert found.ratio <= 4


@pytest.mark.parametrize("name", ["gmm", "digits"])
def test_finite_differences_agree(name: str) -> None:
    function, arguments = FUNCTIONS[name]
    found = la.grad(function)(*arguments)
    expected = costs.finite_differences(
        lambda params: function(params, *arguments[1:]), arguments[0]
    )
    for a, b in zip(la.tree.leaves(found), la.tree.leaves(expected), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-7)


def test_the_mixture_finds_the_species() -> None:
    (x, species), held_out = gmm.data()
    losses: list[float] = []
    result = gmm.fit(gmm.start(x, np.random.default_rng(0)), x, losses.append)
    assert losses[-1] == result.fun < losses[0]
    assert gmm.purity(result.x, x, species) > 0.9
    assert gmm.purity(result.x, *held_out) > 0.9


def test_the_network_learns_to_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digits, "EPOCHS", 10)
    train, held_out = digits.data()
    params = digits.train(*train, np.random.default_rng(0), lambda loss: None)
    assert digits.accuracy(params, *held_out) > 0.95


def test_demo(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(gmm, "STARTS", 1)
    monkeypatch.setattr(digits, "EPOCHS", 1)
    monkeypatch.setattr(digits, "HIDDEN", 2)
    monkeypatch.setenv("COLUMNS", "120")
    demo.main()
    output = capsys.readouterr().out
    for text in (*demo.CHAPTERS, "def energy.lin.T", "neural network", "held out", "accuracy"):
        assert text in output


SWITCHED = [
    *("bayesian_net", "convnet", "fluid", "gaussian_process", "ica", "lstm", "ode_fit", "rnn"),
    *("rosenbrock", "slopes"),
]
"""Examples that Autograd runs too, with its own NumPy."""


@pytest.mark.parametrize("name", SWITCHED)
def test_autograd_finds_the_same_gradient(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    autograd = pytest.importorskip("autograd")
    module = importlib.import_module(name)
    f, x = module.problem()
    found = la.tree.leaves(la.grad(f)(x))
    monkeypatch.setattr(module, "np", importlib.import_module("autograd.numpy"))
    for a, b in zip(found, la.tree.leaves(autograd.grad(f)(x)), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", SWITCHED)
def test_small_examples_run(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    importlib.import_module(name).main()
    assert capsys.readouterr().out
