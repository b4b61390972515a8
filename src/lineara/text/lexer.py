"""From characters to tokens, each with its place in the text."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import NamedTuple

from lineara.errors import ParseError, Source
from lineara.ir.types import DTYPES

KEYWORDS = frozenset({"def", "return", "true", "false", "none", "inf", "nan", "complex"})
RESERVED = KEYWORDS | frozenset(DTYPES)
"""Words that name neither a variable nor a function."""


class Token(NamedTuple):
    """A piece of text.

    Attributes:
        kind: name, linear (a name with a prime), dtype, keyword, number, string, mark, newline
            or end.
        text: the characters themselves.
        start: where they begin in the whole text.
    """

    kind: str
    text: str
    start: int


_TOKEN = re.compile(
    r"""(?P<space>  (?:[ \t\r]|\#[^\n]*)++)
      | (?P<newline>\n)
      | (?P<mark>   ->|[()\[\]{}:;,=])
      | (?P<number> (?:-?(?:\d++(?:\.\d*+)?+(?:[eE][+-]?\d++)?+ | inf | nan)) (?![\w.']))
      | (?P<name>   [A-Za-z_][A-Za-z0-9_.]*+'?+)
      | (?P<string> "(?:[^"\\\n]|\\[^\n])*+")
    """,
    re.VERBOSE | re.ASCII,
)
_FORBIDDEN = re.compile(r"[\x00\ud800-\udfff]")


class Lexer:
    """The tokens of a text, made as they are asked for."""

    def __init__(self, text: str, file: str) -> None:
        self.text = text
        self.file = file
        self.lines = [0, *(match.end() for match in re.finditer("\n", text))]

    def where(self, start: int) -> Source:
        """The place of a character: line and column count from 1."""
        line = bisect_right(self.lines, start)
        return Source(self.file, line, start - self.lines[line - 1] + 1)

    def tokens(self) -> Iterator[Token]:
        """All tokens, the last of kind end. Line breaks count outside of () and [] only.

        Raises:
            ParseError: at a character that begins no token.
        """
        if match := _FORBIDDEN.search(self.text):
            raise self.refusal(match.start(), "a program contains no such character")
        start, depth = 0, 0
        while start < len(self.text):
            match = _TOKEN.match(self.text, start)
            if match is None:
                raise self.refusal(start, _reason(self.text, start))
            kind, text = str(match.lastgroup), match[0]
            if kind == "mark":
                depth += (text in "([") - (text in ")]")
            elif kind == "name":
                kind = _word(text)
            if kind != "space" and (kind != "newline" or depth <= 0):
                yield Token(kind, text, start)
            start = match.end()
        yield Token("end", "", start)

    def refusal(self, start: int, what: str) -> ParseError:
        return ParseError(what, where=self.where(start), found=ascii(self.text[start]))


def _word(text: str) -> str:
    """The kind of a word."""
    if text.endswith("'"):
        return "linear"
    if text in DTYPES:
        return "dtype"
    return "keyword" if text in KEYWORDS else "name"


def _reason(text: str, start: int) -> str:
    if text[start] == '"':
        return "this string does not end on its line"
    if text[start].isdigit() or text[start] == "-":
        return "this is not a number"
    return "this character has no meaning here"
