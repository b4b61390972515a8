"""`jit`, and what else traces without numbers: questions that have no answer yet."""

from __future__ import annotations

import numpy as np

import lineara as la
from lineara import numpy as lnp

X = np.array([0.3, -0.7, 1.1])
F64 = np.dtype(np.float64)


def called_at(*point):
    """A decorator that jits a function and calls it at once."""
    return lambda fun: la.jit(fun)(*point)


# -- control flow ----------------------------------------------------------------------------------


def branch():
    @called_at(0.5)
    def f(x):
        if x > 0:  # <-
            return x
        return -x


def loop():
    @called_at(0.5)
    def f(x):
        while x < 10:  # <-
            x = 2 * x
        return x


def loop_over_a_traced_range():
    @called_at(3)
    def f(n):
        return sum(i * n for i in range(n))  # <-


def conjunction():
    @called_at(0.5)
    def f(x):
        return np.where(0 < x < 1, x, 0.0)  # <-


def builtin_maximum():
    @called_at(0.5)
    def f(x):
        return max(x, 0.0)  # <-


def builtin_sorted():
    @called_at(X)
    def f(x):
        return sorted(x)[0]  # <-


def assertion():
    @called_at(0.5)
    def f(x):
        assert x > 0, "positive"  # <-
        return x


def membership():
    @called_at(X)
    def f(x):
        return 0.3 in x  # <-


def branch_under_a_gradient():
    @la.jit
    @la.grad
    def f(x):
        return x**2 if x > 0 else x  # <-

    f(0.5)


def branch_in_a_jitted_function_that_is_differentiated():
    @la.grad
    @la.jit
    def f(x):
        return x**2 if x > 0 else x  # <-

    f(0.5)


# -- numbers ---------------------------------------------------------------------------------------


def number_formatted():
    @called_at(0.5)
    def f(x):
        print(f"{x:.3f}")  # <-
        return x


def float_under_jit():
    @called_at(2)
    def f(n):
        return 1.5 ** float(n)  # <-


def int_under_jit():
    @called_at(0.5)
    def f(x):
        return x * int(x)  # <-


def bool_under_jit():
    @called_at(X)
    def f(x):
        return bool(np.any(x > 0))  # <-


def item_under_jit():
    @called_at(X)
    def f(x):
        return np.argmax(x).item()  # <-


def index_into_a_list():
    @called_at(X, 1)
    def f(x, i):
        return [x, 2 * x][i]  # <-


def shape_that_is_traced():
    @called_at(3)
    def f(n):
        return lnp.zeros(n)  # <-


def shape_of_a_reshape_that_is_traced():
    @called_at(X, 3)
    def f(x, n):
        return x.reshape(n, 1)  # <-


def range_that_is_traced():
    @called_at(3)
    def f(n):
        return np.arange(n)  # <-


def axis_that_is_traced():
    @called_at(X, 0)
    def f(x, axis):
        return np.sum(x, axis=axis)  # <-


def slice_that_is_traced():
    @called_at(X, 2)
    def f(x, n):
        return x[:n]  # <-


# -- sizes that depend on values -------------------------------------------------------------------


def boolean_mask():
    @called_at(X)
    def f(x):
        return np.sum(x[x > 0])  # <-


def boolean_mask_assigned_to():
    @called_at(X)
    def f(x):
        y = x.copy()
        y[y < 0] = [0.0]  # <-
        return y


def nonzero():
    @called_at(X)
    def f(x):
        return np.nonzero(x)[0]  # <-


def where_of_one_argument():
    @called_at(X)
    def f(x):
        return np.where(x > 0)[0]  # <-


def flatnonzero():
    @called_at(X)
    def f(x):
        return np.flatnonzero(x > 0)  # <-


# -- static arguments ------------------------------------------------------------------------------


def static_list():
    power = la.jit(lambda x, p: x ** p[0], static_argnums=1)
    power(2.0, [3])  # <-


def static_array():
    shift = la.jit(lambda x, y: x + y, static_argnums=1)
    shift(X, X)  # <-


def static_dictionary_by_name():
    scale = la.jit(lambda x, options: x * options["factor"], static_argnames="options")
    scale(2.0, options={"factor": 3})  # <-


def static_argument_out_of_range():
    la.jit(lambda x: x, static_argnums=3)(X)  # <-


def static_argument_of_another_type():
    la.jit(lambda x: x, static_argnums=1.5)  # <-


def static_argument_named_by_position():
    la.jit(lambda x: x, static_argnums="x")  # <-


def static_name_of_another_type():
    la.jit(lambda x: x, static_argnames=0)  # <-


def static_name_unknown():
    la.jit(lambda x: x, static_argnames="mode")  # <-


def static_argument_differentiated():
    power = la.jit(lambda x, p: x**p, static_argnums=1)
    la.grad(power, 1)(2.0, 3.0)  # <-


def option_that_is_a_string():
    mean = la.jit(lambda x, mode: np.mean(x) if mode == "mean" else np.sum(x))
    mean(X, "mean")  # <-


# -- arguments and outputs -------------------------------------------------------------------------


def jitted_number():
    la.jit(3)  # <-


def jitted_result():
    la.jit(np.sum(X))  # <-


def string_returned():
    la.jit(lambda x: "done")(X)  # <-


def object_returned():
    la.jit(lambda x: {"x": x, "solver": object()})(X)  # <-


def arguments_missing():
    la.jit(lambda x, y: x * y)(X)  # <-


def argument_of_a_jitted_function_written_to():
    @called_at(X)
    def f(x):
        x[0] = 1.0  # <-
        return x


# -- shapes without arrays -------------------------------------------------------------------------


def shape_that_is_a_number():
    la.ShapeDtypeStruct(3, F64)  # <-


def shape_that_is_negative():
    la.ShapeDtypeStruct((-1, 3), F64)  # <-


def shape_of_floats():
    la.ShapeDtypeStruct((2.0, 3.0), F64)  # <-


def dtype_unknown():
    la.ShapeDtypeStruct((3,), "float65")  # <-


def dtype_of_half_precision():
    la.ShapeDtypeStruct((3,), np.float16)  # <-


def shape_of_a_number():
    la.eval_shape(3, X)  # <-


def shapes_of_shapes():
    la.eval_shape(lambda x, y: x + y, la.ShapeDtypeStruct((3,), F64), np.ones(4))  # <-


def branch_on_a_shape():
    la.eval_shape(lambda x: x if x > 0 else -x, la.ShapeDtypeStruct((), F64))  # <-


def shape_given_to_a_gradient():
    la.grad(np.sum)(la.ShapeDtypeStruct((3,), F64))  # <-


def converted_closure_of_a_number():
    la.closure_convert(3, X)  # <-


def converted_closure_at_another_shape():
    f, consts = la.closure_convert(lambda x: x @ X, X)
    f(np.ones(4), *consts)  # <-


def converted_closure_without_its_constants():
    f, _ = la.closure_convert(lambda x: x @ X, X)
    f(X)  # <-
