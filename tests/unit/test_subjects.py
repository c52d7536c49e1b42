"""`subjects`: what a clause sees of a job as it is, and as it was submitted last."""

from __future__ import annotations

from dataclasses import replace

import pytest

from runner import canon, history, subjects, wire
from runner.model import JobId, Json, Pin, Targets
from runner.pipeline import drafting
from runner.subjects import Subject
from tests import journals, values
from tests.values import Wish

BODY: dict[str, Json] = {
    "bk_scope_type": "biz",
    "bk_scope_id": "2",
    "execute_target": {"host_list": [{"bk_cloud_id": 0, "ip": "10.0.0.1"}, {"bk_host_id": 7}]},
}
MADE = values.job(Wish(name="tidy", cell=(("zone", "sh"),), body=BODY, run=3))
JOB = replace(
    MADE,
    labels=(("team", "edge"),),
    targets=Targets(hosts=("0:10.0.0.1", "#7")),
)


def test_a_job_is_seen_whole() -> None:
    """Its name is without the cell, its request as the effect has it, its hosts are labels."""
    assert subjects.of_job(JOB) == Subject(
        path="specs/tidy.yaml",
        name="tidy",
        platform="local",
        scope="biz/2",
        labels=(("team", "edge"),),
        run=3,
        request={**BODY, "script_sha256": canon.sha256(b"rm -r /tmp/old\n")},
        hosts=("0:10.0.0.1", "#7"),
    )


def test_the_same_is_seen_of_what_was_submitted() -> None:
    """Once a job was submitted as it is, both sides of the next change look alike."""
    had = journals.submitted(journals.begun()[1], JOB).jobs[JOB.id]

    assert replace(subjects.of_had(had), labels=JOB.labels) == subjects.of_job(JOB)


@pytest.mark.parametrize("expected", [None, (), ("0:10.0.0.8",)])
@pytest.mark.parametrize("labels", [(), (("team", "edge"), ("tier", "gold"))])
def test_the_journal_keeps_all_that_is_seen(
    labels: tuple[tuple[str, str], ...], expected: tuple[str, ...] | None
) -> None:
    """What an entry tells of a job is enough to see the same of it later."""
    job = replace(JOB, labels=labels, expect_hosts=expected)
    stamp = history.Stamp(runner="r", at="2026-01-02T03:04:05Z", head=values.HEAD)
    _, ledger = history.extended(journals.begun()[1], [drafting.adopted(job)], stamp)

    assert subjects.of_had(ledger.jobs[job.id]) == subjects.of_job(job)
    assert wire.had_from(wire.had(ledger.jobs[job.id])) == ledger.jobs[job.id]


def test_labels_that_nobody_kept_are_not_known() -> None:
    """None is not the same as none."""
    had = journals.submitted(journals.begun()[1], JOB).jobs[JOB.id]

    assert subjects.of_had(replace(had, labels=None)).labels is None
    assert subjects.of_had(replace(had, labels=())).labels == ()


def test_hosts_that_are_expected_stand_for_groups() -> None:
    """Whoever names a group comes to whatever the spec expects, on both sides."""
    expected = ("0:10.0.0.8", "0:10.0.0.9")
    had = journals.submitted(journals.begun()[1], JOB).jobs[JOB.id]

    assert subjects.of_job(replace(JOB, expect_hosts=expected)).hosts == expected
    assert subjects.of_had(replace(had, expect_hosts=expected)).hosts == expected


def test_a_pinned_script_is_seen_by_what_it_holds() -> None:
    """A stored script is its version and the SHA-256 of that; the job's own body stays."""
    body = {"script_id": "clean"}
    job = values.job(Wish(body=body, script=None))
    pin = Pin(script="clean", version=6, sha256=values.sha("clean"))

    assert subjects.request(job) == body
    assert subjects.request(replace(job, pins=(pin,))) == {
        "script_id": "clean",
        "script_sha256": pin.sha256,
        "script_version_id": 6,
    }
    assert job.body == body


def test_what_has_no_scope() -> None:
    """A body without one, or with something else there, has an empty scope."""
    had = journals.submitted(journals.begun()[1], JOB).jobs[JOB.id]
    bodies: list[dict[str, Json]] = [
        {},
        {"bk_scope_type": "biz"},
        {"bk_scope_type": "biz", "bk_scope_id": 2},
    ]

    assert {subjects.of_had(replace(had, body=body)).scope for body in bodies} == {""}


def test_names_of_what_was_submitted() -> None:
    """Platform and name are those of its identity."""
    had = journals.submitted(journals.begun()[1], JOB).jobs[JOB.id]
    for job in ("prod/web", "prod/web[zone=a/b,size=1]", "prod/web[zone=a[1]]"):
        seen = subjects.of_had(replace(had, job=JobId(job)))
        assert (seen.platform, seen.name) == ("prod", "web")


def test_the_policy_is_no_job() -> None:
    """Of the policy nothing is to be seen but its path."""
    assert Subject(path="jobgate.yaml") == subjects.POLICY
    assert not subjects.POLICY.is_job
    assert subjects.of_job(JOB).is_job
