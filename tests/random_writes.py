"""Random functions that write to arrays, in loops and through views, as Python text.

A text defines ``f(x, w)`` of arrays of shapes (2, 3) and (4,), and returns all arrays that are
left. It asks for loops by the name `la`, so that NumPy alone can run it (`Plain`). Numbers are
only added and multiplied, element by element: every way to run it gives the same to the last bit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st
from random_functions import defined, stacked

from lineara import tree

__all__ = ["Plain", "defined", "texts", "written"]

LOOPS = 2  # how deep
VIEWS = [
    "{}[::-1]",
    "{}[1:]",
    "{}[::2]",
    "{}[..., :2]",
    "{}[..., ::-2]",
    "{}[-1:]",
    "{}[0]",
    "{}[..., -1]",
    "{}[None]",
    "{}[:, None]",
    "{}.T",
    "{}.reshape(-1)",
    "{}.ravel()",
    "np.flip({})",
    "np.moveaxis({}, 0, -1)",
    "np.array_split({}, 2, axis=-1)[1]",
]
COPIES = [
    "{}.copy()",
    "0.5 * {}.copy() + 1",
    "np.zeros_like({})",
    "np.zeros(4, like={})",
    "{}.copy()[[0, -1]]",
    "np.roll({}.copy(), 1)",
    "np.concatenate([{0}.copy(), {0}.copy()])",
    "{}.flatten()",
    "np.where({0} > 0.3, {0}, 0.5)",
]
WRITES = [
    "{a}[...] = {number}",
    "{a}[{i}] = {number}",
    "{a}[{i}] += {number}",
    "{a}[{i}] *= {number}",
    "{a}[-1] = {a}[{i}]",
    "{a}[...] = {a}[{i}] - 0.5",
    "{a}[0], {a}[{i}] = {a}[{i}], {a}[0]",
    "{a}[{i}] = {a}[0]",
    "{a}[1:] = {number}",
    "{a}[::2] = 0.25",
    "{a}[:] = {a}[::-1]",
    "{a}[1:] = {a}[:-1]",
    "{a}[1:] += {a}[:-1]",
    "{a}[{a} > 0.4] = {number}",
    "{a}[{a} > {number}] = -0.5",
    "{a}[[0, -1]] = 0.5",
    "{a}[[0, 0]] += {number}",
    "{a}[..., [-1, 0]] *= 0.5",
    "{a} += 1",
    "{a} *= 0.5",
    "{a} -= {a}[::-1]",
    "{a} *= {number}",
    "{a}.sort()",
    "{a}.sort(axis=0)",
    "{a}.fill({number})",
    "np.add.at({a}, {i}, {number})",
    "np.add.at({a}, [0, 0, -1], 0.5)",
    "np.put_along_axis({a}, np.argsort({a}, axis=0)[:1], {number}, axis=0)",
    "np.put_along_axis({a}, np.argmax({a}, axis=-1, keepdims=True), 0.5, axis=-1)",
    "np.multiply({a}, {number}, out={a})",
    "np.copyto({a}, {number}, where={a} > 0.2)",
    "np.putmask({a}, {a} < 0.2, 0.75)",
    "np.put({a}, [0, -1], {number})",
    "np.negative({a}[::-1], out={a})",
]
WRITES_TO_MATRICES = [
    "{a}[:, {j}] = {number}",
    "{a}[:, {j}] -= {a}[:, 0]",
    "{a}[{i}, {j}] += {number}",
    "{a}[{i}, ::-1] = {a}[0]",
    "{a}[0][...] += {number}",
    "np.fill_diagonal({a}, {number})",
]
WITH_ANOTHER = [
    "{a}[...] = {b}",
    "{a} += {b}",
    "{a} *= {b}",
    "np.add({a}, {b}, out={a})",
    "np.subtract({b}, {a}, out={a})",
    "np.copyto({a}, {b}, where={a} > 0.1)",
    "{a}[{a} > {b}] = 0.5",
]


@dataclass
class Held:
    """An array: its name, one of its shape and strides, and whether it may be written to."""

    name: str
    shadow: Any
    own: bool


class Writer:
    """Writes a text, line by line, with choices that somebody else makes."""

    def __init__(self, one: Callable[[Sequence[Any]], Any]) -> None:
        self.one = one
        self.lines: list[str] = []
        self.depth = 0
        self.loops = 0
        self.names = 0

    def put(self, line: str) -> None:
        self.lines.append("    " * self.depth + line)

    def new(self, prefix: str) -> str:
        self.names += 1
        return f"{prefix}{self.names}"

    def pick(self, pool: list[Held], own: bool = False) -> Held:
        fitting = [a for a in pool if a.own or not own]
        return self.one([*fitting, *fitting[-3:]])  # type: ignore[no-any-return]

    def index(self, pool: list[Held], length: int, indices: list[str]) -> str:
        """A number that is less than `length`."""
        choices = ["0", "-1", f"np.argmax({pool[-1].name}.ravel()) % {length}"]
        choices += [f"({i} + {k}) % {length}" for i in indices for k in (0, 1)]
        return str(self.one(choices + choices[3:]))

    def number(self, pool: list[Held]) -> str:
        a = self.pick(pool)
        zeros = ", ".join(["0"] * a.shadow.ndim)
        ones = ", ".join(["-1"] * a.shadow.ndim)
        some = ["0.25", f"0.5 * {a.name}[{zeros}]"] if zeros else ["0.25"]
        return str(self.one([*some, f"{a.name}[{ones}]"] if zeros else some))

    # -- steps --

    def steps(self, pool: list[Held], indices: list[str], most: int) -> None:
        kinds = [self.view, self.part, self.copy, *[self.write] * 3, self.write_another]
        if self.loops < LOOPS:
            kinds += [self.unrolled, self.fori, self.scan]
        for _ in range(self.one(range(1, most + 1))):
            self.one(kinds)(pool, indices)

    def made(self, pool: list[Held], form: str, a: Held) -> tuple[str, Any] | None:
        """The expression of that form, and what it is of the shadow; None if it does not fit."""
        expression = form.format(a.name)
        try:
            result = eval(expression, {"np": np, a.name: a.shadow})
        except (IndexError, ValueError, np.exceptions.AxisError):
            return None
        fits = isinstance(result, np.ndarray) and 0 < result.ndim < 4 and 0 < result.size < 13
        return (expression, result) if fits else None

    def view(self, pool: list[Held], indices: list[str]) -> None:
        a = self.pick(pool)
        made = self.made(pool, self.one(VIEWS), a)
        if made:
            name = self.new("v")
            self.put(f"{name} = {made[0]}")
            own = a.own or not np.shares_memory(made[1], a.shadow)
            pool.append(Held(name, made[1], own))

    def part(self, pool: list[Held], indices: list[str]) -> None:
        """A row, at a place that may be a traced number."""
        a = self.pick(pool)
        if a.shadow.ndim > 1:
            name = self.new("p")
            self.put(f"{name} = {a.name}[{self.index(pool, len(a.shadow), indices)}]")
            pool.append(Held(name, a.shadow[0], a.own))

    def copy(self, pool: list[Held], indices: list[str]) -> None:
        made = self.made(pool, self.one(COPIES), self.pick(pool))
        if made:
            name = self.new("y")
            self.put(f"{name} = {made[0]}")
            pool.append(Held(name, made[1], True))

    def write(self, pool: list[Held], indices: list[str]) -> None:
        a = self.pick(pool, own=True)
        rows, *columns = a.shadow.shape
        form = self.one(WRITES + WRITES_TO_MATRICES if len(columns) == 1 else WRITES)
        i = self.index(pool, rows, indices)
        j = self.index(pool, columns[0], indices) if columns else ""
        self.put(form.format(a=a.name, i=i, j=j, number=self.number(pool)))

    def write_another(self, pool: list[Held], indices: list[str]) -> None:
        a, b = self.pick(pool, own=True), self.pick(pool)
        if a.shadow.shape == b.shadow.shape:
            self.put(self.one(WITH_ANOTHER).format(a=a.name, b=b.name))

    # -- loops --

    def unrolled(self, pool: list[Held], indices: list[str]) -> None:
        name = self.new("k")
        self.put(f"for {name} in range(2):")
        self.depth, self.loops = self.depth + 1, self.loops + 1
        self.put(f"{self.pick(pool, own=True).name}[...] *= 0.5")
        self.steps(list(pool), [*indices, name], 3)
        self.depth, self.loops = self.depth - 1, self.loops - 1

    def looped(
        self, pool: list[Held], indices: list[str], signature: str, last: str, index: str
    ) -> tuple[str, list[Held], Held]:
        """Writes the body of a loop: its name, what it carries first, and what it makes."""
        first = [self.pick(pool) for _ in range(self.one([1, 2]))]
        own = [Held(self.new("c"), a.shadow.copy(), True) for a in first]
        body = self.new("g")
        self.put(f"def {body}({signature}):")
        self.depth, self.loops = self.depth + 1, self.loops + 1
        self.put(f"{', '.join(c.name for c in own)}, = c")
        inner = [*(Held(a.name, a.shadow, False) for a in pool), *own]
        self.steps(inner, [*indices, index], 4)
        after = [self.returned(inner, c) for c in own]
        made = self.pick(inner)
        self.put("return " + last.format(f"({', '.join(after)},)", made.name))
        self.depth, self.loops = self.depth - 1, self.loops - 1
        return body, first, made

    def returned(self, pool: list[Held], carry: Held) -> str:
        """What becomes of a carry: it, a view of it, or something else of its shape."""
        others = [a.name for a in pool if a.shadow.shape == carry.shadow.shape]
        return str(self.one([*[carry.name] * 3, f"{carry.name}[::-1]", *others]))

    def carried(self, pool: list[Held], first: list[Held], pattern: str, call: str) -> None:
        names = [self.new("y") for _ in first]
        self.put(f"{pattern.format(', '.join(names) + ',')} = {call}")
        pool += [Held(n, a.shadow.copy(), True) for n, a in zip(names, first, strict=True)]

    def fori(self, pool: list[Held], indices: list[str]) -> None:
        i = self.new("i")
        body, first, _ = self.looped(pool, indices, f"{i}, c", "{}", i)
        init = ", ".join(a.name for a in first)
        upper = self.one(["3", "3", *indices])
        self.carried(pool, first, "{}", f"la.fori_loop(0, {upper}, {body}, ({init},))")

    def scan(self, pool: list[Held], indices: list[str]) -> None:
        i = self.new("i")
        body, first, made = self.looped(pool, indices, f"c, {i}", "{}, {}", i)
        init, ys = ", ".join(a.name for a in first), self.new("y")
        options = self.one(["", ", reverse=True"])
        call = f"la.scan({body}, ({init},), np.arange(3){options})"
        self.carried(pool, first, f"({{}}), {ys}", call)
        if made.shadow.ndim < 3:
            pool.append(Held(ys, np.stack([made.shadow] * 3), True))


def written(one: Callable[[Sequence[Any]], Any]) -> str:
    """A text that defines ``f(x, w)``."""
    writer = Writer(one)
    writer.put("def f(x, w):")
    writer.depth = 1
    pool = [Held("x", np.ones((2, 3)), False), Held("w", np.ones(4), False)]
    for name, base in (("y", pool[0]), ("z", pool[1])):
        writer.put(f"{name} = {base.name}.copy()")
        pool.append(Held(name, base.shadow.copy(), True))
    writer.steps(pool, [], 6)
    writer.put(f"return {', '.join(a.name for a in pool)}")
    return "\n".join(writer.lines)


@st.composite
def texts(draw: Callable[[st.SearchStrategy[Any]], Any]) -> str:
    return written(lambda choices: draw(st.sampled_from(choices)))


class Plain:
    """Loops of NumPy alone, which own what they carry."""

    @staticmethod
    def own(carry: Any) -> Any:
        return tree.map(lambda x: np.array(x, order="C"), carry)

    @classmethod
    def fori_loop(cls, lower: int, upper: int, body: Any, init: Any) -> Any:
        carry = cls.own(init)
        for i in range(lower, upper):
            carry = cls.own(body(i, carry))
        return carry

    @classmethod
    def scan(cls, f: Any, init: Any, xs: Any, reverse: bool = False) -> Any:
        carry, ys = cls.own(init), []
        for x in xs[::-1] if reverse else xs:
            carry, y = map(cls.own, f(carry, x))
            ys.append(y)
        return carry, stacked(ys[::-1] if reverse else ys)
