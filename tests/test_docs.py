"""The examples in the documentation do what the documentation says."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]


def test_tests_that_pages_name_exist() -> None:
    named = [
        (page.name, file, name)
        for page in PAGES
        for file, name in re.findall(
            r"(tests/test_\w+\.py)::(test_\w+)", page.read_text(encoding="utf-8")
        )
    ]
    assert len(named) > 15
    assert not [
        entry
        for entry in named
        if f"\ndef {entry[2]}(" not in (ROOT / entry[1]).read_text(encoding="utf-8")
    ]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_examples(page: Path) -> None:
    # Without its fence lines a page is text that doctest understands.
    text = re.sub(r"(?m)^ *```.*$", "", page.read_text(encoding="utf-8"))
    test = doctest.DocTestParser().get_doctest(text, {}, page.name, str(page), 0)
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    report: list[str] = []
    results = doctest.DocTestRunner(optionflags=flags).run(test, out=report.append)
    assert not results.failed, "".join(report)
