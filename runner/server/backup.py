"""An online backup: one tar of a data folder, whole or not there, that is put back by unpacking.

The database is copied as it stood at one moment, then the results and logs of its jobs. The copy
has no identity, so that whoever opens it is another instance: what happened after the backup is
not in it, and must not be taken for what never happened. For the same reason whatever had not
ended is cut off in the copy, and never goes on by itself.
"""

from __future__ import annotations

import os
import sqlite3
import tarfile
import time
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from runner.errors import PlatformError, UsageError
from runner.progress import Status
from runner.server import database, keeping
from runner.server.states import HostStatus

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from runner.server.database import Database

KEPT = ("claim", "exit", "log")  # files of a run
WHY = "it had not ended when the backup was made"

_COPY = "backup.db"
_INVENTORY = "inventory.yaml"
_GOES_ON = (int(Status.RUNNING), int(Status.STOPPING), int(Status.ROLLING))
# How what has not ended is cut off; the moves of a person's stop, where there is one.
_CUTS = (
    (Status.RUNNING, Status.ABNORMAL),
    (Status.STOPPING, Status.ABNORMAL),
    (Status.ROLLING, Status.ABNORMAL),
    (Status.CONFIRM, Status.STOPPED),
    (Status.WAITING, Status.ABANDONED),
)
_ENDS = (
    "UPDATE jobs SET status = ?, ended_at = ? WHERE status = ?",
    "UPDATE steps SET status = ?, ended_at = ? WHERE status = ?",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """What a backup holds: jobs, files of their runs, and the bytes of all of it."""

    jobs: int
    files: int
    bytes: int


def backup(folder: Path, file: Path) -> Saved:
    """Write the data folder to a new tar file, which its owner alone may read.

    Raises UsageError for a place that a backup cannot have, and PlatformError.
    """
    _place(folder, file)
    part = file.with_name(f".{file.name}.{os.urandom(8).hex()}")
    with keeping.kept(folder) as source, _copy(source) as copy, _trouble(file):
        jobs = _jobs(copy)
        try:
            made = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with os.fdopen(made, "wb") as stream:
                files = _pack(folder, copy, jobs, stream)
                size = stream.tell()
                stream.flush()
                os.fsync(stream.fileno())
            part.rename(file)
        finally:
            part.unlink(missing_ok=True)
        _keep(file.parent)
    return Saved(jobs=len(jobs), files=files, bytes=size)


@contextmanager
def _trouble(file: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise PlatformError(
            f"cannot write the backup {file}: {error.strerror or error}",
            mend="make room, or name a file that this user may write to",
        ) from error


def _place(folder: Path, file: Path) -> None:
    if file.exists() or file.is_symlink():
        raise UsageError(
            f"cannot write the backup {file}: it is there already",
            mend="name a file that is not there yet",
        )
    if not file.parent.is_dir():
        raise UsageError(
            f"cannot write the backup {file}: its folder is not there",
            mend="make the folder, or name another one",
        )
    if folder.resolve() in (file.parent.resolve(), *file.parent.resolve().parents):
        raise UsageError(
            f"cannot write the backup {file}: it lies in the data folder itself",
            mend="name a file elsewhere, best on another disk",
        )


# ---------------------------------------------------------------- the database


@contextmanager
def _copy(source: Database) -> Iterator[Path]:
    """Yield a file with the rows as they stood at one moment, cut off from what comes after."""
    copy = source.folder / _COPY
    # Made by us, so that nobody else can read it; over what one that was killed has left.
    os.close(os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600))
    try:
        with closing(sqlite3.connect(copy, isolation_level=None)) as rows:
            source.connection.backup(rows)
            rows.execute("PRAGMA journal_mode = DELETE")
            _cut_off(rows, time.time_ns() // 1_000_000)
        yield copy
    except sqlite3.Error as error:
        raise database.trouble(error, source.folder) from error
    finally:
        for name in (_COPY, f"{_COPY}-journal", f"{_COPY}-wal", f"{_COPY}-shm"):
            (source.folder / name).unlink(missing_ok=True)


def _cut_off(rows: sqlite3.Connection, now: int) -> None:
    rows.execute("BEGIN")
    rows.execute(
        "UPDATE hosts SET status = ?, detail = ?, ended_at = ? WHERE status = ? OR (status = ?"
        " AND (step, batch) IN (SELECT id, batch FROM steps WHERE status IN (?, ?, ?)))",
        (HostStatus.UNKNOWN, WHY, now, HostStatus.RUNNING, HostStatus.WAITING, *_GOES_ON),
    )
    rows.execute(
        "UPDATE batches SET status = ? WHERE (step, batch) IN"
        " (SELECT id, batch FROM steps WHERE status IN (?, ?, ?))",
        (Status.ABNORMAL, *_GOES_ON),
    )
    for old, new in _CUTS:
        rows.execute(
            "INSERT INTO acts (job, at, user, app, what) SELECT id, ?, '', '', ? FROM jobs"
            " WHERE status = ?",
            (now, f"{new.name.lower()}: {WHY}", old),
        )
        for update in _ENDS:
            rows.execute(update, (new, now, old))
    rows.execute("DELETE FROM callbacks")
    rows.execute("DELETE FROM instance")
    rows.execute("COMMIT")


def _jobs(copy: Path) -> list[int]:
    with closing(sqlite3.connect(copy)) as rows:
        return [int(job) for (job,) in rows.execute("SELECT id FROM jobs ORDER BY id")]


# ---------------------------------------------------------------- the file


def _pack(folder: Path, copy: Path, jobs: list[int], stream: IO[bytes]) -> int:
    """Write everything to the tar; return how many files of runs there are."""
    # In a folder of its own, so that it is not unpacked over one that is in use.
    top = time.strftime("jobgate-data-%Y%m%dT%H%M%SZ", time.gmtime())
    count = 0
    with tarfile.open(fileobj=stream, mode="w") as tar:
        root = tarfile.TarInfo(top)
        root.type, root.mode, root.mtime = tarfile.DIRTYPE, 0o700, int(time.time())
        tar.addfile(root)
        _add(tar, copy, f"{top}/{database.NAME}")
        with suppress(FileNotFoundError):
            _add(tar, folder / _INVENTORY, f"{top}/{_INVENTORY}")
        for job in jobs:
            # The execute count, the batch, and the place of the host.
            for run in sorted((folder / "runs" / str(job)).glob("*/*/*")):
                for name in KEPT:
                    with suppress(FileNotFoundError, NotADirectoryError):
                        _add(tar, run / name, f"{top}/{(run / name).relative_to(folder)}")
                        count += 1
    return count


def _add(tar: tarfile.TarFile, file: Path, name: str) -> None:
    """Add a file as it is now: a log that grows meanwhile is kept up to here."""
    found = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    with os.fdopen(found, "rb") as stream:
        entry = tarfile.TarInfo(name)
        status = os.fstat(stream.fileno())
        entry.size, entry.mtime, entry.mode = status.st_size, int(status.st_mtime), 0o600
        entry.uid, entry.gid = os.geteuid(), os.getegid()
        tar.addfile(entry, stream)


def _keep(folder: Path) -> None:
    directory = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
