"""From tokens to syntax: what a text says, before names are looked up.

Nothing here recurses, so no text is nested too deeply to be refused in an orderly way.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, NoReturn, TypeAlias

import numpy as np

from lineara.errors import ParseError, Source
from lineara.ir.containers import Container, package, stack
from lineara.ir.program import Literal
from lineara.ir.types import DTYPES, ArrayType, DType
from lineara.ops.checks import MAX_AXES, MAX_BYTES
from lineara.text.lexer import RESERVED, Lexer, Token
from lineara.text.suggest import did_you_mean, shortened

MAX_DEPTH = 32
"""Levels of parentheses in types and attributes."""
MAX_ITEMS = 100_000
"""Items of a list: parameters, operands, entries of a tuple."""
MAX_DIGITS = 40

CONSTANTS = {"true": True, "false": False, "none": None}
CONTAINERS = ("pack", "stack")
"""The words that types of packages and of stacks begin with."""
WORDS = ("name", "linear", "keyword", "dtype")

Type: TypeAlias = "ArrayType | tuple[Type, ...]"
"""A type in a text: that of an array, or a product, which stands for several arrays."""


class Reference(NamedTuple):
    """The name of a function, as the value of an attribute."""

    token: Token


class Target(NamedTuple):
    """A parameter, or a result of an equation; its type is None if it is left to be inferred."""

    token: Token
    type: Type | None


class RawAttribute(NamedTuple):
    """An attribute whose references have not been looked up; the name is None if it has none."""

    name: str | None
    value: Any
    start: int


OperandSyntax: TypeAlias = Token | Literal


class EquationSyntax(NamedTuple):
    """``targets = op[attributes] operands``, beginning at character `start`."""

    start: int
    targets: list[Target]
    op: Token
    attributes: list[RawAttribute]
    operands: list[OperandSyntax]


class FunctionSyntax(NamedTuple):
    """A function.

    Attributes:
        types: of its non-linear and of its linear results.
        end: its ``return``.
        references: the names of functions in its attributes.
    """

    name: Token
    params: list[Target]
    types: tuple[list[Type], list[Type]]
    equations: list[EquationSyntax]
    end: Token
    returned: list[OperandSyntax]
    references: list[Token]


class Reader:
    """Reads the functions of a text, with one token of lookahead."""

    def __init__(self, text: str, file: str) -> None:
        self.lexer = Lexer(text, file)
        self.stream = self.lexer.tokens()
        self.token = next(self.stream)
        self.references: list[Token] = []
        self.types: dict[str, ArrayType] = {}
        """Types that have been given a name."""

    # -- tokens ---------------------------------------------------------------------------------

    def advance(self) -> Token:
        token = self.token
        self.token = next(self.stream, token)
        return token

    def accept(self, mark: str) -> bool:
        if self.token.text != mark:
            return False
        self.advance()
        return True

    def expect(self, text: str) -> Token:
        if self.token.text != text:
            self.fail(text)
        return self.advance()

    def take(self, kinds: tuple[str, ...], expected: str) -> Token:
        if self.token.kind not in kinds:
            self.fail(expected)
        return self.advance()

    def fail(self, expected: str) -> NoReturn:
        """Refuses the token that is next."""
        found = {"newline": "the end of the line", "end": "the end of the text"}
        raise ParseError(
            "syntax error",
            where=self.where(self.token),
            found=found.get(self.token.kind) or shortened(self.token.text),
            expected=expected,
        )

    def where(self, token: Token) -> Source:
        return self.lexer.where(token.start)

    def error(self, what: str, token: Token, **more: str | None) -> ParseError:
        return ParseError(what, where=self.where(token), **more)

    def skip_line(self) -> None:
        """Goes on at the next line that is not blank."""
        if self.token.kind == "newline":
            self.advance()

    # -- functions ------------------------------------------------------------------------------

    def functions(self) -> Iterator[FunctionSyntax]:
        """All functions of the text, which has at least one."""
        self.skip_line()
        while True:
            if self.token.text == "type":
                self.name_type()
                continue
            yield self.function()
            if self.token.kind not in ("newline", "end"):
                self.fail("the end of the line")
            self.skip_line()
            if self.token.kind == "end":
                return

    def name_type(self) -> None:
        """``type T = pack(f64[3], i64[])``, on a line of its own."""
        self.advance()
        name = self.take(("name",), "the name of a type")
        if name.text in (*self.types, *CONTAINERS):
            raise self.error(f"{shortened(name.text)} is the name of another type", name)
        self.expect("=")
        self.types[name.text] = self.array_type()
        if self.token.kind != "newline":
            self.fail("the end of the line")
        self.skip_line()

    def function(self) -> FunctionSyntax:
        self.expect("def")
        name = self.take(("name",), "the name of a function")
        self.expect("(")
        params = self.sections(self.parameter, ")")
        self.expect(")")
        self.expect("->")
        self.expect("(")
        types = self.sections(self.type, ")", primes=False)
        self.expect(")")
        self.expect("{")
        self.skip_line()
        equations: list[EquationSyntax] = []
        while self.token.text != "return":
            equations.append(self.equation())
            self.take(("newline",), "an operand or the end of the line")
            self.skip_line()
        end = self.expect("return")
        returned = self.sections(self.operand, "}")
        self.skip_line()
        self.expect("}")
        references, self.references = self.references, []
        return FunctionSyntax(
            name,
            [*params[0], *params[1]],
            types,
            equations,
            end,
            [*returned[0], *returned[1]],
            references,
        )

    def sections(
        self, item: Callable[[], Any], stop: str, primes: bool = True
    ) -> tuple[list[Any], list[Any]]:
        """Items with commas between them: those before a semicolon, and those after it.

        What stands after the semicolon is linear: where it begins with a name, it has a prime.
        """
        parts: tuple[list[Any], list[Any]] = ([], [])
        for part in parts:
            while self.token.text not in (";", stop) and self.token.kind != "newline":
                if primes and part is parts[1]:
                    self.check_linear()
                self.check_length(len(part))
                part.append(item())
                if not self.accept(","):
                    break
            if part is parts[1] or not self.accept(";"):
                break
        return parts

    def check_length(self, length: int) -> None:
        """Refuses one item more than there may be, so that no text takes long to be refused."""
        if length == MAX_ITEMS:
            raise self.error(f"this list has over {MAX_ITEMS} items", self.token)

    def check_linear(self) -> None:
        if self.token.kind != "linear":
            raise self.error(
                "only linear variables stand after a semicolon",
                self.token,
                found=shortened(self.token.text),
                expected="a name with a prime",
            )

    def parameter(self) -> Target:
        token = self.variable()
        self.expect(":")
        return Target(token, self.type())

    def variable(self) -> Token:
        if self.token.kind not in ("name", "linear") or self.token.text.rstrip("'") in RESERVED:
            self.fail("a variable")
        return self.advance()

    # -- equations ------------------------------------------------------------------------------

    def equation(self) -> EquationSyntax:
        """An equation; its first word is the op if it has no results."""
        start = self.token.start
        targets: list[Target] = []
        op = self.take(WORDS, "an equation or return")
        if self.token.text in ("=", ":", ",", ";"):
            targets = self.targets(op)
            self.expect("=")
            op = self.take(WORDS, "an op")
        attributes = []
        if self.accept("["):
            attributes = self.sequence(self.attribute, "]")
        return EquationSyntax(start, targets, op, attributes, self.operands())

    def targets(self, first: Token) -> list[Target]:
        """The results of an equation, of which the first name has been read."""
        if first.text.rstrip("'") in RESERVED:
            raise self.error("a keyword cannot name a variable", first, found=first.text)
        targets = [Target(first, self.type() if self.accept(":") else None)]
        if self.accept(",") or self.token.text == ";":
            before, after = self.sections(self.target, "=")
            targets += before + after
        return targets

    def target(self) -> Target:
        return Target(self.variable(), self.type() if self.accept(":") else None)

    def operands(self) -> list[OperandSyntax]:
        found: list[OperandSyntax] = []
        linear_only = False
        while self.token.kind not in ("newline", "end"):
            if not linear_only and self.accept(";"):
                linear_only = True
                continue
            if linear_only:
                self.check_linear()
            self.check_length(len(found))
            found.append(self.operand())
        return found

    def operand(self) -> OperandSyntax:
        if self.token.kind in ("name", "linear"):
            return self.variable()
        return Literal(self.literal())

    def sequence(self, item: Callable[[], Any], stop: str) -> list[Any]:
        """Items with commas between them, to the closing mark."""
        items: list[Any] = []
        while self.token.text != stop:
            self.check_length(len(items))
            items.append(item())
            if not self.accept(","):
                break
        self.expect(stop)
        return items

    # -- literals -------------------------------------------------------------------------------

    def literal(self) -> Any:
        """A scalar of NumPy."""
        token = self.token
        if token.text in ("true", "false"):
            return np.bool_(self.advance().text == "true")
        if self.accept("complex"):
            self.expect("(")
            parts = [self.take(("number",), "a number")]
            self.expect(",")
            parts.append(self.take(("number",), "a number"))
            self.expect(")")
            dtype = self.suffix("c", "c128")
            return dtype.type(complex(*(self.decimal(part, dtype) for part in parts)))
        if token.kind != "number":
            self.fail("a variable, a literal or the end of the line")
        self.advance()
        dtype = self.suffix("iuf", "i64") if _is_integer(token.text) else self.suffix("f", "f64")
        if dtype.kind == "f":
            return dtype.type(self.decimal(token, dtype))
        limits = np.iinfo(dtype)
        return dtype.type(self.integer(token, int(limits.min), int(limits.max)))

    def suffix(self, kinds: str, default: str) -> DType:
        """The dtype of a literal, which may be written after it."""
        if not self.accept(":"):
            return DTYPES[default]
        token = self.take(("dtype",), "a dtype")
        dtype = DTYPES[token.text]
        if dtype.kind not in kinds:
            raise self.error(f"this literal is not of dtype {token.text}", token)
        return dtype

    def decimal(self, token: Token, dtype: DType) -> float:
        """A number rounded to what a float dtype, or each part of a complex one, can hold."""
        with np.errstate(all="ignore"):
            value = float(np.finfo(dtype).dtype.type(float(token.text)))
        if math.isinf(value) and not token.text.endswith("inf"):
            raise self.error("this number is too large for its dtype", token)
        return value

    def integer(self, token: Token, low: int, high: int) -> int:
        if not _is_integer(token.text):
            raise self.error("this is not an integer", token, found=shortened(token.text))
        # The length is limited first: to convert long texts takes quadratic time.
        value = int(token.text) if len(token.text) <= MAX_DIGITS else high + 1
        if not low <= value <= high:
            raise self.error(
                "this integer is out of range",
                token,
                found=shortened(token.text),
                expected=f"{low} to {high}",
            )
        return value

    # -- types and attributes -------------------------------------------------------------------

    def type(self) -> Any:
        return self.nested(self.array_type)

    def array_type(self, depth: int = 0) -> ArrayType:
        if self.token.kind == "name":
            return self.container(self.advance(), depth)
        token = self.take(("dtype",), "a type such as f64[3]")
        return self.shaped(token) if self.token.text == "[" else ArrayType(DTYPES[token.text])

    def shaped(self, token: Token) -> ArrayType:
        """The type of a dtype and the shape that follows."""
        self.expect("[")
        shape: list[int] = []
        while self.token.text != "]":
            number = self.take(("number",), "the length of an axis")
            shape.append(self.integer(number, 0, MAX_BYTES))
            if len(shape) > MAX_AXES:
                raise self.error(f"an array has at most {MAX_AXES} axes", number)
            if not self.accept(","):
                break
        self.expect("]")
        type = ArrayType(DTYPES[token.text], tuple(shape))
        if too_large(type):
            raise self.error("this array is too large for any machine", token)
        return type

    def container(self, name: Token, depth: int) -> ArrayType:
        """The type of a package or of a stack, or one that has a name."""
        if name.text in self.types:
            return self.types[name.text]
        if name.text not in CONTAINERS:
            raise self.error(
                f"there is no type {shortened(name.text)}",
                name,
                found=shortened(name.text),
                expected="a type such as f64[3]",
                remedy=did_you_mean(name.text, [*DTYPES, *CONTAINERS, *self.types]),
            )
        if depth > MAX_DEPTH:
            raise self.error(f"parentheses are nested over {MAX_DEPTH} deep", name)
        self.expect("(")
        items: list[ArrayType] = []
        while self.token.text != ")":
            items.append(self.array_type(depth + 1))
            self.check_length(len(items))
            if not self.accept(","):
                break
        self.expect(")")
        if name.text == "pack":
            return package(items)
        if len(items) != 1:
            raise self.error("a stack holds values of one type", name)
        return stack(items[0])

    def attribute(self) -> RawAttribute:
        """``name=value``, or a value alone; a name alone is that of a function."""
        token = self.token
        if token.kind != "name":
            return RawAttribute(None, self.nested(self.value), token.start)
        self.advance()
        if not self.accept("="):
            return RawAttribute(None, self.named(token), token.start)
        return RawAttribute(token.text, self.nested(self.value), token.start)

    def value(self) -> Any:
        token = self.token
        match token.kind:
            case "number":
                self.advance()
                if _is_integer(token.text):
                    return self.integer(token, -(2**63), 2**64 - 1)
                return self.decimal(token, DTYPES["f64"])
            case "string":
                self.advance()
                try:
                    return json.loads(token.text)
                except ValueError:
                    raise self.error("this string has an unknown escape", token) from None
            case "dtype":
                self.advance()
                return self.shaped(token) if self.token.text == "[" else DTYPES[token.text]
            case "name":
                return self.named(self.advance())
        if token.text in CONSTANTS:
            return CONSTANTS[self.advance().text]
        return self.fail("the value of an attribute")

    def named(self, token: Token) -> Reference | ArrayType:
        """What a name in an attribute stands for: a type or a function."""
        if token.text in self.types or (token.text in CONTAINERS and self.token.text == "("):
            return self.container(token, 0)
        self.references.append(token)
        return Reference(token)

    def nested(self, leaf: Callable[[], Any]) -> Any:
        """One item, or a tuple of items in parentheses, which may be nested."""
        levels: list[list[Any]] = [[]]
        leaves = 0
        while True:
            if self.token.text == "(":
                if len(levels) > MAX_DEPTH:
                    raise self.error(f"parentheses are nested over {MAX_DEPTH} deep", self.token)
                self.advance()
                levels.append([])
                if self.token.text != ")":
                    continue
            else:
                self.check_length(leaves)
                leaves += 1
                levels[-1].append(leaf())
            while len(levels) > 1:
                if self.accept(")"):
                    done = tuple(levels.pop())
                    levels[-1].append(done)
                    continue
                self.expect(",")
                if self.token.text != ")":
                    break
            else:
                return levels[0][0]


def _is_integer(text: str) -> bool:
    return text.removeprefix("-").isdigit()


def too_large(type: ArrayType) -> bool:
    """Whether no machine can hold such an array, nor any other with its axes of length > 0."""
    if isinstance(type, Container):
        return False  # made of parts that have been looked at
    bytes = type.dtype.itemsize
    for length in type.shape:
        bytes *= max(length, 1)
    return bytes > MAX_BYTES
