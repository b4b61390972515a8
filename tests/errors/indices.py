"""Elements that are not there, and arrays that are not to be written to."""

from __future__ import annotations

import numpy as np

import lineara as la

X = np.array([0.3, -0.7, 1.1])
M = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])


def gradient_at(*point):
    """A decorator that differentiates a function at a point at once."""
    return lambda fun: la.grad(fun)(*point)


# -- indices ---------------------------------------------------------------------------------------


def index_out_of_range():
    @gradient_at(X)
    def energy(x):
        return x[3]  # <-


def negative_index_out_of_range():
    @gradient_at(M)
    def energy(m):
        return m[0, -4]  # <-


def index_array_out_of_range():
    @gradient_at(X)
    def energy(x):
        return np.sum(x[np.array([0, 5])])  # <-


def taken_out_of_range():
    @gradient_at(X)
    def energy(x):
        return np.sum(np.take(x, [0, 5]))  # <-


def too_many_indices():
    @gradient_at(X)
    def energy(x):
        return x[0, 1]  # <-


def float_as_index():
    @gradient_at(X)
    def energy(x):
        return x[1.0]  # <-


def string_as_index():
    @gradient_at(X)
    def energy(x):
        return x["mass"]  # <-


def float_array_as_index():
    @gradient_at(X)
    def energy(x):
        return np.sum(x[np.array([0.0, 1.0])])  # <-


def shapes_of_index_arrays():
    @gradient_at(M)
    def energy(m):
        return np.sum(m[np.array([0, 1]), np.array([0, 1, 2])])  # <-


def slice_by_floats():
    @gradient_at(X)
    def energy(x):
        return np.sum(x[0.0:2.0])  # <-


def slice_of_step_zero():
    @gradient_at(X)
    def energy(x):
        return np.sum(x[::0])  # <-


def two_ellipses():
    @gradient_at(M)
    def energy(m):
        return np.sum(m[..., 0, ...])  # <-


def length_of_a_mask():
    @gradient_at(X)
    def energy(x):
        return np.sum(x[np.array([True, False])])  # <-


# -- assignments -----------------------------------------------------------------------------------


def argument_written_to():
    @gradient_at(X)
    def energy(x):
        x[0] = 0.0  # <-
        return np.sum(x)


def argument_added_to_in_place():
    @gradient_at(X)
    def energy(x):
        x += 1.0  # <-
        return np.sum(x)


def view_of_an_argument_written_to():
    @gradient_at(M)
    def energy(m):
        row = m[0]
        row[:] = 1.0  # <-
        return np.sum(m)


def argument_sorted_in_place():
    @gradient_at(X)
    def energy(x):
        x.sort()  # <-
        return x[0]


def broadcast_array_written_to():
    @gradient_at(X)
    def energy(x):
        y = np.broadcast_to(x * 2, (2, 3))
        y[0, 0] = 1.0  # <-
        return np.sum(y)


def outer_array_written_to():
    @gradient_at(X)
    def energy(x):
        y = x * 2

        def inner(t):
            y[0] = t  # <-
            return t**2

        return np.sum(y) * la.grad(inner)(x[1])


def assignment_out_of_range():
    @gradient_at(X)
    def energy(x):
        y = np.zeros_like(x)
        y[3] = x[0]  # <-
        return np.sum(y)


def shape_of_an_assignment():
    @gradient_at(X)
    def energy(x):
        y = np.zeros_like(x)
        y[:2] = x  # <-
        return np.sum(y)


def complex_values_assigned():
    @gradient_at(X)
    def energy(x):
        y = np.zeros_like(x)
        y[0] = 1j * x[0]  # <-
        return np.sum(y)


def dtype_changed_in_place():
    @gradient_at(X)
    def energy(x):
        y = np.zeros_like(x, dtype=int)
        y += x  # <-
        return np.sum(y)


def mask_of_another_length_assigned_to():
    @gradient_at(X)
    def energy(x):
        y = np.zeros_like(x)
        y[x[:1] > 0] = 1.0  # <-
        return np.sum(x * y)
