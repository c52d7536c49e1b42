"""Cases of what the platform answers, each sent to a server and held against its answer."""

from __future__ import annotations

import json
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from runner import narrow
from tests import serving, webserver

if TYPE_CHECKING:
    from runner.model import Json
    from tests.webserver import Client, Reply

CASES = Path(__file__).parent / "cases" / "server"
FAILED_HOST = 104
# The state of the batch where it is another than that of its step.
_BATCHES = {7: 3, 10: 2}
DAY = 24 * 3600 * 1000


def listed(name: str) -> list[dict[str, Json]]:
    """Return the cases of one file."""
    cases: list[dict[str, Json]] = json.loads((CASES / f"{name}.json").read_text("utf-8"))
    return cases


def named(case: dict[str, Json]) -> str:
    """Return what to call a case."""
    if "operation_code" in case:
        status = case.get("step_status", case.get("job_status"))
        return f"{case['api']}-{case['operation_code']}-in-{status}"
    return str(case.get("name", case.get("status", case.get("batch_status"))))


def waiting(client: Client) -> dict[str, Json]:
    """Create a rolling job over two hosts that is not started, and return its ids."""
    rolling = serving.rolling("1", mode=1)
    return client.create(
        serving.body("true", hosts=(1, 2), rolling_config=rolling, start_task=False)
    )


def put(client: Client, created: dict[str, Json], status: int) -> None:
    """Put a job, its step and its first batch in a state, as if it had come so far."""
    job, step = created["job_instance_id"], created["step_instance_id"]
    with closing(sqlite3.connect(client.data / "jobgate.db")) as rows, rows:
        rows.execute("UPDATE jobs SET status = ? WHERE id = ?", (status, job))
        rows.execute(
            "UPDATE steps SET status = ?, batch = 1, execute_count = 1 WHERE id = ?", (status, step)
        )
        batch = _BATCHES.get(status, status)
        rows.execute("UPDATE batches SET status = ? WHERE step = ? AND batch = 1", (batch, step))
        rows.execute(
            "UPDATE hosts SET status = ?, execute_count = 1 WHERE step = ? AND batch = 1",
            (FAILED_HOST, step),
        )


def finished(client: Client, case: dict[str, Json]) -> None:
    """Hold the meaning of a state against what both versions say."""
    created = waiting(client)
    put(client, created, narrow.integer(case, "status", default=0))

    for version in (3, 4):
        path = f"/api/v{version}/get_job_instance_status"
        data = client.get(path, job_instance_id=created["job_instance_id"]).tree["data"]
        assert narrow.at(data, "job_instance", "status") == case["status"]
        assert narrow.at(data, "finished") is case["finished"]


def operation(client: Client, case: dict[str, Json]) -> None:
    """Carry out an operation in a state, and hold the answer against the platform's."""
    created = waiting(client)
    api = str(case["api"])
    put(client, created, narrow.integer(case, api.split("_")[1] + "_status", default=0))
    body: dict[str, Json] = {**created, "operation_code": case["operation_code"]}

    reply = client.post(f"/api/v3/{api}", body)

    assert reply.status == 200
    assert reply.tree["result"] is (case["result"] == "ok")
    assert reply.tree["code"] == case.get("code", 0)


def request(client: Client, case: dict[str, Json]) -> Reply:
    """Send the request of a case."""
    method = str(case.get("method", "POST"))
    headers = {**webserver.shown(), "Content-Type": "application/json"}
    headers |= {name: str(each) for name, each in narrow.mapping(case, "headers").items()}
    headers = {name: value for name, value in headers.items() if value}
    path = str(case["path"])
    if "text" in case:
        return client.call(method, path, body=str(case["text"]).encode(), headers=headers)
    values: dict[str, Json] = {**webserver.SCOPE, **_values(client, case)}
    left = {name: value for name, value in values.items() if value is not None}
    if method == "GET":
        return client.call(method, f"{path}?{urlencode(left)}", headers=headers)
    return client.call(method, path, body=json.dumps(left).encode(), headers=headers)


def _values(client: Client, case: dict[str, Json]) -> dict[str, Json]:
    """Return what a case sends; its job is one that exists, and its times are relative to now."""
    values = dict(narrow.mapping(case, "values"))
    if case.get("job"):
        values = {**waiting(client), **values}
        del values["job_instance_name"]
    if "days" in case:
        now = int(time.time() * 1000)
        days = narrow.integer(case, "days", default=1)
        values = {"create_time_start": now - days * DAY, "create_time_end": now, **values}
    if "hosts" in case:
        values["host_id_list"] = [*range(1, narrow.integer(case, "hosts", default=0) + 1)]
    return values


def answered(client: Client, case: dict[str, Json]) -> None:
    """Send the request of a case, and hold the answer against what is expected."""
    reply = request(client, case)
    tree = reply.tree

    assert reply.status == case["http"], tree
    if "error_code" in case:
        assert narrow.at(tree, "error", "code") == case["error_code"]
    if "detail_code" in case:
        details = narrow.items(tree, "error", "details")
        assert narrow.at(details[0], "code") == case["detail_code"]
    if "result" in case:
        assert (tree["result"], tree["code"]) == (case["result"], case["code"])
