"""Linear A text in colour, for notebooks and for the terminal.

Colours tell the two classes of variables apart; the linear ones stand out.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from rich.text import Text

from lineara.ir.program import Function, Program
from lineara.ops import OPS
from lineara.text.lexer import Lexer, Token
from lineara.text.printer import show

_STYLES = {
    "keyword": ("#8250df", "magenta"),
    "op": ("#0550ae", "blue"),
    "linear": ("#bc4c00", "bold yellow"),
    "dtype": ("#57606a", "bright_black"),
    "number": ("#116329", "green"),
    "string": ("#116329", "green"),
}
"""For each kind of token the colour in HTML and the style in the terminal; others have none."""


def html(program: Program | Function) -> str:
    """The text of a program as an HTML element that needs no style sheet."""
    pieces = []
    for text, kind in _pieces(show(program)):
        if kind in _STYLES:
            colour = _STYLES[kind][0]
            pieces.append(f'<span class="{kind}" style="color:{colour}">{escape(text)}</span>')
        else:
            pieces.append(escape(text))
    return f'<pre class="lineara">{"".join(pieces)}</pre>'


def rich_text(program: Program | Function) -> Text:
    """The text of a program for rich's console."""
    styled = (
        (text, _STYLES[kind][1] if kind in _STYLES else "") for text, kind in _pieces(show(program))
    )
    return Text.assemble(*styled)


def _pieces(text: str) -> Iterator[tuple[str, str]]:
    """The text in pieces, each with the kind of its token, or "" for the space between tokens."""
    end = 0
    before = Token("newline", "", 0)
    for token in Lexer(text, "<program>").tokens():
        if token.start > end:
            yield text[end : token.start], ""
        is_op = token.text in OPS and (before.text == "=" or before.kind == "newline")
        yield token.text, "op" if is_op else token.kind
        before, end = token, token.start + len(token.text)
