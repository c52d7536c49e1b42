"""A plan for a pull request: its headline, and code that ends where it should."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from runner.model import Targets
from runner.report import markdown
from tests import plans

if TYPE_CHECKING:
    from runner.model import Planned
    from runner.verdicts import Verdict


def of(*verdicts: Verdict) -> Planned:
    """Return a plan with a new job for each verdict."""
    jobs = tuple(plans.named(f"job{number}") for number in range(len(verdicts)))
    return plans.planned(
        (), jobs, {job.id: verdict for job, verdict in zip(jobs, verdicts, strict=True)}
    )


@pytest.mark.parametrize(
    ("verdicts", "headline"),
    [
        ((), "### Nothing to run"),
        ((plans.APPROVED, plans.APPROVED), "### Approved"),
        ((plans.APPROVED, plans.WAITING), "### Waiting for approval"),
        ((plans.WAITING, plans.DENIED, plans.APPROVED), "### Denied"),
    ],
)
def test_headline(verdicts: tuple[Verdict, ...], headline: str) -> None:
    """The headline is the worst of the verdicts."""
    assert markdown.plan(of(*verdicts)).split("\n")[0] == headline


def test_a_removed_job_alone_is_nothing_to_run() -> None:
    """What is shown and not run has no say in the headline."""
    shown = markdown.plan(plans.planned((plans.named("gone"),), ()))

    assert shown.startswith("### Nothing to run\n")
    assert "`removed: nothing is run`" in shown


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("plain", "`plain`"),
        ("a`b", "``a`b``"),
        ("`a", "`` `a ``"),
        ("a``b`", "``` a``b` ```"),
        ("a\nb", "`a\\nb`"),
        ("<b>&", "`<b>&`"),
    ],
)
def test_code(said: str, code: str) -> None:
    """Code has one backtick more than any run in it, and blanks where it ends with one."""
    job = replace(plans.named("tidy"), description=said)

    assert f"`specs/tidy.yaml` {code}\n" in markdown.plan(plans.planned((), (job,)))


@pytest.mark.parametrize(
    ("hosts", "batches", "cells"),
    [
        (Targets(hosts=plans.HOSTS), (1, 2), "| 3 | 2 |"),
        (Targets(hosts=plans.HOSTS), (), "| 3 |  |"),
        (Targets(hosts=(), open=("group:1", "group:2")), (), "| 0 + 2 open |  |"),
    ],
)
def test_size(hosts: Targets, batches: tuple[int, ...], cells: str) -> None:
    """The table says how many hosts and batches there are, and that some are not known."""
    job = replace(plans.named("tidy"), targets=hosts, batches=batches)

    assert cells in markdown.plan(plans.planned((), (job,)))
