"""Functions with derivatives of their own: `custom_jvp` and `custom_vjp`.

Signatures and conventions are JAX's. One function may have both kinds of rule: forward mode uses
the one, reverse mode the other.
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from lineara import tree
from lineara.errors import LinearityError, TypeMismatchError
from lineara.frontend.arguments import (
    called,
    checked_function,
    function_name,
    leaf_names,
    parameter_names,
)
from lineara.frontend.closures import Captures
from lineara.frontend.rules import (
    Rules,
    Tracer,
    Usage,
    known_output,
    must_be_known,
    must_wait,
)
from lineara.frontend.trace import current, type_of_leaf
from lineara.frontend.tracing import apply, record, weak_type
from lineara.ir.program import Function
from lineara.ops.control.custom import CustomCall, Deferred
from lineara.where import user_source

Fun = Callable[..., Any]


class CustomFunction:
    """A function with rules for its derivatives; see `custom_jvp` and `custom_vjp`."""

    def __init__(self, fun: Fun, nondiff_argnums: Sequence[int], rules: Rules, verb: str) -> None:
        functools.update_wrapper(self, fun)
        self.fun = fun
        self.nondiff_argnums = tuple(nondiff_argnums)
        self.rules = rules
        self.verb = verb

    def defjvp(self, jvp: Fun) -> Fun:
        """Sets the rule of forward mode, and returns it, so that this is a decorator too.

        Args:
            jvp: takes the non-differentiated arguments, the tuple of the others and that of their
                tangents; returns the output and its tangent, which must be linear in the tangents.
                Tangents of integers have dtype `float0`. It may call the function itself.
        """
        checked_function(jvp, "defjvp")
        self.rules = self.rules._replace(jvp=jvp)
        return jvp

    def defjvps(self, *jvps: Fun | None) -> None:
        """Sets the rule of forward mode, argument by argument.

        Args:
            *jvps: for each argument a function of its tangent, the output and all arguments, that
                returns what it contributes to the tangent of the output; None where that is zero.
        """
        if self.nondiff_argnums:
            raise TypeMismatchError(
                "defjvps is for functions that are differentiated in all arguments",
                where=user_source(),
                found=f"nondiff_argnums={self.nondiff_argnums}",
                remedy="use defjvp",
            )

        def rule(primals: Any, tangents: Any) -> Any:
            output = self(*primals)
            if len(jvps) != len(primals):
                raise TypeMismatchError(
                    "defjvps takes a rule, or None, for each argument",
                    where=user_source(),
                    found=f"{len(jvps)} rules for {len(primals)} arguments",
                )
            terms = [
                jvp(dot, output, *primals)
                for jvp, dot in zip(jvps, tangents, strict=True)
                if jvp is not None
            ]
            if not terms:
                return output, tree.map(lambda y: 0 * y, output)
            return output, tree.map(lambda *parts: functools.reduce(_add, parts), *terms)

        shown = next((jvp for jvp in jvps if jvp is not None), None)
        if shown is not None:
            rule.__wrapped__ = shown  # type: ignore[attr-defined]  # for messages
        self.defjvp(rule)

    def defvjp(self, fwd: Fun, bwd: Fun) -> None:
        """Sets the rule of reverse mode.

        Args:
            fwd: takes the arguments of the function; returns its output and residuals, a pytree of
                arrays.
            bwd: takes the non-differentiated arguments, the residuals and the cotangent of the
                output; returns a tuple of cotangents, one for each other argument, which must be
                linear in the cotangent. None stands for zero.
        """
        checked_function(fwd, "defvjp")
        checked_function(bwd, "defvjp")
        self.rules = self.rules._replace(fwd=fwd, bwd=bwd)

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        return self if instance is None else functools.partial(self, instance)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self.rules.jvp is None and self.rules.bwd is None:
            raise LinearityError(
                f"{self.verb} has no rule for {function_name(self.fun)} yet",
                where=user_source(),
                found=f"a call of {function_name(self.fun)}",
                expected="a rule that was set before the first call",
                remedy="set it with defjvp(rule), or with defvjp(fwd, bwd)",
            )
        args = positional(self.fun, args, kwargs)
        if current() is None:
            return called(self.fun, args, {})
        fixed, moving, order = self._divide(args)
        leaves, structure = tree.flatten(moving)
        known = known_output(self, fixed, leaves)
        return known[0] if known else self._record(fixed, order, leaves, structure)

    def _divide(
        self, args: tuple[Any, ...]
    ) -> tuple[tuple[Any, ...], tuple[Any, ...], tuple[int, ...]]:
        """Arguments that are not differentiated, the others, and the order (see `Usage`)."""
        count = len(args)
        for i in self.nondiff_argnums:
            if not -count <= i < count:
                raise TypeMismatchError(
                    f"nondiff_argnums names argument {i}, which is not there",
                    where=user_source(),
                    found=f"{count} arguments",
                )
        numbers = [i % count for i in self.nondiff_argnums]
        others = [i for i in range(count) if i not in numbers]
        order = tuple(
            -1 - numbers.index(i) if i in numbers else others.index(i) for i in range(count)
        )
        return tuple(args[i] for i in numbers), tuple(args[i] for i in others), order

    def _record(
        self,
        fixed: tuple[Any, ...],
        order: tuple[int, ...],
        leaves: list[Any],
        structure: tree.Structure,
    ) -> Any:
        names = parameter_names(self.fun, len(order))
        moving = [name for name, i in zip(names, order, strict=True) if i >= 0]
        usage = Usage(
            name=function_name(self.fun),
            fixed=fixed,
            order=order,
            structure=structure,
            types=tuple(map(type_of_leaf, leaves)),
            weak=tuple(map(weak_type, leaves)),
            hints=tuple(leaf_names(moving, structure.paths())),
            out_structure=structure,
            out_types=(),
        )
        recorded = record(
            lambda inputs: called(self.fun, usage.arguments(inputs), {}),
            leaves,
            name=usage.name,
            hints=usage.hints,
        )
        usage = dataclasses.replace(
            usage,
            out_structure=recorded.structure,
            out_types=tuple(v.type for v in recorded.function.results),
        )
        captures = Captures()
        places = captures.add(recorded)
        operands = [*captures.values, *leaves]
        if not any(usage.moving) or not any(usage.out_moving):
            results = apply(recorded.function, operands)
            return tree.unflatten(recorded.structure, results)
        rule: Function | Deferred
        if must_wait(self):
            rule = self._deferred(usage, captures)
        else:
            make = Tracer(self, self.rules, usage, captures).trace()
            rule = make()
        function = captures.closed(recorded.function, places)
        count = len(captures)
        results = apply(function, [*captures.values, *leaves], lambda f: CustomCall(f, rule, count))
        return tree.unflatten(recorded.structure, results)

    def _deferred(self, usage: Usage, captures: Captures) -> Deferred:
        rules, count = self.rules, len(captures)

        def make() -> Function:
            made = Tracer(self, rules, usage, captures).trace()
            must_be_known(captures, count, rules.jvp or rules.bwd, usage.name)
            return made()

        return Deferred(usage.name, make)


def custom_jvp(fun: Fun | None = None, nondiff_argnums: int | Iterable[int] = ()) -> Any:
    """A function whose derivative is what a rule of yours says; as in JAX.

    Set the rule with ``defjvp`` or ``defjvps`` before the first call. Reverse mode comes from the
    same rule by transposition; a second rule for it can be set with ``defvjp``.

    A rule is traced, without numbers, when the function is first called in a trace, and refused
    unless it is linear in the tangents. The derivative with respect to traced values that the
    function takes from its surroundings, or is given as non-differentiated arguments, is that of
    the function as it is written.

    Args:
        fun: a function of arrays, or pytrees of arrays.
        nondiff_argnums: positions of arguments that the rule takes as they are, before the others.

    Raises:
        LinearityError: at the call, if there is no rule, or one that is not linear.
        TypeMismatchError: at the call, if the rule returns something of another structure or type.

    >>> import numpy as np, lineara as la
    >>> @la.custom_jvp
    ... def log1pexp(x):
    ...     return np.log1p(np.exp(x))
    >>> @log1pexp.defjvp
    ... def rule(primals, tangents):
    ...     (x,), (x_dot,) = primals, tangents
    ...     return log1pexp(x), (1 - 1 / (1 + np.exp(x))) * x_dot
    >>> la.grad(log1pexp)(1000.0)
    np.float64(1.0)
    """
    return _custom("custom_jvp", fun, nondiff_argnums)


def custom_vjp(fun: Fun | None = None, nondiff_argnums: int | Iterable[int] = ()) -> Any:
    """A function whose reverse mode is what a rule of yours says; as in JAX.

    Set the rule with ``defvjp(fwd, bwd)`` before the first call. Forward mode works too: it is the
    transpose of the rule, unless a rule for it is set with ``defjvp``.

    Args:
        fun: a function of arrays, or pytrees of arrays.
        nondiff_argnums: positions of arguments that `bwd` takes as they are, before the others;
            `fwd` takes all arguments in their order.

    Raises:
        LinearityError: at the call, if there is no rule, or one that is not linear.
        TypeMismatchError: at the call, if the rule returns something of another structure or type.

    >>> import numpy as np, lineara as la
    >>> @la.custom_vjp
    ... def f(x, y):
    ...     return np.sin(x) * y
    >>> def fwd(x, y):
    ...     return f(x, y), (np.cos(x), np.sin(x), y)
    >>> def bwd(residuals, ct):
    ...     cos_x, sin_x, y = residuals
    ...     return cos_x * ct * y, sin_x * ct
    >>> f.defvjp(fwd, bwd)
    >>> la.grad(f)(0.0, 3.0), la.jvp(f, (0.0, 3.0), (1.0, 0.0))[1]
    (np.float64(3.0), np.float64(3.0))
    """
    return _custom("custom_vjp", fun, nondiff_argnums)


def _custom(verb: str, fun: Fun | None, nondiff_argnums: int | Iterable[int]) -> Any:
    if fun is None:
        return functools.partial(_custom, verb, nondiff_argnums=nondiff_argnums)
    checked_function(fun, verb)
    single = isinstance(nondiff_argnums, int)
    numbers: tuple[int, ...] = (nondiff_argnums,) if single else tuple(nondiff_argnums)  # type: ignore[arg-type, assignment]
    if not isinstance(fun, CustomFunction):
        return CustomFunction(fun, numbers, Rules(), verb)
    if numbers and numbers != fun.nondiff_argnums:
        raise TypeMismatchError(
            "the rules of one function take the same arguments as they are",
            where=user_source(),
            found=f"nondiff_argnums={numbers}",
            expected=f"nondiff_argnums={fun.nondiff_argnums}, as for the rule that is there",
        )
    return CustomFunction(fun.fun, fun.nondiff_argnums, fun.rules, verb)


def positional(fun: Fun, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
    """All arguments of a call in the order of the definition, with defaults."""
    try:
        signature = None if isinstance(fun, np.ufunc) else inspect.signature(fun)
    except (TypeError, ValueError):  # Python's own functions may have none to see
        signature = None
    bound_args, rest = args, set(kwargs)
    if signature is not None:
        try:
            bound = signature.bind(*args, **kwargs)
        except TypeError:
            called(fun, args, kwargs)  # which raises the error that says so
            raise
        bound.apply_defaults()
        bound_args = bound.args
        rest = {name for name in bound.kwargs if name in kwargs}
    if rest:
        raise TypeMismatchError(
            f"{function_name(fun)} has a rule, so its arguments must have positions",
            where=user_source(),
            found=f"keyword arguments {', '.join(sorted(rest))}",
            expected="arguments that can be passed by position",
            remedy="leave out the * in its definition",
        )
    return bound_args


def _add(x: Any, y: Any) -> Any:
    return x + y
