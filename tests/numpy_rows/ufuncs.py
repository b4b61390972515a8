"""Elementwise functions: every ufunc of the table on every dtype that NumPy gives it."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Iterator
from typing import Any

import numpy as np
import scipy.special

from lineara.frontend.numpy import UFUNCS as ALL
from lineara.frontend.numpy import special
from numpy_rows import Array, Row, numbers, since

UFUNCS = {key: call for key, call in ALL.items() if key not in special.UFUNCS}
"""Those of NumPy, and some of SciPy; the others have a module of their own."""

SPAN: dict[np.ufunc, tuple[float, float]] = {
    **dict.fromkeys((np.arcsin, np.arccos, np.arctanh), (-0.9, 0.9)),
    **dict.fromkeys((np.log, np.log2, np.log10, np.sqrt, np.arccosh), (1.1, 3.0)),
    **dict.fromkeys((np.power, np.float_power, scipy.special.gammaln), (0.3, 2.5)),
    **dict.fromkeys((scipy.special.psi, scipy.special.xlogy), (0.3, 2.5)),
    **dict.fromkeys((scipy.special.entr, scipy.special.logit), (0.1, 0.9)),
    **dict.fromkeys((np.log1p, scipy.special.xlog1py), (-0.7, 2.0)),
}
"""Where a real function is defined, if not between −2 and 2."""

MIXED = {np.add, np.power, np.true_divide, np.equal, np.less, np.greater_equal}
"""Functions that are tried on operands of different dtypes too."""
MATRICES = {np.matmul, np.vecdot, *(getattr(np, n) for n in ("matvec", "vecmat") if hasattr(np, n))}
DTYPES = [np.dtype(c) for c in "?bBilLfdFD"]
NO_COMPLEX = {
    *(np.maximum, np.minimum, np.fmax, np.fmin, np.less, np.less_equal, np.greater),
    *(np.greater_equal, scipy.special.erf, scipy.special.erfc, scipy.special.psi),
    *(scipy.special.ndtr, scipy.special.log_expit),
}
"""Functions with complex loops in NumPy or SciPy that are an error on traced arrays."""
SPECIAL = np.array([0.0, -0.0, 1.0, -1.5, 2.5, 1e300, np.inf, -np.inf, np.nan])
FLOATS = [np.dtype("f8"), np.dtype("c16")]


def _supported(ufunc: np.ufunc, *dtypes: Any) -> bool:
    """Whether NumPy has a loop for these dtypes, and one of dtypes that programs have."""
    try:
        loop = ufunc.resolve_dtypes((*dtypes, *(None,) * ufunc.nout))
    except TypeError:
        return False
    if ufunc in NO_COMPLEX and any(d.kind == "c" for d in loop):
        return False
    return all(d.char in "?bBhHiIlLqQfdFD" for d in loop)


def _sample(ufunc: np.ufunc, dtype: Any, *shape: int, seed: int = 0) -> Array:
    low, high = SPAN.get(ufunc, (-2.0, 2.0))
    if dtype.kind in "biu":
        positive = low > -2 or dtype.kind == "u" or "shift" in ufunc.__name__
        whole = np.random.default_rng(seed).integers(0 if positive else -3, 7, shape)
        if ufunc is np.reciprocal:  # 1/0 is another integer on each machine
            whole[whole == 0] = 4
        return whole.astype(dtype)
    x = numbers(*shape, seed=seed, dtype=dtype.char)
    return (x * dtype.type((high - low) / 4) + dtype.type((high + low) / 2)).astype(dtype)


def _smooth(ufunc: np.ufunc, dtypes: Any) -> bool:
    if not all(d in FLOATS for d in dtypes):
        return False
    loop = ufunc.resolve_dtypes((*dtypes, *(None,) * ufunc.nout))
    return all(d.kind in "fc" for d in loop)


def _each_dtype() -> Iterator[Row]:
    calls = [u for u, method in UFUNCS if method == "__call__" and u not in MATRICES]
    for ufunc in calls:
        for dtypes in itertools.product(DTYPES, repeat=ufunc.nin):
            if len(set(dtypes)) > 1 and ufunc not in MIXED:
                continue
            if _supported(ufunc, *dtypes):
                inputs = [_sample(ufunc, d, 5, seed=i) for i, d in enumerate(dtypes)]
                name = f"{ufunc.__name__} {','.join(map(str, dtypes))}"
                yield name, ufunc, inputs, _smooth(ufunc, dtypes)


def _shapes() -> Iterator[Row]:
    f8 = np.dtype("f8")
    pairs = [((), ()), ((3,), ()), ((2, 1), (3,)), ((0, 3), (3,)), ((1,), (1, 1)), ((1, 1), (0,))]
    for ufunc, method in UFUNCS:
        if method != "__call__" or ufunc in MATRICES or not _supported(ufunc, *[f8] * ufunc.nin):
            continue
        for shapes in pairs:
            inputs = [_sample(ufunc, f8, *s, seed=i) for i, s in enumerate(shapes[: ufunc.nin])]
            smooth = _smooth(ufunc, [f8] * ufunc.nin)
            yield f"{ufunc.__name__} {shapes[: ufunc.nin]}", ufunc, inputs, smooth


def _special_values() -> Iterator[Row]:
    """Infinities, NaN and zeros of both signs."""
    for ufunc, method in UFUNCS:
        if method == "__call__" and ufunc not in MATRICES and _supported(ufunc, *["d"] * ufunc.nin):
            grid = np.meshgrid(*[SPECIAL] * ufunc.nin)
            yield f"{ufunc.__name__} special", ufunc, [g.ravel() for g in grid], False


def _with_numbers() -> Iterator[Row]:
    """Numbers of Python's, NumPy's, and plain arrays on either side."""
    others = (2, 2.5, True, np.float64(2), np.float32(2), np.int8(2), np.arange(1, 4), 1 + 2j)
    operators = (operator.add, operator.sub, operator.mul, operator.truediv, operator.pow)
    more = (operator.floordiv, operator.mod, np.maximum, np.arctan2)
    for op, other, char in itertools.product((*operators, *more), others, "fdbBlD"):
        x = abs(_sample(np.add, np.dtype(char), 3)) + np.dtype(char).type(1)
        for name, f in (
            ("x{}y", lambda x, op=op, y=other: op(x, y)),
            ("y{}x", lambda x, op=op, y=other: op(y, x)),
        ):
            try:
                with np.errstate(all="ignore"):
                    plain = np.asarray(f(x))
            except (TypeError, ValueError):
                continue
            if plain.dtype.char not in "eg" and (plain.dtype.kind != "c" or op not in NO_COMPLEX):
                smooth = char == "d" and plain.dtype.kind == "f"
                strange = op is operator.pow and isinstance(other, np.generic)
                row = (f"{name.format(op.__name__)} {char} {other!r}", f, [x], smooth)
                yield from since("2.3.0" if strange else "2.0.0", [row])


X, Y = numbers(2, 3), numbers(2, 3, seed=1)
INTS = np.array([[1, -2, 3], [4, 0, -6]])

CALCULATIONS: dict[str, tuple[Any, list[Array], bool]] = {
    "weak chain": (lambda x: (x + 0) * 2 - 1, [np.float32(0.5) * np.ones(2, "f4")], False),
    "neg pos abs": (lambda x: -x + +x * abs(x), [X], True),
    "where": (lambda x, y: np.add(x, y, where=x > 0, out=y * 1), [X, Y], True),
    "divmod out": (lambda x: np.divmod(x, 2, out=(x * 0, x * 0)), [X], True),
    "modf where": (lambda x: np.modf(x, out=(x * 1, x * 2), where=x > 0), [X], True),
    "casting": (
        lambda x: np.add(x, 1, out=np.zeros((2, 3), int, like=x), casting="unsafe"),
        [X],
        False,
    ),
    "casting dtype": (lambda x: np.add(x, 1, dtype="f4", casting="same_kind"), [X], False),
    "clip beyond": (
        lambda x: [np.clip(x, -200, 300), x.clip(-1, 1000), np.clip(x, -1e3, 1)],
        [INTS.astype("i1")],
        False,
    ),
    "frexp": (lambda x: np.frexp(x)[0], [X], True),
    "ldexp": (lambda x: np.ldexp(x, np.arange(3)), [X], True),
    "invert": (lambda x: ~x, [INTS], False),
    "invert mask": (lambda x: ~(x > 0), [X], False),
    "signed, unsigned": (
        lambda x, y: [x < y, y < x, x == y, x >= y, y != x],
        [np.array([-1, 0, 5, 2**62]), np.array([2**64 - 1, 0, 6, 2**62], np.uint64)],
        False,
    ),
    "divmod": (divmod, [X, Y], True),
    "divmod number": (lambda x: divmod(x, 2), [INTS], False),
    "rdivmod": (lambda x: divmod(7, x), [X], True),
    "compare": (lambda x, y: [x < y, x <= y, x > y, x >= y, x == y, x != y], [X, Y], False),
    **{
        f"compare {n} {dtype}": (
            lambda x, n=n: [x < n, n < x, x <= n, n >= x, x == n, x != n],
            [np.array([0, 1, 100], dtype)],
            False,
        )
        for n in (-1, 300, 2**63, 2**70)
        for dtype in (np.int8, np.uint8, np.int64)
    },
    "compare with small and large": (lambda x: [x < 1, x < 300], [np.arange(3, dtype="i1")], False),
    "reciprocal below zero": (np.reciprocal, [np.array([-3, -1, 1, 2])], False),
    "compare number": (lambda x: [x < 1, x > 1, x == 1, x != 0], [INTS], False),
    "bits": (lambda x: [x & 3, x | 8, x ^ 5, x << 2, x >> 1, 3 & x], [INTS], False),
    "masks": (lambda x, y: (x > 0) & (y > 0) | (x < y) ^ True, [X, Y], False),
    "pow 2": (lambda x: x**2, [X], True),
    "pow 3": (lambda x: x**3, [X], True),
    "pow -1": (lambda x: x**-1, [X], True),
    "pow 0": (lambda x: x**0, [X], True),
    "pow 0.5": (lambda x: x**0.5, [X + 3], True),
    "pow int": (lambda x: x**2, [INTS], False),
    "pow float of int": (lambda x: x**0.5, [abs(INTS)], False),
    "pow -1.0 of int": (lambda x: x**-1.0, [abs(INTS) + 1], False),
    "pow array": (lambda x: x ** np.arange(3), [X], True),
    "rpow": (lambda x: 2**x, [X], True),
    "rpow int": (lambda x: 2**x, [abs(INTS)], False),
    "float_power int": (lambda x: np.float_power(x, 2), [INTS], False),
    "float_power single": (lambda x: np.float_power(x, 2), [X.astype("f4")], False),
    "dtype": (lambda x, y: np.add(x, y, dtype="f4"), [X, Y], False),
    "dtype of int": (lambda x: np.multiply(x, 2, dtype=float), [INTS], False),
    "dtype unary": (lambda x: np.sqrt(x, dtype=complex), [X + 3], True),
    "in place": (lambda x: _in_place(x), [X], True),
    "clip by ufuncs": (lambda x: np.minimum(np.maximum(x, -1), 1), [X], True),
    "max with number": (lambda x: np.maximum(0, x), [X.astype("f4")], False),
    "complex number": (lambda x: x * (1 + 2j), [X.astype("f4")], False),
}


def _in_place(x: Any) -> Any:
    y = x.copy()
    y += x
    y *= 3
    y -= 1.5
    y /= x + 5
    y **= 2
    return y


def _methods() -> Iterator[Row]:
    for ufunc, method in UFUNCS:
        function = getattr(ufunc, method, None)
        for dtype in (np.dtype("d"), np.dtype("l"), np.dtype("f")):
            if not _supported(ufunc, *[dtype] * ufunc.nin):
                continue
            name = f"{ufunc.__name__}.{method} {dtype}"
            smooth = _smooth(ufunc, [dtype] * ufunc.nin) and ufunc not in KINKED
            if method == "outer":
                inputs = [_sample(ufunc, dtype, *s, seed=i) for i, s in enumerate([(2, 2), (3,)])]
                yield name, function, inputs, smooth
            elif method in ("reduce", "accumulate", "reduceat", "at"):
                x = _sample(ufunc, dtype, 3, 4)
                if method == "at" and (ufunc is np.reciprocal or not _keeps(ufunc, dtype)):
                    continue
                for options, call in _calls(ufunc, method):
                    well = (
                        smooth and options != "none" and not (ufunc in SPAN and "twice" in options)
                    )
                    row = f"{name} {options}", call, [x], well
                    if _is_defined(call, x):
                        yield row


KINKED = {np.heaviside, np.floor_divide, np.logaddexp2}
"""Whose reductions meet their own kinks, or zeros, for the numbers here."""


def _keeps(ufunc: np.ufunc, dtype: Any) -> bool:
    """Whether the results can be written where the first operand was."""
    loop = ufunc.resolve_dtypes((*(dtype,) * ufunc.nin, *(None,) * ufunc.nout))
    return np.can_cast(loop[-1], dtype, "same_kind")


def _is_defined(call: Any, x: Array) -> bool:
    """Whether NumPy does it, and what comes out has a derivative like what goes in."""
    try:
        with np.errstate(all="ignore"):
            result = np.asarray(call(x))
    except (TypeError, ValueError):
        return False
    return result.dtype.char in "?bBhHiIlLqQfdFD"


def _calls(ufunc: np.ufunc, method: str) -> Iterator[tuple[str, Any]]:
    function = getattr(ufunc, method)
    if method == "reduce":
        yield "", function
        yield "axis=-1", lambda x: function(x, -1, keepdims=True)
        yield "where", lambda x: function(x, 1, initial=x[0, 0], where=np.arange(4) != 2)
        yield "axes", lambda x: function(x, axis=(0, 1))
        yield "none", lambda x: function(x[:0], axis=0)
        yield "dtype", lambda x: function(x, dtype=np.float64)
    elif method == "accumulate":
        yield "", function
        yield "axis=1", lambda x: function(x, axis=1)
        yield "dtype", lambda x: function(x, 0, np.float64)
    elif method == "reduceat":
        yield "", lambda x: function(x, [0, 2, 1])
        yield "axis=1", lambda x: function(x, [3, 0, 0, 2], axis=1)
    else:
        operands = [()] if ufunc.nin == 1 else [(2,), (np.array([[1], [3]], np.int8),)]
        for other in operands:
            yield f"{len(other)}", lambda x, y=other: _at(function, x, ([0, 2], slice(1, 3)), *y)
            yield f"{len(other)} twice", lambda x, y=other: _at(function, x, [1, 1], *y)


def _at(function: Any, x: Any, *arguments: Any) -> Any:
    y = x.copy()
    function(y, *arguments)
    return y


def _matrices() -> Iterator[Row]:
    shapes = [((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 3), (3, 4)), ((2, 0), (0, 3))]
    shapes += [((5, 2, 3), (3, 2)), ((2, 1, 2, 3), (4, 3, 1)), ((3,), (2, 3, 4)), ((0, 3), (3, 2))]
    for a, b in shapes:
        for char in "dfD?lB":
            x, y = (_sample(np.add, np.dtype(char), *s, seed=i) for i, s in enumerate((a, b)))
            yield f"matmul {a} {b} {char}", operator.matmul, [x, y], char in "dD"
    for a, b in [((3,), (3,)), ((2, 3), (3,)), ((2, 1, 3), (4, 3)), ((2, 0), (0,))]:
        for char in "dfDl":
            x, y = (_sample(np.add, np.dtype(char), *s, seed=i) for i, s in enumerate((a, b)))
            yield f"vecdot {a} {b} {char}", np.vecdot, [x, y], char in "dD"
    if hasattr(np, "matvec"):
        for char in "dDl":
            x, y = (
                _sample(np.add, np.dtype(char), *s, seed=i) for i, s in enumerate([(5, 2, 3), (3,)])
            )
            yield f"matvec {char}", np.matvec, [x, y], char in "dD"
            yield (
                f"vecmat {char}",
                lambda x, y: np.vecmat(y, np.swapaxes(x, 1, 2)),
                [x, y],
                char in "dD",
            )
    yield "vecdot axis", lambda x, y: np.vecdot(x, y, axis=0), [X, Y], True
    yield "matmul plain", lambda x: np.ones((4, 2)) @ x, [X], True
    yield "matmul mixed", lambda x: INTS.T @ x, [X.astype("f4")], False


ROWS: list[Row] = [
    *_each_dtype(),
    *_shapes(),
    *_special_values(),
    *_with_numbers(),
    *((name, *row) for name, row in CALCULATIONS.items()),
    *_methods(),
    *_matrices(),
]
