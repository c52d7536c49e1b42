"""Comments for tests: plans as people meet them, and what each clause said of them.

`python -m tests.comments` writes the comments that `tests/cases/comment` holds once more.
"""

from __future__ import annotations

import base64
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from runner.explanations import Explanation, Given, Said
from runner.model import JobId, PlatformEntry, Targets
from runner.report.comment import comment
from runner.terms import Clause, ForgeEntry
from runner.verdicts import Approved, Demand, Denied, Waiting
from runner.views import Viewed
from tests import plans, values

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from runner.comments import Comment
    from runner.explanations import Side
    from runner.model import Job, Json, Planned
    from runner.verdicts import Verdict

CASES = Path(__file__).parent / "cases" / "comment"
LINK = "https://forge.example/acme/ops/actions/runs/12345678"
EDGE = PlatformEntry(name="edge", type="bkjob", url="https://bkapi.example/job")
FORGE = ForgeEntry(name="github", url="https://api.example", repository="acme/ops", token="")
FLEET = tuple(f"0:10.20.0.{number}" for number in range(11, 17))
BEFORE = b"""#!/bin/sh
set -eu
nginx -t
systemctl reload nginx
"""
AFTER = b"""#!/bin/sh
set -eu
nginx -t
systemctl restart nginx
curl --fail --silent --max-time 5 http://127.0.0.1/health
"""
BOTH: tuple[Side, ...] = ("as it is", "as it was")
WHY: Mapping[str, Json] = {
    "reason": "Pick up the renewed certificate, which a reload does not do",
    "ticket": "CHG0012345",
    "risk": "low",
    "backout": "Start nginx from the previous image",
}


def restart(script: bytes = AFTER, timeout: int = 600) -> Job:
    """Return the job that restarts nginx, on one host first."""
    body: dict[str, Json] = {
        "account_alias": "root",
        "bk_scope_id": "2",
        "bk_scope_type": "biz",
        "execute_target": {"host_list": [{"bk_cloud_id": 0, "ip": each[2:]} for each in FLEET]},
        "rolling_config": {"expression": "1 2 100%", "mode": 2, "type": 1},
        "script_language": 1,
        "script_param": base64.b64encode(b"--graceful nginx").decode(),
        "timeout": timeout,
    }
    wish = values.Wish(
        platform=EDGE,
        name="restart-nginx",
        body=body,
        script=script,
        path="specs/edge/restart-nginx.yaml",
        metadata={"description": "Restart nginx on the edge fleet, one host first"},
        change=WHY,
        spec=str(timeout),
    )
    made = replace(values.job(wish), targets=Targets(hosts=FLEET), batches=(1, 2, 3))
    return replace(made, labels=(("team", "edge"),))


EDGE_CLAUSE = Clause(
    name="edge", paths=("specs/edge/**",), count=2, people=("ben", "dan", "eve"), line=41
)
FEW_CLAUSE = Clause(name="few", paths=("**",), count=0, people=(), max_hosts=20, line=48)
ASKED = Demand(clause="edge", count=2, given=("ben",), missing=1, could=("dan", "eve"), line=41)
STALE = Given(
    by="dan",
    how="review",
    at="2026-01-02T03:04:05Z",
    where="github 12",
    against="the job's digest at the commit that was reviewed is another one",
)
COUNTS = Given(by="ben", how="signature", at="2026-01-02T03:14:05Z")
SHUT = Denied(
    by="freeze",
    reason="its windows are shut",
    mend="wait until 2026-01-03T08:00:00Z",
    lifts=True,
    opens="2026-01-03T08:00:00Z",
    demands=(ASKED,),
    line=55,
)


def planned(verdict: Verdict, *others: Job) -> Planned:
    """Return a plan that alters the restart of nginx, and has other new jobs."""
    old, new = restart(BEFORE, 60), restart()
    made = plans.planned((old, plans.named("kept")), (new, plans.named("kept"), *others))
    return replace(
        made,
        plan=replace(made.plan, head=values.commit("wanted")),
        ledger=replace(
            made.ledger, policy=replace(made.ledger.policy, head=values.commit("in force"))
        ),
        verdicts={**made.verdicts, new.id: verdict},
        in_force=replace(made.in_force, forge=FORGE),
    )


def explained(verdict: Verdict, *denials: Denied) -> dict[JobId, Explanation]:
    """Return what the clauses said of the restart of nginx."""
    said = (
        Said(clause=EDGE_CLAUSE, sides=BOTH, demands=verdict.demands, denials=()),
        Said(clause=FEW_CLAUSE, sides=BOTH, demands=(), denials=denials),
    )
    return {restart().id: Explanation(verdict=verdict, said=said, given=(STALE, COUNTS))}


def made(verdict: Verdict, *denials: Denied, others: int = 0) -> Comment:
    """Return the comment on the restart of nginx with that verdict."""
    return comment.made(
        Viewed(planned=planned(verdict), others=others),
        explained=explained(verdict, *denials),
        link=LINK,
    )


def waiting() -> Comment:
    """Return the comment on one changed job that waits for one more person."""
    return made(Waiting(demands=(ASKED,)))


def approved() -> Comment:
    """Return the same when both have consented."""
    return made(Approved(demands=(replace(ASKED, given=("ben", "eve"), missing=0),)))


def glass() -> Comment:
    """Return the same when somebody did without them."""
    return made(Approved(demands=(ASKED,), broken=("dan", "the site is down")))


def freeze() -> Comment:
    """Return the same while its windows are shut, and somebody is missing too."""
    return made(SHUT, SHUT, others=3)


def denied() -> Comment:
    """Return the comment on a job on which nobody has a say; nothing is known but the verdict."""
    no = Denied(by="few", reason="6 hosts, and at most 5 may be", mend="name fewer hosts", line=48)
    return comment.made(Viewed(planned=planned(no)), link=LINK)


def nothing() -> Comment:
    """Return the comment on a plan that changes nothing."""
    same = (plans.named("kept"),)
    return comment.made(Viewed(planned=plans.planned(same, same), others=1), link=LINK)


def large(jobs: int = 500, limit: int = comment.LIMIT) -> Comment:
    """Return the comment on many changed jobs: one is denied, every seventh waits."""
    found = tuple(plans.named(f"clean-{number:03}") for number in range(jobs))
    said: dict[str, Verdict] = {each.id: plans.WAITING for each in found[::7]}
    said[found[-1].id] = plans.DENIED
    return comment.made(Viewed(planned=plans.planned((), found, said)), link=LINK, limit=limit)


def long() -> Comment:
    """Return the comment on one job that alone has more than there is room for."""
    script = b"".join(b"echo step %d of many\n" % number for number in range(4000))
    job = replace(plans.named("long"), script=script)
    return comment.made(Viewed(planned=plans.planned((), (job,))), link=LINK)


def mistaken() -> Comment:
    """Return the comment on a commit with mistakes."""
    return comment.mistaken(plans.findings(), head=values.HEAD, link=LINK)


COMMENTS: Mapping[str, Callable[[], Comment]] = {
    "waiting.md": waiting,
    "approved.md": approved,
    "glass.md": glass,
    "freeze.md": freeze,
    "denied.md": denied,
    "nothing.md": nothing,
    "large.md": lambda: large(jobs=40, limit=8192),
    "long.md": long,
    "mistaken.md": mistaken,
}

if __name__ == "__main__":
    for case, one in COMMENTS.items():
        (CASES / case).write_text(one().body, encoding="utf-8")
