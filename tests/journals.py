"""Journals for tests: the drafts that real runs append, walks through them, and plans carried out.

`FOLLOWS` states again, on its own, which entry may follow which state of a job.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner import history
from runner.evidence import Grounds
from runner.model import (
    POLICY,
    Act,
    Change,
    Draft,
    Entry,
    Had,
    Job,
    Kind,
    Ledger,
    Plan,
    PolicyFiles,
    Result,
    Signed,
    Steering,
    Symbol,
)
from runner.pipeline import drafting
from runner.progress import Created
from tests import values

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

STAMP = history.Stamp(runner="r1", at="2026-01-02T03:04:05Z", head=values.HEAD)
RULES = values.policy_files(values.policy("ann", "ben"))
SUCCEEDED = Result(outcome="succeeded", detail="done", hosts=1)
FAILED = Result(outcome="failed", detail="1 of 3 hosts failed", hosts=3, failed=1)
ORDER = Steering(act=Act.RETRY, by="ann", reason="mended", status=4, batch=2, tries=1)
GROUNDS = Grounds(statements=(Signed(statement=b"{}", signature="signature"),))

FOLLOWS: Mapping[Kind | None, frozenset[Kind]] = {
    None: frozenset({Kind.ADOPTED, Kind.INTENDED}),
    Kind.ADOPTED: frozenset({Kind.INTENDED, Kind.REMOVED}),
    Kind.INTENDED: frozenset({Kind.CREATED, Kind.ENDED, Kind.REFUSED, Kind.UNKNOWN}),
    Kind.CREATED: frozenset({Kind.STARTING, Kind.ENDED, Kind.REFUSED, Kind.UNKNOWN}),
    Kind.STARTING: frozenset({Kind.STARTED, Kind.ENDED, Kind.REFUSED, Kind.UNKNOWN}),
    Kind.STARTED: frozenset({Kind.STEERING, Kind.ENDED, Kind.UNKNOWN}),
    Kind.STEERING: frozenset({Kind.STEERING, Kind.STEERED, Kind.ENDED, Kind.UNKNOWN}),
    Kind.UNKNOWN: frozenset({Kind.ENDED, Kind.SETTLED}),
    Kind.ENDED: frozenset({Kind.INTENDED, Kind.REMOVED}),
    Kind.REFUSED: frozenset({Kind.INTENDED, Kind.REMOVED}),
}
ABOUT_JOBS = tuple(kind for kind in Kind if kind not in {Kind.GENESIS, Kind.POLICY})


def begun(policy: PolicyFiles = RULES) -> tuple[Entry, Ledger]:
    """Return the genesis of a ledger, and the ledger."""
    draft = drafting.genesis("main", "local", policy, values.HEAD)
    return history.begin(values.LEDGER, draft, STAMP)


def added(ledger: Ledger, *drafts: Draft) -> Ledger:
    """Return a ledger after some drafts."""
    return history.extended(ledger, drafts, STAMP)[1]


def may_follow(ledger: Ledger, job: Job) -> frozenset[Kind]:
    """Return the kinds of entry that may come next about a job."""
    had = ledger.jobs.get(job.id)
    if had is None:
        return FOLLOWS[None]
    kinds = FOLLOWS[had.state] - ({Kind.REMOVED} if had.removed else set())
    left = had.result is not None and had.result.outcome in {"failed", "stopped", "unknown"}
    ran = had.state is Kind.ENDED and had.platform_job is not None
    return kinds | {Kind.STEERING} if left and ran else kinds


def draft(ledger: Ledger, job: Job, kind: Kind, result: Result = SUCCEEDED) -> Draft:
    """Return a draft of some kind about a job, well formed whether it may follow or not."""
    if kind is Kind.ADOPTED:
        return drafting.adopted(job)
    if kind is Kind.INTENDED:
        return drafting.intended(change(ledger, job), job, ledger, GROUNDS)
    had = ledger.jobs.get(job.id) or _of(job)
    if kind is Kind.CREATED:
        return drafting.created(had, "instance", Created(job=7, step=8))
    if kind is Kind.STARTING:
        return drafting.starting(had, GROUNDS)
    return _last(had, kind, result)


def _last(had: Had, kind: Kind, result: Result) -> Draft:
    if kind is Kind.REMOVED:
        return drafting.removed(had)
    if kind is Kind.STARTED:
        return drafting.about(had, kind, {})
    if kind is Kind.STEERING:
        return drafting.steering(had, ORDER, GROUNDS)
    return _told(had, kind, result)


def _told(had: Had, kind: Kind, result: Result) -> Draft:
    if kind is Kind.SETTLED:
        return drafting.settled(had, result, "its log says so", "ann")
    if kind is Kind.STEERED:
        return drafting.steered(had, "done", "batch 2/3: 1/3 hosts")
    return drafting.ended(had, kind, result)


def accepted(ledger: Ledger, policy: PolicyFiles) -> Draft:
    """Return the draft that puts a policy in force."""
    wanted = Change(
        job=POLICY,
        symbol=Symbol.ALTERED,
        after=ledger.policy.key,
        digest=policy.digest,
        effect=policy.digest,
        via=(),
        runs=True,
        had=None,
        wanted=policy,
    )
    return drafting.accepted(wanted, policy, values.HEAD, ledger, GROUNDS)


def change(ledger: Ledger, job: Job) -> Change:
    """Return the change that asks to submit a job once more."""
    had = ledger.jobs.get(job.id)
    return Change(
        job=job.id,
        symbol=Symbol.ALTERED,
        after=None if had is None else had.key,
        digest=job.digest,
        effect=job.effect,
        via=(),
        runs=True,
        had=had,
        wanted=job,
    )


def walked(choices: Iterable[int], jobs: Sequence[Job]) -> tuple[Entry, ...]:
    """Return a journal that could have come about: each choice picks one of the drafts that may."""
    entry, ledger = begun()
    entries = [entry]
    for choice in choices:
        moves = [(job, kind) for job in jobs for kind in sorted(may_follow(ledger, job))]
        at = choice % (len(moves) + 1)
        if at < len(moves):
            chosen = draft(ledger, *moves[at], SUCCEEDED if choice % 2 else FAILED)
        else:
            chosen = accepted(ledger, values.policy_files(RULES.policy, str(choice)))
        more, ledger = history.extended(ledger, [chosen], STAMP)
        entries += more
    return tuple(entries)


def submitted(ledger: Ledger, job: Job, result: Result = SUCCEEDED) -> Ledger:
    """Return a ledger after one whole submission of a job."""
    return resumed(added(ledger, draft(ledger, job, Kind.INTENDED)), job, result)


def resumed(ledger: Ledger, job: Job, result: Result = SUCCEEDED) -> Ledger:
    """Return a ledger after what remains of a submission that was intended."""
    for kind in (Kind.CREATED, Kind.STARTING, Kind.STARTED, Kind.ENDED):
        ledger = added(ledger, draft(ledger, job, kind, result))
    return ledger


def carried_out(ledger: Ledger, plan: Plan) -> Ledger:
    """Return a ledger after everything that a plan runs, as `apply` would journal it."""
    for each in plan.changes:
        if isinstance(each.wanted, PolicyFiles):
            ledger = added(ledger, accepted(ledger, each.wanted))
        elif each.symbol is Symbol.REMOVED and each.had is not None:
            ledger = added(ledger, drafting.removed(each.had))
        elif each.runs and isinstance(each.wanted, Job):
            intended = drafting.intended(each, each.wanted, ledger, GROUNDS)
            ledger = resumed(added(ledger, intended), each.wanted)
    return ledger


def _of(job: Job) -> Had:
    """Return what a ledger would hold of a job that was adopted."""
    return added(begun()[1], drafting.adopted(job)).jobs[job.id]
