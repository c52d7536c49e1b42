"""The routes in process: jobs created, followed, read, listed and steered by what is sent."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

import pytest

from runner import narrow
from runner.errors import UnknownOutcomeError
from runner.server.answers import Code, Number, RefusalError
from runner.server.routes import desk, envelopes, openapi, table
from runner.server.routes.envelopes import V3, V4
from runner.server.routes.transport import Call
from tests import serving, webserver
from tests.desks import Front

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from runner.model import Json

COUNTED = """echo "on $JOBGATE_IP, $1"; [ "$JOBGATE_IP" != 127.0.0.2 ]"""
V4_STATUS = "/api/v4/get_job_instance_status"
V3_GROUPS = "/api/v3/get_step_instance_status"


@pytest.fixture
def front(tmp_path: Path) -> Iterator[Front]:
    """Return a desk that answers."""
    made = Front(tmp_path)
    yield made
    made.close()


def data(front: Front, path: str, **query: Json) -> dict[str, Json]:
    """Ask, and return the data of an answer that must be good."""
    asked = urlencode({**webserver.SCOPE, **query})
    reply = front.call("GET", f"{path}?{asked}", headers=webserver.shown())
    assert reply.status == 200, reply.content
    return narrow.mapping(reply.tree, "data")


def ids(created: dict[str, Json]) -> dict[str, Json]:
    """Return the ids of a job as its later calls name them."""
    return {name: created[name] for name in ("job_instance_id", "step_instance_id")}


def ran(front: Front, **more: Json) -> dict[str, Json]:
    """Run a job on three hosts, the second of which fails, and return its ids."""
    body = serving.body(COUNTED, hosts=(1, 2, 3), script_param=serving.text64("word"))
    created = ids(front.create({**body, "task_name": "three"}, **more))
    front.ended(created["job_instance_id"])
    return created


# ---------------------------------------------------------------- following


def test_a_job_is_followed_in_version_4(front: Front) -> None:
    """The answer has the job, its step and each host, and nothing that is null."""
    created = ran(front)
    job = created["job_instance_id"]

    told = front.status(job, return_execute_object_result="true")

    assert told["finished"] is True
    instance = narrow.mapping(told, "job_instance")
    assert (instance["name"], instance["status"]) == ("three", 4)
    assert webserver.SCOPE.items() <= instance.items()
    step = narrow.mapping(narrow.items(told, "step_instance_list")[0])
    assert (step["execute_count"], step["type"], step["status"]) == (0, 1, 4)
    hosts = narrow.items(step, "step_execute_object_result_list")
    assert [narrow.at(each, "status") for each in hosts] == [9, 104, 9]
    assert [narrow.at(each, "exit_code") for each in hosts] == [0, 1, 0]
    assert narrow.at(hosts[0], "execute_object") == {
        "type": 1,
        "resource_id": "1",
        "host": {"bk_host_id": 1, "bk_cloud_id": 0, "ip": "127.0.0.1"},
    }
    assert "step_execute_object_result_list" not in json.dumps(front.status(job))
    assert "null" not in json.dumps(told)


def test_what_has_not_begun_has_no_times(front: Front) -> None:
    """Before it is started a job has a time of creation and no other."""
    body = serving.body("true", start_task=False)
    job = front.create(body)["job_instance_id"]

    told = narrow.mapping(front.status(job), "job_instance")
    assert {"create_time", "start_time", "end_time", "total_time"} & set(told) == {"create_time"}
    older = data(front, "/api/v3/get_job_instance_status", job_instance_id=job)
    assert narrow.at(older, "job_instance", "start_time") is None


def test_a_run_that_took_no_time_is_told_as_100_ms(front: Front) -> None:
    """As the platform does it; a clock that was put back makes no negative time."""
    created = ran(front)
    with closing(sqlite3.connect(front.data / "jobgate.db")) as rows, rows:
        rows.execute("UPDATE hosts SET ended_at = launched_at WHERE host = 1")
        rows.execute("UPDATE hosts SET ended_at = launched_at - 5 WHERE host = 3")

    groups = narrow.items(data(front, V3_GROUPS, **created), "step_result_group_list")

    hosts = narrow.items(groups[0], "host_result_list")
    assert [narrow.at(each, "total_time") for each in hosts] == [100, 100]


def test_a_job_is_followed_in_version_3(front: Front) -> None:
    """The answer has each host with its address and error code, if asked for."""
    created = ran(front)
    path, job = "/api/v3/get_job_instance_status", created["job_instance_id"]

    told = data(front, path, job_instance_id=job, return_ip_result="True")

    step = narrow.mapping(narrow.items(told, "step_instance_list")[0])
    hosts = narrow.items(step, "step_ip_result_list")
    assert [narrow.at(each, "ip") for each in hosts] == ["127.0.0.1", "127.0.0.2", "127.0.0.3"]
    assert narrow.at(hosts[1], "error_code") == 0
    assert "step_ip_result_list" not in json.dumps(data(front, path, job_instance_id=job))


def test_a_step_tells_its_hosts_by_result(front: Front) -> None:
    """Hosts stand in groups of one state and tag, and are found by what is searched for."""
    created = ran(front)

    def groups(**query: Json) -> list[tuple[Json, Json, int]]:
        found = narrow.items(data(front, V3_GROUPS, **created, **query), "step_result_group_list")
        return [
            (
                narrow.at(each, "result_type"),
                narrow.at(each, "host_size"),
                len(narrow.items(each, "host_result_list")),
            )
            for each in found
        ]

    assert groups() == [(9, 2, 2), (104, 1, 1)]
    assert groups(max_host_num_per_group=1) == [(9, 2, 1), (104, 1, 1)]
    assert groups(status=9) == [(9, 2, 2), (104, 1, 0)]
    assert groups(status=9, tag="") == [(9, 2, 2), (104, 1, 0)]
    assert groups(status=9, tag="other") == [(9, 2, 0), (104, 1, 0)]
    assert groups(batch=0) == [(9, 2, 2), (104, 1, 1)]
    assert groups(batch=2) == []
    assert groups(execute_count=0, search_ip=".0.0.2") == [(104, 1, 1)]
    assert groups(execute_count=1) == []
    assert groups(keyword="on 127.0.0.3, word") == [(9, 1, 1)]
    assert groups(search_ip="127.9") == []


def test_batches_are_told_apart(front: Front) -> None:
    """A rolling job that paused tells of its first batch what it has done."""
    body = serving.body("false", hosts=(1, 2, 3), rolling_config=serving.rolling("1", mode=1))
    created = ids(front.create(body))
    front.ended(created["job_instance_id"])

    first = data(front, V3_GROUPS, **created, batch=1)
    third = data(front, V3_GROUPS, **created, batch=3)

    assert narrow.at(narrow.items(first, "step_result_group_list")[0], "result_type") == 104
    assert narrow.at(narrow.items(third, "step_result_group_list")[0], "result_type") == 5


def test_a_retry_counts(front: Front) -> None:
    """The count of a step goes up by one with each retry, and so does that of its hosts."""
    created = ran(front)
    reply = front.post("/api/v3/operate_step_instance", {**created, "operation_code": 2})
    assert reply.tree["data"] == created
    front.ended(created["job_instance_id"])

    again = data(front, V3_GROUPS, **created, execute_count=1)

    assert again["execute_count"] == 1
    kinds = [
        narrow.at(each, "result_type") for each in narrow.items(again, "step_result_group_list")
    ]
    assert kinds == [104]
    assert front.woken == 2


# ---------------------------------------------------------------- what a step runs


def test_a_sensitive_parameter_is_hidden(front: Front) -> None:
    """The parameter is shown as it is, or as asterisks, and nowhere else."""
    shown, hidden = ran(front), ran(front, param_sensitive=True)
    path = "/api/v3/get_step_instance_detail"

    info = narrow.mapping(data(front, path, **shown), "script_info")
    assert (info["script_param"], info["is_param_sensitive"]) == ("word", 0)
    assert (info["script_content"], info["script_type"]) == (COUNTED, 1)
    assert narrow.at(info, "account", "name") == "operator"
    assert len(narrow.items(info, "server", "ip_list")) == 3
    info = narrow.mapping(data(front, path, **hidden), "script_info")
    assert (info["script_param"], info["is_param_sensitive"]) == ("******", 1)


@pytest.mark.parametrize(("script", "version", "kind"), [("clean", 6, 2), ("public", 9, 3)])
def test_a_stored_script_is_named(front: Front, script: str, version: int, kind: int) -> None:
    """A step tells which version of which script it runs, and whether that is public."""
    body = serving.body("", script_content=None, script_language=None, script_id=script)
    created = ids(front.create(body, start_task=False))

    path = "/api/v3/get_step_instance_detail"
    info = narrow.mapping(data(front, path, **created), "script_info")

    assert (info["script_id"], info["script_version_id"]) == (script, version)
    assert info["script_type"] == kind


# ---------------------------------------------------------------- logs


def test_logs_of_many_hosts(front: Front) -> None:
    """The answer has the log of each host that the job has, in the order of its batches."""
    created = ran(front)
    path = "/api/v4/batch_get_job_instance_execute_object_log"

    def told(**more: Json) -> list[Json]:
        reply = front.post(path, {**created, **more})
        answer = narrow.mapping(reply.tree, "data")
        assert {**created, "log_type": 1}.items() <= answer.items()
        assert reply.tree["job_request_id"] == reply.headers["x-bkapi-request-id"]
        logs = narrow.items(answer, "script_step_execute_object_logs")
        return [narrow.at(each, "log_content") for each in logs]

    lines = [f"on 127.0.0.{number}, word\n" for number in (1, 2, 3)]
    assert told(host_id_list=[3, 1, 50]) == [lines[0], lines[2]]
    assert told(host_id_list=[50]) == []
    assert told(ip_list=[{"bk_cloud_id": 0, "ip": "127.0.0.2"}]) == [lines[1]]
    # The ids win over the addresses.
    both: dict[str, Json] = {
        "host_id_list": [1],
        "ip_list": [{"bk_cloud_id": 0, "ip": "127.0.0.2"}],
    }
    assert told(**both) == [lines[0]]


def test_the_log_of_one_host(front: Front) -> None:
    """The host is named by its id, or by cloud and address."""
    created = ran(front)
    path = "/api/v3/get_job_instance_ip_log"

    by_id = data(front, path, **created, bk_host_id=2)
    by_address = data(front, path, **created, bk_cloud_id=0, ip="127.0.0.2")

    assert by_id == by_address
    assert by_id["log_content"] == "on 127.0.0.2, word\n"


# ---------------------------------------------------------------- lists


def test_jobs_are_listed(front: Front) -> None:
    """Both versions list the newest first, and find by each filter; the id wins over all."""
    names = ("one", "two")
    jobs = [
        front.create(serving.body("true", hosts=(1, 2), task_name=name, start_task=False))
        for name in names
    ]
    window: dict[str, Json] = {"create_time_start": 0, "create_time_end": 9_999_999_999_999}
    with closing(sqlite3.connect(front.data / "jobgate.db")) as rows, rows:
        rows.execute("UPDATE jobs SET created_at = id * 1000")

    def listed(**query: Json) -> list[Json]:
        found = data(front, "/api/v4/get_job_instance_list", **{**window, **query})
        return [narrow.at(each, "name") for each in narrow.items(found, "job_instance_list")]

    def older(**query: Json) -> tuple[list[Json], Json]:
        asked = {"create_time_start": 0, "create_time_end": 5000, **query}
        found = data(front, "/api/v3/get_job_instance_list", **asked)
        return [narrow.at(each, "name") for each in narrow.items(found, "data")], found["total"]

    assert listed() == ["two", "one"]
    assert listed(length=1, offset=1) == ["one"]
    assert listed(name="wo") == ["two"]
    assert listed(operator="alice", status=1, launch_mode=2, ip="127.0.0.2") == ["two", "one"]
    assert listed(operator="bob") == listed(status=3) == listed(launch_mode=1) == []
    assert listed(ip="127.0.0.3") == listed(type=2) == listed(job_cron_id=7) == []
    assert listed(create_time_end=1500) == ["one"]
    job = jobs[0]["job_instance_id"]
    assert listed(job_instance_id=job, name="nothing", type=2) == ["one"]
    assert older() == (["two", "one"], 2)
    assert older(start=1, length=1) == (["one"], 2)
    assert older(type=0) == older(job_cron_id=1) == ([], 0)
    assert older(job_instance_id=job, type=0) == (["one"], 1)


def test_scripts_and_accounts(front: Front) -> None:
    """What the inventory keeps is told by pages, and found by its filters."""

    def page(path: str, **query: Json) -> list[Json]:
        found = data(front, f"/api/v3/{path}", **query)
        assert found["total"] is not None
        return narrow.items(found, "data")

    scripts = page("get_script_list")
    assert [narrow.at(each, "id") for each in scripts] == ["clean"]
    assert narrow.at(scripts[0], "online_script_version_id") == 6
    assert (
        page("get_script_list", name="nothing") == page("get_script_list", script_language=4) == []
    )
    versions = page("get_script_version_list", script_id="clean", start=1, length=2)
    assert [narrow.at(each, "id") for each in versions] == [7, 6]
    assert narrow.at(versions[0], "content") is None
    whole = page("get_script_version_list", script_id="clean", return_script_content="true")
    assert narrow.at(whole[0], "content") == "echo stored\n"
    accounts = page("get_account_list", account="", alias="operator", category=1)
    assert [narrow.at(each, "id") for each in accounts] == [1]
    assert page("get_account_list", alias="x") == page("get_account_list", category=2) == []
    assert page("get_account_list", account="nobody-of-that-name") == []


def test_one_version_of_a_script(front: Front) -> None:
    """It is found by its id, or by script and name; a public one belongs to each scope."""
    path = "/api/v3/get_script_version_detail"

    by_id = data(front, path, id=5)
    by_name = data(front, path, script_id="clean", version="0.9")

    assert by_id == by_name
    assert (by_id["content"], by_id["status"], by_id["public_script"]) == (
        "echo stored\n",
        2,
        False,
    )
    assert data(front, path, id=9)["public_script"] is True


def test_a_script_is_checked(front: Front) -> None:
    """Each hit of a danger rule is told with its line."""
    content = serving.text64("echo\nmkfs /dev/null\n")
    reply = front.post("/api/v3/check_script", {"script_language": 1, "content": content})

    assert reply.tree["data"] == [
        {
            "line": 2,
            "line_content": "mkfs /dev/null",
            "match_content": "mkfs",
            "level": 3,
            "description": "Makes a file system anew",
        }
    ]


# ---------------------------------------------------------------- who


def test_nothing_but_health_is_for_everybody(front: Front) -> None:
    """Every path is refused to who shows nothing; health is not."""
    routes = [table.Route(operation=each, system=False) for each in table.OPERATIONS]
    for route in routes:
        reply = front.call(route.operation.method, route.path)
        assert reply.status == 401, route.path
        assert b"1247004" in reply.content
    for path in (desk.METRICS, desk.DOCUMENT):
        assert front.call("GET", path).status == 401
    assert front.call("GET", desk.HEALTH).tree == {"status": "ok"}


def test_who_may_not_is_told_what_to_apply_for(front: Front) -> None:
    """Version 4 is 403 with the data of the permission, version 3 has it inside."""
    body = {**webserver.SCOPE, **serving.body("true")}
    reply = front.post("/api/v4/fast_execute_script", body, user="bob")
    assert (reply.status, narrow.at(reply.tree, "error", "code")) == (403, "NO_PERMISSION")
    assert narrow.at(reply.tree, "error", "data", "system_id") == "bk_job"

    reply = front.get("/api/v3/get_script_list", user="carol")
    assert (reply.status, reply.tree["code"]) == (200, 9900403)
    assert narrow.at(reply.tree, "permission", "system_id") == "bk_job"


def test_failures_are_slowed_down(front: Front) -> None:
    """After some wrong guesses the door is shut for a time; who was in stays in."""
    assert front.get(desk.METRICS).status == 200
    wrong = webserver.shown(word="a guess")
    replies = [front.call("GET", desk.METRICS, headers=wrong) for _ in range(5)]

    assert replies[0].status == 401
    assert replies[-1].status == 429
    assert int(replies[-1].headers["retry-after"]) >= 1
    older = front.call("GET", "/api/v3/get_script_list", headers=wrong)
    assert (older.status, older.tree["result"]) == (429, False)
    assert front.get(desk.METRICS).status == 200
    nobody = front.call("GET", desk.METRICS, headers={webserver.HEADER: "{}"})
    assert nobody.status == 401


def test_an_app_calls_without_a_user_where_it_may(front: Front) -> None:
    """A system route is for apps that may use such, in the name of the user in the header."""
    path = "/api/v4/system/get_job_instance_list?bk_scope_type=biz&bk_scope_id=2"
    path = f"{path}&create_time_start=0&create_time_end=1"
    shown = {webserver.HEADER: json.dumps({"bk_app_code": "cron", "bk_app_secret": "of cron"})}

    assert front.call("GET", path, headers={**shown, "X-Bk-Username": "alice"}).status == 200
    assert front.call("GET", path, headers={**shown, "X-Bk-Username": "carol"}).status == 403
    assert front.call("GET", path, headers=shown).status == 401
    assert front.call("GET", path, headers=webserver.shown()).status == 401


# ---------------------------------------------------------------- the server itself


@pytest.mark.parametrize("prefix", table.PREFIXES)
@pytest.mark.parametrize("slash", ["", "/"])
def test_the_prefixes_of_the_gateway_are_taken(front: Front, prefix: str, slash: str) -> None:
    """Each path is there below them too, with or without a slash at its end."""
    reply = front.get(f"{prefix}/api/v3/get_account_list{slash}")

    assert reply.tree["result"] is True


@pytest.mark.parametrize("path", [desk.HEALTH, desk.METRICS, desk.DOCUMENT, V4_STATUS])
def test_methods(front: Front, path: str) -> None:
    """HEAD is answered as GET is; any other is refused with those that there are."""
    query = "?bk_scope_type=biz&bk_scope_id=2&job_instance_id=404"
    shown = webserver.shown()

    assert front.call("HEAD", path + query, headers=shown).status in {200, 404}
    refused = front.call("DELETE", path + query, headers=shown)
    assert (refused.status, refused.headers["allow"]) == (400, "GET, HEAD")


def test_what_is_counted(front: Front) -> None:
    """The page has jobs by state, hosts that run, and answers by route and status."""
    ran(front)
    front.get("/nowhere")
    front.desk.site.metrics.troubled()
    reply = front.call("GET", desk.METRICS, headers=webserver.shown())
    lines = reply.content.decode().splitlines()

    assert reply.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert 'jobgate_jobs{state="failed"} 1' in lines
    assert "jobgate_hosts_running 0" in lines
    assert "jobgate_driver_troubles_total 1" in lines
    assert 'jobgate_requests_total{route="/api/v4/fast_execute_script",status="200"} 1' in lines
    assert 'jobgate_requests_total{route="nowhere",status="404"} 1' in lines


def test_what_is_noted(front: Front) -> None:
    """A note of each request says who asked where and how it went, and nothing of its content."""
    ran(front, task_name="hidden words")
    note = dict(front.notes[0][1])

    assert (front.notes[0][0], note["user"], note["app"]) == ("request", "alice", "ci")
    assert (note["route"], note["status"]) == ("/api/v4/fast_execute_script", 200)
    told = json.dumps([values for _, values in front.notes])
    for word in ("hidden", "word", webserver.WORD, "echo"):
        assert word not in told


def test_the_callers_own_id_is_kept(front: Front) -> None:
    """An id that a request brings is the one that its answer has, unless it is none."""
    path = "/healthz"
    own = front.call("GET", path, headers={"X-Bkapi-Request-Id": "abc-1"})
    other = front.call("GET", path, headers={"X-Bkapi-Request-Id": "a\nb"})

    assert own.headers["x-bkapi-request-id"] == "abc-1"
    assert len(other.headers["x-bkapi-request-id"]) == 32


def test_a_locked_database_is_503_and_nothing_is_stored(front: Front) -> None:
    """Whoever asks meanwhile is told to ask again, and finds everything as it was."""
    front.create(serving.body("true", start_task=False))
    with closing(sqlite3.connect(front.data / "jobgate.db", isolation_level=None)) as rows:
        rows.execute("BEGIN EXCLUSIVE")
        reply = front.post("/api/v4/fast_execute_script", serving.body("true"))
        rows.execute("ROLLBACK")
        count = rows.execute("SELECT COUNT(*) FROM jobs").fetchone()[0]

    assert (reply.status, reply.headers["retry-after"]) == (503, "1")
    assert narrow.at(reply.tree, "error", "code") == "UNAVAILABLE"
    assert count == 1
    assert front.post("/api/v4/fast_execute_script", serving.body("true")).status == 200


def test_a_full_disk_is_503_and_nothing_is_lost(front: Front) -> None:
    """What was stored is still answered for, and the next request is taken once there is room."""
    kept = front.create(serving.body("true", start_task=False))
    large = serving.body("# " + "x" * 200_000, start_task=False)
    with front.services.one() as service:
        rows = service.store._rows
        pages = rows.execute("PRAGMA page_count").fetchone()[0]
        rows.execute(f"PRAGMA max_page_count = {pages}")
    reply = front.post("/api/v4/fast_execute_script", large)
    state = front.state(kept["job_instance_id"])
    with front.services.one() as service:
        service.store._rows.execute("PRAGMA max_page_count = 1000000")
        count = service.store._rows.execute("SELECT COUNT(*) FROM jobs").fetchone()[0]

    assert (reply.status, reply.headers["retry-after"]) == (503, "1")
    assert "the disk is full" in reply.content.decode()
    assert (state, count) == (1, 1)
    assert front.post("/api/v4/fast_execute_script", large).status == 200


def test_a_bug_is_500_and_noted_without_what_was_sent(front: Front) -> None:
    """A database that is not one of ours breaks a request; the note names the place alone."""
    front.create(serving.body("true", start_task=False))
    with closing(sqlite3.connect(front.data / "jobgate.db")) as rows, rows:
        rows.execute("UPDATE jobs SET status = 99")

    reply = front.get("/api/v3/get_job_instance_status", job_instance_id=1)

    assert (reply.status, reply.tree["code"]) == (500, 1240002)
    event, values = next(each for each in front.notes if each[0] == "bug")
    assert (event, values["kind"]) == ("bug", "ValueError")
    assert "views.py" in json.dumps(values["trace"])
    assert "99" not in json.dumps(values["kind"])


def test_an_unknown_outcome_is_told_as_that(front: Front) -> None:
    """It is no refusal: the words say that it is not known."""
    error = UnknownOutcomeError("cannot tell", mend="ask")
    call = Call(method="GET", path="/api/v4/x")
    attempt = desk._Attempt(call, front.desk.site.note)
    with attempt:
        raise error

    assert attempt.answer.status == 500
    assert isinstance(attempt.answer.body, bytes)
    assert b"cannot tell" in attempt.answer.body


def test_an_interrupt_goes_on(front: Front) -> None:
    """What ends the process is not turned into an answer."""
    attempt = desk._Attempt(Call(method="GET", path="/"), front.desk.site.note)
    with pytest.raises(KeyboardInterrupt), attempt:
        raise KeyboardInterrupt


def test_who_may_not_send_is_turned_away_before_the_body(front: Front) -> None:
    """A stranger and a path that leads nowhere are answered at once; others go on."""
    path = "/api/v4/fast_execute_script"
    shown = {webserver.HEADER.lower(): webserver.shown()[webserver.HEADER]}

    stranger = front.desk.turned_away(Call(method="POST", path=path))
    nowhere = front.desk.turned_away(Call(method="POST", path="/api/v4/none"))

    assert stranger is not None
    assert stranger.status == 401
    assert nowhere is not None
    assert nowhere.status == 404
    assert front.desk.turned_away(Call(method="POST", path=path, headers=shown)) is None


@pytest.mark.parametrize("version", [V3, V4])
def test_a_body_that_is_too_large(front: Front, version: int) -> None:
    """It is 413, in the shape that the path has."""
    path = {V3: "/api/v3/check_script", V4: "/api/v4/fast_execute_script"}[version]
    headers = {name.lower(): value for name, value in webserver.shown().items()}
    headers["content-type"] = "application/json"

    answer = front.desk.answer(Call(method="POST", path=path, headers=headers, whole=False))

    assert answer.status == 413
    assert isinstance(answer.body, bytes)
    assert (b'"result":false' in answer.body) is (version == V3)


def test_half_characters_leave_as_escapes() -> None:
    """What no encoding has is still JSON."""
    assert json.loads(envelopes.encoded({"a": "\ud800é"})) == {"a": "\ud800é"}


def test_pieces_are_told_in_both_shapes() -> None:
    """Data in pieces stands between what comes before and after it."""
    for version, said in ((V3, True), (V4, None)):
        answer = envelopes.done(version, envelopes.Pieces(texts=iter(("[1,", "2]"))), "id")
        assert not isinstance(answer.body, bytes)
        tree = json.loads(b"".join(answer.body))
        assert (tree["data"], tree["job_request_id"], tree.get("result")) == ([1, 2], "id", said)


def test_the_document_has_each_operation() -> None:
    """Paths, parameters and bodies are those of the table; no reference leads nowhere."""
    document = json.loads(openapi.text())
    paths = document["paths"]

    assert {each.path for each in table.OPERATIONS} <= set(paths)
    assert "/api/v4/system/fast_execute_script" in paths
    names = {each["name"] for each in paths[V4_STATUS]["get"]["parameters"]}
    assert names == {
        "bk_scope_type",
        "bk_scope_id",
        "job_instance_id",
        "return_execute_object_result",
    }
    for path, item in paths.items():
        for operation in item.values():
            assert "500" in operation["responses"], path
    schemas = document["components"]["schemas"]
    text = openapi.text().decode()
    for part in text.split('"$ref": "#/components/schemas/')[1:]:
        assert part.split('"')[0] in schemas
    assert "#/$defs/" not in text


def test_each_number_has_its_status_in_version_3() -> None:
    """Version 3 answers 200 where it can, and says inside what was wrong."""

    def status(code: Code, number: Number) -> int:
        refusal = RefusalError(code=code, number=number, message="no", mend="do")
        return envelopes.refused(V3, refusal, "id").status

    assert status(Code.NOT_FOUND, Number.JOB) == 200
    assert status(Code.NO_PERMISSION, Number.NO_PERMISSION) == 200
    assert status(Code.INVALID_ARGUMENT, Number.MISSING) == 400
    assert status(Code.UNAVAILABLE, Number.INTERNAL) == 503


def test_names_are_not_read_as_anything_else(front: Front) -> None:
    """Whatever a text holds, it is a text: to SQL, to JSON, to the note of the request."""
    name = "a'; DROP TABLE jobs; --\u202e\x1b[2J<script>"
    front.create(serving.body("true", task_name=name, start_task=False))
    path = "/api/v4/get_job_instance_list"
    query: dict[str, Json] = {"create_time_start": 0, "create_time_end": 9_999_999_999_999}

    found = narrow.items(data(front, path, **query, name=name), "job_instance_list")

    assert [narrow.at(each, "name") for each in found] == [name]
    assert front.call("GET", f"/api/v4/{quote(name)}", headers=webserver.shown()).status == 404
