"""`scipy.optimize` with exact derivatives, for functions of pytrees.

Each function takes SciPy's arguments, without those for derivatives, which are lineara's. Arguments
may be any pytree of floats, and so is the solution.

The functions that are minimised are traced on each call, as everywhere; wrap one in `lineara.jit`
to trace it once. Within a function that is differentiated itself, solutions have derivatives by the
implicit function theorem.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from lineara import tree
from lineara.api import grad, hessian, hvp, jacfwd, jacrev, value_and_grad
from lineara.errors import TypeMismatchError
from lineara.frontend.abstract import closure_convert
from lineara.frontend.arguments import checked_function
from lineara.frontend.callback import pure_callback
from lineara.frontend.implicit import host_solver
from lineara.frontend.implicit import root as implicit_root
from lineara.frontend.ravel import ravel_pytree
from lineara.frontend.trace import Traced, current
from lineara.scipy.calls import has_traced, refused
from lineara.where import user_source

Fun = Callable[..., Any]

WITHOUT_GRADIENT = {"nelder-mead", "powell", "cobyla", "cobyqa"}
WITH_PRODUCTS = {"newton-cg", "trust-ncg", "trust-krylov", "trust-constr"}
"""Methods that take the product of the Hessian with a vector."""
WITH_HESSIAN = {"dogleg", "trust-exact"}


def minimize(
    fun: Fun,
    x0: Any,
    args: tuple[Any, ...] = (),
    method: str | None = None,
    *,
    bounds: Any = None,
    constraints: Any = (),
    tol: float | None = None,
    callback: Fun | None = None,
    options: Mapping[str, Any] | None = None,
) -> Any:
    """A local minimum of a scalar function, by `scipy.optimize.minimize` with exact derivatives.

    Gradients go to all methods that take one, products of the Hessian with vectors, or the Hessian,
    to those that take them.

    Args:
        fun: a function of a pytree of floats, and of `args`, that returns a real scalar.
        x0: where to start.
        args: further arguments of `fun`.
        method: the name of a method of SciPy's.
        bounds: SciPy's, for the elements of all leaves in order.
        constraints: SciPy's; functions in them take what `fun` takes first, and get exact
            Jacobians.
        tol: SciPy's.
        options: SciPy's.
        callback: is given the point after each iteration, or SciPy's ``intermediate_result``.

    Returns:
        SciPy's result; its `x` and `jac` are pytrees like `x0`. Within a function that is traced
        only `x` and `fun`, with derivatives by the implicit function theorem.

    >>> import numpy as np, lineara as la
    >>> result = la.minimize(lambda p: (p["a"] - 1) ** 2 + p["b"] ** 4, {"a": 0.0, "b": 1.0})
    >>> bool(result.success), round(float(result.x["a"]), 4)
    (True, 1.0)
    >>> lowest = lambda c: la.minimize(lambda x: np.cosh(x - c) + x**2, 0.0).x
    >>> round(float(la.grad(lowest)(1.0)), 4)
    0.3788
    """
    checked_function(fun, "minimize")
    if current() is not None:
        for name, value in (("bounds", bounds), ("constraints", constraints or None)):
            if value is not None:
                raise refused(
                    "minimize", name, repr(value), "leave it out, or do not trace minimize"
                )

        def solve(f: Fun, x: Any) -> Any:
            return minimize(f, x, (), method, tol=tol, options=options).x

        return _implicit(lambda x: fun(x, *args), x0, solve, lambda f: grad(f))

    from scipy.optimize import minimize as scipy_minimize  # here, as importing it takes long

    start, unravel = _flat(x0, "minimize")
    flat = _flattened(fun, unravel, args)
    name = _method_name(method)
    derivatives: dict[str, Any] = {}
    if name not in WITHOUT_GRADIENT:
        derivatives["jac"] = True
    if name in WITH_PRODUCTS:
        derivatives["hessp"] = lambda x, v: hvp(flat, (x,), (np.asarray(v, float),))[0]
    if name in WITH_HESSIAN:
        derivatives["hess"] = hessian(flat)
    found = scipy_minimize(
        _valued(value_and_grad(flat) if "jac" in derivatives else flat),
        start,
        method=method,
        bounds=bounds,
        constraints=_constraints(constraints, unravel, name in WITH_PRODUCTS),
        tol=tol,
        callback=None if callback is None else _callback(callback, unravel),
        options=options,
        **derivatives,
    )
    # The Jacobians of "trust-constr" are those of the constraints.
    return _unraveled(found, unravel, "x", "grad" if name == "trust-constr" else "jac")


def least_squares(
    fun: Fun, x0: Any, *, args: tuple[Any, ...] = (), bounds: Any = None, **options: Any
) -> Any:
    """A local minimum of half of the sum of the squares of residuals (or of a loss of these), by
    `scipy.optimize.least_squares` with the exact Jacobian.

    Args:
        fun: a function of a pytree of floats, and of `args`, that returns residuals: an array, or
            a pytree of arrays.
        x0: where to start.
        args: further arguments of `fun`.
        bounds: SciPy's, for the elements of all leaves in order.
        **options: other keyword arguments of SciPy's, such as ``method`` or ``loss``.

    Returns:
        SciPy's result; its `x` and `grad` are pytrees like `x0`. Within a function that is traced
        only `x` and `fun`, with derivatives by the implicit function theorem.

    >>> import numpy as np, lineara as la
    >>> t = np.linspace(0, 1, 5)
    >>> fit = la.least_squares(lambda k: np.exp(-k * t) - 1 / (1 + t), 1.0)
    >>> round(float(fit.x), 4)
    0.7488
    """
    checked_function(fun, "least_squares")
    _no_derivatives(options, "least_squares")
    if current() is not None:
        special = {**options, **({} if bounds is None else {"bounds": bounds})}
        for name in {"loss", "f_scale", "bounds"} & special.keys():
            raise refused("least_squares", name, repr(special[name]), "leave it out in a trace")

        def solve(f: Fun, x: Any) -> Any:
            return least_squares(f, x, **options).x

        def normal(f: Fun) -> Fun:
            return grad(lambda x: 0.5 * sum(np.sum(r**2) for r in tree.leaves(f(x))))

        return _implicit(lambda x: fun(x, *args), x0, solve, normal)

    from scipy.optimize import least_squares as scipy_least_squares

    start, unravel = _flat(x0, "least_squares")
    flat = _residuals(fun, unravel, args)
    found = scipy_least_squares(
        flat,
        start,
        _jacobian(flat, start),
        bounds=(-np.inf, np.inf) if bounds is None else bounds,
        **options,
    )
    return _unraveled(found, unravel, "x", "grad")


def root(
    fun: Fun, x0: Any, args: tuple[Any, ...] = (), method: str = "hybr", **options: Any
) -> Any:
    """A solution of ``fun(x) = 0`` by `scipy.optimize.root` with the exact Jacobian.

    Args:
        fun: a function of a pytree of floats, and of `args`, that returns one like it.
        x0: where to start.
        args: further arguments of `fun`.
        method: ``"hybr"`` or ``"lm"``; the others of SciPy's take no Jacobian.
        **options: ``tol`` and ``options``, as SciPy has them.

    Returns:
        SciPy's result; its `x` is a pytree like `x0`. Within a function that is traced only `x`,
        with derivatives by the implicit function theorem.

    >>> import numpy as np, lineara as la
    >>> bool(abs(la.scipy.optimize.root(lambda x: np.cos(x) - x, 1.0).x - 0.7390851332) < 1e-9)
    True
    """
    checked_function(fun, "root")
    _no_derivatives(options, "root")
    from scipy.optimize import OptimizeResult
    from scipy.optimize import root as scipy_root

    if current() is not None:
        solver = host_solver(lambda f, x: root(f, x, method=method, **options).x)
        return OptimizeResult(x=implicit_root(lambda x: fun(x, *args), _floating(x0), solver))
    start, unravel = _flat(x0, "root")
    flat = _residuals(fun, unravel, args)
    jac = _jacobian(flat, start) if method in ("hybr", "lm") else None
    return _unraveled(scipy_root(flat, start, method=method, jac=jac, **options), unravel, "x")


def curve_fit(f: Fun, xdata: Any, ydata: Any, p0: Any = None, *args: Any, **options: Any) -> Any:
    """`scipy.optimize.curve_fit` with the exact Jacobian.

    Args:
        f: ``f(xdata, *parameters)``, written with NumPy.
        xdata: the points.
        ydata: the values there.
        p0: where to start; by default ones.
        *args: further arguments of SciPy's.
        **options: those by keyword.

    >>> import numpy as np, lineara as la
    >>> x = np.linspace(0, 1, 6)
    >>> best, _ = la.scipy.optimize.curve_fit(lambda x, a, b: a * np.exp(b * x), x, 2 * np.exp(-x))
    >>> bool(np.allclose(best, [2, -1]))
    True
    """
    checked_function(f, "curve_fit")
    _no_derivatives(options, "curve_fit")
    if current() is not None and has_traced([xdata, ydata, p0]):
        raise refused("curve_fit", "xdata, ydata or p0", "a traced array", "use least_squares")
    from scipy.optimize import curve_fit as scipy_curve_fit

    def jac(x: Any, *parameters: Any) -> Any:
        point = np.asarray(parameters, float)
        return jacfwd(lambda p: np.ravel(f(x, *(p[i] for i in range(len(point))))))(point)

    return scipy_curve_fit(f, xdata, ydata, p0, *args, jac=jac, **options)


# -- from pytrees to flat arrays -------------------------------------------------------------------


def _floating(x0: Any) -> Any:
    """The leaves of `x0` as doubles (traced ones as they are)."""
    return tree.map(lambda x: x if isinstance(x, Traced) else np.asarray(x, float), x0)


def _flat(x0: Any, verb: str) -> tuple[Any, Fun]:
    for x in tree.leaves(x0):
        if np.asarray(x).dtype.kind not in "fiu":
            raise TypeMismatchError(
                f"{verb} takes real numbers as x0",
                where=user_source(),
                found=f"an array of dtype {np.asarray(x).dtype}",
                remedy="write a complex number as its real and imaginary parts",
            )
    return ravel_pytree(_floating(x0))


def _flattened(fun: Fun, unravel: Fun, args: tuple[Any, ...]) -> Fun:
    """`fun` of a flat array."""

    @functools.wraps(fun)
    def flat(x: Any) -> Any:
        return fun(unravel(x), *args)

    return flat


def _residuals(fun: Fun, unravel: Fun, args: tuple[Any, ...]) -> Fun:
    """`fun` from a flat array to a flat array."""

    @functools.wraps(fun)
    def flat(x: Any) -> Any:
        output = fun(unravel(x), *args)
        return ravel_pytree(output)[0]

    return flat


def _jacobian(flat: Fun, start: Any) -> Fun:
    """The Jacobian, in the mode that takes fewer passes."""
    return (jacfwd if len(flat(start)) >= len(start) else jacrev)(flat)


def _valued(fun: Fun) -> Fun:
    """`fun` with the value as a number of Python's, of any size-one shape."""

    def valued(x: Any) -> Any:
        output = fun(x)
        return (float(output[0]), output[1]) if isinstance(output, tuple) else float(output)

    return valued


def _unraveled(found: Any, unravel: Fun, *names: str) -> Any:
    """A result of SciPy's with pytrees in place of flat arrays."""
    for name in names:
        if found.get(name) is not None:
            found[name] = unravel(np.asarray(found[name], float))
    return found


def _method_name(method: Any) -> str:
    return method.lower() if isinstance(method, str) else ""


def _no_derivatives(options: Mapping[str, Any], verb: str) -> None:
    """Refuses arguments for derivatives."""
    for name in {"jac", "Dfun"} & options.keys():
        raise refused(verb, name, repr(options[name]), "leave it out: the derivative is exact")


def _callback(callback: Fun, unravel: Fun) -> Fun:
    if "intermediate_result" in inspect.signature(callback).parameters:

        def with_result(intermediate_result: Any) -> Any:
            return callback(intermediate_result=_unraveled(intermediate_result, unravel, "x"))

        return with_result
    return lambda x, *rest: callback(unravel(x), *rest)


def _constraints(constraints: Any, unravel: Fun, second: bool) -> Any:
    """Constraints of flat arrays, with exact Jacobians, and Hessians if `second`."""
    single = isinstance(constraints, Mapping) or not isinstance(constraints, Sequence)
    found = [_constraint(c, unravel, second) for c in ([constraints] if single else constraints)]
    return found[0] if single else found


def _constraint(constraint: Any, unravel: Fun, second: bool) -> Any:
    from scipy.optimize import NonlinearConstraint

    if isinstance(constraint, Mapping):
        flat = _residuals(constraint["fun"], unravel, tuple(constraint.get("args", ())))
        return {"type": constraint["type"], "fun": flat, "jac": jacrev(flat)}
    if isinstance(constraint, NonlinearConstraint):
        flat = _residuals(constraint.fun, unravel, ())
        exact: dict[str, Any] = {"jac": jacrev(flat), "keep_feasible": constraint.keep_feasible}
        if second:
            exact["hess"] = lambda x, v: hessian(lambda y: np.sum(flat(y) * v))(x)
        return NonlinearConstraint(flat, constraint.lb, constraint.ub, **exact)
    return constraint


def _implicit(fun: Fun, x0: Any, solve: Fun, equation: Fun) -> Any:
    """The result of a solver as part of a program.

    Args:
        fun: the function that is minimised.
        x0: where to start.
        solve: takes a function and a point, plain ones, and returns the solution.
        equation: takes the function; returns one that is zero at the solution.
    """
    from scipy.optimize import OptimizeResult

    def solver(_: Fun, x: Any) -> Any:
        pure, consts = closure_convert(fun, x)
        return pure_callback(lambda x, *c: solve(lambda y: pure(y, *c), x), x, x, *consts)

    x = implicit_root(equation(fun), _floating(x0), solver)
    return OptimizeResult(x=x, fun=fun(x))
