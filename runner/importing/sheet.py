"""A request on its way into a spec: the body as it stands, and what became of each field.

A field is named as the request that came in names it, with dots: `target_server.ip_list[].ip`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from runner.mistakes import Mistake

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runner.model import Json, Path


class Fate(StrEnum):
    """What became of a field that is not in the spec as it was in the request."""

    TRANSLATED = "translated"
    SHADOWED = "shadowed"  # the platform does not look at it
    DROPPED = "dropped"
    WITHHELD = "withheld"  # a credential
    CARRIED = "carried"  # as it was, and that is worth a second look


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What became of one field, and why."""

    field: str
    fate: Fate
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Translated:
    """A body of today's API, what became of the older one's fields, and what cannot be carried.

    `script` is the decoded script when the body carries content. `origins` tells which path of the
    request that came in a path of the body was made from.
    """

    body: dict[str, Json]
    script: bytes | None
    notes: tuple[Note, ...]
    refused: tuple[Mistake, ...]
    origins: Mapping[Path, Path]


@dataclass(slots=True, kw_only=True)
class Sheet:
    """What the steps of a translation work on, one after another."""

    body: dict[str, Json]
    script: bytes | None = None
    notes: list[Note] = field(default_factory=list)
    refused: list[Mistake] = field(default_factory=list)
    origins: dict[Path, Path] = field(default_factory=dict)

    def note(self, name: str, fate: Fate, message: str) -> None:
        """Say what became of a field, once."""
        told = Note(field=name, fate=fate, message=message)
        if told not in self.notes:
            self.notes.append(told)

    def refuse(self, path: Path, message: str, mend: str) -> None:
        """Say why a field cannot be carried."""
        self.refused.append(
            Mistake(path=path, rule="cannot-carry", message=message, mend=mend, key=True)
        )

    def source(self, path: Path) -> Path:
        """Return the path of the request that came in behind one of the body."""
        return source(path, self.origins)

    def shadow(self, name: str, winner: str) -> None:
        """Take a field out that the platform would not look at."""
        del self.body[name]
        self.note(name, Fate.SHADOWED, f"left out: {winner} is there and wins")


def source(path: Path, origins: Mapping[Path, Path]) -> Path:
    """Return the path behind `path`: that of its longest known part, then the rest."""
    for length in range(len(path), 0, -1):
        origin = origins.get(path[:length])
        if origin is not None:
            return (*origin, *path[length:])
    return path


def dotted(path: Path) -> str:
    """Return a path as notes write it, the items of a list as one: `host_list[].ip`."""
    return "".join("[]" if isinstance(part, int) else f".{part}" for part in path)[1:]
