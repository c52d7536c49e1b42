"""The log of one host: its page with a search, what follows as it is written, and all of it."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

from runner.server.console import forms, job, live, pages, pieces, visits
from runner.server.console.visits import Look
from runner.server.routes.envelopes import Answer
from runner.server.states import HostStatus

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runner.server.console.pieces import Part, Read
    from runner.server.console.visits import Visit, Watch
    from runner.server.rows import HostRow
    from runner.server.views import JobView

_GOING_ON = frozenset({HostStatus.RUNNING, HostStatus.WAITING})
_SAFE = re.compile(r"[^\w.-]", re.ASCII)
_HALF = pieces.PIECE // 2
_FULL, _SOON = 0.05, 0.5  # seconds between two looks: while more is there, and while none is


def show(visit: Visit) -> Answer:
    """Return the page with the end of the log, or with what was searched for in all of it."""
    of_job, row = _found(visit)
    read = _reader(visit, of_job, row)
    word = visit.fields.get("q", "")[: pieces.WORD]
    count, lines = pieces.search(read, word) if word else (0, ())
    tail = pieces.tail(read, follows=row.status in _GOING_ON)
    here = f"/jobs/{of_job.id}/hosts/{row.position}"
    values = {
        **_values(of_job, row),
        "here": here,
        "events": _events(here, row, tail),
        "tail": tail,
        "most": pieces.SHOWN,
        "word": word,
        "count": count,
        "lines": lines,
        "lines_most": pieces.FOUND,
        "going_on": row.status in _GOING_ON,
    }
    return visit.page("log.html", values)


def download(visit: Visit) -> Answer:
    """Return the very bytes of the log, to be kept."""
    of_job, row = _found(visit)
    name = f"job-{of_job.id}-{_SAFE.sub('_', row.label)}-run-{row.execute_count}.log.txt"
    content = _first_now(pieces.each(_reader(visit, of_job, row)))
    return Answer(status=200, body=content, headers=job.attached(name), kind=visits.TEXT)


def watch(visit: Visit) -> Watch:
    """Return what follows the log from where the page, or the browser, has got to."""
    shown = {"at": visit.call.headers.get("last-event-id", "")}
    fields = {**visit.fields, **{name: value for name, value in shown.items() if value}}
    return _LogWatch(visit, run=forms.offset(fields, "run"), offset=forms.offset(fields, "at"))


class _LogWatch:
    """Watches one run on a host: its state, and its log from an offset on."""

    def __init__(self, visit: Visit, *, run: int, offset: int) -> None:
        self._visit = visit
        self._run = run
        self._offset = offset
        self._changes = live.Changes()

    def look(self) -> Look:
        """Return what was written since, at most a piece of it."""
        # First how it stands, then the log: so what has ended is read to its end.
        of_job, row = _found(self._visit)
        html = pages.made("parts/host.html", _values(of_job, row))
        told = b"".join(self._changes.events({"host": html}))
        if row.execute_count != self._run:
            return Look(
                content=told + live.event("again", {"run": row.execute_count}), wait=0, over=True
            )
        going_on = row.status in _GOING_ON
        content = _reader(self._visit, of_job, row)(self._offset)
        part = pieces.part(content, self._offset, follows=going_on or len(content) == pieces.PIECE)
        if part.end > self._offset:
            self._offset = part.end
            told += live.event("log", {"text": part.text}, at=part.end)
            return Look(content=told, wait=_FULL if len(content) > _HALF else _SOON)
        if not going_on:
            return Look(content=told + live.event("end", {}), wait=0, over=True)
        return Look(content=told, wait=_SOON if row.status is HostStatus.RUNNING else live.SLOW)


def _found(visit: Visit) -> tuple[JobView, HostRow]:
    with visit.site.services.one() as service:
        return service.host(visit.caller, visit.number("job"), visit.number("host"))


def _reader(visit: Visit, of_job: JobView, row: HostRow) -> Read:
    def read(offset: int) -> bytes:
        with visit.site.services.one() as service:
            return service.log(of_job.id, row, offset, pieces.PIECE)

    return read


def _values(of_job: JobView, row: HostRow) -> dict[str, object]:
    return {"job": of_job, "host": row, "now": time.time_ns() // 1_000_000}


def _events(here: str, row: HostRow, tail: Part) -> str:
    return f"{here}/events{forms.written({}, run=row.execute_count, at=tail.end)}"


def _first_now(content: Iterator[bytes]) -> Iterator[bytes]:
    """Return the same; the first piece is read now, while a failure can still be told."""
    first = next(content, b"")

    def every() -> Iterator[bytes]:
        yield first
        yield from content

    return every()
