"""What a platform's list bears witness to: jobs that the journal does not know as they are: pure.

A list is no proof. It may lag, and anyone can give a job the name of another; so nothing in it is
ever taken for ours, it only tells where a person has to look.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

from runner import canon, fields, handles, narrow
from runner.model import Kind
from runner.progress import Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from runner.model import Entry, JobId, Key, Ledger, LedgerId, Result

Concern: TypeAlias = Literal[
    "unknown",
    "started-duplicate",
    "rolled-back",
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
    "rolled-back": 10,
    "unreachable": 9,
    "lost": 1,
    "foreign-key": 1,
    "outside": 1,
    "idle-duplicate": 1,
}
BEARING = "jobgate:"  # what every name has within it that jobgate gave
_NAME = 512  # UTF-16 units that the platform takes
_ROOM = 80  # of them, that no reviewer could use up
_DIGITS = 6  # of the number of an entry, in base 36
_TAG = 8
_MARK = re.compile(
    rf" {BEARING}([0-9a-f]{{64}})(?:\.([0-9a-z]{{1,{_DIGITS}}})(?:\.([0-9a-f]{{{_TAG}}}))?)?\Z"
)
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
class Mark:
    """What the end of a job's name says of the submission that it was created for.

    `seq` is the number of the newest entry that the journal had then (-1: not said), `tag` stands
    for the ledger (empty: not said).
    """

    key: str
    seq: int = -1
    tag: str = ""


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
    platform: str, sightings: Iterable[Sighting], told: Mapping[str, Told], ledger: LedgerId
) -> Iterator[Remark]:
    """Yield a remark on each job that was seen on a platform and is not as the journal tells."""
    for seen in sightings:
        known = told.get(key_in(seen.name))
        if known is None:
            yield _stranger(platform, seen, ledger)
        elif known.platform_job != seen.job:
            yield _duplicate(platform, seen, known)


def name(said: str, ledger: Ledger, key: Key) -> str:
    """Return the name that a job is created under: what was reviewed, and a mark of ours.

    The mark has the key, the number of the newest entry, and the ledger's tag if there is room.
    """
    kept = said.encode("utf-16-le")[: 2 * (_NAME - _ROOM)].decode("utf-16-le", "ignore")
    digits = _base36(ledger.seq)
    if len(digits) > _DIGITS:
        return f"{kept} {BEARING}{key}"
    short = f"{kept} {BEARING}{key}.{digits}"
    whole = f"{short}.{tag(ledger.id)}"
    return whole if len(whole.encode("utf-16-le")) <= 2 * _NAME else short


def mark_in(name: str) -> Mark | None:
    """Return the mark that the name of a job ends with; None where it bears none."""
    found = _MARK.search(name)
    if found is None:
        return None
    key, digits, tagged = found.groups("")
    return Mark(key=key, seq=int(digits, 36) if digits else -1, tag=tagged)


def key_in(name: str) -> str:
    """Return the key in the mark that the name of a job ends with; empty where it bears none."""
    found = mark_in(name)
    return "" if found is None else found.key


def tag(ledger: LedgerId) -> str:
    """Return what stands for a ledger in the names of its jobs."""
    return canon.sha256(ledger.encode())[:_TAG]


def tagged(ledger: LedgerId) -> str:
    """Return what the names of a ledger's jobs have within them that have room for its tag."""
    return f".{tag(ledger)}"


def ahead(ledger: Ledger, sightings: Iterable[Sighting]) -> tuple[Sighting, Mark] | None:
    """Return the job, and its mark, of the highest entry of this ledger that `ledger` lacks.

    None where nothing was seen that is ahead of it.
    """
    wanted = tag(ledger.id)
    marks = ((seen, mark_in(seen.name)) for seen in sightings)
    found = [
        (seen, mark)
        for seen, mark in marks
        if mark is not None and mark.tag == wanted and mark.seq > ledger.seq
    ]
    return max(found, key=lambda each: each[1].seq, default=None)


def _base36(number: int) -> str:
    digits = ""
    while number or not digits:
        number, digit = divmod(number, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + digits
    return digits


def _stranger(platform: str, seen: Sighting, ledger: LedgerId) -> Remark:
    """Return a remark on a job whose name bears no key that the journal has."""
    mark = mark_in(seen.name)
    concern: Concern = "outside" if mark is None else "foreign-key"
    detail = _STRANGE[concern]
    if mark is not None and mark.tag == tag(ledger):
        concern = "rolled-back"
        detail = (
            f"it says that it came after entry {mark.seq} of this ledger, whose journal lacks its "
            "key: entries were lost, or somebody gave it that name"
        )
    return Remark(
        concern=concern, platform=platform, detail=detail, platform_job=seen.job, seen=seen
    )


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
