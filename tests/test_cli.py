"""The command line: what it prints, its exit status, and that no input makes it fall over."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

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
        "def f(b: bool, i: i8, u: u64, g: f32, c: c64, e: i64[0], m: f64[2,2]) -> (\n"
        "  bool, i8, u64, f32, c64, i64[0], f64[2,2], f64, i64\n) {\n"
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
    "nothing.la": "def nothing() -> () {\n  return\n}\n",
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

PRINTED: list[tuple[str, str]] = [
    ("check f.la", "ok: 2 functions, 4 equations in f.la\n"),
    (
        "check vector.la nothing.la",
        "ok: 1 function, 0 equations in vector.la\nok: 1 function, 0 equations in nothing.la\n",
    ),
    ("fmt f.la", F),
    ("fmt commented.la untidy.la", TIDY + TIDY),
    ("fmt --check f.la vector.la", ""),
    ("jvp --active x f.la", F_JVP),
    (
        "transpose lin.la",
        "def l.T(a: f64[]; y': f64[]) -> (; f64[]) {\n  x': f64[] = mul a y'\n  return ; x'\n}\n",
    ),
    (
        "forget lin.la",
        "def l(a: f64[], x: f64[]) -> (f64[]) {\n  y: f64[] = mul a x\n  return y\n}\n",
    ),
    ("run f.la [1,2] 3", "r: f64[] = 15.0\n"),
    ("run f.la @x.npy -0.5", "r: f64[] = -2.5\n"),
    ("run f.la [inf,-1e3] nan", "r: f64[] = nan\n"),
    ("run f.la --function square (-1,2)", "y: f64[2] = [1.0, 4.0]\n"),
    ("run lin.la 2 3", "y': f64[] = 6.0\n"),
    ("run nothing.la", ""),
    (
        "run kinds.la True -128 18446744073709551615 0.1 1+2j [] [[1,2],[3,4]]",
        "b: bool[] = True\ni: i8[] = -128\nu: u64[] = 18446744073709551615\n"
        "g: f32[] = 0.1\nc: c64[] = (1+2j)\ne: i64[0] = []\n"
        "m: f64[2,2] = [[1.0, 2.0], [3.0, 4.0]]\nf64[] = 1.5\ni64[] = 3\n",
    ),
    (
        "unzip mixed.la",
        "def m.nonlin(a: f64[]) -> (f64[]) {\n  return a\n}\n\n"
        "def m.lin(; x': f64[]) -> (; f64[]) {\n  return ; x'\n}\n",
    ),
]

REPORTED = [
    (
        "check bad.la syntax.la f.la",
        "bad.la:2:3: error: in `y = neg x` of f: y does not have the type of its value\n"
        "    y: f32 = neg x\n"
        "    ^\n"
        "  found: y: f32[]\n"
        "  expected: y: f64[]\n"
        "  instead: give y the type f64[], or convert the value\n"
        "bad.la:3:3: error: in `z' = add x' x'` of f: x' is used twice\n"
        "    z' = add x' x'\n"
        "    ^\n"
        "  found: used by `z' = add x' x'` (bad.la:3:3: z' = add x' x')"
        " and `z' = add x' x'` (bad.la:3:3: z' = add x' x')\n"
        "  expected: exactly one use of a linear variable\n"
        "  instead: copy it, a', b' = dup x', and use each copy once\n"
        "syntax.la:2:7: error: there is no op sine\n"
        "    y = sine x\n"
        "        ^\n"
        "  instead: did you mean sin?\n",
    ),
    (
        "check bytes.la",
        "bytes.la:2:3: error: this is not text in UTF-8\n  found: the byte 0xff\n",
    ),
    ("check absent.la", "absent.la: error: No such file or directory\n"),
    ("check .", ".: error: Is a directory\n"),
    (
        "fmt --check f.la untidy.la",
        "untidy.la: error: not in canonical form\n  instead: lineara fmt --write untidy.la\n",
    ),
]

REFUSED = {
    # the command line: status, what is on stderr
    "fmt --write commented.la": (1, "has comments, which would be lost"),
    "fmt --write hash.la": (1, "has comments"),
    "fmt --write --check f.la": (2, "exclude each other"),
    "fmt --write -": (2, "not standard input"),
    "jvp lin.la": (1, "lin.la: error: l has linear parameters"),
    "jvp f.la --active x,z": (2, "there is no z; the parameters of f are x, k"),
    "jvp f.la --function squar": (
        2,
        "there is no squar; the functions are square, f; did you mean square?",
    ),
    "jvp f.la -o absent/f.la": (1, "absent/f.la: error: No such file or directory"),
    "jvp deep.la": (1, "nested too deeply"),
    "jvp": (2, "Missing argument 'FILE'"),
    "unzip f.la": (1, "f has no linear part to take out"),
    "transpose f.la": (1, "f.la: error: f has non-linear results"),
    "grad vector.la": (1, "v does not have one real scalar as its result"),
    "grad nothing.la": (1, "found: no results"),
    "grad kinds.la": (1, "does not have one real scalar"),
    "grad lin.la": (1, "forget"),
    "cost f.la --function g": (2, "there is no g"),
    "cost deep.la": (1, "nested too deeply"),
    "run f.la": (2, "f takes 2 arguments, not 0: x: f64[2], k: f64[]"),
    "run nothing.la 1": (2, "nothing takes 0 arguments, not 1\n"),
    "run f.la --functio f": (2, "No such option '--functio'"),
    "run f.la [1] 2": (2, "x: f64[2]: an array of shape (2,) is expected, not (1,)"),
    "run f.la [1,[2]] 2": (2, "[1,[2]] is not a number or a list of numbers"),
    "run f.la [1,2 2": (2, "[1,2 is not a number"),
    "run f.la [1,__import__('os')] 2": (2, "is not a number"),
    "run f.la [1,2j] 2": (2, "dtype float64 is expected, not complex128"),
    "run f.la ['1','2'] 2": (2, "dtype float64 is expected"),
    "run f.la @objects.npy 2": (2, "objects.npy does not hold an array of numbers"),
    "run f.la @f.la 2": (2, "f.la does not hold an array of numbers"),
    "run f.la @absent.npy 2": (1, "absent.npy: error: No such file or directory"),
    "run kinds.la 1 1 1 1 1 [] [[1,2],[3,4]]": (2, "dtype bool is expected"),
    "run kinds.la True 128 1 1 1 [] [[1,2],[3,4]]": (2, "i: i8[]: an integer is out of range"),
    "run kinds.la True 1 -1 1 1 [] [[1,2],[3,4]]": (2, "u: u64[]: an integer is out of range"),
    "run kinds.la True 1.0 1 1 1 [] [[1,2],[3,4]]": (2, "dtype int8 is expected, not float64"),
    "run kinds.la True 1 1 1e39 1 [] [[1,2],[3,4]]": (2, "too large for float32"),
    "run solve.la [[0]] [[1]]": (1, "Singular matrix"),
    "run huge.la 1": (1, "there is not enough memory"),
    "run deep.la 1": (1, "nested too deeply"),
    "cut f.la": (2, "No such command 'cut'"),
    "--color pink check f.la": (2, "'pink' is not one of"),
}


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize(("command", "output"), PRINTED, ids=[case[0] for case in PRINTED])
def test_output(command: str, output: str) -> None:
    result = lineara(*command.split(" "))
    assert result.exit_code == 0
    assert result.stdout == output


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize(("command", "errors"), REPORTED, ids=[case[0] for case in REPORTED])
def test_errors_in_full(command: str, errors: str) -> None:
    result = lineara(*command.split(" "))
    assert result.exit_code == 1
    assert result.stderr == errors


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize(("command", "expected"), REFUSED.items(), ids=REFUSED)
def test_refusals(command: str, expected: tuple[int, str]) -> None:
    result = lineara(*command.split(" "))
    status, message = expected
    assert result.exit_code == status
    assert message in result.stderr
    assert not result.stdout


def test_standard_input_is_quoted_like_a_file() -> None:
    result = lineara("check", "-", stdin=FILES["syntax.la"])
    assert result.stderr.startswith("<stdin>:2:7: error: there is no op sine\n    y = sine x\n")
    assert lineara("fmt", "-", stdin="\ufeff" + UNTIDY).stdout == TIDY


# -- from a function to its gradient ------------------------------------------------------------


def test_the_stages_compose_to_the_gradient(files: Path) -> None:
    jvp = lineara("jvp", "f.la").stdout
    halves = lineara("unzip", "-", stdin=jvp).stdout
    back = lineara("transpose", "-", stdin=halves).stdout
    assert [f.name for f in parse(back).functions] == ["square.lin.T", "f.lin.T"]
    tape = lineara("run", "-", "--function", "f.nonlin", "[1,2]", "3", stdin=halves).stdout
    assert tape.startswith("r: f64[] = 15.0\n")
    values = re.findall("= (.*)", tape)[1:]
    forgotten = lineara("simplify", "-", stdin=lineara("forget", "-", stdin=back).stdout).stdout
    gradients = lineara("run", "-", *values, "1.0", stdin=forgotten).stdout
    assert re.findall("= (.*)", gradients) == ["[6.0, 12.0]", "5.0"]


@pytest.mark.parametrize(("wrt", "expected"), [("x", ["[6.0, 12.0]"]), ("k", ["5.0"])])
def test_grad(files: Path, wrt: str, expected: list[str]) -> None:
    assert not lineara("grad", "f.la", "--wrt", wrt, "-o", "grad.la").output
    assert lineara("fmt", "--check", "grad.la").exit_code == 0
    output = lineara("run", "grad.la", "[1,2]", "3").stdout
    assert re.findall("= (.*)", output) == ["15.0", *expected]


def test_policies_differ_in_the_tape_alone(files: Path) -> None:
    jvp = lineara("jvp", "f.la").stdout
    saved = [lineara("unzip", "-", "--policy", p, stdin=jvp).stdout for p in ("all", "none")]
    tapes = [len(parse(text)["f.nonlin"].main.results) for text in saved]
    assert tapes == [4, 3]


COSTS = """
program         work    / f   proved   equations   peak   tape
f                  5   1.00                    4   24 B
f.jvp             18   3.60   ≤ 3.60          12   48 B
f.nonlin           5   1.00   ≤ 1.00           4   24 B   32 B
f.lin             13   2.60   ≤ 2.60           9   32 B
f.lin.T           13   2.60   ≤ 2.60           9   48 B
f.vjp             13   2.60   ≤ 3.00          10   56 B   32 B
f.grad            11   2.20   ≤ 3.00           8   48 B   32 B
f.grad.jvp        40   8.00   ≤ 8.00          25   80 B
square             2   1.00                    1   16 B
square.jvp        10   5.00   ≤ 5.00           5   48 B
square.nonlin      2   1.00   ≤ 1.00           1   16 B   16 B
square.lin         8   4.00   ≤ 4.00           4   32 B
square.lin.T       8   4.00   ≤ 4.00           4   32 B
square.vjp         6   3.00   ≤ 4.00           3   48 B   16 B
"""


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("cost f.la", COSTS),
        ("cost f.la --function f", COSTS[: COSTS.index("square")]),
        ("cost lin.la", "program work / f proved equations peak tape\nl 1 1.00 1 8 B"),
    ],
)
def test_cost(command: str, expected: str) -> None:
    printed = lineara(*command.split(" ")).stdout.replace("─", "")
    assert [*words(printed)] == [*words(expected)]


def words(table: str) -> Iterator[list[str]]:
    """The words in each line that has any."""
    yield from (line.split() for line in table.splitlines() if line.strip())


def test_costs_without_end_are_rounded() -> None:
    calls = "\n".join(f"  y{i} = call[g_{{0}}] x" for i in range(100))
    functions = [
        f"def g_{i + 1}(x: i64) -> () {{\n{calls.format(i)}\n  return\n}}" for i in range(99)
    ]
    text = "\n".join(["def g_0(x: i64) -> (i64) {\n  y = neg x\n  return y\n}", *functions])
    text = text.replace("-> () ", "-> (i64) ").replace("  return\n", "  return y0\n")
    assert "1.00e+198" in lineara("cost", "-", "--function", "g_99", stdin=text).stdout


# -- files ----------------------------------------------------------------------------------------


def test_write_rewrites_what_can_be_rewritten(files: Path) -> None:
    names = ["untidy.la", "commented.la", "f.la"]
    result = lineara("fmt", "--write", *names)
    assert result.exit_code == 1
    assert [Path(name).read_text() for name in names] == [TIDY, COMMENTED, F]
    assert lineara("fmt", "--write", "--force", *names).exit_code == 0
    assert [Path(name).read_text() for name in names] == [TIDY, TIDY, F]
    assert lineara("fmt", "--check", *names).exit_code == 0


# -- colour ---------------------------------------------------------------------------------------


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize("command", ["fmt f.la", "check bad.la", "cost f.la"])
@pytest.mark.parametrize(
    ("color", "environment", "colored"),
    [
        ("auto", {}, False),
        ("auto", {"FORCE_COLOR": "1", "TERM": "xterm"}, True),
        ("auto", {"FORCE_COLOR": "1", "TERM": "xterm", "NO_COLOR": "1"}, False),
        ("always", {}, True),
        ("always", {"NO_COLOR": "1", "TERM": "dumb"}, True),
        ("never", {"FORCE_COLOR": "1"}, False),
    ],
)
def test_color(
    command: str,
    color: str,
    environment: dict[str, str],
    colored: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    options = ["--color", color, *command.split(" ")]
    # The runner itself takes colours out of what it records unless it is told not to.
    output = CliRunner().invoke(main, options, color=True).output
    assert ("\x1b[" in output) is colored
    if command == "fmt f.la":
        assert re.sub(r"\x1b\[[\d;]*m", "", output) == F


# -- help -----------------------------------------------------------------------------------------


def test_version() -> None:
    assert re.fullmatch(r"lineara, version \d+\.\d+\.\d+\S*\n", lineara("--version").stdout)


@pytest.mark.parametrize("name", [None, *main.commands])
def test_every_help_page_has_examples_of_known_commands(name: str | None) -> None:
    page = lineara(*([name] if name else []), "--help").stdout
    lines = page[page.index("Examples:") :].splitlines()[1:]
    called = [word for line in lines for word in re.findall(r"lineara (\w+)", line)]
    assert set(called) <= set(main.commands)
    assert name is None or name in called
    assert max(map(len, page.splitlines())) <= 80


# -- input that means harm --------------------------------------------------------------------


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text(text: str) -> None:
    result = lineara("check", "-", stdin=text.encode("utf-8", "surrogatepass"))
    assert result.exit_code == 1
    assert result.stderr.startswith("<stdin>:")
    assert len(result.stderr) < 1000


@pytest.mark.parametrize("path", INVALID, ids=lambda path: path.stem)
def test_invalid_programs_have_all_their_errors_reported(path: Path) -> None:
    result = lineara("check", str(path))
    assert result.exit_code == 1
    count = len(re.findall("^# error: ", path.read_text(encoding="utf-8"), re.M))
    assert len(re.findall(": error: ", result.stderr)) == count


@given(st.binary(max_size=40) | st.text(max_size=40).map(lambda text: f"{F}{text}".encode()))
def test_any_bytes(data: bytes) -> None:
    for name in ("check", "fmt", "grad", "cost"):
        assert lineara(name, "-", stdin=data).exit_code in (0, 1)


@given(st.text(max_size=20) | st.text("[](),.-+1ej ", max_size=20))
def test_any_argument(text: str) -> None:
    program = "def f(x: f64) -> (f64) {\n  return x\n}\n"
    assert lineara("run", "-", "--", text, stdin=program).exit_code in (0, 1, 2)


def saved_array() -> bytes:
    file = io.BytesIO()
    np.save(file, np.array([1.0, 2.0]))
    return file.getvalue()


@given(st.integers(0, len(saved_array()) - 1), st.binary(max_size=4))
def test_damaged_arrays(start: int, new: bytes) -> None:
    data = saved_array()
    with TemporaryDirectory() as folder:
        file = Path(folder, "x.npy")
        file.write_bytes(data[:start] + new + data[start + len(new) :])
        result = lineara("run", "-", f"@{file}", stdin=FILES["vector.la"])
    assert result.exit_code in (0, 1, 2)


def test_characters_that_confuse_terminals_are_not_printed() -> None:
    text = 'def f(x: f64) -> (f64) {\n  y\t= \x1b[31m "\x1b]0;\x07\u202e"\n}\n'
    for data in (text, text.replace("\x1b[31m", "zero[")):
        stderr = lineara("check", "-", stdin=data).stderr
        assert not set("\x1b\x07\u202e\t") & set(stderr)


def process(*args: str, **settings: Any) -> subprocess.CompletedProcess[str]:
    """A finished run in a process of its own."""
    return subprocess.run(
        [sys.executable, "-c", "from lineara.cli import main; main()", *args],
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        text=True,
        check=False,
        **settings,
    )


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize("command", ["fmt f.la", "cost f.la", "--help"])
def test_nobody_reads_the_output(command: str) -> None:
    read, write = os.pipe()
    os.close(read)
    done = process(*command.split(" "), stdout=write)
    os.close(write)
    assert (done.returncode, done.stderr) == (1, "")


def test_no_standard_input() -> None:
    done = process("check", "-", preexec_fn=lambda: os.close(0))
    assert (done.returncode, done.stderr) == (1, "<stdin>: error: standard input is closed\n")
