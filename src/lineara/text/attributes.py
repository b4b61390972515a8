"""The attributes of ops, ``reduce_sum[axes=(0,)]``: the fields of their dataclasses, as text.

Reading checks each value against the type of its field; nothing else decides what an op takes.
"""

from __future__ import annotations

import json
import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, fields
from functools import cache
from typing import Any, Literal, NamedTuple, Union, cast, get_args, get_origin, get_type_hints

import numpy as np

from lineara.errors import LinearaError, ParseError, Source
from lineara.ir.containers import Stack
from lineara.ir.op import Op
from lineara.ir.program import Function
from lineara.ir.types import ArrayType, DType, dtype_name
from lineara.ops.control import policies
from lineara.ops.control.base import Policy
from lineara.ops.control.custom import Deferred
from lineara.ops.python import PythonCode, PythonFunction
from lineara.text.suggest import did_you_mean, shortened


class Field(NamedTuple):
    """What a field of an op may hold, and its default (`MISSING` if it has none)."""

    hint: Any
    default: Any


class Attribute(NamedTuple):
    """An attribute in a text; its name is None if it is given by its position alone."""

    name: str | None
    value: Any
    where: Source


def fields_of(op: type[Op]) -> dict[str, Field]:
    """The attributes that an op has, by name and in order."""
    return _fields_of(cast(Any, op))


@cache
def _fields_of(op: Any) -> dict[str, Field]:
    types = {"ArrayType": ArrayType, "DType": DType, "Function": Function}
    hints = get_type_hints(op, localns=types)
    return {field.name: Field(hints[field.name], field.default) for field in fields(op)}


# -- reading ------------------------------------------------------------------------------------


def make(op: type[Op], attributes: Sequence[Attribute], where: Source) -> Op:
    """The op with these attributes.

    Raises:
        ParseError: if an attribute is unknown, missing, given twice or of the wrong type.
    """
    known = fields_of(op)
    _refuse_python(op, known, attributes, where)
    values: dict[str, Any] = {}
    for attribute in attributes:
        name = _name(op, attribute, len(attributes))
        if name in values:
            raise ParseError(f"{op.name} is given {name} twice", where=attribute.where)
        try:
            values[name] = _fit(attribute.value, known[name].hint)
        except _MisfitError:
            raise ParseError(
                f"{op.name} does not take this value as {name}",
                where=attribute.where,
                found=shortened(written(attribute.value)),
                expected=_describe(known[name].hint),
            ) from None
    for name, field in known.items():
        if name not in values and field.default is MISSING:
            raise ParseError(
                f"{op.name} needs the attribute {name}",
                where=where,
                expected=_describe(field.hint),
                remedy=f"{op.name}[{name}=...]",
            )
    try:
        return op(**values)
    except LinearaError as error:
        raise ParseError(
            error.what,
            where=where,
            found=error.found,
            expected=error.expected,
            remedy=error.remedy,
        ) from None


def _refuse_python(
    op: type[Op], known: Mapping[str, Field], attributes: Sequence[Attribute], where: Source
) -> None:
    """Refuses an op with a string in the place of Python code."""
    for name, field in known.items():
        given = next((a for a in attributes if a.name in (name, "name")), None)
        required = field.default is MISSING and _is_python(field.hint)
        if required or (given and isinstance(given.value, str) and _holds_python(field.hint)):
            raise ParseError(
                f"{op.name} runs Python code, which cannot be read back from text",
                where=given.where if given else where,
                found=written(given.value) if given else op.name,
                expected="a program that is text as a whole",
                remedy="trace the Python function again with lineara.trace",
            )


def _holds_python(hint: Any) -> bool:
    return any(map(_is_python, (hint, *get_args(hint))))


def _is_python(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, PythonCode)


def _name(op: type[Op], attribute: Attribute, count: int) -> str:
    """The field that an attribute is for."""
    known = fields_of(op)
    if attribute.name is None:
        if len(known) == count == 1:
            return next(iter(known))
        raise ParseError(
            f"this attribute of {op.name} needs a name",
            where=attribute.where,
            expected=_names(known),
        )
    if attribute.name not in known:
        raise ParseError(
            f"{op.name} has no attribute {attribute.name}",
            where=attribute.where,
            expected=_names(known),
            remedy=did_you_mean(attribute.name, known),
        )
    return attribute.name


def _names(known: Mapping[str, Field]) -> str:
    return ", ".join(f"{name}=..." for name in known) or "no attributes"


class _MisfitError(Exception):
    """A value is not of the type of its field."""


def _fit(value: Any, hint: Any) -> Any:
    """`value` as the type `hint` has it: an integer may stand for a float, f64 for f64[]."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return _fit_any(value, arguments)
    if origin is Literal:
        return _fit_any(value, [type(choice) for choice in arguments if choice == value])
    if origin is tuple:
        return _fit_tuple(value, arguments)
    if origin is Callable:
        return _policy(value)
    expected = origin or hint
    if expected is float and type(value) is int:
        return float(value)
    if expected is ArrayType and isinstance(value, np.dtype):
        return ArrayType(value)
    if isinstance(value, expected) and (expected is bool) is (type(value) is bool):
        return value
    raise _MisfitError


def _policy(value: Any) -> Policy:
    policy = policies.read(value) if isinstance(value, str) else None
    if policy is None:
        raise _MisfitError
    return policy


def _fit_any(value: Any, hints: Sequence[Any]) -> Any:
    for hint in hints:
        try:
            return _fit(value, hint)
        except _MisfitError:
            pass
    raise _MisfitError


def _fit_tuple(value: Any, hints: tuple[Any, ...]) -> tuple[Any, ...]:
    if not isinstance(value, tuple):
        raise _MisfitError
    items = hints[:1] * len(value) if hints[1:] == (...,) else hints
    if len(items) != len(value):
        raise _MisfitError
    return tuple(_fit(v, hint) for v, hint in zip(value, items, strict=True))


_DESCRIPTIONS = {
    bool: "true or false",
    int: "an integer",
    float: "a number",
    str: 'a string, "..."',
    types.NoneType: "none",
    np.dtype: "a dtype such as f64",
    ArrayType: "a type such as f64[3]",
    Function: "the name of a function",
    Deferred: "Python code",
}


def _describe(hint: Any) -> str:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return " or ".join(map(_describe, arguments))
    if origin is Literal:
        return " or ".join(map(written, arguments))
    if origin is tuple and arguments[1:] == (...,):
        return f"a tuple, each item {_describe(arguments[0])}"
    if origin is tuple:
        return f"a tuple ({', '.join(map(_describe, arguments))})"
    if origin is Callable:
        return f"the name of a policy: {', '.join(policies.BY_NAME)}, save_names(...)"
    return _DESCRIPTIONS[origin or hint]


# -- writing ------------------------------------------------------------------------------------


def show(op: Op, names: Mapping[Any, str]) -> str:
    """The attributes of an op in brackets, without those that have their default value."""
    known = fields_of(type(op))
    if not known:
        return ""
    code = next((x for x in vars(op).values() if isinstance(x, PythonCode)), None)
    if isinstance(code, PythonFunction):
        return f"[name={json.dumps(code.label)}]"
    values = {name: getattr(op, name) for name in known}
    if len(values) == 1:
        (only,) = values.values()
        if isinstance(only, ArrayType | Function):
            return f"[{written(only, names)}]"
    texts = {name: written(value, names) for name, value in values.items()}
    shown = [
        f"{name}={text}"
        for name, text in texts.items()
        if known[name].default is MISSING or text != written(known[name].default, names)
    ]
    return f"[{', '.join(shown)}]" if shown else ""


def type_name(type: ArrayType, names: Mapping[Any, str]) -> str:
    """A type as text: by its name, if it has one."""
    if type in names:
        return names[type]
    if isinstance(type, Stack):
        return f"stack({type_name(type.items[0], names)})"
    return str(type)


def written(value: Any, names: Mapping[Any, str] | None = None) -> str:
    """The value of an attribute as text."""
    match value:
        case None:
            return "none"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return repr(value)
        case str():
            return json.dumps(value)
        case PythonCode():
            return json.dumps(value.label)
        case np.dtype():
            return dtype_name(value)
        case ArrayType():
            return type_name(value, names or {})
        case Function():
            return names[value] if names else value.name
        case tuple():
            items = ", ".join(written(item, names) for item in value)
            return f"({items},)" if len(value) == 1 else f"({items})"
    if callable(value):
        return json.dumps(policies.written(value))
    raise AssertionError(f"an attribute holds a {type(value).__name__}: {value!r}")
