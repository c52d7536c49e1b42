"""The files on disk beside the repository, for authors only: tracked, or new and not ignored.

What git's filters would do to a file (line ends, LFS) is not done: a file is the bytes that lie
there, and its id is theirs. What is ignored does not exist.
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, TypeAlias

from runner import canon
from runner.git import gitcall, gitobjects, gitpaths
from runner.git.gitpaths import Kind
from runner.model import Blob, Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from runner.git import gittrees

# Names of a folder as git lists them: a folder holds a mapping, anything else None.
_Listed: TypeAlias = "dict[str, _Listed | None]"
_PIECE = 64 * 1024  # bytes; most files are read in one
_NOTHING = gitpaths.folder({})


class WorkingTree:
    """The working tree as it was listed when this was made; contents are read when asked for."""

    def __init__(self, call: gitcall.Call, objects: gitobjects.Objects, top: Path) -> None:
        """List the files of the working tree at `top`."""
        self._objects = objects
        self._top = top
        self._folders: dict[str, gitpaths.Folder] = {}
        self._paths: dict[str, tuple[str, ...]] = {}  # by the folder that they are below
        self._entered: set[str] = set()  # folders with a file that may be read
        self._listed: _Listed = {}
        listing = call.out("ls-files", "-z", "--cached", "--others", "--exclude-standard")
        for name in filter(None, listing.split(b"\0")):
            self._list(os.fsdecode(name.rstrip(b"/")).split("/"))

    def paths(self, under: str) -> tuple[str, ...]:
        """Return every path below the folder `under`, sorted: files, links and submodules."""
        known = self._paths.get(under)
        if known is None:
            known = self._paths[under] = tuple(sorted(gitpaths.below(under, self._folder)))
        return known

    def read(self, path: str) -> Blob | Unreadable:
        """Return the regular file at `path`, or why it is not one."""
        above, _, name = path.rpartition("/")
        if above not in self._entered or not gitpaths.plain(name, self._folder(above)):
            refused = gitpaths.refusal(path, self._folder)
            if refused is not None:
                return refused
            self._entered.add(above)
        try:
            content = self._content(path)
        except OSError as error:
            return _vanished(path, error)
        if isinstance(content, gitobjects.TooLarge):
            return gitpaths.too_large(path, content.size, gitobjects.LARGEST)
        return Blob(
            path=path,
            oid=self._objects.oid(content),
            sha256=canon.sha256(content),
            content=content,
        )

    def read_all(self, paths: Sequence[str]) -> Iterator[Blob | Unreadable]:
        """Yield what stands at each path, in order."""
        return map(self.read, paths)

    def differing(self, other: gittrees.CommitTree) -> frozenset[str]:
        """Return every path that is here or in the tree of a commit, and not the same in both."""
        here = self.paths("")
        gone = set(other.paths("")).difference(here)
        return frozenset(gone.union(path for path in here if not self._same(path, other)))

    def _same(self, path: str, other: gittrees.CommitTree) -> bool:
        blob, entry = self.read(path), other.entry(path)
        return (
            isinstance(blob, Blob)
            and entry is not None
            and stat.S_ISREG(entry.mode)
            and entry.oid == blob.oid
        )

    def _list(self, parts: list[str]) -> None:
        at = self._listed
        for part in parts[:-1]:
            inner = at.get(part)
            if inner is None:
                inner = at[part] = {}
            at = inner
        at.setdefault(parts[-1], None)

    def _content(self, path: str) -> bytes | gitobjects.TooLarge:
        # Neither a link nor a pipe that has come there meanwhile can lead or hold us.
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        file = os.open(f"{self._top}/{path}", flags)
        try:
            content = _read(file)
            size = os.fstat(file).st_size
        finally:
            os.close(file)
        return gitobjects.TooLarge(size) if len(content) > gitobjects.LARGEST else content

    def _folder(self, path: str) -> gitpaths.Folder:
        known = self._folders.get(path)
        if known is None:
            listed: _Listed | None = self._listed
            for part in path.split("/") if path else ():
                listed = listed.get(part) if listed is not None else None
            known = self._folders[path] = _NOTHING if listed is None else self._found(path, listed)
        return known

    def _found(self, path: str, listed: _Listed) -> gitpaths.Folder:
        kinds: dict[str, Kind] = {}
        there = _entries(f"{self._top}/{path}")
        for name, inner in listed.items():
            if name in there:
                shown = name.encode(errors="surrogateescape").decode(errors="backslashreplace")
                kinds[shown] = _kind(there[name], listed_folder=inner is not None)
        return gitpaths.folder(kinds)


def _entries(folder: str) -> dict[str, os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return {entry.name: entry for entry in entries}
    except OSError:
        return {}


def _kind(entry: os.DirEntry[str], *, listed_folder: bool) -> Kind:
    if entry.is_symlink():
        return Kind.SYMLINK
    if entry.is_dir(follow_symlinks=False):
        # Git lists what is in a folder, but a repository within as one name.
        return Kind.FOLDER if listed_folder else Kind.SUBMODULE
    return Kind.FILE if entry.is_file(follow_symlinks=False) else Kind.OTHER


def _read(file: int) -> bytes:
    """Return what an open file holds, but no more than one byte beyond what may be read."""
    pieces: list[bytes] = []
    room = gitobjects.LARGEST + 1
    while room and (piece := os.read(file, min(room, _PIECE))):
        pieces.append(piece)
        room -= len(piece)
    return b"".join(pieces)


def _vanished(path: str, error: OSError) -> Unreadable:
    return Unreadable(
        path=path,
        rule="missing-file",
        message=f"cannot read {path}: {error.strerror}",
        mend="put the file back, or let yourself read it",
    )
