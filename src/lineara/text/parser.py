"""From Linear A text to a program: names are looked up, and types left out are inferred.

The parser makes sure that every name means one thing. Whether the program is well typed is for
the checker to say: types that a text gives are taken as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from lineara.errors import LinearaError, ParseError, Source
from lineara.ir.op import Op
from lineara.ir.program import (
    Equation,
    Function,
    LinearVariable,
    Literal,
    Operand,
    Program,
    Variable,
)
from lineara.ir.structural import Dup
from lineara.ir.types import ArrayType
from lineara.ops import OPS
from lineara.text.attributes import Attribute, make
from lineara.text.lexer import Token
from lineara.text.suggest import did_you_mean, shortened
from lineara.text.syntax import (
    EquationSyntax,
    FunctionSyntax,
    OperandSyntax,
    Reader,
    Reference,
    Target,
    Type,
    too_large,
)

MAX_COMPONENTS = 64
"""Arrays in the product type of one name."""


def parse(text: str, file: str = "<text>") -> Program:
    """The program that a text describes.

    Args:
        text: functions, in any order. The main function is the last one that no other calls.
        file: what messages call the text.

    Raises:
        ParseError: with line and column, if the text is not a program.
    """
    reader = Reader(text, file)
    definitions: dict[str, FunctionSyntax] = {}
    for definition in reader.functions():
        name = definition.name
        if (first := definitions.get(name.text)) is not None:
            raise reader.error(
                f"{shortened(name.text)} is defined twice",
                name,
                found=f"another definition in line {reader.where(first.name).line}",
            )
        definitions[name.text] = definition
    functions: dict[str, Function] = {}
    for definition in _callees_first(reader, definitions):
        functions[definition.name.text] = _Resolver(reader, functions).function(definition)
    return Program(tuple(functions.values()))


def _callees_first(
    reader: Reader, definitions: dict[str, FunctionSyntax]
) -> Iterator[FunctionSyntax]:
    """The definitions in an order in which each one comes after those that it refers to."""
    done: set[str] = set()
    for root in definitions.values():
        path = {root.name.text: iter(root.references)}
        while path:
            name, references = next(reversed(path.items()))
            callee = next((token for token in references if token.text not in done), None)
            if callee is None:
                path.popitem()
                if name not in done:
                    done.add(name)
                    yield definitions[name]
            elif callee.text in path:
                raise reader.error(
                    f"{shortened(callee.text)} calls itself",
                    callee,
                    found=_cycle(path, callee.text),
                    expected="functions that do not need themselves",
                    remedy="repeat with a loop op",
                )
            elif callee.text not in definitions:
                raise reader.error(
                    f"there is no function {shortened(callee.text)}",
                    callee,
                    remedy=did_you_mean(callee.text, definitions),
                )
            else:
                path[callee.text] = iter(definitions[callee.text].references)


def _cycle(path: Iterable[str], name: str) -> str:
    names = list(path)
    cycle = [shortened(n) for n in (*names[names.index(name) :], name)]
    return " calls ".join(cycle if len(cycle) < 8 else [*cycle[:4], "...", *cycle[-2:]])


class _Resolver:
    """Makes one function from its syntax.

    Attributes:
        variables: what each name stands for: one variable, or the components of a product.
        places: where each name is defined.
    """

    def __init__(self, reader: Reader, functions: dict[str, Function]) -> None:
        self.reader = reader
        self.functions = functions
        self.variables: dict[str, tuple[Variable, ...]] = {}
        self.places: dict[str, Token] = {}

    def function(self, definition: FunctionSyntax) -> Function:
        params = [self.declare(target, target.type) for target in definition.params]
        equations = tuple(self.equation(syntax) for syntax in definition.equations)
        returned = self.operands(definition.returned)
        function = Function(
            definition.name.text,
            tuple(v for group in params for v in group if not v.linear),
            tuple(v for group in params for v in group if isinstance(v, LinearVariable)),
            equations,
            tuple(v for v in returned if not isinstance(v, LinearVariable)),
            tuple(v for v in returned if isinstance(v, LinearVariable)),
        )
        self.check_results(definition, function)
        return function

    def check_results(self, definition: FunctionSyntax, function: Function) -> None:
        declared = [
            [type for entry in part for type in _components(entry)] for part in definition.types
        ]
        actual = [[v.type for v in part] for part in (function.results, function.linear_results)]
        if declared != actual:
            raise self.reader.error(
                f"{shortened(function.name)} does not return what it declares",
                definition.end,
                found=_signature(actual),
                expected=_signature(declared),
            )

    # -- variables ------------------------------------------------------------------------------

    def declare(self, target: Target, type: Any) -> tuple[Variable, ...]:
        """New variables for a name: one, or the components p.0, p.1, … of a product ``p``."""
        token = target.token
        name = token.text.removesuffix("'")
        prime = token.text[len(name) :]
        if isinstance(type, ArrayType):
            variable = (LinearVariable if prime else Variable)(type, name)
            return self.bind(token, token.text, (variable,))
        if sum(1 for _ in _components(type)) > MAX_COMPONENTS:
            raise self.reader.error(
                f"{shortened(token.text)} has over {MAX_COMPONENTS} components", token
            )
        return self.declare_product(token, name, prime, type)

    def declare_product(
        self, token: Token, name: str, prime: str, type: tuple[Type, ...]
    ) -> tuple[Variable, ...]:
        components: list[Variable] = []
        for i, component in enumerate(type):
            part = Token(token.kind, f"{name}.{i}{prime}", token.start)
            components += self.declare(Target(part, component), component)
        return self.bind(token, name + prime, tuple(components))

    def bind(
        self, token: Token, name: str, variables: tuple[Variable, ...]
    ) -> tuple[Variable, ...]:
        if name in self.variables:
            raise self.reader.error(
                f"{shortened(name)} is defined twice",
                token,
                found=f"another definition in line {self.reader.where(self.places[name]).line}",
                expected="a new name",
            )
        self.variables[name] = variables
        self.places[name] = token
        return variables

    def operands(self, syntax: Sequence[OperandSyntax]) -> tuple[Operand, ...]:
        found: list[Operand] = []
        for operand in syntax:
            if isinstance(operand, Literal):
                found.append(operand)
            elif (variables := self.variables.get(operand.text)) is not None:
                found += variables
            else:
                raise self.reader.error(
                    f"there is no variable {shortened(operand.text)} here",
                    operand,
                    remedy=did_you_mean(operand.text, reversed(self.variables)),
                )
        return tuple(found)

    # -- equations ------------------------------------------------------------------------------

    def equation(self, syntax: EquationSyntax) -> Equation:
        source = self.reader.lexer.where(syntax.start)
        op = self.op(syntax)
        operands = self.operands(syntax.operands)
        targets = syntax.targets
        if isinstance(op, Dup) and op.copies != len(targets):
            raise _wrong_count(op.copies, op, targets, source)
        types: list[Any] = [target.type for target in targets]
        if None in types:
            inferred = self.infer(op, operands, syntax.op)
            if len(inferred) != len(targets):
                raise _wrong_count(len(inferred), op, targets, source)
            types = [
                type if type is not None else i for type, i in zip(types, inferred, strict=True)
            ]
        groups = [self.declare(target, type) for target, type in zip(targets, types, strict=True)]
        results = tuple(v for group in groups for v in group)
        return Equation(op, operands, results, source)

    def op(self, syntax: EquationSyntax) -> Op:
        name = syntax.op.text
        if name not in OPS:
            raise self.reader.error(
                f"there is no op {shortened(name)}", syntax.op, remedy=did_you_mean(name, OPS)
            )
        attributes = [
            Attribute(raw.name, self.resolved(raw.value), self.reader.lexer.where(raw.start))
            for raw in syntax.attributes
        ]
        return make(OPS[name], attributes, self.reader.where(syntax.op))

    def resolved(self, value: Any) -> Any:
        """The value of an attribute with functions in place of their names."""
        if isinstance(value, Reference):
            return self.functions[value.token.text]
        if isinstance(value, tuple):
            return tuple(self.resolved(item) for item in value)
        return value

    def infer(self, op: Op, operands: Sequence[Operand], token: Token) -> tuple[ArrayType, ...]:
        try:
            types = op.infer(*(operand.type for operand in operands))
        except LinearaError as error:
            raise self.reader.error(
                error.what,
                token,
                found=error.found,
                expected=error.expected,
                remedy=error.remedy,
            ) from None
        if any(map(too_large, types)):
            raise self.reader.error("the result is too large for any machine", token)
        return types


def _components(type: Any) -> Iterator[ArrayType]:
    """The arrays that a type stands for, in order."""
    if isinstance(type, ArrayType):
        yield type
    else:
        for component in type:
            yield from _components(component)


def _wrong_count(count: int, op: Op, targets: Sequence[Target], source: Source) -> ParseError:
    return ParseError(
        f"{op.name} does not have as many results",
        where=source,
        found=f"names for {len(targets)}",
        expected=f"names for {count}",
    )


def _signature(parts: Sequence[Sequence[ArrayType]]) -> str:
    nonlinear, linear = (shortened(", ".join(map(str, part))) for part in parts)
    return f"({nonlinear}; {linear})" if parts[1] else f"({nonlinear})"
