"""Fills the room that there is: whole rows and whole folds, the most important first.

Sizes are bytes of UTF-8. A forge may count bytes, UTF-16 units or code points: of these there are
never more than bytes, so that what fits here fits whoever counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

from runner.report import inert

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_GAP = 2  # bytes of the blank line between two parts
_SHARE = 8  # what is above that part of the room is shortened at first


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """The first pieces, and how many of them are shortened."""

    texts: tuple[str, ...]
    shortened: int


def lines(found: Sequence[str], room: int) -> tuple[str, ...]:
    """Return the first lines that there is room for."""
    return tuple(_first(found, room, 1))


def size(found: Iterable[str]) -> int:
    """Return the bytes of lines with their ends."""
    return sum(inert.size(each) + 1 for each in found)


def pieces(found: Sequence[tuple[str, ...]], room: int) -> Filled:
    """Return the first pieces that there is room for. Each is given in full, and then shorter.

    Each comes in its turn, a large one shortened; what room is left then makes these longer again.
    """
    share = room // _SHARE
    texts = _first((_longest(forms, share) or forms[-1] for forms in found), room, _GAP)
    left = room - sum(inert.size(each) + _GAP for each in texts)
    for index, text in enumerate(texts):
        spent = inert.size(text)
        texts[index] = _longest(found[index], spent + left) or text
        left -= inert.size(texts[index]) - spent
    shortened = sum(text != forms[0] for text, forms in zip(texts, found, strict=False))
    return Filled(texts=tuple(texts), shortened=shortened)


def _longest(forms: Iterable[str], room: int) -> str:
    """Return the first form that there is room for, or nothing."""
    return next((each for each in forms if inert.size(each) <= room), "")


def _first(texts: Iterable[str], room: int, gap: int) -> list[str]:
    """Return the texts before the first that has no room."""
    listed = list(texts)
    ends = accumulate(inert.size(each) + gap for each in listed)
    return [each for each, end in zip(listed, ends, strict=True) if end <= room]
