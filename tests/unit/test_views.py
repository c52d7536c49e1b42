"""A view has the changes that were chosen, and the digest of the whole plan."""

from __future__ import annotations

import json

import pytest

from runner import views
from runner.model import JobId
from runner.report import documents, text
from tests import plans


def test_a_view_is_a_part_of_a_plan() -> None:
    """Its changes, verdicts and scripts are those of the chosen jobs; all else is the plan's."""
    whole = plans.every_kind()
    first, *others = whole.plan.changes
    seen = views.narrowed(whole, {first.job, JobId("local/none")})
    assert seen.planned.plan.changes == (first,)
    assert set(seen.planned.verdicts) == {first.job}
    assert set(seen.planned.scripts) == {first.job} & set(whole.scripts)
    assert seen.others == len(others)
    assert seen.planned.plan.digest == whole.plan.digest
    assert seen.planned.plan.unchanged == whole.plan.unchanged
    assert (seen.planned.wanted, seen.planned.ledger) == (whole.wanted, whole.ledger)


def test_a_view_of_everything() -> None:
    """Where all changes are chosen, none is left out, and the report is the plan's."""
    whole = plans.every_kind()
    seen = views.narrowed(whole, {each.job for each in whole.plan.changes})
    assert (seen.planned.plan, seen.others) == (whole.plan, 0)
    assert seen.planned.verdicts == whole.verdicts
    assert text.plan(seen.planned) == text.plan(whole)


@pytest.mark.parametrize(
    ("others", "words"),
    [
        (1, "And 1 change that is not of this pull request."),
        (3, "And 3 changes that are not of this pull request."),
    ],
)
def test_others_are_counted(others: int, words: str) -> None:
    """A report that leaves changes out says how many, in words and as a number."""
    planned = plans.planned((), (plans.named("tidy"),))
    lines = text.plan(planned, others).splitlines()
    assert words in lines
    assert lines[-1] == text.plan(planned).splitlines()[-1]
    assert json.loads(documents.plan(planned, others))["others"] == others
    assert "others" not in json.loads(documents.plan(planned))
    assert "of this pull request" not in text.plan(planned)
