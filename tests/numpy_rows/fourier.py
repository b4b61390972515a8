"""``np.fft``: every transform, of every length, over every axis, in every norm."""

from __future__ import annotations

import numpy as np

from numpy_rows import Row, case, numbers

X, Y = numbers(6), numbers(5, seed=1)
Z, W = numbers(6, dtype="c16"), numbers(5, dtype="c16", seed=1)
MATRIX, CUBE = numbers(3, 4), numbers(2, 3, 4, seed=2)
COMPLEX, STACK = numbers(3, 4, dtype="c16"), numbers(2, 3, 4, dtype="c16", seed=2)
NORMS = ("None", "'backward'", "'ortho'", "'forward'")
OF_ALL = ("fft", "ifft", "irfft", "hfft")
OF_REAL = ("rfft", "ihfft")

ONE: list[Row] = [
    *(case(f"np.fft.{f}(x)", x) for f in OF_ALL for x in (X, Y, Z, W, CUBE)),
    *(case(f"np.fft.{f}(x)", x) for f in OF_REAL for x in (X, Y, CUBE)),
    *(case(f"np.fft.{f}(x, {n})", X) for f in (*OF_ALL, *OF_REAL) for n in (1, 2, 3, 7, 8)),
    *(
        case(f"np.fft.{f}(x, n={n}, axis={k})", CUBE)
        for f in (*OF_ALL, *OF_REAL)
        for n, k in ((None, 0), (5, 1), (2, -1))
    ),
    *(case(f"np.fft.{f}(x, norm={n})", X) for f in (*OF_ALL, *OF_REAL) for n in NORMS),
    *(case(f"np.fft.{f}(x, norm={n})", Z) for f in OF_ALL for n in NORMS),
    *(
        case(f"np.fft.{f}(x)", x, smooth=False)
        for f in (*OF_ALL, *OF_REAL)
        for x in (X.astype("f4"), np.arange(6), X > 0)
    ),
    case("np.fft.fft(x)", Z.astype("c8"), smooth=False),
    case("np.fft.irfft(x, 7)", Z.astype("c8"), smooth=False),
    case("np.fft.fft(x, axis=0)", numbers(3, 0), smooth=False),
]
SEVERAL: list[Row] = [
    *(
        case(f"np.fft.{f}(x{extra})", x)
        for f in ("fftn", "ifftn", "irfftn", "fft2", "ifft2", "irfft2")
        for x in (MATRIX, STACK)
        for extra in ("", ", axes=(0, 1)", ", norm='ortho'", ", (3, 5), (1, 0)", ", axes=(1,)")
    ),
    *(
        case(f"np.fft.{f}(x{extra})", x)
        for f in ("rfftn", "rfft2")
        for x in (MATRIX, CUBE)
        for extra in ("", ", axes=(0, 1)", ", norm='forward'", ", (3, 5), (1, 0)", ", axes=(1,)")
    ),
    case("np.fft.fftn(x, (-1, 2), (0, 1))", MATRIX),
    case("np.fft.irfftn(x, (-1, -1), (0, 1))", COMPLEX),
    case("np.fft.fftn(x, axes=(0, 0))", MATRIX),
    case("np.fft.fftn(x, axes=()) * 1", MATRIX),
]
SHIFTS: list[Row] = [
    case(f"np.fft.{f}(x{axes})", x)
    for f in ("fftshift", "ifftshift")
    for x, axes in ((X, ""), (Y, ""), (CUBE, ""), (CUBE, ", 1"), (CUBE, ", (0, -1)"), (Z, ", 0"))
]
USES: list[Row] = [
    case("np.fft.irfft(np.fft.rfft(x) * np.fft.rfft(y, 6), 6)", X, Y),
    case("np.sum(abs(np.fft.fft(x)) ** 2)", X),
    case("np.fft.fftfreq(6) * np.fft.fft(x)", X),
]

ROWS: list[Row] = [*ONE, *SEVERAL, *SHIFTS, *USES]
