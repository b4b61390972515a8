"""Imports point down only: from a room of the house to itself and to the rooms below it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1] / "src" / "lineara"
ROOMS = (
    "errors",
    "where",
    "ir",
    "ops",
    "text",
    "transforms",
    "backends",
    "tree",
    "frontend",
    "numpy",
    "linear_map",
    "program",
    "certificate",
    "api",
    "numerical",
    "scipy",
    "cli",
)
"""From the ground up."""
STRANGERS = {("transforms", "text")}
"""A room on the left does not import from the one on the right, although it is below."""
FACE = "lineara"
"""The package itself: its `__init__` shows the public names of `api`; only `cli` is above it."""

ORDER = (*ROOMS[: ROOMS.index("cli")], FACE, "cli")


def room_of(module: str) -> str:
    """The room of a module such as ``lineara.ir.op``."""
    _, _, inside = module.partition(".")
    room = inside.partition(".")[0]
    return room if room in ROOMS else FACE


def imports(node: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and name of each module of lineara that is imported when the code runs.

    Imports inside functions count, those under ``if TYPE_CHECKING`` do not.
    """
    if isinstance(node, ast.Import):
        yield from ((node.lineno, a.name) for a in node.names if is_ours(a.name))
    elif isinstance(node, ast.ImportFrom):
        assert node.level == 0, f"line {node.lineno}: imports are absolute here"
        if node.module == FACE:
            yield from ((node.lineno, f"{FACE}.{a.name}") for a in node.names)
        elif node.module and is_ours(node.module):
            yield node.lineno, node.module
    else:
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            node = ast.Module(node.orelse, [])
        for child in ast.iter_child_nodes(node):
            yield from imports(child)


def is_ours(module: str) -> bool:
    return module.partition(".")[0] == FACE


def misplaced(path: Path) -> Iterator[str]:
    """The imports of a file that do not point down."""
    here = room_of(".".join((FACE, *path.relative_to(ROOT).with_suffix("").parts)))
    for line, module in imports(ast.parse(path.read_text(encoding="utf-8"))):
        there = room_of(module)
        if ORDER.index(there) > ORDER.index(here) or (here, there) in STRANGERS:
            yield f"{path}:{line}: {here} must not import {module}"


@pytest.mark.parametrize("path", sorted(ROOT.rglob("*.py")), ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_point_down(path: Path) -> None:
    assert not list(misplaced(path))


def test_every_module_is_in_a_room() -> None:
    names = {p.stem for p in ROOT.iterdir() if p.suffix == ".py" or (p / "__init__.py").exists()}
    assert names <= {*ROOMS, "__init__", "__main__"}


@pytest.mark.parametrize(
    ("room", "statement", "allowed"),
    [
        ("ops", "from lineara.ir.op import Op", True),
        ("ir", "from lineara.ops.arithmetic import add", False),
        ("ir", "def f():\n    import lineara.ops.arithmetic", False),
        ("ir", "if TYPE_CHECKING:\n    from lineara.ops import Add", True),
        ("ir", "if TYPE_CHECKING:\n    pass\nelse:\n    from lineara import ops", False),
        ("transforms", "import lineara.text.printer", False),
        ("text", "from lineara.transforms.jvp import jvp", False),
        ("api", "import lineara", False),
        ("cli", "import lineara", True),
        ("ops", "import numpy", True),
    ],
)
def test_the_rule_itself(
    room: str, statement: str, allowed: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("test_layers.ROOT", tmp_path)
    path = tmp_path / f"{room}.py"
    path.write_text(statement)
    assert bool(list(misplaced(path))) is not allowed
