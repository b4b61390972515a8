"""Programs as users hold them: printed, called, taken apart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from rich.text import Text

from lineara import tree
from lineara.backends import memory as backend
from lineara.backends.memory import Memory
from lineara.errors import TypeMismatchError, UnknownNameError
from lineara.frontend.arguments import all_of, checked_function, chosen_leaves
from lineara.frontend.tracing import apply
from lineara.ir import cost
from lineara.ir.check import check as check_program
from lineara.ir.program import Program as Functions
from lineara.linear_map import matching_leaf
from lineara.ops.control.base import Policy
from lineara.ops.control.policies import everything_saveable
from lineara.text.highlight import html, rich_text
from lineara.text.parser import parse as parse_text
from lineara.text.printer import show
from lineara.transforms.forget import forget
from lineara.transforms.simplify import simplify
from lineara.transforms.unzip import split
from lineara.where import user_source


@dataclass(frozen=True, eq=False, repr=False)
class Program(Functions):
    """A program of Linear A: functions, the last of which is the main one.

    ``print(program)`` shows its text, calling it runs the main function on arrays (linear
    parameters after the others), ``program["name"]`` is the program of another of its functions,
    and `lineara.transforms` makes new programs from it.
    """

    @property
    def text(self) -> str:
        """The program in Linear A, as `parse` reads it."""
        return show(self)

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        names = ", ".join(f.name for f in self.functions)
        return f"<Program {names}: {size(self)} equations>"

    def _repr_html_(self) -> str:
        return html(self)

    def __rich__(self) -> Text:
        """The text in colours, for ``rich.print(program)``."""
        return rich_text(self)

    def __getitem__(self, name: str) -> Program:
        for f in self.functions:
            if f.name == name:
                return Program.of(f, self.constants if f is self.main else ())
        raise UnknownNameError(
            f"the program has no function {name!r}",
            where=user_source(),
            found=f"functions {', '.join(f.name for f in self.functions)}",
            expected="the name of one of them",
        )

    def __call__(self, *arguments: Any) -> Any:
        """The results of the main function: one array, or a tuple of several.

        Raises:
            TypeMismatchError: for a wrong number of arguments, or a wrong dtype.
            ShapeMismatchError: for a wrong shape.
        """
        params = self.main.all_params[len(self.constants) :]
        leaves = tree.leaves(arguments)
        if len(leaves) != len(params):
            raise TypeMismatchError(
                f"{self.main.name} is called with a wrong number of arguments",
                where=user_source(),
                found="1 array" if len(leaves) == 1 else f"{len(leaves)} arrays",
                expected=f"({', '.join(repr(p).strip('<>') for p in params)})",
            )
        inputs = [
            matching_leaf(x, p.type, f"argument {i + 1} of {self.main.name}")
            for i, (x, p) in enumerate(zip(leaves, params, strict=True))
        ]
        results = apply(forget(self.main), [*self.constants, *inputs])
        return results[0] if len(results) == 1 else tuple(results)


def trace(fun: Callable[..., Any]) -> Callable[..., Program]:
    """A function of the arguments of `fun` that returns the program that `fun` runs on them.

    All arguments are parameters of the program, leaf by leaf; arrays that `fun` reads from its
    surroundings become its first parameters, whose values the program keeps.

    >>> import numpy as np, lineara as la
    >>> print(la.trace(lambda x: np.sum(np.sin(x)))(np.zeros(3)))
    def f(x: f64[3]) -> (f64[]) {
      a: f64[3] = sin x
      b: f64[] = reduce_sum[axes=(0,)] a
      return b
    }
    """
    checked_function(fun, "trace")

    def program(*args: Any, **kwargs: Any) -> Program:
        recorded = all_of(fun, args, kwargs).record()
        return Program.of(recorded.function, recorded.captures)

    return program


def partial_eval(
    fun: Callable[..., Any], known: int | Sequence[int] = 0, policy: Policy = everything_saveable
) -> Callable[..., tuple[Program, Program]]:
    """A function taken apart into what some of its arguments determine, and the rest.

    Args:
        fun: a function of arrays, or pytrees of arrays.
        known: which positional arguments are known first, one or several.
        policy: what the first program hands over to the second, as for `checkpoint`: a function
            of an equation that says whether to save its results; others are computed again.

    Returns:
        A function of the arguments of `fun` that returns two programs. The first takes the known
        arguments, leaf by leaf, and returns a *tape*; the second takes the tape and the other
        arguments, and returns what `fun` does, leaf by leaf.

    Raises:
        TypeMismatchError: at the call, if `known` names an argument that is not there.

    >>> import numpy as np, lineara as la
    >>> def f(x, y):
    ...     return np.sum(np.sin(x) * y)
    >>> first, second = la.partial_eval(f, known=0)(np.ones(2), np.ones(2))
    >>> print(second)
    def f.unknown(a: f64[2], y: f64[2]) -> (f64[]) {
      b: f64[2] = mul a y
      c: f64[] = reduce_sum[axes=(0,)] b
      return c
    }
    >>> second(first(np.zeros(2)), np.ones(2))
    np.float64(0.0)
    """
    checked_function(fun, "partial_eval")

    def programs(*args: Any, **kwargs: Any) -> tuple[Program, Program]:
        arguments = all_of(fun, args, kwargs)
        mask = chosen_leaves(arguments, known)
        recorded = arguments.record()
        function, captures = recorded.function, recorded.captures
        whole = (*[True] * len(captures), *mask)
        parts = split(function, whole, policy, (False,) * len(function.results))
        return Program.of(simplify(parts.known), captures), Program.of(simplify(parts.unknown))

    return programs


def parse(text: str, file: str = "<text>") -> Program:
    """The program that a text of Linear A describes, checked.

    Raises:
        ParseError: if the text is not a program, with line and column.
        ProgramError: if the program is ill typed, with all its errors.
    """
    if not isinstance(text, str):
        raise TypeMismatchError(
            "parse takes the text of a program",
            where=user_source(),
            found=f"an object of type {type(text).__name__}",
            expected="a str",
            remedy="read a file with Path(name).read_text(), decode bytes with .decode()",
        )
    parsed = parse_text(text, file)
    check_program(parsed)
    return Program(parsed.functions, parsed.constants)


def check(program: Functions) -> None:
    """Proves that a program is well typed, and so linear in its linear variables.

    Raises:
        ProgramError: if it is not, with all its errors.
    """
    check_program(_checked(program, "check"))


def work(program: Functions) -> int:
    """The number of scalar operations of the main function."""
    return cost.work(_checked(program, "work").main)


def size(program: Functions) -> int:
    """The number of equations of all functions, each function counted once."""
    return cost.size(_checked(program, "size"))


def memory(program: Functions) -> Memory:
    """The memory that it takes to run the main function, in bytes, before anything runs.

    The `peak` is what the interpreter holds at most at one time, besides the `arguments` and with
    the `results`; `tape` is what a gradient of the program keeps for its way back, arguments that
    it needs there included. Loops of a number of iterations that is not known count what they put
    on stacks with one iteration; of branches the one that takes most counts.

    >>> import numpy as np, lineara as la
    >>> def f(x):
    ...     return np.sum(np.sin(np.exp(x)))
    >>> print(la.memory(la.trace(f)(np.zeros(100_000))))
    arguments   800 kB
    results        8 B
    peak       1.60 MB
    tape       1.60 MB
    >>> la.memory(la.trace(la.grad(f))(np.zeros(100_000))).peak
    2400008
    """
    checked = _checked(program, "memory")
    return backend.memory(checked.main, len(checked.constants))


def _checked(program: Any, verb: str) -> Functions:
    if isinstance(program, Functions):
        return program
    raise TypeMismatchError(
        f"{verb} takes a program",
        where=user_source(),
        found=f"an object of type {type(program).__name__}",
        expected="what trace or parse returned",
        remedy=f"write lineara.{verb}(lineara.trace(f)(x)) for a function, "
        f"lineara.{verb}(lineara.parse(text)) for a text",
    )
