"""Loops that go on while something is true.

Like `scan`, but there is nothing to run along: the body has consts and carries, ordinary and
linear ones. What it makes besides goes on stacks, one entry in each iteration. The condition is a
function of consts of its own and of the ordinary carries.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from lineara.errors import LinearityError, TypeMismatchError
from lineara.ir.containers import stack
from lineara.ir.cost import work
from lineara.ir.op import Tangent
from lineara.ir.program import Equation, Function, Literal, Operand, Variable
from lineara.ir.types import ArrayType
from lineara.ir.value import Value
from lineara.ops.arithmetic import add
from lineara.ops.control.base import (
    Control,
    Derive,
    Divide,
    Halves,
    Mask,
    Prepare,
    Prove,
    Runner,
    Split,
    Transform,
    Vectorise,
    both,
    check_carries,
    cut,
    depending,
    depending_loop,
    linear_like,
    made_linear,
    merged,
    needed_loop,
    new_linear,
    ordinary,
    rebuilt,
    spread,
    where,
)
from lineara.ops.control.iteration import Iteration
from lineara.ops.control.lending import handing_through
from lineara.ops.control.masking import uneven_while
from lineara.ops.control.scan import Scan
from lineara.ops.packages import INDEX, repeated

if TYPE_CHECKING:
    from lineara.ir.builder import Builder

BOOL = ArrayType(np.dtype(np.bool_))


@dataclass(frozen=True)
class While(Control):
    """A loop; see the module's essay. Operands: the consts of the condition, those of the body,
    the carries, the linear carries.

    Attributes:
        cond: whether to go on.
        body: one iteration.
        cond_consts: the number of consts of the condition.
        consts: the number of consts of the body.
        linear_carries: the number of linear carries.
        lent: how many of these, the first ones, the body hands through as they are.
    """

    name: ClassVar[str] = "while"
    cond: Function
    body: Function
    cond_consts: int = 0
    consts: int = 0
    linear_carries: int = 0
    lent: int = 0

    # -- types ----------------------------------------------------------------------------------

    @property
    def carries(self) -> int:
        return len(self.body.params) - self.consts

    def parts(self, items: Sequence[Any]) -> list[list[Any]]:
        """Operands: consts of the condition and of the body, carries, linear carries."""
        return cut(items, (self.cond_consts, self.consts, self.carries))

    def made(self, items: Sequence[Any]) -> list[list[Any]]:
        """Results: carries, entries of stacks, linear carries, linear entries."""
        entries = len(self.body.results) - self.carries
        return cut(items, (self.carries, entries, self.linear_carries))

    def infer(self, *types: ArrayType) -> tuple[ArrayType, ...]:
        cond = [p.type for p in self.cond.all_params]
        body = [p.type for p in self.body.all_params]
        results = [v.type for v in self.body.all_results]
        carries, entries, linear, linear_entries = self.made(results)
        fits = (
            min(self.cond_consts, self.consts, self.carries, self.lent) >= 0
            and self.lent <= self.linear_carries == len(self.body.linear_params)
            and [v.type for v in self.cond.all_results] == [BOOL]
            and cond[self.cond_consts :] == carries == body[self.consts :][: self.carries]
            and body[len(self.body.params) :] == linear
        )
        if not fits:
            raise TypeMismatchError(
                f"{self.cond.name} and {self.body.name} do not make a loop",
                found=f"a body that takes {', '.join(map(str, body[self.consts :]))} "
                f"and returns {', '.join(map(str, results))}",
                expected="a condition that returns bool[] of what the body takes and returns",
            )
        expected = [*cond[: self.cond_consts], *body]
        if list(types) != expected:
            raise TypeMismatchError(
                f"the operands of a loop do not fit its body {self.body.name}",
                found=", ".join(map(str, types)),
                expected=", ".join(map(str, expected)),
            )
        return (*carries, *map(stack, entries), *linear, *map(stack, linear_entries))

    def linearity(self, types: Sequence[ArrayType], linear: Sequence[bool]) -> Mask:
        self.infer(*types)
        params = [*[False] * self.cond_consts, *(p.linear for p in self.body.all_params)]
        linear_like(self.body.name, params, linear)
        return tuple(v.linear for v in self.body.all_results)

    def gives_back(self) -> dict[int, int]:
        start = self.cond_consts + len(self.body.params)
        return {start + i: len(self.body.results) + i for i in range(self.lent)}

    def work(self, operands: Sequence[ArrayType], results: Sequence[ArrayType]) -> int:
        """The work of one iteration: how many there will be is not known."""
        return work(self.cond) + work(self.body)

    # -- transformations ------------------------------------------------------------------------

    def derive(
        self,
        b: Builder,
        equation: Equation,
        incoming: Sequence[Tangent],
        useful: Mask,
        jvp: Derive,
    ) -> tuple[Tangent, ...]:
        """A carry is active from the start if some iteration makes it so: the least fixed point."""
        _, consts, carries, _ = self.parts(incoming)
        lent = [t for t in consts if t is not None]
        active = [t is not None for t in carries]
        while True:
            mask = tuple([t is not None for t in consts] + active)
            found = jvp(self.body, mask).with_tangent
            grown = [a or t for a, t in zip(active, found, strict=False)]
            if grown == active:
                break
            active = grown
        of_use, _ = needed_loop(self.body, self.consts, self.carries, useful)
        wanted = both((*active, *found[self.carries :]), of_use)
        active = list(wanted[: self.carries])
        mask = tuple([t is not None for t in consts] + active)
        op = replace(
            self,
            body=handing_through(jvp(self.body, mask, wanted).function, len(lent)),
            linear_carries=len(lent) + sum(active),
            lent=len(lent),
        )
        start = self.parts(equation.operands)[2]
        carried = [
            (t or b.zero(v.type.tangent)).operand
            for t, v, a in zip(carries, start, active, strict=True)
            if a
        ]
        dots = new_linear(where(wanted, equation.results))
        returned = new_linear([t.operand for t in lent])
        operands = (*equation.operands, *(t.operand for t in lent), *carried)
        results = (*equation.results, *returned, *dots)
        b.adopt(Equation(op, operands, results, equation.source))
        return spread(wanted, [Value(b, v) for v in dots])

    def divide(self, equation: Equation, known: Mask, split: Divide) -> Halves:
        """The first half is a loop that also counts its iterations, and puts on stacks what the
        second half, a `scan` of so many iterations, needs in each.
        """
        cond_consts, consts, carries, _ = self.parts(known)
        body_known = self._fixed(consts, carries, split)
        if body_known is None or not all(cond_consts):
            return Halves((), (equation,))
        carries, parts = body_known
        asked = split(self.cond, (*cond_consts, *carries))
        if not asked.known_results[0]:
            return Halves((), (equation,))
        return _division(self, equation, consts, carries, parts, asked.known)

    def _fixed(
        self, consts: list[bool], carries: list[bool], split: Divide
    ) -> tuple[list[bool], Split] | None:
        """Which carries are known in every iteration, and the halves of the body."""
        others = (True,) * (len(self.body.results) - self.carries)
        while any(carries):
            parts = split(self.body, (*consts, *carries), (*carries, *others))
            kept = [k and r for k, r in zip(carries, parts.known_results, strict=False)]
            if kept == carries:
                return carries, parts
            carries = kept
        return None

    def turn(
        self, operands: tuple[Value, ...], cotangents: tuple[Value, ...], transpose: Transform
    ) -> tuple[Tangent, ...]:
        raise LinearityError(
            "a loop with a condition cannot be turned round as it is",
            found="a linear loop that depends on its own ordinary carries",
            expected="a loop that unzip has divided",
            remedy="unzip it first",
        )

    def vectorise(
        self, size: int, operands: tuple[Value, ...], batched: Mask, batch: Vectorise
    ) -> tuple[tuple[Value, ...], Mask]:
        cond_consts, consts, carries, linear = self.parts(batched)
        linear = [True] * len(linear)
        while True:
            if batch(self.cond, (*cond_consts, *carries)).batched[0]:
                return uneven_while(self, size, operands, batched, batch)
            mask = (*consts, *carries, *linear)
            found = batch(self.body, mask).batched
            grown = [c or f for c, f in zip(carries, found, strict=False)]
            if grown == carries:
                break
            carries = grown
        wanted = (*carries, *found[self.carries :])
        op = replace(
            self,
            cond=batch(self.cond, (*cond_consts, *carries)).function,
            body=batch(self.body, mask, wanted).function,
        )
        inputs = [
            x if b or not f else repeated(x, size)
            for x, b, f in zip(operands, batched, (*cond_consts, *mask), strict=True)
        ]
        return op.all(*inputs), wanted

    def forgotten(
        self, b: Builder, equation: Equation, operands: tuple[Value, ...], forget: Transform
    ) -> tuple[Value, ...]:
        """What was lent becomes a const again; linear carries become ordinary ones."""
        body = forget(self.body)
        lent = self.lent
        consts, carries, linear = cut(list(body.params), (self.consts, self.carries))
        after, entries, linear_after, linear_entries = self.made(range(len(body.results)))
        results = [*after, *linear_after[lent:], *entries, *linear_entries]
        op = While(
            _wider(self.cond, linear[lent:]),
            rebuilt(
                body,
                params=[*consts, *linear[:lent], *carries, *linear[lent:]],
                results=[body.results[i] for i in results],
            ),
            self.cond_consts,
            self.consts + lent,
        )
        of_cond, of_body, start, linear_start = self.parts(operands)
        inputs = [*of_cond, *of_body, *linear_start[:lent], *start, *linear_start[lent:]]
        names = [equation.results[i] for i in results]
        values = dict(zip(results, ordinary(b, op, inputs, names, equation.source), strict=True))
        values.update(zip(linear_after[:lent], linear_start[:lent], strict=True))
        return tuple(values[i] for i in range(len(equation.results)))

    def typed(self, operands: tuple[Value, ...], zero: Mask, prove: Prove) -> tuple[Value, ...]:
        """As for `scan`; the condition may not look at what is linear."""
        of_cond, consts, carries, _ = self.parts(operands)
        given = [tuple(x.linear for x in part) for part in (consts, carries)]
        active, _ = depending_loop(self.body, *given)
        _, zero_consts, may_be, _ = self.parts(zero)
        zeros = (*zero_consts, *[False] * self.carries)
        body, results = prove(self.body, (*given[0], *active), zeros)
        check_carries(self.body, active, results)
        lent = [x for x in consts if x.linear]
        carried = [
            made_linear(x, is_zero, "a carry of a loop") if a else x
            for x, a, is_zero in zip(carries, active, may_be, strict=True)
        ]
        op = While(
            _without(self.cond, self.cond_consts, active),
            handing_through(body, len(lent)),
            self.cond_consts,
            self.consts - len(lent),
            len(lent) + sum(active),
            len(lent),
        )
        emitted = op.all(
            *of_cond,
            *(x for x in consts if not x.linear),
            *where(active, carried, False),
            *lent,
            *where(active, carried),
        )
        start = len(body.results)
        return merged(results, [*emitted[:start], *emitted[start + len(lent) :]])

    def needed(self, wanted: Mask) -> Mask:
        """What the condition looks at has no tangents."""
        _, operands = needed_loop(self.body, self.consts, self.carries, wanted)
        return (*[True] * self.cond_consts, *operands)

    def depends(self, mask: Mask) -> Mask:
        of_cond, consts, carries, _ = map(tuple, self.parts(mask))
        active, found = depending_loop(self.body, consts, carries)
        if any(depending(self.cond, (*of_cond, *active))):
            return (True,) * len(self.body.results)
        return (*active, *found[self.carries :])

    # -- running --------------------------------------------------------------------------------

    def iteration(self, own: Mask, prepare: Prepare) -> Iteration:
        """The body, ready to run, in a loop that may overwrite its `own` operands."""
        _, _, carries, linear = self.parts(range(self.cond_consts + len(self.body.all_params)))
        after, entries, linear_after, linear_entries = self.made(range(len(self.body.all_results)))
        carried = zip([*carries, *linear], [*after, *linear_after], strict=True)
        return Iteration(
            self.body,
            carries=[(i - self.cond_consts, o) for i, o in carried],
            slices=(),
            made=[*entries, *linear_entries],
            own=own[self.cond_consts :],
            prepare=prepare,
        )

    def runner(self, own: Mask, prepare: Prepare) -> Runner:
        iteration = self.iteration(own, prepare)
        cond = prepare(self.cond, (False,) * len(self.cond.params)).run
        first, last = self.consts, self.consts + self.carries

        def run(*values: Any) -> tuple[Any, ...]:
            of_cond = values[: self.cond_consts]
            loop = iteration.start(values[self.cond_consts :], None)
            while cond(*of_cond, *loop.values[first:last])[0]:
                loop.go(0)
            return loop.results()

        return Runner(run, iteration.fresh(counted=False))


def _without(cond: Function, consts: int, linear: Sequence[bool]) -> Function:
    """The condition without parameters for linear carries, which it may not look at."""
    looked_at = {v for equation in cond.equations for v in equation.operands} | {*cond.results}
    params = cond.params[consts:]
    for p in where(linear, params):
        if p in looked_at:
            raise LinearityError(
                "the condition of a loop looks at a linear value",
                found=f"{p!r} in {cond.name}",
                expected="a condition on ordinary values",
                remedy="decide by values that do not depend on a tangent",
            )
    return rebuilt(cond, params=[*cond.params[:consts], *where(linear, params, False)])


def _wider(cond: Function, extra: Sequence[Variable]) -> Function:
    """The condition with parameters, at its end, that it does not look at."""
    return rebuilt(cond, params=[*cond.params, *(Variable(v.type, v.hint) for v in extra)])


def _division(
    op: While,
    equation: Equation,
    consts: list[bool],
    carries: list[bool],
    parts: Split,
    cond: Function,
) -> Halves:
    """The loop in two halves, given which consts and carries are known."""
    body = op.body
    of_cond, of_body, start, linear = op.parts(equation.operands)
    shared = dict(zip(body.params[: op.consts], of_body, strict=True))
    stacked = [v for v in parts.tape if v not in shared]
    ready = where(parts.known_results, equation.results[: len(body.results)])
    count = sum(carries)

    number, entry, after = (Variable(INDEX, "count") for _ in range(3))
    counting = Equation(add, (entry, Literal(np.int64(1))), (after,))
    done = parts.known.results[: len(ready)]
    first_consts = sum(consts)
    first_body = rebuilt(
        parts.known,
        params=[*parts.known.params, entry],
        equations=[*parts.known.equations, counting],
        results=[*done[:count], after, *done[count:], *stacked],
    )
    fresh = [Variable(stack(v.type), v.hint) for v in stacked]
    first = Equation(
        While(_wider(cond, [entry]), first_body, op.cond_consts, first_consts),
        (*of_cond, *where(consts, of_body), *where(carries, start), Literal(np.int64(0))),
        (*ready[:count], number, *ready[count:], *fresh),
        equation.source,
    )

    unknown = parts.unknown
    own_consts, own_carries = cut(unknown.params[len(parts.tape) :], (op.consts - first_consts,))
    tape_consts = [v for v in parts.tape if v in shared]
    operands: list[Operand] = [
        number,
        *(shared[v] for v in tape_consts),
        *where(consts, of_body, False),
        *where(carries, start, False),
        *fresh,
        *linear,
    ]
    second = Equation(
        Scan(
            rebuilt(unknown, params=[*tape_consts, *own_consts, *own_carries, *stacked]),
            None,
            consts=len(tape_consts) + len(own_consts),
            carries=len(own_carries),
            linear_carries=op.linear_carries,
            lent=op.lent,
        ),
        tuple(operands),
        tuple(v for v in equation.results if v not in ready),
        equation.source,
    )
    return Halves((first,), (second,), (number, *fresh))
