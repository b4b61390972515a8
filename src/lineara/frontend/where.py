"""The user's own line: the innermost frame of code that is neither ours nor a library's."""

from __future__ import annotations

import sys
from pathlib import Path

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
    frame = sys._getframe(1)
    while frame.f_code.co_filename.startswith(LIBRARIES):
        if frame.f_back is None:
            return None
        frame = frame.f_back
    return Source(frame.f_code.co_filename, frame.f_lineno)
