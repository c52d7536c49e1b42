"""Revoking: one person's word that what they consented to no longer stands.

Needs no plan: a job may be gone, or its spec be broken, and consent to it is taken back all the
same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from runner import instants, statements
from runner.errors import CheckError
from runner.evidence import Approval, Glass, Revocation
from runner.model import POLICY, Digest, JobId, Key, Ledger, Policy
from runner.pipeline import approving, consent
from runner.statements import Retry

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from runner.pipeline.world import World
    from runner.statements import Statement

# A job, the digest that was consented to, and the submission before it.
_Given: TypeAlias = "tuple[JobId, Digest, Key | None]"


def revocations(
    world: World, ledger: Ledger, policy: Policy, names: Iterable[str], by: str
) -> tuple[Revocation, ...]:
    """Return what `by` would sign to take back their consent to the jobs or digests named.

    Raise CheckError where they have given none that could still count. A whole digest also stands
    for what was submitted long ago.
    """
    at = world.clock.now()
    given = _standing(world, ledger, policy, by, at)
    found: dict[tuple[JobId, Digest], None] = {}
    for name in names:
        matched = {
            (job, digest): None
            for job, digest, after in given
            if name == digest or (name in approving.called(job) and after in _now(ledger, job))
        }
        if not matched:
            raise CheckError(
                f"cannot revoke {name}: nothing stands that {by} consented to",
                mend="name a job, or the whole digest that was approved",
            )
        found |= matched
    written = instants.written(at)
    return tuple(
        Revocation(ledger=ledger.id, job=job, digest=digest, by=by, at=written)
        for job, digest in found
    )


def _standing(world: World, ledger: Ledger, policy: Policy, by: str, at: datetime) -> list[_Given]:
    """Return what somebody has consented to and not taken back, as far as the ref shows it."""
    kept = world.approvals.all(world.approvals.tip(ledger.approvals))
    mine = [
        (said, each)
        for each in kept
        if (said := statements.read(each.statement)) is not None and statements.by(said) == by
    ]
    # Whether the consents hold is no matter here; a revocation that does not would hide them.
    signed = (each for said, each in mine if isinstance(said, Revocation))
    before = [said for said, _ in consent.verified(world, policy, signed, at)]
    return [
        named
        for said, _ in mine
        if (named := _named(ledger, said)) and not _taken_back(said, named, before)
    ]


def _named(ledger: Ledger, said: Statement) -> _Given | None:
    """Return the job, the digest and the submission before it that a consent is about."""
    if isinstance(said, Retry):
        had = ledger.jobs.get(said.job)
        same = had is not None and (said.ledger, said.key) == (ledger.id, had.key)
        return (said.job, had.digest, had.previous) if had is not None and same else None
    if not isinstance(said, Approval | Glass):
        return None
    given = said.approval if isinstance(said, Glass) else said
    return (given.job, given.digest, given.after) if given.ledger == ledger.id else None


def _taken_back(said: Statement, named: _Given, before: Iterable[Statement]) -> bool:
    job, digest, _ = named
    at = statements.at(said)
    return any(
        isinstance(each, Revocation) and (each.job, each.digest) == (job, digest) and each.at >= at
        for each in before
    )


def _now(ledger: Ledger, job: JobId) -> frozenset[Key | None]:
    """Return the submissions after which a consent may still count, or does for what is under way.

    None is for a job that was never submitted.
    """
    if job == POLICY:
        return frozenset({ledger.policy.key})
    had = ledger.jobs.get(job)
    return frozenset({None}) if had is None else frozenset({had.key, had.previous})
