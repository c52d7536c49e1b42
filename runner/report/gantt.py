"""When the batches of jobs ran, as a Gantt chart in Mermaid.

Mermaid reads what stands in a chart: of text from elsewhere only letters, digits and what is no
mark of its language are left, behind a word of ours. The table beside the chart has it in full.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from runner.report import batchtimes, plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runner.model import JobId
    from runner.progress import Progress
    from runner.report.batchtimes import Ran

JOBS, BATCHES = 20, 30  # that are drawn; GitHub draws no chart of more than 50,000 characters
_NAME = 80  # characters of a job's id
_MARKS = re.compile(r"[^\w .,/=()@\[\]-]")
_TAGS = {"running": "active", "failed": "crit", "succeeded": "done"}
_HEAD = ("gantt", "    dateFormat x", "    axisFormat %H:%M:%S")


def chart(jobs: Sequence[tuple[JobId, Progress]]) -> str:
    """Return a fenced chart of the first jobs whose times are known; nothing where none's are.

    A batch that still runs is drawn up to the newest instant that is known.
    """
    known = [(job, ran) for job, stands in jobs if (ran := batchtimes.batches(stands))]
    if not known:
        return ""
    drawn = known[:JOBS]
    instants = [at for _, ran in drawn for each in ran for at in (each.begun, each.ended) if at]
    lines = [*_HEAD]
    for job, ran in drawn:
        lines.append(f"    section {_name(job)}")
        lines += [_task(each, max(instants)) for each in ran[:BATCHES]]
    return "\n".join(["```mermaid", *lines, "```", *_left(known)])


def _task(ran: Ran, newest: int) -> str:
    failed = f", {ran.failed} failed" if ran.failed else ""
    words = f"batch {ran.batch} of {plain.count(ran.hosts, 'host')}{failed}"
    ended = newest if ran.ended is None else ran.ended
    return f"    {words} :{_TAGS[batchtimes.came(ran)]}, {ran.begun}, {max(ran.begun, ended)}"


def _name(job: str) -> str:
    shown = _MARKS.sub("_", plain.line(job))
    return shown if len(shown) <= _NAME else f"{shown[: _NAME - 1]}…"


def _left(known: Sequence[tuple[JobId, tuple[Ran, ...]]]) -> list[str]:
    """Return what is not drawn, in words."""
    jobs = len(known) - JOBS
    batches = sum(max(0, len(ran) - BATCHES) for _, ran in known[:JOBS])
    said = [plain.count(jobs, "job")] * (jobs > 0)
    said += [plain.count(batches, "batch")] * (batches > 0)
    return ["", f"Not drawn: {' and '.join(said)}."] if said else []
