"""Narrower tapes: what a loop keeps for the way back, recomputed from less where that is cheap.

The non-linear part of a derivative hands over whatever the linear part needs. What comes of a few
additions and products takes longer to write to memory and to read again than to compute twice. So a
loop keeps those values of which there are the fewest bytes, and the loop back computes the others
from these: a smallest cut between what an iteration is given and what is read on the way back,
among the values that it takes cheap steps to get from one to the other.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from lineara.backends.native.elementwise import COSTS
from lineara.backends.native.flat import (
    Branch,
    Flat,
    Invoke,
    Loop,
    Repeat,
    StackVariable,
    Step,
)
from lineara.backends.native.plan import CHEAP, CONTROL, MOVING, is_lazy
from lineara.ir.program import Literal, Operand, Variable

SEVERAL = 8
"""Numbers that take as long as one: there are vectors, and one operation waits for the other."""


def narrowed(f: Flat) -> Flat:
    """The function, with narrower tapes in it and in all functions that it calls."""
    return _Narrower().function(f)


class Handed(NamedTuple):
    """What one loop keeps for another one: a result of its body, a parameter of the other's."""

    made: int
    read: int


@dataclass(frozen=True)
class Bodies:
    """The bodies of two loops of which the second one computes what the first one need not keep.

    Attributes:
        first, second: the bodies.
        kept: what the first one keeps instead.
        consts, slices: which of its own the second one is given besides.
    """

    first: Flat
    second: Flat
    kept: Sequence[Variable]
    consts: Sequence[int]
    slices: Sequence[int]


class _Narrower:
    """Each function, and each pair of loops, once."""

    def __init__(self) -> None:
        self.functions: dict[Flat, Flat] = {}
        self.pairs: dict[Any, Bodies | None] = {}

    def function(self, f: Flat) -> Flat:
        if f not in self.functions:
            steps = [
                replace(step, op=self._op(step.op)) if isinstance(step.op, CONTROL) else step
                for step in f.steps
            ]
            self._narrow(steps, f.results)
            self.functions[f] = replace(f, steps=tuple(steps))
        return self.functions[f]

    def _op(self, op: Invoke | Branch | Loop | Repeat) -> Any:
        match op:
            case Invoke():
                return Invoke(self.function(op.function))
            case Branch():
                return Branch(tuple(map(self.function, op.functions)))
            case Loop():
                return replace(op, body=self.function(op.body))
        return replace(op, cond=self.function(op.cond), body=self.function(op.body))

    def _narrow(self, steps: list[Step], results: Collection[Operand]) -> None:
        """Changes the steps of a function."""
        readers: defaultdict[Operand, list[int]] = defaultdict(list)
        for j, step in enumerate(steps):
            for v in step.operands:
                readers[v].append(j)
        for i, first in enumerate(steps):
            if not isinstance(first.op, Loop):
                continue
            made = first.results[first.op.carries :]
            own = [v for v in made if len(readers[v]) == 1 and v not in results]
            for j in dict.fromkeys(readers[v][0] for v in own):
                pair = self._pair(steps[i], steps[j], [v for v in own if readers[v] == [j]])
                if pair is not None:
                    steps[i], steps[j] = pair
                    for v in set(pair[1].operands):
                        if j not in readers[v]:
                            readers[v].append(j)

    def _pair(self, first: Step, second: Step, own: list[Variable]) -> tuple[Step, Step] | None:
        """Both loops with a narrower tape between them, if there is one."""
        a, b = first.op, second.op
        if not isinstance(b, Loop) or a.length != b.length:
            return None
        if a.length is None and first.operands[0] != second.operands[0]:
            return None
        handed = [Handed(first.results.index(v), second.operands.index(v)) for v in own]
        handed = [
            h
            for h in handed
            if h.read >= b.first + b.consts + b.carries
            and not isinstance(a.body.results[h.made], StackVariable)
        ]
        sizes = a.consts, a.carries, b.consts, b.carries, a.length is None
        key = a.body, b.body, sizes, tuple(handed)
        if key not in self.pairs:
            self.pairs[key] = _bodies(a, b, handed)
        found = self.pairs[key]
        return None if found is None else _joined(first, second, handed, found)


def _joined(
    first: Step, second: Step, handed: Sequence[Handed], bodies: Bodies
) -> tuple[Step, Step]:
    a, b = first.op, second.op
    own = {first.results[h.made] for h in handed}
    tapes = [_along(v, a.length) for v in bodies.kept]
    kept = [v for v in first.results if v not in own]
    consts = [first.operands[k] for k in bodies.consts]
    slices = [first.operands[k] for k in bodies.slices]
    fixed = b.first + b.consts
    given = [*second.operands[:fixed], *consts, *second.operands[fixed:]]
    given = [v for v in given if v not in own]
    return (
        replace(first, op=replace(a, body=bodies.first), results=(*kept, *tapes)),
        replace(
            second,
            op=replace(b, body=bodies.second, consts=b.consts + len(consts)),
            operands=(*given, *tapes, *slices),
        ),
    )


def _along(item: Variable, length: int | None) -> Variable:
    if length is None:
        return StackVariable(Variable(item.type, item.hint), item.hint)
    return Variable(item.type.along(length), item.hint)


def _bodies(a: Loop, b: Loop, handed: Sequence[Handed]) -> Bodies | None:
    """The bodies with a narrower tape; None if there is none that pays."""
    body, params = a.body, a.body.params
    sliced = a.consts + a.carries
    # Stacks are used up when they are read.
    known = {*params[: a.consts], *(params[sliced:] if a.length is not None else ())}
    wanted = [body.results[h.made] for h in handed]
    maker = {step.results[0]: step for step in body.steps if _is_cheap(step)}
    kept = least_cut([v for v in wanted if isinstance(v, Variable)], maker, known)
    again = _between(body.steps, kept, wanted)
    tape = [v for v in kept if v not in known]
    saved = _bytes(dict.fromkeys(wanted)) - _bytes(tape)
    if saved <= 0 or sum(map(_work, again)) > saved:
        return None  # to write a byte and read it again takes about as long as one operation
    consts = [k for k in range(a.consts) if params[k] in kept]
    slices = [k for k in range(sliced, len(params)) if params[k] in kept and params[k] in known]
    copies = {v: Variable(v.type, v.hint) for v in (*kept, *(step.results[0] for step in again))}
    inside: dict[Any, Operand] = {
        b.body.params[h.read - b.first]: copies[v] if isinstance(v, Variable) else v
        for h, v in zip(handed, wanted, strict=True)
    }
    rest = [p for p in b.body.params if p not in inside]
    new = [copies[params[k]] for k in consts], [*tape, *(params[k] for k in slices)]
    second = Flat(
        b.body.name,
        (*rest[: b.consts], *new[0], *rest[b.consts :], *(copies[v] for v in new[1])),
        tuple([_renamed(s, copies) for s in again] + [_renamed(s, inside) for s in b.body.steps]),
        tuple(inside.get(v, v) for v in b.body.results),
    )
    gone = {h.made for h in handed}
    remaining = [v for k, v in enumerate(body.results) if k not in gone]
    first = replace(body, results=(*remaining, *tape))
    return Bodies(first, second, tape, [a.first + k for k in consts], [a.first + k for k in slices])


def _is_cheap(step: Step) -> bool:
    return len(step.results) == 1 and is_lazy(step) and _cost(step) <= CHEAP


def _cost(step: Step) -> int:
    return COSTS.get(getattr(step.op, "name", ""), 1)


def _work(step: Step) -> int:
    if isinstance(step.op, MOVING):
        return 0  # it is read at another index
    return _cost(step) * max(step.results[0].type.size, SEVERAL)


def _bytes(values: Iterable[Operand]) -> int:
    return sum(v.type.size * v.type.dtype.itemsize for v in values if isinstance(v, Variable))


def _renamed(step: Step, names: Mapping[Any, Any]) -> Step:
    operands, results = (
        tuple([names.get(v, v) for v in vs]) for vs in (step.operands, step.results)
    )
    return Step(step.op, operands, results, step.source)


def _between(
    steps: Sequence[Step], known: Collection[Operand], wanted: Iterable[Operand]
) -> list[Step]:
    """The steps from what is known to what is wanted."""
    needed = {v for v in wanted if v not in known}
    found = []
    for step in reversed(steps):
        if not needed.isdisjoint(step.results):
            found.append(step)
            needed.update(v for v in step.operands if v not in known)
    return found[::-1]


# -- cuts -----------------------------------------------------------------------------------------

Node = tuple[Variable, bool]
"""Where the bytes of a value flow in, or out."""
SOURCE: Any = "source"
SINK: Any = "sink"


def least_cut(
    wanted: Iterable[Variable], maker: Mapping[Variable, Step], known: Collection[Variable]
) -> list[Variable]:
    """The values, of the fewest bytes, from which the wanted ones can be made.

    By flows as large as they can be (Ford and Fulkerson 1956; shortest paths first, Edmonds and
    Karp 1972): each value lets through its bytes, and nothing if it is known.

    Args:
        wanted: the values to be made.
        maker: the steps by which values may be made.
        known: what costs nothing.
    """
    wanted = list(dict.fromkeys(wanted))
    room: defaultdict[Any, dict[Any, float]] = defaultdict(dict)

    def connect(x: Any, y: Any, much: float) -> None:
        room[x][y] = much
        room[y].setdefault(x, 0)

    stack, seen = list(wanted), dict.fromkeys(wanted)
    while stack:
        v = stack.pop()
        connect((v, False), (v, True), 0 if v in known else _bytes([v]))
        step = maker.get(v)
        if step is None:
            connect(SOURCE, (v, False), float("inf"))
            continue
        for w in dict.fromkeys(w for w in step.operands if not isinstance(w, Literal)):
            connect((w, True), (v, False), float("inf"))
            if w not in seen:
                seen[w] = None
                stack.append(w)
    for v in wanted:
        connect((v, True), SINK, float("inf"))
    while path := _path(room):
        much = min(room[x][y] for x, y in path)
        for x, y in path:
            room[x][y] -= much
            room[y][x] += much
    ends = _leading_to_the_sink(room)
    return [v for v in seen if (v, True) in ends and (v, False) not in ends]


def _path(room: Mapping[Any, Mapping[Any, float]]) -> list[tuple[Any, Any]]:
    """A shortest way from the source to the sink on which there is room."""
    came: dict[Any, Any] = {SOURCE: None}
    queue = deque([SOURCE])
    while queue and SINK not in came:
        x = queue.popleft()
        for y, much in room[x].items():
            if much > 0 and y not in came:
                came[y] = x
                queue.append(y)
    path, y = [], SINK
    while came.get(y) is not None:
        path.append((came[y], y))
        y = came[y]
    return path


def _leading_to_the_sink(room: Mapping[Any, Mapping[Any, float]]) -> set[Any]:
    found, stack = {SINK}, [SINK]
    while stack:
        y = stack.pop()
        for x in room[y]:
            if x not in found and room[x][y] > 0:
                found.add(x)
                stack.append(x)
    return found
