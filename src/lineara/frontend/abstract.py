"""What can be said of a function without running it: types of its results, arrays it captures."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lineara import tree
from lineara.errors import ShapeMismatchError, TypeMismatchError
from lineara.frontend.arguments import called, checked_function, function_name
from lineara.frontend.array import TracedArray
from lineara.frontend.trace import Traced, type_of_leaf
from lineara.frontend.tracing import Recorded, apply, record, weak_type
from lineara.ir.types import ArrayType, DType, supported_dtype
from lineara.transforms.simplify import simplify
from lineara.where import user_source


@dataclass(frozen=True)
class ShapeDtypeStruct:
    """The shape and dtype of an array, in place of the array.

    Raises:
        ShapeMismatchError: if the shape is not a tuple of lengths.
        TypeMismatchError: for a dtype that programs do not have.
    """

    shape: tuple[int, ...]
    dtype: DType

    def __post_init__(self) -> None:
        try:
            shape = tuple(map(operator.index, self.shape))
        except TypeError:
            shape = (-1,)
        if any(n < 0 for n in shape):
            raise ShapeMismatchError(
                "a shape is a tuple of lengths",
                where=user_source(),
                found=repr(self.shape),
                expected="ints that are not negative, in a tuple",
                remedy="write (n,) for an array with one axis",
            )
        object.__setattr__(self, "shape", shape)
        try:
            object.__setattr__(self, "dtype", supported_dtype(self.dtype))
        except TypeMismatchError as error:
            raise error.at(user_source()) from None


def eval_shape(fun: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """The shapes and dtypes of what ``fun(*args, **kwargs)`` would return; nothing is computed.

    Args:
        fun: a function of arrays, or pytrees of arrays.
        *args: its arguments; in place of arrays there may be `ShapeDtypeStruct`.
        **kwargs: likewise.

    Returns:
        The output with a `ShapeDtypeStruct` in place of each array.

    Raises:
        TracingError: where `fun` needs the value of an argument.

    >>> import numpy as np, lineara as la
    >>> la.eval_shape(lambda x, y: x @ y, la.ShapeDtypeStruct((5, 3), np.float32), np.ones(3))
    ShapeDtypeStruct(shape=(5,), dtype=dtype('float64'))
    """
    checked_function(fun, "eval_shape")
    leaves, structure = tree.flatten((args, kwargs))

    def call(traced: list[Any]) -> Any:
        positional, named = tree.unflatten(structure, traced)
        return called(fun, positional, named)

    recorded = _record(call, fun, leaves)
    results = (value.type for value in recorded.function.results)
    return tree.unflatten(
        recorded.structure, [ShapeDtypeStruct(type.shape, type.dtype) for type in results]
    )


def closure_convert(
    fun: Callable[..., Any], *example_args: Any
) -> tuple[Callable[..., Any], list[Any]]:
    """A function without captures that does what `fun` does, and the captures.

    Arrays with axes that `fun` takes from its surroundings, and traced arrays of functions further
    out, become arguments. So a derivative with respect to them can be taken by a function that is
    only handed `fun`. Where `fun` branches on the values of its captures, the branch is the one
    taken now.

    Args:
        fun: a function of arrays, or pytrees of arrays.
        *example_args: arguments of the structure, shapes and dtypes that it will be called with;
            there may be `ShapeDtypeStruct` in place of arrays.

    Returns:
        (converted, consts): ``converted(*args, *consts)`` is ``fun(*args)``.

    Raises:
        TracingError: where `fun` needs the value of an argument.

    >>> import numpy as np, lineara as la
    >>> a = np.array([2.0, 3.0])
    >>> f, consts = la.closure_convert(lambda x: x * a, 1.0)
    >>> f(10.0, *consts)
    array([20., 30.])
    """
    checked_function(fun, "closure_convert")
    examples, structure = tree.flatten(example_args)
    recorded = _record(
        lambda leaves: called(fun, tree.unflatten(structure, leaves), {}), fun, examples
    )
    # A traced array can be written to later on; the capture is what it was now.
    consts = [
        TracedArray(x.owner, x.value) if isinstance(x, Traced) else x for x in recorded.captures
    ]
    expected_structure = tree.structure((*example_args, *consts))
    expected = [_type(x) for x in (*examples, *consts)]

    def converted(*args: Any) -> Any:
        leaves, found_structure = tree.flatten(args)
        if found_structure != expected_structure:
            raise _another("structure", *map(tree.described, (found_structure, expected_structure)))
        found = [type_of_leaf(x) for x in leaves]
        if found != expected:
            raise _another("type", *(", ".join(map(str, types)) for types in (found, expected)))
        ends = len(examples)
        results = apply(simplify(recorded.function), [*leaves[ends:], *leaves[:ends]])
        return tree.unflatten(recorded.structure, results)

    return converted, consts


def _record(
    call: Callable[[list[Any]], Any], fun: Callable[..., Any], leaves: list[Any]
) -> Recorded:
    """`call`, which calls `fun`, traced on the types of the leaves."""
    types, weak = [_type(x) for x in leaves], [weak_type(x) for x in leaves]
    return record(call, types, weak=weak, name=function_name(fun))


def _type(leaf: Any) -> ArrayType:
    if isinstance(leaf, ShapeDtypeStruct):
        return ArrayType(leaf.dtype, leaf.shape)
    return type_of_leaf(leaf)


def _another(what: str, found: str, expected: str) -> TypeMismatchError:
    return TypeMismatchError(
        f"a converted function is called with arguments of another {what}",
        where=user_source(),
        found=found,
        expected=f"{expected}: those of example_args, and then consts",
        remedy="call converted(*args, *consts)",
    )
