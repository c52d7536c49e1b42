"""From bytes to the text that the YAML parser may see, with everything hidden in it found.

A reviewer must see every character that counts, so what a diff does not show is a finding, also in
a comment. Such a character is then replaced, one for one, so that the rest can still be checked
and every later place is right; a text that had one is never used for a value.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from runner.faults import Fault
from runner.model import Span
from runner.yaml.lines import Lines

if TYPE_CHECKING:
    from runner.yaml.notes import Notes

SIZE = 1024 * 1024

# NUL and the control characters but for tab, LF and the CR of CRLF; soft hyphen; zero-width and
# bidirectional controls; the separators at which YAML 1.1 breaks a line and YAML 1.2 does not;
# invisible operators, interlinear marks, noncharacters, and the tag block, which can hide a text.
HIDDEN = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    r"\ufeff\ufff9-\ufffb\ufffe\uffff\U000e0000-\U000e0fff]+"
)
_PLAIN = bytes([0x09, 0x0A, 0x0D, *range(0x20, 0x7F)])  # most files hold no byte beside these
_LONE_RETURN = re.compile(r"\r(?!\n)")
_DIRECTIVE = re.compile(r"%(?<![^\r\n]%)")  # the literal first: the search for it is fast
_BYTE_ORDER_MARK = "\ufeff"


def text(content: bytes, notes: Notes, size: int = SIZE) -> str:
    """Return `content`, of `size` bytes at most, as text for the parser.

    Raises EndError when there is nothing to parse.
    """
    if len(content) > size:
        raise notes.end(_too_large(size), Span(1, 1, 1, 1))
    try:
        decoded = content.decode()
    except UnicodeDecodeError as error:
        before = content[: error.start].decode().removeprefix(_BYTE_ORDER_MARK)
        notes.reads(before)
        raise notes.end(_NOT_UTF8, Lines(before).span(len(before), len(before))) from error
    if decoded.startswith(_BYTE_ORDER_MARK):
        # Editors do not count it, so neither do our columns.
        notes.add(_MARKED, Span(1, 1, 1, 1))
        decoded = decoded.removeprefix(_BYTE_ORDER_MARK)
    notes.reads(decoded)
    return _visible(decoded, content, notes)


def _visible(decoded: str, content: bytes, notes: Notes) -> str:
    hidden = [*HIDDEN.finditer(decoded)] if content.translate(None, _PLAIN) else []
    returns = [*_LONE_RETURN.finditer(decoded)] if "\r" in decoded else []
    directives = [*_DIRECTIVE.finditer(decoded)]
    if not (hidden or returns or directives):
        return decoded
    lines = Lines(decoded)
    for match in hidden:
        notes.add(_hidden(match[0][0]), lines.span(*match.span()))
    for match in returns:
        notes.add(_RETURN, lines.span(*match.span()))
    for match in directives:
        notes.add(_DIRECTED, lines.span(*match.span()))
    # A directive becomes a comment; a lone CR is a line break for the parser and for our places.
    replaced = HIDDEN.sub(lambda match: "\ufffd" * len(match[0]), decoded)
    return _DIRECTIVE.sub("#", replaced)


def _too_large(size: int) -> Fault:
    return Fault(
        rule="too-large",
        message=f"cannot read a YAML file of more than {size:,} bytes",
        mend="split the file, or move long lists elsewhere",
    )


def _hidden(character: str) -> Fault:
    code = ord(character)
    escape = f"\\u{code:04x}" if character <= "\uffff" else f"\\U{code:08x}"
    name = unicodedata.name(character, "a control character")
    return Fault(
        rule="hidden-character",
        message=f"cannot accept U+{code:04X} ({name}): a reviewer does not see it",
        mend=f"delete it, or write it as {escape} in a double-quoted string",
    )


_NOT_UTF8 = Fault(
    rule="not-utf8",
    message="cannot read the text: the bytes from here on are not UTF-8",
    mend="save the file as UTF-8",
)
_MARKED = Fault(
    rule="byte-order-mark",
    message="cannot accept a byte order mark: it is a character that nobody sees",
    mend="save the file as UTF-8 without a byte order mark",
)
_RETURN = Fault(
    rule="hidden-character",
    message="cannot accept U+000D (a lone carriage return): a terminal hides what is before it",
    mend="end the line with a line feed, or write \\r in a double-quoted string",
)
_DIRECTED = Fault(
    rule="directive",
    message="cannot accept a line that begins with %: it is a YAML directive",
    mend="delete the line; where it is text, indent it",
)
