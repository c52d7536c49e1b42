"""Files that a command leaves behind: written whole or not at all, whatever interrupts it."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from typing import TYPE_CHECKING

from runner.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_NEW = 0o644


def check(path: Path) -> None:
    """Raise UsageError where a file cannot be written at `path`: better before the work than after.

    Nothing is written, and no file is made.
    """
    with _told(path):
        why = _against(path)
    if why:
        raise UsageError(f"cannot write {path}: {why}", mend="name a file that can be written")


def write(path: Path, content: bytes) -> None:
    """Put `content` in the place of the file at `path`. Raises UsageError where that fails."""
    with _told(path):
        if _special(path):
            _pass_on(path, content)
        else:
            _swap(path.resolve(), content)


def append(path: Path, content: bytes) -> None:
    """Add `content` to the file at `path`, which may not be there yet. Raises UsageError."""
    with _told(path):
        if _special(path):
            _pass_on(path, content)
        else:
            _swap(path.resolve(), held(path) + content)


def held(path: Path) -> bytes:
    """Return what the file at `path` holds: nothing where there is none, or it is no such file.

    Raises UsageError where it cannot be read.
    """
    with _told(path):
        return path.read_bytes() if path.exists() and not _special(path) else b""


def _against(path: Path) -> str:
    """Return why a file at `path` could not be written, or nothing."""
    folder = path.parent
    if path.is_dir():
        return "it is a folder"
    if not folder.is_dir():
        return f"there is no folder {folder}"
    if not os.access(path if path.exists() else folder, os.W_OK):
        return "it may not be written to"
    return ""


def _special(path: Path) -> bool:
    """Tell whether what is at `path` is no regular file: a pipe or a device has no place to take.

    A name that leads nowhere yet is one of a regular file to be.
    """
    try:
        return not stat.S_ISREG(path.stat().st_mode)
    except FileNotFoundError:
        return False


def _pass_on(path: Path, content: bytes) -> None:
    with path.open("ab", buffering=0) as file:
        while content:
            content = content[file.write(content) or 0 :]


def _swap(path: Path, content: bytes) -> None:
    mode = stat.S_IMODE(path.stat().st_mode) if path.exists() else _NEW
    # Named before it is made, so that an interrupt at any point finds what it has to take away.
    spare = path.with_name(f".jobgate-{secrets.token_hex(8)}")
    try:
        with spare.open("xb") as file:
            file.write(content)
        spare.chmod(mode)
        spare.replace(path)
    finally:
        spare.unlink(missing_ok=True)


@contextlib.contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UsageError(
            f"cannot write {path}: {error.strerror or error}",
            mend="name a file that can be written, where there is room for it",
        ) from error
