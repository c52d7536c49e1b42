"""A mistake in a tree, before the tree has a file, and how such mistakes name paths and values."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runner.model import Severity, pointer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runner.model import Json, Path

_SHOWN = 60  # characters of a value that a message repeats
_BITS = 256  # an integer above this is told by its size


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """Something wrong with a tree: where, which rule it breaks, what it is, and its mend.

    `key` tells that the key at `path` is at fault, not its value.
    """

    path: Path
    rule: str
    message: str
    mend: str
    key: bool = False
    severity: Severity = Severity.ERROR


def ordered(found: Iterable[Mistake]) -> tuple[Mistake, ...]:
    """Return each mistake once, in an order that depends on nothing but the mistakes."""
    return tuple(
        sorted(
            set(found),
            key=lambda mistake: (
                pointer(mistake.path),
                mistake.rule,
                mistake.message,
                mistake.mend,
                mistake.key,
            ),
        )
    )


def name(path: Path) -> str:
    """Return what a message calls the value at `path`: its last key, with the indexes after it."""
    called = ""
    for part in reversed(path):
        if isinstance(part, str):
            return shorten(part) + called
        called = f"[{part}]{called}"
    return f"the document{called}"


def shown(value: Json) -> str:
    """Return `value` as a message repeats it: one line, cut short, no control characters."""
    if isinstance(value, list):
        return f"a list of {len(value)}" if value else "an empty list"
    if isinstance(value, dict):
        return "a mapping" if value else "an empty mapping"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int):
        return str(value) if value.bit_length() <= _BITS else "a very large number"
    return repr(value if len(value) <= _SHOWN else value[:_SHOWN] + "…")


def shorten(text: str) -> str:
    """Return a key as a message repeats it: as it is when it is plain, else quoted and cut."""
    return text if text.isprintable() and len(text) <= _SHOWN else shown(text)


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that `word` is most like, or None when it is like none of them."""
    close = difflib.get_close_matches(word[:_SHOWN], sorted(known), n=1, cutoff=0.7)
    return close[0] if close else None
