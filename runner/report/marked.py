"""Findings for people at a terminal: each with its line of the source, and a mark under the place.

The marks are made for a terminal of any width: a long line is shown around the place alone.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from runner.model import Severity
from runner.report import plain, seen

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from runner.model import Finding, Span

_WIDTH = 100  # cells of the source line
_BEFORE = 30  # cells of a long line that are kept before the place
_TAB = 4
_CUT = "…"


def findings(found: Iterable[Finding], sources: Mapping[str, bytes]) -> str:
    """Return each finding in the order of its place: where and what, its line, its mend.

    `sources` are the contents of the files by path; a file that is not among them, or is no text,
    has no line to show.
    """
    lines = {file: _lines(content) for file, content in sources.items()}
    return "".join(_finding(each, lines.get(each.place.file, [])) for each in seen.ordered(found))


def _lines(content: bytes) -> list[str]:
    text = content.decode("utf-8", "replace").removeprefix("\ufeff")
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _finding(each: Finding, lines: list[str]) -> str:
    place = each.place
    warning = "warning: " if each.severity is Severity.WARNING else ""
    where = f"{plain.line(place.file)}:{place.span.line}:{place.span.column}"
    return (
        f"{where}: {warning}{plain.line(each.message)} [{each.rule}]\n"
        f"{_source(place.span, lines)}"
        f"mend: {plain.line(each.mend)}\n"
    )


def _source(span: Span, lines: list[str]) -> str:
    """Return the line of `span` and the mark under it, or nothing where there is no such line."""
    if not 1 <= span.line <= len(lines) or not lines[span.line - 1].strip():
        return ""
    line = lines[span.line - 1]
    begins = min(span.column - 1, len(line))
    ends = span.end_column - 1 if span.end_line == span.line else len(line.rstrip())
    # Nothing farther away than this is shown, and a line may have millions of characters.
    origin = max(0, begins - _WIDTH * _TAB)
    near = line[origin : begins + _WIDTH * _TAB]
    start, end = begins - origin, ends - origin
    shown = _expanded(plain.characters(near), near)
    first, last = _window(shown, start)
    before = (_CUT if origin + first else "") + "".join(shown[first:start])
    marked = "".join(shown[start : min(max(end, start + 1), last)])
    after = "".join(shown[max(min(end, last), start + 1) : last])
    more = _CUT if origin + last < len(line) else ""
    mark = " " * _cells(before) + "^" + "~" * (_cells(marked) - 1)
    number = f"{span.line:>5}"
    return f"{number} | {(before + marked + after).rstrip()}{more}\n{' ' * len(number)} | {mark}\n"


def _expanded(shown: list[str], line: str) -> list[str]:
    """Return what is shown of each character, with tabs as the blanks up to their stops."""
    expanded: list[str] = []
    column = 0
    for text, character in zip(shown, line, strict=True):
        wide = " " * (_TAB - column % _TAB) if character == "\t" else text
        expanded.append(wide)
        column += _cells(wide)
    return expanded


def _window(shown: list[str], start: int) -> tuple[int, int]:
    """Return which characters of a line to show: all, or those around `start`."""
    widths = [_cells(text) for text in shown]
    if sum(widths) <= _WIDTH:
        return 0, len(shown)
    first = start
    while first > 0 and sum(widths[first - 1 : start]) <= _BEFORE:
        first -= 1
    last = first
    while last < len(shown) and sum(widths[first : last + 1]) <= _WIDTH:
        last += 1
    return first, last


def _cells(text: str) -> int:
    """Return how many cells of a terminal `text` takes."""
    return sum(
        0
        if unicodedata.combining(each) or unicodedata.category(each) in {"Mn", "Me"}
        else 1 + (unicodedata.east_asian_width(each) in {"W", "F"})
        for each in text
    )
