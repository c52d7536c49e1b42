"""Retention: jobs that ended long ago go away, with everything of theirs, beside a running server.

Rows first: without them nobody looks into the run folders any more, and what an interruption
leaves of those is found by the next one, since a folder without a row belongs to nobody. Rows are
only taken away while no process is between the decision to launch something and the launch
(`Store.launching`), so a claim is never missed by one that comes late. A folder is given another
name before it is emptied, and left alone while some process still stands in it: a shim that has
not got to its claim yet, or what a script left running.
"""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from runner.errors import PlatformError, UsageError
from runner.server.database import NAME, Database
from runner.server.latch import Latch

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

HOSTS = 20_000  # rows of hosts that go in one transaction, unless a single job has more
JOBS = 200  # jobs that go in one transaction

_RUNS = "runs"
_GONE = "gone"
_PATIENCE = 0.0  # for another one that prunes or makes a backup
# A host that still runs keeps its job. A job that is not finished has no instant of its end.
_ENDED = """
    SELECT jobs.id, (SELECT COUNT(*) FROM hosts WHERE step = steps.id)
    FROM jobs JOIN steps ON steps.job = jobs.id WHERE jobs.ended_at < ?
    AND NOT EXISTS (SELECT 1 FROM hosts WHERE step = steps.id AND status = 7)
"""
_FORGET = (
    "DELETE FROM callbacks WHERE job = ?",
    "DELETE FROM acts WHERE job = ?",
    "DELETE FROM hosts WHERE step = (SELECT id FROM steps WHERE job = ?)",
    "DELETE FROM batches WHERE step = (SELECT id FROM steps WHERE job = ?)",
    "DELETE FROM steps WHERE job = ?",
    "DELETE FROM jobs WHERE id = ?",
)

_Job = tuple[int, int]  # its id, and how many hosts it has


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruned:
    """What went away: jobs with their hosts, run folders and the bytes in them.

    `left` are folders without a job that some process still stands in.
    """

    jobs: int
    hosts: int
    folders: int
    bytes: int
    left: int


@contextmanager
def kept(folder: Path) -> Iterator[Database]:
    """Open a data folder that is there, for one who prunes it or copies it, one at a time.

    Raises UsageError where there is none, and PlatformError.
    """
    if not (folder / NAME).exists():
        raise UsageError(
            f"cannot find the data of a platform in {folder}: it has no {NAME}",
            mend="name the folder that `--data` of the server names",
        )
    database = Database(folder)
    try:
        with _trouble(folder):
            latch = Latch(folder / "keeping", _PATIENCE)
        try:
            with latch.alone(), _trouble(folder):
                yield database
        finally:
            latch.close()
    finally:
        database.close()


def prune(folder: Path, before: int) -> Pruned:
    """Take away the jobs that ended before an instant (ms since 1970). Their ids are gone for good.

    Raises UsageError, and PlatformError; what went away before that stays away.
    """
    with kept(folder) as database:
        jobs = hosts = 0
        for part in _parts(_ended(database, before)):
            gone = _forget(database, part, before)
            jobs += len(gone)
            hosts += sum(count for _, count in gone)
        runs = (folder / _RUNS).absolute()
        _put_aside(database, runs)
        folders, size, left = _empty(runs / _GONE)
    return Pruned(jobs=jobs, hosts=hosts, folders=folders, bytes=size, left=left)


def outlook(folder: Path, before: int) -> Pruned:
    """Return what `prune` would take away now, and take away nothing. Raises the same."""
    with kept(folder) as database:
        found = _ended(database, before)
        runs = (folder / _RUNS).absolute()
        gone = {str(job) for job, _ in found} | {path.name for path in _orphans(database, runs)}
        trees = [runs / name for name in gone if (runs / name).exists()]
        trees += _entries(runs / _GONE)
        busy = _stood_in(trees)
    return Pruned(
        jobs=len(found),
        hosts=sum(count for _, count in found),
        folders=len(trees) - len(busy),
        bytes=sum(_size(tree) for tree in trees if tree not in busy),
        left=len(busy),
    )


# ---------------------------------------------------------------- rows


def _ended(database: Database, before: int) -> list[_Job]:
    with database.reading():
        return database.connection.execute(f"{_ENDED} ORDER BY jobs.id", (before,)).fetchall()


def _parts(found: Iterable[_Job]) -> Iterator[list[_Job]]:
    part: list[_Job] = []
    hosts = 0
    for job in found:
        if part and (len(part) == JOBS or hosts + job[1] > HOSTS):
            yield part
            part, hosts = [], 0
        part.append(job)
        hosts += job[1]
    if part:
        yield part


def _forget(database: Database, part: list[_Job], before: int) -> list[_Job]:
    """Take away the rows of those that are still to go: somebody may have had one run again."""
    rows = database.connection
    with database.launches.alone(), database.transaction():
        gone = [
            job
            for job in part
            if rows.execute(f"{_ENDED} AND jobs.id = ?", (before, job[0])).fetchone()
        ]
        for statement in _FORGET:
            rows.executemany(statement, ((job,) for job, _ in gone))
    return gone


# ---------------------------------------------------------------- folders


def _put_aside(database: Database, runs: Path) -> None:
    for folder in _orphans(database, runs):
        aside = runs / _GONE
        aside.mkdir(mode=0o700, exist_ok=True)
        folder.rename(aside / f"{folder.name}.{os.urandom(8).hex()}")


def _orphans(database: Database, runs: Path) -> list[Path]:
    """Return the folders of jobs that have no row; a new job has its row before its folder."""
    folders = {int(path.name): path for path in _entries(runs) if path.name.isdecimal()}
    with database.reading():
        known = {int(job) for (job,) in database.connection.execute("SELECT id FROM jobs")}
    return [folders[job] for job in sorted(folders.keys() - known)]


def _empty(aside: Path) -> tuple[int, int, int]:
    """Remove what was put aside; return how many folders, their bytes, and how many stay."""
    trees = _entries(aside)
    busy = _stood_in(trees)
    size = 0
    for tree in trees:
        if tree not in busy:
            size += _size(tree)
            _remove(tree)
    return len(trees) - len(busy), size, len(busy)


def _remove(tree: Path) -> None:
    try:
        shutil.rmtree(tree)
    except PermissionError:
        # A script may have shut folders of its own. Root is never kept out by that, and must not
        # follow what another user could put in the way.
        if os.geteuid() == 0:
            raise
        for folder, names, _ in os.walk(tree):
            for shut in (Path(folder) / name for name in names):
                if not shut.is_symlink():
                    shut.chmod(0o700)
        shutil.rmtree(tree)


def _entries(folder: Path) -> list[Path]:
    with suppress(FileNotFoundError):
        return sorted(folder.iterdir())
    return []


def _stood_in(trees: Iterable[Path]) -> set[Path]:
    """Return those of the trees that some process has as its working folder, or one below."""
    places = {Path(os.path.realpath(tree)): tree for tree in trees}
    found: set[Path] = set()
    for link in Path("/proc").glob("[0-9]*/cwd") if places else ():
        # Those of other users are hidden from us unless we are root, and then not our scripts'.
        with suppress(OSError):
            place = link.readlink()
            found |= {places[each] for each in (place, *place.parents) if each in places}
    return found


def _size(tree: Path) -> int:
    size = 0
    for folder, _, names in os.walk(tree):
        for name in names:
            with suppress(FileNotFoundError):
                size += (Path(folder) / name).lstat().st_size
    return size


@contextmanager
def _trouble(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise PlatformError(
            f"cannot use the data folder {folder}: {error.strerror}: {error.filename}",
            mend="look after the disk and the rights of the folder, then try again",
        ) from error
