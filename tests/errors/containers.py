"""Trees and flat arrays that do not fit together."""

from __future__ import annotations

import dataclasses

import numpy as np

import lineara as la
from lineara import tree

X = np.array([0.3, -0.7, 1.1])


# -- trees -----------------------------------------------------------------------------------------


def map_over_other_keys():
    tree.map(np.add, {"a": 1.0}, {"b": 2.0})  # <-


def map_over_another_length():
    tree.map(np.add, [1.0, 2.0], [1.0])  # <-


def map_over_a_list_and_a_tuple():
    tree.map(np.add, [1.0], (2.0,))  # <-


def map_of_a_number():
    tree.map(3, [1.0])  # <-


def map_with_path_over_other_keys():
    tree.map_with_path(lambda path, x, y: x + y, {"a": 1.0}, {"b": 2.0})  # <-


def too_few_leaves():
    tree.unflatten(tree.structure([1.0, 2.0]), [1.0])  # <-


def too_many_leaves():
    tree.unflatten(tree.structure([1.0, 2.0]), [1.0, 2.0, 3.0])  # <-


def leaves_in_place_of_a_structure():
    tree.unflatten([1.0, 2.0], tree.structure([1.0, 2.0]))  # <-


def sum_of_no_leaves():
    tree.reduce(np.add, {})  # <-


def transpose_of_another_structure():
    tree.transpose(tree.structure([0, 0]), None, [{"a": 1}, {"b": 2}])  # <-


def class_registered_twice():
    class Box:
        pass

    tree.register_node(Box, lambda box: ((), None), lambda _, children: Box())
    tree.register_node(Box, lambda box: ((), None), lambda _, children: Box())  # <-


def instance_registered():
    tree.register_node(3, lambda box: ((), None), lambda _, children: 3)  # <-


def dataclass_that_is_none():
    @tree.register_dataclass  # <-
    class Box:
        pass


def dataclass_with_unknown_fields():
    @dataclasses.dataclass
    class Box:
        width: float

    tree.register_dataclass(Box, ["height"], [])  # <-


def dataclass_with_half_of_its_fields():
    @dataclasses.dataclass
    class Box:
        width: float

    tree.register_dataclass(Box, ["width"])  # <-


def dataclass_that_is_not_registered():
    @dataclasses.dataclass
    class Box:
        width: float

    la.grad(lambda box: box.width**2)(Box(2.0))  # <-


# -- flat arrays -----------------------------------------------------------------------------------


def flat_array_of_strings():
    la.ravel_pytree({"a": X, "name": "spring"})  # <-


def flat_array_of_another_length():
    _, unravel = la.ravel_pytree({"a": X})
    unravel(np.ones(4))  # <-


def flat_array_of_two_axes():
    _, unravel = la.ravel_pytree({"a": X})
    unravel(np.ones((1, 3)))  # <-


def flat_array_of_another_dtype():
    _, unravel = la.ravel_pytree({"a": X, "b": np.float32(1)})
    unravel(np.ones(4, np.float32))  # <-
