"""Methods and attributes of arrays, and Python's protocols on them."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

from numpy_rows import Array, Row, numbers

X, CUBE, VECTOR, SCALAR = numbers(3, 4), numbers(2, 3, 4), numbers(5), numbers()
COMPLEX = numbers(3, 4, dtype="c16")
INTS = np.array([[3, -1, 2, 0], [5, 6, -7, 1], [2, 2, 9, 4]])
KINDS = (X, INTS, X > 0, X.astype("f4"), COMPLEX, COMPLEX.astype("c8"), INTS.astype("u1"))

ATTRIBUTES: dict[str, Any] = {
    "T": lambda x: x.T,
    "mT": lambda x: x.mT,
    "real": lambda x: x.real,
    "imag": lambda x: x.imag,
    "conj": lambda x: x.conj(),
    "conjugate": lambda x: x.conjugate(),
    "copy": lambda x: x.copy(),
    "copied": lambda x: [copy.copy(x), copy.deepcopy(x)],
    "flatten": lambda x: x.flatten(),
    "ravel": lambda x: x.ravel(),
    "flat": lambda x: list(x.flat),
    "rows": lambda x: list(x),
    "backwards": lambda x: list(reversed(x)),
    "unpacked": lambda x: _second(*x),
    "sum of rows": lambda x: sum(x),
    "reshape": lambda x: [x.reshape(-1), x.reshape(4, 3), x.reshape((2, -1))],
    "transpose": lambda x: [x.transpose(), x.transpose(1, 0), x.transpose((0, 1))],
    "swapaxes": lambda x: x.swapaxes(0, 1),
    "squeeze": lambda x: x[:1].squeeze(0),
    "take": lambda x: x.take([1, 0], axis=1),
    "repeat": lambda x: x.repeat(2, axis=0),
    "diagonal": lambda x: x.diagonal(1),
    "trace": lambda x: x.trace(),
    "sum": lambda x: [x.sum(), x.sum(0), x.sum(axis=(0, 1), keepdims=True)],
    "prod": lambda x: x.prod(axis=1),
    "mean": lambda x: [x.mean(), x.mean(-1)],
    "cumsum": lambda x: [x.cumsum(), x.cumsum(axis=1)],
    "cumprod": lambda x: x.cumprod(0),
}
ORDERED: dict[str, Any] = {
    "max": lambda x: [x.max(), x.max(axis=0)],
    "min": lambda x: [x.min(1), x.min(keepdims=True)],
    "clip": lambda x: [x.clip(0, 1), x.clip(max=1), x.clip(0, max=1)],
    "round": lambda x: x.round(1),
}
REAL: dict[str, Any] = {
    "var": lambda x: [x.var(), x.var(axis=0, ddof=1)],
    "std": lambda x: x.std(1),
    "dot": lambda x: [x.dot(x.T), x[0].dot(x[1])],
    "searchsorted": lambda x: np.sort(x[0]).searchsorted(0.5),
    "abs": abs,
    "divmod": lambda x: divmod(x, 3),
}
COUNTED: dict[str, Any] = {
    "any": lambda x: [x.any(), x.any(axis=0)],
    "all": lambda x: [x.all(), x.all(1)],
    "argmax": lambda x: [x.argmax(), x.argmax(0), x.argmax(axis=1, keepdims=True)],
    "argmin": lambda x: [x.argmin(), x.argmin(1)],
    "argsort": lambda x: [x.argsort(), x.argsort(axis=0)],
    "nonzero": lambda x: x.nonzero(),
    "facts": lambda x: np.array([len(x), x.ndim, x.size, x.itemsize, x.nbytes, *x.shape]),
    "dtype": lambda x: np.zeros(2, x.dtype),
    "bool": lambda x: np.array(bool(x[0, 0] > 0)),
    "if": lambda x: x * 1 if x[0, 0] > 0 else x * 2,
    "while": lambda x: _halved(x),
    "contains": lambda x: np.array(bool((x == 2).any())),
}
DTYPES = ("?", "i1", "u1", "i4", "i8", "u8", "f4", "f8", "c8", "c16")


def _second(*rows: Any) -> Any:
    return rows[1]


def _halved(x: Any) -> Any:
    while x.sum() > 1:
        x = x / 2
    return x


def _astype(x: Array) -> list[Row]:
    targets = [t for t in DTYPES if np.dtype(t).kind in "c?b" or x.dtype.kind != "c"]
    smooth = [x.dtype == float and t in ("f8", "c16") for t in targets]
    return [
        (f"astype {x.dtype} {t}", lambda y, t=t: y.astype(t), [x], s)
        for t, s in zip(targets, smooth, strict=True)
    ]


def _written(x: Any, method: str, *arguments: Any) -> Any:
    """A copy after a method that changes it."""
    y = x.copy()
    getattr(y, method)(*arguments)
    return y


def _zeros_as(x: Any) -> Any:
    return np.zeros(x.shape, x.dtype)


OTHERS: dict[str, Any] = {
    "fill": lambda x: _written(x, "fill", 2),
    "fill traced": lambda x: _written(x, "fill", x[0, 0]),
    "sort": lambda x: _written(x, "sort"),
    "sort 0": lambda x: _written(x, "sort", 0),
    "compress": lambda x: x.compress([True, False, True], 0),
    "asanyarray": lambda x: np.asanyarray(x, like=x),
    "ascontiguousarray": lambda x: np.ascontiguousarray(x, like=x),
    "amax": lambda x: np.amax(x, axis=0),
    "amin": lambda x: np.amin(x),
    "empty": lambda x: _zeros_as(np.empty((2, 3), np.float32, like=x)),
    "empty_like": lambda x: _zeros_as(np.empty_like(x)),
    "can_cast": lambda x: np.array(np.can_cast(x.dtype, "f4") or np.can_cast(x, "f8")),
}

ROWS: list[Row] = [
    *((name, function, [X], name[:2] not in ("em", "ca")) for name, function in OTHERS.items()),
    *((name, function, [INTS], False) for name, function in OTHERS.items()),
    *(
        (f"{name} {x.dtype}", function, [x], x.dtype in (float, complex))
        for name, function in ATTRIBUTES.items()
        for x in KINDS
    ),
    *(
        (f"{name} {x.dtype}", function, [x], x.dtype == float)
        for table in (ORDERED, REAL)
        for name, function in table.items()
        for x in (KINDS[0], KINDS[1], KINDS[3])
    ),
    *(
        (f"{name} {x.dtype}", function, [x], False)
        for name, function in COUNTED.items()
        for x in (KINDS[0], KINDS[1], KINDS[3])
    ),
    *(row for x in KINDS for row in _astype(x)),
    ("astype type", lambda x: [x.astype(float), x.astype(np.float32), x.astype(int)], [X], False),
    ("mT of a stack", lambda x: x.mT, [CUBE], True),
    ("T of a stack", lambda x: x.T, [CUBE], True),
    *((f"{name} 0-d", ATTRIBUTES[name], [SCALAR], True) for name in ("T", "real", "ravel", "flat")),
    ("tolist", lambda x: np.stack([row[1] for row in x.tolist()]), [X], True),
    ("tolist 0-d", lambda x: np.multiply(x.tolist(), 2.0), [SCALAR], True),
    ("tolist 1-d", lambda x: np.stack([2.0 * y for y in x.tolist()]), [VECTOR], True),
    ("item", lambda x: x * np.argmax(x).item(), [VECTOR], True),
    ("index", lambda x: x[: int(np.argmax(x)) + 1], [VECTOR], True),
    ("range", lambda x: sum(x[i] for i in range(np.argmin(x) + 2)), [VECTOR], True),
    ("list index", lambda x: [1.0, 2.0, 3.0, 4.0, 5.0][np.argmax(x)] * x, [VECTOR], True),
    ("zip", lambda x: sum(a * b for a, b in zip(x, x[::-1], strict=True)), [VECTOR], True),
    ("max of rows", lambda x: max(x[:, 0]) * min(x[:, 1]), [X], True),
    ("sorted", lambda x: np.stack(sorted(x)), [VECTOR], True),
    ("pow", lambda x: pow(x, 2), [X], True),
    ("chained", lambda x: x.T.reshape(2, -1).sum(axis=0).cumsum()[::-1], [X], True),
]
