"""From programs to Linear A text, which `parse` reads back as the same program.

Variables are printed under their hints, made readable and unique; those without a hint are
called a, b, c, …
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from itertools import count, product
from string import ascii_lowercase
from typing import Any, TypeVar

import numpy as np

from lineara.ir.containers import Container, Package
from lineara.ir.program import (
    Equation,
    Function,
    Literal,
    Operand,
    Program,
    Variable,
    functions_in,
    reachable,
)
from lineara.ir.types import ArrayType, dtype_name
from lineara.text import attributes
from lineara.text.lexer import RESERVED

V = TypeVar("V", bound=Operand)


def show(p: Program | Function) -> str:
    """The text of a program, or of a function and all that it calls; callees come first."""
    functions = reachable(p.functions if isinstance(p, Program) else [p])
    namer = Namer(f.name for f in functions)
    names: dict[Any, str] = {f: namer.name(f.name) for f in functions}
    definitions = []
    for number, package in enumerate(_packages(functions), 1):
        items = ", ".join(attributes.type_name(item, names) for item in package.items)
        names[package] = f"Tape{number}"
        definitions.append(f"type {names[package]} = pack({items})\n")
    return "\n".join([*definitions, *(_Printer(f, names).function(names[f]) for f in functions)])


def _packages(functions: Iterable[Function]) -> Iterator[Package]:
    """The types of all packages, each after those that are in it."""
    done: set[ArrayType] = set()
    for f in functions:
        fields = (x for e in f.equations for x in vars(e.op).values() if isinstance(x, ArrayType))
        for type in (*(v.type for v in _operands(f)), *fields):
            pending = [type]
            while pending:
                last = pending[-1]
                inner = last.items if isinstance(last, Container) else ()
                missing = [x for x in inner if isinstance(x, Container) and x not in done]
                if missing:
                    pending.extend(missing)
                    continue
                pending.pop()
                if isinstance(last, Package) and last not in done:
                    yield last
                done.add(last)


class _Printer:
    """Prints one function."""

    def __init__(self, f: Function, functions: Mapping[Any, str]) -> None:
        self.f = f
        self.functions = functions
        variables = [v for v in dict.fromkeys(_operands(f)) if isinstance(v, Variable)]
        namer = Namer(v.hint for v in variables)
        self.names: dict[Operand, str] = {
            v: namer.name(v.hint, "'" if v.linear else "") for v in variables
        }

    def function(self, name: str) -> str:
        f = self.f
        params = _parts(map(self.declared, f.params), map(self.declared, f.linear_params))
        types = _parts(map(self.type, f.results), map(self.type, f.linear_results))
        returned = _parts(map(self.operand, f.results), map(self.operand, f.linear_results))
        lines = [f"def {name}({params}) -> ({types}) {{"]
        lines += [f"  {self.equation(equation)}" for equation in f.equations]
        lines += [f"  return {returned}".rstrip(), "}\n"]
        return "\n".join(lines)

    def equation(self, equation: Equation) -> str:
        op = equation.op
        split = any(True for _ in functions_in(op))
        operands = _separated(equation.operands, self.operand, " ", split)
        results = _separated(equation.results, self.declared, ", ", split)
        applied = f"{op.name}{attributes.show(op, self.functions)} {operands}".rstrip()
        return f"{results} = {applied}" if results else applied

    def declared(self, variable: Variable) -> str:
        return f"{self.names[variable]}: {self.type(variable)}"

    def type(self, variable: Operand) -> str:
        return attributes.type_name(variable.type, self.functions)

    def operand(self, operand: Operand) -> str:
        return literal(operand) if isinstance(operand, Literal) else self.names[operand]


def _operands(f: Function) -> Iterator[Operand]:
    """All that a function mentions; in a program that is not well typed, what is unbound too."""
    yield from f.all_params
    for equation in f.equations:
        yield from equation.operands
        yield from equation.results
    yield from f.all_results


def _parts(nonlinear: Iterable[str], linear: Iterable[str]) -> str:
    """Two lists, with a semicolon between them unless the second one is empty."""
    first, second = ", ".join(nonlinear), ", ".join(linear)
    return f"{first}; {second}" if second else first


def _separated(operands: Sequence[V], text: Callable[[V], str], separator: str, split: bool) -> str:
    """The operands in order; if asked for, with a semicolon where they turn linear."""
    linear = [v.linear for v in operands]
    turn = linear.index(True) if True in linear else 0
    if split and turn and all(linear[turn:]):
        parts = operands[:turn], operands[turn:]
        return "; ".join(separator.join(map(text, part)) for part in parts)
    return separator.join(map(text, operands))


# -- names --------------------------------------------------------------------------------------


class Namer:
    """Gives out unique names.

    Args:
        hints: all that will be asked for, so that made-up names stay clear of them.
    """

    def __init__(self, hints: Iterable[str | None]) -> None:
        self.hints = {_identifier(hint) for hint in hints if hint}
        self.taken: set[str] = set()
        self.numbers: dict[str, int] = {}
        self.short = _short_names(self.hints | RESERVED)

    def name(self, hint: str | None, prime: str = "") -> str:
        """The hint itself while it is free, later with a number; without a hint a short name."""
        if not hint:
            return next(self.short) + prime
        name = _identifier(hint)
        if name + prime in self.taken:
            name = self.numbered(re.sub(r"_\d+$", "", name), prime)
        self.taken.add(name + prime)
        return name + prime

    def numbered(self, base: str, prime: str) -> str:
        for number in count(self.numbers.get(base + prime, 0) + 1):
            self.numbers[base + prime] = number
            name = f"{base}_{number}"
            if name not in self.hints and name + prime not in self.taken:
                break
        return name


def _short_names(excluded: Set[str]) -> Iterator[str]:
    """The names a, b, …, z, aa, ab, … but for the excluded ones."""
    for length in count(1):
        for letters in product(ascii_lowercase, repeat=length):
            name = "".join(letters)
            if name not in excluded:
                yield name


def _identifier(hint: str) -> str:
    """The hint with underscores in place of what a name cannot contain."""
    name = re.sub(r"[^A-Za-z0-9_.]", "_", hint)
    name = name if re.match(r"[A-Za-z_]", name) else f"_{name}"
    return f"{name}_" if name in RESERVED else name


# -- literals -----------------------------------------------------------------------------------


def literal(operand: Literal) -> str:
    """A scalar as text that reads back as the same bits (every NaN as the same NaN)."""
    value: Any = operand.value
    dtype = operand.type.dtype
    name = dtype_name(dtype)
    suffix = "" if name in ("bool", "i64", "f64", "c128") else f":{name}"
    match dtype.kind:
        case "b":
            return "true" if value else "false"
        case "f":
            return _decimal(value) + suffix
        case "c":
            return f"complex({_decimal(value.real)},{_decimal(value.imag)}){suffix}"
    return f"{int(value)}{suffix}"


def _decimal(x: np.floating[Any]) -> str:
    """The shortest decimal that rounds to `x`."""
    shortest = float(np.format_float_scientific(x, unique=True))
    # Rounding to f64 and then to f32 can differ from rounding to f32 at once.
    exact = np.isnan(x) or type(x)(shortest) == x
    return repr(shortest if exact else float(x))
