"""The user's own line: the innermost frame of code that is neither ours nor a library's."""

from __future__ import annotations

import sys
from functools import lru_cache
from pathlib import Path
from types import FrameType

import numpy as np
import optree
import scipy

from lineara.errors import Source

_OURS = str(Path(__file__).parents[1])
LIBRARIES = tuple(
    root + ("" if root.endswith("/") else "/")
    for root in (_OURS, *(str(Path(str(m.__file__)).parent) for m in (np, scipy, optree)))
)


def user_source() -> Source | None:
    """The line of user code that is running now, or None if there is none on the stack."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        file = frame.f_code.co_filename
        if not _is_library(file):
            return _source(file, frame.f_lineno)
        frame = frame.f_back
    return None


@lru_cache(maxsize=1024)
def _is_library(file: str) -> bool:
    return file.startswith(LIBRARIES)


@lru_cache(maxsize=65536)
def _source(file: str, line: int) -> Source:
    return Source(file, line)
