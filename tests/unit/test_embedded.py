"""The embedded platform behind the protocol that the pipeline knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runner.errors import FindingsError, RefusedError
from runner.model import HostState, Status
from runner.platforms.embedded import Embedded
from tests import serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from runner.model import Json, Progress
    from runner.pipeline.ports import Platform

HOSTS = """\
apiVersion: jobgate/v1
kind: Inventory
scopes: [{type: biz, id: "2"}]
hosts: [{id: 1, cloud: 4, ip: 10.0.0.1, connection: local}]
accounts: [{id: 1, alias: operator}]
"""


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Platform]:
    """Return the platform over an empty folder, as the pipeline sees it."""
    made = Embedded(tmp_path / "data", None)
    yield made
    made.close()


def _rested(platform: Platform, job: int) -> Progress:
    seen: list[Progress] = []

    def rests() -> bool:
        seen.append(platform.status(job))
        return seen[-1].finished or seen[-1].paused

    serving.until(rests)
    return seen[-1]


def test_a_job_goes_from_create_to_its_logs(platform: Platform) -> None:
    """Create does not start; start does; status and logs tell what each host did."""
    created = platform.create(
        serving.body("echo hi $JOBGATE_IP; exit 2", start_task=False, task_name="key-1")
    )
    assert platform.status(created.job).status is Status.WAITING
    platform.start(created.job)
    ended = _rested(platform, created.job)

    assert ended.status is Status.FAILED
    assert ended.hosts == (
        HostState(host="0:127.0.0.1", batch=1, state="failed", exit_code=2, detail="exit code 2"),
    )
    assert list(platform.logs(created.job, None)) == [("0:127.0.0.1", "hi 127.0.0.1\n")]
    assert platform.find("key-1") == (created.job,)
    assert platform.find("key-2") == ()


def test_starting_twice_is_no_error_and_runs_once(platform: Platform, tmp_path: Path) -> None:
    """A start whose answer was lost may be sent again."""
    job = platform.create(serving.body(f"echo x >> {tmp_path}/ran", start_task=False)).job
    platform.start(job)
    platform.start(job)
    _rested(platform, job)
    platform.start(job)

    assert (tmp_path / "ran").read_text() == "x\n"


def test_a_manual_job_goes_on_when_it_is_confirmed(platform: Platform) -> None:
    """It is paused between batches, and only there can it be confirmed."""
    job = platform.create(
        serving.body("true", hosts=(1, 2), rolling_config=serving.rolling("1", 3))
    ).job
    paused = _rested(platform, job)

    assert (paused.paused, paused.finished, paused.batch, paused.batches) == (True, False, 1, 2)
    platform.confirm(job)
    assert _rested(platform, job).status is Status.SUCCEEDED
    with pytest.raises(RefusedError, match=r"next_batch.*FAILED_PRECONDITION 1241003"):
        platform.confirm(job)


@pytest.mark.parametrize(
    ("more", "part"),
    [
        ({"bk_scope_id": "9"}, "NOT_FOUND 1243049"),
        ({"account_alias": "root"}, "NOT_FOUND 1244003"),
        ({"script_content": "?"}, "INVALID_ARGUMENT 1241025"),
    ],
)
def test_a_refusal_is_an_error_of_the_platform(
    platform: Platform, more: dict[str, Json], part: str
) -> None:
    """With code and number of the platform, a mend, exit code 9, and nothing stored."""
    with pytest.raises(RefusedError, match=part) as raised:
        platform.create(serving.body("true") | more)

    assert raised.value.mend
    assert raised.value.exit_code == 9
    assert platform.find("") == ()


def test_what_is_not_there_is_an_error_of_the_platform(platform: Platform) -> None:
    """Whichever way one asks for it."""
    for ask in (
        platform.start,
        platform.status,
        platform.confirm,
        lambda job: platform.logs(job, None),
    ):
        with pytest.raises(RefusedError, match=r"cannot find job 5 .*1244006"):
            ask(5)


def test_the_folder_is_the_platform(tmp_path: Path) -> None:
    """Opened again it is the same instance with the same jobs; another folder is another one."""
    first = Embedded(tmp_path / "a", None)
    job = first.create(serving.body("true")).job
    again = Embedded(tmp_path / "a", None)
    other = Embedded(tmp_path / "b", None)

    assert first.instance == again.instance != other.instance
    assert _rested(again, job).status is Status.SUCCEEDED
    for opened in (first, again, other):
        opened.close()


def test_hosts_come_from_the_inventory(tmp_path: Path) -> None:
    """A file replaces the built-in hosts, and the label is the host's cloud and address."""
    (tmp_path / "hosts.yaml").write_text(HOSTS)
    platform = Embedded(tmp_path / "data", tmp_path / "hosts.yaml")
    job = platform.create(serving.body("echo $JOBGATE_HOST")).job
    _rested(platform, job)

    assert list(platform.logs(job, "4:10.0.0.1")) == [("4:10.0.0.1", "4:10.0.0.1\n")]
    with pytest.raises(RefusedError, match="host #2 is not in the inventory"):
        platform.create(serving.body("true", hosts=(2,)))
    platform.close()


def test_a_callback_that_nobody_would_send_is_refused(platform: Platform) -> None:
    """In process there is no one to call back, so the request is refused and no job is left."""
    body = serving.body("exit 0", task_name="calls", callback_url="https://ci.example.org/job")

    with pytest.raises(RefusedError, match="callback_url: not available"):
        platform.create(body)
    assert platform.find("calls") == ()


def test_an_inventory_that_is_wrong_opens_nothing(tmp_path: Path) -> None:
    """What is wrong is told before the data folder is made."""
    (tmp_path / "hosts.yaml").write_text(HOSTS.replace("local", "ssh"))

    with pytest.raises(FindingsError) as raised:
        Embedded(tmp_path / "data", tmp_path / "hosts.yaml")

    (finding,) = raised.value.findings
    assert "'ssh' as connection" in finding.message
    assert not (tmp_path / "data").exists()
