"""Which arguments and outputs can be differentiated."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lineara import tree
from lineara.errors import TypeMismatchError
from lineara.frontend.arguments import Arguments
from lineara.frontend.trace import Traced
from lineara.frontend.tracing import Recorded
from lineara.ir.types import ArrayType
from lineara.where import user_source

float0 = np.dtype([("float0", np.void, 0)])
"""The dtype of tangents of integers and booleans, which have none; as in JAX."""

ONE_LEAF = tree.structure(0)
"""The structure of a bare array."""


def differentiable(arguments: Arguments, allow_int: bool, holomorphic: bool) -> list[bool]:
    """Which leaves of the chosen arguments are active.

    Raises:
        TypeMismatchError: for one of a type that cannot be differentiated.
    """
    for leaf, type in zip(arguments.leaves, arguments.types, strict=True):
        dtype = type.dtype
        if holomorphic and dtype.kind != "c":
            raise TypeMismatchError(
                "holomorphic=True differentiates with respect to complex arguments",
                where=user_source(),
                found=f"an argument of dtype {dtype}",
                expected="complex64 or complex128",
                remedy="leave out holomorphic=True, or convert with .astype(complex)",
            )
        if dtype.kind not in "fc" and not allow_int:
            raise TypeMismatchError(
                "only arguments of a float or complex dtype can be differentiated",
                where=user_source(),
                found=f"an argument of dtype {dtype}"
                + (f" ({leaf!r})" if np.ndim(leaf) == 0 and not isinstance(leaf, Traced) else ""),
                expected="a float",
                remedy="write 2.0 instead of 2, convert with .astype(float), or choose other "
                "arguments with argnums; grad has allow_int=True too",
            )
    return [type.has_tangent for type in arguments.types]


def check_scalar(recorded: Recorded, holomorphic: bool) -> None:
    """Refuses functions that have no gradient, since they do not return one scalar."""
    if recorded.outputs != 1 or recorded.structure != ONE_LEAF:
        raise TypeMismatchError(
            "the gradient is defined for functions that return one scalar",
            where=user_source(),
            found=f"an output of structure {tree.described(recorded.structure)}",
            expected="a scalar, that is *",
            remedy="use jacrev or vjp, or has_aux=True if it returns (scalar, other things)",
        )
    type = recorded.function.results[0].type
    if type.shape:
        raise TypeMismatchError(
            "the gradient is defined for functions that return one scalar",
            where=user_source(),
            found=f"an array of shape {type.shape}",
            expected="an array of shape ()",
            remedy="sum the result with np.sum, or use jacrev or vjp",
        )
    check_outputs([type], holomorphic)


def check_outputs(types: Sequence[ArrayType], holomorphic: bool) -> None:
    """Refuses outputs of types that cannot be differentiated."""
    for type in types:
        if type.dtype.kind != ("c" if holomorphic else "f"):
            remedy = "differentiate something that varies continuously with the arguments"
            if type.dtype.kind == "c":
                remedy = "take np.real, np.imag or np.abs of it, or pass holomorphic=True if it is"
            elif type.dtype.kind == "f":
                remedy = "leave out holomorphic=True: a real output is not holomorphic"
            raise TypeMismatchError(
                "the output of the function cannot be differentiated",
                where=user_source(),
                found=f"an output of dtype {type.dtype}",
                expected="a complex dtype" if holomorphic else "a float dtype",
                remedy=remedy,
            )
