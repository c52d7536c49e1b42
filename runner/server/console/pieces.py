"""A log in pieces: what is shown of it at first, what comes after, and what is found in it: pure.

A log is read by a function from an offset to at most PIECE bytes, none where it ends for now; no
piece ends within a character that goes on.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from runner.server.console import escapes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Read: TypeAlias = Callable[[int], bytes]

PIECE = 64 * 1024  # bytes
SHOWN = 1024 * 1024  # bytes at the end of a log that a page shows
FOUND = 500  # lines that a search lists
WORD = 200  # characters that may be searched for
_AROUND = 200  # characters shown before and after what was found in a long line
_NEAR = 4096  # bytes after a cut in which a line should begin
_CONTINUES, _FIRST = 0xC0, 0x80  # a byte within a character of UTF-8: 10xxxxxx


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What can be shown of a log, from the byte `begin` to before the byte `end`."""

    text: str
    begin: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line in which something was found, cut where it is long; `number` counts from 1."""

    number: int
    text: str


def part(content: bytes, begin: int, *, follows: bool) -> Part:
    """Return what can be shown of bytes that begin at `begin`.

    An escape that has only begun at their end is left to the next part, if one follows.
    """
    whole = escapes.complete(content) if follows else content
    text = escapes.plain(whole.decode("utf-8", "replace"))
    return Part(text=text, begin=begin, end=begin + len(whole))


def tail(read: Read, *, follows: bool, most: int = SHOWN) -> Part:
    """Return the end of a log: at most `most` bytes, from the beginning of a line if one is near.

    Never more than twice that is held.
    """
    kept, end = bytearray(), 0
    for piece in each(read):
        kept += piece
        end += len(piece)
        if len(kept) > 2 * most:
            del kept[:-most]
    begin = end - len(kept)
    if end > most:
        cut = max(len(kept) - most, 0)
        line = kept.find(b"\n", cut, cut + _NEAR)
        cut = line + 1 if line >= 0 else _character(kept, cut)
        del kept[:cut]
        begin += cut
    return part(bytes(kept), begin, follows=follows)


def each(read: Read) -> Iterator[bytes]:
    """Yield a log from its beginning to where it ends for now."""
    offset = 0
    while piece := read(offset):
        offset += len(piece)
        yield piece


def search(read: Read, word: str, most: int = FOUND) -> tuple[int, tuple[Line, ...]]:
    """Return how often a word stands in a log, whatever its case, and the first lines with it."""
    wanted = re.compile(re.escape(word[:WORD]), re.IGNORECASE)
    count, found = 0, list[Line]()
    for number, line in enumerate(_lines(read), 1):
        places = [match.span() for match in wanted.finditer(line)]
        count += len(places)
        if places and len(found) < most:
            found.append(Line(number=number, text=_cut(line, *places[0])))
    return count, tuple(found)


def _lines(read: Read) -> Iterator[str]:
    rest = b""
    for piece in each(read):
        *whole, rest = (rest + piece).split(b"\n")
        for line in whole:
            yield escapes.plain(line.decode("utf-8", "replace"))
    if rest:
        yield escapes.plain(rest.decode("utf-8", "replace"))


def _cut(line: str, begin: int, end: int) -> str:
    first, last = max(begin - _AROUND, 0), end + _AROUND
    before, after = "\u2026" * (first > 0), "\u2026" * (last < len(line))
    return f"{before}{line[first:last]}{after}"


def _character(content: bytearray, cut: int) -> int:
    while cut < len(content) and content[cut] & _CONTINUES == _FIRST:
        cut += 1
    return cut
