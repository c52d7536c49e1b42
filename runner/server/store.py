"""Jobs, steps, batches and hosts as rows: what the engine reads and writes, in its own words.

Nothing here decides anything. What reads is called inside `reading` or `transaction`, what writes
inside `transaction`; instants are milliseconds since 1970.
"""

from __future__ import annotations

from itertools import chain, repeat
from typing import TYPE_CHECKING

from runner.progress import Created, Status
from runner.server import rows, states
from runner.server.database import PATIENCE, Database
from runner.server.outbox import Outbox
from runner.server.states import HostStatus
from runner.server.views import Views

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    from runner.server.admit import Order
    from runner.server.hosts.runs import Outcome
    from runner.server.rows import Caller, HostRow, Work
    from runner.server.turns import Turn


class Store:
    """The rows of one data folder."""

    def __init__(self, folder: Path, patience: float = PATIENCE) -> None:
        """Open the database in `folder`, waiting `patience` seconds for others at each turn.

        Raises PlatformError.
        """
        self._database = Database(folder, patience)
        self._rows = self._database.connection
        self.views = Views(self._rows)
        self.outbox = Outbox(self._rows)
        self.instance = self._database.instance

    def close(self) -> None:
        """Close the database; what was committed stays."""
        self._database.close()

    def transaction(self) -> AbstractContextManager[None]:
        """Return a write transaction: all that is called inside happens, or nothing."""
        return self._database.transaction()

    def reading(self) -> AbstractContextManager[None]:
        """Return one unmoving view of the data."""
        return self._database.reading()

    def launching(self) -> AbstractContextManager[None]:
        """Return what is held from a decision to launch until it is carried out.

        As long as anybody holds it, no run folder goes away, so that no run can begin twice.
        """
        return self._database.launches.shared()

    # ------------------------------------------------------------ reading

    def work(self, job: int) -> Work | None:
        """Return how the job and its step stand, or None where there is no such job."""
        return rows.work(self._rows.execute(f"{rows.WORK} WHERE jobs.id = ?", (job,)))

    def work_of_step(self, step: int) -> Work | None:
        """Return how the step and its job stand, or None where there is no such step."""
        return rows.work(self._rows.execute(f"{rows.WORK} WHERE steps.id = ?", (step,)))

    def find(self, name: str) -> tuple[int, ...]:
        """Return the ids of the jobs whose name contains `name`, oldest first."""
        query = "SELECT id FROM jobs WHERE instr(name, ?) > 0 ORDER BY id"
        return tuple(int(job) for (job,) in self._rows.execute(query, (name,)))

    def errand(self, step: int) -> rows.Errand:
        """Return what the step runs."""
        query = "SELECT language, script, param, sensitive, timeout, user FROM steps WHERE id = ?"
        language, script, param, sensitive, timeout, user = self._rows.execute(
            query, (step,)
        ).fetchone()
        return rows.Errand(
            language=language,
            script=script,
            param=param,
            sensitive=bool(sensitive),
            timeout=timeout,
            user=user,
        )

    def active(self) -> tuple[int, ...]:
        """Return the ids of the jobs that go on by themselves or have a host that runs."""
        query = (
            "SELECT id FROM jobs WHERE status IN (2, 10) UNION SELECT steps.job FROM steps"
            " WHERE steps.id IN (SELECT step FROM hosts WHERE status = 7) ORDER BY 1"
        )
        return tuple(int(job) for (job,) in self._rows.execute(query))

    def hosts(self, step: int) -> tuple[HostRow, ...]:
        """Return every host of the step in the order of its batches."""
        return rows.hosts(
            self._rows.execute(f"{rows.HOST} WHERE step = ? ORDER BY position", (step,))
        )

    def running(self, work: Work) -> tuple[HostRow, ...]:
        """Return the hosts of the current batch that are marked as running."""
        query = f"{rows.HOST} WHERE step = ? AND batch = ? AND status = ?"
        return rows.hosts(self._rows.execute(query, (work.step, work.batch, HostStatus.RUNNING)))

    def tally(self, work: Work) -> Mapping[HostStatus, int]:
        """Return how many hosts of the current batch are in each state."""
        query = "SELECT status, COUNT(*) FROM hosts WHERE step = ? AND batch = ? GROUP BY status"
        counts = self._rows.execute(query, (work.step, work.batch))
        return {HostStatus(status): int(count) for status, count in counts}

    # ------------------------------------------------------------ writing

    def add(self, order: Order, caller: Caller, now: int) -> Created:
        """Store a job that waits to be started, with its hosts in their batches."""
        job = self._insert(
            "INSERT INTO jobs (name, scope_type, scope_id, status, created_at, operator, app,"
            " launch_mode, callback) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(order.name, *order.scope, Status.WAITING, now),
                *(caller.user, caller.app, caller.launch_mode, order.callback),
            ),
        )
        step = self._insert(
            "INSERT INTO steps (job, status, execute_count, batch, mode, language, script, param,"
            " sensitive, timeout, account, alias, user, script_id, script_version)"
            " VALUES (?, ?, 0, 0, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(job, Status.WAITING, order.mode, order.language, order.script, order.param),
                *(order.sensitive, order.timeout, order.account.id, order.account.alias),
                *(order.account.user, order.script_id, order.script_version),
            ),
        )
        batches = range(1, len(order.batches) + 1)
        self._rows.executemany(
            "INSERT INTO batches VALUES (?, ?, ?)",
            ((step, batch, Status.WAITING) for batch in batches),
        )
        waiting = HostStatus.WAITING
        turns = chain.from_iterable(map(repeat, batches, order.batches))
        self._rows.executemany(
            "INSERT INTO hosts (step, position, batch, host, cloud, ip, connection, status)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                (step, position, batch, host.id, host.cloud, host.ip, host.connection, waiting)
                for position, (host, batch) in enumerate(zip(order.hosts, turns, strict=True))
            ),
        )
        return Created(job=job, step=step)

    def turn(self, work: Work, turn: Turn, now: int) -> None:
        """Write the states of the job, its step and its current batch, with the instants."""
        ended = now if states.finished(turn.job) else None
        change = " SET status = ?, started_at = COALESCE(started_at, ?), ended_at = ? WHERE id = ?"
        self._rows.execute("UPDATE jobs" + change, (turn.job, now, ended, work.job))
        self._rows.execute("UPDATE steps" + change, (turn.step, now, ended, work.step))
        if ended is not None:
            self._rows.execute(
                "INSERT INTO callbacks (job, job_status, step_status, queued_at)"
                " SELECT id, ?, ?, ? FROM jobs WHERE id = ? AND callback != ''",
                (turn.job, turn.step, now, work.job),
            )
        self._rows.execute(
            "UPDATE batches SET status = ? WHERE step = ? AND batch = ?",
            (turn.batch, work.step, work.batch),
        )

    def choose(self, work: Work, *, batch: int, execute_count: int) -> None:
        """Make `batch` the current one of the step, under `execute_count`."""
        self._rows.execute(
            "UPDATE steps SET batch = ?, execute_count = ? WHERE id = ?",
            (batch, execute_count, work.step),
        )

    def take(self, work: Work, most: int, now: int) -> tuple[HostRow, ...]:
        """Mark at most `most` waiting hosts of the current batch as running, and return them."""
        query = f"{rows.HOST} WHERE step = ? AND batch = ? AND status = ? ORDER BY position LIMIT ?"
        found = rows.hosts(
            self._rows.execute(query, (work.step, work.batch, HostStatus.WAITING, max(most, 0)))
        )
        self._rows.executemany(
            "UPDATE hosts SET status = ?, execute_count = ?, exit_code = NULL, tag = '',"
            " detail = '', launches = 1, launched_at = ?, ended_at = NULL"
            " WHERE step = ? AND position = ?",
            (
                (HostStatus.RUNNING, work.execute_count, now, work.step, row.position)
                for row in found
            ),
        )
        taken = {row.position for row in found}
        return tuple(row for row in self.running(work) if row.position in taken)

    def relaunch(self, work: Work, row: HostRow, now: int) -> bool:
        """Note one more launch of a run that nobody claimed; False when another process did."""
        changed = self._rows.execute(
            "UPDATE hosts SET launches = launches + 1, launched_at = ? WHERE step = ?"
            " AND position = ? AND execute_count = ? AND status = ? AND launches = ?",
            (now, work.step, row.position, row.execute_count, HostStatus.RUNNING, row.launches),
        )
        return changed.rowcount == 1

    def end(self, work: Work, row: HostRow, outcome: Outcome) -> None:
        """Write how a run ended, unless another process has done so before."""
        self._rows.execute(
            "UPDATE hosts SET status = ?, exit_code = ?, tag = ?, detail = ?, ended_at = ?"
            " WHERE step = ? AND position = ? AND execute_count = ? AND status = ?",
            (
                *(outcome.status, outcome.exit_code, outcome.tag, outcome.detail, outcome.at),
                *(work.step, row.position, row.execute_count, HostStatus.RUNNING),
            ),
        )

    def note(self, job: int, caller: Caller, what: str, now: int) -> None:
        """Keep who ordered what of a job."""
        self._rows.execute(
            "INSERT INTO acts (job, at, user, app, what) VALUES (?, ?, ?, ?, ?)",
            (job, now, caller.user, caller.app, what),
        )

    def put_off(self, work: Work) -> None:
        """Mark the hosts of the current batch that still wait as terminated."""
        self._rows.execute(
            "UPDATE hosts SET status = ?, detail = ? WHERE step = ? AND batch = ? AND status = ?",
            (
                *(HostStatus.TERMINATED, "stopped before it was started"),
                *(work.step, work.batch, HostStatus.WAITING),
            ),
        )

    def reset(self, work: Work, *, everyone: bool) -> None:
        """Let the hosts of the current batch wait again: all, or those that did not succeed."""
        self._rows.execute(
            "UPDATE hosts SET status = ?, exit_code = NULL, tag = '', detail = '', ended_at = NULL"
            " WHERE step = ? AND batch = ? AND (? OR status NOT IN (?, ?))",
            (
                *(HostStatus.WAITING, work.step, work.batch, everyone),
                *(HostStatus.SUCCEEDED, HostStatus.SUCCEEDED_BEFORE),
            ),
        )
        self._rows.execute(
            "UPDATE hosts SET status = ? WHERE step = ? AND batch = ? AND status = ?",
            (HostStatus.SUCCEEDED_BEFORE, work.step, work.batch, HostStatus.SUCCEEDED),
        )

    def _insert(self, statement: str, values: Iterable[object]) -> int:
        return int(self._rows.execute(statement, tuple(values)).lastrowid or 0)
