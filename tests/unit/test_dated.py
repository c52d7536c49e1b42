"""`dated`: when the last submission was announced, and what older ledgers do not hold of it."""

from __future__ import annotations

from dataclasses import replace

from runner import dated, diff, history, wire
from runner.model import POLICY, Change, Entry, Had, Job, Kind, Ledger, Result, Symbol
from runner.pipeline import drafting
from tests import journals, values
from tests.values import Wish

TIDY = values.job(Wish())
NEXT = values.job(Wish(run=2))
FIRST, SECOND = "2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z"
REFUSED = Result(outcome="refused", detail="no such account")


def told(ledger: Ledger, at: str, job: Job, *kinds: Kind) -> Ledger:
    """Return a ledger after entries of these kinds about a job, all at one instant."""
    for kind in kinds:
        draft = journals.draft(ledger, job, kind)
        ledger = history.extended(ledger, [draft], replace(journals.STAMP, at=at))[1]
    return ledger


def submitted(ledger: Ledger, at: str, job: Job) -> Ledger:
    """Return a ledger after a whole submission that was announced at an instant."""
    begun = told(ledger, at, job, Kind.INTENDED)
    return journals.resumed(begun, job)


def change(ledger: Ledger, job: Job) -> Change:
    """Return the change that wants a job."""
    return diff.plan(ledger, (job,), journals.RULES, values.HEAD).changes[0]


BEGUN = journals.begun()[1]
ONCE = submitted(BEGUN, FIRST, TIDY)
TWICE = submitted(ONCE, SECOND, NEXT)


def test_nothing_was_submitted() -> None:
    """A new job and one that was adopted come after no submission."""
    adopted = told(BEGUN, FIRST, TIDY, Kind.ADOPTED)

    assert dated.since(BEGUN, change(BEGUN, TIDY)) == ""
    assert dated.since(adopted, change(adopted, NEXT)) == ""
    first = told(adopted, SECOND, NEXT, Kind.INTENDED).jobs[TIDY.id]
    assert (first.at, first.since) == (SECOND, "")


def test_it_is_the_announcement_that_counts() -> None:
    """Neither the end nor what was announced before."""
    assert dated.since(ONCE, change(ONCE, NEXT)) == FIRST
    assert dated.since(TWICE, change(TWICE, TIDY)) == SECOND


def test_one_that_was_refused_is_a_submission_too() -> None:
    """It spent what permitted it."""
    refused = told(ONCE, SECOND, NEXT, Kind.INTENDED)
    had = refused.jobs[NEXT.id]
    refused = journals.added(refused, drafting.ended(had, Kind.REFUSED, REFUSED))
    again = diff.plan(refused, (NEXT,), journals.RULES, values.HEAD, again=True).changes[0]

    assert again.after == had.key
    assert dated.since(refused, again) == SECOND


def test_under_way_it_comes_after_the_one_before() -> None:
    """Judged again before it starts, it is the change that it was."""
    asked = change(ONCE, NEXT)
    under_way = told(ONCE, SECOND, NEXT, Kind.INTENDED, Kind.CREATED)

    assert under_way.jobs[TIDY.id].key != asked.after
    assert dated.since(under_way, asked) == FIRST
    assert dated.since(TWICE, replace(asked, after=values.key())) == ""


def test_under_a_new_name_it_goes_on() -> None:
    """What was submitted under the former name is what it comes after."""
    renamed = values.job(Wish(name="sweep", run=2, metadata={"formerly": ["tidy"]}))
    asked = change(ONCE, renamed)

    assert asked.after == ONCE.jobs[TIDY.id].key
    assert dated.since(ONCE, asked) == FIRST
    gone = replace(asked, wanted=None)
    assert dated.since(ONCE, gone) == ""


def test_a_policy_comes_after_the_one_in_force() -> None:
    """The one of the genesis has no instant, and nothing can be shown to be newer than another."""
    rules = values.policy_files(journals.RULES.policy, "other")
    draft = journals.accepted(BEGUN, rules)
    after = history.extended(BEGUN, [draft], replace(journals.STAMP, at=FIRST))[1]
    asked = Change(
        job=POLICY,
        symbol=Symbol.ALTERED,
        after=after.policy.key,
        digest=rules.digest,
        effect=rules.digest,
        via=(),
        runs=True,
        had=None,
        wanted=rules,
    )

    assert (BEGUN.accepted, after.accepted) == ("", FIRST)
    assert dated.since(after, asked) == FIRST
    assert dated.since(after, replace(asked, after=values.key())) == ""
    assert dated.since(BEGUN, replace(asked, after=None)) == ""


def undated(ledger: Ledger) -> Ledger:
    """Return a ledger as an older jobgate has kept it."""
    return replace(
        ledger, accepted="", jobs={job: _undated(had) for job, had in ledger.jobs.items()}
    )


def _undated(had: Had) -> Had:
    stood = None if had.stood is None else _undated(had.stood)
    return replace(had, at="", since="", stood=stood)


def test_what_older_ledgers_lack_is_no_difference() -> None:
    """They agree with their entries, and everything else has to."""
    draft = journals.accepted(TWICE, values.policy_files(journals.RULES.policy, "other"))
    full = journals.added(told(TWICE, SECOND, TIDY, Kind.INTENDED), draft)
    old = undated(full)
    had = full.jobs[TIDY.id]

    assert had.stood is not None
    assert full != old
    assert dated.agrees(full, full)
    assert dated.agrees(old, full)
    assert not dated.agrees(None, full)
    assert not dated.agrees(replace(old, jobs={}), full)
    assert not dated.agrees(full, replace(full, jobs={}))
    for wrong in (
        replace(full, accepted=FIRST),
        replace(full, jobs={TIDY.id: replace(had, at=FIRST)}),
        replace(full, jobs={TIDY.id: replace(had, since=FIRST)}),
        replace(full, jobs={TIDY.id: replace(had, stood=replace(had.stood, at=FIRST))}),
        replace(full, jobs={TIDY.id: replace(had, stood=None)}),
        replace(old, jobs={TIDY.id: replace(old.jobs[TIDY.id], run=9)}),
        replace(old, seq=1),
    ):
        assert not dated.agrees(wrong, full)


def test_an_older_ledger_goes_on() -> None:
    """It is read, and no review can be shown to be newer than what it does not know."""
    meta = wire.ledger_meta(undated(TWICE))
    old = wire.ledger_from(meta, map(wire.had_from, map(wire.had, undated(TWICE).jobs.values())))

    assert old == undated(TWICE)
    assert dated.since(old, change(old, TIDY)) == ""
    assert dated.agrees(old, TWICE)


def test_instants_are_kept() -> None:
    """What an entry says later about the submission leaves them, and a snapshot holds them."""
    entry: Entry
    entry, ledger = journals.begun()
    ledger = told(ledger, FIRST, TIDY, Kind.INTENDED)
    begun = ledger.jobs[TIDY.id]
    later = journals.resumed(ledger, TIDY).jobs[TIDY.id]

    assert entry.kind is Kind.GENESIS
    assert (begun.at, later.at, later.state) == (FIRST, FIRST, Kind.ENDED)
    assert wire.had_from(wire.had(later)) == later
