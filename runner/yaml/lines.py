"""Where the lines of a text begin: from indexes to spans, and spans kept inside the text."""

from __future__ import annotations

import re
from bisect import bisect_right

from runner.model import Span

# What ends a line in YAML 1.2, and in the editors that show our places.
_BREAK = re.compile(r"\r\n|\r|\n")


class Lines:
    """The lines of one text."""

    def __init__(self, text: str) -> None:
        """Look for the beginning of every line of `text`."""
        self._starts = [0, *(match.end() for match in _BREAK.finditer(text))]
        self._end = self._point(len(text))

    def span(self, start: int, end: int) -> Span:
        """Return the span of `text[start:end]`."""
        return Span(*self._point(start), *self._point(end))

    def inside(self, span: Span) -> Span:
        """Return `span` without what is beyond the text.

        The C parser takes a last line that nothing ends as ended: what it finds behind it stands
        on a line that is not there.
        """
        start = min((span.line, span.column), self._end)
        end = min((span.end_line, span.end_column), self._end)
        return Span(*start, *end)

    def _point(self, index: int) -> tuple[int, int]:
        line = bisect_right(self._starts, index)
        return line, index - self._starts[line - 1] + 1
