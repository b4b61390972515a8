"""The user's own line: the innermost frame of code that is neither ours nor a library's."""

from __future__ import annotations

import inspect
import sys
import sysconfig
from functools import lru_cache, partial
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import optree
import scipy

from lineara.errors import Source

_PACKAGE = __name__.partition(".")[0] + "."
_OURS = str(Path(__file__).parent)
LIBRARIES = tuple(
    root + ("" if root.endswith("/") else "/")
    for root in (_OURS, *(str(Path(str(m.__file__)).parent) for m in (np, scipy, optree)))
)
_PYTHON = sysconfig.get_path("stdlib")
_INSTALLED = ("site-packages", "dist-packages")
"""Folders inside of Python's own that hold what users have installed."""


def user_source() -> Source | None:
    """The line of user code that is running now, or None if there is none on the stack."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        file = frame.f_code.co_filename
        if not _is_library(file) and not _is_generated(frame):
            return _source(file, frame.f_lineno)
        frame = frame.f_back
    return None


def source_of(fun: Any) -> Source | None:
    """The line where a function of the user's begins; that which runs now if it cannot be seen."""
    while isinstance(fun, partial):
        fun = fun.func
    code = getattr(inspect.unwrap(fun), "__code__", None)
    if code is None or _is_library(code.co_filename):
        return user_source()
    return _source(code.co_filename, code.co_firstlineno)


@lru_cache(maxsize=1024)
def _is_library(file: str) -> bool:
    if file.startswith((*LIBRARIES, "<frozen ")):
        return True
    return file.startswith(_PYTHON) and not any(folder in file for folder in _INSTALLED)


def _is_generated(frame: FrameType) -> bool:
    """Whether the code was made by Python for a class of ours, as dataclasses have it."""
    if frame.f_code.co_filename != "<string>":
        return False
    return str(frame.f_globals.get("__name__", "")).startswith(_PACKAGE)


@lru_cache(maxsize=65536)
def _source(file: str, line: int) -> Source:
    return Source(file, line)
