"""`associative_scan`: all prefixes of a sequence, combined in a tree."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from lineara import tree
from lineara.errors import ShapeMismatchError
from lineara.frontend.arguments import checked_function
from lineara.frontend.core import axis_of, shape_of
from lineara.where import source_of, user_source


def associative_scan(
    fn: Callable[[Any, Any], Any], elems: Any, reverse: bool = False, axis: int = 0
) -> Any:
    """The running combinations of elements along an axis, by an associative function.

    Args:
        fn: combines two pytrees of arrays like `elems`, element by element along the axis. It has
            to be associative, and is called about 2 log₂(n) times, on n elements in all.
        elems: a pytree of arrays with n elements along the axis.
        reverse: whether to combine from the last element backwards.
        axis: the axis.

    Returns:
        A pytree like `elems`; its k-th elements combine those of `elems` up to the k-th.

    Raises:
        ShapeMismatchError: if the lengths along the axis do not agree, or `fn` returns arrays of
            other shapes than it is given.
        AxisRangeError: if there is no such axis.

    The scheme is Ladner and Fischer's (1980): combine neighbours, scan the half as many results,
    and combine these with the elements in between.

    >>> import numpy as np, lineara as la
    >>> la.associative_scan(np.multiply, np.array([1.0, 2.0, 3.0, 4.0]))
    array([ 1.,  2.,  6., 24.])
    """
    checked_function(fn, "associative_scan")
    leaves, structure = tree.flatten(elems)
    leaves = [np.moveaxis(x, axis_of(axis, len(shape_of(x))), 0) for x in leaves]
    if len({x.shape[0] for x in leaves}) > 1:
        raise ShapeMismatchError(
            "associative_scan goes along axes of one length",
            where=user_source(),
            found=", ".join(str(x.shape[0]) for x in leaves),
        )

    def combine(left: list[Any], right: list[Any]) -> list[Any]:
        parts = (
            tree.unflatten(structure, [np.moveaxis(x, 0, axis) for x in side])
            for side in (left, right)
        )
        combined = tree.leaves(fn(*parts))
        given = [np.moveaxis(x, 0, axis).shape for x in left]
        if [shape_of(x) for x in combined] != given:
            raise ShapeMismatchError(
                "the function of an associative_scan returns what is shaped like its arguments",
                where=source_of(fn),
                found=", ".join(str(shape_of(x)) for x in combined),
                expected=", ".join(map(str, given)),
            )
        return [np.moveaxis(x, axis, 0) for x in combined]

    if reverse:
        leaves = [x[::-1] for x in leaves]
    results = _prefixes(combine, leaves)
    if reverse:
        results = [x[::-1] for x in results]
    return tree.unflatten(structure, [np.moveaxis(x, 0, axis) for x in results])


def _prefixes(combine: Callable[[list[Any], list[Any]], list[Any]], x: list[Any]) -> list[Any]:
    n = x[0].shape[0] if x else 0
    if n < 2:
        return x
    pairs = combine([a[: n - 1 : 2] for a in x], [a[1::2] for a in x])
    odd = _prefixes(combine, pairs)
    if n == 2:
        even = [a[:1] for a in x]
    else:
        between = combine([a[: (n - 1) // 2] for a in odd], [a[2::2] for a in x])
        even = [np.concatenate([a[:1], b]) for a, b in zip(x, between, strict=True)]
    return [_interleaved(a, b) for a, b in zip(even, odd, strict=True)]


def _interleaved(even: Any, odd: Any) -> Any:
    """even[0], odd[0], even[1], odd[1], …; there may be one more of the first kind."""
    count = odd.shape[0]
    both = np.stack([even[:count], odd], axis=1).reshape((2 * count, *odd.shape[1:]))
    return both if even.shape[0] == count else np.concatenate([both, even[count:]])
