"""`checkpoint`: less memory for a derivative, at the price of computing things again."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any

from lineara import tree
from lineara.frontend.arguments import function_name
from lineara.frontend.core import apply as emit
from lineara.frontend.core import traced
from lineara.frontend.trace import current
from lineara.frontend.tracing import apply, record
from lineara.ops.control.base import Policy
from lineara.ops.control.checkpoint import Checkpoint
from lineara.ops.control.policies import nothing_saveable
from lineara.ops.name import Name


def checkpoint(
    fun: Callable[..., Any] | None = None,
    *,
    policy: Policy = nothing_saveable,
    static_argnums: int | Iterable[int] = (),
) -> Any:
    """A version of `fun` whose derivative keeps only what a policy saves.

    Values, and derivatives of any order, are the same to the last bit. By default nothing but the
    arguments is kept, and the function is computed once more on the way back.

    Args:
        fun: a function of arrays, or pytrees of arrays; left out in ``@checkpoint(policy=…)``.
        policy: which values to save: one of `lineara.checkpoint_policies`, or a function of an
            equation (`lineara.ir.program.Equation`) that returns True for those whose results are
            to be saved.
        static_argnums: positions of arguments that are passed as they are.

    Returns:
        A function of the same arguments.

    >>> import numpy as np, lineara as la
    >>> layer = la.checkpoint(lambda x: np.tanh(np.sin(x)))
    >>> la.grad(lambda x: layer(layer(x)))(1.0) == la.grad(
    ...     lambda x: np.tanh(np.sin(np.tanh(np.sin(x)))))(1.0)
    np.True_
    """
    if fun is None:
        return functools.partial(checkpoint, policy=policy, static_argnums=static_argnums)
    static = {static_argnums} if isinstance(static_argnums, int) else set(static_argnums)

    @functools.wraps(fun)
    def checkpointed(*args: Any, **kwargs: Any) -> Any:
        if current() is None:
            return fun(*args, **kwargs)
        fixed = {i % len(args) for i in static}
        dynamic = tuple(x for i, x in enumerate(args) if i not in fixed)
        leaves, structure = tree.flatten((dynamic, kwargs))

        def call(inputs: list[Any]) -> Any:
            positional, named = tree.unflatten(structure, inputs)
            moving = iter(positional)
            whole = (args[i] if i in fixed else next(moving) for i in range(len(args)))
            return fun(*whole, **named)

        recorded = record(call, leaves, name=function_name(fun))
        operands = [*recorded.captures, *leaves]
        results = apply(recorded.function, operands, lambda f: Checkpoint(f, policy))
        return tree.unflatten(recorded.structure, results)

    return checkpointed


def name(x: Any, label: str) -> Any:
    """`x`, under a name by which ``checkpoint_policies.save_names`` knows it.

    Args:
        x: an array, or a pytree of arrays.
        label: the name.

    >>> import lineara as la
    >>> policy = la.checkpoint_policies.save_names("h")
    >>> f = la.checkpoint(lambda x: la.name(x * x, "h") ** 2, policy=policy)
    >>> la.grad(f)(2.0)
    np.float64(32.0)
    """
    if current() is None:
        return x
    return tree.map(lambda leaf: emit(Name(label), traced(leaf)), x)
