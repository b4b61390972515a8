"""Arrays whose shapes do not fit together, and axes that are not there."""

from __future__ import annotations

import numpy as np

import lineara as la
from lineara import numpy as lnp

X = np.array([0.3, -0.7, 1.1])
M = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])


def gradient_at(*point):
    """A decorator that differentiates a function at a point at once."""
    return lambda fun: la.grad(fun)(*point)


# -- shapes ----------------------------------------------------------------------------------------


def shapes_of_a_sum():
    @gradient_at(X)
    def energy(x):
        return np.sum(x + np.ones(4))  # <-


def shapes_of_a_product_in_place():
    @gradient_at(X)
    def energy(x):
        y = x * 2
        y *= np.ones(4)  # <-
        return np.sum(y)


def in_place_result_that_is_larger():
    @gradient_at(X)
    def energy(x):
        y = x * 2
        y += np.ones((2, 3))  # <-
        return np.sum(y)


def shapes_of_where():
    @gradient_at(X)
    def energy(x):
        return np.sum(np.where(np.ones(2, bool), x, 0.0))  # <-


def shapes_of_a_matrix_product():
    @gradient_at(M)
    def energy(m):
        return np.sum(m @ m)  # <-


def matrix_product_with_a_number():
    @gradient_at(M)
    def energy(m):
        return np.sum(m @ 2.0)  # <-


def shapes_of_dot():
    @gradient_at(X)
    def energy(x):
        return np.dot(x, np.ones(4))  # <-


def shapes_of_tensordot():
    @gradient_at(M)
    def energy(m):
        return np.sum(np.tensordot(m, m, axes=1))  # <-


def lengths_of_an_einsum():
    @gradient_at(M)
    def energy(m):
        return np.einsum("ij,ji->", m, m)  # <-


def axes_of_an_einsum():
    @gradient_at(X)
    def energy(x):
        return np.einsum("ij->", x)  # <-


def operands_of_an_einsum():
    @gradient_at(X)
    def energy(x):
        return np.einsum("i,i->", x)  # <-


def output_of_an_einsum():
    @gradient_at(X)
    def energy(x):
        return np.sum(np.einsum("i->j", x))  # <-


def characters_of_an_einsum():
    @gradient_at(X)
    def energy(x):
        return np.einsum("i?->", x)  # <-


def shapes_of_a_cross_product():
    @gradient_at(X)
    def energy(x):
        return np.sum(np.cross(x, np.ones(4)))  # <-


def shapes_concatenated():
    @gradient_at(M)
    def energy(m):
        return np.sum(np.concatenate([m, np.ones((2, 2))]))  # <-


def numbers_concatenated():
    @gradient_at(X)
    def energy(x):
        return np.sum(np.concatenate([x[0], x[1]]))  # <-


def shapes_stacked():
    @gradient_at(X)
    def energy(x):
        return np.sum(np.stack([x, x[:2]]))  # <-


def shape_of_a_reshape():
    @gradient_at(M)
    def energy(m):
        return np.sum(m.reshape(4, 2))  # <-


def unknown_length_of_a_reshape():
    @gradient_at(M)
    def energy(m):
        return np.sum(m.reshape(4, -1))  # <-


def shape_of_a_broadcast():
    @gradient_at(X)
    def energy(x):
        return np.sum(np.broadcast_to(x, (3, 4)))  # <-


def unequal_split():
    @gradient_at(X)
    def energy(x):
        return np.sum(np.split(x, 2)[0])  # <-


def squeeze_of_a_long_axis():
    @gradient_at(M)
    def energy(m):
        return np.sum(np.squeeze(m, axis=0))  # <-


def permutation_of_axes():
    @gradient_at(M)
    def energy(m):
        return np.sum(np.transpose(m, (0, 0)))  # <-


def too_few_axes_to_transpose():
    @gradient_at(M)
    def energy(m):
        return np.sum(m.transpose(1))  # <-


def inverse_of_an_oblong_matrix():
    @gradient_at(M)
    def energy(m):
        return np.sum(np.linalg.inv(m))  # <-


def shapes_of_a_linear_system():
    @gradient_at(X)
    def energy(x):
        return np.sum(np.linalg.solve(np.eye(2), x))  # <-


def length_of_a_number():
    @gradient_at(0.5)
    def energy(x):
        return x * len(x)  # <-


def iteration_over_a_number():
    @gradient_at(0.5)
    def energy(x):
        return sum(x)  # <-


def ragged_list():
    @gradient_at(X)
    def energy(x):
        return lnp.sum(lnp.array([[x[0]], [x[1], x[2]]]))  # <-


# -- axes ------------------------------------------------------------------------------------------


def axis_of_a_sum():
    @gradient_at(X)
    def energy(x):
        return np.sum(x, axis=1)  # <-


def axis_named_twice():
    @gradient_at(M)
    def energy(m):
        return np.sum(m, axis=(0, 0))  # <-


def axis_that_is_no_int():
    @gradient_at(M)
    def energy(m):
        return np.sum(m, axis=1.0)  # <-


def axis_of_a_stack():
    @gradient_at(X)
    def energy(x):
        return np.sum(np.stack([x, x], axis=3))  # <-


def axes_swapped():
    @gradient_at(X)
    def energy(x):
        return np.sum(np.swapaxes(x, 0, 1))  # <-


def maximum_of_nothing():
    @gradient_at(X)
    def energy(x):
        return np.max(x[3:])  # <-
