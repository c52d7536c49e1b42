"""Puts new files into a working tree: all of them, or none.

Each is written aside, on the same disk, before any of them takes its place; what was replaced comes
back when a later one fails. Nothing is put where git would not look: below a link, or outside.
"""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from runner.errors import CheckError, RepositoryError

if TYPE_CHECKING:
    from collections.abc import Mapping


def place(top: Path, files: Mapping[str, bytes], *, replace: bool) -> None:
    """Write `files`, by their path from `top`. Raises CheckError where one stands in the way.

    `replace` allows a regular file to be overwritten.
    """
    for path in files:
        _free(top, path, replace=replace)
    made: list[Path] = []
    aside: list[tuple[Path, Path]] = []
    try:
        for path, content in files.items():
            made += _folders(top, path)
            aside.append((_aside(top / path, content), top / path))
        _swap(aside)
    except OSError as error:
        for spare, _ in aside:
            spare.unlink(missing_ok=True)
        for folder in reversed(made):
            with contextlib.suppress(OSError):
                folder.rmdir()
        raise RepositoryError(
            f"cannot write {', '.join(files)}: {error.strerror}",
            mend="let yourself write there; nothing was changed",
        ) from error


def _free(top: Path, path: str, *, replace: bool) -> None:
    parts = path.split("/")
    if path.startswith("/") or any(part in {"", ".", "..", ".git"} for part in parts):
        raise CheckError(
            f"cannot write {path}: it is no path from the root of the repository",
            mend="name a folder with plain names and '/'",
        )
    for end in range(1, len(parts)):
        mode = _mode(top / "/".join(parts[:end]))
        if mode is not None and not stat.S_ISDIR(mode):
            raise CheckError(
                f"cannot write {path}: {'/'.join(parts[:end])} is no folder",
                mend="name another folder",
            )
    mode = _mode(top / path)
    if mode is None or (replace and stat.S_ISREG(mode)):
        return
    raise CheckError(
        f"cannot write {path}: it is there already",
        mend="give another --name, or --force to overwrite it"
        if stat.S_ISREG(mode)
        else "give another --name",
    )


def _mode(path: Path) -> int | None:
    """Return the mode of what is at `path`; None where nothing is, or nothing can be."""
    try:
        return path.lstat().st_mode
    except OSError:
        return None


def _folders(top: Path, path: str) -> list[Path]:
    """Make the folders above `path` and return those that were not there."""
    made: list[Path] = []
    for part in reversed((top / path).relative_to(top).parents[:-1]):
        folder = top / part
        if not folder.exists():
            folder.mkdir()
            made.append(folder)
    return made


def _aside(path: Path, content: bytes) -> Path:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".jobgate-")
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    spare = Path(name)
    spare.chmod(0o644)
    return spare


def _swap(aside: list[tuple[Path, Path]]) -> None:
    """Let each spare file take its place; when one cannot, put back what was there."""
    done: list[tuple[Path, bytes | None]] = []
    try:
        for spare, path in aside:
            done.append((path, path.read_bytes() if path.exists() else None))
            spare.replace(path)
    except OSError:
        for path, before in done:
            if before is None:
                path.unlink(missing_ok=True)
            else:
                path.write_bytes(before)
        raise
