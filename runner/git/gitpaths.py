"""Which paths of a tree may be read, and the words for those that may not.

A tree is seen through `folders`: a function from a folder's path ("" is the root) to what it holds.
Where that comes from, a commit or the disk, is left to the callers.
"""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from runner.model import Unreadable

# More names than this are not searched for a near one.
_SEARCHED = 5000


class Kind(StrEnum):
    """What a name in a tree stands for."""

    FILE = "a regular file"
    FOLDER = "a folder"
    SYMLINK = "a symbolic link"
    SUBMODULE = "a submodule"
    OTHER = "no regular file"


@dataclass(frozen=True, slots=True)
class Folder:
    """What a folder holds, and which of its names another one equals but for case."""

    kinds: Mapping[str, Kind]
    twins: Mapping[str, str]


Folders: TypeAlias = Callable[[str], Folder]


def folder(kinds: Mapping[str, Kind]) -> Folder:
    """Return a folder with those names."""
    first: dict[str, str] = {}
    twins: dict[str, str] = {}
    for name in kinds:
        other = first.setdefault(_folded(name), name)
        if other != name:
            twins[name] = other
            twins[other] = name
    return Folder(kinds, twins)


def refusal(path: str, folders: Folders) -> Unreadable | None:
    """Return why `path` may not be read, or None when it is a regular file and may."""
    refused = _escape(path)
    if refused is not None:
        return refused
    parts = path.split("/")
    for number, part in enumerate(parts):
        above = "/".join(parts[:number])
        held = folders(above)
        refused = _name(path, join(above, part), held)
        if refused is not None:
            return refused
        kind = held.kinds.get(part)
        last = number == len(parts) - 1
        if kind is None or (kind is Kind.FILE and not last):
            return _missing(path, number, folders)
        if kind is not (Kind.FILE if last else Kind.FOLDER):
            return _no_file(path, join(above, part), kind)
    return None


def plain(name: str, held: Folder) -> bool:
    """Tell whether `name` is beyond doubt a file of a folder in which others may be read.

    Where this is false, `refusal` says what is wrong, if anything is.
    """
    return (
        held.kinds.get(name) is Kind.FILE
        and name not in held.twins
        and name.isascii()
        and name.isprintable()
        and "\\" not in name
    )


def below(under: str, folders: Folders) -> Iterator[str]:
    """Yield every path below the folder `under` that is no folder itself."""
    if under and not all(
        folders(parent).kinds.get(part) is Kind.FOLDER for parent, part in _steps(under)
    ):
        return
    waiting = [under]
    while waiting:
        at = waiting.pop()
        for part, kind in folders(at).kinds.items():
            if kind is Kind.FOLDER:
                waiting.append(join(at, part))
            else:
                yield join(at, part)


def join(above: str, name: str) -> str:
    """Return the path of `name` in the folder `above`."""
    return f"{above}/{name}" if above else name


def too_large(path: str, size: int, limit: int) -> Unreadable:
    """Return the refusal of a file of `size` bytes where `limit` are allowed."""
    return Unreadable(
        path=path,
        rule="too-large",
        message=f"cannot read {path}: it has {size} bytes, and {limit} are allowed",
        mend="keep large files elsewhere, and fetch them in the script",
    )


def _steps(path: str) -> Iterator[tuple[str, str]]:
    parts = path.split("/")
    for number, part in enumerate(parts):
        yield "/".join(parts[:number]), part


def _folded(name: str) -> str:
    if name.isascii():
        return name.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def _escape(path: str) -> Unreadable | None:
    if not (path.isascii() and path.isprintable()) and any(
        unicodedata.category(letter) in {"Cc", "Cf", "Cs"} for letter in path
    ):
        why = "it holds control or invisible characters"
    elif "\\" in path:
        why = "it holds a backslash"
    elif path.startswith("/"):
        why = "it is absolute"
    elif any(part in {"", ".", ".."} for part in path.split("/")):
        why = "it has an empty part, '.' or '..'"
    else:
        return None
    return Unreadable(
        path=path,
        rule="path-escape",
        message=f"cannot read {path if path.isprintable() else ascii(path)}: {why}",
        mend="write the path from the root of the repository, with plain names and '/'",
    )


def _name(path: str, here: str, held: Folder) -> Unreadable | None:
    other = held.twins.get(here.rpartition("/")[2])
    if other is None:
        return None
    twin = join(here.rpartition("/")[0], other)
    return Unreadable(
        path=path,
        rule="case-collision",
        message=f"cannot read {path}: {here} and {twin} differ in nothing but case",
        mend=f"rename one of {here} and {twin}",
    )


def _no_file(path: str, here: str, kind: Kind) -> Unreadable:
    rules = {Kind.SYMLINK: "symlink", Kind.SUBMODULE: "submodule"}
    return Unreadable(
        path=path,
        rule=rules.get(kind, "not-a-file"),
        message=f"cannot read {path}: {here if here != path else 'it'} is {kind}",
        mend="name a regular file that is kept in this repository",
    )


def _missing(path: str, number: int, folders: Folders) -> Unreadable:
    near = _near(path.split("/"), number, folders)
    return Unreadable(
        path=path,
        rule="missing-file",
        message=f"cannot read {path}: there is no such file",
        mend=f"add the file, or name {near}" if near else "add the file, or correct its path",
    )


def _near(parts: list[str], number: int, folders: Folders) -> str | None:
    above = "/".join(parts[:number])
    names = list(folders(above).kinds)[:_SEARCHED]
    same = [name for name in names if _folded(name) == _folded(parts[number])]
    for name in same + difflib.get_close_matches(parts[number], names, n=3):
        near = "/".join([*parts[:number], name, *parts[number + 1 :]])
        if all(part in folders(parent).kinds for parent, part in _steps(near)):
            return near
    for tried, other in enumerate(below("", folders)):
        if tried > _SEARCHED:
            break
        if other.rpartition("/")[2] == parts[-1]:
            return other
    return None
