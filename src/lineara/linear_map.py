"""Linear maps between pytrees of arrays: what `linearize` and `vjp` return."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy.sparse.linalg

from lineara import tree
from lineara.errors import ShapeMismatchError, TypeMismatchError
from lineara.frontend.core import convert, shape_of, type_of_array
from lineara.frontend.differentiable import float0
from lineara.frontend.tracing import apply
from lineara.ir.program import Function
from lineara.ir.types import Array, ArrayType
from lineara.transforms.forget import forget
from lineara.transforms.simplify import simplify
from lineara.transforms.transpose import transpose
from lineara.where import user_source


@dataclass(frozen=True)
class Space:
    """The arguments or results of a linear map: a pytree structure and the types of its leaves."""

    structure: tree.Structure
    types: tuple[ArrayType, ...]
    wrapped: bool = False
    """Whether the structure is the only element of a tuple of arguments."""

    @property
    def tangents(self) -> list[ArrayType]:
        """The types of the leaves that have tangents."""
        return [t for t in self.types if t.has_tangent]

    @property
    def size(self) -> int:
        """The dimension: how many elements the leaves have together."""
        return sum(t.size for t in self.tangents)

    def flatten(self, arguments: tuple[Any, ...]) -> list[Any]:
        """The leaves of `arguments` that have tangents, as arrays of exactly the types here."""
        value: Any = arguments[0] if self.wrapped and len(arguments) == 1 else arguments
        leaves, found = tree.flatten(value)
        if found != self.structure:
            raise self._mismatch(found)
        pairs = zip(leaves, self.types, strict=True)
        kind = "a cotangent" if self.wrapped else "a tangent"
        return [matching_leaf(x, t, kind) for x, t in pairs if t.has_tangent]

    def _mismatch(self, found: tree.Structure) -> TypeMismatchError:
        what, whose = ("cotangent", "output") if self.wrapped else ("tangents", "arguments")
        return TypeMismatchError(
            f"the {what} and the {whose} of the function have different structures",
            where=user_source(),
            found=tree.described(found),
            expected=tree.described(self.structure),
            remedy=f"nest the {what} like the {whose}, with zeros where there is no direction",
        )

    def unflatten(self, leaves: Sequence[Any]) -> Any:
        """The pytree with those leaves where there are tangents, and `float0` zeros elsewhere."""
        remaining = iter(leaves)
        filled = (
            next(remaining) if t.has_tangent else np.zeros(t.shape, float0) for t in self.types
        )
        value = tree.unflatten(self.structure, filled)
        return (value,) if self.wrapped else value

    def split(self, vector: Array) -> list[Array]:
        """A flat vector as leaves, one after the other."""
        ends = np.cumsum([t.size for t in self.tangents])
        parts = zip(np.split(vector, ends[:-1]), self.tangents, strict=True)
        return [part.reshape(t.shape).astype(t.dtype) for part, t in parts]

    def __str__(self) -> str:
        return f"({', '.join(map(str, self.types))})"


class LinearMap:
    """A linear map, held as a linear program and the tape of values that it was made at.

    Call it on pytrees of the structure of its domain. ``.T`` is the transposed map, also
    a linear program; `as_linear_operator` is a view for SciPy's solvers.

    Args:
        function: ``(tape; x') -> (; y')``, with a linear parameter or result for each leaf of the
            domain or codomain whose type has tangents.
        tape: the non-linear arguments.
        domain: the structure and types of the arguments, a tuple of pytrees.
        codomain: the structure and types of the result.
    """

    def __init__(
        self, function: Function, tape: Sequence[Any], domain: Space, codomain: Space
    ) -> None:
        self.function = function
        self.tape = tuple(tape)
        self.domain = domain
        self.codomain = codomain

    def __call__(self, *arguments: Any) -> Any:
        """The map applied to tangents (or cotangents).

        Tangents of integers are ignored, and those in the result have dtype `float0`.

        Raises:
            TypeMismatchError: if the arguments have another structure or dtype than the domain.
            ShapeMismatchError: if they have other shapes.
        """
        return self.codomain.unflatten(self._apply(self.domain.flatten(arguments)))

    @property
    def T(self) -> LinearMap:
        """The transposed map, from cotangents of the result to a tuple of cotangents of the
        arguments. Nothing is conjugated.
        """
        function = transposed(self.function)
        if self.domain.wrapped:  # this map is a transpose already
            return LinearMap(
                function, self.tape, self.codomain, replace(self.domain, wrapped=False)
            )
        return LinearMap(function, self.tape, replace(self.codomain, wrapped=True), self.domain)

    def as_linear_operator(self) -> scipy.sparse.linalg.LinearOperator:
        """The map as a SciPy operator of shape (elements of the result, elements of the arguments).

        Arguments and results are flattened and concatenated, leaf by leaf.
        """
        back = self.T
        return scipy.sparse.linalg.LinearOperator(
            (self.codomain.size, self.domain.size),
            matvec=self._on_vector,
            rmatvec=lambda v: np.conj(back._on_vector(np.conj(v))),
            dtype=np.result_type(*(t.dtype for t in self.domain.tangents + self.codomain.tangents)),
        )

    def _apply(self, leaves: Sequence[Any]) -> list[Any]:
        return apply(simplify(forget(self.function)), [*self.tape, *leaves])

    def _on_vector(self, vector: Array) -> Array:
        results = self._apply(self.domain.split(np.ravel(vector)))
        return np.concatenate([np.ravel(x) for x in results])

    def __repr__(self) -> str:
        return f"<LinearMap {self.domain} -> {self.codomain}>"


def transposed(function: Function) -> Function:
    """The transpose of a linear function, simplified."""
    return simplify(transpose(simplify(function)))


def matching_leaf(x: Any, type: ArrayType, what: str) -> Any:
    """`x`, which is `what` in messages, as an array of exactly that type."""
    if shape_of(x) != type.shape:
        raise ShapeMismatchError(
            f"{what} has another shape than it should",
            where=user_source(),
            found=f"shape {shape_of(x)}",
            expected=f"shape {type.shape}",
            remedy=f"repeat it with np.broadcast_to(x, {type.shape})"
            if not shape_of(x)
            else "nothing is broadcast here: pass an array of just that shape",
        )
    dtype = type_of_array(x).dtype
    if not np.can_cast(dtype, type.dtype, "same_kind"):
        raise TypeMismatchError(
            f"{what} has another dtype than it should",
            where=user_source(),
            found=str(dtype),
            expected=str(type.dtype),
            remedy="take x.real, if that is what is meant"
            if dtype.kind == "c"
            else f"convert it with .astype(np.{type.dtype})",
        )
    return convert(x, type.dtype)
