"""Arrays on the command line: read from arguments and files, fitted to parameters, and printed."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any, NoReturn

import click
import numpy as np

from lineara.ir.program import Operand, Variable
from lineara.ir.types import Array
from lineara.text.suggest import shortened

RANKS = {"b": 0, "i": 1, "u": 1, "f": 2, "c": 3}
"""The kinds of numbers: one of a lower rank may stand for one of a higher."""


class _Names(ast.NodeTransformer):
    """Makes numbers of the names of those that Python has no literals for."""

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return ast.Constant(float(node.id)) if node.id in ("inf", "nan") else node


def value(text: str, param: Variable) -> Array:
    """The array that an argument stands for."""
    if text.startswith("@"):
        return load_array(text[1:], param)
    try:
        syntax = _Names().visit(ast.parse(text.strip(), mode="eval"))
        return np.asarray(ast.literal_eval(syntax))
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        refuse(declared(param), f"{shortened(text)} is not a number or a list of numbers")


def load_array(file: str, param: Variable) -> Array:
    """The array in a file of NumPy's; nothing in it is executed."""
    with Path(file).open("rb") as stream:
        try:
            array: Array = np.lib.format.read_array(stream, allow_pickle=False)
        except (OSError, MemoryError):
            raise
        except Exception as error:  # NumPy raises errors of many types for damaged files
            refuse(declared(param), f"{file} does not hold an array of numbers: {error}")
    return array


def fitting(x: Array, param: Variable) -> Array:
    """`x` as an array of the type of `param`, if that changes no more than the rounding."""
    shape, dtype = param.type.shape, param.type.dtype
    if x.shape != shape:
        refuse(declared(param), f"an array of shape {shape} is expected, not {x.shape}")
    if not x.size:
        return np.empty(shape, dtype)
    if RANKS.get(x.dtype.kind, len(RANKS)) > RANKS[dtype.kind]:
        refuse(declared(param), f"dtype {dtype} is expected, not {x.dtype}")
    try:
        with np.errstate(over="raise"):
            converted = x.astype(dtype)
    except FloatingPointError:
        refuse(declared(param), f"a number is too large for {dtype}")
    if dtype.kind in "iu" and not np.array_equal(converted, x):
        refuse(declared(param), f"an integer is out of range for {dtype}")
    return converted


def written(x: Any) -> str:
    """An array in one line, to the last digit, as `run` reads it."""
    return f"[{', '.join(map(written, x))}]" if np.ndim(x) else str(x)


def declared(v: Operand) -> str:
    """A variable with its type; a literal, or a variable without a name, as its type alone."""
    if not isinstance(v, Variable) or v.hint is None:
        return str(v.type)
    prime = "'" if v.linear else ""
    return f"{v.hint}{prime}: {v.type}"


def refuse(hint: str, what: str) -> NoReturn:
    """Ends the program with a usage error about an option or argument."""
    raise click.BadParameter(what, param_hint=hint)
