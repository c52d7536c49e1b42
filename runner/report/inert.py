"""Text from elsewhere in Markdown: it stands in code, where no renderer finds more than text.

In code no name is mentioned, no number is an issue, no address a link and no word an emoji: what a
forge makes of a text it makes outside of code alone.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from runner.report import plain

if TYPE_CHECKING:
    from collections.abc import Iterable

_RUN = re.compile("`+")
# Renderers give up on longer runs: cmark finds no code span beyond 80, and no fence beyond 255.
_LONGEST = 8
_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"})
_CUT = "…"


def code(content: str, most: int | None = None) -> str:
    """Return inline code that ends where it should, of at most so many bytes of `content`."""
    shown = clipped(line(content), most) or " "
    ticks = "`" * (_run(shown) + 1)
    # One blank on both sides is taken off by whoever reads code that is not blank.
    blank = shown[0] == shown[-1] == " " and shown.strip() != ""
    pad = " " if blank or "`" in {shown[0], shown[-1]} else ""
    return f"{ticks}{pad}{shown}{pad}{ticks}"


def cell(content: str, most: int | None = None) -> str:
    """Return inline code for a table."""
    return celled(code(content, most))


def celled(markdown: str) -> str:
    """Return Markdown for one cell of a table: no `|` of it begins another, in code neither."""
    return markdown.replace("|", "\\|")


def element(content: str, most: int | None = None) -> str:
    """Return a code element for where HTML stands, and Markdown would not be read."""
    return f"<code>{clipped(line(content), most).translate(_ENTITIES)}</code>"


def fence(language: str, lines: Iterable[str], most: int | None = None) -> str:
    """Return a block of code; of each line at most so many bytes are shown."""
    body = "\n".join(clipped(_tabbed(each), most) for each in lines)
    ticks = "`" * max(3, _run(body) + 1)
    return f"{ticks}{language}\n{body}\n{ticks}"


def line(content: str) -> str:
    """Return a text as one line without long runs of backticks."""
    return _RUN.sub(_short, plain.line(content))


def size(text: str) -> int:
    """Return the bytes of a text in UTF-8."""
    return len(text.encode())


def clipped(text: str, most: int | None) -> str:
    """Return a text, or what its first bytes hold whole and a mark, `most` bytes together."""
    if most is None or size(text) <= most:
        return text
    return text.encode()[: most - size(_CUT)].decode(errors="ignore") + _CUT


def _tabbed(content: str) -> str:
    """Return one line that keeps its tabs."""
    return _RUN.sub(_short, plain.block(content).replace("\n", "\\n"))


def _short(found: re.Match[str]) -> str:
    return found[0] if len(found[0]) <= _LONGEST else "\\u0060" * len(found[0])


def _run(text: str) -> int:
    return max((len(run) for run in _RUN.findall(text)), default=0)
