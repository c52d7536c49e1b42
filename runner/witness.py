"""What a platform's list bears witness to: jobs that the journal does not know as they are: pure.

A list is no proof. It may lag, and anyone can give a job the name of another; so nothing in it is
ever taken for ours, it only tells where a person has to look.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

from runner import fields, handles, narrow
from runner.model import Kind
from runner.progress import Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from runner.model import Entry, JobId, Key, LedgerId, Result

Concern: TypeAlias = Literal[
    "unknown",
    "started-duplicate",
    "unreachable",
    "lost",
    "foreign-key",
    "outside",
    "idle-duplicate",
]

# The exit code that a remark about each concern asks for.
CODES: Mapping[Concern, int] = {
    "unknown": 8,
    "started-duplicate": 8,
    "unreachable": 9,
    "lost": 1,
    "foreign-key": 1,
    "outside": 1,
    "idle-duplicate": 1,
}
_KEY = re.compile(r" jobgate:([0-9a-f]{64})\Z")
_STRANGE: Mapping[Concern, str] = {
    "foreign-key": "it bears a key that this journal does not have: another ledger's, or one of "
    "entries that were lost",
    "outside": "no record knows it: it was run outside Git",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A job as a platform lists it. `at` is when it was created, in milliseconds; `by` by whom."""

    job: int
    name: str
    status: Status
    at: int
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the journal tells of one submission. What `created` tells is None before that."""

    job: JobId
    key: Key
    scope: tuple[str, str]
    platform_job: int | None = None
    platform_step: int | None = None
    instance: str | None = None
    created: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """Something that a person should look at, and what it is about as far as it is about that."""

    concern: Concern
    platform: str
    detail: str
    job: JobId | None = None
    key: Key | None = None
    platform_job: int | None = None
    seen: Sighting | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """How an unknown submission was settled, and why; `by` is empty where its platform told."""

    job: JobId
    key: Key
    result: Result
    reason: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """What was settled, and what is left to be looked at. `since` is an instant in UTC."""

    ledger: LedgerId
    since: str
    settled: tuple[Settlement, ...]
    remarks: tuple[Remark, ...]


def submissions(entries: Iterable[Entry]) -> dict[str, Told]:
    """Return what a whole journal tells of every submission, by its key."""
    told: dict[str, Told] = {}
    for entry in entries:
        data = dict(entry.data)
        if entry.kind is Kind.INTENDED and entry.job is not None and entry.key is not None:
            scope = handles.scope(narrow.mapping(data, "body"))
            told[entry.key] = Told(job=entry.job, key=entry.key, scope=scope)
        elif entry.kind is Kind.CREATED and entry.key is not None:
            told[entry.key] = replace(
                told[entry.key],
                platform_job=fields.whole(data, "platform_job"),
                platform_step=fields.whole(data, "platform_step"),
                instance=fields.needed(data, "instance"),
                created=entry.at,
            )
    return told


def remarks(
    platform: str, sightings: Iterable[Sighting], told: Mapping[str, Told]
) -> Iterator[Remark]:
    """Yield a remark on each job that was seen on a platform and is not as the journal tells."""
    for seen in sightings:
        key = key_in(seen.name)
        known = told.get(key)
        if known is None:
            concern: Concern = "foreign-key" if key else "outside"
            yield Remark(
                concern=concern,
                platform=platform,
                detail=_STRANGE[concern],
                platform_job=seen.job,
                seen=seen,
            )
        elif known.platform_job != seen.job:
            yield _duplicate(platform, seen, known)


def key_in(name: str) -> str:
    """Return the key that the name of a job ends with; empty where it bears none."""
    found = _KEY.search(name)
    return found[1] if found else ""


def _duplicate(platform: str, seen: Sighting, known: Told) -> Remark:
    idle = seen.status is Status.WAITING
    has = "no job yet" if known.platform_job is None else f"job {known.platform_job}"
    state = seen.status.name.lower().replace("_", " ")
    what = "waits, and nobody will start it" if idle else f"was started: it is {state}"
    return Remark(
        concern="idle-duplicate" if idle else "started-duplicate",
        platform=platform,
        detail=f"it bears the key of a submission that has {has}, and {what}",
        job=known.job,
        key=known.key,
        platform_job=seen.job,
        seen=seen,
    )
