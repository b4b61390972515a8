"""Functions of functions, whole numbers as places and bits, and functions that write."""

from __future__ import annotations

from typing import Any

import numpy as np

from numpy_rows import Row, case, numbers

X, V = numbers(3, 4), numbers(5)
CUBE = numbers(2, 3, 4)
INTS = np.array([[3, 1, 2], [0, 2, 4]])
BYTES = np.array([[1, 200, 7], [255, 0, 66]], np.uint8)
S = numbers(3, 3)


def _changed(x: Any, write: Any) -> Any:
    y = x.copy()
    write(y)
    return y


ROWS: list[Row] = [
    *(case(f"np.apply_along_axis(np.{f}, {k}, x)", CUBE)
      for f in ("sum", "sort", "diag", "outer") for k in (0, 1, -1) if f != "outer"),
    case("np.apply_along_axis(lambda v, k: v[:2] * k, 1, x, 3.0)", CUBE),
    case("np.apply_over_axes(np.sum, x, [0, 2])", CUBE),
    case("np.apply_over_axes(lambda a, k: np.sum(a, k, keepdims=True), x, 1)", CUBE),
    case("np.array(len(np.einsum_path('ij,jk->ik', x, x)))", S, smooth=False),
    *(case(f"np.packbits(x > 1{extra})", INTS, smooth=False)
      for extra in ("", ", 1", ", axis=0, bitorder='little'")),
    *(case(f"np.unpackbits(x{extra})", BYTES, smooth=False) for extra in
      ("", ", 1", ", axis=0, bitorder='little'", ", count=5", ", axis=1, count=30", ", count=-2")),
    case("np.ravel_multi_index((x, x), (5, 6))", INTS, smooth=False),
    case("np.ravel_multi_index((x, x), (5, 6), order='F')", INTS, smooth=False),
    case("np.ravel_multi_index((x, x), (3, 2), mode=('wrap', 'clip'))", INTS, smooth=False),
    case("np.unravel_index(x, (2, 3))", INTS, smooth=False),
    case("np.unravel_index(x, (2, 3), order='F')", INTS, smooth=False),
    case("y[np.ix_(x[0] % 2, [True, False, True])]", INTS, X[:, :3], smooth=False),
    *(case(f"np.{f}_indices_from(x)", S, smooth=False) for f in ("diag", "tril", "triu")),
    case("np.tril_indices_from(x, 1)", S, smooth=False),
    *(case(f"np.resize(x, {shape})", X) for shape in (5, (2, 3), (4, 5), (0, 2))),
    case("np.resize(x, (2, 2))", np.zeros(0), smooth=False),
    case("np.astype(x, np.complex128)", X),
    case("np.astype(x, int, copy=False)", X, smooth=False),
    *(case(f"np.trim_zeros(x{extra})", np.array([0.0, 0.0, 2.0, 0.0, 3.0, 0.0]), smooth=False)
      for extra in ("", ", 'f'", ", 'B'")),
    case("np.trim_zeros(x)", np.zeros(3), smooth=False),
    case("np.trim_zeros(x)", V),
    case("np.i0(x)", np.array([-3.0, 0.0, 0.5, 2.0])),
    case("np.i0(x)", INTS, smooth=False),
    case("np.copy(x)", V),
    case("np.real_if_close(x)", V),
    case("np.real_if_close(x)", V + 0j, smooth=False),
    case("np.real_if_close(x)", V + 1j),
    case("np.real_if_close(x, tol=2)", V + 1e-15j, smooth=False),
    case("np.sort_complex(x)", V),
    case("np.sort_complex(x)", V * 1j, smooth=False),
    case("np.sort_complex(x)", INTS.astype("i1"), smooth=False),
    *(case(f"np.lexsort((x, x[::-1]){extra})", INTS, smooth=False) for extra in ("", ", 0")),
    case("np.lexsort(x)", INTS, smooth=False),
    *(case(f"np.searchsorted(x, {v}, sorter=np.argsort(x))", V, smooth=False)
      for v in ("0.1", "[0.1, -3.0]")),
    *(case(f"np.nanarg{m}(x{extra})", np.where(X > 0, X, np.nan), smooth=False)
      for m in ("max", "min") for extra in ("", ", 1", ", axis=0, keepdims=True")
      if "0" not in extra),
    case("np.nanargmax(x, 0)", INTS, smooth=False),
    *(case(f"np.{f}(x, y, 4)", np.array([0.1, 0.2]), np.array([0.3, 0.9]))
      for f in ("logspace", "geomspace")),
    case("np.logspace(x, y, 3, base=2)", V[:2], V[2:4]),
    case("np.logspace(x, y, 3, base=z)", V[:2], V[2:4], np.array([2.0, 3.0])),
    case("np.logspace(0, x, 3, False, dtype='f4')", V[:2], smooth=False),
    case("np.geomspace(x, y, 3, endpoint=False, axis=1)", V[:2], V[:2] * 3),
    case("np.geomspace(x, y, 5)", np.array([1, 2]), np.array([16, 32]), smooth=False),
    case("np.geomspace(x, 100, 5, dtype=int)", np.array(1.0), smooth=False),
    case("np.geomspace(x, y, 4)", np.array(1 + 1j), np.array(4 - 2j)),
    case("np.zeros(2, np.min_scalar_type(x))", X, smooth=False),
    case("np.zeros(2, np.min_scalar_type(x[0, 0]))", INTS, smooth=False),
    *(case(f"np.array(len(np.{f}(x)))", INTS, smooth=False)
      for f in ("array2string", "array_repr", "array_str")),
    ("place", lambda x: _changed(x, lambda y: np.place(y, x > 0, [1.0, 2.0, 3.0])), [X], True),
    ("place traced", lambda x, v: _changed(x, lambda y: np.place(y, y > 0, v)), [X, V], True),
    case("[np.std(x, 0, None, None, 1), x.var(1, None, None, 1, True)]", X),
    case("[np.sum(x, 0, None, None, True), np.max(x, 1, None, True), np.argmax(x, 1, None)]", X,
         smooth=False),
    case("[np.clip(x, 0, 1, None), np.cumsum(x, 1, None, None)]", X),
    case("np.round(x, 1, None)", X, smooth=False),
    case("np.take(x, [3, 7], 1, None, 'wrap')", X),
    *(case(f"np.{f}([x, x], dtype='c16')", X)
      for f in ("stack", "vstack", "hstack", "concatenate")),
    case("np.concatenate([x, x], dtype='f4', casting='unsafe')", X, smooth=False),
    case("np.einsum('ij,kj->ik', x, x, dtype='c16', optimize=True)", X),
    case("np.einsum('ij,kj->ik', x, x, dtype='f4', casting='same_kind')", X, smooth=False),
    case("np.sort(x, 0, None, None)", X),
    case("np.broadcast_to(x, (2, 3, 4), subok=True)", X),
    *(case(f"np.{f}(x, {options})", np.where(X > 1, np.nan, X), smooth=False)
      for f in ("nanmax", "nanmin")
      for options in ("initial=0.5", "axis=1, initial=-3, where=[True, False, True, True]")),
    ("partition in place", lambda x: _changed(x, lambda y: y.partition(2))[:, 2], [X], True),
    ("put method", lambda x: _changed(x, lambda y: y.put([0, 5], x[1, :2])), [X], True),
    ("reciprocal at", lambda x: _changed(x, lambda y: np.reciprocal.at(y, [0, 2])), [X], True),
    ("put nothing", lambda x: _changed(x, lambda y: np.put(y, [], 1)), [X], True),
    *(
        (f"put {m}", lambda x, m=m: _changed(x, lambda y: np.put(y, [1, 13], x[0], m)), [X], True)
        for m in ("wrap", "clip")
    ),
]  # fmt: skip
