"""Random functions as users write them, as Python text (a Hypothesis strategy).

A text defines ``f(x, s)``, a smooth number made from an array x of shape (3,) and a number s, with
loops, branches and transformations in one another, whose functions use arrays from their
surroundings. It asks for them by the name `la`, so that one text is run by lineara, by plain Python
(`Plain`), and by lineara with everything saved (`WITHOUT_CHECKPOINTS`). Values stay of moderate
size.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np
from hypothesis import strategies as st

import lineara as la
from lineara import tree

DEPTH = 3
SCALAR, VECTOR = "scalar", "vector"
UNARY = [
    "np.sin({})",
    "np.cos({})",
    "np.tanh({})",
    "np.exp(-({}) ** 2)",
    "np.arctan({})",
    "np.sqrt(1.5 + np.sin({}))",
    "la.name(np.sin({}), 'h')",
]
BINARY = ["0.5 * ({} + {})", "({} * {})", "({} - {})", "{} / (1.2 + np.cos({}))"]
LITERALS = ["0.7", "-0.4", "1.3"]
REDUCED = ["np.sum({})", "{}[0]", "{}[-1]", "np.mean({})", "({0} @ {0})"]
SPREAD = [
    "np.stack([{0}, 0.3 * {0}, 0.8])",
    "{} * np.array([0.3, 0.9, -0.5])",
    "{} * np.ones(3)",
]
WRITES = [
    "{0}[{2}] = {1}",
    "{0}[{2}] += {1}",
    "{0}[1:] = 0.5 * {0}[:-1]",
    "{0} *= np.cos({1})",
    "{0}[::-1][{2}] = {1}",
]
SCHEDULES = ["1", "2", "'sqrt'", "'halving'", "('binomial', 2)"]
POLICIES = [
    "@la.checkpoint",
    "@la.checkpoint(policy=la.checkpoint_policies.everything_saveable)",
    "@la.checkpoint(policy=la.checkpoint_policies.dots_saveable)",
    "@la.checkpoint(policy=la.checkpoint_policies.save_names('h'))",
]


@dataclass
class Scope:
    """What a function may use: names of arrays by their kind, of indices from 0 to 2, of arrays
    that it may write to, and of functions with the kinds of their parameters and results.
    """

    arrays: dict[str, list[str]]
    indices: list[str] = field(default_factory=list)
    own: list[str] = field(default_factory=list)
    functions: list[tuple[str, list[str], str]] = field(default_factory=list)

    def inner(self) -> Scope:
        arrays = {kind: list(names) for kind, names in self.arrays.items()}
        return Scope(arrays, list(self.indices), [], list(self.functions))


class Writer:
    """Writes a text, line by line, with choices that somebody else makes."""

    def __init__(self, one: Callable[[Sequence[Any]], Any]) -> None:
        self.one = one
        self.lines: list[str] = []
        self.depth = 0
        self.names = 0

    def put(self, line: str) -> None:
        self.lines.append("    " * self.depth + line)

    def new(self, prefix: str = "v") -> str:
        self.names += 1
        return f"{prefix}{self.names}"

    # -- expressions --

    def atom(self, scope: Scope, kind: str) -> str:
        names = scope.arrays[kind]
        choices = [*names, *names[-2:], *names[-2:]]  # the last ones more often
        if kind == SCALAR and scope.indices:
            vector = self.one(scope.arrays[VECTOR][::-1])
            choices += [f"la.numpy.asarray({vector})[{i}]" for i in scope.indices[-2:]]
        return str(self.one(choices))

    def expression(self, scope: Scope, kind: str, size: int = 2) -> str:
        if size == 0:
            return self.atom(scope, kind)
        smaller = lambda kind: self.expression(scope, kind, size - 1)  # noqa: E731
        sort = self.one(["unary", "binary", "other"])
        if sort == "unary":
            return str(self.one(UNARY).format(smaller(kind)))
        if sort == "binary":
            other = self.one(LITERALS) if self.one([0, 0, 0, 1]) else smaller(kind)
            return str(self.one(BINARY).format(smaller(kind), other))
        if kind == SCALAR:
            return str(self.one(REDUCED).format(self.atom(scope, VECTOR)))
        return str(self.one(SPREAD).format(self.atom(scope, SCALAR)))

    def kind(self) -> str:
        return str(self.one([SCALAR, VECTOR]))

    def kinds(self, most: int) -> list[str]:
        return [self.kind() for _ in range(self.one(range(1, most + 1)))]

    def arguments(self, scope: Scope, kinds: Sequence[str]) -> str:
        return ", ".join(self.expression(scope, kind, 1) for kind in kinds)

    def predicate(self, scope: Scope) -> str:
        expression = self.expression(scope, self.kind(), 1)
        return f"np.sum({expression}) > {self.one(['0.137', '-0.461'])}"

    def integer(self, scope: Scope) -> str:
        """An integer from 0 to 3 that depends on values."""
        return self.one(
            [*scope.indices, f"np.sum({self.expression(scope, self.kind(), 1)} > 0.137)"]
        )

    # -- functions --

    def body(self, scope: Scope) -> None:
        for _ in range(self.one([0, 1, 1, 2] if self.depth < DEPTH else [0, 1])):
            self.statement(scope)

    def define(
        self,
        scope: Scope,
        signature: str,
        unpack: str,
        arrays: Sequence[tuple[str, str]],
        results: Sequence[str],
        returns: str,
        index: str | None = None,
        own: Sequence[str] = (),
        decorators: Sequence[str] = (),
    ) -> str:
        """Writes a function, and returns its name."""
        name = self.new("g")
        for decorator in decorators:
            self.put(decorator)
        self.put(f"def {name}({signature}):")
        inner = scope.inner()
        inner.own = list(own)
        inner.indices += [index] if index else []
        for array, kind in arrays:
            inner.arrays[kind].append(array)
        self.depth += 1
        if unpack:
            self.put(unpack)
        self.body(inner)
        made = [f"np.sin({self.expression(inner, kind, 1)})" for kind in results]
        self.put("return " + returns.format(*made))
        self.depth -= 1
        return name

    def function(
        self, scope: Scope, kinds: Sequence[str], result: str, decorators: Sequence[str] = ()
    ) -> str:
        names = [self.new("a") for _ in kinds]
        arrays = list(zip(names, kinds, strict=True))
        return self.define(
            scope, ", ".join(names), "", arrays, [result], "{}", decorators=decorators
        )

    def carried(self, kinds: Sequence[str]) -> tuple[list[tuple[str, str]], str, str]:
        """Names of what is carried, their tuple, and the tuple of what comes of it."""
        names = [self.new("c") for _ in kinds]
        pack = "({},)" if len(kinds) == 1 else "({})"
        arrays = list(zip(names, kinds, strict=True))
        return arrays, pack.format(", ".join(names)), pack.format(", ".join("{}" for _ in names))

    # -- statements --

    def statement(self, scope: Scope) -> None:
        kinds: list[Callable[[Scope], None]] = [self.assign]
        if self.depth <= DEPTH:
            kinds += [self.cond, self.switch, self.scan, self.fori, self.while_, self.map]
            kinds += [self.jit, self.vmap, self.checkpoint, self.custom, self.grad]
        if scope.functions:
            kinds += [self.call]
        if scope.own:
            kinds += [self.write] * 3
        self.one(kinds)(scope)

    def result(self, scope: Scope, kind: str, expression: str) -> None:
        name = self.new()
        self.put(f"{name} = {expression}")
        scope.arrays[kind].append(name)

    def results(self, scope: Scope, kinds: Sequence[str], pattern: str, expression: str) -> None:
        names = [self.new() for _ in kinds]
        self.put(f"{pattern.format(*names)} = {expression}")
        for name, kind in zip(names, kinds, strict=True):
            scope.arrays[kind].append(name)

    def assign(self, scope: Scope) -> None:
        kind = self.kind()
        self.result(scope, kind, self.expression(scope, kind))

    def write(self, scope: Scope) -> None:
        target = self.one(scope.own)
        index = self.one(["0", "1", *scope.indices])
        value = self.expression(scope, SCALAR, 1)
        self.put(self.one(WRITES).format(target, value, index))

    def call(self, scope: Scope) -> None:
        name, kinds, result = self.one(scope.functions)
        self.result(scope, result, f"{name}({self.arguments(scope, kinds)})")

    def cond(self, scope: Scope) -> None:
        kinds, result = self.kinds(2), self.kind()
        one, other = (self.function(scope, kinds, result) for _ in range(2))
        given = f"{self.predicate(scope)}, {one}, {other}, {self.arguments(scope, kinds)}"
        self.result(scope, result, f"la.cond({given})")

    def switch(self, scope: Scope) -> None:
        kinds, result = self.kinds(2), self.kind()
        branches = ", ".join(self.function(scope, kinds, result) for _ in range(3))
        given = f"{self.integer(scope)}, [{branches}], {self.arguments(scope, kinds)}"
        self.result(scope, result, f"la.switch({given})")

    def scan(self, scope: Scope) -> None:
        kinds, made = self.kinds(2), self.kind()
        arrays, taken, pattern = self.carried(kinds)
        sliced, index = self.one([True, False]), self.new("i")
        xs = f"({self.expression(scope, VECTOR, 1)}, np.arange(3))" if sliced else "np.arange(3)"
        x = self.new("t")
        body = self.define(
            scope,
            "c, t",
            f"{taken}, " + (f"({x}, {index})" if sliced else index) + " = c, t",
            [*arrays, *([(x, SCALAR)] if sliced else [])],
            [*kinds, made],
            f"{pattern}, {{}}",
            index=index,
            own=[name for name, kind in arrays if kind == VECTOR],
        )
        options = self.one(["", "", ", reverse=True"])
        options += self.one(["", "", f", checkpoint={self.one(SCHEDULES)}"])
        given = f"{body}, {pattern.format(*self.starts(scope, kinds))}, {xs}{options}"
        ys = self.new("y")
        self.results(scope, kinds, pattern + f", {ys}", f"la.scan({given})")
        self.result(scope, made, f"np.{self.one(['sum', 'mean'])}({ys}, axis=0)")
        if made == SCALAR:
            scope.arrays[VECTOR].append(ys)

    def starts(self, scope: Scope, kinds: Sequence[str]) -> list[str]:
        return [self.expression(scope, kind, 1) for kind in kinds]

    def fori(self, scope: Scope) -> None:
        kinds = self.kinds(2)
        arrays, taken, pattern = self.carried(kinds)
        index = self.new("i")
        own = [name for name, kind in arrays if kind == VECTOR]
        body = self.define(
            scope,
            f"{index}, c",
            f"{taken} = c",
            arrays,
            kinds,
            pattern,
            index=index,
            own=own,
        )
        options = ""
        lower, upper = self.one(["0", "1"]), "3"
        traced = self.one(["no", "lower", "upper"])
        if traced == "lower":
            lower = self.integer(scope)
        elif traced == "upper":
            upper = f"np.minimum({self.integer(scope)} + 1, 3)"
        else:
            options = self.one(["", "", f", checkpoint={self.one(SCHEDULES)}"])
        init = pattern.format(*self.starts(scope, kinds))
        given = f"{lower}, {upper}, {body}, {init}{options}"
        self.results(scope, kinds, pattern, f"la.fori_loop({given})")

    def while_(self, scope: Scope) -> None:
        kinds = self.kinds(2)
        arrays, taken, pattern = self.carried(kinds)
        index, name = self.new("i"), arrays[0][0]
        body = self.define(
            scope,
            "c",
            f"{index}, {taken} = c",
            arrays,
            kinds,
            f"{index} + 1, {pattern}",
            index=index,
            own=[name for name, kind in arrays if kind == VECTOR],
        )
        condition = self.new("g")
        self.put(f"def {condition}(c):")
        self.put(f"    {index}, {taken} = c")
        bound = self.one(["0.137", "0.561", "2.5"])
        self.put(f"    return ({index} < 3) & (np.sum({name}) < {bound})")
        init = pattern.format(*self.starts(scope, kinds))
        given = f"{condition}, {body}, ({self.one(['0', '1'])}, {init})"
        self.results(scope, kinds, f"_, {pattern}", f"la.while_loop({given})")

    def map(self, scope: Scope) -> None:
        name = self.function(scope, [SCALAR], SCALAR)
        self.result(scope, VECTOR, f"la.map({name}, {self.expression(scope, VECTOR, 1)})")

    def vmap(self, scope: Scope) -> None:
        outer = self.function(scope, [SCALAR, VECTOR], result := self.kind())
        vector = f"({self.expression(scope, VECTOR, 1)}, {self.atom(scope, VECTOR)})"
        mapped = f"la.vmap({outer}, in_axes=(0, None)){vector}"
        if result == SCALAR:
            self.result(scope, VECTOR, mapped)
        else:
            self.result(scope, VECTOR, f"np.sum({mapped}, axis={self.one([0, 1])})")

    def grad(self, scope: Scope) -> None:
        name = self.function(scope, [VECTOR], SCALAR)
        at = self.expression(scope, VECTOR, 1)
        self.result(scope, VECTOR, f"la.grad({name})({at})")

    def shared(self, scope: Scope, decorators: Sequence[str]) -> None:
        """A function that others may call, and the first call of it."""
        kinds, result = self.kinds(2), self.kind()
        name = self.function(scope, kinds, result, decorators)
        scope.functions.append((name, kinds, result))
        self.result(scope, result, f"{name}({self.arguments(scope, kinds)})")

    def jit(self, scope: Scope) -> None:
        scope.own = []  # it may have been traced with what they hold now
        self.shared(scope, ["@la.jit"])

    def checkpoint(self, scope: Scope) -> None:
        self.shared(scope, [self.one(POLICIES)])

    def custom(self, scope: Scope) -> None:
        kinds, result = [VECTOR, SCALAR], self.kind()
        plain = self.function(Scope({SCALAR: [], VECTOR: []}), kinds, result)
        name = self.new("g")
        self.put(f"{name} = la.custom_jvp({plain})")
        self.put(f"{name}.defjvp(lambda primals, tangents: la.jvp({plain}, primals, tangents))")
        scope.functions.append((name, kinds, result))
        self.call(Scope(scope.arrays, scope.indices, [], scope.functions[-1:]))


def written(one: Callable[[Sequence[Any]], Any]) -> str:
    """A text that defines ``f(x, s)``."""
    writer = Writer(one)
    writer.put("def f(x, s):")
    writer.depth = 1
    scope = Scope({SCALAR: ["s"], VECTOR: ["x"]})
    for _ in range(one([1, 2, 3])):
        writer.statement(scope)
    last = [*scope.arrays[SCALAR][-2:], *(f"np.sum({v})" for v in scope.arrays[VECTOR][-2:])]
    writer.put(f"return {' + '.join(last)}")
    return "\n".join(writer.lines)


@st.composite
def texts(draw: Callable[[st.SearchStrategy[Any]], Any]) -> str:
    return written(lambda choices: draw(st.sampled_from(choices)))


def defined(text: str, namespace: Any = la) -> Callable[..., Any]:
    """The function of a text, with `namespace` for `la`."""
    names: dict[str, Any] = {"np": np, "la": namespace}
    exec(compile(text, "<function>", "exec"), names)
    return names["f"]  # type: ignore[no-any-return]


# -- other meanings of `la` ------------------------------------------------------------------------


def own(init: Any) -> Any:
    return tree.map(lambda x: la.numpy.asarray(x).copy()[()], init)


def stacked(results: Sequence[Any]) -> Any:
    return tree.map(lambda *parts: np.stack(parts), *results)


class Plain:
    """Loops, branches and transformations of functions in plain Python; what they compute is
    differentiated by lineara, as what is written out without them.
    """

    checkpoint_policies = la.checkpoint_policies
    numpy = la.numpy
    grad = staticmethod(la.grad)

    @staticmethod
    def jit(f: Any) -> Any:
        return f

    @staticmethod
    def name(x: Any, label: str) -> Any:
        return x

    @staticmethod
    def checkpoint(f: Any = None, policy: Any = None) -> Any:
        return f or (lambda f: f)

    @staticmethod
    def custom_jvp(f: Any) -> Any:
        g = lambda *args: f(*args)  # noqa: E731
        g.defjvp = lambda rule: None  # type: ignore[attr-defined]
        return g

    @staticmethod
    def cond(pred: Any, f: Any, g: Any, *args: Any) -> Any:
        return f(*args) if pred else g(*args)

    @staticmethod
    def switch(index: Any, branches: Any, *args: Any) -> Any:
        return branches[min(max(index, 0), len(branches) - 1)](*args)

    @staticmethod
    def scan(f: Any, init: Any, xs: Any, reverse: bool = False, checkpoint: Any = None) -> Any:
        carry, ys = own(init), []
        slices = [tree.map(lambda x, k=k: x[k], xs) for k in range(len(tree.leaves(xs)[0]))]
        for x in reversed(slices) if reverse else slices:
            carry, y = f(carry, x)
            ys.append(own(y))
        return carry, stacked(ys[::-1] if reverse else ys)

    @staticmethod
    def fori_loop(lower: Any, upper: Any, body: Any, init: Any, checkpoint: Any = None) -> Any:
        carry = own(init)
        for i in range(lower, upper):
            carry = body(i, carry)
        return carry

    @staticmethod
    def while_loop(cond: Any, body: Any, init: Any) -> Any:
        carry = own(init)
        while cond(carry):
            carry = body(carry)
        return carry

    @staticmethod
    def map(f: Any, xs: Any) -> Any:
        return stacked([f(x) for x in xs])

    @staticmethod
    def vmap(f: Any, in_axes: Any) -> Any:
        def mapped(*args: Any) -> Any:
            axes = list(zip(args, in_axes, strict=True))
            (count,) = {len(x) for x, axis in axes if axis == 0}
            return stacked([f(*(x if a is None else x[k] for x, a in axes)) for k in range(count)])

        return mapped


def everything_saved(f: Any = None, policy: Any = None) -> Any:
    """The decorator that stands for `la.checkpoint`: a call whose results are all saved.

    Without the call, sums of more than two cotangents would be associated in another way.
    """
    saved = la.checkpoint(policy=la.checkpoint_policies.everything_saveable)
    return saved if f is None else saved(f)


WITHOUT_CHECKPOINTS = SimpleNamespace(
    **{name: getattr(la, name) for name in la.__all__}
    | {
        "checkpoint": everything_saved,
        "scan": lambda *args, checkpoint=None, **options: la.scan(*args, **options),
        "fori_loop": lambda *args, checkpoint=None: la.fori_loop(*args),
    }
)
