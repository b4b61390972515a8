"""docs/scipy.md lists what there is in `lineara.scipy`."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import pytest

import lineara as la
from lineara.numpy import Function as Reading
from lineara.scipy.calls import Function

PAGE = Path(__file__).parents[1] / "docs" / "scipy.md"


def public(module: str) -> list[str]:
    """The names of a module that users call."""
    space = getattr(la.scipy, module)
    return [name for name in dir(space) if _is_public(name, getattr(space, name), space)]


def _is_public(name: str, x: Any, space: Any) -> bool:
    if name.startswith("_"):
        return False
    own = getattr(x, "__module__", None) == space.__name__ and callable(x)
    return own or isinstance(x, Function | Reading) or hasattr(x, "methods")


def table() -> str:
    """What the page says: a paragraph for each module."""
    parts = []
    for module in la.scipy.MODULES:
        names = " ".join(f"`{name}`" for name in public(module))
        parts.append("\n".join(textwrap.wrap(f"**{module}**: {names}", 100)) + "\n")
    return "\n" + "\n".join(parts) + "\n"


def test_the_page_is_current() -> None:
    _, _, rest = PAGE.read_text(encoding="utf-8").partition("<!-- table -->\n")
    found, end, _ = rest.partition("<!-- end -->\n")
    assert end and found.split() == table().split()


@pytest.mark.parametrize("module", la.scipy.MODULES)
def test_modules_have_what_scipy_has(module: str) -> None:
    """Names are SciPy's, except where its spelling is an operator."""
    import importlib

    scipy_module = importlib.import_module(f"scipy.{module}")
    elsewhere = {"matmul", "spsolve"} if module == "sparse" else set()
    assert {name for name in public(module) if not hasattr(scipy_module, name)} == elsewhere
