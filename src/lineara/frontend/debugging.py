"""`debug_nans`: where the first NaN comes from."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from lineara.backends.nans import watching


@contextmanager
def debug_nans(enabled: bool = True) -> Iterator[None]:
    """While it lasts, programs run on the interpreter, which stops at the first NaN that is made.

    The error names the line that made it, and says whether it is in the function or in its
    derivative. Calls of jitted functions are included, but not those that are bound to arrays by
    `bind`. ``LINEARA_DEBUG_NANS=1`` in the environment turns it on for a whole process.

    Args:
        enabled: whether it is on; ``debug_nans(False)`` is an exception within.

    Raises:
        NanError: in a program that makes NaN of numbers that are none.

    >>> import numpy as np, lineara as la
    >>> def f(x):
    ...     return np.sum(np.where(x > 0, np.sqrt(x), 0.0))
    >>> la.grad(f)(np.array([0.0, 4.0]))
    array([ nan, 0.25])
    >>> with la.debug_nans():
    ...     la.grad(f)(np.array([0.0, 4.0]))
    Traceback (most recent call last):
    lineara.errors.NanError: the first NaN is made here, in its derivative, on the way back
      at: <doctest lineara.frontend.debugging.debug_nans[1]>:2: ...
      found: mul of f64[2], f64[2] is NaN in 1 of 2 elements; an operand became infinite at ...
      expected: numbers for which the function and its derivative are defined
      instead: keep the argument where the function is smooth, ...
    """
    token = watching.set(enabled)
    try:
        yield
    finally:
        watching.reset(token)
