"""The HTTP calls that a wave of jobs takes, and nothing else: the peer of `tests.bench.wave`.

`python -m tests.bench.bare URL JOBS`. Calls go through as many kept connections as a wave uses, in
the steps that it has: every create, a look at each job, one at what each froze, another look and
its start, then looks until it ended.
"""

from __future__ import annotations

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import urllib3

from runner import calling, narrow
from tests import webserver

if TYPE_CHECKING:
    from runner.model import Json

_PAUSE = 0.02
_FINE = 200


def main() -> None:
    """Make the calls."""
    url, jobs = sys.argv[1], int(sys.argv[2])
    lanes = calling.LANES
    with (
        urllib3.connection_from_url(url, maxsize=lanes, block=True) as pool,
        ThreadPoolExecutor(lanes) as threads,
    ):
        created = list(threads.map(lambda number: _create(pool, number), range(jobs)))
        list(threads.map(lambda each: _finished(pool, each[0]), created))
        list(threads.map(lambda each: _frozen(pool, *each), created))
        made = [job for job, _ in created]
        list(threads.map(lambda job: _started(pool, job), made))
        while True:
            finished = threads.map(lambda job: _finished(pool, job), made)
            made = [job for job, over in zip(made, finished, strict=True) if not over]
            if not made:
                break
            time.sleep(_PAUSE)


def _frozen(pool: urllib3.HTTPConnectionPool, job: int, step: int) -> None:
    query = {**webserver.SCOPE, "job_instance_id": job, "step_instance_id": step}
    _data(pool, f"/api/v3/get_step_instance_detail?{urlencode(query)}", None)


def _started(pool: urllib3.HTTPConnectionPool, job: int) -> None:
    _finished(pool, job)
    _data(pool, "/api/v3/operate_job_instance", {"job_instance_id": job, **_START})


def _create(pool: urllib3.HTTPConnectionPool, number: int) -> tuple[int, int]:
    body: dict[str, Json] = {
        "account_alias": "operator",
        "execute_target": {"host_list": [{"bk_cloud_id": 0, "ip": "127.0.0.1"}]},
        "script_content": "Og==",
        "script_language": 1,
        "start_task": False,
        "task_name": f"bare {number}",
        "timeout": 60,
    }
    data = _data(pool, "/api/v4/fast_execute_script", body)
    job, step = (narrow.integer(data, f"{name}_instance_id", default=0) for name in ("job", "step"))
    return job, step


def _finished(pool: urllib3.HTTPConnectionPool, job: int) -> bool:
    query = {"job_instance_id": job, "return_execute_object_result": "true"}
    text = urlencode({**webserver.SCOPE, **query})
    data = _data(pool, f"/api/v4/get_job_instance_status?{text}", None)
    return narrow.at(data, "finished") is True


def _data(pool: urllib3.HTTPConnectionPool, path: str, body: dict[str, Json] | None) -> Json:
    sent = None if body is None else json.dumps({**webserver.SCOPE, **body}).encode()
    headers = {**webserver.shown(), "Content-Type": "application/json"}
    reply = pool.urlopen("GET" if sent is None else "POST", path, sent, headers)
    tree: Json = json.loads(reply.data)
    if reply.status != _FINE:
        raise RuntimeError(f"{path} is answered with {reply.status}")
    return narrow.at(tree, "data")


_START: dict[str, Json] = {"operation_code": 2}

if __name__ == "__main__":
    main()
