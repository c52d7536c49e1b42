"""Which teams of the policy are asked for a change: only of those a forge is asked for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner import clauses, owners, parts, subjects
from runner.model import Job

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runner.model import Change, Policy
    from runner.terms import Clause


def teams(policy: Policy, change: Change) -> frozenset[str]:
    """Return the teams that a matching clause names, or an owner's line, or who break the glass."""
    matching = _matching(policy, change)
    named = {name for clause in matching for name in clause.people}
    named.update(() if policy.break_glass is None else policy.break_glass.people)
    if any(clause.owners for clause in matching):
        named.update(_owning(policy, change))
    return frozenset(team.name for team in policy.teams if team.name in named)


def _matching(policy: Policy, change: Change) -> tuple[Clause, ...]:
    """Return the clauses that match; where that goes wrong, which denies, it may be any."""
    job = change.wanted
    looked_at = [subjects.of_job(job) if isinstance(job, Job) else subjects.POLICY]
    looked_at += [] if change.had is None else [subjects.of_had(change.had)]
    try:
        return parts.guarded(lambda: clauses.matching(policy, looked_at))
    except parts.PartError:
        return policy.clauses


def _owning(policy: Policy, change: Change) -> Iterator[str]:
    sources = () if change.wanted is None else change.wanted.sources
    paths = {each.path for each in sources}
    paths |= set() if change.had is None else {each.path for each in change.had.sources}
    named = {name.lower() for path in paths for name in owners.of(policy.owned, path) or ()}
    for team in policy.teams:
        if any(f"@{there.lower()}" in named for _, there in team.accounts):
            yield team.name
