"""Reports for machines: each a JSON document in its envelope, the same bytes on every machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner import accounts, canon, endings, requests, secretgrants, secretparts, wire
from runner.model import (
    Change,
    Finding,
    Had,
    Job,
    JobId,
    Json,
    Ledger,
    Pin,
    Planned,
    PolicyFiles,
    Record,
    Severity,
)
from runner.report import seen
from runner.verdicts import NEVER, Demand, Denied, Verdict, Waiting

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from runner.outcomes import Item, Outcome, Proof
    from runner.progress import Progress
    from runner.scatter import Window


def text(name: str, tree: Mapping[str, Json]) -> str:
    """Return the document `name` (version 1) as canonical JSON and a newline."""
    envelope: dict[str, Json] = {"schema": f"urn:jobgate:{name}:1", **tree}
    return canon.encode(envelope).decode() + "\n"


def findings(found: Iterable[Finding], jobs: int) -> str:
    """Return a check: its findings, and how many jobs the tree wants."""
    listed = seen.ordered(found)
    errors = sum(each.severity is Severity.ERROR for each in listed)
    return text(
        "findings",
        {"errors": errors, "findings": [finding(each) for each in listed], "jobs": jobs},
    )


def jobs(made: Iterable[Job]) -> str:
    """Return rendered jobs, each with its request as the platform would get it."""
    return text("jobs", {"jobs": [_job(each) for each in made]})


def plan(planned: Planned, others: int = 0) -> str:
    """Return a plan with its verdicts. `others` is how many of its changes are left out."""
    count = seen.counts(planned)
    left: dict[str, Json] = {"others": others} if others else {}
    return text(
        "plan",
        {
            "changes": [_change(planned, each) for each in planned.plan.changes],
            "counts": {
                "batches": count.batches,
                "denied": count.denied,
                "drifted": count.drifted,
                "hosts": count.hosts,
                "removed": count.removed,
                "to_run": count.to_run,
                "unchanged": count.unchanged,
                "waiting": count.waiting,
            },
            "digest": planned.plan.digest,
            "head": planned.plan.head,
            "ledger": planned.plan.ledger,
            **left,
        },
    )


def outcome(done: Outcome) -> str:
    """Return what an apply did."""
    return text("outcome", {"head": done.head, "items": items(done.items), "plan": done.plan})


def status(ledger: Ledger, standing: Mapping[JobId, Progress], unasked: Mapping[JobId, str]) -> str:
    """Return where every job of the ledger stands, and why the platform of one was not asked."""
    listed: list[Json] = [
        {
            **_had(had),
            "hosts": hosts(standing.get(job)),
            **({"unasked": unasked[job]} if job in unasked else {}),
        }
        for job, had in ledger.jobs.items()
    ]
    return text(
        "status",
        {
            "branch": ledger.branch,
            "head": ledger.head,
            "jobs": listed,
            "ledger": ledger.id,
            "mode": ledger.mode,
            "policy": wire.in_force(ledger.policy),
            "seq": ledger.seq,
        },
    )


def logs(found: Iterable[tuple[str, str]]) -> str:
    """Return logs by host."""
    listed: list[Json] = [{"host": host, "log": log} for host, log in found]
    return text("logs", {"logs": listed})


def records(found: Iterable[Record]) -> str:
    """Return all records."""
    return text("records", {"records": [accounts.record(each) for each in found]})


def proofs(found: Iterable[Proof]) -> str:
    """Return what was verified."""
    listed: list[Json] = [
        {"detail": each.detail, "holds": each.holds, "name": each.name} for each in found
    ]
    return text("verification", {"proofs": listed})


def approvals(signed: Iterable[Change], by: str) -> str:
    """Return what was approved just now."""
    listed: list[Json] = [
        {"after": each.after, "by": by, "digest": each.digest, "job": each.job} for each in signed
    ]
    return text("approvals", {"approvals": listed})


def verdict(said: Verdict) -> Json:
    """Return a verdict in the shape that all documents have."""
    demands: list[Json] = [demand(each) for each in said.demands]
    if isinstance(said, Denied):
        return {**denial(said), **({"demands": demands} if demands else {}), "state": "denied"}
    if isinstance(said, Waiting):
        return {"demands": demands, "state": "waiting"}
    if said.broken is None:
        return {"demands": demands, "state": "approved"}
    by, reason = said.broken
    return {"broken": {"by": by, "reason": reason}, "demands": demands, "state": "approved"}


def denial(no: Denied) -> dict[str, Json]:
    """Return what says no: `lifts` and `opens` only where it will not say so for ever."""
    said: dict[str, Json] = {"by": no.by, "mend": no.mend, "reason": no.reason}
    opens: dict[str, Json] = {"opens": None if no.opens == NEVER else no.opens} if no.opens else {}
    return {**said, **({"lifts": True} if no.lifts else {}), **opens}


def demand(each: Demand) -> Json:
    """Return what a clause asks: `path` and `owners` only where it is the owners of a file."""
    asked: dict[str, Json] = {
        "clause": each.clause,
        "could": list(each.could),
        "count": each.count,
        "given": list(each.given),
        "missing": each.missing,
    }
    return {**asked, **({"owners": list(each.owners), "path": each.path} if each.path else {})}


def items(found: Iterable[Item]) -> list[Json]:
    """Return what an apply says of jobs, in the shape that all documents have."""
    return [
        {
            "detail": item.detail,
            "exit_code": item.code,
            "job": item.job,
            "key": item.key,
            "state": item.state,
        }
        for item in found
    ]


def finding(each: Finding) -> Json:
    """Return one finding in the shape that all documents have."""
    span = each.place.span
    return {
        "column": span.column,
        "end_column": span.end_column,
        "end_line": span.end_line,
        "file": each.place.file,
        "line": span.line,
        "mend": each.mend,
        "message": each.message,
        "pointer": each.place.pointer,
        "rule": each.rule,
        "severity": each.severity.value,
    }


def pin(each: Pin) -> Json:
    """Return which version of a script a platform is asked for, and what that holds."""
    return {"script": each.script, "sha256": each.sha256, "version": each.version}


def timetable(windows: Iterable[Window]) -> list[Json]:
    """Return when each batch of a scatter job starts, after the first and in milliseconds."""
    return [{"earliest_ms": each.earliest, "latest_ms": each.latest} for each in windows]


def _job(job: Job) -> Json:
    script = None if job.script is None else job.script.decode("utf-8", "backslashreplace")
    return {
        **_asked(job),
        "cell": dict(job.cell),
        "digest": job.digest,
        "effect": job.effect,
        "job": job.id,
        "needs": list(job.needs),
        "platform": job.platform.name,
        "request": job.body,
        "run": job.run,
        "script": script,
        "sources": wire.sources(job.sources),
    }


def _asked(job: Job) -> dict[str, Json]:
    return {
        "batches": [list(hosts) for hosts in seen.hosts(job)],
        "change": job.change,
        "date_macros": list(requests.date_macros(secretparts.stood_in(job.body))),
        "description": job.description,
        "expect_hosts": None if job.expect_hosts is None else list(job.expect_hosts),
        "hosts": len(job.targets.hosts),
        "labels": dict(job.labels),
        "longest_run": seen.longest(job),
        "open_targets": list(job.targets.open),
        "path": job.path,
        "pins": [pin(each) for each in job.pins],
        "secrets": secretgrants.described(job.secrets),
        "timetable": timetable(seen.windows(job)),
    }


def _change(planned: Planned, change: Change) -> Json:
    fields: list[Json] = [
        {"after": each.after, "before": each.before, "pointer": each.pointer}
        for each in seen.fields(change)
    ]
    return {
        **(_asked(change.wanted) if isinstance(change.wanted, Job) else {}),
        **_shifts(planned, change),
        "after": change.after,
        "digest": change.digest,
        "effect": change.effect,
        "fields": fields,
        "job": change.job,
        "runs": change.runs,
        "script_diff": list(seen.script(planned, change)),
        "symbol": change.symbol.value,
        "verdict": verdict(planned.verdicts[change.job]),
        "via": list(change.via),
    }


def _shifts(planned: Planned, change: Change) -> dict[str, Json]:
    if not isinstance(change.wanted, PolicyFiles):
        return {}
    shifts = seen.policy_shifts(planned, change)
    return {"policy_shifts": [{"text": each.text, "way": each.way} for each in shifts]}


def _had(had: Had) -> dict[str, Json]:
    return {
        "digest": had.digest,
        "effect": had.effect,
        "head": had.head,
        "job": had.job,
        "key": had.key,
        "platform_job": had.platform_job,
        "removed": had.removed,
        "result": None if had.result is None else endings.tree(had.result),
        "state": had.state.value,
    }


def hosts(progress: Progress | None) -> Json:
    """Return how each host of a job stands; null where its platform was not asked."""
    if progress is None:
        return None
    return [
        {
            "batch": host.batch,
            "detail": host.detail,
            "exit_code": host.exit_code,
            "host": host.host,
            "state": host.state,
        }
        for host in progress.hosts
    ]
