"""Laws of the shapes that are kept."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner import accounts, canon, endings, wire
from tests import values

if TYPE_CHECKING:
    from collections.abc import Callable

    from runner.model import Entry, Had, InForce, Json, Ledger, Record, Result, Signed, Source

pytestmark = pytest.mark.laws


def again(tree: Json) -> Json:
    """Return a tree after it was written and read."""
    return wire.loads(canon.encode(tree))


def ledger_tree(ledger: Ledger) -> Json:
    """Return a ledger's two parts in one tree."""
    return {
        "jobs": [wire.had(had) for had in ledger.jobs.values()],
        "meta": wire.ledger_meta(ledger),
    }


def ledger_from(tree: Json) -> Ledger:
    """Return the ledger of such a tree."""
    if not isinstance(tree, dict) or not isinstance(tree.get("jobs", []), list):
        raise TypeError
    jobs = tree.get("jobs", [])
    assert isinstance(jobs, list)
    return wire.ledger_from(tree.get("meta"), map(wire.had_from, jobs))


def sources_from(tree: Json) -> tuple[Source, ...]:
    """Return the sources of a tree that may be no list."""
    if not isinstance(tree, list):
        raise TypeError
    return wire.sources_from(tree)


@given(values.ENTRIES)
@settings(max_examples=20)
def test_entry_returns(value: Entry) -> None:
    """An entry reads as it was written."""
    assert wire.entry_from(again(wire.entry(value))) == value


@given(values.HADS)
@settings(max_examples=20)
def test_had_returns(value: Had) -> None:
    """What the ledger holds of a job reads as it was written."""
    assert wire.had_from(again(wire.had(value))) == value


@given(values.LEDGERS)
@settings(max_examples=20)
def test_ledger_returns(value: Ledger) -> None:
    """A ledger reads as it was written, in two parts."""
    assert ledger_from(again(ledger_tree(value))) == value


@given(values.RECORDS)
@settings(max_examples=20)
def test_record_returns(value: Record) -> None:
    """A record reads as it was written."""
    assert accounts.record_from(again(accounts.record(value))) == value


@given(values.IN_FORCE, values.SOURCE_SETS, values.RESULTS, values.SIGNED)
@settings(max_examples=20)
def test_small_shapes_return(
    policy: InForce, sources: tuple[Source, ...], result: Result, signed: Signed
) -> None:
    """A policy, sources, a result and a signed statement read as they were written."""
    assert wire.in_force_from(again(wire.in_force(policy))) == policy
    assert sources_from(again(wire.sources(sources))) == sources
    assert endings.result_from(again(endings.tree(result))) == result
    assert wire.signed_from(again(wire.signed(signed))) == signed


@given(values.ENTRIES, values.ENTRIES)
@settings(max_examples=20)
def test_hash_tells_entries_apart(one: Entry, other: Entry) -> None:
    """Two entries have one hash only if they are one, and reading does not change it."""
    assert (wire.entry_hash(one) == wire.entry_hash(other)) == (
        canon.encode(wire.entry(one)) == canon.encode(wire.entry(other))
    )
    assert wire.entry_hash(wire.entry_from(again(wire.entry(one)))) == wire.entry_hash(one)


@dataclass(frozen=True, slots=True)
class Shape:
    """One shape: trees of it, and its reader."""

    trees: st.SearchStrategy[Json]
    read: Callable[[Json], object]


SHAPES = {
    "entry": Shape(values.ENTRIES.map(wire.entry), wire.entry_from),
    "had": Shape(values.HADS.map(wire.had), wire.had_from),
    "ledger": Shape(values.LEDGERS.map(ledger_tree), ledger_from),
    "record": Shape(values.RECORDS.map(accounts.record), accounts.record_from),
    "policy": Shape(values.IN_FORCE.map(wire.in_force), wire.in_force_from),
    "sources": Shape(values.SOURCE_SETS.map(wire.sources), sources_from),
    "result": Shape(values.RESULTS.map(endings.tree), endings.result_from),
    "signed": Shape(values.SIGNED.map(wire.signed), wire.signed_from),
}


@pytest.mark.parametrize("name", SHAPES)
@given(data=st.data())
@settings(max_examples=12)
def test_readers_fail_in_three_ways_only(name: str, data: st.DataObject) -> None:
    """A tree with anything put anywhere is read, or is a ValueError, a TypeError or a KeyError."""
    shape = SHAPES[name]
    tree = data.draw(shape.trees)
    path = data.draw(st.sampled_from(values.paths(tree)))
    broken = values.with_value(tree, path, data.draw(values.trees()))

    try:
        read = shape.read(broken)
    except (ValueError, TypeError, KeyError):
        return
    assert read is not None


@given(values.mappings(), st.floats())
@settings(max_examples=20)
def test_floats_are_refused(tree: dict[str, Json], number: float) -> None:
    """A number that is no integer is refused wherever it stands."""
    text = json.dumps({**tree, "x": [number]})

    with pytest.raises(ValueError, match="is not an integer"):
        wire.loads(text)


@given(values.mappings().filter(bool), st.data())
@settings(max_examples=20)
def test_repeated_keys_are_refused(tree: dict[str, Json], data: st.DataObject) -> None:
    """A key that stands twice in one mapping is refused, with the same value too."""
    key = data.draw(st.sampled_from(sorted(tree)))
    pairs = ",".join(f"{json.dumps(k)}:{json.dumps(v)}" for k, v in [*tree.items(), (key, 1)])

    with pytest.raises(ValueError, match="a key stands twice"):
        wire.loads(f'[{{"deep": {{{pairs}}}}}]')
