"""How a job comes along: a line for a log, a picture for a terminal, a document for machines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.progress import Status
from runner.report import documents, plain

if TYPE_CHECKING:
    from runner.model import Had
    from runner.outcomes import Item
    from runner.progress import Progress

_BAR = 20
_MOST_HOSTS = 8
_SHOWN = ("failed", "running")  # hosts in these states are named in a picture, in this order


def line(had: Had, said: str) -> str:
    """Return a job's standing as a line of a log."""
    return f"{plain.line(had.job)}: {plain.line(said)}"


def picture(had: Had, said: str, stands: Progress) -> tuple[str, ...]:
    """Return lines for a terminal: a bar over all hosts, and the hosts that matter just now."""
    over = sum(host.state in {"succeeded", "failed"} for host in stands.hosts)
    full = _BAR * over // max(1, len(stands.hosts))
    bar = f"[{'#' * full}{'.' * (_BAR - full)}]"
    hosts = [host for state in _SHOWN for host in stands.hosts if host.state == state]
    lines = [f"{bar} {line(had, said)}"]
    for host in hosts[:_MOST_HOSTS]:
        detail = f", {plain.line(host.detail)}" if host.detail else ""
        lines.append(f"  batch {host.batch} {plain.line(host.host)}: {host.state}{detail}")
    if len(hosts) > _MOST_HOSTS:
        lines.append(f"  and {plain.count(len(hosts) - _MOST_HOSTS, 'host')} more")
    return tuple(lines)


def document(had: Had, stands: Progress, rest: Item | None) -> str:
    """Return a line of a stream: all of how a job stands."""
    return documents.text(
        "progress",
        {
            "batch": stands.batch,
            "batches": stands.batches,
            "detail": "" if rest is None else rest.detail,
            "exit_code": None if rest is None else rest.code,
            "finished": stands.finished,
            "hosts": documents.hosts(stands),
            "job": had.job,
            "key": had.key,
            "paused": stands.paused,
            "rest": None if rest is None else rest.state,
            "status": Status(stands.status).name.lower(),
            "tries": stands.tries,
        },
    )
