"""Rules for derivatives that users write, traced and checked.

A rule is traced on types, once for each way in which its function is called, and must prove to be
linear in tangents or cotangents: the types of Linear A admit nothing else. While it is traced, a
call of its own function with the very arguments of the rule is the result that is known already.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from lineara import tree
from lineara.errors import LinearityError, Source, TracingError
from lineara.frontend.closures import Captures
from lineara.frontend.differentiable import float0
from lineara.frontend.fitting import Fitting, line_of
from lineara.frontend.trace import Traced
from lineara.frontend.tracing import Recorded, record, weak_type
from lineara.ir.builder import Builder
from lineara.ir.program import Function, Operand, Variable
from lineara.ir.types import ArrayType
from lineara.ir.value import Value
from lineara.ops.control.base import rebuilt
from lineara.ops.control.call import Call
from lineara.ops.control.declared import LinearCall
from lineara.transforms.as_linear import is_zero, prove, zeros_in
from lineara.transforms.forget import forget
from lineara.transforms.inline import inline
from lineara.transforms.simplify import simplify
from lineara.transforms.transpose import transpose
from lineara.where import user_source

Fun = Callable[..., Any]


class Rules(NamedTuple):
    """The rules of a function; each may be missing."""

    jvp: Fun | None = None
    fwd: Fun | None = None
    bwd: Fun | None = None


@dataclass(frozen=True)
class Usage:
    """One call of a function with rules.

    Attributes:
        name: of the function.
        fixed: the arguments that are not differentiated.
        order: for each argument its place among those (negative: −1 − place), or the others.
        structure: of the tuple of the other arguments.
        types: of their leaves.
        weak: int, float or complex for leaves that adapt to what they meet.
        hints: names of the leaves.
        out_structure: of the output.
        out_types: of its leaves.
    """

    name: str
    fixed: tuple[Any, ...]
    order: tuple[int, ...]
    structure: tree.Structure
    types: tuple[ArrayType, ...]
    weak: tuple[type | None, ...]
    hints: tuple[str | None, ...]
    out_structure: tree.Structure
    out_types: tuple[ArrayType, ...]

    def arguments(self, leaves: Sequence[Any]) -> list[Any]:
        """All arguments of the function, in order, with those leaves."""
        moving = tree.unflatten(self.structure, leaves)
        return [moving[i] if i >= 0 else self.fixed[-1 - i] for i in self.order]

    @property
    def moving(self) -> list[bool]:
        """Which leaves of the arguments have tangents."""
        return [t.has_tangent for t in self.types]

    @property
    def out_moving(self) -> list[bool]:
        return [t.has_tangent for t in self.out_types]


# -- calls within rules ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Frame:
    """A rule that is being traced.

    Attributes:
        owner: the function whose rule it is.
        fixed: its arguments that are not differentiated.
        leaves: the leaves of the others, as the rule is given them.
        output: what the function returns for these arguments.
    """

    owner: Any
    fixed: tuple[Any, ...] = ()
    leaves: list[Any] = field(default_factory=list)
    output: Any = None


_frames: ContextVar[tuple[Frame, ...]] = ContextVar("lineara_rules", default=())
DEPTH = 8
"""Rules within rules that are traced at once; deeper ones wait until they are needed."""


@contextmanager
def _within(frame: Frame) -> Iterator[None]:
    token = _frames.set((*_frames.get(), frame))
    try:
        yield
    finally:
        _frames.reset(token)


def known_output(owner: Any, fixed: Sequence[Any], leaves: Sequence[Any]) -> tuple[Any, ...]:
    """The output in a tuple, if the call is one that a rule being traced knows the output of."""
    for frame in _frames.get():
        if (
            frame.owner is owner
            and len(frame.leaves) == len(leaves) > 0
            and len(frame.fixed) == len(fixed)
            and all(map(_is_same, frame.leaves, leaves))
            and all(map(_is_same, frame.fixed, fixed))
        ):
            return (frame.output,)
    return ()


def _is_same(x: Any, y: Any) -> bool:
    if isinstance(x, Traced) and isinstance(y, Traced):
        return x is y or (x.owner is y.owner and x.value.operand is y.value.operand)
    return x is y or (type(x) is type(y) and isinstance(x, bool | int | float | str) and x == y)


def must_wait(owner: Any) -> bool:
    """Whether a rule cannot be traced now, since it is needed by itself, or too deep."""
    frames = _frames.get()
    return len(frames) >= DEPTH or any(frame.owner is owner for frame in frames)


# -- rules as functions ---------------------------------------------------------------------------


class Part(NamedTuple):
    """A function of a rule, and the places of its captures."""

    recorded: Recorded
    places: tuple[int, ...]


class Tracer:
    """Traces the rules of a function for one usage.

    Attributes:
        captures: what the rules capture, after what the function does.
    """

    def __init__(self, owner: Any, rules: Rules, usage: Usage, captures: Captures) -> None:
        self.owner = owner
        self.rules = rules
        self.usage = usage
        self.captures = captures
        self.residuals: tuple[tree.Structure, list[ArrayType], list[type | None]]

    def trace(self) -> Callable[[], Function]:
        """Traces the rules; what makes the rule of a `custom_call`, once all captures are known."""
        jvp = None if self.rules.jvp is None else self._part(self._record_jvp())
        if self.rules.bwd is None:
            assert jvp is not None
            return lambda: self._tangent_rule(self._closed(jvp))
        fwd = self._part(self._record_fwd())
        bwd = self._part(self._record_bwd())

        def make() -> Function:
            forward = self._closed(jvp) if jvp else None
            return self._reverse_rule(self._closed(fwd), self._closed(bwd), forward)

        return make

    def _part(self, recorded: Recorded) -> Part:
        return Part(recorded, self.captures.add(recorded))

    def _closed(self, part: Part) -> Function:
        return self.captures.closed(part.recorded.function, part.places)

    # -- tracing --------------------------------------------------------------------------------

    def _record_jvp(self) -> Recorded:
        """``(x, y, t) -> (y, t)``, with tangents for what has them."""
        usage, rule = self.usage, self.rules.jvp
        assert rule is not None
        n, m = len(usage.types), len(usage.out_types)

        def call(leaves: list[Any]) -> Any:
            x, y, dots = leaves[:n], leaves[n : n + m], leaves[n + m :]
            primals = tree.unflatten(usage.structure, x)
            tangents = tree.unflatten(usage.structure, _with_float0(usage.types, dots))
            fit = Fitting(rule, f"the tangent rule of {usage.name}")
            with _within(self._frame(x, y)):
                output = fit.called(*usage.fixed, primals, tangents)
            value, tangent = fit.pair(output, "(output, tangent of the output)")
            return [
                *fit.leaves(value, usage.out_structure, usage.out_types),
                *fit.tangents(tangent, usage.out_structure, usage.out_types, "the tangent"),
            ]

        moving = [t for t in usage.types if t.has_tangent]
        weak = [w for w, m in zip(usage.weak, usage.moving, strict=True) if m]
        hints = [h for h, m in zip(usage.hints, usage.moving, strict=True) if m]
        return record(
            call,
            [*usage.types, *usage.out_types, *moving],
            weak=[*usage.weak, *[None] * m, *weak],
            name=f"{usage.name}.rule",
            hints=[*usage.hints, *[None] * m, *hints],
        )

    def _record_fwd(self) -> Recorded:
        """``(x, y) -> (y, residuals)``."""
        usage, rule = self.usage, self.rules.fwd
        assert rule is not None
        n = len(usage.types)

        def call(leaves: list[Any]) -> Any:
            x, y = leaves[:n], leaves[n:]
            fit = Fitting(rule, f"the forward rule of {usage.name}")
            with _within(self._frame(x, y)):
                output = fit.called(*usage.arguments(x))
            value, residuals = fit.pair(output, "(output, residuals for the backward rule)")
            found, structure = tree.flatten(residuals)
            self.residuals = (
                structure,
                fit.types(found, "residuals"),
                list(map(weak_type, found)),
            )
            return [*fit.leaves(value, usage.out_structure, usage.out_types), *found]

        return record(
            call,
            [*usage.types, *usage.out_types],
            weak=[*usage.weak, *[None] * len(usage.out_types)],
            name=f"{usage.name}.fwd",
            hints=usage.hints,
        )

    def _record_bwd(self) -> Recorded:
        """``(residuals, cotangents) -> cotangents``, with cotangents for what has them."""
        usage, rule = self.usage, self.rules.bwd
        assert rule is not None
        structure, types, weak = self.residuals

        def call(leaves: list[Any]) -> Any:
            residuals = tree.unflatten(structure, leaves[: len(types)])
            dots = _with_float0(usage.out_types, leaves[len(types) :])
            cotangent = tree.unflatten(usage.out_structure, dots)
            fit = Fitting(rule, f"the backward rule of {usage.name}")
            with _within(Frame(self.owner)):
                output = fit.called(*usage.fixed, residuals, cotangent)
            return fit.cotangents(output, usage.structure, usage.types)

        moving = [t for t in usage.out_types if t.has_tangent]
        return record(
            call, [*types, *moving], weak=[*weak, *[None] * len(moving)], name=f"{usage.name}.bwd"
        )

    def _frame(self, x: list[Any], y: list[Any]) -> Frame:
        output = tree.unflatten(self.usage.out_structure, y)
        return Frame(self.owner, self.usage.fixed, x, output)

    # -- putting together -----------------------------------------------------------------------

    def _tangent_rule(self, f: Function) -> Function:
        """The rule of a `custom_call` from ``(c, x, y, t) -> (y, t)``."""
        n = len(self.captures) + len(self.usage.types)
        m = len(self.usage.out_types)
        return f.memoized(
            ("tangent rule", n, m),
            lambda: _tangent_rule(f, n, m, self.rules.jvp, self.usage.name),
        )

    def _reverse_rule(self, fwd: Function, bwd: Function, jvp: Function | None) -> Function:
        """The rule of a `custom_call` from ``fwd(c, x, y) -> (y, r)``, ``bwd(c, r, ct) -> (ct)``
        and possibly ``jvp(c, x, y, t) -> (y, t)``.
        """
        c, n, m = len(self.captures), len(self.usage.types), len(self.usage.out_types)

        def make() -> Function:
            return _reverse_rule(fwd, bwd, jvp, c, n, m, self.rules, self.usage)

        return fwd.memoized(("reverse rule", bwd, jvp, c, n, m), make)


def _tangent_rule(f: Function, n: int, m: int, rule: Any, name: str) -> Function:
    given = _reads(f, f.params[n : n + m])
    kept = f.params if given else (*f.params[:n], *f.params[n + m :])
    f = rebuilt(f, params=kept)
    count = n + m * given
    mask = tuple(i >= count for i in range(len(kept)))
    b, values = _linear(f, mask, range(m, len(f.results)), Fault(rule, name, "tangent"))
    return b.build(values[m * given :], f"{name}.jvp")


def _reverse_rule(
    fwd: Function,
    bwd: Function,
    jvp: Function | None,
    c: int,
    n: int,
    m: int,
    rules: Rules,
    usage: Usage,
) -> Function:
    given = _reads(fwd, fwd.params[c + n :]) or (
        jvp is not None and _reads(jvp, jvp.params[c + n : c + n + m])
    )
    r = len(fwd.results) - m
    mask = tuple(i >= c + r for i in range(len(bwd.params)))
    fault = Fault(rules.bwd, usage.name, "cotangent")
    typed, values = _linear(bwd, mask, range(len(bwd.results)), fault)
    back = typed.build(values, f"{usage.name}.bwd")
    turned = forget(simplify(transpose(simplify(back))))
    if jvp is None:
        forward, backward = turned, bwd
    else:
        _tangent_rule(jvp, c + n, m, rules.jvp, usage.name)  # raises an error if it is not linear
        forward, backward = _both(jvp, bwd, c, r, n, m)
    b = Builder(f"{usage.name}.jvp")
    b.source = user_source()
    params = [b.parameter(p.type, p.hint) for p in fwd.params[: c + n]]
    results = [b.parameter(p.type, p.hint) for p in fwd.params[c + n :]] if given else []
    dots = [b.linear_parameter(p.type, p.hint) for p in fwd.params[c : c + n] if p.type.has_tangent]
    start = fwd if given else rebuilt(fwd, params=fwd.params[: c + n])
    outputs = Call(start).all(*params, *results) if params else ()
    residuals = [*params[:c], *outputs[m:]]
    if jvp is not None:
        extra = results or list(outputs[:m])
        residuals = [*residuals, *params[c:], *extra]
    linear = LinearCall(simplify(forward), simplify(backward), len(residuals))
    tangents = linear.all(*residuals, *dots)
    return b.build([*(() if given else outputs[:m]), *tangents])


def _both(
    jvp: Function, bwd: Function, c: int, r: int, n: int, m: int
) -> tuple[Function, Function]:
    """``(c, r, x, y, t) -> (t)`` and ``(c, r, x, y, ct) -> (ct)``."""
    residuals = [Variable(p.type) for p in bwd.params[c : c + r]]
    forward = rebuilt(
        jvp, params=[*jvp.params[:c], *residuals, *jvp.params[c:]], results=jvp.results[m:]
    )
    known = [Variable(p.type) for p in jvp.params[c : c + n + m]]
    backward = rebuilt(bwd, params=[*bwd.params[: c + r], *known, *bwd.params[c + r :]])
    return forward, backward


def _reads(f: Function, variables: Sequence[Variable]) -> bool:
    """Whether `f` uses any of those parameters."""
    used: set[Operand] = {v for equation in f.equations for v in equation.operands}
    return not used.union(f.results).isdisjoint(variables)


@dataclass(frozen=True)
class Fault:
    """What to say of a rule that is not linear: the rule, its function, tangent or cotangent."""

    rule: Any
    name: str
    kind: str

    def error(self, what: str, where: Source | None, found: str | None) -> LinearityError:
        return LinearityError(
            f"the rule of {self.name} is not linear in the {self.kind}: {what}",
            where=where or line_of(self.rule),
            found=found,
            expected=f"{self.kind}s out that are linear in the {self.kind}s in",
            remedy=f"apply to the {self.kind} what is linear only: sums, products with values "
            "that do not depend on it, indexing, reshaping, …",
        )


def _linear(
    f: Function, mask: tuple[bool, ...], wanted: range, fault: Fault
) -> tuple[Builder, list[Value]]:
    """`f` in a new function, linear in the parameters of the mask; its results, of which those
    that are wanted must be linear, or zero.
    """
    try:
        typed = prove(f, mask)
    except LinearityError as error:
        raise fault.error(error.what, error.where, error.found) from None
    b = Builder(f.name)
    body = typed.function
    params = [b.parameter(p.type, p.hint) for p in body.params]
    dots = [b.linear_parameter(p.type, p.hint) for p in body.linear_params]
    returned = inline(b, body, [*params, *dots])
    ordinary = iter(returned[: len(body.results)])
    linear = iter(returned[len(body.results) :])
    zeros = zeros_in(f)
    values = []
    for i, (v, is_linear) in enumerate(zip(f.results, typed.linear_results, strict=True)):
        value = next(linear if is_linear else ordinary)
        if i in wanted and not is_linear:
            if not is_zero(v, zeros):
                where = next((e.source for e in f.equations if v in e.results), None)
                raise fault.error(
                    "a result does not depend on it", where, f"an ordinary value, {v.type}"
                )
            value = b.zero(v.type)
        elif i not in wanted and is_linear:
            where = next((e.source for e in f.equations if v in e.results), None)
            raise fault.error(
                "the output of the function depends on it", where, f"a linear value, {v.type}"
            )
        values.append(value)
    return b, values


def _with_float0(types: Sequence[ArrayType], dots: Sequence[Any]) -> list[Any]:
    """Tangents by type: those that have none are of dtype `float0`."""
    remaining = iter(dots)
    return [next(remaining) if t.has_tangent else np.zeros(t.shape, float0) for t in types]


def must_be_known(captures: Captures, count: int, rule: Any, name: str) -> None:
    """Refuses captures that a rule has made when it was too late for that."""
    if len(captures) > count:
        raise TracingError(
            f"the rule of {name} calls {name} again, and uses an array from its surroundings",
            where=line_of(rule),
            found=f"{len(captures) - count} arrays that are not arguments",
            expected="arguments only, where such a rule is differentiated itself",
            remedy="pass the arrays as arguments of the function",
        )
