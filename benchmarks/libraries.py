"""The libraries that run a workload's own code: each with the names that lineara and JAX share."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy


class Library(NamedTuple):
    """What a workload is written with.

    ``wait`` returns when its argument is there; ``array`` makes what the library computes with.
    """

    name: str
    np: Any
    jit: Callable[..., Any]
    grad: Callable[..., Any]
    jvp: Callable[..., Any]
    jacfwd: Callable[..., Any]
    jacrev: Callable[..., Any]
    hessian: Callable[..., Any]
    vmap: Callable[..., Any]
    scan: Callable[..., Any]
    fori_loop: Callable[..., Any]
    array: Callable[..., Any]
    wait: Callable[..., Any]
    map: Callable[..., Any]
    set: Callable[..., Any]
    """``set(array, index, value)``: the array with an element replaced."""
    compiled: Callable[..., Any]
    """``compiled(jitted, *arguments)``: the function, compiled for such arguments but not run."""


def native():
    return _lineara("native")


def interpreter():
    return _lineara("numpy")


def _lineara(backend):
    import lineara as la

    def put(array, index, value):
        array[index] = value
        return array

    def compiled(jitted, *arguments):
        jitted.inspect(*arguments)
        return jitted

    return Library(
        {"native": "lineara", "numpy": "lineara, interpreted"}[backend],
        numpy,
        partial(la.jit, backend=backend),
        *(la.grad, la.jvp, la.jacfwd, la.jacrev, la.hessian, la.vmap, la.scan, la.fori_loop),
        array=numpy.asarray,
        wait=lambda x: x,
        map=la.tree.map,
        set=put,
        compiled=compiled,
    )


def jax():
    import jax
    import jax.numpy as jnp

    return Library(
        "JAX",
        jnp,
        jax.jit,
        *(jax.grad, jax.jvp, jax.jacfwd, jax.jacrev, jax.hessian, jax.vmap),
        *(jax.lax.scan, jax.lax.fori_loop),
        array=jnp.asarray,
        wait=jax.block_until_ready,
        map=jax.tree.map,
        set=lambda array, index, value: array.at[index].set(value),
        compiled=lambda jitted, *arguments: jitted.lower(*arguments).compile(),
    )


LIBRARIES = {"lineara": native, "interpreter": interpreter, "jax": jax}
