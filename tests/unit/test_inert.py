"""Text from elsewhere in Markdown: code that ends where it should."""

from __future__ import annotations

import pytest

from runner.report import inert

ESCAPED = "\\u0060"


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("plain", "`plain`"),
        ("", "` `"),
        ("a`b", "``a`b``"),
        ("`a", "`` `a ``"),
        ("a`", "`` a` ``"),
        ("a``b`", "``` a``b` ```"),
        (" a ", "`  a  `"),
        (" a", "` a`"),
        ("  ", "`  `"),
        ("a\nb\tc", "`a\\nb\\tc`"),
        ("<b>&|", "`<b>&|`"),
        ("`" * 8, f"{'`' * 9} {'`' * 8} {'`' * 9}"),
        ("`" * 9, f"`{ESCAPED * 9}`"),
    ],
)
def test_code(said: str, code: str) -> None:
    """Code has one backtick more than any run in it, and blanks where some would be lost."""
    assert inert.code(said) == code


def test_in_other_places() -> None:
    """In a table no bar begins a cell, in HTML nothing is markup, and a fence keeps its tabs."""
    assert inert.cell("a|b\\|c") == "`a\\|b\\\\|c`"
    assert inert.element("<b class='x'>\"&\"</b>\n") == (
        "<code>&lt;b class=&#39;x&#39;&gt;&quot;&amp;&quot;&lt;/b&gt;\\n</code>"
    )
    assert inert.fence("sh", ["a\tb", "c\nd", "```"]) == "````sh\na\tb\nc\\nd\n```\n````"
    assert inert.fence("", []) == "```\n\n```"


@pytest.mark.parametrize(
    ("most", "cut"),
    [(None, "中中中"), (9, "中中中"), (8, "中…"), (6, "中…"), (5, "…"), (3, "…")],
)
def test_clipped(most: int | None, cut: str) -> None:
    """A text is cut between characters; the mark is within the bytes that it may have."""
    assert inert.clipped("中中中", most) == cut
    assert inert.code("中中中", most) == f"`{cut}`"
    assert inert.cell("中中中", most) == f"`{cut}`"
    assert inert.element("中中中", most) == f"<code>{cut}</code>"
    assert inert.fence("", ["中中中"], most) == f"```\n{cut}\n```"
