"""When the last submissions were announced, as far as a ledger has kept it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from runner.model import POLICY, Job

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runner.model import Change, Had, Ledger


def since(ledger: Ledger, change: Change) -> str:
    """Return when the submission was announced that `change` comes after.

    Empty where there was none, or where the ledger has not kept it.
    """
    if change.after is None:
        return ""
    if change.job == POLICY:
        return ledger.accepted if ledger.policy.key == change.after else ""
    for had in _hads(ledger, change):
        if had.key == change.after:
            return had.at
        # It is under way itself, and judged again as the change that it was.
        if had.previous == change.after:
            return had.since
    return ""


def agrees(kept: Ledger | None, found: Ledger) -> bool:
    """Tell whether a ledger that was kept is what its entries add up to.

    Instants that an older jobgate did not keep yet are no difference.
    """
    if kept is None:
        return False
    jobs = {
        job: _like(had, kept.jobs[job]) if job in kept.jobs else had
        for job, had in found.jobs.items()
    }
    return kept == replace(found, jobs=jobs, accepted=found.accepted if kept.accepted else "")


def _hads(ledger: Ledger, change: Change) -> Iterator[Had]:
    names = [change.job]
    if isinstance(change.wanted, Job):
        names += [name for name, _ in change.wanted.former_effects]
    return (ledger.jobs[name] for name in names if name in ledger.jobs)


def _like(had: Had, kept: Had) -> Had:
    """Return `had` with those of its instants alone that `kept` has too."""
    stood = had.stood
    if stood is not None and kept.stood is not None:
        stood = _like(stood, kept.stood)
    at, since = had.at if kept.at else "", had.since if kept.since else ""
    return replace(had, at=at, since=since, stood=stood)
