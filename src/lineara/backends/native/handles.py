"""Values between Python and generated code: packages taken apart, stacks as handles.

What generated code gets stays Python's; the memory of stacks that it returns is given back here.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

import llvmlite.binding as llvm
import numpy as np

from lineara.backends.native.flat import StackVariable, leaves_of
from lineara.ir.containers import Package, Stack
from lineara.ir.program import Operand, Variable
from lineara.ir.types import ArrayType


@lru_cache(maxsize=1)
def _free() -> Any:
    """The function with which generated code gives memory back."""
    return ctypes.CFUNCTYPE(None, ctypes.c_void_p)(llvm.address_of_symbol("free"))


def given(value: Any, type: ArrayType) -> list[Any]:
    """A value as the arrays that generated code takes, in C order, aligned, in native byte order;
    they keep alive what handles point to.
    """
    if isinstance(type, Package):
        return [x for part, t in zip(value, type.items, strict=True) for x in given(part, t)]
    if not isinstance(type, Stack):
        return [np.require(value, type.dtype, ["C", "A"])]
    items = [given(item, type.items[0]) for item in value or ()]
    return [
        _handle([row[k] for row in items], leaf.type)
        for k, leaf in enumerate(leaves_of(type.items[0]))
    ]


class Handle(np.ndarray[Any, Any]):
    """The handle of a stack, with what it points to."""

    items: Any


def _handle(items: Sequence[Any], type: ArrayType) -> Handle:
    data = np.zeros((len(items), *type.shape), type.dtype)
    for k, item in enumerate(items):
        data[k] = item
    handle = np.array([data.ctypes.data, len(items), len(items), 0]).view(Handle)
    handle.items = data, items
    return handle


def taken(types: Sequence[ArrayType], arrays: Iterator[Any]) -> tuple[Any, ...]:
    """Values of types from the arrays that generated code has made."""
    return tuple(_taken(type, arrays) for type in types)


def _taken(type: ArrayType, arrays: Iterator[Any]) -> Any:
    if isinstance(type, Package):
        return taken(type.items, arrays)
    if not isinstance(type, Stack):
        x = next(arrays)
        return x if x.shape else x[()]
    columns = [_items(next(arrays), leaf) for leaf in leaves_of(type.items[0])]
    return [_taken(type.items[0], iter(row)) for row in zip(*columns, strict=True)]


def _items(handle: Any, item: Variable) -> list[Any]:
    """The items of a stack, whose memory is given back; those of a stack of stacks are handles."""
    address, count = int(handle[0]), int(handle[1])
    shape, size = (count, *item.type.shape), count * item.type.nbytes
    data = np.empty(shape, item.type.dtype)
    ctypes.memmove(data.ctypes.data, address, size)
    _free()(address)
    return list(data) if item.type.shape else [np.asarray(x) for x in data]


def discard(variables: Sequence[Operand], arrays: Sequence[Any]) -> None:
    """Gives back the memory of what nobody wants."""
    for v, x in zip(variables, arrays, strict=True):
        if isinstance(v, StackVariable):
            items = _items(x, v.item)
            discard([v.item] * len(items), items)
