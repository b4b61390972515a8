"""`vmap`: a function of one example, applied to many at once."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import optree

from lineara import tree
from lineara.errors import LinearaError, ShapeMismatchError, TypeMismatchError
from lineara.frontend.arguments import function_name, leaf_names, parameter_names
from lineara.frontend.trace import type_of_leaf
from lineara.frontend.tracing import apply, record, weak_type
from lineara.ir.types import ArrayType
from lineara.transforms.batch import vectorise
from lineara.transforms.simplify import simplify
from lineara.where import user_source


def vmap(
    fun: Callable[..., Any], in_axes: Any = 0, out_axes: Any = 0, axis_size: int | None = None
) -> Callable[..., Any]:
    """`fun` for many examples at once, which lie along an axis of the arguments.

    Each operation of `fun` becomes one on all examples; there is no loop in Python. Python code in
    `fun` runs once, so it cannot branch on values that differ between examples.

    Args:
        fun: a function of one example: arrays, or pytrees of arrays.
        in_axes: for each positional argument (or for all, if it is one int) the axis that the
            examples lie along; None for an argument that is the same for all. Instead of an int a
            pytree of them, which may end above the leaves of the argument. Keyword arguments are
            mapped along axis 0.
        out_axes: likewise for the output; None where it is the same for all examples.
        axis_size: the number of examples; needed only if no argument is mapped.

    Returns:
        A function of arguments with those axes.

    Raises:
        ShapeMismatchError: at the call, if the axes have different lengths or are not there.
        TracingError: at the call, if `fun` needs the value of a mapped argument.

    >>> import numpy as np, lineara as la
    >>> la.vmap(lambda x, y: x @ y, in_axes=(0, None))(np.ones((2, 3)), np.ones(3))
    array([3., 3.])
    """

    def mapped(*args: Any, **kwargs: Any) -> Any:
        leaves, structure = tree.flatten((args, kwargs))
        axes = _input_axes(in_axes, args, kwargs)
        types = [type_of_leaf(x) for x in leaves]
        axes = [_within(axis, type) for axis, type in zip(axes, types, strict=True)]
        size = _size(types, axes, axis_size)

        def call(examples: list[Any]) -> Any:
            positional, named = tree.unflatten(structure, examples)
            return fun(*positional, **named)

        names = parameter_names(fun, len(args))
        recorded = record(
            call,
            [
                x if axis is None else _one(type, axis)
                for x, type, axis in zip(leaves, types, axes, strict=True)
            ],
            weak=[
                weak_type(x) if axis is None else None for x, axis in zip(leaves, axes, strict=True)
            ],
            name=function_name(fun),
            hints=[
                leaf_names(names, [tuple(path)])[0] if part == 0 else ".".join(map(str, path))
                for part, *path in structure.paths()
            ],
        )
        outputs = tree.unflatten(recorded.structure, range(recorded.outputs))
        out = _expanded(out_axes, outputs, "out_axes")
        batched = recorded.active([axis is not None for axis in axes])
        made = vectorise(recorded.function, size, batched, tuple(a is not None for a in out))
        _check_unmapped(out, made.batched)
        inputs = [_moved(x, axis, 0) for x, axis in zip(leaves, axes, strict=True)]
        results = apply(simplify(made.function), [*recorded.captures, *inputs])
        return tree.unflatten(
            recorded.structure,
            [
                _moved(x, 0, _within(axis, type_of_leaf(x)))
                for x, axis in zip(results, out, strict=True)
            ],
        )

    mapped.__wrapped__ = fun  # type: ignore[attr-defined]
    mapped.__name__ = f"vmap_{function_name(fun)}"
    mapped.__doc__ = f"vmap of {getattr(fun, '__name__', 'a function')}.\n\n{fun.__doc__ or ''}"
    return mapped


def _moved(x: Any, source: int | None, target: int | None) -> Any:
    return x if source == target or None in (source, target) else np.moveaxis(x, source, target)  # type: ignore[arg-type]


def _one(type: ArrayType, axis: int) -> ArrayType:
    """The type of one example."""
    return type.with_shape(type.shape[:axis] + type.shape[axis + 1 :])


def _input_axes(in_axes: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[int | None]:
    if isinstance(in_axes, list):
        in_axes = tuple(in_axes)
    if isinstance(in_axes, tuple) and len(in_axes) != len(args):
        raise TypeMismatchError(
            "in_axes has one entry for each positional argument",
            where=user_source(),
            found=f"{len(in_axes)} entries for {len(args)} arguments",
            remedy="give one int for all, or one entry for each; keywords are mapped along axis 0",
        )
    return [*_expanded(in_axes, args, "in_axes"), *([0] * len(tree.leaves(kwargs)))]


def _expanded(axes: Any, full: Any, name: str) -> list[int | None]:
    """One entry for each leaf of `full`, from a tree that may end above the leaves."""
    if axes is None or not isinstance(axes, tuple | list | dict):
        return [_axis(axes, name)] * len(tree.leaves(full))
    parts, metadata = _children(full)
    prefixes, own = _children(axes)
    if type(axes) is not type(full) or metadata != own or len(parts) != len(prefixes):
        raise TypeMismatchError(
            f"{name} does not fit the structure of what it is for",
            where=user_source(),
            found=f"{axes!r} for a {type(full).__name__}",
            expected="ints and None in the same structure, or one of them for a whole part",
        )
    return [
        x
        for prefix, part in zip(prefixes, parts, strict=True)
        for x in _expanded(prefix, part, name)
    ]


def _children(node: Any) -> tuple[list[Any], Any]:
    """The children of a node of a pytree, and what else it is made of."""
    if tree.structure(node).is_leaf():
        return [], None
    children, metadata, *_ = optree.tree_flatten_one_level(node, namespace=tree.NAMESPACE)
    return list(children), metadata


def _axis(axis: Any, name: str) -> int | None:
    if axis is None:
        return None
    try:
        return operator.index(axis)
    except TypeError:
        raise TypeMismatchError(
            f"{name} says along which axes the examples lie",
            where=user_source(),
            found=repr(axis),
            expected="an int, None, or a pytree of them",
        ) from None


def _within(axis: int | None, type: ArrayType) -> int | None:
    if axis is None:
        return None
    if not -type.ndim <= axis < type.ndim:
        raise ShapeMismatchError(
            f"vmap maps along axis {axis}, which is not there",
            where=user_source(),
            found=f"an array of shape {type.shape}",
            remedy="choose another axis with in_axes or out_axes, or None for a value that is "
            "the same for all examples",
        )
    return axis % type.ndim


def _size(types: Sequence[ArrayType], axes: Sequence[int | None], given: int | None) -> int:
    sizes = {t.shape[a] for t, a in zip(types, axes, strict=True) if a is not None}
    if given is not None:
        sizes.add(given)
    if len(sizes) == 1:
        return sizes.pop()
    error: LinearaError
    if not sizes:
        error = TypeMismatchError(
            "vmap has nothing to map along",
            where=user_source(),
            found="in_axes=None for all arguments",
            remedy="map at least one argument, or give axis_size",
        )
    else:
        mapped = (f"{t} along axis {a}" for t, a in zip(types, axes, strict=True) if a is not None)
        error = ShapeMismatchError(
            "vmap maps along axes of different lengths",
            where=user_source(),
            found=", ".join(mapped) + (f", axis_size={given}" if given is not None else ""),
            expected="as many examples in each mapped argument",
            remedy="pass None in in_axes for arguments that are the same for all examples",
        )
    raise error


def _check_unmapped(out: Sequence[int | None], batched: Sequence[bool]) -> None:
    if any(axis is None and differs for axis, differs in zip(out, batched, strict=True)):
        raise TypeMismatchError(
            "out_axes is None for an output that differs from example to example",
            where=user_source(),
            found=f"out_axes {tuple(out)}",
            remedy="give the axis that the examples are to lie along",
        )
