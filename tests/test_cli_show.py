"""`lineara show`: Python functions as programs."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from lineara.cli import main
from lineara.text.parser import parse

MODEL = """\
import numpy as np
import helper

def loss(x, k=2.0):
    return np.sum(np.sin(x) ** 2) * k

class Model:
    @staticmethod
    def step(x, y):
        return np.dot(x, y) + helper.one

def branches(x):
    if x > 0:
        return x
    return -x

def fails(x):
    raise KeyError("no such parameter")

constant = 3

if __name__ == "__main__":
    raise SystemExit("it was run as a script")
"""


@pytest.fixture
def model(tmp_path: Path) -> str:
    (tmp_path / "helper.py").write_text("one = 1.0\n")
    (tmp_path / "broken.py").write_text("def f(x:\n")
    (tmp_path / "raises.py").write_text("x = 1\nraise ValueError('not today')\n")
    file = tmp_path / "model_to_show.py"
    file.write_text(MODEL)
    return str(file)


def show(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["show", *arguments])
    return result.exit_code, result.output


@pytest.mark.parametrize(
    ("stage", "functions"),
    [
        ("trace", ["loss"]),
        ("jvp", ["loss.jvp"]),
        ("unzip", ["loss.nonlin", "loss.lin"]),
        ("transpose", ["loss.lin.T"]),
        ("grad", ["loss.grad"]),
    ],
)
def test_stages(model: str, stage: str, functions: list[str]) -> None:
    code, output = show(f"{model}:loss", "--arg", "f64[3]", "--stage", stage)
    assert code == 0, output
    assert [f.name for f in parse(output).functions] == functions


def test_cost(model: str) -> None:
    code, output = show(f"{model}:loss", "--arg", "f64[3]", "--stage", "cost")
    assert code == 0
    assert "loss.lin.T" in output


@pytest.mark.parametrize(
    ("function", "arguments", "parameters"),
    [
        ("loss", ["f64[3]"], "x: f64[3]"),
        ("loss", ["f64[3]", "k=f32[]"], "x: f64[3], k: f32[]"),
        ("loss", ["f64[3]", "f64[]"], "x: f64[3], k: f64[]"),
        ("Model.step", ["f64[2,3]", "f64[3]"], "x: f64[2,3], y: f64[3]"),
    ],
)
def test_arguments(model: str, function: str, arguments: list[str], parameters: str) -> None:
    options = [part for text in arguments for part in ("--arg", text)]
    code, output = show(f"{model}:{function}", *options)
    assert code == 0, output
    assert f"({parameters})" in output


@pytest.mark.parametrize(
    ("place", "arguments", "status", "expected"),
    [
        ("model_to_show.py:los", ["f64[3]"], 1, "did you mean loss?"),
        ("model_to_show.py:Model.stop", ["f64[3]"], 1, "did you mean step?"),
        ("model_to_show.py:constant", [], 1, "constant is not a function"),
        ("model_to_show.py:loss", [], 1, "missing a required argument: 'x'"),
        ("model_to_show.py:loss", ["f64[3]"] * 3, 1, "too many positional arguments"),
        ("model_to_show.py:loss", ["f65[3]"], 1, "there is no type f65"),
        ("model_to_show.py:loss", ["f64[3"], 1, "syntax error"),
        ("model_to_show.py:branches", ["f64[]"], 1, "if x > 0:"),
        ("model_to_show.py:fails", ["f64[]"], 1, "no such parameter"),
        ("model_to_show.py", ["f64[]"], 2, "does not name a function"),
        ("missing.py:f", ["f64[]"], 1, "there is no such file"),
        ("broken.py:f", ["f64[]"], 1, "def f(x:"),
        ("raises.py:f", ["f64[]"], 1, "not today"),
    ],
)
def test_errors(model: str, place: str, arguments: list[str], status: int, expected: str) -> None:
    options = [part for text in arguments for part in ("--arg", text)]
    code, output = show(str(Path(model).parent / place), *options)
    assert code == status, output
    assert expected in output
