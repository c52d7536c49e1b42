"""Writes blobs, trees, commits and refs, each on the disk before the next refers to it.

Commits are jobgate's own: their name and address are set here, whatever the user's settings are.
"""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from runner.errors import RepositoryError
from runner.git import gitcall, gitobjects, leftovers
from runner.model import Commit, Oid

if TYPE_CHECKING:
    from collections.abc import Mapping

NAME = "jobgate"
ADDRESS = "jobgate@localhost"
_SHA1 = 40
_GIT = re.compile(r"\.git(?:[ .:]|$)|git~\d", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCommit:
    """A commit to be: the tree `base` (None: an empty one) with `files` put in.

    A file that is None is taken out. `at` is ISO 8601; None takes the clock of git.
    """

    base: Oid | None
    files: Mapping[str, bytes | None]
    parents: tuple[Commit, ...]
    message: str
    at: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """The writing side of one repository."""

    call: gitcall.Call
    objects: gitobjects.Objects
    common: Path  # the folder of the repository itself

    def blob(self, content: bytes) -> Oid:
        """Keep `content` and return its id."""
        out = self.call.out("hash-object", "-w", "--stdin", "--no-filters", stdin=content)
        return self._oid(out)

    def commit_with(self, new: NewCommit) -> Commit:
        """Return a new commit, which no ref names yet."""
        wrong = [path for path in new.files if not _is_plain(path)]
        if wrong:
            raise RepositoryError(
                f"cannot put files into a tree: it may not hold {wrong[0]!a}",
                mend="use plain paths",
            )
        with tempfile.TemporaryDirectory(prefix="jobgate-") as folder:
            marks = Path(folder) / "marks"
            # All of it in one pack: what is a file each reaches the disk one after the other.
            self.call.out(
                "fast-import",
                "--quiet",
                "--done",
                f"--date-format={'now' if new.at is None else 'raw'}",
                f"--export-marks={marks}",
                stdin=self._told(new),
                extra=self._beside(Path(folder)),
            )
            kept = dict(line.split() for line in marks.read_bytes().splitlines())
        return Commit(self._oid(kept[b":1"]))

    def commit(self, content: bytes) -> Commit:
        """Keep a whole commit object as it is, and return it."""
        out = self.call.out("hash-object", "-t", "commit", "-w", "--stdin", stdin=content)
        return Commit(self._oid(out))

    def update_ref(self, ref: str, new: Commit, old: Commit | None) -> bool:
        """Set `ref` to `new` if it still is `old` (None: absent); tell whether it was."""
        before = self.objects.named(old) if old is not None else "0" * len(new)
        answer = gitcall.Answer(code=128, out=b"", err="")
        for _ in leftovers.tries(self.common, ref):
            answer = self.call.run("update-ref", "--no-deref", ref, self.objects.named(new), before)
            if answer.code == 0:
                return True
            now = self.call.run("rev-parse", "--quiet", "--verify", "--end-of-options", ref)
            found = now.out.decode("ascii", "replace").strip() if now.code == 0 else None
            if found != old:
                return False
            if ".lock" not in answer.err:
                break
        raise gitcall.failed(f"set {ref}", answer, mend="look for a left-over .lock file")

    def _beside(self, folder: Path) -> dict[str, str]:
        """Return surroundings for git in which no ref of this repository can be moved.

        Objects reach the repository itself; the one ref that an import must name stays in `folder`.
        """
        (folder / "refs").mkdir()
        (folder / "HEAD").write_text("ref: refs/heads/none\n")
        sha256 = len(self.objects.oid(b"")) > _SHA1
        kind = "[extensions]\n\tobjectFormat = sha256\n" if sha256 else ""
        version = f"[core]\n\trepositoryFormatVersion = {int(sha256)}\n{kind}"
        # Who may read what is written is a setting of the repository.
        include = f"[include]\n\tpath = {_quoted(str(self.common / 'config'))}\n"
        (folder / "config").write_text(f"{include}{version}", "utf-8", "surrogateescape")
        return {"GIT_DIR": str(folder), "GIT_OBJECT_DIRECTORY": str(self.common / "objects")}

    def _told(self, new: NewCommit) -> bytes:
        """Return what makes a commit, in the words of `git fast-import`; its mark is 1."""
        bodies = dict.fromkeys(body for body in new.files.values() if body is not None)
        marks = {body: mark for mark, body in enumerate(bodies, start=2)}
        told = [b"blob\nmark :%d\n%b" % (mark, _data(body)) for body, mark in marks.items()]
        who = f"committer {NAME} <{ADDRESS}> {'now' if new.at is None else _date(new.at)}\n"
        told += [b"commit refs/heads/none\nmark :1\n", who.encode(), _data(new.message.encode())]
        told += [
            f"{'merge' if number else 'from'} {self.objects.named(parent)}\n".encode()
            for number, parent in enumerate(new.parents)
        ]
        told.append(b"deleteall\n")
        if new.base is not None:
            told.append(f'M 040000 {self.objects.named(new.base)} ""\n'.encode())
        for path, body in new.files.items():
            deed = "D" if body is None else f"M 100644 :{marks[body]}"
            told.append(f"{deed} {_quoted(path)}\n".encode("utf-8", "surrogateescape"))
        return b"".join([*told, b"done\n"])

    def _oid(self, out: bytes) -> Oid:
        return Oid(self.objects.named(out.decode("ascii", "replace").strip()))


def _date(at: str) -> str:
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        raise RepositoryError(
            f"cannot date a commit {at!a}: it is no instant", mend="give it as ISO 8601"
        ) from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return f"{int(moment.timestamp())} +0000"


def _is_plain(path: str) -> bool:
    """Tell whether a tree may hold `path`, whatever file system it is checked out on."""
    parts = path.split("/")
    return path.isprintable() and not any(
        part in {"", ".", ".."} or _GIT.match(part) or "\\" in part for part in parts
    )


def _data(content: bytes) -> bytes:
    return b"data %d\n%b\n" % (len(content), content)


def _quoted(path: str) -> str:
    """Return a path as both `git fast-import` and a file of settings read it."""
    escaped = path.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
