"""Reads objects of the store through one long-lived `git cat-file --batch`, and re-hashes each.

What comes out is the object that its id names, or a RepositoryError. Trees are parsed here and
kept, since neighbouring commits share most of theirs.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import select
import tempfile
import threading
import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runner.errors import RepositoryError
from runner.git import gitcall
from runner.model import Commit, Oid

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator, Sequence

LARGEST = 16 * 1024 * 1024
_LARGEST_TREE = 256 * 1024 * 1024
# So many requests fit into a pipe at once: git is never kept from answering by our asking.
_AT_ONCE = 400
_CHUNK = 1 << 16
_SECONDS = 60.0
_WIDTH = {"sha1": 20, "sha256": 32}


@dataclass(frozen=True, slots=True)
class TooLarge:
    """An object that is larger than the reader wanted; `size` in bytes."""

    size: int


@dataclass(frozen=True, slots=True)
class TreeEntry:
    """One name of a tree object: what it is, and its id."""

    mode: int
    oid: Oid


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitObject:
    """A commit as it is stored; its parents are what it says, not what a shallow clone has."""

    tree: Oid
    parents: tuple[Commit, ...]
    headers: tuple[bytes, ...]
    message: bytes


class Objects:
    """The objects of one repository. Usable from several threads, one at a time."""

    def __init__(self, call: gitcall.Call, object_format: str) -> None:
        """Remember how to call git; the process is started by the first reading."""
        if object_format not in _WIDTH:
            raise RepositoryError(
                f"cannot read objects of the format {object_format}", mend="use sha1 or sha256"
            )
        self._call = call
        self._format = object_format
        self._width = _WIDTH[object_format]
        self._lock = threading.Lock()
        self._batch: _Batch | None = None
        self._trees: dict[Oid, dict[str, TreeEntry]] = {}

    def oid(self, content: bytes, kind: str = "blob") -> Oid:
        """Return the id that git would give to `content`."""
        header = f"{kind} {len(content)}\0".encode()
        return Oid(hashlib.new(self._format, header + content, usedforsecurity=False).hexdigest())

    def named(self, text: str) -> str:
        """Return `text` when it is a whole object id; raise RepositoryError when it is not."""
        if re.fullmatch(f"[0-9a-f]{{{2 * self._width}}}", text) is None:
            raise RepositoryError(
                f"cannot use {text[:80]!a} as an object id", mend="give the whole id in hexadecimal"
            )
        return text

    def blob(self, oid: Oid, limit: int = LARGEST) -> bytes | TooLarge:
        """Return the content of one blob, or that it has more than `limit` bytes."""
        return next(self.blobs([oid], limit))

    def blobs(self, oids: Sequence[Oid], limit: int = LARGEST) -> Iterator[bytes | TooLarge]:
        """Yield the content of each blob, in order."""
        for first in range(0, len(oids), _AT_ONCE):
            yield from self._many(oids[first : first + _AT_ONCE], "blob", limit)

    def tree(self, oid: Oid) -> dict[str, TreeEntry]:
        """Return the names of one tree. A name that is not UTF-8 gets backslashes."""
        known = self._trees.get(oid)
        if known is None:
            known = self._trees[oid] = self._parsed(oid, self._one(oid, "tree"))
        return known

    def commit(self, commit: Commit) -> CommitObject:
        """Return one commit."""
        head, _, message = self._one(Oid(commit), "commit").partition(b"\n\n")
        headers = tuple(head.split(b"\n"))
        trees = [line[5:].decode("ascii", "replace") for line in headers if line[:5] == b"tree "]
        parents = [
            line[7:].decode("ascii", "replace") for line in headers if line[:7] == b"parent "
        ]
        if len(trees) != 1:
            raise _broken(commit, "it does not name one tree")
        return CommitObject(
            tree=Oid(self.named(trees[0])),
            parents=tuple(Commit(self.named(parent)) for parent in parents),
            headers=headers,
            message=message,
        )

    def close(self) -> None:
        """End the process. A later reading starts another one."""
        with self._lock:
            self._drop()

    def _one(self, oid: Oid, kind: str) -> bytes:
        content = self._many([oid], kind, _LARGEST_TREE)[0]
        if isinstance(content, TooLarge):
            raise _broken(oid, f"a {kind} of {content.size} bytes is too large")
        return content

    def _many(self, oids: Sequence[Oid], kind: str, limit: int) -> list[bytes | TooLarge]:
        for oid in oids:
            self.named(oid)
        with self._lock:
            if self._batch is None or self._batch.owner != os.getpid():
                self._batch = _Batch(self._call, self._format)
            try:
                self._batch.ask(oids)
                return [self._batch.answer(oid, kind, limit) for oid in oids]
            except BaseException:
                self._drop()  # answers that nobody read would be taken for the next ones
                raise

    def _drop(self) -> None:
        if self._batch is not None:
            self._batch.close()
            self._batch = None

    def _parsed(self, oid: Oid, content: bytes) -> dict[str, TreeEntry]:
        entries: dict[str, TreeEntry] = {}
        names: set[bytes] = set()
        at = 0
        while at < len(content):
            stop = content.find(b"\0", at)
            mode, _, name = content[at:stop].partition(b" ")
            at = stop + 1 + self._width
            wrong = name in {b"", b".", b".."} or b"/" in name or name in names
            if stop < 0 or at > len(content) or wrong or not mode.isdigit():
                raise _broken(oid, "the tree is malformed")
            names.add(name)
            entries[name.decode("utf-8", "backslashreplace")] = TreeEntry(
                int(mode, 8), Oid(content[stop + 1 : at].hex())
            )
        return entries


class _Batch:
    """One running `git cat-file --batch`."""

    def __init__(self, call: gitcall.Call, object_format: str) -> None:
        self._format = object_format
        with contextlib.ExitStack() as stack:
            self._errors = stack.enter_context(tempfile.TemporaryFile())
            self._process = call.start("cat-file", "--batch", stderr=self._errors)
            self.owner = os.getpid()  # a forked process must not share, nor end, its parent's
            stack.callback(_stop, self._process, self.owner)
            self.close = weakref.finalize(self, stack.pop_all().close)
        self._rest = bytearray()

    def ask(self, oids: Sequence[Oid]) -> None:
        if self._process.stdin is not None:
            try:
                self._process.stdin.write("".join(f"{oid}\n" for oid in oids).encode())
                self._process.stdin.flush()
            except OSError:
                raise self._died() from None

    def answer(self, oid: Oid, kind: str, limit: int) -> bytes | TooLarge:
        name, _, rest = self._line().decode("ascii", "replace").partition(" ")
        if rest == "missing":
            raise RepositoryError(
                f"cannot read object {oid}: this clone lacks it",
                mend="fetch it: `git fetch`, or `git fetch --unshallow` in a shallow clone; if it "
                "was here, look with `git fsck`",
            )
        found, _, length = rest.partition(" ")
        if name != oid or found != kind or not length.isdigit():
            raise _broken(oid, f"git answered {f'{name} {rest}'!a} where a {kind} was asked for")
        size = int(length)
        digest = hashlib.new(self._format, f"{kind} {size}\0".encode(), usedforsecurity=False)
        content = self._take(size) if size <= limit else None
        for chunk in self._exactly(size) if content is None else (content,):
            digest.update(chunk)
        if self._take(1) != b"\n" or digest.hexdigest() != oid:
            raise _broken(oid, "its content does not hash to its id")
        return TooLarge(size) if content is None else content

    def _line(self) -> bytes:
        while (stop := self._rest.find(b"\n")) < 0:
            self._fill()
        line = bytes(self._rest[:stop])
        del self._rest[: stop + 1]
        return line

    def _take(self, size: int) -> bytes:
        while len(self._rest) < size:
            self._fill()
        taken = bytes(self._rest[:size])
        del self._rest[:size]
        return taken

    def _exactly(self, size: int) -> Iterator[bytes]:
        while size > 0:
            if not self._rest:
                self._fill()
            chunk = bytes(self._rest[:size])
            del self._rest[:size]
            size -= len(chunk)
            yield chunk

    def _fill(self) -> None:
        pipe = self._process.stdout
        if pipe is None or not select.select([pipe], [], [], _SECONDS)[0]:
            raise RepositoryError(
                f"cannot wait for git cat-file any longer: no answer in {_SECONDS:.0f} seconds",
                mend="look at the disk, then run it again",
            )
        chunk = os.read(pipe.fileno(), _CHUNK)
        if not chunk:
            raise self._died()
        self._rest += chunk

    def _died(self) -> RepositoryError:
        self._process.wait(_SECONDS)
        self._errors.seek(0)
        answer = gitcall.Answer(
            code=self._process.returncode, out=b"", err=gitcall.clean(self._errors.read(_CHUNK))
        )
        return gitcall.failed("read the object store", answer)


def _stop(process: subprocess.Popen[bytes], owner: int) -> None:
    if owner == os.getpid():
        gitcall.end(process)
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):  # what git never read is flushed into nothing
                pipe.close()


def _broken(oid: str, why: str) -> RepositoryError:
    return RepositoryError(
        f"cannot trust object {oid}: {why}", mend="run `git fsck`, and clone the repository anew"
    )
