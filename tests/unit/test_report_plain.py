"""Text made harmless, and numbers as people say them."""

from __future__ import annotations

import pytest

from runner.report import plain


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("", ""),
        ("plain text, é, 中文, ≈ 🚀", "plain text, é, 中文, ≈ 🚀"),
        ("\x1b[31mred\x1b]0;title\x07", "\\u001b[31mred\\u001b]0;title\\u0007"),
        ("a\rb\x08c\x7fd\x9be", "a\\u000db\\u0008c\\u007fd\\u009be"),
        ("txt.\u202eexe\u2066\u061c\u200f", "txt.\\u202eexe\\u2066\\u061c\\u200f"),
        ("pay\u200bpal\u00ad\ufeff", "pay\\u200bpal\\u00ad\\ufeff"),
        ("a\u00a0b\u3000c", "a\\u00a0b\\u3000c"),
        ("\ud800", "\\ud800"),
        ("\U000e0041", "\\U000e0041"),
        ("\u2028\u2029\x85\x0b\x0c", "\\u2028\\u2029\\u0085\\u000b\\u000c"),
        ("::error::x", "\\u003a:error::x"),
        ("  ::stop-commands::x", "  \\u003a:stop-commands::x"),
        ("a::error::x", "a::error::x"),
        (
            "a ##[error]x ###[y] ##vso[z] ## [z]",
            "a \\u0023#[error]x #\\u0023#[y] \\u0023#vso[z] ## [z]",
        ),
    ],
)
def test_both(said: str, shown: str) -> None:
    """What a terminal, a reader or a pipeline would be fooled by is written out."""
    assert plain.block(said) == shown
    assert plain.line(said) == shown


def test_lines_and_tabs() -> None:
    """A block keeps its lines and tabs, and each line is looked at; a line writes them out."""
    assert plain.block("a\n\t::b\n") == "a\n\t\\u003a:b\n"
    assert plain.line("a\n\t::b\n") == "a\\n\\t\\u003a:b\\n"


@pytest.mark.parametrize(
    ("number", "noun", "said"),
    [
        (0, "host", "0 hosts"),
        (1, "host", "1 host"),
        (2, "host", "2 hosts"),
        (1, "batch", "1 batch"),
        (2, "batch", "2 batches"),
        (3, "entry", "3 entries"),
    ],
)
def test_count(number: int, noun: str, said: str) -> None:
    """A noun is in the plural where it is due."""
    assert plain.count(number, noun) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0s"),
        (45, "45s"),
        (60, "1m"),
        (90, "1m 30s"),
        (3600, "1h"),
        (7500, "2h 5m"),
        (3601, "1h 1s"),
        (90061, "25h 1m 1s"),
    ],
)
def test_span(seconds: int, said: str) -> None:
    """Hours, minutes and seconds, those that there are."""
    assert plain.span(seconds) == said


@pytest.mark.parametrize(
    ("milliseconds", "said"),
    [
        (0, "0s"),
        (1, "0.001s"),
        (500, "0.5s"),
        (1000, "1s"),
        (59_990, "59.99s"),
        (60_000, "1m"),
        (60_001, "1m 0.001s"),
        (3_661_500, "1h 1m 1.5s"),
    ],
)
def test_moment(milliseconds: int, said: str) -> None:
    """A point in time is a length of time to the millisecond, without zeros at its end."""
    assert plain.moment(milliseconds) == said
