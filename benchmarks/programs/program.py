"""The form of a program to differentiate."""

from collections.abc import Callable
from typing import Any, NamedTuple


class Program(NamedTuple):
    """A scalar function, and the point where its gradient is taken.

    ``function(np, parameters, *data)`` is plain NumPy code, where `np` is NumPy or what a library
    has in its place. ``torch`` is the same function as one writes it for PyTorch, whose names
    differ; it takes PyTorch as `np`.
    """

    name: str
    function: Callable[..., Any]
    torch: Callable[..., Any]
    parameters: Any  # an array or a tuple of arrays: the gradient is that with respect to these
    data: tuple[Any, ...] = ()
