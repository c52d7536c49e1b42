"""Writes blobs, trees, commits and refs, each on the disk before the next refers to it.

Commits are jobgate's own: their name and address are set here, whatever the user's settings are.
"""

from __future__ import annotations

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

    def tree_with(self, base: Oid | None, files: Mapping[str, bytes | None]) -> Oid:
        """Return the tree `base` (None: an empty one) with `files` put in; None takes one out.

        Paths must be plain: what a tree may not hold is git's to refuse.
        """
        with tempfile.TemporaryDirectory(prefix="jobgate-") as folder:
            index = {"GIT_INDEX_FILE": f"{folder}/index"}
            if base is not None:
                self.call.out("read-tree", self.objects.named(base), extra=index)
            oids = self._blobs(Path(folder), [body for body in files.values() if body is not None])
            nothing = "0" * len(self.objects.oid(b""))
            lines = []
            for path, body in files.items():
                entry = f"0 {nothing}" if body is None else f"100644 {oids[body]}"
                lines.append(f"{entry}\t{path}\0".encode())
            put = self.call.run(
                "update-index", "-z", "--index-info", stdin=b"".join(lines), extra=index
            )
            if put.code != 0 or put.err:  # a path that it ignores is no failure to git
                raise gitcall.failed("put files into a tree", put, mend="use plain paths")
            return self._oid(self.call.out("write-tree", extra=index))

    def commit_tree(
        self, tree: Oid, parents: tuple[Commit, ...], message: str, at: str | None
    ) -> Commit:
        """Return a new commit of `tree`, dated `at` (ISO 8601; None: git's own clock)."""
        who = {
            "GIT_AUTHOR_NAME": NAME,
            "GIT_AUTHOR_EMAIL": ADDRESS,
            "GIT_COMMITTER_NAME": NAME,
            "GIT_COMMITTER_EMAIL": ADDRESS,
        }
        if at is not None:
            who["GIT_AUTHOR_DATE"] = who["GIT_COMMITTER_DATE"] = _date(at)
        options = [word for parent in parents for word in ("-p", self.objects.named(parent))]
        out = self.call.out(
            "commit-tree", self.objects.named(tree), *options, stdin=message.encode(), extra=who
        )
        return Commit(self._oid(out))

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

    def _blobs(self, folder: Path, contents: list[bytes]) -> dict[bytes, Oid]:
        different = list(dict.fromkeys(contents))
        if not different:
            return {}
        # One pack for many: a file each would have to reach the disk one after the other.
        told = b"".join(
            b"blob\nmark :%d\ndata %d\n%b\n" % (mark, len(content), content)
            for mark, content in enumerate(different, start=1)
        )
        marks = folder / "marks"
        asked = ("fast-import", "--quiet", "--done", f"--export-marks={marks}")
        self.call.out(*asked, stdin=told + b"done\n")
        lines = (line.split() for line in marks.read_bytes().splitlines())
        kept = {mark: self._oid(oid) for mark, oid in lines}
        oids = [kept[b":%d" % mark] for mark in range(1, len(different) + 1)]
        return dict(zip(different, oids, strict=True))

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
    return f"@{int(moment.timestamp())} +0000"
