"""Git as it is installed, tried on repositories that are thrown away: does it push as is needed?"""

from __future__ import annotations

import tempfile
from pathlib import Path

from runner.errors import RepositoryError
from runner.git import gitcall
from runner.git.gitwrite import NewCommit
from runner.git.remote import Outcome, Remote
from runner.git.repository import Git

_MEND = "install git 2.36 or newer, without changes to how it pushes"
_FORBIDDEN = "transport 'file' not allowed"
_REF = "refs/heads/jobgate-journal"


class GitTrial:
    """The git on the path."""

    def version(self) -> tuple[int, int]:
        """Return its version; raise RepositoryError when it is missing or too old."""
        return gitcall.Call(Path(tempfile.gettempdir())).version

    def trial(self) -> str:
        """Push with an expected tip, with a stale one, and two refs at once.

        Return what could not be tried; raise RepositoryError where git does not do as it must.
        """
        with tempfile.TemporaryDirectory(prefix="jobgate-") as name:
            folder = Path(name)
            for part, kind in (("here", "--quiet"), ("there", "--bare")):
                (folder / part).mkdir()
                gitcall.Call(folder / part).out("init", "--quiet", "--template=", kind)
            with Git.open(folder / "here") as git:
                git.call.out("remote", "add", "origin", str(folder / "there"))
                return _tried(git, Remote(git, "origin"))


def _tried(git: Git, remote: Remote) -> str:
    files = {"file": b"content\n"}
    first = git.commit_with(NewCommit(base=None, files=files, parents=(), message="first"))
    again = NewCommit(base=None, files=files, parents=(first,), message="second")
    second = git.commit_with(again)
    pushed = remote.push(_REF, first, None)
    if _FORBIDDEN in pushed.words:
        return "a push: GIT_ALLOW_PROTOCOL leaves out `file`"
    if pushed.outcome is not Outcome.DONE:
        raise _unfit("push with an expected tip", pushed.words)
    stale = remote.push(_REF, second, None)
    if stale.outcome is not Outcome.MOVED or remote.fetch(_REF) != first:
        raise _unfit("refuse a push whose expected tip is stale", stale.words)
    names = [f"{second}:refs/heads/{name}" for name in ("one", "two")]
    answer = git.call.run("push", "--atomic", "--porcelain", "--", "origin", *names)
    if answer.code != 0:
        raise _unfit("push two refs at once", answer.err)
    return ""


def _unfit(what: str, words: str) -> RepositoryError:
    return RepositoryError(f"cannot use this git: it does not {what}: {words}", mend=_MEND)
