"""Functions of functions: along an axis, over axes, element by element."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from lineara.errors import ShapeMismatchError, UnsupportedError
from lineara.frontend.core import axis_of, broadcast_shapes, broadcast_to, shape_of, traced
from lineara.frontend.trace import Traced
from lineara.where import user_source


def apply_along_axis(func1d: Any, axis: Any, arr: Any, *args: Any, **kwargs: Any) -> Any:
    """The results of a function of vectors for each vector along an axis, where this axis was."""
    x: Any = traced(arr)
    axis = axis_of(axis, x.ndim)
    rows: Any = np.moveaxis(x, axis, -1)
    outer = rows.shape[:-1]
    if 0 in outer:
        raise ValueError("Cannot apply_along_axis when any iteration dimensions are 0")
    results = [traced(func1d(rows[i], *args, **kwargs)) for i in np.ndindex(outer)]
    inner = results[0].shape
    joined = np.reshape(np.stack(results), outer + inner)
    places = range(len(outer), len(outer) + len(inner))
    return np.moveaxis(joined, list(places), [axis + i for i in range(len(inner))])


def apply_over_axes(func: Any, a: Any, axes: Any) -> Any:
    """A function of an array and an axis, for one axis after the other, none of them lost."""
    x: Any = traced(a)
    for axis in np.atleast_1d(axes).tolist():
        axis = axis_of(axis, x.ndim)
        result = func(x, axis)
        if np.ndim(result) != x.ndim:
            result = np.expand_dims(result, axis)
        if np.ndim(result) != x.ndim:
            raise ValueError("function is not returning an array of the correct shape")
        x = result
    return x


def einsum_path(*operands: Any, optimize: Any = "greedy", **options: Any) -> Any:
    """The order of contraction, which depends on shapes alone."""
    shapes: list[Any] = [
        np.broadcast_to(np.float64(0), x.value.shape) if isinstance(x, Traced) else x
        for x in operands
    ]
    return np.einsum_path(*shapes, optimize=optimize, **options)


class Vectorized(np.vectorize):
    """``np.vectorize`` on traced arrays: the function is traced for each element."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The results for each element, or for each part that the signature names."""
        if not any(isinstance(x, Traced) for x in (*args, *kwargs.values())):
            return super().__call__(*args, **kwargs)
        if self.excluded or kwargs:
            raise UnsupportedError(
                "np.vectorize takes arguments by position only, and leaves none out, on traced "
                "arrays",
                where=user_source(),
                found=f"excluded={set(self.excluded)}, {len(kwargs)} arguments by name",
                remedy="pass a function of the arrays alone: lambda x: f(x, option)",
            )
        if self.signature is None:
            return _each(self.pyfunc, [traced(x) for x in args], [0] * len(args))
        cores = re.findall(r"\(([^)]*)\)", self.signature.partition("->")[0])
        sizes: dict[str, int] = {}
        ranks = [len(names.split(",")) if names.strip() else 0 for names in cores]
        if len(ranks) != len(args):
            raise ShapeMismatchError(
                "a vectorized function has another number of arguments than its signature",
                where=user_source(),
                found=f"{len(args)} arguments for {self.signature!r}",
            )
        for names, rank, x in zip(cores, ranks, args, strict=True):
            lengths = shape_of(x)[len(shape_of(x)) - rank :]
            for name, n in zip(
                names.replace(" ", "").split(",") if rank else (), lengths, strict=True
            ):
                if sizes.setdefault(name, n) != n:
                    raise ShapeMismatchError(
                        f"a dimension of the signature {self.signature!r} has two lengths",
                        where=user_source(),
                        found=f"{sizes[name]} and {n} for {name!r}",
                    )
        return _each(self.pyfunc, [traced(x) for x in args], ranks)


def _each(function: Callable[..., Any], arrays: Sequence[Any], ranks: Sequence[int]) -> Any:
    """The results of a function for each part of the last `ranks` axes, the others broadcast."""
    outer = [x.shape[: x.ndim - r] for x, r in zip(arrays, ranks, strict=True)]
    common = broadcast_shapes(*(np.empty(shape) for shape in outer))
    if 0 in common:
        raise ValueError("cannot call `vectorize` on size 0 inputs unless `otypes` is set")
    full = [
        broadcast_to(x, common + x.shape[len(shape) :])
        for x, shape in zip(arrays, outer, strict=True)
    ]
    results = [function(*(x[i] for x in full)) for i in np.ndindex(common)]
    if not isinstance(results[0], tuple):
        return _joined(results, common)
    return tuple(_joined(part, common) for part in zip(*results, strict=True))


def _joined(results: Sequence[Any], shape: tuple[int, ...]) -> Any:
    joined: Any = np.stack([traced(x) for x in results])
    return np.reshape(joined, shape + joined.shape[1:])


FUNCTIONS: dict[Callable[..., Any], Callable[..., Any]] = {
    np.apply_along_axis: apply_along_axis,
    np.apply_over_axes: apply_over_axes,
    np.einsum_path: einsum_path,
}
