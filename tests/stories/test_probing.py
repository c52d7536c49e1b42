"""What platforms show: to who only asks, and by a job; good ones, and those that cannot do once."""

from __future__ import annotations

import dataclasses
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from runner.calls import Terms
from runner.checkup import Grade
from runner.errors import PlatformError
from runner.model import JobId, Key, Kind, PlatformEntry
from runner.pipeline import probing
from runner.pipeline.probing import Look, Probe, Wish
from runner.platforms.bkjob.client import BkJob
from runner.platforms.bkjob.credentials import Credentials
from runner.platforms.bkjob.gateway import Gateway
from runner.platforms.embedded import Embedded
from tests import journals, scripted, values

if TYPE_CHECKING:
    from pathlib import Path

    from runner.checkup import Check
    from runner.model import Had, Json, Ledger
    from runner.pipeline.ports import Platform
    from tests.scripted import Act, Scripted

pytestmark = pytest.mark.stories


SCOPE = ("biz", "2")
WORD = "what nobody may read"
KEY = "8d" * 32
ENTRY = PlatformEntry(
    name="far",
    type="bkjob",
    application="ci",
    credentials=(("bk_app_secret", "env", "SECRET"), ("bk_username", "text", "alice")),
)
PROBE = Probe(scope=SCOPE, account="operator", host=(0, "127.0.0.1"))
BY_JOB = Wish(platform="far", scope=SCOPE, probe=PROBE)
NOTHING = scripted.answer({"job_instance_list": []})
CREATED = scripted.answer({"job_instance_id": 7, "step_instance_id": 8})
DONE = scripted.tree({"result": True, "code": 0, "data": {}})
WAITING, RUNNING, SUCCEEDED, FAILED = 1, 2, 3, 4


@dataclass
class Clock:
    """Lets no time pass, and counts how often it was asked to."""

    waits: list[float] = field(default_factory=list)

    def now(self) -> datetime:
        """Return one instant."""
        return datetime(2026, 1, 2, tzinfo=UTC)

    def wait(self, seconds: float) -> None:
        """Count."""
        self.waits.append(seconds)


def stands(status: int, key: str = "") -> Act:
    """Return the answer about a job's status, with one host."""
    host: Json = {"bk_host_id": 1, "bk_cloud_id": 0, "ip": "127.0.0.1"}
    result: Json = {"execute_object": {"type": 1, "host": host}, "status": 11}
    step: Json = {"step_instance_id": 8, "step_execute_object_result_list": [result]}
    job: Json = {"job_instance_id": 7, "name": f"doctor {key}", "status": status}
    return scripted.answer(
        {"finished": status in {3, 4}, "job_instance": job, "step_instance_list": [step]}
    )


def refusal(number: int, message: str = "no", status: int = 400) -> Act:
    """Return a refusal of version 4."""
    details: Json = [{"code": str(number), "message": message}]
    return scripted.tree({"error": {"code": "X", "message": message, "details": details}}, status)


def no_leave() -> Act:
    """Return what somebody is told who may not do that."""
    data: Json = {"actions": [{"id": "view_history"}]}
    return scripted.tree({"error": {"code": "NO_PERMISSION", "message": "no", "data": data}}, 403)


def twice(status: int = 200) -> Act:
    """Return what version 3 answers to a second start."""
    return scripted.tree({"result": False, "code": 1241015, "message": "it was started"}, status)


def asked(
    *acts: Act, wish: Wish = BY_JOB, ledger: Ledger | None = None
) -> tuple[list[Check], Scripted]:
    """Return what a platform that acts like this shows, and what it was asked."""
    with scripted.served(*acts) as server:
        entry = dataclasses.replace(ENTRY, url=server.url)
        shown = Credentials(entry, {"SECRET": WORD})
        platform = BkJob(entry, Gateway(entry, shown, terms=Terms(pause=0.001)))
        look = Look(
            platforms=lambda _: platform,
            begun=lambda _: True,
            clock=Clock(),
            ledger=ledger,
            patience=5,
        )
        found = list(probing.platforms(look, (entry,), wish))
        platform.close()
    assert all(WORD not in f"{each.seen}{each.mend}{each.unseen}" for each in found)
    return found, server


def told(checks: list[Check]) -> dict[str, Grade]:
    """Return the grade of each check."""
    return {each.name: each.grade for each in checks}


def of(checks: list[Check], name: str) -> Check:
    """Return the one check of a name."""
    (only,) = (each for each in checks if each.name == name)
    return only


def ledger(*jobs: tuple[str, str, int, Kind]) -> Ledger:
    """Return a ledger with jobs of these names, instances, ids there, and states."""
    _, made = journals.begun()
    hads: dict[JobId, Had] = {}
    for name, instance, number, state in jobs:
        job = values.job(values.Wish(name=name))
        had = journals.submitted(made, job).jobs[job.id]
        identity = JobId(f"far/{name}")
        body: dict[str, Json] = {**had.body, "bk_scope_type": "biz", "bk_scope_id": "2"}
        hads[identity] = dataclasses.replace(
            had,
            job=identity,
            key=Key(KEY),
            state=state,
            instance=instance,
            platform_job=number,
            platform_step=8,
            body=body,
        )
    return dataclasses.replace(made, jobs=hads)


# ---------------------------------------------------------------- by a job


def test_a_platform_that_can_do_once() -> None:
    """It waits, starts when it is told to, and refuses a second start; all in one job."""
    acts = (NOTHING, CREATED, *[stands(WAITING)] * 4, DONE, stands(RUNNING), stands(SUCCEEDED))
    found, server = asked(*acts, twice(), *[stands(SUCCEEDED)] * 4)

    assert set(told(found).values()) == {Grade.OK}
    assert [each.name for each in found][1:] == ["scope", "create", "wait", "start", "second-start"]
    calls = [got.path.partition("?")[0].rpartition("/")[2] for got in server.got]
    assert calls.count("fast_execute_script") == 1
    assert calls.count("operate_job_instance") == 2
    assert b'"start_task": false' in server.got[1].content
    assert b"dHJ1ZQo=" in server.got[1].content


def test_a_platform_that_starts_at_once_fails() -> None:
    """Nothing more is ordered of it."""
    found, server = asked(NOTHING, CREATED, stands(WAITING), stands(RUNNING))

    assert of(found, "wait").grade is Grade.FAILURE
    assert "is running: `start_task: false` is not honoured" in of(found, "wait").seen
    assert "start" not in told(found)
    assert len(server.got) == 4


def test_a_platform_that_starts_twice_fails() -> None:
    """A second start is taken, and the job that had succeeded runs again."""
    acts = (NOTHING, CREATED, *[stands(WAITING)] * 4, DONE, stands(SUCCEEDED))
    found, _ = asked(*acts, DONE, stands(SUCCEEDED), stands(RUNNING))

    assert of(found, "second-start").grade is Grade.FAILURE
    assert "was started again" in of(found, "second-start").seen


def test_a_second_start_that_is_refused_otherwise_is_refused() -> None:
    """Whatever the number is."""
    acts = (NOTHING, CREATED, *[stands(WAITING)] * 4, DONE, stands(SUCCEEDED))
    found, _ = asked(*acts, refusal(1241003, "it has ended"))

    assert of(found, "second-start").grade is Grade.OK
    assert "it has ended" in of(found, "second-start").seen


@pytest.mark.parametrize(
    ("acts", "seen"),
    [
        ([DONE, stands(FAILED)], "is failed (0:127.0.0.1: failed)"),
        ([DONE, *[stands(RUNNING)] * 6], "is running"),
        ([refusal(1241003, "not here")], "not here"),
        ([scripted.Act(end="reset")], "nobody knows whether it was done"),
    ],
)
def test_a_start_that_comes_to_nothing(acts: list[Act], seen: str) -> None:
    """It is told, and no second one is tried."""
    found, _ = asked(NOTHING, CREATED, *[stands(WAITING)] * 4, *acts)

    assert of(found, "start").grade is Grade.FAILURE
    assert seen in of(found, "start").seen
    assert "second-start" not in told(found)


def test_what_may_not_be_created() -> None:
    """What is lacking is spelled out; nothing else is tried."""
    found, _ = asked(NOTHING, no_leave())

    assert of(found, "create").grade is Grade.FAILURE
    assert "lacking: view_history" in of(found, "create").seen
    assert [each.name for each in found] == ["address", "scope", "create"]


class Patient(Clock):
    """Lets a little time pass."""

    def wait(self, seconds: float) -> None:
        """Wait for a small part of it."""
        time.sleep(seconds / 25)


def test_the_embedded_platform(tmp_path: Path) -> None:
    """In process it does all that is needed; nobody needs to have used its folder before."""
    opened = Embedded(tmp_path / "data", None)
    entry = PlatformEntry(name="local", type="embedded")
    look = Look(platforms=lambda _: opened, begun=lambda _: False, clock=Patient(), ledger=None)
    found = list(probing.platforms(look, (entry,), dataclasses.replace(BY_JOB, platform="local")))
    opened.close()

    assert set(told(found)) == {"scope", "create", "wait", "start", "second-start"}
    assert set(told(found).values()) == {Grade.OK}, found


# ---------------------------------------------------------------- asking


LOOKS = Wish(scope=SCOPE)


def test_a_wrong_secret_is_told_and_not_shown() -> None:
    """Not even where the gateway repeats it."""
    words: Json = {"code": 1640001, "code_name": "INVALID", "message": f"{WORD} is wrong"}
    found, _ = asked(scripted.tree(words, 400), wish=LOOKS)

    assert of(found, "scope").grade is Grade.FAILURE
    assert "****** is wrong" in of(found, "scope").seen
    assert "credentials" in of(found, "scope").mend


def test_a_secret_that_is_not_there() -> None:
    """Nothing is sent."""
    entry = dataclasses.replace(ENTRY, url="http://127.0.0.1:9")
    platform = BkJob(entry, Gateway(entry, Credentials(entry, {})))
    look = Look(platforms=lambda _: platform, begun=lambda _: True, clock=Clock(), ledger=None)
    found = list(probing.platforms(look, (entry,), LOOKS))

    assert "the variable SECRET, for bk_app_secret, holds nothing" in of(found, "scope").seen


def test_a_scope_that_is_refused_hides_no_other() -> None:
    """Neither one that is not there, nor one that may not be looked at."""
    had = ledger(("tidy", "", 7, Kind.ENDED), ("wash", "", 6, Kind.ENDED))
    tidy, wash = had.jobs.values()
    other = dataclasses.replace(tidy, body={**tidy.body, "bk_scope_id": "9"})
    two = dataclasses.replace(had, jobs={tidy.job: other, wash.job: wash})
    acts = (refusal(1243049, "no such scope", 404), no_leave())
    found, server = asked(*acts, wish=Wish(), ledger=two)

    assert [each.grade for each in found if each.name == "scope"] == [Grade.FAILURE] * 2
    assert len(server.got) == 2


def test_a_platform_out_of_reach_is_asked_once() -> None:
    """The other scopes would be as far away."""
    had = ledger(("tidy", "", 7, Kind.ENDED))
    acts = [scripted.Act(status=502, content=b"<html>")] * 4
    found, _ = asked(*acts, wish=Wish(), ledger=had)

    assert [each.name for each in found] == ["address", "scope"]
    assert "the answer is 502" in of(found, "scope").seen


def test_without_a_scope_nothing_is_asked() -> None:
    """No job of the ledger goes there, and none was named."""
    found, server = asked(wish=Wish())

    assert of(found, "scope").grade is Grade.WARNING
    assert server.got == []


@pytest.mark.parametrize(
    ("act", "grade"),
    [
        (stands(SUCCEEDED, KEY), Grade.OK),
        (refusal(1244006, "no such job", 404), Grade.WARNING),
        (no_leave(), Grade.FAILURE),
    ],
)
def test_the_newest_job_is_looked_at(act: Act, grade: Grade) -> None:
    """It may be; it is gone; it may not be."""
    with scripted.served(NOTHING, act) as server:
        entry = dataclasses.replace(ENTRY, url=server.url)
        platform = BkJob(entry, Gateway(entry, Credentials(entry, {"SECRET": WORD})))
        had = ledger(("tidy", platform.instance, 7, Kind.ENDED))
        look = Look(platforms=lambda _: platform, begun=lambda _: True, clock=Clock(), ledger=had)
        found = list(probing.platforms(look, (entry,), Wish()))
        platform.close()

    assert told(found) == {"address": Grade.OK, "scope": Grade.OK, "view": grade}


def test_jobs_under_way_that_live_elsewhere() -> None:
    """They are named: here they could not be followed."""
    had = ledger(("tidy", "another", 7, Kind.STARTED), ("done", "another", 6, Kind.ENDED))
    found, _ = asked(NOTHING, wish=Wish(), ledger=had)

    assert of(found, "instance").grade is Grade.FAILURE
    assert "another one: far/tidy" in of(found, "instance").seen


@pytest.mark.parametrize(
    ("url", "grade"),
    [
        ("https://user:word@far.example.org/api", Grade.OK),
        ("http://user:word@far.example.org/api", Grade.WARNING),
        ("http://127.0.0.1:8000", Grade.OK),
    ],
)
def test_the_address(url: str, grade: Grade) -> None:
    """Without TLS only on this machine; what stands in it beside the host is not shown."""
    entry = dataclasses.replace(ENTRY, url=url)
    error = PlatformError("cannot open it", mend="do")

    def fails(_: PlatformEntry) -> Platform:
        raise error

    look = Look(platforms=fails, begun=lambda _: True, clock=Clock(), ledger=None)
    found = list(probing.platforms(look, (entry,), LOOKS))

    assert told(found) == {"address": grade, "open": Grade.FAILURE}
    assert "word" not in of(found, "address").seen


def test_a_platform_that_is_not_named() -> None:
    """Those that are stand in the mend."""
    found, _ = asked(wish=Wish(platform="near"))

    assert [(each.subject, each.grade) for each in found] == [("near", Grade.FAILURE)]
    assert "far" in found[0].mend


def test_a_folder_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    """It is opened only where a probe wants it."""
    opened: list[Path] = []

    def opens(_: PlatformEntry) -> Platform:
        opened.append(tmp_path)
        raise PlatformError("cannot open it", mend="do")

    entry = PlatformEntry(name="local", type="embedded")
    look = Look(platforms=opens, begun=lambda _: False, clock=Clock(), ledger=None)

    assert told(list(probing.platforms(look, (entry,), Wish()))) == {"folder": Grade.OK}
    assert opened == []
