"""`scipy.special`: its ufuncs, which take traced arrays as they are, and functions like them.

A ufunc that is not supported raises an error that names it when it meets a traced array.
"""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np
import scipy.special

from lineara.frontend.core import apply, elementwise
from lineara.frontend.numpy import UFUNCS
from lineara.frontend.stop import stop_gradient
from lineara.numpy import Function as Reading
from lineara.ops import incomplete, special
from lineara.scipy.calls import constant, floats, has_traced, like, refused


def __getattr__(name: str) -> Any:
    ufunc = getattr(scipy.special, name, None)
    if not isinstance(ufunc, np.ufunc):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return Reading(ufunc)


def __dir__() -> list[str]:
    known = {ufunc for ufunc, method in UFUNCS if method == "__call__"}
    ufuncs = [n for n, f in vars(scipy.special).items() if isinstance(f, np.ufunc) and f in known]
    return sorted([*globals(), *ufuncs])


@like("scipy.special.polygamma")
def polygamma(n: Any, x: Any) -> Any:
    order = np.asarray(constant(n, "n", "scipy.special.polygamma"))
    if order.ndim or order < 0 or order != int(order):
        raise refused(
            "scipy.special.polygamma", "n", repr(n), "pass one whole number that is not negative"
        )
    (y,) = floats(x)
    return apply(special.Polygamma(int(order)), y) if order else scipy.special.digamma(y)


@like("scipy.special.zeta")
def zeta(x: Any, q: Any = None) -> Any:
    if q is None:
        raise refused(
            "scipy.special.zeta", "x", "a traced array", "there is a derivative in q: zeta(x, q)"
        )
    return elementwise(incomplete.zeta, *floats(x, q))


@like("scipy.special.multigammaln")
def multigammaln(a: Any, d: Any) -> Any:
    n = operator.index(constant(d, "d", "scipy.special.multigammaln"))
    (x,) = floats(a)
    terms = scipy.special.gammaln(x[..., None] - np.arange(n) / 2)
    return n * (n - 1) / 4 * math.log(math.pi) + np.sum(terms, axis=-1)


@like("scipy.special.sinc")
def sinc(x: Any) -> Any:
    return np.sinc(x)


@like("scipy.special.logsumexp")
def logsumexp(
    a: Any, axis: Any = None, b: Any = None, keepdims: bool = False, return_sign: bool = False
) -> Any:
    x: Any
    (x,) = floats(a)
    if b is None:
        top = _top(x, axis)
    else:
        x, weights = np.broadcast_arrays(*floats(x, b))
        counted = np.where(weights == 0, -np.inf, x)
        top = _top(counted, axis)
        x = x if has_traced(b) else counted  # the derivative in a weight of 0 is not 0
    terms = np.exp(x - top) if b is None else weights * np.exp(x - top)
    total = np.sum(terms, axis=axis, keepdims=True)
    sign = np.sign(total)
    size: Any = np.abs(total) if return_sign else total
    empty = size == 0
    result = np.where(empty, -np.inf, np.log(np.where(empty, 1.0, size)) + top)
    if not keepdims:
        result, sign = (np.squeeze(y, axis=axis) for y in (result, sign))
    return (result, sign) if return_sign else result


def _top(x: Any, axis: Any) -> Any:
    """What is subtracted before `exp`, which changes nothing but the size of numbers on the way."""
    top = stop_gradient(np.max(x, axis=axis, keepdims=True, initial=-np.inf))
    return np.where(np.isfinite(top), top, 0.0)


@like("scipy.special.softmax")
def softmax(x: Any, axis: Any = None) -> Any:
    (y,) = floats(x)
    terms = np.exp(y - _top(y, axis))
    return terms / np.sum(terms, axis=axis, keepdims=True)


@like("scipy.special.log_softmax")
def log_softmax(x: Any, axis: Any = None) -> Any:
    (y,) = floats(x)
    shifted = y - _top(y, axis)
    return shifted - np.log(np.sum(np.exp(shifted), axis=axis, keepdims=True))
