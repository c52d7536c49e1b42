"""What the campaign of faults holds runs against finds each thing that must not be."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from runner import history
from runner.model import Kind, Result
from tests import journals, values
from tests.faults import invariants, proxy

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


def created(job: int) -> list[Json]:
    """Return the account of one create."""
    said: Json = {"data": {"job_instance_id": job}}
    return [{"what": "server", "number": 1, "name": proxy.CREATE, "tip": "", "said": said}]


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
        f"{JOB.id} is intended again while its last submission is under way"
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
