"""JSON texts: the tree, where everything stands, and what the platform would lose."""

from __future__ import annotations

import json

import pytest

from runner.model import Document, Span
from runner.yaml import jsontext


def read(text: str | bytes) -> Document:
    """Return the document of a text that is right."""
    checked = jsontext.document("b.json", text if isinstance(text, bytes) else text.encode())
    assert checked.findings == ()
    assert checked.value is not None
    return checked.value


def told(text: str | bytes) -> list[tuple[str, int, int]]:
    """Return rule, line and column of everything that is wrong with a text."""
    checked = jsontext.document("b.json", text if isinstance(text, bytes) else text.encode())
    assert checked.value is None
    return [(each.rule, each.place.span.line, each.place.span.column) for each in checked.findings]


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "[]",
        '"a"',
        "0",
        "-12",
        "true",
        "false",
        " null ",
        '{"a": {"b": [1, [2], {"c": []}, {}]}, "d": "e"}',
        '{\t"a"\r\n:\t1 }',
        r'{"a": "\ud83d\ude00 \u4f5c \/ \b\f\n\r\t\\ \" é \u0000"}',
        '{"a b": 1, "": 2, "é": 3}',
        '{"long": "' + "x" * 5000 + '"}',
        '{"' + "k" * 5000 + '": 1}',
        '["\u200b\u202e\x7f\u2028"]',
        "[9007199254740993, 12345678901234567890]",
    ],
)
def test_what_is_read(text: str) -> None:
    """Every JSON text means what Python's own reader says."""
    assert read(text).tree == json.loads(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [("1.0", 1), ("-0.0", 0), ("1e2", 100), ("1.5E1", 15), ("12e-1", None), ("1e400", None)],
)
def test_numbers_with_a_point(text: str, value: int | None) -> None:
    """A number that is whole is read, however it is written; another one would lose its rest."""
    if value is None:
        assert told(text) == [("float", 1, 1)]
    else:
        assert read(text).tree == value


def test_a_byte_order_mark_is_skipped() -> None:
    """The platform's reader skips it, and places do not count it."""
    document = read(b'\xef\xbb\xbf{"a": 1}')
    assert document.tree == {"a": 1}
    assert document.values["a",] == Span(1, 7, 1, 8)


def test_places() -> None:
    """Keys and values have the spans of their texts, in lines and code points."""
    document = read('{\n  "a": [1,\n    "作\\n"],\n\t"b": {}}')
    assert document.values == {
        (): Span(1, 1, 4, 10),
        ("a",): Span(2, 8, 3, 11),
        ("a", 0): Span(2, 9, 2, 10),
        ("a", 1): Span(3, 5, 3, 10),
        ("b",): Span(4, 7, 4, 9),
    }
    assert document.keys == {("a",): Span(2, 3, 2, 6), ("b",): Span(4, 2, 4, 5)}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", [("empty-document", 1, 1)]),
        (" \n\t", [("empty-document", 1, 1)]),
        ("{", [("syntax", 1, 2)]),
        ("[", [("syntax", 1, 2)]),
        ("[1", [("syntax", 1, 3)]),
        ("[1,]", [("syntax", 1, 4)]),
        ("[,1]", [("syntax", 1, 2)]),
        ('{"a"}', [("syntax", 1, 5)]),
        ('{"a" 1}', [("syntax", 1, 6)]),
        ('{"a": 1,}', [("syntax", 1, 9)]),
        ('{"a": 1 "b": 2}', [("syntax", 1, 9)]),
        ("{a: 1}", [("syntax", 1, 2)]),
        ("{'a': 1}", [("syntax", 1, 2)]),
        ("{1: 1}", [("syntax", 1, 2)]),
        ('{"a": yes}', [("syntax", 1, 7)]),
        ('{"a": }', [("syntax", 1, 7)]),
        ('{"a": NaN}', [("syntax", 1, 7)]),
        ('{"a": -Infinity}', [("syntax", 1, 7)]),
        ('{"a": 01}', [("syntax", 1, 7)]),
        ('{"a": +1}', [("syntax", 1, 7)]),
        ('{"a": .5}', [("syntax", 1, 7)]),
        ('{"a": 1.}', [("syntax", 1, 7)]),
        ('{"a": "b}', [("syntax", 1, 7)]),
        ('{"a": "\\x"}', [("syntax", 1, 8)]),
        ('{"a": "\\u12"}', [("syntax", 1, 9)]),
        ('{"a": "b\nc"}', [("syntax", 1, 9)]),
        ("{} // no", [("several-documents", 1, 4)]),
        ("{}\n{}", [("several-documents", 2, 1)]),
        ('{"a": 1, "b": 0.5, "a": 2}', [("float", 1, 15), ("duplicate-key", 1, 20)]),
        ("9" * 101, [("integer-too-long", 1, 1)]),
        ("[" * 66 + "]" * 66, [("too-deep", 1, 66)]),
        (b'{"a": "\xff"}', [("not-utf8", 1, 8)]),
        (b" " * (jsontext.SIZE + 1), [("too-large", 1, 1)]),
    ],
)
def test_what_is_refused(text: str | bytes, found: list[tuple[str, int, int]]) -> None:
    """What is no JSON is told where it goes wrong, and what would be lost where it stands."""
    assert told(text) == found


def test_deep_is_read() -> None:
    """As much depth as YAML may have is read."""
    assert read("[" * jsontext.DEPTH + "]" * jsontext.DEPTH).tree
