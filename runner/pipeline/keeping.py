"""Keeps what was reviewed: before the journal names a review, its commit is out of harm's way."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from runner.errors import RepositoryError
from runner.pipeline.world import instant

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runner.evidence import Grounds
    from runner.model import Commit, JobId
    from runner.pipeline.world import World
    from runner.verdicts import Verdict


def kept(
    world: World, said: Mapping[JobId, tuple[Verdict, Grounds]]
) -> dict[JobId, tuple[Verdict, Grounds]]:
    """Return verdicts with the commit, beside each, that holds all that was reviewed for it.

    Raise RepositoryError where that cannot be kept: what nobody can look at later is no evidence.
    """
    reviews = (review for _, grounds in said.values() for review in grounds.reviews)
    heads = tuple(sorted({each.head for each in reviews if each.head is not None}))
    if not heads:
        return dict(said)
    commit = _keep(world, heads)
    return {
        job: (verdict, replace(grounds, kept=commit) if grounds.reviews else grounds)
        for job, (verdict, grounds) in said.items()
    }


def _keep(world: World, heads: tuple[Commit, ...]) -> Commit:
    known = world.recollection.kept
    if heads not in known:
        if world.keep is None:
            raise RepositoryError(
                "cannot keep the commits that were reviewed: there is no place for them",
                mend="take signed approvals: `jobgate approve`",
            )
        known[heads] = world.keep(heads, instant(world))
    return known[heads]
