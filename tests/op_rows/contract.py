"""Samples of `dot`: each way of evaluating it, empty sums, and letters beyond a to z."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from string import ascii_letters

import numpy as np
from samples import Rows, Sample, floats, ints, sample

from lineara.ir.types import Array
from lineara.ops.contract import Dot

SPECS = (
    *(",->", ",i->i", "ij,->ji", "i,j->ij", "i,j->ji", "ij,i->ij", "ij,j->ji", "ib,jb->bij"),
    *("i,i->", "ij,j->i", "j,ij->i", "j,ji->i", "ij,ij->", "ij,ji->"),
    *("ij,jk->ik", "ij,jk->ki", "ij,kj->ik", "ji,kj->ki", "αβ,βγ->γα"),
    *("ijk,kjl->il", "ijkl,lkm->mji", "bij,jk->bik", "bij,bik->jk", "bij,kj->kib"),
    *("bi,bi->b", "ib,ib->b", "ij,ij->i", "abi,bai->ab"),
    *("bij,bj->bi", "bj,bij->bi", "bij,bjk->bik", "ijb,jkb->ikb"),
)

SMALL = dict(zip("abijklmαβγ", (2, 3, 2, 3, 4, 2, 3, 2, 3, 4), strict=True))
LARGE = dict(zip("bijk", (2, 9, 8, 9), strict=True))


def rows() -> Rows:
    for spec in SPECS:
        for dtype in (np.float64, np.complex128, np.float32):
            yield _row(spec, SMALL, partial(floats, dtype=dtype))
        yield _row(spec, SMALL, ints)
    for spec in ("bi,bi->b", "bij,bj->bi", "bj,jbi->bi", "bij,bjk->bik", "ijb,jkb->ikb"):
        yield _row(spec, LARGE, floats)
    for spec in ("i,i->", "ij,j->i", "ij,jk->ik", "bij,bjk->bik", "bi,bi->b", "i,j->ij"):
        for empty in sorted(set(spec) & set(SMALL)):
            yield _row(spec, {**SMALL, empty: 0}, floats)
    yield _row("ij,jk->ik", LARGE, partial(ints, low=0, high=100, dtype=np.int8))  # wraps round
    yield sample(Dot("ij,j->i"), [[[np.inf, 0.0], [1.0, np.nan]], [1.0, 2.0]], np.dot, smooth=False)
    a, b = floats(4, 6, seed=1), floats(6, 8, seed=2)
    for x, y in ((a[::2, ::-1], b[:, ::3]), (np.asfortranarray(a), b.T.copy().T)):
        yield sample(Dot("ij,jk->ik"), [x, y], np.matmul)


def _row(spec: str, sizes: dict[str, int], make: Callable[..., Array]) -> Sample:
    operands = [
        make(*(sizes[label] for label in part), seed=k)
        for k, part in enumerate(spec.split("->")[0].split(","))
    ]
    return sample(Dot(spec), operands, partial(_einsum, spec))


def _einsum(spec: str, x: Array, y: Array) -> Array:
    """NumPy's, which takes ASCII letters only."""
    letters = dict(zip(sorted(set(spec) - set(",->")), ascii_letters, strict=False))
    return np.asarray(np.einsum("".join(letters.get(c, c) for c in spec), x, y))
