"""The command line: what it prints, where to, and its exit status."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from lineara import __version__, parse
from lineara.cli import main

FILES = Path(__file__).parent / "cli"
WEIGHTED = (FILES / "weighted.la").read_text()
COMMANDS = sorted(main.commands)


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh current directory with the programs in it."""
    shutil.copytree(FILES, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    return tmp_path


def lineara(*args: str, stdin: str | bytes | None = None) -> Result:
    """A finished command; an exception that it lets through fails the test."""
    return CliRunner().invoke(main, args, input=stdin, catch_exceptions=False)


def printed(*args: str, stdin: str | None = None) -> str:
    """What a command that succeeds prints."""
    result = lineara(*args, stdin=stdin)
    assert (result.exit_code, result.stderr) == (0, "")
    return result.stdout


# Arguments, exit status, and pieces of what stands on standard error in this order.
FAILURES: dict[str, tuple[list[str], int, list[str]]] = {
    "all errors": (
        ["check", "two_errors.la"],
        1,
        ["two_errors.la:2:", "y: f64[] = add x n", "found", "expected", "instead",
         "two_errors.la:3:", "z: f64[] = mul n x"],
    ),
    "syntax": (["check", "syntax.la"], 1, ["syntax.la:2:7", "y = sine x", "did you mean sin"]),
    "later files": (["check", "syntax.la", "two_errors.la"], 1, ["syntax.la:2", "two_errors.la:2"]),
    "no file": (["check", "none.la"], 1, ["none.la", "No such file"]),
    "a directory": (["check", "."], 1, ["directory"]),
    "no output directory": (["jvp", "weighted.la", "-o", "no/f.la"], 1, ["no/f.la"]),
    "function": (["jvp", "weighted.la", "--function", "ff"], 2, ["--function", "g, f", "mean f?"]),
    "function of run": (["run", "weighted.la", "--function", "h"], 2, ["--function", "g, f"]),
    "function of cost": (["cost", "weighted.la", "--function", "h"], 2, ["--function", "g, f"]),
    "active": (["jvp", "weighted.la", "--active", "x,z"], 2, ["--active", "z", "x, k"]),
    "wrt": (["grad", "weighted.la", "--wrt", "q"], 2, ["--wrt", "q", "x, k"]),
    "policy": (["unzip", "weighted.la", "--policy", "some"], 2, ["--policy", "some"]),
    "command": (["differentiate", "f.la"], 2, ["differentiate"]),
    "option": (["jvp", "--fast", "weighted.la"], 2, ["--fast"]),
    "option of run": (["run", "weighted.la", "--fast"], 2, ["--fast"]),
    "no FILE": (["check"], 2, ["FILE"]),
    "fmt": (["fmt", "--check", "--write", "loose.la"], 2, ["--check", "--write"]),
    "fmt stdin": (["fmt", "--write", "-"], 2, ["--write", "standard input"]),
    "not linear": (["unzip", "weighted.la"], 1, ["f", "no linear", "jvp"]),
    "vector": (["grad", "vector.la"], 1, ["f64[2]", "f64[]"]),
    "complex": (["grad", "complex.la"], 1, ["c128[]", "f64[]"]),
    "too few": (["run", "weighted.la", "1.5"], 2, ["2 arguments", "x: f64[3], k: f64[]"]),
    "too many": (["run", "weighted.la", "1", "2", "3"], 2, ["2 arguments, not 3"]),
    "no literal": (["run", "weighted.la", "[1,2,", "1"], 2, ["x: f64[3]", "[1,2,"]),
    "code": (["run", "weighted.la", "[1,2,3]", "__import__('os')"], 2, ["k: f64[]"]),
    "text": (["run", "weighted.la", "[1,2,3]", "'1'"], 2, ["k: f64[]"]),
    "ragged": (["run", "weighted.la", "[1,[2,3]]", "1"], 2, ["x: f64[3]"]),
    "shape": (["run", "weighted.la", "[1,2]", "1"], 2, ["x: f64[3]", "(3,)", "(2,)"]),
    "complex number": (["run", "weighted.la", "[1,2,3j]", "1"], 2, ["float64", "complex128"]),
    "fraction": (["run", "vector.la", "[1,2]", "1.5"], 2, ["n: i64[]", "float64"]),
    "range": (["run", "vector.la", "[1,2]", str(2**63)], 2, ["n: i64[]"]),
    "no array": (["run", "vector.la", "@none.npy", "1"], 1, ["none.npy", "No such file"]),
    "damaged array": (["run", "vector.la", "@syntax.la", "1"], 2, ["x: f64[2]", "syntax.la"]),
}  # fmt: skip


@pytest.mark.parametrize("name", FAILURES)
def test_failure(name: str) -> None:
    args, status, pieces = FAILURES[name]
    result = lineara(*args)
    assert (result.exit_code, result.stdout) == (status, "")
    end = 0
    for piece in pieces:
        assert piece in result.stderr[end:]
        end = result.stderr.index(piece, end) + len(piece)


@pytest.mark.parametrize("command", [c for c in COMMANDS if c != "run"])
@pytest.mark.parametrize(
    ("text", "piece"),
    [(b"def f(x: f64) -> (\xff", "UTF-8"), (b"", "<stdin>"), (b"\0", "<stdin>:1:1")],
    ids=["bytes", "nothing", "null"],
)
def test_bad_input(command: str, text: bytes, piece: str) -> None:
    result = lineara(command, "-", stdin=text)
    assert (result.exit_code, result.stdout) == (1, "")
    assert piece in result.stderr


def test_check_counts() -> None:
    assert printed("check", "weighted.la").startswith("ok: 2 functions, 4 equations")
    assert printed("check", "-", stdin=WEIGHTED).startswith("ok: 2 functions, 4 equations")
    assert printed("check", "untyped.la").startswith("ok: 1 function, 1 equation")


def test_check_goes_on_after_a_failure() -> None:
    result = lineara("check", "syntax.la", "weighted.la")
    assert result.exit_code == 1
    assert "weighted.la" in result.stdout


# -- fmt ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("file", ["weighted.la", "loose.la", "vector.la", "two_errors.la"])
def test_fmt_is_canonical(file: str) -> None:
    once = printed("fmt", file)
    assert printed("fmt", "-", stdin=once) == once
    assert printed("fmt", "--check", "-", stdin=once) == ""


def test_fmt_check_and_write(directory: Path) -> None:
    assert printed("fmt", "weighted.la") == WEIGHTED
    result = lineara("fmt", "--check", "untyped.la")
    assert result.exit_code == 1
    assert "untyped.la" in result.stderr
    canonical = printed("fmt", "untyped.la")
    assert printed("fmt", "--write", "untyped.la") == ""
    assert (directory / "untyped.la").read_text() == canonical
    assert printed("fmt", "--check", "untyped.la") == ""


def test_fmt_keeps_comments_unless_forced(directory: Path) -> None:
    before = (directory / "loose.la").read_text()
    result = lineara("fmt", "--write", "loose.la")
    assert result.exit_code == 1
    assert "comments" in result.stderr
    assert "--force" in result.stderr
    assert (directory / "loose.la").read_text() == before
    printed("fmt", "--write", "--force", "loose.la")
    assert "#" not in (directory / "loose.la").read_text()


# -- transformations ------------------------------------------------------------------------------

# Commands that follow each other in a pipe, and the header of the main function that results.
PIPES: dict[str, tuple[list[str], str]] = {
    "jvp": (["jvp"], "def f.jvp(x: f64[3], k: f64[]; x': f64[3], k': f64[]) -> (f64[]; f64[])"),
    "jvp x": (["jvp --active x"], "def f.jvp(x: f64[3], k: f64[]; x': f64[3]) -> (f64[]; f64[])"),
    "unzip": (["jvp", "unzip"], "def f.lin("),
    "unzip none": (["jvp", "unzip --policy none"], "def f.lin(x: f64[3], k: f64[]; "),
    "transpose": (["jvp", "unzip", "transpose"], "def f.lin.T("),
    "forget": (["jvp", "forget"], "def f.jvp(x: f64[3], k: f64[], "),
    "twice": (["jvp", "forget", "jvp"], "def f.jvp.jvp("),
    "simplify": (["simplify"], "def f(x: f64[3], k: f64[]) -> (f64[])"),
    "grad": (["grad"], "def f.grad(x: f64[3], k: f64[]) -> (f64[], f64[3], f64[])"),
    "grad k": (["grad --wrt k"], "def f.grad(x: f64[3], k: f64[]) -> (f64[], f64[])"),
    "function": (["jvp --function g"], "def g.jvp(x: f64[3]; x': f64[3]) -> (f64[3]; f64[3])"),
}


def piped(commands: list[str]) -> str:
    """The text that comes out of a pipe of commands, into which goes the program `WEIGHTED`."""
    text = WEIGHTED
    for command in commands:
        text = printed(*command.split(), "-", stdin=text)
    return text


@pytest.mark.parametrize("name", PIPES)
def test_transformation(name: str) -> None:
    commands, header = PIPES[name]
    text = piped(commands)
    assert parse(text).text == text
    assert any(line.startswith(header) for line in text.splitlines())


def test_output_file(directory: Path) -> None:
    assert printed("grad", "weighted.la", "-o", "g.la") == ""
    assert (directory / "g.la").read_text() == printed("grad", "weighted.la")


def test_cost() -> None:
    rows = [line.split() for line in printed("cost", "weighted.la").splitlines()]
    table = {row[0]: row[1:] for row in rows if row}
    stages = ["f", "f.jvp", "f.nonlin", "f.lin", "f.lin.T", "f.grad"]
    assert [name for name in table if name.startswith("f.") or name == "f"] == stages
    work = {name: int(table[name][0]) for name in stages}
    for name in stages:
        assert float(table[name][-1]) == round(work[name] / work["f"], 2)
    tape = table["f.nonlin"][2]
    assert int(tape) == 8 * (3 + 1 + 3)  # cos x, k and a
    assert "g.jvp" in table
    assert "g.jvp" not in printed("cost", "--function", "f", "weighted.la")


# -- run ------------------------------------------------------------------------------------------


def test_run() -> None:
    np.save("x.npy", np.array([1.0, 2.0, 3.0]))
    expected = f"c: f64[] = {1.5 * np.sin([1.0, 2.0, 3.0]).sum()}\n"
    assert printed("run", "weighted.la", "[1, 2, 3]", "1.5") == expected
    assert printed("run", "weighted.la", "@x.npy", "1.5") == expected
    vector = "y: f64[2] = [1.0, 0.0]\nn: i64[] = -1\n"
    assert printed("run", "vector.la", "[0, -inf]", "-1") == vector
    assert printed("run", "complex.la", "2j").endswith(" = (-4+0j)\n")
    zeros = "y: f64[3] = [0.0, 0.0, 0.0]\n"
    assert printed("run", "weighted.la", "--function", "g", "[0,0,0]") == zeros


def test_run_gradient() -> None:
    lines = printed("run", "-", "[1, 2, 3]", "-1.5", stdin=piped(["grad"])).splitlines()
    y, x_bar, k_bar = [np.array(ast.literal_eval(line.split(" = ")[1])) for line in lines]
    sines = np.sin([1.0, 2.0, 3.0])
    np.testing.assert_allclose(y, -1.5 * sines.sum())
    np.testing.assert_allclose(x_bar, -1.5 * np.cos([1.0, 2.0, 3.0]))
    np.testing.assert_allclose(k_bar, sines.sum())


def test_run_does_not_unpickle(directory: Path) -> None:
    np.save("o.npy", np.array([None, None]), allow_pickle=True)
    result = lineara("run", "vector.la", "@o.npy", "1")
    assert result.exit_code == 2
    assert "o.npy" in result.stderr


# -- terminal -------------------------------------------------------------------------------------


# --color, what NO_COLOR is set to, whether it is a terminal, and whether there are colours.
COLORS = [
    ("auto", "", False, False),
    ("auto", "", True, True),
    ("auto", "1", True, False),
    ("always", "", False, True),
    ("always", "1", False, True),
    ("never", "", True, False),
]


@pytest.mark.parametrize(("color", "no_color", "terminal", "coloured"), COLORS)
@pytest.mark.parametrize("args", [["fmt", "weighted.la"], ["check", "syntax.la"]], ids=str)
def test_color(
    color: str,
    no_color: str,
    terminal: bool,
    coloured: bool,
    args: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", no_color)
    if terminal:  # rich takes this variable to mean that there is one
        monkeypatch.setenv("FORCE_COLOR", "1")
    assert ("\x1b[" in lineara("--color", color, *args).output) == coloured


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_examples(command: str) -> None:
    text = printed(command, "--help")
    assert "Examples:" in text
    assert f"lineara {command} " in text


def test_group_help_and_version() -> None:
    assert "Examples:" in printed("--help")
    assert " ".join(COMMANDS) == "check cost fmt forget grad jvp run simplify transpose unzip"
    assert printed("--version") == f"lineara, version {__version__}\n"


def test_closed_pipe_is_quiet() -> None:
    """A reader that stops early, like `head`, leaves no message behind."""
    body = "".join(f"  a{i + 1} = sin a{i}\n" for i in range(4000))
    Path("long.la").write_text(f"def f(a0: f64) -> (f64) {{\n{body}  return a4000\n}}\n")
    code = "from lineara.cli import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", code, "fmt", "long.la"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait() == 1  # the pipe did break
