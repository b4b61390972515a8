"""LLVM's assembly language, written as text: types, values, and a builder of instructions.

The names are those of ``llvmlite.ir``. Text that is right at once is several times as quick to make
as objects that become text, and this was a third of the time of a first call.

Pointers know here what they point to; for LLVM all are of one type, so turning one into another is
no instruction.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

# -- types ----------------------------------------------------------------------------------------


class Type:
    """A type; there is one object for each.

    Attributes:
        text: how LLVM writes it.
        element: what vectors and arrays consist of, what pointers point to, what functions return.
        count: how many elements a vector or an array has, or the bits of an integer.
    """

    __slots__ = ("_pointer", "count", "element", "kind", "text")

    def __init__(self, kind: str, text: str, element: Any = None, count: int = 0) -> None:
        self.kind = kind
        self.text = text
        self.element = element
        self.count = count
        self._pointer: Type | None = None

    def __call__(self, value: Any) -> Constant:
        return Constant(self, value)

    def as_pointer(self) -> Type:
        """The type of the address of such a value."""
        if self._pointer is None:
            self._pointer = Type("pointer", "ptr", self)
        return self._pointer


@cache
def int_type(bits: int) -> Type:
    """Integers of so many bits."""
    return Type("int", f"i{bits}", None, bits)


@cache
def vector(element: Type, count: int) -> Type:
    """Numbers that are computed with at the same time."""
    return Type("vector", f"<{count} x {element.text}>", element, count)


@cache
def array(element: Type, count: int) -> Type:
    """Values one after another in memory."""
    return Type("array", f"[{count} x {element.text}]", element, count)


FLOAT = Type("float", "float")
DOUBLE = Type("double", "double")
VOID = Type("void", "void")
BIT = int_type(1)


def function_type(result: Type, arguments: Sequence[Type]) -> Type:
    """A function's type; its `element` is what it returns, with the types of its arguments."""
    text = f"{result.text} ({', '.join(t.text for t in arguments)})"
    return Type("function", text, (result, tuple(arguments)))


# -- values ---------------------------------------------------------------------------------------


class Value:
    """A value: its type, and how LLVM writes it."""

    __slots__ = ("text", "type")

    def __init__(self, type: Type, text: str) -> None:
        self.type = type
        self.text = text


class Constant(Value):
    """A number, known now; for vectors and arrays a list of numbers.

    `None` is zero in all elements, and `Undefined` is anything.
    """

    __slots__ = ("constant",)

    def __init__(self, type: Type, value: Any) -> None:
        self.type = type
        self.constant = value
        self.text = _written(type, value)


class Undefined:
    """Stands for a constant of which nothing matters."""


def _written(type: Type, value: Any) -> str:
    if value is None:
        return "zeroinitializer"
    if value is Undefined:
        return "poison"
    if type.kind == "int":
        return str(int(value))
    if type.kind in ("double", "float"):
        if type.kind == "float":
            value = struct.unpack("f", struct.pack("f", value))[0]
        return "0x" + struct.pack(">d", value).hex()
    element: Type = type.element
    parts = (x.text if isinstance(x, Value) else _written(element, x) for x in value)
    inside = ", ".join(f"{element.text} {part}" for part in parts)
    return f"<{inside}>" if type.kind == "vector" else f"[{inside}]"


class Global(Value):
    """A variable of a module; the value is its address."""

    __slots__ = ("alignment", "constant", "initializer", "internal", "value_type")

    def __init__(
        self,
        module: Module,
        type: Type,
        name: str,
        initializer: Constant,
        *,
        internal: bool = False,
        constant: bool = False,
        alignment: int = 0,
    ) -> None:
        super().__init__(type.as_pointer(), _name(name))
        self.value_type, self.initializer = type, initializer
        self.internal, self.constant, self.alignment = internal, constant, alignment
        module.globals[name] = self

    def __str__(self) -> str:
        linkage = "internal " if self.internal else ""
        kind = "constant" if self.constant else "global"
        aligned = f", align {self.alignment}" if self.alignment else ""
        start = f"{self.text} = {linkage}{kind} {self.value_type.text}"
        return f"{start} {self.initializer.text}{aligned}"


def _name(name: str) -> str:
    def escaped(match: re.Match[str]) -> str:
        return "".join(f"\\{byte:02X}" for byte in match[0].encode())

    return '@"' + re.sub(r"[^A-Za-z0-9._$-]", escaped, name) + '"'


# -- modules, functions, blocks -------------------------------------------------------------------


class Module:
    """Functions and variables."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.globals: dict[str, Any] = {}

    def __str__(self) -> str:
        parts = map(str, self.globals.values())
        return "\n".join([*parts, '!0 = !{!"branch_weights", i32 1, i32 99}', ""])


class Argument(Value):
    """A parameter of a function."""

    __slots__ = ("attributes",)

    def __init__(self, type: Type, text: str) -> None:
        super().__init__(type, text)
        self.attributes: list[str] = []


class Function(Value):
    """A function; without blocks it is one that is found elsewhere."""

    __slots__ = ("args", "attributes", "blocks", "count", "internal", "module", "signature")

    def __init__(self, module: Module, type: Type, name: str) -> None:
        super().__init__(type.as_pointer(), _name(name))
        self.module = module
        self.signature = type
        self.args = [Argument(t, f"%a{k}") for k, t in enumerate(type.element[1])]
        self.attributes: list[str] = []
        self.blocks: list[Block] = []
        self.internal = False
        self.count = 0
        module.globals[name] = self

    def append_basic_block(self, name: str) -> Block:
        self.count += 1
        block = Block(self, f"{name}{self.count}")
        self.blocks.append(block)
        return block

    def __str__(self) -> str:
        args = ", ".join(" ".join([x.type.text, *x.attributes, x.text]) for x in self.args)
        start = f"{self.signature.element[0].text} {self.text}({args})"
        start = " ".join([start, *self.attributes])
        if not self.blocks:
            return f"declare {start}"
        lines = [f"define {'internal ' if self.internal else ''}{start} {{"]
        for block in self.blocks:
            lines += (f"{block.name}:", *map(str, block.lines), block.end)
        lines.append("}")
        return "\n".join(lines)


class Block:
    """Instructions one after another, and how it goes on after them."""

    __slots__ = ("end", "function", "lines", "name")

    def __init__(self, function: Function, name: str) -> None:
        self.function = function
        self.name = name
        self.lines: list[Any] = []
        self.end = ""


class Phi(Value):
    """A value that depends on where the run comes from."""

    __slots__ = ("incoming",)

    def __init__(self, type: Type, text: str) -> None:
        super().__init__(type, text)
        self.incoming: list[str] = []

    def add_incoming(self, value: Value, block: Block) -> None:
        self.incoming.append(f"[{value.text}, %{block.name}]")

    def __str__(self) -> str:
        return f"  {self.text} = phi {self.type.text} {', '.join(self.incoming)}"


# -- instructions ---------------------------------------------------------------------------------

SIGNED = {"<": "slt", "<=": "sle", ">": "sgt", ">=": "sge", "==": "eq", "!=": "ne"}
UNSIGNED = {"<": "ult", "<=": "ule", ">": "ugt", ">=": "uge", "==": "eq", "!=": "ne"}
ORDERED = {"<": "olt", "<=": "ole", ">": "ogt", ">=": "oge", "==": "oeq", "!=": "one", "ord": "ord"}
UNORDERED = {"!=": "une", "uno": "uno"}


def _of_two(name: str) -> Callable[[Builder, Value, Value], Value]:
    def instruction(self: Builder, x: Value, y: Value) -> Value:
        return self._new(x.type, f"{name} {x.type.text} {x.text}, {y.text}")

    return instruction


def _cast(name: str) -> Callable[[Builder, Value, Type], Value]:
    def instruction(self: Builder, x: Value, type: Type) -> Value:
        return self._new(type, f"{name} {x.type.text} {x.text} to {type.text}")

    return instruction


def _comparison(
    name: str, symbols: dict[str, str]
) -> Callable[[Builder, str, Value, Value], Value]:
    def instruction(self: Builder, symbol: str, x: Value, y: Value) -> Value:
        type = x.type
        result = vector(BIT, type.count) if type.kind == "vector" else BIT
        return self._new(result, f"{name} {symbols[symbol]} {type.text} {x.text}, {y.text}")

    return instruction


class Builder:
    """Writes instructions at the end of a block, before the jump that ends it."""

    __slots__ = ("block",)

    def __init__(self, block: Block) -> None:
        self.block = block

    @property
    def module(self) -> Module:
        return self.block.function.module

    def position_at_end(self, block: Block) -> None:
        self.block = block

    def append_basic_block(self, name: str) -> Block:
        return self.block.function.append_basic_block(name)

    def _new(self, type: Type, text: str) -> Value:
        block = self.block
        function = block.function
        function.count += 1
        name = f"%v{function.count}"
        block.lines.append(f"  {name} = {text}")
        return Value(type, name)

    sub, sdiv, udiv, urem = map(_of_two, ("sub", "sdiv", "udiv", "urem"))
    and_, or_, xor, shl, lshr, ashr = map(_of_two, ("and", "or", "xor", "shl", "lshr", "ashr"))
    fadd, fsub, fmul, fdiv = map(_of_two, ("fadd", "fsub", "fmul", "fdiv"))
    trunc, zext, sext, fptosi = map(_cast, ("trunc", "zext", "sext", "fptosi"))
    fpext, fptrunc, sitofp, uitofp = map(_cast, ("fpext", "fptrunc", "sitofp", "uitofp"))
    inttoptr, ptrtoint = map(_cast, ("inttoptr", "ptrtoint"))
    icmp_signed = _comparison("icmp", SIGNED)
    icmp_unsigned = _comparison("icmp", UNSIGNED)
    fcmp_ordered = _comparison("fcmp", ORDERED)
    fcmp_unordered = _comparison("fcmp", UNORDERED)

    def add(self, x: Value, y: Value, flags: str = "") -> Value:
        return self._new(x.type, f"add {flags} {x.type.text} {x.text}, {y.text}")

    def mul(self, x: Value, y: Value, flags: str = "") -> Value:
        return self._new(x.type, f"mul {flags} {x.type.text} {x.text}, {y.text}")

    def fneg(self, x: Value) -> Value:
        return self._new(x.type, f"fneg {x.type.text} {x.text}")

    def neg(self, x: Value) -> Value:
        zero = "zeroinitializer" if x.type.kind == "vector" else "0"
        return self._new(x.type, f"sub {x.type.text} {zero}, {x.text}")

    def not_(self, x: Value) -> Value:
        ones = [-1] * x.type.count if x.type.kind == "vector" else -1
        return self.xor(x, Constant(x.type, ones))

    def bitcast(self, x: Value, type: Type) -> Value:
        if type.kind == "pointer":
            return Value(type, x.text)
        return self._new(type, f"bitcast {x.type.text} {x.text} to {type.text}")

    def select(self, flag: Value, x: Value, y: Value) -> Value:
        text = (
            f"select {flag.type.text} {flag.text}, {x.type.text} {x.text}, {y.type.text} {y.text}"
        )
        return self._new(x.type, text)

    # -- vectors --------------------------------------------------------------------------------

    def insert_element(self, x: Value, item: Value, k: Value) -> Value:
        parts = f"{x.type.text} {x.text}, {item.type.text} {item.text}, {k.type.text} {k.text}"
        return self._new(x.type, f"insertelement {parts}")

    def extract_element(self, x: Value, k: Value) -> Value:
        parts = f"{x.type.text} {x.text}, {k.type.text} {k.text}"
        return self._new(x.type.element, f"extractelement {parts}")

    def shuffle_vector(self, x: Value, y: Value, mask: Value) -> Value:
        parts = ", ".join(f"{v.type.text} {v.text}" for v in (x, y, mask))
        return self._new(vector(x.type.element, mask.type.count), f"shufflevector {parts}")

    # -- memory ---------------------------------------------------------------------------------

    def alloca(self, type: Type, alignment: int = 0) -> Value:
        aligned = f", align {alignment}" if alignment else ""
        return self._new(type.as_pointer(), f"alloca {type.text}{aligned}")

    def load(self, place: Value, align: int = 0) -> Value:
        aligned = f", align {align}" if align else ""
        type: Type = place.type.element
        return self._new(type, f"load {type.text}, ptr {place.text}{aligned}")

    def store(self, x: Value, place: Value, align: int = 0) -> None:
        aligned = f", align {align}" if align else ""
        self.block.lines.append(f"  store {x.type.text} {x.text}, ptr {place.text}{aligned}")

    def exchange(self, place: Value, old: Value, new: Value) -> Value:
        """Whether a number was the old one, and became the new one, at one blow."""
        type = old.type.text
        values = f"{type} {old.text}, {type} {new.text}"
        text = f"cmpxchg ptr {place.text}, {values} seq_cst seq_cst"
        both = self._new(Type("struct", f"{{ {type}, i1 }}"), text)
        return self._new(BIT, f"extractvalue {both.type.text} {both.text}, 1")

    def gep(self, place: Value, indices: Sequence[Value]) -> Value:
        """The place of an element, or of an element of an array there."""
        base: Type = place.type.element
        type = place.type if len(indices) == 1 else base.element.as_pointer()
        if all(isinstance(i, Constant) and i.constant == 0 for i in indices):
            return Value(type, place.text)
        parts = ", ".join(f"{i.type.text} {i.text}" for i in indices)
        return self._new(type, f"getelementptr {base.text}, ptr {place.text}, {parts}")

    # -- calls and jumps ------------------------------------------------------------------------

    def call(self, function: Value, arguments: Sequence[Value]) -> Value:
        result: Type = function.type.element.element[0]
        inside = ", ".join(f"{x.type.text} {x.text}" for x in arguments)
        text = f"call {result.text} {function.text}({inside})"
        if result is VOID:
            self.block.lines.append(f"  {text}")
            return Value(VOID, "")
        return self._new(result, text)

    def phi(self, type: Type) -> Phi:
        function = self.block.function
        function.count += 1
        phi = Phi(type, f"%v{function.count}")
        self.block.lines.append(phi)
        return phi

    def branch(self, block: Block) -> None:
        self.block.end = f"  br label %{block.name}"

    def cbranch(self, flag: Value, yes: Block, no: Block, *, rarely: bool = False) -> None:
        weights = ", !prof !0" if rarely else ""
        labels = f"label %{yes.name}, label %{no.name}"
        self.block.end = f"  br i1 {flag.text}, {labels}{weights}"

    def switch(self, x: Value, otherwise: Block, cases: Sequence[tuple[int, Block]]) -> None:
        listed = " ".join(f"{x.type.text} {k}, label %{block.name}" for k, block in cases)
        start = f"switch {x.type.text} {x.text}, label %{otherwise.name}"
        self.block.end = f"  {start} [{listed}]"

    def ret(self, x: Value) -> None:
        self.block.end = f"  ret {x.type.text} {x.text}"

    def ret_void(self) -> None:
        self.block.end = "  ret void"

    @contextmanager
    def if_then(self, flag: Value, *, rarely: bool = False) -> Iterator[None]:
        """What is written inside is done if the flag is set."""
        inside, after = (self.append_basic_block(name) for name in ("then", "else"))
        self.cbranch(flag, inside, after, rarely=rarely)
        self.block = inside
        yield
        self.branch(after)
        self.block = after
