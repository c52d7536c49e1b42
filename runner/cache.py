"""Content-addressed memory of pure results, in one SQLite file of this user's cache folder.

The file may be deleted at any time, and whatever is wrong with it counts as nothing remembered.
No verdict rests on it. Each edition of jobgate, its schemas and its libraries has a file of its
own, so that what one of them found out is never taken for the finding of another.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import os
import sqlite3
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from runner import published
from runner.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_LIBRARIES = ("jinja2", "jsonschema", "jsonschema_rs", "ruamel.yaml", "_ruamel_yaml")
_LARGEST = 256 * 1024 * 1024  # bytes; a larger file begins anew
_STALE = 30 * 24 * 3600  # seconds without a write, after which another edition's file is removed
_TABLE = """
    CREATE TABLE IF NOT EXISTS kept (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID
"""
_QUESTION = "SELECT value FROM kept WHERE key = ?"
_PATIENCE = 2.0  # seconds that another process may hold the file


@dataclass(frozen=True, slots=True)
class Cache:
    """What is kept in the file at `path`, which is made when there is something to keep."""

    path: Path

    def empty(self) -> bool:
        """Tell whether nothing is kept."""
        return not self.path.exists()

    def recall(self, keys: Sequence[str]) -> dict[str, bytes]:
        """Return what is kept under those of `keys` that anything is kept under."""
        found: dict[str, bytes] = {}
        with contextlib.suppress(sqlite3.Error, OSError):
            if not self.empty():
                with _opened(self.path) as file:
                    for key in keys:
                        row = file.execute(_QUESTION, (key,)).fetchone()
                        if row is not None and isinstance(row[0], bytes):
                            found[key] = row[0]
        return found

    def keep(self, entries: Mapping[str, bytes]) -> None:
        """Keep every entry; a file that cannot take them is removed, if it can be."""
        if not entries:
            return
        with contextlib.suppress(OSError):
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._make_room()
            try:
                with _opened(self.path) as file:
                    file.execute(_TABLE)
                    file.executemany("REPLACE INTO kept VALUES (?, ?)", entries.items())
                    file.commit()
            except sqlite3.OperationalError:
                return  # somebody else is writing, or the disk is full
            except sqlite3.Error:
                self.path.unlink(missing_ok=True)

    def _make_room(self) -> None:
        if self.path.exists() and self.path.stat().st_size > _LARGEST:
            self.path.unlink(missing_ok=True)
        for other in self.path.parent.glob("*.sqlite"):
            if other != self.path and time.time() - other.stat().st_mtime > _STALE:
                other.unlink(missing_ok=True)


def folder() -> Path:
    """Return where this user's caches lie."""
    chosen = os.environ.get("XDG_CACHE_HOME")
    # The standard has it that a path that is not absolute counts as absent.
    if chosen and Path(chosen).is_absolute():
        return Path(chosen) / "jobgate"
    try:
        return Path.home() / ".cache" / "jobgate"
    except RuntimeError:  # a user without a home: nothing can be kept there
        return Path(os.devnull) / "jobgate"


def of(purpose: str) -> Cache:
    """Return this edition's cache for one purpose."""
    return Cache(folder() / f"{purpose}-{edition()[:32]}.sqlite")


def edition() -> str:
    """Return a digest of all that results depend on beside their input.

    That is: the version, the schemas, the Python, and size and time of jobgate's own files and of
    its libraries, so that an edited checkout never meets what it found out before.
    """
    parts = [VERSION, sys.version]
    parts += [hashlib.sha256(published.text(name)).hexdigest() for name in published.names()]
    parts += _stamps(Path(__file__).parent)
    parts += [_stamp(Path(origin)) for name in _LIBRARIES if (origin := _origin(name))]
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogateescape")).hexdigest()


def _stamps(package: Path) -> list[str]:
    return sorted(map(_stamp, package.rglob("*.py")))


def _stamp(path: Path) -> str:
    found = path.stat()
    return f"{path} {found.st_size} {found.st_mtime_ns}"


def _origin(name: str) -> str | None:
    spec = importlib.util.find_spec(name)
    return None if spec is None else spec.origin


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    file = sqlite3.connect(path, timeout=_PATIENCE)
    try:
        yield file
    finally:
        file.close()
