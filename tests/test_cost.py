"""The cost of programs, and calls, which have the cost and the types of what they call."""

from __future__ import annotations

import pytest

from lineara.errors import LinearityError, TypeMismatchError
from lineara.ir.builder import Builder
from lineara.ir.cost import size, tape_bytes, work
from lineara.ir.program import Function, Program
from lineara.ir.types import DTYPES, ArrayType
from lineara.ops.control.call import Call
from lineara.text.parser import parse

F64 = ArrayType(DTYPES["f64"])
F64_3 = ArrayType(DTYPES["f64"], (3,))

TANGENT = """
def f(k: f64, x: f64[3]; x': f64[3]) -> (f64[3]; f64[3]) {
  y = mul k x
  a', b', c' = dup[copies=3] x'
  drop a'
  z' = zero[f64[3]]
  drop z'
  d' = add b' c'
  e' = mul k d'
  s = reduce_sum[axes=(0,)] x
  return y; e'
}
"""


def test_work_and_size() -> None:
    program = parse(TANGENT)
    assert work(program.main) == 3 + 2 * 3 + 0 + 0 + 0 + 3 + 3 + 3
    assert size(program) == size(program.main) == 8


def test_a_nest_of_calls_is_as_large_as_its_definitions() -> None:
    nest = parse("def f0(x: f64) -> (f64) {\n  y = mul x x\n  return y\n}").main
    for i in range(1, 3001):
        b = Builder(f"f_{i}")
        x = b.parameter(F64, "x")
        for _ in range(2):
            (x,) = b.emit(Call(nest), x)
        nest = b.build([x])
    assert size(nest) == size(Program.of(nest)) == 6001
    assert work(nest) == 2**3000


def test_tape_bytes() -> None:
    assert (
        tape_bytes([F64, F64_3, ArrayType(DTYPES["c64"], (2, 0)), ArrayType(DTYPES["bool"])]) == 33
    )


@pytest.fixture
def callee() -> Function:
    return parse(TANGENT).main


def test_a_call_has_the_types_of_the_callee(callee: Function) -> None:
    call = Call(callee)
    assert call.infer(F64, F64_3, F64_3) == (F64_3, F64_3)
    assert call.linearity([F64, F64_3, F64_3], [False, False, True]) == (False, True)
    assert call.work([F64, F64_3, F64_3], [F64_3, F64_3]) == work(callee)


@pytest.mark.parametrize("types", [(), (F64,), (F64, F64, F64_3), (F64, F64_3, F64_3, F64)])
def test_operands_that_do_not_fit(callee: Function, types: tuple[ArrayType, ...]) -> None:
    with pytest.raises(TypeMismatchError, match=r"do not fit f"):
        Call(callee).infer(*types)


@pytest.mark.parametrize("linear", [(False,) * 3, (True,) * 3, (False, True, False)])
def test_classes_that_do_not_fit(callee: Function, linear: tuple[bool, ...]) -> None:
    with pytest.raises(LinearityError, match="linear values for its linear parameters only"):
        Call(callee).linearity([F64, F64_3, F64_3], linear)
