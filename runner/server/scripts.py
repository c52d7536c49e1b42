"""The scripts that the platform keeps, and what it holds scripts to be dangerous for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class ScriptStatus(IntEnum):
    """How far a version of a script is, by the platform's numbers."""

    DRAFT = 0
    ONLINE = 1
    OFFLINE = 2
    DISABLED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One version of a script: `script` is the id of that, `name` its own, such as 1.0."""

    id: int
    script: str
    name: str
    status: ScriptStatus
    content: bytes
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """A script with its versions, the oldest first; public where its scope is None."""

    id: str
    name: str
    scope: tuple[str, str] | None
    language: int
    versions: tuple[Version, ...]
    description: str = ""

    @property
    def online(self) -> Version | None:
        """Return the version that the script's id stands for."""
        return next((each for each in self.versions if each.status is ScriptStatus.ONLINE), None)

    def visible(self, scope: tuple[str, str]) -> bool:
        """Tell whether requests in `scope` may name it."""
        return self.scope is None or self.scope == scope


class Level(IntEnum):
    """How grave a hit of a danger rule is, by the platform's numbers."""

    WARN = 1
    ERROR = 2
    FATAL = 3


class Action(IntEnum):
    """What a hit of a danger rule is for, by the platform's numbers."""

    SCAN = 1
    INTERCEPT = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Danger:
    """A danger rule: what is searched for in each line of a script in one of the languages."""

    expression: str
    languages: frozenset[int]
    action: Action
    level: Level
    description: str
