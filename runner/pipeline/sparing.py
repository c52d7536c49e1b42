"""Sparing: the plan of a commit, made without making the jobs that are as the ledger began with.

The ledger began with every job of one commit, each taken as had. So a job is unchanged, and need
not be made, when nothing that it is made from differs between that commit and the head, and the
ledger holds of it what it held then. All others are made, but for those that are `settled`, and
compared as in any plan: what is spared is work, and the plan is the same. The journal is believed,
as for any plan; what was found out before, and kept elsewhere, is not asked.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol, Self

from runner import diff
from runner.model import Blob, Severity, Wanted
from runner.pipeline import assembling, crossing, making, rechecking, wanted
from runner.pipeline.settling import Settled
from runner.pipeline.touching import Touch

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from runner.beginnings import Moved
    from runner.model import (
        Commit,
        Finding,
        Job,
        JobId,
        Ledger,
        Plan,
        Policy,
        PolicyFiles,
    )
    from runner.pipeline.crossing import Outline
    from runner.pipeline.making import Made
    from runner.pipeline.ports import Tree
    from runner.pipeline.rechecking import Known
    from runner.pipeline.touching import Texts


class Past(Protocol):
    """What commits and journal tell of the time since a ledger began."""

    def has(self, commit: Commit) -> bool:
        """Tell whether this clone has the commit."""
        ...

    def texts(self, commit: Commit) -> Texts:
        """Return the files of a commit."""
        ...

    def differing(self, one: Commit, other: Commit) -> frozenset[str]:
        """Return every path at which the trees of two commits are not the same."""
        ...

    def moved(self) -> Moved | None:
        """Return how far the ledger that was read last has come; None where nobody can tell."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Spared:
    """The plan of a commit; `wanted` has those of its jobs that were made."""

    plan: Plan
    wanted: Wanted


def plan(past: Past, have: Ledger, head: Commit, *, again: bool = False) -> Spared | None:
    """Return the plan of `head`; None where every job is to be made, or something is wrong."""
    moved = past.moved() if past.has(have.began) else None
    if moved is None:
        return None
    before, after = past.texts(have.began), past.texts(head)
    was, now = _policy(before), _policy(after)
    if was is None or now is None:
        return None
    touch = Touch(
        before=before,
        after=after,
        changed=past.differing(have.began, head),
        was=was.policy,
        now=now.policy,
    )
    policies = functools.partial(_policy_at, past)
    settled = Settled(touch=touch, policy=policies, have=have, moved=moved)
    work = _Work(
        touch=touch, settled=settled, then=_Shop.of(before, was), shop=_Shop.of(after, now)
    )
    return work.planned(head, again=again)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shop:
    """Makes the specs of one tree that it is asked for, and remembers what came of them."""

    files: PolicyFiles
    maker: making.Maker
    made: dict[str, Made] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    @classmethod
    def of(cls, tree: Tree, files: PolicyFiles) -> Self:
        """Return one that has made nothing yet."""
        return cls(files=files, maker=making.Maker(tree=tree, policy=files.policy))

    def outlines(self, paths: Iterable[str]) -> Known:
        """Make specs; return their jobs in outline, none of a spec that cannot be made."""
        found: Known = {}
        for path in paths:
            checked = self.maker.made(path)
            self.findings.extend(checked.findings)
            if checked.value is not None:
                self.made[path] = checked.value
            found[path] = () if checked.value is None else tuple(_outlines(checked.value))
        return found

    def wrong(self) -> bool:
        """Tell whether there is an error in what was made, or in the variables above it."""
        above = self.maker.variables.values()
        return _errors(self.findings) or any(_errors(each.findings) for each in above)

    def jobs(self) -> tuple[Job, ...]:
        """Return the jobs of all that was made, in order."""
        jobs = (
            assembling.job(made.spec, rendered, resolved, platform, self.files.policy)
            for made in self.made.values()
            for rendered, resolved in made.cells
            for platform in made.platforms
        )
        return tuple(sorted(jobs, key=lambda job: job.id))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Work:
    """One plan on its way: what is made of the commit that the ledger began with, and of the head.

    Only what may be another one at the head than then is made, and what bears on its names.
    """

    touch: Touch
    settled: Settled
    then: _Shop
    shop: _Shop

    def planned(self, head: Commit, *, again: bool) -> Spared | None:
        """Return the plan; None where there is something wrong."""
        asked = self.settled.asked
        if not self._readable(asked):
            return None
        kept = {path for path in asked if self.settled.jobs(path)}
        known = self.shop.outlines(sorted((asked & self.touch.texts.keys()) - kept))
        before = self.then.outlines(self._were(asked - kept))
        names = {job.name for of in before.values() for job in of} | self.settled.gone
        about = rechecking.related(self.touch, known, names, self.shop.outlines)
        before |= self.then.outlines(self._were(known.keys() - asked))
        if self.then.wrong() or self.shop.wrong() or self._clash(known, about):
            return None
        began = {job.ids[0] for of in before.values() for job in of}
        began.update(*(self.settled.began(path) for path in kept))
        still = {job for path in kept - known.keys() for job in self.settled.jobs(path)}
        return self._compared(head, began, still, again=again)

    def _compared(
        self, head: Commit, began: set[JobId], still: set[JobId], *, again: bool
    ) -> Spared | None:
        """Return the plan; of all jobs that are not made, those of `still` are no first ones.

        `began` are the jobs that the ledger began with, but for those that nothing touched.
        """
        jobs, have = self.shop.jobs(), self.settled.have
        asked = (_names(jobs) | began | self.settled.moved_jobs) - still
        held = {name: had for name in sorted(asked) if (had := have.jobs.get(name)) is not None}
        if not held.keys() >= began - still:
            return None  # it did not begin with all jobs of that commit
        found = diff.plan(replace(have, jobs=held), jobs, self.shop.files, head, again=again)
        unmade = len(still) + self.settled.moved.began - len(began)
        return Spared(
            plan=replace(found, unchanged=found.unchanged + unmade),
            wanted=Wanted(jobs=jobs, policy=self.shop.files),
        )

    def _readable(self, asked: frozenset[str]) -> bool:
        """Tell whether every spec that is asked for can be read, and nothing hides others."""
        hidden = (each.place.file for each in wanted.hidden(self.touch.after))
        gone = asked & self.touch.unread
        return not gone and self.touch.changed.isdisjoint(hidden)

    def _were(self, paths: Iterable[str]) -> Iterator[str]:
        """Yield those of `paths` that stood in the earlier tree, in order."""
        for path in sorted(paths):
            if isinstance(self.touch.before.read(path), Blob):
                yield path

    def _clash(self, known: Known, about: set[str]) -> bool:
        """Tell whether something is wrong between specs."""
        jobs = [job for path in sorted(known) for job in known[path]]
        places = self.shop.made
        return _errors(
            crossing.findings(jobs, lambda path, at: places[path].spec.document.place(at), about)
        )


def _outlines(made: Made) -> Iterator[Outline]:
    for rendered, resolved in made.cells:
        for platform in made.platforms:
            yield assembling.outline(made.spec, rendered, resolved, platform)


def _names(jobs: Iterable[Job]) -> set[JobId]:
    """Return the ids of jobs, and those under their former names."""
    return {name for job in jobs for name in (job.id, *dict(job.former_effects))}


def _errors(findings: Iterable[Finding]) -> bool:
    return any(each.severity is Severity.ERROR for each in findings)


def _policy_at(past: Past, commit: Commit) -> Policy | None:
    files = _policy(past.texts(commit)) if past.has(commit) else None
    return None if files is None else files.policy


def _policy(tree: Tree) -> PolicyFiles | None:
    """Return the policy of a tree; None where there is an error in it."""
    found = wanted.policy(tree)
    return None if _errors(found.findings) else found.value
