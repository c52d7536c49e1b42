"""Laws of the fold from journal to ledger."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner import canon, history, wire
from runner.model import Draft, Key, Kind, LedgerId
from tests import journals, values
from tests.values import Wish

if TYPE_CHECKING:
    from runner.model import Entry, Job

pytestmark = pytest.mark.laws

JOBS = tuple(
    values.job(Wish(name=name, spec=spec, body={"spec": spec}))
    for name in ("fix", "tidy")
    for spec in ("1", "2")
)
WALKS = st.lists(st.integers(0, 1000), max_size=14).map(
    lambda choices: journals.walked(choices, JOBS)
)
CUT_WALKS = WALKS.flatmap(lambda walk: st.tuples(st.just(walk), st.integers(1, len(walk))))


@given(CUT_WALKS)
@settings(max_examples=30)
def test_folding_in_two_halves_is_folding_whole(cut: tuple[tuple[Entry, ...], int]) -> None:
    """A journal that is cut anywhere adds up to a ledger, from which the rest goes on."""
    walk, at = cut
    before = history.replay(walk[:at])
    kept = wire.ledger_from(
        wire.ledger_meta(before), map(wire.had_from, map(wire.had, before.jobs.values()))
    )

    assert (before.seq, before.last) == (at - 1, wire.entry_hash(walk[at - 1]))
    assert history.replay(walk[at:], before) == history.replay(walk)
    assert history.replay(walk[at:], kept) == history.replay(walk)


@given(CUT_WALKS)
@settings(max_examples=30)
def test_replay_does_what_the_appends_did(cut: tuple[tuple[Entry, ...], int]) -> None:
    """Appending the same drafts makes the same entries and the ledger that they add up to."""
    walk, at = cut
    drafts = [
        Draft(
            kind=entry.kind,
            job=entry.job,
            platform=entry.platform,
            key=entry.key,
            effect=entry.effect,
            digest=entry.digest,
            data=entry.data,
        )
        for entry in walk
    ]
    first, ledger = history.begin(values.LEDGER, drafts[0], journals.STAMP)
    some, middle = history.extended(ledger, drafts[1:at], journals.STAMP)
    rest, end = history.extended(middle, drafts[at:], journals.STAMP)

    assert (first, *some, *rest) == walk
    assert end == history.replay(walk)
    assert middle == history.replay(walk[:at])


@given(WALKS, st.sampled_from(JOBS))
@settings(max_examples=30)
def test_only_what_may_follow_follows(walk: tuple[Entry, ...], job: Job) -> None:
    """After any journal, an entry about a job is taken if its kind may follow, and else refused."""
    ledger = history.replay(walk)
    taken = set()
    for kind in journals.ABOUT_JOBS:
        try:
            after = journals.added(ledger, journals.draft(ledger, job, kind))
        except history.ImpossibleEntryError:
            continue
        state = {Kind.STEERED: Kind.STARTED, Kind.SETTLED: Kind.ENDED}.get(kind, kind)
        assert kind is Kind.REMOVED or after.jobs[job.id].state is state
        taken.add(kind)

    assert taken == journals.may_follow(ledger, job)


@given(CUT_WALKS, st.data())
@settings(max_examples=40)
def test_misplaced_entries_are_refused(
    cut: tuple[tuple[Entry, ...], int], data: st.DataObject
) -> None:
    """An entry with another number, hash before or ledger never follows."""
    walk, at = cut
    entry = walk[at - 1]
    other = data.draw(
        st.sampled_from(
            [
                replace(entry, seq=entry.seq + 1),
                replace(entry, seq=entry.seq - 1),
                replace(entry, before=values.sha("another")),
                *([replace(entry, before=None)] if at > 1 else []),
                *([replace(entry, ledger=LedgerId("another"))] if at > 1 else []),
            ]
        )
    )

    with pytest.raises(history.ImpossibleEntryError):
        history.replay((*walk[: at - 1], other, *walk[at:]))


@given(CUT_WALKS, st.data())
@settings(max_examples=40)
def test_no_entry_can_be_altered(cut: tuple[tuple[Entry, ...], int], data: st.DataObject) -> None:
    """Whatever is altered in an entry, the one after it no longer follows."""
    walk, at = cut
    entry = walk[at - 1]
    altered = data.draw(
        st.sampled_from(
            [
                replace(entry, at="2026-01-02T03:04:06Z"),
                replace(entry, runner="r2"),
                replace(entry, head=values.commit("another")),
                replace(entry, data={**entry.data, "note": "x"}),
                replace(entry, digest=values.digest("another")),
            ]
        )
    )

    if at < len(walk):
        with pytest.raises(history.ImpossibleEntryError):
            history.replay((*walk[: at - 1], altered, *walk[at:]))
    assert wire.entry_hash(altered) != wire.entry_hash(entry)


@given(WALKS)
@settings(max_examples=30)
def test_each_submission_has_a_key_of_its_own(walk: tuple[Entry, ...]) -> None:
    """No two intentions of a journal have one key, and each key follows from the one before."""
    intended = [entry for entry in walk if entry.kind is Kind.INTENDED]
    last: dict[str, str | None] = {}
    for entry in intended:
        assert entry.job is not None
        assert entry.effect is not None
        previous = last.get(entry.job)
        assert entry.data.get("previous") == previous
        assert entry.key == canon.key(
            ledger=entry.ledger,
            job=entry.job,
            effect=entry.effect,
            previous=None if previous is None else Key(previous),
        )
        last[entry.job] = entry.key

    assert len({entry.key for entry in intended}) == len(intended)


@given(WALKS, values.DRAFTS)
@settings(max_examples=50)
def test_any_draft_follows_or_is_impossible(walk: tuple[Entry, ...], draft: Draft) -> None:
    """A draft of anything, with any data, never fails in another way."""
    ledger = history.replay(walk)
    for job in (draft.job, JOBS[0].id):
        try:
            after = journals.added(ledger, replace(draft, job=job))
        except history.ImpossibleEntryError:
            continue
        assert draft.kind is Kind.REMOVED
        assert after.seq == ledger.seq + 1
