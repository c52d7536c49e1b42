"""The words of one command line, as a POSIX shell would split them; nothing is carried out.

`open` marks a word that a shell would put something else into (`$X`, `$(…)`, backquotes): what it
says is known to the shell alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

_BLANK = " \t\r\n"
_GAP = re.compile(r"(?:[ \t\r\n]|\\\r?\n|(?:(?<=[ \t\r\n])|(?<![\s\S]))#[^\n]*)*")
_CONTINUED = re.compile(r"\\\r?\n")
_IN_DOUBLE = re.compile(r'\\(["\\$`])')
_OPEN = re.compile(r"(?<!\\)(?:\\\\)*[$`]")
_IN_ANSI = re.compile(
    rb"\\(?:x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{1,4})|U([0-9a-fA-F]{1,8})|([0-7]{1,3})|(.))",
    re.DOTALL,
)
_LETTERS = {
    bytes([letter]): bytes([meant])
    for letter, meant in zip(b"abeEfnrtv", b"\a\b\x1b\x1b\f\n\r\t\v", strict=True)
}
_SELF = (b"\\", b"'", b'"', b"?")
_BYTE = 0x100


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One word without its quotes."""

    text: str
    open: bool = False


def split(line: str) -> tuple[Word, ...]:
    """Return the words of `line`. Raises ValueError where it is more, or less, than one command."""
    words: list[Word] = []
    at = _after_gap(line, 0)
    while at < len(line):
        parts: list[Word] = []
        while at < len(line) and line[at] not in _BLANK:
            part, at = _part(line, at)
            parts.append(part)
        words.append(
            Word(text="".join(part.text for part in parts), open=any(part.open for part in parts))
        )
        at = _after_gap(line, at)
    return tuple(words)


def _after_gap(line: str, at: int) -> int:
    match = _GAP.match(line, at)
    return at if match is None else match.end()


def _part(line: str, at: int) -> tuple[Word, int]:
    for pattern, made in _PARTS:
        match = pattern.match(line, at)
        if match is not None:
            return made(match), match.end()
    if line[at] in "'\"$":
        raise ValueError(f"the quote that begins at character {at + 1} is not closed")
    raise ValueError(f"{line[at]} at character {at + 1} begins something beside the command")


def _plain(found: re.Match[str]) -> Word:
    return Word(text=found[1])


def _continued(_found: re.Match[str]) -> Word:
    return Word(text="")


def _double(found: re.Match[str]) -> Word:
    joined = _CONTINUED.sub("", found[1])
    return Word(text=_IN_DOUBLE.sub(r"\1", joined), open=_OPEN.search(joined) is not None)


def _unknown(found: re.Match[str]) -> Word:
    return Word(text=found[0], open=True)


def _ansi(found: re.Match[str]) -> Word:
    return Word(text=_IN_ANSI.sub(_escape, found[1].encode()).decode("utf-8"))


def _escape(found: re.Match[bytes]) -> bytes:
    character = found[2] or found[3]
    if character:
        return chr(int(character, 16)).encode("utf-8")
    if found[1] or found[4]:
        return bytes([(int(found[1], 16) if found[1] else int(found[4], 8)) % _BYTE])
    letter = found[5]
    return _LETTERS.get(letter) or (letter if letter in _SELF else found[0])


_Made: TypeAlias = Callable[[re.Match[str]], Word]

# What a word is made of. The first that fits is taken.
_PARTS: tuple[tuple[re.Pattern[str], _Made], ...] = (
    (re.compile(r"([^ \t\r\n\\'\"$`;&|<>()]+)"), _plain),
    (re.compile(r"'([^']*)'"), _plain),
    (re.compile(r"\$'((?:[^'\\]+|\\.)*)'", re.DOTALL), _ansi),
    (re.compile(r'\$?"((?:[^"\\]+|\\.)*)"', re.DOTALL), _double),
    (_CONTINUED, _continued),
    (re.compile(r"\\(.)", re.DOTALL), _plain),
    (re.compile(r"\$\([^()]*\)|\$(?!['\"])(?:\{[^{}]*\}|[A-Za-z0-9_]*)|`[^`]*`"), _unknown),
)
