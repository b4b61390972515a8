"""From a Python function to a `Function`, and from a `Function` to results."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lineara import tree
from lineara.backends import nans
from lineara.backends.choice import Run
from lineara.backends.nans import watching
from lineara.backends.tiers import run
from lineara.errors import TypeMismatchError
from lineara.frontend.array import TracedArray
from lineara.frontend.core import apply_all, convert, here, wrap
from lineara.frontend.trace import Trace, Traced, current, recording
from lineara.ir.containers import Container
from lineara.ir.op import Op
from lineara.ir.program import Function
from lineara.ir.types import Array, ArrayType
from lineara.ops.control.call import Call
from lineara.where import user_source


@dataclass(frozen=True)
class Recorded:
    """What tracing a Python function leaves behind.

    Attributes:
        function: captures and arguments to results and then traced parts of the auxiliary output.
        captures: the values of its first parameters: arrays, or traced arrays further out.
        structure: the pytree structure of the output.
        outputs: how many of the results are leaves of the output.
        aux: the auxiliary output, if there is one, with its traced leaves missing.
    """

    function: Function
    captures: tuple[Any, ...]
    structure: tree.Structure
    outputs: int
    aux: Aux | None

    def active(self, arguments: Sequence[bool]) -> tuple[bool, ...]:
        """A mask over the arguments as a mask over all parameters; captures are inactive."""
        return (False,) * len(self.captures) + tuple(arguments)


@dataclass(frozen=True)
class Aux:
    """The auxiliary output of a function: leaves that were traced are results of the program."""

    structure: tree.Structure
    leaves: tuple[Any, ...]
    traced: tuple[bool, ...]

    def filled(self, results: Sequence[Any]) -> Any:
        """The auxiliary output with the results in place."""
        remaining = iter(results)
        leaves = (
            next(remaining) if is_traced else leaf
            for leaf, is_traced in zip(self.leaves, self.traced, strict=True)
        )
        return tree.unflatten(self.structure, leaves)


def record(
    call: Callable[[list[Any]], Any],
    arguments: Sequence[Any],
    *,
    name: str = "f",
    hints: Sequence[str | None] = (),
    weak: Sequence[type | None] | None = None,
    has_aux: bool = False,
    writable: int = 0,
    key: Hashable | None = None,
) -> Recorded:
    """Runs `call` once on traced arrays and returns what it did.

    Args:
        call: takes the list of traced arguments, returns a pytree of arrays, or a pair of that
            and an auxiliary output.
        arguments: arrays, numbers, traced arrays further out, or (under jit) types.
        name: the name of the function.
        hints: names of the parameters, for printing.
        weak: for each argument int, float or complex if it is a number of Python's; by default as
            the arguments are.
        has_aux: whether `call` returns a pair.
        writable: how many arguments, the first ones, `call` may write to.
        key: of the earlier trace to follow, if any, and of this one for those to come.
    """
    outer = current()
    if outer is not None and not outer.builder.learns:  # the whole is traced once, under jit
        key = None
    trace = Trace(name, key)
    names = [*hints, *[None] * (len(arguments) - len(hints))]
    inputs = [trace.argument(x, hint) for x, hint in zip(arguments, names, strict=True)]
    with recording(trace):
        weak = [weak_type(x) for x in arguments] if weak is None else weak
        leaves = []
        for i, (x, w) in enumerate(zip(inputs, weak, strict=True)):
            leaf = TracedArray(trace, x, w, fixed=i >= writable)
            leaf.made = x.operand
            leaves.append(leaf)
        output = call(leaves)
        aux = None
        if has_aux:
            output, extra = _pair(output)
            aux = _aux(extra)
        leaves, structure = tree.flatten(output)
        results = [trace.lift(_output(x)) for x in leaves]
        if aux is not None:
            flags = zip(aux.leaves, aux.traced, strict=True)
            results += [trace.lift(x) for x, is_traced in flags if is_traced]
        script = trace.finish(results)
    params = script.function.params
    captures = tuple([trace.inputs[p] for p in params[: len(params) - len(inputs)]])
    return Recorded(script.canonical, captures, structure, len(leaves), aux)


def apply(
    function: Function,
    operands: Sequence[Any],
    call: Callable[[Function], Op] = Call,
    run: Run = run,
) -> list[Any]:
    """The results of a function of ordinary values on actual arguments.

    Where an argument is a traced array the call is recorded in the current trace; else it runs, and
    the results are fresh arrays (or NumPy scalars) of the caller's own.
    """
    if any(isinstance(x, Traced) for x in operands):
        pairs = zip(operands, function.params, strict=True)
        return list(apply_all(call(function), *[_operand(x, p.type) for x, p in pairs]))
    arrays = [
        x if isinstance(p.type, Container) else np.asarray(x, p.type.dtype)[()]
        for x, p in zip(operands, function.params, strict=True)
    ]
    if watching.get():
        run = nans.run
    return [_fresh(result, arrays) for result in run(function, *arrays)]


def _operand(x: Any, type: ArrayType) -> Any:
    """`x` as an operand of the current trace."""
    if isinstance(type, Container):
        return x if isinstance(x, Traced) else wrap(here().hold(x, type))
    return convert(x, type.dtype)


def _fresh(result: Array, arguments: Sequence[Array]) -> Array:
    """`result` in memory of its own."""
    if not isinstance(result, np.ndarray):
        return result
    if result.ndim == 0:
        return result[()]
    if result.base is not None or any(result is x for x in arguments):
        return np.array(result)
    return result


def weak_type(x: Any) -> type | None:
    """The Python type of a number, which adapts to the dtypes that it meets."""
    if isinstance(x, Traced):
        return x.weak
    return type(x) if type(x) in (int, float, complex) else None


def _pair(output: Any) -> tuple[Any, Any]:
    if isinstance(output, tuple) and len(output) == 2:
        return output[0], output[1]
    raise TypeMismatchError(
        "with has_aux=True a function returns a pair",
        where=user_source(),
        found=f"{len(output)} outputs in a tuple" if isinstance(output, tuple) else "one output",
        expected="(output, aux)",
        remedy="put everything but the output into aux, or leave out has_aux=True",
    )


def _output(leaf: Any) -> Any:
    if isinstance(leaf, Traced) or np.asarray(leaf).dtype.kind in "biufc":
        return leaf
    raise TypeMismatchError(
        "a function that is traced returns arrays, or containers of arrays",
        where=user_source(),
        found=f"an object of type {type(leaf).__name__} among its outputs",
        expected="arrays and numbers in tuples, lists, dicts, …",
        remedy="leave other things out, or return them beside the output, with has_aux=True of "
        "grad and its like",
    )


def _aux(extra: Any) -> Aux:
    leaves, structure = tree.flatten(extra)
    return Aux(structure, tuple(leaves), tuple(isinstance(x, Traced) for x in leaves))
