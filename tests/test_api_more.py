"""The rest of the public functions, the pytree functions and `lineara.numpy`."""

from __future__ import annotations

import copy
import dataclasses
import functools
from typing import Any

import numpy
import pytest

import lineara as la
from lineara import numpy as np
from lineara import tree
from lineara.frontend.array import TracedArray

X = numpy.array([0.3, -0.7, 1.1])
Y = numpy.array([1.5, 0.2, -0.4])
F32 = numpy.float32([1.5, 2.5])


def assert_trees_equal(found: Any, expected: Any, rtol: float = 1e-12) -> None:
    assert tree.structure(found) == tree.structure(expected)
    for a, b in zip(tree.leaves(found), tree.leaves(expected), strict=True):
        numpy.testing.assert_allclose(a, b, rtol=rtol)
        assert numpy.asarray(a).dtype == numpy.asarray(b).dtype


def energy(x: Any, y: Any) -> Any:
    return np.sum(np.sin(x) * y**2) + x[0] * y[1]


# -- Hessian-vector products -----------------------------------------------------------------------


def test_hvp_is_the_hessian_times_the_vector() -> None:
    product = la.hvp(energy, (X, Y), (Y, X))
    h = la.hessian(energy, (0, 1))(X, Y)
    assert_trees_equal(product, tuple(row[0] @ Y + row[1] @ X for row in h))


def test_hvp_of_pytrees_with_auxiliary_output_and_inside_other_transformations() -> None:
    def f(p: Any) -> Any:
        return energy(p["x"], p["y"]), p["x"] + 1

    (product,), aux = la.hvp(f, ({"x": X, "y": Y},), ({"x": Y, "y": X},), has_aux=True)
    assert_trees_equal(tuple(product.values()), la.hvp(energy, (X, Y), (Y, X)))
    assert_trees_equal(aux, X + 1)
    outer = la.grad(lambda x: np.sum(la.hvp(energy, (x, Y), (X, Y))[0] ** 2))
    la.check_grads(outer, (X,), order=1)
    assert_trees_equal(
        la.jit(lambda x: la.hvp(energy, (x, Y), (Y, X)))(X), la.hvp(energy, (X, Y), (Y, X))
    )


# -- shapes and captures ---------------------------------------------------------------------------

SHAPES: list[tuple[str, Any, tuple[Any, ...]]] = [
    ("arrays", lambda x, y: x @ y, (numpy.ones((4, 3)), X)),
    ("a float32 and a number", lambda x, s: {"a": x * s, "b": [np.sum(x)]}, (F32, 2.0)),
    ("integers", lambda n: n // 2, (numpy.arange(3),)),
    ("pytrees", lambda p: (p["a"][0] > p["b"], None), ({"a": (X,), "b": 1.0},)),
    ("a constant", lambda x: X, (1.0,)),
    ("a derivative", lambda x: la.grad(lambda x: np.sum(x**2))(x), (F32,)),
]


def described(x: Any) -> Any:
    array = numpy.asarray(x)
    return la.ShapeDtypeStruct(array.shape, array.dtype)


@pytest.mark.parametrize(("fun", "args"), [s[1:] for s in SHAPES], ids=[s[0] for s in SHAPES])
def test_eval_shape(fun: Any, args: Any) -> None:
    expected = tree.map(described, fun(*args))
    assert la.eval_shape(fun, *args) == expected
    strong = tree.map(lambda x: x if type(x) is float else described(x), args)
    assert la.eval_shape(fun, *strong) == expected


def test_eval_shape_computes_nothing_and_takes_keywords() -> None:
    huge = la.ShapeDtypeStruct((10**9, 10**9), numpy.float64)  # type: ignore[arg-type]
    assert la.eval_shape(lambda *, x: np.sum(x, axis=0), x=huge).shape == (10**9,)
    shapes = []

    def f(x: Any) -> Any:
        shapes.append(la.eval_shape(np.outer, x, x).shape)
        return np.sum(x)

    la.grad(f)(X)
    assert shapes == [(3, 3)]


@pytest.mark.parametrize("example", [X, la.ShapeDtypeStruct((3,), numpy.dtype(float))])
def test_closure_convert_of_arrays(example: Any) -> None:
    f, consts = la.closure_convert(lambda x: {"y": X @ (Y * x)}, example)
    assert len(consts) == 2
    assert_trees_equal(f(Y, *consts), {"y": X @ (Y * Y)})
    assert_trees_equal(f(Y, *(2 * c for c in consts)), {"y": 4 * (X @ (Y * Y))})


def test_closure_convert_of_traced_arrays() -> None:
    def minimum(fun: Any, start: Any) -> Any:
        f, consts = la.closure_convert(fun, start)
        return la.grad(lambda consts: f(start, *consts))(consts)

    def outer(a: Any) -> Any:
        b = a.copy()
        b[0] = a[1]
        (gradient,) = minimum(lambda x: np.sum(b**2 * x), Y)
        f, consts = la.closure_convert(lambda x: x * b, 1.0)
        b[0] = 100.0  # too late for the capture
        return np.sum(gradient) + np.sum(f(2.0, *consts))

    def plain(a: Any) -> Any:
        b = numpy.array([1, 0, 0]) * a[1] + numpy.array([0, 1, 1]) * a
        return np.sum(2 * b * Y) + np.sum(2 * b)

    assert_trees_equal(la.value_and_grad(outer)(X), la.value_and_grad(plain)(X))


# -- flat arrays -----------------------------------------------------------------------------------

TREES: list[Any] = [
    X,
    2.0,
    {"b": X, "a": (numpy.ones((2, 3)), [None, 5.0])},
    (F32, X),
    [F32, numpy.float32(1)],
    (numpy.arange(3), X, True),
    (X, numpy.array([1 + 2j])),
    numpy.zeros((0, 3)),
    (),
]


@pytest.mark.parametrize("pytree", TREES, ids=range(len(TREES)))
def test_ravel_pytree(pytree: Any) -> None:
    flat, unravel = la.ravel_pytree(pytree)
    leaves = [numpy.asarray(x) for x in tree.leaves(pytree)]
    expected = numpy.concatenate([numpy.zeros(0), *(x.ravel() for x in leaves)])
    numpy.testing.assert_array_equal(flat, expected)
    assert_trees_equal(unravel(flat), pytree)
    for part in [*tree.leaves(unravel(flat)), flat]:
        assert not any(numpy.shares_memory(part, x) for x in leaves)


def test_ravel_pytree_of_traced_arrays() -> None:
    def f(p: Any) -> Any:
        flat, unravel = la.ravel_pytree(p)
        q = unravel(flat**2)
        return np.sum(q["a"] ** 2) + q["b"]

    point = {"a": F32, "b": numpy.float64(3.0)}
    assert_trees_equal(la.grad(f)(point), {"a": 4 * F32**3, "b": numpy.float64(6.0)}, rtol=1e-6)
    _, unravel = la.ravel_pytree(point)
    gradient = la.grad(lambda flat: np.sum(unravel(flat)["a"]))(numpy.ones(3))
    assert_trees_equal(gradient, numpy.array([1.0, 1.0, 0.0]))
    assert_trees_equal(la.ravel_pytree((X, Y))[1](numpy.ones(6, "f4")), (numpy.ones(3, "f4"),) * 2)


# -- arguments by name -----------------------------------------------------------------------------


def cubic(x: Any, y: Any = 1.0, *, z: Any = 2.0) -> Any:
    return x**2 * y**3 * z


class Method:
    def call(self, x: Any, y: Any) -> Any:
        return cubic(x, y)


CALLS: list[tuple[str, Any, tuple[Any, ...], dict[str, Any]]] = [
    ("by position", cubic, (2.0, 3.0), {}),
    ("by keyword", cubic, (2.0,), {"y": 3.0}),
    ("both by keyword", cubic, (), {"y": 3.0, "x": 2.0}),
    ("jitted", la.jit(cubic), (2.0,), {"y": 3.0}),
    ("method", Method().call, (2.0, 3.0), {}),
    ("partial", functools.partial(cubic, z=2.0), (2.0,), {"y": 3.0}),
    ("wrapped", la.grad(lambda w, x, y: w * cubic(x, y)), (1.0, 2.0, 3.0), {}),
]


@pytest.mark.parametrize(
    ("fun", "args", "kwargs"), [c[1:] for c in CALLS], ids=[c[0] for c in CALLS]
)
@pytest.mark.parametrize("transform", [la.grad, la.jacfwd, la.jacrev])
def test_argnames(transform: Any, fun: Any, args: Any, kwargs: Any) -> None:
    x_bar, y_bar = numpy.float64(216.0), numpy.float64(216.0)
    assert_trees_equal(transform(fun, argnames="y")(*args, **kwargs), y_bar)
    both = transform(fun, argnames=("y", "x"))(*args, **kwargs)
    assert_trees_equal(both, {"x": x_bar, "y": y_bar})
    assert_trees_equal(transform(fun, argnames=["x"])(*args, **kwargs), {"x": x_bar})


def test_argnames_of_keyword_only_arguments_values_and_hessians() -> None:
    assert la.value_and_grad(cubic, argnames="z")(2.0, 1.0, z=3.0) == (12.0, 4.0)
    assert la.hessian(cubic, argnames="y")(2.0, y=3.0) == 144.0
    h = la.hessian(cubic, argnames=("x", "y"))(2.0, y=3.0)
    positions = la.hessian(cubic, (0, 1))(2.0, 3.0)
    expected = {
        a: dict(zip("xy", row, strict=True)) for a, row in zip("xy", positions, strict=True)
    }
    assert_trees_equal(h, expected)
    program = la.trace(la.grad(lambda q: la.grad(cubic, argnames="y")(q, y=q)))(1.0)
    assert "q" in program.text


# -- pytrees ---------------------------------------------------------------------------------------

TREE = {"b": [1, (2, None)], "a": 3}
TUPLE = staticmethod(lambda x: isinstance(x, tuple)).__func__
TREE_CASES: list[tuple[str, Any, Any]] = [
    ("flatten", tree.flatten(TREE)[0], [3, 1, 2]),
    ("flatten is_leaf", tree.flatten(TREE, TUPLE)[0], [3, 1, (2, None)]),
    ("unflatten", tree.unflatten(tree.structure(TREE), "xyz"), {"a": "x", "b": ["y", ("z", None)]}),
    ("structure is_leaf", tree.structure(TREE, TUPLE).num_leaves, 3),
    ("map", tree.map(lambda x, y: x - y, TREE, TREE), {"b": [0, (0, None)], "a": 0}),
    ("map is_leaf", tree.map(str, [(1,), 2], is_leaf=TUPLE), ["(1,)", "2"]),
    ("map of a prefix", tree.map(lambda x, y: (x, y), [1], [(2, 3)]), [(1, (2, 3))]),
    (
        "map_with_path",
        tree.map_with_path(lambda p, x: p, [TREE]),
        [{"b": [(0, "b", 0), ((0, "b", 1, 0), None)], "a": (0, "a")}],
    ),
    ("leaves_with_path", tree.leaves_with_path(TREE, TUPLE)[2], (("b", 1), (2, None))),
    ("reduce", tree.reduce(lambda x, y: 10 * x + y, TREE), 312),
    ("reduce from", tree.reduce(max, (), 7), 7),
    ("reduce is_leaf", tree.reduce(lambda n, x: n + len(x), [(1, 2), (3,)], 0, is_leaf=TUPLE), 3),
    ("all", (tree.all(TREE), tree.all([1, 0]), tree.all(())), (True, False, True)),
    ("all is_leaf", tree.all([(0,)], is_leaf=TUPLE), True),
    (
        "transpose",
        tree.transpose(tree.structure((0, 0)), tree.structure([0]), ([1], [2])),
        [(1, 2)],
    ),
    (
        "transpose deep",
        tree.transpose(tree.structure([0]), None, [TREE]),
        {"b": [[1], ([2], None)], "a": [3]},
    ),
    ("transpose of nothing", tree.transpose(tree.structure(()), tree.structure([0]), ()), [()]),
]


@pytest.mark.parametrize(
    ("found", "expected"), [c[1:] for c in TREE_CASES], ids=[c[0] for c in TREE_CASES]
)
def test_tree(found: Any, expected: Any) -> None:
    assert found == expected


def test_registered_nodes() -> None:
    class Stack:
        def __init__(self, label: str, *parts: Any) -> None:
            self.label, self.parts = label, parts

    tree.register_node(
        Stack, lambda s: (s.parts, s.label), lambda label, parts: Stack(label, *parts)
    )
    gradient = la.grad(lambda s: np.sum(s.parts[0] * s.parts[1]))(Stack("label", X, Y))
    assert gradient.label == "label"
    assert_trees_equal(gradient.parts, (Y, X))
    assert tree.structure(Stack("a", 1)) != tree.structure(Stack("b", 1))
    assert tree.transpose(tree.structure([0]), None, [Stack("a", 1)]).parts == ([1],)


def test_registered_dataclass_with_meta_fields() -> None:
    @dataclasses.dataclass
    class Layer:
        weights: Any
        activation: str = "tanh"

    tree.register_dataclass(Layer, data_fields=["weights"], meta_fields=["activation"])
    gradient = la.jit(la.grad(lambda m: np.sum(getattr(np, m.activation)(m.weights))))(
        Layer(X, "sin")
    )
    assert gradient.activation == "sin"
    assert_trees_equal(gradient.weights, numpy.cos(X))
    assert tree.leaves_with_path(Layer(1)) == [(("weights",), 1)]


# -- lineara.numpy ---------------------------------------------------------------------------------


def written(make: Any) -> Any:
    """A function that writes to what `make` makes."""

    def f(x: Any) -> Any:
        a = make()
        a[0] = x[0]
        return a * 1.0

    return f


CREATIONS: dict[str, Any] = {
    "zeros": lambda: np.zeros(3),
    "zeros with keywords": lambda: np.zeros(shape=(3, 2), dtype=float, order="F"),
    "ones": lambda: np.ones((3, 2)),
    "empty": lambda: 0 * np.empty((3,)) + 1,
    "full": lambda: np.full(3, 2.5),
    "full of an array": lambda: np.full((2, 3), [1.0, 2.0, 3.0]),
    "zeros_like": lambda: np.zeros_like(a=X, subok=False),
    "full_like": lambda: np.full_like(X, 3),
    "eye": lambda: np.eye(3, k=1),
    "identity": lambda: np.identity(2),
    "tri": lambda: np.tri(3),
    "arange": lambda: np.arange(4.0),
    "linspace": lambda: np.linspace(0, 1, 5),
    "linspace retstep": lambda: np.linspace(0, 1, 5, retstep=True)[0],
    "logspace": lambda: np.logspace(0, 1, 3),
    "array": lambda: np.array([[1.0, 2.0], [3.0, 4.0]]),
    "asarray": lambda: np.asarray([1.0, 2.0]),
    "copy": lambda: np.copy(X),
    "fromfunction": lambda: np.fromfunction(lambda i: i / 2, (3,)),
    "r_": lambda: np.r_[0:3, 5.0],
    "c_": lambda: np.c_[[1.0, 2.0], [3.0, 4.0]],
}


@pytest.mark.parametrize("make", CREATIONS.values(), ids=CREATIONS)
def test_new_arrays_can_be_written_to(make: Any) -> None:
    f = written(make)
    assert isinstance(make(), numpy.ndarray)
    for call in (f, la.jit(f)):
        value, tangent = la.jvp(call, (X,), (Y,))
        assert_trees_equal(value, f(X))
        assert_trees_equal(tangent, f(Y) - f(0 * Y))


LISTS: dict[str, Any] = {
    "array": lambda x, a: np.array([x, 1.0, a[0]]),
    "nested": lambda x, a: np.array([[x, 1.0], (a[0], a[1])]),
    "rows": lambda x, a: np.array([a, [x, 2, 3]]),
    "dtype": lambda x, a: np.array([x, 1], dtype=np.float32),
    "ndmin": lambda x, a: np.array([x, x], ndmin=2),
    "asarray": lambda x, a: np.asarray((x, 2.0)),
    "asarray of an array": lambda x, a: np.asarray(a),
    "mean": lambda x, a: np.mean([x, 1.0, a[1]]),
    "sum of a tuple": lambda x, a: np.sum((x, a[1])),
    "sum with an axis": lambda x, a: np.sum([[x, 1.0], [2.0, x]], axis=(0, 1)),
    "keyword": lambda x, a: np.mean(a=[x, 1.0]),
    "ufunc": lambda x, a: np.sin([x, 2.0]),
    "ufunc of two": lambda x, a: np.add([x, 2.0, 1.0], a),
    "ufunc method": lambda x, a: np.multiply.reduce([x, x, 3.0]),
    "outer": lambda x, a: np.add.outer([x, 1.0], [x, a[0]]),
    "where": lambda x, a: np.where([True, False], [x, 1.0], [2.0, x]),
    "concatenate": lambda x, a: np.concatenate([a, [x, 1.0]]),
    "ragged stack": lambda x, a: np.hstack((a, [x], numpy.ones(2))),
    "stack": lambda x, a: np.stack([[x, 1.0], [2.0, x]], axis=1),
    "block": lambda x, a: np.block([[a, a], [a, a]]),
    "dot": lambda x, a: np.dot([x, 1.0, 2.0], a),
    "einsum": lambda x, a: np.einsum("i,i", [x, 1.0, 2.0], a),
    "linalg.norm": lambda x, a: np.linalg.norm([x, 1.0]),
    "linalg.solve": lambda x, a: np.linalg.solve([[x, 1.0], [0.0, 2.0]], [x, a[0]]),
    "reshape": lambda x, a: np.reshape([x, 1.0, 2.0, x], (2, 2)),
    "select": lambda x, a: np.select([a > 0, a < 0], [a * x, a]),
    "full": lambda x, a: np.full((2, 3), x),
    "full of a list": lambda x, a: np.full((3, 2), [x, 1.0]),
    "linspace": lambda x, a: np.linspace(x, 2 * x, 5),
    "linspace of lists": lambda x, a: np.linspace([x, 0.0], [1.0, x], 4),
    "diag": lambda x, a: np.diag([x, 1.0]),
    "r_": lambda x, a: np.r_[x, a, 1.0, 0:2, [x, 3.0]],
    "r_ of one": lambda x, a: np.r_[x],
    "r_ of rows": lambda x, a: np.r_[a[None], a[None]],
    "r_ float32": lambda x, a: np.r_[a.astype(np.float32), 1.0],
    "c_": lambda x, a: np.c_[a, [x, 1.0, 2.0], np.ones((3, 2))],
    "c_ of numbers": lambda x, a: np.c_[x, 1.0],
    "for loop": lambda x, a: sum(a[i] * i for i in np.arange(3)),
    "index": lambda x, a: a[np.array([2, 0])] * x,
    "shape": lambda x, a: np.ones(a.shape) * np.zeros((a.shape[0], 1)) + a,
    "constants": lambda x, a: np.pi * x + np.float64(1.0) + np.arange(3)[1],
}


@pytest.mark.parametrize("f", LISTS.values(), ids=LISTS)
def test_lists_with_traced_values(f: Any) -> None:
    x = numpy.float64(0.8)
    expected = f(x, X)
    value, tangent = la.jvp(f, (x, X), (numpy.float64(1.0), Y))
    assert_trees_equal(value, expected, rtol=1e-6)
    h, rtol = (1e-2, 1e-4) if value.dtype == "f4" else (1e-6, 1e-6)
    numerical = (f(x + h, X + h * Y) - f(x - h, X - h * Y)) / (2 * h)
    numpy.testing.assert_allclose(tangent, numerical, rtol=rtol)
    assert_trees_equal(la.jit(f)(x, X), expected, rtol=1e-6)


CONVERSIONS: dict[str, Any] = {
    "asarray": lambda a: np.asarray(a),
    "asarray with its dtype": lambda a: np.asarray(a, float),
    "asarray with another dtype": lambda a: np.asarray(a, np.float32),
    "asarray of a view": lambda a: np.asarray(a[1:]),
    "asarray copied": lambda a: np.asarray(a, copy=True),
    "asarray in order": lambda a: np.asarray(a.T, order="C"),
    "asanyarray": lambda a: np.asanyarray(a, dtype=float),
    "ascontiguousarray": lambda a: np.ascontiguousarray(a),
    "ascontiguousarray of a view": lambda a: np.ascontiguousarray(a[1:]),
    "ascontiguousarray of a transpose": lambda a: np.ascontiguousarray(a.T),
    "array": lambda a: np.array(a),
    "array not copied": lambda a: np.array(a, copy=None),
}


@pytest.mark.parametrize("convert", CONVERSIONS.values(), ids=CONVERSIONS)
def test_conversions_share_memory_where_numpys_do(convert: Any) -> None:
    def f(x: Any) -> Any:
        a = np.zeros((3, 2))
        b = convert(a)
        b[0, 1] = x
        a[1, 1] = 2 * x
        return [a * 1.0, b * 1.0]

    value, tangent = la.jvp(f, (3.0,), (1.0,))
    assert_trees_equal(value, f(3.0))
    assert_trees_equal(tangent, f(1.0))


def test_what_shares_memory_in_other_ways_is_not_written_to() -> None:
    def f(x: Any) -> Any:
        a = np.zeros(2)
        np.array(a, copy=None, ndmin=2)[0, 0] = x
        return a

    with pytest.raises(la.LinearaError, match="written to"):
        la.jvp(f, (1.0,), (1.0,))


def test_outside_of_traces_everything_is_numpys() -> None:
    assert type(np.zeros(3)) is numpy.ndarray
    assert np.float64 is numpy.float64
    assert np.random is numpy.random
    assert np.sin is np.sin
    assert copy.copy(np.sin)(0.0) == 0.0
    assert repr(np.add) == repr(numpy.add)
    assert set(dir(numpy)) <= set(dir(np))
    assert np.__version__ == numpy.__version__
    assert np.add.nin == 2
    for missing in (lambda: np.nonsense, lambda: np.linalg.nonsense, lambda: np.__path__):
        with pytest.raises(AttributeError):
            missing()


def test_what_is_no_array_of_numbers_stays_as_it_is() -> None:
    def f(x: Any) -> Any:
        assert type(np.array(["text"])) is numpy.ndarray
        assert type(np.zeros(2, dtype=object)) is numpy.ndarray
        assert type(np.random.default_rng(0).normal(size=2)) is numpy.ndarray
        assert isinstance(np.array([1, 2]), TracedArray)
        return x

    la.jit(f)(1.0)


def test_in_nested_traces_new_arrays_belong_to_the_innermost() -> None:
    def f(x: Any) -> Any:
        def g(y: Any) -> Any:
            a = np.zeros(2)
            a[0], a[1] = x * y, y**2
            return np.sum(np.array([a[0], x, y]) * a[1])

        return la.grad(g)(x)

    la.check_grads(f, (1.3,), order=2)


# -- errors ----------------------------------------------------------------------------------------


@dataclasses.dataclass
class Named:
    a: Any
    b: Any


class Plain:
    pass


ERRORS: dict[str, tuple[Any, str]] = {
    "hvp of an array": (lambda: la.hvp(np.sum, X, X), "primals"),
    "hvp of a vector": (lambda: la.hvp(np.sin, (X,), (X,)), "scalar"),
    "value in eval_shape": (lambda: la.eval_shape(lambda x: x if x > 0 else -x, 1.0), "number"),
    "text in eval_shape": (lambda: la.eval_shape(lambda x: x, "text"), "numbers"),
    "shape": (lambda: la.ShapeDtypeStruct(3, numpy.dtype(float)), "tuple of lengths"),  # type: ignore[arg-type]
    "negative shape": (lambda: la.ShapeDtypeStruct((-3,), numpy.dtype(float)), "lengths"),
    "dtype": (lambda: la.ShapeDtypeStruct((3,), numpy.dtype("U3")), "no place"),
    "value in closure_convert": (
        lambda: la.closure_convert(lambda x: x if x > 0 else -x, 1.0),
        "number",
    ),
    "without consts": (lambda: la.closure_convert(lambda x: x * X, 1.0)[0](1.0), "structure"),
    "other shape": (lambda: la.closure_convert(np.sin, X)[0](X[:2]), "type"),
    "unravel": (lambda: la.ravel_pytree(X)[1](numpy.ones(4)), "flat"),
    "unravel a matrix": (lambda: la.ravel_pytree(X)[1](numpy.ones((3, 1))), "flat"),
    "unravel mixed": (lambda: la.ravel_pytree((X, F32))[1](numpy.ones(5, "f4")), "common dtype"),
    "ravel text": (lambda: la.ravel_pytree("text"), "numbers"),
    "both": (lambda: la.grad(cubic, 0, argnames="x")(1.0), "both given"),
    "unknown name": (lambda: la.grad(cubic, argnames="q")(1.0), "'q'"),
    "name not passed": (lambda: la.jacfwd(cubic, argnames="y")(1.0), "'y'"),
    "names unknown": (lambda: la.grad(numpy.frompyfunc(abs, 1, 1), argnames="u")(1.0), "'u'"),
    "no name": (lambda: la.jacrev(cubic, argnames=1)(1.0), "argnames"),  # type: ignore[arg-type]
    "names of no names": (lambda: la.hessian(cubic, argnames=(1,))(1.0), "argnames"),  # type: ignore[arg-type]
    "no dataclass": (lambda: tree.register_dataclass(Plain), "dataclass"),
    "fields missing": (lambda: tree.register_dataclass(Named, ["a"], []), "each field"),
    "fields twice": (lambda: tree.register_dataclass(Named, ["a", "b"], ["a"]), "each field"),
    "only data fields": (lambda: tree.register_dataclass(Named, ["a", "b"]), "together"),
}

WRONG: dict[str, tuple[Any, str]] = {
    "ragged": (lambda x: np.array([x, [1.0, 2.0]]), "same shape"),
    "text": (lambda x: np.array([x, "text"]), "numbers"),
    "objects": (lambda x: np.array([x, None]), "numbers"),
    "dtype=object": (lambda x: np.array([x, x], dtype=object), "dtype object"),
    "directions": (lambda x: np.r_["0,2", x, x], "directions"),
    "unsupported": (lambda x: np.lcm([x, x], [x, x]), "lcm"),
    "float of": (lambda x: np.float64(x), "derivative"),
    "ragged sum": (lambda x: np.sum([[x], [x, x]]), "same shape"),
    "complex into real": (lambda x: written(lambda: np.zeros(2))(np.array([x * 1j])), "complex"),
    "length": (lambda x: np.zeros(x), "integer"),
}


@pytest.mark.parametrize(("call", "message"), ERRORS.values(), ids=ERRORS)
def test_errors(call: Any, message: str) -> None:
    with pytest.raises(la.LinearaError, match=message) as caught:
        call()
    assert caught.value.remedy or caught.value.expected


@pytest.mark.parametrize(("fun", "message"), WRONG.values(), ids=WRONG)
def test_wrong_uses_of_numpy(fun: Any, message: str) -> None:
    with pytest.raises(la.LinearaError, match=message) as caught:
        la.jvp(fun, (1.0,), (1.0,))
    assert caught.value.where is not None
    assert caught.value.where.file == __file__
    assert caught.value.remedy or caught.value.expected


def test_trace_takes_keywords_and_methods() -> None:
    class Model:
        def loss(self, x: Any, k: Any = 2.0) -> Any:
            return x * k

    program = la.trace(Model().loss)(3.0, k=4.0)
    assert [p.hint for p in program.main.params] == ["x", "k"]
    assert program(5.0, 6.0) == 30.0
