"""One SQLite file: made, migrated, and used in transactions; its troubles come as errors of ours.

Several processes may have it open at once. A transaction that fails leaves nothing behind.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import time
import uuid
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from runner.errors import PlatformError, RunnerError, UnknownOutcomeError
from runner.server.latch import Latch

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PATIENCE = 10.0  # seconds to wait for another process's transaction
NAME = "jobgate.db"

# Each migration is a list of statements; one that has been released never changes.
MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        "CREATE TABLE migrations (version INTEGER PRIMARY KEY, applied_at INTEGER NOT NULL)",
        "CREATE TABLE instance (uuid TEXT NOT NULL)",
        """CREATE TABLE jobs (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            name TEXT NOT NULL,
            scope_type TEXT NOT NULL,
            scope_id TEXT NOT NULL,
            status INTEGER NOT NULL,
            created_at INTEGER NOT NULL,
            started_at INTEGER,
            ended_at INTEGER
        )""",
        """CREATE TABLE steps (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            job INTEGER NOT NULL UNIQUE REFERENCES jobs (id),
            status INTEGER NOT NULL,
            execute_count INTEGER NOT NULL,
            batch INTEGER NOT NULL,
            mode INTEGER,
            language INTEGER NOT NULL,
            script BLOB NOT NULL,
            param TEXT NOT NULL,
            sensitive INTEGER NOT NULL,
            timeout INTEGER NOT NULL,
            account INTEGER NOT NULL,
            user TEXT NOT NULL,
            started_at INTEGER,
            ended_at INTEGER
        )""",
        """CREATE TABLE batches (
            step INTEGER NOT NULL REFERENCES steps (id),
            batch INTEGER NOT NULL,
            status INTEGER NOT NULL,
            PRIMARY KEY (step, batch)
        ) WITHOUT ROWID""",
        """CREATE TABLE hosts (
            step INTEGER NOT NULL,
            position INTEGER NOT NULL,
            batch INTEGER NOT NULL,
            host INTEGER NOT NULL,
            cloud INTEGER NOT NULL,
            ip TEXT NOT NULL,
            connection TEXT NOT NULL,
            execute_count INTEGER NOT NULL DEFAULT 0,
            status INTEGER NOT NULL,
            exit_code INTEGER,
            detail TEXT NOT NULL DEFAULT '',
            launches INTEGER NOT NULL DEFAULT 0,
            launched_at INTEGER,
            ended_at INTEGER,
            PRIMARY KEY (step, position),
            FOREIGN KEY (step, batch) REFERENCES batches (step, batch)
        ) WITHOUT ROWID""",
        "CREATE INDEX hosts_by_state ON hosts (step, batch, status)",
    ),
    (
        "ALTER TABLE jobs ADD COLUMN operator TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE jobs ADD COLUMN app TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE jobs ADD COLUMN launch_mode INTEGER NOT NULL DEFAULT 2",
        "ALTER TABLE jobs ADD COLUMN callback TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE steps ADD COLUMN alias TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE steps ADD COLUMN script_id TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE steps ADD COLUMN script_version INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE hosts ADD COLUMN tag TEXT NOT NULL DEFAULT ''",
        # 2 and 10: running and stopping; 7: a host that runs. What the driver looks for.
        "CREATE INDEX jobs_active ON jobs (id) WHERE status IN (2, 10)",
        "CREATE INDEX hosts_running ON hosts (step) WHERE status = 7",
        "CREATE INDEX jobs_by_scope ON jobs (scope_type, scope_id, created_at)",
        "CREATE INDEX jobs_by_time ON jobs (created_at)",
        """CREATE TABLE callbacks (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            job INTEGER NOT NULL REFERENCES jobs (id),
            job_status INTEGER NOT NULL,
            step_status INTEGER NOT NULL,
            queued_at INTEGER NOT NULL
        )""",
        """CREATE TABLE acts (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            job INTEGER NOT NULL REFERENCES jobs (id),
            at INTEGER NOT NULL,
            user TEXT NOT NULL,
            app TEXT NOT NULL,
            what TEXT NOT NULL
        )""",
        "CREATE INDEX callbacks_by_job ON callbacks (job)",
        "CREATE INDEX acts_by_job ON acts (job)",
    ),
)


class Database:
    """An open connection, to be used by one thread at a time."""

    def __init__(self, folder: Path, patience: float = PATIENCE) -> None:
        """Open the database in `folder`, making or migrating it first. Raises PlatformError."""
        self.folder = folder
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with _alone(folder):
                self.connection = _connect(folder / NAME, patience)
                try:
                    self._migrate()
                    self.instance = self._identity()
                    self.launches = Latch(folder / "launches", patience)
                except BaseException:
                    self.connection.close()
                    raise
        except sqlite3.Error as error:
            raise trouble(error, folder) from error
        except OSError as error:
            raise PlatformError(
                f"cannot open the data folder {folder}: {error.strerror}",
                mend="name a folder that this user may write to",
            ) from error

    def close(self) -> None:
        """Close the connection; what was committed stays."""
        self.connection.close()
        self.launches.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Hold a write transaction: all that the connection does inside happens, or nothing.

        Raises PlatformError when nothing happened, UnknownOutcomeError when that is not known.
        """
        with self._between("BEGIN IMMEDIATE"):
            yield

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Hold one unmoving view of the data. Raises PlatformError."""
        with self._between("BEGIN"):
            yield

    @contextmanager
    def _between(self, begin: str) -> Iterator[None]:
        committing = False
        try:
            self.connection.execute(begin)
            yield
            committing = begin != "BEGIN"
            self.connection.execute("COMMIT")
        except sqlite3.Error as error:
            raise trouble(error, self.folder, committing=committing) from error
        finally:
            if self.connection.in_transaction:
                with suppress(sqlite3.Error):
                    self.connection.execute("ROLLBACK")

    def _migrate(self) -> None:
        known = len(MIGRATIONS)
        version = int(self.connection.execute("PRAGMA user_version").fetchone()[0])
        if version == known:
            return
        if version > known:
            raise PlatformError(
                f"cannot use the data folder {self.folder}: a newer jobgate made it "
                f"(schema {version}, this one knows {known})",
                mend="use that jobgate, or another data folder",
            )
        with self.transaction():
            for number in range(version, known):
                for statement in MIGRATIONS[number]:
                    self.connection.execute(statement)
                self.connection.execute(
                    "INSERT INTO migrations VALUES (?, ?)", (number + 1, int(time.time() * 1000))
                )
            self.connection.execute(f"PRAGMA user_version = {known}")

    def _identity(self) -> str:
        """Return the folder's UUID; a new folder has none yet, nor has one from a backup."""
        found = self.connection.execute("SELECT uuid FROM instance").fetchone()
        if found is not None:
            return str(found[0])
        made = str(uuid.uuid4())
        with self.transaction():
            self.connection.execute("INSERT INTO instance VALUES (?)", (made,))
        return made


def trouble(error: sqlite3.Error, folder: Path, *, committing: bool = False) -> RunnerError:
    """Return what a person is told about an error of SQLite."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return PlatformError(
            f"cannot use the data folder {folder}: another process keeps it locked",
            mend="wait until it is done, then try again",
        )
    if code == sqlite3.SQLITE_FULL:
        return PlatformError(
            f"cannot write to the data folder {folder}: the disk is full",
            mend="make room, then try again; nothing that was stored is lost",
        )
    if code in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
        return PlatformError(
            f"cannot read the data folder {folder}: its database is damaged",
            mend="put back a backup of the folder, or name another one",
        )
    if committing:
        # The write-ahead log may or may not hold the commit after such an error.
        return UnknownOutcomeError(
            f"cannot tell whether the data folder {folder} took a change: {error}",
            mend="look after the disk, then ask for the status of the job",
        )
    return PlatformError(
        f"cannot use the data folder {folder}: {error}",
        mend="look after the disk and the rights of the folder",
    )


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    # Two processes that switch a new file to WAL at once fail without waiting for one another.
    lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _connect(path: Path, patience: float) -> sqlite3.Connection:
    if not path.exists():
        # Made only when it is new: closing a descriptor of an open database drops SQLite's locks.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    connection = sqlite3.connect(
        path, timeout=patience, isolation_level=None, check_same_thread=False
    )
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
    except BaseException:
        connection.close()
        raise
    return connection
