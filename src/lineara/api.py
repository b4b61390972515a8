"""Derivatives of Python functions: `grad`, `jvp`, `vjp`, `linearize`, `jacrev`, `hessian`, ….

All of them trace the function, apply the three transformations of `lineara.transforms` to its
program, and run the result. Signatures and conventions are JAX's.

Complex numbers follow JAX: the gradient of a real function of a complex z = x + iy is
∂f/∂x − i ∂f/∂y, the *conjugate* of the direction of steepest ascent. For gradient descent
subtract ``np.conj(grad(f)(z))``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from lineara.errors import LinearityError
from lineara.frontend.arguments import (
    Arguments,
    checked_function,
    checked_tuple,
    choose,
    function_name,
)
from lineara.frontend.differentiable import (
    check_outputs,
    check_scalar,
    differentiable,
    float0,
)
from lineara.frontend.tracing import apply
from lineara.ir.program import Function
from lineara.linear_map import LinearMap, Space
from lineara.transforms.as_linear import as_linear
from lineara.transforms.batch import batch
from lineara.transforms.forget import forget
from lineara.transforms.gradient import linearize as linearize_function
from lineara.transforms.gradient import value_and_gradient
from lineara.transforms.simplify import simplify
from lineara.where import user_source

Fun = Callable[..., Any]
Argnums = int | Sequence[int] | None
Argnames = str | Sequence[str] | None


def grad(
    fun: Fun,
    argnums: Argnums = None,
    has_aux: bool = False,
    holomorphic: bool = False,
    allow_int: bool = False,
    *,
    argnames: Argnames = None,
) -> Fun:
    """The gradient of a scalar function.

    Args:
        fun: a function of arrays, or pytrees of arrays, that returns a scalar.
        argnums: which positional arguments to differentiate, one or several; by default the first.
        has_aux: whether `fun` returns a pair (scalar, auxiliary output).
        holomorphic: whether `fun` is a holomorphic function of complex arguments.
        allow_int: whether integer arguments are allowed; their gradient is of dtype `float0`.
        argnames: in place of `argnums`, the names of the arguments, however they are passed.

    Returns:
        A function of the same arguments that returns the gradient, in the structure, shapes and
        dtypes of the chosen arguments (in a tuple if `argnums` is one, in a dict by name if
        `argnames` is a sequence); with `has_aux`, the pair (gradient, auxiliary output).

    Raises:
        TypeMismatchError: at the call, if the result of `fun` is not a real scalar, an argument
            is an integer, or both `argnums` and `argnames` are given.

    >>> import numpy as np, lineara as la
    >>> la.grad(lambda x: np.sum(x**2))(np.array([1.0, 2.0]))
    array([2., 4.])
    >>> la.grad(lambda x, y: x * y, argnames=["y"])(2.0, y=3.0)
    {'y': np.float64(2.0)}
    """
    checked_function(fun, "grad")
    both = value_and_grad(fun, argnums, has_aux, holomorphic, allow_int, argnames=argnames)

    def gradient(*args: Any, **kwargs: Any) -> Any:
        value, result = both(*args, **kwargs)
        return (result, value[1]) if has_aux else result

    return _like(gradient, fun, "grad")


def value_and_grad(
    fun: Fun,
    argnums: Argnums = None,
    has_aux: bool = False,
    holomorphic: bool = False,
    allow_int: bool = False,
    *,
    argnames: Argnames = None,
) -> Fun:
    """The value of a scalar function together with its gradient; arguments as for `grad`.

    Returns:
        A function that returns (value, gradient), or ((value, aux), gradient) with `has_aux`.

    >>> import numpy as np, lineara as la
    >>> la.value_and_grad(lambda x: x**3)(2.0)
    (np.float64(8.0), np.float64(12.0))
    """
    checked_function(fun, "value_and_grad")

    def value_and_gradient_of(*args: Any, **kwargs: Any) -> Any:
        arguments = choose(fun, args, kwargs, argnums, argnames)
        active = differentiable(arguments, allow_int, holomorphic)
        recorded = arguments.record(has_aux)
        check_scalar(recorded, holomorphic)
        f = value_and_gradient(recorded.function, recorded.active(active))
        value, *rest = apply(f, [*recorded.captures, *arguments.leaves])
        extra = len(recorded.function.results) - 1
        gradients = iter(rest[extra:])
        leaves = [
            next(gradients) if is_active else np.zeros(np.shape(x), float0)
            for x, is_active in zip(arguments.leaves, active, strict=True)
        ]
        value = recorded.structure.unflatten([value])
        if recorded.aux is not None:
            value = (value, recorded.aux.filled(rest[:extra]))
        return value, arguments.unflatten(leaves)

    return _like(value_and_gradient_of, fun, "value_and_grad")


def jvp(
    fun: Fun, primals: Sequence[Any], tangents: Sequence[Any], has_aux: bool = False
) -> tuple[Any, ...]:
    """The value of a function and its derivative in one direction (forward mode).

    Args:
        fun: a function of arrays, or pytrees of arrays.
        primals: a tuple of arguments.
        tangents: a tuple of the same structure and shapes: the direction.
        has_aux: whether `fun` returns a pair (output, auxiliary output).

    Returns:
        (output, directional derivative), and the auxiliary output with `has_aux`.

    >>> import numpy as np, lineara as la
    >>> la.jvp(np.sin, (0.0,), (2.0,))
    (np.float64(0.0), np.float64(2.0))
    """
    point = _linearized(_all(fun, primals, "jvp"), has_aux)
    value, tangent = point.value, point.map(*checked_tuple(tangents, "tangents", "directions"))
    return (value, tangent, point.aux) if has_aux else (value, tangent)


def linearize(fun: Fun, *primals: Any, has_aux: bool = False) -> tuple[Any, ...]:
    """The value of a function at a point and its derivative there, as a linear map.

    The map keeps the values that it was made at, whatever happens to the arrays afterwards, and is
    cheaper to apply than `jvp`: what does not depend on the direction has been computed.

    Returns:
        (output, LinearMap from tangents of the arguments to those of the output), and the
        auxiliary output with `has_aux`.

    >>> import numpy as np, lineara as la
    >>> y, df = la.linearize(lambda x: x**2, 3.0)
    >>> df(1.0)
    np.float64(6.0)
    """
    point = _linearized(_all(fun, primals, "linearize"), has_aux)
    return (point.value, point.map, point.aux) if has_aux else (point.value, point.map)


def vjp(fun: Fun, *primals: Any, has_aux: bool = False) -> tuple[Any, ...]:
    """The value of a function at a point and the transposed derivative there (reverse mode).

    Returns:
        (output, LinearMap from cotangents of the output to a tuple of those of the arguments), and
        the auxiliary output with `has_aux`.

    >>> import numpy as np, lineara as la
    >>> y, pullback = la.vjp(lambda x, y: x * y, 2.0, 3.0)
    >>> pullback(1.0)
    (np.float64(3.0), np.float64(2.0))
    """
    point = _linearized(_all(fun, primals, "vjp"), has_aux)
    back = point.map.T
    return (point.value, back, point.aux) if has_aux else (point.value, back)


def linear_transpose(fun: Fun, *primals: Any) -> LinearMap:
    """The transpose of a linear function; `primals` are looked at for their shapes and dtypes only.

    Returns:
        The map from cotangents of the output to a tuple of cotangents of the arguments.

    Raises:
        LinearityError: if `fun` is not linear; it names the operation that breaks linearity.

    >>> import numpy as np, lineara as la
    >>> la.linear_transpose(lambda x: 3 * x, 1.0)(2.0)
    (np.float64(6.0),)
    """
    arguments = _all(fun, primals, "linear_transpose")
    differentiable(arguments, False, False)
    recorded = arguments.record()
    mask = recorded.active([True] * len(arguments.leaves))
    domain = Space(arguments.structure, arguments.types)
    codomain = Space(recorded.structure, tuple(v.type for v in recorded.function.results))
    function = _proved_linear(recorded.function, mask)
    return LinearMap(function, recorded.captures, domain, codomain).T


def jacfwd(
    fun: Fun,
    argnums: Argnums = None,
    has_aux: bool = False,
    holomorphic: bool = False,
    *,
    argnames: Argnames = None,
) -> Fun:
    """The Jacobian, column by column (forward mode): best for few inputs and many outputs.

    Returns:
        A function that returns, for each leaf of the output, the structure of the chosen
        arguments with arrays of shape ``output.shape + input.shape`` in it.

    >>> import numpy as np, lineara as la
    >>> la.jacfwd(lambda x: x**2)(np.array([1.0, 2.0]))
    array([[2., 0.],
           [0., 4.]])
    """
    checked_function(fun, "jacfwd")

    def jacobian(*args: Any, **kwargs: Any) -> Any:
        arguments = choose(fun, args, kwargs, argnums, argnames)
        point = _linearized(arguments, has_aux, holomorphic)
        columns = _on_basis(point.map.function, point.map.tape, point.map.domain)
        blocks = [
            [np.moveaxis(part, 0, -1) for part in _parts(column, point.map.domain)]
            for column in columns
        ]
        return point.jacobian(blocks)

    return _like(jacobian, fun, "jacfwd")


def jacrev(
    fun: Fun,
    argnums: Argnums = None,
    has_aux: bool = False,
    holomorphic: bool = False,
    *,
    argnames: Argnames = None,
) -> Fun:
    """The Jacobian, row by row (reverse mode): best for many inputs and few outputs.

    Results are those of `jacfwd`.

    >>> import numpy as np, lineara as la
    >>> la.jacrev(lambda x: np.sum(x**2, axis=0))(np.array([[1.0], [2.0]]))
    array([[[2.],
            [4.]]])
    """
    checked_function(fun, "jacrev")

    def jacobian(*args: Any, **kwargs: Any) -> Any:
        arguments = choose(fun, args, kwargs, argnums, argnames)
        point = _linearized(arguments, has_aux, holomorphic)
        back = point.map.T
        rows = _on_basis(back.function, back.tape, back.domain)
        parts = [_parts(row, back.domain) for row in rows]
        return point.jacobian([list(block) for block in zip(*parts, strict=True)])

    return _like(jacobian, fun, "jacrev")


def hessian(
    fun: Fun,
    argnums: Argnums = None,
    has_aux: bool = False,
    holomorphic: bool = False,
    *,
    argnames: Argnames = None,
) -> Fun:
    """The matrix of second derivatives: the forward Jacobian of the reverse one.

    Returns:
        A function that returns, in the structure of the output, and in that of the chosen
        arguments twice, arrays of shape ``output.shape + input.shape + input.shape``.

    >>> import numpy as np, lineara as la
    >>> la.hessian(lambda x: x[0] ** 2 * x[1])(np.array([1.0, 2.0]))
    array([[4., 2.],
           [2., 0.]])
    """
    checked_function(fun, "hessian")
    inner = jacrev(fun, argnums, has_aux, holomorphic, argnames=argnames)
    outer = jacfwd(inner, argnums, has_aux, holomorphic, argnames=argnames)
    return _like(outer, fun, "hessian")


def hvp(fun: Fun, primals: Sequence[Any], tangents: Sequence[Any], has_aux: bool = False) -> Any:
    """The Hessian of a scalar function times a vector: the forward derivative of the gradient.

    Args:
        fun: a function of arrays, or pytrees of arrays, that returns a scalar.
        primals: a tuple of all arguments.
        tangents: a tuple of the same structure and shapes: the vector.
        has_aux: whether `fun` returns a pair (scalar, auxiliary output).

    Returns:
        The product, a tuple like `primals`; with `has_aux`, the pair (product, auxiliary output).

    >>> import numpy as np, lineara as la
    >>> la.hvp(lambda x: np.sum(x**3), (np.array([1.0, 2.0]),), (np.array([1.0, 1.0]),))
    (array([ 6., 12.]),)
    """
    checked_function(fun, "hvp")

    def gradient(*args: Any) -> Any:
        return grad(fun, tuple(range(len(args))), has_aux)(*args)

    _, product, *aux = jvp(gradient, primals, tangents, has_aux)
    return (product, *aux) if has_aux else product


# -- what they share ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Point:
    """A function linearised at a point."""

    arguments: Arguments
    value: Any
    map: LinearMap
    aux: Any
    has_aux: bool

    def jacobian(self, blocks: Sequence[Sequence[Any]]) -> Any:
        """Blocks, by leaf of the output and leaf of the arguments, shaped and put in structure."""
        outputs, inputs = self.map.codomain, self.map.domain
        rows = [
            self.arguments.unflatten(
                [
                    np.reshape(block, t_out.shape + t_in.shape)
                    for block, t_in in zip(row, inputs.types, strict=True)
                ]
            )
            for row, t_out in zip(blocks, outputs.types, strict=True)
        ]
        result = outputs.structure.unflatten(rows)
        return (result, self.aux) if self.has_aux else result


def _all(fun: Fun, primals: Sequence[Any], verb: str) -> Arguments:
    """The arguments of a function that is differentiated in all of them, by `verb`."""
    checked_function(fun, verb)
    args = checked_tuple(primals, "primals", "arguments")
    return choose(fun, args, {}, tuple(range(len(args))))


def _proved_linear(function: Function, mask: tuple[bool, ...]) -> Function:
    """`function`, linear in the parameters of the mask.

    Raises:
        LinearityError: if it is not.
    """
    try:
        linear = as_linear(function, mask)
    except LinearityError as error:
        raise LinearityError(
            f"the function is not linear: {error.what}",
            where=error.where,
            found=error.found,
            expected=error.expected,
            remedy="leave constants and products of the arguments out of the function, or use "
            "vjp, which transposes its derivative at a point",
        ) from None
    if linear.results:
        raise LinearityError(
            "the function is not linear: an output does not depend on the arguments",
            where=user_source(),
            found=f"{len(linear.results)} of {len(function.results)} outputs constant",
            expected="outputs that are linear in the arguments",
            remedy="leave constants out of the outputs",
        )
    return linear


def _linearized(arguments: Arguments, has_aux: bool, holomorphic: bool | None = None) -> Point:
    """The function with those arguments, linearised at them.

    For Jacobians `holomorphic` says whether they are complex; None allows all types.
    """
    if holomorphic is not None:
        differentiable(arguments, False, holomorphic)
    recorded = arguments.record(has_aux)
    f = recorded.function
    outputs = tuple(v.type for v in f.results[: recorded.outputs])
    if holomorphic is not None:
        check_outputs(outputs, holomorphic)
    nonlin, lin = linearize_function(f, recorded.active([t.has_tangent for t in arguments.types]))
    operands = [*recorded.captures, *arguments.leaves]
    results = apply(simplify(nonlin), [_snapshot(x) for x in operands])
    tape = results[len(f.results) :]
    map_ = LinearMap(
        lin,
        tape,
        Space(arguments.structure, arguments.types),
        Space(recorded.structure, outputs),
    )
    value = recorded.structure.unflatten(results[: recorded.outputs])
    aux = recorded.aux and recorded.aux.filled(results[recorded.outputs : len(f.results)])
    return Point(arguments, value, map_, aux, has_aux)


def _snapshot(x: Any) -> Any:
    """An array that stays as it is now, whatever the caller does to `x` later."""
    return np.array(x) if isinstance(x, np.ndarray) else x


def _on_basis(function: Function, tape: Sequence[Any], domain: Space) -> list[Any]:
    """A linear function on every vector of the standard basis, stacked along axis 0."""
    size = domain.size
    eye = np.eye(size)
    basis = [
        part.T.reshape((size, *t.shape)).astype(t.dtype)
        for part, t in zip(_parts(eye, domain), domain.types, strict=True)
    ]
    mask = (False,) * len(function.params) + (True,) * len(function.linear_params)
    return apply(simplify(forget(batch(simplify(function), size, mask))), [*tape, *basis])


def _parts(rows: Any, space: Space) -> list[Any]:
    """Rows, one for each element of `space`, divided among its leaves."""
    ends = np.cumsum([0, *(t.size for t in space.types)])
    return [rows[start:end] for start, end in pairwise(map(int, ends))]


def _like(derivative: Fun, fun: Fun, verb: str) -> Fun:
    derivative.__wrapped__ = fun  # type: ignore[attr-defined]
    derivative.__name__ = f"{verb}_{function_name(fun)}"
    derivative.__doc__ = (
        f"{verb} of {getattr(fun, '__name__', 'a function')}.\n\n{fun.__doc__ or ''}"
    )
    return derivative
