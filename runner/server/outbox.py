"""The callbacks that are due: a row each, kept until its attempt is over.

What reads is called inside `reading`, what writes inside `transaction`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """One callback: the states of a job and its step as they were, and the address to tell."""

    id: int
    job: int
    job_status: int
    step: int
    step_status: int
    url: str


_DUE = """
    SELECT callbacks.id, callbacks.job, job_status, steps.id, step_status, jobs.callback
    FROM callbacks JOIN jobs ON jobs.id = callbacks.job JOIN steps ON steps.job = jobs.id
    WHERE callbacks.id IN (SELECT MIN(id) FROM callbacks GROUP BY job)
    ORDER BY callbacks.id LIMIT ?
"""


class Outbox:
    """The outbox of one open database."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Read and write through `connection`."""
        self._rows = connection

    def due(self, most: int) -> tuple[Due, ...]:
        """Return the oldest callback of each job, the oldest of all first."""
        return tuple(
            Due(
                id=number,
                job=job,
                job_status=job_status,
                step=step,
                step_status=step_status,
                url=url,
            )
            for number, job, job_status, step, step_status, url in self._rows.execute(_DUE, (most,))
        )

    def drop(self, number: int) -> None:
        """Forget a callback whose attempt is over."""
        self._rows.execute("DELETE FROM callbacks WHERE id = ?", (number,))
