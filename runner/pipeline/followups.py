"""Following up: what was done by breaking the glass, and whether somebody else has looked at it.

A follow-up permits nothing. So it is held against the instant that it states, and against every
policy since the glass was broken: who has left since, or has another key now, did look then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner import history, instants, records, statements
from runner.errors import CheckError
from runner.model import InForce, Kind
from runner.outcomes import Outstanding
from runner.pipeline import auditing, consent, planning
from runner.statements import FollowUp

if TYPE_CHECKING:
    from runner.evidence import Broken
    from runner.model import Entry, Ledger, Record, Signed
    from runner.pipeline.world import World

_NOTHING_RAN = frozenset({"withdrawn", "refused"})


def outstanding(world: World) -> tuple[Outstanding, ...]:
    """Return what was done by breaking the glass and nobody else has looked at, oldest first."""
    ledger = planning.ledger(world)
    steps = tuple((entry, after.policy) for entry, after in history.steps(world.journal.entries()))
    now = instants.written(world.clock.now())
    found: list[Outstanding] = []
    for record in auditing.all_records(world):
        entry, broken = last_broken(record)
        if entry is None or broken is None or _followed(world, ledger, entry, broken, steps):
            continue
        found.append(
            Outstanding(
                key=record.key,
                job=record.job,
                by=broken.by,
                reason=broken.reason,
                at=entry.at,
                due=broken.due,
                overdue=now > broken.due,
            )
        )
    return tuple(found)


def last_broken(record: Record) -> tuple[Entry | None, Broken | None]:
    """Return the newest entry of a submission that the glass was broken for, and by whom.

    What was refused or withdrawn ran nothing. Of announcement and start the later verdict counts.
    """
    if record.result is not None and record.result.outcome in _NOTHING_RAN:
        return None, None
    started = any(each.kind is Kind.STARTING for each in record.entries)
    permits = {Kind.STARTING if started else Kind.INTENDED, Kind.STEERING}
    for entry in reversed(record.entries):
        broken = records.broken(entry)
        if entry.kind in permits and broken is not None:
            return entry, broken
    return None, None


def follow_up(world: World, key: str, by: str, note: str) -> FollowUp:
    """Return what `by` would sign of a submission; raise CheckError when it could not count."""
    ledger = planning.ledger(world)
    record = auditing.chosen(auditing.all_records(world), key)
    _, broken = last_broken(record)
    if broken is None:
        raise CheckError(
            f"cannot follow up {record.key[:12]}: nobody broke the glass for it",
            mend="`jobgate records --open` lists what is to be followed up",
        )
    if broken.by == by:
        raise CheckError(
            f"cannot follow up {record.key[:12]}: {by} broke the glass for it",
            mend="have somebody else look at it",
        )
    return FollowUp(
        ledger=ledger.id,
        job=record.job,
        key=record.key,
        by=by,
        at=instants.written(world.clock.now()),
        note=note,
    )


def _followed(
    world: World,
    ledger: Ledger,
    entry: Entry,
    broken: Broken,
    steps: tuple[tuple[Entry, InForce], ...],
) -> bool:
    """Tell whether somebody else has signed, after the glass was broken, that they looked."""
    kept = [
        (said, each)
        for each in world.approvals.of(str(entry.job), world.approvals.tip(ledger.approvals))
        if isinstance(said := statements.read(each.statement), FollowUp)
        and (said.ledger, said.key) == (ledger.id, entry.key)
        and said.by != broken.by
        and said.at >= entry.at
    ]
    policies = dict.fromkeys(policy for each, policy in reversed(steps) if each.seq >= entry.seq)
    return any(_holds(world, said, each, policy) for said, each in kept for policy in policies)


def _holds(world: World, said: FollowUp, signed: Signed, policy: InForce) -> bool:
    at = instants.read(said.at)
    in_force = planning.in_force(world, policy)
    return at is not None and bool(consent.verified(world, in_force, [signed], at))
