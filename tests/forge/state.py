"""What the forge of the tests knows of: accounts, pull requests, their reviews and events."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from datetime import datetime

    from runner.model import Commit

State = Literal["APPROVED", "CHANGES_REQUESTED", "COMMENTED", "DISMISSED", "PENDING"]
How = Literal["merge", "squash", "rebase"]


@dataclass(slots=True, kw_only=True)
class User:
    """An account. `kind` is as GitHub names it: "User", "Bot", "Mannequin", "Organization"."""

    login: str
    number: int
    who: str  # as git names the person: "Ann <ann@example.org>"
    kind: str = "User"
    gone: bool = False


@dataclass(slots=True, kw_only=True)
class Team:
    """A team of an organisation, by its slug, and the team above it."""

    name: str  # "acme/sre"
    number: int
    members: dict[str, str]  # login, and the state: "active" or "pending"
    parent: str = ""


@dataclass(slots=True, kw_only=True)
class Review:
    """A review that was handed in, or is pending."""

    number: int
    by: User
    state: State
    at: datetime
    commit: Commit | None
    body: str = ""


@dataclass(slots=True, kw_only=True)
class Event:
    """Something that happened to a pull request."""

    number: int
    what: str
    by: User
    at: datetime
    review: Review | None = None


@dataclass(slots=True, kw_only=True)
class Comment:
    """A comment on a pull request."""

    number: int
    by: User
    body: str
    at: datetime
    edited: int = 0  # how often


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """A status that somebody gave to a commit."""

    number: int
    commit: str
    by: User
    state: str
    context: str
    description: str | None
    link: str | None
    at: datetime


@dataclass(slots=True, kw_only=True)
class Pull:
    """A pull request. `brought` are the commits that it has, and those it put into the base."""

    number: int
    title: str
    opener: User
    base: str
    branch: str
    source: str  # the repository of the branch: "acme/ops", or a fork's name
    opened: datetime
    begun: Commit  # the tip of the base when it was opened, or merged
    state: Literal["open", "closed", "merged"] = "open"
    closed: datetime | None = None
    merge: Commit | None = None
    merger: User | None = None
    fork_gone: bool = False
    brought: set[Commit] = field(default_factory=set)
    reviews: list[Review] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)
