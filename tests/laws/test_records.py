"""Laws of records."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner import history, records
from runner.model import POLICY, Kind
from tests import journals, values
from tests.values import Wish

if TYPE_CHECKING:
    from runner.model import Entry, Record

pytestmark = pytest.mark.laws

JOBS = tuple(
    values.job(Wish(name=name, spec=spec, body={"spec": spec}))
    for name in ("fix", "tidy")
    for spec in ("1", "2")
)
WALKS = st.lists(st.integers(0, 1000), max_size=16).map(
    lambda choices: journals.walked(choices, JOBS)
)


def told(walk: tuple[Entry, ...]) -> tuple[Record, ...]:
    """Return the records of a journal."""
    return records.records(history.steps(walk))


@given(WALKS)
@settings(max_examples=40)
def test_each_key_has_one_record(walk: tuple[Entry, ...]) -> None:
    """Every entry with a key is in the one record of that key, in order, and in no other."""
    found = told(walk)

    assert [record.key for record in found] == list(
        dict.fromkeys(entry.key for entry in walk if entry.key is not None)
    )
    for record in found:
        assert record.entries == tuple(entry for entry in walk if entry.key == record.key)


@given(WALKS, st.data())
@settings(max_examples=40)
def test_records_of_a_prefix_are_prefixes(walk: tuple[Entry, ...], data: st.DataObject) -> None:
    """A journal that was cut tells the same of each submission, up to the cut."""
    at = data.draw(st.integers(1, len(walk)))
    part, whole = told(walk[:at]), told(walk)

    assert len(part) <= len(whole)
    for early, late in zip(part, whole, strict=False):
        assert early.entries == late.entries[: len(early.entries)]
        if early.entries == late.entries:
            assert early == late


@given(WALKS)
@settings(max_examples=40)
def test_record_is_what_the_ledger_held(walk: tuple[Entry, ...]) -> None:
    """A record says of its submission what the ledger held of it after its last entry."""
    for record in told(walk):
        last = history.replay(walk[: walk.index(record.entries[-1]) + 1])
        if record.job == POLICY:
            held = (last.policy.key, last.policy.digest, last.policy.head, last.policy.files)
            assert held == (record.key, record.digest, record.head, record.sources)
            continue
        had = last.jobs[record.job]
        assert (had.key, had.previous) == (record.key, record.previous)
        assert (had.effect, had.digest, had.head) == (record.effect, record.digest, record.head)
        assert (had.path, had.sources, had.result) == (record.path, record.sources, record.result)


@given(WALKS)
@settings(max_examples=40)
def test_record_names_the_policy_that_permitted_it(walk: tuple[Entry, ...]) -> None:
    """The policy of a record is the one in force just before its last permit."""
    for record in told(walk):
        permits = [
            entry
            for entry in record.entries
            if entry.kind in {Kind.INTENDED, Kind.STARTING, Kind.POLICY}
        ]
        at = walk.index(permits[-1])
        assert record.policy == history.replay(walk[:at]).policy
        assert record.approvals == journals.GROUNDS.statements
