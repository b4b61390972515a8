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
            (with the blank lines that follow) or end.
        text: the characters themselves.
        start: where they begin in the whole text.
    """

    kind: str
    text: str
    start: int


_TOKEN = re.compile(
    r"""(?P<space>  (?:[ \t\r]|\#[^\n]*)++)
      | (?P<newline>\n(?:[ \t\r\n]|\#[^\n]*)*+)
      | (?P<mark>   ->|[()\[\]{}:;,=])
      | (?P<number> (?:-?(?:\d++(?:\.\d*+)?+(?:[eE][+-]?\d++)?+|inf|nan)) (?![\w.']))
      | (?P<linear> [A-Za-z_][\w.]*+')
      | (?P<name>   [A-Za-z_][\w.]*+)
      | (?P<string> "(?:[^"\\\n]|\\[^\n])*+")
      | (?P<other>  .)
    """,
    re.VERBOSE | re.ASCII,
)
_WORDS = {**dict.fromkeys(KEYWORDS, "keyword"), **dict.fromkeys(DTYPES, "dtype")}
_DEPTH = {"(": 1, "[": 1, ")": -1, "]": -1}
_FORBIDDEN = re.compile(r"[\x00\ud800-\udfff]")


class Lexer:
    """The tokens of a text, made as they are asked for.

    Attributes:
        lines: where each line begins.
    """

    def __init__(self, text: str, file: str) -> None:
        self.text = text
        self.file = file
        self.lines = [0, *(match.end() for match in re.finditer("\n", text))]

    def where(self, start: int) -> Source:
        """The place of a character: line and column count from 1."""
        line = bisect_right(self.lines, start)
        return Source(self.file, line, start - self.lines[line - 1] + 1)

    def tokens(self) -> Iterator[Token]:
        """All tokens, the last of kind end; newlines only outside of parentheses and brackets.

        Raises:
            ParseError: at a character that begins no token.
        """
        if match := _FORBIDDEN.search(self.text):
            raise self.refusal(match.start(), "a program contains no such character")
        depth = 0
        for match in _TOKEN.finditer(self.text):
            kind, text = str(match.lastgroup), match[0]
            if kind == "space" or (kind == "newline" and depth > 0):
                continue
            if kind == "mark":
                depth += _DEPTH.get(text, 0)
            elif kind == "name":
                kind = _WORDS.get(text, kind)
            elif kind == "other":
                raise self.refusal(match.start(), _reason(text))
            yield Token(kind, text, match.start())
        yield Token("end", "", len(self.text))

    def refusal(self, start: int, what: str) -> ParseError:
        return ParseError(what, where=self.where(start), found=ascii(self.text[start]))


def _reason(character: str) -> str:
    if character == '"':
        return "this string does not end on its line"
    if character.isdigit() or character in "-.":
        return "this is not a number"
    return "this character has no meaning here"
