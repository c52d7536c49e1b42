"""Diverging: changes that wait though people approved them, since they are made otherwise by now.

It changes no verdict, which is the judge's: it only finds out what to tell whoever approved.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runner import whose
from runner.otherwise import Otherwise
from runner.pipeline import rereading, reviewing
from runner.pipeline.rereading import Stretch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runner.model import Change, Commit, Digest, Planned
    from runner.otherwise import Cause
    from runner.pipeline.ancestry import Lineage
    from runner.pipeline.ports import Forge
    from runner.pipeline.recollection import Answers
    from runner.pipeline.world import World
    from runner.pulls import ForgeReview, PullRequest

_MOST_COMMITS = 3  # that are named


def found(world: World, planned: Planned) -> tuple[Otherwise, ...]:
    """Return what was approved otherwise, by pull request and job.

    `planned` is the plan of the tip of the ledger's branch. Raises ForgeError.
    """
    entry, lineage = planned.in_force.forge, world.lineage
    waits = [each for each in planned.plan.changes if each.runs and _lacks(planned, each)]
    if entry is None or lineage is None or not waits:
        return ()
    look = _Look(
        world=world,
        planned=planned,
        forge=world.forges(entry),
        lineage=lineage,
        answers=world.recollection.fresh(world.clock.now()),
    )
    made = [each for change in waits for each in look.of(change)]
    return tuple(sorted(made, key=lambda each: (each.pull, each.change.job)))


def _lacks(planned: Planned, change: Change) -> bool:
    return any(each.missing for each in planned.verdicts[change.job].demands)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """One look at the pull requests that a plan came from."""

    world: World
    planned: Planned
    forge: Forge
    lineage: Lineage
    answers: Answers

    def of(self, change: Change) -> Iterator[Otherwise]:
        """Yield what was approved of a change, one for each pull request that it was in."""
        for pull in self._pulls(change):
            given = [(each, self._digest(change, pull, each)) for each in self._approved(pull)]
            known = [(each, digest) for each, digest in given if digest is not None]
            # Where one approved what would run, it waits for something else.
            if known and all(digest != change.digest for _, digest in known):
                review, digest = max(known, key=lambda each: (each[0].at, each[0].number))
                yield self._otherwise(change, pull, [each for each, _ in known], digest, review)

    # ------------------------------------------------------------ pull requests and reviews

    def _pulls(self, change: Change) -> tuple[PullRequest, ...]:
        """Return the merged pull requests that changed what `change` is made of."""
        since, _ = reviewing.scope(change, self.planned.ledger)
        commits = self.lineage.commits(since, self._head, self._paths(change))
        found: dict[int, PullRequest] = {}
        for commit in commits[: reviewing.MOST_COMMITS]:
            if commit not in self.answers.pulls:
                self.answers.pulls[commit] = self.forge.pulls(commit)
            found |= {each.number: each for each in self.answers.pulls[commit]}
        merged = [found[number] for number in sorted(found) if self._is_ours(found[number])]
        missing = sorted({each.number for each in merged} - self.answers.heads.keys())
        self.answers.heads.update(self.lineage.pulled(missing))
        return tuple(merged)

    def _is_ours(self, pull: PullRequest) -> bool:
        """Tell whether a pull request was merged into the ledger's branch."""
        return pull.state == "merged" and pull.branch == self.planned.ledger.branch

    def _approved(self, pull: PullRequest) -> list[ForgeReview]:
        """Return the reviews that approve, of people whom the policy lists, as they stand now."""
        if pull.number not in self.answers.reviews:
            self.answers.reviews[pull.number] = self.forge.reviews(pull.number)
        people = whose.people(self.planned.in_force, frozenset())
        latest: dict[str, ForgeReview] = {}
        for each in self.answers.reviews[pull.number]:
            who = people.with_account(self._forge_name, each.account)
            if who is not None and each.person and each.state != "commented":
                latest[who] = each
        return [each for each in latest.values() if each.state == "approved"]

    def _digest(self, change: Change, pull: PullRequest, review: ForgeReview) -> Digest | None:
        """Return the job's digest where it was reviewed; None where the review was not about it."""
        head = pull.head if self.answers.heads.get(pull.number) == pull.head else None
        if review.commit is None or head is None:
            return None
        stretch = Stretch(commit=review.commit, head=head, branch=self._head)
        bases = rereading.branched(self.world.recollection, self.lineage, stretch)
        there = rereading.reading(self.world, change, review.commit).digest
        before = {rereading.reading(self.world, change, each).digest for each in bases}
        return there if bases and there not in before else None

    # ------------------------------------------------------------ what differs

    def _otherwise(
        self,
        change: Change,
        pull: PullRequest,
        given: list[ForgeReview],
        digest: Digest,
        review: ForgeReview,
    ) -> Otherwise:
        commit = review.commit or pull.head
        differs = self._differing(change, commit)
        return Otherwise(
            change=change,
            pull=pull.number,
            people=tuple(sorted(self._who(each) for each in given)),
            commit=commit,
            digest=digest,
            cause=self._cause(change, pull, digest),
            differs=differs,
            by=self._changed(pull, commit, differs),
        )

    def _cause(self, change: Change, pull: PullRequest, digest: Digest) -> Cause:
        if rereading.reading(self.world, change, pull.head).digest != digest:
            return "pushed"
        merge = pull.merge
        if merge is None or not self.lineage.has(merge):
            return "merged"
        there = rereading.reading(self.world, change, merge).digest
        return "since" if there == digest else "merged"

    def _differing(self, change: Change, commit: Commit) -> tuple[str, ...]:
        """Return the files that the job is made from, or was, and that differ by now."""
        apart = self.lineage.differing(commit, self._head)
        asked = rereading.reading(self.world, change, commit).asked
        asked |= rereading.reading(self.world, change, self._head).asked
        # What a policy says may be it too, though of another job it says more.
        return tuple(sorted(apart & asked or apart & {*rereading.ALWAYS}))

    def _changed(
        self, pull: PullRequest, commit: Commit, differs: tuple[str, ...]
    ) -> tuple[Commit, ...]:
        """Return the newest commits of the branch that changed files, without the pull's own."""
        bases = self.lineage.merge_bases(commit, self._head)
        if not differs or not bases:
            return ()
        listed = self.lineage.commits(bases[0], self._head, differs)
        others = (
            each
            for each in listed
            if each != pull.merge and not self.lineage.descends(pull.head, each)
        )
        return tuple(each for each, _ in zip(others, range(_MOST_COMMITS), strict=False))

    def _paths(self, change: Change) -> tuple[str, ...]:
        _, paths = reviewing.scope(change, self.planned.ledger)
        here = rereading.reading(self.world, change, self._head)
        return tuple(sorted({*paths, *here.asked, *rereading.ALWAYS}))

    def _who(self, review: ForgeReview) -> str:
        people = whose.people(self.planned.in_force, frozenset())
        return people.with_account(self._forge_name, review.account) or review.account

    @property
    def _head(self) -> Commit:
        return self.planned.plan.head

    @property
    def _forge_name(self) -> str:
        entry = self.planned.in_force.forge
        return "" if entry is None else entry.name
