"""Laws of the digests: what a platform sees is in both, what only people see is in one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias, TypeVar

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from runner import canon
from runner.model import Json, Key, LedgerId
from tests import values
from tests.values import Wish

pytestmark = pytest.mark.laws

Change: TypeAlias = Callable[[Wish, st.DataObject], Wish]
T = TypeVar("T")


def other(data: st.DataObject, strategy: st.SearchStrategy[T], than: T) -> T:
    """Draw another value than that one."""
    value = data.draw(strategy)
    assume(type(value) is not type(than) or value != than)
    return value


def leaf(wish: Wish, data: st.DataObject) -> Wish:
    """Put another value somewhere into the body."""
    body = dict(wish.body)
    path = data.draw(st.sampled_from(values.paths(body)[1:]))
    value = data.draw(values.trees())
    assume(not values.identical(values.value_at(body, path), value))
    return replace(wish, body=as_body(values.with_value(body, path, value)))


def more(wish: Wish, data: st.DataObject) -> Wish:
    """Put one more field into the body."""
    name = data.draw(values.WORDS)
    assume(name not in wish.body)
    return replace(wish, body={**wish.body, name: data.draw(values.trees())})


def less(wish: Wish, data: st.DataObject) -> Wish:
    """Take a field out of the body."""
    name = data.draw(st.sampled_from(sorted(wish.body)))
    return replace(wish, body={k: v for k, v in wish.body.items() if k != name})


def as_body(tree: Json) -> dict[str, Json]:
    """Return a tree that is a mapping."""
    assert isinstance(tree, dict)
    return tree


def script(wish: Wish, data: st.DataObject) -> Wish:
    """Run another script."""
    return replace(wish, script=other(data, st.none() | st.binary(max_size=8), wish.script))


def run(wish: Wish, data: st.DataObject) -> Wish:
    """Run it again."""
    return replace(wish, run=other(data, st.integers(1, 2**70), wish.run))


def name(wish: Wish, data: st.DataObject) -> Wish:
    """Give it another name."""
    return replace(wish, name=other(data, values.WORDS, wish.name))


def cell(wish: Wish, data: st.DataObject) -> Wish:
    """Put it into another cell of the matrix."""
    return replace(wish, cell=((*wish.cell, ("zone", data.draw(values.WORDS)))))


def pins(wish: Wish, data: st.DataObject) -> Wish:
    """Pin other versions."""
    pinned = st.dictionaries(values.WORDS, values.TEXTS, max_size=2)
    return replace(wish, pins=other(data, pinned, dict(wish.pins)))


def entry(field: str) -> Change:
    """Return the change of one field of the platform."""

    def changed(wish: Wish, data: st.DataObject) -> Wish:
        new = data.draw(values.platforms())
        value = getattr(new, field)
        assume(value != getattr(wish.platform, field))
        return replace(wish, platform=replace(wish.platform, **{field: value}))

    return changed


def path(wish: Wish, data: st.DataObject) -> Wish:
    """Move the spec."""
    return replace(wish, path=other(data, values.TEXTS, wish.path))


def metadata(field: str, strategy: st.SearchStrategy[Json]) -> Change:
    """Return the change of one field of the metadata."""

    def changed(wish: Wish, data: st.DataObject) -> Wish:
        value = other(data, strategy, wish.metadata.get(field))
        return replace(wish, metadata={**wish.metadata, field: value})

    return changed


def reason(wish: Wish, data: st.DataObject) -> Wish:
    """Give another reason."""
    reasons = st.dictionaries(values.WORDS, values.TEXTS, max_size=2)
    return replace(wish, change=other(data, reasons, dict(wish.change)))


PLATFORM_SEES: dict[str, Change] = {
    "a leaf of the body": leaf,
    "one field more": more,
    "one field less": less,
    "the script": script,
    "run": run,
    "the name": name,
    "the cell": cell,
    "the pins": pins,
    "the platform's name": entry("name"),
    "the platform's type": entry("type"),
    "the platform's URL": entry("url"),
    "the platform's stage": entry("stage"),
    "the platform's tenant": entry("tenant"),
    "the platform's application": entry("application"),
}
PEOPLE_SEE: dict[str, Change] = {
    "the path": path,
    "the description": metadata("description", values.TEXTS),
    "the labels": metadata("labels", st.dictionaries(values.WORDS, values.TEXTS, max_size=2)),
    "the needs": metadata("needs", st.lists(values.WORDS, max_size=2)),
    "the last day": metadata("expires", st.dates().map(str)),
    "when it runs again": metadata("rerun", st.sampled_from(["on-run", "on-change"])),
    "its former names": metadata("formerly", st.lists(values.WORDS, min_size=1, max_size=2)),
    "the reason": reason,
}
NOBODY_SEES: dict[str, Change] = {
    "the order of keys": lambda wish, _: replace(
        wish,
        body=as_body(values.turned(dict(wish.body))),
        pins=as_body(values.turned(dict(wish.pins))),
        metadata=as_body(values.turned(dict(wish.metadata))),
        change=as_body(values.turned(dict(wish.change))),
    ),
    "whether it starts at once": lambda wish, data: replace(
        wish, body={**wish.body, "start_task": data.draw(st.booleans())}
    ),
    "the Base64 of the script": lambda wish, _: replace(
        wish,
        body=wish.body if wish.script is None else {**wish.body, "script_content": "ZWNobwo="},
    ),
    "the platform's paths": lambda wish, _: replace(
        wish, platform=replace(wish.platform, paths=("elsewhere/**",))
    ),
}


@pytest.mark.parametrize("what", PLATFORM_SEES)
@given(wish=values.wishes(), data=st.data())
@settings(max_examples=6)
def test_platform_sees(what: str, wish: Wish, data: st.DataObject) -> None:
    """Changing anything that the platform would see changes effect and digest."""
    changed = PLATFORM_SEES[what](wish, data)

    assert changed.effect() != wish.effect()
    assert changed.digest() != wish.digest()


@pytest.mark.parametrize("what", PEOPLE_SEE)
@given(wish=values.wishes(), data=st.data())
@settings(max_examples=6)
def test_people_see(what: str, wish: Wish, data: st.DataObject) -> None:
    """Changing what only a reviewer or a policy sees changes the digest alone."""
    changed = PEOPLE_SEE[what](wish, data)

    assert changed.effect() == wish.effect()
    assert changed.digest() != wish.digest()


@pytest.mark.parametrize("what", NOBODY_SEES)
@given(wish=values.wishes(), data=st.data())
@settings(max_examples=6)
def test_nobody_sees(what: str, wish: Wish, data: st.DataObject) -> None:
    """Changing anything else changes neither."""
    changed = NOBODY_SEES[what](wish, data)

    assert changed.effect() == wish.effect()
    assert changed.digest() == wish.digest()


@given(values.wishes())
@settings(max_examples=20)
def test_effect_holds_the_script_by_its_hash(wish: Wish) -> None:
    """A body is kept without its script, and nothing else is taken out of it."""
    kept = canon.effect_body({**wish.body, "script_content": "eA==", "start_task": True}, b"x")

    assert kept == {**wish.body, "script_sha256": canon.sha256(b"x")}


@given(values.wishes(), st.none() | values.KEYS, st.data())
@settings(max_examples=20)
def test_each_turn_of_a_job_has_its_own_key(
    wish: Wish, previous: Key | None, data: st.DataObject
) -> None:
    """Another ledger, job, effect or submission before makes another key, and it is no digest."""
    ledger, job, effect = values.LEDGER, wish.id, wish.effect()
    key = canon.key(ledger=ledger, job=job, effect=effect, previous=previous)
    another = wish.id + data.draw(values.WORDS)

    others = {
        canon.key(ledger=LedgerId(another), job=job, effect=effect, previous=previous),
        canon.key(ledger=ledger, job=replace(wish, name="zz").id, effect=effect, previous=previous),
        canon.key(ledger=ledger, job=job, effect=wish.digest(), previous=previous),
        canon.key(ledger=ledger, job=job, effect=effect, previous=key),
    }

    assert len(others | {key}) == 5
    assert key not in {effect, effect.removeprefix("sha256:")}
