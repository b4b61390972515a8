"""Loops whose derivative keeps some carries and computes the others again.

A loop of n iterations becomes a function made of shorter loops. Each piece is a function of the
consts, the carries and its part of the slices, and returns the carries and its part of what is
made. Pieces that are *checkpointed* leave nothing for the way back but the carries that they start
from: there they are run once more. So the schedules below are nothing but ways to nest calls, and
every transformation, of any order, goes through them.

=============  =================================  ==============================================
schedule       carries kept at a time             iterations computed, for n in all
=============  =================================  ==============================================
every k        n/k + k                            2 n
halving        log₂ n                             at most n (log₂(n) + 1)
binomial(s)    s + 1                              the fewest possible with so many carries
=============  =================================  ==============================================

The last one is Griewank and Walther's *Revolve* (ACM Trans. Math. Software 26, 2000).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from math import comb, isqrt
from typing import Any

from lineara.errors import TypeMismatchError
from lineara.ir.builder import Builder
from lineara.ir.program import Function
from lineara.ir.value import Value
from lineara.ops.control.base import cut
from lineara.ops.control.call import Call
from lineara.ops.control.checkpoint import Checkpoint
from lineara.ops.control.scan import Scan
from lineara.ops.shape import Reshape
from lineara.ops.slicing import Concatenate, Slice
from lineara.where import user_source

Schedule = int | str | tuple[str, int]


def scheduled(loop: Scan, schedule: Schedule) -> Function:
    """A function that does what the loop does, and keeps what the schedule says.

    Raises:
        TypeMismatchError: for a schedule that is none.
    """
    assert loop.length is not None
    pieces = _Pieces(loop)
    if not isinstance(schedule, int | str | tuple):
        raise not_static(schedule)
    match schedule:
        case "sqrt":
            return pieces.segmented(max(isqrt(loop.length), 1))
        case "halving":
            return pieces.halving(loop.length)
        case ("binomial", int(count)) if count >= 1:
            return pieces.binomial(loop.length, count)
        case int(count) if count >= 1 and not isinstance(schedule, bool):
            return pieces.segmented(count)
    raise TypeMismatchError(
        "this is not a schedule of checkpoints",
        where=user_source(),
        found=f"checkpoint={schedule!r}",
        expected='"sqrt", "halving", ("binomial", carries to keep), or every how many iterations '
        "to keep one",
    )


def not_static(schedule: object) -> TypeMismatchError:
    """The error for a schedule that is not known when a loop is traced."""
    return TypeMismatchError(
        "where a loop keeps its carries is decided when it is traced",
        where=user_source(),
        found=f"checkpoint={schedule!r}",
        expected="an int, a string or a tuple",
        remedy="under jit, name the argument in static_argnums or static_argnames",
    )


class _Pieces:
    """Makes the pieces of one loop, each once."""

    def __init__(self, loop: Scan) -> None:
        self.loop = loop
        self.made: dict[Any, Function] = {}

    def once(self, key: Any, make: Callable[[], Function]) -> Function:
        if key not in self.made:
            self.made[key] = make()
        return self.made[key]

    # -- schedules ------------------------------------------------------------------------------

    def halving(self, n: int) -> Function:
        if n < 2:
            return self.straight(n)
        first, second = self.halving(n - n // 2), self.halving(n // 2)
        parts = [(first, n - n // 2, True), (second, n // 2, True)]
        return self.once(("halving", n), lambda: self.sequence(parts))

    def binomial(self, n: int, snapshots: int) -> Function:
        if n < 2:
            return self.straight(n)
        if snapshots == 0:
            parts = [(self.binomial(n - 1, 0), n - 1, True), (self.straight(1), 1, False)]
        else:
            m = best_split(n, snapshots)
            parts = [
                (self.binomial(m, snapshots), m, True),
                (self.binomial(n - m, snapshots - 1), n - m, False),
            ]
        return self.once(("binomial", n, snapshots), lambda: self.sequence(parts))

    def segmented(self, k: int) -> Function:
        """A loop over checkpointed segments of k iterations, then what remains."""
        n = self.loop.length or 0
        count, rest = divmod(n, k)
        if count == 0 or k == 1:
            return self.sequence([(self.straight(n), n, n > 0 and k > 1)])
        whole = self.segments(count, k)
        parts = [(whole, count * k, False)]
        if rest:
            parts.append((self.straight(rest), rest, True))
        return self.sequence(parts)

    # -- pieces ---------------------------------------------------------------------------------

    def straight(self, n: int) -> Function:
        """The plain loop of n iterations."""

        def make() -> Function:
            b = Builder(f"{self.loop.body.name}.{n}")
            operands = self.params(b, n)
            loop = Scan(self.loop.body, n, self.loop.reverse, self.loop.consts, self.loop.carries)
            return b.build(loop.all(*operands) if operands else b.emit(loop))

        return self.once(("straight", n), make)

    def segments(self, count: int, k: int) -> Function:
        """A loop of checkpointed loops."""
        inner = self.straight(k)
        b = Builder(f"{self.loop.body.name}.{k}")
        operands = [b.parameter(p.type, p.hint) for p in inner.params]
        body = b.build(b.emit(Checkpoint(inner), *operands))
        loop = Scan(body, count, self.loop.reverse, self.loop.consts, self.loop.carries)
        b = Builder(f"{self.loop.body.name}.{count}x{k}")
        consts, carries, slices = self.parts(self.params(b, count * k))
        folded = [Reshape((count, k, *x.shape[1:]))(x) for x in slices]
        results = b.emit(loop, *consts, *carries, *folded)
        after, made = results[: self.loop.carries], results[self.loop.carries :]
        return b.build([*after, *(Reshape((count * k, *y.shape[2:]))(y) for y in made)])

    def sequence(self, parts: Sequence[tuple[Function, int, bool]]) -> Function:
        """One piece after the other: each with its number of iterations, and whether it is
        checkpointed.
        """
        n = sum(length for _, length, _ in parts)
        b = Builder(f"{self.loop.body.name}.{n}")
        consts, carries, slices = self.parts(self.params(b, n))
        made: list[list[Value]] = []
        start = n if self.loop.reverse else 0
        for piece, length, checkpointed in parts:
            start -= length if self.loop.reverse else 0
            part = [_part(x, start, length) for x in slices]
            start += 0 if self.loop.reverse else length
            op = Checkpoint(piece) if checkpointed else Call(piece)
            results = b.emit(op, *consts, *carries, *part)
            carries = list(results[: self.loop.carries])
            made.append(list(results[self.loop.carries :]))
        ordered = made[::-1] if self.loop.reverse else made
        joined = [_joined(column) for column in zip(*ordered, strict=True)]
        return b.build([*carries, *joined])

    def params(self, b: Builder, n: int) -> list[Value]:
        """Parameters of a piece of n iterations."""
        consts, carries, slices = self.parts([(p.type, p.hint) for p in self.loop.body.params])
        whole = [(type.stacked(n), hint) for type, hint in slices]
        return [b.parameter(type, hint) for type, hint in (*consts, *carries, *whole)]

    def parts(self, items: Sequence[Any]) -> list[list[Any]]:
        return cut(items, (self.loop.consts, self.loop.carries))


def _part(x: Value, start: int, length: int) -> Value:
    if length == x.shape[0]:
        return x
    rest = x.shape[1:]
    zeros, ones = (0,) * len(rest), (1,) * len(rest)
    return Slice((start, *zeros), (start + length, *rest), (1, *ones))(x)


def _joined(parts: Sequence[Value]) -> Value:
    return parts[0] if len(parts) == 1 else Concatenate(0)(*parts)


@lru_cache(maxsize=65536)
def extra(n: int, snapshots: int) -> int:
    """The fewest iterations that have to be computed again, to go back through n of them with so
    many carries kept besides the first one.

    With r the least number such that n ≤ C(s + r, s) it is r n − C(s + r, s + 1) for s = snapshots,
    where r counts how often an iteration is computed at most (Griewank and Walther, theorem 1, up
    to what they count).
    """
    if n < 2:
        return 0
    s = snapshots + 1
    r = 0
    while comb(s + r, s) < n:
        r += 1
    return r * n - comb(s + r, s + 1)


@lru_cache(maxsize=65536)
def best_split(n: int, snapshots: int) -> int:
    """Where to keep the next carry so that the fewest iterations are computed again."""
    return min(range(1, n), key=lambda m: m + extra(m, snapshots) + extra(n - m, snapshots - 1))
