"""Creation, questions about arrays, and elementwise functions that are no ufuncs."""

from __future__ import annotations

import numpy as np

from numpy_rows import Row, numbers

X = numbers(3, 4)
INTS = np.array([[3, -15, 25, 0], [5, 1234, -77, 1]])
SINGLE = numbers(3, 4, dtype="f4")
COMPLEX = numbers(3, 4, dtype="c16")
ONE = np.array(0.7)

ROWS: list[Row] = [
    *(
        (f"{function.__name__} {x.dtype}", function, [x], False)
        for function in (np.zeros_like, np.ones_like, np.copy, np.real, np.imag, np.angle)
        for x in (X, INTS, SINGLE, COMPLEX)
    ),
    ("full_like", lambda x: np.full_like(x, 2.5), [INTS], False),
    ("full_like traced", lambda x: np.full_like(x, x[0, 0]), [X], True),
    ("full_like shape", lambda x: np.full_like(x, 3, dtype="f4", shape=(2, 2)), [X], False),
    ("zeros_like dtype", lambda x: np.zeros_like(x, dtype=int), [X], False),
    ("zeros", lambda x: np.zeros((2, 3), like=x), [X], False),
    ("ones", lambda x: np.ones(3, np.int32, like=x), [X], False),
    ("full", lambda x: np.full((2, 2), x[0, 0], like=x), [X], True),
    ("full number", lambda x: np.full(3, 7, like=x), [X], False),
    ("arange", lambda x: np.arange(2, 9, 3, like=x), [X], False),
    ("eye", lambda x: np.eye(3, 4, k=1, like=x), [X], False),
    ("identity", lambda x: np.identity(3, like=x), [X], False),
    (
        "array",
        lambda x: (
            np.array([[x[0, 0], 1.0], [x[1, 1], 2]], like=x)
            if type(x) is not np.ndarray
            else np.array([[x[0, 0], 1.0], [x[1, 1], 2]])
        ),
        [X],
        True,
    ),
    ("array ndmin", lambda x: np.array(x, dtype=complex, ndmin=3, like=x), [X], True),
    ("asarray", lambda x: np.asarray(x, like=x), [X], True),
    ("copy method", lambda x: x.copy(), [X], True),
    ("linspace", lambda a: np.linspace(a, 2.0, 5), [ONE], True),
    ("linspace open", lambda a: np.linspace(a, 2 * a, 4, endpoint=False), [X[0]], True),
    ("linspace axis", lambda a, b: np.linspace(a, b, 3, axis=-1), [X[0], X[1]], True),
    ("linspace step", lambda a: np.linspace(a, 1, 6, retstep=True), [ONE], True),
    ("linspace int", lambda a: np.linspace(a, 10, 4, dtype=int), [np.array(1)], False),
    (
        "linspace single",
        lambda a: np.linspace(a, 10, 4),
        [np.float32(1.5) * np.ones(2, "f4")],
        False,
    ),
    ("linspace one", lambda a: np.linspace(a, 10, 1), [ONE], True),
    ("shape", lambda x: np.array(np.shape(x)), [X], False),
    ("ndim", lambda x: np.array(np.ndim(x)), [X], False),
    ("size", lambda x: np.array([np.size(x), np.size(x, 1)]), [X], False),
    ("result_type", lambda x: np.ones(1, np.result_type(x, 1.0)), [SINGLE], False),
    (
        "result_type integers",
        lambda x: np.ones(1, np.result_type(np.argmax(x), np.int8, np.sum(x > 0))),
        [SINGLE],
        False,
    ),
    ("result_type dtype", lambda x: np.ones(1, np.result_type(x, np.int64)), [SINGLE], False),
    ("common_type", lambda x: np.ones(1, np.common_type(x, np.ones(1, "f4"))), [SINGLE], False),
    ("questions", lambda x: np.array([np.iscomplexobj(x), np.isrealobj(x)]), [COMPLEX], False),
    *(
        (f"round {d} {x.dtype}", lambda x, d=d: np.round(x, d), [x], False)
        for d in (0, 2, -1)
        for x in (X * 10, INTS, SINGLE * 10, COMPLEX * 10)
    ),
    ("around", lambda x: np.around(x, 1), [X], False),
    ("round method", lambda x: x.round(2), [X], False),
    ("fix", np.fix, [X], False),
    ("sinc", np.sinc, [np.array([-2.3, -0.2, 1e-9, 0.31, 0.5, 3.0])], True),
    ("sinc zero", np.sinc, [np.array([0.0, -0.0, 1.0])], True),
    ("sinc int", np.sinc, [np.array([0, 1, 2])], False),
    ("real smooth", lambda z: z.real * z.imag, [COMPLEX], True),
    ("angle smooth", np.angle, [COMPLEX], True),
    ("angle degrees", lambda z: np.angle(z, deg=True), [COMPLEX], True),
    *(
        (f"{function.__name__}", function, [x], False)
        for function in (np.isreal, np.iscomplex)
        for x in (X, COMPLEX, COMPLEX.real + 0j)
    ),
    *(
        (f"{function.__name__}", function, [np.array([1, np.inf, -np.inf, np.nan])], False)
        for function in (np.isposinf, np.isneginf)
    ),
]
