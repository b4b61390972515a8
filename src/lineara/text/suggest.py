"""Guessing what a misspelt word was meant to be."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from itertools import islice

_LONGEST = 40
_MOST = 2000


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """A remedy that names the most similar known word, or None if none is similar.

    Only short words and the first few candidates are compared, because comparing takes time.
    """
    if len(word) > _LONGEST:
        return None
    candidates = [k for k in islice(known, _MOST) if len(k) <= _LONGEST]
    matches = difflib.get_close_matches(word, candidates, n=1)
    return f"did you mean {matches[0]}?" if matches else None


def shortened(word: str) -> str:
    """`word`, cut if it is too long for a message."""
    return word if len(word) <= _LONGEST else f"{word[:_LONGEST]}..."
