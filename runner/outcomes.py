"""What commands say of what they did: on the way, and at their end."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runner.model import Commit, Digest, JobId, Json, Key
    from runner.progress import Progress


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened on the way, for whoever watches."""

    job: JobId
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """What an apply says of one job at its end. `code` is the exit code that it asks for."""

    job: JobId
    state: str
    detail: str
    code: int
    key: Key | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one apply did. `standing` is how each job stood that it followed, when last seen.

    `paths` are the specs of the jobs that are wanted.
    """

    head: Commit
    plan: Digest
    items: tuple[Item, ...]
    standing: Mapping[JobId, Progress] = field(default_factory=dict)
    paths: Mapping[JobId, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call that would change something on a platform. `request` is the body of a create.

    `platform_job` is None for a job that the rehearsal made up.
    """

    deed: Literal["create", "start"]
    job: JobId
    key: Key
    platform: str
    request: Mapping[str, Json] | None
    platform_job: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """What an apply would do now: its calls in their order, and what it would say at its end."""

    head: Commit
    plan: Digest
    calls: tuple[Call, ...]
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Signatures:
    """Of how many commits of the journal a runner's signature was due, and those that lack it.

    `bad` are the oldest first: unsigned, or signed by no key that could sign then.
    """

    due: int
    bad: tuple[Commit, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outstanding:
    """A submission that the glass was broken for, and that nobody else has looked at yet."""

    key: Key
    job: JobId
    by: str
    reason: str
    at: str
    due: str
    overdue: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """One thing that `verify` looked at: whether it holds, and what was seen."""

    name: str
    holds: bool
    detail: str
