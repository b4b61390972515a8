"""`custom_batch`: functions with a rule of their own for many examples."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lineara import tree
from lineara.errors import TracingError, TypeMismatchError
from lineara.frontend.arguments import (
    called,
    checked_function,
    function_name,
    leaf_names,
    parameter_names,
)
from lineara.frontend.custom import positional
from lineara.frontend.fitting import Fitting, line_of
from lineara.frontend.trace import current, type_of_leaf
from lineara.frontend.tracing import apply, record, weak_type
from lineara.ir.types import ArrayType
from lineara.ops.control.base import Batched, Mask
from lineara.ops.control.custom import BatchRule, CustomBatch
from lineara.where import user_source

Fun = Callable[..., Any]


class BatchedFunction:
    """A function with a batching rule; see `custom_batch`."""

    def __init__(self, fun: Fun) -> None:
        functools.update_wrapper(self, fun)
        self.fun = fun
        self.rule: Fun | None = None

    def def_vmap(self, rule: Fun) -> Fun:
        """Sets the rule, and returns it, so that this is a decorator too.

        Args:
            rule: takes the number of examples, a list that says of each argument whether it has the
                examples along its first axis (in the structure of the argument), and the
                arguments; returns the output and whether it has the examples, likewise.
        """
        checked_function(rule, "def_vmap")
        self.rule = rule
        return rule

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        rule = self.rule
        if rule is None:
            raise TypeMismatchError(
                f"custom_batch has no rule for {function_name(self.fun)} yet",
                where=user_source(),
                found=f"a call of {function_name(self.fun)}",
                expected="a rule that was set before the first call",
                remedy="set it with def_vmap",
            )
        args = positional(self.fun, args, kwargs)
        if current() is None:
            return called(self.fun, args, {})
        leaves, structure = tree.flatten(args)
        names = parameter_names(self.fun, len(args))
        recorded = record(
            lambda inputs: called(self.fun, tree.unflatten(structure, inputs), {}),
            leaves,
            name=function_name(self.fun),
            hints=leaf_names(names, structure.paths()),
        )
        batching = _Batching(
            rule,
            function_name(self.fun),
            structure,
            tuple(map(type_of_leaf, leaves)),
            tuple(map(weak_type, leaves)),
            recorded.structure,
            tuple(v.type for v in recorded.function.results),
        )
        code = BatchRule(function_name(rule), batching)
        count = len(recorded.captures)
        results = apply(
            recorded.function,
            [*recorded.captures, *leaves],
            lambda f: CustomBatch(f, code, count),
        )
        return tree.unflatten(recorded.structure, results)


def custom_batch(fun: Fun) -> BatchedFunction:
    """A function that `vmap` applies to many examples as a rule of yours says.

    JAX calls it ``custom_vmap``. Set the rule with ``def_vmap``. The derivative of the function is
    batched without it, and so is a function whose surroundings differ between examples.

    Args:
        fun: a function of arrays, or pytrees of arrays.

    Raises:
        TypeMismatchError: under `vmap`, if the rule returns something of another structure or type.

    >>> import numpy as np, lineara as la
    >>> @la.custom_batch
    ... def total(x):
    ...     return np.sum(x)
    >>> @total.def_vmap
    ... def rule(axis_size, in_batched, x):
    ...     return np.sum(x, axis=1), True
    >>> la.vmap(total)(np.ones((2, 3)))
    array([3., 3.])
    """
    checked_function(fun, "custom_batch")
    return BatchedFunction(fun)


@dataclass(frozen=True)
class _Batching:
    """A batching rule for arguments of some types."""

    rule: Fun
    name: str
    structure: tree.Structure
    types: tuple[ArrayType, ...]
    weak: tuple[type | None, ...]
    out_structure: tree.Structure
    out_types: tuple[ArrayType, ...]

    def __call__(self, size: int, batched: Mask) -> Batched:
        fit = Fitting(self.rule, f"the batching rule of {self.name}")
        flags = list(tree.unflatten(self.structure, batched))
        out_flags: list[bool] = []

        def call(leaves: list[Any]) -> Any:
            args = tree.unflatten(self.structure, leaves)
            output = called(self.rule, (size, flags, *args), {})
            value, mask = fit.pair(output, "(output, which of it has the examples)")
            if isinstance(mask, bool):
                mask = tree.unflatten(self.out_structure, [mask] * len(self.out_types))
            found, structure = tree.flatten(mask)
            if structure != self.out_structure or not all(isinstance(m, bool) for m in found):
                raise TypeMismatchError(
                    f"the batching rule of {self.name} says of each output whether it has the "
                    "examples",
                    where=line_of(self.rule),
                    found=repr(mask),
                    expected=f"bools in the structure {tree.described(self.out_structure)}",
                )
            out_flags.extend(found)
            types = [
                t.stacked(size) if m else t for t, m in zip(self.out_types, found, strict=True)
            ]
            return fit.leaves(value, self.out_structure, types)

        recorded = record(
            call,
            [t.stacked(size) if m else t for t, m in zip(self.types, batched, strict=True)],
            weak=[None if m else w for w, m in zip(self.weak, batched, strict=True)],
            name=f"{self.name}.batch",
        )
        if recorded.captures:
            raise TracingError(
                f"the batching rule of {self.name} uses an array from its surroundings",
                where=line_of(self.rule),
                found=f"{len(recorded.captures)} arrays that are not arguments",
                expected="arguments only",
                remedy="pass the arrays as arguments of the function",
            )
        return Batched(recorded.function, tuple(out_flags))
