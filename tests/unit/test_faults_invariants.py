"""What the campaign of faults holds runs against finds each thing that must not be."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Literal

import pytest

from runner import history
from runner.model import Kind, Result
from runner.pipeline import drafting
from tests import journals, values
from tests.faults import invariants, proxy, settling

if TYPE_CHECKING:
    from runner.model import Entry, Json

JOB = values.job(values.Wish())
WITHDRAWN = Result(outcome="withdrawn", detail="its spec changed")


def submitted(*kinds: Kind, result: Result = journals.SUCCEEDED) -> list[Entry]:
    """Return the entries of one submission, which got the platform's job 7."""
    entry, ledger = journals.begun()
    entries = [entry]
    for kind in kinds:
        draft = journals.draft(ledger, JOB, kind, result)
        more, ledger = history.extended(ledger, [draft], journals.STAMP)
        entries += more
    return entries


WHOLE = submitted(Kind.INTENDED, Kind.CREATED, Kind.STARTING, Kind.STARTED, Kind.ENDED)
KEPT = invariants.Journal(commits=("before", "after"), entries=(tuple(WHOLE[:2]), tuple(WHOLE[2:])))


def started(job: int, tip: str, *, taken: bool = True) -> list[Json]:
    """Return the account of one start."""
    body: Json = {"job_instance_id": job, "operation_code": 2}
    return [
        {"what": "call", "number": job, "name": proxy.START, "fault": "", "body": body},
        {
            "what": "server",
            "number": job,
            "name": proxy.START,
            "tip": tip,
            "said": {"result": taken},
        },
    ]


def created(job: int, key: str = "") -> list[Json]:
    """Return the account of one create."""
    said: Json = {"data": {"job_instance_id": job}}
    body: Json = {"task_name": f"tidy jobgate:{key}"}
    return [
        {"what": "call", "number": job, "name": proxy.CREATE, "fault": "", "body": body},
        {"what": "server", "number": job, "name": proxy.CREATE, "tip": "", "said": said},
    ]


@pytest.mark.parametrize(
    ("lines", "faults"),
    [
        (started(7, "after"), []),
        (started(7, "after") + started(7, "after", taken=False), []),
        (started(7, "after") * 2, ["job 7 was started 2 times"]),
        (started(7, "before"), ["job 7 is started before its `created` was on the remote"]),
        (started(7, "lost"), ["job 7 is started before its `created` was on the remote"]),
        (started(8, "after"), ["job 8 is started, and is nobody's `created`"]),
        ([{"what": "followed", "name": "/x"}], ["a redirect was followed to /x"]),
    ],
)
def test_starts(lines: list[Json], faults: list[str]) -> None:
    """Only the id that was created is started, once, and after that is on the remote."""
    assert list(invariants._starts(KEPT, lines)) == faults


def test_keys() -> None:
    """One `created` a key, and the next key after the end of the one before."""
    again = submitted(*[Kind.INTENDED, Kind.CREATED, Kind.ENDED, Kind.INTENDED])

    assert list(invariants._keys(again)) == []
    assert list(invariants._keys([*again[:3], again[2]])) == [
        f"key {again[2].key} has 2 entries `created`"
    ]
    assert list(invariants._keys([*again[:3], again[4]])) == [
        f"{JOB.id} is intended again before all is known of its last submission"
    ]


@pytest.mark.parametrize(
    ("entries", "ran", "part"),
    [
        (WHOLE, {7: 1}, None),
        (WHOLE, {}, "ran 0 times, and is noted as succeeded"),
        (WHOLE, {7: 2}, "ran 2 times"),
        (WHOLE, {7: 1, 8: 1}, "job 8 ran, and is nobody's"),
        (submitted(Kind.INTENDED, Kind.CREATED, Kind.ENDED, result=WITHDRAWN), {}, None),
        (submitted(Kind.INTENDED, Kind.CREATED, Kind.ENDED, result=WITHDRAWN), {7: 1}, "withdrawn"),
        (WHOLE[:-1], {7: 1}, "ran 1 times, and is noted as None"),
    ],
)
def test_runs(entries: list[Entry], ran: dict[int, int], part: str | None) -> None:
    """What is noted has come about, and nothing else has run."""
    found = list(invariants._runs(entries, created(7) + created(8), Counter(ran)))

    assert len(found) == (part is not None)
    assert all(part in each for each in found if part is not None)


ABNORMAL = Result(outcome="unknown", detail="abnormal")
CUT = submitted(
    Kind.INTENDED, Kind.CREATED, Kind.STARTING, Kind.STARTED, Kind.ENDED, result=ABNORMAL
)


def settled(outcome: Literal["succeeded", "failed"]) -> list[Entry]:
    """Return the entries of a submission that ended abnormally, and was settled."""
    ledger = history.replay(CUT)
    draft = drafting.settled(
        ledger.jobs[JOB.id], Result(outcome=outcome, detail="counted"), "counted", "dana"
    )
    return [*CUT, *history.extended(ledger, [draft], journals.STAMP)[0]]


def fouled(name: str, job: int) -> list[Json]:
    """Return the account of somebody's foul."""
    return [{"what": "foul", "name": name, "job": job}]


@pytest.mark.parametrize(
    ("entries", "lines", "ran", "faulty"),
    [
        # A person has counted: what is noted is what was counted.
        (settled("succeeded"), fouled("cut after", 7), {7: 1}, 0),
        (settled("succeeded"), fouled("cut before", 7), {}, 1),
        (settled("failed"), fouled("cut before", 7), {}, 0),
        (settled("failed"), fouled("cut after", 7), {7: 1}, 1),
        # Nothing fails that nobody cut off; nothing stays unknown.
        (settled("failed"), [], {}, 1),
        (CUT, fouled("cut after", 7), {7: 1}, 1),
        # Somebody started the one that counts, or another one.
        (WHOLE, fouled("begun", 7), {7: 1}, 0),
        (WHOLE, fouled("begun", 8), {7: 1, 8: 1}, 0),
        (WHOLE, fouled("begun", 8), {8: 1}, 0),
        (WHOLE, fouled("begun", 8), {7: 2, 8: 1}, 1),
        (WHOLE, fouled("begun", 8), {7: 1, 8: 2}, 1),
        (CUT, fouled("begun", 8), {8: 1}, 1),
        # Both at once: the second foul came too late for the first.
        (settled("failed"), fouled("cut before", 7) + fouled("begun", 7), {}, 0),
    ],
)
def test_runs_that_somebody_fouled(
    entries: list[Entry], lines: list[Json], ran: dict[int, int], faulty: int
) -> None:
    """An outcome that does not tell what was counted is found, whoever interfered."""
    key = entries[-1].key or ""
    account = created(7, key) + created(8, key) + lines

    assert len(list(invariants._runs(entries, account, Counter(ran)))) == faulty


def test_nothing_comes_after_what_nobody_knows() -> None:
    """A job is submitted again when what became of it is settled, and not before."""
    again = submitted(*(e.kind for e in CUT[1:]), Kind.INTENDED, result=ABNORMAL)

    (fault,) = invariants._keys(again)
    assert "before all is known" in fault
    assert list(invariants._keys(settled("failed") + again[6:])) == []


@pytest.mark.parametrize(("ran", "said"), [({7: 1}, "succeeded"), ({8: 1}, "not-run")])
def test_a_person_counts_what_bears_the_key(ran: dict[int, int], said: str) -> None:
    """What ran with another key is nobody's business."""
    assert settling.truth("a", {7: "a", 8: "b"}, Counter(ran)) == said
