"""Texts that are no programs are refused in order, with line and column."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_text import PRINTED

from lineara.errors import LinearaError, ParseError
from lineara.ir.check import find_errors
from lineara.ops import OPS
from lineara.text.lexer import RESERVED
from lineara.text.parser import parse
from lineara.text.printer import show

INVALID = sorted((Path(__file__).parent / "invalid").glob("*.la"))


def described(error: LinearaError) -> str:
    parts = {
        "": error.what,
        "found: ": error.found,
        "expected: ": error.expected,
        "instead: ": error.remedy,
    }
    where = error.where
    assert where is not None
    message = "; ".join(label + part for label, part in parts.items() if part)
    return f"{where.line}:{where.column} {message}"


@pytest.mark.parametrize("path", INVALID, ids=lambda path: path.stem)
def test_invalid_programs(path: Path) -> None:
    """The first lines of each file say what is found: place and beginning of each message."""
    text = path.read_text(encoding="utf-8")
    expected = re.findall(r"^# error: (.*)$", text, re.M)
    try:
        errors = find_errors(parse(text, path.name))
    except ParseError as error:
        errors = [error]
    found = [described(error) for error in errors]
    assert len(found) == len(expected)
    assert [f[: len(e)] for f, e in zip(found, expected, strict=True)] == expected


HEAD = "def f(x: f64[3], k: f64; x': f64[3]) -> (f64) {\n  y = "
MANY = 1_000_000
HOSTILE = {
    "parentheses": "(" * 100_000,
    "parentheses in a type": "def f(x: " + "(" * 100_000,
    "parentheses in an attribute": HEAD + "reduce_sum[axes=" + "(" * 100_000,
    "deep product": "def f(p: " + "(" * 40 + "f64" + ")" * 40 + ") -> () { return }",
    "wide product": "def f(p: (" + "f64," * 1000 + ")) -> () { return }",
    "digits": HEAD + "mul k " + "9" * 10_000,
    "digits of a decimal": HEAD + "mul k " + "9" * MANY + ".0",
    "digits of an exponent": HEAD + "mul k 1e" + "9" * MANY,
    "digits in an attribute": HEAD + "reduce_sum[axes=(" + "9" * MANY + ",)] x",
    "digits, then a letter": HEAD + "mul k " + "1" * MANY + "x",
    "length of an axis": f"def f(x: f64[{2**62 + 1}]) -> () {{ return }}",
    "number of elements": "def f(x: f64[0,4000000000,4000000000]) -> () { return }",
    "axes": "def f(x: f64[" + "1," * 1000 + "]) -> () { return }",
    "size of a result": HEAD + "broadcast[shape=(4000000000, 4000000000)] k\n  return y\n}",
    "copies": HEAD + "dup[copies=1000000000000] x'\n  return y\n}",
    "commas": "," * MANY,
    "commas between parameters": "def f(x: f64" + "," * MANY,
    "commas in a tuple": HEAD + "reduce_sum[axes=(0" + "," * MANY,
    "items of a tuple": HEAD + "reduce_sum[axes=(" + "0," * (MANY // 2) + ")] x\n",
    "operands": HEAD + "mul " + "k " * (MANY // 2) + "\n",
    "semicolons": HEAD + "mul k" + ";" * MANY,
    "primes": "def f(x" + "'" * MANY,
    "spaces": " " * MANY,
    "lines": "\n" * MANY,
    "a comment": "#" * MANY,
    "a string": HEAD + 'zero["' + "a" * MANY,
    "quotes": HEAD + 'zero["' + '\\"' * MANY,
    "an unknown long name": HEAD + "add k " + "z" * MANY + "\n",
    "an unknown long op": HEAD + "z" * MANY + " k\n",
    "null": "def f(x: f64) -> (f64) { return x }\0",
    "null in a comment": "# \0\n",
    "surrogate": "def f(x: f64) -> (f64) { return x } # \ud800",
    "accents": "def fü(x: f64) -> (f64) { return x }",
    "long cycle": "".join(
        f"def g_{i}(x: f64) -> (f64) {{\n  y = call[g{(i + 1) % 5000}] x\n  return y\n}}\n"
        for i in range(5000)
    )
    .replace("g32(", "g_32(")
    .replace("[g32]", "[g_32]"),
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_is_refused_with_line_and_column(text: str) -> None:
    with pytest.raises(ParseError) as caught:
        parse(text)
    assert caught.value.where is not None
    assert caught.value.where.column is not None
    assert len(str(caught.value)) < 1000


def test_text_that_is_cut_off() -> None:
    end_of_g = PRINTED.index("}\n\n") + 1
    assert parse(PRINTED[:end_of_g]).main.name == "g"
    for length in {*range(len(PRINTED) - 1)} - {*range(end_of_g, end_of_g + 3)}:
        with pytest.raises(ParseError):
            parse(PRINTED[:length])


@given(
    st.integers(0, len(PRINTED)),
    st.integers(0, 5),
    st.text(max_size=3) | st.sampled_from([*RESERVED, *OPS, "x'", "->", "(", "]", "[g]", "1e999"]),
)
def test_text_with_a_fault_is_refused_or_another_program(start: int, cut: int, new: str) -> None:
    text = PRINTED[:start] + new + PRINTED[start + cut :]
    try:
        program = parse(text)
    except ParseError as error:
        assert error.where is not None
    else:
        assert show(parse(show(program))) == show(program)
