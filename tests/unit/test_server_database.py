"""The data folder: made once, shared, and its troubles told."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import uuid
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from runner.errors import PlatformError, UnknownOutcomeError
from runner.server import database
from runner.server.database import MIGRATIONS, Database
from runner.server.store import Store
from tests import serving

if TYPE_CHECKING:
    from pathlib import Path

OPEN = """
import pathlib, sys
from runner.server.database import Database
print(Database(pathlib.Path(sys.argv[1])).instance)
"""


def test_a_folder_has_one_identity_for_ever(tmp_path: Path) -> None:
    """The UUID is made at first open and found again; another folder has another."""
    first = Database(tmp_path / "a")
    again = Database(tmp_path / "a")
    other = Database(tmp_path / "b")

    assert str(uuid.UUID(first.instance)) == first.instance == again.instance != other.instance
    for opened in (first, again, other):
        opened.close()


def test_processes_that_open_a_new_folder_at_once_agree(tmp_path: Path) -> None:
    """One of them makes it; all see the same instance."""
    started = [
        subprocess.Popen(
            [sys.executable, "-c", OPEN, str(tmp_path / "data")], stdout=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    instances = {process.communicate()[0].strip() for process in started}

    assert len(instances) == 1
    assert uuid.UUID(instances.pop()).version == 4


def test_it_keeps_what_it_was_told_and_nobody_else_reads_it(tmp_path: Path) -> None:
    """WAL, foreign keys and full syncs are on; folder and files are the owner's alone."""
    opened = Database(tmp_path / "data")
    pragmas = [
        opened.connection.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("journal_mode", "foreign_keys", "synchronous", "user_version")
    ]

    assert pragmas == ["wal", 1, 2, len(MIGRATIONS)]
    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700
    assert {0o600} == {file.stat().st_mode & 0o777 for file in (tmp_path / "data").iterdir()}
    opened.close()


def test_a_transaction_that_fails_leaves_nothing(tmp_path: Path) -> None:
    """Whatever exception ends it: what was written inside is gone."""
    opened = Database(tmp_path)

    with suppress(KeyError), opened.transaction():
        opened.connection.execute("DELETE FROM instance")
        raise KeyError

    assert opened.connection.execute("SELECT COUNT(*) FROM instance").fetchone() == (1,)
    opened.close()


def test_a_lock_that_is_never_let_go_is_told(tmp_path: Path) -> None:
    """After its patience a writer says so; it has changed nothing, and reading goes on."""
    holder = Database(tmp_path)
    store = Store(tmp_path, patience=0.05)
    with (
        holder.transaction(),
        pytest.raises(PlatformError, match="another process keeps it locked"),
        store.transaction(),
    ):
        pytest.fail("it was let in")
    with store.reading():
        assert store.find("") == ()

    holder.close()
    store.close()


def test_a_full_disk_is_told_and_loses_nothing(tmp_path: Path) -> None:
    """A job that does not fit is refused whole; the jobs before it stay, and room lets it in."""
    served = serving.engine(tmp_path)
    kept = serving.create(served, serving.body("echo", start_task=False, task_name="kept"))
    rows = served._store._rows
    pages = rows.execute("PRAGMA page_count").fetchone()[0]
    rows.execute(f"PRAGMA max_page_count = {pages}")
    large = serving.body("x" * 100_000, start_task=False, task_name="large")

    with pytest.raises(PlatformError, match="the disk is full") as raised:
        serving.create(served, large)

    assert raised.value.exit_code == 9
    assert served.find("") == (kept.job,)
    rows.execute("PRAGMA max_page_count = 1000000")
    created = serving.create(served, large)
    assert served.find("large") == (created.job,)
    served.close()


def test_a_damaged_file_is_told(tmp_path: Path) -> None:
    """What is no database is not made anew over it."""
    (tmp_path / "jobgate.db").write_bytes(b"scribble" * 1000)

    with pytest.raises(PlatformError, match="its database is damaged"):
        Database(tmp_path)

    assert (tmp_path / "jobgate.db").read_bytes().startswith(b"scribble")


def test_pages_that_rot_are_told(tmp_path: Path) -> None:
    """Damage in the middle of the file is an error of the platform, not a traceback."""
    served = serving.engine(tmp_path)
    for number in range(20):
        serving.create(
            served, serving.body("echo" * 1000, start_task=False, task_name=f"job {number}")
        )
    served.close()
    content = bytearray((tmp_path / "jobgate.db").read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    (tmp_path / "jobgate.db").write_bytes(content)

    with pytest.raises(PlatformError, match="damaged"):
        serving.engine(tmp_path).find("job")


def test_a_newer_schema_is_left_alone(tmp_path: Path) -> None:
    """An older jobgate does not touch what a newer one made."""
    opened = Database(tmp_path)
    opened.connection.execute("PRAGMA user_version = 99")
    opened.close()

    with pytest.raises(PlatformError, match="a newer jobgate made it"):
        Database(tmp_path)


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    """A file stands where the folder would be."""
    (tmp_path / "file").write_text("")

    with pytest.raises(PlatformError, match="cannot open the data folder"):
        Database(tmp_path / "file" / "data")


def test_a_commit_that_may_have_happened_is_unknown(tmp_path: Path) -> None:
    """The disk failed while it was being written down: nobody can say, so nobody guesses."""
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode = sqlite3.SQLITE_IOERR_FSYNC

    assert isinstance(database.trouble(error, tmp_path, committing=True), UnknownOutcomeError)
    assert isinstance(database.trouble(error, tmp_path), PlatformError)
