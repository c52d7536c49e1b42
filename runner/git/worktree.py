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
    from pathlib import Path

# Names of a folder as git lists them: a folder holds a mapping, anything else None.
_Listed: TypeAlias = "dict[str, _Listed | None]"
_NOTHING = gitpaths.folder({})


class WorkingTree:
    """The working tree as it was listed when this was made; contents are read when asked for."""

    def __init__(self, call: gitcall.Call, objects: gitobjects.Objects, top: Path) -> None:
        """List the files of the working tree at `top`."""
        self._objects = objects
        self._top = top
        self._folders: dict[str, gitpaths.Folder] = {}
        self._listed: _Listed = {}
        listing = call.out("ls-files", "-z", "--cached", "--others", "--exclude-standard")
        for name in filter(None, listing.split(b"\0")):
            self._list(os.fsdecode(name.rstrip(b"/")).split("/"))

    def paths(self, under: str) -> tuple[str, ...]:
        """Return every path below the folder `under`, sorted: files, links and submodules."""
        return tuple(sorted(gitpaths.below(under, self._folder)))

    def read(self, path: str) -> Blob | Unreadable:
        """Return the regular file at `path`, or why it is not one."""
        refused = gitpaths.refusal(path, self._folder)
        if refused is not None:
            return refused
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
        with os.fdopen(os.open(self._top / path, flags), "rb") as file:
            content = file.read(gitobjects.LARGEST + 1)
            size = os.fstat(file.fileno()).st_size
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
        for name, inner in listed.items():
            kind = _kind(self._top / gitpaths.join(path, name), listed_folder=inner is not None)
            if kind is not None:
                kinds[name.encode(errors="surrogateescape").decode(errors="backslashreplace")] = (
                    kind
                )
        return gitpaths.folder(kinds)


def _kind(path: Path, *, listed_folder: bool) -> Kind | None:
    try:
        mode = path.lstat().st_mode
    except OSError:
        return None
    if stat.S_ISDIR(mode):
        # Git lists what is in a folder, but a repository within as one name.
        return Kind.FOLDER if listed_folder else Kind.SUBMODULE
    if stat.S_ISLNK(mode):
        return Kind.SYMLINK
    return Kind.FILE if stat.S_ISREG(mode) else Kind.OTHER


def _vanished(path: str, error: OSError) -> Unreadable:
    return Unreadable(
        path=path,
        rule="missing-file",
        message=f"cannot read {path}: {error.strerror}",
        mend="put the file back, or let yourself read it",
    )
