"""A jitted function bound to arrays: it reads them, and writes its results, where they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations, product
from typing import Any

import numpy as np

from lineara import tree
from lineara.backends.choice import BackEnd
from lineara.errors import LinearaError, ShapeMismatchError, TracingError, TypeMismatchError
from lineara.frontend.trace import Traced
from lineara.frontend.tracing import Recorded
from lineara.ir.program import Function
from lineara.ir.types import Array, ArrayType
from lineara.where import user_source


def bound(
    backend: BackEnd, function: Function, recorded: Recorded, leaves: Sequence[Any], out: Any
) -> Callable[[], Any]:
    """A function without arguments; see `Jitted.bind`."""
    types = [p.type for p in function.params]
    arguments = types[len(recorded.captures) :]
    own = [_input(x, type) for x, type in zip(leaves, arguments, strict=True)]
    outputs = _outputs(recorded.structure, [v.type for v in function.results], out)
    _check_apart(own, outputs)
    captures = zip(recorded.captures, types, strict=False)
    inputs = [*(np.require(x, type.dtype, ["C", "A"]) for x, type in captures), *own]
    result = tree.unflatten(recorded.structure, outputs) if out is None else out
    quick = backend.bound(function, inputs, outputs)

    def interpreted() -> Any:
        values = backend.run(function, *[x if x.ndim else x[()] for x in inputs])
        for place, value in zip(outputs, values, strict=True):
            place[...] = value
        return result

    if quick is None:
        return interpreted
    return lambda: interpreted() if quick() else result


def _input(x: Any, type: ArrayType) -> Array:
    """The array itself; a number as an array of its own."""
    if isinstance(x, Traced):
        raise TracingError(
            "bind takes arrays, which are there",
            where=user_source(),
            found=f"a traced array of type {x.value.type}",
            expected="NumPy arrays",
            remedy="call the jitted function, and bind it outside of the function that is traced",
        )
    if not isinstance(x, np.ndarray):
        return np.array(x, type.dtype)
    _check_plain(x, "an argument")
    return x


def _outputs(structure: tree.Structure, types: Sequence[ArrayType], out: Any) -> list[Array]:
    """Where the results go: into the leaves of `out`, or fresh arrays."""
    if out is None:
        return [np.empty(t.shape, t.dtype) for t in types]
    leaves, found = tree.flatten(out)
    if found != structure:
        raise TypeMismatchError(
            "out is built like the result",
            where=user_source(),
            found=tree.described(found),
            expected=tree.described(structure),
        )
    for x, type in zip(leaves, types, strict=True):
        if not isinstance(x, np.ndarray) or (x.shape, x.dtype) != (type.shape, type.dtype):
            error = ShapeMismatchError if isinstance(x, np.ndarray) else TypeMismatchError
            raise error(
                "out has an array for each result, of its dtype and shape",
                where=user_source(),
                found=f"an array of dtype {x.dtype} and shape {x.shape}"
                if isinstance(x, np.ndarray)
                else f"an object of type {x.__class__.__name__}",
                expected=f"an array of dtype {type.dtype} and shape {type.shape}",
            )
        _check_plain(x, "out")
        if not x.flags.writeable:
            raise _refused("bind writes its results to out", "an array that is read only")
    return leaves


def _check_plain(x: Any, name: str) -> None:
    """Refuses an array that machine code cannot use where it is."""
    flags = x.flags
    if not (flags.c_contiguous and flags.aligned and x.dtype.isnative):
        raise TypeMismatchError(
            "bind uses arrays where they are, as they are",
            where=user_source(),
            found=f"{name} of dtype {x.dtype.str}, shape {x.shape} and strides {x.strides}",
            expected="arrays in C order, aligned, in the byte order of this machine",
            remedy="make an array with np.ascontiguousarray(x), and bind that",
        )


def _check_apart(inputs: Sequence[Array], outputs: Sequence[Array]) -> None:
    """Refuses results that would overwrite what is still read, or each other."""
    for x, y in (*product(inputs, outputs), *combinations(outputs, 2)):
        if np.may_share_memory(x, y):
            raise _refused("results need memory of their own", "an array of out that shares it")


def _refused(message: str, found: str) -> LinearaError:
    return TypeMismatchError(
        message,
        where=user_source(),
        found=found,
        expected="arrays that can be written to, apart from the arguments and from each other",
        remedy="leave out=… out, and arrays are made",
    )
