"""Every name of NumPy's has an entry, the entries say what is so, and the page is current."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from test_numpy_functions import ROWS, Noted, leaves

from lineara.cli import main
from lineara.frontend import dispatch
from lineara.frontend.array import TracedArray
from lineara.frontend.numpy import FUNCTIONS, support
from lineara.frontend.tracing import record

PAGE = Path(__file__).parents[1] / "docs" / "numpy-support.md"
ENTRIES = {e.name: e for entries in support.groups().values() for e in entries}
UNTESTED = {np.intersect1d}
"""What is no longer there when one of two equal elements moves, as it does in numerical tests."""


def test_every_name_is_there() -> None:
    assert {f"np.{name}" for name in support.ufuncs()} <= ENTRIES.keys()
    for module, prefix in ((np, "np."), (np.linalg, "np.linalg."), (np.fft, "np.fft.")):
        assert {prefix + name for name in support.dispatched(module)} <= ENTRIES.keys()
    public = {f"x.{name}" for name in dir(np.ndarray) if not name.startswith("_")}
    assert public <= ENTRIES.keys()


def test_what_is_refused_has_a_remedy() -> None:
    assert not [e for e in ENTRIES.values() if e.status == support.NONE and not e.remedy]


def test_nothing_is_left_out_of_the_tables() -> None:
    known = {f for f in FUNCTIONS if hasattr(f, "_implementation")}
    modules = (np, np.linalg, np.fft)
    assert (
        known
        == {f for m in modules for f in support.dispatched(m).values() if f not in dispatch.REFUSED}
        & known
    )
    assert all(
        hasattr(TracedArray, n) or n in support.REFUSED_ATTRIBUTES
        for n in dir(np.ndarray)
        if not n.startswith("_")
    )


@pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore::numpy.exceptions.ComplexWarning")
def test_what_has_a_derivative_has_a_row_that_tests_it(monkeypatch: pytest.MonkeyPatch) -> None:
    tables = {name: Noted(getattr(dispatch, name)) for name in ("FUNCTIONS", "UFUNCS")}
    for name, table in tables.items():
        monkeypatch.setattr(dispatch, name, table)
    for _, function, inputs, smooth in ROWS:
        if smooth:
            record(lambda xs, f=function: leaves(f(*xs)), inputs)  # type: ignore[misc]
    untested = [name for name in tables["FUNCTIONS"].missing if _claimed(name)]
    assert not set(untested) - UNTESTED
    calls = [u.__name__ for u, method in tables["UFUNCS"].missing if method == "__call__"]
    assert not [
        n for n in calls if (e := ENTRIES.get(f"np.{n}")) and e.status == support.DERIVATIVE
    ]


def _claimed(function: Any) -> bool:
    """Whether the entries say that a function has a derivative."""
    for module, prefix in ((np, "np."), (np.linalg, "np.linalg."), (np.fft, "np.fft.")):
        for name, f in support.dispatched(module).items():
            if f is function:
                return ENTRIES[prefix + name].status == support.DERIVATIVE
    return False


def test_the_page_is_current() -> None:
    result = CliRunner().invoke(main, ["support"])
    assert result.exit_code == 0
    text = PAGE.read_text(encoding="utf-8")
    if f"NumPy {np.__version__} " not in text:
        pytest.skip("the page is of another version of NumPy")
    assert text == result.output
