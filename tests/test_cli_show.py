"""`lineara show`: users' own functions as programs, and what is said of files that hold none."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from test_cli import lineara, words

import lineara as la
from lineara.cli import main
from lineara.program import parse

ROOT = Path(__file__).parents[1]
FILES = {
    "loss.py": """\
from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from helper import square

import lineara as la

DATA = np.array([1.0, 2.0])
HERE = Path(__file__).parent.name


def loss(w, x, *, power=3, bias=None):
    y = square(x @ w) ** power
    return np.sum(y) if bias is None else np.sum(y) + bias


def fit(x):
    from helper import square

    return np.sum(square(x - DATA))


def pair(p):
    return p[0] * p[1]


def many(*xs, **others):
    return sum(xs) * others["k"]


@dataclass
class Model:
    rate: float

    def scaled(self, x):
        return x * self.rate

    @staticmethod
    def doubled(x):
        return x + x

    @classmethod
    def named(cls, x):
        return x if cls is Model else -x

    __call__ = scaled


model = Model(3.0)
cubic = partial(loss, power=3)
fast = la.jit(fit)


def branch(x):
    if x > 0:
        return x
    return -x


def broken(x):
    return x + {}["key"]


def endless(x):
    return endless(x)


def word(x):
    return "word"


if __name__ == "__main__":
    sys.exit("this is no script")
""",
    "helper.py": "def square(x):\n    return x * x\n",
    "syntax.py": "def f(x):\n    return x +\n",
    "raises.py": "import math\n\nmath.sqrt(-1)\n",
    "leaves.py": "import sys\n\nsys.exit(3)\n",
    "imports.py": "from absent import f\n",
    "neighbour.py": "import syntax\n",
    "empty.py": "",
}


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current directory, with all of `FILES` in it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    for name in ("helper", "syntax"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    for name, text in FILES.items():
        Path(name).write_text(text, encoding="utf-8", newline="\n")
    return tmp_path


FIT = "loss.py:fit --arg f64[2]"
SCALED = "def {}({}: f64[2]) -> (f64[2]) {{\n  a: f64[2] = {}\n  return a\n}}\n"
PRINTED = {
    FIT: (
        "def fit(a: f64[2], x: f64[2]) -> (f64[]) {\n"
        "  b: f64[2] = sub x a\n"
        "  c: f64[2] = mul b b\n"
        "  d: f64[] = reduce_sum[axes=(0,)] c\n"
        "  return d\n"
        "}\n"
    ),
    f"{FIT} --stage jvp": (
        "def fit.jvp(a: f64[2], x: f64[2]; x': f64[2]) -> (f64[]; f64[]) {\n"
        "  b: f64[2] = sub x a\n"
        "  c: f64[2] = mul b b\n"
        "  x_1': f64[2], x_2': f64[2] = dup x'\n"
        "  d': f64[2] = mul x_1' b\n"
        "  e': f64[2] = mul b x_2'\n"
        "  f': f64[2] = add d' e'\n"
        "  g: f64[] = reduce_sum[axes=(0,)] c\n"
        "  h': f64[] = reduce_sum[axes=(0,)] f'\n"
        "  return g; h'\n"
        "}\n"
    ),
    f"{FIT} --stage grad": (
        "def fit.grad(a: f64[2], x: f64[2]) -> (f64[], f64[2]) {\n"
        "  b: f64[2] = sub x a\n"
        "  c: f64[2] = mul b b\n"
        "  d: f64[] = reduce_sum[axes=(0,)] c\n"
        "  x_1: f64[2] = add b b\n"
        "  return d, x_1\n"
        "}\n"
    ),
    "loss.py:model.scaled --arg f64[2]": SCALED.format("scaled", "x", "mul x 3.0"),
    "loss.py:model --arg f64[2]": SCALED.format("f", "x", "mul x 3.0"),
    "loss.py:Model.doubled --arg x=f64[2]": SCALED.format("doubled", "x", "add x x"),
    "loss.py:np.sin --arg f64[2]": SCALED.format("sin", "x", "sin x"),
    "loss.py:Model.named --arg f64": "def named(x: f64[]) -> (f64[]) {\n  return x\n}\n",
    "loss.py:pair --arg (f32,f32[])": (
        "def pair(p.0: f32[], p.1: f32[]) -> (f32[]) {\n  a: f32[] = mul p.0 p.1\n  return a\n}\n"
    ),
    "loss.py:many --arg f64 --arg k=f64": (
        "def many(xs.0: f64[], others.k: f64[]) -> (f64[]) {\n"
        "  a: f64[] = add 0.0 xs.0\n"
        "  b: f64[] = mul a others.k\n"
        "  return b\n"
        "}\n"
    ),
    "loss.py:loss --arg bias=f64 --arg x=f64[1] --arg f64[1]": (
        "def loss(w: f64[1], x: f64[1], bias: f64[]) -> (f64[]) {\n"
        '  a: f64[] = dot[spec="j,j->"] x w\n'
        "  b: f64[] = mul a a\n"
        "  c: f64[] = pow b 3.0\n"
        "  d: f64[] = reduce_sum[axes=()] c\n"
        "  e: f64[] = add d bias\n"
        "  return e\n"
        "}\n"
    ),
}

HEADS = {
    # the command line: the first lines of the functions that are printed
    f"{FIT} --stage unzip": ["fit.nonlin(a: f64[2], x: f64[2])", "fit.lin(a: f64[2]; x': f64[2])"],
    f"{FIT} --stage transpose": ["fit.lin.T(a: f64[2]; b': f64[])"],
    "loss.py:fast --arg f64[2]": ["fit(a: f64[2], x: f64[2])", "fit_1(a: f64[2], x: f64[2])"],
    "loss.py:cubic --arg f64[1] --arg f64[1]": ["f(w: f64[1], x: f64[1])"],
    "loss.py:pair --arg (f64,f64) --stage jvp --wrt p.1": [
        "pair.jvp(p.0: f64[], p.1: f64[]; p.1': f64[])"
    ],
}

FUNCTIONS = (
    "the functions are Model, branch, broken, endless, fast, fit, loss, many, model, pair, word"
)
REFUSED = {
    # the command line: status, what is on stderr
    "loss.py": (2, "loss.py does not name a function in a file, as loss.py:loss does"),
    "loss.py:": (2, "loss.py: does not name a function"),
    "loss.py:f(x)": (2, "does not name a function"),
    "loss.py:los": (2, f"there is no los; {FUNCTIONS}; did you mean loss?"),
    "loss.py:Modl.doubled": (2, f"there is no Modl; {FUNCTIONS}; did you mean Model?"),
    "loss.py:Model.double": (2, "the functions are doubled, named, scaled; did you mean doubled?"),
    "loss.py:model.rat": (2, "there is no rat; the functions are doubled, named, scaled"),
    "loss.py:DATA": (2, f"DATA is an object of type ndarray; {FUNCTIONS}"),
    "empty.py:f": (2, "there is no f; the functions are none"),
    "loss.py:fit": (2, "fit(x) cannot be called: missing a required argument: 'x'"),
    "loss.py:Model.scaled --arg f64": (2, "Model.scaled(self, x) cannot be called: missing"),
    f"{FIT} --arg f64": (2, "fit(x) cannot be called: too many positional arguments"),
    f"{FIT} --arg x=f64": (2, "fit(x) cannot be called: multiple values for argument 'x'"),
    "loss.py:fit --arg x=f64 --arg x=f64": (2, "x is given twice"),
    "loss.py:loss --arg powr=f64": (
        2,
        "there is no powr; the parameters of loss are w, x, power, bias; did you mean power?",
    ),
    "loss.py:fit --arg float64": (2, "float64 is not a type: found float64, expected a type such"),
    "loss.py:fit --arg x=f64[2": (2, "f64[2 is not a type: found the end of the text, expected ]"),
    "loss.py:fit --arg f64[]]": (2, "f64[]] is not a type: found ], expected the end of the type"),
    "loss.py:fit --arg f64[%]": (2, "f64[%] is not a type: found '%'"),
    f"loss.py:fit --arg f64[{10**18},9]": (2, "is not a type: this array is too large"),
    f"{FIT} --wrt x": (2, "--wrt needs a --stage that differentiates"),
    f"{FIT} --stage grad --wrt y": (2, "there is no y; the parameters of fit are x"),
    f"{FIT} --stage forward": (2, "'forward' is not one of 'trace', 'jvp'"),
    "absent.py:f": (1, "absent.py: error: No such file or directory"),
    ".:f": (1, ".: error: Is a directory"),
    "loss.py:fit --arg i64[2] --stage jvp": (1, "fit has no argument that can be differentiated"),
    "loss.py:pair --arg (f64[2],f64) --stage grad": (1, "loss.py:pair: error: pair does not have"),
}

REPORTED = {
    "syntax.py:f": (
        "syntax.py:2:15: error: this is not Python\n"
        "    return x +\n"
        "              ^\n"
        "  found: invalid syntax\n"
    ),
    "raises.py:f": (
        "raises.py:3: error: an error is raised here\n    math.sqrt(-1)\n  found: ValueError: "
    ),
    "leaves.py:f": (
        "leaves.py:3: error: an error is raised here\n"
        "    sys.exit(3)\n"
        "  found: SystemExit: 3\n"
        '  instead: put what only a script does under `if __name__ == "__main__":`\n'
    ),
    "imports.py:f": (
        "imports.py:1: error: an error is raised here\n"
        "    from absent import f\n"
        "  found: ModuleNotFoundError: No module named 'absent'\n"
    ),
    "neighbour.py:f": (
        "neighbour.py:1: error: an error is raised here\n"
        "    import syntax\n"
        "  found: SyntaxError: invalid syntax (syntax.py, line 2)\n"
    ),
    "loss.py:branch --arg f64": (
        "loss.py:60: error: bool() needs a number, but here a traced array has none yet\n"
        "    if x > 0:\n"
        "  found: a traced array of type f64[]"
    ),
    "loss.py:broken --arg f64": (
        "loss.py:66: error: an error is raised here\n"
        '    return x + {}["key"]\n'
        "  found: KeyError: 'key'\n"
    ),
    "loss.py:endless --arg f64": (
        "loss.py:70: error: an error is raised here\n"
        "    return endless(x)\n"
        "  found: RecursionError: maximum recursion depth exceeded"
    ),
    "loss.py:word --arg f64": (
        "loss.py:word: error: a function that is traced returns arrays, or containers of arrays\n"
        "  found: an object of type str among its outputs\n"
    ),
    "loss.py:fit --arg f64[3]": "loss.py:25: error: operands could not be broadcast together\n",
}


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize(("command", "output"), PRINTED.items(), ids=PRINTED)
def test_output(command: str, output: str) -> None:
    result = lineara("show", *command.split(" "))
    assert (result.exit_code, result.stdout) == (0, output)


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize(("command", "heads"), HEADS.items(), ids=HEADS)
def test_functions_printed(command: str, heads: list[str]) -> None:
    result = lineara("show", *command.split(" "))
    assert re.findall(r"def (.*) ->", result.stdout) == heads
    la.check(parse(result.stdout))


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize(("command", "expected"), REFUSED.items(), ids=REFUSED)
def test_refusals(command: str, expected: tuple[int, str]) -> None:
    result = lineara("show", *command.split(" "))
    status, message = expected
    assert result.exit_code == status
    assert message in result.stderr
    assert not result.stdout


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize(("command", "errors"), REPORTED.items(), ids=REPORTED)
def test_errors_with_the_line_of_the_user(command: str, errors: str) -> None:
    result = lineara("show", *command.split(" "))
    assert result.exit_code == 1
    assert result.stderr.startswith(errors)
    assert not result.stdout


@pytest.mark.usefixtures("files")
def test_costs() -> None:
    """Data that a function reads are no arguments: nothing is derived with respect to them."""
    printed = lineara("show", *FIT.split(" "), "--stage", "cost").stdout.replace("─", "")
    text = lineara("show", *FIT.split(" ")).stdout
    own, both = [
        [line[0] for line in words(table)]
        for table in (printed, lineara("cost", "-", stdin=text).stdout.replace("─", ""))
    ]
    assert own == both
    assert any(" ".join(line).startswith("fit.grad 8 1.33 ≤ ") for line in words(printed))


STAGES = {
    "jvp": ["jvp"],
    "unzip": ["jvp", "unzip"],
    "transpose": ["jvp", "unzip", "transpose"],
    "grad": ["grad"],
    "cost": ["cost"],
}


@pytest.mark.parametrize(("stage", "commands"), STAGES.items(), ids=STAGES)
def test_each_stage_is_what_the_commands_print(
    stage: str, commands: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    shown = ["show", "examples/stages.py:energy", "--arg", "f64[4]", "--arg", "f64[]"]
    text = lineara(*shown).stdout
    for command in commands:
        text = lineara(command, "-", stdin=text).stdout
    assert renamed(lineara(*shown, "--stage", stage).stdout) == renamed(text)


def renamed(text: str) -> list[str]:
    """The functions of a program, with variables that are numbered in order of appearance."""

    def rename(function: str) -> str:
        numbers: dict[str, str] = {}
        return re.sub(
            r"\b[a-z][a-z]?(_\d+)?\b'?",
            lambda name: numbers.setdefault(name[0], str(len(numbers))),
            function,
        )

    return [*map(rename, text.split("\n\n"))]


def test_the_file_is_loaded_as_a_script_would_be(files: Path) -> None:
    module, path = "__lineara__", sys.path[:]
    Path("folder").mkdir()
    Path("folder/noisy.py").write_text(
        "import sys\n\nprint(__name__, __file__)\n\n\n"
        "def f(x):\n    print(__name__ in sys.modules)\n    return x\n"
    )
    result = CliRunner().invoke(main, ["show", "folder/noisy.py:f", "--arg", "f64"])
    assert result.stdout == "def f(x: f64[]) -> (f64[]) {\n  return x\n}\n"
    assert result.stderr == f"{module} {files / 'folder' / 'noisy.py'}\nTrue\n"
    assert module not in sys.modules
    assert sys.path == path
    assert not list(files.rglob("noisy*.pyc"))


def test_standard_input() -> None:
    result = lineara("show", "--arg", "f64", "--", "-:f", stdin="def f(x):\n    return -x\n")
    assert result.stdout.startswith("def f(x: f64[])")


def examples_in(page: Path) -> list[tuple[str, str]]:
    """The command lines on a page, each with what is printed under it."""
    text = page.read_text(encoding="utf-8")
    return re.findall(r"(?m)^\$ lineara (.*)\n((?:[^`\n].*\n)*)", text)


def test_the_examples_in_the_documentation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    examples = examples_in(ROOT / "README.md")
    assert examples
    for command, output in examples:
        assert lineara(*shlex.split(command)).stdout == output
