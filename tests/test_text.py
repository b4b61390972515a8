"""Linear A as text: what is printed is read back as the same program."""

from __future__ import annotations

import dataclasses
import html as html_module
import re
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineara.errors import Source
from lineara.ir.builder import Builder
from lineara.ir.check import check
from lineara.ir.op import Op
from lineara.ir.program import Function, LinearVariable, Operand, Program, Variable, reachable
from lineara.ir.program import Literal as Constant
from lineara.ir.types import DTYPES, ArrayType, DType
from lineara.ir.value import Value
from lineara.ops import OPS
from lineara.ops.arithmetic import add, mul, neg, sub
from lineara.ops.broadcast import ReduceSum, broadcast
from lineara.ops.control.call import Call
from lineara.text.attributes import fields_of
from lineara.text.highlight import html, rich_text
from lineara.text.lexer import RESERVED
from lineara.text.parser import parse
from lineara.text.printer import show

ROOT = Path(__file__).parents[1]
SNIPPETS = re.findall(
    r"```lineara\n(.*?)```", (ROOT / "docs/linear-a.md").read_text(encoding="utf-8"), re.S
)

# -- the same program -------------------------------------------------------------------------


def structure(program: Program) -> list[Any]:
    """What a program is, apart from the names and identities of its variables."""
    functions = {f: i for i, f in enumerate(reachable(program.functions))}
    return [function_structure(f, functions) for f in functions]


def function_structure(f: Function, functions: dict[Function, int]) -> list[Any]:
    numbers: dict[Operand, int] = {}

    def operand(v: Operand) -> Any:
        if isinstance(v, Constant):
            return v.type, "nan" if np.isnan(v.value) else v
        return numbers.setdefault(v, len(numbers)), v.type, v.linear

    def attribute(value: Any) -> Any:
        return functions[value] if isinstance(value, Function) else value

    body = [
        (
            type(e.op),
            [attribute(getattr(e.op, field.name)) for field in dataclasses.fields(e.op)],
            list(map(operand, e.operands)),
            list(map(operand, e.results)),
        )
        for e in f.equations
    ]
    return [list(map(operand, f.all_params)), body, list(map(operand, f.all_results))]


def assert_round_trip(program: Program) -> None:
    text = show(program)
    again = parse(text)
    assert show(again) == text
    assert structure(again) == structure(program)


# -- programs that are read ---------------------------------------------------------------------

PRINTED = """\
def g(t: f64[]; c': f64[3]) -> (f64[]; f64[]) {
  e': f64[] = reduce_sum[axes=(0,)] c'
  return t; e'
}

def f.lin(x: f64[3], k: f64[]; x': f64[3], w': f64[3]) -> (f64[]; f64[3], f64[]) {
  s: f64[3] = neg x
  p: f64[3] = mul s 2.0
  t: f64[] = reduce_sum[axes=(0,)] p
  a': f64[3], b': f64[3], c': f64[3] = dup[copies=3] x'
  drop b'
  drop w'
  z': f64[3] = zero[f64[3]]
  d': f64[3] = add c' z'
  y: f64[]; y': f64[] = call[g] t; a'
  m: f64[2,3] = broadcast[shape=(2, 3), axes=(1,)] p
  n: f64[2] = broadcast[shape=(2,)] y
  return y; d', y'
}
"""

TOLERATED = {
    "def f(x:f64)->(f64){return x}": "def f(x: f64[]) -> (f64[]) {\n  return x\n}\n",
    "# one\ndef f() -> () { # two\n\n return\n# three\n}\n# four": "def f() -> () {\n  return\n}\n",
    "def f(x': f64, x: f64) -> (f64; f64) {\r\n return x', x\r\n}": (
        "def f(x: f64[]; x': f64[]) -> (f64[]; f64[]) {\n  return x; x'\n}\n"
    ),
    "def f(\n  x: f64[3],\n) -> (\n  f64,\n) {\n y = reduce_sum[\n (0)\n] x\n return y,\n}": (
        "def f(x: f64[3]) -> (f64[]) {\n  y: f64[] = reduce_sum[axes=(0,)] x\n  return y\n}\n"
    ),
    "def f(p: (f64, (i32[2], ())), q': (f32)) -> ((f64, i32[2]); f32) { return p; q' }": (
        "def f(p.0: f64[], p.1.0: i32[2]; q.0': f32[]) -> (f64[], i32[2]; f32[]) {\n"
        "  return p.0, p.1.0; q.0'\n}\n"
    ),
    "def f(; x': f64) -> (; f64) {\n a', b' = dup[2] x'\n c' = add; a' b'\n return ; c'\n}": (
        "def f(; x': f64[]) -> (; f64[]) {\n  a': f64[], b': f64[] = dup x'\n"
        "  c': f64[] = add a' b'\n  return ; c'\n}\n"
    ),
    "def f(neg: f64) -> (f64) {\n sin = neg neg\n return sin\n}": (
        "def f(neg: f64[]) -> (f64[]) {\n  sin: f64[] = neg neg\n  return sin\n}\n"
    ),
}


def test_printed_text_is_read_back_unchanged() -> None:
    program = parse(PRINTED)
    assert show(program) == PRINTED
    check(program)
    assert_round_trip(program)


@pytest.mark.parametrize(("text", "printed"), TOLERATED.items())
def test_tolerated_text(text: str, printed: str) -> None:
    program = parse(text)
    check(program)
    assert show(program) == printed


@pytest.mark.parametrize("text", SNIPPETS)
def test_snippets_of_the_documentation(text: str) -> None:
    program = parse(text)
    check(program)
    assert_round_trip(program)


def test_functions_in_any_order() -> None:
    texts = [
        "def f(x: f64) -> (f64) {\n  y = call[g] x\n  z = call[h] y\n  return z\n}\n",
        "def g(x: f64) -> (f64) {\n  y = call[h] x\n  return y\n}\n",
        "def h(x: f64) -> (f64) {\n  return x\n}\n",
    ]
    for order in ([0, 1, 2], [2, 1, 0], [1, 0, 2]):
        program = parse("".join(texts[i] for i in order))
        assert [f.name for f in program.functions] == ["h", "g", "f"]
        check(program)


def test_main_is_the_last_function_that_no_other_calls() -> None:
    text = "def {}(x: f64) -> (f64) {{ return x }}\n"
    assert parse(text.format("f") + text.format("g")).main.name == "g"
    assert len(parse(text.format("f") + text.format("g")).functions) == 2


def test_equations_know_where_they_come_from() -> None:
    program = parse("def f(x: f64) -> (f64) {\n  y = neg x\n  z = neg y\n  return z\n}", "a.la")
    assert [e.source for e in program.main.equations] == [
        Source("a.la", 2, 3),
        Source("a.la", 3, 3),
    ]


# -- names --------------------------------------------------------------------------------------


def test_names_are_unique_and_readable() -> None:
    b = Builder("f")
    x = b.parameter(ArrayType(DTYPES["f64"]), "x")
    for hint in ("x", "x", "x_1", "a", None, "return", "2 λ", "f64", "x.y", ""):
        value = neg(x)
        value.operand.hint = hint
    text = show(b.build([value]))
    names = re.findall(r"^  (\S+): f64\[\] = neg x$", text, re.M)
    assert names == ["x_2", "x_3", "x_1", "a", "b", "return_", "_2__", "f64_", "x.y", "c"]
    assert_round_trip(parse(text))


def test_functions_of_one_name() -> None:
    def function(*callees: Function) -> Function:
        b = Builder("f")
        x = b.parameter(ArrayType(DTYPES["f64"]), "x")
        for g in callees:
            (x,) = b.emit(Call(g), x)
        return b.build([x])

    program = Program.of(function(function(), function()))
    assert re.findall(r"def (\S+)\(", show(program)) == ["f", "f_1", "f_2"]
    assert_round_trip(program)


def test_programs_that_are_not_well_typed_are_printed_all_the_same() -> None:
    x, y = Variable(ArrayType(DTYPES["f64"]), "x"), LinearVariable(ArrayType(DTYPES["f64"]), "y")
    f = Function("f", (), (), (), (x,), (y,))
    assert show(f) == "def f() -> (f64[]; f64[]) {\n  return x; y'\n}\n"


# -- literals -----------------------------------------------------------------------------------


def parts(x: Any) -> list[bytes | str]:
    """The bits of a scalar, those of complex numbers in two parts; one NaN is like another."""
    return ["nan" if np.isnan(part) else part.tobytes() for part in (np.real(x), np.imag(x))]


@given(st.sampled_from(sorted(DTYPES)), st.binary(min_size=16, max_size=16))
def test_literals_are_exact(name: str, bits: bytes) -> None:
    dtype = DTYPES[name]
    value = np.bool_(bits[0] % 2) if dtype.kind == "b" else np.frombuffer(bits, dtype)[0]
    text = show(Function("f", (), (), (), (Constant(value),), ()))
    (again,) = parse(text).main.results
    assert isinstance(again, Constant)
    assert again.type == ArrayType(dtype)
    assert parts(again.value) == parts(value)


LITERALS = {
    "2.0": np.float64(2),
    "2": np.int64(2),
    "-0.0": np.float64(-0.0),
    "1e-05": np.float64(1e-5),
    "true": np.bool_(True),
    "inf": np.float64(np.inf),
    "-inf:f32": np.float32(-np.inf),
    "nan": np.float64(np.nan),
    "0.1:f32": np.float32(0.1),
    "3:u8": np.uint8(3),
    "18446744073709551615:u64": np.uint64(2**64 - 1),
    "complex(1.0,-0.0)": np.complex128(complex(1, -0.0)),
    "complex(0.1,2.0):c64": np.complex64(0.1 + 2j),
}


@pytest.mark.parametrize(("text", "value"), LITERALS.items())
def test_literals(text: str, value: Any) -> None:
    f = Function("f", (), (), (), (Constant(value),), ())
    assert f"return {text}\n" in show(f)
    assert_round_trip(Program.of(f))


# -- attributes ---------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Everything(Op):
    """An op with an attribute of every type."""

    name: ClassVar[str] = "everything"
    integer: int
    real: float
    flag: bool
    text: str
    dtype: DType
    array: ArrayType
    nested: tuple[tuple[int, str], ...]
    optional: int | None = None
    choice: Literal["left", "right"] = "left"
    zero: float = 0.0
    function: Function | None = None
    functions: tuple[Function, ...] = ()

    def infer(self, *types: ArrayType) -> tuple[ArrayType, ...]:
        return (self.array,)

    def evaluate(self, *values: Any) -> Any:
        raise AssertionError

    def batch(self, size: int, operands: Any, batched: Any) -> Any:
        raise AssertionError


INT64 = st.integers(-(2**63), 2**63 - 1)
TYPES = st.builds(
    ArrayType,
    st.sampled_from(list(DTYPES.values())),
    st.lists(st.integers(0, 10), max_size=3).map(tuple),
)


@given(
    op=st.builds(
        Everything,
        integer=INT64,
        real=st.floats(allow_nan=False),
        flag=st.booleans(),
        text=st.text(),
        dtype=st.sampled_from(list(DTYPES.values())),
        array=TYPES,
        nested=st.lists(st.tuples(INT64, st.text())).map(tuple),
        optional=st.none() | INT64,
        choice=st.sampled_from(["left", "right"]),
        zero=st.sampled_from([0.0, -0.0, 1.0]),
        function=st.none(),
    )
)
def test_attributes_of_every_type(op: Everything) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(OPS, "everything", Everything)
        g = Builder("g").build([])
        op = dataclasses.replace(op, function=g, functions=(g, g))
        b = Builder("f")
        text = show(b.build(b.emit(op)))
        again = parse(text).main.equations[0].op
        assert isinstance(again, Everything)
        assert again.function is not None
        assert again.functions == (again.function,) * 2
        assert repr(dataclasses.replace(again, function=g, functions=(g, g))) == repr(op)
        assert show(parse(text)) == text


@pytest.mark.parametrize("op", OPS.values(), ids=OPS)
def test_ops_are_known_by_their_names_and_their_fields_can_be_written(op: type[Op]) -> None:
    assert OPS[op.name] is op
    assert op.name not in RESERVED
    assert list(fields_of(op)) == [field.name for field in dataclasses.fields(op)]


# -- random programs ----------------------------------------------------------------------------

HINTS = st.none() | st.sampled_from(["x", "x_1", "y", "a", "return", "α β", "x.0", "_"])
ELEMENTS = ("f64", "f32", "c128", "i64")


@st.composite
def functions(draw: st.DrawFn, callees: tuple[Function, ...] = ()) -> Function:
    """A function of elementwise equations, sums, repetitions and calls, in both classes."""
    b = Builder(draw(st.sampled_from(["f", "f.jvp", "g"])))
    values: list[Value] = []
    for _ in range(draw(st.integers(1, 4))):
        shape = draw(st.sampled_from([(), (3,), (2, 3)]))
        type = ArrayType(DTYPES[draw(st.sampled_from(ELEMENTS))], shape)
        values.append(b.parameter(type, draw(HINTS)))
        if type.has_tangent:
            values.append(b.linear_parameter(type, draw(HINTS)))
    for _ in range(draw(st.integers(0, 8))):
        for value in draw(equations(b, values, callees)):
            if isinstance(value.operand, Variable):
                value.operand.hint = draw(HINTS)
            values.append(value)
    return b.build(draw(st.lists(st.sampled_from(values), max_size=4)))


@st.composite
def equations(
    draw: st.DrawFn, b: Builder, values: list[Value], callees: tuple[Function, ...]
) -> tuple[Value, ...]:
    """The results of a new equation."""
    x = draw(st.sampled_from(values))
    y = draw(st.sampled_from([v for v in values if v.type == x.type and not v.linear] or [x]))
    rules = [
        lambda: (neg(x),),
        lambda: (x * 0.5 if x.dtype.kind in "fc" else x * 2,),
        lambda: (ReduceSum(tuple(range(x.ndim)))(x),),
        lambda: (broadcast(x, (2, *x.shape), tuple(range(1, 1 + x.ndim))),),
        lambda: (b.zero(x.type),) if x.type.has_tangent else (sub(x, 1),),
        lambda: (mul(y, x),) if not y.linear else (add(x, y),),
    ]
    for f in callees:
        fitting = [
            [v for v in values if v.type == p.type and v.linear == p.linear] for p in f.all_params
        ]
        if all(fitting):
            rules.append(lambda f=f, fitting=fitting: b.emit(Call(f), *(c[-1] for c in fitting)))
    return draw(st.sampled_from(rules))()


@st.composite
def programs(draw: st.DrawFn) -> Program:
    callees: tuple[Function, ...] = ()
    for _ in range(draw(st.integers(0, 2))):
        callees += (draw(functions(callees)),)
    return Program.of(draw(functions(callees)))


@given(programs())
def test_random_programs_are_read_back_unchanged(program: Program) -> None:
    check(program)
    assert_round_trip(program)
    check(parse(show(program)))


@given(programs())
def test_highlighting_changes_no_character(program: Program) -> None:
    text = show(program)
    assert rich_text(program).plain == text
    element = html(program)
    inner = element.removeprefix('<pre class="lineara">').removesuffix("</pre>")
    assert html_module.unescape(re.sub(r"</?span[^>]*>", "", inner)) == text
