"""Joining, splitting, repeating and padding arrays, and taking elements from them."""

from __future__ import annotations

from typing import Any

import numpy as np

from numpy_rows import Array, Row, case, numbers, since

SCALAR, V, W = numbers(), numbers(4), numbers(4, seed=1)
X, Y = numbers(3, 4), numbers(3, 4, seed=1)
CUBE = numbers(2, 3, 4)
INTS = np.array([[3, -1, 2, 0], [5, 6, -7, 1], [2, 2, 9, 4]])
SINGLE, COMPLEX = X.astype("f4"), numbers(3, 4, dtype="c16")
EMPTY = np.ones((0, 4))
KINDS = (INTS, SINGLE, COMPLEX, X > 0, INTS.astype("u1"))

Calls = dict[str, tuple[Any, list[Array]]]

JOINED: Calls = {
    "concatenate": (lambda x, y: np.concatenate([x, y]), [X, Y]),
    "concatenate 1": (lambda x, y: np.concatenate((x, y, x), axis=1), [X, Y]),
    "concatenate -1": (lambda x, y: np.concatenate((x, y), -1), [X, Y[:, :1]]),
    "concatenate None": (lambda x, y: np.concatenate((x, y), axis=None), [X, SCALAR]),
    "concatenate plain": (lambda x: np.concatenate([x, [1.0, 2.0], np.arange(3)]), [V]),
    "concatenate empty": (lambda x, y: np.concatenate([x, y]), [EMPTY, Y]),
    "concatenate dtype": (lambda x, y: np.concatenate([x, y], dtype="f4"), [X, Y]),
    "concatenate list": (lambda x: np.concatenate(list(x)), [X]),
    "concatenate array": (lambda x: np.concatenate(x), [CUBE]),
    "concatenate one": (lambda x: np.concatenate([x]), [X]),
    "stack array": (lambda x: np.stack(x, 1), [CUBE]),
    "stack numbers": (lambda x: np.stack([x, 1.0, x * x]), [SCALAR]),
    "stack 0-d": (lambda x, y: np.stack([x[0], y[0]]), [V, W]),
    "vstack mixed": (lambda x, y: np.vstack([x, y]), [V, Y]),
    "hstack numbers": (lambda x, y: np.hstack([x, 2.0, y]), [SCALAR, V]),
    "hstack plain first": (lambda x: np.hstack(([1, 2], x)), [V]),
    "dstack mixed": (lambda x, y: np.dstack([x, y]), [V, Y[:1]]),
    "column_stack mixed": (lambda x, y, z: np.column_stack((x, y, z)), [V, X.T, W]),
    "append": (np.append, [X, Y]),
    "append 0": (lambda x, y: np.append(x, y, axis=0), [X, Y]),
    "append number": (lambda x: np.append(x, 3), [V]),
    "append to plain": (lambda x: np.append([1, 2], x), [V]),
}
STACKS = [np.stack, np.vstack, np.hstack, np.dstack, np.column_stack, np.concatenate]

PARTS: Calls = {
    "split": (lambda x: np.split(x, 2), [V]),
    "split 1": (lambda x: np.split(x, 2, axis=1), [X]),
    "split -1": (lambda x: np.split(x, 4, -1), [X]),
    "split at": (lambda x: np.split(x, [1, 3]), [V]),
    "split beyond": (lambda x: np.split(x, [2, 2, 9]), [V]),
    "split back": (lambda x: np.split(x, [3, 1, -1]), [V]),
    "array_split": (lambda x: np.array_split(x, 3), [V]),
    "array_split 6": (lambda x: np.array_split(x, 6), [V]),
    "array_split 1": (lambda x: np.array_split(x, 3, 1), [X]),
    "vsplit": (lambda x: np.vsplit(x, 3), [X]),
    "hsplit": (lambda x: np.hsplit(x, 2), [X]),
    "hsplit 1-d": (lambda x: np.hsplit(x, [1]), [V]),
    "dsplit": (lambda x: np.dsplit(x, 2), [CUBE]),
    "unpack": (lambda x: list(x), [X]),
}

REPEATED: Calls = {
    **{
        f"tile {reps} {x.shape}": (lambda x, r=reps: np.tile(x, r), [x])
        for reps in (0, 2, (2,), (2, 1), (3, 1, 2), [1, 2], np.array([2, 2]), (), np.int64(2))
        for x in (SCALAR, V, X)
    },
    "tile cube": (lambda x: np.tile(x, (2, 3)), [CUBE]),
    "repeat": (lambda x: np.repeat(x, 3), [X]),
    "repeat 0": (lambda x: np.repeat(x, 2, axis=0), [X]),
    "repeat -1": (lambda x: np.repeat(x, 2, axis=-1), [CUBE]),
    "repeat counts": (lambda x: np.repeat(x, [0, 2, 1], axis=0), [X]),
    "repeat one count": (lambda x: np.repeat(x, [2], axis=1), [X]),
    "repeat number": (lambda x: np.repeat(x, 3), [SCALAR]),
    "repeat nothing": (lambda x: np.repeat(x, 0, axis=0), [X]),
    "meshgrid": (lambda x, y: np.meshgrid(x, y), [V, W[:3]]),
    "meshgrid ij": (lambda x, y: np.meshgrid(x, y, indexing="ij"), [V, W[:3]]),
    "meshgrid sparse": (lambda x, y: np.meshgrid(x, y, sparse=True), [V, W[:3]]),
    "meshgrid three": (lambda x, y, z: np.meshgrid(x, y, z), [V, W[:3], V[:2]]),
    "meshgrid one": (lambda x: np.meshgrid(x), [V]),
    "meshgrid 0-d": (lambda x, y: np.meshgrid(x, y), [SCALAR, V]),
}

MODES = ("constant", "edge", "reflect", "symmetric", "wrap")
PADDED: Calls = {
    **{
        f"pad {mode} {width} {x.shape}": (lambda x, w=width, m=mode: np.pad(x, w, m), [x])
        for mode in MODES
        for width in (0, 1, (1, 2), ((2, 1),), 6)
        for x in (V, X)
    },
    "pad 2-d": (lambda x: np.pad(x, ((1, 0), (0, 2))), [X]),
    "pad number": (lambda x: np.pad(x, 1, constant_values=2.5), [X]),
    "pad nan": (lambda x: np.pad(x, 1, constant_values=np.nan), [SINGLE]),
    "pad empty": (lambda x: np.pad(x, 1), [EMPTY]),
    "pad array": (lambda x: np.pad(x, [[1, 2], [3, 0]], mode="constant"), [X]),
    "pad traced": (lambda x, c: np.pad(x, 1, constant_values=c), [X, SCALAR]),
}

AT = np.array([2, 0, 0])
TAKEN: Calls = {
    **{
        f"take {at} {axis}": (lambda x, i=at, a=axis: np.take(x, i, axis=a), [X])
        for at in (1, -1, [2, 0], np.array([[0, 1], [2, 2]]), np.int8(1), [], AT.astype("u1"))
        for axis in (None, 0, 1, -1)
    },
    "take number": (lambda x: np.take(x, 0), [SCALAR]),
    "take of cube": (lambda x: x.take([1, 1, 0], 1), [CUBE]),
    "take_along_axis": (lambda x: np.take_along_axis(x, np.argsort(INTS, 1), 1), [X]),
    "take_along_axis 0": (lambda x: np.take_along_axis(x, np.array([[1, 0, 2, 2]]), axis=0), [X]),
    "take_along_axis None": (lambda x: np.take_along_axis(x, AT, None), [X]),
    "take_along_axis traced": (
        lambda x: np.take_along_axis(x, np.argsort(x, axis=-1), -1),
        [CUBE],
    ),
    "compress": (lambda x: np.compress([True, False, True], x, axis=0), [X]),
    "compress flat": (lambda x: np.compress([False, True, True], x), [X]),
    "compress numbers": (lambda x: x.compress([1, 0, 2], 0), [X]),
    "compress traced": (lambda x: np.compress(x > 0, x), [V]),
}

OF_TWO = (
    *("concatenate([x, y], axis=-1)", "concatenate([x, y], axis=None)", "block([x, y])"),
    *("concatenate([x, y], dtype=complex)", "stack([x, np.ones((3, 4), int)])", "stack(x)"),
    *("stack([x[0, 0], 2.0, y[1, 2]])", "vstack([x, y[0]])", "hstack([x[0, 0], y[1]])"),
    *("dstack([x[0], y[1]])", "column_stack([x[:, 0], y])", "column_stack([x[0, 0], y[0, 0]])"),
    *("append(x, 3.0)", "block([[x, y], [y, x]])", "block([[x[0], y[1, 0]]])", "block(x)"),
    *("meshgrid(x[0], y[:, 1], x[1, :2])", "meshgrid(x[0, 0], y[1])"),
    *("meshgrid(x[0], y[0], sparse=True, copy=False)", "insert(x, 1, y[0], axis=0)"),
    *("insert(x, 2, 7.0)", "insert(x, [1, 3], y[:, :2], axis=1)", "insert(x, [2, 2], 7.0)"),
    *("insert(x, -1, y[0, 0], axis=1)", "insert(x, slice(0, 2), 1.5, axis=0)"),
    "choose(np.array([0, 1, 1, 0]), (x, y))",
)
OF_CUBE = (
    *("split(x, 2, axis=-1)", "split(x, np.array([1, 3]), axis=2)", "split(x, [2, 9], axis=1)"),
    *("array_split(x, 3, axis=2)", "array_split(x, 3)", "hsplit(x, 3)", "dsplit(x, [1])"),
    *("hsplit(x[0, 0], 2)", "take(x, [5, 0, -1])", "take(x, [[1, 0], [1, 1]], axis=1)"),
    *("take(x, -1, axis=2)", "take(x, [1, 7, -9], axis=1, mode='clip')", "take(x, [True, False])"),
    *("take(x, [1, 7, -9], axis=1, mode='wrap')", "compress([True, False], x, axis=0)"),
    *("compress([False, True, True], x, axis=1)", "extract(x > 0, x)", "delete(x, 1, axis=1)"),
    *("delete(x, [0, -1], axis=2)", "delete(x, slice(0, 3, 2), axis=1)", "delete(x, 5)"),
    "delete(x, [True, False, True], axis=1)",
)
OF_MATRIX = (
    *("tile(x, (2, 1, 2))", "tile(x, (0, 2))", "repeat(x[0, 0], 3)", "pad(x, ((1, 0), (2, 3)))"),
    *("pad(x, 1, constant_values=2)", "pad(x, 1, constant_values=x[0, 0])"),
    *(
        "pad(x, 1, constant_values=(1.0, 2.0))",
        "pad(x, (7, 9), 'reflect')",
        "pad(x, (7, 9), 'wrap')",
    ),
    "pad(x, 1, constant_values=((1.0, 2.0), (3.0, 4.0)))",
    *(f"take_along_axis(x, np.argsort(x, {k}), {k})" for k in (0, 1)),
    "take_along_axis(x, np.array([[1], [0], [3]]), 1)",
)
WHOLE = (
    *("np.choose(x % 3, [1, 2.5, 4])", "np.pad(x, 1, constant_values=2.7)", "np.tile(x, 2)"),
    *("np.pad(x, 1)", "np.nonzero(x)", "np.argwhere(x)", "np.append(x, [[1.5]])"),
)

CODES = [
    *(case(f"np.{f}", X, Y) for f in OF_TWO),
    *(case(f"np.{f}", CUBE) for f in OF_CUBE),
    *(case(f"np.{f}", X) for f in OF_MATRIX),
    *(case(code, INTS, smooth=False) for code in WHOLE),
    *since("2.1.0", [case(f"np.unstack({of})", CUBE) for of in ("x", "x, axis=1", "x, axis=-1")]),
    *since("2.4.0", [case("np.pad(x, {0: 1, -1: (2, 0)})", X)]),
    *(case(f"np.choose([0, 5, -1, 1], [x, y], mode={m!r})", V, W) for m in ("wrap", "clip")),
    case("np.concatenate([x, y])", INTS, SINGLE, smooth=False),
    case("np.append(x, 2.0)", SINGLE, smooth=False),
    case("np.repeat(x, y, axis=0)", X, np.array([1, 0, 2]), smooth=False),
    case("np.array_split(x, 4)", EMPTY),
]

FOUND: Calls = {
    f"{f.__name__} {x.shape}": (lambda x, f=f: f(x > 0), [x])
    for f in (np.nonzero, np.flatnonzero, np.argwhere)
    for x in (V, X, CUBE, EMPTY)
}


def _kinds() -> list[Row]:
    rows: list[Row] = []
    for function in STACKS:
        for x in KINDS:
            smooth = x.dtype.kind == "c"
            call = lambda x, y, f=function: f([x, y])  # noqa: E731
            rows.append((f"{function.__name__} {x.dtype}", call, [x, X], smooth))
            rows.append((f"{function.__name__} {x.dtype} twice", call, [x, x], smooth))
    for function in STACKS[:-1]:
        for inputs in ([V, W], [X, Y], [CUBE, CUBE + 1]):
            call = lambda x, y, f=function: f((x, y))  # noqa: E731
            rows.append((f"{function.__name__} {inputs[0].shape}", call, inputs, True))
    for axis in (1, 2, -1, -3):
        call = lambda x, y, a=axis: np.stack([x, y], axis=a)  # noqa: E731
        rows.append((f"stack {axis}", call, [X, Y], True))
    for calls in (REPEATED, PADDED, TAKEN):
        for name in (
            "repeat 0",
            "tile (2, 1) (3, 4)",
            "pad number",
            "pad edge 1 (3, 4)",
            "take number",
        ):
            if name in calls:
                rows += [(f"{name} {x.dtype}", calls[name][0], [x], False) for x in KINDS]
    return rows


def _smooth(name: str, inputs: list[Array]) -> bool:
    return "dtype" not in name and all(x.dtype == float for x in inputs)


ROWS: list[Row] = [
    *(
        (name, *call, _smooth(name, call[1]))
        for calls in (JOINED, PARTS, REPEATED, PADDED, TAKEN)
        for name, call in calls.items()
    ),
    *CODES,
    *((name, *call, False) for name, call in FOUND.items()),
    *_kinds(),
    *(
        case(f"np.pad(x, {widths}, {mode})", X)
        for widths in ("2", "((1, 0), (0, 3))", "7")
        for mode in (
            "'linear_ramp'",
            "'linear_ramp', end_values=((1, 2), (3, 4))",
            *(f"'{m}'" for m in ("mean", "median", "maximum", "minimum")),
            "'mean', stat_length=2",
            "'maximum', stat_length=((1, 2), (2, 9))",
            "'reflect', reflect_type='odd'",
            "'symmetric', reflect_type='odd'",
        )
    ),
    *(
        case(f"np.pad(x, 2, {mode!r})", INTS, smooth=False)
        for mode in ("mean", "median", "maximum", "linear_ramp")
    ),
    case("np.pad(x, 2, 'reflect', reflect_type='odd')", INTS, smooth=False),
]
