"""Derivatives of what has none, arguments that are not there, directions that do not fit."""

from __future__ import annotations

import numpy as np
import scipy.sparse

import lineara as la

X = np.array([0.3, -0.7, 1.1])
M = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])


def energy(x):
    return np.sum(x**2)


def action(x, y):
    return np.sum(x * y)


def doubled(x):
    return 2 * x


# -- which arguments -------------------------------------------------------------------------------


def argnum_out_of_range():
    la.grad(action, 2)(X, X)  # <-


def negative_argnum_out_of_range():
    la.grad(action, -3)(X, X)  # <-


def argnum_of_a_keyword_argument():
    la.grad(action, 1)(X, y=X)  # <-


def no_positional_argument():
    la.grad(energy)(x=X)  # <-


def argnum_of_another_type():
    la.grad(action, 1.0)(X, X)  # <-


def argnum_that_is_a_name():
    la.grad(action, "y")(X, X)  # <-


def argnums_twice():
    la.grad(action, (1, 1))(X, X)  # <-


def argnums_twice_by_a_negative_one():
    la.hessian(action, (1, -1))(X, X)  # <-


def argname_unknown():
    la.grad(action, argnames="z")(X, X)  # <-


def argname_of_another_type():
    la.grad(action, argnames=1)(X, X)  # <-


def argnames_twice():
    la.grad(action, argnames=["x", "x"])(X, X)  # <-


def argnums_and_argnames():
    la.grad(action, 0, argnames="y")(X, X)  # <-


def arguments_of_another_number():
    la.grad(action)(X)  # <-


# -- arguments that have no derivative -------------------------------------------------------------


def integer_argument():
    la.grad(lambda x: x**2)(3)  # <-


def array_of_integers():
    la.grad(energy)(np.arange(3))  # <-


def boolean_argument():
    la.jacfwd(doubled)(True)  # <-


def integer_in_a_tree():
    la.grad(lambda p: p["k"] * p["n"])({"k": 0.5, "n": 2})  # <-


def string_argument():
    la.grad(energy)("0.5")  # <-


def string_in_a_tree():
    la.grad(lambda p: p["x"])({"x": 0.5, "name": "spring"})  # <-


def object_argument():
    la.grad(energy)(object())  # <-


def function_argument():
    la.grad(lambda f, x: f(x))(np.sin, 0.5)  # <-


def half_precision_argument():
    la.grad(energy)(X.astype(np.float16))  # <-


def sparse_argument():
    la.grad(energy)(scipy.sparse.eye_array(3))  # <-


def masked_array():
    la.grad(energy)(np.ma.masked_array(X, [True, False, False]))  # <-


# -- outputs that have no derivative ---------------------------------------------------------------


def gradient_of_an_array():
    la.grad(doubled)(X)  # <-


def gradient_of_a_pair():
    la.grad(lambda x: (energy(x), x))(X)  # <-


def gradient_of_nothing():
    la.grad(lambda x: None)(X)  # <-


def gradient_of_a_string():
    la.grad(lambda x: "zero")(X)  # <-


def gradient_of_an_integer():
    la.grad(np.argmax)(X)  # <-


def jacobian_of_integers():
    la.jacrev(np.argsort)(X)  # <-


def gradient_of_a_complex_number():
    la.grad(lambda x: np.sum(1j * x))(X)  # <-


def jacobian_of_complex_numbers():
    la.jacfwd(lambda x: 1j * x)(X)  # <-


def holomorphic_derivative_at_real_arguments():
    la.grad(energy, holomorphic=True)(X)  # <-


def holomorphic_derivative_of_a_real_function():
    la.grad(lambda z: np.sum(np.abs(z)), holomorphic=True)(1j * X)  # <-


def holomorphic_jacobian_of_a_real_function():
    la.jacrev(lambda z: z.real, holomorphic=True)(1j * X)  # <-


def no_auxiliary_output():
    la.grad(energy, has_aux=True)(X)  # <-


def three_outputs_with_auxiliary_output():
    la.value_and_grad(lambda x: (energy(x), x, x), has_aux=True)(X)  # <-


def auxiliary_output_without_has_aux():
    la.value_and_grad(lambda x: (energy(x), "done"))(X)  # <-


# -- directions ------------------------------------------------------------------------------------


def primal_without_a_tuple():
    la.jvp(energy, X, X)  # <-


def tangent_without_a_tuple():
    la.jvp(energy, (X,), X)  # <-


def tangent_that_is_a_number():
    la.jvp(energy, (0.5,), 1.0)  # <-


def tangents_of_another_number():
    la.jvp(action, (X, X), (X,))  # <-


def tangent_of_another_shape():
    la.jvp(energy, (X,), (np.ones(2),))  # <-


def tangent_that_would_be_broadcast():
    la.jvp(energy, (X,), (1.0,))  # <-


def tangent_of_another_structure():
    la.jvp(lambda p: energy(p["x"]), ({"x": X},), ([X],))  # <-


def tangent_with_another_key():
    la.jvp(lambda p: energy(p["x"]), ({"x": X},), ({"y": X},))  # <-


def complex_tangent_of_a_real_argument():
    la.jvp(energy, (X,), (1j * X,))  # <-


def tangent_that_is_a_string():
    la.jvp(energy, (0.5,), ("1",))  # <-


def linearised_without_arguments():
    la.linearize(energy)  # <-


def tangent_of_a_linearised_function():
    _, df = la.linearize(doubled, X)
    df(M)  # <-


def tangents_of_a_linearised_function():
    _, df = la.linearize(doubled, X)
    df(X, X)  # <-


def cotangent_of_another_shape():
    _, back = la.vjp(doubled, X)
    back(np.ones(4))  # <-


def cotangent_of_another_structure():
    _, back = la.vjp(lambda x: {"y": doubled(x)}, X)
    back(X)  # <-


def cotangents_of_another_number():
    _, back = la.vjp(lambda x: (doubled(x), energy(x)), X)
    back(X)  # <-


def complex_cotangent_of_a_real_output():
    _, back = la.vjp(energy, X)
    back(1j)  # <-


def cotangent_that_is_a_string():
    _, back = la.vjp(energy, X)
    back("1")  # <-


def hessian_times_a_vector_without_a_tuple():
    la.hvp(energy, X, X)  # <-


def hessian_times_a_vector_of_another_shape():
    la.hvp(energy, (X,), (np.ones(4),))  # <-


def hessian_times_a_vector_of_an_array():
    la.hvp(doubled, (X,), (X,))  # <-


# -- linear functions ------------------------------------------------------------------------------


def transpose_of_a_square():
    la.linear_transpose(lambda x: x * x, 1.0)  # <-


def transpose_of_an_affine_function():
    la.linear_transpose(lambda x: 2 * x + 1, 1.0)  # <-


def transpose_of_a_sine():
    la.linear_transpose(np.sin, X)  # <-


def transpose_of_a_constant():
    la.linear_transpose(lambda x: X, X)  # <-


def transpose_of_a_bilinear_function():
    la.linear_transpose(lambda x, y: x @ y, X, X)  # <-


def transpose_at_integers():
    la.linear_transpose(doubled, 1)  # <-


def transpose_applied_to_another_shape():
    la.linear_transpose(doubled, X)(M)  # <-


# -- checks of derivatives -------------------------------------------------------------------------


def check_of_a_gradient_that_was_stopped():
    la.check_grads(lambda x: x * la.stop_gradient(x), (0.5,), order=1)  # <-


def check_of_the_second_order():
    def rough(x):
        return np.where(x > 0.5, x**2, x - 0.25)

    la.check_grads(rough, (0.5,), order=2)  # <-


def check_without_a_tuple():
    la.check_grads(energy, X, order=1)  # <-


def check_at_integers():
    la.check_grads(energy, (np.arange(3),), order=1)  # <-


def check_of_order_zero():
    la.check_grads(energy, (X,), order=0)  # <-


def check_in_an_unknown_mode():
    la.check_grads(energy, (X,), order=1, modes=("forward",))  # <-


def check_in_a_mode_without_a_tuple():
    la.check_grads(energy, (X,), order=1, modes="fwd")  # <-


# -- what is no function ---------------------------------------------------------------------------


def gradient_of_a_number():
    la.grad(3)  # <-


def gradient_of_a_result():
    la.grad(energy(X))  # <-


def value_and_gradient_of_a_number():
    la.value_and_grad(3)  # <-


def jacobian_of_a_matrix():
    la.jacfwd(M)  # <-


def hessian_of_a_matrix():
    la.hessian(M)  # <-


def jvp_of_a_number():
    la.jvp(3, (1.0,), (1.0,))  # <-


def vjp_of_a_number():
    la.vjp(3, 1.0)  # <-


def linearised_number():
    la.linearize(3, 1.0)  # <-


def transpose_of_a_matrix():
    la.linear_transpose(M, X)  # <-


def hessian_of_a_number_times_a_vector():
    la.hvp(3, (1.0,), (1.0,))  # <-


def check_of_a_number():
    la.check_grads(3, (1.0,), order=1)  # <-
