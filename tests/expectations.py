"""What is expected of every platform: one list, run against each of them by a thin test file."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING

import pytest

from runner import canon, handles
from runner.errors import PlatformError, RefusedError
from runner.frozen import Target
from runner.handles import Handle
from runner.model import Act
from runner.progress import HostState, Progress, Status
from runner.stored import Status as StoredStatus
from tests import serving

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from runner.model import Json
    from runner.pipeline.ports import Platform

SCOPE = ("biz", "2")
# Counts its runs on each host in the folder that it is given.
COUNTS = 'echo x >> "$1/ran.$JOBGATE_IP"; echo "hi $JOBGATE_IP"'
FAILS_ON_2 = f'{COUNTS}; [ "$JOBGATE_IP" != 127.0.0.2 ]'


@dataclass(frozen=True, slots=True)
class Ground:
    """A platform with the inventory of `webserver`, and an empty folder for scripts to write in."""

    platform: Platform
    folder: Path

    def create(self, script: str, *, hosts: tuple[int, ...] = (1,), **more: Json) -> Handle:
        """Create a job that waits, with the folder as its first argument."""
        param = serving.text64(f"'{self.folder}'")
        body = serving.body(script, hosts=hosts, start_task=False, script_param=param, **more)
        created = self.platform.create(body)
        return Handle(
            job=created.job,
            step=created.step,
            scope=handles.scope(body),
            expression=handles.expression(body),
        )

    def run(self, script: str, *, hosts: tuple[int, ...] = (1,), **more: Json) -> Handle:
        """Create a job and start it."""
        handle = self.create(script, hosts=hosts, **more)
        self.platform.start(handle)
        return handle

    def rested(self, handle: Handle) -> Progress:
        """Return how a job stands once it has come to rest, be it between two batches."""
        seen: list[Progress] = []

        def rests() -> bool:
            seen.append(self.platform.status(handle))
            return seen[-1].finished or seen[-1].paused

        serving.until(rests)
        return seen[-1]

    @property
    def runs(self) -> dict[str, int]:
        """Return how often a script has run on each host."""
        return serving.lines(self.folder)


def _states(progress: Progress) -> list[tuple[str, int, str]]:
    return [(host.host, host.batch, host.state) for host in progress.hosts]


def a_created_job_waits(ground: Ground) -> None:
    """Create does not start, however long one waits."""
    handle = ground.create(COUNTS)
    stands = ground.platform.status(handle)

    assert (stands.status, stands.finished, stands.paused) == (Status.WAITING, False, False)
    assert _states(stands) == [("0:127.0.0.1", 1, "waiting")]
    assert ground.runs == {}


def what_was_frozen_is_shown(ground: Ground) -> None:
    """Script, account and hosts of a job that waits, the hosts in the order of its batches."""
    rolls = serving.rolling("1 100%", 1)
    shown = ground.platform.frozen(ground.create(COUNTS, hosts=(3, 1, 2), rolling_config=rolls))

    assert shown.script == canon.sha256(COUNTS.encode())
    assert (shown.account_id, shown.alias) in {(1, "operator"), (1, None)}
    assert shown.targets == tuple(Target(label=f"0:127.0.0.{host}", id=host) for host in (3, 1, 2))


def a_stored_script_is_shown_by_its_content(ground: Ground) -> None:
    """Whoever names a script by its id sees which bytes it has come to."""
    shown = ground.platform.frozen(
        ground.create("", script_id="clean", script_content=None, script_language=None)
    )

    assert shown.script == canon.sha256(b"echo stored\n")


def a_version_is_found_by_its_number(ground: Ground) -> None:
    """However far it is, with its content to the byte and the id of its script."""
    found = [ground.platform.script_version(SCOPE, number) for number in (5, 6, 7, 8)]

    assert [(each.script, each.version) for each in found] == [("clean", n) for n in (5, 6, 7, 8)]
    assert [each.name for each in found] == ["0.9", "1.0", "1.1", "1.2"]
    assert [each.status.name for each in found] == ["OFFLINE", "ONLINE", "DISABLED", "DRAFT"]
    assert {each.content for each in found} == {b"echo stored\n"}


def a_script_is_the_version_that_is_online(ground: Ground) -> None:
    """By its id; also one that is public."""
    found = [ground.platform.script_version(SCOPE, name) for name in ("clean", "public")]

    assert [(each.script, each.version) for each in found] == [("clean", 6), ("public", 9)]
    assert [each.status for each in found] == [StoredStatus.ONLINE] * 2


def what_a_scope_does_not_know_is_refused(ground: Ground) -> None:
    """A script, a version, and a script of another scope."""
    for named in ("none", 99):
        with pytest.raises(RefusedError):
            ground.platform.script_version(SCOPE, named)
    with pytest.raises(PlatformError):
        ground.platform.script_version(("biz_set", "9000001"), "clean")


def a_started_job_runs_to_its_end(ground: Ground) -> None:
    """Status and logs tell what each host did."""
    handle = ground.run(f"{FAILS_ON_2} || exit 3", hosts=(1, 2))
    ended = ground.rested(handle)

    assert (ended.status, ended.finished, ended.paused) == (Status.FAILED, True, False)
    assert (ended.batch, ended.batches) == (1, 1)
    assert ended.hosts == (
        HostState(host="0:127.0.0.1", batch=1, state="succeeded", exit_code=0, detail=""),
        HostState(host="0:127.0.0.2", batch=1, state="failed", exit_code=3, detail="exit code 3"),
    )
    assert all(0 < (host.begun or 0) <= (host.ended or 0) for host in ended.hosts)
    assert list(ground.platform.logs(handle, None)) == [
        ("0:127.0.0.1", "hi 127.0.0.1\n"),
        ("0:127.0.0.2", "hi 127.0.0.2\n"),
    ]
    assert list(ground.platform.logs(handle, "0:127.0.0.2")) == [("0:127.0.0.2", "hi 127.0.0.2\n")]


def starting_again_runs_nothing_again(ground: Ground) -> None:
    """A start whose answer was lost may be sent again, while it runs and after it."""
    handle = ground.run(COUNTS)
    ground.platform.start(handle)
    assert ground.rested(handle).status is Status.SUCCEEDED
    ground.platform.start(handle)

    assert ground.rested(handle).status is Status.SUCCEEDED
    assert ground.runs == {"ran.127.0.0.1": 1}


def a_manual_job_goes_on_when_it_is_resumed(ground: Ground) -> None:
    """It is paused between its batches, and can be resumed there and nowhere else."""
    handle = ground.run(COUNTS, hosts=(1, 2, 3), rolling_config=serving.rolling("1 2", 3))
    paused = ground.rested(handle)

    assert (paused.status, paused.finished, paused.paused) == (Status.CONFIRM, False, True)
    assert (paused.batch, paused.batches, paused.tries) == (1, 2, 1)
    assert [(host.begun is None, host.ended is None) for host in paused.hosts] == [
        (False, False),
        (True, True),
        (True, True),
    ]
    assert _states(paused) == [
        ("0:127.0.0.1", 1, "succeeded"),
        ("0:127.0.0.2", 2, "waiting"),
        ("0:127.0.0.3", 2, "waiting"),
    ]
    ground.platform.operate(handle, Act.RESUME, paused)
    ended = ground.rested(handle)
    assert (ended.status, ended.paused, ended.batch) == (Status.SUCCEEDED, False, 2)
    with pytest.raises(RefusedError, match="1241003"):
        ground.platform.operate(handle, Act.RESUME, ended)
    assert set(ground.runs.values()) == {1}


def a_retry_runs_what_failed_again(ground: Ground) -> None:
    """The hosts of the batch that did well are left alone, and one more try is counted."""
    mended = ground.folder.parent / f"{ground.folder.name}.mended"
    script = f'{COUNTS}; [ "$JOBGATE_IP" != 127.0.0.2 ] || [ -e "$1.mended" ]'
    handle = ground.run(script, hosts=(1, 2, 3), rolling_config=serving.rolling("2 1", 1))
    paused = ground.rested(handle)
    assert (paused.status, paused.batch, paused.tries) == (Status.FAILED, 1, 1)
    mended.touch()
    ground.platform.operate(handle, Act.RETRY, paused)
    ended = ground.rested(handle)

    assert (ended.status, ended.batch, ended.tries) == (Status.SUCCEEDED, 2, 2)
    assert ground.runs == {"ran.127.0.0.1": 1, "ran.127.0.0.2": 2, "ran.127.0.0.3": 1}
    with pytest.raises(RefusedError, match="1241003"):
        ground.platform.operate(handle, Act.RETRY, ended)


def a_failed_batch_is_skipped(ground: Ground) -> None:
    """The next batch runs, and the job succeeds; the one that failed is not run again."""
    handle = ground.run(FAILS_ON_2, hosts=(1, 2, 3), rolling_config=serving.rolling("1", 1))
    paused = ground.rested(handle)
    ground.platform.operate(handle, Act.SKIP, paused)
    ended = ground.rested(handle)

    assert (ended.status, ended.paused, ended.batch) == (Status.SUCCEEDED, False, 3)
    assert [host.state for host in ended.hosts] == ["succeeded", "failed", "succeeded"]
    assert set(ground.runs.values()) == {1}


def a_job_that_runs_is_stopped(ground: Ground) -> None:
    """Its script is ended, no other host begins, and what was stopped can be skipped."""
    script = f"{COUNTS}; while true; do sleep 0.05; done"
    handle = ground.run(script, hosts=(1, 2), rolling_config=serving.rolling("1", 1))
    serving.until(lambda: ground.runs != {})
    ground.platform.operate(handle, Act.STOP, ground.platform.status(handle))
    stopped = ground.rested(handle)

    assert (stopped.status, stopped.finished, stopped.batch) == (Status.STOPPED, True, 1)
    assert [host.state for host in stopped.hosts] == ["failed", "waiting"]
    with pytest.raises(RefusedError, match="1241003"):
        ground.platform.operate(handle, Act.STOP, stopped)
    ground.platform.operate(handle, Act.SKIP, stopped)
    serving.until(lambda: len(ground.runs) == 2)
    ground.platform.operate(handle, Act.STOP, ground.platform.status(handle))
    assert ground.rested(handle).status is Status.STOPPED
    assert ground.runs == {"ran.127.0.0.1": 1, "ran.127.0.0.2": 1}


def a_job_that_waits_for_a_person_is_stopped_at_once(ground: Ground) -> None:
    """Nothing of it runs, and nothing more will."""
    handle = ground.run(COUNTS, hosts=(1, 2), rolling_config=serving.rolling("1", 3))
    ground.platform.operate(handle, Act.STOP, ground.rested(handle))
    stopped = ground.platform.status(handle)

    assert (stopped.status, stopped.finished, stopped.paused) == (Status.STOPPED, True, False)
    assert ground.runs == {"ran.127.0.0.1": 1}


def a_failed_batch_pauses_the_job(ground: Ground) -> None:
    """It says failed and finished, and is neither: batches are left."""
    handle = ground.run(FAILS_ON_2, hosts=(1, 2, 3), rolling_config=serving.rolling("1", 1))
    paused = ground.rested(handle)

    assert (paused.status, paused.finished, paused.paused) == (Status.FAILED, True, True)
    assert (paused.batch, paused.batches) == (2, 3)
    assert [host.state for host in paused.hosts] == ["succeeded", "failed", "waiting"]


def a_failed_last_batch_ends_the_job(ground: Ground) -> None:
    """Nothing is left to go on with."""
    handle = ground.run(FAILS_ON_2, hosts=(1, 2), rolling_config=serving.rolling("1", 1))
    ended = ground.rested(handle)

    assert (ended.status, ended.finished, ended.paused) == (Status.FAILED, True, False)
    assert (ended.batch, ended.batches) == (2, 2)


def ignored_failures_stop_nothing(ground: Ground) -> None:
    """Every batch runs, and the job succeeds although a host has failed."""
    handle = ground.run(FAILS_ON_2, hosts=(1, 2, 3), rolling_config=serving.rolling("1", 2))
    ended = ground.rested(handle)

    assert (ended.status, ended.paused, ended.batch) == (Status.SUCCEEDED, False, 3)
    assert [host.state for host in ended.hosts] == ["succeeded", "failed", "succeeded"]


def logs_of_more_hosts_than_one_call_takes(ground: Ground) -> None:
    """All come, in the order of the hosts, whatever was printed."""
    handle = ground.run("printf 'é😀\\377 %s' $JOBGATE_IP", hosts=tuple(range(1, 56)))
    assert ground.rested(handle).status is Status.SUCCEEDED
    logs = list(ground.platform.logs(handle, None))

    assert logs == [(f"0:127.0.0.{n}", f"é😀\ufffd 127.0.0.{n}") for n in range(1, 56)]


def logs_of_a_host_that_is_not_there(ground: Ground) -> None:
    """Only a host of the job has a log."""
    handle = ground.create(COUNTS)

    with pytest.raises(RefusedError, match=r"cannot find host 0:127\.0\.0\.9"):
        ground.platform.logs(handle, "0:127.0.0.9")


def jobs_are_found_by_a_part_of_their_name(ground: Ground) -> None:
    """The oldest stands first; another name is another job."""
    first = ground.create(COUNTS, task_name="a key-1 b")
    ground.create(COUNTS, task_name="key-2")
    second = ground.create(COUNTS, task_name="key-1")

    assert ground.platform.find("key-1", SCOPE) == (first.job, second.job)
    assert ground.platform.find("key-3", SCOPE) == ()


def jobs_are_listed_by_their_age(ground: Ground) -> None:
    """With name, state and who created them, oldest first, and none that is older."""
    first = ground.create(COUNTS, task_name="listed 1")
    second = ground.run(COUNTS, task_name="listed 2")
    ground.rested(second)
    seen = [each for each in ground.platform.listed(SCOPE, 0) if each.name.startswith("listed ")]

    assert [(each.job, each.name, each.status) for each in seen] == [
        (first.job, "listed 1", Status.WAITING),
        (second.job, "listed 2", Status.SUCCEEDED),
    ]
    assert all(each.by for each in seen)
    assert abs(seen[0].at - time.time() * 1000) < 600_000
    assert ground.platform.listed(SCOPE, 0, "listed 2") == (seen[1],)
    assert ground.platform.listed(SCOPE, 0, "listed 3") == ()
    later = ground.platform.listed(SCOPE, seen[1].at)
    assert second.job in {each.job for each in later}
    assert all(each.at >= seen[1].at for each in later)
    assert ground.platform.listed(SCOPE, seen[1].at + 600_000) == ()


def what_is_wrong_is_refused(ground: Ground) -> None:
    """With the platform's number, a mend and exit code 9; nothing is stored."""
    wrong: list[tuple[dict[str, Json], str]] = [
        ({"bk_scope_id": "9"}, "NOT_FOUND 1243049"),
        ({"account_alias": "nobody"}, "NOT_FOUND 1244003"),
        ({"script_content": "?"}, "INVALID_ARGUMENT 1241025"),
        ({"execute_target": {"host_list": [{"bk_host_id": 700}]}}, "FAILED_PRECONDITION 1244030"),
        ({"script_content": serving.text64("mkfs /dev/sda")}, "1244019"),
    ]
    for more, part in wrong:
        with pytest.raises(RefusedError, match=part) as raised:
            ground.platform.create(serving.body("true", task_name="wrong") | more)
        assert raised.value.mend
        assert raised.value.exit_code == 9
    assert ground.platform.find("wrong", SCOPE) == ()


def what_is_not_there_is_refused(ground: Ground) -> None:
    """Whatever is asked of a job that there is not, the number is the same."""
    nothing = Handle(job=5_000_000, step=5_000_000, scope=SCOPE)
    seen = Progress(status=Status.FAILED, finished=True, paused=True, batch=1, batches=2, hosts=())
    asks: list[Callable[[], object]] = [
        lambda: ground.platform.start(nothing),
        lambda: ground.platform.status(nothing),
        lambda: ground.platform.frozen(nothing),
        *(partial(ground.platform.operate, nothing, act, seen) for act in Act),
        lambda: ground.platform.logs(nothing, None),
    ]
    for ask in asks:
        with pytest.raises(RefusedError, match=r"cannot find job 5000000.*1244006"):
            ask()


EXPECTATIONS: Mapping[str, Callable[[Ground], None]] = MappingProxyType(
    {
        each.__name__: each
        for each in (
            a_created_job_waits,
            what_was_frozen_is_shown,
            a_stored_script_is_shown_by_its_content,
            a_version_is_found_by_its_number,
            a_script_is_the_version_that_is_online,
            what_a_scope_does_not_know_is_refused,
            a_started_job_runs_to_its_end,
            starting_again_runs_nothing_again,
            a_manual_job_goes_on_when_it_is_resumed,
            a_retry_runs_what_failed_again,
            a_failed_batch_is_skipped,
            a_job_that_runs_is_stopped,
            a_job_that_waits_for_a_person_is_stopped_at_once,
            a_failed_batch_pauses_the_job,
            a_failed_last_batch_ends_the_job,
            ignored_failures_stop_nothing,
            logs_of_more_hosts_than_one_call_takes,
            logs_of_a_host_that_is_not_there,
            jobs_are_found_by_a_part_of_their_name,
            jobs_are_listed_by_their_age,
            what_is_wrong_is_refused,
            what_is_not_there_is_refused,
        )
    }
)
