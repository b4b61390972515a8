"""Traced values that leave NumPy: put into plain arrays, made numbers, kept, handed to others."""

from __future__ import annotations

import math
import statistics

import numpy as np
import scipy.integrate
import scipy.interpolate
import scipy.linalg
import scipy.optimize
import scipy.special
import scipy.stats

import lineara as la

X = np.array([0.3, -0.7, 1.1])
KEPT = []


def gradient_at(point):
    """A decorator that differentiates a function at a point at once."""
    return lambda fun: la.grad(fun)(point)


# -- into plain arrays -----------------------------------------------------------------------------


def element_of_a_plain_array_set():
    @gradient_at(X)
    def energy(x):
        y = np.zeros(3)
        y[0] = x[0]  # <-
        return np.sum(y)


def slice_of_a_plain_array_set():
    @gradient_at(X)
    def energy(x):
        y = np.zeros(5)
        y[1:4] = x  # <-
        return np.sum(y)


def plain_array_added_to_in_place():
    @gradient_at(X)
    def energy(x):
        total = np.zeros(3)
        total += x  # <-
        return np.sum(total)


def plain_array_filled():
    @gradient_at(1.5)
    def energy(x):
        y = np.zeros(3)
        y.fill(x)  # <-
        return np.sum(y)


def asarray_of_a_traced_array():
    @gradient_at(X)
    def energy(x):
        return np.sum(np.asarray(x))  # <-


def array_of_traced_elements():
    @gradient_at(X)
    def energy(x):
        return np.sum(np.array([x[0], x[1]]))  # <-


def sum_of_a_list_of_traced_values():
    @gradient_at(X)
    def energy(x):
        return np.sum([xi**2 for xi in x])  # <-


def sine_of_a_list_of_traced_values():
    @gradient_at(X)
    def energy(x):
        return np.sum(np.sin([x[0], x[1]]))  # <-


def full_of_a_traced_value():
    @gradient_at(2.0)
    def energy(x):
        return np.sum(np.full(3, x))  # <-


def traced_output_argument():
    @gradient_at(X)
    def energy(x):
        y = np.zeros(3)
        np.sin(x, out=y)  # <-
        return np.sum(y)


def output_argument_of_a_reduction():
    @gradient_at(X)
    def energy(x):
        y = np.zeros(())
        np.sum(x, out=y)  # <-
        return y


# -- as numbers ------------------------------------------------------------------------------------


def sine_of_the_math_module():
    @gradient_at(0.5)
    def energy(x):
        return math.sin(x)  # <-


def square_root_of_the_math_module():
    @gradient_at(X)
    def energy(x):
        return math.sqrt(x @ x)  # <-


def sum_of_the_math_module():
    @gradient_at(X)
    def energy(x):
        return math.fsum(x)  # <-


def float_of_a_traced_value():
    @gradient_at(X)
    def energy(x):
        return float(x[0]) ** 2  # <-


def int_of_a_traced_value():
    @la.jit
    def energy(x):
        return np.sum(x) * int(x[0])  # <-

    energy(X)


def complex_of_a_traced_value():
    @gradient_at(0.5)
    def energy(x):
        return abs(complex(x, 1.0))  # <-


def item_of_a_traced_value():
    @gradient_at(X)
    def energy(x):
        return x[0].item() ** 2  # <-


def float_of_an_array():
    @gradient_at(X)
    def energy(x):
        return float(x)  # <-


def truth_of_an_array():
    @gradient_at(X)
    def energy(x):
        return np.sum(x) if x > 0 else np.sum(-x)  # <-


def range_up_to_a_float():
    @gradient_at(3.0)
    def energy(x):
        return sum(x**i for i in range(x))  # <-


def index_by_a_float():
    @gradient_at(X)
    def energy(x):
        return [1.0, 2.0, 3.0][x[0]] * x[0]  # <-


# -- kept ------------------------------------------------------------------------------------------


def leaked_traced_value():
    @gradient_at(X)
    def energy(x):
        KEPT.append(x)
        return np.sum(x**2)

    np.sum(KEPT.pop())  # <-


def leaked_into_another_trace():
    @gradient_at(X)
    def energy(x):
        KEPT.append(x * 2)
        return np.sum(x**2)

    @gradient_at(X)
    def other(x):
        return np.sum(x * KEPT.pop())  # <-


def leaked_from_jit():
    @la.jit
    def energy(x):
        KEPT.append(np.sin(x))
        return np.sum(x)

    energy(X)
    float(KEPT.pop()[0])  # <-


def leaked_argument_differentiated():
    @gradient_at(X)
    def energy(x):
        KEPT.append(x[0])
        return np.sum(x)

    la.grad(lambda y: y**2)(KEPT.pop())  # <-


# -- handed to others ------------------------------------------------------------------------------


def random_numbers_with_traced_parameters():
    @gradient_at(0.5)
    def energy(x):
        return np.random.default_rng(0).normal(x, 1.0)  # <-


def old_random_numbers_with_traced_parameters():
    @gradient_at(X)
    def energy(x):
        return np.sum(np.random.normal(x, 1.0))  # <-


def mean_of_the_statistics_module():
    @gradient_at(X)
    def energy(x):
        return statistics.fmean(x)  # <-


def solve_of_scipy():
    @gradient_at(X)
    def energy(x):
        return np.sum(scipy.linalg.solve(np.eye(3), x))  # <-


def quadrature_of_scipy():
    @gradient_at(2.0)
    def energy(x):
        return scipy.integrate.quad(np.sin, 0.0, x)[0]  # <-


def integrand_of_scipy():
    @gradient_at(2.0)
    def energy(x):
        return scipy.integrate.quad(lambda t: np.sin(x * t), 0.0, 1.0)[0]  # <-


def minimiser_of_scipy():
    @gradient_at(X)
    def energy(x):
        return scipy.optimize.minimize(lambda y: np.sum((y - 1.0) ** 2), x).fun  # <-


def spline_of_scipy():
    @gradient_at(X)
    def energy(x):
        return np.sum(scipy.interpolate.CubicSpline(np.arange(3.0), x)(0.5))  # <-


def density_of_scipy():
    @gradient_at(X)
    def energy(x):
        return np.sum(scipy.stats.norm.logpdf(x))  # <-


def ufunc_of_scipy_that_is_not_supported():
    @gradient_at(X)
    def energy(x):
        return np.sum(scipy.special.ellipk(x))  # <-


def function_of_scipy_that_is_no_ufunc():
    @gradient_at(X)
    def energy(x):
        return scipy.special.logsumexp(x)  # <-


def vectorised_function():
    @gradient_at(X)
    def energy(x):
        return np.sum(np.vectorize(lambda t: t**2)(x))  # <-
