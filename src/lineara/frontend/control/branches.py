"""`cond` and `switch`: one of several functions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from lineara import tree
from lineara.errors import ShapeMismatchError, TypeMismatchError
from lineara.frontend.control.bodies import (
    Body,
    body_of,
    checked_functions,
    show_difference,
)
from lineara.frontend.core import apply_all, convert, traced, type_of_array
from lineara.frontend.trace import current, type_of_leaf
from lineara.frontend.tracing import weak_type
from lineara.ir.program import Function, Variable
from lineara.ir.types import DType
from lineara.ops.control.base import rebuilt
from lineara.ops.control.switch import Switch
from lineara.ops.packages import INDEX
from lineara.where import source_of, user_source


def cond(
    pred: Any, true_fun: Callable[..., Any], false_fun: Callable[..., Any], *operands: Any
) -> Any:
    """``true_fun(*operands)`` if `pred` is true, else ``false_fun(*operands)``.

    In a function that is traced both functions are traced, as parts of one equation, and when the
    program runs only one of them does. They may use arrays from their surroundings. Outside of any
    transformation the chosen function is simply called.

    Args:
        pred: a scalar: a bool, or a number that is true if it is not zero.
        true_fun: a function of the operands.
        false_fun: another one, which returns a pytree of the same structure and types.
        operands: pytrees of arrays.

    Raises:
        TypeMismatchError: if the functions return different structures or types, or `pred` is no
            scalar.

    >>> import lineara as la
    >>> la.jit(lambda x: la.cond(x > 0, lambda: 2 * x, lambda: x))(3.0)
    np.float64(6.0)
    """
    checked_functions("cond", true_fun=true_fun, false_fun=false_fun)
    _check_scalar(pred, "cond", "biufc", "a bool")
    branches = (false_fun, true_fun)
    if current() is None:
        return branches[bool(pred)](*operands)
    return _chosen(convert(np.not_equal(traced(pred), 0), INDEX.dtype), branches, operands)


def switch(index: Any, branches: Sequence[Callable[..., Any]], *operands: Any) -> Any:
    """``branches[index](*operands)``; an index out of range means the nearest branch.

    Args:
        index: an integer scalar.
        branches: functions that return pytrees of the same structure and types.
        operands: pytrees of arrays.

    Raises:
        TypeMismatchError: if the functions return different structures or types, there are none,
            or `index` is no integer.

    >>> import lineara as la
    >>> la.jit(lambda i, x: la.switch(i, [lambda x: x, lambda x: 10 * x], x))(1, 3.0)
    np.float64(30.0)
    """
    if not branches:
        raise TypeMismatchError(
            "switch needs at least one branch", where=user_source(), found="no branches"
        )
    checked_functions("switch", **{str(i): branch for i, branch in enumerate(branches)})
    _check_scalar(index, "switch", "iu", "an integer")
    if current() is None:
        return branches[min(max(int(index), 0), len(branches) - 1)](*operands)
    number: Any = traced(index)
    if number.dtype == np.uint64:  # it may be larger than what an INDEX can hold
        number = np.minimum(number, len(branches) - 1)
    return _chosen(convert(number, INDEX.dtype), branches, operands)


def _check_scalar(x: Any, verb: str, kinds: str, expected: str) -> None:
    type = type_of_array(x)
    if type.shape:
        raise ShapeMismatchError(
            f"{verb} chooses by one number",
            where=user_source(),
            found=f"an array of type {type}",
            expected=f"{expected} without axes",
            remedy="choose element by element with np.where, or map with vmap",
        )
    if type.dtype.kind not in kinds:
        raise TypeMismatchError(
            f"{verb} chooses by {expected}", where=user_source(), found=str(type)
        )


def _chosen(index: Any, functions: Sequence[Callable[..., Any]], operands: Sequence[Any]) -> Any:
    leaves, structure = tree.flatten(tuple(operands))
    types = [type_of_leaf(x) for x in leaves]
    weak = [weak_type(x) for x in leaves]
    bodies = [body_of(f, structure, types, weak) for f in functions]
    dtypes = _common(bodies)
    if dtypes is not None:
        bodies = [body_of(f, structure, types, weak, dtypes) for f in functions]
    first = bodies[0]
    for i, body in enumerate(bodies[1:], 1):
        if (body.structure, body.types) != (first.structure, first.types):
            raise show_difference(
                "the branches return different things",
                source_of(functions[i]),
                ("branch 0 does", f"branch {i} returns"),
                (first.structure, first.types),
                (body.structure, body.types),
                "make the branches return the same structure, shapes and dtypes",
            )
    captures = list({id(x): x for body in bodies for x in body.captures}.values())
    op = Switch(tuple(_with_captures(body, captures) for body in bodies))
    inputs = [convert(x, t.dtype) for x, t in zip(leaves, types, strict=True)]
    return tree.unflatten(first.structure, apply_all(op, index, *captures, *inputs))


def _common(bodies: Sequence[Body]) -> list[DType] | None:
    """The dtypes of the results when numbers of Python's have adapted to the other branches; None
    if there is nothing to adapt, or if something else would have to change its dtype.
    """
    first = bodies[0]
    if any(body.structure != first.structure for body in bodies) or all(
        body.types == first.types for body in bodies
    ):
        return None
    samples = [
        [w(0) if w is not None else t.dtype for w, t in zip(body.weak, body.types, strict=True)]
        for body in bodies
    ]
    columns = list(zip(*samples, strict=True))
    common = [np.result_type(*column) for column in columns]
    kept = all(
        x == dtype or not isinstance(x, np.dtype)
        for column, dtype in zip(columns, common, strict=True)
        for x in column
    )
    return common if kept else None


def _with_captures(body: Body, captures: Sequence[Any]) -> Function:
    """The function with a parameter for each capture of any branch, in one order for all."""
    count = len(body.captures)
    own = dict(zip(map(id, body.captures), body.function.params[:count], strict=True))
    params = [own.get(id(x)) or Variable(type_of_array(x)) for x in captures]
    return rebuilt(body.function, params=[*params, *body.function.params[count:]])
