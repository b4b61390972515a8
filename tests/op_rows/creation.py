"""Rows for `iota` and `convert`."""

from __future__ import annotations

import numpy as np
from laws import WIDE
from samples import Rows, floats, ints, sample

from lineara.ir.types import DTYPES, ArrayType
from lineara.ops.creation import Convert, Iota

IOTAS: list[tuple[tuple[int, ...], int]] = [
    # shape, axis
    ((4,), 0),
    ((0,), 0),
    ((2, 3), 0),
    ((2, 3), 1),
    ((2, 3, 2), 1),
    ((0, 2), 1),
]


def rows() -> Rows:
    for name, dtype in DTYPES.items():
        if name != "bool":
            for shape, axis in IOTAS if name == "i64" else [((3, 2), 0)]:
                values = np.indices(shape)[axis].astype(dtype)
                yield sample(Iota(ArrayType(dtype, shape), axis), [], lambda values=values: values)
    for old in DTYPES.values():
        x = (
            floats(2, 3, low=0, high=9, dtype=old)
            if old.kind in "fc"
            else ints(2, 3, low=0, dtype=old)
        )
        for new in DTYPES.values():
            if not (old.kind == "c" and new.kind in "iuf"):
                # Difference quotients need the same precision before and after.
                crossing = (old in WIDE) is not (new in WIDE)
                yield sample(
                    Convert(new),
                    [x],
                    lambda x, new=new: x.astype(new),
                    smooth=not crossing,
                    derivative={0: 1.0} if crossing else None,
                )
    f32, f64, i64, boolean = (DTYPES[name] for name in ("f32", "f64", "i64", "bool"))
    for scalar in (1.5, -0.0, np.inf, np.nan, 1e-50, 1e300):
        yield sample(Convert(f32), [scalar], lambda x: x.astype(f32), smooth=scalar == 1.5)
        yield sample(Convert(boolean), [scalar], lambda x: x.astype(boolean))
    yield sample(Convert(i64), [[-1.7, 1.7, 0.5]], lambda x: x.astype(i64))
    yield sample(Convert(f64), [2**53 + 1], lambda x: x.astype(f64))
    yield sample(Convert(f64), [np.empty((0, 2), f32)], lambda x: x.astype(f64))
