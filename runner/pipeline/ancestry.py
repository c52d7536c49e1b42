"""What reviews are held against: a port of its own beside `ports`, for the lines of commits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol, TypeAlias

from runner.model import Commit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

# Keeps commits, at an instant, and returns the commit of the evidence ref that holds all of them.
# Raises RepositoryError when that cannot be done.
Keep: TypeAlias = Callable[[Sequence[Commit], str], Commit]


class Lineage(Protocol):
    """Git, as far as reviews need it, and the ref that keeps what was reviewed, to be read.

    Every method raises RepositoryError when Git cannot say.
    """

    def commits(
        self, since: Commit | None, head: Commit, paths: tuple[str, ...]
    ) -> tuple[Commit, ...]:
        """Return the commits in `since..head` that changed `paths`, the newest first."""
        ...

    def makers(self, since: Commit | None, head: Commit, paths: tuple[str, ...]) -> frozenset[str]:
        """Return the addresses of all who made those: authors, co-authors and committers."""
        ...

    def authors(self, commits: Iterable[Commit]) -> frozenset[str]:
        """Return the addresses of the authors and co-authors of commits, without committers."""
        ...

    def line(
        self, since: Commit | None, head: Commit, paths: tuple[str, ...]
    ) -> Iterator[tuple[Commit, Commit | None]]:
        """Yield the steps of the branch at `head` that changed `paths`, with what stood before.

        The newest comes first. What a merge brings in is one step.
        """
        ...

    def before(self, branch: Commit, commit: Commit) -> Commit | None:
        """Return the branch as it stood right before `commit` came in; None: it began with it.

        That is `branch` itself when the commit is not in its history.
        """
        ...

    def descends(self, commit: Commit, ancestor: Commit) -> bool:
        """Tell whether `ancestor` is `commit` or stands in its history."""
        ...

    def merge_bases(self, one: Commit, other: Commit) -> tuple[Commit, ...]:
        """Return every best common ancestor."""
        ...

    def differing(self, one: Commit, other: Commit) -> frozenset[str]:
        """Return every path at which the trees of two commits are not the same."""
        ...

    def has(self, commit: Commit) -> bool:
        """Tell whether this clone has the commit."""
        ...

    def pulled(self, numbers: Iterable[int]) -> Mapping[int, Commit]:
        """Return the newest commit of each pull request that has a ref, as just fetched."""
        ...

    def holds(self, evidence: Commit, commit: Commit) -> bool:
        """Tell whether a commit of the evidence ref keeps `commit`."""
        ...

    def tip(self) -> Commit | None:
        """Return the newest commit of the evidence ref, as just fetched, or None without one."""
        ...
