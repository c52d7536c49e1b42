"""The files of one commit, read from the object store and from nowhere else."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

from runner import canon
from runner.git import gitobjects, gitpaths
from runner.git.gitpaths import Kind
from runner.model import Blob, Oid, Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_GITLINK = 0o160000
_KINDS = {
    stat.S_IFREG: Kind.FILE,
    stat.S_IFDIR: Kind.FOLDER,
    stat.S_IFLNK: Kind.SYMLINK,
    _GITLINK: Kind.SUBMODULE,
}
_NOTHING = gitpaths.folder({})


class CommitTree:
    """The tree of one commit. Folders are read when they are first asked for, and kept."""

    def __init__(self, objects: gitobjects.Objects, root: Oid) -> None:
        """See the tree object `root` as a tree of files."""
        self._objects = objects
        self._folders: dict[str, gitpaths.Folder] = {}
        self.oid = root

    def paths(self, under: str) -> tuple[str, ...]:
        """Return every path below the folder `under`, sorted: files, links and submodules."""
        return tuple(sorted(gitpaths.below(under, self._folder)))

    def read(self, path: str) -> Blob | Unreadable:
        """Return the regular file at `path`, or why it is not one."""
        return next(self.read_all([path]))

    def read_all(
        self, paths: Sequence[str], limit: int = gitobjects.LARGEST
    ) -> Iterator[Blob | Unreadable]:
        """Yield what stands at each path, in order; faster than one by one."""
        refused = {path: gitpaths.refusal(path, self._folder) for path in paths}
        wanted = [(path, self._oid(path)) for path in paths if refused[path] is None]
        contents = self._objects.blobs([oid for _, oid in wanted], limit)
        read: dict[str, Blob | Unreadable] = {}
        for (path, oid), content in zip(wanted, contents, strict=True):
            read[path] = _blob(path, oid, content, limit)
        for path in paths:
            yield refused[path] or read[path]

    def entry(self, path: str) -> gitobjects.TreeEntry | None:
        """Return what the tree says about `path`, whatever kind of thing it is, or None."""
        above, _, name = path.rpartition("/")
        oid = self._tree(above)
        return None if oid is None else self._objects.tree(oid).get(name)

    def _oid(self, path: str) -> Oid:
        found = self.entry(path)
        return Oid("") if found is None else found.oid

    def _folder(self, path: str) -> gitpaths.Folder:
        known = self._folders.get(path)
        if known is None:
            oid = self._tree(path)
            known = _NOTHING
            if oid is not None:
                entries = self._objects.tree(oid)
                known = gitpaths.folder({name: _kind(entries[name].mode) for name in entries})
            self._folders[path] = known
        return known

    def _tree(self, path: str) -> Oid | None:
        if not path:
            return self.oid
        found = self.entry(path)
        return found.oid if found is not None and _kind(found.mode) is Kind.FOLDER else None


def _kind(mode: int) -> Kind:
    return _KINDS.get(stat.S_IFMT(mode), Kind.OTHER)


def _blob(
    path: str, oid: Oid, content: bytes | gitobjects.TooLarge, limit: int
) -> Blob | Unreadable:
    if isinstance(content, gitobjects.TooLarge):
        return gitpaths.too_large(path, content.size, limit)
    return Blob(path=path, oid=oid, sha256=canon.sha256(content), content=content)
