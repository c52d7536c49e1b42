"""Settling: which specs make the very jobs that were submitted last, by the files they were of."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from runner import canon, clauses, render
from runner.model import Blob, Role
from runner.pipeline import wanted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from runner.beginnings import Moved
    from runner.model import Commit, Had, JobId, Ledger, Policy, Source, Unreadable
    from runner.pipeline.touching import Touch


@dataclass(frozen=True, kw_only=True)
class Settled:
    """The specs of the later tree of `touch`, as against what the ledger holds.

    The earlier one is that of the commit that the ledger began with. `policy` returns that of a
    commit; None where it has no sound one.
    """

    touch: Touch
    have: Ledger
    moved: Moved
    policy: Callable[[Commit], Policy | None]
    _policies: dict[Commit, bool] = field(default_factory=dict, init=False)
    _found: dict[str, str] = field(default_factory=dict, init=False)
    _jobs: dict[str, tuple[JobId, ...]] = field(default_factory=dict, init=False)

    @cached_property
    def asked(self) -> frozenset[str]:
        """Return the specs of which it is to be found out whether they make what is had."""
        paths = {each.path for pair in self.moved.jobs for each in pair if each is not None}
        return self.touch.specs.union(filter(wanted.is_spec, paths))

    @cached_property
    def moved_jobs(self) -> frozenset[JobId]:
        """Return the jobs that the ledger does not hold as it did when it began."""
        return frozenset(self._now)

    @cached_property
    def gone(self) -> frozenset[str]:
        """Return the names of those that no settled spec has."""
        settled = {_name(job) for path in self.asked for job in self.jobs(path)}
        return frozenset(map(_name, self.moved_jobs)) - settled

    def jobs(self, path: str) -> tuple[JobId, ...]:
        """Return the jobs of a spec, where it makes just what was submitted; else nothing."""
        if path not in self._jobs:
            self._jobs[path] = self._submitted(path)
        return self._jobs[path]

    def began(self, path: str) -> tuple[JobId, ...]:
        """Return the jobs that a spec made when the ledger began, where it is settled now."""
        return self.jobs(path) if self._was(path) else ()

    @cached_property
    def _now(self) -> dict[JobId, Had]:
        return {now.job: now for _, now in self.moved.jobs if now is not None}

    @cached_property
    def _began(self) -> dict[JobId, str]:
        """Return where the jobs that moved were, when the ledger began."""
        return {then.job: then.path for then, _ in self.moved.jobs if then is not None}

    @cached_property
    def _by_path(self) -> dict[str, Had]:
        """Return one job that was submitted of each spec."""
        return {had.path: had for had in self._now.values() if not had.removed}

    def _submitted(self, path: str) -> tuple[JobId, ...]:
        one = self._by_path.get(path)
        # A matrix may have cells of which none was ever submitted.
        if one is None or "[" in one.job or path not in self.touch.texts:
            return ()
        name = _name(one.job)
        platforms = clauses.platforms(self.touch.now, path)
        ids = tuple(canon.job_id(each.name, name, ()) for each in platforms)
        hads = [self.have.jobs.get(each) for each in ids]
        same = all(had is not None and self._same(had, path) for had in hads)
        return ids if same and (not self._was(path) or self._steady(ids, path)) else ()

    def _was(self, path: str) -> bool:
        """Tell whether a spec was there when the ledger began."""
        return isinstance(self.touch.before.read(path), Blob)

    def _steady(self, ids: tuple[JobId, ...], path: str) -> bool:
        """Tell whether a spec made these very jobs, and no other, when the ledger began."""
        was = () if self.touch.was is None else clauses.platforms(self.touch.was, path)
        names = {each.split("/", 1)[0] for each in ids}
        return {each.name for each in was} == names and all(
            self._began.get(each, None if each in self._now else path) == path for each in ids
        )

    def _same(self, had: Had, path: str) -> bool:
        """Tell whether a job that was had is what its spec at `path` makes now."""
        return (
            had.path == path
            and had.counts is had
            and not had.removed
            and had.scheme == canon.SCHEME
            and all(map(self._unchanged, had.sources))
            and self._variables(path) == _variables(had.sources, path)
            and self._policy(had.head)
        )

    def _unchanged(self, source: Source) -> bool:
        return self._sha256(source.path) == source.sha256

    def _sha256(self, path: str) -> str:
        """Return the digest of a file as it is now; empty where there is none."""
        if path not in self._found:
            self._found[path] = _stands_for(self.touch.after.read(path))
        return self._found[path]

    def _variables(self, path: str) -> frozenset[str]:
        """Return the vars files that a spec has above it."""
        return frozenset(each for each in render.folders(path) if self._sha256(each))

    def _policy(self, commit: Commit) -> bool:
        """Tell whether the policy of a commit made of a spec what that of the later tree does."""
        if commit not in self._policies:
            then, now = self.policy(commit), self.touch.now
            self._policies[commit] = then is not None and (
                (then.platforms, then.secrets) == (now.platforms, now.secrets)
            )
        return self._policies[commit]


def _stands_for(found: Blob | Unreadable) -> str:
    if isinstance(found, Blob):
        return found.sha256
    return "" if found.rule == "missing-file" else found.rule


def _variables(sources: Iterable[Source], path: str) -> frozenset[str]:
    above = set(render.folders(path))
    return frozenset(each.path for each in sources if each.role is Role.VIA and each.path in above)


def _name(job: JobId) -> str:
    """Return the name of a job, without its platform and its cell."""
    return job.split("/", 1)[1].split("[", 1)[0]
