"""Jobs from create to their end: real scripts on many hosts of this machine."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from runner.errors import PlatformError
from runner.progress import Status
from runner.server import inventory
from runner.server.answers import RefusalError
from runner.server.engine import Pace
from runner.server.hosts.local import Local
from tests import serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from runner.model import Json
    from runner.progress import Progress
    from runner.server.engine import Engine
    from runner.server.hosts.runs import Run

# Counts its runs by host, and fails on the hosts that stand in the file `bad`.
pytestmark = pytest.mark.stories

COUNTING = """
    echo x >> "$1/count/$JOBGATE_IP"
    echo "on $JOBGATE_HOST"
    ! grep -qx "$JOBGATE_IP" "$1/bad" 2> /dev/null
"""
POLL = """
import pathlib, sys, time
from tests import serving
served = serving.engine(pathlib.Path(sys.argv[1]))
print(flush=True)
while not served.status(int(sys.argv[2])).finished:
    time.sleep(0.005)
"""
START_AND_POLL = POLL.replace("while", "serving.start(served, int(sys.argv[2]))\nwhile")
USER = inventory.own_user()
EAGER = Pace(patience=50)


class Lame(Local):
    """A connection to this machine that does not begin what it is asked to, `times` times."""

    def __init__(self, times: int = 99, error: OSError | None = None) -> None:
        """Be lame `times` times, with `error` or in silence."""
        super().__init__(user=USER.name, home=USER.home, grace=0.3)
        self.times = times
        self.error = error

    def launch(self, runs: Sequence[Run]) -> None:
        """Begin nothing as long as it is lame."""
        if self.times == 0:
            super().launch(runs)
            return
        self.times -= 1
        if self.error is not None:
            raise self.error


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Engine]:
    """Return an engine over an empty folder."""
    made = serving.engine(tmp_path / "data")
    yield made
    made.close()


class Counting:
    """Makes requests whose script counts its runs below a folder and fails on `bad` hosts."""

    def __init__(self, folder: Path) -> None:
        """Count below `folder`."""
        self._folder = folder
        (folder / "count").mkdir()

    def __call__(self, hosts: range, *, bad: tuple[int, ...] = (), **more: Json) -> dict[str, Json]:
        """Return the request."""
        _bad(self._folder, *bad)
        param = serving.text64(str(self._folder))
        return serving.body(COUNTING, hosts=hosts, script_param=param, **more)


@pytest.fixture
def counting(tmp_path: Path) -> Counting:
    """Return what makes requests that count below `tmp_path`."""
    return Counting(tmp_path)


def _bad(folder: Path, *hosts: int) -> None:
    (folder / "bad").write_text("".join(f"127.0.0.{host}\n" for host in hosts))


def _runs(folder: Path) -> dict[int, int]:
    return {
        int(ip.rpartition(".")[2]): count for ip, count in serving.lines(folder / "count").items()
    }


def _parent(process: str) -> int:
    return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])


def _states(progress: Progress) -> list[str]:
    return [host.state for host in progress.hosts]


# ---------------------------------------------------------------- create, start, answers


def test_a_job_that_is_not_started_does_nothing(
    served: Engine, counting: Counting, tmp_path: Path
) -> None:
    """It is in state 1, whoever polls, until it is started; then it runs once."""
    job = serving.create(served, counting(range(1, 3), start_task=False)).job
    waiting = served.status(job)

    assert (waiting.status, waiting.batch, waiting.batches) == (Status.WAITING, 0, 1)
    assert not waiting.finished
    assert not waiting.paused
    assert _states(waiting) == ["waiting", "waiting"]
    assert _runs(tmp_path) == {}
    serving.start(served, job)
    assert serving.rested(served, job).status is Status.SUCCEEDED
    assert _runs(tmp_path) == {1: 1, 2: 1}


def test_a_second_start_is_refused_and_runs_nothing(
    served: Engine, counting: Counting, tmp_path: Path
) -> None:
    """1241015, while it runs and after its end."""
    job = serving.create(served, counting(range(1, 2), start_task=False)).job
    serving.start(served, job)
    for _ in range(2):
        with pytest.raises(RefusalError) as refusal:
            serving.start(served, job)
        assert refusal.value.number == 1241015
        serving.rested(served, job)

    assert _runs(tmp_path) == {1: 1}


def test_a_refused_request_leaves_no_job(served: Engine) -> None:
    """Also when only its rolling expression is wrong, where the platform leaves an orphan."""
    with pytest.raises(RefusalError) as refusal:
        serving.create(served, serving.body("echo", rolling_config={"expression": "x"}))

    assert refusal.value.number == 1244026
    assert served.find("") == ()


def test_jobs_are_found_by_a_part_of_their_name(served: Engine) -> None:
    """Every job whose name contains the text, taken literally, oldest first."""
    first = serving.create(
        served, serving.body("echo", task_name="a key%1 b", start_task=False)
    ).job
    second = serving.create(served, serving.body("echo", task_name="key%1", start_task=False)).job
    serving.create(served, serving.body("echo", task_name="KEY_1 key11", start_task=False))

    assert served.find("key%1") == (first, second)


@pytest.mark.parametrize("job", [0, 7])
def test_what_is_not_there_is_not_found(served: Engine, job: int) -> None:
    """404 with 1244006 for a job, 1244007 for a step."""
    asked: dict[int, Callable[[], object]] = {
        1244006: lambda: served.status(job),
        1244007: lambda: served.operate_step(job, 8, serving.OWNER),
    }
    for number, ask in asked.items():
        with pytest.raises(RefusalError) as refusal:
            ask()
        assert refusal.value.number == number
        assert refusal.value.code.http == 404


def test_logs_come_by_host(served: Engine, counting: Counting) -> None:
    """For one host or all in their order; an unknown host is refused."""
    job = serving.create(served, counting(range(1, 4))).job
    serving.rested(served, job)

    assert [label for label, _ in served.logs(job, None)] == [f"0:127.0.0.{n}" for n in (1, 2, 3)]
    assert list(served.logs(job, "0:127.0.0.2")) == [("0:127.0.0.2", "on 0:127.0.0.2\n")]
    with pytest.raises(RefusalError, match="cannot find host 0:9"):
        served.logs(job, "0:9")


# ---------------------------------------------------------------- rolling


def test_without_rolling_all_hosts_are_one_batch(
    served: Engine, counting: Counting, tmp_path: Path
) -> None:
    """One host fails, the others run to their end, and the job has failed for good."""
    job = serving.create(served, counting(range(1, 6), bad=(2,))).job
    ended = serving.rested(served, job)

    assert (ended.status, ended.paused, ended.batch) == (Status.FAILED, False, 1)
    assert _states(ended) == ["succeeded", "failed", "succeeded", "succeeded", "succeeded"]
    assert (ended.hosts[1].exit_code, ended.hosts[1].detail) == (1, "exit code 1")
    assert _runs(tmp_path) == dict.fromkeys(range(1, 6), 1)


def test_mode_1_pauses_at_a_failure(served: Engine, counting: Counting, tmp_path: Path) -> None:
    """Finished and failed, as the platform says it, yet paused: later batches have not run."""
    rolls = serving.rolling("1 2 3", 1)
    created = serving.create(served, counting(range(1, 7), bad=(2,), rolling_config=rolls))
    paused = serving.rested(served, created.job)

    assert (paused.status, paused.finished, paused.paused) == (Status.FAILED, True, True)
    assert (paused.batch, paused.batches) == (2, 3)
    assert _states(paused) == ["succeeded", "failed", "succeeded", *["waiting"] * 3]
    assert [host.batch for host in paused.hosts] == [1, 2, 2, 3, 3, 3]

    _bad(tmp_path)
    served.operate_step(created.step, 2, serving.OWNER)
    ended = serving.rested(served, created.job)
    assert (ended.status, ended.paused, ended.batch) == (Status.SUCCEEDED, False, 3)
    assert _runs(tmp_path) == {1: 1, 2: 2, 3: 1, 4: 1, 5: 1, 6: 1}


def test_mode_1_goes_on_when_the_failure_is_ignored(
    served: Engine, counting: Counting, tmp_path: Path
) -> None:
    """Operation 3 leaves the batch and begins the next; ignoring the last one ends the job well."""
    rolls = serving.rolling("1", 1)
    created = serving.create(served, counting(range(1, 4), bad=(1, 3), rolling_config=rolls))
    serving.rested(served, created.job)
    served.operate_step(created.step, 3, serving.OWNER)
    last = serving.rested(served, created.job)

    assert (last.status, last.paused, last.batch) == (Status.FAILED, False, 3)
    served.operate_step(created.step, 3, serving.OWNER)
    assert served.status(created.job).status is Status.SUCCEEDED
    assert _runs(tmp_path) == {1: 1, 2: 1, 3: 1}
    with pytest.raises(RefusalError) as refusal:
        served.operate_step(created.step, 8, serving.OWNER)
    assert refusal.value.number == 1241003


def test_mode_2_goes_on_over_failures(served: Engine, counting: Counting, tmp_path: Path) -> None:
    """The job succeeds although batches failed, the last one too."""
    rolls = serving.rolling("2", 2)
    job = serving.create(served, counting(range(1, 7), bad=(1, 6), rolling_config=rolls)).job
    ended = serving.rested(served, job)

    assert (ended.status, ended.paused, ended.batch) == (Status.SUCCEEDED, False, 3)
    assert _states(ended).count("failed") == 2
    assert _runs(tmp_path) == dict.fromkeys(range(1, 7), 1)


def test_mode_3_waits_for_a_person_after_each_batch_but_the_last(
    served: Engine, counting: Counting, tmp_path: Path
) -> None:
    """State 7, not finished and paused; operation 13 begins one batch, and only then."""
    created = serving.create(served, counting(range(1, 4), rolling_config=serving.rolling("1", 3)))
    for batch in (1, 2):
        waits = serving.rested(served, created.job)
        assert (waits.status, waits.finished, waits.paused) == (Status.CONFIRM, False, True)
        assert waits.batch == batch
        assert len(_runs(tmp_path)) == batch
        served.operate_step(created.step, 13, serving.OWNER)
        with pytest.raises(RefusalError):
            served.operate_step(created.step, 13, serving.OWNER)

    assert serving.rested(served, created.job).status is Status.SUCCEEDED
    assert _runs(tmp_path) == {1: 1, 2: 1, 3: 1}


def test_mode_3_fails_as_mode_1_does(served: Engine, counting: Counting, tmp_path: Path) -> None:
    """A failure pauses it in state 4; retrying everything runs the whole batch again."""
    rolls = serving.rolling("2", 3)
    created = serving.create(served, counting(range(1, 4), bad=(1,), rolling_config=rolls))
    paused = serving.rested(served, created.job)
    assert (paused.status, paused.paused) == (Status.FAILED, True)

    _bad(tmp_path)
    served.operate_step(created.step, 8, serving.OWNER)
    waits = serving.rested(served, created.job)
    assert (waits.status, waits.batch) == (Status.CONFIRM, 1)
    assert _runs(tmp_path) == {1: 2, 2: 2}
    assert dict(served.logs(created.job, "0:127.0.0.1")) == {"0:127.0.0.1": "on 0:127.0.0.1\n"}


def test_many_hosts_run_a_few_at_a_time(tmp_path: Path) -> None:
    """Forty hosts, eight at a time: all run, and never more than eight at once."""
    served = serving.engine(tmp_path / "data", pace=Pace(parallel=8))
    job = serving.create(served, serving.body("sleep 0.02", hosts=range(1, 41))).job
    most = 0
    while not (now := served.status(job)).finished:
        most = max(most, _states(now).count("running"))
        time.sleep(0.005)

    assert now.status is Status.SUCCEEDED
    assert 1 <= most <= 8
    served.close()


# ---------------------------------------------------------------- stop


def test_a_stop_ends_what_runs_and_begins_no_more(tmp_path: Path) -> None:
    """Running hosts are ended, queued ones never begin, later batches wait, and the job is 11."""
    served = serving.engine(tmp_path / "data", pace=Pace(parallel=2))
    created = serving.create(
        served,
        serving.body("sleep 60", hosts=range(1, 7), rolling_config=serving.rolling("4 2", 2)),
    )
    assert served.status(created.job).status is Status.RUNNING
    served.operate_job(created.job, 1, serving.OWNER)
    stopped = serving.rested(served, created.job)

    assert (stopped.status, stopped.batch) == (Status.STOPPED, 1)
    assert _states(stopped) == [*["failed"] * 4, *["waiting"] * 2]
    assert [host.detail for host in stopped.hosts[1:3]] == [
        "stopped",
        "stopped before it was started",
    ]
    with pytest.raises(RefusalError) as refusal:
        served.operate_job(created.job, 1, serving.OWNER)
    assert refusal.value.number == 1241003
    served.close()


def test_a_job_that_waits_for_a_person_is_stopped_at_once(
    served: Engine, counting: Counting, tmp_path: Path
) -> None:
    """It is 11 with the answer; retrying its failures finds none, and it waits again."""
    created = serving.create(served, counting(range(1, 3), rolling_config=serving.rolling("1", 3)))
    serving.rested(served, created.job)
    served.operate_job(created.job, 1, serving.OWNER)
    assert served.status(created.job).status is Status.STOPPED

    served.operate_step(created.step, 2, serving.OWNER)
    assert served.status(created.job).status is Status.CONFIRM
    assert _runs(tmp_path) == {1: 1}


def test_nobody_need_wait_for_a_host_that_will_not_stop(served: Engine, tmp_path: Path) -> None:
    """Skipped while it stops, the job is over at once, and its host is followed all the same."""
    script = f"trap '' TERM; touch {tmp_path}/begun; sleep 60"
    created = serving.create(served, serving.body(script))
    serving.until((tmp_path / "begun").exists)
    served.operate_job(created.job, 1, serving.OWNER)
    assert served.status(created.job).status is Status.STOPPING
    served.operate_step(created.step, 12, serving.OWNER)

    skipped = served.status(created.job)
    assert (skipped.status, _states(skipped)) == (Status.SUCCEEDED, ["running"])
    serving.until(lambda: _states(served.status(created.job)) == ["failed"])
    assert served.status(created.job).status is Status.SUCCEEDED


def test_a_stopped_job_goes_on_with_the_next_batch(served: Engine, tmp_path: Path) -> None:
    """Operation 11 leaves the stopped batch; of the last one it makes a job that succeeded."""
    script = f'touch {tmp_path}/$JOBGATE_IP; [ "$JOBGATE_IP" = 127.0.0.2 ] || sleep 60'
    rolls = serving.rolling("1", 1)
    created = serving.create(served, serving.body(script, hosts=range(1, 4), rolling_config=rolls))
    for host in (1, 3):
        serving.until((tmp_path / f"127.0.0.{host}").exists)
        served.operate_job(created.job, 1, serving.OWNER)
        assert serving.rested(served, created.job).status is Status.STOPPED
        served.operate_step(created.step, 11, serving.OWNER)
        serving.until(lambda: served.status(created.job).batch == 3)

    assert served.status(created.job).status is Status.SUCCEEDED


# ---------------------------------------------------------------- once, whatever happens


def test_a_run_that_was_decided_and_never_begun_is_begun_by_the_next(
    tmp_path: Path, counting: Counting
) -> None:
    """As after a death between commit and launch: another process launches it, once."""
    died = serving.engine(tmp_path / "data", local=Lame())
    job = serving.create(died, counting(range(1, 4))).job
    died.close()
    served = serving.engine(tmp_path / "data", pace=EAGER)

    assert served.status(job).status is Status.RUNNING
    assert serving.rested(served, job).status is Status.SUCCEEDED
    assert _runs(tmp_path) == {1: 1, 2: 1, 3: 1}
    served.close()


def test_a_launch_that_fails_does_not_undo_the_start(tmp_path: Path, counting: Counting) -> None:
    """The job stands as started, and runs once when the machine has room again."""
    full = Lame(1, OSError(28, "No space left on device", "order"))
    served = serving.engine(tmp_path / "data", local=full, pace=EAGER)
    job = serving.create(served, counting(range(1, 2))).job

    assert served.status(job).status is Status.RUNNING
    assert serving.rested(served, job).status is Status.SUCCEEDED
    assert _runs(tmp_path) == {1: 1}
    served.close()


def test_a_machine_that_refuses_is_told_to_who_asks(tmp_path: Path) -> None:
    """A poll that cannot launch the next batch says why; the one after it goes on."""
    served = serving.engine(tmp_path / "data", local=(weak := Lame(0)))
    body = serving.body(
        f"touch {tmp_path}/$JOBGATE_IP", hosts=(1, 2), rolling_config=serving.rolling("1", 1)
    )
    job = serving.create(served, body).job
    serving.until((tmp_path / "127.0.0.1").exists)
    weak.times, weak.error = 1, OSError(28, "No space left on device", "order")

    with pytest.raises(PlatformError, match=r"cannot run on host 0:127\.0\.0\.2: No space left"):
        serving.rested(served, job)
    assert serving.rested(served, job).status is Status.SUCCEEDED
    served.close()


def test_a_run_that_nobody_can_begin_comes_to_an_end(tmp_path: Path) -> None:
    """After so many launches it is given up: the job has failed, and a retry may run it."""
    lame = Lame(2)
    served = serving.engine(tmp_path / "data", local=lame, pace=Pace(patience=20, launches=2))
    created = serving.create(served, serving.body(f"echo x >> {tmp_path}/ran"))
    ended = serving.rested(served, created.job)

    assert ended.status is Status.FAILED
    assert ended.hosts[0].detail == "its shim cannot begin: it says nothing"
    assert not (tmp_path / "ran").exists()
    served.close()
    well = serving.engine(tmp_path / "data")
    well.operate_step(created.step, 2, serving.OWNER)
    assert serving.rested(well, created.job).status is Status.SUCCEEDED
    assert (tmp_path / "ran").read_text() == "x\n"
    well.close()


def test_a_shim_that_dies_makes_the_job_abnormal(served: Engine, tmp_path: Path) -> None:
    """9, in every mode, with the reason; nothing is run again until a person says so."""
    body = serving.body(
        f"echo x >> {tmp_path}/ran; [ -e {tmp_path}/go ] || sleep 60",
        hosts=(1, 2),
        rolling_config=serving.rolling("1", 2),
    )
    created = serving.create(served, body)
    serving.until((tmp_path / "ran").exists)
    claim = tmp_path / "data" / "runs" / str(created.job) / "1" / "1" / "0" / "claim"
    serving.until(lambda: " " in claim.read_text())
    os.kill(_parent(claim.read_text().split()[0]), signal.SIGKILL)
    ended = serving.rested(served, created.job)

    assert (ended.status, ended.finished, ended.paused) == (Status.ABNORMAL, True, False)
    assert _states(ended) == ["failed", "waiting"]
    assert "its shim died" in ended.hosts[0].detail
    assert (tmp_path / "ran").read_text() == "x\n"
    (tmp_path / "go").touch()
    served.operate_step(created.step, 2, serving.OWNER)
    assert serving.rested(served, created.job).status is Status.SUCCEEDED
    assert (tmp_path / "ran").read_text() == "x\nx\nx\n"


def test_several_may_drive_one_job(served: Engine, counting: Counting, tmp_path: Path) -> None:
    """Three processes poll a rolling job at once: each host runs once."""
    rolls = serving.rolling("4", 1)
    job = serving.create(served, counting(range(1, 13), start_task=False, rolling_config=rolls)).job
    pollers = [_driver(POLL, tmp_path / "data", job) for _ in range(2)]
    serving.start(served, job)
    ended = serving.rested(served, job)
    for poller in pollers:
        poller.communicate()

    assert [poller.returncode for poller in pollers] == [0, 0]
    assert ended.status is Status.SUCCEEDED
    assert _runs(tmp_path) == dict.fromkeys(range(1, 13), 1)


@pytest.mark.parametrize("delay", [0.0, 0.01, 0.03, 0.06, 0.12])
def test_a_driver_that_is_killed_loses_nothing(
    counting: Counting, tmp_path: Path, delay: float
) -> None:
    """SIGKILL in the middle of a rolling run: whoever comes next ends it, each host ran once."""
    served = serving.engine(tmp_path / "data", pace=EAGER)
    rolls = serving.rolling("2 3", 1)
    job = serving.create(served, counting(range(1, 9), start_task=False, rolling_config=rolls)).job
    driver = _driver(START_AND_POLL, tmp_path / "data", job)
    time.sleep(delay)
    driver.kill()
    driver.communicate()
    with suppress(RefusalError):  # started before
        serving.start(served, job)
    ended = serving.rested(served, job)

    assert ended.status is Status.SUCCEEDED
    assert _runs(tmp_path) == dict.fromkeys(range(1, 9), 1)
    served.close()


def _driver(program: str, data: Path, job: int) -> subprocess.Popen[bytes]:
    """Return another process that has opened the folder and now drives the job."""
    driver = subprocess.Popen(
        [sys.executable, "-c", program, str(data), str(job)],
        stdout=subprocess.PIPE,
        cwd=Path(serving.__file__).parent.parent,
    )
    assert driver.stdout is not None
    driver.stdout.readline()
    return driver
