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
        self._paths: dict[str, tuple[str, ...]] = {}  # by the folder that they are below
        self._entered: dict[str, dict[str, gitobjects.TreeEntry]] = {}  # with a file to be read
        self.oid = root

    def paths(self, under: str) -> tuple[str, ...]:
        """Return every path below the folder `under`, sorted: files, links and submodules."""
        known = self._paths.get(under)
        if known is None:
            known = self._paths[under] = tuple(sorted(gitpaths.below(under, self._folder)))
        return known

    def read(self, path: str) -> Blob | Unreadable:
        """Return the regular file at `path`, or why it is not one."""
        return next(self.read_all([path]))

    def read_all(
        self, paths: Sequence[str], limit: int = gitobjects.LARGEST
    ) -> Iterator[Blob | Unreadable]:
        """Yield what stands at each path, in order; faster than one by one."""
        found = [self._oid(path) for path in paths]
        contents = self._objects.blobs([oid for oid in found if isinstance(oid, str)], limit)
        for path, oid in zip(paths, found, strict=True):
            yield _blob(path, oid, next(contents), limit) if isinstance(oid, str) else oid

    def entry(self, path: str) -> gitobjects.TreeEntry | None:
        """Return what the tree says about `path`, whatever kind of thing it is, or None."""
        above, _, name = path.rpartition("/")
        oid = self._tree(above)
        return None if oid is None else self._objects.tree(oid).get(name)

    def differing(self, other: CommitTree, under: str = "") -> frozenset[str]:
        """Return every path below a folder that is not the same in both trees, folders left out."""
        return frozenset(self._apart(under, self._tree(under), other._tree(under)))

    def _apart(self, at: str, one: Oid | None, two: Oid | None) -> Iterator[str]:
        """Yield what differs between two folders at a path, of which one may not be there."""
        before, after = ({} if oid is None else self._objects.tree(oid) for oid in (one, two))
        for name in before.keys() | after.keys():
            pair = (before.get(name), after.get(name))
            if pair[0] != pair[1]:
                path, inner = gitpaths.join(at, name), tuple(map(_inner, pair))
                if inner[0] != inner[1]:
                    yield from self._apart(path, *inner)
                if any(each and _inner(each) is None for each in pair):
                    yield path

    def _oid(self, path: str) -> Oid | Unreadable:
        """Return the id of the regular file at `path`, or why it is not one."""
        above, _, name = path.rpartition("/")
        entries = self._entered.get(above)
        if entries is None or not gitpaths.plain(name, self._folder(above)):
            refused = gitpaths.refusal(path, self._folder)
            if refused is not None:
                return refused
            oid = self._tree(above)
            entries = self._entered[above] = {} if oid is None else self._objects.tree(oid)
        return entries[name].oid

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
        return self.oid if not path else _inner(self.entry(path))


def _inner(entry: gitobjects.TreeEntry | None) -> Oid | None:
    """Return the tree of a folder; None for all else."""
    return entry.oid if entry is not None and _kind(entry.mode) is Kind.FOLDER else None


def _kind(mode: int) -> Kind:
    return _KINDS.get(stat.S_IFMT(mode), Kind.OTHER)


def _blob(
    path: str, oid: Oid, content: bytes | gitobjects.TooLarge, limit: int
) -> Blob | Unreadable:
    if isinstance(content, gitobjects.TooLarge):
        return gitpaths.too_large(path, content.size, limit)
    return Blob(path=path, oid=oid, sha256=canon.sha256(content), content=content)
