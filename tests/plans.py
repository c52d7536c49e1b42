"""Plans for tests of reports: what ran before, what is wanted now, and what was said of it.

`python -m tests.plans` writes the reports that `tests/cases/report` holds once more.
"""

from __future__ import annotations

import base64
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from runner import clauses, diff
from runner.model import (
    POLICY,
    Finding,
    JobId,
    Kind,
    Place,
    Planned,
    Result,
    Severity,
    Span,
    Targets,
    Wanted,
)
from runner.outcomes import Item, Outcome, Proof
from runner.progress import HostState, Progress, Status
from runner.report import findingstable, junit, marked, text
from runner.report import runs as page
from runner.report.comment import comment
from runner.terms import Clause
from runner.verdicts import Approved, Demand, Denied, Waiting
from runner.views import Viewed
from tests import journals, runs, values

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from runner.model import Job, Json, Ledger, PolicyFiles
    from runner.verdicts import Verdict

CASES = Path(__file__).parent / "cases" / "report"
HOSTS = ("0:10.0.0.1", "0:10.0.0.2", "0:10.0.0.3")
APPROVED = Approved(
    demands=(Demand(clause="all", count=1, given=("ben",), missing=0, could=("eve",)),)
)
WAITING = Waiting(
    demands=(
        Demand(clause="all", count=1, given=("ben",), missing=0, could=()),
        Demand(clause="prod", count=3, given=("ben",), missing=2, could=("dan", "eve")),
        Demand(clause="owner", count=1, given=(), missing=1, could=()),
    )
)
DENIED = Denied(by="expires", reason="it expired on 2026-01-01", mend="raise `metadata.expires`")
SCRIPT = b"#!/bin/sh\nset -eu\nrm -r /tmp/old\n"


def body(**parts: Json) -> dict[str, Json]:
    """Return a request for three hosts, with some parts that differ."""
    hosts: list[Json] = [{"bk_cloud_id": 0, "ip": each.removeprefix("0:")} for each in HOSTS]
    request: dict[str, Json] = {
        "account_alias": "root",
        "bk_scope_id": "2",
        "bk_scope_type": "biz",
        "execute_target": {"host_list": hosts},
        "script_language": 1,
        "script_param": base64.b64encode(b"--days 7").decode(),
        "timeout": 60,
    }
    return request | parts


WISH = values.Wish(body=body(), script=SCRIPT)


def job(wish: values.Wish, targets: Targets | None = None) -> Job:
    """Return a job that rolls over three hosts at once; over other targets in ways not known."""
    made = values.job(replace(wish, path=f"specs/{wish.name}.yaml"))
    return replace(
        made, targets=targets or Targets(hosts=HOSTS), batches=() if targets else (len(HOSTS),)
    )


def named(name: str) -> Job:
    """Return a job that only has a name of its own."""
    return job(replace(WISH, name=name))


def ran(*jobs: Job) -> Ledger:
    """Return a ledger in which these jobs have run."""
    ledger = journals.begun()[1]
    for each in jobs:
        ledger = journals.submitted(ledger, each)
    return ledger


def planned(
    before: tuple[Job, ...],
    after: tuple[Job, ...],
    verdicts: Mapping[str, Verdict] | None = None,
    policy: PolicyFiles = journals.RULES,
) -> Planned:
    """Return the plan from jobs that ran to jobs that are wanted; what nothing is said of may."""
    ledger = ran(*before)
    plan = diff.plan(ledger, after, policy, values.HEAD)
    said = verdicts or {}
    return Planned(
        plan=plan,
        verdicts={each.job: said.get(each.job, APPROVED) for each in plan.changes},
        wanted=Wanted(jobs=after, policy=policy),
        ledger=ledger,
        in_force=journals.RULES.policy,
        scripts={each.id: each.script for each in before if each.script is not None}
        | {POLICY: clauses.text(journals.RULES.contents)},
    )


def every_kind() -> Planned:
    """Return a plan with a change of every kind, and every verdict."""
    drifts = replace(WISH, name="drifting", via=(("specs/v", "1"),))
    again = replace(drifts, name="again")
    rolls: Json = {"expression": "1 100%", "mode": 3, "type": 1}
    reasons = {"reason": "Old files", "ticket": "CHG1", "risk": "low", "backout": "Restore them"}
    fresh = job(replace(WISH, name="fresh", body=body(rolling_config=rolls), change=reasons))
    longer = replace(
        WISH, name="tidied", body=body(timeout=600), script=SCRIPT + b"sync\n", spec="longer"
    )
    after = (
        replace(fresh, description="Sweep | tidy `all`", batches=(1, 2)),
        named("kept"),
        job(longer),
        job(replace(drifts, body=body(account_alias="web"), via=(("specs/v", "2"),))),
        replace(
            job(replace(again, body=body(timeout=3661), via=(("specs/v", "2"),), spec="x")),
            targets=Targets(hosts=tuple(f"0:10.1.0.{number}" for number in range(1, 11))),
            batches=(10,),
        ),
        job(replace(WISH, name="late", script=None, body={"script_version_id": 7})),
        job(replace(WISH, name="open"), Targets(hosts=HOSTS[:1], open=("group:7", "topo:set/3"))),
    )
    clauses = (
        Clause(name="prod", paths=("specs/prod/**",), count=2, people=("ann", "ben")),
        Clause(name="all", paths=("**",), count=1, people=()),
    )
    return planned(
        (named("kept"), named("tidied"), job(drifts), named("gone"), job(again)),
        after,
        {"local/fresh": WAITING, "local/late": DENIED, "local/open": WAITING},
        values.policy_files(values.policy("ann", "ben", clauses=clauses), "another"),
    )


def hostile(said: str) -> Planned:
    """Return a plan in which `said` stands everywhere where text from elsewhere can."""
    reasons: dict[str, Json] = dict.fromkeys(("reason", "ticket", "risk", "backout"), said)
    demand = Demand(clause=said, count=1, given=(), missing=1, could=(said,))
    new = replace(
        job(replace(WISH, name="new", body=body(account_alias=said), change=reasons)),
        id=JobId(f"local/new[zone={said}]"),
        description=said,
        path=said,
        targets=Targets(hosts=(said,), open=(said,)),
        batches=(1,),
        script=said.encode("utf-8", "surrogatepass"),
    )
    old = replace(WISH, name="old", via=((said, "1"),))
    worn = replace(old, name="worn")
    return planned(
        (job(old), job(worn)),
        (
            new,
            job(replace(old, body=body(timeout=5), via=((said, "2"),))),
            job(replace(worn, body=body(timeout=5), via=((said, "2"),), spec="another")),
        ),
        {
            new.id: Waiting(demands=(demand,)),
            "local/worn": Denied(by=said, reason=said, mend=said),
        },
    )


def rescripted(before: bytes | None, after: bytes | None) -> Planned:
    """Return a plan that changes one job's script, and its spec with it."""
    old = replace(WISH, script=before)
    return planned((job(old),), (job(replace(old, script=after, spec="another")),))


ATTACK = (
    "\x1b]0;owned\x07\x1b[2J\r\u202egnp.exe\u2066\u200b`` ``` ````|</details><img src=x>"
    "[a](http://x) @everyone #1\n::error::x\n::stop-commands::y\n##[add-mask]z\n+ local/forged\n"
    "```\n</code></summary>\n<script>\n# heading"
)


def findings(said: str = "vars has no `wrod`") -> tuple[Finding, ...]:
    """Return an error and a warning."""
    place = Place(file="specs/tidy.yaml", pointer="/script", span=Span(12, 7, 12, 19))
    return (
        Finding(place=place, rule="undefined-name", message=f"cannot render: {said}", mend=said),
        Finding(
            place=Place(file=said),
            rule="unused",
            message=said,
            mend="delete it",
            severity=Severity.WARNING,
        ),
    )


def outcome(said: str = "1 of 3 hosts well") -> Outcome:
    """Return what an apply did."""
    return Outcome(
        head=values.HEAD,
        plan=values.digest(),
        items=(
            Item(job=POLICY, state="accepted", detail="", code=0),
            Item(job=JobId("local/tidy"), state="failed", detail=said, code=7),
            Item(job=JobId("local/wipe"), state="failed", detail=said, code=7),
        ),
    )


def standing(
    said: str = "killed",
) -> tuple[Ledger, dict[JobId, Progress], dict[JobId, str]]:
    """Return a ledger, how the job that is under way stands, and why another was not asked."""
    tidy, wipe, gone = named("tidy"), named("wipe"), named("gone")
    failed = Result(outcome="failed", detail=said, hosts=3, failed=1)
    ledger = journals.submitted(ran(gone), tidy, failed)
    ledger = journals.added(ledger, journals.draft(ledger, gone, Kind.REMOVED))
    ledger = journals.added(ledger, journals.draft(ledger, named("kept"), Kind.ADOPTED))
    ledger = journals.added(ledger, journals.draft(ledger, wipe, Kind.INTENDED))
    hosts = (
        HostState(host=HOSTS[0], batch=1, state="succeeded", exit_code=0, detail=""),
        HostState(host=HOSTS[1], batch=2, state="failed", exit_code=None, detail=said),
    )
    progress = Progress(
        status=Status.ROLLING, finished=False, paused=False, batch=2, batches=2, hosts=hosts
    )
    return ledger, {wipe.id: progress}, {tidy.id: f"cannot reach local: {said}"}


def proofs(*, holds: bool) -> tuple[Proof, ...]:
    """Return two proofs, of which the second may fail."""
    return (
        Proof(name="record", holds=True, detail="canonical, to the byte"),
        Proof(name="effect", holds=holds, detail=values.digest()),
    )


REPORTS: Mapping[str, Callable[[], str]] = {
    "plan.txt": lambda: text.plan(every_kind()),
    "plan.md": lambda: comment.whole(Viewed(planned=every_kind())),
    "hostile.txt": lambda: text.plan(hostile(ATTACK)),
    "hostile.md": lambda: comment.whole(Viewed(planned=hostile(ATTACK))),
    "findings.txt": lambda: marked.findings(findings(), {}) + text.checked(2, findings()),
    "findings.md": lambda: findingstable.findings(findings(), 2),
    "findings.xml": lambda: junit.findings(findings()),
    "jobs.txt": lambda: text.jobs([named("tidy"), job(replace(WISH, name="kept", script=None))]),
    "outcome.txt": lambda: text.outcome(outcome()),
    "run.md": lambda: page.outcome(runs.outcome()),
    "run.xml": lambda: junit.outcome(runs.outcome()),
    "status.txt": lambda: text.status(*standing()),
    "proofs.txt": lambda: text.proofs(proofs(holds=True)) + text.proofs(proofs(holds=False)),
}

if __name__ == "__main__":
    for case, report in REPORTS.items():
        (CASES / case).write_text(report(), encoding="utf-8")
