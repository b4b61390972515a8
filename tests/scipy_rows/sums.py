"""`signal`, `ndimage` and `integrate`."""

from __future__ import annotations

import numpy as np
from numpy_rows import numbers

from scipy_rows import Row

X, Y = numbers(7), numbers(3, seed=1)
IMAGE, KERNEL = numbers(4, 5), numbers(3, 2, seed=1)
CUBE = numbers(3, 3, 2, seed=2)
Z = numbers(5, dtype="c16", seed=3)
POINTS = np.array([[0.3, 1.6, 2.9], [0.2, 3.4, 1.7]])
KNOTS = np.sort(numbers(7, seed=4))

SIGNAL = [
    *(
        Row("signal", f"m.{name}(x, y, mode={mode!r})", *pair)
        for name in ("convolve", "fftconvolve", "correlate")
        for mode in ("full", "same", "valid")
        for pair in ((X, Y), (Y, X), (IMAGE, KERNEL), (X, Z))
    ),
    Row("signal", "m.convolve(x, y)", KERNEL, IMAGE),
    Row("signal", "m.correlate(x, y, 'valid')", KERNEL, IMAGE),
    Row("signal", "m.convolve(x, y)", CUBE, CUBE[:2, :2]),
    Row("signal", "m.correlate(x, x)", CUBE),
]
MODES = ("reflect", "constant", "nearest", "mirror", "wrap")
NDIMAGE = [
    *(
        Row("ndimage", f"m.{name}(x, y, mode={mode!r}, cval=0.5, origin={origin})", *pair)
        for name in ("convolve", "correlate")
        for mode in MODES
        for pair, origin in (((X, Y), 1), ((IMAGE, KERNEL), 0), ((IMAGE, KERNEL[:, :1]), (-1, 0)))
    ),
    *(Row("ndimage", f"m.gaussian_filter(x, 0.7, mode={mode!r})", IMAGE) for mode in MODES),
    *(
        Row("ndimage", f"m.{code}", IMAGE.astype("f4"), KERNEL, smooth=False)
        for code in ("gaussian_filter(x, 0.7)", "convolve(x, y)", "correlate(x, y)")
    ),
    Row("ndimage", "m.gaussian_filter(x, (0.5, 0), truncate=3)", IMAGE),
    Row("ndimage", "m.map_coordinates(x, y, order=1)", IMAGE, POINTS),
    Row("ndimage", "m.map_coordinates(x, y, order=1, mode='nearest')", IMAGE, POINTS + 1.5),
    Row("ndimage", "m.map_coordinates(x, y, order=1, cval=2.0)", IMAGE, POINTS + 1.5),
    Row("ndimage", "m.map_coordinates(x, y, order=0)", IMAGE, POINTS),
    Row("ndimage", "m.map_coordinates(x, y, order=1)", X, POINTS[:1]),
]
INTEGRATE = [
    *(
        Row("integrate", f"m.{name}({args})", *inputs)
        for name in ("trapezoid", "simpson", "cumulative_trapezoid")
        for args, inputs in (
            ("x", (X,)),
            ("x", (X[:6],)),
            ("x", (X[:2],)),
            ("x, dx=0.3", (X,)),
            ("x, y", (X, KNOTS)),
            ("x, y", (X[:6], KNOTS[:6])),
            ("x, axis=0", (IMAGE,)),
            ("x, y, axis=0", (IMAGE, KNOTS[:4])),
            ("x, y", (IMAGE, np.sort(IMAGE))),
        )
    ),
    Row("integrate", "m.cumulative_trapezoid(x, initial=0)", IMAGE),
]
ROWS = [*SIGNAL, *NDIMAGE, *INTEGRATE]
