"""The contenders: each makes a gradient function of a problem, or is not installed."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from typing import Any

from problems import Problem

Gradient = Callable[..., Any]


def lineara(problem: Problem) -> Iterator[tuple[str, Gradient]]:
    import numpy as np

    import lineara as la

    gradient = la.grad(problem.numpy(np), tuple(range(len(problem.arguments))))
    yield "lineara", gradient
    yield "lineara, jitted", la.jit(gradient)


def autograd(problem: Problem) -> Iterator[tuple[str, Gradient]]:
    numpy = importlib.import_module("autograd.numpy")
    grad = importlib.import_module("autograd").grad
    yield "Autograd", grad(problem.numpy(numpy), tuple(range(len(problem.arguments))))


def torch(problem: Problem) -> Iterator[tuple[str, Gradient]]:
    library = importlib.import_module("torch")
    library.set_num_threads(1)
    function = problem.torch(library)

    def gradient(*arguments: Any) -> Any:
        tensors = [library.tensor(x, requires_grad=True) for x in arguments]
        function(*tensors).backward()
        return [x.grad.numpy() for x in tensors]

    yield "PyTorch, eager", gradient


def jax(problem: Problem) -> Iterator[tuple[str, Gradient]]:
    library = importlib.import_module("jax")
    library.config.update("jax_enable_x64", True)
    numpy = importlib.import_module("jax.numpy")
    gradient = library.grad(problem.numpy(numpy), tuple(range(len(problem.arguments))))

    def finished(call: Gradient) -> Gradient:
        return lambda *arguments: library.block_until_ready(call(*arguments))

    yield "JAX, not jitted", finished(gradient)
    yield "JAX, jitted", finished(library.jit(gradient))


LIBRARIES = (lineara, autograd, torch, jax)
