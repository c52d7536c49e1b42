"""From the bytes of a JSON text (RFC 8259) to a Document: the tree, and where all of it stands.

A YAML reader is no reader of JSON: it takes more than JSON, and refuses tabs, surrogate escapes and
long texts. What the platform's reader would drop without a word (all but the last of several equal
keys, what is behind the value, what is behind the point of a number) is a finding.
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from json import JSONDecodeError, JSONDecoder
from typing import TYPE_CHECKING

from runner.faults import Fault
from runner.model import Checked, Document
from runner.yaml import scalars, yamlfaults
from runner.yaml.lines import Lines
from runner.yaml.notes import EndError, Notes

if TYPE_CHECKING:
    from runner.model import Json, Path, Span

SIZE = 40_000_000  # bytes: what the platform's gateway lets through
DEPTH = 64  # collections within one another
_BLANK = re.compile(r"[ \t\n\r]*")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?P<real>(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)")
_WORD = re.compile(r"[A-Za-z0-9_+.-]+")
_WORDS: dict[str, Json] = {"true": True, "false": False, "null": None}
_MARK = "\ufeff"  # of the byte order; the platform skips it
_TEXTS = JSONDecoder()


def document(file: str, content: bytes) -> Checked[Document]:
    """Return the tree of `content` and its places, or everything that is wrong with it."""
    notes = Notes(file)
    try:
        text = _decoded(content, notes)
        reader = _Reader(text, notes)
        tree = reader.document()
    except EndError:
        return Checked(value=None, findings=notes.findings())
    if notes.errors:
        return Checked(value=None, findings=notes.findings())
    return Checked(
        value=Document(file=file, tree=tree, values=reader.values, keys=reader.keys),
        findings=notes.findings(),
    )


def _decoded(content: bytes, notes: Notes) -> str:
    lines = Lines("")
    if len(content) > SIZE:
        raise notes.end(_TOO_LARGE, lines.span(0, 0))
    try:
        text = content.decode().removeprefix(_MARK)
    except UnicodeDecodeError as error:
        before = content[: error.start].decode().removeprefix(_MARK)
        notes.reads(before)
        raise notes.end(_NOT_UTF8, Lines(before).span(len(before), len(before))) from error
    notes.reads(text)
    return text


class _Reader:
    """Reads one value and notes where each part of it stands."""

    def __init__(self, text: str, notes: Notes) -> None:
        self._text = text
        self._notes = notes
        self._lines = Lines(text)
        self._at = 0
        self.values: dict[Path, Span] = {}
        self.keys: dict[Path, Span] = {}

    def document(self) -> Json:
        self._blank()
        if self._at == len(self._text):
            raise self._end(yamlfaults.EMPTY, 0)
        tree = self._value(())
        self._blank()
        if self._at < len(self._text):
            self._notes.add(_MORE, self._lines.span(self._at, len(self._text)))
        return tree

    def _value(self, path: Path) -> Json:
        start = self._at
        if len(path) > DEPTH:
            raise self._end(yamlfaults.depth(DEPTH), start)
        self.values[path] = self._lines.span(start, start)  # so that they stand in text order
        match self._text[start : start + 1]:
            case "{":
                value: Json = self._object(path)
            case "[":
                value = self._array(path)
            case '"':
                value = self._string()
            case _:
                value = self._scalar(path)
        self.values[path] = self._lines.span(start, self._at)
        return value

    def _object(self, path: Path) -> dict[str, Json]:
        tree: dict[str, Json] = {}
        while self._another("}", first=not tree and self._text[self._at] == "{"):
            start = self._at
            if self._text[start : start + 1] != '"':
                raise self._end(_NO_KEY, start)
            key = self._string()
            span = self._lines.span(start, self._at)
            if key in tree:
                line = self.keys[*path, key].line
                self._notes.add(yamlfaults.duplicate(key, line), span, (*path, key))
            self.keys[*path, key] = span
            self._blank()
            self._take(":")
            self._blank()
            tree[key] = self._value((*path, key))
        return tree

    def _array(self, path: Path) -> list[Json]:
        tree: list[Json] = []
        while self._another("]", first=not tree and self._text[self._at] == "["):
            tree.append(self._value((*path, len(tree))))
        return tree

    def _another(self, closing: str, *, first: bool) -> bool:
        """Go to the next entry of a collection, or behind its end and return False."""
        if first:
            self._at += 1
            self._blank()
            if self._text[self._at : self._at + 1] != closing:
                return True
            self._at += 1
            return False
        self._blank()
        if self._text[self._at : self._at + 1] == closing:
            self._at += 1
            return False
        self._take(",")
        self._blank()
        return True

    def _string(self) -> str:
        try:
            value, self._at = _TEXTS.raw_decode(self._text, self._at)
        except JSONDecodeError as error:
            raise self._end(_unread(error.msg), error.pos) from error
        return str(value)

    def _scalar(self, path: Path) -> Json:
        start = self._at
        match = _WORD.match(self._text, start)
        word = match[0] if match else ""
        if word in _WORDS:
            self._at += len(word)
            return _WORDS[word]
        number = _NUMBER.fullmatch(word)
        if number is None:
            raise self._end(_no_value(word), start)
        self._at += len(word)
        value = _number(word, real=bool(number["real"]))
        if isinstance(value, scalars.Unfit):
            self._notes.add(yamlfaults.unfit(word, value), self._lines.span(start, self._at), path)
            return word
        return value

    def _blank(self) -> None:
        match = _BLANK.match(self._text, self._at)
        self._at = match.end() if match else self._at

    def _take(self, sign: str) -> None:
        if self._text[self._at : self._at + 1] != sign:
            raise self._end(_unread(f"expecting {sign!r}"), self._at)
        self._at += 1

    def _end(self, fault: Fault, start: int) -> EndError:
        return self._notes.end(fault, self._lines.span(start, start + 1))


def _number(word: str, *, real: bool) -> int | scalars.Unfit:
    if len(word) > scalars.DIGITS:
        return scalars.Unfit.LONG
    if not real:
        return int(word)
    try:
        exact = Decimal(word)
    except InvalidOperation:  # an exponent that no number can have
        return scalars.Unfit.FLOAT
    whole = exact.adjusted() < scalars.DIGITS and exact == exact.to_integral_value()
    return int(exact) if whole else scalars.Unfit.FLOAT


def _unread(problem: str) -> Fault:
    return Fault(
        rule="syntax",
        message=f"cannot read the JSON: {problem[:1].lower()}{problem[1:]}",
        mend="write JSON as RFC 8259 has it: keys and texts in double quotes, no comments",
    )


def _no_value(word: str) -> Fault:
    shown = f"{word[:40]!r} is no value" if word else "there is no value here"
    return _unread(shown)


_NO_KEY = _unread("expecting a key in double quotes")
_MORE = Fault(
    rule="several-documents",
    message="cannot read more than one value: the platform does not look at what follows",
    mend="delete what follows the first value",
)
_NOT_UTF8 = Fault(
    rule="not-utf8",
    message="cannot read the text: the bytes from here on are not UTF-8",
    mend="save the file as UTF-8",
)
_TOO_LARGE = Fault(
    rule="too-large",
    message=f"cannot read a request of more than {SIZE:,} bytes: the gateway refuses it",
    mend="shorten the script, or let it fetch its data itself",
)
