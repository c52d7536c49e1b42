"""`frozen`, `freezing`: what a platform froze against what was reviewed, and what comes of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from runner import canon, frozen
from runner.frozen import Frozen, Target
from runner.model import Change, Pin, Symbol, Targets
from runner.pipeline import freezing
from runner.terms import Clause
from tests import values
from tests.values import Wish

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runner.model import Job, Json

SCRIPT = b"reload nginx\n"
LABELS = tuple(f"0:10.0.0.{number}" for number in range(1, 10))
OTHER = canon.sha256(b"rm -r /\n")


def job(
    *hosts: str,
    groups: tuple[str, ...] = (),
    expect: tuple[str, ...] | None = None,
    batches: tuple[int, ...] = (),
    body: Mapping[str, Json] | None = None,
) -> Job:
    """Return a job on these hosts and groups."""
    made = values.job(Wish(script=SCRIPT, body={"account_alias": "root", **(body or {})}))
    return replace(
        made,
        targets=Targets(hosts=hosts, open=groups),
        expect_hosts=expect,
        batches=batches or (len(hosts),),
    )


def shown(*labels: str, first: int = 1) -> Frozen:
    """Return what a platform shows that froze the script, the account and these hosts."""
    targets = tuple(Target(label=label, id=first + place) for place, label in enumerate(labels))
    return Frozen(script=canon.sha256(SCRIPT), account_id=7, alias="root", targets=targets)


def test_what_is_the_same_has_no_differences() -> None:
    """Be the hosts named, or expected of a group; in whatever order one batch takes them."""
    assert frozen.differences(job(*LABELS), shown(*LABELS)) == ()
    assert frozen.differences(job(*LABELS), shown(*reversed(LABELS))) == ()
    group = job(groups=("group:1",), expect=LABELS)
    assert frozen.differences(group, shown(*reversed(LABELS))) == ()


def test_what_is_not_shown_is_no_difference() -> None:
    """A platform that tells nothing contradicts nothing."""
    assert frozen.differences(job(*LABELS, body={"account_id": 3}), Frozen()) == ()


def test_another_script() -> None:
    """It is told by the first digits of both."""
    wrong = replace(shown("0:10.0.0.1"), script=OTHER)

    assert frozen.differences(job("0:10.0.0.1"), wrong) == (
        f"its script is {OTHER[:12]} and not {canon.sha256(SCRIPT)[:12]}",
    )


@pytest.mark.parametrize(("pinned", "differs"), [((), False), ((OTHER,), True)])
def test_a_stored_script_is_held_against_its_pin(pinned: tuple[str, ...], *, differs: bool) -> None:
    """What the lock says counts, and where it says nothing there is nothing to compare with."""
    pins = tuple(Pin(script="clean", version=6, sha256=canon.sha256(SCRIPT)) for _ in pinned)
    stored = replace(job("0:10.0.0.1"), script=None, pins=pins)
    wrong = replace(shown("0:10.0.0.1"), script=OTHER)

    assert bool(frozen.differences(stored, wrong)) == differs
    assert frozen.differences(stored, shown("0:10.0.0.1")) == ()


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ({}, ()),
        ({"account_alias": "web"}, ("its account is root and not web",)),
        ({"account_alias": None}, ()),
        ({"account_id": 7, "account_alias": "web"}, ()),
        ({"account_id": 8}, ("its account is number 7 and not 8",)),
        ({"account_id": 0}, ()),
        ({"account_id": "8"}, ()),
    ],
)
def test_the_account_that_counts(body: dict[str, Json], found: tuple[str, ...]) -> None:
    """The id where there is one, and else the alias."""
    assert frozen.differences(job("0:10.0.0.1", body=body), shown("0:10.0.0.1")) == found


def test_hosts_in_addition_and_hosts_that_are_missing() -> None:
    """Both are named, the first few of many."""
    group = job(groups=("group:1",), expect=("0:10.0.0.9", "0:10.9.9.9"))

    assert frozen.differences(group, shown(*LABELS)) == (
        f"8 hosts in addition: {', '.join(LABELS[:5])} and 3 more",
        "1 host missing: 0:10.9.9.9",
    )
    assert frozen.differences(job(*LABELS), shown(*LABELS[:4])) == (
        "5 hosts missing: 0:10.0.0.5, 0:10.0.0.6, 0:10.0.0.7, 0:10.0.0.8, 0:10.0.0.9",
    )


def test_a_host_goes_by_its_address_or_its_id() -> None:
    """A spec may call it by either, and the platform shows both."""
    named = job("#5", "0:10.0.0.2")

    assert frozen.differences(named, shown("0:10.0.0.1", "0:10.0.0.2", first=5)) == ()
    assert frozen.differences(named, shown("0:10.0.0.1", "0:10.0.0.2", first=6)) == (
        "1 host in addition: 0:10.0.0.1",
        "1 host missing: #5",
    )


def test_batches_of_other_hosts() -> None:
    """Where hosts are rolled over, their order is part of the plan; of a group it is not known."""
    rolls = job(*LABELS[:3], batches=(1, 2))
    one, two, three = LABELS[:3]

    assert frozen.differences(rolls, shown(one, two, three)) == ()
    assert frozen.differences(rolls, shown(one, three, two)) == (
        f"its batches are of other hosts: number 2 is {three} and not {two}",
    )
    assert frozen.differences(rolls, shown(two, one)) == (f"1 host missing: {three}",)
    longer = shown(two, one, three, "0:10.9.9.9")
    assert frozen.differences(rolls, longer) == ("1 host in addition: 0:10.9.9.9",)
    group = replace(rolls, targets=Targets(hosts=(), open=("group:1",)), expect_hosts=(one, two))
    assert frozen.differences(group, shown(two, one)) == ()


def test_an_id_and_an_address_that_are_one_host() -> None:
    """There is one host fewer than the plan has, and so a batch is another one."""
    rolls = job("0:10.0.0.1", "0:10.0.0.2", "#2", batches=(1, 2))

    assert frozen.differences(rolls, shown("0:10.0.0.1", "0:10.0.0.2")) == (
        "its batches are of other hosts: number 3 is none and not #2",
    )
    assert frozen.differences(replace(rolls, batches=(3,)), shown("0:10.0.0.1", "0:10.0.0.2")) == ()


@pytest.mark.parametrize(
    ("groups", "expect", "expects"),
    [((), None, False), (("group:1",), None, True), ((), LABELS, True)],
)
def test_who_expects(
    groups: tuple[str, ...], expect: tuple[str, ...] | None, *, expects: bool
) -> None:
    """Whoever has said which hosts, or would have to."""
    assert frozen.expects(job(*LABELS, groups=groups, expect=expect)) == expects


@pytest.mark.parametrize(
    ("count", "said"), [(0, ""), (1, "h"), (5, "h, h, h, h, h"), (6, "h, h, h, h, h and 1 more")]
)
def test_labels_in_a_sentence(count: int, said: str) -> None:
    """The first few, and how many more there are."""
    assert frozen.listed(("h",) * count) == said


# ---------------------------------------------------------------- freezing


def halt(asked: Job, seen: Frozen, most: int | None = None) -> freezing.Halt | None:
    """Return why a job is not started that was approved as it is, if it is not."""
    change = Change(
        job=asked.id,
        symbol=Symbol.NEW,
        after=None,
        digest=asked.digest,
        effect=asked.effect,
        via=(),
        runs=True,
        had=None,
        wanted=asked,
    )
    clause = Clause(name="prod", paths=("**",), count=1, people=(), max_hosts=most)
    return freezing.halt(seen, change, asked, values.policy("ann", clauses=(clause,)))


def test_a_job_that_holds_is_started() -> None:
    """Up to as many hosts as the clause allows; and what is not shown is no obstacle."""
    assert halt(job(*LABELS), shown(*LABELS)) is None
    assert halt(job(*LABELS), shown(*LABELS), most=9) is None
    assert halt(job(*LABELS), Frozen(), most=9) is None
    assert halt(job(groups=("group:1",), expect=LABELS), shown(*LABELS), most=9) is None


def test_a_job_that_differs_is_not_started() -> None:
    """All that differs is said; another look may find it mended."""
    wrong = replace(shown(*LABELS[:8]), script=OTHER)

    assert halt(job(*LABELS), wrong, most=9) == freezing.Halt(
        reason="what the platform froze is not what was reviewed: its script is "
        f"{OTHER[:12]} and not {canon.sha256(SCRIPT)[:12]}; 1 host missing: 0:10.0.0.9"
    )


def test_more_hosts_than_are_allowed_are_denied() -> None:
    """Whoever consents: the clause is named first."""
    group = job(groups=("group:1",), expect=LABELS[:8])
    found = halt(group, shown(*LABELS), most=8)

    assert found == freezing.Halt(
        reason="what the platform froze is not what was reviewed: it is for 9 hosts, and prod "
        "allows 8; 1 host in addition: 0:10.0.0.9",
        denied=True,
    )


@pytest.mark.parametrize("groups", [(), ("group:1",)])
def test_hosts_that_nobody_can_tell_are_denied(groups: tuple[str, ...]) -> None:
    """Where a spec expects hosts, a platform must show which it froze."""
    found = halt(job(groups=groups, expect=LABELS), replace(shown(), targets=None))

    assert found is not None
    assert found.denied
    assert "does not show which hosts it froze" in found.reason


def test_what_was_not_reviewed_is_not_expected() -> None:
    """Another digest than the approved one: its expectation counts for nothing."""
    asked = job(groups=("group:1",), expect=LABELS)
    change = Change(
        job=asked.id,
        symbol=Symbol.NEW,
        after=None,
        digest=values.digest("another"),
        effect=asked.effect,
        via=(),
        runs=True,
        had=None,
        wanted=asked,
    )
    policy = values.policy("ann")

    assert freezing.halt(shown(*LABELS), change, asked, policy) == freezing.Halt(
        reason="its spec changed before it was started"
    )
    plain = replace(asked, targets=Targets(hosts=LABELS), expect_hosts=None)
    assert freezing.halt(shown(*LABELS), change, plain, policy) is None
