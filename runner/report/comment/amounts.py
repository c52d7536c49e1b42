"""How much of a change is shown: all of it, or the first of what there is much of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """At most how much of each; None: all there is."""

    lines: int | None  # of a script
    listed: int | None  # fields, batches, clauses, notes and the like
    names: int | None  # hosts of a batch, people
    text: int | None  # bytes of one text


ALL = Amount(lines=None, listed=None, names=None, text=None)
MIDDLE = Amount(lines=400, listed=60, names=40, text=400)
SHORT = Amount(lines=12, listed=8, names=4, text=120)


LESS = (ALL, MIDDLE, SHORT)  # each is of no more than the one before


def first(found: Sequence[T], most: int | None) -> tuple[Sequence[T], str]:
    """Return what is shown of `found`, and how many more there are, in words (empty: none)."""
    if most is None or len(found) <= most:
        return found, ""
    return found[:most], f"and {len(found) - most} more"
