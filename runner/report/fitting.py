"""Markdown cut to the bytes that there is room for: between lines, with what is open closed again.

It is for Markdown of our own making: code and folds are opened and closed by lines that begin with
backticks or `<details` and `</details>`, and text from elsewhere begins no such line.
"""

from __future__ import annotations

import re

MOST = 1024 * 1024 - 1  # bytes of a step summary: GitHub drops one that has more, whole
_FENCE = re.compile(r"(`{3,})[^`]*")
_LINE = re.compile(r"[^\n]*\n|[^\n]+")


def fitted(markdown: str, room: int, note: str) -> str:
    """Return `markdown` if it has at most `room` bytes; else its first lines, and `note`.

    Where not even the note has room, nothing is left.
    """
    if _size(markdown) <= room:
        return markdown
    lines = _LINE.findall(markdown)
    size, read, kept, end = 0, 0, 0, ""
    fence, folds = "", 0
    while size <= room:  # it ends, since all of them have more
        closing = _closing(fence, folds, note)
        if size + _size(closing) <= room:
            kept, end = read, closing
        size += _size(lines[read])
        fence, folds = _after(lines[read].rstrip("\n"), fence, folds)
        read += 1
    return "".join(lines[:kept]) + end


def _after(line: str, fence: str, folds: int) -> tuple[str, int]:
    """Return the fence that is open after a line (empty: none), and how many folds are."""
    if fence:
        return ("" if line == fence else fence), folds
    opens = _FENCE.fullmatch(line)
    if opens is not None:
        return opens[1], folds
    return "", folds + line.startswith("<details") - line.startswith("</details>")


def _closing(fence: str, folds: int, note: str) -> str:
    """Return what ends a text there, with the note after it."""
    return f"{fence}\n" * bool(fence) + "\n</details>\n" * folds + f"\n{note}\n"


def _size(text: str) -> int:
    return len(text.encode())
