"""`parts`: what each part of a clause demands or denies, and that trouble in any of them denies."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from runner import consents, parts
from runner.model import Targets
from runner.parts import Case
from runner.terms import Clause, Dated, Owned, Weekly, Windows
from runner.verdicts import NEVER, Demand, Denied
from tests import consents as made
from tests import journals, values
from tests.consents import CHANGE, NOTHING, NOW
from tests.values import Wish

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runner.evidence import Evidence
    from runner.model import Change, Json, Policy
    from runner.parts import Part, Word

ASKED = Clause(name="web", paths=("**",), count=2, people=(), line=7)
OF_POLICY = replace(CHANGE, wanted=journals.RULES, digest=journals.RULES.digest)
GONE = replace(CHANGE, wanted=None)
PINNED = (
    Owned(pattern="*", owners=("@ann",)),
    Owned(pattern="/specs/lib.sh", owners=("@acme/sre", "cam@example.org")),
    Owned(pattern="/specs/old.yaml", owners=("@eve",)),
    Owned(pattern="/specs/free.sh", owners=()),
)
JOB = values.job(Wish(via=(("specs/lib.sh", "1"), ("specs/free.sh", "1"))))


def case(
    clause: Clause,
    *consenting: str,
    change: Change = CHANGE,
    evidence: Evidence = NOTHING,
    policy: Policy = made.POLICY,
) -> Case:
    """Return the case of a clause, with people who have consented."""
    asked = consents.Question(
        change=change, ledger=values.LEDGER, policy=policy, evidence=evidence, at=NOW
    )
    return Case(asked=asked, clause=clause, consenting=frozenset(consenting))


def only(words: Iterator[Word] | tuple[Word, ...]) -> Word:
    """Return the one thing that was said."""
    (word,) = words
    return word


def denial(words: Iterator[Word]) -> tuple[str, str, int]:
    """Return by whom and why something was denied, and at which line."""
    word = only(words)
    assert isinstance(word, Denied)
    assert word.mend
    return word.by, word.reason, word.line


# ---------------------------------------------------------------- consent


@pytest.mark.parametrize(
    ("people", "given", "could"),
    [
        ((), ("ann", "cam"), ("ben", "dee")),
        (("ann", "ben"), ("ann",), ("ben",)),
        (("sre", "dee"), ("ann",), ("ben", "dee")),
        (("eve",), (), ()),
    ],
)
def test_approvals(people: tuple[str, ...], given: tuple[str, ...], could: tuple[str, ...]) -> None:
    """They are counted among those whom the clause names, people and teams, or everybody."""
    asked = case(replace(ASKED, people=people), "ann", "cam", "eve")

    assert only(parts.approvals(asked)) == Demand(
        clause="web", count=2, given=given, missing=2 - len(given), could=could
    )
    assert only(parts.approvals(asked)).line == 7


def test_members_of_a_forges_team_are_asked() -> None:
    """As the forge has them, if the policy lists them."""
    evidence = replace(NOTHING, members=frozenset({("far", "cam"), ("far", "eve")}))
    word = only(parts.approvals(case(replace(ASKED, people=("far",)), evidence=evidence)))

    assert isinstance(word, Demand)
    assert word.could == ("cam",)


def test_makers_are_not_asked() -> None:
    """One who merged, and whose review counts all the same, has given theirs."""
    touched = frozenset({"ann@example.org", "ben@example.org"})
    word = only(parts.approvals(case(ASKED, "ann", evidence=replace(NOTHING, touched_by=touched))))

    assert isinstance(word, Demand)
    assert (word.given, word.could) == (("ann",), ("cam", "dee"))


def test_owners_are_not_asked_unless_the_clause_says_so() -> None:
    """CODEOWNERS alone asks nobody."""
    policy = replace(made.POLICY, owned=PINNED)

    assert list(parts.owned(case(ASKED, policy=policy))) == []


def test_an_owner_of_each_file_is_asked() -> None:
    """Of the spec, of what it goes through, and of where it was; once for the same owners."""
    had = replace(journals.submitted(journals.begun()[1], JOB).jobs[JOB.id], path="specs/old.yaml")
    change = replace(CHANGE, wanted=JOB, had=had)
    asked = case(
        replace(ASKED, owners=True),
        "cam",
        change=change,
        policy=replace(made.POLICY, owned=PINNED),
        evidence=replace(NOTHING, touched_by=frozenset({"ben@example.org"})),
    )

    assert list(parts.owned(asked)) == [
        Demand(
            clause="web",
            count=1,
            given=("cam",),
            missing=0,
            could=("ann",),
            path="specs/lib.sh",
            owners=("@acme/sre", "cam@example.org"),
        ),
        Demand(
            clause="web",
            count=1,
            given=(),
            missing=1,
            could=(),
            path="specs/old.yaml",
            owners=("@eve",),
        ),
        Demand(
            clause="web",
            count=1,
            given=(),
            missing=1,
            could=("ann",),
            path="specs/tidy.yaml",
            owners=("@ann",),
        ),
    ]
    assert [word.line for word in parts.owned(asked)] == [7, 7, 7]


def test_a_spec_has_an_owner_whatever_its_sources_are() -> None:
    """Its own path is looked at also where its sources should not name it."""
    job = replace(JOB, sources=())
    asked = case(
        replace(ASKED, owners=True),
        change=replace(CHANGE, wanted=job),
        policy=replace(made.POLICY, owned=PINNED),
    )
    words = list(parts.owned(asked))

    assert [word.path for word in words if isinstance(word, Demand)] == ["specs/tidy.yaml"]


def test_the_policys_files_have_owners_too() -> None:
    """Each of its own files is looked at; of what is gone there is none."""
    clause = replace(ASKED, owners=True)
    policy = replace(made.POLICY, owned=PINNED)
    words = list(parts.owned(case(clause, change=OF_POLICY, policy=policy)))

    assert [word.path for word in words if isinstance(word, Demand)] == ["jobgate.yaml"]
    assert list(parts.owned(case(clause, change=GONE, policy=policy))) == []


# ---------------------------------------------------------------- what says no


def test_a_clause_may_deny() -> None:
    """With its own words, jobs and the policy alike."""
    clause = replace(ASKED, deny="nobody restarts these")

    for change in (CHANGE, OF_POLICY):
        assert denial(parts.denied(case(clause, change=change))) == (
            "web",
            "nobody restarts these",
            7,
        )
    assert list(parts.denied(case(ASKED))) == []


@pytest.mark.parametrize(("most", "denied"), [(1, True), (2, False), (3, False), (None, False)])
def test_hosts_are_bounded(most: int | None, *, denied: bool) -> None:
    """A job may be on as many as the clause allows; a policy is on none."""
    job = replace(JOB, targets=Targets(hosts=("0:10.0.0.1", "0:10.0.0.2")))
    clause = replace(ASKED, max_hosts=most)
    words = list(parts.bounded(case(clause, change=replace(CHANGE, wanted=job))))

    assert bool(words) == denied
    if denied:
        reason = "it is for 2 hosts, and web allows 1"
        assert denial(iter(words)) == ("web", reason, 7)
    assert list(parts.bounded(case(clause, change=OF_POLICY))) == []


def test_fields_of_change_are_required() -> None:
    """Those that the clause names have to say something."""
    said: dict[str, Json] = {
        "reason": "tidy",
        "ticket": " ",
        "risk": "",
        "more": [],
        "none": None,
        "zero": 0,
    }
    change = replace(CHANGE, wanted=replace(JOB, change=said))
    lacking = ("reason", "ticket", "risk", "more", "none", "zero", "backout")

    assert denial(parts.said(case(replace(ASKED, fields=lacking), change=change))) == (
        "web",
        "its `change` has no ticket, risk, more, none, backout",
        7,
    )
    assert list(parts.said(case(replace(ASKED, fields=("reason",)), change=change))) == []
    assert list(parts.said(case(replace(ASKED, fields=("ticket",)), change=OF_POLICY))) == []
    assert list(parts.said(case(ASKED, change=change))) == []


def test_the_same_job_has_to_have_succeeded_first() -> None:
    """On each platform that the clause names, but its own; that lifts when it has."""
    clause = replace(ASKED, succeeded=("lab", "local", "pre", "test"))
    done = replace(NOTHING, succeeded=frozenset({"lab", "local"}))
    word = only(parts.succeeded(case(clause, evidence=done)))

    assert word == Denied(
        by="web",
        reason="the same job has not succeeded on pre, test",
        mend="let it run on pre, test first, and apply again when it has succeeded",
        lifts=True,
    )
    assert word.line == 7
    every = replace(NOTHING, succeeded=frozenset({"lab", "pre", "test"}))
    assert list(parts.succeeded(case(clause, evidence=every))) == []
    assert list(parts.succeeded(case(clause, change=OF_POLICY))) == []


# ---------------------------------------------------------------- all of them


def test_every_part_is_asked() -> None:
    """What they say is in their order, and no part of the module is left out."""
    clause = replace(
        ASKED,
        deny="no",
        max_hosts=0,
        fields=("backout",),
        succeeded=("lab",),
        windows=FREEZE,
        owners=True,
    )
    job = replace(JOB, targets=Targets(hosts=("0:10.0.0.1",)))
    policy = replace(made.POLICY, owned=PINNED[:1])
    words = parts.words(
        case(clause, change=replace(CHANGE, wanted=job), policy=policy), parts.PARTS
    )

    assert [type(word) for word in words] == [Denied] * 5 + [Demand] * 2
    assert [word.reason for word in words if isinstance(word, Denied)] == [
        "no",
        "it is for 1 hosts, and web allows 0",
        "its `change` has no backout",
        "the same job has not succeeded on lab",
        "its windows open on 2026-01-16T00:00:00Z",
    ]
    assert [word.path for word in words if isinstance(word, Demand)] == ["", "specs/free.sh"]


@pytest.mark.parametrize("late", [False, True])
def test_trouble_in_a_part_denies(*, late: bool) -> None:
    """Whatever else the clause said, and however much had been said before."""

    def broken(asked: Case) -> Iterator[Word]:
        if late:
            yield from parts.approvals(asked)
        raise ZeroDivisionError("x" * 300)

    sound: tuple[Part, ...] = (parts.approvals,)
    word = only(parts.words(case(ASKED, "ann", "ben"), (*sound, broken, *sound)))

    assert isinstance(word, Denied)
    assert (word.by, word.line, word.lifts, word.opens) == ("web", 7, False, "")
    assert word.reason == "it cannot be judged: ZeroDivisionError: " + "x" * 181
    assert word.mend == "mend the clause, and have that approved"


def test_what_is_no_trouble_is_handed_on() -> None:
    """And of trouble the kind and the words are kept."""
    assert parts.guarded(lambda: 7) == 7
    with pytest.raises(parts.PartError, match=r"^KeyError: 'x'$"):
        parts.guarded(lambda: {"y": 1}["x"])


# ---------------------------------------------------------------- windows

FREEZE = Windows(
    zone="Asia/Shanghai",
    closed=(
        Dated(begins="2026-01-10T00:00", ends="2026-01-16T08:00"),
        Dated(begins="2026-02-01T00:00", ends="2026-02-02T00:00"),
    ),
)
PAST = Windows(zone="UTC", open=(Dated(begins="2020-01-01T00:00", ends="2020-01-02T00:00"),))
OPEN = Windows(zone="UTC", open=(Weekly(days=(3,), begins=720, ends=721),))


def test_a_shut_window_denies_until_it_opens() -> None:
    """It says when that is, in UTC, whatever the zone of the clause."""
    assert list(parts.shut(case(ASKED))) == []
    assert list(parts.shut(case(replace(ASKED, windows=OPEN)))) == []
    word = only(parts.shut(case(replace(ASKED, windows=FREEZE))))

    assert word == Denied(
        by="web",
        reason="its windows open on 2026-01-16T00:00:00Z",
        mend="apply again then; it can be approved before",
        lifts=True,
        opens="2026-01-16T00:00:00Z",
    )
    assert word.line == 7


def test_a_window_may_be_shut_for_good() -> None:
    """There is nothing to wait for then."""
    word = only(parts.shut(case(replace(ASKED, windows=PAST))))

    assert word == Denied(
        by="web",
        reason="its windows do not open again",
        mend="have the clause changed",
        lifts=False,
        opens=NEVER,
    )


def test_a_freeze_can_be_lifted() -> None:
    """A policy is accepted at any time: that starts nothing."""
    assert list(parts.shut(case(replace(ASKED, windows=FREEZE), change=OF_POLICY))) == []


def test_an_unknown_zone_denies() -> None:
    """Nobody can tell then whether a window is open."""
    clause = replace(ASKED, windows=Windows(zone="Middle/Earth"))
    word = only(parts.words(case(clause), parts.PARTS))

    assert isinstance(word, Denied)
    assert word.reason.startswith("it cannot be judged: ")
    assert (word.lifts, word.opens) == (False, "")
