"""Functions, keywords and dtypes that are not supported on traced arrays."""

from __future__ import annotations

import numpy as np

import lineara as la

X = np.array([0.3, -0.7, 1.1])


def gradient_at(*point):
    """A decorator that differentiates a function at a point at once."""
    return lambda fun: la.grad(fun)(*point)


def function_that_is_not_supported():
    @gradient_at(X)
    def energy(x):
        return np.sum(np.may_share_memory(x, x))  # <-


def file_of_traced_numbers():
    @gradient_at(X)
    def energy(x):
        np.save("x", x)  # <-
        return np.sum(x)


def fourier_transform_of_complex_numbers():
    @gradient_at(X)
    def energy(x):
        return np.sum(np.abs(np.fft.rfft(1j * x)))  # <-


def memory_of_a_traced_array():
    @gradient_at(X)
    def energy(x):
        return np.sum(x.view(np.int64))  # <-


def random_numbers_around_a_traced_one():
    @gradient_at(X)
    def energy(x):
        return np.sum(np.random.default_rng(0).normal(x))  # <-


def polynomial_object():
    @gradient_at(X)
    def energy(x):
        return np.sum(np.polyadd(x, np.poly1d([1.0, 2.0])))  # <-


def eigenvalues_under_jit():
    la.jit(lambda x: np.linalg.eigvals(np.outer(x, x)))(X)  # <-


def keyword_that_is_not_supported():
    @gradient_at(X)
    def energy(x):
        return np.sum(np.sin(x, where=x > 0))  # <-


def output_as_last_operand():
    @gradient_at(X)
    def energy(x):
        return np.sum(np.sin(x, np.zeros(3)))  # <-


def method_of_a_ufunc_that_is_not_supported():
    @gradient_at(X)
    def energy(x):
        return np.sum(np.less.reduce(x))  # <-


def update_of_a_plain_array_by_a_ufunc():
    @gradient_at(X)
    def energy(x):
        y = np.zeros(3)
        np.add.at(y, [0, 1, 2], x)  # <-
        return np.sum(y)


def strings_added():
    @gradient_at(X)
    def energy(x):
        return np.sum(x + "1")  # <-


def objects_multiplied():
    @gradient_at(X)
    def energy(x):
        return np.sum(x * np.array([1.0, None, 2.0]))  # <-


def half_precision():
    @gradient_at(X)
    def energy(x):
        return np.sum(x.astype(np.float16))  # <-


def converted_to_strings():
    @gradient_at(X)
    def energy(x):
        return np.sum(x.astype(str))  # <-


def bits_of_floats():
    @gradient_at(X)
    def energy(x):
        return np.sum(x & 1)  # <-


def bools_subtracted():
    @gradient_at(X)
    def energy(x):
        return np.sum((x > 0) - (x < 0))  # <-


def complex_numbers_compared():
    @gradient_at(X)
    def energy(x):
        return np.sum(np.where(1j * x > 0, x, -x))  # <-


def matrix_of_the_old_kind():
    @gradient_at(X)
    def energy(x):
        return np.sum(np.eye(3).view(np.matrix) * x)  # <-
