"""Functions that are defined by an equation: solutions, and their derivatives.

Whatever finds a solution, its derivative follows from the equation alone, by the implicit function
theorem: f(a, x) = 0 gives ∂f/∂x · x' = −∂f/∂a · a', a linear equation for the tangent x'. So the
solver is a black box, and derivatives of any order cost linear solves only.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from lineara import tree
from lineara.frontend.abstract import closure_convert
from lineara.frontend.arguments import called, checked_function, function_name
from lineara.frontend.callback import pure_callback
from lineara.frontend.closures import Captures
from lineara.frontend.control import while_loop
from lineara.frontend.core import apply as emit
from lineara.frontend.core import convert
from lineara.frontend.linear import System, check_moving, record_like
from lineara.frontend.ravel import ravel_pytree
from lineara.frontend.trace import current, type_of_leaf
from lineara.frontend.tracing import Recorded, apply, record
from lineara.frontend.vmap import vmap
from lineara.ir.builder import Builder
from lineara.ir.program import Function
from lineara.ir.types import ArrayType
from lineara.ops.control.call import Call
from lineara.ops.control.custom import CustomCall
from lineara.ops.control.declared import LinearSolve
from lineara.ops.creation import Iota
from lineara.ops.packages import INDEX
from lineara.transforms.forget import forget
from lineara.transforms.gradient import linearize
from lineara.transforms.jvp import derive
from lineara.transforms.simplify import simplify
from lineara.transforms.transpose import transpose
from lineara.where import user_source

Fun = Callable[..., Any]


# -- equations ------------------------------------------------------------------------------------


def root(f: Fun, x0: Any, solve: Fun | None = None, tangent_solve: Fun | None = None) -> Any:
    """A solution x of ``f(x) = 0``, with derivatives by the implicit function theorem.

    Args:
        f: a function from pytrees like `x0` to such. It may use traced arrays from its
            surroundings, which the solution is differentiated with respect to.
        x0: where to start; the solution is taken not to depend on it.
        solve: takes `f` and `x0`, returns the solution. It may be anything: a loop, a solver of
            SciPy's in `host_solver`, …. By default Newton's method, with NaN where it does not
            converge.
        tangent_solve: takes a linear function and a right hand side, returns the solution of the
            linear system: how derivatives are found. By default the matrix is built and factored.

    Raises:
        TypeMismatchError: if `f` or `solve` does not return something like `x0`.

    >>> import numpy as np, lineara as la
    >>> sqrt = lambda a: la.root(lambda x: x**2 - a, 1.0)
    >>> sqrt(4.0), la.grad(sqrt)(4.0), la.grad(la.grad(sqrt))(4.0)
    (np.float64(2.0), np.float64(0.25), np.float64(-0.03125))
    """
    checked_function(f, "root")
    if solve is not None and current() is None:
        return called(solve, (f, x0), {})
    return _solution(f, x0, solve or _newton, tangent_solve or dense_solve, "root")


def fixed_point(
    f: Fun,
    x0: Any,
    solve: Fun | None = None,
    tangent_solve: Fun | None = None,
    *,
    tol: float | None = None,
    max_steps: int = 10_000,
) -> Any:
    """A solution x of ``f(x) = x``, with derivatives by the implicit function theorem.

    Args:
        f: a function from pytrees like `x0` to such; see `root`.
        x0: where to start; the solution is taken not to depend on it.
        solve: takes `f` and `x0`, returns the solution. By default `f` is applied again and again,
            until no element changes by more than `tol` times 1 + the largest one; NaN if
            `max_steps` are not enough.
        tangent_solve: how linear systems for derivatives are solved, as for `root`.
        tol: by default 64 units in the last place.
        max_steps: how often `f` is applied at most.

    >>> import numpy as np, lineara as la
    >>> f = lambda a: la.fixed_point(lambda x: np.cos(a * x), 1.0)
    >>> round(float(f(1.0)), 6), round(float(la.grad(f)(1.0)), 6)
    (0.739085, -0.297474)
    """
    checked_function(f, "fixed_point")
    if solve is not None and current() is None:
        return called(solve, (f, x0), {})

    def residual(x: Any) -> Any:
        return tree.map(lambda new, old: new - old, called(f, (x,), {}), x)

    def iterate(_: Fun, x: Any) -> Any:
        return _iterated(lambda x: called(f, (x,), {}), x, tol, max_steps)

    def given(_: Fun, x: Any) -> Any:
        return called(solve, (f, x), {})  # type: ignore[arg-type]

    solver = iterate if solve is None else given
    return _solution(residual, x0, solver, tangent_solve or dense_solve, "fixed_point")


def _solution(f: Fun, x0: Any, solve: Fun, tangent_solve: Fun, verb: str) -> Any:
    for function in (solve, tangent_solve):
        checked_function(function, verb)
    start, structure = tree.flatten(x0)
    check_moving(start, verb, "x0")
    types = [type_of_leaf(x) for x in start]
    captures = Captures()
    system = System(captures, structure, types)
    equation = record_like(f, structure, types)
    places = captures.add(equation)
    solver = system.solver(solve, equation.function, equation.captures, start)
    _, lin = _linearized(equation)
    solvers = [
        system.tangent_solver(tangent_solve, forget(simplify(g)), lin)
        for g in (lin, transpose(simplify(lin)))
    ]
    count = len(captures)
    solving = captures.closed(*solver)
    forward, backward = (captures.closed(*pair) for pair in solvers)

    def make() -> Function:
        return _implicit_rule(captures.closed, equation, places, forward, backward, count)

    key = ("implicit", equation.function, places, forward, backward, count)
    rule = solving.memoized(key, make)
    results = apply(solving, [*captures.values, *start], lambda g: CustomCall(g, rule))
    return tree.unflatten(structure, results)


def _linearized(equation: Recorded) -> tuple[Function, Function]:
    """``(captures, x) -> (y, tape)`` and ``(tape; x') -> (; y')``."""
    count = len(equation.captures)
    active = tuple(i >= count for i in range(len(equation.function.params)))
    return linearize(equation.function, active)


def _implicit_rule(
    close: Callable[[Function, tuple[int, ...]], Function],
    equation: Recorded,
    places: tuple[int, ...],
    forward: Function,
    backward: Function,
    count: int,
) -> Function:
    """The rule ``(c, x0, x; c', x0') -> (; x')`` of a solution x; x0' does not matter.

    Args:
        close: makes functions take all captures c.
        equation: the function that is zero.
        places: of its captures.
        forward: ``(c, tape, b)`` to the solution of the linearised equation.
        backward: the same for its transpose.
        count: how many captures there are.
    """
    f = close(equation.function, places)
    nonlin, lin = _linearized(equation)
    n = len(f.params) - count
    b = Builder(f"{f.name}.implicit")
    b.source = user_source()
    c = [b.parameter(p.type, p.hint) for p in f.params[:count]]
    for p in f.params[count:]:
        b.parameter(p.type)
    x = [b.parameter(p.type, p.hint) for p in f.params[count:]]
    dots = [b.linear_parameter(p.type, p.hint) for p in f.params[:count] if p.type.has_tangent]
    for p in f.params[count:]:
        b.linear_parameter(p.type)
    tape = Call(close(nonlin, places)).all(*c, *x)[n:]
    active = tuple(i < count and p.type.has_tangent for i, p in enumerate(f.params))
    derived = derive(f, active)
    slopes = iter(Call(derived.function).all(*c, *x, *dots)[n:])
    right = [
        -next(slopes) if moves else b.zero(p.type)
        for p, moves in zip(f.params[count:], derived.with_tangent, strict=True)
    ]
    matvec, vecmat = (close(forget(simplify(g)), ()) for g in (lin, transpose(simplify(lin))))
    op = LinearSolve(matvec, vecmat, forward, backward, count + len(tape))
    return b.build(op.all(*c, *tape, *right))


# -- solvers --------------------------------------------------------------------------------------


def dense_solve(matvec: Fun, b: Any) -> Any:
    """The solution of ``matvec(x) = b`` by way of the matrix of `matvec`."""
    flat, unravel = _raveled(b)
    n = type_of_leaf(flat).size
    square = ArrayType(INDEX.dtype, (n, n))
    eye = convert(np.equal(emit(Iota(square, 0)), emit(Iota(square, 1))), type_of_leaf(flat).dtype)
    columns = vmap(lambda e: _raveled(matvec(unravel(e)))[0])(eye)
    return unravel(np.linalg.solve(np.transpose(columns), flat))


def _raveled(x: Any) -> tuple[Any, Fun]:
    """The leaves of a pytree as one flat array, and what takes it apart: `ravel_pytree`, but
    without equations that one leaf does not need.
    """
    leaves, structure = tree.flatten(x)
    if len(leaves) > 1:
        return ravel_pytree(x)
    shape = type_of_leaf(leaves[0]).shape
    return np.reshape(leaves[0], -1), lambda flat: structure.unflatten([np.reshape(flat, shape)])


def _newton(f: Fun, x0: Any) -> Any:
    """Newton's method: quadratic convergence, so that the last step shows how exact x is."""
    flat, unravel = _raveled(x0)

    def residual(x: Any) -> Any:
        return _raveled(f(unravel(x)))[0]

    def step(x: Any) -> Any:
        equation = record(lambda leaves: residual(leaves[0]), [type_of_leaf(x)])
        nonlin, lin = _linearized(equation)
        value, *tape = apply(nonlin, [*equation.captures, x])
        slope = forget(simplify(lin))
        return x - dense_solve(lambda v: apply(slope, [*tape, v])[0], value)

    tol = float(np.sqrt(np.finfo(flat.dtype).eps))
    return unravel(_iterated(step, flat, tol, 50))


def _iterated(step: Fun, x0: Any, tol: float | None, max_steps: int) -> Any:
    """X after enough steps, NaN if there are not enough of them."""
    if tol is None:
        tol = 64 * max(float(np.finfo(type_of_leaf(x).dtype).eps) for x in tree.leaves(x0))

    def far(x: Any, before: Any) -> Any:
        """Not ``<=``: it is true of NaN."""
        pairs = zip(tree.leaves(x), tree.leaves(before), strict=True)
        changes = [
            (np.max(np.abs(a - b), initial=0.0), np.max(np.abs(a), initial=0.0)) for a, b in pairs
        ]
        near = [np.logical_and(d <= tol * (1 + size), d < np.inf) for d, size in changes]
        return np.logical_not(functools.reduce(np.logical_and, near))

    def body(state: Any) -> Any:
        x, _, k = state
        after = step(x)
        return after, far(after, x), k + 1

    state = while_loop(lambda s: np.logical_and(s[1], s[2] < max_steps), body, (x0, True, 0))
    return tree.map(lambda x: np.where(state[1], np.nan, x).astype(x.dtype), state[0])


def host_solver(solve: Fun) -> Fun:
    """A solver that runs as Python code on NumPy arrays, for `root`, `fixed_point` and
    `custom_linear_solve`.

    Args:
        solve: takes a function of arrays, or pytrees of arrays, and a point or right hand side;
            returns the solution. SciPy's solvers are meant.

    Returns:
        A solver of the same arguments that can be part of a program.

    >>> import numpy as np, lineara as la
    >>> from scipy.optimize import brentq
    >>> solve = la.host_solver(lambda f, x0: brentq(f, 0.0, 10.0))
    >>> cbrt = lambda a: la.root(lambda x: x**3 - a, 1.0, solve)
    >>> round(float(la.grad(cbrt)(8.0)), 12)
    0.083333333333
    """
    checked_function(solve, "host_solver")

    def solver(f: Fun, x: Any) -> Any:
        if current() is None:
            return called(solve, (f, x), {})
        pure, consts = closure_convert(f, x)

        def host(x: Any, *consts: Any) -> Any:
            return called(solve, (lambda y: pure(y, *consts), x), {})

        host.__name__ = function_name(solve)
        return pure_callback(host, x, x, *consts)

    solver.__name__ = function_name(solve)
    return solver
