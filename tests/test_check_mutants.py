"""The checker passes what the builder makes and refuses what a mutation has made of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lineara.errors import ProgramError
from lineara.ir.builder import Builder
from lineara.ir.check import check
from lineara.ir.op import Op
from lineara.ir.program import Equation, Function, LinearVariable, Variable
from lineara.ir.structural import Zero
from lineara.ir.types import ArrayType
from lineara.ops.arithmetic import add, div, mul, neg, sub

F3 = ArrayType(np.dtype(np.float64), (3,))
OTHER_TYPES = (F3.with_shape((4,)), F3.with_dtype(np.dtype(np.int64)))

Draw: TypeAlias = Callable[[st.SearchStrategy[Any]], Any]


STEPS: tuple[tuple[Op, tuple[bool, ...]], ...] = (
    (add, (False, False)),
    (mul, (False, False)),
    (neg, (False,)),
    (add, (True, True)),
    (sub, (True, True)),
    (mul, (False, True)),
    (div, (True, False)),
    (neg, (True,)),
    (Zero(F3), ()),
)
"""Ops, and which of their operands are linear."""


@st.composite
def functions(draw: Draw) -> Function:
    """A function with both kinds of values, well typed because the builder made it."""
    b = Builder("f")
    values = {
        False: [b.parameter(F3, "x"), b.parameter(F3, "y")],
        True: [b.linear_parameter(F3, "t"), b.linear_parameter(F3, "u")],
    }
    for op, kinds in draw(st.lists(st.sampled_from(STEPS), min_size=1, max_size=10)):
        operands = [draw(st.sampled_from(values[linear])) for linear in kinds]
        (value,) = b.emit(op, *operands)
        values[value.linear].append(value)
    results = (st.lists(st.sampled_from(v), min_size=1, max_size=3) for v in values.values())
    return b.build([value for some in results for value in draw(some)])


def slots(f: Function, *, linear: bool) -> list[tuple[int, int]]:
    """Equation and operand numbers of all operands of a kind."""
    return [
        (i, k)
        for i, equation in enumerate(f.equations)
        for k, v in enumerate(equation.operands)
        if v.linear == linear
    ]


def with_equation(f: Function, i: int, *new: Equation) -> Function:
    """`f` with equation `i` replaced."""
    return replace(f, equations=(*f.equations[:i], *new, *f.equations[i + 1 :]), memo={})


def with_operand(f: Function, slot: tuple[int, int], new: Variable) -> Function:
    i, k = slot
    equation = f.equations[i]
    operands = (*equation.operands[:k], new, *equation.operands[k + 1 :])
    return with_equation(f, i, replace(equation, operands=operands))


def choose(draw: Draw, choices: Sequence[Any]) -> Any:
    assume(choices)
    return draw(st.sampled_from(choices))


def bound_before(f: Function, i: int) -> list[Variable]:
    return [*f.all_params, *(v for equation in f.equations[:i] for v in equation.results)]


def reuse(f: Function, draw: Draw) -> Function:
    """A linear variable in the place of another one."""
    i, k = choose(draw, slots(f, linear=True))
    old = f.equations[i].operands[k]
    others = [v for v in bound_before(f, i) if v.linear and v is not old]
    return with_operand(f, (i, k), choose(draw, others))


def forget_result(f: Function, draw: Draw) -> Function:
    """A linear result left out."""
    return replace(f, linear_results=f.linear_results[1:], memo={})


def forget_equation(f: Function, draw: Draw) -> Function:
    """A linear equation left out: its operands are not used, its results not bound."""
    numbers = [i for i, equation in enumerate(f.equations) if equation.linear]
    return with_equation(f, choose(draw, numbers))


def repeat_equation(f: Function, draw: Draw) -> Function:
    """An equation that binds something, twice."""
    i = choose(draw, [i for i, equation in enumerate(f.equations) if equation.results])
    return with_equation(f, i, f.equations[i], f.equations[i])


def delay_equation(f: Function, draw: Draw) -> Function:
    """An equation at the end, although its results are used further up."""
    used = {v: i for i, equation in enumerate(f.equations) for v in equation.operands}
    numbers = [i for i, e in enumerate(f.equations) if any(used.get(v, i) > i for v in e.results)]
    i = choose(draw, numbers)
    mutant = with_equation(f, i)
    return replace(mutant, equations=(*mutant.equations, f.equations[i]))


def unbind(f: Function, draw: Draw) -> Function:
    """A variable that is bound nowhere."""
    linear = draw(st.booleans())
    fresh = (LinearVariable if linear else Variable)(F3)
    return with_operand(f, choose(draw, slots(f, linear=linear)), fresh)


def rebind(f: Function, draw: Draw) -> Function:
    """A result that has a name which is taken."""
    i = choose(draw, [i for i, equation in enumerate(f.equations) if equation.results])
    equation = f.equations[i]
    taken = choose(draw, [v for v in bound_before(f, i) if v.linear == equation.results[0].linear])
    return with_equation(f, i, replace(equation, results=(taken, *equation.results[1:])))


def substitute(f: Function, old: Variable, new: Variable) -> Function:
    """`f` with a variable replaced everywhere."""

    def swap(variables: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(new if v is old else v for v in variables)

    return Function(
        f.name,
        swap(f.params),
        swap(f.linear_params),
        tuple(replace(e, operands=swap(e.operands), results=swap(e.results)) for e in f.equations),
        swap(f.results),
        swap(f.linear_results),
    )


def retype(f: Function, draw: Draw) -> Function:
    """A result with another type, wherever it occurs."""
    old = choose(draw, [v for equation in f.equations for v in equation.results])
    return substitute(f, old, type(old)(draw(st.sampled_from(OTHER_TYPES)), old.hint))


def reclassify(f: Function, draw: Draw) -> Function:
    """A variable of the other kind, wherever it occurs."""
    old = choose(draw, bound_before(f, len(f.equations)))
    return substitute(f, old, (Variable if old.linear else LinearVariable)(old.type, old.hint))


def linear_operand_for_ordinary(f: Function, draw: Draw) -> Function:
    """A linear variable where an ordinary one stood."""
    i, k = choose(draw, slots(f, linear=False))
    return with_operand(f, (i, k), choose(draw, [v for v in bound_before(f, i) if v.linear]))


def ordinary_operand_for_linear(f: Function, draw: Draw) -> Function:
    """An ordinary variable where a linear one stood."""
    i, k = choose(draw, slots(f, linear=True))
    return with_operand(f, (i, k), choose(draw, [v for v in bound_before(f, i) if not v.linear]))


MUTATIONS = {
    reuse: "is used twice",
    forget_result: "is not used",
    forget_equation: "is not used|is used before it is bound",
    repeat_equation: "is bound twice",
    delay_equation: "is used before it is bound",
    unbind: "is used before it is bound",
    rebind: "is bound twice",
    retype: "does not have the type of its value|have no tangents|no linear value has type",
    reclassify: "is not linear|is for linear|in place of|is used|is not used",
    linear_operand_for_ordinary: "is used twice",
    ordinary_operand_for_linear: "is not used",
}


@given(f=functions())
def test_what_the_builder_makes_passes(f: Function) -> None:
    check(f)


@pytest.mark.parametrize(
    ("mutate", "message"), MUTATIONS.items(), ids=[mutate.__name__ for mutate in MUTATIONS]
)
@given(f=functions(), data=st.data())
def test_mutants_are_refused(
    mutate: Callable[[Function, Draw], Function], message: str, f: Function, data: st.DataObject
) -> None:
    with pytest.raises(ProgramError) as caught:
        check(mutate(f, data.draw))
    assert re.search(message, str(caught.value))
    assert all(re.match("in .* of f: ", error.what) for error in caught.value.errors)
