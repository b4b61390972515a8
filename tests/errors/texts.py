"""Programs, and texts of programs, that are not what they should be.

Where the fault is in a text, the line of the text has the mark.
"""

from __future__ import annotations

import numpy as np

import lineara as la

X = np.array([0.3, -0.7, 1.1])

CUBE = """\
def f(x: f64[3]) -> (f64[3]) {
  y: f64[3] = mul x x
  z: f64[3] = mul y x
  return z
}
"""


# -- programs --------------------------------------------------------------------------------------


def trace_of_a_number():
    la.trace(3)  # <-


def trace_of_a_string():
    la.trace(lambda x: x)("text")  # <-


def program_called_with_too_few_arguments():
    la.parse(CUBE)()  # <-


def program_called_at_another_shape():
    la.parse(CUBE)(np.ones(4))  # <-


def program_called_at_another_dtype():
    la.parse(CUBE)(1j * X)  # <-


def program_called_with_a_string():
    la.parse("def f(x: f64[]) -> (f64[]) {\n  return x\n}")("1")  # <-


def function_that_a_program_lacks():
    la.parse(CUBE)["g"]  # <-


def text_of_bytes():
    la.parse(CUBE.encode())  # <-


def check_of_a_function():
    la.check(np.sin)  # <-


def work_of_a_function():
    la.work(np.sin)  # <-


def size_of_a_text():
    la.size(CUBE)  # <-


def jvp_of_a_function_that_is_no_program():
    la.transforms.jvp(np.sin)  # <-


def transpose_of_a_program_that_is_not_linear():
    la.transforms.transpose(la.parse(CUBE))  # <-


# -- texts -----------------------------------------------------------------------------------------


def text_without_a_program():
    la.parse("x = 3  # <-")


def text_cut_off():
    la.parse("def f(x: f64[  # <-")


def operation_misspelt():
    la.parse(
        """
        def f(x: f64[3]) -> (f64[3]) {
          y: f64[3] = sinn x  # <-
          return y
        }
        """
    )


def variable_misspelt():
    la.parse(
        """
        def f(mass: f64[3]) -> (f64[3]) {
          y: f64[3] = sin mas  # <-
          return y
        }
        """
    )


def function_misspelt():
    la.parse(
        """
        def f(x: f64[3]) -> (f64[3]) {
          y: f64[3] = call[g] x  # <-
          return y
        }
        """
    )


def dtype_misspelt():
    la.parse(
        """
        def f(x: float[3]) -> (f64[3]) {  # <-
          return x
        }
        """
    )


def shapes_in_a_text():
    la.parse(
        """
        def f(x: f64[3], y: f64[4]) -> (f64[3]) {
          z: f64[3] = add x y  # <-
          return z
        }
        """
    )


def result_type_in_a_text():
    la.parse(
        """
        def f(x: f64[3]) -> (f64[3]) {
          y: f64[3] = reduce_sum[axes=(0,)] x  # <-
          return y
        }
        """
    )


def linear_variable_used_twice():
    la.parse(
        """
        def f(; x': f64[3]) -> (; f64[3], f64[3]) {
          y': f64[3] = neg x'
          z': f64[3] = neg x'  # <-
          return ; y', z'
        }
        """
    )


def linear_variable_not_used():
    la.parse(
        """
        def f(; x': f64[3], y': f64[3]) -> (; f64[3]) {
          z': f64[3] = neg y'  # <-
          return ; x'
        }
        """
    )


def square_of_a_linear_variable():
    la.parse(
        """
        def f(; x': f64[3]) -> (; f64[3]) {
          y': f64[3], z': f64[3] = dup[copies=2] x'
          s': f64[3] = mul y' z'  # <-
          return ; s'
        }
        """
    )
