"""Examples of bytes that may not stand in a YAML file, and of those that may."""

from __future__ import annotations

import pytest

from runner.model import Span
from runner.yaml import yamltext
from runner.yaml.notes import EndError, Notes


def _checked(content: bytes) -> tuple[str | None, list[tuple[str, Span]]]:
    notes = Notes("f.yaml")
    try:
        text = yamltext.text(content, notes)
    except EndError:
        text = None
    return text, [(finding.rule, finding.place.span) for finding in notes.findings()]


@pytest.mark.parametrize(
    "text",
    ["", "a: 1\n", "a:\t1\r\n", "é\u00a0\u3000𝄞 ⚠\ufe0f\ufffd", " %x\na: 10%\n", '"\\u202e"'],
)
def test_what_shows_is_left_alone(text: str) -> None:
    """Whatever a reviewer sees, tabs and CRLF included, goes on to the parser as it is."""
    assert _checked(text.encode()) == (text, [])


@pytest.mark.parametrize(
    "character",
    [
        *"\x00\x01\x08\x0b\x0c\x1b\x7f\x80\x85\x9f\xad\u061c\u200b\u200c\u200d\u200e\u200f\u2028",
        *"\u2029\u202a\u202e\u2060\u2066\u2069\ufeff\ufff9\uffff\U000e0041\U000e0100",
    ],
)
def test_what_does_not_show_is_found(character: str) -> None:
    """A hidden character is found at its place, and replaced so that places stay right."""
    text, found = _checked(f"a: 𝄞\né: x{character}y # c\n".encode())

    assert text == "a: 𝄞\né: x\ufffdy # c\n"
    assert found == [("hidden-character", Span(2, 5, 2, 6))]


def test_a_run_of_hidden_characters_is_one_finding() -> None:
    """Hidden characters side by side are told once, by the first of them."""
    notes = Notes("f.yaml")
    text = yamltext.text("a\u202e\u200bb".encode(), notes)

    (finding,) = notes.findings()
    assert text == "a\ufffd\ufffdb"
    assert finding.place.span == Span(1, 2, 1, 4)
    assert finding.message == (
        "cannot accept U+202E (RIGHT-TO-LEFT OVERRIDE): a reviewer does not see it"
    )
    assert finding.mend == "delete it, or write it as \\u202e in a double-quoted string"


def test_an_escape_is_named_by_its_length() -> None:
    """The mend names the escape that fits the character."""
    notes = Notes("f.yaml")
    yamltext.text("\U000e0041 \x00".encode(), notes)

    tag, nul = notes.findings()
    assert "\\U000e0041" in tag.mend
    assert "U+0000 (a control character)" in nul.message


def test_a_lone_return_is_hidden() -> None:
    """A carriage return that ends no line is found, and is a line break for later places."""
    text, found = _checked(b"a: 1\rb: \x00\r\n")

    assert text == "a: 1\rb: \ufffd\r\n"
    assert found == [
        ("hidden-character", Span(1, 5, 2, 1)),
        ("hidden-character", Span(2, 4, 2, 5)),
    ]


def test_a_byte_order_mark_is_not_counted() -> None:
    """A byte order mark is found, and columns are counted without it."""
    text, found = _checked("\ufeffa\u200b".encode())

    assert text == "a\ufffd"
    assert found == [
        ("byte-order-mark", Span(1, 1, 1, 1)),
        ("hidden-character", Span(1, 2, 1, 3)),
    ]


def test_directives_become_comments() -> None:
    """A line that begins with % is found wherever it stands."""
    text, found = _checked(b"%YAML 1.1\n--- \na: %\n%TAG ! x\n")

    assert text == "#YAML 1.1\n--- \na: %\n#TAG ! x\n"
    assert found == [("directive", Span(1, 1, 1, 2)), ("directive", Span(4, 1, 4, 2))]


@pytest.mark.parametrize(
    ("content", "span"),
    [
        (b"\xff", Span(1, 1, 1, 1)),
        ("é\n𝄞: ".encode() + b"\xe9\n", Span(2, 4, 2, 4)),
        (b"\xef\xbb\xbfa\xff", Span(1, 2, 1, 2)),
        (b"a\xed\xa0\x80", Span(1, 2, 1, 2)),
        ("a".encode("utf-16"), Span(1, 1, 1, 1)),
    ],
)
def test_only_utf8_is_text(content: bytes, span: Span) -> None:
    """Bytes that are no UTF-8, surrogates included, end the reading at their place."""
    assert _checked(content) == (None, [("not-utf8", span)])


def test_size_is_bounded() -> None:
    """A file of one MiB is read, one byte more is not."""
    assert _checked(b"a" * yamltext.SIZE)[1] == []
    assert _checked(b"a" * yamltext.SIZE + b"\n") == (None, [("too-large", Span(1, 1, 1, 1))])


def test_many_hidden_characters_end_the_reading() -> None:
    """Beyond a hundred findings nothing more is looked for."""
    text, found = _checked(b"\x00 " * 200)

    assert text is None
    assert len(found) == 101
    assert sum(rule == "too-many-findings" for rule, _ in found) == 1
