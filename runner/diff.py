"""The changes between what the ledger had and what a commit wants: a Plan.

Nothing here reads Git or a clock; the plan's digest covers nothing that moves by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner import canon
from runner.model import (
    POLICY,
    Change,
    Commit,
    Digest,
    Had,
    Job,
    JobId,
    Kind,
    Ledger,
    Plan,
    PolicyFiles,
    Role,
    Symbol,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runner.model import Source


def plan(
    ledger: Ledger,
    jobs: tuple[Job, ...],
    policy: PolicyFiles,
    head: Commit,
    *,
    again: bool = False,
) -> Plan:
    """Return the plan that takes `ledger` to what `head` wants.

    `again` takes in the jobs that the platform refused as they are.
    """
    found = (_change(ledger, job, again=again) for job in jobs)
    changes = [change for change in found if change is not None]
    unchanged = len(jobs) - len(changes)
    changes += _removals(ledger, jobs)
    if ledger.policy.digest != policy.digest:
        changes.append(_policy_change(ledger, policy))
    ordered = tuple(sorted(changes, key=lambda change: change.job))
    return Plan(
        head=head,
        ledger=ledger.id,
        changes=ordered,
        unchanged=unchanged,
        digest=_digest(ledger, ordered),
    )


def last(ledger: Ledger, job: Job) -> Had | None:
    """Return what the ledger holds of a job, under its name or the first former one it knows."""
    for name in (job.id, *(former for former, _ in job.former_effects)):
        had = ledger.jobs.get(name)
        if had is not None:
            return had
    return None


def changed_paths(before: Iterable[Source], after: Iterable[Source]) -> tuple[str, ...]:
    """Return the paths of shared files that differ between two sets of sources, sorted."""
    old = {source.path: source.sha256 for source in before if source.role is Role.VIA}
    new = {source.path: source.sha256 for source in after if source.role is Role.VIA}
    return tuple(sorted(path for path in old.keys() | new.keys() if old.get(path) != new.get(path)))


def _change(ledger: Ledger, job: Job, *, again: bool) -> Change | None:
    had = last(ledger, job)
    if had is None:
        return _changed(job, None, Symbol.NEW, ())
    # What was refused is not asked for again by itself; what was withdrawn never ran.
    refused = had.state is Kind.REFUSED and not again
    standing = (had.counts, had if refused else None)
    if any(each and each.effect == _effect_as(each.job, job) for each in standing):
        return None
    return _altered(had, had.counts, job)


def _altered(had: Had, basis: Had | None, job: Job) -> Change:
    if basis is None:
        return _changed(job, had, Symbol.NEW, ())
    via = changed_paths(basis.sources, job.sources)
    if basis.spec != job.spec:
        return _changed(job, had, Symbol.NEW if had.removed else Symbol.ALTERED, via)
    return _changed(job, had, Symbol.DRIFTED, via or ("jobgate.yaml",))


def _effect_as(name: JobId, job: Job) -> Digest:
    return dict(job.former_effects).get(name, job.effect)


def _changed(job: Job, had: Had | None, symbol: Symbol, via: tuple[str, ...]) -> Change:
    return Change(
        job=job.id,
        symbol=symbol,
        after=None if had is None else had.key,
        digest=job.digest,
        effect=job.effect,
        via=via,
        runs=symbol is not Symbol.DRIFTED or job.rerun == "on-change",
        had=None if had is None else had.counts,
        wanted=job,
    )


def _removals(ledger: Ledger, jobs: tuple[Job, ...]) -> list[Change]:
    carried = {had.job for job in jobs if (had := last(ledger, job)) is not None}
    return [
        Change(
            job=had.job,
            symbol=Symbol.REMOVED,
            after=had.key,
            digest=had.digest,
            effect=had.effect,
            via=(),
            runs=False,
            had=had,
            wanted=None,
        )
        for had in ledger.jobs.values()
        if had.job not in carried and not had.removed
    ]


def _policy_change(ledger: Ledger, policy: PolicyFiles) -> Change:
    return Change(
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


def _digest(ledger: Ledger, changes: tuple[Change, ...]) -> Digest:
    return canon.digest_of(
        "plan/1",
        {
            "changes": [
                {
                    "after": change.after,
                    "digest": change.digest,
                    "job": change.job,
                    "symbol": change.symbol.value,
                }
                for change in changes
            ],
            "ledger": ledger.id,
        },
    )
