"""Every wrong use in `errors` is refused at the user's own line, in words that are on record.

The messages are in ``errors/messages.txt``. With LINEARA_UPDATE=1 in the environment it is written
anew, to be read before it is committed.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import os
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from types import FunctionType

import pytest

from lineara.errors import LinearaError, ParseError, ProgramError

FOLDER = Path(__file__).parent / "errors"
GOLDEN = FOLDER / "messages.txt"
UPDATE = os.environ.get("LINEARA_UPDATE") == "1"
MARK = "# <-"


def wrong_uses() -> Iterator[tuple[str, Callable[[], None]]]:
    """The functions of the modules with a marked line, by the names of both."""
    for path in sorted(FOLDER.glob("[a-z]*.py")):
        module = importlib.import_module(f"errors.{path.stem}")
        for name, function in vars(module).items():
            if isinstance(function, FunctionType) and MARK in inspect.getsource(function):
                yield f"{path.stem}: {name.replace('_', ' ')}", function


CASES = dict(wrong_uses())


def refusal(case: str) -> LinearaError:
    """The error that a wrong use raises."""
    with pytest.raises(LinearaError) as caught:
        CASES[case]()
    return caught.value


def marked_place(function: Callable[[], None]) -> tuple[str, int]:
    """File and line of the mark; if it is in a text of Linear A, line of the text."""
    source = inspect.getsource(function)
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and MARK in node.value:
            return "<text>", line_of_mark(node.value)
    assert source.count(MARK) == 1
    start = inspect.getsourcelines(function)[1]
    return inspect.getfile(function), start - 1 + line_of_mark(source)


def line_of_mark(text: str) -> int:
    return text[: text.index(MARK)].count("\n") + 1


def message(error: LinearaError) -> str:
    """What the user reads, without what depends on where the tests are, or on other tests."""
    return re.sub(
        rf"{re.escape(str(FOLDER))}.(\w+\.py):\d+(.*?)  {MARK}$", r"\1\2", str(error), flags=re.M
    )


@cache
def recorded_messages() -> dict[str, str]:
    """The messages of the golden file, by case."""
    sections = re.split(r"^## ", GOLDEN.read_text(encoding="utf-8"), flags=re.M)[1:]
    return dict(section.rstrip().split("\n\n", 1) for section in sections)


@pytest.mark.parametrize("case", CASES)
def test_wrong_use(case: str) -> None:
    error = refusal(case)
    first = error.errors[0] if isinstance(error, ProgramError) else error
    assert first.where is not None
    assert (first.where.file, first.where.line) == marked_place(CASES[case])
    if not isinstance(error, ParseError):  # which shows the place itself
        assert first.found
        assert first.expected or first.remedy
    if not UPDATE:
        assert message(error) == recorded_messages()[case]


def test_messages_on_record() -> None:
    """One section for each case, in order."""
    if UPDATE:
        sections = (f"## {case}\n\n{message(refusal(case))}\n" for case in CASES)
        GOLDEN.write_text("\n".join(sections), encoding="utf-8")
        recorded_messages.cache_clear()
    assert list(recorded_messages()) == list(CASES)
