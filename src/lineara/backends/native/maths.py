"""Elementary functions of floats: the C library's on vectors where it has them, or kernels.

The last elements of an array, which are computed one at a time, take the same vector function as
those before, so that a result does not depend on its place. Numbers that are no elements of arrays
take C's own function of numbers, which is quicker for one.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from lineara.backends.native import kernels_arcs as _arcs  # noqa: F401  (they fill KERNELS)
from lineara.backends.native import kernels_errors as _errors  # noqa: F401
from lineara.backends.native import kernels_powers as _powers  # noqa: F401
from lineara.backends.native import llir
from lineara.backends.native.kernels import KERNELS, VECTOR, called
from lineara.backends.native.machine import LANES, vector_maths
from lineara.backends.native.numbers import Emit, Num, part_type

NAMES = {
    "exp": "exp",
    "exp2": "exp2",
    "expm1": "expm1",
    "log": "log",
    "log2": "log2",
    "log10": "log10",
    "log1p": "log1p",
    "sin": "sin",
    "cos": "cos",
    "tan": "tan",
    "arcsin": "asin",
    "arccos": "acos",
    "arctan": "atan",
    "arctan2": "atan2",
    "sinh": "sinh",
    "cosh": "cosh",
    "tanh": "tanh",
    "arcsinh": "asinh",
    "arccosh": "acosh",
    "arctanh": "atanh",
    "cbrt": "cbrt",
    "hypot": "hypot",
    "pow": "pow",
    "erf": "erf",
    "erfc": "erfc",
    "fmod": "fmod",
}
"""Ops, and what C calls them."""

SETS = {(8, 4): "d", (4, 4): "b", (4, 8): "d", (8, 2): "b"}
"""The instruction set of vectors of that many bytes an element and lanes, as C's names have it."""


def function(e: Emit, op: str, *operands: Num) -> Num:
    """The op applied to floats."""
    numbers = e.together(operands)
    dtype, lanes = numbers[0].dtype, numbers[0].lanes
    name = NAMES[op] + ("f" if dtype.itemsize == 4 else "")
    vector = None if e.alone else _vector_name(name, dtype.itemsize, len(operands))
    part = part_type(dtype)
    if vector is None and not e.alone and NAMES[op] in KERNELS:
        return _own(e, NAMES[op], [e.spread(x, LANES) for x in numbers], lanes)
    if vector is None:
        found = [
            Num(dtype, (e.outside(name, part, [e.lane(x, k).value for x in numbers]),))
            for k in range(lanes)
        ]
        return found[0] if lanes == 1 else e.gathered(dtype, found)
    full = [e.spread(x, LANES) for x in numbers]
    result = e.outside(vector, llir.vector(part, LANES), [x.value for x in full])
    whole = Num(dtype, (result,), LANES)
    return whole if lanes == LANES else e.lane(whole, 0)


def _own(e: Emit, name: str, xs: Sequence[Num], lanes: int) -> Num:
    """The function by a kernel of our own, of doubles."""
    dtype, type = xs[0].dtype, xs[0].value.type
    short = dtype.itemsize == 4
    value = called(e.b, name, *(e.b.fpext(x.value, VECTOR) if short else x.value for x in xs))
    whole = Num(dtype, (e.b.fptrunc(value, type) if short else value,), LANES)
    return whole if lanes == LANES else e.lane(whole, 0)


@lru_cache(maxsize=256)
def _vector_name(name: str, itemsize: int, operands: int) -> str | None:
    """The vector function of that name, if the system has one."""
    library, kind = vector_maths(), SETS.get((itemsize, LANES))
    if library is None or kind is None:
        return None
    full = f"_ZGV{kind}N{LANES}{'v' * operands}_{name}"
    return full if hasattr(library, full) else None
