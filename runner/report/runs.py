"""What an apply did as Markdown: a row a job, the hosts that failed, and when the batches ran."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.errors import gravest
from runner.report import batchtimes, gantt, inert, plain, seen, text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runner.model import JobId
    from runner.outcomes import Item, Outcome
    from runner.progress import HostState, Progress

_HEAD = (
    "| Job | Platform | Result | Hosts | Batches | Took | Go on with |\n"
    "|---|---|---|--:|--:|--:|---|"
)
_HEADLINES = {
    0: "✓ Applied",
    4: "○ Waiting",
    5: "✗ Denied",
    6: "✗ Superseded",
    7: "✗ Failed",
    8: "✗ Outcome unknown",
    9: "✗ Refused, or out of reach",
}
# The gravest first, as for the exit code; what went well comes last.
_RANKS = {code: rank for rank, code in enumerate((8, 7, 10, 9, 6, 5, 4))}
# What a person does next about a job, by its state; about what is not here, nothing.
_NEXT = {
    "created": "apply",
    "denied": "explain {job}",
    "failed": "retry {job}",
    "held": "apply",
    "intended": "apply",
    "refused": "apply --again",
    "started": "apply",
    "starting": "apply",
    "stopped": "retry {job}",
    "succeeded": "records {job}",
    "superseded": "apply",
    "unknown": "reconcile",
    "waiting": "explain {job}",
    "waits for a person": "resume {job}",
    "withdrawn": "plan",
}
_HOSTS, _TEXT = 50, 200  # failed hosts that are named; bytes of one text


def outcome(done: Outcome) -> str:
    """Return an apply: the verdict on it and the counts first, then everything in a table."""
    code = gravest(item.code for item in done.items)
    headline = _HEADLINES.get(code, "✗ Stopped") if done.items else "Nothing to do"
    of = f"Commit {inert.code(done.head)}, plan {inert.code(done.plan)}"
    parts = [f"### {headline}", f"{text.counted(done.items)}", f"<sub>{of}</sub>"]
    items = sorted(done.items, key=lambda item: (_RANKS.get(item.code, len(_RANKS)), item.job))
    if items:
        parts.append("\n".join([_HEAD, *(_row(each, done.standing) for each in items)]))
    drawn = [(each.job, done.standing[each.job]) for each in items if each.job in done.standing]
    parts += filter(None, [_failures(drawn), gantt.chart(drawn)])
    return "\n\n".join(parts) + "\n"


def _row(item: Item, standing: Mapping[JobId, Progress]) -> str:
    platform, slash, name = item.job.partition("/")
    stands = standing.get(item.job)
    said = f": {inert.cell(item.detail, _TEXT)}" if item.detail else ""
    cells = (
        inert.cell(name if slash else item.job, _TEXT),
        inert.cell(platform, _TEXT) if slash else "",
        f"{item.state}{said}",
        "" if stands is None else _hosts(stands),
        "" if stands is None else f"{stands.batch}/{stands.batches}",
        "" if stands is None else _took(stands),
        _next(item),
    )
    return f"| {' | '.join(cells)} |"


def _hosts(stands: Progress) -> str:
    well = sum(host.state == "succeeded" for host in stands.hosts)
    failed = sum(host.state == "failed" for host in stands.hosts)
    return f"{well} ✓" + f" {failed} ✗" * bool(failed) + f" of {len(stands.hosts)}"


def _took(stands: Progress) -> str:
    milliseconds = batchtimes.took(stands)
    return "" if milliseconds is None else plain.moment(milliseconds)


def _next(item: Item) -> str:
    command = _NEXT.get(item.state)
    if command is None:
        return ""
    return inert.cell(f"jobgate {command.format(job=seen.label(item.job))}")


def _failures(drawn: list[tuple[JobId, Progress]]) -> str:
    """Return a fold with the hosts that failed, or nothing where none did."""
    found = [
        f"{job} batch {host.batch} {host.host}: {_why(host)}"
        for job, stands in drawn
        for host in stands.hosts
        if host.state == "failed"
    ]
    if not found:
        return ""
    more = [f"and {len(found) - _HOSTS} more"] * (len(found) > _HOSTS)
    body = inert.fence("", [*found[:_HOSTS], *more], _TEXT)
    said = f"{plain.count(len(found), 'host')} failed"
    return f"<details><summary>{said}</summary>\n\n{body}\n\n</details>"


def _why(host: HostState) -> str:
    return host.detail or f"exit code {host.exit_code}"
