"""A version of a script that a platform keeps: how far it is, and what it says."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TypeAlias

# What a request names: a script by its id, or one version of one by its number.
Named: TypeAlias = str | int


class Status(IntEnum):
    """How far a version is, by the platform's numbers."""

    DRAFT = 0
    ONLINE = 1
    OFFLINE = 2
    DISABLED = 3

    @property
    def runs(self) -> bool:
        """Tell whether a job may run it: what it says is fixed, and nobody has taken it back."""
        return self in {Status.ONLINE, Status.OFFLINE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """One version: the id of its script, its own number, and its name, such as 1.0."""

    script: str
    version: int
    name: str
    status: Status
    content: bytes
