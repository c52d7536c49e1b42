"""What a template may cost, and what may pass between its parts.

Every operator, every filter and every printed piece of a template pays for its work out of a fixed
purse, and is refused what is not data: text, whole numbers, booleans, null, lists and mappings.
Time is never looked at, so the same template always ends in the same way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.canon import scalar_text
from runner.template.faults import Missing, MissingError, kind, too_much, wrong

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runner.model import Json

FUEL = 400_000  # one for each value looked at, and for each 32 characters of text
PURSE = 20 * FUEL  # for all evaluations of one spec, over every cell of its matrix
TEXT = 1 << 20  # characters in one text, and in one rendered leaf
SCRIPT = 8 << 20  # characters in one rendered script
ITEMS = 100_000  # in a list that repetition or range() makes
BITS = 4_096  # of one whole number; well below where Python refuses to print it
DEPTH = 72  # lists and mappings within one another; a YAML file may have 64
CALLS = 24  # macros within one another
WIDTH = 1_000  # of padding and indentation


class Purse:
    """What many evaluations may cost together."""

    __slots__ = ("left",)

    def __init__(self) -> None:
        """Fill the purse."""
        self.left = PURSE


class Meter:
    """What one evaluation costs; it is paid out of a purse."""

    __slots__ = ("_purse", "calls", "fuel", "names")

    def __init__(self, names: Iterable[str], purse: Purse | None = None) -> None:
        """Take what `purse` can give. `names` are those at the top of the template."""
        self._purse = purse or Purse()
        self.fuel = min(FUEL, self._purse.left)
        self.calls = 0
        self.names = set(names)

    def spend(self, amount: int) -> None:
        """Pay for some work, or end the evaluation."""
        self.fuel -= amount
        self._purse.left -= amount
        if self.fuel < 0:
            raise too_much("it does too much work", mend="loop over less, or over fewer values")

    def printed(self, value: object) -> str:
        """Return the text of a value that the template prints."""
        piece = text(value)
        self.spend(1 + (len(piece) >> 5))
        return piece

    def data(self, value: object, depth: int = 0) -> Json:
        """Return `value` as a tree of its own, or raise if any part of it is not data."""
        if isinstance(value, str):
            self.spend(1 + (len(value) >> 5))
            return short(value)
        self.spend(1)
        if value is None or isinstance(value, int):
            return value if value is None else bounded(value)
        if isinstance(value, list | tuple):
            _shallow(depth)
            return [self.data(item, depth + 1) for item in value]
        if isinstance(value, dict):
            _shallow(depth)
            return {key_text(key): self.data(item, depth + 1) for key, item in value.items()}
        if isinstance(value, Missing):
            raise MissingError(value)
        raise wrong(
            f"use a {kind(value)} as a value: it is not data",
            mend="use text, whole numbers, booleans, lists and mappings",
            rule="not-data",
        )


def bounded(value: int) -> int:
    """Return a number that is not too large."""
    if value.bit_length() > BITS:
        raise too_much(f"a number has more than {BITS} bits")
    return value


def short(value: str) -> str:
    """Return a text that is not too long."""
    if len(value) > TEXT:
        raise too_much(f"a text has more than {TEXT} characters")
    return value


def text(value: object) -> str:
    """Return a scalar as it stands in text: booleans and numbers as YAML writes them.

    Null, lists, mappings and what is no data at all have no text.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, Missing):
        raise MissingError(value)
    if isinstance(value, int):
        return scalar_text(bounded(value))
    mend = {
        "null": "give it a text with |default('', true)",
        "list": "use |join(' ') or |tojson, or make it the whole value: \"{{ … }}\"",
        "mapping": 'use |tojson, or make it the whole value: "{{ … }}"',
        "fraction": "write the number as text, in quotes",
        "macro": "call it: add the parentheses",
    }.get(kind(value), "print one of its values")
    raise wrong(f"put a {kind(value)} into text", mend=mend, rule="not-text")


def joined(pieces: list[str], limit: int = TEXT) -> str:
    """Return the pieces as one text of at most `limit` characters."""
    if sum(map(len, pieces)) > limit:
        raise too_much(f"a text has more than {limit} characters")
    return "".join(pieces)


def _shallow(depth: int) -> None:
    if depth >= DEPTH:
        raise too_much(f"its lists and mappings are more than {DEPTH} deep")


def key_text(key: object) -> str:
    """Return a key of a mapping: a text that is not too long."""
    if not isinstance(key, str):
        raise wrong(f"use a {kind(key)} as a key", mend="put the key in quotes: keys are text")
    return short(key)
