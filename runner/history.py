"""What the journal adds up to: entries folded into a Ledger, and drafts made into entries.

The table `_AFTER` holds which entry may follow which state of a job; anything else is refused, so
that a journal which could not have come about is never acted on.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from runner import canon, fields, narrow, wire
from runner.model import (
    POLICY,
    Commit,
    Draft,
    Entry,
    Had,
    InForce,
    JobId,
    Json,
    Kind,
    Ledger,
    LedgerId,
    Sha256,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

# A submission in one of these states is not over.
OPEN = frozenset(
    {Kind.INTENDED, Kind.CREATED, Kind.STARTING, Kind.STARTED, Kind.STEERING, Kind.UNKNOWN}
)

_OVER = frozenset({Kind.ADOPTED, Kind.ENDED, Kind.REFUSED})
_FIRST = frozenset({Kind.ADOPTED, Kind.INTENDED})
_AFTER: Mapping[Kind, frozenset[Kind]] = {
    Kind.ADOPTED: frozenset(),
    Kind.INTENDED: _OVER,
    Kind.REMOVED: _OVER,
    Kind.CREATED: frozenset({Kind.INTENDED}),
    Kind.STARTING: frozenset({Kind.CREATED}),
    Kind.STARTED: frozenset({Kind.STARTING}),
    Kind.STEERING: frozenset({Kind.STARTED, Kind.STEERING, Kind.ENDED}),
    Kind.STEERED: frozenset({Kind.STEERING}),
    Kind.ENDED: OPEN,
    Kind.REFUSED: frozenset({Kind.INTENDED, Kind.CREATED, Kind.STARTING}),
    Kind.UNKNOWN: OPEN - {Kind.UNKNOWN},
    Kind.SETTLED: frozenset({Kind.UNKNOWN, Kind.ENDED}),
}
# What the first entry about a submission, or an adoption, may tell; the rest comes later or never.
_ACCOUNT = (
    "body",
    "expect_hosts",
    "labels",
    "path",
    "previous",
    "run",
    "scheme",
    "script",
    "sources",
    "spec",
)
# What an entry must tell of a submission that is under way.
_TOLD: Mapping[Kind, tuple[str, ...]] = {
    Kind.CREATED: ("instance", "platform_job", "platform_step"),
    Kind.STEERING: ("steering",),
    Kind.ENDED: ("result",),
    Kind.REFUSED: ("result",),
    Kind.UNKNOWN: ("result",),
    Kind.SETTLED: ("reason", "result"),
}
# How a submission ended that a person may still carry on: of all others nothing is left to do.
_LEFT = frozenset({"failed", "stopped", "unknown"})
# The state that these leave a job in, which is not named after them.
_LEADS_TO: Mapping[Kind, Kind] = {Kind.STEERED: Kind.STARTED, Kind.SETTLED: Kind.ENDED}
# What a submission of which nobody knew can be settled as: the first if it surely ran.
_RAN = frozenset({"succeeded", "failed", "stopped"})
_SETTLES = _RAN | {"withdrawn"}
# Entries that act on a commit; the others only report, perhaps late.
ACTS = frozenset({Kind.ADOPTED, Kind.POLICY, Kind.REMOVED, Kind.INTENDED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """Who appends, when, acting on which commit. `at` is an instant in UTC, RFC 3339."""

    runner: str
    at: str
    head: Commit


class ImpossibleEntryError(ValueError):
    """An entry that cannot follow what came before it."""


def begin(ledger: LedgerId, draft: Draft, stamp: Stamp) -> tuple[Entry, Ledger]:
    """Return the genesis entry and the ledger that it begins."""
    entry = _entry(draft, stamp, ledger=ledger, seq=0, before=None)
    return entry, _after(None, entry, {})


def extended(
    ledger: Ledger, drafts: Iterable[Draft], stamp: Stamp
) -> tuple[tuple[Entry, ...], Ledger]:
    """Return `drafts` as the next entries of `ledger`, and the ledger after them."""
    entries: list[Entry] = []
    jobs = dict(ledger.jobs)
    for draft in drafts:
        entry = _entry(draft, stamp, ledger=ledger.id, seq=ledger.seq + 1, before=ledger.last)
        ledger = _after(ledger, entry, jobs)
        entries.append(entry)
    return tuple(entries), ledger


def replay(entries: Iterable[Entry], ledger: Ledger | None = None) -> Ledger:
    """Return what `entries` add up to, from the genesis or from `ledger` on."""
    for step in steps(entries, ledger):
        ledger = step[1]
    if ledger is None:
        message = "a journal without entries adds up to nothing"
        raise ImpossibleEntryError(message)
    return ledger


def steps(entries: Iterable[Entry], ledger: Ledger | None = None) -> Iterator[tuple[Entry, Ledger]]:
    """Yield each entry with the ledger after it, which holds until the next one is asked for.

    Raise ImpossibleEntryError at the first entry that cannot follow the one before it.
    """
    jobs = {} if ledger is None else dict(ledger.jobs)
    for entry in entries:
        ledger = _after(ledger, entry, jobs)
        yield entry, ledger


def steerable(had: Had) -> bool:
    """Tell whether an order to the job may come next: it was started, and not all is over."""
    if had.state is Kind.ENDED:
        left = had.result is not None and had.result.outcome in _LEFT
        return left and had.platform_job is not None
    return had.state in _AFTER[Kind.STEERING]


def unsettled(had: Had) -> bool:
    """Tell whether nobody knows what became of the job's last submission, and no order to it."""
    abnormal = had.result is not None and had.result.outcome == "unknown"
    return had.state is Kind.UNKNOWN or (had.state is Kind.ENDED and abnormal)


def over(had: Had) -> bool:
    """Tell whether the job may be submitted anew: nothing is under way, and all is known of it."""
    return had.state not in OPEN and not unsettled(had)


def _after(ledger: Ledger | None, entry: Entry, jobs: dict[JobId, Had]) -> Ledger:
    try:
        return _begun(entry) if ledger is None else _folded(ledger, entry, jobs)
    except ImpossibleEntryError:
        raise
    except (KeyError, TypeError, ValueError) as error:
        raise _impossible(entry, f"its data is malformed ({error})") from error


def _folded(ledger: Ledger, entry: Entry, jobs: dict[JobId, Had]) -> Ledger:
    """Return `ledger` after `entry`. `jobs` becomes its jobs: one mapping for a whole run."""
    if (entry.ledger, entry.seq, entry.before) != (ledger.id, ledger.seq + 1, ledger.last):
        message = f"entry {entry.seq} does not follow entry {ledger.seq} of this ledger"
        raise ImpossibleEntryError(message)
    policy, accepted = ledger.policy, ledger.accepted
    if entry.kind is Kind.POLICY:
        policy, accepted = _accepted(entry, ledger), entry.at
    else:
        had = _had(jobs, entry)
        jobs[had.job] = had
    tip = fields.maybe(dict(entry.data), "approvals_tip")
    return replace(
        ledger,
        seq=entry.seq,
        last=wire.entry_hash(entry),
        head=entry.head if entry.kind in ACTS else ledger.head,
        policy=policy,
        jobs=jobs,
        accepted=accepted,
        approvals=Commit(tip) if tip else ledger.approvals,
    )


def _entry(
    draft: Draft, stamp: Stamp, *, ledger: LedgerId, seq: int, before: Sha256 | None
) -> Entry:
    return Entry(
        v=wire.VERSION,
        seq=seq,
        kind=draft.kind,
        ledger=ledger,
        platform=draft.platform,
        key=draft.key,
        job=draft.job,
        effect=draft.effect,
        digest=draft.digest,
        head=stamp.head,
        runner=stamp.runner,
        at=stamp.at,
        before=before,
        data=draft.data,
    )


def _begun(entry: Entry) -> Ledger:
    if entry.kind is not Kind.GENESIS or entry.seq != 0 or entry.before is not None:
        message = f"a journal begins with a genesis, not with {entry.kind.value} {entry.seq}"
        raise ImpossibleEntryError(message)
    meta: dict[str, Json] = {
        **entry.data,
        "began": entry.head,
        "head": entry.head,
        "last": wire.entry_hash(entry),
        "ledger": entry.ledger,
        "seq": entry.seq,
        "v": entry.v,
    }
    return wire.ledger_from(meta, ())


def _accepted(entry: Entry, ledger: Ledger) -> InForce:
    policy = wire.in_force_from(narrow.mapping(dict(entry.data), "policy"))
    key = canon.key(ledger=ledger.id, job=POLICY, effect=policy.digest, previous=ledger.policy.key)
    if (entry.job, entry.key, policy.key, entry.digest) != (POLICY, key, key, policy.digest):
        raise _impossible(entry, "it is not about the policy that follows the one in force")
    return policy


def _had(jobs: dict[JobId, Had], entry: Entry) -> Had:
    """Return what the ledger holds of the entry's job after it."""
    if entry.job is None or entry.job == POLICY or entry.kind is Kind.GENESIS:
        raise _impossible(entry, "it names no job")
    had = jobs.get(entry.job)
    if had is None and entry.kind not in _FIRST:
        raise _impossible(entry, "the job is not in the ledger")
    if had is not None and had.state not in _AFTER[entry.kind]:
        raise _impossible(entry, f"the job is {had.state.value}")
    if had is None or entry.kind in _FIRST:
        return _taken(had or _renamed(jobs, entry), entry)
    return _moved(had, entry)


def _renamed(jobs: dict[JobId, Had], entry: Entry) -> Had | None:
    """Return what the job was under its former name, which goes on under the new one alone."""
    name = entry.data.get("formerly")
    former = jobs.get(JobId(name)) if isinstance(name, str) else None
    if former is not None:
        if former.state not in _OVER:
            raise _impossible(entry, f"the job is {former.state.value} under its former name")
        jobs[former.job] = replace(former, removed=True)
    return former


def _taken(before: Had | None, entry: Entry) -> Had:
    account = {name: entry.data[name] for name in _ACCOUNT if name in entry.data}
    had = wire.had_from(
        {
            **account,
            "at": entry.at,
            "digest": entry.digest,
            "effect": entry.effect,
            "head": entry.head,
            "job": entry.job,
            "key": entry.key,
            "state": entry.kind.value,
        }
    )
    if before is not None and had.previous != before.key:
        raise _impossible(entry, "it is not the turn after the last submission")
    key = canon.key(ledger=entry.ledger, job=had.job, effect=had.effect, previous=had.previous)
    if had.key != (key if entry.kind is Kind.INTENDED else None):
        raise _impossible(entry, "its key is not the one of this submission")
    if before is None:
        return had
    return replace(had, since=before.at if before.key else "", stood=before.counts)


def _moved(had: Had, entry: Entry) -> Had:
    if entry.kind is Kind.REMOVED:
        if had.removed:
            raise _impossible(entry, "the job is removed")
        return replace(had, removed=True)
    if (entry.key, entry.effect, entry.digest) != (had.key, had.effect, had.digest):
        raise _impossible(entry, "it is about another submission")
    if entry.kind is Kind.STEERING and not steerable(had):
        raise _impossible(entry, "nothing is left of it to be steered")
    if entry.kind is Kind.SETTLED:
        _check_settled(had, entry)
    told = {name: entry.data[name] for name in _TOLD.get(entry.kind, ())}
    # A new order opens what had ended; whatever else comes says what became of an order.
    over = "result" if entry.kind is Kind.STEERING else "steering"
    kept = {name: each for name, each in narrow.mapping(wire.had(had)).items() if name != over}
    state = _LEADS_TO.get(entry.kind, entry.kind)
    moved = wire.had_from({**kept, **told, "state": state.value})
    return replace(moved, stood=None) if state in _OVER and moved.counts is moved else moved


def _check_settled(had: Had, entry: Entry) -> None:
    """Raise ImpossibleEntryError unless the entry says of what nobody knew how it ended, and why.

    What has ended in whatever way was started, and cannot be taken for withdrawn.
    """
    data = dict(entry.data)
    fields.needed(data, "reason")
    if not unsettled(had):
        raise _impossible(entry, "what became of it is known")
    ran = had.state is Kind.ENDED
    if narrow.text(data, "result", "outcome") not in (_RAN if ran else _SETTLES):
        raise _impossible(entry, "it settles nothing")


def _impossible(entry: Entry, reason: str) -> ImpossibleEntryError:
    return ImpossibleEntryError(
        f"entry {entry.seq} ({entry.kind.value} {entry.job or ''}) cannot follow: {reason}"
    )
