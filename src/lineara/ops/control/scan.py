"""Loops with a known number of iterations.

A loop is one equation, however often it goes round. In each iteration the body is given

* *consts*, the same in each iteration,
* *carries*, which it returns for the next iteration,
* one *slice* of each of the arrays that the loop runs along,

and besides the carries it returns one slice of each array that the loop makes. The body's
parameters, and the operands of the equation, come in this order, ordinary ones first and then
linear carries and slices; there are no linear consts. A tangent that is read in each iteration is
a carry that is handed through, *lent* to the body, so that it has one owner at any time: turned
round, it becomes an accumulator, which can be added to in place.

The number of iterations is static, or the first operand of the equation; in that case what the loop
runs along and what it makes are stacks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

from lineara.errors import LinearityError, TypeMismatchError
from lineara.ir.containers import Package, Stack, stack
from lineara.ir.cost import work
from lineara.ir.op import Tangent
from lineara.ir.program import Equation, Function, Variable
from lineara.ir.types import ArrayType
from lineara.ir.value import Value
from lineara.ops.control.base import (
    Control,
    Derive,
    Divide,
    Halves,
    Mask,
    Prepare,
    Prove,
    Runner,
    Transform,
    Vectorise,
    both,
    check_carries,
    cut,
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
from lineara.ops.control.masking import uneven_scan
from lineara.ops.packages import INDEX, pack, repeated, unpack
from lineara.ops.shape import Transpose

if TYPE_CHECKING:
    from lineara.ir.builder import Builder


@dataclass(frozen=True)
class Scan(Control):
    """A loop; see the module's essay.

    Attributes:
        body: one iteration.
        length: the number of iterations; None if it is the first operand.
        reverse: whether the slices are taken, and put, from the last to the first.
        consts: the number of consts.
        carries: the number of ordinary carries.
        linear_carries: the number of linear carries.
        lent: how many of these, the first ones, the body hands through as they are.
    """

    name: ClassVar[str] = "scan"
    body: Function
    length: int | None
    reverse: bool = False
    consts: int = 0
    carries: int = 0
    linear_carries: int = 0
    lent: int = 0

    # -- types ----------------------------------------------------------------------------------

    @property
    def first(self) -> int:
        """How many operands precede those of the body: the number of iterations, or none."""
        return int(self.length is None)

    def parts(self, items: Sequence[Any]) -> list[list[Any]]:
        """Operands: consts, carries, slices, linear carries, linear slices."""
        counts = (self.consts, self.carries, self._slices, self.linear_carries)
        return cut(items, counts)

    def made(self, items: Sequence[Any]) -> list[list[Any]]:
        """Results: carries, slices, linear carries, linear slices."""
        slices = len(self.body.results) - self.carries
        return cut(items, (self.carries, slices, self.linear_carries))

    @property
    def _slices(self) -> int:
        return len(self.body.params) - self.consts - self.carries

    def whole(self, slice_type: ArrayType) -> ArrayType:
        """The type of what has slices of such a type."""
        return stack(slice_type) if self.length is None else slice_type.along(self.length)

    def infer(self, *types: ArrayType) -> tuple[ArrayType, ...]:
        self._check()
        params = [p.type for p in self.body.all_params]
        consts, carries, slices, linear_carries, linear_slices = self.parts(params)
        expected = [
            *[INDEX] * self.first,
            *consts,
            *carries,
            *map(self.whole, slices),
            *linear_carries,
            *map(self.whole, linear_slices),
        ]
        if list(types) != expected:
            raise TypeMismatchError(
                f"the operands of a loop do not fit its body {self.body.name}",
                found=", ".join(map(str, types)),
                expected=", ".join(map(str, expected)),
            )
        carries, slices, linear_carries, linear_slices = self.made(
            [v.type for v in self.body.all_results]
        )
        return (
            *carries,
            *map(self.whole, slices),
            *linear_carries,
            *map(self.whole, linear_slices),
        )

    def _check(self) -> None:
        """Raises a `TypeMismatchError` unless the body returns what it is given for the carries."""
        body = self.body
        counts = (self.length or 0, self.consts, self.carries, self.linear_carries, self.lent)
        fits = (
            min(counts) >= 0
            and self.consts + self.carries <= len(body.params)
            and self.carries <= len(body.results)
            and self.linear_carries <= min(len(body.linear_params), len(body.linear_results))
            and self.lent <= self.linear_carries
        )
        if fits:
            _, carries, _, linear, _ = self.parts([p.type for p in body.all_params])
            after, _, linear_after, _ = self.made([v.type for v in body.all_results])
            fits = (carries, linear) == (after, linear_after)
        if not fits:
            raise TypeMismatchError(
                f"{body.name} is not the body of such a loop",
                found=f"parameters {', '.join(str(p.type) for p in body.all_params)}; "
                f"results {', '.join(str(v.type) for v in body.all_results)}",
                expected=f"{self.consts} consts; {self.carries} carries and {self.linear_carries} "
                "linear ones, which it also returns first",
            )

    def linearity(self, types: Sequence[ArrayType], linear: Sequence[bool]) -> Mask:
        self.infer(*types)
        params = [*[False] * self.first, *(p.linear for p in self.body.all_params)]
        linear_like(self.body.name, params, linear)
        return tuple(v.linear for v in self.body.all_results)

    def gives_back(self) -> dict[int, int]:
        start = self.first + len(self.body.params)
        return {start + i: len(self.body.results) + i for i in range(self.lent)}

    def work(self, operands: Sequence[ArrayType], results: Sequence[ArrayType]) -> int:
        """The work of all iterations; of one, if their number is not known."""
        return work(self.body) * (1 if self.length is None else self.length)

    # -- derivatives ----------------------------------------------------------------------------

    def derive(
        self,
        b: Builder,
        equation: Equation,
        incoming: Sequence[Tangent],
        useful: Mask,
        jvp: Derive,
    ) -> tuple[Tangent, ...]:
        """A carry is active from the start if some iteration makes it so: the least fixed point."""
        consts, carries, slices, *_ = self.parts(incoming[self.first :])
        active = [t is not None for t in carries]
        while True:
            mask = tuple([t is not None for t in consts] + active + [t is not None for t in slices])
            found = jvp(self.body, mask).with_tangent
            grown = [a or t for a, t in zip(active, found[: self.carries], strict=True)]
            if grown == active:
                break
            active = grown
        of_use, _ = needed_loop(self.body, self.consts, self.carries, useful)
        wanted = both((*active, *found[self.carries :]), of_use)
        active = list(wanted[: self.carries])
        mask = tuple([t is not None for t in consts] + active + [t is not None for t in slices])
        lent = [t for t in consts if t is not None]
        derived = jvp(self.body, mask, wanted).function
        op = replace(
            self,
            body=handing_through(derived, len(lent)),
            linear_carries=len(lent) + sum(active),
            lent=len(lent),
        )
        start = equation.operands[self.first + self.consts :][: self.carries]
        carried = [
            (t.operand if t is not None else b.zero(v.type.tangent).operand)
            for t, v, a in zip(carries, start, active, strict=True)
            if a
        ]
        along = [t.operand for t in slices if t is not None]
        operands = (*equation.operands, *(t.operand for t in lent), *carried, *along)
        dots = new_linear(where(wanted, equation.results))
        returned = new_linear([t.operand for t in lent])
        results = (*equation.results, *returned, *dots)
        b.adopt(Equation(op, operands, results, equation.source))
        return spread(wanted, [Value(b, v) for v in dots])

    def divide(self, equation: Equation, known: Mask, split: Divide) -> Halves:
        """Two loops. The first makes one slice of tape in each iteration; what is the same in
        all iterations is handed over once.
        """
        if self.length is None and not known[0]:
            return Halves((), (equation,))
        body = self.body
        consts, carries, slices = cut(known[self.first :], (self.consts, self.carries))
        others = (True,) * (len(body.results) - self.carries)
        while True:
            parts = split(body, (*consts, *carries, *slices), (*carries, *others))
            kept = [k and r for k, r in zip(carries, parts.known_results, strict=False)]
            if kept == carries:
                break
            carries = kept
        return _Division(self, equation, (consts, carries, slices), parts).halves()

    def turn(
        self, operands: tuple[Value, ...], cotangents: tuple[Value, ...], transpose: Transform
    ) -> tuple[Tangent, ...]:
        if self.carries or len(self.body.results):
            raise LinearityError(
                "a loop with ordinary results cannot be turned round",
                found=f"{len(self.body.results)} ordinary results of {self.body.name}",
                expected="a loop that is linear",
                remedy="unzip it first",
            )
        ordinary = operands[: self.first + len(self.body.params)]
        op = replace(self, body=transpose(self.body), reverse=not self.reverse, lent=0)
        turned = (*operands, *cotangents)[0].builder.emit(op, *ordinary, *cotangents)
        return (*(None for _ in ordinary), *turned)

    def vectorise(
        self, size: int, operands: tuple[Value, ...], batched: Mask, batch: Vectorise
    ) -> tuple[tuple[Value, ...], Mask]:
        if self.length is None and batched[0]:
            return uneven_scan(self, size, operands, batched, batch)
        consts, carries, slices, linear_carries, linear = self.parts(batched[self.first :])
        linear_carries = [True] * self.linear_carries
        while True:
            mask = (*consts, *carries, *slices, *linear_carries, *linear)
            found = batch(self.body, mask).batched
            grown = [c or f for c, f in zip(carries, found[: self.carries], strict=True)]
            if grown == carries:
                break
            carries = grown
        wanted = (*carries, *found[self.carries :])
        op = replace(self, body=batch(self.body, mask, wanted).function)
        flags = (*[False] * self.first, *mask)
        inputs = [
            x if b or not f else repeated(x, size)
            for x, b, f in zip(operands, batched, flags, strict=True)
        ]
        kinds = self.parts(inputs[self.first :])
        for i, place in ((2, slices), (4, linear)):
            kinds[i] = [self.inwards(x) if f else x for x, f in zip(kinds[i], place, strict=True)]
        results = op.all(*inputs[: self.first], *(x for kind in kinds for x in kind))
        outputs = self.made(results)
        marks = self.made(wanted)
        for i in (1, 3):
            outputs[i] = [
                self.inwards(x) if f else x for x, f in zip(outputs[i], marks[i], strict=True)
            ]
        return tuple(x for kind in outputs for x in kind), wanted

    def inwards(self, x: Value) -> Value:
        """An array of arrays with its first two axes exchanged (a stack has one of them only)."""
        if isinstance(x.type, Stack):
            return x
        if isinstance(x.type, Package):
            return pack(*map(self.inwards, unpack.all(x)))
        return Transpose((1, 0, *range(2, x.ndim)))(x)

    # -- linear or not --------------------------------------------------------------------------

    def forgotten(
        self, b: Builder, equation: Equation, operands: tuple[Value, ...], forget: Transform
    ) -> tuple[Value, ...]:
        """What was lent becomes a const again."""
        body = forget(self.body)
        order = self._as_ordinary(self.parts(range(len(body.params))))
        after, made, linear_after, linear_made = self.made(range(len(body.results)))
        returned, linear_after = linear_after[: self.lent], linear_after[self.lent :]
        results = [*after, *linear_after, *made, *linear_made]
        op = Scan(
            rebuilt(
                body,
                params=[body.params[i] for i in order],
                results=[body.results[i] for i in results],
            ),
            self.length,
            self.reverse,
            self.consts + self.lent,
            self.carries + self.linear_carries - self.lent,
        )
        count, rest = operands[: self.first], operands[self.first :]
        inputs = [*count, *(rest[i] for i in order)]
        names = [equation.results[i] for i in results]
        values = dict(zip(results, ordinary(b, op, inputs, names, equation.source), strict=True))
        lent = self.parts(rest)[3][: self.lent]
        values.update(zip(returned, lent, strict=True))
        return tuple(values[i] for i in range(len(equation.results)))

    def _as_ordinary(self, parts: list[list[int]]) -> list[int]:
        consts, carries, slices, linear_carries, linear_slices = parts
        lent, linear_carries = linear_carries[: self.lent], linear_carries[self.lent :]
        return [*consts, *lent, *carries, *linear_carries, *slices, *linear_slices]

    def typed(self, operands: tuple[Value, ...], zero: Mask, prove: Prove) -> tuple[Value, ...]:
        """What is linear in some iteration is linear from the start: the least fixed point."""
        count, rest = operands[: self.first], operands[self.first :]
        consts, carries, slices, *_ = self.parts(rest)
        given = [tuple(x.linear for x in part) for part in (consts, carries, slices)]
        active, _ = depending_loop(self.body, *given)
        zero_consts, may_be, zero_slices, *_ = self.parts(zero[self.first :])
        zeros = (*zero_consts, *[False] * self.carries, *zero_slices)
        body, results = prove(self.body, (*given[0], *active, *given[2]), zeros)
        check_carries(self.body, active, results)
        lent = [x for x in consts if x.linear]
        carried = [
            made_linear(x, is_zero, "a carry of a loop") if a else x
            for x, a, is_zero in zip(carries, active, may_be, strict=True)
        ]
        ordinary_carries = where(active, carried, False)
        op = Scan(
            handing_through(body, len(lent)),
            self.length,
            self.reverse,
            self.consts - len(lent),
            len(ordinary_carries),
            len(lent) + sum(active),
            len(lent),
        )
        emitted = op.all(
            *count,
            *(x for x in consts if not x.linear),
            *ordinary_carries,
            *(x for x in slices if not x.linear),
            *lent,
            *where(active, carried),
            *(x for x in slices if x.linear),
        )
        start = len(body.results)
        return merged(results, [*emitted[:start], *emitted[start + len(lent) :]])

    def needed(self, wanted: Mask) -> Mask:
        _, operands = needed_loop(self.body, self.consts, self.carries, wanted)
        return (*[True] * self.first, *operands)

    def depends(self, mask: Mask) -> Mask:
        if any(mask[: self.first]):
            return (True,) * len(self.body.results)
        consts, carries, slices, *_ = map(tuple, self.parts(mask[self.first :]))
        active, found = depending_loop(self.body, consts, carries, slices)
        return (*active, *found[self.carries :])

    # -- running --------------------------------------------------------------------------------

    def iteration(self, own: Mask, prepare: Prepare) -> Iteration:
        """The body, ready to run, in a loop that may overwrite its `own` operands."""
        inputs = self.parts(range(len(self.body.all_params)))
        outputs = self.made(range(len(self.body.all_results)))
        return Iteration(
            self.body,
            carries=[
                (i, o)
                for k, m in ((1, 0), (3, 2))
                for i, o in zip(inputs[k], outputs[m], strict=True)
            ],
            slices=[*inputs[2], *inputs[4]],
            made=[*outputs[1], *outputs[3]],
            own=own[self.first :],
            prepare=prepare,
        )

    def runner(self, own: Mask, prepare: Prepare) -> Runner:
        iteration = self.iteration(own, prepare)

        def run(*values: Any) -> tuple[Any, ...]:
            length = int(values[0]) if self.length is None else self.length
            numbers = range(length)
            loop = iteration.start(values[self.first :], self.length)
            for number in reversed(numbers) if self.reverse else numbers:
                loop.go(number)
            return loop.results(self.reverse)

        return Runner(run, iteration.fresh(self.length is not None))


class _Division:
    """A loop in two halves."""

    def __init__(
        self,
        op: Scan,
        equation: Equation,
        known: tuple[list[bool], list[bool], list[bool]],
        parts: Any,
    ) -> None:
        self.op = op
        self.equation = equation
        self.known = known
        self.parts = parts
        body = op.body
        self.count = equation.operands[: op.first]
        operands = equation.operands[op.first :]
        self.consts, self.carries, self.slices, *linear = op.parts(operands)
        self.linear = [v for part in linear for v in part]
        const_params, _, slice_params, *_ = op.parts(body.all_params)
        self.shared = dict(zip(const_params, self.consts, strict=True))
        self.along = dict(zip(slice_params, self.slices, strict=True))
        """By parameter of the body, what is handed over as a whole."""
        self.stacked = [v for v in parts.tape if v not in self.shared and v not in self.along]
        self.fresh = [Variable(op.whole(v.type), v.hint) for v in self.stacked]

    def halves(self) -> Halves:
        op, equation = self.op, self.equation
        count = len(op.body.results)
        is_known = self.parts.known_results
        ready = where(is_known, equation.results[:count])
        return Halves(
            (self.first(ready),),
            (self.second(tuple(v for v in equation.results if v not in ready)),),
            tuple(self.fresh),
        )

    def first(self, ready: list[Variable]) -> Equation:
        op, (consts, carries, slices) = self.op, self.known
        known = self.parts.known
        done = known.results[: len(ready)]
        body = rebuilt(known, results=(*done, *self.stacked))
        loop = Scan(body, op.length, op.reverse, sum(consts), sum(carries))
        operands = (
            *self.count,
            *where(consts, self.consts),
            *where(carries, self.carries),
            *where(slices, self.slices),
        )
        return Equation(loop, operands, (*ready, *self.fresh), self.equation.source)

    def second(self, results: tuple[Variable, ...]) -> Equation:
        op, parts = self.op, self.parts
        unknown = parts.unknown
        rest = iter(unknown.params[len(parts.tape) :])
        own = [[next(rest) for flag in flags if not flag] for flags in self.known]
        tape_consts = [v for v in parts.tape if v in self.shared]
        tape_slices = [v for v in parts.tape if v in self.along]
        params = (
            *(*tape_consts, *own[0]),
            *own[1],
            *(*tape_slices, *self.stacked, *own[2]),
        )
        loop = replace(
            op,
            body=rebuilt(unknown, params=params),
            consts=len(tape_consts) + len(own[0]),
            carries=len(own[1]),
        )
        consts, carries, slices = self.known
        operands = (
            *self.count,
            *(self.shared[v] for v in tape_consts),
            *where(consts, self.consts, False),
            *where(carries, self.carries, False),
            *(self.along[v] for v in tape_slices),
            *self.fresh,
            *where(slices, self.slices, False),
            *self.linear,
        )
        return Equation(loop, operands, results, self.equation.source)
