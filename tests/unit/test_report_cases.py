"""Whole reports, as people read them: a file of `tests/cases/report` each."""

from __future__ import annotations

import pytest

from runner import history, records
from runner.model import Finding, Kind
from runner.outcomes import Outcome
from runner.report import text
from runner.report.comment import comment
from runner.views import Viewed
from tests import journals, plans, values


@pytest.mark.parametrize("name", plans.REPORTS)
def test_report(name: str) -> None:
    """The report is the file, byte for byte (`python -m tests.plans` writes it once more)."""
    assert plans.REPORTS[name]().encode() == (plans.CASES / name).read_bytes()


def test_every_case_is_a_report() -> None:
    """No file lies there that nothing is held against."""
    assert {path.name for path in plans.CASES.iterdir()} == set(plans.REPORTS)


def test_a_plan_without_changes() -> None:
    """Where nothing changed a plan is its head and its summary."""
    planned = plans.planned((plans.named("kept"),), (plans.named("kept"),))
    summary = "Plan: 0 to run, 0 waiting, 0 drifted, 1 unchanged (0 hosts, 0 batches)."

    assert text.plan(planned) == (
        f"Plan of cccccccccccc, digest {planned.plan.digest}\n\n{summary}\n"
    )
    assert comment.whole(Viewed(planned=planned)) == (
        "### Nothing to run\n\n1 unchanged\n\n"
        f"<sub>Plan `{planned.plan.digest}` of commit `{values.HEAD}`</sub>\n"
    )


def test_changes_and_what_was_approved_of_them() -> None:
    """Some changes read as they do in the plan, and each approval names person, job and digest."""
    planned = plans.every_kind()
    chosen = planned.plan.changes[1:3]

    assert text.changes(planned, chosen) in text.plan(planned).replace("\n\n", "\n")
    assert text.approved(chosen, "ben") == "".join(
        f"ben approved {each.job} {each.digest}\n" for each in chosen
    )


@pytest.mark.parametrize(
    ("found", "shown"),
    [
        ((), ""),
        ((("0:10.0.0.1", ""),), ""),
        ((("0:10.0.0.1", "a\tb\x1b[1m\nc"),), "a\tb\\u001b[1m\nc\n"),
        (
            (("0:10.0.0.1", "one\n"), ("0:10.0.0.2", "::error::two")),
            "== 0:10.0.0.1\none\n== 0:10.0.0.2\n\\u003a:error::two\n",
        ),
    ],
)
def test_logs(found: tuple[tuple[str, str], ...], shown: str) -> None:
    """One log stands alone, several under their hosts; each ends its line and is inert."""
    assert text.logs(found) == shown


@pytest.mark.parametrize(
    ("jobs", "found", "shown"),
    [
        (1, (), "Check: 1 job, 0 errors, 0 warnings.\n"),
        (2, plans.findings()[1:], "Check: 2 jobs, 0 errors, 1 warning.\n"),
        (0, plans.findings() * 2, "Check: 2 errors, 2 warnings.\n"),
    ],
)
def test_checked(jobs: int, found: tuple[Finding, ...], shown: str) -> None:
    """A check ends with its counts; jobs are counted only where there is no error."""
    assert text.checked(jobs, found) == shown


def test_an_apply_with_nothing_to_do() -> None:
    """An apply that did nothing says so."""
    done = Outcome(head=values.HEAD, plan=values.digest(), items=())

    assert text.outcome(done) == "Apply of cccccccccccc: nothing to do.\n"


def test_records() -> None:
    """A record is a line: its key, when it began, the job, and how it ended or stands."""
    tidy, wipe = plans.named("tidy"), plans.named("wipe")
    entry, ledger = journals.begun()
    entries = [entry]
    whole = (Kind.INTENDED, Kind.CREATED, Kind.STARTING, Kind.STARTED, Kind.ENDED)
    for job, kind in (*((tidy, each) for each in whole), (wipe, Kind.INTENDED)):
        draft = journals.draft(ledger, job, kind)
        more, ledger = history.extended(ledger, [draft], journals.STAMP)
        entries += more
    ended, open_ = records.records(history.steps(entries))

    assert text.records((ended, open_)) == (
        f"{ended.key[:12]} 2026-01-02T03:04:05Z local/tidy: succeeded\n"
        f"{open_.key[:12]} 2026-01-02T03:04:05Z local/wipe: intended\n"
    )
