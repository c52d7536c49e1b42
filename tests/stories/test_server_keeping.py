"""Retention: what ended long ago is gone whole, wherever it is interrupted, and nothing else is."""

from __future__ import annotations

import os
import shutil
import signal
import threading
import time
from typing import TYPE_CHECKING

import pytest

from runner.errors import PlatformError, UsageError
from runner.progress import Status
from runner.server import keeping
from runner.server.database import Database
from runner.server.states import JobOperation
from runner.server.store import Store
from tests import cut, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from runner.server.engine import Engine

pytestmark = pytest.mark.stories


TABLES = {
    "jobs": "SELECT COUNT(*) FROM jobs",
    "steps": "SELECT COUNT(*) FROM steps",
    "batches": "SELECT COUNT(*) FROM batches",
    "hosts": "SELECT COUNT(*) FROM hosts",
    "callbacks": "SELECT COUNT(*) FROM callbacks",
    "acts": "SELECT COUNT(*) FROM acts",
}
MOST = 300  # more steps than one pruning has


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Engine]:
    """Return an engine over an empty folder."""
    made = serving.engine(tmp_path / "data")
    yield made
    made.close()


def _ended(served: Engine, *, hosts: int = 2, url: str = "") -> int:
    wanted = serving.body("echo hello", hosts=range(1, hosts + 1), callback_url=url)
    job = serving.create(served, wanted).job
    serving.rested(served, job)
    return job


def _now() -> int:
    return time.time_ns() // 1_000_000 + 1


def _counts(data: Path) -> dict[str, int]:
    database = Database(data)
    found = {
        table: int(database.connection.execute(query).fetchone()[0])
        for table, query in TABLES.items()
    }
    database.close()
    return found


def _folders(data: Path) -> list[str]:
    return sorted(path.name for path in (data / "runs").iterdir() if path.name.isdecimal())


def _logs(served: Engine, job: int) -> list[str]:
    return [text for _, text in served.logs(job, None)]


# ---------------------------------------------------------------- what goes


def test_what_ended_is_gone_with_everything_of_its_own(served: Engine, tmp_path: Path) -> None:
    """Rows of every table, run folders, logs; and it is said how much that was."""
    data = tmp_path / "data"
    for _ in range(2):
        _ended(served, url="http://127.0.0.1/hook")
    size = sum(file.stat().st_size for file in (data / "runs").rglob("*") if file.is_file())
    foreseen = keeping.outlook(data, _now())
    assert _counts(data)["hosts"] == 4
    done = keeping.prune(data, _now())

    assert done == foreseen
    assert done == keeping.Pruned(jobs=2, hosts=4, folders=2, bytes=size, left=0)
    assert set(_counts(data).values()) == {0}
    assert [path.name for path in (data / "runs").rglob("*")] == ["gone"]


def test_what_has_not_ended_or_ended_later_stays(served: Engine, tmp_path: Path) -> None:
    """Waiting for a start, running, waiting for a person, or young: none of them is touched."""
    data = tmp_path / "data"
    old = _ended(served)
    time.sleep(0.002)
    before = _now() - 1
    time.sleep(0.002)
    young = _ended(served)
    waits = serving.create(served, serving.body("exit 0", start_task=False)).job
    runs = serving.create(served, serving.body("sleep 60")).job
    rolls = serving.rolling("1", 3)
    asks = serving.create(served, serving.body("exit 0", hosts=(1, 2), rolling_config=rolls)).job
    assert serving.rested(served, asks).status is Status.CONFIRM

    assert keeping.prune(data, before).jobs == 1
    assert served.find("") == (young, waits, runs, asks)
    assert keeping.prune(data, _now()).jobs == 1
    assert served.find("") == (waits, runs, asks)
    assert str(old) not in _folders(data)
    served.operate_job(runs, JobOperation.STOP, serving.OWNER)
    assert serving.rested(served, runs).status is Status.STOPPED


def test_a_host_that_still_runs_keeps_its_job(served: Engine, tmp_path: Path) -> None:
    """The job was skipped and is over; the script is not, and will be followed to its end."""
    data = tmp_path / "data"
    job = serving.create(
        served, serving.body(f"trap '' TERM; touch {tmp_path}/begun; sleep 60")
    ).job
    serving.until((tmp_path / "begun").exists)
    served.operate_job(job, JobOperation.STOP, serving.OWNER)
    served.operate_step(served.step(job), 12, serving.OWNER)
    assert served.status(job).finished

    assert keeping.outlook(data, _now()).jobs == 0
    assert keeping.prune(data, _now()).jobs == 0
    serving.until(lambda: served.status(job).hosts[0].state == "failed")
    assert keeping.prune(data, _now()).jobs == 1


def test_ids_are_never_given_again(served: Engine, tmp_path: Path) -> None:
    """Also when no job is left at all, and the folder was opened anew."""
    last = [_ended(served) for _ in range(2)][-1]
    keeping.prune(tmp_path / "data", _now())
    again = serving.engine(tmp_path / "data")

    assert serving.create(again, serving.body("exit 0", start_task=False)).job == last + 1
    again.close()


def test_many_jobs_go_in_several_transactions(served: Engine, tmp_path: Path) -> None:
    """All of them, one that is too large for a share of its own included."""
    found = [(number, hosts) for number, hosts in enumerate((1, keeping.HOSTS, 1, 2))]
    found += [(number, 0) for number in range(4, 4 + keeping.JOBS)]
    parts = list(keeping._parts(found))
    assert [job for part in parts for job in part] == found
    assert [len(part) for part in parts] == [1, 1, keeping.JOBS, 2]

    for _ in range(3):
        _ended(served, hosts=1)
    assert keeping.prune(tmp_path / "data", _now()).jobs == 3


def test_one_that_has_run_again_meanwhile_stays(served: Engine, tmp_path: Path) -> None:
    """Between the look and the taking somebody may have ordered a retry."""
    job = serving.create(served, serving.body("exit 1")).job
    serving.rested(served, job)
    before = _now()
    database = Database(tmp_path / "data")
    found = keeping._ended(database, before)
    served.operate_step(served.step(job), 8, serving.OWNER)

    assert found == [(job, 1)]
    assert keeping._forget(database, found, before) == []
    database.close()
    assert serving.rested(served, job).status is Status.FAILED


def test_folders_that_scripts_have_shut_go_too(tmp_path: Path) -> None:
    """Nobody may look into them, and they are removed."""
    tree = tmp_path / "gone" / "1"
    (tree / "work" / "shut" / "deep").mkdir(parents=True)
    (tree / "work" / "away").symlink_to(tmp_path)
    (tree / "work" / "shut").chmod(0)
    keeping._empty(tmp_path / "gone")

    assert list((tmp_path / "gone").iterdir()) == []
    assert tmp_path.exists()


# ---------------------------------------------------------------- beside others


def test_it_works_beside_jobs_that_go_on(served: Engine, tmp_path: Path) -> None:
    """Pruned again and again while jobs are created and driven on, each job runs as it should."""
    ends = threading.Event()
    done: list[int] = []

    def prune() -> None:
        while not ends.is_set():
            done.append(keeping.prune(tmp_path / "data", _now() - 300).jobs)

    thread = threading.Thread(target=prune)
    thread.start()
    try:
        for number in range(12):
            script = f"echo x >> {tmp_path}/count-$JOBGATE_IP-{number}"
            rolls = serving.rolling("1", 1)
            job = serving.create(
                served, serving.body(script, hosts=(1, 2), rolling_config=rolls)
            ).job
            assert serving.rested(served, job).status is Status.SUCCEEDED
    finally:
        ends.set()
        thread.join()

    assert len(list(tmp_path.glob("count-*"))) == 24
    assert all(file.read_text() == "x\n" for file in tmp_path.glob("count-*"))
    assert sum(done) + len(served.find("")) == 12


def test_nothing_goes_while_somebody_may_still_launch(served: Engine, tmp_path: Path) -> None:
    """A process that has decided to launch finds the claims as they were, however late it is."""
    data = tmp_path / "data"
    job = _ended(served)
    late = Store(data)
    with late.launching():
        thread = threading.Thread(target=keeping.prune, args=(data, _now()))
        thread.start()
        thread.join(0.2)
        assert thread.is_alive()
        assert (data / "runs" / str(job) / "1" / "1" / "0" / "claim").exists()
        assert served.find("") == (job,)
    thread.join()
    late.close()

    assert served.find("") == ()


def test_a_folder_that_a_process_stands_in_is_left(served: Engine, tmp_path: Path) -> None:
    """It may be a shim on its way to the claim, or a service that the script began."""
    data = tmp_path / "data"
    script = f"sleep 60 > /dev/null 2>&1 & echo $! > {tmp_path}/pid"
    job = serving.create(served, serving.body(script)).job
    serving.rested(served, job)
    other = _ended(served)
    assert keeping.outlook(data, _now()).left == 1
    first = keeping.prune(data, _now())
    os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)
    serving.until(lambda: keeping.outlook(data, _now()).left == 0)
    second = keeping.prune(data, _now())

    assert (first.jobs, first.folders, first.left) == (2, 1, 1)
    assert (second.jobs, second.folders, second.left) == (0, 1, 0)
    assert not (data / "runs" / str(other)).exists()
    assert _folders(data) == []


def test_two_do_not_keep_one_folder_at_once(served: Engine, tmp_path: Path) -> None:
    """The second is told so at once, and nothing happens."""
    job = _ended(served)
    with (
        keeping.kept(tmp_path / "data"),
        pytest.raises(PlatformError, match="another process keeps it locked"),
    ):
        keeping.prune(tmp_path / "data", _now())

    assert served.find("") == (job,)


def test_a_folder_without_data_is_not_made_into_one(tmp_path: Path) -> None:
    """A mistyped name is told."""
    with pytest.raises(UsageError, match="cannot find the data of a platform"):
        keeping.prune(tmp_path, _now())

    assert list(tmp_path.iterdir()) == []


def test_a_run_folder_that_cannot_be_moved_is_told(served: Engine, tmp_path: Path) -> None:
    """What is in the way of it is an error with a mend, and the next one carries on."""
    data = tmp_path / "data"
    _ended(served)
    (data / "runs" / "gone").write_text("in the way")
    with pytest.raises(PlatformError, match="cannot use the data folder"):
        keeping.prune(data, _now())
    (data / "runs" / "gone").unlink()

    assert served.find("") == ()
    assert keeping.prune(data, _now()).folders == 1


# ---------------------------------------------------------------- interrupted


def test_interrupted_anywhere_it_leaves_nothing_half(served: Engine, tmp_path: Path) -> None:
    """Killed before each of its steps: a job is there whole or gone, and the next one ends it."""
    data = tmp_path / "data"
    old = [_ended(served, hosts=1, url="http://127.0.0.1/hook"), _ended(served, hosts=1)]
    kept = serving.create(served, serving.body("exit 0", start_task=False)).job
    before = _now()
    copy = tmp_path / "copy"
    codes: list[int] = []
    while cut.DONE not in codes:
        assert len(codes) < MOST
        shutil.copytree(data, copy)
        codes.append(cut.at(len(codes) + 1, copy, lambda: keeping.prune(copy, before)))
        _check(copy, old, kept)
        keeping.prune(copy, before)
        assert set(_counts(copy).values()) <= {0, 1}
        assert [path.name for path in (copy / "runs").rglob("*")] == ["gone"]
        shutil.rmtree(copy)

    assert codes[:-1] == [cut.KILLED] * (len(codes) - 1)
    assert len(codes) > 20


def _check(data: Path, old: list[int], kept: int) -> None:
    """Hold that every job which is there has all of its rows, and its logs."""
    found = serving.engine(data)
    jobs = [job for job in old if job in found.find("")]
    assert found.find("") == (*jobs, kept)
    assert [_logs(found, job) for job in jobs] == [["hello\n"]] * len(jobs)
    found.close()
    counts = _counts(data)
    assert (counts["steps"], counts["batches"]) == (len(jobs) + 1, len(jobs) + 1)
    assert counts["hosts"] == len(jobs) + 1
    assert counts["callbacks"] == (old[0] in jobs)
