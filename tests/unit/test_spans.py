"""Examples of where the keys and values of a YAML text stand."""

from __future__ import annotations

from runner.model import Document, Path, Span
from runner.yaml import yaml12


def _document(text: str) -> Document:
    checked = yaml12.document("f.yaml", text.encode())
    assert checked.value is not None
    return checked.value


def _value(text: str, path: Path) -> tuple[int, int, int, int]:
    span = _document(text).values[path]
    return span.line, span.column, span.end_line, span.end_column


def test_columns_count_code_points() -> None:
    """Characters beyond ASCII, and beyond 16 bits, count as one column each."""
    document = _document('𝄞é: {"ü𝄞": x, y: 1}\n')

    assert document.keys["𝄞é",] == Span(1, 1, 1, 3)
    assert document.values["𝄞é",] == Span(1, 5, 1, 20)
    assert document.keys["𝄞é", "ü𝄞"] == Span(1, 6, 1, 10)
    assert document.values["𝄞é", "ü𝄞"] == Span(1, 12, 1, 13)
    assert document.values["𝄞é", "y"] == Span(1, 18, 1, 19)


def test_a_block_ends_with_its_last_value() -> None:
    """Comments and empty lines after a block are not part of it."""
    text = "a:\n  b: 1\n  c:\n  - x  # y\n\n# z\nd: 1\n"

    assert _value(text, ("a",)) == (2, 3, 4, 6)
    assert _value(text, ("a", "c")) == (4, 3, 4, 6)
    assert _value(text, ()) == (1, 1, 7, 5)


def test_an_absent_value_stands_behind_its_key() -> None:
    """A value that is not written has an empty span after the colon or the dash."""
    assert _value("a:\nb: 1\n", ("a",)) == (1, 3, 1, 3)
    assert _value("-\n- 1\n", (0,)) == (1, 2, 1, 2)


def test_a_block_scalar_begins_with_its_indicator() -> None:
    """A block scalar's span holds its header and its lines, and stays inside the text."""
    assert _value("a: |\n  x\n  y\nb: 1\n", ("a",)) == (1, 4, 4, 1)
    assert _value("a: |\n  x", ("a",)) == (1, 4, 2, 4)


def test_what_an_alias_brings_in_stands_where_it_is_written() -> None:
    """The alias has its own place, what is below it that of the original."""
    document = _document("a: &a\n  x: [1]\nb: [*a]\n")

    assert document.values["b", 0] == Span(3, 5, 3, 7)
    assert document.values["b", 0, "x"] == document.values["a", "x"] == Span(2, 6, 2, 9)
    assert document.values["b", 0, "x", 0] == Span(2, 7, 2, 8)
    assert document.keys["b", 0, "x"] == Span(2, 3, 2, 4)


def test_an_alias_of_a_key() -> None:
    """An alias of an anchored key has a place of its own and nothing below it."""
    document = _document("&a k: {x: 1}\nb: *a\n")

    assert list(document.values) == [(), ("k",), ("k", "x"), ("b",)]
    assert document.values["b",] == Span(2, 4, 2, 6)


def test_spans_are_a_mapping() -> None:
    """The places of a document can be counted, listed, looked up and missed."""
    document = _document("a: [1]\n")

    assert len(document.values) == 3
    assert list(document.keys) == [("a",)]
    assert ("a", 1) not in document.values
    assert document.place(("a", 1)).span == Span(1, 4, 1, 7)
    assert document.place(("a",), key=True).span == Span(1, 1, 1, 2)
