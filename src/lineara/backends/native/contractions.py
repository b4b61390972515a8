"""Contractions as loops: which loops there are, and in which order."""

from __future__ import annotations

from typing import NamedTuple

from lineara.backends.native.flat import Step
from lineara.ops.broadcast import ReduceSum
from lineara.ops.contract import _parse
from lineara.ops.reduce import ReduceAnd, ReduceMax, ReduceMin, ReduceOr, ReduceProd

REDUCTIONS = (ReduceSum, ReduceProd, ReduceMax, ReduceMin, ReduceOr, ReduceAnd)


class Contraction(NamedTuple):
    """A `dot` as loops: the labels of all loops, outermost first."""

    labels: str
    x: str
    y: str
    out: str


def contraction(step: Step) -> Contraction:
    """The order of loops: the label that is innermost in memory is the innermost loop."""
    x, y, out = _parse(step.op.spec)
    summed = [label for label in x if label not in out]
    order = [*out, *summed]
    if order:

        def contiguous(label: str) -> int:
            return sum(bool(part) and part[-1] == label for part in (x, y, out))

        best = max(reversed(order), key=contiguous)
        order.remove(best)
        order.append(best)
    return Contraction("".join(order), x, y, out)


def contraction_shape(step: Step) -> tuple[int, ...]:
    """The lengths of the loops of a contraction."""
    labels = contraction(step)
    sizes: dict[str, int] = {}
    for part, v in zip((labels.x, labels.y), step.operands, strict=True):
        sizes.update(zip(part, v.type.shape, strict=True))
    return tuple(sizes[label] for label in labels.labels)
