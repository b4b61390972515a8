"""Whatever Python hands to native code, the result or the error is that of the interpreter.

Each array lies between guards, which stay as they are, and so does the array; in another process
the guards are pages that nobody may touch.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from copy import copy
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

import lineara as la
from lineara import tree
from lineara.errors import LinearaError

EXAMPLES = int(os.environ.get("LINEARA_EXAMPLES", "120"))
CALLS = settings(
    max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)
GUARD, MARK = 128, 0xA5


# -- functions ------------------------------------------------------------------------------------

TABLE = np.arange(12.0).reshape(3, 4)


def _carried(x: Any, y: Any) -> Any:
    return la.fori_loop(0, 3, lambda i, s: s * 0.5 + y, x + y)


FUNCTIONS: dict[str, Callable[[Any, Any], Any]] = {
    "elementwise": lambda x, y: x * 2 + y,
    "itself": lambda x, y: {"x": x, "y": (y, x), "swapped": [y.T, x[::-1]]},
    "part": lambda x, y: (x[..., ::-1], y[-1], x.reshape(-1)[:2]),
    "sums": lambda x, y: (np.sum(x * y), np.sum(x, axis=0), np.max(y, axis=-1)),
    "sorted by NumPy": lambda x, y: np.sort(x, axis=-1) + y,
    "captured": lambda x, y: x + TABLE * y,
    "carried": _carried,
    "one by one": lambda x, y: la.scan(lambda c, r: (c + r, c * 2), y[0], x),
    "product": lambda x, y: x @ y.T,
    "gradient": lambda x, y: la.grad(lambda x: np.sum(np.sin(x) * y))(x),
}
NATIVE = {name: la.jit(f) for name, f in FUNCTIONS.items()}
REFERENCE = {name: la.jit(f, backend="numpy") for name, f in FUNCTIONS.items()}


# -- arguments ------------------------------------------------------------------------------------

SHAPES = [(), (0,), (1,), (5,), (3, 4), (4, 3), (1, 4), (3, 1), (0, 4), (2, 3, 4), (33,)]
DTYPES = ["f8", "f8", "f8", "f4", "c16", "i8", "i4", "u1", "?"]


class Own(np.ndarray):
    """A subclass that adds nothing."""


class Exporter:
    """Not an array, but it can make one."""

    def __init__(self, array: Any) -> None:
        self.array = array

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return np.array(self.array, dtype)


def guarded(shape: Sequence[int], dtype: Any, skew: int = 0) -> Any:
    """An array of zeros between guards, `skew` bytes off an aligned place."""
    dtype = np.dtype(dtype)
    size = int(np.prod(shape, dtype=int)) * dtype.itemsize
    memory = np.full(2 * GUARD + size, MARK, np.uint8)
    start = -memory.ctypes.data % 64 + 64 + skew
    memory[start : start + size] = 0
    return memory[start : start + size].view(dtype).reshape(shape)


def guards(x: Any) -> Any:
    """The memory around an array that `guarded` made, without that of the array."""
    base = x
    while isinstance(base, np.ndarray) and base.base is not None:
        base = base.base
    if not isinstance(base, np.ndarray) or base.dtype != np.uint8 or base.ndim != 1:
        return None
    low, high = np.lib.array_utils.byte_bounds(x)
    at = base.ctypes.data
    return np.concatenate([base[: max(low - at, 0)], base[high - at :]])


def filled(x: Any, values: Any) -> Any:
    x[...] = values
    return x


def _as_memmap(a: Any) -> Any:
    import tempfile

    if not a.size:
        return a
    with tempfile.TemporaryFile() as file:
        file.write(a.tobytes())
        return np.memmap(file, a.dtype, "r", shape=a.shape)


def _unlisted(dtype: Any) -> Any:
    """An equal dtype that is another object."""
    return np.dtype(dtype, metadata={"unit": "m"})


ODD: dict[str, Callable[[Any], Any]] = {
    "plain": lambda a: filled(guarded(a.shape, a.dtype), a),
    "of Fortran's order": lambda a: filled(guarded(a.shape[::-1], a.dtype).T[...], a),
    "every second": lambda a: filled(guarded((*a.shape, 2), a.dtype)[..., 0:1].squeeze(-1), a),
    "backwards": lambda a: filled(np.flip(guarded(a.shape, a.dtype))[...], a),
    "misaligned": lambda a: filled(guarded(a.shape, a.dtype, 1), a),
    "byte-swapped": lambda a: filled(guarded(a.shape, a.dtype.newbyteorder(">")), a),
    "of another dtype object": lambda a: filled(guarded(a.shape, _unlisted(a.dtype)), a),
    "one number everywhere": lambda a: (
        np.broadcast_to(a.ravel()[:1].reshape(()), a.shape) if a.size else a
    ),
    "windows": lambda a: np.lib.stride_tricks.as_strided(
        filled(guarded((64,), a.dtype), 2), a.shape, (a.itemsize,) * a.ndim
    ),
    "part of a larger one": lambda a: filled(
        guarded([n + 2 for n in a.shape], a.dtype)[(slice(1, -1),) * a.ndim + (...,)], a
    ),
    "of a subclass": lambda a: filled(guarded(a.shape, a.dtype), a).view(Own),
    "masked": lambda a: np.ma.masked_array(a, mask=np.zeros(a.shape, bool)),
    "partly masked": lambda a: np.ma.masked_array(a, mask=np.arange(a.size).reshape(a.shape) % 2),
    "a matrix": lambda a: np.matrix(a) if a.ndim == 2 else a,
    "mapped from a file": _as_memmap,
    "a list": lambda a: a.tolist(),
    "a tuple": lambda a: tuple(a.tolist()) if a.ndim else a.tolist(),
    "objects": lambda a: a.astype(object),
    "exported": Exporter,
    "a buffer": lambda a: memoryview(np.ascontiguousarray(a)),
    "NumPy's number": lambda a: a.dtype.type(3),
    "a number": lambda a: a.dtype.type(3).item(),
    "of one number": lambda a: np.array(3, a.dtype),
}
OTHERS: list[Any] = [
    *(3, -1, 2.5, True, 1j, 2**70, float("nan"), None, "text", b"bytes", ..., slice(3), {1, 2}),
    *([], [[]], [1, [2]], {}, {"a": 1.0}, (), np.float32(2), np.int8(3), np.bool_(True)),
    *(object(), np.float64, np.array("text"), np.array(None), np.array([1, None])),
    *(np.ma.masked, np.datetime64("2020-01-01"), np.broadcast_to(1.0, (10**12,)), range(3)),
    np.zeros((1,) * 40),
    *(np.zeros((3, 4), t) for t in ("f2", "g", "G", "S3", "U2", "m8[s]", "f8,i4", "V8", ">c16")),
]


CHANGES: dict[str, Callable[[Any], None]] = {
    "nothing": lambda x: None,
    "flattened": lambda x: setattr(x, "shape", (x.size,)),
    "one axis more": lambda x: setattr(x, "shape", (1, *x.shape)),
    "turned": lambda x: setattr(x, "shape", x.shape[::-1]),
    "as bytes": lambda x: setattr(x, "dtype", np.uint8),
    "as integers": lambda x: setattr(x, "dtype", np.int64),
    "byte-swapped": lambda x: setattr(x, "dtype", x.dtype.newbyteorder()),
    "shrunk": lambda x: x.resize([max(n - 1, 0) for n in x.shape], refcheck=False),
    "grown": lambda x: x.resize([n + 2 for n in x.shape], refcheck=False),
    "read-only": lambda x: x.setflags(write=False),
    "called unaligned": lambda x: x.setflags(align=False),
    "other numbers": lambda x: x.fill(7),
}


# -- outcomes -------------------------------------------------------------------------------------


def outcome(f: Callable[..., Any], args: Sequence[Any]) -> Any:
    """The result of a call, or the error: its type and what it says."""
    try:
        return f(*args)
    except LinearaError as error:
        return type(error), str(error)
    except Exception as error:
        return type(error), str(error).partition("\n")[0]


def agree(found: Any, expected: Any) -> None:
    """The same error, or the same containers of equal arrays, up to rounding."""
    assert tree.structure(found) == tree.structure(expected), (found, expected)
    for x, y in zip(tree.leaves(found), tree.leaves(expected), strict=True):
        assert type(x) is type(y), (found, expected)
        if not isinstance(y, np.ndarray | np.generic):
            assert x == y
            continue
        assert (x.dtype, x.shape) == (y.dtype, y.shape)
        exact = y.dtype.kind not in "fc"
        eps = 0 if exact else float(np.finfo(y.dtype).eps)
        scale = float(np.max(np.abs(y[np.isfinite(y)]), initial=0)) if not exact else 0
        np.testing.assert_allclose(x, y, rtol=20 * eps, atol=20 * eps * scale)


def check_call(name: str, args: Sequence[Any]) -> None:
    """Native code does what the interpreter does, to nothing but fresh memory."""
    arrays = [x for x in args if isinstance(x, np.ndarray) and x.size < 10**6]
    before = list(map(state, arrays))
    around = list(map(guards, arrays))
    found = outcome(NATIVE[name], args)
    agree(found, outcome(REFERENCE[name], args))
    assert list(map(state, arrays)) == before
    for x, guard in zip(arrays, around, strict=True):
        if guard is not None:
            np.testing.assert_array_equal(guards(x), guard)
    results = [x for x in tree.leaves(found) if isinstance(x, np.ndarray)]
    for i, x in enumerate(results):
        assert x.flags.owndata and x.flags.writeable
        assert not any(np.may_share_memory(x, y) for y in arrays + results[:i])


def state(x: Any) -> Any:
    """All that must not change about an array."""
    return np.asarray(x).tobytes(), x.shape, x.dtype, x.strides, x.flags.num


def numbers(shape: Sequence[int], dtype: Any) -> Any:
    count = int(np.prod(shape, dtype=int))
    return (np.arange(count) % 7 - 2).astype(dtype).reshape(shape)


class Argument(NamedTuple):
    """How to make an argument: a kind of ODD of a shape and a dtype, or one of OTHERS."""

    kind: str | int
    shape: tuple[int, ...] = ()
    dtype: str = "f8"

    def make(self) -> Any:
        if isinstance(self.kind, int):
            x = OTHERS[self.kind]
            return x if isinstance(x, np.ndarray) and x.size > 10**6 else copy(x)
        return ODD[self.kind](numbers(self.shape, self.dtype))


class Calls(NamedTuple):
    """Calls of a function: the arguments of each, and how they are changed afterwards."""

    name: str
    calls: list[tuple[list[Argument], str]]
    one: bool


@st.composite
def sequences(draw: Any) -> Calls:
    types = st.tuples(st.sampled_from(SHAPES), st.sampled_from(DTYPES))
    usual = draw(types)

    def argument() -> Argument:
        if draw(st.integers(0, 11)) == 11:
            return Argument(draw(st.integers(0, len(OTHERS) - 1)))
        kind = draw(st.sampled_from(list(ODD)))
        return Argument(kind, *(usual if draw(st.integers(0, 5)) < 5 else draw(types)))

    def call() -> tuple[list[Argument], str]:
        count = draw(st.sampled_from([2] * 20 + [0, 1, 3]))
        return [argument() for _ in range(count)], draw(st.sampled_from(list(CHANGES)))

    name = draw(st.sampled_from(list(FUNCTIONS)))
    return Calls(name, [call() for _ in range(draw(st.integers(1, 3)))], draw(st.booleans()))


def check_calls(calls: Calls) -> None:
    """Each call three times, since the short way is there from the third one on; then with the
    same objects changed.
    """
    for recipes, change in calls.calls:
        args = [recipe.make() for recipe in recipes]
        if calls.one:
            args = args[:1] * len(args)
        for _ in range(3):
            check_call(calls.name, args)
        for x in args:
            if isinstance(x, np.ndarray) and x.size < 10**6:
                try:
                    CHANGES[change](x)
                except (ValueError, TypeError, AttributeError):
                    continue
        for _ in range(2):
            check_call(calls.name, args)


@pytest.mark.filterwarnings("ignore")
@seed(0)
@settings(CALLS)
@given(sequences())
def test_random_calls(calls: Calls) -> None:
    check_calls(calls)


# -- pages that nobody may touch ------------------------------------------------------------------

PAGE = mmap.PAGESIZE
SIZES = [0, 1, 3, 4, 5, 7, 8, 9, 15, 17, 31, 33, 127, 129, 511, 512, 4095, 4097]


def fenced(size: int, dtype: str, at_end: bool) -> Any:
    """An array between two pages that cannot be read, right after one or right before the other."""
    dtype_ = np.dtype(dtype)
    pages = -(-size * dtype_.itemsize // PAGE) + 2
    libc = ctypes.CDLL(None, use_errno=True)
    memory = mmap.mmap(-1, pages * PAGE)
    address = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    for page in (0, pages - 1):
        assert libc.mprotect(ctypes.c_void_p(address + page * PAGE), PAGE, 0) == 0
    place = (pages - 1) * PAGE - size * dtype_.itemsize if at_end else PAGE
    return np.ndarray((size,), dtype_, memory, place)


def touch_only_arguments() -> None:
    """Calls with arrays that end, or begin, where memory does."""

    def f(x: Any, y: Any) -> Any:
        rows = la.scan(lambda c, r: (c + r, c), y[0], x) if x.size else x
        return x * 2 + y, x[::-1], np.sum(x * y), x[1::2], rows

    native, plain = la.jit(f), la.jit(f, backend="numpy")
    for dtype, sizes in {
        "f8": SIZES,
        "f4": SIZES[::5],
        "u1": SIZES[1::5],
        "c16": SIZES[2::5],
    }.items():
        for size in sizes:
            for at_end in (True, False, True):
                args = [fenced(size, dtype, at_end) for _ in range(2)]
                for x in args:
                    x[...] = numbers(x.shape, dtype)
                agree(native(*args), plain(*args))


@pytest.mark.skipif(sys.platform != "linux", reason="mprotect by way of ctypes")
def test_nothing_outside_of_arguments_is_touched() -> None:
    alone("touch_only_arguments")


def alone(name: str) -> None:
    """Runs a function of this module in a process of its own."""
    code = f"import faulthandler, test_native_calls as t; faulthandler.enable(); t.{name}()"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr


# -- processes, threads, interrupts ---------------------------------------------------------------


def fork_and_call() -> None:
    """A compiled function, and one that is not compiled yet, in the child of a fork."""
    f, x = la.jit(FUNCTIONS["gradient"]), np.linspace(0, 1, 12).reshape(3, 4)
    expected = [f(x, x) for _ in range(3)]
    child = os.fork()
    if not child:
        fresh = la.jit(FUNCTIONS["sorted by NumPy"])(x, x)
        good = np.array_equal(f(x, x), expected[0]) and np.array_equal(fresh, 2 * x)
        os._exit(0 if good else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert np.array_equal(f(x, x), expected[0])


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_forks() -> None:
    alone("fork_and_call")


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_threads(name: str) -> None:
    """Eight threads in a function at once, the first call (which compiles) included."""
    f, plain = la.jit(FUNCTIONS[name]), REFERENCE[name]
    inputs = [np.linspace(k, k + 1, 12).reshape(3, 4) for k in range(8)]
    start, wrong = threading.Barrier(8), []

    def work(x: Any) -> None:
        start.wait()
        try:
            for _ in range(20):
                agree(f(x, x + 1), plain(x, x + 1))
        except BaseException as error:
            wrong.append(error)

    threads = [threading.Thread(target=work, args=(x,)) for x in inputs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


@pytest.mark.parametrize("raised", [KeyboardInterrupt, SystemExit, GeneratorExit])
@pytest.mark.parametrize("steps", [1, 1000])
def test_interrupts_in_what_numpy_computes(raised: type[BaseException], steps: int) -> None:
    """They end the run at once, and nothing is run again."""
    calls: list[float] = []

    def host(x: Any) -> Any:
        calls.append(float(x))
        if armed and len(calls) == 5:
            raise raised
        return x

    def f(x: Any) -> Any:
        type = la.ShapeDtypeStruct((), float)
        for _ in range(5):
            x = la.fori_loop(0, steps, lambda i, x: la.pure_callback(host, type, x) + 1, x)
        return x

    g, armed = la.jit(f), True
    with pytest.raises(raised):
        g(0.0)
    assert len(calls) == 5
    armed = False
    assert g(0.0) == 5 * steps
