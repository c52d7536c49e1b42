"""Which commits come from which, as far as reviews need it, and where reviewed commits are kept.

What people reviewed is often on no branch any more: squashed, rebased, its branch deleted. So each
commit that a verdict rested on becomes a parent of a commit on `refs/heads/jobgate-evidence`, which
every clone fetches, and which no collection of garbage goes past.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from runner.errors import RepositoryError
from runner.git import chain
from runner.git.remote import Remote

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from runner.git.repository import Git
    from runner.model import Commit

REF = "refs/heads/jobgate-evidence"


class GitLineage:
    """The commits of a repository whose ledger is kept here (`remote` None), or on that remote."""

    def __init__(self, git: Git, remote: str | None) -> None:
        """Look at the history here; pull requests and evidence are where the ledger is."""
        self._git = git
        self._history = git.history
        self._name = remote

    def commits(
        self, since: Commit | None, head: Commit, paths: tuple[str, ...]
    ) -> tuple[Commit, ...]:
        """Return the commits in `since..head` that changed `paths`, the newest first."""
        return self._history.commits(since, head, paths)

    def makers(self, since: Commit | None, head: Commit, paths: tuple[str, ...]) -> frozenset[str]:
        """Return the addresses of all who made those commits."""
        return self._history.touched_by(since, head, paths)

    def authors(self, commits: Iterable[Commit]) -> frozenset[str]:
        """Return the addresses of the authors and co-authors of commits."""
        return self._history.authors(commits)

    def line(
        self, since: Commit | None, head: Commit, paths: tuple[str, ...]
    ) -> Iterator[tuple[Commit, Commit | None]]:
        """Yield the steps of the branch at `head` that changed `paths`, with what stood before."""
        return self._history.line(since, head, paths)

    def before(self, branch: Commit, commit: Commit) -> Commit | None:
        """Return the branch as it stood right before `commit` came in; None: it began with it."""
        return self._history.before(branch, commit)

    def descends(self, commit: Commit, ancestor: Commit) -> bool:
        """Tell whether `ancestor` is `commit` or stands in its history."""
        return self._history.descends(commit, ancestor)

    def merge_bases(self, one: Commit, other: Commit) -> tuple[Commit, ...]:
        """Return every best common ancestor."""
        return self._history.merge_bases(one, other)

    def differing(self, one: Commit, other: Commit) -> frozenset[str]:
        """Return every path at which the trees of two commits are not the same."""
        return self._git.tree(one).differing(self._git.tree(other))

    def has(self, commit: Commit) -> bool:
        """Tell whether this clone has the commit."""
        try:
            self._git.objects.commit(commit)
        except RepositoryError:
            return False
        return True

    def pulled(self, numbers: Iterable[int]) -> Mapping[int, Commit]:
        """Return the newest commit of each pull request that has a ref, as just fetched."""
        names = {number: f"refs/pull/{number}/head" for number in numbers}
        if not names:
            return {}
        asked = tuple(names.values())
        found = (
            self._git.refs(*asked)
            if self._name is None
            else Remote(self._git, self._name).fetch_all(asked)
        )
        return {number: found[name] for number, name in names.items() if name in found}

    def keep(self, commits: Sequence[Commit], at: str) -> Commit:
        """Keep `commits`, and return the commit of the evidence ref that holds all of them."""
        wanted = tuple(dict.fromkeys(commits))

        def build(tip: Commit | None) -> chain.Files | None:
            kept = {} if tip is None else {each: self.holds(tip, each) for each in wanted}
            missing = tuple(each for each in wanted if not kept.get(each))
            if not missing:
                return None
            return chain.Files(files={}, message="keep what was reviewed", at=at, besides=missing)

        tip = self._chain.append(build)
        if tip is None:
            raise RepositoryError(
                f"cannot keep nothing on {REF}", mend="name the commits that were reviewed"
            )
        return tip

    def holds(self, evidence: Commit, commit: Commit) -> bool:
        """Tell whether a commit of the evidence ref keeps `commit`."""
        return self._git.descends(evidence, commit)

    def tip(self) -> Commit | None:
        """Return the newest commit of the evidence ref, as just fetched, or None without one."""
        return self._chain.tip()

    @functools.cached_property
    def _chain(self) -> chain.Chain:
        return chain.Chain(self._git, REF, self._name)
