"""A remote of a repository: fetch one ref, push one ref, and say truly what came of it."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from runner.errors import RepositoryError
from runner.git import gitcall
from runner.git.repository import Git, full_ref
from runner.model import Commit

if TYPE_CHECKING:
    from runner.git import gittrees

_ATTEMPTS = 5
_MEND = "look at the remote's address, at the network and at your credentials"
# Git's words for two pushes at one time, as against a hook or a rule that says no.
_RACES = ("lock", "failed to update ref", "incorrect old value", "already exists")
_chance = secrets.SystemRandom()


class Outcome(Enum):
    """What came of a push: it is there, it lost a race, it was refused, or nobody knows."""

    DONE = "done"
    MOVED = "moved"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pushed:
    """The outcome of one push, with the remote's words."""

    outcome: Outcome
    words: str


class Remote:
    """One configured remote. What it holds is kept below `refs/jobgate/remote/<name>/`."""

    def __init__(self, git: Git, name: str) -> None:
        """Use the remote called `name`; raise RepositoryError when there is none."""
        if name not in git.remotes():
            raise RepositoryError(
                f"cannot find a remote called {name!a}",
                mend="name one that `git remote` lists, or add it: `git remote add`",
            )
        self.name = name
        self._git = git

    def fetch(self, ref: str) -> Commit | None:
        """Return the commit that the full ref name stands for on the remote; None if absent."""
        wanted = self._advertised(full_ref(ref))
        if wanted is None:
            return None
        kept = full_ref(f"refs/jobgate/remote/{self.name}/{ref.removeprefix('refs/')}")
        if self._git.ref(kept) == wanted:
            return wanted
        self._fetch(ref, kept)
        found = self._git.ref(kept)
        if found is None:
            raise RepositoryError(
                f"cannot find {kept} after it was fetched", mend="run `git fsck`, and try again"
            )
        return found

    def push(self, ref: str, new: Commit, old: Commit | None) -> Pushed:
        """Ask the remote to set `ref` to `new` if it still is `old` (None: absent)."""
        answer = self._git.call.run(
            "push",
            "--porcelain",
            "--no-verify",
            "--no-signed",
            "--no-follow-tags",
            f"--force-with-lease={full_ref(ref)}:{old or ''}",
            "--",
            self.name,
            f"{new}:{ref}",
            seconds=gitcall.NETWORK_SECONDS,
        )
        status = _status(answer.out, ref)
        words = gitcall.clean(f"{status}\n{answer.err}".encode())
        if answer.code == 0:
            return Pushed(outcome=Outcome.DONE, words=words)
        if status.startswith("!\t") and "[remote rejected]" in status:
            raced = any(word in status for word in _RACES)
            return Pushed(outcome=Outcome.MOVED if raced else Outcome.REFUSED, words=words)
        if status.startswith("!\t") and "[rejected]" in status:
            return Pushed(outcome=Outcome.MOVED, words=words)
        return Pushed(outcome=Outcome.UNKNOWN, words=words)

    def _advertised(self, ref: str) -> Commit | None:
        answer = self._git.call.run(
            "ls-remote", "--refs", "--quiet", "--", self.name, ref, seconds=gitcall.NETWORK_SECONDS
        )
        if answer.code != 0:
            raise gitcall.failed(f"ask the remote {self.name}", answer, mend=_MEND)
        for line in answer.out.decode("utf-8", "replace").splitlines():
            oid, _, name = line.partition("\t")
            if name == ref:  # the pattern also matches longer names that end so
                return Commit(self._git.objects.named(oid))
        return None

    def _fetch(self, ref: str, kept: str) -> None:
        for attempt in range(_ATTEMPTS):
            answer = self._git.call.run(
                "fetch",
                "--quiet",
                "--no-tags",
                "--no-prune",
                "--no-recurse-submodules",
                "--no-write-fetch-head",
                "--refmap=",
                "--",
                self.name,
                f"+{ref}:{kept}",
                seconds=gitcall.NETWORK_SECONDS,
            )
            if answer.code == 0:
                return
            if "lock" not in answer.err or attempt == _ATTEMPTS - 1:
                raise gitcall.failed(f"fetch {ref} from {self.name}", answer, mend=_MEND)
            time.sleep(_chance.uniform(0, 0.1))  # another run in this clone was fetching it


class Kept:
    """What this clone last fetched from a remote, without asking it: for those who only read."""

    def __init__(self, git: Git, name: str) -> None:
        """Use what is kept here of the remote called `name`."""
        self.name = name
        self._git = git

    def fetch(self, ref: str) -> Commit | None:
        """Return the newest copy of the full ref name: jobgate's own, or that of `git fetch`.

        Where neither goes on from the other, git's: whoever compares it with what was seen before
        must learn of the difference.
        """
        branch = full_ref(ref).removeprefix("refs/heads/")
        ours = self._git.ref(f"refs/jobgate/remote/{self.name}/heads/{branch}")
        gits = self._git.ref(f"refs/remotes/{self.name}/{branch}")
        if ours is not None and (gits is None or self._git.descends(ours, gits)):
            return ours
        return gits

    def push(self, ref: str, new: Commit, old: Commit | None) -> Pushed:
        """Refuse: nothing is written without the remote."""
        del new, old
        return Pushed(outcome=Outcome.REFUSED, words=f"{ref} is only read from {self.name} here")


class RemoteRepository:
    """A repository whose branches are the remote's, as just fetched."""

    def __init__(self, git: Git, remote: Remote) -> None:
        """Read commits from `git`, and the tips of branches from `remote`."""
        self._git = git
        self._remote = remote

    def commit(self, revision: str) -> Commit:
        """Return the commit that `revision` names in this clone."""
        return self._git.commit(revision)

    def tree(self, commit: Commit) -> gittrees.CommitTree:
        """Return the files of `commit`."""
        return self._git.tree(commit)

    def tip(self, branch: str) -> Commit:
        """Fetch the remote's branch and return its tip."""
        found = self._remote.fetch(f"refs/heads/{branch}")
        if found is None:
            raise RepositoryError(
                f"cannot find the branch {branch!a} on the remote {self._remote.name}",
                mend="push the branch that the ledger serves",
            )
        return found

    def descends(self, commit: Commit, ancestor: Commit) -> bool:
        """Tell whether `ancestor` is `commit` or stands in its history."""
        return self._git.descends(commit, ancestor)

    def touched_by(
        self, since: Commit | None, head: Commit, paths: tuple[str, ...]
    ) -> frozenset[str]:
        """Return the addresses of all who made commits in `since..head` that changed `paths`."""
        return self._git.touched_by(since, head, paths)


def _status(out: bytes, ref: str) -> str:
    for line in out.decode("utf-8", "replace").splitlines():
        if line.split("\t")[1:2] and line.split("\t")[1].endswith(f":{ref}"):
            return line
    return ""
