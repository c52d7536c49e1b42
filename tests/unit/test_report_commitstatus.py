"""A plan in a commit status: who is waited for, in a line."""

from __future__ import annotations

import pytest

from runner.model import POLICY
from runner.posted import CommitStatus
from runner.report import commitstatus
from runner.verdicts import Demand, Denied, Verdict, Waiting
from tests import plans


def asks(missing: int, *could: str, clause: str = "all") -> Demand:
    """Return a demand that lacks something."""
    return Demand(clause=clause, count=missing, given=(), missing=missing, could=could)


def of(*verdicts: Verdict) -> CommitStatus:
    """Return the status of as many new jobs, with these verdicts."""
    jobs = [plans.named(f"job{number}") for number in range(len(verdicts))]
    said: dict[str, Verdict] = {
        str(job.id): verdict for job, verdict in zip(jobs, verdicts, strict=True)
    }
    return commitstatus.of_plan(plans.planned((), tuple(jobs), said), "https://x")


SHUT = Denied(by="hours", reason="its windows open later", mend="wait", lifts=True)


@pytest.mark.parametrize(
    ("verdicts", "state", "text"),
    [
        ((), "success", "nothing to run"),
        ((plans.APPROVED,), "success", "approved: 1 change"),
        ((plans.APPROVED,) * 2, "success", "approved: 2 changes"),
        ((Waiting(demands=(asks(1, "ann"),)),), "pending", "waits for ann (local/job0)"),
        ((Waiting(demands=(asks(1, "ann", "ben"),)),), "pending", "waits for ann or ben"),
        ((Waiting(demands=(asks(2, "ann", "ben"),)),), "pending", "waits for ann and ben"),
        ((Waiting(demands=(asks(2, "a", "b", "c"),)),), "pending", "waits for 2 of a, b, c"),
        ((Waiting(demands=(asks(2, "a"),)),), "pending", "waits for 2 more than a"),
        ((Waiting(demands=(asks(1),)),), "pending", "waits for 1 more than nobody"),
        (
            (Waiting(demands=(asks(1, clause=POLICY),)),),
            "pending",
            "waits for @policy to be accepted",
        ),
        (
            (Waiting(demands=(asks(0, "eve"), asks(1, "ann"))), plans.APPROVED),
            "pending",
            "waits for ann (local/job0)",
        ),
        (
            (Waiting(demands=(asks(1, "ann"),)), Waiting(demands=(asks(1, "ann"),))),
            "pending",
            "waits for ann (2 changes)",
        ),
        ((SHUT,), "pending", "approved, and waits: its windows open later (local/job0)"),
        (
            (Denied(by="h", reason="r", mend="m", lifts=True, opens="2026-01-02T03:04:05Z"),),
            "pending",
            "approved, and waits: may start at 2026-01-02T03:04:05Z (local/job0)",
        ),
        ((Denied(by="h", reason="r", mend="m", lifts=True, opens="never"),), "pending", "waits: r"),
        (
            (Denied(by="h", reason="r", mend="m", lifts=True, demands=(asks(1, "ann"),)),),
            "pending",
            "waits for ann (local/job0)",
        ),
        (
            (plans.DENIED, Waiting(demands=(asks(1, "ann"),))),
            "failure",
            "denied: local/job0 by expires: it expired on 2026-01-01",
        ),
        ((plans.DENIED, SHUT, plans.DENIED), "failure", "denied: 2 changes by expires: it"),
    ],
)
def test_what_a_plan_comes_to(verdicts: tuple[Verdict, ...], state: str, text: str) -> None:
    """The gravest counts: what is denied for good, then what waits, with the people first."""
    found = of(*verdicts)

    assert (found.state, found.link, found.context) == (state, "https://x", "jobgate/plan")
    assert text in found.description


def test_what_does_not_run_counts_for_nothing() -> None:
    """Drifted and removed jobs wait for nobody."""
    found = commitstatus.of_plan(plans.planned((plans.named("gone"),), ()))

    assert found == CommitStatus(state="success", description="nothing to run")


def test_it_always_fits() -> None:
    """Whatever names people and jobs have."""
    found = of(Waiting(demands=(asks(1, *(f"person-{number}" for number in range(99))),)))
    hostile = commitstatus.of_plan(plans.hostile(f"{plans.ATTACK}\U0001f600"))

    assert len(found.description) == 140
    assert found.description.startswith("waits for person-0 or person-1 or ")
    assert len(hostile.description) <= 140
    assert hostile.description.isprintable()


def test_mistakes() -> None:
    """The errors are counted, and the first of them is named."""
    found = commitstatus.of_findings(plans.findings(), "https://x")
    none = commitstatus.of_findings(())

    assert (found.state, found.link) == ("failure", "https://x")
    assert found.description.startswith("1 error, first at specs/tidy.yaml:12: cannot render: ")
    assert none.description == "0 errors"


def test_no_ledger() -> None:
    """It waits for one, whoever may begin it."""
    found = commitstatus.of_none()

    assert (found.state, "jobgate adopt" in found.description) == ("pending", True)
