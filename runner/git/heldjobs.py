"""The jobs of a ledger as they lie in one tree of the journal, each read when it is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from runner import canon
from runner.beginnings import Moved

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from runner.git.gittrees import CommitTree
    from runner.model import Had, JobId

FOLDER = "jobs"


def path(job: JobId) -> str:
    """Return where a job lies."""
    name = canon.sha256(job.encode())
    return f"{FOLDER}/{name[:2]}/{name}.json"


def moved(then: HeldJobs, now: HeldJobs) -> Moved:
    """Return how far a ledger has come from its beginning."""
    paths = tuple(sorted(then.tree.differing(now.tree, FOLDER)))
    before, after = then.at(paths), now.at(paths)
    return Moved(began=len(then), jobs=tuple((before.get(each), after.get(each)) for each in paths))


class HeldJobs(Mapping["JobId", "Had"]):
    """What is held of each job, by its id and in the order of the ids.

    Whoever asks for a few reads no more than these; whoever goes through all of them reads all, in
    one go.
    """

    def __init__(self, tree: CommitTree, read: Callable[[tuple[str, ...]], list[Had]]) -> None:
        """Look at the jobs of `tree`; `read` returns what lies at paths of it."""
        self.tree = tree
        self._read = read

    def at(self, paths: tuple[str, ...]) -> dict[str, Had]:
        """Return what lies at those of `paths` where a job lies."""
        there = tuple(each for each in paths if self.tree.entry(each) is not None)
        return dict(zip(there, self._read(there), strict=True))

    def __getitem__(self, job: JobId) -> Had:
        """Return what is held of a job; raise KeyError where it is not there."""
        known = self.__dict__.get("_all")
        if known is not None:
            return self._all[job]
        where = path(job)
        if self.tree.entry(where) is None:
            raise KeyError(job)
        return self._read((where,))[0]

    def __iter__(self) -> Iterator[JobId]:
        """Yield the id of each job."""
        return iter(self._all)

    def __len__(self) -> int:
        """Return how many jobs there are."""
        return len(self._paths)

    @cached_property
    def _paths(self) -> tuple[str, ...]:
        return self.tree.paths(FOLDER)

    @cached_property
    def _all(self) -> dict[JobId, Had]:
        hads = sorted(self._read(self._paths), key=lambda had: had.job)
        return {had.job: had for had in hads}
