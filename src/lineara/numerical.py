"""Checking derivatives against finite differences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from lineara import tree
from lineara.api import jvp, vjp
from lineara.errors import LinearaError, TypeMismatchError
from lineara.frontend.arguments import checked_function
from lineara.frontend.custom import CustomFunction
from lineara.frontend.fitting import line_of
from lineara.frontend.rules import Rules
from lineara.ir.types import Array
from lineara.where import user_source

TOLERANCES = {
    np.dtype(np.float32): 1e-2,
    np.dtype(np.complex64): 1e-2,
    np.dtype(np.float64): 1e-5,
    np.dtype(np.complex128): 1e-5,
}


class GradientCheckError(LinearaError, AssertionError):
    """A derivative and its finite-difference estimate disagree."""


def check_grads(
    f: Callable[..., Any],
    args: Sequence[Any],
    order: int,
    modes: Sequence[str] = ("fwd", "rev"),
    atol: float | None = None,
    rtol: float | None = None,
    eps: float | None = None,
) -> None:
    """Compares derivatives of `f` with finite differences, in random directions.

    Args:
        f: a function of arrays, or pytrees of arrays, of float or complex dtype.
        args: the point.
        order: up to which order of differentiation.
        modes: "fwd" for `jvp`, "rev" for `vjp`.
        atol: absolute tolerance; by default by dtype.
        rtol: relative tolerance likewise.
        eps: the step; by default by dtype.

    Raises:
        GradientCheckError: if they disagree.
        TypeMismatchError: for arguments of this function that mean nothing.

    >>> import numpy as np, lineara as la
    >>> la.check_grads(lambda x: np.sum(np.exp(x)), (np.array([0.0, 1.0]),), order=2)
    """
    _check_arguments(f, args, order, modes)
    args = tuple(tree.map(np.asarray, args))
    direction = _random_like(args, seed=order)
    expected = _difference_quotient(f, args, direction, eps)
    if "fwd" in modes:
        _, tangent = jvp(f, args, direction)
        _compare(f"jvp of {_name(f)}", tangent, expected, atol, rtol)
    if "rev" in modes:
        out, pullback = vjp(f, *args)
        weights = _random_like(out, seed=order + 1)
        found = _dot(pullback(weights), direction)
        _compare(f"vjp of {_name(f)}", found, _dot(weights, expected), atol, rtol)
    if order > 1:
        for mode in modes:
            derivative = _forward(f, direction) if mode == "fwd" else _reverse(f, args)
            check_grads(derivative, args, order - 1, (mode,), atol, rtol, eps)


def check_custom(
    f: Callable[..., Any],
    *args: Any,
    atol: float | None = None,
    rtol: float | None = None,
    eps: float | None = None,
) -> None:
    """Compares what the rules of `f` say with what `f` does.

    The output that they return is compared with that of `f`, the tangents of forward mode and the
    cotangents of reverse mode with finite differences, in random directions.

    Args:
        f: a function with rules, made by `custom_jvp` or `custom_vjp`, or one that uses such
            functions, or `linear_call`, `root`, ….
        *args: the point. Derivatives are with respect to floats and complex numbers.
        atol: absolute tolerance; by default by dtype.
        rtol: relative tolerance likewise.
        eps: the step; by default by dtype.

    Raises:
        GradientCheckError: if they disagree; it names the rule.

    >>> import numpy as np, lineara as la
    >>> @la.custom_jvp
    ... def f(x):
    ...     return np.sin(x)
    >>> f.defjvps(lambda dot, y, x: -np.cos(x) * dot)
    >>> la.check_custom(f, 1.0)
    Traceback (most recent call last):
    lineara.numerical.GradientCheckError: the jvp rule of f disagrees with finite differences
    ...
    """
    checked_function(f, "check_custom")
    leaves, structure = tree.flatten(args)
    moving = [np.asarray(x).dtype.kind in "fc" for x in leaves]
    point = tuple(np.asarray(x) for x, m in zip(leaves, moving, strict=True) if m)

    def g(*point: Any) -> Any:
        given = iter(point)
        whole = (next(given) if m else x for x, m in zip(leaves, moving, strict=True))
        return f(*tree.unflatten(structure, whole))

    plain = g(*point)
    direction, weights = _random_like(point, seed=1), _random_like(plain, seed=2)
    expected = _difference_quotient(g, point, direction, eps)
    value, tangent = jvp(g, point, direction)
    out, pullback = vjp(g, *point)
    found = _dot(pullback(weights), direction)
    rules = f.rules if isinstance(f, CustomFunction) else Rules()
    for reverse in (False, True):
        first, second = (rules.bwd, rules.jvp) if reverse else (rules.jvp, rules.bwd)
        kind = "jvp" if (first or second) is rules.jvp else "vjp"
        what = f"{kind} rule of {_name(f)}" if first or second else f"derivative of {_name(f)}"
        try:
            output = out if reverse else value
            _compare(f"output of the {what}", output, plain, atol, rtol, "the function")
            if reverse:
                _compare(what, found, _dot(weights, expected), atol, rtol)
            else:
                _compare(what, tangent, expected, atol, rtol)
        except GradientCheckError as error:
            error.where = line_of(first or second) or error.where
            error.remedy = "correct the rule, or choose a point where the function is smooth"
            raise


def _check_arguments(f: Any, args: Any, order: Any, modes: Any) -> None:
    """Refuses what would make the comparison fail for another reason, or compare nothing."""
    checked_function(f, "check_grads")
    dtypes = {np.asarray(x).dtype for x in tree.leaves(args)}
    faults = [
        ("args", args, "the tuple of arguments of f", not isinstance(args, tuple | list)),
        ("args", args, "arrays of float or complex dtype", any(d.kind not in "fc" for d in dtypes)),
        ("order", order, "1, 2, …", not isinstance(order, int) or order < 1),
        ("modes", modes, 'a tuple of "fwd" and "rev"', not _are_modes(modes)),
    ]
    for name, found, expected, is_fault in faults:
        if is_fault:
            raise TypeMismatchError(
                f"check_grads does not take this as {name}",
                where=user_source(),
                found=repr(found),
                expected=expected,
            )


def _are_modes(modes: Any) -> bool:
    return isinstance(modes, tuple | list) and bool(modes) and set(modes) <= {"fwd", "rev"}


def _forward(f: Callable[..., Any], direction: Any) -> Callable[..., Any]:
    return lambda *args: jvp(f, args, direction)[1]


def _reverse(f: Callable[..., Any], args: Any) -> Callable[..., Any]:
    weights = _random_like(vjp(f, *args)[0], seed=11)
    return lambda *inner: vjp(f, *inner)[1](weights)


def _difference_quotient(
    f: Callable[..., Any], args: Any, direction: Any, eps: float | None
) -> Any:
    """Central differences with three step sizes, extrapolated to step zero (Richardson)."""
    single = any(x.dtype.itemsize // (1 + (x.dtype.kind == "c")) == 4 for x in tree.leaves(args))
    step = eps if eps is not None else 5e-2 if single else 2e-3

    def difference(h: float) -> list[Array]:
        up = f(*tree.map(lambda x, v: np.asarray(x + h * v, x.dtype), args, direction))
        down = f(*tree.map(lambda x, v: np.asarray(x - h * v, x.dtype), args, direction))
        return [
            (np.asarray(a) - np.asarray(b)) / (2 * h)
            for a, b in zip(tree.leaves(up), tree.leaves(down), strict=True)
        ]

    table = [difference(step / 2**k) for k in range(3)]
    for factor in (4.0, 16.0):
        table = [
            [(factor * b - a) / (factor - 1) for a, b in zip(rough, fine, strict=True)]
            for rough, fine in pairwise(table)
        ]
    return tree.unflatten(tree.structure(f(*args)), table[0])


def _compare(
    what: str,
    found: Any,
    expected: Any,
    atol: float | None,
    rtol: float | None,
    other: str = "finite differences",
) -> None:
    for a, b in zip(tree.leaves(found), tree.leaves(expected), strict=True):
        a = np.asarray(a)
        tolerance = TOLERANCES.get(a.dtype, 1e-5)
        scale = float(np.max(np.abs(b), initial=1.0))
        absolute = tolerance * scale if atol is None else atol
        relative = tolerance if rtol is None else rtol
        if not np.allclose(a, b, rtol=relative, atol=absolute, equal_nan=True):
            raise GradientCheckError(
                f"the {what} disagrees with {other}",
                where=user_source(),
                found=f"{_short(a)} (largest difference {np.max(np.abs(a - b)):.3g})",
                expected=f"{_short(b)} up to {relative:g} relative, {absolute:g} absolute",
                remedy="look for a point where the function is not differentiable, or a "
                "stop_gradient; otherwise this is a bug in lineara, please report it",
            )


def _short(x: Any) -> str:
    return np.array2string(np.asarray(x), precision=6, threshold=20)


def _dot(a: Any, b: Any) -> Array:
    pairs = zip(tree.leaves(a), tree.leaves(b), strict=True)
    return np.asarray(sum(np.sum(np.real(np.asarray(x) * np.asarray(y))) for x, y in pairs))


def _random_like(value: Any, seed: int) -> Any:
    random = np.random.default_rng(seed)

    def like(x: Any) -> Array:
        x = np.asarray(x)
        v = random.standard_normal(x.shape)
        if x.dtype.kind == "c":
            v = v + 1j * random.standard_normal(x.shape)
        return np.asarray(v, x.dtype)

    return tree.map(like, value)


def _name(f: Callable[..., Any]) -> str:
    return getattr(f, "__name__", "the function")
