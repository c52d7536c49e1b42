"""A backup: whole or not there, and what it holds is a platform of its own that runs nothing."""

from __future__ import annotations

import resource
import shutil
import signal
import sqlite3
import subprocess
import tarfile
import threading
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from runner.errors import PlatformError, UsageError
from runner.progress import Status
from runner.server import backup, keeping
from runner.server.database import NAME
from runner.server.states import JobOperation, StepOperation
from tests import cut, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from runner.model import Json
    from runner.server.engine import Engine

pytestmark = pytest.mark.stories


MOST = 300  # more steps than one backup has


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Engine]:
    """Return an engine over an empty folder."""
    made = serving.engine(tmp_path / "data")
    yield made
    made.close()


def _ended(served: Engine, script: str = "echo hello $JOBGATE_IP") -> int:
    job = serving.create(served, serving.body(script, hosts=(1, 2))).job
    serving.rested(served, job)
    return job


def _unpacked(file: Path) -> Path:
    """Unpack a backup as anybody would, and return the data folder in it."""
    folder = file.with_name(f"{file.stem}-unpacked")
    folder.mkdir()
    subprocess.run(("tar", "-xf", str(file), "-C", str(folder)), check=True)
    (data,) = folder.iterdir()
    return data


def _restored(served: Engine, tmp_path: Path) -> Engine:
    backup.backup(tmp_path / "data", tmp_path / "backup.tar")
    restored = serving.engine(_unpacked(tmp_path / "backup.tar"))
    assert served.instance != restored.instance
    return restored


# ---------------------------------------------------------------- what it holds


def test_what_ended_is_there_with_its_logs(served: Engine, tmp_path: Path) -> None:
    """Ids, states, exit codes and logs are those of the platform that it was made of."""
    jobs = [_ended(served), _ended(served, "echo no; exit 3")]
    restored = _restored(served, tmp_path)

    assert restored.find("") == tuple(jobs)
    for job in jobs:
        assert restored.status(job) == served.status(job)
        assert list(restored.logs(job, None)) == list(served.logs(job, None))
    assert list(restored.logs(jobs[0], "0:127.0.0.2")) == [("0:127.0.0.2", "hello 127.0.0.2\n")]
    restored.close()


def test_it_is_a_platform_that_goes_on_by_itself(served: Engine, tmp_path: Path) -> None:
    """New jobs have new ids, and what failed can be run again by a person's order."""
    job = _ended(served, f"test -e {tmp_path}/mended")
    restored = _restored(served, tmp_path)
    (tmp_path / "mended").touch()
    restored.operate_step(restored.step(job), StepOperation.RETRY_FAILED, serving.OWNER)

    assert serving.rested(restored, job).status is Status.SUCCEEDED
    assert _ended(restored) == job + 1
    assert served.status(job).status is Status.FAILED
    restored.close()


def test_each_time_that_it_is_unpacked_is_an_instance_of_its_own(
    served: Engine, tmp_path: Path
) -> None:
    """Two platforms with the same past have not the same future; each keeps its own name."""
    assert served.find("") == ()
    backup.backup(tmp_path / "data", tmp_path / "backup.tar")
    first = _unpacked(tmp_path / "backup.tar")
    second = first.with_name("second")
    shutil.copytree(first, second)
    opened = [serving.engine(folder) for folder in (first, second, first)]
    instances = [each.instance for each in opened]
    for each in opened:
        each.close()

    assert instances[0] == instances[2]
    assert len({served.instance, *instances}) == 3


def test_what_had_not_ended_is_cut_off_and_never_goes_on(served: Engine, tmp_path: Path) -> None:
    """It may have ended since, elsewhere: no script begins again, and that is said."""
    script = f"echo x >> {tmp_path}/count-$JOBGATE_IP; test -e {tmp_path}/go || sleep 60"
    rolls = serving.rolling("1", 1)
    runs = serving.create(served, serving.body(script, hosts=(1, 2), rolling_config=rolls)).job
    serving.until((tmp_path / "count-127.0.0.1").exists)
    asks = serving.create(
        served, serving.body("exit 0", hosts=(3, 4), rolling_config=serving.rolling("1", 3))
    ).job
    assert serving.rested(served, asks).status is Status.CONFIRM
    waits = serving.create(served, serving.body(script, hosts=(5,), start_task=False)).job
    restored = _restored(served, tmp_path)

    assert [restored.status(job).status for job in (runs, asks, waits)] == [
        Status.ABNORMAL,
        Status.STOPPED,
        Status.ABANDONED,
    ]
    first, second = restored.status(runs).hosts
    assert (first.state, first.detail, second.state) == ("failed", backup.WHY, "waiting")
    assert restored._store.active() == ()
    with restored._store.reading():
        told = [restored._store.views.acts(job)[-1].what for job in (runs, asks, waits)]
    assert told == [f"{word}: {backup.WHY}" for word in ("abnormal", "stopped", "abandoned")]
    restored.close()
    assert served.status(runs).status is Status.RUNNING
    assert served.status(waits).status is Status.WAITING
    served.operate_job(runs, JobOperation.STOP, serving.OWNER)
    assert serving.rested(served, runs).status is Status.STOPPED
    assert (tmp_path / "count-127.0.0.1").read_text() == "x\n"
    assert not (tmp_path / "count-127.0.0.2").exists()


def test_a_person_may_take_up_what_was_cut_off(served: Engine, tmp_path: Path) -> None:
    """Each way that the states allow leads on: again, ignore, go on."""
    hold = f"test -e {tmp_path}/go || sleep 60"
    rolls = {"rolling_config": serving.rolling("1", 1)}
    jobs = [
        serving.create(served, serving.body(hold, hosts=(1, 2), **more)).job
        for more in ({}, rolls, rolls)
    ]
    asks = serving.create(
        served, serving.body("exit 0", hosts=(3, 4), rolling_config=serving.rolling("1", 3))
    ).job
    assert serving.rested(served, asks).status is Status.CONFIRM
    restored = _restored(served, tmp_path)
    (tmp_path / "go").touch()
    ways = (
        StepOperation.RETRY_FAILED,
        StepOperation.RETRY_ALL,
        StepOperation.IGNORE,
        StepOperation.NEXT_STEP,
    )
    for job, way in zip((*jobs, asks), ways, strict=True):
        restored.operate_step(restored.step(job), way, serving.OWNER)
        assert serving.rested(restored, job).status is Status.SUCCEEDED
    for job in jobs:
        served.operate_job(job, JobOperation.STOP, serving.OWNER)
        serving.rested(served, job)
    restored.close()


def test_no_callback_of_before_is_sent_from_it(served: Engine, tmp_path: Path) -> None:
    """The platform that it was made of sends them."""
    job = serving.create(served, serving.body("exit 0", callback_url="http://127.0.0.1/hook")).job
    serving.rested(served, job)
    restored = _restored(served, tmp_path)

    for found, due in ((restored, 0), (served, 1)):
        with found._store.reading():
            assert len(found._store.outbox.due(9)) == due
    restored.close()


def test_nobody_else_can_read_it(served: Engine, tmp_path: Path) -> None:
    """Neither the file nor what is unpacked; and it says how much there is in it."""
    _ended(served)
    (tmp_path / "data" / "inventory.yaml").write_text("hosts: []\n")
    saved = backup.backup(tmp_path / "data", tmp_path / "backup.tar")
    with tarfile.open(tmp_path / "backup.tar") as tar:
        modes = {entry.name.partition("/")[2]: entry.mode for entry in tar.getmembers()}

    assert (tmp_path / "backup.tar").stat().st_mode & 0o777 == 0o600
    runs = {f"runs/1/1/1/{host}/{name}" for host in (0, 1) for name in backup.KEPT}
    assert modes.keys() == {"", NAME, "inventory.yaml"} | runs
    assert {mode for name, mode in modes.items() if name} == {0o600}
    assert modes[""] == 0o700
    assert saved.jobs == 1
    assert saved.files == len(runs)
    assert saved.bytes == (tmp_path / "backup.tar").stat().st_size
    assert _left(tmp_path / "data") == []


def test_it_is_sound_while_jobs_are_being_created(served: Engine, tmp_path: Path) -> None:
    """One moment of the database, whatever is written meanwhile."""
    ends = threading.Event()

    def create() -> None:
        writer = serving.engine(tmp_path / "data")
        while not ends.is_set():
            serving.create(writer, serving.body("exit 0", hosts=range(1, 100), start_task=False))
        writer.close()

    thread = threading.Thread(target=create)
    thread.start()
    serving.until(lambda: len(served.find("")) > 3)
    for number in range(3):
        backup.backup(tmp_path / "data", tmp_path / f"{number}.tar")
    ends.set()
    thread.join()
    for number in range(3):
        with closing(sqlite3.connect(_unpacked(tmp_path / f"{number}.tar") / NAME)) as rows:
            assert rows.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert rows.execute("PRAGMA foreign_key_check").fetchall() == []
            jobs = rows.execute("SELECT COUNT(*) FROM jobs").fetchone()[0]
            assert rows.execute("SELECT COUNT(*) FROM hosts").fetchone()[0] == 99 * jobs


# ---------------------------------------------------------------- whole or not there


def _left(data: Path) -> list[str]:
    return [path.name for path in data.iterdir() if path.name.startswith("backup")]


def test_killed_anywhere_it_is_whole_or_not_there(served: Engine, tmp_path: Path) -> None:
    """Before each of its steps; the platform is as it was, and the next backup is made."""
    job = _ended(served)
    data, file = tmp_path / "data", tmp_path / "to" / "backup.tar"
    file.parent.mkdir()
    codes: list[int] = []
    while cut.DONE not in codes:
        assert len(codes) < MOST
        codes.append(cut.at(len(codes) + 1, tmp_path, lambda: backup.backup(data, file)))
        if file.exists():
            with tarfile.open(file) as tar:
                assert len(tar.getmembers()) == 2 + 2 * len(backup.KEPT)
            file.unlink()
    assert codes[:-1] == [cut.KILLED] * (len(codes) - 1)
    assert len(codes) > 10
    assert served.status(job).status is Status.SUCCEEDED
    assert _left(data) == []
    assert served._store.instance == serving.engine(data).instance


def test_a_disk_that_takes_no_more_leaves_no_file(served: Engine, tmp_path: Path) -> None:
    """Half of a backup is none."""
    _ended(served, "head -c 2000000 /dev/zero")
    to = tmp_path / "to"
    to.mkdir()

    def small() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_500_000, 1_500_000))
        with pytest.raises(PlatformError, match="cannot write the backup"):
            backup.backup(tmp_path / "data", to / "backup.tar")

    assert cut.at(0, tmp_path, small) == cut.DONE
    assert list(to.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("taken.tar", "it is there already"),
        ("none/backup.tar", "its folder is not there"),
        ("data/backup.tar", "it lies in the data folder itself"),
        ("data/runs/backup.tar", "it lies in the data folder itself"),
    ],
)
def test_a_place_that_it_cannot_have_is_told(
    served: Engine, tmp_path: Path, name: str, why: str
) -> None:
    """Nothing is overwritten, and nothing is put where the next backup would take it in."""
    _ended(served)
    (tmp_path / "taken.tar").write_text("mine")
    with pytest.raises(UsageError, match=why):
        backup.backup(tmp_path / "data", tmp_path / name)

    assert (tmp_path / "taken.tar").read_text() == "mine"


def test_it_is_not_made_while_jobs_are_taken_away(served: Engine, tmp_path: Path) -> None:
    """Its logs would be missing; and the other way round."""
    _ended(served)
    with (
        keeping.kept(tmp_path / "data"),
        pytest.raises(PlatformError, match="another process keeps it locked"),
    ):
        backup.backup(tmp_path / "data", tmp_path / "backup.tar")

    assert not (tmp_path / "backup.tar").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_a_database_that_is_locked_is_copied_all_the_same(served: Engine, tmp_path: Path) -> None:
    """A writer that takes its time holds up no backup."""
    job = _ended(served)
    wanted: dict[str, Json] = serving.body("exit 0", start_task=False)
    with served._store.transaction():
        served._store.add(served.order(wanted), serving.OWNER, 0)
        backup.backup(tmp_path / "data", tmp_path / "backup.tar")
    restored = serving.engine(_unpacked(tmp_path / "backup.tar"))

    assert restored.find("") == (job,)
    restored.close()
