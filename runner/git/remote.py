"""A remote of a repository: fetch one ref, push one ref, and say truly what came of it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from runner.errors import RepositoryError
from runner.git import gitcall, leftovers
from runner.git.repository import Git, full_ref
from runner.model import Commit

if TYPE_CHECKING:
    from runner.git import gittrees

_MEND = "look at the remote's address, at the network and at your credentials"
# Git's words for two pushes at one time, as against a hook or a rule that says no.
_RACES = ("lock", "failed to update ref", "incorrect old value", "already exists")


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
        return self.fetch_all((ref,)).get(ref)

    def fetch_all(self, refs: tuple[str, ...]) -> dict[str, Commit]:
        """Return the commits of those full ref names that the remote has, by their names."""
        wanted = self._advertised(tuple(full_ref(ref) for ref in refs))
        kept = {
            ref: full_ref(f"refs/jobgate/remote/{self.name}/{ref.removeprefix('refs/')}")
            for ref in wanted
        }
        here = self._git.refs(*kept.values()) if kept else {}
        stale = {ref: name for ref, name in kept.items() if here.get(name) != wanted[ref]}
        if stale:
            self._fetch(stale)
            here = self._git.refs(*kept.values())
        for name in kept.values():
            if name not in here:
                raise RepositoryError(
                    f"cannot find {name} after it was fetched", mend="run `git fsck`, and try again"
                )
        return {ref: here[name] for ref, name in kept.items()}

    def push(self, ref: str, new: Commit, old: Commit | None) -> Pushed:
        """Ask the remote to set `ref` to `new` if it still is `old` (None: absent)."""
        answer = self._asked_to_set(ref, new, old)
        far = self._far() if _is_locked(answer) else None
        for _ in () if far is None else leftovers.tries(far, ref):
            answer = self._asked_to_set(ref, new, old)
            if not _is_locked(answer):
                break
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

    def folder(self) -> Path | None:
        """Return the folder that is pushed to; None where the remote lies elsewhere."""
        told = self._git.call.out("remote", "get-url", "--push", "--all", "--", self.name)
        folder = self._git.top / os.fsdecode(told).splitlines()[0].removeprefix("file://")
        return folder if folder.is_dir() else None

    # ------------------------------------------------------------ parts

    def _asked_to_set(self, ref: str, new: Commit, old: Commit | None) -> gitcall.Answer:
        return self._git.call.run(
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

    def _far(self) -> Path | None:
        """Return the repository of a remote on this machine, where git dies with who pushes."""
        folder = self.folder()
        if folder is None:
            return None
        asked = ("rev-parse", "--path-format=absolute", "--git-common-dir")
        answer = gitcall.Call(folder).run(*asked)
        return Path(os.fsdecode(answer.out.rstrip(b"\n"))) if answer.code == 0 else None

    def _advertised(self, refs: tuple[str, ...]) -> dict[str, Commit]:
        asked = ("ls-remote", "--refs", "--quiet", "--", self.name, *refs)
        answer = self._git.call.run(*asked, seconds=gitcall.NETWORK_SECONDS)
        if answer.code != 0:
            raise gitcall.failed(f"ask the remote {self.name}", answer, mend=_MEND)
        found: dict[str, Commit] = {}
        for line in answer.out.decode("utf-8", "replace").splitlines():
            oid, _, name = line.partition("\t")
            if name in refs:  # a pattern also matches longer names that end so
                found[name] = Commit(self._git.objects.named(oid))
        return found

    def _fetch(self, kept: dict[str, str]) -> None:
        """Fetch each ref to where it is kept: together if that can be done, or one by one."""
        if len(kept) > 1 and self._fetched(kept).code == 0:
            return
        for ref, name in kept.items():
            answer = gitcall.Answer(code=128, out=b"", err="")
            for _ in leftovers.tries(self._git.common, name):
                answer = self._fetched({ref: name})
                # Where a lock is in the way, another run in this clone was fetching it.
                if answer.code == 0 or "lock" not in answer.err:
                    break
            if answer.code != 0:
                raise gitcall.failed(f"fetch {ref} from {self.name}", answer, mend=_MEND)

    def _fetched(self, kept: dict[str, str]) -> gitcall.Answer:
        return self._git.call.run(
            "fetch",
            "--quiet",
            "--no-tags",
            "--no-prune",
            "--no-recurse-submodules",
            "--no-write-fetch-head",
            "--refmap=",
            "--",
            self.name,
            *(f"+{ref}:{name}" for ref, name in kept.items()),
            seconds=gitcall.NETWORK_SECONDS,
        )


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


def _is_locked(answer: gitcall.Answer) -> bool:
    return answer.code != 0 and ".lock'" in answer.err


def _status(out: bytes, ref: str) -> str:
    for line in out.decode("utf-8", "replace").splitlines():
        if line.split("\t")[1:2] and line.split("\t")[1].endswith(f":{ref}"):
            return line
    return ""
