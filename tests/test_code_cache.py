"""Code that is kept on disk: found again, and never wrong, whatever happens to its files."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lineara as la
from lineara.backends.native import cache, machine
from lineara.backends.native.compiled import Compiled
from lineara.transforms.forget import forget
from lineara.transforms.simplify import simplify

X = np.linspace(0.1, 0.9, 10)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("LINEARA_CACHE")
    monkeypatch.setenv("LINEARA_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def translations(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The modules that are translated, not found."""
    modules: list[str] = []
    optimised = machine._optimised

    def noting(module: str, *, rough: bool) -> Any:
        modules.append(module)
        return optimised(module, rough=rough)

    monkeypatch.setattr(machine, "_optimised", noting)
    yield modules


def model(x: Any) -> Any:
    return np.sum(np.tanh(x) * np.sort(x)[::-1]) * np.linalg.det(np.outer(x, x)[:2, :2] + np.eye(2))


PROGRAM = la.trace(la.grad(model))(X)
"""The gradient of a function; a part of it is left to NumPy."""


def compile() -> Compiled:
    return Compiled(simplify(forget(PROGRAM.main)))


def compute() -> Any:
    """The gradient, compiled anew."""
    results = compile()(*PROGRAM.constants, X)
    assert results is not None
    return results[0]


def test_code_is_found_again(folder: Path, translations: list[str]) -> None:
    first = compute()
    assert len(translations) == len(list(folder.iterdir())) == 1
    for _ in range(3):
        np.testing.assert_array_equal(compute(), first)
    assert len(translations) == 1
    la.jit(lambda x: x + 1)(X)
    assert len(translations) == len(list(folder.iterdir())) == 2


def test_good_code_is_preferred(folder: Path, translations: list[str]) -> None:
    assert compile().code.rough
    assert compile().code.rough
    assert len(translations) == 1
    assert not compile().settle().code.rough
    assert not compile().code.rough
    assert len(translations) == len(list(folder.iterdir())) == 2


def test_another_process_finds_it(folder: Path) -> None:
    code = (
        "import sys; sys.path.insert(0, 'tests')\n"
        "from test_code_cache import compute, machine\n"
        "if sys.argv[1] == 'second':\n"
        "    machine._optimised = None\n"  # translating fails
        "print(compute().tobytes().hex())"
    )
    outputs = [_run(code, turn) for turn in ("first", "second")]
    assert outputs == [compute().tobytes().hex()] * 2
    assert len(list(folder.iterdir())) == 1


def _run(code: str, *arguments: str) -> str:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    return done.stdout.strip()


def test_damaged_files_are_not_used(folder: Path, translations: list[str]) -> None:
    expected = compute()
    (path,) = folder.iterdir()
    whole = path.read_bytes()
    rng = random.Random(0)
    damaged = [whole[:n] for n in (0, 1, 20, 60, len(whole) // 2, len(whole) - 1)]
    damaged += [whole + b"0", b"", whole[::-1]]
    for _ in range(200):
        at = rng.randrange(len(whole))
        damaged.append(whole[:at] + bytes([whole[at] ^ 1 << rng.randrange(8)]) + whole[at + 1 :])
    for data in damaged:
        path.write_bytes(data)
        assert cache.load(bytes.fromhex(path.name)) is None
    path.write_bytes(damaged[0])
    np.testing.assert_array_equal(compute(), expected)
    assert len(translations) == 2
    assert path.read_bytes() == whole


def test_files_of_something_else_are_not_used(folder: Path) -> None:
    first, second = cache.digest("first"), cache.digest("second")
    cache.store(first, b"code")
    (folder / first.hex()).rename(folder / second.hex())
    assert cache.load(second) is None
    assert cache.digest("ab", "c") != cache.digest("a", "bc")


@pytest.mark.parametrize("obstacle", ["others may write", "a file", "a link", "off", "no home"])
def test_there_may_be_no_folder(
    folder: Path, obstacle: str, translations: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    if obstacle == "others may write":
        folder.mkdir(mode=0o700)
        folder.chmod(0o777)
    elif obstacle == "a file":
        folder.write_text("no folder")
    elif obstacle == "a link":
        (folder.parent / "elsewhere").mkdir(mode=0o700)
        folder.symlink_to(folder.parent / "elsewhere")
    elif obstacle == "off":
        monkeypatch.setenv("LINEARA_CACHE", "0")
    else:
        monkeypatch.setenv("LINEARA_CACHE_DIR", "/proc/nowhere/cache")
    first = compute()
    np.testing.assert_array_equal(compute(), first)
    assert len(translations) == 2


def test_many_write_at_once(folder: Path) -> None:
    code = (
        "import sys; sys.path.insert(0, 'tests')\n"
        "from lineara.backends.native import cache\n"
        "for i in range(200):\n"
        "    key = cache.digest(str(i % 5))\n"
        "    found = cache.load(key)\n"
        "    assert found in (None, str(i % 5).encode() * 10000), 'damaged'\n"
        "    cache.store(key, str(i % 5).encode() * 10000)\n"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    writers = [subprocess.Popen([sys.executable, "-c", code], env=environment) for _ in range(4)]
    assert [w.wait() for w in writers] == [0] * 4
    assert len(list(folder.iterdir())) == 5


def test_what_is_old_makes_room(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "ROOM", 10_000)
    monkeypatch.setattr(cache, "LEFT", 5_000)
    monkeypatch.setattr(cache, "ROUND", 1)
    keys = [cache.digest(str(i)) for i in range(30)]
    for i, key in enumerate(keys):
        cache.store(key, bytes(1000))
        path = folder / key.hex()
        if path.exists():
            os.utime(path, (i, i))
        assert sum(p.stat().st_size for p in folder.iterdir()) <= 10_000
    assert cache.load(keys[-1]) == bytes(1000)
    assert cache.load(keys[0]) is None
