"""What a platform's list bears witness to, held against what a journal tells."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from runner import history, witness
from runner.model import JobId, Key, Kind, LedgerId
from runner.progress import Status
from runner.witness import Sighting, Told
from tests import journals, values
from tests.values import Wish

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runner.model import Ledger

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
        (f"tidy jobgate:{KEY}.0", KEY),
        (f"tidy jobgate:{KEY}.zz.0123abcd", KEY),
        (f"tidy jobgate:{KEY}.", ""),
        (f"tidy jobgate:{KEY}.0000000", ""),
        (f"tidy jobgate:{KEY}.A", ""),
        (f"tidy jobgate:{KEY}.a.0123abc", ""),
        (f"tidy jobgate:{KEY}.a.0123abcd\n", ""),
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

    assert list(witness.remarks("far", seen, TOLD, values.LEDGER)) == []


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
    (remark,) = witness.remarks("far", [seen], TOLD, values.LEDGER)

    assert (remark.concern, remark.platform, remark.seen) == (concern, "far", seen)
    assert (remark.platform_job, said in remark.detail) == (seen.job, True)
    told = TOLD[witness.key_in(seen.name)]
    assert (remark.job, remark.key) == (told.job, told.key)


def test_jobs_that_no_record_knows() -> None:
    """By hand, or with a key that is not of this journal; none is taken for a job of ours."""
    by_hand = replace(SEEN, name="by hand")
    foreign = replace(SEEN, name=f"x jobgate:{'c' * 64}.1.{'0' * 8}")
    found = list(witness.remarks("far", [by_hand, foreign], TOLD, values.LEDGER))

    assert [each.concern for each in found] == ["outside", "foreign-key"]
    assert {(each.job, each.key, each.platform_job) for each in found} == {(None, None, 7)}


def test_a_job_of_this_ledger_that_its_journal_lacks() -> None:
    """Its name has the ledger's tag, and the number of an entry that was there before it."""
    lost = replace(SEEN, name=f"x jobgate:{'c' * 64}.1a.{witness.tag(values.LEDGER)}")
    (remark,) = witness.remarks("far", [lost], TOLD, values.LEDGER)

    assert (remark.concern, remark.platform_job, remark.seen) == ("rolled-back", 7, lost)
    assert "it came after entry 46 of this ledger" in remark.detail


def at(seq: int) -> Ledger:
    """Return the ledger of these tests with so many entries."""
    return replace(journals.begun()[1], seq=seq)


@pytest.mark.parametrize(
    ("said", "seq", "name"),
    [
        ("tidy", 0, f"tidy jobgate:{KEY}.0.{witness.tag(values.LEDGER)}"),
        ("tidy", 36, f"tidy jobgate:{KEY}.10.{witness.tag(values.LEDGER)}"),
        ("x" * 423, 36**6 - 1, f"{'x' * 423} jobgate:{KEY}.zzzzzz.{witness.tag(values.LEDGER)}"),
        ("x" * 424, 36**6 - 1, f"{'x' * 424} jobgate:{KEY}.zzzzzz"),
        ("tidy", 36**6, f"tidy jobgate:{KEY}"),
        ("\U0001f600" * 216, 36**6 - 1, f"{chr(0x1F600) * 216} jobgate:{KEY}.zzzzzz"),
        ("\U0001f600" * 300, 36**6 - 1, f"{chr(0x1F600) * 216} jobgate:{KEY}.zzzzzz"),
        ("x" + "\U0001f600" * 300, 1, f"x{chr(0x1F600) * 215} jobgate:{KEY}.1"),
    ],
)
def test_the_name_that_a_job_is_created_under(said: str, seq: int, name: str) -> None:
    """The tag is left out where there is no room for it, and what was reviewed stays whole."""
    made = witness.name(said, at(seq), KEY)

    assert made == name
    assert len(made.encode("utf-16-le")) <= 2 * 512
    mark = witness.mark_in(made)
    assert mark is not None
    assert (mark.key, mark.seq) == (KEY, seq if seq < 36**6 else -1)
    assert mark.tag in {"", witness.tag(values.LEDGER)}


def test_a_list_is_asked_for_the_names_of_a_ledger() -> None:
    """What it is asked for stands in the names of the ledger's own jobs, and of no other's."""
    ledger = journals.begun()[1]
    other = replace(ledger, id=LedgerId("another"))

    asked = witness.tagged(ledger.id)

    assert asked in witness.name("tidy", ledger, KEY)
    assert asked not in witness.name("tidy", other, KEY)


def test_names_that_are_ahead_of_a_ledger() -> None:
    """Of its own names the highest number counts; others, and those without one, do not."""
    ledger, tag = at(7), witness.tag(values.LEDGER)
    ends = (f".7.{tag}", f".8.{'0' * 8}", ".9", "", f".a.{tag}", f".b.{tag}", f".9.{tag}")
    seen = [
        replace(SEEN, job=number, name=f"x jobgate:{KEY}{end}")
        for number, end in enumerate(ends, start=1)
    ]

    assert witness.ahead(ledger, [*seen[:4], replace(SEEN, name="by hand")]) is None
    assert witness.ahead(ledger, seen) == (seen[5], witness.Mark(key=KEY, seq=11, tag=tag))
    assert witness.ahead(at(11), seen) is None


def test_every_concern_asks_for_an_exit_code() -> None:
    """The gravest stand first, as they are counted in a report."""
    codes = list(witness.CODES.values())

    assert set(codes) == {1, 8, 9, 10}
    assert codes == sorted(codes, key=(8, 10, 9, 1).index)


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
