"""Jobs, steps, batches and hosts as people and API callers read them: queries alone.

Everything here is called inside `reading`; instants are milliseconds since 1970.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runner.progress import Status
from runner.server import rows
from runner.server.states import HostStatus

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Mapping

    from runner.server.rows import HostRow

SCRIPT_JOB = 1  # the platform's type of a job that came by fast_execute_script


@dataclass(frozen=True, slots=True, kw_only=True)
class JobView:
    """A job in a list; `operator` is who created it, `started_at` None while it waits."""

    id: int
    name: str
    scope: tuple[str, str]
    status: Status
    operator: str
    app: str
    launch_mode: int
    callback: str
    created_at: int
    started_at: int | None
    ended_at: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StepView:
    """The only step of a job. `mode` is None where nothing rolls, `batch` 0 before the first."""

    id: int
    job: int
    status: Status
    execute_count: int
    batch: int
    batches: int
    mode: int | None
    language: int
    script_id: str
    script_version: int
    param: str
    sensitive: bool
    timeout: int
    account: int
    alias: str
    user: str
    started_at: int | None
    ended_at: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchView:
    """A batch: its state, and how many of its hosts are in each state."""

    number: int
    status: Status
    tally: Mapping[HostStatus, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Who ordered what of a job, and when."""

    at: int
    user: str
    app: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFilter:
    """Which jobs a list holds; None and the empty text mean any.

    `name` is a substring, `ip` an address that one of the job's hosts has.
    """

    scopes: tuple[tuple[str, str], ...] | None = None
    job: int | None = None
    name: str = ""
    operator: str = ""
    launch_mode: int | None = None
    status: Status | None = None
    ip: str = ""
    since: int | None = None
    until: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HostFilter:
    """Which hosts of a step a list holds; None means any."""

    batch: int | None = None
    statuses: tuple[HostStatus, ...] | None = None
    tag: str | None = None
    ip: str = ""
    hosts: tuple[int, ...] | None = None
    addresses: tuple[tuple[int, str], ...] | None = None
    position: int | None = None


_JOB = (
    "SELECT id, name, scope_type, scope_id, status, operator, app, launch_mode, callback,"
    " created_at, started_at, ended_at FROM jobs "
)
_COUNT = "SELECT COUNT(*) FROM jobs"
_STEP = """
    SELECT id, job, status, execute_count, batch,
        (SELECT COUNT(*) FROM batches WHERE step = steps.id), mode, language, script_id,
        script_version, param, sensitive, timeout, account, alias, user, started_at, ended_at
    FROM steps
"""
_EVERY = JobFilter()
_ALL = HostFilter()


class Views:
    """The queries over one open database."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Read through `connection`."""
        self._rows = connection

    def job(self, job: int) -> JobView | None:
        """Return a job, or None where there is none."""
        return next(_jobs(self._rows.execute(f"{_JOB} WHERE id = ?", (job,))), None)

    def jobs(
        self, wanted: JobFilter = _EVERY, *, offset: int = 0, length: int = 50
    ) -> tuple[JobView, ...]:
        """Return a page of the jobs that `wanted` names, newest first."""
        where, values = _where(_job_terms(wanted))
        page = self._rows.execute(
            f"{_JOB}{where} ORDER BY created_at DESC, id DESC LIMIT ? OFFSET ?",
            (*values, length, offset),
        )
        return tuple(_jobs(page))

    def count(self, wanted: JobFilter = _EVERY) -> int:
        """Return how many jobs `wanted` names."""
        where, values = _where(_job_terms(wanted))
        return _number(self._rows.execute(f"{_COUNT}{where}", values))

    def step(self, step: int) -> StepView | None:
        """Return a step, or None where there is none."""
        return _step(self._rows.execute(f"{_STEP} WHERE id = ?", (step,)))

    def step_of(self, job: int) -> StepView | None:
        """Return the only step of a job, or None where there is no such job."""
        return _step(self._rows.execute(f"{_STEP} WHERE job = ?", (job,)))

    def script(self, step: int) -> bytes:
        """Return the script of a step that exists."""
        found = self._rows.execute("SELECT script FROM steps WHERE id = ?", (step,)).fetchone()
        return bytes(found[0])

    def batches(self, step: int) -> tuple[BatchView, ...]:
        """Return the batches of a step in their order."""
        tallies: dict[int, dict[HostStatus, int]] = {}
        query = "SELECT batch, status, COUNT(*) FROM hosts WHERE step = ? GROUP BY batch, status"
        for batch, status, count in self._rows.execute(query, (step,)):
            tallies.setdefault(batch, {})[HostStatus(status)] = count
        listed = "SELECT batch, status FROM batches WHERE step = ? ORDER BY batch"
        return tuple(
            BatchView(number=batch, status=Status(status), tally=tallies.get(batch, {}))
            for batch, status in self._rows.execute(listed, (step,))
        )

    def hosts(
        self, step: int, wanted: HostFilter = _ALL, *, offset: int = 0, length: int = -1
    ) -> tuple[HostRow, ...]:
        """Return a page of the hosts of a step in the order of their batches; -1 is all."""
        where, values = _where((("step = ?", (step,)), *_host_terms(wanted)))
        query = f"{rows.HOST}{where} ORDER BY position LIMIT ? OFFSET ?"
        return rows.hosts(self._rows.execute(query, (*values, length, offset)))

    def acts(self, job: int) -> tuple[Act, ...]:
        """Return who ordered what of a job, oldest first."""
        query = "SELECT at, user, app, what FROM acts WHERE job = ? ORDER BY id"
        return tuple(
            Act(at=at, user=user, app=app, what=what)
            for at, user, app, what in self._rows.execute(query, (job,))
        )

    def tally(self) -> Mapping[Status, int]:
        """Return how many jobs are in each state."""
        query = "SELECT status, COUNT(*) FROM jobs GROUP BY status"
        return {Status(status): int(count) for status, count in self._rows.execute(query)}

    def running(self) -> int:
        """Return on how many hosts something runs."""
        # The number itself, and not a parameter: so the index of those that run is used.
        return _number(self._rows.execute("SELECT COUNT(*) FROM hosts WHERE status = 7"))


# ---------------------------------------------------------------- parts

_Term = tuple[str, tuple[int | str, ...]]


def _job_terms(wanted: JobFilter) -> Iterator[_Term]:
    if wanted.scopes is not None:
        either = " OR ".join("(scope_type = ? AND scope_id = ?)" for _ in wanted.scopes) or "FALSE"
        yield f"({either})", tuple(part for scope in wanted.scopes for part in scope)
    for term, value in (
        ("id = ?", wanted.job),
        ("instr(name, ?) > 0", wanted.name or None),
        ("operator = ?", wanted.operator or None),
        ("launch_mode = ?", wanted.launch_mode),
        ("status = ?", wanted.status),
        ("created_at >= ?", wanted.since),
        ("created_at <= ?", wanted.until),
        (
            "id IN (SELECT job FROM steps JOIN hosts ON hosts.step = steps.id WHERE ip = ?)",
            wanted.ip or None,
        ),
    ):
        if value is not None:
            yield term, (value,)


def _host_terms(wanted: HostFilter) -> Iterator[_Term]:
    for term, value in (
        ("batch = ?", wanted.batch),
        ("tag = ?", wanted.tag),
        ("ip = ?", wanted.ip or None),
        ("position = ?", wanted.position),
    ):
        if value is not None:
            yield term, (value,)
    for name, values in (("status", wanted.statuses), ("host", wanted.hosts)):
        if values is not None:
            yield f"{name} IN ({', '.join('?' * len(values))})", values
    if wanted.addresses is not None:
        pairs = wanted.addresses
        either = " OR ".join("(cloud = ? AND ip = ?)" for _ in pairs) or "FALSE"
        yield f"({either})", tuple(part for pair in pairs for part in pair)


def _where(terms: Iterator[_Term] | tuple[_Term, ...]) -> _Term:
    every = tuple(terms)
    text = " AND ".join(term for term, _ in every)
    return (f" WHERE {text}" if text else ""), tuple(value for _, got in every for value in got)


def _jobs(found: sqlite3.Cursor) -> Iterator[JobView]:
    for job, name, kind, scope, status, operator, app, launch_mode, callback, *times in found:
        created, started, ended = times
        yield JobView(
            id=job,
            name=name,
            scope=(kind, scope),
            status=Status(status),
            operator=operator,
            app=app,
            launch_mode=launch_mode,
            callback=callback,
            created_at=created,
            started_at=started,
            ended_at=ended,
        )


def _step(found: sqlite3.Cursor) -> StepView | None:
    row = found.fetchone()
    if row is None:
        return None
    step, job, status, execute_count, batch, batches, mode, language, *more = row
    script_id, version, param, sensitive, timeout, account, alias, user, started, ended = more
    return StepView(
        id=step,
        job=job,
        status=Status(status),
        execute_count=execute_count,
        batch=batch,
        batches=batches,
        mode=mode,
        language=language,
        script_id=script_id,
        script_version=version,
        param=param,
        sensitive=bool(sensitive),
        timeout=timeout,
        account=account,
        alias=alias,
        user=user,
        started_at=started,
        ended_at=ended,
    )


def _number(found: sqlite3.Cursor) -> int:
    return int(found.fetchone()[0])
