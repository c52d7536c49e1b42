"""One Git repository: its commits and their files, its history, its refs, and what is added to it.

How git is called, how objects are read and re-hashed, and what a shallow clone may not answer are
the business of the modules named `git…` below this one. Remotes are `remote`'s.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Self

from runner.errors import RepositoryError
from runner.git import gitcall, githistory, gitobjects, gittrees, gitwrite, worktree
from runner.model import Commit, Oid

_REF = re.compile(
    r"(?!.*(?://|\.\.|@\{|/\.|\.lock(?:/|$)))refs/[^\x00-\x20\x7f~^:?*\[\\]+(?<![./])"
)


class Git:
    """One repository, opened. Close it, or use it in a `with`.

    As it stands it is the repository of a ledger that is kept here: `tip` asks no remote.
    """

    def __init__(self, top: Path, common: Path, object_format: str) -> None:
        """Use the working tree at `top`, whose repository lies at `common`; see `open`."""
        self.top = top
        self.common = common
        self.call = gitcall.Call(top)
        self.objects = gitobjects.Objects(self.call, object_format)
        self._shallow = common / "shallow"
        self._history = githistory.History(
            call=self.call, objects=self.objects, shallow=self._shallow
        )
        self._writer = gitwrite.Writer(call=self.call, objects=self.objects, common=common)
        self._trees: dict[Commit, gittrees.CommitTree] = {}

    @classmethod
    def open(cls, folder: Path) -> Git:
        """Return the repository that `folder` lies in."""
        answer = gitcall.Call(folder).run(
            "rev-parse",
            "--path-format=absolute",
            "--show-toplevel",
            "--git-common-dir",
            "--show-object-format",
        )
        if answer.code != 0:
            raise gitcall.failed(
                f"open {folder} as a repository",
                answer,
                mend="run jobgate in a working tree of Git, or make one: `git init`",
            )
        lines = answer.out.decode("utf-8", "surrogateescape").split("\n")
        if lines[3:] != [""]:
            raise RepositoryError(
                f"cannot open {folder}: its path holds a line break", mend="rename the folder"
            )
        top, common, object_format = Path(lines[0]), Path(lines[1]), lines[2]
        grafts = common / "info" / "grafts"
        if grafts.exists():
            raise RepositoryError(
                f"cannot trust the history of {top}: grafts are in force", mend=f"remove {grafts}"
            )
        return cls(top, common, object_format)

    def __enter__(self) -> Self:
        """Return the repository itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """End the process that reads objects. The repository can still be used."""
        self.objects.close()

    # ------------------------------------------------------------ reading

    def commit(self, revision: str) -> Commit:
        """Return the commit that `revision` names."""
        answer = (
            self.call.run("rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}")
            if "\0" not in revision
            else gitcall.Answer(code=128, out=b"", err="it holds a NUL")
        )
        if answer.code != 0:
            raise gitcall.failed(
                f"find the commit {revision!a}",
                answer,
                mend="name a commit of this clone; fetch it first if it is a remote's",
            )
        if "ambiguous" in answer.err:
            raise gitcall.failed(
                f"use the name {revision!a}", answer, mend="give the full name: refs/heads/…"
            )
        return self._known(answer.out)

    def tree(self, commit: Commit) -> gittrees.CommitTree:
        """Return the files of `commit`."""
        known = self._trees.get(commit)
        if known is None:
            root = self.objects.commit(commit).tree
            known = self._trees[commit] = gittrees.CommitTree(self.objects, root)
        return known

    def worktree(self) -> worktree.WorkingTree:
        """Return the files on disk as they are now."""
        return worktree.WorkingTree(self.call, self.objects, self.top)

    def tip(self, branch: str) -> Commit:
        """Return the tip of the local branch."""
        found = self.ref(f"refs/heads/{branch}")
        if found is None:
            raise RepositoryError(
                f"cannot find the branch {branch!a} in this repository",
                mend="name the branch that the ledger serves, or make it",
            )
        return found

    def ref(self, name: str) -> Commit | None:
        """Return the commit that the full ref name stands for, or None when it is absent."""
        return self.refs(full_ref(name)).get(name)

    def refs(self, *under: str) -> dict[str, Commit]:
        """Return the refs that are, or lie below, the full names given, with their commits."""
        out = self.call.out(
            "for-each-ref", "--format=%(refname) %(objecttype) %(objectname)", "--", *under
        )
        found: dict[str, Commit] = {}
        for line in out.decode("utf-8", "surrogateescape").splitlines():
            name, kind, oid = line.rsplit(" ", 2)
            if kind != "commit":
                raise RepositoryError(
                    f"cannot use {name}: it is a {kind} and no commit", mend="set it to a commit"
                )
            found[name] = Commit(self.objects.named(oid))
        return found

    def descends(self, commit: Commit, ancestor: Commit) -> bool:
        """Tell whether `ancestor` is `commit` or stands in its history."""
        return self._history.descends(commit, ancestor)

    def merge_base(self, one: Commit, other: Commit) -> Commit | None:
        """Return the best common ancestor, or None when the two have no common history."""
        return self._history.merge_base(one, other)

    def touched_by(
        self, since: Commit | None, head: Commit, paths: tuple[str, ...]
    ) -> frozenset[str]:
        """Return the addresses of all who made commits in `since..head` that changed `paths`."""
        return self._history.touched_by(since, head, paths)

    @property
    def history(self) -> githistory.History:
        """Return what can be asked about the history of commits."""
        return self._history

    def shallow(self) -> bool:
        """Tell whether a part of the history is not here."""
        return self._shallow.exists()

    def remotes(self) -> tuple[str, ...]:
        """Return the names of the configured remotes."""
        return tuple(self.call.out("remote").decode("utf-8", "replace").splitlines())

    def settings(self, name: str) -> tuple[str, ...]:
        """Return every value of a setting in this repository's own configuration."""
        answer = self.call.run("config", "--local", "-z", "--get-all", name)
        return tuple(answer.out.decode("utf-8", "replace").split("\0")[:-1])

    def address(self) -> str:
        """Return the address that git would put into a commit of whoever works here, or nothing."""
        answer = self.call.run("config", "--get", "user.email")
        return answer.out.decode("utf-8", "replace").strip()

    # ------------------------------------------------------------ writing

    def blob(self, content: bytes) -> Oid:
        """Keep `content` and return its id."""
        return self._writer.blob(content)

    def commit_with(self, new: gitwrite.NewCommit) -> Commit:
        """Return a new commit, which no ref names yet."""
        return self._writer.commit_with(new)

    def keep_commit(self, content: bytes) -> Commit:
        """Keep a whole commit object as it is, and return it."""
        return self._writer.commit(content)

    def update_ref(self, ref: str, new: Commit, old: Commit | None) -> bool:
        """Set `ref` to `new` if it still is `old` (None: absent); tell whether it was."""
        return self._writer.update_ref(full_ref(ref), new, old)

    def add_setting(self, name: str, value: str) -> None:
        """Add a value to a setting in this repository's own configuration."""
        self.call.out("config", "--local", "--add", name, value)

    def _known(self, out: bytes) -> Commit:
        commit = Commit(self.objects.named(out.decode("ascii", "replace").strip()))
        self.objects.commit(commit)
        return commit


def full_ref(name: str) -> str:
    """Return `name` when it is a full and well-formed ref name; raise RepositoryError if not."""
    if _REF.fullmatch(name) is None:
        raise RepositoryError(
            f"cannot use {name!a} as a ref",
            mend="give a plain branch name, without refs/ before it",
        )
    return name
