"""Questions about the history of commits, none of which is answered from a part of it.

A shallow clone lacks what lies beyond its boundary. Where that could change an answer, there is a
RepositoryError instead, so that another clone depth gives the same answer or none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from runner.errors import RepositoryError
from runner.git import gitcall, gitobjects
from runner.model import Commit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_UNSHALLOW = "fetch the whole history: `git fetch --unshallow`"
_ROLES = (b"author ", b"committer ")
_WHEN = re.compile(rb"-?\d+ [+-]\d+")
_CO_AUTHOR = re.compile(
    r"^[ \t]*co-authored-by[ \t]*:(.*(?:\n[ \t]+.*)*)", re.IGNORECASE | re.MULTILINE
)
_APART = re.compile(r"[\s<>,;]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Range:
    """The commits between two, the newest first, and by path those that changed what is there."""

    walked: tuple[Commit, ...]
    changes: dict[bytes, list[Commit]]

    def of(self, paths: tuple[str, ...]) -> tuple[Commit, ...]:
        """Return the commits that changed one of `paths`, the newest first."""
        names = (path.encode("utf-8", "surrogateescape") for path in paths)
        found = {commit for name in names for commit in self.changes.get(name, ())}
        return tuple(commit for commit in self.walked if commit in found) if found else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """The history that one repository holds. `shallow` is the file that names the boundary."""

    call: gitcall.Call
    objects: gitobjects.Objects
    shallow: Path
    # Between two commits nothing ever changes, and a plan asks about every job, again and again.
    _ranges: dict[tuple[Commit | None, Commit], _Range] = field(default_factory=dict, init=False)
    _lines: dict[tuple[Commit | None, Commit], _Range] = field(default_factory=dict, init=False)

    def descends(self, commit: Commit, ancestor: Commit) -> bool:
        """Tell whether `ancestor` is `commit` or stands in its history."""
        self._have(commit, ancestor)
        if commit == ancestor or ancestor in self.objects.commit(commit).parents:
            return True
        answer = self.call.run("merge-base", "--is-ancestor", ancestor, commit)
        if answer.code == 0:
            return True
        if answer.code != 1:
            raise self._failed("compare two commits", answer)
        self._whole(self._walk(commit, not_of=(ancestor,)))
        return False

    def merge_base(self, one: Commit, other: Commit) -> Commit | None:
        """Return the best common ancestor, or None when the two have no common history."""
        self._have(one, other)
        answer = self.call.run("merge-base", one, other)
        if answer.code not in {0, 1}:
            raise self._failed("find the merge base", answer)
        base = answer.out.decode().strip()
        # Git passes over a commit that it cannot find here; a walk does not.
        beyond = (Commit(self.objects.named(base)),) if base else ()
        self._whole(self._walk(one, other, not_of=beyond))
        return beyond[0] if beyond else None

    def merge_bases(self, one: Commit, other: Commit) -> tuple[Commit, ...]:
        """Return every best common ancestor: two lines that were merged crosswise have several."""
        self._have(one, other)
        answer = self.call.run("merge-base", "--all", one, other)
        if answer.code not in {0, 1}:
            raise self._failed("find the merge bases", answer)
        found = tuple(Commit(self.objects.named(line)) for line in answer.out.decode().split())
        self._whole(self._walk(one, other, not_of=found))
        return found

    def first(self, tip: Commit) -> Commit | None:
        """Return the commit that a line of commits begins with; None where this clone hides it."""
        self._have(tip)
        out = self.call.out("rev-list", "--max-parents=0", tip, "--")
        found = [Commit(self.objects.named(line)) for line in out.decode().split()]
        whole = len(found) == 1 and not self.objects.commit(found[0]).parents
        return found[0] if whole else None

    def touched_by(
        self, since: Commit | None, head: Commit, paths: tuple[str, ...]
    ) -> frozenset[str]:
        """Return the addresses of all who made commits in `since..head` that changed `paths`.

        A merge counts when it made something that none of its parents has. Side branches whose
        changes were undone count too. Addresses are in lower case.
        """
        return self._people(self.commits(since, head, paths), _ROLES)

    def authors(self, commits: Iterable[Commit]) -> frozenset[str]:
        """Return the addresses of all authors and co-authors, but not of those who committed."""
        return self._people(commits, _ROLES[:1])

    def commits(
        self, since: Commit | None, head: Commit, paths: tuple[str, ...]
    ) -> tuple[Commit, ...]:
        """Return the commits in `since..head` that changed `paths`, the newest first."""
        if (since, head) not in self._ranges:
            self._ranges[since, head] = self._changes(since, head)
        return self._ranges[since, head].of(paths)

    def line(
        self, since: Commit | None, head: Commit, paths: tuple[str, ...]
    ) -> Iterator[tuple[Commit, Commit | None]]:
        """Yield the steps of the branch at `head` that changed `paths`, with what stood before.

        The newest comes first. A step is a commit as against its first parent: of what a merge
        brings in there is none but the merge.
        """
        if (since, head) not in self._lines:
            known = () if since is None else (since,)
            self._have(head, *known)
            asked = ("--first-parent", "--parents", head, *(f"^{commit}" for commit in known))
            listed = self.call.out("rev-list", *asked, "--").decode().splitlines()
            # A commit and its first parent: with them alone it is compared.
            self._lines[since, head] = self._compared([line.split()[:2] for line in listed])
        for step in self._lines[since, head].of(paths):
            parents = self.objects.commit(step).parents
            yield step, parents[0] if parents else None

    def before(self, branch: Commit, commit: Commit) -> Commit | None:
        """Return the branch as it stood right before `commit` came in; None: it began with it.

        That is `branch` itself when the commit is not in its history.
        """
        if not self.descends(branch, commit):
            return branch
        outside = f"^{commit}"
        after = self.call.out("rev-list", "--ancestry-path", branch, outside, "--")
        since = self.call.out("rev-list", "--first-parent", branch, outside, "--")
        later = set(after.decode().split())
        line = [Commit(self.objects.named(each)) for each in since.decode().split()]
        brought = next((each for each in reversed(line) if each in later), commit)
        parents = self.objects.commit(brought).parents
        if parents[:1] == (commit,):  # it stands in the branch's own line, and was not merged
            parents = self.objects.commit(commit).parents
        return parents[0] if parents else None

    def _people(self, commits: Iterable[Commit], roles: tuple[bytes, ...]) -> frozenset[str]:
        return frozenset(
            person
            for commit in commits
            for person in _people(commit, self.objects.commit(commit), roles)
        )

    def _changes(self, since: Commit | None, head: Commit) -> _Range:
        """Return what each commit of `since..head` changed."""
        known = () if since is None else (since,)
        self._have(head, *known)
        if self._boundary():
            self._same_at_any_depth(head, known)
        return self._compared([[commit] for commit in self._walk(head, not_of=known)])

    def _compared(self, asked: list[list[str]]) -> _Range:
        """Return what commits changed, each against its parents, or those beside it if there are.

        Of a merge that is what differs from every parent.
        """
        walked = tuple(Commit(self.objects.named(words[0])) for words in asked)
        lines = "".join(f"{' '.join(words)}\n" for words in asked)
        options = ("diff-tree", "--stdin", "--root", "-c", "-r", "-z", "--raw", "--no-renames")
        out = self.call.out(*options, stdin=lines.encode())
        changes: dict[bytes, list[Commit]] = {}
        commit, parts = Commit(""), iter(out.split(b"\0")[:-1])
        for part in parts:
            if part.startswith(b":"):
                changes.setdefault(next(parts), []).append(commit)
            else:
                commit = Commit(self.objects.named(part.decode()))
        return _Range(walked=walked, changes=changes)

    def _walk(self, *heads: Commit, not_of: tuple[Commit, ...] = ()) -> list[Commit]:
        asked = [*heads, *(f"^{commit}" for commit in not_of)]
        answer = self.call.run("rev-list", *asked, "--")
        if answer.code != 0:
            raise self._failed("walk the history", answer)
        return [Commit(self.objects.named(line)) for line in answer.out.decode().split()]

    def _have(self, *commits: Commit) -> None:
        """Refuse what is no commit of this clone, and what git would take for an option."""
        for commit in commits:
            try:
                self.objects.commit(commit)
            except RepositoryError as error:
                if self._boundary():
                    raise RepositoryError(error.message, mend=_UNSHALLOW) from None
                raise

    def _boundary(self) -> frozenset[str]:
        """Return the commits whose parents a shallow clone hides."""
        try:
            return frozenset(self.shallow.read_text("ascii").split())
        except FileNotFoundError:
            return frozenset()

    def _whole(self, walked: Iterable[Commit]) -> None:
        if not self._boundary().isdisjoint(walked):
            raise RepositoryError(
                "cannot tell from a part of the history: this clone is shallow", mend=_UNSHALLOW
            )

    def _same_at_any_depth(self, head: Commit, known: tuple[Commit, ...]) -> None:
        """Refuse `known..head` where the commits that a shallow clone hides could change it.

        A commit that descends from `known` is surely none of its ancestors. Of any other it can
        only be told when the history of `known` is whole.
        """
        walked = self._walk(head, not_of=known)
        self._whole(walked)
        for since in known:
            out = self.call.out("rev-list", "--ancestry-path", head, f"^{since}")
            if len(out.split()) != len(walked):
                self._whole(self._walk(since))

    def _failed(self, what: str, answer: gitcall.Answer) -> RepositoryError:
        if self._boundary():
            return gitcall.failed(what, answer, mend=_UNSHALLOW)
        return gitcall.failed(what, answer, mend="run `git fsck`")


def _people(
    commit: Commit, found: gitobjects.CommitObject, roles: tuple[bytes, ...]
) -> Iterator[str]:
    lines = [line for line in found.headers if line.startswith(_ROLES)]
    addresses = [address for address in map(_address, lines) if address is not None]
    if len(lines) != len(_ROLES) or len(addresses) != len(_ROLES):
        raise RepositoryError(
            f"cannot tell who made {commit}: its author or committer is malformed",
            mend="make that commit again with `git commit --amend --reset-author`",
        )
    for line, address in zip(lines, addresses, strict=True):
        if line.startswith(roles):
            yield address.decode("utf-8", "replace").strip().lower()
    for trailer in _CO_AUTHOR.findall(found.message.decode("utf-8", "replace")):
        yield from (word.lower() for word in _APART.split(trailer) if "@" in word)


def _address(line: bytes) -> bytes | None:
    """Return what stands between the first `<` and the last `>` before the time of a line."""
    begins, ends = line.find(b"<"), line.rfind(b"> ")
    if begins < 0 or ends < begins or _WHEN.fullmatch(line[ends + 2 :]) is None:
        return None
    return line[begins + 1 : ends]
