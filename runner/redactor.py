"""Takes values that nobody may see out of text, in every form that they may have come to stand in.

A form is the value as it is, or as a shell, JSON, a URL, HTML, Python, Base64 or hexadecimal digits
write it; also written twice over, as JSON of a quoted word is. A value that was broken up, turned
round or packed is not known again.
"""

from __future__ import annotations

import base64
import html
import json
import re
import string
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

HIDDEN = "******"
_ENCODED = 8  # bytes of a value from which on its digits are told from those of other things
_BITS, _DIGIT = 8, 6  # of a byte, and of a digit of Base64
_DIGITS = re.compile(r"(?<=%)[0-9A-F]{2}|(?<=\\u)[0-9a-f]{4}")
_IN_QUOTES = re.compile(r'([\\"$`])')
_NOT_PLAIN = re.compile(r"([^\w@%+=:,./-])", re.ASCII)


class Redactor:
    """Knows some values, and takes them out. It shows none of them."""

    __slots__ = ("_forms", "_mark")

    def __init__(self, values: Iterable[str] = ()) -> None:
        """Know `values`; none is empty."""
        every = {form for value in values for form in _forms(value)}
        least = _least(each.encode("utf-8", "surrogatepass") for each in every)
        self._forms = {form: _period(form) for form in least}
        self._mark = _mark(least)

    def __repr__(self) -> str:
        """Tell that it is one, and nothing of what it knows."""
        return "Redactor()"

    @property
    def mark(self) -> bytes:
        """Return what stands where a form stood: `******`, unless that could make a form again."""
        return self._mark

    def finds(self, content: bytes) -> bool:
        """Tell whether any form stands in `content`."""
        return any(form in content for form in self._forms)

    def stream(self) -> Stream:
        """Return what takes forms out of content that comes in pieces."""
        return Stream(self)

    def content(self, content: bytes) -> bytes:
        """Return `content` without any form; where there was none, it is left as it is."""
        stream = self.stream()
        return stream.feed(content) + stream.flush()

    def text(self, text: str) -> str:
        """Return `text` without any form."""
        # A form begins and ends with a whole character, so that none is cut in two.
        hidden = self.content(text.encode("utf-8", "surrogatepass"))
        return hidden.decode("utf-8", "surrogatepass")

    def stretches(self, content: bytes) -> list[tuple[int, int]]:
        """Return where forms stand, in order; those that overlap or touch are one stretch."""
        found: list[tuple[int, int]] = []
        for start, end in sorted(
            each for form, period in self._forms.items() for each in _found(form, period, content)
        ):
            if found and start <= found[-1][1]:
                found[-1] = (found[-1][0], max(end, found[-1][1]))
            else:
                found.append((start, end))
        return found

    def begun(self, content: bytes) -> int:
        """Return how many bytes at the end of `content` may be the beginning of a form."""
        return max((_overlap(content, form) for form in self._forms), default=0)


@dataclass(slots=True)
class Stream:
    """The same over content that comes in pieces: it keeps back what may still become a form.

    Whatever the pieces are, the whole that comes out is the same.
    """

    redactor: Redactor
    _kept: bytes = field(default=b"", repr=False)
    # Of what is kept, how many bytes a mark that is out already stands for; -1: there is none.
    _covered: int = -1

    def feed(self, piece: bytes) -> bytes:
        """Return what may be shown by now."""
        content = self._kept + piece
        return self._shown(content, len(content) - self.redactor.begun(content))

    def flush(self) -> bytes:
        """Return what was kept back: nothing comes after it."""
        return self._shown(self._kept, len(self._kept))

    def _shown(self, content: bytes, safe: int) -> bytes:
        """Return what is to be shown for the first `safe` bytes; keep the others."""
        shown: list[bytes] = []
        covered = at = self._covered
        at = max(at, 0)
        # None begins beyond what is safe: the form that may begin there would hold it, and is none.
        for start, end in self.redactor.stretches(content):
            if start > covered:
                shown += (content[at:start], self.redactor.mark)
            covered = at = max(end, at)
        shown.append(content[at:safe])
        self._kept = content[safe:]
        self._covered = covered - safe if covered >= safe else -1
        return b"".join(shown)


# ---------------------------------------------------------------- finding


def _found(form: bytes, period: int, content: bytes) -> Iterator[tuple[int, int]]:
    """Yield the stretches of a form. They may overlap, as those of `abcabc` do in `abcabcabc`."""
    again = form[-period:]
    start = content.find(form)
    while start >= 0:
        end = start + len(form)
        # Each at once, or a form of one letter over and over would be compared at every letter.
        while content.startswith(again, end):
            end += len(again)
        yield start, end
        start = content.find(form, end - len(form) + 1)


def _period(form: bytes) -> int:
    """Return by how many bytes at least two of the form are apart."""
    # borders[n]: how long the longest end of the first n bytes is that is also their beginning.
    borders = [-1]
    for byte in form:
        border = borders[-1]
        while border >= 0 and form[border] != byte:
            border = borders[border]
        borders.append(border + 1)
    return len(form) - borders[-1]


def _overlap(content: bytes, form: bytes) -> int:
    """Return how long the longest end of `content` is that is a beginning of `form`, not all."""
    tail = content[-(len(form) - 1) :]
    start = tail.find(form[0])
    while start >= 0:
        if form.startswith(tail[start:]):
            return len(tail) - start
        start = tail.find(form[0], start + 1)
    return 0


def _least(forms: Iterable[bytes]) -> tuple[bytes, ...]:
    """Return those of `forms` that hold no other: whatever has the others in it has these."""
    least: list[bytes] = []
    for form in sorted(forms, key=lambda each: (len(each), each)):
        if not any(other in form for other in least):
            least.append(form)
    return tuple(least)


def _mark(forms: Sequence[bytes]) -> bytes:
    """Return a mark that makes no form together with what stands beside it."""
    length = len(HIDDEN)
    # No `#`: with what stands behind it, it would be a command to a pipeline: `##[error]`.
    letters = ("*", *"+=_.~", *string.ascii_letters, *map(chr, range(0xE000, 0xF900)))
    marks = ((letter * length).encode() for letter in letters)
    fit: Iterator[bytes] = (m for m in marks if not any(_joins(m, form) for form in forms))
    return next(fit)


def _joins(mark: bytes, form: bytes) -> bool:
    """Tell whether a mark could be a part of `form`."""
    edge = range(1, min(len(mark), len(form)) + 1)
    begins = any(mark.endswith(form[:size]) for size in edge)
    return begins or mark in form or any(mark.startswith(form[-size:]) for size in edge)


# ---------------------------------------------------------------- forms


def _forms(value: str) -> Iterator[str]:
    """Yield every form of a value, the value itself among them."""
    words = {value, *_in_shells(value), *_in_json(value)}
    texts = {*words, *_in_urls(value), *_in_html(value), *_in_python(value)}
    for each in texts:
        yield each
        yield from _in_json(each)
    if len(value.encode("utf-8", "surrogatepass")) < _ENCODED:
        return
    for each in words:
        content = each.encode("utf-8", "surrogatepass")
        yield content.hex()
        yield content.hex().upper()
        for digits in _in_base64(content):
            yield digits
            yield digits.translate(_SAFE)
            yield from _in_urls(digits)
            yield digits.replace("/", "\\/")


def _in_shells(value: str) -> Iterator[str]:
    """Yield what stands between the quotation marks of a word, or without them."""
    yield value.replace("'", "'\"'\"'")
    yield value.replace("'", "'\\''")
    yield _IN_QUOTES.sub(r"\\\1", value)
    yield _NOT_PLAIN.sub(r"\\\1", value)


def _in_json(value: str) -> Iterator[str]:
    for plain in (True, False):
        written = json.dumps(value, ensure_ascii=plain)[1:-1]
        for each in (written, written.replace("/", "\\/")):
            yield each
            yield _other_case(each, str.upper)


def _in_urls(value: str) -> Iterator[str]:
    content = value.encode("utf-8", "surrogatepass")
    every = "".join(f"%{byte:02X}" for byte in content)
    browsers = quote(content, safe="!*'()")
    for each in (quote(content, safe=""), quote(content), quote_plus(content), browsers, every):
        yield each
        yield _other_case(each, str.lower)


def _in_html(value: str) -> Iterator[str]:
    written = html.escape(value)
    yield written
    yield html.escape(value, quote=False)
    yield written.replace("&quot;", "&#34;").replace("&#x27;", "&#39;")


def _in_python(value: str) -> Iterator[str]:
    yield repr(value)[1:-1]
    yield ascii(value)[1:-1]
    yield repr(value.encode("utf-8", "surrogatepass"))[2:-1]


def _in_base64(content: bytes) -> Iterator[str]:
    """Yield the digits that tell nothing but `content`, wherever it begins in a group of three."""
    for before in range(3):
        digits = base64.b64encode(bytes(before) + content + bytes(2)).decode("ascii")
        first, last = before * _BITS, (before + len(content)) * _BITS
        yield digits[-(-first // _DIGIT) : last // _DIGIT]


def _other_case(written: str, case: Callable[[str], str]) -> str:
    """Return a text with the digits of its escapes in the other case."""
    return _DIGITS.sub(lambda found: case(found[0]), written)


_SAFE = str.maketrans("+/", "-_")
