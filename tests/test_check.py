"""The checker refuses every ill-formed program, says why, and reports each fault once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, TypeAlias

import numpy as np
import pytest

from lineara.errors import (
    LinearaError,
    LinearityError,
    ProgramError,
    ShapeMismatchError,
    Source,
    TypeMismatchError,
)
from lineara.ir.check import check, find_errors
from lineara.ir.op import Op
from lineara.ir.program import Equation, Function, LinearVariable, Literal, Program, Variable
from lineara.ir.structural import Drop, Dup, Zero
from lineara.ir.types import Array, ArrayType
from lineara.ops.arithmetic import Neg, add, div, mul, neg, sub
from lineara.ops.control.call import Call

F3 = ArrayType(np.dtype(np.float64), (3,))
F4 = F3.with_shape((4,))
I3 = F3.with_dtype(np.dtype(np.int64))

Line: TypeAlias = tuple[str, Op, str]
"""Results, op and operands of an equation."""


def function(
    params: str,
    lines: Sequence[Line],
    results: str,
    *,
    name: str = "f",
    types: dict[str, ArrayType] | None = None,
) -> Function:
    """A function from names; a name in two places is one variable.

    Parameters and results are written as in text, ``x y; a' b'``. A name with a prime is a linear
    variable, one that starts with a digit a literal. Types are f64[3] if not given.
    """
    variables: dict[str, Variable] = {}

    def one(word: str) -> Any:
        if word[0].isdigit():
            return Literal(float(word))
        make = LinearVariable if word.endswith("'") else Variable
        type_ = (types or {}).get(word, F3)
        return variables.setdefault(word, make(type_, word.removesuffix("'")))

    def many(words: str) -> tuple[Any, ...]:
        return tuple(map(one, words.split()))

    ordinary_params, _, linear_params = params.partition(";")
    ordinary_results, _, linear_results = results.partition(";")
    return Function(
        name,
        many(ordinary_params),
        many(linear_params),
        tuple(
            Equation(op, many(operands), many(bound), Source("user.py", number))
            for number, (bound, op, operands) in enumerate(lines, 1)
        ),
        many(ordinary_results),
        many(linear_results),
    )


DOUBLE = function("; t'", [("a' b'", Dup(), "t'"), ("s'", add, "a' b'")], "; s'", name="double")
SCALE = function("k; t'", [("s'", mul, "k t'")], "k; s'", name="scale")

# -- well-formed programs -------------------------------------------------------------------------

GOOD = {
    "empty": function("", [], ""),
    "identity": function("x; t'", [], "x; t'"),
    "ordinary values as often as you like": function("x", [("y", mul, "x x")], "x y y 2.0"),
    "linear values once": function(
        "x; t' u'",
        [("a'", mul, "x t'"), ("b'", sub, "a' u'"), ("c' d'", Dup(), "b'"), ("", Drop(), "c'")],
        "x; d'",
    ),
    "zero": function("", [("z'", Zero(F3), "")], "; z'"),
    "integers": function("n", [("m", add, "n n")], "m", types={"n": I3, "m": I3}),
    "calls": function(
        "x; t' u'",
        [("a'", Call(DOUBLE), "t'"), ("y b'", Call(SCALE), "x a'"), ("c'", Call(DOUBLE), "u'")],
        "y; b' c'",
    ),
}


@pytest.mark.parametrize("f", GOOD.values(), ids=GOOD.keys())
def test_well_formed_functions_pass(f: Function) -> None:
    assert find_errors(f) == []
    check(Program.of(f))


# -- ill-formed ones, one for each rule -----------------------------------------------------------

BAD: dict[str, tuple[Function, type[LinearaError], str]] = {
    "unbound operand": (
        function("x", [("y", add, "x z")], "y"),
        LinearaError,
        "in `y = add x z` of f: z is used before it is bound|make it a parameter",
    ),
    "bound too late": (
        function("x", [("y", neg, "z"), ("z", neg, "x")], "y"),
        LinearaError,
        "in `y = neg z` of f: z is used before|bound by `z = neg x` .user.py:2",
    ),
    "defined by itself": (
        function("", [("y", neg, "y")], "y"),
        LinearaError,
        "y is used before it is bound|bound by `y = neg y`",
    ),
    "unbound and used often": (
        function("x", [("y", add, "x z"), ("u", add, "z z")], "y u z"),
        LinearaError,
        "in `y = add x z` of f: z is used before",
    ),
    "unbound result": (
        function("x; t'", [], "z; t'"),
        LinearaError,
        "in the results of f: z is used before it is bound",
    ),
    "parameter twice": (
        function("x x", [], "x"),
        LinearaError,
        "in the parameters of f: x is bound twice|bound by the parameters and the parameters",
    ),
    "parameter bound again": (
        function("x", [("x", neg, "x")], "x"),
        LinearaError,
        "in `x = neg x` of f: x is bound twice|the parameters and `x = neg x`|new variable",
    ),
    "bound three times": (
        function("x", [("y", neg, "x")] * 3, "y"),
        LinearaError,
        "y is bound 3 times|.user.py:1. and .* .user.py:2. and .* .user.py:3",
    ),
    "bound twice by one equation": (
        function("; t'", [("a' a'", Dup(), "t'")], "; a' a'"),
        LinearaError,
        "in `a', a' = dup t'` of f: a' is bound twice",
    ),
    "operand shapes": (
        function("x w", [("y", add, "x w")], "y", types={"w": F4}),
        ShapeMismatchError,
        r"in `y = add x w` of f: add takes operands of one shape|found: f64\[3\], f64\[4\]"
        "|expected: equal shapes|instead: insert a broadcast",
    ),
    "operand dtypes": (
        function("x n", [("y", add, "x n")], "y", types={"n": I3}),
        TypeMismatchError,
        "add takes operands of one dtype|found: f64, i64",
    ),
    "number of operands": (
        function("x", [("y", add, "x")], "y"),
        TypeMismatchError,
        "add takes 2 operands",
    ),
    "result type": (
        function("x", [("y", neg, "x")], "y", types={"y": F4}),
        TypeMismatchError,
        r"y does not have the type of its value|found: y: f64\[4\]|expected: y: f64\[3\]|convert",
    ),
    "too many results": (
        function("x", [("y z", neg, "x")], "y z"),
        TypeMismatchError,
        r"neg does not have as many results|f64\[3\], f64\[3\]|expected: results f64\[3\]\n",
    ),
    "too few results": (
        function("; t'", [("a'", Dup(3), "t'")], "; a'"),
        TypeMismatchError,
        "dup does not have as many results|bind each result",
    ),
    "no result left": (
        function("x", [("", neg, "x")], ""),
        TypeMismatchError,
        "in `neg x` of f|found: results left out",
    ),
    "results of drop": (
        function("; t'", [("a'", Drop(), "t'")], "; a'"),
        TypeMismatchError,
        "drop does not have as many results|expected: no results",
    ),
    "not linear in both": (
        function("; t' u'", [("a'", mul, "t' u'")], "; a'"),
        LinearityError,
        "in `a' = mul t' u'` of f: mul is not linear in operands 1 and 2 together"
        "|expected: operand 1 or operand 2",
    ),
    "not linear in one alone": (
        function("x; t'", [("a'", add, "t' x")], "; a'"),
        LinearityError,
        "add is not linear in operand 1|instead: make operand 2 linear too, e.g. with zero",
    ),
    "not linear in the denominator": (
        function("x; t'", [("a'", div, "x t'")], "; a'"),
        LinearityError,
        "div is not linear in operand 2|expected: operand 1",
    ),
    "literal as a tangent": (
        function("; t'", [("a'", add, "t' 0.0")], "; a'"),
        LinearityError,
        "in `a' = add t' 0.0` of f",
    ),
    "dup of an ordinary value": (
        function("x", [("a' b'", Dup(), "x")], "; a' b'"),
        LinearityError,
        "dup is for linear variables|leave out the dup",
    ),
    "ordinary result of a linear equation": (
        function("; t'", [("y", neg, "t'")], "y"),
        LinearityError,
        "y is an ordinary value in place of a linear value|expected: a linear value, with a prime",
    ),
    "linear result of an ordinary equation": (
        function("x", [("y'", neg, "x")], "; y'"),
        LinearityError,
        "y' is a linear value in place of an ordinary value|expected: .* without a prime",
    ),
    "linear integer parameter": (
        function("; n'", [], "; n'", types={"n'": I3}),
        TypeMismatchError,
        r"in the parameters of f: n' is linear, but .* no tangents|i64\[3\]|float or complex",
    ),
    "linear integer result": (
        function("n", [("m'", neg, "n")], "; m'", types={"n": I3, "m'": I3}),
        TypeMismatchError,
        "in `m' = neg n` of f: m' is linear, but values of its type have no tangents",
    ),
    "used twice": (
        function("; t'", [("a'", neg, "t'"), ("b'", neg, "t'")], "; a' b'"),
        LinearityError,
        "in `b' = neg t'` of f: t' is used twice|dup t'"
        "|found: used by `a' = neg t'` .user.py:1. and `b' = neg t'` .user.py:2.",
    ),
    "used twice by one equation": (
        function("; t'", [("a'", add, "t' t'")], "; a'"),
        LinearityError,
        "t' is used twice|used by `a' = add t' t'` .* and `a' = add t' t'`",
    ),
    "used three times": (
        function("; t'", [("a'", neg, "t'")], "; a' t' t'"),
        LinearityError,
        "t' is used 3 times|`a' = neg t'` .* and the results and the results",
    ),
    "unused parameter": (
        function("x; t'", [], "x"),
        LinearityError,
        "in the parameters of f: t' is not used|instead: discard it, drop t'",
    ),
    "unused result": (
        function("; t'", [("a' b'", Dup(), "t'")], "; a'"),
        LinearityError,
        "at: user.py:1|in `a', b' = dup t'` of f: b' is not used|drop b'",
    ),
    "linear value among the ordinary results": (
        function("; t'", [], "t'"),
        LinearityError,
        "in the results of f: t' is a linear value in place of an ordinary value|semicolon",
    ),
    "ordinary value among the linear results": (
        function("x", [], "; x"),
        LinearityError,
        "in the results of f: x is an ordinary value in place of a linear value",
    ),
    "literal among the linear results": (
        function("", [], "; 0.0"),
        LinearityError,
        "in the results of f: 0.0 is an ordinary value in place of a linear value",
    ),
    "linear variable among the ordinary parameters": (
        function("t'", [], "; t'"),
        LinearityError,
        "in the parameters of f: t' is a linear value in place of an ordinary value|semicolon",
    ),
    "ordinary variable among the linear parameters": (
        function("; x", [], "x"),
        LinearityError,
        "in the parameters of f: x is an ordinary value in place of a linear value",
    ),
    "call with another type": (
        function("w; t'", [("k s'", Call(SCALE), "w t'")], "k; s'", types={"w": F4, "k": F3}),
        TypeMismatchError,
        r"in `k, s' = call\[scale\] w t'` of f: the operands do not fit scale",
    ),
    "call with an ordinary value for a tangent": (
        function("x y", [("k s'", Call(SCALE), "x y")], "k; s'"),
        LinearityError,
        "scale takes linear values for its linear parameters only",
    ),
}


@pytest.mark.parametrize(("f", "kind", "message"), BAD.values(), ids=BAD.keys())
def test_each_rule(f: Function, kind: type[LinearaError], message: str) -> None:
    (error,) = find_errors(f)
    assert type(error) is kind
    for pattern in message.split("|"):
        assert re.search(pattern, str(error)), f"{pattern!r} is not in\n{error}"
    with pytest.raises(ProgramError, match="the program has 1 error"):
        check(f)


def test_faults_in_different_places_are_all_reported_in_order() -> None:
    f = function(
        "x; t' u'",
        [("y", neg, "z"), ("a'", mul, "t' u'"), ("w", add, "x x"), ("b'", neg, "a'")],
        "y w; a'",
        types={"w": F4},
    )
    whats = [error.what.partition(": ")[2] for error in find_errors(f)]
    assert whats == [
        "z is used before it is bound",
        "mul is not linear in operands 1 and 2 together",
        "w does not have the type of its value",
        "b' is not used",
        "a' is used twice",
    ]
    with pytest.raises(ProgramError, match="5 errors") as caught:
        check(f)
    assert len(caught.value.errors) == 5


def test_one_fault_is_one_error_however_often_its_results_are_used() -> None:
    later: list[Line] = [("a", add, "y x"), ("b", mul, "a a"), ("c", neg, "b")]
    f = function("x w", [("y", add, "x w"), *later], "y a b c", types={"w": F4, "y": F4})
    assert len(find_errors(f)) == 1


def test_functions_called_are_checked_once_each() -> None:
    f = function("; t'", [("s'", add, "t' t'")], "; s'", name="f0")
    for i in range(1, 40):  # 2⁴⁰ calls, 40 functions
        lines: list[Line] = [("a'", Call(f), "t'"), ("b'", Call(f), "a'")]
        f = function("; t'", lines, "; b'", name=f"f{i}")
    (error,) = find_errors(f)
    assert error.what == "in `s' = add t' t'` of f0: t' is used twice"
    assert find_errors(f) == [error]


def test_long_functions() -> None:
    lines: list[Line] = [(f"x{i + 1}'", neg, f"x{i}'") for i in range(20_000)]
    f = function("; x0'", lines, "; x20000'")
    check(f)
    (error,) = find_errors(replace(f, linear_results=(), memo={}))
    assert "x20000' is not used" in error.what


def test_variables_without_or_with_equal_hints_get_names_of_their_own() -> None:
    x, y, z = Variable(F3, "x"), Variable(F3, "x"), Variable(F3)
    f = Function("f", (x,), (), (Equation(add, (x, y), (z,)),), (z,), ())
    (error,) = find_errors(f)
    assert error.what == "in `v = add x x_2` of f: x_2 is used before it is bound"


@dataclass(frozen=True)
class Broken(Neg):
    """An op whose type rule has a bug."""

    name: ClassVar[str] = "broken"

    def infer(self, *types: ArrayType) -> tuple[ArrayType, ...]:
        raise KeyError("bug")


def test_bugs_of_ops_are_not_faults_of_programs() -> None:
    with pytest.raises(KeyError, match="bug"):
        check(function("x", [("y", Broken(), "x")], "y"))


MAIN = function("x; t'", [("a'", Call(DOUBLE), "t'")], "x; a'", name="main")
VECTOR = np.ones(3)


@pytest.mark.parametrize(
    ("functions", "constants", "message"),
    [
        ((DOUBLE, MAIN), (VECTOR,), ""),
        ((MAIN,), (), "main calls double, which does not come before it"),
        ((MAIN, DOUBLE), (), "main calls double, which does not come before it"),
        ((DOUBLE, MAIN), (VECTOR[1:],), "the constants of the program are not the first param"),
        ((DOUBLE, MAIN), (VECTOR, VECTOR), "the constants of the program are not the first param"),
        ((DOUBLE,), (VECTOR,), "the first of no parameters"),
    ],
)
def test_programs_as_a_whole(
    functions: tuple[Function, ...], constants: tuple[Array, ...], message: str
) -> None:
    errors = find_errors(Program(functions, constants))
    assert [message in str(error) for error in errors] == [True] * bool(message)
