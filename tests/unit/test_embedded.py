"""The embedded platform in process, beyond what is expected of every platform."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runner.errors import FindingsError, RefusedError
from runner.handles import Handle
from runner.platforms.embedded import Embedded
from runner.progress import Status
from tests import serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from runner.pipeline.ports import Platform

SCOPE = ("biz", "2")
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


def _run(platform: Platform, script: str) -> Handle:
    created = platform.create(serving.body(script))
    return Handle(job=created.job, step=created.step, scope=SCOPE)


def _ended(platform: Platform, handle: Handle) -> Status:
    serving.until(lambda: platform.status(handle).finished)
    return platform.status(handle).status


def test_the_folder_is_the_platform(tmp_path: Path) -> None:
    """Opened again it is the same instance with the same jobs; another folder is another one."""
    first = Embedded(tmp_path / "a", None)
    handle = _run(first, "true")
    again = Embedded(tmp_path / "a", None)
    other = Embedded(tmp_path / "b", None)

    assert first.instance == again.instance != other.instance
    assert _ended(again, handle) is Status.SUCCEEDED
    for opened in (first, again, other):
        opened.close()


def test_hosts_come_from_the_inventory(tmp_path: Path) -> None:
    """A file replaces the built-in hosts, and the label is the host's cloud and address."""
    (tmp_path / "hosts.yaml").write_text(HOSTS)
    platform = Embedded(tmp_path / "data", tmp_path / "hosts.yaml")
    handle = _run(platform, "echo $JOBGATE_HOST")

    assert _ended(platform, handle) is Status.SUCCEEDED
    assert list(platform.logs(handle, "4:10.0.0.1")) == [("4:10.0.0.1", "4:10.0.0.1\n")]
    with pytest.raises(RefusedError, match="host #2 is not in the inventory"):
        platform.create(serving.body("true", hosts=(2,)))
    platform.close()


def test_a_callback_that_nobody_would_send_is_refused(platform: Platform) -> None:
    """In process there is no one to call back, so the request is refused and no job is left."""
    body = serving.body("exit 0", task_name="calls", callback_url="https://ci.example.org/job")

    with pytest.raises(RefusedError, match="callback_url: not available"):
        platform.create(body)
    assert platform.find("calls", SCOPE) == ()


def test_a_list_is_of_one_scope(platform: Platform) -> None:
    """Jobs of another scope are not in it."""
    platform.create(serving.body("exit 0", start_task=False, task_name="listed"))

    assert "listed" in {each.name for each in platform.listed(SCOPE, 0)}
    assert platform.listed(("biz", "3"), 0) == ()


def test_an_inventory_that_is_wrong_opens_nothing(tmp_path: Path) -> None:
    """What is wrong is told before the data folder is made."""
    (tmp_path / "hosts.yaml").write_text(HOSTS.replace("local", "ssh"))

    with pytest.raises(FindingsError) as raised:
        Embedded(tmp_path / "data", tmp_path / "hosts.yaml")

    (finding,) = raised.value.findings
    assert "'ssh' as connection" in finding.message
    assert not (tmp_path / "data").exists()
