"""The rows of a data folder as frozen values, and the queries that they come from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runner.progress import Status
from runner.server.states import HostStatus

if TYPE_CHECKING:
    import sqlite3

BY_WEB, BY_API = 1, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A job with its only step. `batch` is 0 before the first; `mode` is None: nothing rolls."""

    job: int
    job_status: Status
    step: int
    step_status: Status
    batch_status: Status
    execute_count: int
    batch: int
    batches: int
    mode: int | None

    @property
    def last(self) -> bool:
        """Tell whether no batch comes after the current one."""
        return self.batch == self.batches


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who asks for something, through which app, and how (the platform's launch mode)."""

    user: str
    app: str = ""
    launch_mode: int = BY_API


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """What a step runs on each of its hosts, as which OS user; `timeout` in seconds."""

    language: int
    script: bytes
    param: str
    sensitive: bool
    timeout: int
    user: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HostRow:
    """One host of a step. `execute_count` is that of its last run, 0 when it has had none."""

    position: int
    batch: int
    host: int
    cloud: int
    ip: str
    connection: str
    execute_count: int
    status: HostStatus
    exit_code: int | None
    tag: str
    detail: str
    launches: int
    launched_at: int
    ended_at: int | None

    @property
    def label(self) -> str:
        """Return the host's name as everyone outside reads it: `cloud:ip`."""
        return f"{self.cloud}:{self.ip}"


HOST = (
    "SELECT position, batch, host, cloud, ip, connection, execute_count, status, exit_code, tag,"
    " detail, launches, launched_at, ended_at FROM hosts "
)
WORK = """
    SELECT jobs.id, jobs.status, steps.id, steps.status, batches.status, execute_count,
        steps.batch, (SELECT COUNT(*) FROM batches WHERE step = steps.id), mode
    FROM steps JOIN jobs ON jobs.id = steps.job
    LEFT JOIN batches ON batches.step = steps.id AND batches.batch = steps.batch
"""


def work(rows: sqlite3.Cursor) -> Work | None:
    """Return the one row of a query that begins with WORK, or None where there is none."""
    row = rows.fetchone()
    if row is None:
        return None
    job, job_status, step, step_status, batch_status, count, batch, batches, mode = row
    return Work(
        job=job,
        job_status=Status(job_status),
        step=step,
        step_status=Status(step_status),
        batch_status=Status.WAITING if batch_status is None else Status(batch_status),
        execute_count=count,
        batch=batch,
        batches=batches,
        mode=mode,
    )


def hosts(rows: sqlite3.Cursor) -> tuple[HostRow, ...]:
    """Return the rows of a query that begins with HOST."""
    return tuple(
        HostRow(
            position=position,
            batch=batch,
            host=host,
            cloud=cloud,
            ip=ip,
            connection=connection,
            execute_count=count,
            status=HostStatus(status),
            exit_code=exit_code,
            tag=tag,
            detail=detail,
            launches=launches,
            launched_at=launched_at or 0,
            ended_at=ended_at,
        )
        for (
            position,
            batch,
            host,
            cloud,
            ip,
            connection,
            count,
            status,
            exit_code,
            tag,
            detail,
            launches,
            launched_at,
            ended_at,
        ) in rows
    )
