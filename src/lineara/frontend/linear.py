"""Linear functions whose transpose, or inverse, you know: `linear_call`, `custom_linear_solve`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lineara import tree
from lineara.errors import LinearityError, TypeMismatchError
from lineara.frontend.arguments import called, checked_function, function_name
from lineara.frontend.closures import Captures
from lineara.frontend.fitting import Fitting, line_of
from lineara.frontend.trace import current, type_of_leaf
from lineara.frontend.tracing import Recorded, apply, record, weak_type
from lineara.ir.program import Function
from lineara.ir.types import ArrayType
from lineara.ops.control.declared import LinearCall, LinearSolve
from lineara.transforms.as_linear import prove
from lineara.transforms.forget import forget
from lineara.transforms.simplify import simplify
from lineara.transforms.transpose import transpose
from lineara.where import user_source

Fun = Callable[..., Any]


def linear_call(fun: Fun, fun_transpose: Fun, residual_args: Any, linear_args: Any) -> Any:
    """``fun(residual_args, linear_args)``, for a linear function whose transpose you know.

    That the function is linear in `linear_args`, and that the two are transposes of each other, is
    your promise: it is not proved. `check_custom` compares them.

    Args:
        fun: a function of (residuals, x), linear in x.
        fun_transpose: its transpose, a function of (residuals, cotangent of the output).
        residual_args: a pytree of arrays.
        linear_args: a pytree of arrays.

    Raises:
        TypeMismatchError: if `fun_transpose` does not return what is built like `linear_args`.

    >>> import numpy as np, lineara as la
    >>> def divide(x, y):
    ...     return la.linear_call(lambda y, x: x / y, lambda y, ct: ct / y, y, x)
    >>> la.grad(divide)(8.0, 4.0), la.grad(divide, 1)(8.0, 4.0)
    (np.float64(0.25), np.float64(-0.5))
    """
    checked_function(fun, "linear_call")
    checked_function(fun_transpose, "linear_call")
    if current() is None:
        return called(fun, (residual_args, linear_args), {})
    residuals, residual_structure = tree.flatten(residual_args)
    moving, structure = tree.flatten(linear_args)
    check_moving(moving, "linear_call", "linear_args")
    count = len(residuals)

    def forward(leaves: list[Any]) -> Any:
        r = tree.unflatten(residual_structure, leaves[:count])
        return called(fun, (r, tree.unflatten(structure, leaves[count:])), {})

    recorded = _record(forward, fun, [*residuals, *moving])
    types = [v.type for v in recorded.function.results]

    def backward(leaves: list[Any]) -> Any:
        r = tree.unflatten(residual_structure, leaves[:count])
        ct = tree.unflatten(recorded.structure, leaves[count:])
        fit = Fitting(fun_transpose, "fun_transpose")
        expected = [type_of_leaf(x) for x in moving]
        return fit.leaves(called(fun_transpose, (r, ct), {}), structure, expected)

    turned = record(
        backward,
        [*map(type_of_leaf, residuals), *types],
        weak=[*map(weak_type, residuals), *[None] * len(types)],
        name=function_name(fun_transpose),
    )
    captures = Captures()
    places, places_back = captures.add(recorded), captures.add(turned)
    back = captures.closed(turned.function, places_back)
    number = len(captures) + count
    results = apply(
        captures.closed(recorded.function, places),
        [*captures.values, *residuals, *moving],
        lambda f: LinearCall(f, back, number),
    )
    return tree.unflatten(recorded.structure, results)


def custom_linear_solve(
    matvec: Fun,
    b: Any,
    solve: Fun,
    transpose_solve: Fun | None = None,
    symmetric: bool = False,
) -> Any:
    """The solution x of ``matvec(x) = b``, as `solve` finds it; arguments as in JAX.

    Args:
        matvec: a linear function from pytrees like `b` to such. It may use traced arrays from its
            surroundings; derivatives with respect to these come from the equation.
        b: the right hand side.
        solve: takes a linear function and a right hand side, returns the solution. It may be
            anything: a loop, a callback to SciPy, ….
        transpose_solve: the same for the transpose of `matvec`, which reverse mode needs.
        symmetric: whether `matvec` is its own transpose.

    Raises:
        LinearityError: if `matvec` is not linear; in reverse mode, if there is no `transpose_solve`
            and `symmetric` is false.
        TypeMismatchError: if the functions do not return something like `b`.

    >>> import numpy as np, lineara as la
    >>> A, b = np.array([[2.0, 1.0], [1.0, 3.0]]), np.array([1.0, 2.0])
    >>> def solve(matvec, b):
    ...     return np.linalg.solve(la.jacfwd(matvec)(b), b)
    >>> f = lambda A: la.custom_linear_solve(lambda x: A @ x, b, solve, symmetric=True)[0]
    >>> la.grad(f)(A)
    array([[-0.12, -0.36],
           [ 0.04,  0.12]])
    """
    for function in (matvec, solve):
        checked_function(function, "custom_linear_solve")
    if current() is None:
        return called(solve, (matvec, b), {})
    right, structure = tree.flatten(b)
    check_moving(right, "custom_linear_solve", "b")
    types = [type_of_leaf(x) for x in right]
    equation = record_like(matvec, structure, types)
    forward = equation.function
    consts = len(equation.captures)
    linear = _proved(forward, consts, matvec)
    backward = forward if symmetric else forget(simplify(transpose(simplify(linear))))
    back = solve if symmetric else transpose_solve
    captures = Captures()
    system = System(captures, structure, types)
    places = captures.add(equation)
    solvers = [system.solver(solve, forward, equation.captures, right)]
    if back is not None:
        solvers.append(system.solver(back, backward, equation.captures))
    functions = [captures.closed(f, places) for f in (forward, backward)]
    closed = [captures.closed(*solver) for solver in solvers]
    back_solve = None if back is None else closed[-1]
    results = apply(
        closed[0],
        [*captures.values, *right],
        lambda f: LinearSolve(functions[0], functions[1], f, back_solve, len(captures)),
    )
    return tree.unflatten(structure, results)


class System:
    """Linear systems in pytrees of some structure and types."""

    def __init__(
        self, captures: Captures, structure: tree.Structure, types: list[ArrayType]
    ) -> None:
        self.captures = captures
        self.structure = structure
        self.types = types

    def solver(
        self, solve: Fun, function: Function, tape: Any, given: list[Any] | None = None
    ) -> tuple[Function, tuple[int, ...]]:
        """``(captures, b) -> x``, and the places of the captures.

        Args:
            solve: takes a function and b: a right hand side, or where to start.
            function: the function, ``(tape, x) -> …``.
            tape: its first arguments, which are captures.
            given: the leaves of b, if they are known.
        """

        def call(leaves: list[Any]) -> Any:
            b = tree.unflatten(self.structure, leaves)
            x = called(solve, (self.python(function, tape), b), {})
            return Fitting(solve, "the solver").leaves(x, self.structure, self.types)

        weak = [None] * len(self.types)
        recorded = record(call, given or self.types, weak=weak, name=function_name(solve))
        return recorded.function, self.captures.add(recorded)

    def tangent_solver(
        self, solve: Fun, function: Function, lin: Function
    ) -> tuple[Function, tuple[int, ...]]:
        """``(captures, tape, b) -> x``, and the places of the captures.

        Args:
            solve: takes a linear function and b.
            function: the linear function, ``(tape, x) -> b``.
            lin: what has its tape.
        """
        count = len(lin.params)

        def call(leaves: list[Any]) -> Any:
            b = tree.unflatten(self.structure, leaves[count:])
            x = called(solve, (self.python(function, leaves[:count]), b), {})
            return Fitting(solve, "the solver").leaves(x, self.structure, self.types)

        tape = [p.type for p in lin.params]
        recorded = record(call, [*tape, *self.types], name=function_name(solve))
        return recorded.function, self.captures.add(recorded)

    def python(self, function: Function, tape: Any) -> Fun:
        """A function of `lineara`'s as one of Python's."""

        def matvec(x: Any) -> Any:
            leaves, found = tree.flatten(x)
            if found != self.structure:
                raise TypeMismatchError(
                    "the linear function of a solver takes what is built like the solution",
                    where=user_source(),
                    found=tree.described(found),
                    expected=tree.described(self.structure),
                )
            return tree.unflatten(self.structure, apply(function, [*tape, *leaves]))

        return matvec


def _proved(f: Function, consts: int, matvec: Fun) -> Function:
    mask = tuple(i >= consts for i in range(len(f.params)))
    try:
        typed = prove(f, mask)
    except LinearityError as error:
        raise LinearityError(
            f"matvec is not linear: {error.what}",
            where=error.where or line_of(matvec),
            found=error.found,
            expected=error.expected,
            remedy="leave constants out of matvec",
        ) from None
    if not all(typed.linear_results):
        raise LinearityError(
            "matvec is not linear: its output does not depend on its argument",
            where=line_of(matvec),
            found="an output that is constant",
            expected="a linear function",
        )
    return typed.function


def _record(call: Fun, fun: Fun, leaves: list[Any]) -> Recorded:
    types, weak = [type_of_leaf(x) for x in leaves], [weak_type(x) for x in leaves]
    return record(call, types, weak=weak, name=function_name(fun))


def record_like(f: Fun, structure: tree.Structure, types: list[ArrayType]) -> Recorded:
    """`f`, traced on arguments of a structure and types, which must be those of its output."""

    def call(leaves: list[Any]) -> Any:
        output = called(f, (tree.unflatten(structure, leaves),), {})
        return Fitting(f, f"the function {function_name(f)}").leaves(output, structure, types)

    return record(call, types, name=function_name(f))


def check_moving(leaves: list[Any], verb: str, name: str) -> None:
    """Refuses leaves that have no tangents."""
    for x in leaves:
        if not type_of_leaf(x).has_tangent:
            raise TypeMismatchError(
                f"{verb} takes floats or complex numbers as {name}",
                where=user_source(),
                found=f"an array of type {type_of_leaf(x)}",
                expected="a float or complex dtype",
                remedy="convert it with .astype(float), or write 1.0 instead of 1",
            )
    if not leaves:
        raise TypeMismatchError(
            f"{verb} needs an array in {name}", where=user_source(), found="no arrays"
        )
