"""What is measured of a server under load, and the goal of each figure."""

from __future__ import annotations

import json
import sqlite3
import statistics
import threading
import time
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from runner import narrow
from runner.progress import Status
from runner.server.engine import Pace
from tests import serving, webserver
from tests.bench import hosts as xargs
from tests.bench.loadserver import HOSTS, JOBS, Kept, address, check

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from runner.model import Json
    from tests.bench.loadserver import Load

MANY = 1_000  # hosts of the job that runs
_LOGS = 50  # hosts whose logs one call may ask for
_RUNNING = 50  # jobs
_CLIENTS = 4
_SECONDS = 3.0
_CALLS = 9  # of a page, a round
_LENGTH = 200  # jobs of a page: the most that there may be


@dataclass(frozen=True, slots=True)
class Round:
    """One measurement; `peer` is None where there is none."""

    own: float
    peer: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """The medians of some rounds in words, and whether the goal was reached."""

    words: str
    reached: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A goal for what `measure` returns: a bound in its unit, or for its ratio to the peer."""

    name: str
    unit: str
    goal: float
    measure: Callable[[Load], Round]
    at_least: bool = False
    of_ratio: bool = False

    def taken(self, rounds: Sequence[Round]) -> Taken:
        """Judge the medians; that of the ratios is taken round by round."""
        own = statistics.median(one.own for one in rounds)
        ratios = [one.own / one.peer for one in rounds if one.peer is not None]
        ratio = statistics.median(ratios) if ratios else None
        judged = ratio if self.of_ratio and ratio is not None else own
        beside = f"{'':8}" if ratio is None else f"{ratio:6.2f} x"
        bound = f"{'from' if self.at_least else 'under'} {self.goal:g}"
        unit = "x" if self.of_ratio else self.unit
        return Taken(
            words=f"{own:9.2f} {self.unit:3} {beside}  (goal: {bound} {unit})",
            reached=judged >= self.goal if self.at_least else judged < self.goal,
        )


# ---------------------------------------------------------------- one job on many hosts


def _many(load: Load) -> Round:
    """Run a script on many hosts, and as often by xargs, an output file a run."""
    peer = xargs.peer(load.fresh("xargs"), MANY, Pace().parallel)
    begun = time.perf_counter()
    created = load.client.create(serving.body(xargs.SCRIPT, hosts=range(1, MANY + 1)))
    ended = load.client.rests(created["job_instance_id"])
    seconds = time.perf_counter() - begun
    check(
        narrow.integer(ended, "job_instance", "status", default=0) == Status.SUCCEEDED, "it failed"
    )
    check(_printed(load.client, created) == MANY, "not every host has run the script")
    return Round(own=seconds, peer=peer)


def _printed(client: Kept, created: dict[str, Json]) -> int:
    """Return how many hosts have printed what the script prints."""
    ids = {name: created[name] for name in ("job_instance_id", "step_instance_id")}
    found = 0
    for first in range(1, MANY + 1, _LOGS):
        named: list[Json] = list(range(first, first + _LOGS))
        path = "/api/v4/batch_get_job_instance_execute_object_log"
        data = client.post(path, {**ids, "host_id_list": named}).tree["data"]
        for each in narrow.items(data, "script_step_execute_object_logs"):
            found += narrow.text(each, "log_content") == "hello\n"
    return found


# ---------------------------------------------------------------- a request for very many hosts


def _stored(load: Load) -> Round:
    """Have a job stored on every host there is, to roll in tenths; and the same rows by a peer."""
    listed: list[Json] = [
        {"bk_cloud_id": 0, "ip": address(number)} for number in range(1, HOSTS + 1)
    ]
    body = serving.body(
        xargs.SCRIPT,
        execute_target={"host_list": listed},
        rolling_config=serving.rolling("10%", 1),
        start_task=False,
    )
    peer = _inserted(load, json.dumps(body).encode())
    begun = time.perf_counter()
    created = load.client.create(body)
    seconds = time.perf_counter() - begun
    _check_batches(load, created)
    return Round(own=seconds, peer=peer)


def _inserted(load: Load, content: bytes) -> float:
    """Return the seconds to decode a request and to insert its hosts, and nothing besides."""
    file = load.fresh("sqlite") / "rows.db"
    with closing(sqlite3.connect(file, isolation_level=None)) as rows:
        rows.execute("PRAGMA journal_mode = WAL")
        rows.execute("PRAGMA synchronous = FULL")
        rows.execute(
            "CREATE TABLE hosts (step INTEGER, position INTEGER, batch INTEGER, cloud INTEGER,"
            " ip TEXT, PRIMARY KEY (step, position)) WITHOUT ROWID"
        )
        begun = time.perf_counter()
        named = json.loads(content)["execute_target"]["host_list"]
        rows.execute("BEGIN IMMEDIATE")
        rows.executemany(
            "INSERT INTO hosts VALUES (1, ?, 1, ?, ?)",
            ((place, host["bk_cloud_id"], host["ip"]) for place, host in enumerate(named)),
        )
        rows.execute("COMMIT")
        return time.perf_counter() - begun


def _check_batches(load: Load, created: dict[str, Json]) -> None:
    """Look into the data: a tenth of the hosts stands in each batch."""
    with closing(sqlite3.connect(load.web.data / "jobgate.db")) as rows:
        query = "SELECT COUNT(*) FROM hosts WHERE step = ? GROUP BY batch"
        sizes = [size for (size,) in rows.execute(query, (created["step_instance_id"],))]
    check(sizes == [HOSTS // 10] * 10, f"the batches have {sizes} hosts")


# ---------------------------------------------------------------- status calls while jobs run


def _statuses(load: Load) -> Round:
    """Return how many status calls a second are answered while jobs run, over kept connections."""
    body = serving.body("exec sleep 60")
    jobs = [load.client.create(body)["job_instance_id"] for _ in range(_RUNNING)]
    try:
        return Round(own=_asked(load, jobs))
    finally:
        for job in jobs:
            stop: dict[str, Json] = {"job_instance_id": job, "operation_code": 1}
            load.client.post("/api/v3/operate_job_instance", stop)
        for job in jobs:
            load.client.rests(job)


def _asked(load: Load, jobs: list[Json]) -> float:
    counts: list[int] = []
    begun = time.monotonic()
    threads = [
        threading.Thread(
            target=_asking, args=(load, jobs[first:] + jobs[:first], begun + _SECONDS, counts)
        )
        for first in range(_CLIENTS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.monotonic() - begun
    check(len(counts) == _CLIENTS, "a client was let down")
    return sum(counts) / seconds


def _asking(load: Load, jobs: Sequence[Json], end: float, counts: list[int]) -> None:
    count = 0
    with closing(Kept(load.web)) as client, suppress(AssertionError, OSError):
        while time.monotonic() < end:
            if client.state(jobs[count % len(jobs)]) != Status.RUNNING:
                return
            count += 1
        counts.append(count)


# ---------------------------------------------------------------- pages


def _page(**asked: Json) -> Callable[[Load], Round]:
    """Return what measures the milliseconds of one page of jobs, the median of some calls."""

    def measure(load: Load) -> Round:
        until = time.time_ns() // 1_000_000 + 60_000
        bounds: dict[str, Json] = {"create_time_start": 0, "create_time_end": until}
        query = urlencode({**webserver.SCOPE, **bounds, "length": _LENGTH, **asked})
        path = f"/api/v4/get_job_instance_list?{query}"
        return Round(own=_opened(load, path, webserver.shown(), b'"job_instance_id"'))

    return measure


def _console(load: Load) -> Round:
    """Return the milliseconds of the console's first page."""
    shown = {"Cookie": load.session()}
    return Round(own=_opened(load, "/", shown, b'href="/jobs/'))


def _opened(load: Load, path: str, headers: Mapping[str, str], holds: bytes) -> float:
    """Return the median milliseconds of some calls, each of which must be answered with jobs."""
    taken = []
    for _ in range(_CALLS):
        begun = time.perf_counter()
        reply = load.client.call("GET", path, headers=headers)
        taken.append((time.perf_counter() - begun) * 1000)
        check(holds in reply.content, "the page is empty")
    return statistics.median(taken)


FIGURES = (
    Figure(
        name=f"one job on {MANY:,} hosts",
        unit="s",
        goal=2.5,
        of_ratio=True,
        measure=_many,
    ),
    Figure(name=f"a request for {HOSTS:,} hosts", unit="s", goal=2, measure=_stored),
    Figure(
        name=f"status calls, {_RUNNING} jobs running",
        unit="/s",
        goal=200,
        at_least=True,
        measure=_statuses,
    ),
    *(
        Figure(name=f"page of {JOBS:,} jobs, {title}", unit="ms", goal=100, measure=measure)
        for title, measure in (
            ("the newest", _page()),
            ("the oldest", _page(offset=JOBS - _LENGTH)),
            ("by name", _page(name="stored 77")),
            ("by host", _page(ip=address(3 * 77 + 1))),
            ("in the console", _console),
        )
    ),
    Figure(
        name="the server's peak memory",
        unit="MiB",
        goal=300,
        measure=lambda load: Round(own=load.memory),
    ),
)
