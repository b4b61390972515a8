"""Tracing again what was traced before, quickly.

A function that is not jitted is traced on each call, and nearly always does what it did the last
time. So a trace *follows* the one before: as long as the function makes the same equations, of the
same values at the same lines, it takes those that are there, variables included. Each is compared,
so that nothing is presumed; where the function does something else, the two part, and the trace
goes on by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

from lineara.errors import Source
from lineara.frontend.cache import canonical
from lineara.ir.builder import Builder
from lineara.ir.op import Op
from lineara.ir.program import Equation, Function, Operand, Variable
from lineara.ir.types import Array, ArrayType
from lineara.ir.value import Value

LIMIT = 1024
"""Traces remembered; the oldest goes first."""


@dataclass(frozen=True, eq=False, slots=True)
class Step:
    """A call of one of NumPy's functions that left nothing behind but a new array.

    Attributes:
        what: the function.
        inputs, options: descriptions of its arguments, by position and by name.
        code, line: the Python code that the call is part of, and where in it.
        lines: the line of each byte of that code.
        source: the user's line, if that is somewhere else.
        start, end, equations: the equations that it made.
        constants: the parameters that it made for what follows from its arguments, and that.
        operand: what the array holds.
        weak, fixed, boxed, scrambled: as the array has them.
        makers: of the view that the array is of the first argument's memory, if it is one.
    """

    what: Hashable
    inputs: tuple[Any, ...]
    options: dict[str, Any]
    code: object
    line: int
    lines: Sequence[int | None]
    source: Source | None
    start: int
    end: int
    equations: tuple[Equation, ...]
    constants: tuple[tuple[Variable, Array], ...]
    operand: Operand
    weak: type | None
    fixed: bool
    boxed: bool
    scrambled: bool
    makers: tuple[Callable[[Any], Any], ...] | None


@dataclass(frozen=True)
class Script:
    """A trace that others can follow.

    Attributes:
        function: what it recorded.
        canonical: the function equal to it that is in use.
        params: its parameters in the order in which they were made.
        steps: the calls that it recorded, in order; None for one that did something else, too.
    """

    function: Function
    canonical: Function
    params: tuple[Variable, ...]
    steps: list[Step | None]


_scripts: dict[Hashable, Script] = {}


class Following(Builder):
    """A builder that takes what an earlier trace has built as long as that is the same.

    Attributes:
        script: the earlier trace, until the two part.
        learns: whether there will be traces to follow this one.
        steps: the calls so far, and while there is an earlier trace those to come.
        calls: how many there were so far.
        calling: whether there is one now.
    """

    def __init__(self, name: str, key: Hashable | None = None) -> None:
        super().__init__(name)
        self.key = key
        self.learns = key is not None
        self.script = None if key is None else _scripts.get(key)
        self.steps: list[Step | None] = [] if self.script is None else self.script.steps
        self.calls = 0
        self.calling = False

    def part(self) -> None:
        """From now on there is nothing to follow."""
        if self.script is not None:
            self.script, self.steps = None, self.steps[: self.calls]

    def parameter(self, type: ArrayType, hint: str | None = None) -> Value:
        place = len(self.params)
        if self.script is not None and place < len(self.script.params):
            old = self.script.params[place]
            if (old.type is type or old.type == type) and old.hint == hint:
                self.params.append(old)
                return Value(self, old)
        self.part()
        return super().parameter(type, hint)

    def append(
        self, op: Op, inputs: tuple[Operand, ...], types: tuple[tuple[ArrayType, bool], ...]
    ) -> tuple[Value, ...]:
        place = len(self.equations)
        if self.script is not None and place < len(self.script.function.equations):
            old = self.script.function.equations[place]
            if (old.op is op or old.op == op) and (old.operands, old.source) == (
                inputs,
                self.source,
            ):
                self.equations.append(old)
                return tuple([Value(self, v) for v in old.results])
        self.part()
        return super().append(op, inputs, types)

    def finish(self, results: Sequence[Value], created: tuple[Variable, ...]) -> Script:
        """The whole trace, given its parameters in the order in which they were made."""
        script = self.script
        if script is None or not self._is_all(script, results):
            self.part()
            function = self.build(results)
            script = Script(function, canonical(function), created, self.steps)
            if self.key is not None:
                _scripts[self.key] = script
                if len(_scripts) > LIMIT:
                    _scripts.pop(next(iter(_scripts)), None)
        return script

    def _is_all(self, script: Script, results: Sequence[Value]) -> bool:
        return (
            len(self.params) == len(script.params)
            and len(self.equations) == len(script.function.equations)
            and tuple([x.operand for x in results]) == script.function.results
        )
