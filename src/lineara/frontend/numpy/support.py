"""What becomes of each of NumPy's functions, ufuncs, methods and attributes on traced arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from lineara.frontend.array import METHODS as FUNCTIONS_BY_METHOD
from lineara.frontend.array import OWN_METHODS, TracedArray
from lineara.frontend.array import REFUSED as REFUSED_ATTRIBUTES
from lineara.frontend.numpy import FUNCTIONS, REFUSED, UFUNCS

DERIVATIVE, VALUE, NONE = "derivative", "value", "refused"
"""What there is of a function: value and derivative, the value alone, or an error."""


class Entry(NamedTuple):
    """A name of NumPy's, what there is of it, and what to do instead if it is nothing."""

    name: str
    status: str
    remedy: str = ""


WHOLE: set[np.ufunc] = {
    *(np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal),
    *(np.logical_and, np.logical_or, np.logical_xor, np.logical_not),
    *(np.bitwise_and, np.bitwise_or, np.bitwise_xor, np.invert, np.left_shift, np.right_shift),
    *(np.bitwise_count, np.gcd, np.lcm, np.isnan, np.isinf, np.isfinite, np.signbit),
    *(np.floor, np.ceil, np.trunc, np.rint, np.floor_divide, np.spacing),
}
"""Ufuncs whose results are truths or whole numbers, or have derivative 0 wherever they have one."""

QUESTIONS: set[Callable[..., Any]] = {
    *(np.all, np.any, np.allclose, np.array_equal, np.array_equiv, np.isclose, np.isin),
    *(np.iscomplex, np.iscomplexobj, np.isreal, np.isrealobj, np.isneginf, np.isposinf),
    *(np.argmax, np.argmin, np.nanargmax, np.nanargmin, np.argsort, np.argpartition, np.lexsort),
    *(np.argwhere, np.nonzero, np.flatnonzero, np.count_nonzero, np.searchsorted, np.digitize),
    *(np.shape, np.ndim, np.size, np.result_type, np.can_cast, np.common_type),
    *(np.min_scalar_type, np.einsum_path, np.array2string, np.array_repr, np.array_str),
    *(np.packbits, np.unpackbits, np.ravel_multi_index, np.unravel_index, np.ix_),
    *(np.diag_indices_from, np.tril_indices_from, np.triu_indices_from, np.linalg.matrix_rank),
    *(np.round, np.around, np.fix, np.zeros_like, np.ones_like, np.empty_like),
}
"""Functions whose results have no derivative."""

UNDISPATCHED = (
    *("array", "asarray", "asanyarray", "ascontiguousarray", "asfortranarray", "zeros", "ones"),
    *("empty", "full", "eye", "identity", "tri", "arange", "indices", "fromfunction", "r_", "c_"),
    "vectorize",
)
"""Names that NumPy by itself does not hand over, and `lineara.numpy` has."""

FACTS = ("device", "item", "dtype", "itemsize", "nbytes", "ndim", "shape", "size")
"""Attributes that say something about an array, and have no derivative."""


def groups() -> dict[str, list[Entry]]:
    """The entries, by what they are."""
    return {
        "Ufuncs": list(_ufuncs()),
        "Functions": list(_functions(np, "np.")),
        "Linear algebra": list(_functions(np.linalg, "np.linalg.")),
        "Fourier transforms": list(_functions(np.fft, "np.fft.")),
        "Methods of ufuncs": list(_methods()),
        "Methods and attributes of arrays": list(_attributes()),
        "Functions that NumPy does not dispatch": [
            Entry(f"lineara.numpy.{name}", DERIVATIVE) for name in UNDISPATCHED
        ],
    }


def ufuncs() -> dict[str, np.ufunc]:
    """NumPy's ufuncs by their own names."""
    found = [x for name in dir(np) if isinstance(x := getattr(np, name), np.ufunc)]
    return {f.__name__: f for f in found}


def _ufuncs() -> Iterator[Entry]:
    for name, ufunc in sorted(ufuncs().items()):
        if (ufunc, "__call__") in UFUNCS:
            yield Entry(f"np.{name}", VALUE if ufunc in WHOLE else DERIVATIVE)
        else:
            yield Entry(f"np.{name}", NONE, "programs have no dates; convert them to numbers first")


def dispatched(module: ModuleType) -> dict[str, Callable[..., Any]]:
    """The functions of a module that NumPy hands over when they meet traced arrays."""
    names = (name for name in dir(module) if not name.startswith("_"))
    return {n: f for n in names if hasattr(f := getattr(module, n), "_implementation")}


def _functions(module: ModuleType, prefix: str) -> Iterator[Entry]:
    for name, function in sorted(dispatched(module).items()):
        if function in FUNCTIONS:
            yield Entry(prefix + name, VALUE if function in QUESTIONS else DERIVATIVE)
        else:
            yield Entry(prefix + name, NONE, REFUSED.get(function, ("", ""))[1])


def _methods() -> Iterator[Entry]:
    for name, ufunc in sorted(ufuncs().items()):
        if ufunc.signature is not None or ufunc.nout != 1 or ufunc is np.isnat:
            continue  # NumPy has no such methods of them
        for method in ("reduce", "accumulate", "reduceat", "outer") * (ufunc.nin == 2) + ("at",):
            status = VALUE if ufunc in WHOLE else DERIVATIVE
            known = (ufunc, method) in UFUNCS
            remedy = "" if known else "its results are of another dtype: write a loop"
            yield Entry(f"np.{name}.{method}", status if known else NONE, remedy)


def _attributes() -> Iterator[Entry]:
    for name in sorted(n for n in dir(np.ndarray) if not n.startswith("_")):
        function = FUNCTIONS_BY_METHOD.get(name)
        if name in REFUSED_ATTRIBUTES:
            yield Entry(f"x.{name}", NONE, REFUSED_ATTRIBUTES[name])
        elif name in FACTS or function in QUESTIONS:
            yield Entry(f"x.{name}", VALUE)
        elif function is not None or name in OWN_METHODS or hasattr(TracedArray, name):
            yield Entry(f"x.{name}", DERIVATIVE)
        else:
            yield Entry(f"x.{name}", NONE)


def page() -> str:
    """The entries as a page of Markdown."""
    found = groups()
    lines = [
        "# NumPy on traced arrays",
        "",
        f"Every ufunc and function that NumPy {np.__version__} hands over when it meets a traced "
        "array, every method",
        "and attribute of arrays. `lineara support` prints this page for the NumPy that is "
        "installed. Those in",
        "brackets have a value and no derivative: their results are whole numbers, truths, shapes.",
        "",
        "| | with derivative | value only | refused |",
        "|---|---|---|---|",
    ]
    for title, entries in found.items():
        counts = [sum(e.status == s for e in entries) for s in (DERIVATIVE, VALUE, NONE)]
        lines.append(f"| {title} | {' | '.join(map(str, counts))} |")
    for title, entries in found.items():
        lines += ["", f"## {title}", "", *_wrapped(entries)]
        refused = [e for e in entries if e.status == NONE]
        if refused:
            lines += ["", "Refused, with what to do instead:", ""]
            remedies = dict.fromkeys(e.remedy for e in refused)
            for remedy in remedies:
                names = ", ".join(f"`{e.name}`" for e in refused if e.remedy == remedy)
                lines.append(f"- {names}: {remedy}")
    return "\n".join(lines) + "\n"


def _wrapped(entries: list[Entry], width: int = 100) -> Iterator[str]:
    """The names that are there, in lines."""
    line = ""
    for entry in entries:
        if entry.status == NONE:
            continue
        name = f"`{entry.name}`" if entry.status == DERIVATIVE else f"(`{entry.name}`)"
        if line and len(line) + 1 + len(name) > width:
            yield line
            line = ""
        line = f"{line} {name}" if line else name
    if line:
        yield line
