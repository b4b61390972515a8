"""Tracing: a Python function runs once on traced arrays and leaves a `Function` behind.

The function being traced is held in one context variable, so that threads may trace at the same
time. A trace inside a trace (a `grad` inside a `grad`) is closed: what the inner function uses of
the outer one becomes a parameter of the inner one, a *capture*, and so do arrays from its
surroundings. There is nothing that nested derivatives could confuse.

Traced arrays are symbolic, but where Python asks for a number (``if x > 0:``) the trace evaluates
the equations that the answer needs, from the real inputs, and goes on. Under `jit` there are no
real inputs, and the question is an error.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple

import numpy as np

from lineara.backends.numpy_interpreter import run_equation
from lineara.errors import LinearaError, TracingError, TypeMismatchError, UnsupportedError
from lineara.frontend.following import Following, Script
from lineara.ir.containers import Container
from lineara.ir.op import Op
from lineara.ir.program import Equation, Literal, Operand, Variable
from lineara.ir.types import DTYPE_NAMES, Array, ArrayType, type_of
from lineara.ir.value import Value
from lineara.where import user_source


class View(NamedTuple):
    """What a view looks at: the array that has the memory, the functions that lead from there to
    the view, and how often the memory had been written to when the view was last read.
    """

    root: Traced
    makers: tuple[Callable[[Any], Any], ...]
    version: int
    place: tuple[Traced, Any] | None = None
    """For a part whose place is a traced number: the array that it is a part of, and the index."""


class Traced:
    """A handle on a value of a trace; `TracedArray` gives it the looks of an array.

    Attributes:
        owner: the trace that the value belongs to.
        value: the value; that of a view follows what is written to its root.
        weak: int, float or complex for a Python number, which takes the dtype of what it meets.
        fixed: whether it is not to be written to, since it is an argument, or since NumPy might
            share its memory in a way that cannot be told here.
        boxed: whether it is an array without axes, which can be written to, and no scalar.
        scrambled: whether its elements may not be in C order in the memory that NumPy gives it.
        writes: how often it has been written to.
        alias: what it is a view of, if it is one.
        made: what tells how it was made, and that it is still as it was then, if that is known.
    """

    __slots__ = (
        *("_value", "alias", "boxed", "fixed", "made"),
        *("owner", "scrambled", "weak", "writes"),
    )

    def __init__(
        self, trace: Trace, value: Value, weak: type | None = None, fixed: bool = False
    ) -> None:
        self.owner = trace
        self._value = value
        self.weak = weak
        self.fixed = fixed
        self.boxed = False
        self.scrambled = False
        self.writes = 0
        self.alias: View | None = None
        self.made: object = None

    @property
    def version(self) -> int:
        """A number that changes when what it holds is written to, here or in what it is part of."""
        view = self.alias
        return self.writes if view is None or view.place is None else view.root.version

    @property
    def value(self) -> Value:
        view = self.alias
        if view is not None and view.version != view.root.version:
            token = _current.set(self.owner)  # a function further in may be the one that reads
            try:
                fresh: Any = type(self)(self.owner, view.root.value)
                for make in view.makers:
                    fresh = make(fresh)
                self._value = fresh.value
            finally:
                _current.reset(token)
            self.alias = view._replace(version=view.root.version)
        return self._value

    @value.setter
    def value(self, value: Value) -> None:
        self._value = value
        self.made = None


_current: ContextVar[Trace | None] = ContextVar("lineara_trace", default=None)


class Trace:
    """The recording of one function."""

    def __init__(self, name: str, key: Hashable | None = None) -> None:
        self.builder = Following(name, key)
        self.finished = False
        self.inputs: dict[Operand, Any] = {}
        """The actual argument behind each parameter: an array, a traced array further out, or,
        under `jit`, only a type."""
        self.arguments: set[Operand] = set()
        self.captures: dict[int, tuple[Any, Array | None, Value]] = {}
        """By identity of what is captured: itself, the snapshot of an array, the parameter."""
        self.values: dict[Operand, Array] = {}
        self.definitions: dict[Operand, Equation] = {}
        self.indexed = 0

    # -- inputs -----------------------------------------------------------------------------

    def argument(self, actual: Any, hint: str | None = None) -> Value:
        """A parameter for an argument of the function."""
        value = self.builder.parameter(type_of_leaf(actual), hint)
        self.inputs[value.operand] = actual
        self.arguments.add(value.operand)
        return value

    def lift(self, x: Any) -> Value:
        """Anything that counts as an array, as a value of this trace."""
        if isinstance(x, Traced):
            if x.owner is self:
                return x.value
            if x.owner.finished:
                raise TracingError(
                    "a traced array has outlived the function that was being traced",
                    where=user_source(),
                    found=f"a traced array of type {x.value.type}",
                    expected="values made by the function that is running now",
                    remedy="return the value from the function instead of storing it elsewhere",
                )
            return self.capture(x, None)
        array = np.asarray(x)
        if array.ndim == 0 and array.dtype in DTYPE_NAMES:
            return self.builder.constant(array)
        return self.capture(x, as_array(x))

    def capture(self, x: Any, array: Array | None) -> Value:
        """The parameter that stands for a traced array of an outer trace, or for an array.

        Arrays are copied, since the user may write to them before the program runs; one that was
        not written to since the last time is the same capture.
        """
        known = self.captures.get(id(x))
        if known is not None and (array is None or _same(known[1], array)):
            return known[2]
        if array is None:
            return self.hold(x, x.value.type)
        snapshot = np.array(array)
        value = self.builder.parameter(type_of(array))
        self.inputs[value.operand] = snapshot
        self.captures[id(x)] = (x, snapshot, value)
        return value

    def hold(self, x: Any, type: ArrayType) -> Value:
        """The parameter that stands for something that never changes."""
        known = self.captures.get(id(x))
        if known is not None:
            return known[2]
        value = self.builder.parameter(type)
        self.inputs[value.operand] = x
        self.captures[id(x)] = (x, None, value)
        return value

    # -- equations --------------------------------------------------------------------------

    def emit(self, op: Op, *operands: Value) -> tuple[Value, ...]:
        """Records an equation, attributed to the user's line."""
        self.builder.source = user_source()
        return self.builder.emit(op, *operands)

    def append(self, op: Op, operands: tuple[Operand, ...], type: ArrayType) -> Value:
        """Records an equation that is known to have one result, of that type."""
        self.builder.source = user_source()
        return self.builder.append(op, operands, ((type, False),))[0]

    def finish(self, results: Sequence[Value]) -> Script:
        """What has been recorded: a function with its captures as first parameters."""
        created = tuple(self.builder.params)
        if self.captures:
            self.builder.params.sort(key=lambda v: v in self.arguments)
        return self.builder.finish(results, created)

    # -- values -----------------------------------------------------------------------------

    def concrete(self, value: Value, wanted: str) -> Array:
        """The number behind a value, for Python code that asks.

        Args:
            value: a value of this trace.
            wanted: what asked for it, for the message, e.g. ``bool()``.

        Raises:
            TracingError: if the inputs have no values yet.
        """
        stack = [value.operand]
        self._index()
        while stack:
            operand = stack[-1]
            if isinstance(operand, Literal) or operand in self.values:
                stack.pop()
            elif operand in self.inputs:
                self.values[operand] = self._input(operand, wanted)
            else:
                equation = self.definitions[operand]
                missing = [
                    v for v in equation.operands if isinstance(v, Variable) and v not in self.values
                ]
                if missing:
                    stack.extend(missing)
                else:
                    self._evaluate(equation)
        operand = value.operand
        return operand.value if isinstance(operand, Literal) else self.values[operand]

    def varies(self, operand: Operand) -> bool:
        """Whether a value changes with the arguments of the function, or of one further out.

        What does not can be taken as a plain number without losing a derivative: what was computed
        from constants, integers and bools, and what went through `stop_gradient`.
        """
        self._index()
        stack, seen = [operand], set[Operand]()
        while stack:
            v = stack.pop()
            if v in seen or isinstance(v, Literal) or not v.type.has_tangent:
                continue
            seen.add(v)
            if v in self.inputs:
                actual = self.inputs[v]
                if v in self.arguments or (
                    isinstance(actual, Traced) and actual.owner.varies(actual.value.operand)
                ):
                    return True
            elif self.definitions[v].op.differentiable:
                stack.extend(self.definitions[v].operands)
        return False

    def _index(self) -> None:
        for equation in self.builder.equations[self.indexed :]:
            self.definitions.update((v, equation) for v in equation.results)
        self.indexed = len(self.builder.equations)

    def _input(self, operand: Operand, wanted: str) -> Array:
        actual = self.inputs[operand]
        if isinstance(actual, Traced):
            return actual.owner.concrete(actual.value, wanted)
        if isinstance(actual, ArrayType):
            raise TracingError(
                f"{wanted} needs a number, but here a traced array has none yet",
                where=user_source(),
                found=f"a traced array of type {operand.type}, under jit or vmap, or in the body "
                "of a loop or a branch",
                expected="a value that does not depend on the arguments of the function",
                remedy="use np.where(condition, a, b) in place of branches and masks, or lineara's "
                "cond and while_loop; mark arguments of jit static; or leave jit out",
            )
        return (
            actual
            if isinstance(operand.type, Container)
            else np.asarray(actual, operand.type.dtype)
        )

    def _evaluate(self, equation: Equation) -> None:
        inputs = [v.value if isinstance(v, Literal) else self.values[v] for v in equation.operands]
        self.values.update(zip(equation.results, run_equation(equation, inputs), strict=True))


def current() -> Trace | None:
    """The trace of the function that is being traced now, if any."""
    return _current.get()


def known_or_none(x: Any) -> Any:
    """The number behind a traced array, or None if there is none yet; anything else as it is."""
    if not isinstance(x, Traced):
        return x
    try:
        return x.owner.concrete(x.value, "a shape")
    except TracingError:
        return None


@contextmanager
def recording(trace: Trace) -> Iterator[Trace]:
    """Makes `trace` the current one; afterwards it is finished, whatever happened."""
    token = _current.set(trace)
    try:
        yield trace
    except LinearaError as error:
        raise (_of_random(error) or error).at(user_source()) from error.__cause__
    except ValueError as error:
        # NumPy's own words for a plain array that is given a traced value: "setting an array
        # element with a sequence". The cause has the user's line.
        if not isinstance(error.__cause__, TracingError):
            raise
        raise TracingError(
            "a traced value is written into a plain NumPy array",
            where=error.__cause__.where,
            found=error.__cause__.found,
            expected="an array that can hold traced values",
            remedy="make the array with np.zeros_like(x), with np.zeros(shape, like=x), or with "
            "`from lineara import numpy as np`",
        ) from None
    finally:
        _current.reset(token)
        trace.finished = True


def _of_random(error: LinearaError) -> LinearaError | None:
    """What to say if NumPy's random numbers were asked to depend on a traced value."""
    frame = error.__traceback__
    while frame is not None and "numpy/random/" not in frame.tb_frame.f_code.co_filename:
        frame = frame.tb_next
    if frame is None:
        return None
    return TracingError(
        "random numbers of NumPy's do not depend on traced values",
        where=error.where,
        found=error.found,
        expected="plain numbers as arguments of a generator of random numbers",
        remedy="draw standard ones and transform them: x + s * rng.standard_normal(x.shape) has "
        "mean x and deviation s; choose and shuffle by index: x[rng.permutation(len(x))]",
    )


def as_array(x: Any) -> Array:
    """A number or array of the user's as a NumPy array.

    Raises:
        TypeMismatchError: for anything that is not one, or of a dtype that the language lacks.
    """
    if isinstance(x, np.ma.MaskedArray | np.matrix):
        raise UnsupportedError(
            f"{type(x).__name__} has other rules than arrays, which would get lost",
            where=user_source(),
            found=f"an object of type {type(x).__name__}",
            expected="a plain array",
            remedy="convert it with x.filled(…)"
            if isinstance(x, np.ma.MaskedArray)
            else "convert it with np.asarray(x), and multiply with @",
        )
    array = np.asarray(x)
    if array.dtype.kind not in "biufc":
        is_array = isinstance(x, np.ndarray | np.generic)
        found = f"of dtype {array.dtype}" if is_array else f"of type {type(x).__name__}"
        raise TypeMismatchError(
            "a program computes with numbers and arrays of numbers only",
            where=user_source(),
            found=f"an {'array' if is_array else 'object'} {found}"
            + (f" ({x!r})" if isinstance(x, str | bytes) else ""),
            expected="a number, a NumPy array of numbers, or a traced array",
            remedy="convert it first, pass it where it is not differentiated or traced, or "
            "register its class with lineara.tree if it is a container",
        )
    try:
        type_of(array)
    except TypeMismatchError as error:
        raise error.at(user_source()) from None
    return array


def type_of_leaf(x: Any) -> ArrayType:
    """The type of an argument: an array, a number, a traced array, or an `ArrayType` itself."""
    if type(x) is np.ndarray and x.dtype in DTYPE_NAMES:
        return type_of(x)
    if isinstance(x, ArrayType):
        return x
    if isinstance(x, Traced):
        return x.value.type
    return type_of(as_array(x))


def _same(a: Array | None, b: Array) -> bool:
    """Whether all bits are the same."""
    if a is None or a.dtype != b.dtype or a.shape != b.shape:
        return False
    word = WORDS.get(a.itemsize)
    if word is not None and a.flags.c_contiguous and b.flags.c_contiguous:
        return np.array_equal(a.view(word), b.view(word))
    return a.tobytes() == b.tobytes()


WORDS = {1: np.uint8, 2: np.uint16, 4: np.uint32, 8: np.uint64}
"""Types by which bits are compared, which copies nothing."""
