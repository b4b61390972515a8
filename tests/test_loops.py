"""Loops and branches at their edges: lengths, dtypes, choices, iterations, and what is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import lineara as la
from lineara.errors import AxisRangeError, ShapeMismatchError, TracingError, TypeMismatchError

X = np.array([0.3, 0.7, 0.2, 0.9, 0.5])
TRACED_OR_NOT = pytest.mark.parametrize("run", [lambda f: f, la.jit], ids=["plain", "jit"])


# -- examples that do not go the same way: nobody computes what single examples would not ---------

UNEVEN: dict[str, Callable[[Any, Any], Any]] = {
    "fori_loop": lambda k, x: la.fori_loop(k, 3, lambda i, s: s + np.sin(x[i]), 0.0),
    "while_loop": lambda k, x: la.while_loop(
        lambda c: c[0] < 3, lambda c: (c[0] + 1, c[1] + np.sin(x[c[0]])), (k, 0.0)
    )[1],
    "cond": lambda k, x: la.cond(k < 3, lambda: np.sin(x[k]), lambda: 0.0),
    "switch": lambda k, x: la.switch(
        k,
        [
            lambda: x[k],
            lambda: np.sin(x[1 - k]),
            lambda: la.cond(k < 2, lambda: x[k + 5], lambda: x[k]),
            lambda: 0.0,
        ],
    ),
}
NUMBERS = {"some": [0, 2, 3, 1], "one": [3, 3, 2, 3], "none": [3, 3, 3, 3]}


@pytest.mark.parametrize("name", UNEVEN)
@pytest.mark.parametrize("numbers", NUMBERS.values(), ids=NUMBERS)
@pytest.mark.parametrize("order", [0, 1, 2])
def test_examples_are_not_led_astray(name: str, numbers: list[int], order: int) -> None:
    f = UNEVEN[name]
    derivatives = (f, la.grad(f, argnums=1), la.hessian(f, argnums=1))
    g = la.jit(derivatives[order])
    k, x = np.array(numbers), np.arange(12.0).reshape(4, 3) / 12
    single = [g(*each) for each in zip(k, x, strict=True)]
    np.testing.assert_allclose(la.vmap(g)(k, x), single, rtol=1e-14)


# -- iterations whose number nobody knows ---------------------------------------------------------


def square_root(a: Any) -> Any:
    """By Newton's method."""
    return la.while_loop(lambda s: abs(s * s - a) > 1e-13, lambda s: (s + a / s) / 2, a)


def anomaly(m: Any, e: Any) -> Any:
    """E such that E - e sin E = m, Kepler's equation, by Newton's method."""

    def residual(x: Any) -> Any:
        return x - e * np.sin(x) - m

    def improve(state: Any) -> Any:
        x, count = state
        return x - residual(x) / (1 - e * np.cos(x)), count + 1

    def going(state: Any) -> Any:
        x, count = state
        return (abs(residual(x)) > 1e-14) & (count < 50)

    return la.while_loop(going, improve, (m, 0))[0]


def test_reverse_mode_through_newtons_method() -> None:
    a = np.array([0.5, 2.0, 100.0])
    np.testing.assert_allclose(la.vmap(square_root)(a), np.sqrt(a))
    np.testing.assert_allclose(la.vmap(la.grad(square_root))(a), 0.5 / np.sqrt(a))
    second = la.vmap(la.grad(la.grad(square_root)))(a)
    np.testing.assert_allclose(second, -0.25 * a**-1.5, rtol=1e-6)


def test_reverse_mode_through_keplers_equation() -> None:
    m, e = 0.8, 0.3
    x = anomaly(m, e)
    slope = 1 - e * np.cos(x)
    np.testing.assert_allclose(
        la.grad(anomaly, (0, 1))(m, e), (1 / slope, np.sin(x) / slope), rtol=1e-12
    )
    np.testing.assert_allclose(la.hessian(anomaly)(m, e), -e * np.sin(x) / slope**3, rtol=1e-10)
    la.check_grads(anomaly, (m, e), order=2)


# -- choices --------------------------------------------------------------------------------------


@TRACED_OR_NOT
@pytest.mark.parametrize(
    "pred", [True, False, 0, 2, 0.0, 0.5, np.nan, np.int64(3), np.float32(0), np.bool_(True)]
)
def test_a_number_is_true_if_it_is_not_zero(run: Callable[..., Any], pred: Any) -> None:
    f = run(lambda p, x: la.cond(p, lambda x: 2 * x, lambda x: -x, x))
    assert f(pred, 3.0) == (6.0 if pred else -3.0)


@TRACED_OR_NOT
@pytest.mark.parametrize(
    ("index", "chosen"),
    [(-5, 0), (0, 0), (1, 1), (9, 2), (np.uint8(200), 2), (np.uint64(2**63 + 5), 2)],
)
def test_an_index_is_clamped(run: Callable[..., Any], index: Any, chosen: int) -> None:
    branches = [lambda x: x, lambda x: 10 * x, lambda x: 100 * x]
    assert run(lambda i, x: la.switch(i, branches, x))(index, 2.0) == 2.0 * 10**chosen


def test_branches_share_what_they_capture() -> None:
    program = la.trace(lambda x, p: la.cond(p, lambda: x.sum(), lambda: x.prod()))(X, True)
    (equation,) = [q for q in program.main.equations if q.op.name == "switch"]
    assert len(equation.operands) == 2  # the index, and the array once


@pytest.mark.parametrize(
    ("strong", "number"), [(np.float64(1.5), 2), (np.float32(1.5), 2.0), (np.complex128(1j), 2.0)]
)
def test_numbers_adapt_to_the_other_branch(strong: Any, number: Any) -> None:
    f = la.jit(lambda p, x: la.cond(p, lambda: x, lambda: number))
    for pred, value in ((True, strong), (False, number)):
        result = f(pred, strong)
        assert result == value
        assert result.dtype == strong.dtype


@pytest.mark.parametrize(
    "other",
    [np.arange(5), X.astype(np.float32), X.astype(np.complex128), X > 0],
    ids=lambda x: str(x.dtype),
)
def test_arrays_do_not_change_their_dtype_to_fit_the_other_branch(other: Any) -> None:
    for branches in ([lambda x: x, lambda x: other], [lambda x: other, lambda x: x]):
        with pytest.raises(TypeMismatchError, match="branches return different things"):
            la.jit(lambda i, x, b=branches: la.switch(i, b, x))(0, X)


# -- carries --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "step", "dtype"),
    [
        *[(0, 1.5, "f8"), (0, 1.5j, "c16"), (0.0, 1j, "c16"), (0, 1, "i8")],
        *[(0, np.int32(2), "i4"), (0.0, np.float32(1.5), "f4")],
    ],
)
def test_a_number_takes_the_dtype_of_what_becomes_of_it(start: Any, step: Any, dtype: str) -> None:
    loops = (
        lambda x: la.fori_loop(0, 3, lambda i, s: s + x, start),
        lambda x: la.fori_loop(0, 0, lambda i, s: s + x, start),
        lambda x: la.scan(lambda s, _: (s + x, None), start, length=3)[0],
        lambda x: la.while_loop(lambda s: abs(s) < 5, lambda s: s + x, start),
    )
    for loop in loops:
        assert la.jit(loop)(step).dtype == np.dtype(dtype)


def test_a_number_that_is_carried_can_be_compared() -> None:
    def f(x: Any) -> Any:
        return la.fori_loop(0, 5, lambda i, s: np.where(s > 2, s, s + 1), 0) * x

    assert la.jit(f)(2.0) == 6.0
    assert la.jit(lambda n: (n > 2, n == 3, n != 3))(3) == (True, True, False)


def test_a_body_is_traced_once() -> None:
    calls = []

    def body(i: Any, s: Any) -> Any:
        calls.append(i)
        return s * i

    la.trace(lambda x: la.fori_loop(0, 1000, body, x))(1.0)
    assert len(calls) == 1


# -- lengths --------------------------------------------------------------------------------------


@TRACED_OR_NOT
def test_a_scan_of_nothing(run: Callable[..., Any]) -> None:
    carry, ys = run(lambda x: la.scan(lambda c, t: (c + t.sum(), {"a": c * t}), 1.0, x))(
        np.zeros((0, 4))
    )
    assert carry == 1.0
    assert ys["a"].shape == (0, 4)
    ((), squares) = run(lambda x: la.scan(lambda c, t: (c, t * t), (), x))(np.zeros(0))
    assert squares.shape == (0,)
    mapped = run(lambda x: la.map(lambda t: (t, t > 0), x))(np.zeros((0, 2)))
    assert [(y.shape, y.dtype.kind) for y in mapped] == [((0, 2), "f"), ((0, 2), "b")]


@TRACED_OR_NOT
def test_a_scan_of_so_many_iterations(run: Callable[..., Any]) -> None:
    carry, ys = run(lambda x: la.scan(lambda c, _: (c * x, c), 1.0, length=4))(2.0)
    assert carry == 16.0
    np.testing.assert_array_equal(ys, [1.0, 2.0, 4.0, 8.0])


@TRACED_OR_NOT
@pytest.mark.parametrize(("lower", "upper"), [(0, 5), (2, 5), (-3, 2), (5, 2), (3, 3)])
def test_bounds(run: Callable[..., Any], lower: int, upper: int) -> None:
    expected = sum(i * i for i in range(lower, upper))
    body = lambda i, s: s + i * i  # noqa: E731
    assert run(lambda x: la.fori_loop(lower, upper, body, x))(0) == expected
    assert run(lambda a, b: la.fori_loop(a, b, body, 0))(lower, upper) == expected


@TRACED_OR_NOT
@pytest.mark.parametrize("unroll", [1, 2, 5, 7, True, False])
def test_unrolling_changes_no_result(run: Callable[..., Any], unroll: int | bool) -> None:
    found = run(lambda x: la.scan(lambda c, t: (c + t, c * t), 1.0, x, unroll=unroll)[1])(X)
    np.testing.assert_array_equal(found, X * (1 + np.cumsum(X) - X))


def test_derivatives_of_any_order_have_the_size_of_the_loop_body() -> None:
    def f(n: int) -> Callable[..., Any]:
        return lambda x: la.fori_loop(0, n, lambda i, s: np.sin(s * x) + i, 0.0)

    def dynamic(x: Any, n: Any) -> Any:
        return la.fori_loop(0, n, lambda i, s: np.sin(s * x) + i, 0.0)

    for derivative in (la.grad, la.hessian):
        sizes = {la.size(la.trace(derivative(f(n)))(1.0)) for n in (10, 10_000_000)}
        assert len(sizes) == 1
    la.trace(la.grad(dynamic))(1.0, 10)


# -- associative_scan -----------------------------------------------------------------------------


@TRACED_OR_NOT
@pytest.mark.parametrize("n", [0, 1, 2, 3, 8, 13])
@pytest.mark.parametrize("axis", [0, 1, -1])
@pytest.mark.parametrize("reverse", [False, True])
def test_prefixes(run: Callable[..., Any], n: int, axis: int, reverse: bool) -> None:
    shape = (n, 2) if axis == 0 else (2, n)
    x = np.arange(2.0 * n).reshape(shape)
    found = run(lambda x: la.associative_scan(np.add, x, reverse=reverse, axis=axis))(x)
    flipped = np.flip(x, axis) if reverse else x
    expected = np.cumsum(flipped, axis)
    np.testing.assert_array_equal(found, np.flip(expected, axis) if reverse else expected)


def test_prefixes_take_linear_work() -> None:
    works = [
        la.work(la.trace(la.grad(lambda x: la.associative_scan(np.multiply, x)[-1]))(np.ones(n)))
        for n in (512, 1024, 2048)
    ]
    assert works[2] < 2.1 * works[1] < 2.1 * 2.1 * works[0]


# -- what is refused, and where -------------------------------------------------------------------


def same(c: Any, t: Any) -> Any:
    return c, t


def wider(c: Any, t: Any) -> Any:
    return np.ones(2) * c, t


def no_pair(c: Any, t: Any) -> Any:
    return c


def halves(i: Any, s: Any) -> Any:
    return {"a": s["a"], "b": (s["b"][0] * 0.5,)}


def first_of(s: Any) -> Any:
    return s[0]


def is_small(s: Any) -> Any:
    return s[0] < 1


def itself(s: Any) -> Any:
    return s


def pair(x: Any) -> Any:
    return {"a": x, "b": x}


def shorter(x: Any) -> Any:
    return {"a": x, "b": x[:2]}


def only_one(x: Any) -> Any:
    return x


def cut_off(a: Any, b: Any) -> Any:
    return (a + b)[:1]


INT = np.int64(3)

AT_THE_FUNCTION: dict[str, tuple[Callable[..., Any], tuple[Any, ...], Callable[..., Any], str]] = {
    "shape": (
        lambda x: la.scan(wider, x[0], x),
        (X,),
        wider,
        "found: it returns f64[2]\n  expected: as it is given, f64[]",
    ),
    "not a pair": (lambda x: la.scan(no_pair, 0.0, x), (X,), no_pair, "(carry, y)"),
    "dtype of one leaf": (
        lambda n: la.fori_loop(0, 3, halves, {"a": n, "b": (n,)}),
        (INT,),
        halves,
        "found: it returns ['b'][0]: f64[]\n  expected: as it is given, ['b'][0]: i64[]",
    ),
    "dtype, traced bounds": (
        lambda n: la.fori_loop(0, n, halves, {"a": n, "b": (n,)}),
        (INT,),
        halves,
        "found: it returns ['b'][0]: f64[]\n  expected: as it is given, ['b'][0]: i64[]",
    ),
    "structure": (
        lambda x: la.while_loop(is_small, first_of, (x, x)),
        (np.float64(0.5),),
        first_of,
        "found: it returns *\n  expected: as it is given, (*, *)",
    ),
    "no bool": (
        lambda x: la.while_loop(itself, itself, x),
        (np.float64(0.5),),
        itself,
        "found: f64[]\n  expected: bool[]",
    ),
    "shape of prefixes": (
        lambda x: la.associative_scan(cut_off, x),
        (X,),
        cut_off,
        "found: (1,)\n  expected: (2,)",
    ),
}


@TRACED_OR_NOT
@pytest.mark.parametrize("name", AT_THE_FUNCTION)
def test_the_error_is_at_the_function(run: Callable[..., Any], name: str) -> None:
    call, arguments, guilty, text = AT_THE_FUNCTION[name]
    with pytest.raises((TypeMismatchError, ShapeMismatchError)) as caught:
        run(call)(*arguments)
    assert text in str(caught.value)
    assert caught.value.where is not None
    assert caught.value.where.file == __file__
    assert caught.value.where.line == guilty.__code__.co_firstlineno


@pytest.mark.parametrize(
    ("guilty", "text"),
    [
        (shorter, "found: branch 1 returns ['b']: f64[2]\n  expected: as branch 0 does, ['b']: f"),
        (only_one, "found: branch 1 returns *\n  expected: as branch 0 does, {a: *, b: *}"),
    ],
)
def test_the_error_is_at_the_branch(guilty: Callable[..., Any], text: str) -> None:
    for choose in (
        lambda x: la.cond(x[0] > 0, guilty, pair, x),
        lambda x: la.switch(0, [pair, guilty], x),
    ):
        with pytest.raises(TypeMismatchError) as caught:
            la.grad(lambda x, c=choose: np.sum(la.tree.leaves(c(x))[0]))(X)
        assert text.replace("{a: *, b: *}", "{'a': *, 'b': *}") in str(caught.value)
        assert caught.value.where is not None
        assert caught.value.where.line == guilty.__code__.co_firstlineno


def refused() -> Iterator[Any]:
    wrong = (ShapeMismatchError, TypeMismatchError)
    for length in (3, -1, 2.5, "five"):
        yield wrong, lambda x, n=length: la.scan(same, 0.0, x, length=n), str(length)
    for unroll in (0, -1, 2.5, "a"):
        yield wrong, lambda x, u=unroll: la.scan(same, 0.0, x, unroll=u), repr(unroll)
    yield ShapeMismatchError, lambda x: la.scan(same, 0.0, (x, x[:3])), "f64[5], f64[3]"
    yield ShapeMismatchError, lambda x: la.scan(same, 0.0), "no arrays"
    yield ShapeMismatchError, lambda x: la.scan(same, 0.0, x[0]), "f64[]"
    yield ShapeMismatchError, lambda x: la.associative_scan(np.add, (x, x[:3])), "5, 3"
    yield AxisRangeError, lambda x: la.associative_scan(np.add, x, axis=2), "axis 2"
    yield AxisRangeError, lambda x: la.associative_scan(np.add, x[0]), "axis 0"


@TRACED_OR_NOT
@pytest.mark.parametrize(("error", "call", "text"), [*refused()])
def test_wrong_lengths_are_refused(
    run: Callable[..., Any], error: type[Exception], call: Callable[..., Any], text: str
) -> None:
    with pytest.raises(error) as caught:
        run(call)(X)
    assert text in str(caught.value)
    assert caught.value.where.file == __file__  # type: ignore[attr-defined]


def test_values_in_a_body_are_refused_at_their_line() -> None:
    def body(i: Any, s: Any) -> Any:
        if s > 0:
            return s
        return -s

    with pytest.raises(TracingError, match="in the body of a loop") as caught:
        la.grad(lambda x: la.fori_loop(0, 3, body, x))(1.0)
    assert caught.value.where is not None
    assert caught.value.where.line == body.__code__.co_firstlineno + 1


def test_values_from_outside_of_a_body_are_known() -> None:
    def f(x: Any) -> Any:
        return la.fori_loop(0, 3, lambda i, s: s * 2 if x > 0 else s, x)

    assert la.grad(f)(1.0) == 8.0
    assert la.grad(f)(-1.0) == 1.0


def test_an_argument_without_arrays() -> None:
    assert la.jit(lambda nothing, x: x + 1)((), 1.0) == 2.0
