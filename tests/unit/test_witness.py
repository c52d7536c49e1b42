"""What a platform's list bears witness to, held against what a journal tells."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from runner import history, witness
from runner.model import JobId, Key, Kind
from runner.progress import Status
from runner.witness import Sighting, Told
from tests import journals, values
from tests.values import Wish

if TYPE_CHECKING:
    from collections.abc import Mapping

KEY, OTHER = Key("a" * 64), Key("b" * 64)
TOLD: Mapping[str, Told] = {
    KEY: Told(job=JobId("far/tidy"), key=KEY, scope=("biz", "2"), platform_job=7),
    OTHER: Told(job=JobId("far/sweep"), key=OTHER, scope=("biz", "2")),
}
SEEN = Sighting(job=7, name=f"tidy jobgate:{KEY}", status=Status.SUCCEEDED, at=0, by="ci")


@pytest.mark.parametrize(
    ("name", "key"),
    [
        (f"tidy jobgate:{KEY}", KEY),
        (f"jobgate:{OTHER} jobgate:{KEY}", KEY),
        (f"tidy jobgate:{KEY} ", ""),
        (f"tidy jobgate:{KEY}\n", ""),
        (f"tidyjobgate:{KEY}", ""),
        (f"tidy jobgate:{KEY[1:]}", ""),
        (f"tidy jobgate:{KEY.upper()}", ""),
        ("", ""),
    ],
)
def test_the_key_that_a_name_bears(name: str, key: str) -> None:
    """It stands at the end of the name, as jobgate puts it there."""
    assert witness.key_in(name) == key


def test_a_recorded_job_needs_no_remark() -> None:
    """In whatever state it is."""
    seen = [SEEN, replace(SEEN, status=Status.WAITING)]

    assert list(witness.remarks("far", seen, TOLD)) == []


@pytest.mark.parametrize(
    ("seen", "concern", "said"),
    [
        (replace(SEEN, job=8), "started-duplicate", "has job 7, and was started: it is succeeded"),
        (
            replace(SEEN, job=8, status=Status.CONFIRM_REFUSED),
            "started-duplicate",
            "it is confirm refused",
        ),
        (
            replace(SEEN, job=8, status=Status.WAITING),
            "idle-duplicate",
            "has job 7, and waits, and nobody will start it",
        ),
        (replace(SEEN, name=f"x jobgate:{OTHER}"), "started-duplicate", "has no job yet, and was"),
    ],
)
def test_a_duplicate(seen: Sighting, concern: str, said: str) -> None:
    """Another job with the key of a submission is told from it, started or not."""
    (remark,) = witness.remarks("far", [seen], TOLD)

    assert (remark.concern, remark.platform, remark.seen) == (concern, "far", seen)
    assert (remark.platform_job, said in remark.detail) == (seen.job, True)
    told = TOLD[witness.key_in(seen.name)]
    assert (remark.job, remark.key) == (told.job, told.key)


def test_jobs_that_no_record_knows() -> None:
    """By hand, or with a key that is not of this journal; none is taken for a job of ours."""
    by_hand = replace(SEEN, name="by hand")
    foreign = replace(SEEN, name=f"x jobgate:{'c' * 64}")
    found = list(witness.remarks("far", [by_hand, foreign], TOLD))

    assert [each.concern for each in found] == ["outside", "foreign-key"]
    assert {(each.job, each.key, each.platform_job) for each in found} == {(None, None, 7)}


def test_every_concern_asks_for_an_exit_code() -> None:
    """The gravest stand first, as they are counted in a report."""
    codes = list(witness.CODES.values())

    assert set(codes) == {1, 8, 9}
    assert codes == sorted(codes, key=(8, 9, 1).index)


def test_what_a_journal_tells_of_submissions() -> None:
    """Each by its key: ids once it was created, the scope that its request names."""
    tidy = values.job(Wish(name="tidy", body={"bk_scope_type": "biz", "bk_scope_id": "2"}))
    entry, ledger = journals.begun()
    entries = [entry]
    for kind in (Kind.ADOPTED, Kind.INTENDED, Kind.CREATED):
        draft = journals.draft(ledger, tidy, kind)
        more, ledger = history.extended(ledger, [draft], journals.STAMP)
        entries += more
    intended, created = witness.submissions(entries[:3]), witness.submissions(entries)

    key = ledger.jobs[tidy.id].key
    assert key is not None
    assert intended == {key: Told(job=tidy.id, key=key, scope=("biz", "2"))}
    assert created == {
        key: replace(
            intended[key],
            platform_job=7,
            platform_step=8,
            instance="instance",
            created=journals.STAMP.at,
        )
    }
