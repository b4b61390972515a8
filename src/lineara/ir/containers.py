"""Types of what is not an array: packages and stacks.

They exist for what the two halves of a program hand over, the *tape*:

* a *package*, ``pack(f64[3], i64[])``, is several values as one. What a call hands over is a
  package, so that interfaces stay narrow however deep calls are nested;
* a *stack*, ``stack(f64[3])``, holds values of one type, as many as a loop had iterations, where
  that number is known only when the loop has run.

Both can be made, taken apart and added, and nothing else: to other ops they look like scalars of a
dtype that is no number, which none of them accepts. Equal types are one object, and what is asked
of them is worked out once, since nested packages share their parts: one can have 2³⁰ leaves.

At run time a package is a tuple and a stack a list, which ends in as many zeros as anybody reads.
None is a stack of zeros: the length of a stack that is only added to another one need not be known.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property, lru_cache
from itertools import zip_longest
from threading import Lock
from typing import Any
from weakref import WeakValueDictionary

import numpy as np

from lineara.errors import TypeMismatchError
from lineara.ir.types import ArrayType, DType


class Container(ArrayType):
    """The type of a package or of a stack.

    Attributes:
        items: the types of what is in it; one, if it is a stack.
    """

    items: tuple[ArrayType, ...]
    word: str

    def __init__(self, items: tuple[ArrayType, ...]) -> None:
        super().__init__(np.dtype(np.void))
        self.__dict__["items"] = items

    __eq__ = object.__eq__
    __hash__ = object.__hash__

    @cached_property
    def size(self) -> int:
        return sum(item.size for item in self.items)

    @cached_property
    def nbytes(self) -> int:
        return sum(item.nbytes for item in self.items)

    @cached_property
    def has_tangent(self) -> bool:
        return any(item.has_tangent for item in self.items)

    @cached_property
    def tangent(self) -> ArrayType:
        return _made(type(self), (item.tangent for item in self.items if item.has_tangent))

    @lru_cache(maxsize=4096)  # noqa: B019  (types are few and live long)
    def stacked(self, count: int) -> ArrayType:
        return _made(type(self), (item.stacked(count) for item in self.items))

    def with_shape(self, shape: tuple[int, ...]) -> ArrayType:
        raise self._misused()

    def with_dtype(self, dtype: DType) -> ArrayType:
        raise self._misused()

    def _misused(self) -> TypeMismatchError:
        return TypeMismatchError(
            "packages and stacks are not arrays", found=str(self), expected="an array"
        )

    def __str__(self) -> str:
        """The type in full, unless it is long: nested packages are of exponential length."""
        texts = [
            f"{item.word}(…)"
            if isinstance(item, Container) and any(isinstance(x, Container) for x in item.items)
            else str(item)
            for item in self.items
        ]
        return f"{self.word}({', '.join(texts)})"

    __repr__ = __str__


class Package(Container):
    """The type of several values in one; `package` makes it."""

    word = "pack"

    @lru_cache(maxsize=4096)  # noqa: B019  (types are few and live long)
    def along(self, count: int) -> ArrayType:
        """Like `stacked`; but the stacks of different iterations differ in length."""
        return package(item.along(count) for item in self.items)


class Stack(Container):
    """The type of any number of values of one type; `stack` makes it. Its size is that of one."""

    word = "stack"

    def along(self, count: int) -> ArrayType:
        return stack(self)


_known: WeakValueDictionary[tuple[type[Container], tuple[ArrayType, ...]], Container]
_known = WeakValueDictionary()
_lock = Lock()


def package(items: Iterable[ArrayType]) -> ArrayType:
    """The type of a package of values of these types."""
    return _made(Package, items)


def stack(item: ArrayType) -> ArrayType:
    """The type of a stack of values of this type."""
    return _made(Stack, (item,))


def _made(kind: type[Container], items: Iterable[ArrayType]) -> Container:
    key = (kind, tuple(items))
    with _lock:
        made = _known.get(key)
        if made is None:
            made = _known[key] = kind(key[1])
    return made


# -- values ---------------------------------------------------------------------------------------


def zeros(type: ArrayType) -> Any:
    """A value of that type that is zero, in memory that must not be written to."""
    if isinstance(type, Stack):
        return None
    if isinstance(type, Package):
        return _zeros(type)
    zero = type.dtype.type(0)
    return np.broadcast_to(zero, type.shape) if type.shape else zero


@lru_cache(maxsize=1024)
def _zeros(type: Package) -> tuple[Any, ...]:
    return tuple(zeros(item) for item in type.items)


def added(x: Any, y: Any) -> Any:
    """The sum of two values of one type."""
    if x is None or y is None:
        return y if x is None else x
    if isinstance(x, tuple):
        return tuple(map(added, x, y))
    if isinstance(x, list):
        return [added(*items) for items in zip_longest(x, y)]
    return x + y
