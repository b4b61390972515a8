"""Functions with packages, branches and loops, by the op that they are about."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from control_cases import branches, packages, scans, whiles
from control_cases.writing import Case


def cases() -> Iterator[Case]:
    """All cases, of functions that nothing has been derived from yet."""
    groups = (packages, branches, scans, whiles)
    return chain.from_iterable(group.cases() for group in groups)
