"""What BlueKing JOB answers, interpreted; and what is asked for it, and how often."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import time
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

import pytest

from runner import canon
from runner.calls import Terms
from runner.errors import PlatformError, RefusedError, UnknownOutcomeError
from runner.frozen import Frozen, Target
from runner.handles import Handle
from runner.model import Act, PlatformEntry
from runner.platforms.bkjob.client import BkJob
from runner.platforms.bkjob.credentials import Credentials
from runner.platforms.bkjob.gateway import Gateway, TooLargeError
from runner.progress import Created, HostState, Progress, Status
from runner.stored import Status as StoredStatus
from runner.stored import Stored
from runner.witness import Sighting
from tests import scripted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from runner.model import Json
    from tests.scripted import Got, Scripted

KEY = "8d" * 32
SCOPE = ("biz", "2")
PLAIN = Handle(job=7, step=8, scope=SCOPE, key=KEY)
ROLLS = dataclasses.replace(PLAIN, expression="1 2")
ENTRY = PlatformEntry(
    name="far",
    type="bkjob",
    url="https://bkapi.example.org/api/bk-job",
    stage="prod",
    application="ci",
    credentials=(("access_token", "text", "token"),),
)


@contextlib.contextmanager
def served(*acts: scripted.Act, most: int = 100_000) -> Iterator[tuple[BkJob, Scripted]]:
    """Return a platform whose answers are these, and what it was asked."""
    with scripted.served(*acts) as server:
        entry = dataclasses.replace(ENTRY, url=server.url, stage="")
        terms = Terms(pause=0.01, most=most)
        platform = BkJob(entry, Gateway(entry, Credentials(entry, {}), terms=terms))
        yield platform, server
        platform.close()


def host(number: int, status: int, **more: Json) -> Json:
    """Return a host's result."""
    who: dict[str, Json] = {"bk_host_id": number, "bk_cloud_id": 0, "ip": f"10.0.0.{number}"}
    return {"execute_object": {"type": 1, "host": who}, "status": status, **more}


def stands(status: int, *results: Json, name: str = f"tidy jobgate:{KEY}") -> scripted.Act:
    """Return the answer about a job's status."""
    step: dict[str, Json] = {
        "step_instance_id": 8,
        "step_execute_object_result_list": list(results),
    }
    return scripted.answer(
        {
            "finished": status in {3, 4, 9},
            "job_instance": {"job_instance_id": 7, "name": name, "status": status},
            "step_instance_list": [{"step_instance_id": 9}, step],
        }
    )


def batch(*numbers: int) -> scripted.Act:
    """Return the answer about a batch."""
    hosts: list[Json] = [
        {"bk_host_id": number, "bk_cloud_id": 0, "ip": f"10.0.0.{number}"} for number in numbers
    ]
    groups: list[Json] = [{"result_type": 9, "host_result_list": [each]} for each in hosts]
    return scripted.tree({"result": True, "code": 0, "data": {"step_result_group_list": groups}})


def query(got: Got) -> dict[str, str]:
    """Return the parameters of a request."""
    return dict(parse_qsl(urlsplit(got.path).query))


def label(number: int) -> str:
    """Return the label of a host."""
    return f"0:10.0.0.{number}"


# ---------------------------------------------------------------- create, start


def test_create_answers_with_ids() -> None:
    """The body goes as it is."""
    with served(scripted.answer({"job_instance_id": 7, "step_instance_id": 8})) as (far, server):
        assert far.create({"start_task": False}) == Created(job=7, step=8)

    assert json.loads(server.got[0].content) == {"start_task": False}


@pytest.mark.parametrize(
    "data",
    [None, {}, [], {"job_instance_id": 7}, {"job_instance_id": "7", "step_instance_id": 8}],
)
def test_a_create_without_ids_is_a_lost_answer(data: Json) -> None:
    """It may have been created, and nobody knows as what."""
    with (
        served(scripted.answer(data)) as (far, _),
        pytest.raises(UnknownOutcomeError, match="the answer is not one of JOB"),
    ):
        far.create({})


@pytest.mark.parametrize(
    ("act", "status", "number"),
    [
        (Act.RESUME, Status.CONFIRM, 13),
        (Act.RETRY, Status.ABNORMAL, 2),
        (Act.RETRY_ALL, Status.FAILED, 8),
        (Act.RETRY_ALL, Status.STOPPED, 8),
        (Act.SKIP, Status.FAILED, 3),
        (Act.SKIP, Status.STOPPED, 11),
        (Act.SKIP, Status.STOPPING, 12),
        (Act.STOP, Status.CONFIRM, 1),
    ],
)
def test_what_start_and_operate_send(act: Act, status: Status, number: int) -> None:
    """The platform's numbers of the operations, with scope and ids; each is sent once."""
    done = scripted.tree({"result": True, "code": 0, "data": {}})
    seen = Progress(status=status, finished=False, paused=True, batch=1, batches=2, hosts=())
    with served(done, done) as (far, server):
        far.start(PLAIN)
        far.operate(PLAIN, act, seen)
    job: dict[str, Json] = {"bk_scope_type": "biz", "bk_scope_id": "2", "job_instance_id": 7}
    whole = act is Act.STOP

    assert [(got.path, json.loads(got.content)) for got in server.got] == [
        ("/api/v3/operate_job_instance", {**job, "operation_code": 2}),
        (
            f"/api/v3/operate_{'job' if whole else 'step'}_instance",
            {**job, **({} if whole else {"step_instance_id": 8}), "operation_code": number},
        ),
    ]


def test_an_order_without_an_answer_is_not_repeated() -> None:
    """Nobody knows whether it was carried out, and it was sent once."""
    seen = Progress(status=Status.FAILED, finished=True, paused=True, batch=1, batches=2, hosts=())
    with served(scripted.Act(end="reset")) as (far, server):
        with pytest.raises(UnknownOutcomeError, match="cannot retry job 7"):
            far.operate(PLAIN, Act.RETRY, seen)
        assert len(server.got) == 1


# ---------------------------------------------------------------- status


def test_a_job_that_does_not_roll_costs_one_call() -> None:
    """Each host with its state; what the platform says by number is said in words."""
    results = (
        host(1, 9, exit_code=0),
        host(2, 104, exit_code=3),
        host(3, 7),
        host(4, 5),
        host(5, 3),
        host(6, 18),
        host(7, 777),
    )
    with served(stands(2, *results)) as (far, server):
        progress = far.status(PLAIN)

    assert (progress.status, progress.finished, progress.paused) == (Status.RUNNING, False, False)
    assert (progress.batch, progress.batches) == (1, 1)
    assert [(each.state, each.exit_code, each.detail) for each in progress.hosts] == [
        ("succeeded", 0, ""),
        ("failed", 3, "exit code 3"),
        ("running", None, ""),
        ("waiting", None, ""),
        ("succeeded", None, ""),
        ("failed", None, "no agent is installed"),
        ("failed", None, "the platform's state 777"),
    ]
    assert query(server.got[0]) == {
        "bk_scope_type": "biz",
        "bk_scope_id": "2",
        "job_instance_id": "7",
        "return_execute_object_result": "true",
    }


def test_labels() -> None:
    """A host is its cloud and address, or its id; a container its name, or its id there."""
    things: list[Json] = [
        {"type": 1, "host": {"bk_host_id": 5, "bk_cloud_id": 2, "ip": None, "ipv6": "fe80::1"}},
        {"type": 1, "host": {"bk_host_id": 6}},
        {"type": 2, "container": {"id": 3, "container_id": "docker://1", "name": "web"}},
        {"type": 2, "container": {"id": 4, "container_id": "docker://2"}},
    ]
    results: list[Json] = [{"execute_object": thing, "status": 9} for thing in things]
    with served(stands(3, *results)) as (far, _):
        labels = [each.host for each in far.status(PLAIN).hosts]

    assert labels == ["2:fe80::1", "#6", "container:web", "container:docker://2"]


def test_batches_are_those_that_the_platform_shows() -> None:
    """They are asked for one by one, and once: the platform fixed them when it created the job."""
    results = (host(1, 5), host(2, 9), host(3, 9))
    acts = (stands(4, *results), batch(2), batch(3, 1), stands(4, *results))
    with served(*acts) as (far, server):
        first, second = far.status(ROLLS), far.status(ROLLS)

    assert first == second
    assert [(each.host, each.batch) for each in first.hosts] == [
        (label(1), 2),
        (label(2), 1),
        (label(3), 2),
    ]
    assert (first.batch, first.batches, first.paused) == (2, 2, False)
    assert [query(got).get("batch") for got in server.got] == [None, "1", "2", None]
    assert server.got[1].path.startswith("/api/v3/get_step_instance_status?")
    assert query(server.got[1])["step_instance_id"] == "8"


def test_batches_that_the_platform_does_not_show_are_in_order() -> None:
    """So a pause is told from an end all the same; and it is asked again the next time."""
    results = (host(1, 9), host(2, 11), host(3, 5), host(4, 5))
    acts = (stands(4, *results), batch(1), batch(), batch())
    with served(*acts, *acts) as (far, server):
        far.status(ROLLS)
        progress = far.status(ROLLS)

    assert progress.hosts[1] == HostState(
        host=label(2), batch=2, state="failed", exit_code=None, detail="failed"
    )
    assert [each.batch for each in progress.hosts] == [1, 2, 2, 3]
    assert (progress.batch, progress.batches, progress.paused) == (2, 3, True)
    assert len(server.got) == 8


def test_a_job_that_waits_is_not_asked_for_its_batches() -> None:
    """Before its start there is nothing in them to be seen."""
    with served(stands(1, host(1, 5), host(2, 5))) as (far, server):
        progress = far.status(ROLLS)

    assert (progress.status, progress.batch, progress.batches) == (Status.WAITING, 1, 2)
    assert len(server.got) == 1


@pytest.mark.parametrize(("status", "paused"), [(4, True), (7, True), (9, False), (11, False)])
def test_a_pause_is_one_between_two_batches(status: int, paused: object) -> None:
    """Failed with a batch to come, or waiting for a person; another end is an end."""
    acts = (stands(status, host(1, 11), host(2, 5)), batch(1), batch(2))
    with served(*acts) as (far, _):
        progress = far.status(ROLLS)

    assert progress.paused is paused


@pytest.mark.parametrize(
    "act",
    [
        stands(12),
        scripted.answer({"job_instance": "x"}),
        scripted.answer([]),
        stands(2, {"execute_object": {"type": "host"}}),
    ],
    ids=["state", "job", "list", "host"],
)
def test_an_answer_that_cannot_be_read(act: scripted.Act) -> None:
    """It is an error, not a bug of ours."""
    handle = dataclasses.replace(PLAIN, key="")
    with (
        served(act) as (far, _),
        pytest.raises(PlatformError, match="cannot ask for job 7 on far: the answer is not one"),
    ):
        far.status(handle)


def test_a_job_of_another_name_is_another_job() -> None:
    """Its number was given again: by another platform, or by one that was put back."""
    asks: list[Callable[[BkJob], object]] = [
        lambda far: far.status(PLAIN),
        lambda far: far.logs(PLAIN, None),
    ]
    for ask in asks:
        with (
            served(stands(1, name="tidy jobgate:" + "77" * 32)) as (far, _),
            pytest.raises(PlatformError, match="bears another name than the one that was created"),
        ):
            ask(far)


# ---------------------------------------------------------------- logs, lists


def step(**info: Json) -> scripted.Act:
    """Return the answer about what a step runs."""
    return scripted.tree({"result": True, "code": 0, "data": {"id": 8, "script_info": info}})


def no(number: int, status: int = 200) -> scripted.Act:
    """Return a refusal of JOB's own."""
    return scripted.tree({"result": False, "code": number, "message": "no"}, status)


def test_what_was_frozen_costs_one_call_after_a_look() -> None:
    """The hosts are those that were seen waiting; only what runs on them is asked for."""
    told = step(script_content="true", account={"id": 3})
    with served(stands(1, host(1, 5), host(2, 5)), told, stands(1, host(2, 5)), told) as (far, to):
        far.status(PLAIN)
        first = far.frozen(PLAIN)
        other = far.frozen(dataclasses.replace(PLAIN, job=9))

    assert [urlsplit(each.path).path.rpartition("/")[2] for each in to.got] == [
        "get_job_instance_status",
        "get_step_instance_detail",
        "get_job_instance_status",
        "get_step_instance_detail",
    ]
    assert query(to.got[1])["step_instance_id"] == "8"
    targets = (Target(label=label(1), id=1), Target(label=label(2), id=2))
    assert first == Frozen(script=canon.sha256(b"true"), account_id=3, targets=targets)
    assert other.targets == targets[1:]


@pytest.mark.parametrize("act", [no(1244007, 404), no(1241024, 404), step()])
def test_a_site_that_does_not_tell_shows_nothing(act: scripted.Act) -> None:
    """It has no such call, or says no to it; and of a job that waits it may know no hosts."""
    with served(stands(1), act) as (far, _):
        assert far.frozen(PLAIN) == Frozen()


@pytest.mark.parametrize("act", [no(1247002, 401), no(9900403), step(script_content=1)])
def test_whoever_may_not_ask_is_told(act: scripted.Act) -> None:
    """A lacking permission is mended, and not taken for silence; neither is half an answer."""
    with (
        served(stands(1, host(1, 5)), act) as (far, _),
        pytest.raises(PlatformError, match="cannot ask what job 7 runs on far"),
    ):
        far.frozen(PLAIN)


# ---------------------------------------------------------------- scripts that it keeps


def listed(*versions: tuple[int, int]) -> scripted.Act:
    """Return a page of versions, each a number and how far it is."""
    rows: list[Json] = [{"id": number, "status": status} for number, status in versions]
    return scripted.tree({"result": True, "code": 0, "data": {"data": rows}})


def version(number: int, **more: Json) -> scripted.Act:
    """Return the answer about one version."""
    data: dict[str, Json] = {"id": number, "script_id": "s", "version": "1.0", "status": 1}
    return scripted.tree({"result": True, "data": {**data, "content": "true\n", **more}})


def asked(server: Scripted) -> list[str]:
    """Return the names of the calls that were made."""
    return [urlsplit(each.path).path.rpartition("/")[2] for each in server.got]


def test_a_version_costs_one_call() -> None:
    """It is told with its content to the byte, and asked for in the scope."""
    with served(version(7, status=2)) as (far, server):
        found = far.script_version(SCOPE, 7)

    assert found == Stored(
        script="s", version=7, name="1.0", status=StoredStatus.OFFLINE, content=b"true\n"
    )
    assert asked(server) == ["get_script_version_detail"]
    assert query(server.got[0]) == {"bk_scope_type": "biz", "bk_scope_id": "2", "id": "7"}


def test_a_script_is_its_version_online() -> None:
    """However many pages of others there are before it."""
    pages = (listed((9, 0), (8, 3)), listed((7, 2), (6, 1)), version(6))
    with served(*pages) as (far, server):
        assert far.script_version(SCOPE, "s").version == 6

    assert asked(server) == ["get_script_version_list"] * 2 + ["get_script_version_detail"]
    assert [query(each).get("start") for each in server.got] == ["0", "1000", None]
    assert {query(each).get("script_id") for each in server.got[:2]} == {"s"}


def test_a_script_of_nobody_is_looked_for_among_the_public() -> None:
    """One that the scope does not have, or has no version online of; without naming the scope."""
    for first in ((no(1243001),), (listed((5, 2)), listed())):
        with served(*first, listed((6, 1)), version(6)) as (far, server):
            assert far.script_version(SCOPE, "s").version == 6

        names = asked(server)[len(first) :]
        assert names == ["get_public_script_version_list", "get_public_script_version_detail"]
        assert "bk_scope_id" not in query(server.got[-1])


@pytest.mark.parametrize("public", [no(1243001), no(1241024, 404)])
def test_a_script_that_is_nowhere_is_told_of_the_scope(public: scripted.Act) -> None:
    """Whether there is no such public one, or nothing to ask about those."""
    said = "cannot ask which version of script s is online on far: there is none"
    with served(listed(), public) as (far, _), pytest.raises(RefusedError, match=said):
        far.script_version(SCOPE, "s")


@pytest.mark.parametrize(
    "act",
    [version(8), version(7, content=None), version(7, content="\ufffd"), version(7, status=9)],
)
def test_a_version_that_is_not_told_whole_is_none(act: scripted.Act) -> None:
    """Another one, or one without the bytes that it has, is nothing to compare with."""
    with (
        served(act) as (far, _),
        pytest.raises(PlatformError, match="cannot read script version 7 on far"),
    ):
        far.script_version(SCOPE, 7)


def logs(*numbers: int, text: str = "said") -> scripted.Act:
    """Return the logs of these hosts."""
    made: list[Json] = [
        {**dict(thing), "log_content": f"{text} {number}"}
        for number in numbers
        if isinstance(thing := host(number, 9), dict)
    ]
    return scripted.answer({"log_type": 1, "script_step_execute_object_logs": made})


def test_logs_come_in_groups_of_fifty() -> None:
    """In the order of the hosts; one without a log has printed nothing."""
    results = [host(number, 9) for number in range(1, 121)]
    acts = (stands(3, *results), logs(*range(50, 0, -1)), logs(*range(51, 101)), logs(119, 120))
    with served(*acts) as (far, server):
        found = list(far.logs(PLAIN, None))

    silent = set(range(101, 119))
    assert found == [
        (label(number), "" if number in silent else f"said {number}") for number in range(1, 121)
    ]
    asked = [json.loads(got.content)["host_id_list"] for got in server.got[1:]]
    assert asked == [list(range(1, 51)), list(range(51, 101)), list(range(101, 121))]


def test_logs_that_are_too_large_together_come_in_smaller_groups() -> None:
    """One that is too large by itself is an error."""
    results = [host(number, 9) for number in range(1, 4)]
    large = logs(1, 2, 3, text="x" * 3000)
    acts = (stands(3, *results), large, logs(1), large, logs(2), logs(3), stands(3, host(1, 9)))
    with served(*acts, large, most=5000) as (far, _):
        assert [text for _, text in far.logs(PLAIN, None)] == ["said 1", "said 2", "said 3"]
        with pytest.raises(TooLargeError):
            list(far.logs(PLAIN, None))


def test_half_a_character_is_shown_as_its_escape() -> None:
    """No output could be written with it."""
    with served(stands(3, host(1, 9)), logs(1, text="\ud83d")) as (far, _):
        assert list(far.logs(PLAIN, None)) == [(label(1), "\\ud83d 1")]


def test_logs_of_containers() -> None:
    """They are asked for by their own ids, beside those of hosts."""
    thing: dict[str, Json] = {"type": 2, "container": {"id": 3, "name": "web"}}
    inside = scripted.answer(
        {"script_step_execute_object_logs": [{"execute_object": thing, "log_content": "in"}]}
    )
    both: list[Json] = [host(3, 9), {"execute_object": thing, "status": 9}]
    with served(stands(3, *both), logs(3), inside) as (far, server):
        assert list(far.logs(PLAIN, None)) == [(label(3), "said 3"), ("container:web", "in")]

    assert json.loads(server.got[2].content)["container_id_list"] == [3]


def test_a_list_is_read_page_by_page() -> None:
    """What the platform's own search finds is looked at again."""
    items: list[Json] = [
        {
            "job_instance_id": 1000 - number,
            "name": f"a {KEY}" if number % 2 else "KEY",
            "status": 3,
        }
        for number in range(205)
    ]
    pages = (
        scripted.answer({"job_instance_list": items[:200]}),
        scripted.answer({"job_instance_list": items[200:]}),
    )
    with served(*pages) as (far, server):
        found = far.find(KEY, SCOPE)

    assert found == tuple(range(797, 1000, 2))
    asked = [query(got) for got in server.got]
    assert [each["offset"] for each in asked] == ["0", "200"]
    since, until = int(asked[0]["create_time_start"]), int(asked[0]["create_time_end"])
    assert since < time.time() * 1000 < until
    assert (until - since) // (24 * 3600 * 1000) == 30
    assert asked[0]["name"] == KEY


def test_a_list_of_a_scope() -> None:
    """Only jobs of scripts, of the last 30 days at most; a job that moved on a page is one."""
    item: dict[str, Json] = {
        "job_instance_id": 7,
        "name": "x",
        "status": 1,
        "create_time": 5,
        "operator": "alice",
    }
    newer: dict[str, Json] = {**item, "job_instance_id": 9}
    full: list[Json] = [newer] * 199
    pages = (
        scripted.answer({"job_instance_list": [*full, item]}),
        scripted.answer({"job_instance_list": [item]}),
        scripted.answer({"job_instance_list": []}),
    )
    now = int(time.time() * 1000)
    named: dict[str, Json] = {**item, "job_instance_id": 8, "name": "a key"}
    last_page = scripted.answer({"job_instance_list": [named, item]})
    with served(*pages, last_page) as (far, server):
        found = far.listed(SCOPE, 0)
        assert far.listed(SCOPE, now) == ()
        assert [each.name for each in far.listed(SCOPE, 0, "key")] == ["a key"]

    seen = Sighting(job=7, name="x", status=Status.WAITING, at=5, by="alice")
    assert found == (seen, dataclasses.replace(seen, job=9))
    first, _, last, by_name = (query(got) for got in server.got)
    assert (by_name["type"], by_name["name"]) == ("1", "key")
    assert (first["type"], first["bk_scope_id"], "name" in first) == ("1", SCOPE[1], False)
    assert now - int(first["create_time_start"]) > 29 * 24 * 3600 * 1000
    assert int(last["create_time_start"]) == now


def test_a_list_with_a_state_that_there_is_not() -> None:
    """It is not an answer of JOB's; nothing is guessed."""
    page = scripted.answer({"job_instance_list": [{"job_instance_id": 7, "status": 77}]})
    with served(page) as (far, _), pytest.raises(PlatformError, match="not one of JOB"):
        far.listed(SCOPE, 0)


# ---------------------------------------------------------------- instance


def test_the_instance_is_the_address() -> None:
    """Another address, stage or tenant is another platform; another caller is not."""

    def instance(**more: str) -> str:
        entry = PlatformEntry(
            name=more.get("name", "far"),
            type="bkjob",
            url=more.get("url", ENTRY.url),
            stage=more.get("stage", "prod"),
            tenant=more.get("tenant", ""),
            application=more.get("application", ""),
        )
        return BkJob(entry, Gateway(entry, Credentials(entry, {}))).instance

    assert instance() == instance(application="other", name="near", url=f"{ENTRY.url}/")
    assert instance() == "70b09aaf-0f51-5149-91b3-7836631c8170"
    others = {instance(url="https://x.example.org"), instance(stage="a"), instance(tenant="t")}
    assert len({*others, instance()}) == 4
