"""Random functions of arrays that share an axis, as Python text (a Hypothesis strategy).

A text defines ``f(x, y, z)``, a smooth number. The axis ``n`` is long, the others are short; a
value's kind is the order of its axes, such as ``"n"``, ``"na"`` or ``"anb"``. `SIZES` has the
lengths of the short ones.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from hypothesis import strategies as st

SIZES = {"a": 3, "b": 2}
GIVEN = {"x": "na", "y": "bn", "z": "ab"}
ROWS = np.array([2, 0, 1, 1])

UNARY = [
    "np.sin({})",
    "np.tanh({})",
    "np.exp(-({}) ** 2)",
    "np.sqrt(1.5 + np.sin({}))",
    "np.where({0} > 0.1, {0}, 0.2 * {0} ** 2)",
    "-{}[::-1]",
    "np.maximum({}, 0.05)",
    "1.0 * {}",
]
BINARY = ["0.5 * ({} + {})", "{} * {}", "{} - {}", "{} / (1.2 + np.cos({}))"]


class Writer:
    """Writes a text, line by line, with choices that somebody else makes."""

    def __init__(self, one: Callable[[Sequence[Any]], Any]) -> None:
        self.one = one
        self.lines: list[str] = []
        self.kinds = dict(GIVEN)

    def put(self, expression: str, kind: str) -> None:
        name = f"v{len(self.lines)}"
        self.lines.append(f"    {name} = {expression}")
        self.kinds[name] = kind

    def some(self, least: int = 0) -> tuple[str, str]:
        """A value with as many axes, the last ones more often."""
        fitting = [(v, kind) for v, kind in self.kinds.items() if len(kind) >= least]
        name, kind = self.one([*fitting, *fitting[-3:], *fitting[-2:]])
        return name, kind

    def step(self) -> None:
        getattr(self, self.one(STEPS))()

    def unary(self) -> None:
        v, kind = self.some(1)
        self.put(self.one(UNARY).format(v), kind)

    def binary(self) -> None:
        (v, p), (w, q) = self.some(), self.some()
        kind = "".join(dict.fromkeys(p + q))
        self.put(self.one(BINARY).format(_aligned(v, p, kind), _aligned(w, q, kind)), kind)

    def reduce(self) -> None:
        v, kind = self.some(1)
        axis = self.one(range(len(kind)))
        name = self.one(["sum", "sum", "mean", "max", "min", "prod"])
        operand = f"(1 + 0.01 * np.tanh({v}))" if name == "prod" else v
        self.put(f"np.{name}({operand}, axis={axis})", kind[:axis] + kind[axis + 1 :])

    def reduce_two(self) -> None:
        v, kind = self.some(2)
        axes = self.one([(0, 1), (0, len(kind) - 1)])
        self.put(f"np.mean({v}, axis={axes})", "".join(_without(kind, axes)))

    def transpose(self) -> None:
        v, kind = self.some(2)
        order = self.one([(1, 0, 2), (0, 2, 1), (2, 0, 1)])[: len(kind)]
        order = order if sorted(order) == list(range(len(kind))) else tuple(range(len(kind)))[::-1]
        self.put(f"np.transpose({v}, {order})", "".join(kind[i] for i in order))

    def contract(self) -> None:
        (v, p), (w, q) = self.some(1), self.some(1)
        shared = [c for c in p if c in q]
        summed = self.one(shared) if shared else self.one(p)
        kind = "".join(c for c in dict.fromkeys(p + q) if c != summed)
        self.put(f"np.einsum('{p},{q}->{kind}', {v}, {w}) / 4", kind)

    def join(self) -> None:
        v, kind = self.some(2)
        short = [i for i, c in enumerate(kind) if c != "n"]
        axis = self.one(short)
        pieces = _cut(v, axis, "1:"), _cut(v, axis, ":1")
        self.put(f"np.concatenate([np.cos({pieces[0]}), {pieces[1]}], axis={axis})", kind)

    def change(self) -> None:
        v, kind = self.some(2)
        axis = self.one([i for i, c in enumerate(kind) if c != "n"])
        w, _ = self.some()
        self.put(f"1.0 * {v}", kind)
        name = f"v{len(self.lines) - 1}"
        sign = self.one(["=", "+=", "*="])
        self.lines.append(f"    {_cut(name, axis, '0')} {sign} np.tanh(np.mean({w}))")
        self.lines.append(f"    {_cut(name, axis, '1')} += {_cut(v, axis, '0')}")

    def gather(self) -> None:
        v, kind = self.some(1)
        axis = kind.find("a")
        if axis >= 0:
            self.put(f"np.sum(np.take({v}, ROWS, axis={axis}), axis={axis})", kind.replace("a", ""))

    def flatten(self) -> None:
        v, kind = self.some(2)
        shape = ", ".join(f"{v}.shape[{i}]" for i in range(len(kind)))
        self.put(f"({v}.reshape(-1) * 0.9).reshape({shape})", kind)


STEPS = ["unary", "unary", "binary", "binary", "reduce", "reduce", "contract", "join", "change"]
STEPS += ["transpose", "reduce_two", "gather", "flatten"]


def _aligned(v: str, kind: str, wanted: str) -> str:
    """The array with its axes in the wanted order, and new ones."""
    order = [kind.index(c) for c in wanted if c in kind]
    turned = v if order == sorted(order) else f"np.transpose({v}, {tuple(order)})"
    if not kind or len(kind) == len(wanted):
        return turned
    return f"{turned}[{', '.join(':' if c in kind else 'None' for c in wanted)}]"


def _cut(v: str, axis: int, piece: str) -> str:
    return f"{v}[{', '.join([':'] * axis + [piece])}]"


def _without(kind: str, axes: Sequence[int]) -> list[str]:
    return [c for i, c in enumerate(kind) if i not in axes]


@st.composite
def texts(draw: st.DrawFn) -> str:
    """Functions of up to ten steps."""
    writer = Writer(lambda choices: draw(st.sampled_from(list(choices))))
    for _ in range(draw(st.integers(2, 10))):
        writer.step()
    weights = ("1.0", "0.7", "-0.45", "0.3")  # so that nothing cancels
    last = list(writer.kinds)[-len(weights) :]
    terms = [f"{w} * np.mean({v})" for w, v in zip(weights, last, strict=False)]
    return "\n".join(["def f(x, y, z):", *writer.lines, f"    return {' + '.join(terms)}"])


def defined(text: str) -> Callable[..., Any]:
    """The function of a text."""
    names: dict[str, Any] = {"np": np, "ROWS": ROWS}
    exec(text, names)
    f: Callable[..., Any] = names["f"]
    return f


def inputs(n: int) -> list[Any]:
    """Arguments where the long axis has that length."""
    rng = np.random.default_rng(n)
    sizes = SIZES | {"n": n}
    return [rng.normal(size=[sizes[c] for c in kind]) for kind in GIVEN.values()]
