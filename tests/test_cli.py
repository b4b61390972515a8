"""The command line: what it prints, its exit status, and that no input makes it fall over."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import click
import numpy as np
import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st
from test_text_errors import HOSTILE, INVALID

from lineara.cli import main
from lineara.program import parse

F = """\
def square(x: f64[2]) -> (f64[2]) {
  y: f64[2] = mul x x
  return y
}

def f(x: f64[2], k: f64[]) -> (f64[]) {
  s: f64[2] = call[square] x
  t: f64[] = reduce_sum[axes=(0,)] s
  r: f64[] = mul k t
  return r
}
"""
UNTIDY = "def f(x:f64)->(f64){return x}"
TIDY = "def f(x: f64[]) -> (f64[]) {\n  return x\n}\n"
COMMENTED = "# half\n" + TIDY
FILES = {
    "f.la": F,
    "untidy.la": UNTIDY,
    "commented.la": COMMENTED,
    "hash.la": 'def f(x: f64) -> (f64) { return x } # "a#"',
    "bad.la": (
        "def f(x: f64; x': f64) -> (; f64) {\n"
        "  y: f32 = neg x\n"
        "\t z' = add x' x'\n"
        "  return ; z'\n"
        "}\n"
    ),
    "syntax.la": "def f(x: f64) -> (f64) {\n  y = sine x\n  return y\n}\n",
    "kinds.la": (
        "def f(b: bool, i: i8, u: u64, g: f32, c: c64, e: i64[0], m: f64[2,2])\n"
        "  -> (bool, i8, u64, f32, c64, i64[0], f64[2,2], f64, i64) {\n"
        "  return b, i, u, g, c, e, m, 1.5, 3\n"
        "}\n"
    ),
    "lin.la": "def l(a: f64; x': f64) -> (; f64) {\n  y' = mul a x'\n  return ; y'\n}\n",
    "mixed.la": "def m(a: f64; x': f64) -> (f64; f64) {\n  return a; x'\n}\n",
    "vector.la": "def v(x: f64[2]) -> (f64[2]) {\n  return x\n}\n",
    "solve.la": (
        "def f(a: f64[1,1], b: f64[1,1]) -> (f64[1,1]) {\n  x = solve a b\n  return x\n}\n"
    ),
    "huge.la": (
        "def f(x: f64) -> (f64[500000000000000000]) {\n"
        "  y = broadcast[shape=(500000000000000000,)] x\n  return y\n}\n"
    ),
    "none.la": "def none() -> () {\n  return\n}\n",
    "deep.la": "def g_0(x: f64) -> (f64) {\n  return x\n}\n"
    + "".join(
        f"def g_{i}(x: f64) -> (f64) {{\n  y = call[g_{i - 1}] x\n  return y\n}}\n"
        for i in range(1, 2000)
    ),
}
NOT_UTF8 = b"def f() -> () {\n  \xff\n}"


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current directory, with all of `FILES` in it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    for name, text in FILES.items():
        Path(name).write_text(text, encoding="utf-8", newline="\n")
    Path("bytes.la").write_bytes(NOT_UTF8)
    np.save("x.npy", np.array([1.0, 2.0]))
    np.save("objects.npy", np.array([None, {}]), allow_pickle=True)
    return tmp_path


def lineara(*args: str, stdin: str | bytes | None = None) -> Result:
    """A finished run; whatever it was given, it did not end with a traceback."""
    result = CliRunner().invoke(main, args, input=stdin)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert "Traceback" not in result.output
    assert bool(result.stderr) == (result.exit_code != 0)
    return result


class Case(NamedTuple):
    """A command line with its exit status and what it prints, to the letter, to stdout or stderr."""

    args: str
    exit_code: int
    output: str


F_JVP = """\
def square.jvp(x: f64[2]; x': f64[2]) -> (f64[2]; f64[2]) {
  y: f64[2] = mul x x
  x_1': f64[2], x_2': f64[2] = dup x'
  a': f64[2] = mul x_1' x
  b': f64[2] = mul x x_2'
  y': f64[2] = add a' b'
  return y; y'
}

def f.jvp(x: f64[2], k: f64[]; x': f64[2]) -> (f64[]; f64[]) {
  s: f64[2]; s': f64[2] = call[square.jvp] x; x'
  t: f64[] = reduce_sum[axes=(0,)] s
  t': f64[] = reduce_sum[axes=(0,)] s'
  r: f64[] = mul k t
  r': f64[] = mul k t'
  return r; r'
}
"""

PRINTED = [
    Case("check f.la", 0, "ok: 2 functions, 4 equations in f.la\n"),
    Case(
        "check vector.la none.la",
        0,
        "ok: 1 function, 0 equations in vector.la\nok: 1 function, 0 equations in none.la\n",
    ),
    Case("fmt f.la", 0, F),
    Case("fmt commented.la untidy.la", 0, TIDY + TIDY),
    Case("fmt --check f.la vector.la", 0, ""),
    Case("jvp --active x f.la", 0, F_JVP),
    Case("transpose lin.la", 0, "") ,
    Case("forget lin.la", 0, ""),
    Case("run f.la [1,2] 3", 0, "r: f64[] = 15.0\n"),
    Case("run f.la @x.npy -0.5", 0, "r: f64[] = -2.5\n"),
    Case("run f.la [inf,-1e3] nan", 0, "r: f64[] = nan\n"),
    Case("run f.la --function square (-1,2)", 0, "y: f64[2] = [1.0, 4.0]\n"),
    Case("run lin.la 2 3", 0, "y': f64[] = 6.0\n"),
    Case("run none.la", 0, ""),
    Case(
        "run kinds.la True -128 18446744073709551615 0.1 1+2j [] [[1,2],[3,4]]",
        0,
        "b: bool[] = True\ni: i8[] = -128\nu: u64[] = 18446744073709551615\n"
        "g: f32[] = 0.1\nc: c64[] = (1+2j)\ne: i64[0] = []\n"
        "m: f64[2,2] = [[1.0, 2.0], [3.0, 4.0]]\nf64[] = 1.5\ni64[] = 3\n",
    ),
]
