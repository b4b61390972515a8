"""Products of vectors, matrices and tensors."""

from __future__ import annotations

import numpy as np

from numpy_rows import Array, Row, case, numbers

A = numbers(2, 3)
B = numbers(3, 4, seed=1)
C = numbers(4, 2, seed=2)
S = numbers(3, 3, seed=3)
V = numbers(3, seed=4)
W = numbers(3, seed=5)
T = numbers(2, 3, 4, seed=6)
STACK = numbers(5, 4, 2, seed=7)
POINT = numbers(seed=8)
CA = numbers(2, 3, dtype="c16")
CB = numbers(3, 4, dtype="c16", seed=1)
CV = numbers(3, dtype="c16", seed=2)
IA = np.arange(6).reshape(2, 3) - 2
IB = np.arange(12).reshape(3, 4)
BOOLS = IA > 0
SINGLE = numbers(3, 4, dtype="f4")


def sums(*specs: str, inputs: tuple[Array, ...]) -> list[Row]:
    """Rows of einsum with these subscripts."""
    names = ", ".join("xyz"[: len(inputs)])
    return [case(f"np.einsum({spec!r}, {names})", *inputs) for spec in specs]


EINSUM: list[Row] = [
    *sums("ij", "ji", "ij->ji", "ij->", "ij->j", "...", "...j->j...", "i...->...", inputs=(A,)),
    *sums("ii", "ii->i", "ij->ij", "ij->", inputs=(S,)),
    *sums("iij->ij", "iij->j", "iji->ij", "...ii->...i", "iii", inputs=(numbers(3, 3, 3),)),
    *sums(
        "ij,jk",
        "ij,jk->ki",
        "ij,jk->ik",
        "ij,jk->",
        "ij,jk->ijk",
        "ij,kl->il",
        "ij,jk->k",
        "i j , j k -> i k",
        "...j,jk->...k",
        inputs=(A, B),
    ),
    *sums("ijk,ij->k", "ijk,ij->ik", "ijk,lj->ilk", "ijk,ij", "ij...,ij->...", inputs=(T, A)),
    *sums("i,i", "i,i->i", "i,j", "j,i", "i,j->ji", "i,j->", inputs=(V, W)),
    *sums("ii,i->i", "ii,i", "ij,j->i", "ij,i->ij", "ii,j->ij", inputs=(S, V)),
    *sums("ij,jk,kl", "ij,jk,kl->li", "ij,jk,ki", "ij,jk,kl->", "ij,jk,kl->jl", inputs=(A, B, C)),
    *sums("i,ij,j", "i,ij,j->", "i,ij,j->ij", "i,ij,j->i", inputs=(V, S, W)),
    *sums("...ij,...jk->...ik", "...ij,jk", "b...j,jk->b...k", inputs=(numbers(5, 2, 4), C)),
    *sums("...ij,...jk", "...ij,...jk->ik...", inputs=(numbers(1, 3, 4), STACK)),
    *sums("...,...", ",ij", ",ij->j", inputs=(POINT, A)),
    *sums("ij,jk", "ij,kl->", inputs=(CA, CB)),
    *sums("ij,ij->ij", "ij,ij", inputs=(numbers(1, 3), A)),
    *(case(f"np.einsum('ij,jk', x, y{extra})", A, B) for extra in (", optimize=True", "")),
    case("np.einsum(x, [0, 1], y, [1, 2])", A, B),
    case("np.einsum(x, [0, 1], y, [1, 2], [2, 0])", A, B),
    case("np.einsum(x, [..., 0], y, [0, 1], [..., 1])", A, B),
    case("np.einsum(x, [3, 3], [3])", S),
    case("np.einsum('ij,jk,kl,lm', x, y, z, x)", A, B, C),
    case("np.einsum('ij,jk', x, y)", IA, IB, smooth=False),
    case("np.einsum('ij->', x)", IA, smooth=False),
    case("np.einsum('ij,jk', x, y)", IA, SINGLE, smooth=False),
    case("np.einsum('ij->j', x)", SINGLE, smooth=False),
    case("np.einsum('ij,jk', x, y)", np.zeros((2, 0)), np.zeros((0, 4))),
]

MATMUL: list[Row] = [
    *(
        case(code, *inputs)
        for code in ("x @ y", "np.matmul(x, y)", "np.linalg.matmul(x, y)")
        for inputs in ((A, B), (S, V), (V, S), (V, W), (T, C), (A @ B, STACK), (CA, CB), (A, CB))
        if code != "np.linalg.matmul(x, y)" or min(x.ndim for x in inputs) > 1
    ),
    case("x @ y", numbers(5, 1, 2, 3), numbers(4, 3, 2, seed=1)),
    case("x @ y", V, numbers(4, 3, 2)),
    case("x @ y", numbers(4, 2, 3), V),
    case("x @ y", IA, IB, smooth=False),
    case("x @ y", BOOLS, BOOLS.T, smooth=False),
    case("x @ y", IA, SINGLE, smooth=False),
    case("x @ y", np.zeros((2, 0)), np.zeros((0, 3))),
    case("x @ x.T", A),
    case("x @ np.ones((3, 2))", A),
    case("np.ones((3, 2)) @ x", A),
    *(case("np.vecdot(x, y)", *inputs) for inputs in ((V, W), (A, V), (CA, CV), (T[..., 0], A))),
    case("np.vecdot(x, y, axis=0)", T, T + 1),
    case("np.linalg.vecdot(x, y, axis=0)", A, A + 1),
    case("np.vecdot(x, y)", IA, IA, smooth=False),
]

PAIRS: list[Row] = [
    *(
        case(f"np.{name}(x, y)", *inputs)
        for name, several in {
            "dot": ((V, W), (A, B), (T, C), (T, STACK), (POINT, A), (A, POINT), (S, V), (V, S)),
            "inner": ((V, W), (A, S), (T, B.T @ B), (POINT, A), (A, V)),
            "outer": ((V, W), (A, B), (POINT, V), (CV, V)),
            "vdot": ((V, W), (A, A + 1), (CA, CA * 1j), (CV, V), (V, CV), (POINT, POINT)),
            "kron": ((A, B), (V, W), (A, V), (V, T), (POINT, A), (CV, V)),
            "cross": ((V, W), (A, V), (S, S.T), (CV, V)),
            "linalg.cross": ((V, W), (S, S.T)),
            "linalg.outer": ((V, W),),
        }.items()
        for inputs in several
    ),
    case("np.dot(x, 2)", A),
    *(  # a number is an array of double precision to these, unlike to operators
        case(f"np.{call}", SINGLE, smooth=False)
        for call in ("dot(x, 2.0)", "inner(2.0, x)", "kron(x, 2.0)", "einsum('ij,', x, 2.0)")
    ),
    *(case(f"np.{name}(x, x)", BOOLS[0], smooth=False) for name in ("dot", "vdot", "kron")),
    case("x.dot(y)", A, B),
    case("np.dot(x, y)", IA, IB, smooth=False),
    case("np.outer(x, y)", IA, BOOLS, smooth=False),
    case("np.cross(x, y)", IA, IA[::-1], smooth=False),
    case("np.vdot(x, y)", IA, IA, smooth=False),
    *(case(f"np.cross(x, y, axis={k})", S, S.T) for k in (0, 1)),
    case("np.cross(x, y, axisa=0, axisb=1, axisc=0)", S, A[:1]),
    case("np.linalg.cross(x, y, axis=0)", S, S.T),
    case("np.tensordot(x, y, 1)", A, B),
    case("np.tensordot(x, y)", T, numbers(3, 4, 2)),
    case("np.tensordot(x, y, axes=0)", A, V),
    case("np.tensordot(x, y, axes=([1], [0]))", T, B),
    case("np.tensordot(x, y, axes=((0, 1), (0, 1)))", T, A),
    case("np.tensordot(x, y, axes=(1, 0))", A, B),
    case("np.tensordot(x, y, axes=([1, -1], [0, 1]))", T, B),
    case("np.linalg.tensordot(x, y, axes=1)", A, B),
    case("np.tensordot(x, y, 1)", IA, IB, smooth=False),
    *(case(f"np.trace(x, {k})", numbers(4, 4)) for k in (-1, 0, 2)),
    case("np.trace(x)", T),
    case("np.trace(x, 0, 1, 2)", T),
    case("x.trace(offset=1)", S),
    case("np.linalg.trace(x, offset=1)", T),
    case("np.trace(x)", IA, smooth=False),
    case("np.trace(x)", IA.astype("i4"), smooth=False),
    case("np.trace(x)", BOOLS, smooth=False),
    case("np.trace(x, dtype=float)", IA, smooth=False),
]

ROWS: list[Row] = [*EINSUM, *MATMUL, *PAIRS]
