"""The words of an expression: texts, whole numbers, names and marks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runner.expressions.kinds import FaultError

if TYPE_CHECKING:
    from collections.abc import Iterator

_SHOWN = 20  # characters of what cannot be read
_TOKEN = re.compile(
    r"""[ \t\r\n]*(?:
    (?P<number>(?:0|[1-9][0-9]{0,17})(?![0-9A-Za-z_.]))
    |(?P<text>"(?:[^"\\\x00-\x1f]|\\["\\])*"|'(?:[^'\\\x00-\x1f]|\\['\\])*')
    |(?P<name>[A-Za-z_][A-Za-z0-9_]*+)(?!["'])
    |(?P<mark>&&|\|\||[=!<>]=|[<>!?:.,()\[\]])
    |(?P<end>\Z)
    )""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Token:
    """One word, and which kind of word it is: number, text, name, mark, or the end."""

    kind: str
    text: str


def tokens(text: str) -> Iterator[Token]:
    """Yield the words of an expression, its end last; raise FaultError at what is none."""
    at, kind = 0, None
    while kind != "end":
        match = _TOKEN.match(text, at)
        kind = None if match is None else match.lastgroup
        if match is None or kind is None:
            raise FaultError(
                f"cannot read it from `{' '.join(text[at : at + _SHOWN].split())}` on",
                "write texts in quotes, whole numbers, names, and no arithmetic",
            )
        yield Token(kind, match[kind])
        at = match.end()
